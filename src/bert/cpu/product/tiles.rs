//! Tiles of a product: some rows by the columns of one panel, as many as the registers hold.

use rten_simd::Isa;
use rten_simd::ops::{BitOps, NumOps};

use crate::bert::cpu::product::line::{COLUMNS, Line};

/// How many rows are computed together: with two vectors of sums for each, they fill the
/// registers of a processor that has 32.
pub(crate) const ROWS: usize = 12;

/// How many rows fill 16 registers.
const FEW_ROWS: usize = ROWS / 2;

/// How many inputs are taken from all rows before it is looked where these end: looking at every
/// input costs a tenth of the time, where another program has the other half of the core.
const STEPS: usize = 4;

/// Rows of equal length at equal distances.
#[derive(Clone, Copy)]
pub(crate) struct Rows<'a> {
    /// Where they lie; the first starts at the first number.
    pub(crate) numbers: &'a [f32],
    /// From the start of one row to that of the next.
    pub(crate) stride: usize,
    /// How long a row is, at least 1.
    pub(crate) width: usize,
    /// How many there are.
    pub(crate) count: usize,
}

impl<'a> Rows<'a> {
    #[inline(always)]
    fn row(self, index: usize) -> &'a [f32] {
        &self.numbers[index * self.stride..][..self.width]
    }
}

/// Multiplies every row of `left` by every panel of `lines`, and gives `put` the row, the first
/// column of the panel and its sums, those of the columns that only fill the last panel included.
#[inline(always)]
pub(crate) fn multiply<I: Isa>(
    isa: I,
    left: Rows<'_>,
    lines: &[Line],
    mut put: impl FnMut(usize, usize, &Line),
) {
    let many_registers = isa.f32().len() == 16 || cfg!(target_arch = "aarch64");
    let mut block = [Line::ZERO; ROWS];

    for (panel, lines) in lines.chunks_exact(left.width).enumerate() {
        for first in (0..left.count).step_by(ROWS) {
            let rows = ROWS.min(left.count - first);
            if many_registers {
                // The texts of speech are short: attention has few rows more often than many.
                match rows {
                    ..=4 => tile::<I, 4>(isa, left, first, lines, &mut block),
                    5..=8 => tile::<I, 8>(isa, left, first, lines, &mut block),
                    _ => tile::<I, ROWS>(isa, left, first, lines, &mut block),
                }
            } else {
                let (upper, lower) = block.split_at_mut(FEW_ROWS);
                tile::<I, FEW_ROWS>(isa, left, first, lines, upper);
                if rows > FEW_ROWS {
                    tile::<I, FEW_ROWS>(isa, left, first + FEW_ROWS, lines, lower);
                }
            }
            for (row, sums) in block.iter().take(rows).enumerate() {
                put(first + row, panel * COLUMNS, sums);
            }
        }
    }
}

/// Runs a block with every index below a constant that is [`ROWS`] at most, written out one after
/// the other.
macro_rules! each_row {
    ($row:ident < $count:ident, $body:block) => {
        each_row!($row < $count, $body, 0 1 2 3 4 5 6 7 8 9 10 11)
    };
    ($row:ident < $count:ident, $body:block, $($index:literal)*) => {
        $(if $index < $count {
            let $row = $index;
            $body
        })*
    };
}

pub(crate) use each_row;

/// Columns of a matrix, as the rows of its transpose.
#[derive(Clone, Copy)]
pub(crate) struct Columns<'a> {
    /// Where the rows of the matrix lie, and [`ROWS`] numbers more, whatever they are.
    pub(crate) numbers: &'a [f32],
    /// From the start of one row to that of the next.
    pub(crate) stride: usize,
    /// The first column.
    pub(crate) first: usize,
    /// How many columns there are.
    pub(crate) count: usize,
}

/// As [`multiply`], by lines whose number is that of the rows of the matrix, `depth`.
#[inline(always)]
pub(crate) fn multiply_columns<I: Isa>(
    isa: I,
    left: Columns<'_>,
    depth: usize,
    lines: &[Line],
    mut put: impl FnMut(usize, usize, &Line),
) {
    let many_registers = isa.f32().len() == 16 || cfg!(target_arch = "aarch64");
    let mut block = [Line::ZERO; ROWS];

    for (panel, lines) in lines.chunks_exact(depth).enumerate() {
        for first in (0..left.count).step_by(ROWS) {
            let rows = ROWS.min(left.count - first);
            let numbers = &left.numbers[left.first + first..];
            if many_registers {
                match rows {
                    ..=4 => tile_of_columns::<I, 4>(isa, numbers, left.stride, lines, &mut block),
                    5..=8 => tile_of_columns::<I, 8>(isa, numbers, left.stride, lines, &mut block),
                    _ => tile_of_columns::<I, ROWS>(isa, numbers, left.stride, lines, &mut block),
                }
            } else {
                let (upper, lower) = block.split_at_mut(FEW_ROWS);
                tile_of_columns::<I, FEW_ROWS>(isa, numbers, left.stride, lines, upper);
                if rows > FEW_ROWS {
                    let numbers = &numbers[FEW_ROWS..];
                    tile_of_columns::<I, FEW_ROWS>(isa, numbers, left.stride, lines, lower);
                }
            }
            for (row, sums) in block.iter().take(rows).enumerate() {
                put(first + row, panel * COLUMNS, sums);
            }
        }
    }
}

/// As [`tile`], for the first `N` columns of `numbers`.
#[inline(always)]
fn tile_of_columns<I: Isa, const N: usize>(
    isa: I,
    numbers: &[f32],
    stride: usize,
    lines: &[Line],
    block: &mut [Line],
) {
    let ops = isa.f32();

    for column in (0..COLUMNS).step_by(2 * ops.len()) {
        let mut sums = [[ops.zero(); 2]; N];
        for (row, line) in lines.iter().enumerate() {
            let numbers = std::array::from_fn(|index| numbers[row * stride..][..N][index]);
            add_input(isa, numbers, line, column, &mut sums);
        }
        put_sums(isa, sums, column, block);
    }
}

/// Multiplies `N` rows by one panel.
///
/// An array of vectors is only kept in registers where every index of it is a constant: loops over
/// rows are written out, and the sums leave through memory.
#[inline(always)]
fn tile<I: Isa, const N: usize>(
    isa: I,
    left: Rows<'_>,
    first: usize,
    lines: &[Line],
    block: &mut [Line],
) {
    let ops = isa.f32();
    let (whole, rest) = lines.as_chunks::<STEPS>();

    // The last row stands in for those beyond it.
    let rows: [_; N] = std::array::from_fn(|row| {
        let row = left.row((first + row).min(left.count - 1));
        row[..lines.len()].as_chunks::<STEPS>()
    });

    for column in (0..COLUMNS).step_by(2 * ops.len()) {
        let mut sums = [[ops.zero(); 2]; N];
        for (part, lines) in whole.iter().enumerate() {
            let numbers: [&[f32; STEPS]; N] = std::array::from_fn(|row| &rows[row].0[part]);
            for (step, line) in lines.iter().enumerate() {
                let numbers = numbers.map(|numbers| numbers[step]);
                add_input(isa, numbers, line, column, &mut sums);
            }
        }
        for (step, line) in rest.iter().enumerate() {
            let numbers = rows.map(|(_, rest)| rest[step]);
            add_input(isa, numbers, line, column, &mut sums);
        }
        put_sums(isa, sums, column, block);
    }
}

/// Adds the product of one input of `N` rows and its weights in the two vectors of `line` that
/// begin at `column`.
#[inline(always)]
fn add_input<I: Isa, const N: usize>(
    isa: I,
    numbers: [f32; N],
    line: &Line,
    column: usize,
    sums: &mut [[I::F32; 2]; N],
) {
    let ops = isa.f32();
    let weights = [
        ops.load(&line.0[column..]),
        ops.load(&line.0[column + ops.len()..]),
    ];
    each_row!(row < N, {
        let number = ops.splat(numbers[row]);
        sums[row][0] = ops.mul_add(number, weights[0], sums[row][0]);
        sums[row][1] = ops.mul_add(number, weights[1], sums[row][1]);
    });
}

/// Puts the sums of `N` rows into the two vectors of their lines that begin at `column`.
#[inline(always)]
fn put_sums<I: Isa, const N: usize>(
    isa: I,
    sums: [[I::F32; 2]; N],
    column: usize,
    block: &mut [Line],
) {
    let ops = isa.f32();
    let next = column + ops.len();

    each_row!(row < N, {
        ops.store(sums[row][0], &mut block[row].0[column..]);
        ops.store(sums[row][1], &mut block[row].0[next..]);
    });
}
