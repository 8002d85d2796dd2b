//! How likely is it that so much of what changed falls into a part of the data by chance?
//!
//! A standard error that is estimated from a part in which nothing or one thing changed is next to
//! none, and a t test then takes any difference for certain. Here the changes are taken as they
//! are, and only where they fall is random: exact however few there are. Not here: dependence
//! between units of one cluster (`gap`).

use std::collections::BTreeMap;

use crate::stats::gap::Parted;
use crate::stats::proportions::binomial_pmf;

/// Probabilities below this are dropped from the ends of a distribution.
const NEGLIGIBLE: f64 = 1e-40;

/// No p-value is smaller: less is not kept apart from what is dropped.
const SMALLEST: f64 = 1e-30;

/// From so many changes on that chance would put into the smaller side, their sum is as good as
/// normal, and the distribution is not worth its time.
const ENOUGH: f64 = 500.0;

/// The two-sided probability that errors added in the part differ at least as much from its share
/// of all errors added, if each unit that changed fell into it with the probability of its share of
/// the words.
///
/// `None` where changes are so many that they need no exact distribution. `units` gives the same
/// ones each time; each is on one side.
pub(crate) fn chance_share(units: impl Iterator<Item = Parted>) -> Option<f64> {
    let mut words = [0, 0];
    let mut added = 0;
    let mut changes: BTreeMap<i64, u64> = BTreeMap::new();
    for Parted { inside, outside } in units {
        words[0] += inside.reference_words;
        words[1] += outside.reference_words;
        added += inside.extra_errors();
        let extra = inside.extra_errors() + outside.extra_errors();
        if extra != 0 {
            *changes.entry(extra).or_default() += 1;
        }
    }

    let share = words[0] as f64 / (words[0] + words[1]) as f64;
    let all: i64 = changes
        .iter()
        .map(|(extra, count)| extra * signed(*count))
        .sum();
    let distance = (added as f64 - share * all as f64).abs();
    // The rest has what the part lacks, and is as far from its share.
    let smaller = share.min(1.0 - share);
    let count: u64 = changes.values().sum();
    if smaller * count as f64 >= ENOUGH {
        return None;
    }

    let sums = changes
        .iter()
        .fold(Sums::of_nothing(), |sums, (extra, count)| {
            sums.plus(*extra, &Falling::new(*count, smaller))
        });
    Some(sums.as_far_from(smaller * all as f64, distance))
}

fn signed(count: u64) -> i64 {
    i64::try_from(count).expect("there are fewer units than that")
}

/// How many of equal changes fall into the part: the first number, and probabilities from it on.
struct Falling {
    first: i64,
    probabilities: Vec<f64>,
}

impl Falling {
    fn new(count: u64, share: f64) -> Falling {
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "it is between 0 and the count"
        )]
        let mode = (share * count as f64) as u64;
        // On both sides of it probabilities only fall.
        let kept = |number: &u64| binomial_pmf(*number, count, share) >= NEGLIGIBLE;
        let below = (0..mode).rev().take_while(kept).count() as u64;
        let above = (mode..=count).take_while(kept).count() as u64;
        let first = mode - below;

        Falling {
            first: signed(first),
            probabilities: (first..mode + above)
                .map(|number| binomial_pmf(number, count, share))
                .collect(),
        }
    }
}

/// The distribution of a sum of errors: the first sum, and probabilities from it on.
struct Sums {
    first: i64,
    probabilities: Vec<f64>,
}

impl Sums {
    fn of_nothing() -> Sums {
        Sums {
            first: 0,
            probabilities: vec![1.0],
        }
    }

    /// The sum with as many changes by `extra` errors as fall.
    fn plus(&self, extra: i64, falling: &Falling) -> Sums {
        let step = usize::try_from(extra.unsigned_abs()).expect("errors of a list fit the memory");
        let last = falling.probabilities.len() - 1;
        let mut probabilities = vec![0.0; self.probabilities.len() + last * step];
        for (number, p) in falling.probabilities.iter().enumerate() {
            // Changes below zero count downwards from the largest number of them.
            let start = step * if extra > 0 { number } else { last - number };
            let sums = probabilities[start..].iter_mut();
            for (sum, before) in sums.zip(&self.probabilities) {
                *sum += p * before;
            }
        }

        let most = falling.first + signed(last as u64);
        Sums {
            first: self.first + extra * if extra > 0 { falling.first } else { most },
            probabilities,
        }
    }

    /// The probability of a sum at least `distance` from `center`.
    fn as_far_from(&self, center: f64, distance: f64) -> f64 {
        let least = distance - 1e-9 * (1.0 + center.abs());
        let sums = (self.first..).zip(&self.probabilities);
        let far = sums.filter(|(sum, _)| (*sum as f64 - center).abs() >= least);
        far.map(|(_, p)| p).sum::<f64>().clamp(SMALLEST, 1.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::stats::clusters::Cluster;

    /// `extra` errors in so many words, in the part or outside.
    fn unit(is_inside: bool, words: u64, extra: i64) -> Parted {
        let cluster = Cluster {
            reference_words: words,
            errors_a: 10,
            errors_b: u64::try_from(10 + extra).unwrap(),
        };
        if is_inside {
            Parted {
                inside: cluster,
                outside: Cluster::default(),
            }
        } else {
            Parted {
                inside: Cluster::default(),
                outside: cluster,
            }
        }
    }

    fn p(inside: &[i64], outside: &[i64]) -> f64 {
        let units = |is_inside| move |extra: &i64| unit(is_inside, 10, *extra);
        let all = inside
            .iter()
            .map(units(true))
            .chain(outside.iter().map(units(false)));
        chance_share(all).unwrap()
    }

    /// Where one unit in ten is inside, 30 changes elsewhere leave it none with a probability of
    /// 0.9^30, and give it six with scipy.stats.binom(30, 0.1).pmf(6), at a distance of three.
    #[test]
    fn a_part_without_a_change_is_no_certainty() {
        let elsewhere: Vec<i64> = (0..90).map(|index| i64::from(index < 30)).collect();
        let none = p(&[0; 10], &elsewhere);
        // scipy.stats.binom(30, 0.1): cdf(0) + sf(5).
        assert!((none - 0.115_581_27).abs() < 1e-6, "{none}");
        assert!(p(&[0; 10], &[0; 90]) >= 1.0);
    }

    /// By hand: of changes by +2, +2 and -1, each inside with probability 1/4, the sum is 0.75 on
    /// average. At least 2.25 from it are 3 (1/64), 4 (3/64).
    #[test]
    fn changes_of_several_sizes_are_added_up() {
        let far = p(&[2, -1, 2, 0], &[0; 12]);
        assert!((far - 4.0 / 64.0).abs() < 1e-12, "{far}");
    }

    /// Part and rest tell the same: what one has more, the other has less.
    #[test]
    fn the_rest_of_a_part_has_its_probability() {
        let (part, rest) = ([3, 0, 1, 0, 0, -1], [0, 1, 0, 0, 0, 0, 0, -2, 0, 0, 1]);
        assert!((p(&part, &rest) - p(&rest, &part)).abs() < 1e-12);
    }

    #[test]
    fn many_changes_need_no_exact_distribution() {
        let many = vec![1; 600];
        let units = |is_inside| many.iter().map(move |extra| unit(is_inside, 10, *extra));
        assert_eq!(chance_share(units(true).chain(units(false))), None);
    }
}
