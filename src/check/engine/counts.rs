//! Error counts by utterance and draw: what a later run is compared with, pair by pair.
//!
//! Whole numbers only. Their file is in the report floor; comparing two runs is in
//! `baseline`.

use rayon::prelude::*;
use serde::{Deserialize, Serialize};

use crate::check::engine::outcome::CheckOutcome;
use crate::check::engine::trial::{Rescored, Trial};
use crate::nbest::Utterance;

/// One utterance's errors, clean and under every check.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct UtteranceCounts {
    /// The utterance.
    pub id: String,
    /// Who spoke, where known.
    pub speaker: Option<String>,
    /// [`list_hash`] of the utterance: only equal lists are compared.
    pub list: String,
    /// Words of the reference.
    pub reference_words: u64,
    /// Errors of the model's pick on the clean list.
    pub errors: u64,
    /// Errors of the first pass's favourite there.
    pub first_pass_errors: u64,
    /// One per check, in the order of the plan.
    pub checks: Vec<CheckCounts>,
}

/// One utterance's errors under one check.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CheckCounts {
    /// The suite.
    pub suite: String,
    /// The check.
    pub check: String,
    /// Errors of the perturbed text of the pick, by draw.
    pub text: Vec<u64>,
    /// Errors of the perturbed text of the clean pick, by draw.
    pub kept: Vec<u64>,
    /// Errors of the perturbed text of the first pass's favourite, by draw.
    pub first_pass: Vec<u64>,
}

/// A hash of all that decides what an utterance's counts mean: its reference, and the texts and
/// first-pass scores of its list. 16 hexadecimal digits.
pub fn list_hash(utterance: &Utterance) -> String {
    let mut hasher = blake3::Hasher::new();
    hasher.update(utterance.reference.as_str().as_bytes());
    for hypothesis in utterance.nbest.hypotheses() {
        hasher.update(b"\n");
        hasher.update(hypothesis.transcript.as_str().as_bytes());
        hasher.update(b"\t");
        hasher.update(&hypothesis.score.to_le_bytes());
    }

    hasher.finalize().to_hex()[..16].to_owned()
}

/// The counts of clean lists, without any check.
pub(crate) fn clean_counts(utterances: &[Utterance], clean: &[Rescored]) -> Vec<UtteranceCounts> {
    utterances
        .par_iter()
        .zip(clean)
        .map(|(utterance, clean)| UtteranceCounts {
            id: utterance.id.clone(),
            speaker: utterance.speaker.clone(),
            list: list_hash(utterance),
            reference_words: clean.picked().reference_words as u64,
            errors: clean.picked().errors() as u64,
            first_pass_errors: clean.first_pass().errors() as u64,
            checks: Vec::new(),
        })
        .collect()
}

/// Adds what happened to the same lists under a check.
pub(crate) fn add_check(counts: &mut [UtteranceCounts], check: &CheckOutcome<'_>) {
    for (index, counts) in counts.iter_mut().enumerate() {
        counts.checks.push(check_counts(check, index));
    }
}

fn check_counts(check: &CheckOutcome<'_>, utterance: usize) -> CheckCounts {
    let trials = &check.trials[utterance * check.draws..(utterance + 1) * check.draws];
    let errors =
        |of: fn(&Trial) -> usize| -> Vec<u64> { trials.iter().map(|t| of(t) as u64).collect() };

    CheckCounts {
        suite: check.suite.name.clone(),
        check: check.check.name.clone(),
        text: errors(|trial| trial.text.errors()),
        kept: errors(|trial| trial.kept.errors()),
        first_pass: errors(|trial| trial.first_pass_text.errors()),
    }
}
