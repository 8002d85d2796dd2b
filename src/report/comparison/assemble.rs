//! From what the harness found to the report of a comparison.

use crate::harness::Plan;
use crate::harness::comparison::paired::{Family, PairedTest};
use crate::harness::comparison::{CheckComparison, Comparison, ContenderFigures, Pool, Roles};
use crate::harness::figures::Figures;
use crate::report::comparison::FORMAT_VERSION;
use crate::report::comparison::record::{
    CheckSubject, ComparisonReport, ContenderCheck, ContenderRecord, FamilyRecord, Figure,
    RangeRecord, RescorerRecord, TestRecord,
};
use crate::report::ranks::RankPicture;
use crate::report::record::{Coverage, Estimate, LexiconRecord, NbestRecord, Wer};
use crate::report::subject::notes_on;
use crate::stats::FEWEST_CLUSTERS;
use crate::stats::ratio::Ratio;
use crate::suite::{Check, Suite};

/// What was compared, and on what: the part of a report that is known besides the figures.
pub struct Subject {
    /// The lists.
    pub nbest: NbestRecord,
    /// The lexicon.
    pub lexicon: LexiconRecord,
    /// The rescorers of each contender, in the order of the comparison.
    pub rescorers: Vec<Vec<RescorerRecord>>,
    /// Where the ranks of adapters are.
    pub ranks: Vec<RankPicture>,
    /// What a reader should know about the models.
    pub notes: Vec<String>,
}

impl Subject {
    /// The report of `comparison`, without its `run` block.
    pub fn report(
        self,
        plan: &Plan<'_>,
        comparison: &Comparison,
        roles: Roles,
    ) -> ComparisonReport {
        let label = |index: usize| comparison.contenders[index].label.clone();
        let checks: Vec<(&Suite, &Check)> = plan
            .suites
            .iter()
            .flat_map(|suite| suite.checks.iter().map(move |check| (suite, check)))
            .collect();
        let mut notes = self.notes;
        notes.extend(notes_on(&self.nbest));
        if comparison.clustering.count < FEWEST_CLUSTERS {
            notes.push(format!(
                "{} {}s are too few: no two-sided paired test can reach 0.05",
                comparison.clustering.count,
                comparison.clustering.unit.name(),
            ));
        }

        let subjects = checks.iter().enumerate().map(|(index, (suite, check))| {
            let figures = &comparison.contenders[0].checks[index].each[0];
            check_subject(plan, suite, check, figures)
        });
        let families = comparison.families.iter();

        ComparisonReport {
            format_version: FORMAT_VERSION,
            tool: format!("mondegreen {}", env!("CARGO_PKG_VERSION")),
            reference: label(roles.reference),
            full: roles.full.map(label),
            nbest: self.nbest,
            lexicon: self.lexicon,
            seed: plan.seed,
            first_pass: Wer::from(&comparison.first_pass),
            oracle: Wer::from(&comparison.oracle),
            checks: subjects.collect(),
            contenders: comparison
                .contenders
                .iter()
                .zip(self.rescorers)
                .map(|(figures, rescorers)| contender(figures, rescorers))
                .collect(),
            families: families
                .map(|family| family_record(family, comparison, &checks))
                .collect(),
            ranks: self.ranks,
            notes,
            run: None,
        }
    }
}

fn check_subject(plan: &Plan<'_>, suite: &Suite, check: &Check, figures: &Figures) -> CheckSubject {
    CheckSubject {
        suite: suite.name.clone(),
        suite_hash: suite.content_hash(),
        check: check.name.clone(),
        perturbation: check.perturbation.describe(),
        draws: plan.draws_of(check),
        coverage: Coverage {
            lists: figures.lists,
            perturbed_lists: figures.perturbed_lists,
            perturbed_utterances: figures.perturbed_utterances,
            substitutions: figures.substitutions,
            // Each rescorer has its own.
            touched: None,
        },
    }
}

fn contender(figures: &ContenderFigures, rescorers: Vec<RescorerRecord>) -> ContenderRecord {
    let rates = figures.clean.each.iter().map(|wer| wer.rate.ratio);
    ContenderRecord {
        label: figures.label.clone(),
        strategy: rescorers.first().and_then(|first| first.strategy.clone()),
        rescorers,
        wer: Wer::from(&figures.clean.pooled),
        wer_range: range(rates),
        over_first_pass: pool(&figures.over_first_pass),
        over_full: figures.over_full.as_ref().map(Estimate::from),
        checks: figures.checks.iter().map(contender_check).collect(),
    }
}

fn contender_check(check: &CheckComparison) -> ContenderCheck {
    let figure = |of: fn(&Figures) -> &Ratio| Figure {
        pooled: Estimate::from(of(&check.pooled)),
        range: range(check.each.iter().map(|figures| of(figures).ratio)),
    };
    ContenderCheck {
        wer_text: Wer::from(&check.pooled.text),
        wer_kept: Wer::from(&check.pooled.kept),
        nprr_rel: figure(|figures| &figures.nprr.rel),
        nprr_injected: figure(|figures| &figures.nprr.injected),
        nprr_flip: figure(|figures| &figures.nprr.flip),
        gain_perturbed: figure(|figures| &figures.gain.rates.perturbed),
        nprr_pass: figure(|figures| &figures.nprr.pass),
        nprr_ref: check.nprr_ref.as_ref().map(Estimate::from),
        flips: figure(|figures| &figures.flips.all.rate),
        harmful_flips: figure(|figures| &figures.flips.harmful.rate),
        helpful_flips: figure(|figures| &figures.flips.helpful.rate),
        kendall_tau: check.pooled.kendall_tau,
    }
}

fn pool(pool: &Pool<Ratio>) -> Figure {
    Figure {
        pooled: Estimate::from(&pool.pooled),
        range: range(pool.each.iter().map(|ratio| ratio.ratio)),
    }
}

/// The range of at least two values that are numbers.
fn range(values: impl Iterator<Item = f64>) -> Option<RangeRecord> {
    let finite: Vec<f64> = values.filter(|value| value.is_finite()).collect();
    if finite.len() < 2 {
        return None;
    }
    Some(RangeRecord {
        min: finite.iter().copied().fold(f64::INFINITY, f64::min),
        max: finite.iter().copied().fold(f64::NEG_INFINITY, f64::max),
    })
}

fn family_record(
    family: &Family,
    comparison: &Comparison,
    checks: &[(&Suite, &Check)],
) -> FamilyRecord {
    let test = |test: &PairedTest| {
        let check = test.check.map(|index| checks[index]);
        TestRecord {
            label: comparison.contenders[test.contender].label.clone(),
            suite: check.map(|(suite, _)| suite.name.clone()),
            check: check.map(|(_, check)| check.name.clone()),
            measure: test.measure.name().to_owned(),
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
