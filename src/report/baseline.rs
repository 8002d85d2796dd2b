//! The run against its baseline: its block in `report.json`, and its sentences.

use std::fmt::Write;

use serde::{Deserialize, Serialize};

use crate::check::judge::baseline::{Change, Compared, Comparison};
use crate::check::judge::estimate::{Estimate, finite};
use crate::report::ending::Ending;
use crate::report::model_record::ModelRecord;
use crate::report::shown::{cell, code, first_of, title};
use crate::report::wrap::fitted_behind;
use crate::report::{few_changed, number};
use crate::stats::FEWEST_DIFFERING;
use crate::stats::verdict::{Caution, Reason, Verdict};

/// Utterances that are named one by one.
const MOST_NAMED: usize = 5;

/// The comparison with an earlier run.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct BaselineRecord {
    /// The model that the baseline was made with, as named then.
    pub model: String,
    /// Hash of that model's files; null where there are none.
    pub content_hash: Option<String>,
    /// What differs between the models of both runs (files, weight, scale, length), in words.
    #[serde(default)]
    pub differences: Vec<String>,
    /// How many more errors than the baseline's still pass, as a share of them.
    pub margin: f64,
    /// `fail` if anything got worse, else `inconclusive` if something cannot be told, else `pass`
    /// or `identical`.
    pub verdict: Ending,
    /// Whether whatever comes out was accepted (`--accept`), so that the run's verdict is that of its
    /// checks.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub accepted: bool,
    /// Utterances that both runs have, with equal lists: these are compared.
    pub common_utterances: usize,
    /// What the independent observations are.
    pub cluster: String,
    /// How many of them.
    pub clusters: usize,
    /// Ids that only this run has.
    pub added: Vec<String>,
    /// Ids that only the baseline has.
    pub removed: Vec<String>,
    /// Ids that both have with different lists or references.
    pub changed: Vec<String>,
    /// Checks that only this run made.
    pub added_checks: Vec<String>,
    /// Checks that only the baseline made.
    pub removed_checks: Vec<String>,
    /// Checks of both runs of which one has no counts for some common utterance: they are not
    /// compared.
    #[serde(default)]
    pub uncounted_checks: Vec<String>,
    /// The clean lists first, then the checks.
    pub changes: Vec<ChangeRecord>,
}

/// One word error rate, then and now.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ChangeRecord {
    /// `clean`, or the check.
    pub of: String,
    /// Which errors: `clean`, or `text`, those of the picks under a check, read with their swaps.
    pub errors: String,
    /// `pass` (not worse), `fail` (worse), `inconclusive` or `identical`.
    pub verdict: Ending,
    /// The decision in a sentence or two.
    pub wording: String,
    /// Draws that both runs made.
    pub draws: usize,
    /// Draws that the run with more of them made.
    #[serde(default)]
    pub most_draws: usize,
    /// Words of the references, once per draw.
    pub reference_words: u64,
    /// The baseline's errors.
    pub baseline_errors: u64,
    /// This run's errors.
    pub errors_now: u64,
    /// This run's word error rate minus the baseline's; null without words.
    pub wer_difference: Option<f64>,
    /// This run's errors over the baseline's, minus 1.
    pub change: Estimate,
    /// Clusters that got worse.
    pub clusters_worse: usize,
    /// Clusters that got better.
    pub clusters_better: usize,
    /// Exact two-sided sign-flip probability of a difference this large.
    pub p_difference: f64,
    /// Adjusted probability behind "not worse".
    pub p_pass: f64,
    /// Adjusted probability behind "worse".
    pub p_fail: f64,
    /// The smallest margin that would pass beside the other changes, all tests and corrections
    /// included; null if none would.
    pub smallest_passing_margin: Option<f64>,
}

impl BaselineRecord {
    /// The record of `comparison`; `model` and `checks` are those of this run, `baseline_model`
    /// and `then` those of the baseline. What comes out may be `accepted`.
    pub(crate) fn new(
        (comparison, accepted): (&Comparison<'_>, bool),
        baseline_model: &ModelRecord,
        then: &[String],
        model: &ModelRecord,
        checks: &[String],
    ) -> BaselineRecord {
        let cluster = comparison.unit.name();
        let only = |these: &[String], those: &[String]| -> Vec<String> {
            let missing = |name: &&String| !those.contains(name);
            these.iter().filter(missing).cloned().collect()
        };

        BaselineRecord {
            model: baseline_model.name.clone(),
            content_hash: baseline_model.content_hash.clone(),
            differences: model.differences_from(baseline_model, "the baseline"),
            margin: comparison.margin,
            verdict: comparison.verdict.into(),
            accepted,
            common_utterances: comparison.common,
            cluster: cluster.to_owned(),
            clusters: comparison.clusters,
            added: comparison.added.clone(),
            removed: comparison.removed.clone(),
            changed: comparison.changed.clone(),
            added_checks: only(checks, then),
            removed_checks: only(then, checks),
            uncounted_checks: comparison
                .uncounted
                .iter()
                .map(|question| title(question.suite, question.check))
                .filter(|name| then.contains(name))
                .collect(),
            changes: comparison
                .changes
                .iter()
                .map(|change| change_record(change, comparison))
                .collect(),
        }
    }
}

fn change_record(change: &Change<'_>, comparison: &Comparison<'_>) -> ChangeRecord {
    let (of, errors) = match change.compared {
        Compared::Clean => ("clean".to_owned(), "clean"),
        Compared::Check(question) => (title(question.suite, question.check), "text"),
    };

    ChangeRecord {
        wording: sentence(&of, change, comparison),
        of,
        errors: errors.to_owned(),
        verdict: change.decision.verdict.into(),
        draws: change.draws,
        most_draws: change.most_draws,
        reference_words: change.sums.reference_words,
        baseline_errors: change.sums.errors_a,
        errors_now: change.sums.errors_b,
        wer_difference: finite(change.sums.wer_difference()),
        change: Estimate::from(&change.ratio),
        clusters_worse: change.direction.worse,
        clusters_better: change.direction.better,
        p_difference: change.p_difference,
        p_pass: change.adjusted.p_pass(),
        p_fail: change.adjusted.p_fail,
        smallest_passing_margin: change.smallest_margin.and_then(finite),
    }
}

/// The decision in a sentence or two.
fn sentence(of: &str, change: &Change<'_>, comparison: &Comparison<'_>) -> String {
    let cluster = comparison.unit.name();
    let measured = format!(
        "errors {} (90 % interval), {} of word error rate",
        number::change_beside(&Estimate::from(&change.ratio), comparison.margin),
        number::points(finite(change.sums.wer_difference())),
    );
    let margin = format!("{:.1} %", 100.0 * comparison.margin);

    let mut text = match change.decision.verdict {
        Verdict::Identical => format!(
            "{of}: as many errors as the baseline in each of {}.",
            number::count(comparison.common * change.draws, "list")
        ),
        Verdict::Pass => format!(
            "{of}: not worse than the baseline by more than {margin}: {measured}; p {} if it were.",
            number::probability(change.adjusted.p_pass())
        ),
        Verdict::Fail => format!(
            "{of}: WORSE than the baseline by more than {margin}: {measured}; p {} if it were not; {} \
            of {} got worse, {} better.",
            number::probability(change.adjusted.p_fail),
            change.direction.worse,
            number::count(comparison.clusters, cluster),
            change.direction.better,
        ),
        Verdict::Inconclusive => format!(
            "{of}: cannot tell whether it is worse than the baseline by more than {margin}: \
            {measured}. {}",
            reasons(change, comparison)
        ),
    };
    if change.decision.cautions.contains(&Caution::FewClusters) {
        let _ = write!(
            text,
            " Caution: only {}.",
            number::count(comparison.clusters, cluster)
        );
    }

    text
}

fn reasons(change: &Change<'_>, comparison: &Comparison<'_>) -> String {
    if change.decision.reasons.contains(&Reason::Barred) {
        return "No verdict can be given, for the reason above.".to_owned();
    }
    if change.decision.reasons.contains(&Reason::TooFewClusters) {
        return format!(
            "{} are too few for any verdict.",
            number::count(comparison.clusters, comparison.unit.name())
        );
    }

    let cluster = comparison.unit.name();
    let reasons = change.decision.reasons.iter();
    let few: String = reasons
        .map(|reason| why(*reason, change, cluster))
        .collect();
    match change.smallest_margin.and_then(finite) {
        Some(bound) => format!(
            "{few}Smallest margin that would pass: {} %.",
            number::rounded_up_beside(100.0 * bound, [0.0, 100.0 * comparison.margin], 1)
        ),
        None => format!("{few}No margin would pass."),
    }
}

/// What a reason says that the interval does not, as a sentence with a blank behind it.
fn why(reason: Reason, change: &Change<'_>, cluster: &str) -> String {
    match reason {
        Reason::FewChange => few_changed::sentence(&change.gate, cluster) + ". ",
        Reason::NothingChanged => {
            let few = few_changed::sentence(&change.gate, cluster);
            format!("{few}, by a model that is not known to be the baseline's. ")
        }
        Reason::TooFewDiffer => format!(
            "In fewer than {FEWEST_DIFFERING} of {} anything speaks for or against it, and even \
            if all of them agree that may be chance. ",
            number::count(change.gate.clusters, cluster)
        ),
        Reason::MethodsDisagree => "Some of its tests pass it, and others do not. ".to_owned(),
        _ => String::new(),
    }
}

/// The summary for the terminal, ending with a newline, its verdicts last; they come from `paint`.
pub(crate) fn summary(
    baseline: &BaselineRecord,
    paint: impl Fn(Ending) -> String,
    width: Option<usize>,
    in_short: bool,
) -> String {
    // Behind a painted word, whose escapes take no columns.
    let broken =
        |head: &str, columns: usize, said: &str| fitted_behind(head, columns, said, 2, width);

    let head = format!(
        "against the baseline ({}): {}, {}, margin {:.1} %",
        baseline.model,
        number::count(baseline.common_utterances, "common utterance"),
        number::count(baseline.clusters, &baseline.cluster),
        100.0 * baseline.margin
    );
    let mut text = String::from("\n") + &broken("", 0, &head);
    for note in notes(baseline).iter().filter(|_| !in_short) {
        text.push_str(&broken("note: ", 6, note));
    }
    for change in &baseline.changes {
        let head = format!("{}  ", paint(change.verdict));
        let columns = change.verdict.word().chars().count() + 2;
        // How sure it is, and how many got worse, are in the report.
        let whole = change.wording.as_str();
        let said = match whole.split_once("; p ") {
            Some((short, _)) if in_short => short,
            Some(_) | None => whole,
        };
        text.push_str(&broken(&head, columns, said));
    }

    text
}

/// How many errors more than the baseline's there are, if so: `26 more errors (+6.6 %)`.
pub(crate) fn rise(change: &ChangeRecord) -> Option<String> {
    let more = change.errors_now.checked_sub(change.baseline_errors);
    let more = usize::try_from(more?).unwrap_or(usize::MAX);

    (more > 0).then(|| {
        format!(
            "{} ({})",
            number::count(more, "more error"),
            number::change(change.change.value)
        )
    })
}

/// Every rise: `clean: 26 more errors (+6.6 %)`.
pub(crate) fn rises(baseline: &BaselineRecord) -> Vec<String> {
    let changes = baseline.changes.iter();
    changes
        .filter_map(|change| Some(format!("{}: {}", change.of, rise(change)?)))
        .collect()
}

/// The verdict, and every rise, in a line of Markdown for the head of the report.
pub(crate) fn headline(baseline: &BaselineRecord) -> String {
    let rises: Vec<String> = rises(baseline).iter().map(|rise| cell(rise)).collect();
    let rises = match rises.len() {
        0 => "no more errors".to_owned(),
        _ => rises.join("; "),
    };

    format!(
        "**{}**{} against the baseline {}: {rises}",
        baseline.verdict.word(),
        accepted(baseline),
        code(&baseline.model)
    )
}

/// That a verdict against the run says nothing to the run's, if so.
pub(crate) fn accepted(baseline: &BaselineRecord) -> &'static str {
    let is_against = baseline.verdict.of_run() != Verdict::Pass;
    if baseline.accepted && is_against {
        " (accepted)"
    } else {
        ""
    }
}

/// What was not compared.
pub(crate) fn notes(baseline: &BaselineRecord) -> Vec<String> {
    [
        (&baseline.added, "utterance", "added since the baseline"),
        (&baseline.removed, "utterance", "removed since the baseline"),
        (
            &baseline.changed,
            "utterance",
            "with another list or reference than in the baseline",
        ),
        (&baseline.added_checks, "check", "not in the baseline"),
        (&baseline.removed_checks, "check", "of the baseline not run"),
        (
            &baseline.uncounted_checks,
            "check",
            "without counts for some utterance in the baseline",
        ),
    ]
    .into_iter()
    .filter(|(ids, _, _)| !ids.is_empty())
    .map(|(ids, noun, what)| {
        format!(
            "{} {what}, not compared: {}",
            number::count(ids.len(), noun),
            first_of(ids, MOST_NAMED)
        )
    })
    .chain(
        baseline
            .changes
            .iter()
            .filter(|change| change.draws < change.most_draws)
            .map(|change| {
                format!(
                    "{}: {} of {} compared, since one of the runs made no more",
                    change.of,
                    change.draws,
                    number::count(change.most_draws, "draw")
                )
            }),
    )
    .chain(baseline.differences.iter().cloned())
    .collect()
}

/// How likely what was measured is at most if the verdict on it is wrong.
fn of_verdict(change: &ChangeRecord) -> String {
    match change.verdict {
        Ending::Pass => number::probability(change.p_pass),
        Ending::Fail => number::probability(change.p_fail),
        Ending::Identical
        | Ending::Error
        | Ending::Flaky
        | Ending::Inconclusive
        | Ending::Skipped => "-".to_owned(),
    }
}

/// The section of `report.md`.
pub(crate) fn markdown(baseline: &BaselineRecord) -> String {
    let mut text = format!(
        "## Against the baseline\n\n{}; {}, {}, margin {:.1} %.\n\n\
         | | verdict | errors then | errors now | change [90 %] | p of the verdict | p of no \
         difference |\n\
         |---|---|---:|---:|---:|---:|---:|\n",
        code(&baseline.model),
        number::count(baseline.common_utterances, "common utterance"),
        number::count(baseline.clusters, &baseline.cluster),
        100.0 * baseline.margin
    );
    for change in &baseline.changes {
        let _ = writeln!(
            text,
            "| {} | {} | {} | {} | {} | {} | {} |",
            cell(&change.of),
            change.verdict.name(),
            change.baseline_errors,
            change.errors_now,
            number::change_beside(&change.change, baseline.margin),
            of_verdict(change),
            number::probability(change.p_difference)
        );
    }
    let _ = writeln!(
        text,
        "\nThe p of a FAIL is that of being worse by no more than the margin, the p of a PASS that \
         of being worse by more; the p of no difference is that of being neither worse nor better."
    );

    text.push('\n');
    for note in notes(baseline) {
        let _ = writeln!(text, "- {note}");
    }

    if !notes(baseline).is_empty() {
        text.push('\n');
    }

    text
}
