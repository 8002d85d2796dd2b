//! Places in many files, and errors about them.

use std::collections::BTreeSet;

use crate::nbest::error::{ReadError, ReadErrorKind};
use crate::nbest::place::{Place, Position};

/// A [`Place`] without its name, for the many.
#[derive(Debug, Clone, Copy)]
pub(super) struct Placed {
    pub(super) file: usize,
    pub(super) position: Position,
}

/// The names of files, as [`Placed::file`] counts them.
#[derive(Debug, Clone, Default)]
pub(super) struct FileNames(Vec<String>);

impl FileNames {
    /// The number of a new file.
    pub(super) fn add(&mut self, name: &str) -> usize {
        self.0.push(name.to_owned());
        self.0.len() - 1
    }

    /// Those of the files of some places.
    pub(super) fn of(&self, places: impl Iterator<Item = Placed>) -> String {
        let files: BTreeSet<usize> = places.map(|placed| placed.file).collect();
        let names: Vec<&str> = files
            .into_iter()
            .map(|file| self.0[file].as_str())
            .collect();
        names.join(", ")
    }

    fn place(&self, placed: Placed) -> Place {
        Place {
            file: self.0[placed.file].clone(),
            position: placed.position,
        }
    }

    /// What is wrong at a place.
    pub(super) fn error(&self, placed: Placed, kind: ReadErrorKind) -> ReadError {
        ReadError {
            place: self.place(placed),
            kind,
        }
    }

    /// An id that came `first` at another place.
    pub(super) fn duplicate(&self, id: &str, first: Placed) -> ReadErrorKind {
        ReadErrorKind::DuplicateId {
            id: id.to_owned(),
            first: self.place(first),
        }
    }
}
