//! Prose in lines that a terminal shows whole.

/// Columns that every terminal has.
pub(crate) const WIDTH: usize = 80;

/// `text` behind `head`, broken between words into lines of at most [`WIDTH`] columns, all but the
/// first indented by `indent`; ends with a newline. A word that is longer than a line stands alone.
pub(crate) fn wrapped(head: &str, text: &str, indent: usize) -> String {
    wrapped_behind(head, columns(head), text, indent)
}

/// The same for a head that takes `width` columns, whatever escape sequences are in it.
pub(crate) fn wrapped_behind(head: &str, width: usize, text: &str, indent: usize) -> String {
    let mut written = head.to_owned();
    let (mut column, mut fresh) = (width, width == 0 || head.ends_with(' '));

    // A line with nothing but its indent takes a word of any length.
    let mut bare = width == 0;
    for word in &glued(text) {
        let space = usize::from(!fresh);
        if column + space + columns(word) > WIDTH && !bare {
            let line = written.trim_end_matches(' ').len();
            written.truncate(line);
            written.push('\n');
            written.push_str(&" ".repeat(indent));
            column = indent;
        } else if space > 0 {
            written.push(' ');
            column += 1;
        }
        written.push_str(word);
        column += columns(word);
        (fresh, bare) = (false, false);
    }

    written.push('\n');
    written
}

/// `text` behind `head`, [`wrapped`] where there is a terminal and in a line where there is none.
pub(crate) fn fitted(head: &str, text: &str, indent: usize, width: Option<usize>) -> String {
    fitted_behind(head, columns(head), text, indent, width)
}

/// The same for a head that takes so many `columns`, whatever escape sequences are in it.
pub(crate) fn fitted_behind(
    head: &str,
    columns: usize,
    text: &str,
    indent: usize,
    width: Option<usize>,
) -> String {
    match width {
        Some(_) => wrapped_behind(head, columns, text, indent),
        None => format!("{head}{text}\n"),
    }
}

/// Indented lines, of which those that are too long are broken where there is a terminal.
pub(crate) fn broken(text: &str, width: Option<usize>) -> String {
    if width.is_none() {
        return text.to_owned();
    }

    let mut written = String::new();
    for line in text.lines() {
        let said = line.trim_start();
        let indent = line.len() - said.len();
        if columns(line) > WIDTH {
            written.push_str(&wrapped(&line[..indent], said, indent + 2));
        } else {
            written.push_str(line);
            written.push('\n');
        }
    }
    written
}

/// The words of `text`; a number keeps the sign behind it.
fn glued(text: &str) -> Vec<String> {
    let mut words: Vec<String> = Vec::new();
    for word in text.split_whitespace() {
        match words.last_mut() {
            Some(number) if word.starts_with('%') => {
                number.push(' ');
                number.push_str(word);
            }
            Some(_) | None => words.push(word.to_owned()),
        }
    }
    words
}

fn columns(text: &str) -> usize {
    text.chars().count()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_are_full_and_fit() {
        let text = "word ".repeat(60);
        let wrapped = wrapped("  flip  PASS  ", &text, 14);
        let lines: Vec<&str> = wrapped.lines().collect();
        assert!(lines.iter().all(|line| line.chars().count() <= WIDTH));
        assert!(lines[0].len() > 70 && lines[1].starts_with("              word"));
        let words = wrapped.split_whitespace().filter(|word| *word == "word");
        assert_eq!(words.count(), 60);
    }

    #[test]
    fn a_number_keeps_its_sign() {
        let text = format!("{} 90 % interval", "x".repeat(WIDTH - 3));
        let wrapped = wrapped("", &text, 0);
        assert_eq!(wrapped.lines().nth(1), Some("90 % interval"));
    }

    #[test]
    fn long_lines_alone_are_broken_and_keep_their_indent() {
        let long = format!("    {}\n", "word ".repeat(30).trim_end());
        let text = format!("  short  line\n{long}");
        assert_eq!(broken(&text, None), text);

        let broken = broken(&text, Some(80));
        let lines: Vec<&str> = broken.lines().collect();
        assert!(lines.iter().all(|line| columns(line) <= WIDTH), "{broken}");
        assert_eq!(lines[0], "  short  line");
        assert!(lines[1].starts_with("    word") && lines[2].starts_with("      word"));
        assert_eq!(lines.len(), 3, "{broken}");
    }

    #[test]
    fn a_long_word_stands_alone() {
        let long = "x".repeat(100);
        let text = format!("a {long} b");
        assert_eq!(wrapped("", &text, 2), format!("a\n  {long}\n  b\n"));
        assert_eq!(wrapped("head", "", 2), "head\n");
    }
}
