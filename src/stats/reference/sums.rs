//! Reference cases of sums over clusters: ratios, word error rates, the bootstrap.

use crate::stats::Flag;
use crate::stats::bootstrap::{
    BootstrapSummary, Resampling, acceleration, cluster, improvement, resample, rows,
    summarize_metric,
};
use crate::stats::clustered_wer::{Unit, clustered_wer};
use crate::stats::clusters::{Cluster, signed, total};
use crate::stats::fieller::{Fieller, nprr};
use crate::stats::gate::{Excess, Margin, gate};
use crate::stats::reference::Case;

const RESAMPLING: Resampling = Resampling {
    replicates: 2_000,
    seed: 1,
};

fn bootstrap_clusters(case: &Case) -> Vec<Cluster> {
    let (clean, perturbed) = (case.counts("errors_clean"), case.counts("errors_pert"));
    let cluster = |(g, reference_words)| Cluster {
        reference_words,
        errors_a: clean[g],
        errors_b: perturbed[g],
    };

    case.counts("n_words")
        .into_iter()
        .enumerate()
        .map(cluster)
        .collect()
}

/// All tuples of `count` indices below `count`.
fn all_resamples(count: usize) -> Vec<Vec<usize>> {
    let mut tuples = vec![Vec::new()];
    for _ in 0..count {
        tuples = tuples
            .iter()
            .flat_map(|tuple| (0..count).map(|index| [tuple.as_slice(), &[index]].concat()))
            .collect();
    }
    tuples
}

pub(super) fn exhaustive(case: &Case) {
    bootstrap(case, &all_resamples(case.inputs("n_words").len()));
}

pub(super) fn given_indices(case: &Case) {
    let list = |value: &serde_json::Value| value.as_array().expect("a list").clone();
    let index = |value: &serde_json::Value| {
        usize::try_from(value.as_u64().expect("an index")).expect("a small index")
    };
    let resamples: Vec<Vec<usize>> = list(&case.input["indices"])
        .iter()
        .map(|tuple| list(tuple).iter().map(index).collect())
        .collect();

    bootstrap(case, &resamples);
}

/// A figure of summed counts.
type Metric = fn(&Cluster) -> f64;

fn plus(sums: [i64; 3], row: [i64; 3]) -> [i64; 3] {
    std::array::from_fn(|column| sums[column] + row[column])
}

fn bootstrap(case: &Case, resamples: &[Vec<usize>]) {
    let clusters = bootstrap_clusters(case);
    let rows = rows(&clusters);
    let replicates: Vec<[i64; 3]> = resamples
        .iter()
        .map(|indices| indices.iter().map(|&index| rows[index]).fold([0; 3], plus))
        .collect();
    let metrics: [(&str, Metric); 4] = [
        ("wer_clean", Cluster::clean_wer),
        ("wer_pert", |sums| {
            sums.errors_b as f64 / sums.reference_words as f64
        }),
        ("diff", Cluster::wer_difference),
        ("nprr", |sums| {
            sums.errors_b as f64 / sums.errors_a as f64 - 1.0
        }),
    ];

    for (key, metric) in metrics {
        let nested = case.nested(key);
        if key == "diff" {
            let values: Vec<f64> = replicates
                .iter()
                .map(|sums| metric(&cluster(sums)))
                .collect();
            let improvement = improvement(metric(&total(&clusters)), &values);
            nested.check("poi_half", improvement.probability);
            nested.check("p_two_sided_centred", improvement.p_two_sided);
        }
        check_summary(
            &nested,
            &summarize_metric(&rows, &replicates, |sums| metric(&cluster(sums)), 0.95),
        );
        nested.check_all_looked_at();
    }
}

fn check_summary(case: &Case, summary: &BootstrapSummary) {
    case.check("theta", summary.estimate);
    if case.expects("n_nonfinite") {
        case.check_count("n_nonfinite", summary.non_finite);
        return;
    }

    assert_eq!(summary.non_finite, 0, "{}", case.id);
    let intervals = summary
        .intervals
        .as_ref()
        .expect("every replicate is finite");
    let count = summary.finite as f64;
    case.check("boot_mean", summary.mean);
    case.check("boot_se", summary.standard_error);
    case.check(
        "boot_se_pop",
        summary.standard_error * ((count - 1.0) / count).sqrt(),
    );
    case.check_interval("pct95", &intervals.percentile);
    case.check_interval("bca95", &intervals.bca);
}

pub(super) fn simulated_bca(case: &Case) {
    // A mean is a word error rate with the same number of words everywhere.
    let values = case.tenfold("x");
    let clusters: Vec<Cluster> = values
        .iter()
        .map(|&value| Cluster {
            reference_words: 10,
            errors_a: value,
            errors_b: value,
        })
        .collect();

    let replicates = usize::try_from(case.count("B")).expect("a small number");
    let resampling = Resampling {
        replicates,
        seed: 20,
    };
    let rows = rows(&clusters);
    let replicates = resample(&rows, &resampling);
    let summary = summarize_metric(&rows, &replicates, |sums| cluster(sums).clean_wer(), 0.95);
    let intervals = summary.intervals.expect("every replicate is finite");
    case.check_interval("bca95", &intervals.bca);
    case.check("boot_se_exact", summary.standard_error);

    let expected = case.expected("accel").as_f64().expect("a number");
    // The jackknife of a mean skews as the values themselves do.
    let floats = case.inputs("x");
    let rest: Vec<f64> = floats
        .iter()
        .map(|value| (floats.iter().sum::<f64>() - value) / (floats.len() as f64 - 1.0))
        .collect();

    assert!((acceleration(&rest).expect("the values differ") - expected).abs() < 1e-12);
}

fn ratio_clusters(case: &Case) -> Vec<Cluster> {
    let clean = case.tenfold("clean_errors_per_cluster");

    let perturbed = case.tenfold("pert_errors_per_cluster");
    let cluster = |(errors_a, errors_b)| Cluster {
        reference_words: 1_000,
        errors_a,
        errors_b,
    };
    clean.into_iter().zip(perturbed).map(cluster).collect()
}

pub(super) fn nprr_intervals(case: &Case) {
    let clusters = ratio_clusters(case);
    let confidence = case.input("conf");

    let ratio = nprr(&clusters, confidence);
    case.check("nprr", ratio.ratio);
    case.check("se_delta", ratio.standard_error);
    case.check("df", ratio.df);
    case.check_interval("delta_t", &ratio.delta);
    case.check_interval(
        "log_delta_t",
        &ratio.log_delta.expect("the ratio is positive"),
    );
    case.check("fieller_g", ratio.g);

    let fieller = case.nested("fieller");
    match ratio.fieller {
        Fieller::Bounded(interval) => {
            fieller.check_text("kind", "bounded");
            fieller.check_ends(&interval);
            // Duality: at its upper end the gate is exactly at the level of the interval's tail.
            let tail = 0.5 * (1.0 - confidence);
            let at_end = gate(
                &clusters,
                Margin::Relative(interval.high),
                tail,
                &RESAMPLING,
            );
            assert!((at_end.p_pass_t - tail).abs() < 1e-9, "{}", case.id);
            let smallest = at_end.smallest_margin_t.expect("bounded");
            assert!((smallest - interval.high).abs() < 1e-9, "{}", case.id);
        }
        Fieller::Complement { .. } => fieller.check_text("kind", "complement"),
        Fieller::WholeLine => fieller.check_text("kind", "whole_line"),
    }
    fieller.check_all_looked_at();

    let pair = |cluster: &Cluster| [cluster.errors_b, cluster.errors_a].map(signed);
    let pairs = clusters.iter().map(pair).collect();
    let result = Excess::new(pairs, 1.0 + case.input("margin"), &RESAMPLING).test();
    case.check("ni_t", result.t);
    case.check("ni_p_pass", result.p_pass_t);
    case.check("ni_p_fail", result.p_fail_t);
}

pub(super) fn undefined_nprr(case: &Case) {
    let clusters = ratio_clusters(case);
    let ratio = nprr(&clusters, 0.9);
    case.check("nprr", ratio.ratio);
    assert_eq!(ratio.flags, [Flag::UndefinedRatio]);
    case.check_text("flag", ratio.flags[0].name());
    case.check_text("fallback", "absolute_wer_difference");
    let fallback = gate(&clusters, Margin::Absolute(0.1), 0.05, &RESAMPLING);
    assert!(fallback.t.is_finite() && fallback.p_pass_t > 0.0 && fallback.p_pass_t < 1.0);
}

pub(super) fn clustered(case: &Case) {
    let (labels, errors) = (case.counts("cluster"), case.counts("errors"));
    let unit = |(i, reference_words)| Unit {
        cluster: usize::try_from(labels[i]).expect("a small label"),
        errors: errors[i],
        reference_words,
    };
    let units: Vec<Unit> = case
        .counts("n_words")
        .into_iter()
        .enumerate()
        .map(unit)
        .collect();
    let wer = clustered_wer(&units, 0.95);
    case.check("wer", wer.wer);
    case.check("se_cluster", wer.standard_error);

    case.check_interval("ci95_t", &wer.interval);
}
