//! Suites: which checks are run, and how much degradation each of them accepts.
//!
//! [`Suite`] and [`Check`] are what a suite holds; checks of other kinds than the degradation of
//! word error rates are in [`property`](mod@crate::suite::property), the file format is in
//! [`toml`](mod@crate::suite::toml). Running and judging checks is for `check`.

mod builtin;
pub(crate) mod checks;
pub(crate) mod document;
pub mod error;
pub mod gates;
mod key_uses;
mod kinds;
mod lines;
mod perturbation;
pub mod property;
mod swap_rules;
pub mod toml;

pub use checks::{Check, Suite};
pub(crate) use lines::lines;
