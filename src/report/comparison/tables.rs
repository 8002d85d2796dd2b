//! The tables of a comparison, as cells: Markdown and the terminal put lines around them.

use crate::check::compare::pooled::Extremes;
use crate::check::compare::strategy::ContenderCheck;
use crate::check::judge::estimate::Estimate;
use crate::check::judge::figures::Wer;
use crate::report::comparison::record::{
    ComparisonReport, ContenderRecord, CostRecord, FamilyRecord, TestRecord,
};
use crate::report::number;
use crate::report::shown::title;

/// Rows of cells, the header first; all of one length.
pub(crate) type Rows = Vec<Vec<String>>;

/// How wide a table may get.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Detail {
    /// What a terminal has room for.
    Short,
    /// Everything.
    Whole,
}

/// The table of the paper: one row per contender, with the headline figures of every check.
pub(crate) fn summary(report: &ComparisonReport) -> Rows {
    let several = report.contenders.iter().any(|c| c.rescorers.len() > 1);
    let full = report.full.is_some();
    let mut header = vec!["model".to_owned()];
    if several {
        header.push("seeds".to_owned());
    }

    header.push("trained".to_owned());
    header.push("WER".to_owned());
    header.push("fewer errors than first pass [95 %]".to_owned());
    if full {
        header.push("than full [95 %]".to_owned());
    }

    for check in &report.checks {
        let title = title(&check.suite, &check.check);
        header.push(format!("{title}: nprr.rel [90 %]"));
        header.push(format!("{title}: nprr.flip [90 %]"));
        header.push(format!("{title}: gain [90 %]"));
        if full {
            header.push(format!("{title}: nprr.ref [90 %]"));
        }
    }

    let mut rows = vec![header];
    for contender in &report.contenders {
        let cost = mean_cost(contender);
        let mut row = vec![contender.label.clone()];
        if several {
            row.push(contender.rescorers.len().to_string());
        }
        row.push(share(
            cost.trained_numbers.or(cost.stored_numbers),
            cost.model_numbers,
        ));
        let wer = number::percent(contender.wer.rate.value);
        row.push(match &contender.wer_range {
            Some(range) => format!("{wer} ({})", percent_range(Some(range))),
            None => wer,
        });
        row.push(number::change_with_interval(
            &contender.over_first_pass.pooled,
        ));
        if full {
            row.push(change(contender.over_full.as_ref()));
        }
        for check in &contender.checks {
            row.push(number::change_with_interval(&check.nprr_rel.pooled));
            row.push(number::change_with_interval(&check.nprr_flip.pooled));
            row.push(number::points_with_interval(&check.gain_perturbed.pooled));
            if full {
                row.push(
                    check
                        .nprr_ref
                        .as_ref()
                        .map_or_else(number::dash, number::factor_with_interval),
                );
            }
        }
        rows.push(row);
    }

    rows
}

/// The clean lists: one row per contender, after the first pass and before the oracle.
pub(crate) fn clean(report: &ComparisonReport, detail: Detail) -> Rows {
    let whole = detail == Detail::Whole;
    let compared = report.contenders.len() > 1;
    let several = report.contenders.iter().any(|c| c.rescorers.len() > 1);
    let p_reference = format!("p {}", report.reference);
    let columns = [
        (true, "model"),
        (several, "seeds"),
        (true, "WER [95 %]"),
        (several, "range"),
        (true, "fewer errors than first pass [95 %]"),
        (true, "p first pass"),
        (report.full.is_some(), "than full [95 %]"),
        (compared, &p_reference),
        (true, "trained"),
        (whole, "stored"),
        (true, "time"),
        (true, "memory"),
    ];
    // The first pass and the oracle cost no training, and are what others are tested against.
    let alone = |name: &str, wer: &Wer| {
        let cells = columns.map(|(_, column)| match column {
            "model" => name.to_owned(),
            "WER [95 %]" => number::percent_with_interval(&wer.rate),
            _ => number::dash(),
        });
        wanted(&columns, cells)
    };

    let mut rows = vec![
        wanted(&columns, columns.map(|(_, name)| name.to_owned())),
        alone("first pass", &report.first_pass),
    ];
    for contender in &report.contenders {
        let cost = mean_cost(contender);
        let label = &contender.label;
        rows.push(wanted(
            &columns,
            [
                label.clone(),
                contender.rescorers.len().to_string(),
                number::percent_with_interval(&contender.wer.rate),
                percent_range(contender.wer_range.as_ref()),
                number::change_with_interval(&contender.over_first_pass.pooled),
                adjusted(first_pass_test(report, label)),
                change(contender.over_full.as_ref()),
                adjusted(reference_test(report, label, None, "clean")),
                share(cost.trained_numbers, cost.model_numbers),
                share(cost.stored_numbers, cost.model_numbers),
                cost.seconds.map_or_else(number::dash, number::duration),
                cost.peak_memory_bytes
                    .map_or_else(number::dash, number::mebibytes),
            ],
        ));
    }

    rows.push(alone("oracle", &report.oracle));
    rows
}

/// The cells whose columns are wanted.
fn wanted<const N: usize>(columns: &[(bool, &str); N], cells: [String; N]) -> Vec<String> {
    let wanted = columns.iter().zip(cells).filter(|((wanted, _), _)| *wanted);
    wanted.map(|(_, cell)| cell).collect()
}

/// How much the word error rate rises under a check, in points: what the tests of degradation are
/// of, unlike `nprr.rel`, which is its share of the clean errors.
pub(crate) fn rise(contender: &ContenderRecord, check: &ContenderCheck) -> Option<f64> {
    Some(check.wer_text.rate.value? - contender.wer.rate.value?)
}

/// The head of [`rise`].
pub(crate) const RISE: &str = "rise";

/// The head of its probability.
pub(crate) const P_OF_RISE: &str = "p of rise";

/// The head of the probability of what changes of mind add in points.
pub(crate) const P_OF_FLIP_COST: &str = "p of flip cost";

/// One check: one row per contender.
pub(crate) fn check(report: &ComparisonReport, index: usize, detail: Detail) -> Rows {
    let whole = detail == Detail::Whole;
    let several = report.contenders.iter().any(|c| c.rescorers.len() > 1);
    let full = report.full.is_some();
    let compared = report.contenders.len() > 1;
    // A terminal has no room for the intervals of shares.
    let named = |whole_name, short_name| if whole { whole_name } else { short_name };
    let columns = [
        (true, "model"),
        (whole, "WER text [95 %]"),
        (true, "nprr.rel [90 %]"),
        (several, "range"),
        (true, RISE),
        (compared, P_OF_RISE),
        (whole, "nprr.injected [90 %]"),
        (true, "nprr.flip [90 %]"),
        (several, "range"),
        (true, named("flip cost [90 %]", "flip cost")),
        (compared, P_OF_FLIP_COST),
        (true, "gain [90 %]"),
        (true, "nprr.pass [90 %]"),
        (full, "nprr.ref [90 %]"),
        (true, named("flips [95 %]", "flips")),
        (true, named("harmful [95 %]", "harmful")),
        (whole, "helpful [95 %]"),
        (whole, "Kendall tau"),
    ];

    let mut rows = vec![wanted(&columns, columns.map(|(_, name)| name.to_owned()))];
    for contender in &report.contenders {
        let check = &contender.checks[index];
        let test = |measure| {
            adjusted(reference_test(
                report,
                &contender.label,
                Some(index),
                measure,
            ))
        };
        let rate = |estimate: &Estimate| match detail {
            Detail::Whole => number::percent_with_interval(estimate),
            Detail::Short => number::percent(estimate.value),
        };
        let flip_cost = &check.flip_cost.pooled;
        rows.push(wanted(
            &columns,
            [
                contender.label.clone(),
                rate(&check.wer_text.rate),
                number::change_with_interval(&check.nprr_rel.pooled),
                change_range(check.nprr_rel.range.as_ref()),
                number::points(rise(contender, check)),
                test("text"),
                number::change_with_interval(&check.nprr_injected.pooled),
                number::change_with_interval(&check.nprr_flip.pooled),
                change_range(check.nprr_flip.range.as_ref()),
                match detail {
                    Detail::Whole => number::points_with_interval(flip_cost),
                    Detail::Short => number::points(flip_cost.value),
                },
                test("flip"),
                number::points_with_interval(&check.gain_perturbed.pooled),
                number::factor_with_interval(&check.nprr_pass.pooled),
                check
                    .nprr_ref
                    .as_ref()
                    .map_or_else(number::dash, number::factor_with_interval),
                rate(&check.flips.pooled),
                rate(&check.harmful_flips.pooled),
                rate(&check.helpful_flips.pooled),
                check
                    .kendall_tau
                    .map_or_else(number::dash, |tau| format!("{tau:.3}")),
            ],
        ));
    }

    rows
}

/// The tests of a family: one row per test.
pub(crate) fn tests(family: &FamilyRecord, cluster: &str) -> Rows {
    let header = [
        "model".to_owned(),
        "check".to_owned(),
        "measure".to_owned(),
        "about".to_owned(),
        "difference [95 %]".to_owned(),
        format!("{cluster}s worse / better"),
        "p".to_owned(),
        "p (Holm)".to_owned(),
    ];

    let mut rows = vec![header.to_vec()];
    for test in &family.tests {
        rows.push(vec![
            test.label.clone(),
            test.suite
                .as_deref()
                .zip(test.check.as_deref())
                .map_or_else(|| "clean".to_owned(), |(suite, check)| title(suite, check)),
            test.measure.clone(),
            test.about.clone(),
            number::points_with_interval(&test.difference),
            format!("{} / {}", test.clusters_worse, test.clusters_better),
            number::probability(test.p),
            number::probability(test.p_adjusted),
        ]);
    }

    rows
}

/// What the rescorers of a label weigh and cost: counts and memory of the largest, the mean of the
/// times.
pub(crate) fn mean_cost(contender: &ContenderRecord) -> CostRecord {
    let costs = || contender.rescorers.iter().map(|rescorer| rescorer.cost);
    let seconds: Option<Vec<f64>> = costs().map(|cost| cost.seconds).collect();
    let largest = |of: fn(&CostRecord) -> Option<usize>| costs().filter_map(|cost| of(&cost)).max();

    CostRecord {
        model_numbers: largest(|cost| cost.model_numbers),
        trained_numbers: largest(|cost| cost.trained_numbers),
        stored_numbers: largest(|cost| cost.stored_numbers),
        steps: largest(|cost| cost.steps),
        seconds: seconds.map(|seconds| seconds.iter().sum::<f64>() / seconds.len() as f64),
        peak_memory_bytes: costs().filter_map(|cost| cost.peak_memory_bytes).max(),
    }
}

pub(crate) fn first_pass_test<'a>(
    report: &'a ComparisonReport,
    label: &str,
) -> Option<&'a TestRecord> {
    let mut families = report.families.iter();
    let family = families.find(|family| !family.against_reference)?;
    family.tests.iter().find(|test| test.label == label)
}

/// All tests against the reference.
pub(crate) fn reference_tests(report: &ComparisonReport) -> impl Iterator<Item = &TestRecord> {
    let families = report.families.iter();
    let families = families.filter(|family| family.against_reference);
    families.flat_map(|family| &family.tests)
}

/// The test of `label` against the reference, on the clean lists or under a check.
pub(crate) fn reference_test<'a>(
    report: &'a ComparisonReport,
    label: &str,
    check: Option<usize>,
    measure: &str,
) -> Option<&'a TestRecord> {
    let subject = check.map(|index| &report.checks[index]);
    let suite = subject.map(|subject| subject.suite.as_str());
    let check = subject.map(|subject| subject.check.as_str());

    reference_tests(report).find(|test| {
        test.label == label
            && test.suite.as_deref() == suite
            && test.check.as_deref() == check
            && test.measure == measure
    })
}

fn adjusted(test: Option<&TestRecord>) -> String {
    test.map_or_else(number::dash, |test| number::probability(test.p_adjusted))
}

fn change(estimate: Option<&Estimate>) -> String {
    estimate.map_or_else(number::dash, number::change_with_interval)
}

pub(crate) fn percent_range(range: Option<&Extremes>) -> String {
    range_of(range, |value| number::fixed(100.0 * value, 2))
}

pub(crate) fn change_range(range: Option<&Extremes>) -> String {
    range_of(range, |value| number::signed(100.0 * value, 1))
}

fn range_of(range: Option<&Extremes>, end: impl Fn(f64) -> String) -> String {
    range.map_or_else(number::dash, |range| {
        format!("{}..{}", end(range.min), end(range.max))
    })
}

/// A count with its share of another: `73,728 (0.32 %)`.
pub(crate) fn share(count: Option<usize>, of: Option<usize>) -> String {
    match (count, of) {
        (Some(count), Some(of)) if of > 0 => format!(
            "{} ({})",
            number::whole(count),
            number::percent(Some(count as f64 / of as f64))
        ),
        (Some(count), _) => number::whole(count),
        (None, _) => number::dash(),
    }
}
