//! The lists that fail: found ([`harmful_flips`]), made as small as they get
//! ([`minimize`](mod@minimize)), saved ([`counterexample`]), run again ([`replay`](mod@replay)) and
//! explained (`explanation`).
//!
//! | name | what it is |
//! |---|---|
//! | [`HarmfulFlip`] | a trial of a run whose pick got worse, with what was drawn |
//! | [`MinimizedFlip`] | the same, with the smallest case that still fails |
//! | [`Counterexample`] | what is saved of it: both lists in explicit words |
//! | [`Replay`] | what a rescorer makes of a counterexample later |
//! | [`Certificate`] | that no single swap of an utterance fails, or all that do: `exhaustive-1` |
//!
//! [`HarmfulFlip`]: harmful_flips::HarmfulFlip
//! [`MinimizedFlip`]: harmful_flips::MinimizedFlip
//! [`Counterexample`]: counterexample::Counterexample
//! [`Replay`]: replay::Replay
//! [`Certificate`]: certificate::Certificate

pub mod certificate;
pub mod counterexample;
pub mod counterexample_list;
pub(crate) mod explanation;
pub mod harmful_flips;
pub mod minimize;
pub(crate) mod pair_judge;
pub mod picks;
pub mod replay;
