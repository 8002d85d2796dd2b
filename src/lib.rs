//! mondegreen: property-based robustness testing of second-pass rescorers.
//!
//! A recogniser's first pass writes an n-best list; a rescorer picks the winner.
//! This crate swaps words of the list for words that sound alike, and measures,
//! with intervals and a verdict, how much worse the rescorer's pick gets.
//!
//! # Bird's eye
//!
//! ```text
//! n-best file -> nbest::Utterance --+
//! CMUdict -> phonetics ---> perturb +--> check::engine --> verdict --> report
//! suite file -> suite --------------+        |
//! checkpoint -> bert (a Rescorer) -----------+      train -> checkpoint
//! ```
//!
//! One run is data flow: files become utterances ([`nbest`]); a suite names checks
//! ([`suite`]); each check draws perturbed lists ([`perturb`], over [`phonetics`]);
//! a rescorer scores clean and perturbed lists ([`rescore`], [`bert`]); [`check`]
//! counts word errors and judges (over [`stats`]); a report
//! shows it ([`report`]). Training ([`train`]) is the other half: it makes the
//! checkpoints that are checked.
//!
//! # Floors
//!
//! A module uses only floors below its own; `tests/it/floors.rs` enforces it.
//!
//! | floor | modules | role |
//! |---|---|---|
//! | 5 | `cli` | the command line: arguments, files, clock, terminal |
//! | 4 | [`report`] | showing it |
//! | 3 | [`check`], [`train`] | doing it |
//! | 2 | [`suite`], [`bert`] | what is checked; how a model scores |
//! | 1 | [`perturb`], [`rescore`] | one verb each |
//! | 0 | [`files`], [`nbest`], [`phonetics`], [`stats`] | data and numbers |
//!
//! [`guide`] holds no code: it tells in plain words what a reader of a report should know, such as
//! [how verdicts are made and how often they are wrong](guide::statistics) and [how the lists of a toolkit are read](guide::lists).
//!
//! # What you will not find
//!
//! - [`stats`] has never heard of words, and [`report`] computes nothing.
//! - [`check`] knows a [`rescore::Rescorer`], not BERT; only [`bert`] and [`train`] import burn.
//! - Only `cli` reads the clock, the environment and the terminal, and only it prints.
//! - No result depends on thread count, shard, batch size or the order of input
//!   files: every random draw is a pure function of the names and the seed.
//! - No paper's figures: where arXiv 2401.10447 leaves a definition open, ours is
//!   stated where it is implemented.

pub mod files;
pub mod nbest;
pub mod phonetics;
pub mod stats;

pub mod perturb;
pub mod rescore;

#[cfg(feature = "bert")]
pub mod bert;
pub mod suite;

pub mod check;
#[cfg(feature = "bert")]
pub mod train;

pub mod report;

pub mod guide;

#[doc(hidden)]
#[cfg_attr(
    all(not(feature = "bert"), not(test)),
    expect(dead_code, reason = "progress and interruption serve models")
)]
#[cfg_attr(
    not(feature = "bert"),
    expect(clippy::unused_self, reason = "progress serves models")
)]
pub mod cli;
