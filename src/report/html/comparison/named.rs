//! Checks by name, in few words.

use crate::report::comparison::record::ComparisonReport;
use crate::report::html::parts::text;
use crate::report::shown::title;

/// The checks at these places by name: those of a suite behind it, and a whole suite by its name.
pub(super) fn named(report: &ComparisonReport, checks: &[usize]) -> String {
    let mut names = Vec::new();
    let mut from = 0;
    for suite in report.checks.chunk_by(|a, b| a.suite == b.suite) {
        let span = from..from + suite.len();
        from = span.end;
        let own: Vec<usize> = checks
            .iter()
            .copied()
            .filter(|index| span.contains(index))
            .collect();

        let name = text(&suite[0].suite);
        match own.as_slice() {
            [] => {}
            [one] => {
                let check = &report.checks[*one];
                names.push(text(&title(&check.suite, &check.check)));
            }
            all if all.len() == suite.len() => {
                names.push(format!("all {} checks of {name}", suite.len()));
            }
            several => {
                let several = several
                    .iter()
                    .map(|index| text(&report.checks[*index].check));
                let several: Vec<String> = several.collect();
                names.push(format!("{name}: {}", several.join(", ")));
            }
        }
    }
    names.join("; ")
}
