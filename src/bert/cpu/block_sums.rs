//! The sums of a part of a product.

use std::ops::Range;

/// Sums of some rows and some columns.
pub(super) struct BlockSums<'a> {
    /// `[rows, width]`, and perhaps rows that nobody asked for.
    pub(super) numbers: &'a [i32],
    pub(super) width: usize,
    pub(super) rows: Range<usize>,
    /// At most `width`.
    pub(super) columns: Range<usize>,
}
