//! The report: everything a run found, as plain data, and the formats that show it.
//!
//! [`Report`] is what `report.json` holds; each format is one file. Nothing here
//! computes a figure: rates and verdicts arrive from `check`. The fields of
//! `report.json` are a versioned interface; what people read
//! ([`markdown`], [`terminal`]) is not.

pub mod baseline;
pub mod cases;
pub mod cautions;
pub mod certificates;
pub mod ci;
pub(crate) mod columns;
pub mod comparison;
pub mod content;
pub mod corrections;
pub mod difference;
pub mod explanation;
pub mod failure_text;
pub mod failures;
pub mod html;
pub mod interlinear;
pub mod json;
pub(crate) mod looks;
pub mod markdown;
pub(crate) mod markdown_table;
pub mod number;
pub mod properties;
pub mod property_text;
pub mod ranks;
pub mod record;
pub mod settings;
pub(crate) mod shell;
pub mod shown;
pub mod significance;
pub mod significance_page;
pub mod slices;
pub mod subject;
pub mod swaps;
pub mod terminal;
pub mod tuning;
pub mod utterances;
pub mod verdict;
pub mod wording;
pub mod words;
pub mod wrap;

pub use crate::report::content::{FORMAT_VERSION, Report};
