//! The embeddings of words.

use std::sync::Arc;

use crate::bert::error::LoadError;
use crate::bert::stored_rows::StoredRows;

/// A row for every word.
pub(super) enum Words {
    /// `[vocabulary, width]`.
    Held { numbers: Vec<f32>, width: usize },
    /// In the file, but for those that were used.
    Stored(Arc<StoredRows>),
}

impl Words {
    /// The embedding of the word `id`.
    ///
    /// # Panics
    ///
    /// When there is none.
    pub(super) fn row(&self, id: u32) -> Result<&[f32], LoadError> {
        match self {
            Words::Held { numbers, width } => Ok(&numbers[id as usize * width..][..*width]),
            Words::Stored(rows) => rows.row(id as usize),
        }
    }
}
