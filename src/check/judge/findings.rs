//! What a run found: the outcome's counts turned into figures and verdicts.

use std::io;

use crate::check::engine::outcome::{Outcome, RunFacts};
use crate::check::engine::plan::Plan;
use crate::check::judge::clustering::Clustering;
use crate::check::judge::figures::{CleanFigures, Figures};
use crate::check::judge::gates::{CheckFigures, judge};
use crate::check::judge::harm::Harm;
use crate::check::judge::remark::{self, Remark};
use crate::check::judge::remarks::{bar, remarks};
use crate::check::judge::run_counts::RunCounts;
use crate::check::judge::utterance_errors::ErrorsByUtterance;
use crate::check::judge::verdict::Judgment;
use crate::check::judge::words::{WordFigures, WordPair};
use crate::check::properties::outcome::Properties;
use crate::perturb::left_out::SwapCounts;
use crate::rescore::TokenCounts;
use crate::stats::random::named_seed;
use crate::stats::verdict::Verdict;

/// Everything that a report shows and that had to be computed.
#[derive(Debug, Clone, PartialEq)]
pub struct Findings {
    /// The independent observations.
    pub clustering: Clustering,
    /// The clean lists.
    pub clean: CleanFigures,
    /// One per check, in the plan's order.
    pub figures: Vec<Figures>,
    /// One per check, in the plan's order.
    pub judgments: Vec<Judgment>,
    /// What each check could swap, in the plan's order.
    pub swaps: Vec<SwapCounts>,
    /// Which words the flip cost of each check comes from, in the plan's order.
    pub words: Vec<WordFigures>,
    /// Which swaps its harmful flips go with, of each check in the plan's order.
    pub pairs: Vec<Vec<WordPair>>,
    /// What became of the properties.
    pub properties: Properties,
    /// What is wrong with the rescorer itself, gravest first.
    pub remarks: Vec<Remark>,
    /// The worst of the verdicts, on checks and properties.
    pub verdict: Verdict,
    /// Distinct texts that the model cut.
    pub truncated_texts: usize,
    /// The tokens of all distinct texts; `None` for a rescorer without tokens.
    pub tokens: Option<TokenCounts>,
}

impl Findings {
    /// Sums up and judges `outcome`.
    ///
    /// # Panics
    /// If `outcome` is that of another plan.
    pub fn new(plan: &Plan<'_>, outcome: &Outcome<'_>) -> Findings {
        let clustering = Clustering::new(plan.utterances);
        let mut counts =
            RunCounts::new(plan, clustering, outcome.facts.interpolation).holding_all();
        let counted = counts.add(plan, outcome);
        let found = counted.and_then(|()| Findings::of(plan, counts, outcome.facts.clone(), None));
        found.expect("what stays in memory can be read").0
    }

    /// Sums up what was counted, and judges it unless that was done while it was; beside that, the
    /// errors of the utterances under each check.
    pub(crate) fn of(
        plan: &Plan<'_>,
        counts: RunCounts<'_>,
        facts: RunFacts,
        judgments: Option<Vec<Judgment>>,
    ) -> io::Result<(Findings, Vec<ErrorsByUtterance>)> {
        let RunCounts {
            clustering,
            choices,
            ..
        } = counts;
        let clean = CleanFigures::of(&counts.clean);
        let mut checks = Vec::new();
        let (mut swaps, mut words, mut pairs) = (Vec::new(), Vec::new(), Vec::new());
        let mut errors = Vec::new();
        for check in counts.checks {
            let figures = Figures::of(check.lists);
            let (of_words, of_pairs) = WordFigures::new(&check.shared, &figures.nprr_flip())?;
            swaps.push(check.swaps);
            words.push(of_words);
            pairs.push(of_pairs);
            errors.push(check.errors);
            checks.push(CheckFigures {
                suite: check.suite,
                check: check.check,
                figures,
            });
        }

        let harm = Harm::test(&clean, plan.seed);
        let judge = || judge(&checks, &clustering, plan.seed, harm.as_ref());
        let mut judgments = judgments.unwrap_or_else(judge);
        let harm = harm.and_then(|harm| harm.remark(plan.alpha(), &judgments));
        let remarks = remarks(harm, &facts, &choices, &clean);
        bar(&remarks, &mut judgments);
        let clean = clean.with_sign_flips(named_seed(plan.seed, "clean"));
        for judgment in &mut judgments {
            judgment.clean_gain_shown = clean.gain_shown;
        }

        let mut properties = facts.properties;
        if remark::verdict(&remarks).is_some() {
            properties.bar(remark::bars_verdict(&remarks));
        }

        let findings = Findings {
            verdict: overall(&judgments, &properties, &remarks),
            properties,
            remarks,
            truncated_texts: facts.truncated_texts,
            tokens: facts.tokens,
            clustering,
            clean,
            figures: checks.into_iter().map(|check| check.figures).collect(),
            judgments,
            swaps,
            words,
            pairs,
        };
        Ok((findings, errors))
    }
}

/// The verdict over all checks and properties, and what there is to remark on the rescorer: the
/// worst of them.
fn overall(judgments: &[Judgment], properties: &Properties, remarks: &[Remark]) -> Verdict {
    judgments
        .iter()
        .map(|judgment| judgment.verdict)
        .chain(properties.verdict())
        .chain(remark::verdict(remarks))
        .max()
        .unwrap_or(Verdict::Inconclusive)
}
