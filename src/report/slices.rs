//! Where it is swayed: the slices of a check in `report.json`, `report.md` and on the terminal.

use std::fmt::Write;

use serde::{Deserialize, Serialize};

use crate::check::judge::estimate::{Estimate, finite};
use crate::check::judge::slices::{DISCOVERY_RATE, Slice, Slices};
use crate::report::baseline::title;
use crate::report::record::CheckRecord;
use crate::report::shown::{self, cell};
use crate::report::{Report, number};
use crate::stats::FEWEST_CLUSTERS;

/// The slices of one check; exploratory, no verdict depends on them.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SlicesRecord {
    /// How the probabilities were adjusted, and over how many slices.
    pub adjustment: String,
    /// Which slice degrades most of those that are shown to degrade more than the rest, by its place in `slices`; null if none is.
    pub degrades_most: Option<usize>,
    /// Dimension by dimension.
    pub slices: Vec<SliceRecord>,
}

/// One slice.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SliceRecord {
    /// `length`, `n-best size`, `first-pass margin`, `out of lexicon`, `speaker`, or a field of the input.
    pub dimension: String,
    /// Which part of it.
    pub slice: String,
    /// Utterances.
    pub utterances: usize,
    /// Independent observations: speakers, or utterances within a speaker and where no speakers are known.
    pub clusters: usize,
    /// Words of the references, once per draw.
    pub reference_words: u64,
    /// Errors of the clean picks, read with their swaps.
    pub kept_errors: u64,
    /// Errors of the picks from the perturbed lists.
    pub text_errors: u64,
    /// What changes of mind add, in word error rate (0.01 is one percentage point); fewer than six clusters have no interval.
    pub degradation: Estimate,
    /// How much more that is than in all other utterances; null where there is too little to test.
    pub gap: Option<f64>,
    /// Two-sided probability of such a gap, adjusted over all slices of the check.
    pub p_adjusted: Option<f64>,
}

impl From<&Slice> for SliceRecord {
    fn from(slice: &Slice) -> SliceRecord {
        let mut degradation = Estimate::from(&slice.degradation);
        if slice.clusters < FEWEST_CLUSTERS {
            (degradation.low, degradation.high) = (None, None);
        }

        SliceRecord {
            dimension: slice.dimension.clone(),
            slice: slice.name.clone(),
            utterances: slice.utterances,
            clusters: slice.clusters,
            reference_words: slice.sums.reference_words,
            kept_errors: slice.sums.errors_a,
            text_errors: slice.sums.errors_b,
            degradation,
            gap: slice.gap.and_then(|gap| finite(gap.value)),
            p_adjusted: slice.p_adjusted.and_then(finite),
        }
    }
}

/// Adds the slices, one entry per check, to the report; checks without any stay as they are.
pub fn attach(report: &mut Report, slices: &[Slices]) {
    for (check, slices) in report.checks.iter_mut().zip(slices) {
        if slices.slices.is_empty() {
            continue;
        }
        let tested = slices.slices.iter().filter(|slice| slice.gap.is_some());
        check.slices = Some(SlicesRecord {
            adjustment: format!(
                "Benjamini-Hochberg over {} slices, shown at {DISCOVERY_RATE}",
                tested.count()
            ),
            degrades_most: slices.degrades_most,
            slices: slices.slices.iter().map(SliceRecord::from).collect(),
        });
    }
}

/// What degrades most in a sentence; `None` if nothing is shown to degrade more than the rest.
pub(crate) fn shown(slices: &SlicesRecord) -> Option<String> {
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
            "### Slices of {}\n\n{}; what changes of mind add to the word error rate; exploratory.\n\n\
             | | | utterances | degradation [90 %] | gap to the rest | p |\n|---|---|---:|---:|---:|---:|",
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
                    .map_or_else(|| "-".to_owned(), number::probability),
            );
        }
        text.push('\n');
    }
}
