//! `StoredRows`: a table of which only those rows are in memory that were asked for.
//!
//! A vocabulary has tens of thousands of words or more, and texts use few of them.

use std::sync::{Arc, OnceLock};

use crate::bert::error::LoadError;
use crate::bert::tensors::TensorStore;

/// A table in a file of tensors. What is read once is kept.
pub(crate) struct StoredRows {
    store: Arc<TensorStore>,
    name: String,
    shape: [usize; 2],
    rows: Vec<OnceLock<Box<[f32]>>>,
}

impl StoredRows {
    /// The table `name` of `store`, whose numbers are all looked at once, and not kept.
    pub(crate) fn new(
        store: Arc<TensorStore>,
        name: String,
        shape: [usize; 2],
    ) -> Result<StoredRows, LoadError> {
        store.check(&name, &shape)?;
        Ok(StoredRows {
            store,
            name,
            shape,
            rows: (0..shape[0]).map(|_| OnceLock::new()).collect(),
        })
    }

    /// A row.
    ///
    /// # Panics
    ///
    /// When there is no such row.
    pub(crate) fn row(&self, index: usize) -> Result<&[f32], LoadError> {
        let place = &self.rows[index];
        if let Some(row) = place.get() {
            return Ok(row);
        }

        // Two threads may read a row at once; it is the same.
        let row = self.store.row(&self.name, self.shape, index)?;
        Ok(place.get_or_init(|| row.into_boxed_slice()))
    }
}
