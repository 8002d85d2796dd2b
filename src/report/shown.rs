//! Texts of files as people see them: control characters shown as escapes, so that no id, word or
//! name acts on a terminal or breaks a page.

use std::fmt::Write;

use crate::report::number;

/// `text` on one line, with its control characters as in JSON: `\u001b`.
pub(crate) fn shown(text: &str) -> String {
    escaped(text, |_| None)
}

/// A name on one line, without the middle of one that would fill the terminal.
pub(crate) fn short_name(name: &str) -> String {
    ends(&shown(name), 48)
}

/// `text` without the middle of words that no one reads to their end, such as ids of a file that is
/// none.
pub(crate) fn with_short_words(text: &str) -> String {
    let words = text.split_inclusive(char::is_whitespace);
    words.map(|word| ends(word, 400)).collect()
}

/// Both ends of a `text` of more than `most` letters.
fn ends(text: &str, most: usize) -> String {
    let letters: Vec<char> = text.chars().collect();
    if letters.len() <= most {
        return text.to_owned();
    }

    let half = most / 2 - 2;
    let start: String = letters[..half].iter().collect();
    let end: String = letters[letters.len() - half..].iter().collect();
    format!("{start}...{end}")
}

/// All lines of `text` as one, in the same way.
pub(crate) fn in_a_line(text: &str) -> String {
    let lines: Vec<&str> = text.lines().map(str::trim).collect();
    shown(&lines.join(" "))
}

/// Whether a terminal acts on a character instead of showing it, or shows what follows in another
/// order.
pub(crate) fn is_control(c: char) -> bool {
    let is_format = matches!(
        c,
        // What is shown as nothing at all, too: two names would look alike. Joiners are letters'
        // business, in Persian and Hindi as in emoji.
        '\u{ad}' | '\u{61c}' | '\u{180e}' | '\u{200b}' | '\u{200e}' | '\u{200f}'
            | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{2064}' | '\u{2066}'..='\u{206f}'
            | '\u{feff}' | '\u{fff9}'..='\u{fffb}'
    );
    is_format || c.is_control()
}

/// `text` with escapes for its control characters; `keeps` says how many bytes at the start of a
/// rest are left alone, if any.
pub(crate) fn escaped(text: &str, keeps: impl Fn(&str) -> Option<usize>) -> String {
    let mut result = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(c) = rest.chars().next() {
        let end = match keeps(rest) {
            Some(kept) => {
                result.push_str(&rest[..kept]);
                kept
            }
            None if is_control(c) => {
                let _ = write!(result, "\\u{:04x}", u32::from(c));
                c.len_utf8()
            }
            None => {
                let end = rest.find(is_control).unwrap_or(rest.len());
                result.push_str(&rest[..end]);
                end
            }
        };
        rest = &rest[end..];
    }

    result
}

/// `text` on one line of Markdown, in which it has no meaning of its own: for cells of tables and
/// for names.
pub(crate) fn cell(text: &str) -> String {
    let mut result = String::with_capacity(text.len());
    // Brackets alone are intervals; only before a parenthesis do they make a link.
    let links = text.contains("](");
    for c in shown(text).chars() {
        match c {
            '<' => result.push_str("&lt;"),
            '[' | ']' if links => result.extend(['\\', c]),
            '\\' | '|' | '`' | '*' => result.extend(['\\', c]),
            '@' => result.push_str(AT),
            _ => result.push(c),
        }
    }

    result
}

/// An at sign that mentions nobody.
const AT: &str = "&#64;";

/// `text` on one line of Markdown, as prose in which our own code spans stay: names that came from
/// files bring no tag, link or mention.
pub(crate) fn prose(text: &str) -> String {
    shown(text)
        .replace('<', "&lt;")
        .replace("](", "]\\(")
        .replace('@', AT)
}

/// `text` as a code span of Markdown, behind more backticks than stand in it.
pub(crate) fn code(text: &str) -> String {
    let text = shown(text);
    let longest = text.split(|c| c != '`').map(str::len).max().unwrap_or(0);
    let fence = "`".repeat(longest + 1);
    if longest == 0 {
        return format!("{fence}{text}{fence}");
    }

    format!("{fence} {text} {fence}")
}

/// The first `most` of `names`, and how many more there are.
pub(crate) fn first_of(names: &[String], most: usize) -> String {
    let first = &names[..names.len().min(most)];
    let shown = first.join(", ");
    match names.len() - first.len() {
        0 => shown,
        more => format!("{shown} and {} more", number::whole(more)),
    }
}

/// The suite, and the check where it has another name.
pub(crate) fn title(suite: &str, check: &str) -> String {
    if suite == check {
        suite.to_owned()
    } else {
        format!("{suite} / {check}")
    }
}

/// The first digits of a hash, enough to tell contents apart by eye.
pub(crate) fn short_hash(hash: &str) -> String {
    hash.chars().take(12).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn control_characters_are_shown() {
        assert_eq!(shown("plain é 日本"), "plain é 日本");
        assert_eq!(shown("\u{1b}[2Ja\nb\0"), "\\u001b[2Ja\\u000ab\\u0000");
        assert_eq!(shown("\u{9b}31m\u{202e}x\r"), "\\u009b31m\\u202ex\\u000d");
        assert_eq!(shown("a\u{200b}b\u{2060}\u{ad}"), "a\\u200bb\\u2060\\u00ad");
        assert_eq!(shown("می\u{200c}خواهم"), "می\u{200c}خواهم");
    }

    #[test]
    fn long_names_lose_their_middle_and_texts_of_many_words_nothing() {
        let long = format!("\u{1b}{}é", "x".repeat(10_000));
        let expected = format!("\\u001b{}...{}é", "x".repeat(16), "x".repeat(21));
        assert_eq!(short_name(&long), expected);
        let expected = format!("an id {}...{}é", "x".repeat(198), "x".repeat(197));
        assert_eq!(with_short_words(&format!("an id {}", &long[1..])), expected);
        let text = "a path, \n and more ".repeat(100);
        assert_eq!(with_short_words(&text), text);
    }

    #[test]
    fn names_have_no_meaning_in_markdown() {
        assert_eq!(cell("a|b\n*c*_d"), "a\\|b\\\\u000a\\*c\\*_d");
        assert_eq!(cell("<b>`x`"), "&lt;b>\\`x\\`");
        assert_eq!(cell("@everyone"), "&#64;everyone");
    }

    #[test]
    fn code_ends_where_it_should() {
        assert_eq!(code("my-model"), "`my-model`");
        assert_eq!(code("`<img>` @you\n"), "`` `<img>` @you\\u000a ``");
    }

    #[test]
    fn prose_keeps_our_code_and_nothing_else() {
        assert_eq!(
            prose("`tune` finds <img> [a](b) @c"),
            "`tune` finds &lt;img> [a]\\(b) &#64;c"
        );
    }
}
