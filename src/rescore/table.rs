//! Scores that some other system computed, looked up by text.
//!
//! The two-step mode: `perturb` writes the lists, the other system scores every
//! text, and the check reads the scores. Files are opened by `cli`.

use std::collections::BTreeMap;
use std::io::BufRead;

use serde::Deserialize;

use crate::files::document::lines;
use crate::files::json::{self, JsonError};
use crate::nbest::is_score;
use crate::rescore::error::RescoreError;
use crate::rescore::interpolation::Interpolation;
use crate::rescore::text_scorer::TextScorer;

/// One line: a text and its score, or the texts of a list and their scores.
#[derive(Debug, Deserialize)]
struct Line {
    text: Option<String>,
    score: Option<f64>,
    texts: Option<Vec<String>>,
    scores: Option<Vec<f64>>,
}

impl Line {
    /// The texts with their scores.
    fn pairs(self) -> Result<Vec<(String, f64)>, ReadErrorKind> {
        match self {
            Line {
                text: Some(text),
                score: Some(score),
                ..
            } => Ok(vec![(text, score)]),
            Line {
                texts: Some(texts),
                scores: Some(scores),
                ..
            } if texts.len() == scores.len() => Ok(texts.into_iter().zip(scores).collect()),
            Line {
                texts: Some(texts),
                scores: Some(scores),
                ..
            } => {
                let (texts, scores) = (texts.len(), scores.len());
                Err(ReadErrorKind::Lengths { texts, scores })
            }
            Line { text: Some(_), .. } => Err(ReadErrorKind::Missing { field: "score" }),
            Line { score: Some(_), .. } => Err(ReadErrorKind::Missing { field: "text" }),
            Line { texts: Some(_), .. } => Err(ReadErrorKind::Missing { field: "scores" }),
            Line { .. } => Err(ReadErrorKind::Missing { field: "texts" }),
        }
    }
}

/// A score file could not be read.
#[derive(Debug, thiserror::Error)]
#[error("failed to read scores from {name}, line {line}")]
pub struct ReadError {
    name: String,
    line: usize,
    #[source]
    kind: ReadErrorKind,
}

/// What is wrong with a line of a score file.
#[derive(Debug, thiserror::Error)]
pub enum ReadErrorKind {
    /// The file could not be read.
    #[error("the file could not be read")]
    Io(#[from] std::io::Error),
    /// Not one of the two forms.
    #[error(
        "expected {{\"text\": \"...\", \"score\": -1.5}} or {{\"texts\": [...], \"scores\": \
         [...]}}, with finite numbers"
    )]
    Form(#[source] JsonError),
    /// One array for all, or a line that is one.
    #[error(
        "it begins with `[`, and a line is an object: {{\"text\": \"...\", \"score\": -1.5}} or \
         {{\"texts\": [...], \"scores\": [...]}}; `jq -c '.[]'` makes lines of an array"
    )]
    Array,
    /// A field is not there, or null.
    #[error(
        "`{field}` is missing: expected {{\"text\": \"...\", \"score\": -1.5}} or {{\"texts\": [...], \
         \"scores\": [...]}}"
    )]
    Missing {
        /// Which.
        field: &'static str,
    },
    /// As many scores as texts are needed.
    #[error("{texts} texts but {scores} scores")]
    Lengths {
        /// How many texts.
        texts: usize,
        /// How many scores.
        scores: usize,
    },
    /// A number is no score.
    #[error("\"{text}\" has the score {score:?}, which is beyond 1e100")]
    TooLarge {
        /// The text.
        text: String,
        /// The number.
        score: f64,
    },
    /// A text has two different scores.
    #[error("\"{text}\" had the score {first} before, and has {second} here")]
    Contradiction {
        /// The text.
        text: String,
        /// The earlier score.
        first: f64,
        /// The score on this line.
        second: f64,
    },
}

/// A perturbed text that the table does not know.
#[derive(Debug, thiserror::Error)]
#[error(
    "{name} has no score for \"{text}\"{}: a table knows no others. For \
     each \"text\" and each \"original\" that `robustness-check perturb` writes with the same \
     suite and seed it needs a line {{\"text\": .., \"score\": ..}}, from a program of yours or from \
     `robustness-check score` (`robustness-check perturb --help` says how); what `score` writes for \
     clean lists is enough for `tune` and `score` alone; what asks for more (properties, \
     severity, smaller lists, saved failures) needs a program that scores any text, --model \
     exec:COMMAND",
    and_more(*others)
)]
pub struct MissingText {
    name: String,
    text: String,
    others: usize,
}

/// That other texts have none either, if so.
fn and_more(others: usize) -> String {
    match others {
        0 => String::new(),
        1 => " (and 1 more text)".to_owned(),
        others => format!(" (and {others} more texts)"),
    }
}

/// Scores by text.
#[derive(Debug, Clone)]
pub struct ScoreTable {
    name: String,
    scores: BTreeMap<String, f64>,
    interpolation: Interpolation,
}

impl ScoreTable {
    /// Reads a score file; `name` is what errors and reports call it.
    pub fn read(
        reader: impl BufRead,
        name: &str,
        interpolation: Interpolation,
    ) -> Result<ScoreTable, ReadError> {
        let mut scores: BTreeMap<String, f64> = BTreeMap::new();
        for (index, line) in lines(reader).enumerate() {
            let at = |kind| ReadError {
                name: name.to_owned(),
                line: index + 1,
                kind,
            };
            let line = line.map_err(|error| at(error.into()))?;
            if line.trim().is_empty() {
                continue;
            }
            // Of an array serde would take the members for those of the object.
            if line.trim_start().starts_with('[') {
                return Err(at(ReadErrorKind::Array));
            }
            let line: Line = json::parse(&line).map_err(|error| at(ReadErrorKind::Form(error)))?;
            for (text, second) in line.pairs().map_err(at)? {
                if !is_score(second) {
                    return Err(at(ReadErrorKind::TooLarge {
                        text,
                        score: second,
                    }));
                }
                match scores.get(&text) {
                    Some(&first) if first.to_bits() != second.to_bits() => {
                        return Err(at(ReadErrorKind::Contradiction {
                            text,
                            first,
                            second,
                        }));
                    }
                    _ => scores.insert(text, second),
                };
            }
        }

        Ok(ScoreTable {
            name: name.to_owned(),
            scores,
            interpolation,
        })
    }
}

impl ScoreTable {
    /// Hash of all texts with their scores, whatever the order of their lines.
    pub fn content_hash(&self) -> String {
        let mut hasher = blake3::Hasher::new();
        for (text, score) in &self.scores {
            hasher.update(&(text.len() as u64).to_le_bytes());
            hasher.update(text.as_bytes());
            hasher.update(&score.to_le_bytes());
        }

        hasher.finalize().to_hex().to_string()
    }
}

impl TextScorer for ScoreTable {
    fn score_texts(&self, texts: &[&str]) -> Result<Vec<f64>, RescoreError> {
        let missing: Vec<&str> = texts
            .iter()
            .copied()
            .filter(|text| !self.scores.contains_key(*text))
            .collect();

        if let Some(text) = missing.first() {
            let missing = MissingText {
                name: self.name.clone(),
                text: (*text).to_owned(),
                others: missing.len() - 1,
            };
            return Err(RescoreError::Model(Box::new(missing)));
        }

        Ok(texts.iter().map(|text| self.scores[*text]).collect())
    }

    fn scores_any_text(&self) -> bool {
        false
    }

    fn interpolation(&self) -> Interpolation {
        self.interpolation
    }

    fn name(&self) -> &str {
        &self.name
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn table(text: &str) -> Result<ScoreTable, ReadError> {
        let interpolation = Interpolation {
            first_pass_scale: 1.0,
            weight: 1.0,
        };
        ScoreTable::read(text.as_bytes(), "scores.jsonl", interpolation)
    }

    #[test]
    fn both_forms_are_read() {
        let table = table(
            "{\"text\": \"a b\", \"score\": -1.5}\n\n{\"id\": \"u\", \"texts\": [\"c\", \"\"], \
             \"scores\": [2, 3]}\n",
        )
        .unwrap();

        assert_eq!(
            table.score_texts(&["", "a b", "c"]).unwrap(),
            [3.0, -1.5, 2.0]
        );

        let missing = table.score_texts(&["a b", "d", "e"]).unwrap_err();
        let source = std::error::Error::source(&missing).unwrap().to_string();
        assert!(source.contains("\"d\" (and 1 more text):"), "{source}");
        let missing = table.score_texts(&["e"]).unwrap_err();
        let alone = std::error::Error::source(&missing).unwrap().to_string();
        assert!(alone.contains("no score for \"e\": a table"), "{alone}");
        // The form is said as it is read.
        let form = "a line {\"text\": .., \"score\": ..}";
        assert!(source.contains(form), "{source}");
    }

    #[test]
    fn a_bad_line_is_reported_with_its_number() {
        for (text, line, expected) in [
            ("{\"text\": \"a\", \"score\": 1}\nnot json\n", 2, "expected"),
            ("{\"text\": \"a\", \"score\": NaN}\n", 1, "expected"),
            ("[{\"text\": \"a\", \"score\": 1}]\n", 1, "begins with `[`"),
            ("\n [\n{\"text\": \"a\"}]\n", 2, "begins with `[`"),
            ("{\"text\": \"a\"}\n", 1, "`score` is missing"),
            ("{\"text\": null, \"score\": 1}\n", 1, "`text` is missing"),
            (
                "{\"id\": \"u\", \"scores\": [1]}\n",
                1,
                "`texts` is missing",
            ),
            ("{\"texts\": [\"a\"]}\n", 1, "`scores` is missing"),
            ("{\"text\": \"a\", \"score\": -1e101}\n", 1, "beyond 1e100"),
            (
                "{\"texts\": [\"a\"], \"scores\": []}\n",
                1,
                "1 texts but 0 scores",
            ),
            (
                "{\"text\": \"a\", \"score\": 1}\n{\"text\": \"a\", \"score\": 2}\n",
                2,
                "before",
            ),
        ] {
            let error = table(text).unwrap_err();
            assert_eq!(error.line, line);
            assert!(error.kind.to_string().contains(expected), "{}", error.kind);
        }
    }
}
