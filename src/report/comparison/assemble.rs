//! From what was found to the report of a comparison.

use crate::check::compare::contender::Roles;
use crate::check::compare::paired::{About, Family, PairedTest};
use crate::check::compare::strategy::PooledFigures;
use crate::check::compare::{CheckComparison, Comparison, ContenderFigures, Pool};
use crate::check::engine::plan::Plan;
use crate::check::judge::estimate::Estimate;
use crate::check::judge::figures::{Coverage, Figures, Touched};
use crate::report::comparison::FORMAT_VERSION;
use crate::report::comparison::record::{
    CheckSubject, ComparisonReport, ContenderCheck, ContenderRecord, FamilyRecord, Figure,
    RangeRecord, RescorerRecord, TestRecord,
};
use crate::report::model_kind::ModelKind;
use crate::report::ranks::RankPicture;
use crate::report::record::{LexiconRecord, NbestRecord, RunRecord};
use crate::report::subject::notes_on;
use crate::report::verdict::Asked;
use crate::stats::FEWEST_CLUSTERS;
use crate::stats::crossed::CAUTION_SEEDS;
use crate::suite::gates::Keep;
use crate::suite::{Check, Suite};

/// What was compared, and on what: the part of a report that is known besides the figures.
pub(crate) struct Subject {
    /// The lists.
    pub(crate) nbest: NbestRecord,
    /// The lexicon.
    pub(crate) lexicon: LexiconRecord,
    /// The rescorers of each contender, in the order of the comparison.
    pub(crate) rescorers: Vec<Vec<RescorerRecord>>,
    /// Where the ranks of adapters are.
    pub(crate) ranks: Vec<RankPicture>,
    /// What a reader should know about the models.
    pub(crate) notes: Vec<String>,
}

impl Subject {
    /// The report of `comparison`, which was made in `run`.
    pub(crate) fn report(
        self,
        plan: &Plan<'_>,
        comparison: &Comparison,
        roles: Roles,
        run: RunRecord,
    ) -> ComparisonReport {
        let label = |index: usize| comparison.contenders[index].label.clone();
        let checks: Vec<(&Suite, &Check)> = plan.checks().collect();
        let mut notes = self.notes;
        notes.extend(notes_on(&self.nbest));
        notes.extend(seed_notes(comparison, &self.rescorers));
        if comparison.clustering.count < FEWEST_CLUSTERS {
            notes.push(format!(
                "too few {0}s ({1}): no two-sided paired test can reach 0.05",
                comparison.clustering.unit.name(),
                comparison.clustering.count,
            ));
        }

        let subjects = checks.iter().enumerate().map(|(index, (suite, check))| {
            let figures = &comparison.contenders[0].checks[index].each[0];
            check_subject(plan, suite, check, figures)
        });
        let shares = checks
            .iter()
            .map(|(_, check)| check.gates.gain.map(Keep::share));
        let shares: Vec<Option<f64>> = shares.collect();
        let families = comparison.families.iter();
        let families = families
            .map(|family| family_record(family, comparison, &self.rescorers, &checks))
            .collect();

        ComparisonReport {
            format_version: FORMAT_VERSION,
            tool: format!("mondegreen {}", env!("CARGO_PKG_VERSION")),
            reference: label(roles.reference),
            full: roles.full.map(label),
            nbest: self.nbest,
            lexicon: self.lexicon,
            seed: plan.seed,
            first_pass: comparison.first_pass.clone(),
            oracle: comparison.oracle.clone(),
            checks: subjects.collect(),
            contenders: comparison
                .contenders
                .iter()
                .zip(self.rescorers)
                .map(|(figures, rescorers)| contender(figures, rescorers, &shares))
                .collect(),
            families,
            ranks: self.ranks,
            notes,
            run: Some(run),
        }
    }
}

fn check_subject(plan: &Plan<'_>, suite: &Suite, check: &Check, figures: &Figures) -> CheckSubject {
    let asked = Asked::new(suite, check, plan.draws_of(check));
    CheckSubject {
        suite: suite.name.clone(),
        suite_hash: suite.content_hash(),
        check: check.name.clone(),
        perturbation: asked.perturbation,
        draws: asked.draws,
        flip: asked.flip,
        gain: asked.gain,
        raises: asked.raises,
        coverage: Coverage {
            // Each rescorer has its own.
            touched: None,
            ..figures.coverage.clone()
        },
    }
}

/// The record of a contender; `shares` is what each check asks to be kept of the gain.
fn contender(
    figures: &ContenderFigures,
    rescorers: Vec<RescorerRecord>,
    shares: &[Option<f64>],
) -> ContenderRecord {
    let rates = figures.clean.each.iter().map(|wer| wer.rate.value);

    ContenderRecord {
        label: figures.label.clone(),
        strategy: rescorers.first().and_then(|first| first.strategy.clone()),
        rescorers,
        wer: figures.clean.pooled.clone(),
        wer_range: range(rates),
        over_first_pass: pool(&figures.over_first_pass),
        over_full: figures.over_full.clone(),
        checks: figures
            .checks
            .iter()
            .zip(shares)
            .map(|(check, share)| contender_check(check, *share))
            .collect(),
    }
}

fn contender_check(check: &CheckComparison, share: Option<f64>) -> ContenderCheck {
    let figure =
        |pooled: fn(&PooledFigures) -> &Estimate, of: fn(&Figures) -> Option<f64>| Figure {
            pooled: pooled(&check.pooled).clone(),
            range: range(check.each.iter().map(of)),
        };

    // Ratios to the reference and rank correlations are over all seeds together, without a range.
    ContenderCheck {
        wer_text: check.pooled.text.clone(),
        wer_kept: check.pooled.kept.clone(),
        nprr_rel: figure(|pooled| &pooled.rel, |each| each.nprr.rel.value),
        nprr_injected: figure(|pooled| &pooled.injected, |each| each.nprr.injected.value),
        nprr_flip: figure(|pooled| &pooled.flip, |each| each.nprr.flip.value),
        flip_cost: figure(|pooled| &pooled.flip_cost, |each| each.flip_cost.value),
        gain_perturbed: figure(|pooled| &pooled.gain, |each| each.gain.perturbed.value),
        gain_beyond: check.pooled.gain_beyond.clone().map(|pooled| Figure {
            pooled,
            range: range(check.each.iter().map(|each| {
                let gain = &each.gain;
                Some(gain.perturbed.value? - share.unwrap_or(0.0) * gain.clean.value?)
            })),
        }),
        nprr_pass: figure(|pooled| &pooled.pass, |each| each.nprr.pass.value),
        nprr_ref: check.nprr_ref.clone(),
        flips: figure(|pooled| &pooled.flips, |each| each.flips.all.rate.value),
        harmful_flips: figure(
            |pooled| &pooled.harmful,
            |each| each.flips.harmful.rate.value,
        ),
        helpful_flips: figure(
            |pooled| &pooled.helpful,
            |each| each.flips.helpful.rate.value,
        ),
        touched_nprr_rel: figure(
            |pooled| &pooled.touched_rel,
            |each| touched(each)?.rel.value,
        ),
        touched_nprr_flip: figure(
            |pooled| &pooled.touched_flip,
            |each| touched(each)?.flip.as_ref()?.value,
        ),
        kendall_tau: check.pooled.kendall_tau,
    }
}

fn touched(figures: &Figures) -> Option<&Touched> {
    figures.coverage.touched.as_ref()
}

fn pool(pool: &Pool<Estimate>) -> Figure {
    Figure {
        pooled: pool.pooled.clone(),
        range: range(pool.each.iter().map(|estimate| estimate.value)),
    }
}

/// The range of at least two values that are numbers.
fn range(values: impl Iterator<Item = Option<f64>>) -> Option<RangeRecord> {
    let finite: Vec<f64> = values.flatten().collect();
    if finite.len() < 2 {
        return None;
    }
    Some(RangeRecord {
        min: finite.iter().copied().fold(f64::INFINITY, f64::min),
        max: finite.iter().copied().fold(f64::NEG_INFINITY, f64::max),
    })
}

/// What a reader should know about how many seeds there are.
fn seed_notes(comparison: &Comparison, rescorers: &[Vec<RescorerRecord>]) -> Vec<String> {
    let labels = |counted: &dyn Fn(usize) -> bool| -> Vec<&ContenderFigures> {
        let contenders = comparison.contenders.iter().zip(rescorers);
        contenders
            .filter(|(_, rescorers)| counted(rescorers.len()) && are_checkpoints(rescorers))
            .map(|(contender, _)| contender)
            .collect()
    };
    let listed = |labels: Vec<&ContenderFigures>, show: fn(&ContenderFigures) -> String| {
        labels
            .into_iter()
            .map(show)
            .collect::<Vec<String>>()
            .join(", ")
    };

    let mut notes = Vec::new();
    let single = labels(&|count| count == 1);
    if !single.is_empty() {
        notes.push(format!(
            "there is one checkpoint of {}: comparisons are of that checkpoint, not of the \
             strategy that trained it; other seeds can differ by more than what is found here",
            listed(single, |contender| contender.label.clone())
        ));
    }

    let contenders = comparison.contenders.iter();
    let few: Vec<&ContenderFigures> = contenders
        .filter(|contender| (2..CAUTION_SEEDS).contains(&contender.rescorers))
        .collect();
    if !few.is_empty() {
        notes.push(format!(
            "caution: fewer than {CAUTION_SEEDS} seeds of {}: one odd seed may decide what is said \
             of a strategy, and only large differences can be shown",
            listed(few, |contender| format!(
                "{} ({})",
                contender.label, contender.rescorers
            ))
        ));
    }

    notes
}

/// Whether all are models that were trained, which other seeds would have made others.
fn are_checkpoints(rescorers: &[RescorerRecord]) -> bool {
    RescorerRecord::are_all(rescorers, ModelKind::Bert)
}

/// What a test speaks of, in words.
fn about(
    test: &PairedTest,
    opponent: Option<usize>,
    comparison: &Comparison,
    rescorers: &[Vec<RescorerRecord>],
) -> String {
    let mut sides = [Some(test.contender), opponent].into_iter().flatten();
    let noun = if sides.all(|side| are_checkpoints(&rescorers[side])) {
        "checkpoint"
    } else {
        "rescorer"
    };

    // The first pass has no seeds, and is no checkpoint.
    let is_first_pass =
        |side: usize| RescorerRecord::are_all(&rescorers[side], ModelKind::FirstPass);
    let opponent = opponent
        .filter(|opponent| !is_first_pass(*opponent))
        .map(|opponent| comparison.contenders[opponent].label.as_str());

    match (test.about, opponent) {
        (About::Strategies, Some(opponent)) if is_first_pass(test.contender) => {
            format!("the strategy of {opponent}")
        }
        (About::Rescorers, None) => format!("this {noun}"),
        (About::Rescorers, Some(_)) => format!("these two {noun}s"),
        (About::Strategies, None) => "the strategy".to_owned(),
        (About::Strategies, Some(_)) => "the strategies".to_owned(),
        (About::ContenderStrategy, opponent) => format!(
            "the strategy, and one {noun} of {}",
            opponent.unwrap_or("the first pass")
        ),
        (About::OpponentStrategy, opponent) => format!(
            "this {noun}, and the strategy of {}",
            opponent.unwrap_or("the first pass")
        ),
    }
}

fn family_record(
    family: &Family,
    comparison: &Comparison,
    rescorers: &[Vec<RescorerRecord>],
    checks: &[(&Suite, &Check)],
) -> FamilyRecord {
    let test = |test: &PairedTest| {
        let check = test.check.map(|index| checks[index]);
        TestRecord {
            label: comparison.contenders[test.contender].label.clone(),
            suite: check.map(|(suite, _)| suite.name.clone()),
            check: check.map(|(_, check)| check.name.clone()),
            measure: test.measure.name().to_owned(),
            about: about(test, family.opponent, comparison, rescorers),
            difference: Estimate::from(&test.difference),
            clusters_worse: test.clusters_worse,
            clusters_better: test.clusters_better,
            p: test.p,
            p_adjusted: test.p_adjusted,
        }
    };

    FamilyRecord {
        name: family.name.clone(),
        adjustment: match family.tests.len() {
            1 => "a single test".to_owned(),
            several => format!("Holm over {several} tests"),
        },
        tests: family.tests.iter().map(test).collect(),
    }
}
