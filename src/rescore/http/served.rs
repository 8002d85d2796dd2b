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
    /// Whether the name is the user's, of which the server says nothing.
    pub is_unlisted: bool,
    /// What its answers call the model, where that is another name.
    pub answers_as: Option<String>,
    /// Whether the first token of a text has no probability.
    pub lacks_first: bool,
}

impl fmt::Display for Served {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.is_unlisted {
            return write!(
                f,
                "the server does not say what it serves: of {} its name alone is known",
                self.name
            );
        }

        let name = if self.name.is_empty() {
            "a model that it does not name"
        } else {
            &self.name
        };
        let space = if self.version.is_empty() { "" } else { " " };
        write!(f, "the server says it serves {name}{space}{}", self.version)
    }
}
