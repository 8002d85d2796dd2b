//! Which keys of a check say something about which edits: a key that says nothing is refused, since
//! whoever wrote it thinks that it does.

use crate::perturb::Kinds;
use crate::suite::document::Table;
use crate::suite::error::{SuiteError, SuiteErrorKind};

/// Edits as far as they read keys of their own.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Edits {
    /// Swaps by words of the lexicon.
    Swaps,
    /// Swaps by the words of a file of pairs.
    Pairs,
    Boundaries,
    Deletions,
    Insertions,
}

use Edits::{Boundaries, Deletions, Insertions, Pairs, Swaps};

/// The keys that some edits do not read, with those that do. All others are read by all.
const READ_BY: [(&str, &[Edits]); 11] = [
    ("min_distance", &[Swaps, Boundaries]),
    ("max_distance", &[Swaps, Boundaries]),
    ("common_words", &[Swaps]),
    ("apostrophes", &[Swaps, Boundaries]),
    (
        "pronunciations",
        &[Swaps, Boundaries, Deletions, Insertions],
    ),
    ("min_frequency", &[Swaps, Boundaries, Insertions]),
    ("max_frequency_drop", &[Swaps, Boundaries]),
    ("weight", &[Swaps, Boundaries, Insertions]),
    ("capitalised", &[Swaps, Pairs, Boundaries]),
    ("function_words", &[Boundaries, Deletions, Insertions]),
    ("pairs", &[Pairs]),
];

impl Edits {
    /// What a check asks for where its swaps are by `pairs`, or else by the lexicon.
    fn of(kinds: Kinds, pairs: bool) -> Vec<Edits> {
        let all = [
            (kinds.swap, if pairs { Pairs } else { Swaps }),
            (kinds.boundary, Boundaries),
            (kinds.delete, Deletions),
            (kinds.insert, Insertions),
        ];
        let asked = all.into_iter().filter(|(weight, _)| *weight > 0);
        asked.map(|(_, edits)| edits).collect()
    }

    /// The word for them in `kinds`.
    fn kind(self) -> &'static str {
        match self {
            Swaps | Pairs => "swap",
            Boundaries => "boundary",
            Deletions => "delete",
            Insertions => "insert",
        }
    }
}

/// Refuses a key of `check` that none of the edits it asks for reads.
pub(super) fn refuse_unread(check: &Table<'_, '_>, kinds: Kinds) -> Result<(), SuiteError> {
    let edits = Edits::of(kinds, check.get("pairs").is_some());
    let given = READ_BY
        .into_iter()
        .filter(|(key, _)| check.get(key).is_some());

    for (key, readers) in given {
        if edits.iter().any(|edits| readers.contains(edits)) {
            continue;
        }
        // Without the pairs, the swaps would read it.
        let problem = if edits.contains(&Pairs) && readers.contains(&Swaps) {
            SuiteErrorKind::BesidePairs { key }
        } else {
            let mut of: Vec<&str> = readers.iter().map(|edits| edits.kind()).collect();
            of.dedup();
            SuiteErrorKind::Unread {
                key,
                of: of.join(", "),
            }
        };
        return Err(check.error(key, problem));
    }

    // The words that a suite names come however rare they are.
    let only_named = edits
        .iter()
        .all(|edits| [Deletions, Insertions].contains(edits));
    if only_named && check.get("function_words").is_some() && check.get("min_frequency").is_some() {
        let problem = "the words of `function_words` are put in however rare they are: leave \
                       `min_frequency` out";
        return Err(check.conflict("min_frequency", problem));
    }

    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::suite::perturbation::SWAP_KEYS;
    use crate::suite::toml::read;

    const EDITS: [Edits; 4] = [Swaps, Boundaries, Deletions, Insertions];

    /// A value that `key` takes, whatever else stands there.
    fn value(key: &str) -> &'static str {
        match key {
            "min_distance" | "max_distance" => "0",
            "common_words" | "apostrophes" | "capitalised" => "true",
            "pronunciations" => "\"first\"",
            "min_frequency" | "max_frequency_drop" => "3",
            "weight" => "\"even\"",
            "function_words" => "[\"the\"]",
            key => panic!("{key} is not asked about"),
        }
    }

    fn problem(lines: &str) -> Option<String> {
        let text = format!(
            "name = \"s\"\n[[check]]\nname = \"c\"\nperturbation = \"perturb-1\"\n{lines}\n"
        );
        let error = read(&text, "s.toml").err()?;
        Some(error.kind.to_string())
    }

    #[test]
    fn a_key_is_taken_where_some_edit_reads_it() {
        for (key, readers) in READ_BY.into_iter().filter(|(key, _)| *key != "pairs") {
            assert!(SWAP_KEYS.contains(&key), "{key}");
            let line = format!("{key} = {}", value(key));
            for edits in EDITS {
                let kind = edits.kind();
                let found = problem(&format!("kinds = {{ {kind} = 1 }}\n{line}"));
                assert_eq!(found.is_none(), readers.contains(&edits), "{line} {kind}");
            }

            let found = problem(&format!("kinds = {{ swap = 1, boundary = 1 }}\n{line}"));
            assert_eq!(found, None, "{line}");
        }
    }

    #[test]
    fn a_key_that_says_nothing_is_refused_with_the_reason() {
        let pairs = "pairs = \"p.tsv\"";
        for (lines, expected) in [
            (
                "function_words = [\"der\"]".to_owned(),
                "`function_words` says nothing here: no edit of `kinds` reads it, only boundary, \
                 delete, insert do; leave it out, or give one of them a weight",
            ),
            (
                format!("kinds = {{ delete = 1 }}\n{pairs}"),
                "`pairs` says nothing here: no edit of `kinds` reads it, only swap does; leave it \
                 out, or give it a weight",
            ),
            (
                "kinds = { insert = 1 }\nfunction_words = [\"der\"]\nmin_frequency = 3".to_owned(),
                "the words of `function_words` are put in however rare they are: leave \
                 `min_frequency` out",
            ),
            (
                format!("max_distance = 0.3\n{pairs}"),
                "`pairs` says which words are swapped for which: leave `max_distance` out, or \
                 `pairs`",
            ),
            (
                format!("weight = \"even\"\n{pairs}"),
                "`pairs` says which words are swapped for which: leave `weight` out, or `pairs`",
            ),
            (
                format!("min_distance = 0.3\n{pairs}"),
                "`pairs` says which words are swapped for which: leave `min_distance` out, or \
                 `pairs`",
            ),
        ] {
            assert_eq!(problem(&lines).as_deref(), Some(expected), "{lines}");
        }

        // Beside pairs, cuts are still made by the lexicon: what is wrong is that there is no file.
        let mixed = format!("max_distance = 0.3\nkinds = {{ swap = 1, boundary = 1 }}\n{pairs}");
        let found = problem(&mixed).unwrap();
        assert!(
            found.starts_with("`pairs`: failed to read p.tsv"),
            "{found}"
        );
    }
}
