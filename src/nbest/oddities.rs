//! Odd things of one kind, counted, with the name of the first.

/// How many there are, and the first by name.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(crate) struct Oddities {
    /// How many.
    pub(crate) count: usize,
    /// The first by name, whatever the order that they were found in; empty where there is none.
    pub(crate) first: String,
}

impl Oddities {
    /// Counts one more.
    pub(super) fn add(&mut self, name: &str) {
        if self.count == 0 || name < self.first.as_str() {
            name.clone_into(&mut self.first);
        }
        self.count += 1;
    }
}
