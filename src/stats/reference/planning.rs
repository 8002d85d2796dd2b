//! Reference cases of power and of stopping early.

use crate::stats::betting::{BettingProcess, bernoulli_mixture};
use crate::stats::power::{
    DrawVariance, Sides, gate_clusters, mcnemar_pairs, paired_power_normal, paired_t_pairs,
    paired_t_power,
};
use crate::stats::reference::Case;
use crate::stats::sequential::ConfidenceSequence;

pub(super) fn paired_power(case: &Case) {
    let sides = match case.input["alternative"].as_str() {
        Some("larger") => Sides::One,
        Some("two-sided") => Sides::Two,
        other => panic!("{}: unknown alternative {other:?}", case.id),
    };
    let (d_z, alpha) = (case.input("dz"), case.input("alpha"));

    if case.method == "power_paired_t" {
        case.check("power", paired_t_power(case.input("n"), d_z, alpha, sides));
        case.check(
            "power_normal",
            paired_power_normal(case.input("n"), d_z, alpha, sides),
        );
        return;
    }

    let needed = paired_t_pairs(d_z, alpha, case.input("power"), sides);
    case.check("n_exact", needed.exact);
    case.check("n_normal", needed.normal);
    case.check("n_guenther", needed.guenther);
    check_rounded_up(case, "n_ceil", needed.exact);
}

/// Counts are compared without a tolerance.
#[track_caller]
fn check_rounded_up(case: &Case, key: &str, got: f64) {
    let expected = case.expected(key).as_f64().expect("a number");
    assert!(
        (expected - got.ceil()).abs() < 0.5,
        "{}: {key} is {got}, expected {expected}",
        case.id
    );
}

pub(super) fn discordant_pairs(case: &Case) {
    let needed = mcnemar_pairs(
        case.input("p10"),
        case.input("p01"),
        case.input("alpha"),
        case.input("power"),
    );
    case.check("n", needed);
    check_rounded_up(case, "n_ceil", needed);
}

pub(super) fn clusters_needed(case: &Case) {
    let needed = gate_clusters(
        case.input("sd_u"),
        case.input("mean_clean_errors"),
        case.input("margin"),
        case.input("true_nprr"),
        case.input("alpha"),
        case.input("power"),
    );
    case.check("clusters_normal", needed.normal);

    check_rounded_up(case, "clusters_ceil_with_guenther", needed.corrected);
}

pub(super) fn draws(case: &Case) {
    let variance = DrawVariance {
        between: case.input("var_between"),
        within: case.input("var_within"),
    };
    case.check(
        "k_opt",
        variance.optimal_draws(case.input("cost_utt"), case.input("cost_draw")),
    );
    case.check("var_k1", variance.with_draws(1.0));
    case.check("var_k4", variance.with_draws(4.0));
    case.check("var_inf", variance.with_draws(f64::INFINITY));
}

pub(super) fn confidence_sequence(case: &Case) {
    let sequence = ConfidenceSequence {
        rho: case.input("rho"),
        alpha: case.input("alpha"),
    };
    let (count, deviation) = (case.input("t"), case.input("sd"));
    case.check("radius_two_sided", sequence.radius(count, deviation));
    case.check(
        "radius_one_sided",
        sequence.one_sided_radius(count, deviation),
    );
    case.check(
        "rho_opt_t200",
        ConfidenceSequence::tightest_at(200.0, sequence.alpha).rho,
    );
}

pub(super) fn betting(case: &Case) {
    assert!((case.input("c") - 0.5).abs() < 1e-15, "{}", case.id);

    let mut process = BettingProcess::new(case.input("b"));
    let mut bets = Vec::new();
    let mut wealth = Vec::new();
    for value in case.inputs("u") {
        bets.push(process.bet());
        process.push(value);
        wealth.push(process.wealth());
    }

    case.check_list("lambda", &bets);
    case.check_list("wealth", &wealth);
    let threshold = case
        .expected("decision_threshold")
        .as_f64()
        .expect("a number");
    assert_eq!(
        process.rejects(case.input("alpha")),
        process.wealth() >= threshold,
        "{}",
        case.id
    );

    assert!(
        (process.p_value() - 1.0 / process.wealth()).abs() < 1e-12,
        "{}: the wealth is at its peak",
        case.id
    );
}

pub(super) fn mixture(case: &Case) {
    case.check(
        "e",
        bernoulli_mixture(case.count("s"), case.count("n"), case.input("p0")),
    );
}
