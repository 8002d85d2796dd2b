//! Commands as people copy them into a shell.

/// The command of `words`, spelled so that a POSIX shell reads exactly these words.
pub fn command(words: &[&str]) -> String {
    let words: Vec<String> = words.iter().map(|word| quoted(word)).collect();
    words.join(" ")
}

/// A word as it is where it has no meaning to the shell, or else in single quotes.
fn quoted(word: &str) -> String {
    let plain = |c: char| c.is_ascii_alphanumeric() || "-_./:=,@%+".contains(c);
    if !word.is_empty() && word.chars().all(plain) {
        word.to_owned()
    } else {
        format!("'{}'", word.replace('\'', r"'\''"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_with_a_meaning_to_the_shell_are_quoted() {
        let words = ["replay", "a b", "it's", "$HOME", "", "x=1", "~", "*"];
        assert_eq!(
            command(&words),
            r"replay 'a b' 'it'\''s' '$HOME' '' x=1 '~' '*'"
        );
    }
}
