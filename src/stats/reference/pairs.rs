//! Reference cases of paired differences, and of alignments.

use serde_json::Value;

use crate::stats::Flag;
use crate::stats::mapsswe::{Mapsswe, Segment, mapsswe, segments};
use crate::stats::mcnemar::mcnemar;
use crate::stats::paired_t::one_sample_t;
use crate::stats::reference::Case;
use crate::stats::sign::sign_test;
use crate::stats::signflip::{monte_carlo_p, sign_flip};
use crate::stats::wilcoxon::wilcoxon;

/// Alignments of four synthetic systems, one row per utterance; C, S, D and I as sclite of SCTK
/// aligned them.
const UTTERANCES: &str = include_str!(concat!(
    env!("CARGO_MANIFEST_DIR"),
    "/fixtures/reference/sctk/syn_utts.json"
));

/// What `sc_stats` of SCTK 1.3 printed for the six pairs of these systems, and the correct McNemar
/// p-values.
const SCTK: &str = include_str!(concat!(
    env!("CARGO_MANIFEST_DIR"),
    "/fixtures/reference/sctk/sctk_expected.json"
));

pub(super) fn signed_rank(case: &Case) {
    let test = wilcoxon(&case.inputs("d"));
    case.check("w_plus", test.w_plus);
    case.check("w_minus", test.w_minus);
    case.check_count("n_nonzero", test.nonzero);
    case.check_option("p_exact_two_sided", test.exact);
    case.check("rank_biserial", test.rank_biserial);
    // Where all differences are zero there is nothing to approximate.
    if case.expects("p_asym_cc") {
        case.check("p_asym_cc", test.normal);
    }
}

fn differences(case: &Case) -> Vec<f64> {
    let (first, second) = (case.inputs("x"), case.inputs("y"));
    first.iter().zip(second).map(|(x, y)| x - y).collect()
}

pub(super) fn paired(case: &Case) {
    let test = one_sample_t(&differences(case));
    case.check("mean", test.mean);
    case.check("se", test.standard_error);
    case.check_count("df", test.df);
    case.check_option("t", test.t);
    case.check("p_two_sided", test.p_two_sided);
    case.check("p_greater", test.p_greater);
    case.check("p_less", test.p_less);
    case.check_option("cohen_dz", test.d_z());
    case.check_option("hedges_gz_exactJ", test.g_z());
}

pub(super) fn degenerate_t(case: &Case) {
    let test = one_sample_t(&differences(case));
    case.check("mean", test.mean);
    case.check("se", test.standard_error);
    case.check_option("t", test.t);
    case.check("p_two_sided", test.p_two_sided);
    assert_eq!(test.flags.len(), 1, "{}", case.id);
    case.check_text("verdict_flag", test.flags[0].name());
}

pub(super) fn flips(case: &Case) {
    let differences: Vec<i64> = case.input["d"]
        .as_array()
        .expect("a list")
        .iter()
        .map(|d| d.as_i64().expect("a whole number"))
        .collect();
    let test = sign_flip(&differences, 1);
    assert_eq!(
        case.expected("stat").as_i64(),
        Some(test.statistic),
        "{}",
        case.id
    );
    case.check("p_two_sided", test.p_two_sided);

    case.check("p_greater", test.p_greater);
}

pub(super) fn simulated(case: &Case) {
    let result = monte_carlo_p(case.count("hits"), case.count("R"), 0.99);
    case.check("p", result.p_value);
    case.check_interval("ci99_cp", &result.interval);
}

pub(super) fn mapsswe_ops(case: &Case) {
    assert_eq!(case.count("min_good"), 2, "{}", case.id);
    let text = |value: &Value| value.as_str().expect("a string of operations").to_owned();
    let owned: Vec<(String, String)> = case.input["pairs"]
        .as_array()
        .expect("a list")
        .iter()
        .map(|pair| (text(&pair[0]), text(&pair[1])))
        .collect();
    let pairs: Vec<(&str, &str)> = owned
        .iter()
        .map(|(first, second)| (first.as_str(), second.as_str()))
        .collect();
    let found = segments(&pairs).expect("valid alignments");
    let listed: Vec<Vec<[u32; 2]>> = found
        .iter()
        .map(|segments| {
            segments
                .iter()
                .map(|segment| [segment.first, segment.second])
                .collect()
        })
        .collect();

    assert_eq!(
        *case.expected("segments"),
        serde_json::json!(listed),
        "{}",
        case.id
    );

    let test = mapsswe(&found.concat());
    case.check_count("n", test.segments);
    if case.expects("mean") {
        case.check("mean", test.mean);
    } else {
        assert!(
            test.p_value >= 1.0 && test.flags == [Flag::NoErrors],
            "{}",
            case.id
        );
    }

    if case.expects("z") {
        case.check("sd", test.standard_deviation);
        case.check_option("z", test.z);
        case.check("p", test.p_value);
    }

    if case.expects("flag") {
        let flag = case.expected("flag").as_str().expect("a flag");
        assert!(
            test.flags.iter().any(|found| found.name() == flag),
            "{}",
            case.id
        );
        let wrong = case.expected("z_sctk").as_f64();
        assert_ne!(wrong, test.z, "{}: the z of the faulty tool", case.id);
    }
}

/// The segments of two of the synthetic systems.
fn synthetic_segments(first: &str, second: &str) -> Vec<Segment> {
    let rows: Value = serde_json::from_str(UTTERANCES).expect("the reference file is valid JSON");
    let operations = |system: &str| -> Vec<String> {
        let key = format!("ops_{system}");
        rows.as_array()
            .expect("a list")
            .iter()
            .map(|row| row[&key].as_str().expect("operations").to_owned())
            .collect()
    };

    let (first, second) = (operations(first), operations(second));
    let pairs: Vec<(&str, &str)> = first
        .iter()
        .map(String::as_str)
        .zip(second.iter().map(String::as_str))
        .collect();

    segments(&pairs).expect("valid alignments").concat()
}

pub(super) fn mapsswe_corpus(case: &Case) {
    // The case names alignment files; `UTTERANCES` holds the same alignments as strings of
    // operations.
    let system = |key: &str| {
        let file = case.input[key].as_str().expect("a file name");
        file.strip_prefix("sctk/syn_sys")
            .and_then(|rest| rest.strip_suffix(".sgml"))
            .expect("a known file name")
            .to_owned()
    };

    let test = mapsswe(&synthetic_segments(&system("sys1"), &system("sys2")));
    case.check_count("n", test.segments);
    case.check("mean", test.mean);
    case.check("sd", test.standard_deviation);
    case.check_option("z", test.z);
    case.check("p", test.p_value);
    check_printed(case.expected("sctk_printed"), &test);
}

/// Compares with the three decimals that NIST's tool prints.
#[track_caller]
fn check_printed(printed: &Value, test: &Mapsswe) {
    assert_eq!(printed["n"].as_u64(), Some(test.segments as u64));
    let values = [
        ("mean", test.mean),
        ("sd", test.standard_deviation),
        ("z", test.z.expect("the segments differ")),
    ];

    for (key, got) in values {
        let expected = printed[key].as_f64().expect("a number");
        assert!(
            (got - expected).abs() <= 5.000_1e-4,
            "{key} is {got}, printed {expected}"
        );
    }
}

#[test]
fn the_six_synthetic_pairs_agree_with_sc_stats_where_it_is_right() {
    let pairs: Value = serde_json::from_str(SCTK).expect("the reference file is valid JSON");
    let pairs = pairs.as_object().expect("a table of pairs");
    assert_eq!(pairs.len(), 6);
    for (systems, expected) in pairs {
        let (first, second) = systems.split_at(1);
        check_printed(
            &expected["mapsswe"],
            &mapsswe(&synthetic_segments(first, second)),
        );
        let count = |value: &Value| value.as_u64().expect("a count");
        let table = &expected["mcnemar_sent"];
        let p = mcnemar(
            count(&table["sys1_only_corr"]),
            count(&table["sys2_only_corr"]),
        )
        .p_exact;
        let correct = table["p_exact_correct"].as_f64().expect("a number");
        assert!(
            (p / correct - 1.0).abs() < 1e-9,
            "{systems}: {p}, expected {correct}"
        );
        let speakers = &expected["sign_spk"];
        let signs = sign_test(count(&speakers["n_plus"]), count(&speakers["n_minus"]));
        // The tool deals ties out to both sides, alternately; without ties it must agree.
        if count(&speakers["n_zero"]) == 0 {
            let printed = speakers["p_sctk"].as_f64().expect("a number");
            assert!(
                (signs.p_two_sided - printed).abs() < 1e-3,
                "{systems}: {} printed {printed}",
                signs.p_two_sided
            );
        }
    }
}
