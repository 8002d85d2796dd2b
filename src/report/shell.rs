//! Command lines that are printed for people to run again.

use std::fmt::Write;

use crate::report::shown::is_control;

/// The command of `words`, each as a POSIX shell reads it.
pub(crate) fn command(words: &[&str]) -> String {
    let words: Vec<String> = words.iter().map(|text| word(text)).collect();
    words.join(" ")
}

/// `word` as a POSIX shell reads it as one word, whatever is in it: on one line, and without
/// characters that a terminal acts on.
pub(crate) fn word(word: &str) -> String {
    let plain = |c: char| c.is_ascii_alphanumeric() || "-_./:=@,+%".contains(c);
    if !word.is_empty() && word.chars().all(plain) {
        word.to_owned()
    } else if word.contains(is_control) {
        let mut escaped = String::new();
        for c in word.chars() {
            match c {
                '\'' | '\\' => escaped.extend(['\\', c]),
                '\n' => escaped.push_str("\\n"),
                c if is_control(c) => octal(c, &mut escaped),
                c => escaped.push(c),
            }
        }
        format!("$'{escaped}'")
    } else {
        format!("'{}'", word.replace('\'', r"'\''"))
    }
}

/// Appends the bytes of `c` as such a shell has them between `$'` and `'`.
fn octal(c: char, escaped: &mut String) {
    let mut bytes = [0; 4];
    for byte in c.encode_utf8(&mut bytes).bytes() {
        let _ = write!(escaped, "\\{byte:03o}");
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_a_shell_would_read_otherwise_is_quoted() {
        assert_eq!(word("runs/lora-1"), "runs/lora-1");
        assert_eq!(word("exec:python me.py"), "'exec:python me.py'");
        assert_eq!(word("it's; rm $x"), r"'it'\''s; rm $x'");
        assert_eq!(word(""), "''");
        assert_eq!(
            word("a\n  it's\u{1b}\u{200b}"),
            r"$'a\n  it\'s\033\342\200\213'"
        );
        assert_eq!(command(&["replay", "a report"]), "replay 'a report'");
    }
}
