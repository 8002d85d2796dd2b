//! Places in input files, and errors at them.

use std::error::Error;
use std::fmt;

/// What is wrong at a place of an input file.
///
/// Displayed alone it says where; its source says what is wrong.
#[derive(Debug, thiserror::Error)]
#[error("failed to read {place}")]
pub struct At<K: Error + 'static> {
    /// Where reading stopped.
    pub place: Place,
    /// What is wrong there.
    #[source]
    pub kind: K,
}

/// A place in an input file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Place {
    /// The file, as it was named.
    pub file: String,
    /// Where in the file.
    pub position: Position,
}

/// A position in an input file. Everything counts from 1.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Position {
    /// The file as a whole.
    File,
    /// A line; compressed files count the lines of what they hold.
    Line(usize),
    /// An element of a JSON array or object.
    Record {
        /// Which element.
        number: usize,
        /// The line on which it begins.
        line: usize,
    },
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.file)?;
        match self.position {
            Position::File => Ok(()),
            Position::Line(line) => write!(f, ", line {line}"),
            Position::Record { number, line } => write!(f, ", record {number} (line {line})"),
        }
    }
}
