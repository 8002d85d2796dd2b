//! Reference cases of distributions, proportions, counts and corrections.

use crate::stats::distributions::{normal_ppf, normal_sf, t_ppf, t_sf};
use crate::stats::mcnemar::{mcnemar, mcnemar_clustered};
use crate::stats::multiplicity::{benjamini_hochberg, holm};
use crate::stats::proportions::{clopper_pearson, zero_events_upper};
use crate::stats::reference::Case;
use crate::stats::sign::sign_test;

pub(super) fn distribution(case: &Case) {
    match case.method.as_str() {
        "norm_ppf" => case.check("x", normal_ppf(case.input("p"))),
        "norm_sf" => case.check("p", normal_sf(case.input("z"))),
        "t_sf" => case.check("p", t_sf(case.input("t"), case.input("df"))),
        _ => case.check("x", t_ppf(case.input("p"), case.input("df"))),
    }
}

pub(super) fn sign(case: &Case) {
    let test = sign_test(case.count("n_plus"), case.count("n_minus"));
    case.check("p_two_sided", test.p_two_sided);
    case.check("p_less", test.p_less);
    case.check("p_greater", test.p_greater);
    case.check("p_mid", test.p_mid);
}

pub(super) fn proportion(case: &Case) {
    match case.method.as_str() {
        "clopper_pearson" => case.check_ends(&clopper_pearson(
            case.count("k"),
            case.count("n"),
            case.input("conf"),
        )),
        _ => case.check(
            "hi",
            zero_events_upper(case.count("n"), case.input("alpha")),
        ),
    }
}

pub(super) fn mcnemar_tails(case: &Case) {
    let test = mcnemar(case.count("b"), case.count("c"));
    case.check("p_exact", test.p_exact);
    case.check("p_mid", test.p_mid);
    if case.expects("odds_ratio") {
        case.check_option("odds_ratio", test.odds_ratio);
    }
}

pub(super) fn known_wrong(case: &Case) {
    let p = mcnemar(case.count("b"), case.count("c")).p_exact;
    case.check("p_exact", p);
    let wrong = case.expected("sctk_wrong_p").as_f64().expect("a number");
    assert!(
        (p - wrong).abs() > 0.01,
        "{}: {p} is the value of the faulty tool",
        case.id
    );
}

pub(super) fn clustered_mcnemar(case: &Case) {
    let pairs: Vec<[u64; 2]> = case
        .counts("b_g")
        .into_iter()
        .zip(case.counts("c_g"))
        .map(|(b, c)| [b, c])
        .collect();
    let test = mcnemar_clustered(&pairs).expect("the counts differ");
    case.check("z", test.statistic);
    case.check("chi2", test.statistic * test.statistic);
    case.check("p", test.p_value);
}

pub(super) fn adjusted(case: &Case) {
    let p = case.inputs("p");
    case.check_list("holm", &holm(&p));
    case.check_list("bh", &benjamini_hochberg(&p));
}
