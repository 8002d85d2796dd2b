//! Strategies: perturbed lists for `proptest!` tests, with a tree that shrinks well.
//!
//! The command line draws by name instead (see [`draw`](mod@crate::perturb::draw)); both draw the
//! same way from a random stream, and shrink by the same [`moves`].

use std::collections::{BTreeSet, VecDeque};
use std::sync::{Arc, OnceLock};

use proptest::strategy::{NewTree, Strategy, ValueTree};
use proptest::test_runner::TestRunner;

use crate::nbest::Utterance;
use crate::perturb::case::Case;
use crate::perturb::draw::draw_edits;
use crate::perturb::edit_kind::Kinds;
use crate::perturb::hypotheses::{Hypotheses, Target};
use crate::perturb::menu::{Menu, Replacements};
use crate::perturb::moves::{Scope, moves};
use crate::perturb::perturbation::{Amount, Perturbation};
use crate::perturb::rules::SwapRules;
use crate::perturb::vocabulary::Vocabulary;
use crate::phonetics::distance::PhoneticDistance;

/// Perturbed versions of `utterance`'s list, as a proptest strategy.
///
/// Starts as perturb-1 with its defaults: one word of the hypothesis that the first
/// pass likes best becomes a common homophone. `lexicon` is a
/// [`Lexicon`](crate::phonetics::lexicon::Lexicon), which is then indexed, or better, where many
/// utterances are tested, one [`Replacements`] for all.
///
/// ```
/// use mondegreen::nbest::{Hypothesis, NBest, Transcript, Utterance};
/// use mondegreen::perturb::strategy::perturbed;
/// use mondegreen::phonetics::lexicon::Lexicon;
/// use proptest::prelude::*;
///
/// let hypothesis = |text, score| Hypothesis {
///     transcript: Transcript::new(text),
///     score,
///     am_score: None,
///     lm_score: None,
/// };
/// let utterance = Utterance {
///     id: "tea-1".to_owned(),
///     speaker: None,
///     reference: Transcript::new("two cups for their tea"),
///     nbest: NBest::new(vec![
///         hypothesis("two cups for their tea", -1.0),
///         hypothesis("two cups to their tea", -2.0),
///     ])?,
///     attributes: Default::default(),
/// };
/// let lexicon = Lexicon::read(
///     &b"two T UW1\ntoo T UW1\nto T UW1\ntheir DH EH1 R\nthere DH EH1 R"[..],
///     "example",
/// )?;
///
/// // Swapping words, which is the default, never changes how many there are.
/// proptest!(|(case in perturbed(&utterance, &lexicon).all_hypotheses())| {
///     for (text, original) in case.texts().iter().zip(case.originals()) {
///         prop_assert_eq!(text.word_count(), original.word_count());
///     }
/// });
///
/// // A shrunk failure is a list of two, with one swap and no word that does not matter.
/// let mut runner = proptest::test_runner::TestRunner::deterministic();
/// let found = runner.run(&perturbed(&utterance, &lexicon).all_hypotheses().rate(1.0), |case| {
///     let says_there = case.texts().iter().any(|text| text.words().any(|word| word == "there"));
///     prop_assert!(!says_there);
///     Ok(())
/// });
/// let Err(proptest::test_runner::TestError::Fail(_, case)) = found else { panic!("{found:?}") };
/// assert_eq!(format!("{case:?}"), r#"["[their -> there]", "their"]"#);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub fn perturbed(utterance: &Utterance, lexicon: impl Into<Replacements>) -> Perturbed {
    Perturbed {
        utterance: utterance.clone(),
        replacements: lexicon.into(),
        perturbation: Perturbation::PERTURB_1,
        rescored_best: 0,
        menu: OnceLock::new(),
    }
}

/// The strategy that [`perturbed`] begins; its methods say what to change.
#[derive(Debug, Clone)]
pub struct Perturbed {
    utterance: Utterance,
    replacements: Replacements,
    perturbation: Perturbation,
    rescored_best: usize,
    /// Made at the first draw; no builder method is called after it on the same value.
    menu: OnceLock<Arc<Menu>>,
}

impl Perturbed {
    /// Changes what `perturbation` says, which may come from a suite.
    ///
    /// [`Target::RescoredBest`] there means the hypothesis that
    /// [`rescored_best`](Perturbed::rescored_best) names, or else the first.
    #[must_use]
    pub fn with(self, perturbation: Perturbation) -> Perturbed {
        self.change(|changed| *changed = perturbation)
    }

    /// Touches the hypothesis that the first pass likes best: perturb-1, the default.
    #[must_use]
    pub fn first_pass_best(self) -> Perturbed {
        self.hypotheses(Hypotheses::One(Target::FirstPassBest))
    }

    /// Touches the hypothesis that the first pass likes least.
    #[must_use]
    pub fn first_pass_worst(self) -> Perturbed {
        self.hypotheses(Hypotheses::One(Target::FirstPassWorst))
    }

    /// Touches the hypothesis at `index`, the rescorer's pick from the unperturbed list.
    ///
    /// # Panics
    /// If the list has no such hypothesis.
    #[must_use]
    pub fn rescored_best(mut self, index: usize) -> Perturbed {
        let length = self.utterance.nbest.len();
        assert!(index < length, "hypothesis {index} of a list of {length}");
        self.rescored_best = index;
        self.hypotheses(Hypotheses::One(Target::RescoredBest))
    }

    /// Touches every hypothesis, each by itself: perturb-N.
    #[must_use]
    pub fn all_hypotheses(self) -> Perturbed {
        self.hypotheses(Hypotheses::All { coherent: false })
    }

    /// Touches every hypothesis with one map from words to words: coherent perturb-N.
    #[must_use]
    pub fn coherent(self) -> Perturbed {
        self.hypotheses(Hypotheses::All { coherent: true })
    }

    /// Swaps `count` words of each touched hypothesis; see [`Amount::Count`].
    #[must_use]
    pub fn count(self, count: usize) -> Perturbed {
        self.change(|perturbation| {
            perturbation.amount = Amount::Count(count);
        })
    }

    /// Swaps each eligible word with probability `rate`; see [`Amount::Rate`].
    ///
    /// # Panics
    /// If `rate` is not in 0..=1.
    #[must_use]
    pub fn rate(self, rate: f64) -> Perturbed {
        assert!(
            (0.0..=1.0).contains(&rate),
            "the rate {rate} is not a probability"
        );
        self.change(|perturbation| {
            perturbation.amount = Amount::Rate(rate);
        })
    }

    /// Lets no replacement sound nearer than `distance`: with a distance above 0, words only nearly alike.
    ///
    /// # Panics
    /// If `distance` is not a [`PhoneticDistance`].
    #[must_use]
    pub fn min_distance(self, distance: f64) -> Perturbed {
        let min_distance = match PhoneticDistance::from_f64(distance) {
            Ok(min_distance) => min_distance,
            Err(error) => panic!("{error}"),
        };
        self.change(|perturbation| {
            perturbation.min_distance = min_distance;
        })
    }

    /// Makes other edits than swaps too, or instead: words cut differently, function words that come and go.
    ///
    /// # Panics
    /// If all weights are 0.
    #[must_use]
    pub fn kinds(self, kinds: Kinds) -> Perturbed {
        assert!(kinds.weights().next().is_some(), "no kind has a weight");
        self.change(|perturbation| {
            perturbation.kinds = kinds;
        })
    }

    /// Lets replacements sound up to `distance` away; 0, the default, is homophones only.
    ///
    /// # Panics
    /// If `distance` is not a [`PhoneticDistance`].
    #[must_use]
    pub fn max_distance(self, distance: f64) -> Perturbed {
        let max_distance = match PhoneticDistance::from_f64(distance) {
            Ok(max_distance) => max_distance,
            Err(error) => panic!("{error}"),
        };
        self.change(|perturbation| {
            perturbation.max_distance = max_distance;
        })
    }

    /// Puts in any word of the lexicon, not only common ones, however rare.
    #[must_use]
    pub fn any_word(self) -> Perturbed {
        self.change(|perturbation| {
            perturbation.vocabulary = Vocabulary::All;
            perturbation.rules.min_frequency = SwapRules::default_frequency(Vocabulary::All);
            perturbation.rules.max_frequency_drop = SwapRules::default_drop(Vocabulary::All);
        })
    }

    /// Keeps to other rules than those of the built-in suites.
    #[must_use]
    pub fn rules(self, rules: SwapRules) -> Perturbed {
        self.change(|perturbation| perturbation.rules = rules)
    }

    fn change(mut self, change: impl FnOnce(&mut Perturbation)) -> Perturbed {
        change(&mut self.perturbation);
        self.menu = OnceLock::new();
        self
    }

    fn hypotheses(self, hypotheses: Hypotheses) -> Perturbed {
        self.change(|perturbation| {
            perturbation.hypotheses = hypotheses;
        })
    }

    fn menu(&self) -> &Arc<Menu> {
        self.menu.get_or_init(|| {
            Arc::new(Menu::new(
                &self.utterance,
                &self.perturbation,
                &self.replacements,
                self.rescored_best,
            ))
        })
    }
}

impl Strategy for Perturbed {
    type Tree = CaseTree;
    type Value = Case;

    /// Never rejects: where nothing can be swapped, the case has no edits.
    fn new_tree(&self, runner: &mut TestRunner) -> NewTree<Perturbed> {
        let case = draw_edits(self.menu(), &self.perturbation, runner.rng());
        Ok(CaseTree::new(case))
    }
}

/// A case on its way to the smallest one that fails.
///
/// Unlike proptest's own trees it does not go back to the failing case after a
/// move that passes, but on to the next move: one test run for each move.
#[derive(Debug, Clone)]
pub struct CaseTree {
    /// The smallest case known to fail.
    failing: Case,
    /// The move that is being tried; `failing` itself where there is none.
    trial: Option<Case>,
    /// The moves after it.
    ahead: VecDeque<Case>,
    passed: BTreeSet<Case>,
}

impl CaseTree {
    /// Starts at `case`.
    pub fn new(case: Case) -> CaseTree {
        CaseTree {
            failing: case,
            trial: None,
            ahead: VecDeque::new(),
            passed: BTreeSet::new(),
        }
    }
}

impl ValueTree for CaseTree {
    type Value = Case;

    fn current(&self) -> Case {
        self.trial.as_ref().unwrap_or(&self.failing).clone()
    }

    /// The current case failed: from here on, its moves.
    fn simplify(&mut self) -> bool {
        if let Some(trial) = self.trial.take() {
            self.failing = trial;
        }
        let moves = moves(&self.failing, Scope::Words).into_iter();
        self.ahead = moves.filter(|case| !self.passed.contains(case)).collect();
        self.trial = self.ahead.pop_front();
        self.trial.is_some()
    }

    /// The current case passed: on to the next move, and after the last one back
    /// to the failing case, which is a change and so answers `true` once.
    fn complicate(&mut self) -> bool {
        let Some(trial) = self.trial.take() else {
            return false;
        };
        self.passed.insert(trial);
        self.trial = self.ahead.pop_front();
        true
    }
}

#[cfg(test)]
mod tests {
    use std::cell::Cell;
    use std::hash::{DefaultHasher, Hash, Hasher};

    use proptest::prelude::*;
    use proptest::strategy::check_strategy_sanity;
    use proptest::test_runner::{Config, TestError};

    use super::*;
    use crate::perturb::draw::{DrawKey, draw_case};
    use crate::perturb::examples::{example, lexicon, speech, utterance};

    fn strategy() -> Perturbed {
        perturbed(&example(), &lexicon())
            .all_hypotheses()
            .rate(0.7)
            .max_distance(0.5)
    }

    #[test]
    fn the_trees_keep_proptests_contract() {
        check_strategy_sanity(perturbed(&example(), &lexicon()), None);
        check_strategy_sanity(strategy().rate(0.3), None);
        check_strategy_sanity(perturbed(&example(), &lexicon()).coherent().count(2), None);
        check_strategy_sanity(strategy().min_distance(0.1), None);
        check_strategy_sanity(mixture(), None);
        check_strategy_sanity(mixture().coherent().rate(0.5), None);
    }

    fn mixture() -> Perturbed {
        let list = utterance(
            "u1",
            "the ice cream is for tea",
            &[
                "the ice cream is for tea",
                "i scream of tea",
                "attacks the tea",
            ],
        );

        let kinds = Kinds {
            swap: 1,
            boundary: 2,
            delete: 1,
            insert: 1,
        };

        perturbed(&list, &speech())
            .all_hypotheses()
            .count(3)
            .max_distance(0.1)
            .kinds(kinds)
    }

    #[test]
    fn a_shrunk_mixture_is_the_one_edit_that_matters() {
        for (word, from, to) in [("scream", "ice cream", "i scream"), ("it", "", "it")] {
            let mut runner = TestRunner::new_with_rng(
                Config {
                    failure_persistence: None,
                    max_shrink_iters: 1_000_000,
                    ..Config::default()
                },
                stream(7),
            );
            let found = runner.run(&mixture(), |case| {
                let first = &case.texts()[0];
                prop_assert!(first.words().all(|other| other != word));
                Ok(())
            });
            let Err(TestError::Fail(_, case)) = found else {
                panic!("{found:?}")
            };
            let [edit] = case.substitutions().try_into().unwrap();
            assert_eq!((edit.from.as_str(), edit.to.as_str()), (from, to));
            assert!(case.texts()[0].word_count() <= 2, "{case:?}");
            assert_eq!(case.kept_hypotheses().len(), 2);
        }
    }

    fn stream(seed: u64) -> proptest::test_runner::TestRng {
        let key = DrawKey {
            suite: "s",
            check: "c",
            seed,
            utterance: "u1",
            draw: 0,
        };
        key.stream()
    }

    #[test]
    fn strategies_and_cases_go_between_threads() {
        fn check<T: Send + Sync>() {}
        check::<Perturbed>();
        check::<Case>();
        check::<CaseTree>();
    }

    #[test]
    fn a_strategy_draws_what_its_stream_says() {
        let key = DrawKey {
            suite: "s",
            check: "c",
            seed: 3,
            utterance: "u1",
            draw: 2,
        };

        let replacements = Replacements::from(&lexicon());
        let drawn = draw_case(&example(), &Perturbation::PERTURB_N, &replacements, 0, &key);
        let mut runner = TestRunner::new_with_rng(Config::default(), key.stream());
        let strategy = perturbed(&example(), &replacements).with(Perturbation::PERTURB_N);

        assert_eq!(strategy.new_tree(&mut runner).unwrap().current(), drawn);
    }

    /// A verdict without rhyme or reason: one case in four passes.
    fn fails(case: &Case, salt: u64) -> bool {
        let mut hasher = DefaultHasher::new();
        (salt, case.texts(), case.originals(), case.reference()).hash(&mut hasher);
        !hasher.finish().is_multiple_of(4)
    }

    /// Takes the first failing move until there is none.
    fn minimize(mut case: Case, salt: u64) -> Case {
        while let Some(smaller) = moves(&case, Scope::Words)
            .into_iter()
            .find(|case| fails(case, salt))
        {
            case = smaller;
        }
        case
    }

    #[test]
    fn proptest_and_a_loop_over_the_moves_end_at_the_same_minimum() {
        let config = Config {
            failure_persistence: None,
            max_shrink_iters: 1_000_000,
            ..Config::default()
        };
        for salt in 0..300 {
            let mut runner = TestRunner::new_with_rng(config.clone(), stream(salt));
            let strategy = if salt % 2 == 0 { strategy() } else { mixture() };
            let tree = strategy.new_tree(&mut runner).unwrap();
            let start = tree.current();
            let calls = Cell::new(0);
            let result = runner.run_one(tree, |case| {
                calls.set(calls.get() + 1);
                prop_assert!(!fails(&case, salt));
                Ok(())
            });
            match result {
                Ok(_) => assert!(!fails(&start, salt)),
                Err(TestError::Fail(_, least)) => {
                    assert_eq!(least, minimize(start, salt));
                    assert!(
                        moves(&least, Scope::Words)
                            .iter()
                            .all(|smaller| !fails(smaller, salt))
                    );
                }
                Err(TestError::Abort(reason)) => panic!("{reason}"),
            }
        }
    }
}
