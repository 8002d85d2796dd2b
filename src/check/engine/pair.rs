//! Pairs: a list and its perturbed texts, scored side by side in one call.
//!
//! The lists of a run are scored once, before their perturbed versions. Lists that are made on the
//! way (reduced ones, saved ones, references) come with their unperturbed selves instead.

use std::collections::BTreeMap;

use rayon::prelude::*;

use crate::check::engine::trial::Rescored;
use crate::nbest::wer::WordErrors;
use crate::nbest::{Hypothesis, NBest, Transcript, Utterance};
use crate::perturb::case::Case;
use crate::rescore::{Candidates, RescoreError, Rescorer};

/// A list, maybe a reduced one, with its perturbed texts: ready to be scored.
#[derive(Debug, Clone, PartialEq)]
pub struct ListPair {
    utterance: Utterance,
    texts: Vec<Transcript>,
}

impl ListPair {
    /// What is left of the list of `utterance` in `case`, which was drawn from it.
    ///
    /// `None` if dropping words made two hypotheses alike: then it is no n-best list any more.
    ///
    /// # Panics
    /// If the case has hypotheses that the utterance lacks.
    pub fn of(utterance: &Utterance, case: &Case) -> Option<ListPair> {
        let list = utterance.nbest.hypotheses();
        let hypotheses: Vec<Hypothesis> = case
            .kept_hypotheses()
            .iter()
            .zip(case.originals())
            .map(|(&index, transcript)| Hypothesis {
                transcript,
                ..list[index].clone()
            })
            .collect();

        let kept = hypotheses.len();
        let nbest =
            NBest::new(hypotheses).expect("a case keeps a hypothesis, and scores are finite");
        let reduced = Utterance {
            id: utterance.id.clone(),
            speaker: utterance.speaker.clone(),
            reference: case.reference(),
            nbest,
            attributes: utterance.attributes.clone(),
        };

        (reduced.nbest.len() == kept).then(|| ListPair {
            utterance: reduced,
            texts: case.texts(),
        })
    }

    /// A list and one perturbed text for each of its hypotheses, in its order.
    ///
    /// # Panics
    /// If there are more or fewer texts than hypotheses.
    pub fn new(utterance: Utterance, texts: Vec<Transcript>) -> ListPair {
        assert_eq!(
            utterance.nbest.len(),
            texts.len(),
            "one text per hypothesis"
        );
        ListPair { utterance, texts }
    }

    /// The unperturbed list.
    pub fn utterance(&self) -> &Utterance {
        &self.utterance
    }

    /// The perturbed texts, in the order of the list.
    pub fn texts(&self) -> &[Transcript] {
        &self.texts
    }

    fn perturbed(&self) -> Candidates<'_> {
        let texts = self.texts.iter().map(Transcript::as_str).collect();
        Candidates {
            utterance: &self.utterance,
            texts,
        }
    }
}

/// What a rescorer makes of a list and of its perturbed texts.
#[derive(Debug, Clone, PartialEq)]
pub struct Choice {
    /// The index of its pick from the unperturbed list.
    pub clean_pick: usize,
    /// The index of its pick from the perturbed texts.
    pub pick: usize,
    /// Errors of the original text of the clean pick.
    pub clean: WordErrors,
    /// Errors of the perturbed text of the clean pick.
    pub kept: WordErrors,
    /// Errors of the perturbed text of the perturbed pick.
    pub text: WordErrors,
    /// How far the best hypothesis that is no worse than the clean pick is ahead of the best
    /// one that is worse, in total scores of the unperturbed list; worse means more errors in the
    /// perturbed text. At least 0. `None` where no hypothesis is worse.
    pub margin_before: Option<f64>,
    /// The same for the perturbed texts, with the same groups: below 0 if and only if
    /// a worse hypothesis wins.
    pub margin_after: Option<f64>,
    /// The second-pass score of each unperturbed text.
    pub clean_scores: Vec<f64>,
    /// The second-pass score of each perturbed text.
    pub scores: Vec<f64>,
}

impl Choice {
    /// What it makes of both sides of the same list.
    pub(in crate::check) fn new(clean: &Rescored, perturbed: Rescored) -> Choice {
        let errors = &perturbed.errors;
        let margin = |totals: &[f64]| {
            let best = |worse: bool| {
                let group = (0..totals.len()).filter(|&index| {
                    (errors[index].errors() > errors[clean.pick].errors()) == worse
                });
                group.map(|index| totals[index]).max_by(f64::total_cmp)
            };
            Some(best(false)? - best(true)?)
        };

        Choice {
            clean_pick: clean.pick,
            pick: perturbed.pick,
            clean: clean.picked(),
            kept: errors[clean.pick],
            text: perturbed.picked(),
            margin_before: margin(&clean.totals),
            margin_after: margin(&perturbed.totals),
            clean_scores: clean.second_pass.clone(),
            scores: perturbed.second_pass,
        }
    }

    /// Whether the pick changed.
    pub fn flipped(&self) -> bool {
        self.pick != self.clean_pick
    }

    /// How many more errors the pick has than the clean pick, both read with their swaps; 0 if not more.
    pub fn damage(&self) -> usize {
        self.text.errors().saturating_sub(self.kept.errors())
    }

    /// Whether the perturbation did harm, by more than `noise` on both sides.
    ///
    /// If no total score is further than half of `noise` from its true value, the true
    /// scores fail too. With a noise of 0 this is a harmful flip that is not a mere tie.
    pub fn fails(&self, noise: f64) -> bool {
        self.margin_before.is_some_and(|before| before >= noise)
            && self.margin_after.is_some_and(|after| -after > noise)
    }
}

/// Scores all of `pairs` in one call; lists that occur more than once, once.
pub fn choices(pairs: &[ListPair], rescorer: &dyn Rescorer) -> Result<Vec<Choice>, RescoreError> {
    let mut known: BTreeMap<ListName<'_>, usize> = BTreeMap::new();
    let mut lists: Vec<Candidates<'_>> = Vec::new();
    let clean_lists: Vec<usize> = pairs
        .iter()
        .map(|pair| {
            *known.entry(list_name(&pair.utterance)).or_insert_with(|| {
                lists.push(Candidates::of(&pair.utterance));
                lists.len() - 1
            })
        })
        .collect();

    let clean_count = lists.len();
    lists.extend(pairs.iter().map(ListPair::perturbed));
    let scores = rescorer.score(&lists)?;
    let (clean_scores, scores) = scores.split_at(clean_count);

    let interpolation = rescorer.interpolation();
    let clean: Vec<Rescored> = lists[..clean_count]
        .par_iter()
        .zip(clean_scores)
        .map(|(list, scores)| Rescored::clean(list.utterance, scores, interpolation))
        .collect();

    Ok(pairs
        .par_iter()
        .zip(clean_lists)
        .zip(scores)
        .map(|((pair, list), scores)| {
            let perturbed =
                Rescored::perturbed(&pair.utterance, &pair.texts, scores, interpolation);
            Choice::new(&clean[list], perturbed)
        })
        .collect())
}

/// What tells unperturbed lists apart: id, reference, and each text with the bits of its score.
type ListName<'a> = (&'a str, &'a Transcript, Vec<(u64, &'a Transcript)>);

fn list_name(utterance: &Utterance) -> ListName<'_> {
    let hypotheses = utterance.nbest.hypotheses().iter();
    let texts = hypotheses.map(|hypothesis| (hypothesis.score.to_bits(), &hypothesis.transcript));
    (&utterance.id, &utterance.reference, texts.collect())
}
