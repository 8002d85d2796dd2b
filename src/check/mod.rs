//! A check of a rescorer: perturb, rescore, count, judge.
//!
//! | room | question |
//! |---|---|
//! | [`engine`] | what happens when lists are perturbed and rescored? |
//! | [`judge`] | is that harm, by how much, and how sure is it? |
//! | [`failures`] | which lists fail, and what is left of them when made small? |
//! | [`properties`] | does the rescorer keep to what it promises? |
//! | `compare` | which of several models takes less harm? |
//! | `significance` | do two systems differ at all? |
//!
//! [`run`](run()) is a whole run, from a plan to its findings.
//!
//! Nothing here knows a model, only a [`Rescorer`](crate::rescore::Rescorer), and nothing writes a
//! file.

pub(crate) mod compare;
pub mod engine;
pub mod failures;
pub mod judge;
pub mod properties;
mod run;
pub(crate) mod significance;

pub use crate::check::run::run;

#[cfg(test)]
pub(crate) mod examples;
