//! A small lexicon and a small list, for the tests of this module.

use std::collections::BTreeMap;

use crate::nbest::Hypothesis;
use crate::nbest::NBest;
use crate::nbest::Transcript;
use crate::nbest::Utterance;
use crate::phonetics::lexicon::Lexicon;

/// Homophones, near words, and a rare word (`tue`).
pub(in crate::perturb) fn lexicon() -> Lexicon {
    let text = "two T UW1\ntoo T UW1\nto T UW1\ntue T UW1\ndo D UW1\ntheir DH EH1 R\nthere DH EH1 R\n\
        cups K AH1 P S\nfor F AO1 R\nfour F AO1 R\nfore F AO1 R\n";
    let common = ["cups", "do", "for", "their", "there", "to", "too", "two"];
    Lexicon::read(text.as_bytes(), "test")
        .unwrap()
        .with_common(common)
}

/// An utterance with the given hypotheses, best first.
pub(in crate::perturb) fn utterance(id: &str, reference: &str, texts: &[&str]) -> Utterance {
    let hypotheses = texts
        .iter()
        .zip(1u32..)
        .map(|(text, rank)| Hypothesis {
            transcript: Transcript::new(text),
            score: -f64::from(rank),
            am_score: None,
            lm_score: None,
        })
        .collect();
    Utterance {
        id: id.to_owned(),
        speaker: Some("ann".to_owned()),
        reference: Transcript::new(reference),
        nbest: NBest::new(hypotheses).unwrap(),
        attributes: BTreeMap::new(),
    }
}

/// A list with several eligible words in every hypothesis.
pub(in crate::perturb) fn example() -> Utterance {
    utterance(
        "u1",
        "two cups for their tea",
        &[
            "two cups for their tea",
            "two cups to their tea",
            "to cups for two there tea",
        ],
    )
}
