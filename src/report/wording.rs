//! The sentences of a verdict: what was shown, and what was not.

use crate::harness::clustering::ClusterUnit;
use crate::harness::verdict::Judgment;
use crate::report::cautions;
use crate::report::number;
use crate::report::record::Estimate;
use crate::stats::gate::Gate;
use crate::stats::gate::Margin;
use crate::stats::proportions::zero_events_upper;
use crate::stats::verdict::Caution;
use crate::stats::verdict::Reason;
use crate::stats::verdict::Verdict;

/// The degradation that a check is about.
#[derive(Debug, Clone, Copy)]
pub struct Degradation<'a> {
    /// `nprr.selection` or `nprr.rel`.
    pub name: &'a str,
    /// The NPRR.
    pub relative: &'a Estimate,
    /// The difference of the word error rates.
    pub absolute: Option<f64>,
}

/// The decision in a sentence or two.
///
/// `perturbation` is the check's name, `cluster` what a cluster is.
pub fn sentence(
    perturbation: &str,
    judgment: &Judgment,
    degradation: &Degradation<'_>,
    cluster: &str,
) -> String {
    let measured = format!(
        "{} {} (90 % interval), {} of word error rate",
        degradation.name,
        number::change_with_interval(degradation.relative),
        number::points(degradation.absolute),
    );
    let named = |gates: &mut dyn Iterator<Item = &Gate>| {
        gates
            .map(|gate| margin(gate.margin))
            .collect::<Vec<String>>()
            .join(" and ")
    };
    let margins = named(&mut judgment.gates.iter());
    let exceeded = named(&mut judgment.gates.iter().filter(|gate| gate.mean_excess > 0.0));
    let mut text = match judgment.decision.verdict {
        _ if judgment.barred_by.is_some() => format!(
            "Within the margin of {margins} ({measured}), but that says nothing of robustness. {}",
            reasons(judgment, cluster)
        ),
        Verdict::Pass => format!(
            "Robust to {perturbation} within the margin of {margins}: {measured}; p {}; {} {cluster}s. {}",
            number::probability(judgment.p_pass),
            judgment.clusters,
            smallest(&judgment.gates),
        ),
        Verdict::Fail => format!(
            "Not robust to {perturbation}: {measured}; above the margin of {exceeded}, p {}; {} {cluster}s.",
            number::probability(judgment.p_fail),
            judgment.clusters,
        ),
        Verdict::Identical => "Nothing can have changed.".to_owned(),
        Verdict::Inconclusive => format!(
            "Cannot tell whether {perturbation} stays within the margin of {margins}: {measured}. \
             This is not evidence of robustness. {}",
            reasons(judgment, cluster),
        ),
    };
    if cluster == ClusterUnit::Utterance.name() {
        text.push_str(" No speakers are known: this holds only if the utterances are independent of each other.");
    }
    for caution in &judgment.decision.cautions {
        text.push(' ');
        text.push_str(&caution_sentence(*caution, judgment, cluster));
    }
    text
}

fn margin(margin: Margin) -> String {
    match margin {
        Margin::Relative(value) => format!("{:.0} % relative", 100.0 * value),
        Margin::Absolute(value) => format!("{:.1} pp absolute", 100.0 * value),
    }
}

/// What would have passed: more useful than power after the fact.
fn smallest(gates: &[Gate]) -> String {
    let bounds: Vec<String> = gates
        .iter()
        .filter_map(|gate| {
            let bound = gate.smallest_margin?;
            Some(match gate.margin {
                Margin::Relative(_) => format!("{:.1} % relative", 100.0 * bound),
                Margin::Absolute(_) => format!("{:.2} pp absolute", 100.0 * bound),
            })
        })
        .collect();
    if bounds.is_empty() {
        String::new()
    } else {
        format!("Smallest margin that would pass: {}.", bounds.join(" and "))
    }
}

fn reasons(judgment: &Judgment, cluster: &str) -> String {
    let sentences: Vec<String> = judgment
        .decision
        .reasons
        .iter()
        .map(|reason| match reason {
            Reason::TooFewClusters => format!(
                "There {} only {}, and any verdict needs at least {}: add {cluster}s.",
                if judgment.clusters == 1 { "is" } else { "are" },
                number::count(judgment.clusters, cluster),
                judgment.fewest_clusters
            ),
            Reason::LowCoverage => format!(
                "Only {} of {} lists ({}) have a word that could be swapped, and at least {} are needed: the others cannot degrade. \
                 Take lists, a lexicon or a perturbation of which more are touched.",
                number::whole(judgment.perturbed_lists),
                number::whole(judgment.lists),
                number::percent(Some(
                    judgment.perturbed_lists as f64 / judgment.lists as f64
                )),
                number::percent(Some(judgment.least_coverage)),
            ),
            Reason::NothingChanged => format!(
                "Of {} {cluster}s none changed, but up to {} of all may still (95 %){}.",
                judgment.clusters,
                number::percent(Some(zero_events_upper(judgment.clusters as u64, 0.05))),
                unchanged_needed(judgment, cluster)
            ),
            Reason::PassBarred => judgment
                .barred_by
                .as_ref()
                .map_or_else(String::new, |remark| format!("{}.", cautions::sentence(remark))),
            Reason::NothingPerturbed => {
                "No word of any list has a replacement: nothing was tested.".to_owned()
            }
            Reason::RatioUndefined => "The clean word error rate cannot be told from 0, so a \
                relative margin means nothing: give the check an absolute margin."
                .to_owned(),
            Reason::NonFiniteReplicates => {
                "Too many bootstrap replicates had no clean error.".to_owned()
            }
            Reason::StoppingRuleUnmet => {
                "The run ended before its stopping rule allowed a verdict.".to_owned()
            }
            Reason::MethodsDisagree => format!(
                "The tests of passing disagree (t, bootstrap-t, t with the worst {cluster} counted twice). {}",
                needed(judgment, cluster)
            ),
            Reason::NotSignificant => format!(
                "{} {}",
                smallest(&judgment.gates),
                needed(judgment, cluster)
            ),
        })
        .collect();
    sentences.join(" ").trim().to_owned()
}

/// How many clusters without a change would pass, as the end of a sentence.
fn unchanged_needed(judgment: &Judgment, cluster: &str) -> String {
    let needed = judgment.gates.iter().map(|gate| gate.clusters_needed);
    let needed = needed.collect::<Option<Vec<u64>>>();
    match needed.and_then(|needed| needed.into_iter().max()) {
        Some(count) => format!(
            "; {} {cluster}s without a change would pass",
            number::whole(usize::try_from(count).unwrap_or(usize::MAX))
        ),
        None => String::new(),
    }
}

/// How much data would tell, at the level of a single check.
fn needed(judgment: &Judgment, cluster: &str) -> String {
    let gates = &judgment.gates;
    // Failing takes one margin, passing takes all: the easier fail, or else the harder pass.
    let failing = gates
        .iter()
        .filter(|gate| gate.mean_excess > 0.0)
        .filter_map(|gate| gate.clusters_needed)
        .min();
    let passing = gates
        .iter()
        .map(|gate| gate.clusters_needed)
        .collect::<Option<Vec<u64>>>()
        .and_then(|needed| needed.into_iter().max());
    let exceeded = gates.iter().any(|gate| gate.mean_excess > 0.0);
    match if exceeded { failing } else { passing } {
        Some(count) if count > judgment.clusters as u64 => format!(
            "About {} {cluster}s would tell, with a probability of 80 %, if what was measured is the truth.",
            number::whole(usize::try_from(count).unwrap_or(usize::MAX))
        ),
        Some(_) => format!("A few more {cluster}s may tell."),
        None => format!("More {cluster}s would tell only if the truth is not at the margin."),
    }
}

fn caution_sentence(caution: Caution, judgment: &Judgment, cluster: &str) -> String {
    match caution {
        Caution::FewClusters => format!(
            "Caution: with only {} a rare bad one may not have been sampled.",
            number::count(judgment.clusters, cluster)
        ),
        Caution::NothingChanged => format!(
            "None of {} perturbed lists changed its outcome.",
            number::whole(judgment.perturbed_lists)
        ),
        Caution::UnstableRatio => {
            "Caution: the clean word error rate itself is uncertain by more than 45 %.".to_owned()
        }
    }
}
