//! The non-inferiority gate: is degradation below a margin, or above it?
//!
//! A cluster's excess v says by how many errors it exceeds what the margin allows. The gate passes
//! if the mean excess is clearly below zero by *all* of a t test, a bootstrap-t test and a t test
//! that counts the worst cluster twice (with skewed errors and few speakers each alone passes too
//! often), and fails if it is clearly above by the t test and by bootstrap-t. Dual to Fieller's
//! interval, but needs no division: it also works without a single clean error. Not here:
//! corrections for several gates (`multiplicity`) and the verdict (`verdict`).
//!
//! # How often it is wrong
//!
//! At a nominal 5 %, with the truth exactly at the margin, it passes in at most 6.8 % of simulated
//! test sets of 20 clusters or more where clusters differ in their damage not at all, exponentially
//! or like a squared normal number, and in far more where one in ten has it all: see
//! [`error_rates`]. The t test alone passes in up to 13.4 %, at the price of power that the guide
//! on statistics tells. No test sees clusters that were not sampled: below 40, verdicts carry a
//! caution with these rates.
//!
//! # Where few clusters changed
//!
//! Without a single change no test of means applies: zero variance is not certainty. Of n clusters
//! of which none changed, up to 1 - alpha^(1/n) of all clusters may (the exact binomial bound, the
//! "rule of three"; Hanley and Lippman-Hand, JAMA 1983), and one that does is taken to make twice
//! as many errors as before; where there are no errors to double, every word. Their product is the
//! upper bound on degradation that must be below the margin: at 5 % relative that takes 59
//! clusters, at 10 % 29. That errors double is our choice of the most that is plausible.
//!
//! One error in one cluster must not make certain what none leaves open, and a t test would find
//! hardly any variance there. So where fewer than [`FEWEST_CHANGED`](crate::stats::FEWEST_CHANGED)
//! changed, Stringer's bound takes the place of bootstrap-t, and no p-value of passing is smaller
//! than its own. Auditors take it for samples in which few items are wrong, and those in part
//! (Stringer 1963; Bickel, International Statistical Review 1992): the bound without a change, and
//! for each harmed cluster what one more event adds to it (by Clopper and Pearson), times the share
//! that the cluster has of the plausible harm. With whole shares it is the exact binomial bound,
//! and it never falls as harm grows. Where more clusters changed, the harm of those that were seen
//! tells how large it is: up to [`ENOUGH_CHANGED`](crate::stats::ENOUGH_CHANGED) of them, or half
//! of all, the bound of each test of means is moved towards Stringer's, by a share that falls in
//! equal steps; a p-value is the smallest level at which the moved bound keeps the margin. This,
//! and where it ends, are ours.
//!
//! # Where clusters are repaired
//!
//! A cluster that is helped very much widens the spread of all, and would turn a pass into doubt.
//! Of the same clusters with no repair the mean is no smaller: where it is below the margin, so is
//! the mean with repairs. So each test of passing is made of both, and the smaller p-value counts.
//! By simulation that passes in at most 1.2 points more of all test sets at the margin, and nowhere
//! in more than where nothing is repaired: see the guide on statistics.

pub mod error_rates;
mod excess;
mod few_changed;
mod levels;
mod limited;
mod margin;
mod outcome;
mod together;

pub use crate::stats::gate::excess::Excess;
pub(crate) use crate::stats::gate::few_changed::{FewChanged, weight};
pub use crate::stats::gate::levels::Levels;
pub use crate::stats::gate::limited::{Limited, gate};
pub use crate::stats::gate::margin::Margin;
pub use crate::stats::gate::outcome::Gate;
pub use crate::stats::gate::together::{
    JointGate, adjusted, joint, lack_changes_alone, level_beside, levels_beside,
};

#[cfg(test)]
mod tests;
