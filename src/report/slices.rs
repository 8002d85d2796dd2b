//! Where it is swayed: the slices of a check in `report.md` and on the terminal.

use std::fmt::Write;

use crate::check::judge::slices::{DISCOVERY_RATE, Slices};
use crate::report::number;
use crate::report::record::CheckRecord;
use crate::report::shown::{self, cell, title};

/// What degrades most in a sentence; `None` if nothing is shown to degrade more than the rest.
pub(crate) fn shown(slices: &Slices) -> Option<String> {
    let slice = slices.slices.get(slices.degrades_most?)?;
    let (gap, p) = (slice.gap?, slice.p_adjusted?);
    let there = slice.degradation.value?;

    Some(format!(
        "{} {}: changes of mind add {}, {} elsewhere (p {}; {})",
        shown::shown(&slice.dimension),
        shown::shown(&slice.slice),
        number::points(Some(there)),
        number::points(Some(there - gap)),
        number::probability(p),
        number::count(slice.utterances, "utterance"),
    ))
}

/// The section of `report.md`: slices whose gap is shown, and the largest.
pub(crate) fn markdown(text: &mut String, checks: &[CheckRecord]) {
    let sliced = checks
        .iter()
        .filter_map(|check| Some((check, check.slices.as_ref()?)));
    for (check, slices) in sliced {
        let _ = writeln!(
            text,
            "### Slices of {}\n\n{}; what changes of mind add to the word error rate; \
            exploratory.\n\n\
             | | | utterances | degradation [90 %] | gap to the rest | p \
             |\n|---|---|---:|---:|---:|---:|",
            title(&check.suite, &check.check),
            slices.adjustment
        );
        for (index, slice) in slices.slices.iter().enumerate() {
            let shown = slice.p_adjusted.is_some_and(|p| p <= DISCOVERY_RATE);
            // Every speaker would be a long table: those that stand out are enough here.
            if slice.dimension == "speaker" && !shown && slices.degrades_most != Some(index) {
                continue;
            }
            let estimate = &slice.degradation;
            let bold = if shown { "**" } else { "" };
            let _ = writeln!(
                text,
                "| {} | {bold}{}{bold} | {} | {} | {} | {} |",
                cell(&slice.dimension),
                cell(&slice.slice),
                number::whole(slice.utterances),
                number::points_with_interval(estimate),
                number::points(slice.gap),
                slice
                    .p_adjusted
                    .map_or_else(number::dash, number::probability),
            );
        }
        text.push('\n');
    }
}
