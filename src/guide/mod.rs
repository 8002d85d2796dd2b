//! Guides: what a reader of a report should know, in plain words. No code.

/// Verdicts and intervals: how they are made, and how often they are wrong.
#[doc = include_str!("statistics.md")]
pub mod statistics {}
