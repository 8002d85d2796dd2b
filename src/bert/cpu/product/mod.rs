//! Products of matrices whose right side is packed once.
//!
//! # Equal results, wherever a row stands
//!
//! Every number of a product is one chain of multiply-adds over the inputs in their order, and
//! then the bias. Which rows and columns are computed together, and in vectors of which
//! width, decides where a chain is computed, never its terms: a row gets the same bits alone
//! and among others.

mod finish;
pub(super) mod line;
pub(super) mod tiles;
pub(super) mod transposed;
mod vector;

use std::ops::Range;

use rten_simd::{Isa, SimdOp};

pub(super) use crate::bert::cpu::product::finish::Finish;
use crate::bert::cpu::product::line::{COLUMNS, Line};
use crate::bert::cpu::product::tiles::{Rows, multiply};
pub(super) use crate::bert::cpu::product::vector::{load, store};

/// A linear map, packed for [`product`].
pub(super) struct PackedMatrix {
    inputs: usize,
    outputs: usize,
    /// Panel by panel, and in a panel input by input; zero beyond the last output.
    lines: Vec<Line>,
    /// By panel; zero beyond the last output.
    bias: Vec<Line>,
}

/// A linear map as it is packed.
pub(super) struct Map {
    /// `[inputs, outputs]`, row by row.
    pub(super) weight: Vec<f32>,
    /// `[outputs]`.
    pub(super) bias: Vec<f32>,
}

impl Map {
    /// The map to some of the outputs alone.
    pub(super) fn columns(&self, outputs: Range<usize>) -> Map {
        let rows = self.weight.chunks_exact(self.bias.len());
        Map {
            weight: rows
                .flat_map(|row| &row[outputs.clone()])
                .copied()
                .collect(),
            bias: self.bias[outputs].to_vec(),
        }
    }
}

impl PackedMatrix {
    /// Packs maps that read the same, at least one input; the outputs lie side by side.
    pub(super) fn new(maps: &[Map]) -> PackedMatrix {
        let outputs = maps.iter().map(|map| map.bias.len()).sum::<usize>();
        let inputs = maps[0].weight.len() / maps[0].bias.len();
        let mut packed = PackedMatrix::zeros(inputs, outputs);
        let mut first = 0;
        for map in maps {
            packed.place(first, map);
            first += map.bias.len();
        }

        packed
    }

    /// Room for maps with so many inputs, at least one, and outputs.
    pub(super) fn zeros(inputs: usize, outputs: usize) -> PackedMatrix {
        let panels = outputs.div_ceil(COLUMNS);
        PackedMatrix {
            inputs,
            outputs,
            lines: vec![Line::ZERO; panels * inputs],
            bias: vec![Line::ZERO; panels],
        }
    }

    /// Packs `map`, whose outputs become those from `first` on.
    pub(super) fn place(&mut self, first: usize, map: &Map) {
        let width = map.bias.len();
        for (input, row) in map.weight.chunks_exact(width).enumerate() {
            let (mut column, mut rest) = (first, row);
            while !rest.is_empty() {
                let start = column % COLUMNS;
                let (part, after) = rest.split_at(rest.len().min(COLUMNS - start));
                let line = &mut self.lines[column / COLUMNS * self.inputs + input];
                line.0[start..start + part.len()].copy_from_slice(part);
                column += part.len();
                rest = after;
            }
        }

        for (column, bias) in (first..).zip(&map.bias) {
            self.bias[column / COLUMNS].0[column % COLUMNS] = *bias;
        }
    }

    /// Packs the transposes of maps that write the same: what reads their outputs, side by side,
    /// and writes their inputs. Biases have no part in it.
    pub(super) fn transposed(maps: &[Map]) -> PackedMatrix {
        let outputs = maps[0].weight.len() / maps[0].bias.len();
        let inputs = maps.iter().map(|map| map.bias.len()).sum::<usize>();
        let panels = outputs.div_ceil(COLUMNS);

        let mut lines = vec![Line::ZERO; panels * inputs];
        for (panel, lines) in lines.chunks_exact_mut(inputs).enumerate() {
            let columns = COLUMNS.min(outputs - panel * COLUMNS);
            let mut first = 0;
            for map in maps {
                let width = map.bias.len();
                let rows = &map.weight[panel * COLUMNS * width..][..columns * width];
                let lines = &mut lines[first..first + width];
                for (input, line) in lines.iter_mut().enumerate() {
                    for (column, place) in line.0.iter_mut().take(columns).enumerate() {
                        *place = rows[column * width + input];
                    }
                }
                first += width;
            }
        }

        PackedMatrix {
            inputs,
            outputs,
            lines,
            bias: vec![Line::ZERO; panels],
        }
    }

    /// How many outputs there are.
    pub(super) fn outputs(&self) -> usize {
        self.outputs
    }
}

/// Packs the numbers `[start, start + width)` of rows of `stride`: a row is a line. Whatever stands
/// beyond them in the last panel.
#[inline(always)]
pub(super) fn pack_rows(
    numbers: &[f32],
    stride: usize,
    start: usize,
    width: usize,
    lines: &mut Vec<Line>,
) {
    let count = numbers.len() / stride;
    lines.resize(width.div_ceil(COLUMNS) * count, Line::ZERO);
    for (row, numbers) in numbers.chunks_exact(stride).enumerate() {
        for (panel, part) in numbers[start..start + width].chunks(COLUMNS).enumerate() {
            lines[panel * count + row].set(part);
        }
    }
}

/// Packs the numbers `[start, start + width)` of rows of `stride`: a row is a column. Whatever
/// stands beyond the last row in its panel.
#[inline(always)]
pub(super) fn pack_columns(
    numbers: &[f32],
    stride: usize,
    start: usize,
    width: usize,
    lines: &mut Vec<Line>,
) {
    let count = numbers.len() / stride;
    lines.resize(count.div_ceil(COLUMNS) * width, Line::ZERO);

    let panels = lines.chunks_exact_mut(width);
    for (panel, rows) in panels.zip(numbers.chunks(COLUMNS * stride)) {
        let mut rows = rows.chunks_exact(stride).map(|row| &row[start..][..width]);
        let mut column = 0;
        // Four rows together: one alone becomes a scatter, which takes several times as long.
        while let Some(first) = rows.next() {
            match [rows.next(), rows.next(), rows.next()] {
                [Some(second), Some(third), Some(fourth)] => {
                    pack_four([first, second, third, fourth], panel, column);
                    column += 4;
                }
                others => {
                    for row in std::iter::once(first).chain(others.into_iter().flatten()) {
                        for (line, number) in panel.iter_mut().zip(row) {
                            line.0[column] = *number;
                        }
                        column += 1;
                    }
                }
            }
        }
    }
}

/// Makes four rows the columns from `column` on of a panel.
#[inline(always)]
fn pack_four([first, second, third, fourth]: [&[f32]; 4], panel: &mut [Line], column: usize) {
    let rows = first.iter().zip(second).zip(third.iter().zip(fourth));
    for (line, ((first, second), (third, fourth))) in panel.iter_mut().zip(rows) {
        line.0[column..column + 4].copy_from_slice(&[*first, *second, *third, *fourth]);
    }
}

/// Maps the rows of `left` `[rows, inputs]` to `out` `[rows, outputs]`.
///
/// # Panics
///
/// When the lengths do not fit together.
pub(super) fn product(left: &[f32], map: &PackedMatrix, finish: Finish<'_>, out: &mut [f32]) {
    let rows = left.len() / map.inputs;
    assert_eq!(left.len(), rows * map.inputs, "whole rows are mapped");
    assert_eq!(out.len(), rows * map.outputs, "every row has a place");

    let operation = Product {
        left: Rows {
            numbers: left,
            stride: map.inputs,
            width: map.inputs,
            count: rows,
        },
        map,
        finish,
        out,
        stride: map.outputs,
    };

    operation.dispatch();
}

/// As [`product`], from rows and to rows that are parts of longer ones: those of `out` start
/// `stride` apart, the first at its start.
pub(super) fn product_of_parts(left: Rows<'_>, map: &PackedMatrix, out: &mut [f32], stride: usize) {
    assert_eq!(left.width, map.inputs, "the parts are mapped whole");

    let operation = Product {
        left,
        map,
        finish: Finish::Keep,
        out,
        stride,
    };
    operation.dispatch();
}

struct Product<'a> {
    left: Rows<'a>,
    map: &'a PackedMatrix,
    finish: Finish<'a>,
    out: &'a mut [f32],
    /// From the start of one row of `out` to that of the next.
    stride: usize,
}

impl SimdOp for Product<'_> {
    type Output = ();

    #[inline(always)]
    fn eval<I: Isa>(self, isa: I) {
        let Product {
            left,
            map,
            finish,
            out,
            stride,
        } = self;

        multiply(
            isa,
            left,
            &map.lines,
            map.outputs,
            #[inline(always)]
            |row, columns, sums| {
                let start = row * stride;
                let places = start + columns.start..start + columns.end;
                let sums = sums.plus(isa, &map.bias[columns.start / COLUMNS]);
                sums.copy_to(&mut out[places.clone()]);
                finish.apply(isa, places, out);
            },
        );
    }
}

#[cfg(test)]
mod tests;
