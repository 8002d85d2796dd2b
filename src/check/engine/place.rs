//! Where in a run some lists stand.

/// The place of a part of all lists.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Place {
    /// How many lists come before.
    pub(crate) first: usize,
    /// How many there are in all.
    pub(crate) of: usize,
}

impl Place {
    /// Which of the part's lists belong to a sample of at most `most`, evenly spread over all: so
    /// many are left out first, then one of so many is taken.
    pub(crate) fn spread(self, most: usize) -> (usize, usize) {
        let step = self.of.div_ceil(most).max(1);
        let begun = self.first % step;
        ((step - begun) % step, step)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn samples_of_parts_are_the_sample_of_all() {
        for (of, most) in [(1000, 8), (7, 8), (1000, 250), (1, 1), (1001, 250)] {
            let all: Vec<usize> = (0..of).collect();
            let sampled = |first: usize, part: &[usize]| -> Vec<usize> {
                let (skipped, step) = Place { first, of }.spread(most);
                part.iter().copied().skip(skipped).step_by(step).collect()
            };

            let whole = sampled(0, &all);
            assert!(!whole.is_empty() && whole.len() <= most);
            for length in [1, 3, 64, 999] {
                let parts = all.chunks(length).flat_map(|part| sampled(part[0], part));
                assert_eq!(parts.collect::<Vec<usize>>(), whole);
            }
        }
    }
}
