//! Sums over a row, in the order of terms that does not depend on the processor.

#![expect(
    clippy::inline_always,
    reason = "the instructions of a processor are only used by what is inlined into the dispatched operation"
)]

use crate::bert::cpu::product::COLUMNS;

/// Folds the numbers of a block into one: halves on halves.
#[inline(always)]
pub(super) fn fold(mut block: [f32; COLUMNS], combine: impl Fn(f32, f32) -> f32) -> f32 {
    let mut half = COLUMNS / 2;
    while half > 0 {
        for index in 0..half {
            block[index] = combine(block[index], block[index + half]);
        }
        half /= 2;
    }
    block[0]
}

/// The sum of `term` of every number of `row`.
#[inline(always)]
pub(super) fn sum(row: &[f32], term: impl Fn(f32) -> f32) -> f32 {
    let mut sums = [0.0; COLUMNS];
    let (blocks, rest) = row.as_chunks::<COLUMNS>();
    for block in blocks {
        for (sum, number) in sums.iter_mut().zip(block) {
            *sum += term(*number);
        }
    }
    for (sum, number) in sums.iter_mut().zip(rest) {
        *sum += term(*number);
    }
    fold(sums, |left, right| left + right)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sums_of_any_length_have_every_term_once() {
        for length in [0_u16, 1, 31, 32, 33, 100] {
            let row: Vec<f32> = (0..length).map(f32::from).collect();
            let expected: u16 = (0..length).sum();
            assert_eq!(sum(&row, |number| number), f32::from(expected));
        }
        assert_eq!(sum(&[3.0, 4.0], |number| number * number), 25.0);
    }

    #[test]
    fn a_block_is_folded_with_any_operation() {
        let mut block = [-1.0; COLUMNS];
        block[19] = 7.0;
        assert_eq!(fold(block, f32::max), 7.0);
    }
}
