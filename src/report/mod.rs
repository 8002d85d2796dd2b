//! The report: everything a run found, as plain data, and the formats that show it.
//!
//! [`Report`] is what `report.json` holds; each format is one file. Nothing here
//! computes a figure: rates and verdicts arrive from `check`. The fields of
//! `report.json` are a versioned interface; what people read
//! ([`markdown`], [`terminal`]) is not.

pub mod baseline;
pub(crate) mod brief;
pub(crate) mod cases;
pub mod cautions;
pub mod certificates;
pub(crate) mod check_cells;
pub(crate) mod ci;
pub(crate) mod columns;
pub(crate) mod comparison;
pub mod content;
pub(crate) mod corrections;
pub(crate) mod difference;
pub(crate) mod edit_sites;
pub mod ending;
pub(crate) mod explanation;
pub(crate) mod failure_text;
pub mod failures;
pub(crate) mod few_changed;
pub(crate) mod flagged_estimate;
pub mod gate_wording;
pub mod html;
pub(crate) mod interlinear;
pub mod json;
pub(crate) mod level_wording;
pub(crate) mod list_cautions;
pub(crate) mod looks;
pub(crate) mod margin_text;
pub mod markdown;
pub(crate) mod markdown_table;
pub mod model_kind;
pub mod model_record;
pub(crate) mod nbest_figures;
pub(crate) mod number;
pub(crate) mod plausible;
pub mod properties;
pub(crate) mod property_text;
#[cfg_attr(
    all(not(feature = "bert"), not(test)),
    expect(dead_code, reason = "only models have ranks")
)]
pub(crate) mod ranks;
pub mod record;
pub(crate) mod run_verdict;
pub(crate) mod settings;
pub(crate) mod shell;
pub(crate) mod shown;
pub(crate) mod significance;
pub(crate) mod significance_notes;
pub(crate) mod significance_page;
pub(crate) mod slices;
pub mod subject;
pub mod swaps;
pub mod terminal;
pub(crate) mod tuning;
pub mod utterances;
pub mod verdict;
pub(crate) mod wording;
pub(crate) mod words;
pub(crate) mod wrap;

pub use crate::report::content::{FORMAT_VERSION, Report};
