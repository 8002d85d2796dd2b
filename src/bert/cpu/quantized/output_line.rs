//! `OutputLine`: what turns sums of integers into numbers.

use rten_simd::Isa;
use rten_simd::ops::{BitOps, NumOps, ToFloat};

use crate::bert::cpu::product::line::{COLUMNS, Line};

/// What turns the sums of [`COLUMNS`] outputs into numbers; zeros beyond the last output.
pub(crate) struct OutputLine {
    /// The sum of the weights, by output.
    totals: [i32; COLUMNS],
    /// What a weight of 1 stands for, by output.
    scales: Line,
    bias: Line,
}

impl OutputLine {
    /// The lines of a map, of whose outputs all this is known.
    pub(crate) fn of_all(totals: &[i32], scales: &[f32], bias: &[f32]) -> Vec<OutputLine> {
        let lines = totals.chunks(COLUMNS).zip(scales.chunks(COLUMNS));
        let lines = lines.zip(bias.chunks(COLUMNS));
        let line = |((totals, scales), bias)| {
            let mut line = OutputLine {
                totals: whole(totals),
                scales: Line::ZERO,
                bias: Line::ZERO,
            };
            line.scales.set(scales);
            line.bias.set(bias);
            line
        };
        lines.map(line).collect()
    }

    /// Turns the first `sums` of a row, for which `zero` stands for 0 and a step of 1 for `scale`,
    /// into numbers: as many as `out` has room for, which are no more.
    #[inline(always)]
    pub(crate) fn restore<I: Isa>(
        &self,
        isa: I,
        sums: &[i32],
        by_row: (I::I32, I::F32),
        out: &mut [f32],
    ) {
        if let Some((sums, out)) = sums.as_array().zip(out.as_mut_array()) {
            self.restore_whole(isa, sums, by_row, out);
        } else {
            let mut restored = Line::ZERO;
            self.restore_whole(isa, &whole(sums), by_row, &mut restored.0);
            restored.copy_to(out);
        }
    }

    #[inline(always)]
    fn restore_whole<I: Isa>(
        &self,
        isa: I,
        sums: &[i32; COLUMNS],
        (zero, scale): (I::I32, I::F32),
        out: &mut [f32; COLUMNS],
    ) {
        let (ops, whole) = (isa.f32(), isa.i32());
        for (part, place) in out.chunks_exact_mut(ops.len()).enumerate() {
            let part = part * ops.len();
            let beyond = whole.mul(whole.load(&self.totals[part..]), zero);
            let sums = whole.sub(whole.load(&sums[part..]), beyond);
            let scales = ops.mul(ops.load(&self.scales.0[part..]), scale);
            let bias = ops.load(&self.bias.0[part..]);
            ops.store(ops.mul_add(whole.to_float(sums), scales, bias), place);
        }
    }
}

/// Numbers of a line, with zeros at its end where there are fewer.
fn whole(numbers: &[i32]) -> [i32; COLUMNS] {
    let mut line = [0; COLUMNS];
    line[..numbers.len()].copy_from_slice(numbers);
    line
}
