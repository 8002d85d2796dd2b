//! What is made of random bits: a number, an index, a rung of a ladder.
//!
//! Each takes one draw of 64 bits whatever it is asked for, so that no draw shifts the ones after it.

use crate::perturb::replacement::Replacement;

/// Which rung of `ladder` is drawn, from 1: each as often as its weight says.
pub(in crate::perturb) fn rank(bits: u64, ladder: &[Replacement]) -> usize {
    let total: u128 = ladder.iter().map(|rung| u128::from(rung.weight)).sum();
    let mut ticket = (u128::from(bits) * total) >> 64;
    for (index, rung) in ladder.iter().enumerate() {
        let weight = u128::from(rung.weight);
        if ticket < weight {
            return index + 1;
        }
        ticket -= weight;
    }

    ladder.len()
}

/// A number in 0..1 from 53 of the bits: exact, and equal on every machine.
pub(in crate::perturb) fn unit(bits: u64) -> f64 {
    (bits >> 11) as f64 / (1u64 << 53) as f64
}

/// An index below `length`, by multiplication: a bias of less than length / 2^64, and always one draw.
pub(in crate::perturb) fn below(bits: u64, length: usize) -> usize {
    let scaled = (u128::from(bits) * length as u128) >> 64;
    usize::try_from(scaled).expect("it is below the length")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::phonetics::distance::PhoneticDistance;

    #[test]
    fn replacements_of_other_weights_are_drawn_as_often_as_they_say() {
        let rungs = [3, 1].map(|weight| Replacement {
            weight,
            ..Replacement::even("two".to_owned(), PhoneticDistance::ZERO)
        });
        let quarter = 1 << 62;
        let drawn = [0, quarter, 3 * quarter - 1, 3 * quarter, u64::MAX];
        assert_eq!(drawn.map(|bits| rank(bits, &rungs)), [1, 1, 1, 2, 2]);

        // Even weights draw as an even choice does.
        let even = [1; 3].map(|_| Replacement::even("two".to_owned(), PhoneticDistance::ZERO));
        for bits in [0, 1 << 62, 1 << 63, u64::MAX / 3, u64::MAX] {
            assert_eq!(rank(bits, &even), 1 + below(bits, 3));
        }
    }
}
