//! Probes: n-best lists made up to ask a rescorer something, and what it answered.
//!
//! Unlike an utterance's list, a probe may hold a text twice, and in any order. Every
//! answer is given afresh: a memory of scores would answer for the rescorer.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use crate::check::judge::estimate::finite;
use crate::nbest::{Hypothesis, NBest, Transcript, Utterance};
use crate::rescore::{Candidates, Interpolation, RescoreError, Rescorer, refuse_infinite};

/// A list to ask about.
#[derive(Debug, Clone, PartialEq)]
pub struct Probe {
    /// The utterance it was made of, or what it is.
    pub id: String,
    /// The reference of the utterance.
    pub reference: Transcript,
    /// At least one.
    pub entries: Vec<Entry>,
}

/// A text of a probe.
#[derive(Debug, Clone, PartialEq)]
pub struct Entry {
    /// The text, as the rescorer gets it.
    pub text: String,
    /// Its first-pass score; finite.
    pub first_pass: f64,
}

impl Probe {
    /// The list of `utterance` as it is.
    pub fn of(utterance: &Utterance) -> Probe {
        let entry = |hypothesis: &Hypothesis| Entry {
            text: hypothesis.transcript.as_str().to_owned(),
            first_pass: hypothesis.score,
        };
        Probe {
            id: utterance.id.clone(),
            reference: utterance.reference.clone(),
            entries: utterance.nbest.hypotheses().iter().map(entry).collect(),
        }
    }

    /// A list of other texts, without a reference.
    pub fn made<'a>(id: &str, texts: impl IntoIterator<Item = &'a str>) -> Probe {
        let entry = |text: &str| Entry {
            text: text.to_owned(),
            first_pass: 0.0,
        };
        Probe {
            id: id.to_owned(),
            reference: Transcript::default(),
            entries: texts.into_iter().map(entry).collect(),
        }
    }

    /// The same list with the entries at `indices`, in that order.
    #[must_use]
    pub fn with_entries(&self, indices: &[usize]) -> Probe {
        Probe {
            entries: indices
                .iter()
                .map(|index| self.entries[*index].clone())
                .collect(),
            ..self.clone()
        }
    }

    /// The utterance that the rescorer sees: its texts are those of the probe where they differ,
    /// numbered where they do not; its first-pass scores are those of the probe where they are in
    /// order, else all alike.
    fn utterance(&self) -> Utterance {
        let ordered = self
            .entries
            .is_sorted_by(|a, b| a.first_pass >= b.first_pass);
        let mut seen = BTreeSet::new();
        let hypotheses = self.entries.iter().map(|entry| {
            let mut transcript = Transcript::new(&entry.text);
            let mut copy = 1;
            while !seen.insert(transcript.clone()) {
                copy += 1;
                transcript = Transcript::new(&format!("{} {copy}", entry.text));
            }
            Hypothesis {
                transcript,
                score: if ordered { entry.first_pass } else { 0.0 },
                am_score: None,
                lm_score: None,
            }
        });

        Utterance {
            id: self.id.clone(),
            speaker: None,
            reference: self.reference.clone(),
            nbest: NBest::new(hypotheses.collect())
                .expect("a probe has an entry, and first-pass scores are finite"),
            attributes: BTreeMap::new(),
        }
    }

    /// The index of the entry with the largest total, the earlier of equals.
    pub fn pick(&self, scores: &[f64], interpolation: Interpolation) -> usize {
        let mut best = (0, f64::NEG_INFINITY);
        for (index, total) in self.totals(scores, interpolation).into_iter().enumerate() {
            if total > best.1 {
                best = (index, total);
            }
        }
        best.0
    }

    /// The total score of every entry.
    pub fn totals(&self, scores: &[f64], interpolation: Interpolation) -> Vec<f64> {
        let pairs = self.entries.iter().zip(scores);
        pairs
            .map(|(entry, score)| interpolation.total(entry.first_pass, *score))
            .collect()
    }
}

/// Scores `probes` in one call, in their order, past any memory.
///
/// A rescorer that gives a score that is no number, or more or fewer scores than texts
/// ([`WrongCount`]), is given up on: what it makes of a list cannot be compared.
pub fn ask<'a>(
    rescorer: &dyn Rescorer,
    probes: impl IntoIterator<Item = &'a Probe>,
) -> Result<Vec<Vec<f64>>, RescoreError> {
    let probes: Vec<&Probe> = probes.into_iter().collect();
    let utterances: Vec<Utterance> = probes.iter().map(|probe| probe.utterance()).collect();
    let lists = candidates(&probes, &utterances);
    let scores = asked(rescorer, &lists)?;
    refuse_infinite((rescorer.name(), rescorer.may_vary()), &lists, &scores)?;
    Ok(scores)
}

/// The same, but NaN and infinities are kept.
pub(super) fn ask_for_anything<'a>(
    rescorer: &dyn Rescorer,
    probes: impl IntoIterator<Item = &'a Probe>,
) -> Result<Vec<Vec<f64>>, RescoreError> {
    let probes: Vec<&Probe> = probes.into_iter().collect();
    let utterances: Vec<Utterance> = probes.iter().map(|probe| probe.utterance()).collect();
    asked(rescorer, &candidates(&probes, &utterances))
}

/// The texts of `probes`, which are those `utterances`.
fn candidates<'a>(probes: &[&'a Probe], utterances: &'a [Utterance]) -> Vec<Candidates<'a>> {
    probes
        .iter()
        .zip(utterances)
        .map(|(probe, utterance)| Candidates {
            utterance,
            texts: probe
                .entries
                .iter()
                .map(|entry| entry.text.as_str())
                .collect(),
        })
        .collect()
}

fn asked(rescorer: &dyn Rescorer, lists: &[Candidates<'_>]) -> Result<Vec<Vec<f64>>, RescoreError> {
    let scores = rescorer.score_afresh(lists)?;
    let asked: Vec<usize> = lists.iter().map(|list| list.texts.len()).collect();
    let given: Vec<usize> = scores.iter().map(Vec::len).collect();
    if asked != given {
        let (texts, scores) = (asked.iter().sum(), given.iter().sum());
        return Err(RescoreError::Model(Box::new(WrongCount { texts, scores })));
    }

    Ok(scores)
}

/// A rescorer did not give every text a score.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("{texts} texts got {scores} scores: every text needs one, list by list")]
pub struct WrongCount {
    /// Texts asked about.
    pub texts: usize,
    /// Scores given.
    pub scores: usize,
}

/// How far two scores are apart; 0 if neither is finite, infinite if only one is.
pub fn gap(a: f64, b: f64) -> f64 {
    match (a.is_finite(), b.is_finite()) {
        (true, true) => (a - b).abs(),
        (false, false) => 0.0,
        _ => f64::INFINITY,
    }
}

/// The largest gap between scores of the same texts.
pub fn largest_gap(a: &[f64], b: &[f64]) -> f64 {
    a.iter()
        .zip(b)
        .map(|(a, b)| gap(*a, *b))
        .fold(0.0, f64::max)
}

/// A list as a report shows it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Shown {
    /// What the list is: `alone`, `in one call with the next list`.
    pub title: String,
    /// The index of the pick; null where picks do not matter.
    pub pick: Option<usize>,
    /// Its texts.
    pub hyps: Vec<ShownText>,
}

/// A text as a report shows it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ShownText {
    /// The text.
    pub text: String,
    /// The first-pass score; null where it does not matter.
    pub score: Option<f64>,
    /// The second-pass score; null where it does not matter, or is not finite.
    pub second_pass: Option<f64>,
    /// Whether there is a second-pass score that is NaN or infinite.
    #[serde(skip_serializing_if = "std::ops::Not::not", default)]
    pub not_finite: bool,
}

impl ShownText {
    /// A text with the scores that matter; that of the second pass may be NaN or infinite.
    pub(crate) fn new(text: &str, score: Option<f64>, second_pass: Option<f64>) -> ShownText {
        ShownText {
            text: text.to_owned(),
            score,
            second_pass: second_pass.and_then(finite),
            not_finite: second_pass.is_some_and(|score| !score.is_finite()),
        }
    }
}

impl Shown {
    /// The texts of `probe` with their scores.
    pub fn scored(title: &str, probe: &Probe, scores: &[f64]) -> Shown {
        let mut shown = Shown::texts(title, probe);
        for (hyp, score) in shown.hyps.iter_mut().zip(scores) {
            *hyp = ShownText::new(&hyp.text, None, Some(*score));
        }
        shown
    }

    /// The texts of `probe` with both scores, and the pick.
    pub fn rescored(
        title: &str,
        probe: &Probe,
        scores: &[f64],
        interpolation: Interpolation,
    ) -> Shown {
        let mut shown = Shown::scored(title, probe, scores);
        for (hyp, entry) in shown.hyps.iter_mut().zip(&probe.entries) {
            hyp.score = Some(entry.first_pass);
        }
        shown.pick = Some(probe.pick(scores, interpolation));
        shown
    }

    /// The texts of `probe` alone.
    pub fn texts(title: &str, probe: &Probe) -> Shown {
        let entries = probe.entries.iter();
        Shown {
            title: title.to_owned(),
            pick: None,
            hyps: entries
                .map(|entry| ShownText::new(&entry.text, None, None))
                .collect(),
        }
    }
}
