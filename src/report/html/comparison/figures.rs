//! All figures of a comparison: the tables of `comparison.md`, parted so that each fits a page.

use maud::{Markup, html};

use crate::report::comparison::record::ComparisonReport;
use crate::report::comparison::tables::{self, Detail, P_OF_FLIP_COST, P_OF_RISE, RISE, Rows};
use crate::report::html::comparison::words::is_first_pass;
use crate::report::html::meanings;
use crate::report::html::parts::{rows, text};
use crate::report::shown::title;

/// Tables of more checks are folded.
const MOST_OPEN: usize = 3;

/// What the table of costs says already.
const COSTS: [&str; 4] = ["trained", "stored", "time", "memory"];

/// What is asked of a model first; what stands in no such column is in a second table.
const FIRST: [&str; 9] = [
    "WER text [95 %]",
    "nprr.rel [90 %]",
    "range",
    RISE,
    P_OF_RISE,
    "nprr.flip [90 %]",
    "flip cost [90 %]",
    P_OF_FLIP_COST,
    "gain [90 %]",
];

/// The tables, and what their heads mean.
pub(super) fn section(report: &ComparisonReport) -> Markup {
    // Where the reference is the first pass, a test against one is a test against the other.
    let twice = is_first_pass(report).then(|| format!("p {}", report.reference));
    let clean = columns(&tables::clean(report, Detail::Whole), |head| {
        !COSTS.contains(&head) && twice.as_deref() != Some(head)
    });

    html! {
        h3 { "Clean lists" }
        (rows("Word error rates on the clean lists", &clean))
        p.note {
            "Of several seeds of one strategy errors are summed, so that the word error rate is "
            "the mean of theirs; their intervals allow for other seeds as well as for other "
            (report.nbest.cluster) "s, and the range is that over the seeds at hand."
        }
        @for (index, check) in report.checks.iter().enumerate() {
            @let title = text(&title(&check.suite, &check.check));
            @let table = tables::check(report, index, Detail::Whole);
            details open[report.checks.len() <= MOST_OPEN] {
                summary { (title) }
                (rows(
                    &format!("Degradation under {title}"),
                    &columns(&table, |head| FIRST.contains(&head)),
                ))
                (rows(
                    &format!("Other figures under {title}"),
                    &columns(&table, |head| !FIRST.contains(&head)),
                ))
            }
        }
        (meanings::of(&[
            "nprr.rel", "rise", "nprr.injected", "nprr.flip", "flip cost", "nprr.pass", "nprr.ref",
            "gain", "flips", "Kendall tau", "p",
        ]))
    }
}

/// The first column, which names the model, and all others with a wanted head. A range, which
/// stands behind a figure, says which it is of.
fn columns(table: &Rows, wanted: impl Fn(&str) -> bool) -> Rows {
    let Some((heads, body)) = table.split_first() else {
        return Rows::new();
    };
    let kept: Vec<usize> = (0..heads.len())
        .filter(|column| *column == 0 || wanted(&heads[*column]))
        .collect();

    let mut figure = "";
    let mut named = Vec::new();
    for head in heads {
        if let Some((name, _)) = head.split_once(" [") {
            figure = name;
        }
        named.push(match head.as_str() {
            "range" => format!("{head} of {figure}"),
            _ => head.clone(),
        });
    }

    let of = |row: &Vec<String>| kept.iter().map(|column| row[*column].clone()).collect();
    std::iter::once(&named).chain(body).map(of).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_column_is_in_one_table_and_says_of_what_it_is() {
        let row = |cells: &[&str]| cells.iter().map(|cell| (*cell).to_owned()).collect();
        let table: Rows = vec![
            row(&[
                "model",
                "nprr.rel [90 %]",
                "range",
                "rise",
                "p of rise",
                "flips [95 %]",
                "nprr.flip [90 %]",
                "range",
            ]),
            row(&["a", "1", "2", "3", "4", "5", "6", "7"]),
        ];
        let first = columns(&table, |head| FIRST.contains(&head));
        assert_eq!(
            first[0],
            [
                "model",
                "nprr.rel [90 %]",
                "range of nprr.rel",
                "rise",
                "p of rise",
                "nprr.flip [90 %]",
                "range of nprr.flip"
            ]
        );
        assert_eq!(first[1], ["a", "1", "2", "3", "4", "6", "7"]);
        let second = columns(&table, |head| !FIRST.contains(&head));
        assert_eq!(second[1], ["a", "5"]);
    }
}
