//! The significance of two systems' difference, as JSON; the page for people is
//! [`significance_page`](mod@crate::report::significance_page).

use serde::Serialize;

use crate::check::judge::estimate::{Estimate, finite};
use crate::check::significance::PairedFindings;
use crate::report::flagged_estimate::{FlaggedEstimate, by_name};
use crate::report::json::indented;
use crate::report::significance_notes::{is_bootstrap_degenerate, notes, otherwise};
use crate::stats::{CAUTION_CLUSTERS, ConfidenceInterval, Flag};

/// The version of the JSON's fields.
pub(crate) const FORMAT_VERSION: u32 = 1;

/// Two systems, and what the tests say about them; differences are A minus B.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub(crate) struct SignificanceRecord {
    /// [`FORMAT_VERSION`].
    pub(crate) format_version: u32,
    /// Name and version of the program.
    pub(crate) tool: String,
    /// The first system, as named on the command line.
    pub(crate) a: SystemRecord,
    /// The second system.
    pub(crate) b: SystemRecord,
    /// Utterances.
    pub(crate) utterances: usize,
    /// Words of the references; null where alternatives give the systems different ones.
    pub(crate) reference_words: Option<u64>,
    /// What the independent observations are: `speaker` or `utterance`.
    pub(crate) cluster: String,
    /// How many of them.
    pub(crate) clusters: usize,
    /// By the sign-flip test at `alpha`.
    pub(crate) conclusion: Conclusion,
    /// The two-sided level of the conclusion; all intervals are of the confidence 1 - alpha.
    pub(crate) alpha: f64,
    /// How large the difference is.
    pub(crate) effect: EffectRecord,
    /// The tests, the one to decide by first.
    pub(crate) tests: Vec<TestRecord>,
    /// The seed of the bootstrap.
    pub(crate) seed: u64,
    /// What to know before trusting the figures.
    pub(crate) notes: Vec<String>,
}

/// What can be said of the difference.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Conclusion {
    ABetter,
    BBetter,
    NoDifferenceShown,
    /// Not in one utterance do their errors differ.
    Identical,
}

/// One system.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub(crate) struct SystemRecord {
    /// The file, as named on the command line.
    pub(crate) name: String,
    /// Words of the references, as it reads their alternatives.
    pub(crate) reference_words: u64,
    /// Its errors.
    pub(crate) errors: u64,
    /// Its word error rate, with a t interval over clusters.
    pub(crate) wer: FlaggedEstimate,
}

/// How large the difference is; differences are A minus B.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub(crate) struct EffectRecord {
    /// In word error rate (0.01 is one percentage point), with Fieller's interval over clusters.
    pub(crate) wer_difference: FlaggedEstimate,
    /// Over B's errors, with Fieller's interval.
    pub(crate) relative_difference: FlaggedEstimate,
    /// The difference in word error rate by the paired cluster bootstrap: percentile interval.
    pub(crate) bootstrap_percentile: FlaggedEstimate,
    /// The same, bias-corrected and accelerated.
    pub(crate) bootstrap_bca: FlaggedEstimate,
    /// The share of bootstrap replicates in which B is better, ties counted half. Not a p-value.
    /// Null with one cluster.
    pub(crate) probability_b_better: Option<f64>,
    /// Errors of A beyond those of B, per 1,000 words.
    pub(crate) errors_per_thousand_words: Option<f64>,
    /// Clusters in which A is worse, better, or neither.
    pub(crate) clusters_a_worse: usize,
    /// See above.
    pub(crate) clusters_a_better: usize,
    /// See above.
    pub(crate) clusters_equal: usize,
    /// Hedges' g of the clusters' differences in errors; null without variance.
    pub(crate) hedges_g: Option<f64>,
    /// Rank-biserial correlation of the clusters' differences in word error rate, -1..=1.
    pub(crate) rank_biserial: f64,
    /// Utterances that only A, over those that only B got wholly right; null if undefined.
    pub(crate) odds_ratio: Option<f64>,
}

/// One test.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub(crate) struct TestRecord {
    /// Its name.
    pub(crate) test: &'static str,
    /// What its observations are.
    pub(crate) unit: &'static str,
    /// How many of them enter it.
    pub(crate) pairs: usize,
    /// The statistic, by name.
    pub(crate) statistic: Vec<(&'static str, Option<f64>)>,
    /// Two-sided probability of a difference at least as large without one.
    pub(crate) p: f64,
    /// Which kind of tail `p` is.
    pub(crate) kind: &'static str,
    /// What to know before trusting it.
    #[serde(serialize_with = "by_name")]
    pub(crate) flags: Vec<Flag>,
}

/// What was compared, and how it is told.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Question<'a> {
    /// The names of both systems.
    pub(crate) names: [&'a str; 2],
    /// The two-sided level.
    pub(crate) alpha: f64,
    /// The seed of the bootstrap.
    pub(crate) seed: u64,
}

impl SignificanceRecord {
    /// The record of `found`.
    pub(crate) fn new(question: &Question<'_>, found: &PairedFindings) -> SignificanceRecord {
        let system = |index: usize| SystemRecord {
            name: question.names[index].to_owned(),
            reference_words: found.reference_words[index],
            errors: found.errors[index],
            wer: FlaggedEstimate::wer(&found.wer[index]),
        };
        let [words, other_words] = found.reference_words;
        let p = found.sign_flip.p_two_sided;
        let conclusion = if found.different_utterances == 0 {
            Conclusion::Identical
        } else if p > question.alpha {
            Conclusion::NoDifferenceShown
        } else if found.sign_flip.statistic > 0 {
            Conclusion::BBetter
        } else {
            Conclusion::ABetter
        };

        let (effect, tests) = (effect(found), tests(found));
        let shown = match conclusion {
            Conclusion::ABetter | Conclusion::BBetter => Some(true),
            Conclusion::NoDifferenceShown => Some(false),
            Conclusion::Identical => None,
        };
        let intervals = [
            ("Fieller's interval", &effect.wer_difference),
            ("the percentile interval", &effect.bootstrap_percentile),
            ("the BCa interval", &effect.bootstrap_bca),
        ];
        let by_test = tests
            .iter()
            .map(|test| (test.test, test.p <= question.alpha));
        let otherwise = shown.and_then(|shown| otherwise(shown, intervals, by_test));

        SignificanceRecord {
            format_version: FORMAT_VERSION,
            tool: format!("mondegreen {}", env!("CARGO_PKG_VERSION")),
            a: system(0),
            b: system(1),
            utterances: found.utterances,
            reference_words: (words == other_words).then_some(words),
            cluster: found.unit.name().to_owned(),
            clusters: found.clusters,
            conclusion,
            alpha: question.alpha,
            effect,
            tests,
            seed: question.seed,
            notes: otherwise.into_iter().chain(notes(found)).collect(),
        }
    }

    /// As indented JSON with a final newline.
    pub(crate) fn json(&self) -> String {
        indented(self)
    }
}

/// The bootstrap takes B minus A: turned round here.
fn turned(value: f64, interval: Option<ConfidenceInterval>, confidence: f64) -> Estimate {
    Estimate {
        value: finite(-value),
        low: interval.and_then(|interval| finite(-interval.high)),
        high: interval.and_then(|interval| finite(-interval.low)),
        confidence,
    }
}

fn effect(found: &PairedFindings) -> EffectRecord {
    let difference = FlaggedEstimate::fieller(&found.difference);
    let bootstrap = &found.bootstrap.difference;
    let intervals = bootstrap.intervals.as_ref();
    let confidence = difference.estimate.confidence;
    let turned = |interval| turned(bootstrap.estimate, interval, confidence);
    let of_percentile: Vec<Flag> = bootstrap
        .flags
        .iter()
        .copied()
        .filter(|flag| *flag != Flag::PercentileInsteadOfBca)
        .collect();

    EffectRecord {
        errors_per_thousand_words: difference.estimate.value.map(|value| 1000.0 * value),
        bootstrap_percentile: FlaggedEstimate::new(
            turned(intervals.map(|intervals| intervals.percentile)),
            &of_percentile,
        ),
        bootstrap_bca: FlaggedEstimate::new(
            turned(intervals.map(|intervals| intervals.bca)),
            &bootstrap.flags,
        ),
        wer_difference: difference,
        relative_difference: FlaggedEstimate::fieller(&found.relative),
        probability_b_better: found
            .bootstrap
            .improvement
            .map(|improvement| improvement.probability),
        clusters_a_worse: found.direction.better,
        clusters_a_better: found.direction.worse,
        clusters_equal: found.direction.equal,
        hedges_g: found.t.g_z().and_then(finite),
        rank_biserial: found.wilcoxon.rank_biserial,
        odds_ratio: found.mcnemar.odds_ratio.and_then(finite),
    }
}

fn tests(found: &PairedFindings) -> Vec<TestRecord> {
    let cluster = found.unit.name();
    let flip = &found.sign_flip;
    // Without variance t's own p is 0, a certainty that is not there.
    let (p_of_t, kind_of_t) = if found.t.flags.contains(&Flag::DegenerateVariance) {
        (flip.p_two_sided, "exact")
    } else {
        (found.t.p_two_sided, "t")
    };

    let mut tests = vec![TestRecord {
        test: "sign-flip",
        unit: cluster,
        pairs: flip.pairs,
        statistic: vec![("errors", Some(flip.statistic as f64))],
        p: flip.p_two_sided,
        kind: if flip.simulated.is_some() {
            "simulated"
        } else {
            "exact"
        },
        flags: flip.flags.clone(),
    }];

    tests.push(TestRecord {
        test: "t",
        unit: cluster,
        pairs: found.clusters,
        statistic: vec![("t", found.t.t.and_then(finite))],
        p: p_of_t,
        kind: kind_of_t,
        flags: found.t.flags.clone(),
    });
    if let Some(test) = &found.mapsswe {
        tests.push(TestRecord {
            test: "MAPSSWE",
            unit: "segment",
            pairs: test.segments,
            statistic: vec![
                ("mean", Some(test.mean)),
                ("sd", Some(test.standard_deviation)),
                ("z", test.z.and_then(finite)),
            ],
            p: test.p_value,
            kind: "normal",
            flags: test.flags.clone(),
        });
    }

    if let Some(test) = &found.mapsswe_clustered {
        tests.push(TestRecord {
            test: "MAPSSWE, clustered",
            unit: cluster,
            pairs: test.pairs,
            statistic: vec![("t", finite(test.statistic))],
            p: test.p_value,
            kind: "t",
            flags: Vec::new(),
        });
    }

    tests.push(TestRecord {
        test: "Wilcoxon",
        unit: cluster,
        pairs: found.wilcoxon.nonzero,
        statistic: vec![
            ("W+", Some(found.wilcoxon.w_plus)),
            ("W-", Some(found.wilcoxon.w_minus)),
        ],
        p: found.wilcoxon.p_value(),
        kind: if found.wilcoxon.exact.is_some() {
            "exact"
        } else {
            "normal"
        },
        flags: found.wilcoxon.flags.clone(),
    });
    tests.push(TestRecord {
        test: "sign",
        unit: cluster,
        pairs: usize::try_from(found.sign.positive + found.sign.negative).unwrap_or(usize::MAX),
        statistic: vec![
            ("A worse", Some(found.sign.positive as f64)),
            ("B worse", Some(found.sign.negative as f64)),
        ],
        p: found.sign.p_two_sided,
        kind: "exact",
        flags: Vec::new(),
    });
    tests.extend(mcnemar(found));

    tests.push(bootstrap(found));

    tests
}

/// The bootstrap's p, where there are resamples that differ.
fn bootstrap(found: &PairedFindings) -> TestRecord {
    let bootstrap = &found.bootstrap.difference;
    let mut flags = bootstrap.flags.clone();
    if is_bootstrap_degenerate(found) {
        flags.push(Flag::DegenerateVariance);
    }
    if found.clusters < CAUTION_CLUSTERS {
        flags.push(Flag::FewClusters);
    }

    let (p, kind) = match &found.bootstrap.improvement {
        None => (1.0, "simulated"),
        Some(_) if is_bootstrap_degenerate(found) => (found.sign_flip.p_two_sided, "exact"),
        Some(improvement) => (improvement.p_two_sided, "simulated"),
    };
    TestRecord {
        test: "bootstrap",
        unit: found.unit.name(),
        pairs: found.clusters,
        statistic: vec![("replicates", Some(bootstrap.finite as f64))],
        p,
        kind,
        flags,
    }
}

fn mcnemar(found: &PairedFindings) -> Vec<TestRecord> {
    let test = &found.mcnemar;
    let pairs = usize::try_from(test.only_first + test.only_second).unwrap_or(usize::MAX);
    let table = || {
        vec![
            ("only A right", Some(test.only_first as f64)),
            ("only B right", Some(test.only_second as f64)),
        ]
    };
    let record = |test, p, kind| TestRecord {
        test,
        unit: "utterance",
        pairs,
        statistic: table(),
        p,
        kind,
        flags: Vec::new(),
    };

    let mut tests = vec![
        record("McNemar", test.p_exact, "exact"),
        record("McNemar, mid-p", test.p_mid, "mid-p"),
    ];
    if let Some(clustered) = &found.mcnemar_clustered {
        tests.push(TestRecord {
            test: "McNemar, clustered",
            unit: found.unit.name(),
            pairs: clustered.pairs,
            statistic: vec![("z", finite(clustered.statistic))],
            p: clustered.p_value,
            kind: "normal",
            flags: Vec::new(),
        });
    }

    tests
}
