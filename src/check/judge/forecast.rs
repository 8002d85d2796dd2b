//! What a run would ask of a rescorer, without asking it.
//!
//! The lists are drawn as [`run`](crate::check::engine::run::run) draws them. How long a model takes for them is for those who have a clock.

use std::collections::HashSet;

use rayon::prelude::*;

use crate::check::engine::draw::Draws;
use crate::check::engine::plan::Plan;
use crate::nbest::Transcript;
use crate::perturb::{Hypotheses, Target};

/// How much a run would ask for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Forecast {
    /// The checks, in the plan's order.
    pub checks: Vec<CheckForecast>,
    /// Different texts of the clean lists.
    pub clean_texts: usize,
    /// Different texts of all lists, clean and perturbed.
    pub texts: usize,
    /// Clean and perturbed lists.
    pub lists: usize,
    /// Properties, whose texts depend on what is found: none of them is counted here.
    pub properties: usize,
}

/// What one check would ask for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CheckForecast {
    /// The name of its suite.
    pub suite: String,
    /// Its name.
    pub check: String,
    /// Draws per utterance, if no look ends the check before.
    pub draws: usize,
    /// Perturbed lists.
    pub lists: usize,
    /// Those of them of which a word is changed.
    pub touched: usize,
    /// Whether the lists depend on what the rescorer picks: then those of the first pass's picks are counted.
    pub follows_picks: bool,
}

/// Texts by their hashes: all texts of a large run would not fit into memory twice.
type Texts = HashSet<blake3::Hash>;

fn hash(text: &str) -> blake3::Hash {
    blake3::hash(text.as_bytes())
}

/// Draws every list of `plan` and counts.
pub fn forecast(plan: &Plan<'_>) -> Forecast {
    let clean = plan.utterances.iter().flat_map(|utterance| {
        let hypotheses = utterance.nbest.hypotheses().iter();
        hypotheses.map(|hypothesis| hash(hypothesis.transcript.as_str()))
    });
    let mut texts: Texts = clean.collect();
    let clean_texts = texts.len();
    let mut lists = plan.utterances.len();

    let mut checks = Vec::new();
    for suite in plan.suites {
        for check in &suite.checks {
            let draws = plan.draws_of(check);
            // Without a rescorer there is no pick: that of the first pass stands in.
            let (touched, new) = Draws::of_check(plan, suite, check, |_| 0)
                .drawn(0..draws)
                .fold(
                    || (0, Texts::new()),
                    |(touched, mut texts), drawn| {
                        texts.extend(drawn.texts.iter().map(Transcript::as_str).map(hash));
                        (touched + usize::from(!drawn.case.edits().is_empty()), texts)
                    },
                )
                .reduce(
                    || (0, Texts::new()),
                    |(one, mut texts), (other, more)| {
                        texts.extend(more);
                        (one + other, texts)
                    },
                );
            texts.extend(new);
            let drawn = plan.utterances.len() * draws;
            lists += drawn;
            checks.push(CheckForecast {
                suite: suite.name.clone(),
                check: check.name.clone(),
                draws,
                lists: drawn,
                touched,
                follows_picks: check.perturbation.hypotheses
                    == Hypotheses::One(Target::RescoredBest),
            });
        }
    }

    Forecast {
        checks,
        clean_texts,
        texts: texts.len(),
        lists,
        properties: plan.suites.iter().map(|suite| suite.properties.len()).sum(),
    }
}
