//! Writing a folder as Kaldi's recipes rescore n-best lists in: words, costs, references and
//! speakers in files of their own.
//!
//! | file | what |
//! |---|---|
//! | `words_text` | lines `utterance-rank words`, ranks from 1 |
//! | `ac_cost`, `lm_cost` | minus the acoustic and the language model's score, where they add up |
//! | `cost` | minus the score, where they do not |
//! | `ref_text` | lines `utterance words`, of utterances with a reference |
//! | `utt2spk` | lines `utterance speaker`, where every utterance has one |

use std::io::{self, Write};

use crate::nbest::lists::{Lists, Part, ReadBackError};
use crate::nbest::{Hypothesis, Utterance};

/// The files that there may be.
pub(crate) const FILES: [&str; 6] = [
    "words_text",
    "ac_cost",
    "lm_cost",
    "cost",
    "ref_text",
    "utt2spk",
];

/// What is written of some lists.
#[derive(Debug)]
pub(crate) struct KaldiFolder {
    /// The files, each with its name of [`FILES`].
    pub(crate) files: Vec<KaldiFile>,
    /// What the lists have and the files cannot hold, in words.
    pub(crate) lost: Vec<String>,
}

/// A file of the folder.
#[derive(Debug)]
pub(crate) struct KaldiFile {
    /// Its name.
    pub(crate) name: &'static str,
    /// Writes the lines of an utterance.
    lines: fn(&Utterance, &mut dyn Write) -> io::Result<()>,
    /// Utterances without a reference are left out.
    is_of_references: bool,
}

/// Lists cannot be written as such a folder.
#[derive(Debug, thiserror::Error)]
pub(crate) enum KaldiError {
    /// A name would be read as something else.
    #[error(transparent)]
    Name(#[from] UnfitName),
    /// The lists are gone.
    #[error(transparent)]
    ReadBack(#[from] ReadBackError),
}

/// A name that lines of words between spaces cannot hold.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("the {what} `{name}` {problem}: rename it, or write another form")]
pub(crate) struct UnfitName {
    what: &'static str,
    name: String,
    problem: &'static str,
}

impl KaldiFolder {
    /// The files for `lists`.
    pub(crate) fn new(lists: &Lists) -> Result<KaldiFolder, KaldiError> {
        let mut seen = Seen::default();
        for part in lists.parts()? {
            seen.add(&part?)?;
        }

        let mut files = vec![file("words_text", |utterance, out| {
            let text = |hypothesis: &Hypothesis| hypothesis.transcript.as_str().to_owned();
            per_hypothesis(utterance, text, out)
        })];
        match seen.costs() {
            Costs::Parts => {
                files.push(file("ac_cost", |utterance, out| {
                    per_hypothesis(
                        utterance,
                        |heard| negated(heard.am_score.unwrap_or(0.0)),
                        out,
                    )
                }));
                files.push(file("lm_cost", |utterance, out| {
                    per_hypothesis(
                        utterance,
                        |heard| negated(heard.lm_score.unwrap_or(0.0)),
                        out,
                    )
                }));
            }
            Costs::Whole => files.push(file("cost", |utterance, out| {
                per_hypothesis(utterance, |heard| negated(heard.score), out)
            })),
            Costs::None => {}
        }

        if seen.with_reference > 0 {
            files.push(KaldiFile {
                name: "ref_text",
                lines: |utterance, out| {
                    writeln!(out, "{} {}", utterance.id, utterance.reference.as_str())
                },
                is_of_references: true,
            });
        }
        if seen.with_speaker == seen.utterances {
            files.push(file("utt2spk", |utterance, out| {
                let speaker = utterance.speaker.as_deref().unwrap_or_default();
                writeln!(out, "{} {speaker}", utterance.id)
            }));
        }

        Ok(KaldiFolder {
            files,
            lost: lists
                .survey
                .further_fields()
                .into_iter()
                .chain(seen.lost())
                .collect(),
        })
    }
}

impl KaldiFile {
    /// Writes the lines of a part of the lists.
    pub(crate) fn write(&self, part: &Part<'_>, out: &mut dyn Write) -> io::Result<()> {
        for utterance in part.utterances.iter() {
            if !self.is_of_references || part.has_reference(utterance) {
                (self.lines)(utterance, out)?;
            }
        }
        Ok(())
    }
}

fn file(name: &'static str, lines: fn(&Utterance, &mut dyn Write) -> io::Result<()>) -> KaldiFile {
    KaldiFile {
        name,
        lines,
        is_of_references: false,
    }
}

/// A score as a cost; without the minus of zero.
fn negated(score: f64) -> String {
    (0.0 - score).to_string()
}

/// What decides which files there are.
#[derive(Default)]
struct Seen {
    utterances: usize,
    unscored: usize,
    with_speaker: usize,
    with_parts: usize,
    with_reference: usize,
    does_not_add_up: bool,
}

/// Which costs are written.
enum Costs {
    /// Acoustic and language model's, in a file each: they add up to the score.
    Parts,
    /// Those of the score.
    Whole,
    None,
}

impl Seen {
    fn costs(&self) -> Costs {
        if !self.does_not_add_up {
            Costs::Parts
        } else if self.unscored < self.utterances {
            Costs::Whole
        } else {
            Costs::None
        }
    }

    fn add(&mut self, part: &Part<'_>) -> Result<(), UnfitName> {
        for utterance in part.utterances.iter() {
            check_id(&utterance.id)?;
            if let Some(speaker) = &utterance.speaker {
                check_spaces("speaker", speaker)?;
            }

            let scored = part.is_scored(utterance);
            let list = utterance.nbest.hypotheses();
            let best = utterance.nbest.best();
            self.utterances += 1;
            self.unscored += usize::from(!scored);
            self.with_speaker += usize::from(utterance.speaker.is_some());
            self.with_parts += usize::from(best.am_score.or(best.lm_score).is_some());
            self.with_reference += usize::from(part.has_reference(utterance));
            self.does_not_add_up |= !(scored && list.iter().all(parts_add_up));
        }
        Ok(())
    }

    /// What the files cannot hold.
    fn lost(&self) -> Vec<String> {
        let of = self.utterances;
        let some = |count: usize| if count < of { count } else { 0 };
        let parts = match self.costs() {
            Costs::Parts => {
                "acoustic and language model scores of their own (only their sum is read back)"
            }
            Costs::Whole => {
                "acoustic and language model scores of their own (the file cost has the whole \
                 score alone)"
            }
            Costs::None => "acoustic or language model scores of their own (no costs are written)",
        };
        let kinds = [
            (self.with_parts, parts),
            (
                some(self.unscored),
                "no scores: minus the rank stands in as their score",
            ),
            (
                some(self.with_speaker),
                "a speaker where others have none: no utt2spk is written",
            ),
        ];
        kinds
            .into_iter()
            .filter(|(count, _)| *count > 0)
            .map(|(count, what)| format!("{count} of {of} lists have {what}"))
            .collect()
    }
}

/// Refuses an id that no line of Kaldi text can begin with: whoever reads it takes the line for a
/// comment, or the name for another one.
pub(super) fn check_id(id: &str) -> Result<(), UnfitName> {
    check_spaces(ID, id)?;
    if id.starts_with(";;") {
        return refuse(ID, id, "begins with ;;, as comments do");
    }
    if id.bytes().all(|byte| byte == b'#') {
        return refuse(ID, id, "is what other programs begin comments with");
    }
    if id.starts_with('\u{feff}') {
        return refuse(
            ID,
            id,
            "begins with the byte order mark, which is no part of a file's text",
        );
    }
    Ok(())
}

/// Refuses an id that cannot stand in the parentheses of trn.
pub(super) fn check_trn_id(id: &str) -> Result<(), UnfitName> {
    check_spaces(ID, id)?;
    if id.contains('(') {
        return refuse(
            ID,
            id,
            "has an opening parenthesis in it, which begins an id in trn",
        );
    }
    Ok(())
}

/// What messages call an id.
const ID: &str = "utterance id";

/// Refuses a name that has white space.
fn check_spaces(what: &'static str, name: &str) -> Result<(), UnfitName> {
    if name.contains(char::is_whitespace) {
        let problem = "has white space in it, which ends a name in Kaldi's files";
        return refuse(what, name, problem);
    }
    Ok(())
}

fn refuse(what: &'static str, name: &str, problem: &'static str) -> Result<(), UnfitName> {
    Err(UnfitName {
        what,
        name: name.to_owned(),
        problem,
    })
}

/// Whether the score is the sum of its parts, to the last digit.
fn parts_add_up(hypothesis: &Hypothesis) -> bool {
    let parts = hypothesis.am_score.zip(hypothesis.lm_score);
    parts.is_some_and(|(acoustic, language)| {
        (acoustic + language).to_bits() == hypothesis.score.to_bits()
    })
}

/// A line for every hypothesis, behind its id.
fn per_hypothesis(
    utterance: &Utterance,
    value: impl Fn(&Hypothesis) -> String,
    out: &mut dyn Write,
) -> io::Result<()> {
    for (rank, hypothesis) in (1..).zip(utterance.nbest.hypotheses()) {
        writeln!(out, "{}-{rank} {}", utterance.id, value(hypothesis))?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::nbest::read::{Corpus, ReadOptions};

    /// The files for one list of those hypotheses, and what they cannot hold.
    #[track_caller]
    fn check(hypotheses: &str, files: &[&str], lost: &str) {
        let line = format!(r#"{{"id": "u", "ref": "a", "hyps": [{hypotheses}]}}"#);
        let corpus = Corpus::read("a.jsonl", line.as_bytes(), &ReadOptions::default()).unwrap();
        let folder = KaldiFolder::new(&Lists::of(corpus)).unwrap();

        let names: Vec<&str> = folder.files.iter().map(|file| file.name).collect();
        assert_eq!(names[1..names.len() - 1], *files);
        assert!(folder.lost[0].contains(lost), "{:?}", folder.lost);
    }

    #[test]
    fn an_id_that_would_not_be_read_back_is_refused() {
        let problem = |checked: Result<(), UnfitName>| checked.unwrap_err().to_string();
        assert!(problem(check_id(";;u")).contains("`;;u` begins with ;;"));
        assert!(problem(check_id("##")).contains("`##` is what other programs"));
        assert!(problem(check_id("\u{feff}u")).contains("byte order mark"));
        assert!(problem(check_id("a b")).contains("`a b` has white space"));
        assert!(problem(check_trn_id("a(b")).contains("`a(b` has an opening parenthesis"));
        for id in ["u;;", ";u", "#u", "u"] {
            assert_eq!((check_id(id), check_trn_id(id)), (Ok(()), Ok(())), "{id}");
        }
        // An id of trn does not begin its line.
        assert_eq!(check_trn_id(";;u"), Ok(()));
    }

    #[test]
    fn what_is_said_to_be_lost_is_what_is_not_written() {
        check(
            r#"{"text": "a", "score": -3, "am_score": -1, "lm_score": -2}"#,
            &["ac_cost", "lm_cost"],
            "only their sum is read back",
        );
        check(
            r#"{"text": "a", "score": -9, "am_score": -1, "lm_score": -2}"#,
            &["cost"],
            "the file cost has the whole score alone",
        );
        check(
            r#"{"text": "a", "lm_score": -2}"#,
            &[],
            "no costs are written",
        );
    }
}
