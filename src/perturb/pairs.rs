//! Pairs: a user's own confusions, what was said and what was heard in its place, with counts.
//!
//! A file of tab-separated lines, `from`, `to` and `count`. Opening it is for the floors above.

use std::collections::BTreeMap;
use std::io::{self, Write};
use std::path::{Path, PathBuf};

/// Which words are heard for which, and how often.
///
/// Invariants: at least one pair; no word has a space in it or is its own replacement; counts from
/// 1 to [`Pairs::MOST`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Pairs {
    by_word: BTreeMap<String, BTreeMap<String, u64>>,
    /// The file they were read from; `None` of a text.
    file: Option<PathBuf>,
}

impl Pairs {
    /// The first line of files that [`Pairs::write`] wrote; skipped where it stands.
    pub const HEADER: &str = "from\tto\tcount";

    /// The largest count.
    pub const MOST: u64 = 1_000_000_000;

    /// Reads a file's text. Lines are a word, what is heard for it and a count, between tabs; empty
    /// lines, lines that start with `#` and the line `from`, `to`, `count` are skipped. A pair that
    /// comes again adds its count.
    pub fn read(text: &str) -> Result<Pairs, PairsError> {
        let mut by_word: BTreeMap<String, BTreeMap<String, u64>> = BTreeMap::new();
        let text = text.strip_prefix('\u{feff}').unwrap_or(text);
        for (number, line) in text.lines().enumerate() {
            let at_line = |kind| PairsError {
                line: Some(number + 1),
                kind,
            };
            if line.trim().is_empty() || Pairs::is_comment(line) || line == Pairs::HEADER {
                continue;
            }
            let fields: Vec<&str> = line.split('\t').collect();
            let [from, to, count] = fields[..] else {
                return Err(at_line(PairsErrorKind::Fields {
                    found: fields.len(),
                }));
            };
            for (field, word) in [("from", from), ("to", to)] {
                if word.is_empty() || word.contains(char::is_whitespace) {
                    return Err(at_line(PairsErrorKind::Word {
                        field,
                        value: word.to_owned(),
                    }));
                }
            }
            if from == to {
                return Err(at_line(PairsErrorKind::Same {
                    word: from.to_owned(),
                }));
            }
            let count = count
                .trim()
                .parse()
                .ok()
                .filter(|count| (1..=Pairs::MOST).contains(count))
                .ok_or_else(|| {
                    at_line(PairsErrorKind::Count {
                        value: count.to_owned(),
                    })
                })?;
            let sum = by_word
                .entry(from.to_owned())
                .or_default()
                .entry(to.to_owned())
                .or_default();
            *sum = Pairs::MOST.min(*sum + count);
        }

        if by_word.is_empty() {
            return Err(PairsError {
                line: None,
                kind: PairsErrorKind::Nothing,
            });
        }

        Ok(Pairs {
            by_word,
            file: None,
        })
    }

    /// Whether a line that begins with `word` is a comment, so that no file can hold pairs of it.
    pub(crate) fn is_comment(word: &str) -> bool {
        word.starts_with('#')
    }

    /// What is heard for `word`, with counts, by spelling.
    pub fn of(&self, word: &str) -> impl Iterator<Item = (&str, u64)> {
        let found = self.by_word.get(word).into_iter().flatten();
        found.map(|(to, count)| (to.as_str(), *count))
    }

    /// The same, as read from `file`.
    #[must_use]
    pub fn from_file(self, file: PathBuf) -> Pairs {
        Pairs {
            file: Some(file),
            ..self
        }
    }

    /// The file they were read from, if it was one.
    pub fn file(&self) -> Option<&Path> {
        self.file.as_deref()
    }

    /// A hash of the pairs and their counts, as hexadecimal digits; comments and the order of lines
    /// do not matter.
    pub fn content_hash(&self) -> String {
        let mut hasher = blake3::Hasher::new();
        for (from, heard) in &self.by_word {
            for (to, count) in heard {
                hasher.update(format!("{from}\t{to}\t{count}\n").as_bytes());
            }
        }
        hasher.finalize().to_hex().to_string()
    }

    /// Writes `counts` of pairs as a file that [`Pairs::read`] reads: the most frequent first, then
    /// by spelling.
    pub fn write(counts: &BTreeMap<(&str, &str), u64>, out: &mut dyn Write) -> io::Result<()> {
        let mut sorted: Vec<_> = counts.iter().collect();
        sorted.sort_by_key(|&(pair, count)| (std::cmp::Reverse(count), pair));
        writeln!(out, "{}", Pairs::HEADER)?;
        for ((from, to), count) in sorted {
            writeln!(out, "{from}\t{to}\t{count}")?;
        }
        Ok(())
    }
}

/// A file is no file of pairs.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{}{kind}", line.map(|line| format!("line {line}: ")).unwrap_or_default())]
pub struct PairsError {
    /// The line, from 1; `None` of the whole file.
    line: Option<usize>,
    kind: PairsErrorKind,
}

#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
enum PairsErrorKind {
    #[error("the line has {found} fields between tabs, but must have three: from, to, count")]
    Fields { found: usize },
    #[error("`{field}` is \"{value}\", but must be one word")]
    Word { field: &'static str, value: String },
    #[error("`from` and `to` are both \"{word}\": a word cannot be swapped for itself")]
    Same { word: String },
    #[error(
        "`count` is \"{value}\", but must be a whole number from 1 to {}",
        Pairs::MOST
    )]
    Count { value: String },
    #[error("it has no pairs: write lines such as `two<TAB>too<TAB>12`")]
    Nothing,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check_error(text: &str, expected: &str) {
        assert_eq!(Pairs::read(text).unwrap_err().to_string(), expected);
    }

    #[test]
    fn pairs_are_read_with_their_counts() {
        let text = "\u{feff}from\tto\tcount\r\n# mine\n\ntwo\ttoo\t3\ntwo\tto\t9\ntwo\ttoo\t1\n";
        let pairs = Pairs::read(text).unwrap();
        let of: Vec<(&str, u64)> = pairs.of("two").collect();
        assert_eq!(of, [("to", 9), ("too", 4)]);
        assert_eq!(pairs.of("too").count(), 0);
        assert_eq!(
            Pairs::read("two\tto\t9\ntwo\ttoo\t4\n")
                .unwrap()
                .content_hash(),
            pairs.content_hash()
        );
    }

    #[test]
    fn what_was_counted_is_read_again() {
        let counts = BTreeMap::from([(("a", "b"), 2), (("c", "d"), 5), (("a", "c"), 2)]);
        let mut out = Vec::new();
        Pairs::write(&counts, &mut out).unwrap();
        let text = String::from_utf8(out).unwrap();
        assert_eq!(text, "from\tto\tcount\nc\td\t5\na\tb\t2\na\tc\t2\n");
        let pairs = Pairs::read(&text).unwrap();
        assert_eq!(pairs.of("a").collect::<Vec<_>>(), [("b", 2), ("c", 2)]);
    }

    #[test]
    fn a_bad_line_is_named_with_its_field() {
        check_error(
            "two\ttoo\t1\ntwo too 1\n",
            "line 2: the line has 1 fields between tabs, but must have three: from, to, count",
        );
        check_error("two\t\t1\n", "line 1: `to` is \"\", but must be one word");
        check_error(
            "ice cream\ti scream\t1\n",
            "line 1: `from` is \"ice cream\", but must be one word",
        );
        check_error(
            "two\ttwo\t1\n",
            "line 1: `from` and `to` are both \"two\": a word cannot be swapped for itself",
        );
        for count in ["0", "-1", "2.5", "x", "1000000001"] {
            check_error(
                &format!("two\ttoo\t{count}\n"),
                &format!(
                    "line 1: `count` is \"{count}\", but must be a whole number from 1 to \
                     1000000000"
                ),
            );
        }

        check_error(
            "# none\n",
            "it has no pairs: write lines such as `two<TAB>too<TAB>12`",
        );
    }
}
