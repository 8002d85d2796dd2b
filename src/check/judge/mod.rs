//! Judging a run: rates with their intervals ([`figures`]), the gates tested together (`gates`), and
//! the decision in three ways ([`verdict`](mod@verdict)).

pub mod baseline;
pub mod clustering;
pub mod corrections;
pub mod estimate;
pub mod figures;
pub mod findings;
pub mod forecast;
pub(crate) mod gates;
pub mod levels;
pub mod remark;
pub(crate) mod remarks;
pub mod slices;
pub mod stopping;
pub mod sums;
pub mod verdict;
pub mod words;
