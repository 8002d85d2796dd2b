//! Guides, in plain words. No code.
//!
//! Lines of a `console` block that begin with `$` are commands. A test runs those of each page, in
//! order, and compares what they print with what stands below them, where `...` is any number of
//! lines. In its folder `fixtures`, `suites` and `reports` are those of the repository, `my-model`
//! is the bundled model, `base` what that was trained from, `scorer.py` a program that scores, and
//! `train.jsonl.zst`, `dev.jsonl`, `test.jsonl` and `german.jsonl` are the bundled lists. Blocks
//! without `$` are not run.

/// What a check does, what its figures mean, and how they become a verdict.
#[doc = include_str!("measures.md")]
pub mod measures {}

/// Verdicts and intervals: how they are made, and how often they are wrong.
#[doc = include_str!("statistics.md")]
pub mod statistics {}

/// The report folder, and its failures: minimized, explained, run again.
#[doc = include_str!("reports.md")]
pub mod reports {}

/// Suites: the built-in ones, your own, other languages.
#[doc = include_str!("suites.md")]
pub mod suites {}

/// Lists of your recogniser: toolkit by toolkit, from its files to a check.
#[doc = include_str!("lists.md")]
pub mod lists {}

/// Models: checkpoints, programs, servers, scores of others; their weights and costs.
#[doc = include_str!("models.md")]
pub mod models {}

/// Training rescorers, comparing strategies, and exports.
#[doc = include_str!("training.md")]
pub mod training {}

/// CI: exit codes, workflows, baselines, differences of two reports and of two systems.
#[doc = include_str!("ci.md")]
pub mod ci {}

/// One check on many machines: shards, their merge, and Slurm, Kubernetes and Ray.
#[doc = include_str!("many.md")]
pub mod many {}

/// What a verdict is not about, and what is refused.
#[doc = include_str!("limits.md")]
pub mod limits {}
