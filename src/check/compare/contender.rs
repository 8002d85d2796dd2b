//! Who is compared, and with whom.

use crate::check::engine::outcome::Outcome;

/// A rescorer to compare, or several that differ in their training seed alone.
#[derive(Debug, Clone)]
pub struct Contender<'a> {
    /// What it is called; no two are called the same.
    pub label: String,
    /// What happened to each of its rescorers; at least one, all of the same plan.
    pub outcomes: Vec<Outcome<'a>>,
    /// Whether it is the first pass itself, which is not tested against itself.
    pub is_first_pass: bool,
}

/// Which contenders the others are held against, by their index.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Roles {
    /// The one that paired tests are against.
    pub reference: usize,
    /// Full fine-tuning, if it takes part.
    pub full: Option<usize>,
}
