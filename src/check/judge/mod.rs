//! Judging a run: rates with their intervals ([`figures`]), the gates tested together (`gates`),
//! and the decision in three ways ([`verdict`](mod@verdict)).

pub(crate) mod baseline;
pub mod clustering;
pub(crate) mod corrections;
pub mod estimate;
pub mod figures;
pub mod findings;
pub(crate) mod forecast;
pub(crate) mod gates;
pub(crate) mod levels;
pub mod looks;
pub mod remark;
pub(crate) mod remarks;
pub mod slices;
pub(crate) mod stopping;
pub mod sums;
pub mod verdict;
pub mod words;
