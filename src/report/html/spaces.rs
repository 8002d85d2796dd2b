//! Spaces that no line ends at: those between a number and its unit.

/// Units that stay with their number.
const UNITS: [&str; 6] = ["%", "pp", "s", "min", "h", "MiB"];

/// Elements whose text is kept as it is: it is code, or came from a file.
const VERBATIM: [&str; 5] = ["style", "script", "title", "code", "bdi"];

/// The page, in whose sentences no line ends between a number and its unit. Tags stay as they are.
pub(super) fn joined(page: &str) -> String {
    let mut joined = String::with_capacity(page.len() + page.len() / 64);
    let mut rest = page;
    while let Some(start) = rest.find('<') {
        join(&mut joined, &rest[..start]);
        rest = &rest[start..];

        // A tag, or an element with all that is in it.
        let name = VERBATIM.iter().find(|name| opens(rest, name));
        let end = name.map_or(">".to_owned(), |name| format!("</{name}>"));
        let length = rest.find(&end).map_or(rest.len(), |at| at + end.len());
        joined.push_str(&rest[..length]);
        rest = &rest[length..];
    }
    join(&mut joined, rest);
    joined
}

/// Whether an element called `name` begins here.
fn opens(text: &str, name: &str) -> bool {
    let behind = text[1..].strip_prefix(name);
    behind.is_some_and(|behind| behind.starts_with([' ', '>']))
}

fn join(joined: &mut String, text: &str) {
    let mut from = 0;
    for (at, _) in text.match_indices(' ') {
        let (before, behind) = (&text[..at], &text[at + 1..]);
        let length = behind.find(|letter: char| !letter.is_ascii_alphabetic() && letter != '%');
        let unit = &behind[..length.unwrap_or(behind.len())];
        if before.ends_with(|letter: char| letter.is_ascii_digit()) && UNITS.contains(&unit) {
            joined.push_str(&text[from..at]);
            joined.push('\u{a0}');
            from = at + 1;
        }
    }
    joined.push_str(&text[from..]);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn units_stay_with_their_numbers_but_not_in_code_or_tags() {
        let page = "<p title=\"5 %\">5 % of 12 points, 1.60 pp [0, 1], 3 sheep</p> 7 %\
                    <code>cd '5 % off'</code><bdi>6 %</bdi> 8 min<br>9 h";
        let expected = "<p title=\"5 %\">5\u{a0}% of 12 points, 1.60\u{a0}pp [0, 1], 3 sheep</p> \
                        7\u{a0}%<code>cd '5 % off'</code><bdi>6 %</bdi> 8\u{a0}min<br>9\u{a0}h";
        assert_eq!(joined(page), expected);
    }
}
