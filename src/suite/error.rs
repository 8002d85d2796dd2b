//! What can be wrong with a suite, and what to do about it.

use std::io;

use crate::nbest::place::At;

/// A suite could not be found or read.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    /// Neither a built-in suite nor a path.
    #[error("there is no suite `{name}`: {hint}")]
    Unknown {
        /// What was asked for.
        name: String,
        /// What was probably meant, or all there are.
        hint: String,
    },
    /// The file could not be read.
    #[error("failed to read the suite {path}")]
    Io {
        /// The file.
        path: String,
        /// Why.
        source: io::Error,
    },
    /// The file is no valid suite.
    #[error(transparent)]
    Invalid(#[from] SuiteError),
}

/// A suite file is not valid, at one line; what is wrong is boxed to keep results small.
pub type SuiteError = At<Box<SuiteErrorKind>>;

/// What is wrong with a line of a suite file.
#[derive(Debug, PartialEq, thiserror::Error)]
pub enum SuiteErrorKind {
    /// A byte that no UTF-8 text has.
    #[error("the text is not UTF-8; save it as UTF-8")]
    NotUtf8,
    /// Not TOML.
    #[error("{0}")]
    Syntax(String),
    /// A key that nothing reads.
    #[error("unknown key `{key}` in {place}: {hint}")]
    UnknownKey {
        /// The key.
        key: String,
        /// Where it stands.
        place: &'static str,
        /// What was probably meant, or all keys known there.
        hint: String,
    },
    /// A key that must be there.
    #[error("{place} lacks `{key}`: write {example}")]
    Missing {
        /// The key.
        key: &'static str,
        /// Where it should stand.
        place: &'static str,
        /// A line that would do.
        example: &'static str,
    },
    /// A value of another type, or out of its range.
    #[error("`{key}` is {found}, but must be {expected}")]
    Wrong {
        /// The key.
        key: &'static str,
        /// What it is.
        found: String,
        /// What it must be.
        expected: &'static str,
    },
    /// A share so large that a percentage was probably meant.
    #[error(
        "`{key}` is {value}, that is {percent} %, but may be at most {most}: was {meant} meant?"
    )]
    Percentage {
        /// The key.
        key: &'static str,
        /// What it is.
        value: f64,
        /// The same in per cent.
        percent: String,
        /// The largest that is taken.
        most: f64,
        /// What was probably meant.
        meant: String,
    },
    /// A word that is none of those that a key takes.
    #[error("`{key}` cannot be \"{value}\": {hint}")]
    UnknownValue {
        /// The key.
        key: &'static str,
        /// What it is.
        value: String,
        /// What was probably meant, or all words it takes.
        hint: String,
    },
    /// Two keys that exclude each other, or one that needs another.
    #[error("{0}")]
    Conflict(&'static str),
    /// A key that chooses words, beside a file of pairs.
    #[error("`pairs` says which words are swapped for which: leave `{key}` out, or `pairs`")]
    BesidePairs {
        /// The key.
        key: &'static str,
    },
    /// A key that no edit of the check reads.
    #[error(
        "`{key}` says nothing here: no edit of `kinds` reads it, only {of} {}",
        if of.contains(',') {
            "do; leave it out, or give one of them a weight"
        } else {
            "does; leave it out, or give it a weight"
        }
    )]
    Unread {
        /// The key.
        key: &'static str,
        /// The kinds of edits that read it.
        of: String,
    },
    /// The file of pairs cannot be read.
    #[error("`pairs`: failed to read {path}: {problem}")]
    Pairs {
        /// The file.
        path: String,
        /// What is wrong with it, and in which line.
        problem: String,
    },
    /// Two checks of one name.
    #[error(
        "the check \"{name}\" is there already, in line {first_line}: give each check its own name"
    )]
    DuplicateCheck {
        /// The name.
        name: String,
        /// Where the first one begins.
        first_line: usize,
    },
}

/// The word of `known` that `word` is probably a misspelling of; all of them if it is none.
pub(super) fn hint(word: &str, known: &[&str]) -> String {
    match nearest(word, known.iter().copied()) {
        Some(nearest) => format!("did you mean `{nearest}`?"),
        None => format!("choose one of {}", known.join(", ")),
    }
}

/// The word of `known` that `word` is probably a misspelling of.
pub(crate) fn nearest<'k>(word: &str, known: impl Iterator<Item = &'k str>) -> Option<&'k str> {
    let near = known.map(|candidate| (strsim::damerau_levenshtein(word, candidate), candidate));

    // A third of the letters wrong is a misspelling, more is another word.
    let (distance, nearest) = near.min()?;
    (distance <= nearest.len().div_ceil(3)).then_some(nearest)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check_hint(word: &str, expected: &str) {
        assert_eq!(hint(word, &["count", "max_distance", "rate"]), expected);
    }

    #[test]
    fn only_near_spellings_are_suggested() {
        check_hint("max_distanc", "did you mean `max_distance`?");
        check_hint("max-distance", "did you mean `max_distance`?");
        check_hint("cuont", "did you mean `count`?");
        check_hint("ratio", "did you mean `rate`?");
        check_hint("probability", "choose one of count, max_distance, rate");
    }
}
