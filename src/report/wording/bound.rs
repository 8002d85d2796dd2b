//! Why a bound is another than its interval suggests, and what it holds for.

use crate::check::judge::verdict::{GateJudgment, Limit, MarginTest};
use crate::stats::Flag;

/// Why a gate is undecided although its interval keeps every margin.
pub(super) fn wider(gate: &GateJudgment, cluster: &str) -> Option<String> {
    let inside = |test: &MarginTest| {
        let bounded = test.measured.fieller.bounded();
        bounded.is_some_and(|interval| match test.limit {
            Limit::Relative(margin) | Limit::Absolute(margin) => interval.high < margin,
            Limit::Gain(_) => interval.low > 0.0,
        })
    };

    if !gate.margins.iter().all(inside) {
        return None;
    }

    let few = [
        (Flag::NothingChanged, "nothing"),
        (Flag::FewChanged, "so little"),
    ];
    let few = few.into_iter().find(|(flag, _)| has(gate, *flag));
    let corrected = corrections(gate);
    let why = match (few, corrected) {
        // The bound is how many may change although so few did: it counts no cluster twice.
        (Some((_, changed)), corrected) => {
            let corrected =
                corrected.map_or_else(String::new, |what| format!(", corrected {what}"));
            format!(
                "{changed} changed, but it allows for as many of all {cluster}s as may \
                 still{corrected}"
            )
        }
        (None, None) => format!("it {}", worst_twice(cluster)),
        (None, Some(what)) => format!("it is corrected {what}, and {}", worst_twice(cluster)),
    };

    Some(format!("That bound is wider than the interval: {why}."))
}

fn worst_twice(cluster: &str) -> String {
    format!("counts the worst {cluster} twice, as if one more such were out there")
}

/// What the bounds of passing are corrected for, unlike the interval.
fn corrections(gate: &GateJudgment) -> Option<String> {
    let gates = (gate.pass_family > 1).then(|| format!("for {} gates", gate.pass_family));
    let looks = gate
        .is_corrected_for_looks
        .then(|| "for the looks of --stop".to_owned());
    let all: Vec<String> = gates.into_iter().chain(looks).collect();

    (!all.is_empty()).then(|| all.join(" and "))
}

/// Why a gate passes although its interval reaches beyond a margin.
pub(super) fn narrower(gate: &GateJudgment, cluster: &str) -> Option<String> {
    let crosses = |test: &MarginTest| match test.limit {
        Limit::Relative(margin) | Limit::Absolute(margin) => {
            let bounded = test.measured.fieller.bounded();
            bounded.is_none_or(|interval| interval.high >= margin)
        }
        Limit::Gain(_) => false,
    };
    let is_repaired = |test: &MarginTest| test.gate.changed > test.gate.harmed;
    let mut margins = gate.margins.iter();

    margins
        .any(|test| crosses(test) && is_repaired(test))
        .then(|| {
            format!(
                "The interval reaches beyond the margin, and the bound does not: the interval \
                 counts how much repairs differ by {cluster}, too, and the bound takes a repaired \
                 {cluster} as unchanged."
            )
        })
}

/// What a bound rests on where nothing changed, as the next part of a sentence: it limits how many
/// may change, and not what one of them costs.
pub(super) fn assumed(gate: &GateJudgment, cluster: &str) -> String {
    let is_bounded = gate.margins.iter().any(|test| test.at_best.is_some());
    if is_bounded && has(gate, Flag::NothingChanged) {
        format!(" if a {cluster} that may still change adds no more errors than it has")
    } else {
        String::new()
    }
}

fn has(gate: &GateJudgment, flag: Flag) -> bool {
    let mut margins = gate.margins.iter();
    margins.any(|test| test.gate.flags.contains(&flag))
}
