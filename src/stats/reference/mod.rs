//! Runs the reference cases of `fixtures/reference/significance_cases.json` through the public
//! functions.
//!
//! The expected values come from mpmath, scipy 1.17.1, statsmodels 0.15.0 and rational arithmetic;
//! each case names its source and its tolerance. Every key a case expects must be looked at.

mod pairs;
mod sums;
mod tails;

use std::cell::RefCell;
use std::collections::BTreeSet;

use serde_json::Value;

use crate::stats::ConfidenceInterval;

const CASES: &str = include_str!(concat!(
    env!("CARGO_MANIFEST_DIR"),
    "/fixtures/reference/significance_cases.json"
));

/// One reference case, and which of its expectations were looked at.
struct Case {
    id: String,
    method: String,
    input: Value,
    expected: Value,
    relative: f64,
    absolute: f64,
    looked_at: RefCell<BTreeSet<String>>,
}

impl Case {
    fn new(case: &Value) -> Case {
        let text = |key: &str| case[key].as_str().expect("a string").to_owned();
        Case {
            id: text("id"),
            method: text("method"),
            input: case["input"].clone(),
            expected: case["expected"].clone(),
            relative: float(&case["tol"]["rel"]),
            absolute: float(&case["tol"]["abs"]),
            looked_at: RefCell::default(),
        }
    }

    fn input(&self, key: &str) -> f64 {
        float(&self.input[key])
    }

    fn count(&self, key: &str) -> u64 {
        self.input[key].as_u64().expect("a count")
    }

    fn inputs(&self, key: &str) -> Vec<f64> {
        floats(&self.input[key])
    }

    /// The input floats as whole numbers, ten times as large: some cases average over draws.
    fn tenfold(&self, key: &str) -> Vec<u64> {
        self.inputs(key)
            .into_iter()
            .map(|value| whole(10.0 * value))
            .collect()
    }

    fn counts(&self, key: &str) -> Vec<u64> {
        self.inputs(key).into_iter().map(whole).collect()
    }

    fn expects(&self, key: &str) -> bool {
        self.expected.get(key).is_some()
    }

    /// The expected value, marked as looked at.
    fn expected(&self, key: &str) -> &Value {
        self.looked_at.borrow_mut().insert(key.to_owned());
        self.expected
            .get(key)
            .unwrap_or_else(|| panic!("{} expects no {key}", self.id))
    }

    #[track_caller]
    fn check(&self, key: &str, got: f64) {
        self.check_value(key, float(self.expected(key)), got);
    }

    #[track_caller]
    fn check_option(&self, key: &str, got: Option<f64>) {
        self.check(key, got.unwrap_or(f64::NAN));
    }

    #[track_caller]
    fn check_count(&self, key: &str, got: usize) {
        assert_eq!(
            self.expected(key).as_u64(),
            Some(got as u64),
            "{}: {key}",
            self.id
        );
    }

    #[track_caller]
    fn check_text(&self, key: &str, got: &str) {
        assert_eq!(self.expected(key).as_str(), Some(got), "{}: {key}", self.id);
    }

    #[track_caller]
    fn check_list(&self, key: &str, got: &[f64]) {
        let expected = floats(self.expected(key));
        assert_eq!(expected.len(), got.len(), "{}: {key}", self.id);
        for (expected, got) in expected.into_iter().zip(got) {
            self.check_value(key, expected, *got);
        }
    }

    #[track_caller]
    fn check_interval(&self, key: &str, got: &ConfidenceInterval) {
        self.check_list(key, &[got.low, got.high]);
    }

    #[track_caller]
    fn check_ends(&self, got: &ConfidenceInterval) {
        self.check("lo", got.low);
        self.check("hi", got.high);
    }

    #[track_caller]
    fn check_value(&self, key: &str, expected: f64, got: f64) {
        let equal = expected.total_cmp(&got).is_eq() || (expected.is_nan() && got.is_nan());
        let close = (got - expected).abs() <= self.absolute + self.relative * expected.abs();
        assert!(
            equal || close,
            "{}: {key} is {got}, expected {expected}",
            self.id
        );
    }

    /// The same case with one of its nested tables as the expectation.
    fn nested(&self, key: &str) -> Case {
        Case {
            id: format!("{} {key}", self.id),
            method: self.method.clone(),
            input: self.input.clone(),
            expected: self.expected(key).clone(),
            relative: self.relative,
            absolute: self.absolute,
            looked_at: RefCell::default(),
        }
    }

    #[track_caller]
    fn check_all_looked_at(&self) {
        let expected: BTreeSet<String> = self
            .expected
            .as_object()
            .expect("a table")
            .keys()
            .cloned()
            .collect();

        assert_eq!(
            expected,
            *self.looked_at.borrow(),
            "{}: expectations were not looked at",
            self.id
        );
    }
}

fn float(value: &Value) -> f64 {
    match value.as_str() {
        Some("NaN") => f64::NAN,
        Some("Inf") => f64::INFINITY,
        Some("-Inf") => f64::NEG_INFINITY,
        Some(other) => panic!("{other} is no number"),
        None => value
            .as_f64()
            .unwrap_or_else(|| panic!("{value} is no number")),
    }
}

fn floats(value: &Value) -> Vec<f64> {
    value
        .as_array()
        .expect("a list")
        .iter()
        .map(float)
        .collect()
}

#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "checked right here"
)]
fn whole(value: f64) -> u64 {
    assert!(
        value >= 0.0 && (value - value.round()).abs() < 1e-9,
        "{value} is no count"
    );
    value.round() as u64
}

fn run(case: &Case) {
    match case.method.as_str() {
        "norm_ppf" | "norm_sf" | "t_sf" | "t_ppf" => tails::distribution(case),
        "sign_test_exact" => tails::sign(case),
        "clopper_pearson" | "cp_one_sided_upper_zero" => tails::proportion(case),
        "mcnemar" => tails::mcnemar_tails(case),
        "mcnemar_exact" => tails::known_wrong(case),
        "mcnemar_clustered" => tails::clustered_mcnemar(case),
        "p_adjust" => tails::adjusted(case),
        "wilcoxon_signed_rank" => pairs::signed_rank(case),
        "paired_t" => pairs::paired(case),
        "paired_t_degenerate" => pairs::degenerate_t(case),
        "sign_flip_exact" => pairs::flips(case),
        "ar_mc_p" => pairs::simulated(case),
        "mapsswe_ops" => pairs::mapsswe_ops(case),
        "mapsswe_corpus" => pairs::mapsswe_corpus(case),
        "bootstrap_wer_exhaustive" => sums::exhaustive(case),
        "bootstrap_wer_given_indices" => sums::given_indices(case),
        "bca_mean_statistical" => sums::simulated_bca(case),
        "nprr_cluster_ci" => sums::nprr_intervals(case),
        "nprr_degenerate" => sums::undefined_nprr(case),
        "wer_cluster_se" => sums::clustered(case),
        other => panic!("{}: unknown method {other}", case.id),
    }

    case.check_all_looked_at();
}

#[test]
fn all_reference_cases_hold_within_their_tolerances() {
    let file: Value = serde_json::from_str(CASES).expect("the reference file is valid JSON");
    let cases = file["cases"].as_array().expect("a list of cases");
    for case in cases {
        run(&Case::new(case));
    }
    assert_eq!(cases.len(), 155);
}
