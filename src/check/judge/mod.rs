//! Judging a run.
//!
//! | part | question |
//! |---|---|
//! | [`sums`], [`figures`] | how many errors are there, and what rates with which intervals? |
//! | [`clustering`] | which utterances are independent observations? |
//! | `gates`, [`verdict`](mod@verdict) | are the margins of a suite kept, broken, or open? |
//! | [`remark`], `remarks`, `harm` | is the rescorer blind, drowned, harmful, whatever the verdict? |
//! | [`slices`], [`words`] | where does the harm come from: which utterances, which swaps? |
//! | `stopping`, [`looks`] | may a check end before all its draws (`--stop`, `--budget`)? |
//! | `baseline` | is the model worse than it was, by more than a margin (`--baseline`)? |
//! | `corrections` | what is defined of a generator, which picks nothing? |
//! | `forecast` | what would a run ask for (`--dry-run`)? |
//!
//! [`findings`] puts it together for a run.

pub(crate) mod baseline;
mod cells;
pub mod clustering;
pub(crate) mod corrections;
pub(crate) mod counts;
pub(crate) mod dimensions;
pub mod estimate;
pub mod figures;
pub mod findings;
pub(crate) mod forecast;
mod gaps;
pub(crate) mod gates;
pub(crate) mod harm;
pub(crate) mod levels;
pub mod looks;
mod measured;
pub mod remark;
pub(crate) mod remarks;
pub(crate) mod run_counts;
pub mod slices;
pub(crate) mod stopping;
pub mod sums;
mod utterance_errors;
pub mod verdict;
pub mod words;
