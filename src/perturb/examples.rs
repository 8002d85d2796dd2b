//! A small lexicon and a small list, for the tests of this module.

use std::collections::BTreeMap;

use crate::nbest::{Hypothesis, NBest, Transcript, Utterance};
use crate::phonetics::lexicon::Lexicon;

/// Homophones, near words, and a rare word (`tue`).
pub(super) fn lexicon() -> Lexicon {
    let text = "two T UW1\ntoo T UW1\nto T UW1\ntue T UW1\ndo D UW1\n\
        their DH EH1 R\nthere DH EH1 R\n\
        cups K AH1 P S\nfor F AO1 R\nfour F AO1 R\nfore F AO1 R\n";
    let common = ["cups", "do", "for", "their", "there", "to", "too", "two"];
    Lexicon::read(text.as_bytes(), "test")
        .unwrap()
        .with_common(common)
}

/// An utterance with the given hypotheses, best first.
pub(super) fn utterance(id: &str, reference: &str, texts: &[&str]) -> Utterance {
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
pub(super) fn example() -> Utterance {
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

/// Words whose sounds can be cut in several ways, and function words.
pub(super) fn speech() -> Lexicon {
    let text = "a AH0\nattacks AH0 T AE1 K S\ncream K R IY1 M\nfor F AO1 R\n\
        forty F AO1 R T IY0\ni AY1\nice AY1 S\n\
        is IH1 Z\nit IH1 T\nof AH1 V\nscream S K R IY1 M\ntax T AE1 K S\ntea T IY1\n\
        tee T IY1\nthe DH AH0\n\
        their DH EH1 R\nthere DH EH1 R\nutt AH0 T\nacts AE1 K S\n";
    let common = [
        "a", "attacks", "cream", "for", "forty", "i", "ice", "is", "it", "of", "scream", "tax",
        "tea", "tee", "the", "their", "there",
    ];

    Lexicon::read(text.as_bytes(), "test")
        .unwrap()
        .with_common(common)
}
