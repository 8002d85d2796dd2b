//! Identical strategies are seldom told apart: the table of the guide on statistics, in small.

#[path = "../bench/seeds/population.rs"]
mod population;

use population::{Population, rates};

#[test]
fn identical_strategies_are_told_apart_in_at_most_seven_of_a_hundred_pairs() {
    for seeds in [[3, 3], [5, 5]] {
        for speakers in [20, 40] {
            for uneven in [false, true] {
                let population = Population {
                    seeds,
                    speakers,
                    uneven,
                    apart: 0.0,
                };
                let rates = rates(population, 1_000);
                let found = format!(
                    "{seeds:?} seeds, {speakers} speakers, uneven {uneven}: {:.3} (speakers alone \
                        {:.3}, seeds alone {:.3})",
                    rates.crossed, rates.speakers, rates.welch
                );
                assert!(rates.crossed <= 0.07, "{found}");

                // What each of the two sources of chance alone makes of the same pairs.
                if uneven {
                    assert!(seeds[0] < 5 || rates.welch > 0.07, "{found}");
                } else {
                    assert!(rates.speakers > 0.3, "{found}");
                }
            }
        }
    }
}

#[test]
fn strategies_far_apart_are_told_apart() {
    let population = Population {
        seeds: [5, 5],
        speakers: 40,
        uneven: true,
        apart: 0.02,
    };
    assert!(rates(population, 500).crossed > 0.8);
}
