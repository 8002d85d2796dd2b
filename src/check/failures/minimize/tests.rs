//! Tests with predicates instead of rescorers.

use std::cell::Cell;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use proptest::prelude::prop_assert;
use proptest::test_runner::{Config, TestError, TestRunner};
use rayon::iter::{IndexedParallelIterator, IntoParallelRefIterator, ParallelIterator};

use crate::check::examples::{draw, replacements, strong, tea};
use crate::check::failures::minimize::{
    BATCH, CaseToJudge, Judge, MinimizeLimits, MinimizeStatus, minimize,
};
use crate::perturb::case::{Case, Edit};
use crate::perturb::menu::Menu;
use crate::perturb::moves::{Scope, moves};
use crate::perturb::strategy::CaseTree;
use crate::rescore::RescoreError;

const NO_LIMITS: MinimizeLimits<'_> = MinimizeLimits {
    batch: BATCH,
    texts: usize::MAX,
    scope: Scope::Words,
    out_of_time: &|| false,
};

/// Answers by a function of the start and the case.
struct Predicate<P>(P);

impl<P: Fn(usize, &Case) -> bool + Sync> Judge for Predicate<P> {
    type Finding = ();

    fn judge(&self, questions: &[CaseToJudge<'_>]) -> Result<Vec<Option<()>>, RescoreError> {
        Ok(questions
            .par_iter()
            .map(|question| self.0(question.start, question.case).then_some(()))
            .collect())
    }

    fn confirm(&self, question: CaseToJudge<'_>) -> Result<Option<()>, RescoreError> {
        Ok(self.0(question.start, question.case).then_some(()))
    }
}

/// A verdict without rhyme or reason: another one for each start, and not monotone. One case in
/// four passes.
fn hashed(start: usize, case: &Case) -> bool {
    let mut hasher = DefaultHasher::new();
    (start, case.texts(), case.originals(), case.reference()).hash(&mut hasher);
    !hasher.finish().is_multiple_of(4)
}

fn drawn(count: u64) -> Vec<Case> {
    let (utterance, replacements) = (tea(), replacements(""));
    (0..count)
        .map(|seed| draw(&utterance, &replacements, seed))
        .collect()
}

/// What proptest's own runner makes of the case.
fn by_proptest(start: usize, case: &Case) -> Option<Case> {
    let config = Config {
        failure_persistence: None,
        max_shrink_iters: 1_000_000,
        ..Config::default()
    };
    let mut runner = TestRunner::new(config);
    let result = runner.run_one(CaseTree::new(case.clone()), |case| {
        prop_assert!(!hashed(start, &case));
        Ok(())
    });

    match result {
        Ok(_) => None,
        Err(TestError::Fail(_, least)) => Some(least),
        Err(TestError::Abort(reason)) => panic!("{reason}"),
    }
}

#[test]
fn two_thousand_random_predicates_end_where_proptest_ends_and_no_move_fails() {
    let cases = drawn(2000);
    let judge = Predicate(hashed);
    let all = minimize(cases.clone(), &judge, &NO_LIMITS);
    cases
        .par_iter()
        .zip(&all.minima)
        .enumerate()
        .for_each(|(start, (case, minimum))| match by_proptest(start, case) {
            None => assert_eq!(
                (minimum.status, &minimum.case),
                (MinimizeStatus::Flaky, case)
            ),
            Some(least) => {
                assert_eq!(
                    (minimum.status, &minimum.case),
                    (MinimizeStatus::Complete, &least)
                );
                assert!(hashed(start, &least) && least.key() <= case.key());
                assert!(
                    moves(&least, Scope::Words)
                        .iter()
                        .all(|smaller| !hashed(start, smaller))
                );
            }
        });

    let complete = all
        .minima
        .iter()
        .filter(|minimum| minimum.status == MinimizeStatus::Complete)
        .count();
    assert!((1400..1600).contains(&complete), "{complete}");
    for (batch, most_rounds) in [(1, 1000), (2, 500), (32, 60)] {
        let other = minimize(
            cases.clone(),
            &judge,
            &MinimizeLimits { batch, ..NO_LIMITS },
        );
        assert_eq!(other.minima, all.minima);
        assert!(other.rounds < most_rounds, "{batch}: {}", other.rounds);
    }
}

#[test]
fn whole_sentences_are_minimal_among_their_kind_and_keep_every_word() {
    let limits = MinimizeLimits {
        scope: Scope::Sentences,
        ..NO_LIMITS
    };
    let cases = drawn(300);
    let minima = minimize(cases.clone(), &Predicate(hashed), &limits).minima;

    for (start, (minimum, case)) in minima.iter().zip(&cases).enumerate() {
        let least = &minimum.case;
        assert_eq!(least.reference(), case.reference());
        if minimum.status == MinimizeStatus::Complete {
            let smaller = moves(least, Scope::Sentences);
            assert!(smaller.iter().all(|smaller| !hashed(start, smaller)));
        }
    }
}

#[test]
fn neither_threads_nor_the_cases_beside_it_change_a_minimum() {
    let cases = drawn(40);
    let judge = Predicate(hashed);
    let all = minimize(cases.clone(), &judge, &NO_LIMITS).minima;
    for threads in [1, 3] {
        let pool = rayon::ThreadPoolBuilder::new()
            .num_threads(threads)
            .build()
            .unwrap();
        assert_eq!(
            pool.install(|| minimize(cases.clone(), &judge, &NO_LIMITS))
                .minima,
            all
        );
    }

    for (start, case) in cases.into_iter().enumerate() {
        let judge = Predicate(|_: usize, case: &Case| hashed(start, case));
        assert_eq!(
            minimize(vec![case], &judge, &NO_LIMITS).minima[..],
            all[start..=start]
        );
    }
}

/// A case with every site of the list edited, and `count` of the sites, another choice for each
/// seed.
fn planted(count: usize, seed: usize) -> (Case, Vec<usize>) {
    let menu = Arc::new(Menu::new(&tea(), &strong(), &replacements(""), 0));
    let sites = menu.sites().len();
    let edits = (0..sites).map(|site| Edit {
        site,
        rank: menu.sites()[site].ladder.len(),
    });
    let stride = 1 + seed % (sites / 4);
    let chosen = (0..count)
        .map(|index| (seed + index * stride) % sites)
        .collect();

    (Case::new(Arc::clone(&menu), edits.collect()), chosen)
}

#[test]
fn planted_conjunctions_of_one_to_three_edits_end_at_exactly_that_many() {
    for count in 1..=3 {
        let (cases, plants): (Vec<Case>, Vec<Vec<usize>>) =
            (0..100).map(|seed| planted(count, seed)).unzip();
        let judge = Predicate(|start: usize, case: &Case| {
            plants[start]
                .iter()
                .all(|site| case.edits().iter().any(|edit| edit.site == *site))
        });
        let result = minimize(cases, &judge, &NO_LIMITS);
        for minimum in &result.minima {
            assert_eq!(minimum.status, MinimizeStatus::Complete);
            assert_eq!(minimum.case.edits().len(), count);
            // The nearest replacement, for the predicate asks for none in particular.
            assert!(minimum.case.edits().iter().all(|edit| edit.rank == 1));
        }
        let tried: usize = result.minima.iter().map(|minimum| minimum.tried).sum();
        let calls = result.rounds + result.confirmations;
        assert!(
            calls * 100 <= tried * 15,
            "{count}: {calls} calls instead of {tried}"
        );
    }
}

#[test]
fn minimizing_a_minimum_changes_nothing() {
    let judge = Predicate(hashed);
    let once = minimize(drawn(100), &judge, &NO_LIMITS).minima;
    let cases = once.iter().map(|minimum| minimum.case.clone()).collect();
    for (once, twice) in once.iter().zip(minimize(cases, &judge, &NO_LIMITS).minima) {
        assert_eq!((&twice.case, twice.status), (&once.case, once.status));
        if once.status == MinimizeStatus::Complete {
            assert_eq!(twice.tried, 1 + moves(&once.case, Scope::Words).len());
        }
    }
}

#[test]
fn a_case_cut_short_still_fails_and_the_batch_changes_nothing() {
    let judge = Predicate(hashed);
    let full = minimize(drawn(50), &judge, &NO_LIMITS).minima;
    for texts in [0, 8, 10, 12, 16] {
        let limits = MinimizeLimits { texts, ..NO_LIMITS };
        let cut = minimize(drawn(50), &judge, &limits).minima;
        for batch in [1, 32] {
            assert_eq!(
                minimize(drawn(50), &judge, &MinimizeLimits { batch, ..limits }).minima,
                cut
            );
        }
        for (start, (minimum, full)) in cut.iter().zip(&full).enumerate() {
            assert!(minimum.texts <= texts || minimum.tried == 1);
            match minimum.status {
                MinimizeStatus::Budget => {
                    assert!(hashed(start, &minimum.case) && full.texts > texts);
                }
                MinimizeStatus::Complete | MinimizeStatus::Flaky => assert_eq!(minimum, full),
            }
        }
        assert!(
            cut.iter()
                .any(|minimum| minimum.status == MinimizeStatus::Budget)
        );
    }
}

#[test]
fn when_time_is_up_every_case_is_as_small_as_it_got() {
    let judge = Predicate(hashed);
    for rounds in 0..6 {
        let asked = Cell::new(0);
        let out_of_time = || asked.replace(asked.get() + 1) >= rounds;
        let result = minimize(
            drawn(50),
            &judge,
            &MinimizeLimits {
                out_of_time: &out_of_time,
                ..NO_LIMITS
            },
        );
        assert_eq!((result.rounds, result.confirmations), (rounds, 0));
        for (start, minimum) in result.minima.iter().enumerate() {
            assert_ne!(minimum.status, MinimizeStatus::Complete);
            assert_eq!(
                minimum.finding.is_some(),
                rounds > 0 && hashed(start, &minimum.case)
            );
        }
    }
}

/// Fails to answer after some rounds.
struct Breaking(AtomicUsize);

impl Judge for Breaking {
    type Finding = ();

    fn judge(&self, questions: &[CaseToJudge<'_>]) -> Result<Vec<Option<()>>, RescoreError> {
        if self.0.fetch_sub(1, Ordering::Relaxed) == 0 {
            return Err(RescoreError::Interrupted);
        }
        Predicate(hashed).judge(questions)
    }

    fn confirm(&self, question: CaseToJudge<'_>) -> Result<Option<()>, RescoreError> {
        Predicate(hashed).confirm(question)
    }
}

#[test]
fn what_was_known_before_the_judge_gave_up_is_kept() {
    let result = minimize(drawn(50), &Breaking(3.into()), &NO_LIMITS);
    assert!(matches!(result.stopped, Some(RescoreError::Interrupted)));
    assert_eq!((result.rounds, result.confirmations), (4, 0));
    for (start, minimum) in result.minima.iter().enumerate() {
        assert_eq!(minimum.finding.is_some(), hashed(start, &minimum.case));
        assert_ne!(minimum.status, MinimizeStatus::Complete);
    }
}
