//! What a run found: the outcome's counts turned into figures and verdicts.

use crate::check::engine::outcome::Outcome;
use crate::check::engine::plan::Plan;
use crate::check::judge::clustering::Clustering;
use crate::check::judge::figures::{CleanFigures, Figures};
use crate::check::judge::gates::{CheckFigures, judge};
use crate::check::judge::remark::{self, Remark};
use crate::check::judge::remarks::{bar, remarks};
use crate::check::judge::verdict::Judgment;
use crate::check::judge::words::{WordFigures, WordPair};
use crate::check::properties::Properties;
use crate::perturb::left_out::{SwapCounts, swap_counts};
use crate::rescore::TokenCounts;
use crate::stats::random::named_seed;
use crate::stats::signflip::sign_flip;
use crate::stats::verdict::Verdict;

/// Everything that a report shows and that had to be computed.
#[derive(Debug, Clone, PartialEq)]
pub struct Findings {
    /// The independent observations.
    pub clustering: Clustering,
    /// The clean lists.
    pub clean: CleanFigures,
    /// Two-sided sign-flip probability, over clusters, that the model and the first pass differ by so much.
    pub clean_p: f64,
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
    pub fn new(plan: &Plan<'_>, outcome: &Outcome<'_>) -> Findings {
        Findings::with(plan, outcome, None)
    }

    /// Sums up the outcome of a run that was judged while it ran.
    pub fn judged(plan: &Plan<'_>, outcome: &Outcome<'_>, judgments: Vec<Judgment>) -> Findings {
        Findings::with(plan, outcome, Some(judgments))
    }

    fn with(plan: &Plan<'_>, outcome: &Outcome<'_>, judgments: Option<Vec<Judgment>>) -> Findings {
        let clustering = Clustering::new(plan.utterances);
        let clean = CleanFigures::new(&clustering, &outcome.clean);
        let checks: Vec<CheckFigures<'_>> = outcome
            .checks
            .iter()
            .map(|check| CheckFigures::new(&clustering, &outcome.clean, check))
            .collect();
        let swaps = outcome.checks.iter().map(|check| {
            let perturbation = &check.check.perturbation;
            let pick = |utterance: usize| outcome.clean[utterance].pick;
            swap_counts(plan.utterances, perturbation, plan.replacements, pick)
        });
        let swaps = swaps.collect();
        let swapped = outcome.checks.iter().zip(&checks).map(|(trials, check)| {
            let over_clusters = check.figures.nprr_flip();
            WordFigures::new(&clustering, &outcome.clean, trials, &over_clusters)
        });
        let (words, pairs) = swapped.unzip();

        let mut judgments = judgments.unwrap_or_else(|| judge(&checks, &clustering, plan.seed));
        let remarks = remarks(plan, outcome, &clean);
        bar(&remarks, &mut judgments);

        let mut properties = outcome.properties.clone();
        if remark::verdict(&remarks).is_some() {
            properties.bar();
        }

        Findings {
            clean_p: sign_flip(&clean.difference_by_cluster, named_seed(plan.seed, "clean"))
                .p_two_sided,
            verdict: overall(&judgments, &properties, &remarks),
            properties,
            remarks,
            truncated_texts: outcome.truncated_texts,
            tokens: outcome.tokens,
            clustering,
            clean,
            figures: checks.into_iter().map(|check| check.figures).collect(),
            judgments,
            swaps,
            words,
            pairs,
        }
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
