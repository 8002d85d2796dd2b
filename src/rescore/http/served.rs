//! `Served`: what a server says it serves.

use std::fmt;

/// What a server says it serves, as far as it does.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Served {
    /// The model's name; empty if not known.
    pub name: String,
    /// What tells it from other models of that name; empty if not known.
    pub version: String,
    /// The most texts in a request.
    pub batch_texts: Option<usize>,
}

impl fmt::Display for Served {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let name = if self.name.is_empty() {
            "a model that it does not name"
        } else {
            &self.name
        };
        let space = if self.version.is_empty() { "" } else { " " };
        write!(f, "{name}{space}{}", self.version)
    }
}
