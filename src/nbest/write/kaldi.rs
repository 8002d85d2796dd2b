//! Writing a folder as Kaldi's recipes rescore n-best lists in: words, costs, references and
//! speakers in files of their own.
//!
//! | file | what |
//! |---|---|
//! | `words_text` | lines `utterance-rank words`, ranks from 1 |
//! | `ac_cost`, `lm_cost` | minus the acoustic and the language model's score, where they add up |
//! | `cost` | minus the score, where they do not |
//! | `ref_text` | lines `utterance words` |
//! | `utt2spk` | lines `utterance speaker`, where every utterance has one |

use std::fmt::Write;

use crate::nbest::corpus::Corpus;
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

/// A corpus as texts of files.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct KaldiFolder {
    /// Names, of [`FILES`], with contents.
    pub(crate) files: Vec<(&'static str, String)>,
    /// What the corpus has and the files cannot hold, in words.
    pub(crate) lost: Vec<String>,
}

/// A name that lines of words between spaces cannot hold.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "the {what} `{name}` has white space in it, which ends a name in Kaldi's files: rename it, or \
     write another form"
)]
pub(crate) struct SpacedName {
    what: &'static str,
    name: String,
}

impl KaldiFolder {
    /// The files for `corpus`.
    pub(crate) fn new(corpus: &Corpus) -> Result<KaldiFolder, SpacedName> {
        let utterances = &corpus.utterances;
        for utterance in utterances {
            check_name("utterance id", &utterance.id)?;
            if let Some(speaker) = &utterance.speaker {
                check_name("speaker", speaker)?;
            }
        }

        let mut files = vec![(
            "words_text",
            per_hypothesis(utterances, |hypothesis| {
                hypothesis.transcript.as_str().to_owned()
            }),
        )];
        let adds_up = utterances.iter().all(|utterance| {
            let scored = !corpus.unscored.contains(&utterance.id);
            scored && utterance.nbest.hypotheses().iter().all(parts_add_up)
        });
        let cost = |of: fn(&Hypothesis) -> f64| {
            per_hypothesis(utterances, |hypothesis| (0.0 - of(hypothesis)).to_string())
        };
        if adds_up {
            files.push((
                "ac_cost",
                cost(|hypothesis| hypothesis.am_score.unwrap_or(0.0)),
            ));
            files.push((
                "lm_cost",
                cost(|hypothesis| hypothesis.lm_score.unwrap_or(0.0)),
            ));
        } else if corpus.unscored.len() < utterances.len() {
            files.push(("cost", cost(|hypothesis| hypothesis.score)));
        }

        let references = utterances
            .iter()
            .fold(String::new(), |mut text, utterance| {
                let _ = writeln!(text, "{} {}", utterance.id, utterance.reference.as_str());
                text
            });
        files.push(("ref_text", references));
        let speakers = utterances.iter().map(|utterance| {
            let speaker = utterance.speaker.as_ref()?;
            Some(format!("{} {speaker}\n", utterance.id))
        });
        if let Some(speakers) = speakers.collect::<Option<String>>() {
            files.push(("utt2spk", speakers));
        }

        Ok(KaldiFolder {
            files,
            lost: lost(corpus),
        })
    }
}

fn check_name(what: &'static str, name: &str) -> Result<(), SpacedName> {
    if name.contains(char::is_whitespace) {
        return Err(SpacedName {
            what,
            name: name.to_owned(),
        });
    }
    Ok(())
}

/// Whether the score is the sum of its parts, to the last digit.
fn parts_add_up(hypothesis: &Hypothesis) -> bool {
    let parts = hypothesis.am_score.zip(hypothesis.lm_score);
    parts.is_some_and(|(acoustic, language)| {
        (acoustic + language).to_bits() == hypothesis.score.to_bits()
    })
}

/// A line for every hypothesis, behind its id.
fn per_hypothesis(utterances: &[Utterance], value: impl Fn(&Hypothesis) -> String) -> String {
    let mut text = String::new();
    for utterance in utterances {
        for (rank, hypothesis) in (1..).zip(utterance.nbest.hypotheses()) {
            let _ = writeln!(text, "{}-{rank} {}", utterance.id, value(hypothesis));
        }
    }
    text
}

/// What the files cannot hold.
fn lost(corpus: &Corpus) -> Vec<String> {
    let count = |has: &dyn Fn(&Utterance) -> bool| {
        corpus
            .utterances
            .iter()
            .filter(|utterance| has(utterance))
            .count()
    };
    let of = corpus.utterances.len();
    let has_part = |hypothesis: &Hypothesis| hypothesis.am_score.or(hypothesis.lm_score).is_some();
    let unscored = match corpus.unscored.len() {
        all if all == of => 0,
        some => some,
    };
    let with_speaker = count(&|utterance| utterance.speaker.is_some());

    let kinds = [
        (
            count(&|utterance| has_part(utterance.nbest.best())),
            "acoustic and language model scores of their own (only their sum is read back)",
        ),
        (
            count(&|utterance| !utterance.attributes.is_empty()),
            "further fields",
        ),
        (
            unscored,
            "no scores: minus the rank stands in as their score",
        ),
        (
            if with_speaker < of { with_speaker } else { 0 },
            "a speaker where others have none: no utt2spk is written",
        ),
    ];
    kinds
        .into_iter()
        .filter(|(count, _)| *count > 0)
        .map(|(count, what)| format!("{count} of {of} lists have {what}"))
        .collect()
}
