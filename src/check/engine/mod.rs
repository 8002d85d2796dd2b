//! The engine: perturbs every n-best list, rescores it, and counts what changed.
//!
//! [`run`](run::run) turns a [`Plan`](plan::Plan) and a [`Rescorer`](crate::rescore::Rescorer)
//! into an [`Outcome`](outcome::Outcome) of plain counts.

pub mod agreement;
pub mod counts;
pub(crate) mod draw;
pub mod noise;
pub(crate) mod open_check;
pub mod outcome;
pub mod pair;
pub(crate) mod place;
pub mod plan;
pub mod rounding;
pub mod run;
mod second_scores;
pub mod steadiness;
pub mod trial;
pub mod wrong_way;
