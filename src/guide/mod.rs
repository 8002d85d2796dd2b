//! Guides: what a reader of a report should know, in plain words. No code.

/// Lists of your recogniser: toolkit by toolkit, from its files to a check.
#[doc = include_str!("lists.md")]
pub mod lists {}
