//! `Moments`: running averages of a parameter's slopes, by number.

use rayon::iter::{IndexedParallelIterator, IntoParallelRefMutIterator, ParallelIterator};
use rayon::slice::ParallelSlice;

/// Numbers that stand together, a page of memory full.
pub(super) const PAGE: usize = 1 << 10;

/// Averages of the slopes of a parameter. Pages of them that are all zero, as those of words that no
/// text has had, take no memory.
#[derive(Debug, Clone, PartialEq)]
pub struct Moments {
    count: usize,
    /// Of [`PAGE`] numbers each, but for the last; `None` where all are zero.
    pages: Vec<Option<Box<[f32]>>>,
}

impl Moments {
    /// So many zeros.
    pub(super) fn zeros(count: usize) -> Moments {
        Moments {
            count,
            pages: vec![None; count.div_ceil(PAGE)],
        }
    }

    /// How many numbers there are.
    pub(super) fn count(&self) -> usize {
        self.count
    }

    /// The numbers, one after the other.
    pub(super) fn numbers(&self) -> Vec<f32> {
        let mut numbers = vec![0.0; self.count];
        for (numbers, page) in numbers.chunks_mut(PAGE).zip(&self.pages) {
            if let Some(page) = page {
                numbers.copy_from_slice(page);
            }
        }
        numbers
    }

    /// The pages, to be changed by several threads.
    pub(super) fn pages_mut(
        &mut self,
    ) -> impl IndexedParallelIterator<Item = &mut Option<Box<[f32]>>> {
        self.pages.par_iter_mut()
    }
}

impl From<&[f32]> for Moments {
    fn from(numbers: &[f32]) -> Moments {
        let pages = numbers.par_chunks(PAGE);
        let pages = pages.map(|page| (!is_zero(page)).then(|| Box::from(page)));

        Moments {
            count: numbers.len(),
            pages: pages.collect(),
        }
    }
}

/// Whether all numbers have the bits of zero.
pub(super) fn is_zero(numbers: &[f32]) -> bool {
    let bits = numbers.iter().map(|number| number.to_bits());
    bits.fold(0, |all, bits| all | bits) == 0
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_pages_with_numbers_take_memory() {
        let mut numbers = vec![0.0; 2 * PAGE + 3];
        numbers[PAGE + 1] = 0.5;
        numbers[2 * PAGE + 2] = -0.0;
        let moments = Moments::from(&*numbers);
        let taken: Vec<bool> = moments.pages.iter().map(Option::is_some).collect();
        assert_eq!(taken, [false, true, true]);

        let bits = |numbers: &[f32]| numbers.iter().map(|x| x.to_bits()).collect::<Vec<_>>();
        assert_eq!(bits(&moments.numbers()), bits(&numbers));
        assert_eq!(moments.count(), numbers.len());
        assert_eq!(
            Moments::from(&*vec![0.0; PAGE + 1]),
            Moments::zeros(PAGE + 1)
        );
    }
}
