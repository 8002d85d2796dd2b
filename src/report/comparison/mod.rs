//! The report of a comparison: its records, and the formats that show them.
//!
//! [`ComparisonReport`] is what `comparison.json` holds, a versioned interface. What
//! people read ([`markdown`], [`terminal`]) is made of the same [`tables`].

pub mod assemble;
pub mod csv;
pub mod markdown;
pub mod record;
pub mod tables;
pub mod terminal;

use crate::report::comparison::record::ComparisonReport;

/// The version of `comparison.json`'s fields.
pub const FORMAT_VERSION: u32 = 4;

/// The report as indented JSON with a final newline.
pub fn json(report: &ComparisonReport) -> String {
    let mut text = serde_json::to_string_pretty(report)
        .expect("a report has no map with keys that are not strings, and no NaN");
    text.push('\n');
    text
}
