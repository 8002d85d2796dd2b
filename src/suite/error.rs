//! What can be wrong with a suite, and what to do about it.

use std::io;

/// A suite could not be found or read.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    /// Neither a built-in suite nor a path.
    #[error("there is no suite `{name}`: {}", hint(suggestion.as_deref(), known))]
    Unknown {
        /// What was asked for.
        name: String,
        /// The built-in suite that is spelled nearly so.
        suggestion: Option<String>,
        /// All built-in suites.
        known: String,
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

/// A suite file is not valid, at one line.
#[derive(Debug, thiserror::Error)]
#[error("failed to read the suite {file}, line {line}")]
pub struct SuiteError {
    /// What was read.
    pub file: String,
    /// The line, from 1.
    pub line: usize,
    /// What is wrong there; boxed to keep results small.
    #[source]
    pub kind: Box<SuiteErrorKind>,
}

/// What is wrong with a line of a suite file.
#[derive(Debug, PartialEq, thiserror::Error)]
pub enum SuiteErrorKind {
    /// A byte that no UTF-8 text has.
    #[error("the text is not UTF-8")]
    NotUtf8,
    /// Not TOML.
    #[error("{0}")]
    Syntax(String),
    /// A key that nothing reads.
    #[error("unknown key `{key}` in {place}: {}", hint(suggestion.as_deref(), known))]
    UnknownKey {
        /// The key.
        key: String,
        /// Where it stands.
        place: &'static str,
        /// The known key that is spelled nearly so.
        suggestion: Option<String>,
        /// All keys known there.
        known: String,
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
    /// A value of another type.
    #[error("`{key}` is {found}, but must be {expected}")]
    WrongType {
        /// The key.
        key: String,
        /// What it is.
        found: String,
        /// What it must be.
        expected: &'static str,
    },
    /// A value out of its range.
    #[error("`{key}` is {value}, but must be {expected}")]
    OutOfRange {
        /// The key.
        key: &'static str,
        /// What it is.
        value: String,
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
        value: String,
        /// The same in per cent.
        percent: String,
        /// The largest that is taken.
        most: f64,
        /// What was probably meant.
        meant: String,
    },
    /// A word that is none of those that a key takes.
    #[error("`{key}` cannot be \"{value}\": {}", hint(suggestion.as_deref(), known))]
    UnknownValue {
        /// The key.
        key: &'static str,
        /// What it is.
        value: String,
        /// The known word that is spelled nearly so.
        suggestion: Option<String>,
        /// All words it takes.
        known: String,
    },
    /// Two keys that exclude each other, or one that needs another.
    #[error("{0}")]
    Conflict(&'static str),
    /// A key that chooses words, beside a file of pairs.
    #[error("`pairs` says which words are swapped for which: leave {key} out, or `pairs`")]
    BesidePairs {
        /// The key, in backquotes.
        key: &'static str,
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

/// The word of `known` that `word` is probably a misspelling of.
pub(in crate::suite) fn suggestion<'a>(
    word: &str,
    known: impl Iterator<Item = &'a str>,
) -> Option<String> {
    let near = known.map(|candidate| (strsim::damerau_levenshtein(word, candidate), candidate));
    // A third of the letters wrong is a misspelling, more is another word.
    let (distance, nearest) = near.min()?;
    (distance <= nearest.len().div_ceil(3)).then(|| nearest.to_owned())
}

fn hint(suggestion: Option<&str>, known: &str) -> String {
    match suggestion {
        Some(suggestion) => format!("did you mean `{suggestion}`?"),
        None => format!("choose one of {known}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check_suggestion(word: &str, expected: Option<&str>) {
        let known = ["count", "max_distance", "rate"];
        assert_eq!(suggestion(word, known.into_iter()).as_deref(), expected);
    }

    #[test]
    fn only_near_spellings_are_suggested() {
        check_suggestion("max_distanc", Some("max_distance"));
        check_suggestion("max-distance", Some("max_distance"));
        check_suggestion("cuont", Some("count"));
        check_suggestion("ratio", Some("rate"));
        check_suggestion("probability", None);
    }
}
