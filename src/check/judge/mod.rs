//! Judging a run: rates with their intervals ([`figures`]), the gates tested together (`gates`),
//! and the decision in three ways ([`verdict`](mod@verdict)).

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
pub(crate) mod gates;
pub(crate) mod levels;
pub mod looks;
mod measured;
pub mod remark;
pub(crate) mod remarks;
pub(crate) mod run_counts;
pub mod slices;
pub(crate) mod stopping;
pub mod sums;
pub mod verdict;
pub mod words;
