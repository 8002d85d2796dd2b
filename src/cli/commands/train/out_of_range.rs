//! A number of an option that is beyond what can work.

/// An option and its value have more than can work.
#[derive(Debug)]
pub(super) struct OutOfRange {
    /// The option's name, without dashes.
    pub(super) option: &'static str,
    /// What is wrong.
    pub(super) problem: String,
}
