//! What is wrong with a rescorer before any degradation is judged: it is blind, drowned or harmful.
//!
//! A rescorer that never overrules the first pass degrades no more than the first pass does, and
//! one that picks at random may pass as well: a PASS of such a rescorer says nothing about
//! robustness, so there is none. Scores of the clean lists decide, and the picks of all lists. The
//! sentences are in the report floor.

use std::collections::HashSet;
use std::num::NonZeroU64;

use crate::check::engine::outcome::{Outcome, RunFacts};
use crate::check::engine::plan::Plan;
use crate::check::engine::trial::{Rescored, Trial};
use crate::check::engine::wrong_way::WrongWay;
use crate::check::judge::clustering::Clustering;
use crate::check::judge::figures::CleanFigures;
use crate::check::judge::gaps::Gaps;
use crate::check::judge::remark::{
    COPIES_WARNED, CUT_WARNED, DROWNED, Disagreement, Effect, FAR_FROM_REFERENCES, FAR_LISTS,
    Remark, SINGLE_WARNED, TIED_WARNED, UNKNOWN_WARNED, UNSTEADY_WARNED, Unsteadiness,
};
use crate::check::judge::verdict::Judgment;
use crate::nbest::Utterance;
use crate::nbest::copies::{fingerprint, has_scores};
use crate::nbest::spelling::SpelledApart;
use crate::rescore::told_apart::ToldApart;
use crate::rescore::{Interpolation, TokenCounts};

/// What there is to remark on a rescorer, gravest first: that it does `harm`, if so, what a run
/// knows of it, and what is to be said of the `choices` it had and the figures of its `clean`
/// lists.
pub(crate) fn remarks(
    harm: Option<Remark>,
    facts: &RunFacts,
    choices: &Choices,
    clean: &CleanFigures,
) -> Vec<Remark> {
    let interpolation = facts.interpolation;
    let mut remarks = Vec::new();
    if interpolation.weight < 0.0 {
        remarks.push(Remark::NegativeWeight {
            weight: interpolation.weight,
        });
    }

    remarks.extend(choices.empty_references());
    remarks.extend(
        choices
            .far_from_references()
            .or_else(|| choices.far_lists()),
    );
    remarks.extend(facts.wrong_way.map(Remark::WrongWayRound));
    remarks.extend(facts.spelled_apart.clone().map(Remark::SpelledApart));

    if clean.oracle.rate.value.is_none() {
        remarks.push(Remark::NoReferenceWords);
    }
    remarks.extend(choices.copies());
    remarks.extend(choices.tied());
    remarks.extend(choices.single());
    remarks.extend(choices.disagreement(facts));
    remarks.extend(choices.unsteadiness(facts));

    if choices.lists == 0 {
        remarks.push(Remark::NothingToChoose);
    } else {
        remarks.extend(choices.remarks());
    }

    remarks.extend(unread(facts.tokens, facts.truncated_texts));
    remarks.extend(facts.rounding.map(Remark::Rounded));
    // Of lists that show nothing either way, harm is not shown.
    let shows_nothing =
        |remark: &Remark| remark.is_of_lists() && remark.effect() == Effect::BarsVerdict;
    if let Some(harm) = harm.filter(|_| !remarks.iter().any(shows_nothing)) {
        remarks.insert(0, harm);
    }
    remarks.sort_by_key(|remark| std::cmp::Reverse(remark.effect()));
    remarks
}

/// What a model could not read of the texts that it scored, of which `cut` were too long for it.
pub(crate) fn unread(tokens: Option<TokenCounts>, cut: usize) -> Vec<Remark> {
    let Some(counts) = tokens else {
        return Vec::new();
    };

    let share = counts.unknown_share();
    let unknown = share.filter(|share| *share > UNKNOWN_WARNED);
    let unknown = unknown.map(|share| Remark::UnknownTokens {
        share,
        tokens: counts.tokens,
    });
    let texts = counts.texts;
    let is_much = cut as f64 > CUT_WARNED * texts as f64;
    let cut = is_much.then_some(Remark::CutTexts { cut, texts });
    unknown.into_iter().chain(cut).collect()
}

/// What there is to remark on the rescorer of `outcome`, a whole run of `plan`, whose lists'
/// scores may be the `wrong_way` round, and whose references may be spelled in another way than
/// hypotheses; whether it does harm is not tested here.
pub(crate) fn remarks_on(
    plan: &Plan<'_>,
    outcome: &Outcome<'_>,
    (wrong_way, spelled_apart): (Option<WrongWay>, Option<SpelledApart>),
) -> Vec<Remark> {
    let clean = CleanFigures::new(&Clustering::new(plan.utterances), &outcome.clean);
    let mut choices = Choices::new(outcome.facts.interpolation);
    choices.add_clean(plan.utterances, &outcome.clean);
    for check in &outcome.checks {
        choices.add_perturbed(&check.trials, &outcome.clean);
    }

    let facts = RunFacts {
        wrong_way,
        spelled_apart,
        ..outcome.facts.clone()
    };
    remarks(None, &facts, &choices, &clean)
}

/// What a rescorer made of the lists in which there is something to choose.
#[derive(Debug, Clone)]
pub(crate) struct Choices {
    /// All lists, and what those of several hypotheses are told apart by.
    all: usize,
    distinct: HashSet<NonZeroU64>,
    /// Lists that were there before, and those of them whose scores could not tell them apart.
    copied: usize,
    alike: usize,
    /// Words of references, and those in lists that are far from them.
    words: usize,
    far_words: usize,
    /// Empty references, and the errors of the best hypotheses there and elsewhere.
    empty: usize,
    empty_errors: usize,
    errors: usize,
    interpolation: Interpolation,
    /// Clean lists.
    lists: usize,
    /// Those of them in which all first-pass scores are equal.
    tied: usize,
    /// Second-pass scores of their texts, and the first of them.
    texts: usize,
    first_score: Option<f64>,
    is_constant: bool,
    told_apart: ToldApart,
    /// No second-pass term changes a total.
    is_lost: bool,
    /// How much the terms of both passes differ within lists, over all lists.
    spreads: [f64; 2],
    /// How far the picks of clean lists are ahead.
    gaps: Gaps,
    /// Perturbed lists, and those of them from which another hypothesis is picked than before.
    perturbed: usize,
    flipped: usize,
    /// Another hypothesis than the first pass's favourite was picked.
    overruled: bool,
}

impl Choices {
    /// Of no list yet.
    pub(crate) fn new(interpolation: Interpolation) -> Choices {
        Choices {
            all: 0,
            distinct: HashSet::new(),
            copied: 0,
            alike: 0,
            words: 0,
            far_words: 0,
            empty: 0,
            empty_errors: 0,
            errors: 0,
            interpolation,
            lists: 0,
            tied: 0,
            texts: 0,
            first_score: None,
            is_constant: true,
            told_apart: ToldApart::default(),
            is_lost: true,
            spreads: [0.0; 2],
            gaps: Gaps::default(),
            perturbed: 0,
            flipped: 0,
            overruled: false,
        }
    }

    /// Takes clean lists in.
    pub(crate) fn add_clean(&mut self, utterances: &[Utterance], clean: &[Rescored]) {
        for utterance in utterances {
            let is_new = fingerprint(utterance).is_none_or(|print| self.distinct.insert(print));
            self.copied += usize::from(!is_new);
            self.alike += usize::from(!is_new && !has_scores(utterance));
        }
        self.all += utterances.len();
        for oracle in clean.iter().map(Rescored::oracle) {
            let words = oracle.reference_words;
            let is_far = oracle.errors() as f64 > FAR_FROM_REFERENCES * words as f64;
            self.words += words;
            self.far_words += if is_far { words } else { 0 };
            if words == 0 {
                self.empty += 1;
                self.empty_errors += oracle.errors();
            } else {
                self.errors += oracle.errors();
            }
        }
        let lists = utterances.iter().zip(clean);
        for (utterance, list) in lists.filter(|(utterance, _)| utterance.nbest.len() > 1) {
            let hypotheses = utterance.nbest.hypotheses();
            self.lists += 1;
            self.gaps.add(list);
            self.tied += usize::from(utterance.nbest.is_tied());
            self.texts += list.second_pass.len();
            for score in &list.second_pass {
                let first = *self.first_score.get_or_insert(*score);
                self.is_constant &= *score - first == 0.0;
            }

            let mut totals = hypotheses.iter().zip(&list.totals);
            self.is_lost &= totals.all(|(hypothesis, total)| {
                self.interpolation.total(hypothesis.score, 0.0) - total == 0.0
            });

            let scores = hypotheses.iter().map(|hypothesis| hypothesis.score);
            let second = range(list.second_pass.iter().copied());
            self.told_apart.add(&list.second_pass);
            let Interpolation {
                first_pass_scale,
                weight,
            } = self.interpolation;
            self.spreads[0] += first_pass_scale * range(scores);
            self.spreads[1] += weight.abs() * second;
            self.overruled |= list.pick > 0;
        }
    }

    /// Takes perturbed lists in, whose `clean` selves are those of the same utterances.
    pub(crate) fn add_perturbed(&mut self, trials: &[Trial], clean: &[Rescored]) {
        // The first pass's favourite comes first in its list, whatever its words become.
        for trial in trials.iter().filter(|trial| trial.kendall_tau.is_some()) {
            self.perturbed += 1;
            self.flipped += usize::from(trial.flipped(&clean[trial.utterance]));
            self.overruled |= trial.pick > 0;
        }
    }

    /// Whether lists are there more than once, under other ids: no evidence of their own.
    fn copies(&self) -> Option<Remark> {
        let share = self.copied as f64 / self.all as f64;
        (share > COPIES_WARNED).then_some(Remark::Copies {
            lists: self.all,
            distinct: self.all - self.copied,
            alike: self.alike,
        })
    }

    /// Whether what makes errors is that references are empty.
    fn empty_references(&self) -> Option<Remark> {
        let is_much = self.empty_errors as f64 > FAR_LISTS * self.words as f64;
        (is_much && self.words > 0).then_some(Remark::EmptyReferences {
            empty: self.empty,
            lists: self.all,
            errors: self.empty_errors,
        })
    }

    /// Whether lists and references hardly belong together.
    fn far_from_references(&self) -> Option<Remark> {
        let oracle = self.errors as f64 / self.words as f64;
        (oracle > FAR_FROM_REFERENCES).then_some(Remark::FarFromReferences { oracle })
    }

    /// Whether references of other utterances seem to be among them.
    fn far_lists(&self) -> Option<Remark> {
        let share = self.far_words as f64 / self.words as f64;
        (share > FAR_LISTS).then_some(Remark::FarLists { share })
    }

    /// Whether many lists leave nothing to choose.
    fn single(&self) -> Option<Remark> {
        let single = self.all - self.lists;
        let share = single as f64 / self.all as f64;
        let some = self.lists > 0 && share > SINGLE_WARNED;
        some.then_some(Remark::SingleHypotheses {
            single,
            lists: self.all,
        })
    }

    /// Whether the order of the file makes the first pass's favourites.
    fn tied(&self) -> Option<Remark> {
        let share = self.tied as f64 / self.lists as f64;
        (share > TIED_WARNED).then_some(Remark::TiedFirstPass {
            tied: self.tied,
            lists: self.lists,
        })
    }

    /// Whether shards gave texts different scores.
    fn disagreement(&self, facts: &RunFacts) -> Option<Remark> {
        let agreement = facts.agreement.filter(|found| found.apart > 0)?;
        let weight = self.interpolation.weight.abs();
        Some(Remark::ShardsDisagree(Disagreement {
            agreement,
            gap: self.gaps.median(),
            by_chance: self.gaps.changed_by(weight * agreement.spread()),
        }))
    }

    /// Whether lists that are scored again get other picks, or scores so different that some would
    /// among all lists.
    fn unsteadiness(&self, facts: &RunFacts) -> Option<Remark> {
        let steadiness = facts.steadiness?;
        let by_chance = self.gaps.changed_by(steadiness.spread());
        let found = Unsteadiness {
            steadiness,
            gap: self.gaps.median(),
            by_chance,
            by_swaps: (self.perturbed > 0).then(|| self.flipped as f64 / self.perturbed as f64),
        };
        let is_told = steadiness.changed > 0 || by_chance > UNSTEADY_WARNED;
        is_told.then_some(Remark::Unsteady(found))
    }

    /// Why the second pass has no say, if so, and whether it ever had one.
    fn remarks(&self) -> Vec<Remark> {
        if self.interpolation.weight == 0.0 {
            return vec![Remark::NoWeight];
        }

        if let Some(score) = self.first_score.filter(|_| self.is_constant) {
            return vec![Remark::ConstantScore {
                score,
                texts: self.texts,
            }];
        }

        if let Some(lists) = self.told_apart.alike() {
            return vec![Remark::AlikeInLists { lists }];
        }

        let mut remarks = Vec::new();
        if self.is_lost {
            remarks.push(Remark::LostInRounding);
        } else {
            let share = self.spread();
            if share < DROWNED {
                remarks.push(Remark::Drowned { share });
            }
        }

        remarks.extend((!self.overruled).then(|| Remark::NeverOverrules {
            lists: self.lists + self.perturbed,
        }));
        remarks
    }

    /// How much second-pass terms differ within lists, over how much first-pass terms do; infinite
    /// where those are all tied.
    fn spread(&self) -> f64 {
        let [first, second] = self.spreads;
        if first > 0.0 {
            second / first
        } else {
            f64::INFINITY
        }
    }
}

/// The largest minus the smallest.
fn range(values: impl Iterator<Item = f64>) -> f64 {
    let (low, high) = values.fold((f64::INFINITY, f64::NEG_INFINITY), |(low, high), value| {
        (low.min(value), high.max(value))
    });
    high - low
}

/// Takes every verdict back that the remarks bar.
pub(crate) fn bar(remarks: &[Remark], judgments: &mut [Judgment]) {
    let barring = remarks
        .iter()
        .find(|remark| remark.effect() >= Effect::BarsPass);
    for judgment in judgments {
        if let Some(remark) = barring {
            judgment.bar(remark);
        }
    }
}
