//! Tiles of a product: some rows by the columns of one panel, as many as the registers hold.

use std::ops::Range;

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

/// Multiplies every row of `left` by every panel of `lines`, which have so many columns together,
/// and gives `put` the row, the columns of the panel and their sums, behind which stands whatever
/// fills the last panel.
#[inline(always)]
pub(crate) fn multiply<I: Isa>(
    isa: I,
    left: Rows<'_>,
    lines: &[Line],
    columns: usize,
    mut put: impl FnMut(usize, Range<usize>, &Line),
) {
    let many_registers = isa.f32().len() == 16 || cfg!(target_arch = "aarch64");
    let mut block = [Line::ZERO; ROWS];

    for (panel, lines) in lines.chunks_exact(left.width).enumerate() {
        let panel = Panel::of(lines, panel, columns);
        for first in (0..left.count).step_by(ROWS) {
            let rows = ROWS.min(left.count - first);
            if many_registers {
                // The texts of speech are short: attention has few rows more often than many.
                match rows {
                    ..=4 => tile::<I, 4>(isa, left, first, panel, &mut block),
                    5..=8 => tile::<I, 8>(isa, left, first, panel, &mut block),
                    _ => tile::<I, ROWS>(isa, left, first, panel, &mut block),
                }
            } else {
                let (upper, lower) = block.split_at_mut(FEW_ROWS);
                tile::<I, FEW_ROWS>(isa, left, first, panel, upper);
                if rows > FEW_ROWS {
                    tile::<I, FEW_ROWS>(isa, left, first + FEW_ROWS, panel, lower);
                }
            }
            for (row, sums) in block.iter().take(rows).enumerate() {
                put(first + row, panel.places(), sums);
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
    columns: usize,
    mut put: impl FnMut(usize, Range<usize>, &Line),
) {
    let many_registers = isa.f32().len() == 16 || cfg!(target_arch = "aarch64");
    let mut block = [Line::ZERO; ROWS];

    for (panel, lines) in lines.chunks_exact(depth).enumerate() {
        let panel = Panel::of(lines, panel, columns);
        for first in (0..left.count).step_by(ROWS) {
            let rows = ROWS.min(left.count - first);
            let numbers = &left.numbers[left.first + first..];
            if many_registers {
                match rows {
                    ..=4 => tile_of_columns::<I, 4>(isa, numbers, left.stride, panel, &mut block),
                    5..=8 => tile_of_columns::<I, 8>(isa, numbers, left.stride, panel, &mut block),
                    _ => tile_of_columns::<I, ROWS>(isa, numbers, left.stride, panel, &mut block),
                }
            } else {
                let (upper, lower) = block.split_at_mut(FEW_ROWS);
                tile_of_columns::<I, FEW_ROWS>(isa, numbers, left.stride, panel, upper);
                if rows > FEW_ROWS {
                    let numbers = &numbers[FEW_ROWS..];
                    tile_of_columns::<I, FEW_ROWS>(isa, numbers, left.stride, panel, lower);
                }
            }
            for (row, sums) in block.iter().take(rows).enumerate() {
                put(first + row, panel.places(), sums);
            }
        }
    }
}

/// Some columns of the right side.
#[derive(Clone, Copy)]
struct Panel<'a> {
    /// One for each input.
    lines: &'a [Line],
    /// The first column.
    first: usize,
    /// How many columns are asked for, at least 1.
    columns: usize,
}

impl<'a> Panel<'a> {
    /// The panel at `index`, of `columns` in all panels.
    #[inline(always)]
    fn of(lines: &'a [Line], index: usize, columns: usize) -> Panel<'a> {
        let first = index * COLUMNS;
        Panel {
            lines,
            first,
            columns: COLUMNS.min(columns - first),
        }
    }

    /// Which columns are asked for.
    #[inline(always)]
    fn places(self) -> Range<usize> {
        self.first..self.first + self.columns
    }

    /// Whether one vector holds what is asked for.
    #[inline(always)]
    fn is_narrow<I: Isa>(self, isa: I) -> bool {
        self.columns <= isa.f32().len()
    }
}

/// As [`tile`], for the first `N` columns of `numbers`.
#[inline(always)]
fn tile_of_columns<I: Isa, const N: usize>(
    isa: I,
    numbers: &[f32],
    stride: usize,
    panel: Panel<'_>,
    block: &mut [Line],
) {
    if panel.is_narrow(isa) {
        tile_of_columns_in_parts::<I, N, 1>(isa, numbers, stride, panel, block);
    } else {
        tile_of_columns_in_parts::<I, N, 2>(isa, numbers, stride, panel, block);
    }
}

/// As [`tile_of_columns`], with `PARTS` vectors of sums for each column.
#[inline(always)]
fn tile_of_columns_in_parts<I: Isa, const N: usize, const PARTS: usize>(
    isa: I,
    numbers: &[f32],
    stride: usize,
    panel: Panel<'_>,
    block: &mut [Line],
) {
    let ops = isa.f32();

    for column in (0..panel.columns).step_by(PARTS * ops.len()) {
        let mut sums = [[ops.zero(); PARTS]; N];
        for (row, line) in panel.lines.iter().enumerate() {
            let (numbers, _) = numbers[row * stride..].as_chunks::<N>();
            add_input(isa, numbers[0], line, column, &mut sums);
        }
        put_sums(isa, sums, column, block);
    }
}

/// Multiplies `N` rows by one panel.
#[inline(always)]
fn tile<I: Isa, const N: usize>(
    isa: I,
    left: Rows<'_>,
    first: usize,
    panel: Panel<'_>,
    block: &mut [Line],
) {
    if panel.is_narrow(isa) {
        tile_in_parts::<I, N, 1>(isa, left, first, panel, block);
    } else {
        tile_in_parts::<I, N, 2>(isa, left, first, panel, block);
    }
}

/// As [`tile`], with `PARTS` vectors of sums for each row.
///
/// An array is only kept in registers where every index of it is a constant: loops over rows are
/// written out (what the standard library has for arrays is not always inlined), and the sums leave
/// through memory.
#[inline(always)]
fn tile_in_parts<I: Isa, const N: usize, const PARTS: usize>(
    isa: I,
    left: Rows<'_>,
    first: usize,
    panel: Panel<'_>,
    block: &mut [Line],
) {
    let ops = isa.f32();
    let (whole, rest) = panel.lines.as_chunks::<STEPS>();

    // The last row stands in for those beyond it.
    let mut rows: [(&[[f32; STEPS]], &[f32]); N] = [(&[], &[]); N];
    each_row!(row < N, {
        let numbers = left.row((first + row).min(left.count - 1));
        rows[row] = numbers[..panel.lines.len()].as_chunks();
    });

    for column in (0..panel.columns).step_by(PARTS * ops.len()) {
        let mut sums = [[ops.zero(); PARTS]; N];
        let mut numbers = [0.0; N];
        for (part, lines) in whole.iter().enumerate() {
            let mut steps = [&[0.0; STEPS]; N];
            each_row!(row < N, {
                steps[row] = &rows[row].0[part];
            });
            for (step, line) in lines.iter().enumerate() {
                each_row!(row < N, {
                    numbers[row] = steps[row][step];
                });
                add_input(isa, numbers, line, column, &mut sums);
            }
        }
        for (step, line) in rest.iter().enumerate() {
            each_row!(row < N, {
                numbers[row] = rows[row].1[step];
            });
            add_input(isa, numbers, line, column, &mut sums);
        }
        put_sums(isa, sums, column, block);
    }
}

/// Adds the product of one input of `N` rows and its weights in the `PARTS` vectors of `line` that
/// begin at `column`.
#[inline(always)]
fn add_input<I: Isa, const N: usize, const PARTS: usize>(
    isa: I,
    numbers: [f32; N],
    line: &Line,
    column: usize,
    sums: &mut [[I::F32; PARTS]; N],
) {
    let ops = isa.f32();
    let mut weights = [ops.zero(); PARTS];
    each_row!(part < PARTS, {
        weights[part] = ops.load(&line.0[column + part * ops.len()..]);
    }, 0 1);
    each_row!(row < N, {
        let number = ops.splat(numbers[row]);
        each_row!(part < PARTS, {
            sums[row][part] = ops.mul_add(number, weights[part], sums[row][part]);
        }, 0 1);
    });
}

/// Puts the sums of `N` rows into the `PARTS` vectors of their lines that begin at `column`.
#[inline(always)]
fn put_sums<I: Isa, const N: usize, const PARTS: usize>(
    isa: I,
    sums: [[I::F32; PARTS]; N],
    column: usize,
    block: &mut [Line],
) {
    let ops = isa.f32();

    each_row!(row < N, {
        each_row!(part < PARTS, {
            ops.store(sums[row][part], &mut block[row].0[column + part * ops.len()..]);
        }, 0 1);
    });
}
