//! Rescoring: a second-pass score for every hypothesis, combined with the first pass's.
//!
//! A [`Rescorer`] scores lists; two need no model, [`FirstPass`] and [`Oracle`]. Scoring every text
//! once is in [`pointwise`](mod@crate::rescore::pointwise), what a model must do for that in
//! [`text_scorer`](mod@crate::rescore::text_scorer), rescorers that are other programs are in
//! [`exec`](mod@crate::rescore::exec), those behind HTTP in [`http`](mod@crate::rescore::http), and
//! scores that runs share in [`cache`](mod@crate::rescore::cache), and those that one run hands over
//! to another in [`known`](mod@crate::rescore::known). Models are on the next floor.

pub mod cache;
mod candidates;
mod error;
pub mod exec;
mod first_pass;
pub mod http;
pub(crate) mod interpolation;
mod json;
pub mod known;
pub mod list_memory;
pub mod list_scorer;
pub(crate) mod locked;
mod oracle;
pub mod pointwise;
pub mod remembered;
mod rescorer;
pub mod saved;
pub mod table;
mod text_memory;
pub mod text_scorer;
mod token_counts;
pub(crate) mod told_apart;
pub(crate) mod tuning;

pub use crate::rescore::candidates::Candidates;
pub(crate) use crate::rescore::candidates::refuse_infinite;
pub use crate::rescore::error::RescoreError;
pub(crate) use crate::rescore::error::chain;
pub use crate::rescore::first_pass::FirstPass;
pub use crate::rescore::interpolation::{Interpolation, LARGEST_FACTOR};
pub use crate::rescore::oracle::Oracle;
pub use crate::rescore::rescorer::{Afresh, Rescorer};
pub use crate::rescore::token_counts::TokenCounts;

pub(crate) use crate::rescore::rescorer::as_inside;
