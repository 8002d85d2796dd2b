//! From what was found to the report of a comparison.

use crate::check::compare::contender::Roles;
use crate::check::compare::paired::{About, Family, PairedTest};
use crate::check::compare::{Comparison, ContenderFigures};
use crate::check::engine::plan::Plan;
use crate::check::judge::estimate::Estimate;
use crate::check::judge::figures::Coverage;
use crate::report::comparison::FORMAT_VERSION;
use crate::report::comparison::opposite::sentences;
use crate::report::comparison::record::{
    CheckSubject, ComparisonReport, ContenderRecord, FamilyRecord, RescorerRecord, TestRecord,
};
use crate::report::model_kind::ModelKind;
use crate::report::ranks::RankPicture;
use crate::report::record::{LexiconRecord, NbestRecord, RunRecord};
use crate::report::significance_notes::few_clusters;
use crate::report::subject::notes_on;
use crate::report::verdict::Asked;
use crate::stats::FEWEST_CLUSTERS;
use crate::stats::crossed::CAUTION_SEEDS;
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
        let (clusters, cluster) = (
            comparison.clustering.count,
            comparison.clustering.unit.name(),
        );
        if clusters < FEWEST_CLUSTERS {
            notes.push(format!(
                "too few {cluster}s ({clusters}): no two-sided paired test can reach 0.05"
            ));
        } else {
            notes.extend(few_clusters(clusters, cluster));
        }

        let subjects = checks.iter().zip(&comparison.coverage);
        let subjects = subjects
            .map(|((suite, check), coverage)| check_subject(plan, suite, check, coverage.clone()));
        let families = comparison.families.iter();
        let families = families
            .map(|family| family_record(family, comparison, &self.rescorers, &checks))
            .collect();

        let mut report = ComparisonReport {
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
                .map(|(figures, rescorers)| contender(figures, rescorers))
                .collect(),
            families,
            ranks: self.ranks,
            notes,
            run: Some(run),
        };

        let contenders = report.contenders.iter();
        let opposite = contenders.flat_map(|contender| sentences(&report, contender));
        let opposite: Vec<String> = opposite.collect();
        report.notes.extend(opposite);
        report
    }
}

fn check_subject(
    plan: &Plan<'_>,
    suite: &Suite,
    check: &Check,
    coverage: Coverage,
) -> CheckSubject {
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
        coverage,
    }
}

fn contender(figures: &ContenderFigures, rescorers: Vec<RescorerRecord>) -> ContenderRecord {
    ContenderRecord {
        label: figures.label.clone(),
        strategy: rescorers.first().and_then(|first| first.strategy.clone()),
        rescorers,
        wer: figures.wer.clone(),
        wer_range: figures.wer_range,
        over_first_pass: figures.over_first_pass.clone(),
        over_full: figures.over_full.clone(),
        checks: figures.checks.clone(),
    }
}

/// What a reader should know about how many seeds there are.
fn seed_notes(comparison: &Comparison, rescorers: &[Vec<RescorerRecord>]) -> Vec<String> {
    let single = |is_wanted: fn(&[RescorerRecord]) -> bool| -> Vec<&ContenderFigures> {
        let contenders = comparison.contenders.iter().zip(rescorers);
        contenders
            .filter(|(_, rescorers)| rescorers.len() == 1 && is_wanted(rescorers))
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
    for (single, noun) in [
        (single(are_checkpoints), "checkpoint"),
        (single(may_be_trained), "model"),
    ] {
        if !single.is_empty() {
            notes.push(format!(
                "there is one {noun} of {}: comparisons are of that {noun}, not of the strategy \
                 that trained it; other seeds can differ by more than what is found here",
                listed(single, |contender| contender.label.clone())
            ));
        }
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

/// Whether all are models of other kinds, which may have been trained as well: what needs no files
/// was not.
fn may_be_trained(rescorers: &[RescorerRecord]) -> bool {
    let mut kinds = rescorers.iter().map(|rescorer| rescorer.model.kind);
    kinds.all(|kind| kind != ModelKind::Bert && !kind.needs_no_files())
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
        against_reference: family.opponent.is_some(),
        adjustment: match family.tests.len() {
            1 => "a single test".to_owned(),
            several => format!("Holm over {several} tests"),
        },
        tests: family.tests.iter().map(test).collect(),
    }
}
