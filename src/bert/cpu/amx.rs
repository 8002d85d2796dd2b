//! The matrix unit of Intel's server processors, AMX.
//!
//! It multiplies tiles of 16 rows by 64 signed 8-bit integers of each, and adds up 32-bit integers:
//! sums are exact, so they are those of any other processor.

use numkong::{PackedMatrix, StorageElement, Tensor, cap, capabilities};

use crate::bert::cpu::block_sums::BlockSums;

/// Numbers of a row that a tile holds.
const DEPTH: usize = 64;

/// Rows that fill the unit: two tiles of sums above two others. Columns likewise.
const ROWS: usize = 32;

/// The most rows that are multiplied together.
const MOST_ROWS: usize = 8 * ROWS;

/// The most columns of a panel.
const MOST_COLUMNS: usize = 4 * ROWS;

/// Bytes of rows, and of a panel, that stay near while they are multiplied.
const NEAR: usize = 1 << 19;

/// The fewest inputs and outputs of a map for the unit: smaller ones hardly fill it.
const LEAST: usize = 128;

/// What moves a number without a sign to one with a sign, [`BELOW`] below it.
const SIGN: u8 = 0x80;

/// How far rows are moved before they are multiplied.
pub(super) const BELOW: i32 = 128;

thread_local! {
    /// Linux lends the unit's registers to those who ask for them.
    static LENT: bool = capabilities::available() & cap::SAPPHIREAMX != 0
        && capabilities::configure_thread();
}

/// Whether the processor has the unit and lends it, and a map of this shape is large enough.
pub(super) fn suits(inputs: usize, outputs: usize) -> bool {
    inputs >= LEAST && outputs >= LEAST && LENT.with(|lent| *lent)
}

/// The columns of a linear map, packed for the unit.
///
/// Other processors can multiply by them as well, much slower.
pub(super) struct Panels {
    inputs: usize,
    /// Numbers of a column, with zeros at its end that fill a tile.
    depth: usize,
    outputs: usize,
    /// Of columns, the last of which are zeros beyond those of the map.
    packed: Vec<PackedMatrix<i8>>,
    /// Columns of a panel.
    width: usize,
}

/// Memory that products need.
#[derive(Default)]
pub(super) struct Memory {
    rows: Blocks<i8>,
    sums: Blocks<i32>,
}

impl Panels {
    /// Packs the columns of a map, one after the other, each with `inputs` numbers, at least one.
    pub(super) fn new(columns: &[i8], inputs: usize) -> Panels {
        let outputs = columns.len() / inputs;
        let depth = inputs.next_multiple_of(DEPTH);
        let most = near(depth, MOST_COLUMNS);
        let width = outputs
            .div_ceil(outputs.div_ceil(most))
            .next_multiple_of(ROWS);

        let packed = columns.chunks(width * inputs).map(|columns| {
            let mut panel = block(width, depth);
            let places = panel.as_mut_slice().chunks_exact_mut(depth);
            for (place, column) in places.zip(columns.chunks_exact(inputs)) {
                place[..inputs].copy_from_slice(column);
            }
            PackedMatrix::try_pack(&panel).expect("there is memory for a panel")
        });
        Panels {
            inputs,
            depth,
            outputs,
            packed: packed.collect(),
            width,
        }
    }

    /// Multiplies rows `[rows, inputs]`, every number moved [`BELOW`] below itself, and gives `put`
    /// the sums of some rows and columns after the other.
    pub(super) fn multiply(
        &self,
        rows: &[u8],
        memory: &mut Memory,
        mut put: impl FnMut(&BlockSums<'_>),
    ) {
        LENT.with(|_| ()); // a thread that has not asked for the unit yet asks now
        let most = near(self.depth, MOST_ROWS);

        for (index, rows) in rows.chunks(most * self.inputs).enumerate() {
            let count = rows.len() / self.inputs;
            let height = count.next_multiple_of(ROWS);
            let left = memory.rows.of(height, self.depth);
            let places = left.as_mut_slice().chunks_exact_mut(self.depth);
            for (place, row) in places.zip(rows.chunks_exact(self.inputs)) {
                // Beyond these, columns are zero.
                for (place, number) in place.iter_mut().zip(row) {
                    *place = (number ^ SIGN).cast_signed();
                }
            }

            let sums = memory.sums.of(height, self.width);
            for (panel, columns) in self.packed.iter().enumerate() {
                left.try_dots_packed_into(columns, sums)
                    .expect("the shapes fit together");
                let (first, start) = (index * most, panel * self.width);
                put(&BlockSums {
                    numbers: sums.as_slice(),
                    width: self.width,
                    rows: first..first + count,
                    columns: start..self.outputs.min(start + self.width),
                });
            }
        }
    }
}

/// How many rows, or columns, of `depth` numbers stay near: at most `most`, and full tiles.
fn near(depth: usize, most: usize) -> usize {
    (NEAR / depth / ROWS * ROWS).clamp(ROWS, most)
}

/// Blocks by their shapes, to be used again.
struct Blocks<T: StorageElement> {
    kept: Vec<Tensor<T>>,
}

impl<T: StorageElement> Default for Blocks<T> {
    fn default() -> Blocks<T> {
        Blocks { kept: Vec::new() }
    }
}

impl<T: StorageElement> Blocks<T> {
    /// A block `[rows, width]` of numbers, whatever they are.
    fn of(&mut self, rows: usize, width: usize) -> &mut Tensor<T> {
        let kept = self
            .kept
            .iter()
            .position(|block| block.shape() == [rows, width]);
        let index = kept.unwrap_or_else(|| {
            self.kept.push(block(rows, width));
            self.kept.len() - 1
        });
        &mut self.kept[index]
    }
}

/// `[rows, width]` zeros.
fn block<T: StorageElement>(rows: usize, width: usize) -> Tensor<T> {
    Tensor::try_full(&[rows, width], T::default()).expect("there is memory for a block")
}
