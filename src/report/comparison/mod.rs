//! The report of a comparison: its records, and the formats that show them.
//!
//! [`ComparisonReport`] is what `comparison.json` holds, a versioned interface. What
//! people read ([`markdown`], [`terminal`]) is made of the same [`tables`].

pub(crate) mod assemble;
pub(crate) mod csv;
pub(crate) mod markdown;
pub(crate) mod opposite;
pub(crate) mod record;
pub(crate) mod tables;
pub(crate) mod terminal;

use crate::report::comparison::record::ComparisonReport;
use crate::report::json::indented;

/// The version of `comparison.json`'s fields.
pub(crate) const FORMAT_VERSION: u32 = 5;

/// The report as indented JSON with a final newline.
pub(crate) fn json(report: &ComparisonReport) -> String {
    indented(report)
}
