//! Words of command lines that are printed for people to run again.

/// `word` as a POSIX shell reads it as one word, whatever is in it.
pub(crate) fn word(word: &str) -> String {
    let plain = |c: char| c.is_ascii_alphanumeric() || "-_./:=@,+%".contains(c);
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
    fn only_what_a_shell_would_read_otherwise_is_quoted() {
        assert_eq!(word("runs/lora-1"), "runs/lora-1");
        assert_eq!(word("exec:python me.py"), "'exec:python me.py'");
        assert_eq!(word("it's; rm $x"), r"'it'\''s; rm $x'");
        assert_eq!(word(""), "''");
    }
}
