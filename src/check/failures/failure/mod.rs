//! Failures: what it means that a rescorer fails on a perturbed list.
//!
//! A failure is a harmful flip with a margin: with the words swapped, the rescorer
//! prefers a hypothesis that has more word errors than its clean pick, both as it read
//! them, swaps included. To leave a hypothesis because a swap damaged it is good sense, and no
//! failure. A reduced list is judged by itself: its clean pick and word errors
//! are those of what is left of the list and the reference. How cases get
//! smaller is in [`minimize`](mod@crate::check::failures::minimize).

use std::collections::BTreeMap;

use rayon::prelude::*;

use crate::check::failures::minimize::{CaseToJudge, Judge};
use crate::nbest::wer::{WordErrors, word_errors};
use crate::nbest::{Hypothesis, NBest, Transcript, Utterance};
use crate::perturb::case::Case;
use crate::rescore::{Candidates, Interpolation, RescoreError, Rescorer};

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
    /// Picks from `pair`, given the second-pass scores of its unperturbed and its perturbed texts.
    pub fn new(
        pair: &ListPair,
        clean_scores: Vec<f64>,
        scores: Vec<f64>,
        interpolation: Interpolation,
    ) -> Choice {
        let list = pair.utterance.nbest.hypotheses();
        let reference = &pair.utterance.reference;
        let errors: Vec<WordErrors> = pair
            .texts
            .iter()
            .map(|text| word_errors(reference, text))
            .collect();
        let clean_pick = interpolation.select(list, &clean_scores);
        let pick = interpolation.select(list, &scores);
        let margin = |second_pass: &[f64]| {
            let best = |worse: bool| {
                let group = (0..list.len()).filter(|&index| {
                    (errors[index].errors() > errors[clean_pick].errors()) == worse
                });
                group
                    .map(|index| interpolation.total(list[index].score, second_pass[index]))
                    .max_by(f64::total_cmp)
            };
            Some(best(false)? - best(true)?)
        };

        Choice {
            clean_pick,
            pick,
            clean: word_errors(reference, &list[clean_pick].transcript),
            kept: errors[clean_pick],
            text: errors[pick],
            margin_before: margin(&clean_scores),
            margin_after: margin(&scores),
            clean_scores,
            scores,
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

    Ok(pairs
        .par_iter()
        .zip(clean_lists)
        .zip(scores)
        .map(|((pair, clean), scores)| {
            Choice::new(
                pair,
                clean_scores[clean].clone(),
                scores.clone(),
                interpolation,
            )
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

/// Finds harmful flips of a rescorer.
#[derive(Clone, Copy)]
pub struct HarmJudge<'a> {
    /// The utterance of each case to minimize, in the order of the cases.
    pub utterances: &'a [&'a Utterance],
    /// Scores the cases of a round.
    pub rescorer: &'a dyn Rescorer,
    /// Scores a minimal case alone: the same model, without any memory of scores.
    pub alone: &'a dyn Rescorer,
    /// How large a margin may come from noise: at least twice the largest error of a total score.
    pub noise: f64,
}

impl Judge for HarmJudge<'_> {
    type Finding = Choice;

    fn judge(&self, questions: &[CaseToJudge<'_>]) -> Result<Vec<Option<Choice>>, RescoreError> {
        let pairs: Vec<Option<ListPair>> = questions
            .par_iter()
            .map(|question| ListPair::of(self.utterances[question.start], question.case))
            .collect();
        let is_list: Vec<bool> = pairs.iter().map(Option::is_some).collect();
        let pairs: Vec<ListPair> = pairs.into_iter().flatten().collect();
        let mut choices = choices(&pairs, self.rescorer)?.into_iter();
        let mut next = || choices.next().filter(|choice| choice.fails(self.noise));

        Ok(is_list
            .into_iter()
            .map(|is_list| if is_list { next() } else { None })
            .collect())
    }

    fn confirm(&self, question: CaseToJudge<'_>) -> Result<Option<Choice>, RescoreError> {
        let Some(pair) = ListPair::of(self.utterances[question.start], question.case) else {
            return Ok(None);
        };
        let choices = choices(&[pair], self.alone)?;
        Ok(choices
            .into_iter()
            .next()
            .filter(|choice| choice.fails(self.noise)))
    }
}

/// The index of the worst of several choices: the most damage, then the largest margin of the wrong
/// pick, then the earliest. `None` if there are none.
pub fn worst<'a>(choices: impl IntoIterator<Item = &'a Choice>) -> Option<usize> {
    let mut worst: Option<(usize, usize, f64)> = None;
    for (index, choice) in choices.into_iter().enumerate() {
        let (damage, lead) = (
            choice.damage(),
            -choice.margin_after.unwrap_or(f64::INFINITY),
        );
        if worst
            .is_none_or(|(_, most, longest)| damage > most || (damage == most && lead > longest))
        {
            worst = Some((index, damage, lead));
        }
    }

    worst.map(|(index, ..)| index)
}

#[cfg(test)]
mod tests;
