//! How far swaps move the scores of references, and the line that this follows.

use std::collections::BTreeMap;
use std::io;

use crate::check::properties::preference::band;
use crate::files::Column;

/// The share of moves that the reported bound holds for.
pub(super) const BOUND: f64 = 0.99;

/// The bytes of a move.
const BYTES: usize = 12;

/// How far scores moved, and for what, in the order of the trials. Medians and the line need all of
/// them, so that they wait on the disk where there are many.
#[derive(Default)]
pub(super) struct Moves {
    /// Distances in thousandths, and sizes.
    all: Column<BYTES>,
    /// How many there are in each band of distances.
    pub(super) bands: BTreeMap<u32, usize>,
}

impl Moves {
    /// Takes in a move of a score by `size`, for words at a distance in thousandths.
    pub(super) fn add(&mut self, distance: u32, size: f64) -> io::Result<()> {
        *self.bands.entry(band(distance)).or_default() += 1;
        self.all.push(pack(distance, size))
    }

    /// Those of a band of distances, with this `spread` as the unit.
    pub(super) fn of_band(&self, of: u32, spread: f64) -> io::Result<Vec<f64>> {
        let count = self.bands.get(&of).copied().unwrap_or(0);
        let mut moves = Vec::with_capacity(count);
        self.each(|distance, size| {
            if band(distance) == of {
                moves.push(size / spread);
            }
        })?;
        Ok(moves)
    }

    fn each(&self, mut take: impl FnMut(u32, f64)) -> io::Result<()> {
        self.all.each(|bytes| {
            let (distance, size) = unpack(bytes);
            take(distance, size);
        })
    }

    /// The sum of something of distances, in units, and sizes.
    fn sum(&self, of: impl Fn(f64, f64) -> f64) -> io::Result<f64> {
        let mut sum = 0.0;
        self.each(|distance, size| sum += of(in_units(distance), size))?;
        Ok(sum)
    }
}

fn in_units(distance: u32) -> f64 {
    f64::from(distance) / 1000.0
}

fn pack(distance: u32, size: f64) -> [u8; BYTES] {
    let mut bytes = [0; BYTES];
    bytes[..4].copy_from_slice(&distance.to_le_bytes());
    bytes[4..].copy_from_slice(&size.to_le_bytes());
    bytes
}

fn unpack(bytes: [u8; BYTES]) -> (u32, f64) {
    let [a, b, c, d, size @ ..] = bytes;
    (u32::from_le_bytes([a, b, c, d]), f64::from_le_bytes(size))
}

/// Moves as a line over distances, by least squares, that does not fall.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Line {
    pub(super) at_zero: f64,
    /// For each unit of distance.
    pub(super) slope: f64,
    /// The smallest start for which the line with this slope is above [`BOUND`] of the points.
    pub(super) bound: f64,
}

impl Line {
    /// `None` without a move.
    pub(super) fn fit(moves: &Moves) -> io::Result<Option<Line>> {
        let number: usize = moves.bands.values().sum();
        if number == 0 {
            return Ok(None);
        }

        let count = number as f64;
        let mean_x = moves.sum(|x, _| x)? / count;
        let mean_y = moves.sum(|_, y| y)? / count;
        let squares = moves.sum(|x, _| (x - mean_x).powi(2))?;
        let products = moves.sum(|x, y| (x - mean_x) * (y - mean_y))?;
        let slope = if squares > 0.0 {
            (products / squares).max(0.0)
        } else {
            0.0
        };
        let mut starts = Vec::with_capacity(number);
        moves.each(|distance, size| starts.push(size - slope * in_units(distance)))?;
        starts.sort_unstable_by(f64::total_cmp);

        // The nearest rank: the smallest value that is no less than 99 % of all.
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "a share of a count is between 0 and the count"
        )]
        let rank = (BOUND * count).ceil() as usize;

        Ok(Some(Line {
            at_zero: mean_y - slope * mean_x,
            slope,
            bound: starts[rank.clamp(1, starts.len()) - 1],
        }))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::check::properties::preference::band_in_words;

    fn moves(points: &[(u32, f64)]) -> Moves {
        let mut moves = Moves::default();
        for (distance, size) in points {
            moves.add(*distance, *size).unwrap();
        }
        moves
    }

    #[test]
    fn the_line_is_that_of_least_squares() {
        // numpy 2.4.6, polyfit([0, 0.1, 0.2, 0.4], [1, 1.4, 1.2, 2], 1): [2.28571429, 1.].
        let points = moves(&[(0, 1.0), (100, 1.4), (200, 1.2), (400, 2.0)]);
        let line = Line::fit(&points).unwrap().unwrap();
        assert!(
            (line.slope - 16.0 / 7.0).abs() < 1e-12 && (line.at_zero - 1.0).abs() < 1e-12,
            "{line:?}"
        );

        // The largest of what is left of four points: 1.4 - 0.228571.
        assert!((line.bound - 1.171_428_571).abs() < 1e-9);
    }

    #[test]
    fn moves_that_fall_with_distance_are_bounded_by_a_level_line() {
        let falling = moves(&[(0, 2.0), (1000, 1.0)]);
        let line = Line::fit(&falling).unwrap().unwrap();
        assert_eq!((line.slope, line.at_zero, line.bound), (0.0, 1.5, 2.0));
        assert_eq!(Line::fit(&moves(&[])).unwrap(), None);
    }

    #[test]
    fn a_band_has_the_moves_of_its_distances() {
        let moves = moves(&[(0, 1.0), (300, 2.0), (100, 4.0), (0, 3.0)]);
        let bands: Vec<u32> = moves.bands.keys().copied().collect();
        assert_eq!(bands, [0, 1, 3]);
        assert_eq!(moves.of_band(0, 2.0).unwrap(), [0.5, 1.5]);
        assert_eq!(moves.of_band(3, 1.0).unwrap(), [2.0]);
        assert_eq!(moves.of_band(2, 1.0).unwrap(), [0.0; 0]);

        let names = [0, 1, 3].map(band_in_words);
        assert_eq!(names[0], "of homophones");
        assert_eq!(names[2], "at a distance above 0.2 up to 0.3");
    }
}
