//! Comparisons of lists whose figures can be checked by hand.

use super::*;
use crate::check::compare::paired::Measure;
use crate::check::engine::run::run;
use crate::check::examples::{Silent, Words, replacements, scored_apart, suite, utterance};
use crate::nbest::Utterance;
use crate::nbest::wer::WordErrors;
use crate::perturb::Perturbation;
use crate::rescore::{Candidates, FirstPass, Interpolation, Oracle, RescoreError, Rescorer};

/// Eight lists by eight speakers, of which the first pass gets every second wrong.
fn lists() -> Vec<Utterance> {
    (0..8)
        .map(|index| {
            let texts = if index % 2 == 0 {
                ["to cups for tea", "two cups for tea"]
            } else {
                ["two cups for tea", "two cups for tee"]
            };
            let mut utterance = utterance(&format!("u{index}"), "two cups for tea", &texts);
            utterance.speaker = Some(format!("s{index}"));
            scored_apart(utterance, index)
        })
        .collect()
}

/// Runs `groups` of rescorers under `perturbation` and hands the comparison on.
fn with_comparison<T>(
    perturbation: Perturbation,
    groups: &[(&str, &[&dyn Rescorer])],
    roles: Roles,
    check: impl FnOnce(Result<Comparison, ComparisonError>) -> T,
) -> T {
    let (utterances, suites) = (lists(), [suite(perturbation)]);
    let replacements = replacements("");
    let plan = Plan {
        utterances: &utterances,
        suites: &suites,
        replacements: &replacements,
        seed: 1,
        draws: None,
    };

    let contender = |(label, rescorers): &(&str, &[&dyn Rescorer])| Contender {
        label: (*label).to_owned(),
        outcomes: rescorers
            .iter()
            .map(|rescorer| run(&plan, *rescorer, &Silent).unwrap())
            .collect(),
        is_first_pass: *label == "first-pass",
    };

    let contenders: Vec<Contender<'_>> = groups.iter().map(contender).collect();
    check(compare(&plan, &contenders, roles))
}

const FIRST: Roles = Roles {
    reference: 0,
    full: None,
};

#[test]
fn the_oracle_removes_every_error_of_the_first_pass() {
    let groups: [(&str, &[&dyn Rescorer]); 2] =
        [("first-pass", &[&FirstPass]), ("oracle", &[&Oracle])];
    with_comparison(Perturbation::PERTURB_1, &groups, FIRST, |comparison| {
        let comparison = comparison.unwrap();
        let [first, oracle] = comparison.contenders.as_slice() else {
            panic!("two contenders")
        };
        // Four of eight lists have one error in four words.
        assert!((first.wer.rate.value.unwrap() - 4.0 / 32.0).abs() < 1e-12);
        assert!(oracle.wer.rate.value.unwrap().abs() < 1e-12);
        assert!((oracle.over_first_pass.pooled.value.unwrap() - 1.0).abs() < 1e-12);
        assert!(first.over_first_pass.pooled.value.unwrap().abs() < 1e-12);
        assert_eq!(comparison.first_pass.errors(), first.wer.errors());
        let names: Vec<&str> = comparison
            .families
            .iter()
            .map(|f| f.name.as_str())
            .collect();
        let expected = [
            "clean WER against the first pass",
            "clean WER against first-pass",
            "degradation against first-pass",
        ];
        assert_eq!(names, expected);
        let test = &comparison.families[0].tests[0];
        assert_eq!((test.contender, test.measure), (1, Measure::Clean));
        assert_eq!((test.clusters_better, test.clusters_worse), (4, 0));
        assert!((test.difference.ratio + 4.0 / 32.0).abs() < 1e-12);
        // All four clusters that differ have the same sign: 2 of 2^4 patterns are as far from zero.
        assert!((test.p - 0.125).abs() < 1e-12);
        assert_eq!(comparison.families[2].tests.len(), 2);
    });
}

#[test]
fn rescorers_of_one_label_are_pooled_and_shown_apart() {
    let (one, other) = (Words::new(3), Words::new(4));
    let groups: [(&str, &[&dyn Rescorer]); 5] = [
        ("words", &[&one, &other, &Oracle]),
        ("first-pass", &[&FirstPass]),
        ("one", &[&one]),
        ("other", &[&other]),
        ("oracle", &[&Oracle]),
    ];

    with_comparison(Perturbation::PERTURB_N, &groups, FIRST, |comparison| {
        let comparison = comparison.unwrap();
        let (words, each) = (&comparison.contenders[0], &comparison.contenders[2..]);
        assert_eq!((words.rescorers, each.len()), (3, 3));
        let rates: Vec<f64> = each.iter().map(|one| one.wer.rate.value.unwrap()).collect();
        let mean = rates.iter().sum::<f64>() / 3.0;
        assert!((words.wer.rate.value.unwrap() - mean).abs() < 1e-12);
        let range = words.wer_range.unwrap();
        let lowest = rates.iter().copied().fold(f64::INFINITY, f64::min);
        let highest = rates.iter().copied().fold(0.0, f64::max);
        assert!((range.min - lowest).abs() < 1e-12 && (range.max - highest).abs() < 1e-12);
        assert!(each.iter().all(|one| one.wer_range.is_none()));

        let check = &words.checks[0];
        let texts = each.iter().map(|one| one.checks[0].wer_text.errors());
        assert_eq!(check.wer_text.errors(), texts.sum::<WordErrors>());
        // Three rescorers read eight lists of four words in three draws.
        assert_eq!(check.wer_text.reference_words, 3 * 8 * 4 * 3);
        // A third of what the three of them do more than the first pass, per word and draw.
        let test = &comparison.families[1].tests[0];
        assert_eq!(test.contender, 1);
        let expected = comparison.contenders[1].wer.rate.value.unwrap() - mean;
        assert!((test.difference.ratio - expected).abs() < 1e-12);
    });
}

#[test]
fn a_contender_pooled_with_itself_is_itself() {
    let roles = Roles {
        reference: 0,
        full: Some(0),
    };
    let groups: [(&str, &[&dyn Rescorer]); 2] = [
        ("once", &[&FirstPass]),
        ("twice", &[&FirstPass, &FirstPass]),
    ];

    with_comparison(Perturbation::PERTURB_N, &groups, roles, |comparison| {
        let comparison = comparison.unwrap();
        let [once, twice] = comparison.contenders.as_slice() else {
            panic!("two contenders")
        };
        let rate = |contender: &ContenderFigures| contender.wer.rate.clone();
        let (once_rate, twice_rate) = (rate(once), rate(twice));
        let ends = |rate: Estimate| [rate.value, rate.low, rate.high].map(Option::unwrap);
        for (one, two) in ends(once_rate).into_iter().zip(ends(twice_rate)) {
            assert!((one - two).abs() < 1e-12);
        }
        let relative = twice.checks[0].nprr_ref.as_ref().unwrap();
        assert!((relative.value.unwrap() - 1.0).abs() < 1e-12);
        assert!(twice.over_full.as_ref().unwrap().value.unwrap().abs() < 1e-12);
        for family in &comparison.families[1..] {
            for test in &family.tests {
                assert!((test.p_adjusted - 1.0).abs() < 1e-12, "{test:?}");
            }
        }
    });
}

#[test]
fn a_perturbation_of_the_rescorers_pick_is_not_compared() {
    use crate::perturb::{Hypotheses, Target};

    let perturbation = Perturbation {
        hypotheses: Hypotheses::One(Target::RescoredBest),
        ..Perturbation::PERTURB_1
    };
    let groups: [(&str, &[&dyn Rescorer]); 2] =
        [("first-pass", &[&FirstPass]), ("oracle", &[&Oracle])];
    let error = with_comparison(perturbation, &groups, FIRST, |comparison| {
        comparison.unwrap_err()
    });
    let expected = "oracle was not tested on the same perturbed lists as first-pass in s / c";

    assert!(error.to_string().starts_with(expected), "{error}");
}

#[test]
fn harm_is_shown_by_the_tests_of_the_table_alone() {
    struct Worst;
    impl Rescorer for Worst {
        fn score(&self, lists: &[Candidates<'_>]) -> Result<Vec<Vec<f64>>, RescoreError> {
            let scores = lists.iter().map(|list| {
                let texts = list.texts.iter();
                texts
                    .map(|text| {
                        if *text == "two cups for tea" {
                            0.0
                        } else {
                            9.0
                        }
                    })
                    .collect()
            });
            Ok(scores.collect())
        }

        fn interpolation(&self) -> Interpolation {
            Interpolation {
                first_pass_scale: 0.0,
                weight: 1.0,
            }
        }

        fn name(&self) -> &'static str {
            "worst"
        }
    }

    let groups: [(&str, &[&dyn Rescorer]); 3] = [
        ("first-pass", &[&FirstPass]),
        ("worst", &[&Worst]),
        ("oracle", &[&Oracle]),
    ];
    with_comparison(Perturbation::PERTURB_1, &groups, FIRST, |comparison| {
        let mut comparison = comparison.unwrap();
        // Four of eight lists get one error more: 2 of 2^4 sign patterns, for two contenders.
        let test = &comparison.families[0].tests[0];
        assert_eq!((test.contender, test.clusters_worse), (1, 4));
        assert!((test.p_adjusted - 0.25).abs() < 1e-12);

        // Eight speakers show nothing; with more of them, what the table says decides.
        assert_eq!(comparison.harmful(0.5), []);
        comparison.clustering.count = 12;
        assert_eq!(comparison.harmful(0.2), []);
        let expected = Harmful {
            label: "worst".to_owned(),
            extra_errors: 4,
            p: comparison.families[0].tests[0].p_adjusted,
        };
        assert_eq!(comparison.harmful(0.5), [expected]);
    });
}
