//! Guides: what a reader of a report should know, in plain words. No code.

/// Verdicts and intervals: how they are made, and how often they are wrong.
#[doc = include_str!("statistics.md")]
pub mod statistics {}

/// Lists of your recogniser: toolkit by toolkit, from its files to a check.
#[doc = include_str!("lists.md")]
pub mod lists {}
