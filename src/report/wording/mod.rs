//! The sentences of a verdict: what was shown, and what was not, for somebody who decides; then
//! what to do.
//!
//! Bounds are rounded to the safe side, so that a margin that is printed as one that passes does.

mod bound;

use crate::check::judge::clustering::ClusterUnit;
use crate::check::judge::estimate::Estimate;
use crate::check::judge::remark::Remark;
use crate::check::judge::verdict::{GateJudgment, GateKind, Judgment, Limit, MarginTest};
use crate::report::gate_wording::{GateWording, Part};
use crate::report::margin_text::{
    NO_BOUND, at_best, at_least, at_least_corrected, at_worst, at_worst_corrected, interval_of,
    listed, margin, measured, plain, points_with_interval, shown_repair,
};
use crate::report::wording::bound::{assumed, narrower, wider};
use crate::report::{cautions, few_changed, level_wording, number};
use crate::stats::FEWEST_DIFFERING;
use crate::stats::proportions::zero_events_upper;
use crate::stats::verdict::{Caution, Reason, Verdict};

/// Said of a check that swapped nothing: its figures are those of no swap at all.
const NOTHING_TESTED: &str = "No word of any list has a replacement: nothing was tested.";

/// The decision about a gate of `judgment` in a sentence, what to do in another, and what to beware
/// of.
///
/// `cluster` is what a cluster is.
pub(crate) fn of_gate(judgment: &Judgment, gate: &GateJudgment, cluster: &str) -> GateWording {
    if matches!(judgment.barred_by, Some(Remark::NoReferenceWords)) {
        let undefined = "There is no word error rate to judge by: no reference has a word.";
        return GateWording::new(vec![Part::said(undefined.to_owned())]);
    }

    if gate.decision.reasons.contains(&Reason::NothingPerturbed) {
        return GateWording::new(vec![Part::said(NOTHING_TESTED.to_owned())]);
    }

    let barred = gate.decision.reasons.contains(&Reason::Barred);
    let decided = match gate.kind {
        GateKind::Flip | GateKind::Gain if barred => taken_back(judgment, gate).to_owned(),
        GateKind::Flip => flip(gate, cluster),
        GateKind::Gain => gain(gate, judgment.clean_gain_shown),
    };

    let undecided = gate.decision.verdict == Verdict::Inconclusive;
    let mut parts = vec![Part::said(decided)];
    if undecided && !barred {
        parts.extend(wider(gate, cluster).map(Part::detail));
    }
    if gate.decision.verdict == Verdict::Pass {
        parts.extend(narrower(gate, cluster).map(Part::said));
    }
    if undecided || barred {
        let reasons = gate.decision.reasons.iter();
        parts.extend(reasons.map(|reason| way_out(*reason, judgment, gate, cluster)));
    }

    if !barred {
        parts.extend(level_wording::parts(judgment.alpha));
    }
    if cluster == ClusterUnit::Utterance.name() {
        let assumed = "No speakers are known: this holds only if the utterances are independent of \
            each other.";
        parts.push(Part::said(assumed.to_owned()).into_caution());
    }
    let cautions = gate.decision.cautions.iter();
    parts.extend(cautions.map(|caution| beware(*caution, judgment, gate, cluster)));

    GateWording::new(parts)
}

/// What is left of a verdict that a remark took back.
fn taken_back(judgment: &Judgment, gate: &GateJudgment) -> &'static str {
    match (&judgment.barred_by, gate.barred) {
        (Some(Remark::Rounded(_)), _) => {
            "What was measured is the rounding as much as the model: leave out --precision int8."
        }
        (Some(Remark::WorseThanFirstPass { .. }), _) => {
            "The margin is kept, but a rescorer that does harm passes nothing."
        }
        (_, Some(Verdict::Fail)) => {
            "The margin is exceeded, but that says nothing about this rescorer."
        }
        (_, _) => "The margin is kept, but that says nothing about this rescorer.",
    }
}

fn flip(gate: &GateJudgment, cluster: &str) -> String {
    let all = || gate.margins.iter();
    let exceeded = || gate.margins.iter().filter(|test| test.is_exceeded());
    let allowed = || listed(all().map(|test| margin(test.limit)));
    let cost = Cost::of(gate);
    let at_most = || cost.at_most() + &assumed(gate, cluster);

    match gate.decision.verdict {
        Verdict::Pass | Verdict::Identical => format!(
            "{}: {}{}; {} is allowed.{}",
            if cost.is_shown_to_repair() {
                "Misheard words change its mind for the better"
            } else {
                "Misheard words hardly change its mind for the worse"
            },
            cost.measured(),
            at_most(),
            allowed(),
            binding(gate),
        ),
        Verdict::Fail => format!(
            "Misheard words change its mind for the worse: that costs {}, shown to be at least {}; \
             {} is allowed. Look at its failures before it is used where words are misheard.",
            listed(exceeded().map(measured)),
            listed(exceeded().filter_map(at_worst)),
            listed(exceeded().map(|test| margin(test.limit))),
        ),
        Verdict::Inconclusive => format!(
            "Cannot tell whether misheard words change its mind for the worse: {}{}; {} is \
            allowed.{}",
            cost.measured(),
            at_most(),
            allowed(),
            binding(gate),
        ),
    }
}

/// What changes of mind cost, on the scale of every margin; below zero they repair.
struct Cost<'a> {
    margins: &'a [MarginTest],
    repairs: bool,
}

impl<'a> Cost<'a> {
    fn of(gate: &'a GateJudgment) -> Cost<'a> {
        let mut margins = gate.margins.iter();
        Cost {
            margins: &gate.margins,
            repairs: margins.any(|test| test.measured.ratio < 0.0),
        }
    }

    fn measured(&self) -> String {
        if self.margins.iter().any(|test| test.measured.ratio.is_nan()) {
            "the cost is undefined, since there are no clean errors".to_owned()
        } else if self.repairs {
            let repaired = listed(self.margins.iter().map(repaired));
            format!("in all, its changes of mind repair {repaired}")
        } else {
            format!("that costs {}", listed(self.margins.iter().map(measured)))
        }
    }

    fn is_shown_to_repair(&self) -> bool {
        let mut margins = self.margins.iter();
        margins.all(|test| test.at_best.is_some_and(|bound| bound < 0.0))
    }

    /// The bound on the cost, as the next part of the sentence.
    fn at_most(&self) -> String {
        let bounds: Vec<String> = self.margins.iter().filter_map(at_best).collect();
        if bounds.is_empty() {
            return NO_BOUND.to_owned();
        }

        if self.is_shown_to_repair() {
            let margins = self.margins.iter();
            let bounds = margins.filter_map(shown_repair);
            return format!(", shown to repair at least {}", listed(bounds));
        }

        let verb = if self.repairs { "cost" } else { "be" };
        let unbounded = self.margins.iter().find(|test| test.at_best.is_none());
        let of_other = unbounded.map_or("", |test| match test.limit {
            Limit::Relative(_) => " (no bound can be shown relative to the clean errors)",
            Limit::Absolute(_) | Limit::Gain(_) => {
                " (no bound can be shown in points of word error rate)"
            }
        });
        format!(
            ", shown to {verb} at most {}{of_other}",
            listed(bounds.into_iter())
        )
    }
}

/// What changes of mind repair, turned around so that it has no sign, with the interval of what
/// they cost.
fn repaired(test: &MarginTest) -> String {
    let estimate = Estimate::from(&test.measured);
    let value = -100.0 * test.measured.ratio;

    match test.limit {
        Limit::Relative(_) => format!(
            "{} % of the clean errors ({})",
            number::fixed(value, 1),
            interval_of("the cost", &estimate, 1.0, 1, test.limit)
        ),
        Limit::Absolute(_) | Limit::Gain(_) => format!(
            "{} points of word error rate ({})",
            number::fixed(value, 2),
            interval_of("the cost", &estimate, 1.0, 2, test.limit)
        ),
    }
}

fn gain(gate: &GateJudgment, clean_gain_shown: bool) -> String {
    let Some(test) = gate.margins.first() else {
        return String::new();
    };
    let keep = match test.limit {
        Limit::Gain(keep) => keep.share(),
        Limit::Relative(_) | Limit::Absolute(_) => 0.0,
    };

    if keep > 0.0 {
        let share = format!(
            "{} % of its clean gain over the first pass",
            plain(100.0 * keep)
        );
        let measured = points_with_interval(test, 1.0);
        return match gate.decision.verdict {
            Verdict::Pass | Verdict::Identical => format!(
                "When words are misheard it keeps more than {share}: by {measured}{}.",
                at_least_corrected(test)
            ),
            Verdict::Fail => format!(
                "When words are misheard it {} {share}{}: what is missing is {}{}. Look at \
                 its failures before it is used where words are misheard.",
                if gate.has_no_clean_gain {
                    "does not keep"
                } else {
                    "loses more than all but"
                },
                if gate.has_no_clean_gain {
                    ", of which there is none"
                } else {
                    ""
                },
                points_with_interval(test, -1.0),
                at_worst_corrected(test)
            ),
            Verdict::Inconclusive => format!(
                "Cannot tell whether it keeps {share} when words are misheard: beyond that it \
                gains {measured}{}.",
                at_least(test),
            ),
        };
    }

    // Only what is there without swaps can be there still.
    let beats = if clean_gain_shown {
        "still beats"
    } else {
        "beats"
    };
    match gate.decision.verdict {
        Verdict::Pass | Verdict::Identical => format!(
            "When words are misheard it {beats} the first pass: by {}{}.",
            points_with_interval(test, 1.0),
            at_least_corrected(test)
        ),
        Verdict::Fail => format!(
            "When words are misheard it makes more errors than the first pass: by {}{}. Leave it \
             out or lower its weight where words are misheard.",
            points_with_interval(test, -1.0),
            at_worst_corrected(test)
        ),
        Verdict::Inconclusive if gate.is_nothing() => {
            "It has no gain: when words are misheard, its picks have just as many errors as the \
            first pass's."
                .to_owned()
        }
        Verdict::Inconclusive => format!(
            "Cannot tell whether it {beats} the first pass when words are misheard: it gains {}{}.",
            points_with_interval(test, 1.0),
            at_least(test),
        ),
    }
}

/// What to do about a verdict that cannot be given for this `reason`.
fn way_out(reason: Reason, judgment: &Judgment, gate: &GateJudgment, cluster: &str) -> Part {
    Part::said(match reason {
        Reason::TooFewClusters => format!(
            "There {} only {}, and any verdict needs at least {}: add {cluster}s.",
            if judgment.clusters == 1 { "is" } else { "are" },
            number::count(judgment.clusters, cluster),
            judgment.fewest_clusters
        ),
        Reason::TooFewDiffer if judgment.clusters < FEWEST_DIFFERING => format!(
            "What {} {} may be chance.",
            number::count(judgment.clusters, cluster),
            if judgment.clusters == 1 { "does" } else { "do" },
        ),
        Reason::TooFewDiffer => format!(
            "In fewer than {FEWEST_DIFFERING} of {} anything speaks for or against it, and even if \
            all of them agree that may be chance: add {cluster}s.",
            number::count(judgment.clusters, cluster),
        ),
        Reason::LowCoverage => format!(
            "Only {} of {} lists ({}) have a word that could be swapped, and at least {} are \
            needed: the others cannot degrade. Take lists, a lexicon or a perturbation of which \
            more are touched.",
            number::whole(judgment.perturbed_lists),
            number::whole(judgment.lists),
            number::percent(Some(
                judgment.perturbed_lists as f64 / judgment.lists as f64
            )),
            number::percent(Some(judgment.least_coverage)),
        ),
        Reason::NothingChanged => format!(
            "Of {} none changed, but up to {} of all may still ({} %){}.",
            number::count(judgment.clusters, cluster),
            number::percent(Some(zero_events_upper(
                judgment.clusters as u64,
                judgment.alpha
            ))),
            number::level(1.0 - judgment.alpha),
            unchanged_needed(gate, cluster, "without a change")
        ),
        Reason::FewChange => few_change(gate, cluster),
        Reason::Barred => judgment
            .barred_by
            .as_ref()
            .map_or_else(String::new, |remark| {
                format!("{}.", cautions::sentence(remark))
            }),
        Reason::NothingPerturbed => NOTHING_TESTED.to_owned(),
        Reason::RatioUndefined => "The clean word error rate cannot be told from 0, so a relative \
            margin means nothing: give the gate an absolute margin."
            .to_owned(),
        Reason::NoCleanGain => "It is not shown to have a clean gain, and no share can be kept of \
            what may not be there: see its clean lists first, or ask for any gain at all with \
            gain = true."
            .to_owned(),
        Reason::StoppingRuleUnmet => {
            "The run ended before its stopping rule allowed a verdict.".to_owned()
        }
        Reason::MethodsDisagree | Reason::NotSignificant => {
            return more_data(judgment, gate, cluster);
        }
    })
}

/// That so few changed, and how many it takes, as a sentence.
fn few_change(gate: &GateJudgment, cluster: &str) -> String {
    let Some(test) = gate.margins.first() else {
        return String::new();
    };
    let few = few_changed::sentence(&test.gate, cluster);
    let needed = unchanged_needed(gate, cluster, "with no more harm than that");
    format!("{few}{needed}.")
}

/// How many clusters that are `so` would pass, as the end of a sentence.
fn unchanged_needed(gate: &GateJudgment, cluster: &str, so: &str) -> String {
    match gate.clusters_needed {
        Some(count) => format!(
            "; {} {so} would pass",
            number::count(usize::try_from(count).unwrap_or(usize::MAX), cluster)
        ),
        None => String::new(),
    }
}

/// Which verdict more clusters would bring, and how many it takes.
fn more_data(judgment: &Judgment, gate: &GateJudgment, cluster: &str) -> Part {
    if judgment.barred_by.is_some() {
        return Part::detail(format!(
            "However many {cluster}s are tested, it cannot pass: see the caution."
        ));
    }

    let Some(verdict) = gate.leaning else {
        return Part::said(match gate.kind {
            GateKind::Gain if gate.is_nothing() => {
                "A rescorer that changes nothing cannot pass, however many are tested.".to_owned()
            }
            GateKind::Gain | GateKind::Flip => format!(
                "What was measured is exactly at the margin: more {cluster}s would tell only if \
                that is not the truth."
            ),
        });
    };

    let verdict = verdict.name();
    let Some(count) = gate.clusters_needed else {
        return Part::said(format!(
            "What was measured is so near to the margin that not even ten thousand {cluster}s \
             would bring a {verdict} if it is the truth."
        ));
    };
    let test = format!(
        "Test about {} {cluster}s instead of {}",
        number::whole(usize::try_from(count).unwrap_or(usize::MAX)),
        number::whole(judgment.clusters),
    );
    let odds = format!(
        "{test}: if what was measured is the truth, it will then {verdict} with a probability of \
        80 %."
    );

    Part::with_short(odds, test + ".")
}

/// What a reader of the decision must hear too.
fn beware(caution: Caution, judgment: &Judgment, gate: &GateJudgment, cluster: &str) -> Part {
    let clusters = judgment.clusters;
    match caution {
        Caution::FewClusters => {
            let verdict = gate.decision.verdict;
            let few = cautions::few_clusters(verdict, clusters, cluster, judgment.alpha);
            Part::said(few).into_caution()
        }
        Caution::Concentrated => {
            let (first, simulated) = cautions::concentrated(clusters, cluster, judgment.alpha);
            Part::with_short(format!("{first} {simulated}"), first).into_caution()
        }
        // It belongs to what was measured.
        Caution::NothingChanged => Part::said(format!(
            "None of {} perturbed lists changed its outcome.",
            number::whole(judgment.perturbed_lists)
        )),
        Caution::UnstableRatio => {
            let unstable =
                "Caution: the clean word error rate itself is uncertain by more than 45 %.";
            Part::said(unstable.to_owned()).into_caution()
        }
    }
}

/// Where there are several margins, the one that is hardest to keep.
fn binding(gate: &GateJudgment) -> String {
    let mut hardest: Option<&MarginTest> = None;
    for test in &gate.margins {
        if hardest.is_none_or(|hardest| test.gate.p_pass() > hardest.gate.p_pass()) {
            hardest = Some(test);
        }
    }

    match hardest {
        Some(test) if gate.margins.len() > 1 => format!(" Of these, {} binds.", margin(test.limit)),
        Some(_) | None => String::new(),
    }
}

#[cfg(test)]
mod tests;
