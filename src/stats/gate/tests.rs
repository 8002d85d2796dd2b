//! Gates of clusters that can be checked by hand.

use crate::stats::bootstrap::Resampling;
use crate::stats::clusters::Cluster;
use crate::stats::gate::{Excess, Levels, Margin, gate, joint, lack_changes_alone};
use crate::stats::{ENOUGH_CHANGED, FEWEST_CHANGED, Flag};

const RESAMPLING: Resampling = Resampling {
    replicates: 2_000,
    seed: 4,
};

fn clusters(count: u64, extra: u64) -> Vec<Cluster> {
    let cluster = |g: u64| Cluster {
        reference_words: 300,
        errors_a: 30 + g % 5,
        errors_b: 30 + g % 5 + (g % 3) + extra,
    };
    (0..count).map(cluster).collect()
}

#[test]
fn small_degradation_passes_and_large_fails() {
    let good = gate(&clusters(24, 0), Margin::Relative(0.1), 0.05, &RESAMPLING);
    assert!(good.p_pass() < 1e-3 && good.p_fail() > 0.99, "{good:?}");
    let bad = gate(&clusters(24, 9), Margin::Relative(0.1), 0.05, &RESAMPLING);
    assert!(bad.p_fail() < 1e-3 && bad.p_pass() > 0.99, "{bad:?}");
}

#[test]
fn the_smallest_margin_is_where_the_gate_turns() {
    for kind in [Margin::Relative as fn(f64) -> Margin, Margin::Absolute] {
        let clusters = clusters(24, 1);
        let smallest = gate(&clusters, kind(0.1), 0.05, &RESAMPLING)
            .smallest_margin
            .expect("well determined");
        assert!(gate(&clusters, kind(smallest + 1e-5), 0.05, &RESAMPLING).p_pass() <= 0.05);
        assert!(gate(&clusters, kind(smallest - 1e-4), 0.05, &RESAMPLING).p_pass() > 0.05);
    }
}

#[test]
fn equal_excess_everywhere_is_tested_by_sign_flips() {
    let equal = [Cluster {
        reference_words: 1000,
        errors_a: 100,
        errors_b: 101,
    }; 8];
    let result = gate(&equal, Margin::Relative(0.1), 0.05, &RESAMPLING);
    assert_eq!(result.flags, [Flag::DegenerateVariance]);
    assert!((result.p_pass() - 1.0 / 256.0).abs() < 1e-15 && result.p_fail() >= 1.0);
}

/// Of 59 clusters without a change at most 4.95 % change, of 58 at most 5.03 % (1 - 0.05^(1/n)).
#[test]
fn that_nothing_changed_takes_as_many_clusters_as_the_binomial_bound_says() {
    let unchanged = |count: u64, errors_a: u64| -> Vec<Cluster> {
        let cluster = |g: u64| Cluster {
            reference_words: 80 + g % 7,
            errors_a,
            errors_b: errors_a,
        };
        (0..count).map(cluster).collect()
    };

    let p = |count, errors_a, margin| {
        let result = gate(&unchanged(count, errors_a), margin, 0.05, &RESAMPLING);
        assert_eq!(result.flags, [Flag::NothingChanged]);
        assert!(result.p_fail() >= 1.0);
        result.p_pass()
    };
    assert!(p(58, 9, Margin::Relative(0.05)) > 0.05);
    assert!(p(59, 9, Margin::Relative(0.05)) <= 0.05);
    assert!(p(28, 9, Margin::Relative(0.1)) > 0.05 && p(29, 9, Margin::Relative(0.1)) <= 0.05);

    // Without errors nothing is relative to them, and a cluster that changes may lose every word.
    assert!(p(500, 0, Margin::Relative(0.1)) >= 1.0);
    assert!(p(12, 0, Margin::Absolute(0.5)) < 0.001 && p(12, 0, Margin::Absolute(0.1)) > 0.2);

    // The same of a pair of counts.
    let pairs = |count: usize| Excess::new(vec![[0, 9]; count], 0.05, &RESAMPLING);
    let excess = |count| pairs(count).with_harm(1.0);
    assert!(excess(58).test().p_pass() > 0.05 && excess(59).test().p_pass() <= 0.05);
    assert_eq!(excess(20).unchanged_needed(0.05), Some(59));

    let bound = excess(59).upper_bound(Levels::all(0.05)).unwrap();
    assert!((0.049..0.05).contains(&bound), "{bound}");
    assert_eq!(pairs(20).unchanged_needed(0.05), None);
}

#[test]
fn proportional_clusters_count_as_equal_despite_rounding() {
    let proportional: Vec<Cluster> = (1..9)
        .map(|g| Cluster {
            reference_words: 100,
            errors_a: 10 * g,
            errors_b: 11 * g,
        })
        .collect();
    assert_eq!(
        gate(&proportional, Margin::Relative(0.1), 0.05, &RESAMPLING).flags,
        [Flag::Identical]
    );
}

#[test]
fn without_clean_errors_the_relative_gate_still_fails_what_breaks() {
    let broken: Vec<Cluster> = (0..12)
        .map(|g| Cluster {
            reference_words: 100,
            errors_a: 0,
            errors_b: 5 + g % 3,
        })
        .collect();

    let result = gate(&broken, Margin::Relative(0.1), 0.05, &RESAMPLING);
    assert!(
        result.p_fail_t < 1e-4 && result.p_fail() < 1e-3 && result.smallest_margin.is_none(),
        "{result:?}"
    );
}

#[test]
fn joined_gates_pass_together_and_fail_alone() {
    let relative = gate(&clusters(24, 1), Margin::Relative(0.1), 0.05, &RESAMPLING);
    let absolute = gate(&clusters(24, 1), Margin::Absolute(0.001), 0.05, &RESAMPLING);
    let both = joint(&[relative.clone(), absolute.clone()]);
    assert!((both.p_pass_t - absolute.p_pass_t).abs() < 1e-15);
    assert!((both.p_fail - (2.0 * absolute.p_fail()).min(1.0)).abs() < 1e-15);
    assert!(joint(&[]).p_pass_t >= 1.0);
}

/// One error of one cluster must not make certain what none leaves open.
#[test]
fn one_more_harmed_cluster_never_turns_doubt_into_a_pass() {
    for clusters in [12, 40, 60, 100] {
        for margin in [0.02, 0.05, 0.1] {
            for more in [1, 10, 40, 90] {
                check_more_harm_is_more_doubt(clusters, margin, more);
            }
        }
    }
}

/// Of clusters with 40 errors each, of which none, one, and up to four get so many more.
#[track_caller]
fn check_more_harm_is_more_doubt(clusters: usize, margin: f64, more: i64) {
    let mut pairs = vec![[0, 40]; clusters];
    let mut before = 0.0;
    for harmed in 0..FEWEST_CHANGED {
        let excess = Excess::new(pairs.clone(), margin, &RESAMPLING).with_harm(1.0);
        let gate = excess.test();
        let p = gate.p_pass();
        let case = format!("{harmed} of {clusters} with {more}, {margin}: {p}");
        assert_eq!((gate.changed, gate.harmed), (harmed, harmed), "{case}");
        assert!(p > before - 1e-9, "{case}, {before} before");

        let shown = excess.upper_bound(Levels::all(0.05));
        let passes = shown.is_some_and(|shown| shown <= margin);
        assert_eq!(passes, p <= 0.05, "{case}, {shown:?}");
        before = p;
        pairs[harmed][0] = more;
    }
}

/// Where a harmed cluster has a quarter of its errors more or worse, no verdict passes with more
/// harm than one that does not. As simulated without chance, the bounds at 5 % of 40, 60 and 75
/// clusters fall by a tenth of a point at most.
#[test]
fn no_number_of_harmed_clusters_turns_doubt_into_a_pass() {
    for clusters in [40, 60, 75] {
        for margin in [0.05, 0.1] {
            for more in [10, 40, 90] {
                let passes = |harmed: i64| {
                    let more = |g: i64| if g < harmed { more } else { 0 };
                    let pairs = (0..clusters).map(|g| [more(g), 40]);
                    let excess = Excess::new(pairs.collect(), margin, &RESAMPLING);
                    excess.with_harm(1.0).test().p_pass() <= 0.05
                };
                let doubted = (0..20).find(|&harmed| !passes(harmed)).unwrap_or(20);
                let again = (doubted..20).find(|&harmed| passes(harmed));
                assert_eq!(again, None, "{clusters} {margin} {more}");
            }
        }
    }
}

/// Of 60 clusters with a quarter more errors in five, 2.1 % are measured, and about 7.4 % shown.
#[test]
fn it_is_told_how_many_with_no_more_harm_would_pass() {
    let excess = |clusters: usize| {
        let pairs = (0..clusters).map(|g| [if g < 5 { 10 } else { 0 }, 40]);
        Excess::new(pairs.collect(), 0.05, &RESAMPLING).with_harm(1.0)
    };
    let gate = excess(60).test();
    assert_eq!(gate.flags, [Flag::FewChanged]);
    assert!((0.185..0.21).contains(&gate.p_pass()), "{gate:?}");
    let shown = excess(60).upper_bound(Levels::all(0.05)).unwrap();
    assert!((0.0725..0.0765).contains(&shown), "{shown}");

    let needed = excess(60).unchanged_needed(0.05).expect("a number of them");
    let needed = usize::try_from(needed).unwrap();
    assert!((86..96).contains(&needed), "{needed}");
    assert!(excess(needed).test().p_pass() <= 0.05);
    assert!(excess(needed - 1).test().p_pass() > 0.05);
}

/// A cluster that is helped very much widens the spread of all, which says nothing of harm.
#[test]
fn repairs_turn_no_pass_into_doubt() {
    let excess = |repaired: i64| {
        let change = |g: i64| match g {
            0 => -repaired,
            1..=9 => 4,
            _ => 0,
        };
        let pairs = (0..90).map(|g| [change(g), 48]);
        Excess::new(pairs.collect(), 0.05, &RESAMPLING).with_harm(1.0)
    };

    let bound = |repaired| excess(repaired).upper_bound(Levels::all(0.05)).unwrap();
    let (as_is, shown) = (excess(0).test().p_pass(), bound(0));
    assert!(as_is <= 0.05 && shown <= 0.05, "{as_is} {shown}");
    for repaired in [1, 12, 48, 480] {
        let p = excess(repaired).test().p_pass();
        assert!(p <= as_is && bound(repaired) <= shown, "{repaired}: {p}");
    }
}

/// scipy.stats.binom.cdf(1, 40, 0.05) of one cluster with twice its errors. With five that change
/// the tests of means have a ninth of the say; with thirteen they are asked alone.
#[test]
fn few_changes_are_bounded_as_events() {
    let harmed = |harmed: usize, more: i64| {
        let pairs = (0..40).map(|g| [if g < harmed { more } else { 0 }, 40]);
        Excess::new(pairs.collect(), 0.05, &RESAMPLING)
            .with_harm(1.0)
            .test()
    };

    let few = harmed(1, 1);
    assert_eq!(few.flags, [Flag::FewChanged]);
    assert!(few.p_pass_of_means < 1e-3 && (0.1285..0.14).contains(&few.p_pass()));
    assert!(lack_changes_alone(std::slice::from_ref(&few), 0.05));
    let fifth = harmed(FEWEST_CHANGED, 1);
    assert_eq!(fifth.flags, [Flag::FewChanged]);
    assert!(fifth.p_pass_of_means < 1e-3 && (0.118..0.123).contains(&fifth.p_pass()));
    let enough = harmed(ENOUGH_CHANGED, 1);
    assert!(enough.flags.is_empty() && enough.p_pass() < 1e-3);
    assert!(!lack_changes_alone(&[few, enough.clone()], 1e-9));

    // Of rates likewise: the exceptions of 3 of 20 speakers pass nothing that none would not pass.
    let rates = |exceptions: u64| -> Vec<Cluster> {
        let cluster = |g: u64| Cluster {
            reference_words: 70,
            errors_a: 0,
            errors_b: u64::from(g < exceptions),
        };
        (0..20).map(cluster).collect()
    };
    let p = |exceptions| {
        let gate = gate(
            &rates(exceptions),
            Margin::Absolute(0.05),
            0.05,
            &RESAMPLING,
        );
        assert!(gate.smallest_margin.is_some_and(|margin| margin > 0.13));
        gate.p_pass()
    };
    assert!((p(0) - 0.95_f64.powi(20)).abs() < 1e-12);
    assert!(p(3) > p(0) && p(3) < 0.4);
}

#[test]
fn what_is_shown_at_worst_is_where_failing_turns() {
    let pairs: Vec<[i64; 2]> = (0..30)
        .map(|g| [4 + (g * 7) % 11, 20 + (g * g) % 60])
        .collect();
    let at = |limit: f64| Excess::new(pairs.clone(), limit, &RESAMPLING);
    let bound = at(0.0).lower_bound(0.05).expect("well determined");
    assert!(at(bound - 1e-5).test().p_fail() <= 0.05);
    assert!(at(bound + 1e-3).test().p_fail() > 0.05);
}
