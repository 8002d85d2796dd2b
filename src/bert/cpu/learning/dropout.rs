//! Dropout whose random numbers are a function of a name: no state, no order.
//!
//! Whether a number is dropped depends on the seed of the pass, the site in the model, the row and
//! the column alone: threads draw at the same time, and the backward pass draws again what the
//! forward pass drew, so that no mask is kept.

use rten_simd::ops::{BitOps, NumOps};
use rten_simd::{Isa, SimdOp};

use crate::bert::cpu::product::{load, store};
use crate::stats::random::{Stream, named_seed};

/// Dropout at one site of a model in one pass.
#[derive(Debug, Clone, Copy)]
pub(super) struct Drop {
    seed: u64,
    /// Hashes below it drop a number.
    threshold: u32,
    /// What is kept is multiplied by it.
    scale: f32,
}

impl Drop {
    /// Dropout with `probability`, below 1, at the site called `site`; `None` where nothing is
    /// dropped.
    pub(super) fn new(seed: u64, site: &str, probability: f64) -> Option<Drop> {
        if probability <= 0.0 {
            return None;
        }

        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "probabilities are between 0 and 1, and factors are f32"
        )]
        let (threshold, scale) = (
            (probability * f64::from(u32::MAX)) as u32,
            (1.0 / (1.0 - probability)) as f32,
        );

        Some(Drop {
            seed: named_seed(seed, site),
            threshold,
            scale,
        })
    }

    /// What the numbers of row `row` are multiplied by: 0, or a little more than 1.
    #[inline(always)]
    pub(super) fn factors(self, row: usize, factors: &mut [f32]) {
        let bits = Stream::new(self.seed, row as u64).next_bits();
        let [low, high] = [bits & 0xffff_ffff, bits >> 32];
        #[expect(clippy::cast_possible_truncation, reason = "halves of 64 bits")]
        let [low, high] = [low as u32, high as u32];

        let mut counter = low;
        for factor in factors {
            // The mixer of Chris Wellons' hash prospector, with the key's other half in its middle.
            let mut hash = counter;
            hash = (hash ^ (hash >> 16)).wrapping_mul(0x7feb_352d) ^ high;
            hash = (hash ^ (hash >> 15)).wrapping_mul(0x846c_a68b);
            hash ^= hash >> 16;
            *factor = if hash < self.threshold {
                0.0
            } else {
                self.scale
            };
            counter = counter.wrapping_add(0x9e37_79b9);
        }
    }
}

/// Drops numbers of `rows` `[rows, width]`, whose first row is the site's row `first`.
pub(super) fn drop(site: Option<Drop>, first: usize, width: usize, rows: &mut [f32]) {
    if let Some(site) = site {
        let operation = Dropping {
            site,
            first,
            width,
            rows,
        };
        operation.dispatch();
    }
}

struct Dropping<'a> {
    site: Drop,
    first: usize,
    width: usize,
    rows: &'a mut [f32],
}

impl SimdOp for Dropping<'_> {
    type Output = ();

    #[inline(always)]
    fn eval<I: Isa>(self, isa: I) {
        let ops = isa.f32();
        let mut factors = vec![0.0; self.width];
        for (index, row) in self.rows.chunks_exact_mut(self.width).enumerate() {
            self.site.factors(self.first + index, &mut factors);
            for (numbers, factors) in row.chunks_mut(ops.len()).zip(factors.chunks(ops.len())) {
                let product = ops.mul(load(isa, numbers), load(isa, factors));
                store(isa, product, numbers);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_share_that_is_asked_for_is_dropped_and_the_mean_stays() {
        let site = Drop::new(3, "site", 0.1);
        let (rows, width) = (200, 500);
        let mut numbers = vec![1.0; rows * width];
        drop(site, 0, width, &mut numbers);

        let dropped = numbers.iter().filter(|number| **number == 0.0).count() as f64;
        let share = dropped / (rows * width) as f64;

        // The standard deviation is 0.00095.
        assert!((share - 0.1).abs() < 0.005, "{share}");
        let mean = numbers.iter().map(|x| f64::from(*x)).sum::<f64>() / (rows * width) as f64;
        assert!((mean - 1.0).abs() < 0.005, "{mean}");

        // A row and a column are as random as the whole.
        let row = numbers[..width].iter().filter(|x| **x == 0.0).count();
        let column = numbers.iter().step_by(width).filter(|x| **x == 0.0).count();
        assert!((20..90).contains(&row) && (5..40).contains(&column));
    }

    #[test]
    fn a_row_is_dropped_alike_in_any_company_and_differently_elsewhere() {
        let site = Drop::new(3, "site", 0.5);
        let width = 40;
        let mut all = vec![1.0; 5 * width];
        drop(site, 7, width, &mut all);

        let mut one = vec![1.0; width];
        drop(site, 9, width, &mut one);
        assert_eq!(one, all[2 * width..3 * width]);

        let mut other = vec![1.0; width];
        drop(Drop::new(3, "other", 0.5), 9, width, &mut other);
        assert_ne!(one, other);
        assert!(Drop::new(3, "site", 0.0).is_none());
    }
}
