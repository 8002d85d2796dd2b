//! Paired tests of contenders on the same lists, adjusted within families.
//!
//! Clusters are drawn at random, and so are the seeds of a contender that has several: then a test
//! is [about](About) its strategy.

use crate::check::compare::contender::Roles;
use crate::check::compare::strategy::Strategy;
use crate::check::judge::levels::CONFIDENCE;
use crate::check::judge::sums::ListSums;
use crate::stats::crossed::compare_strategies;
use crate::stats::fieller::Ratio;
use crate::stats::multiplicity::holm;
use crate::stats::random::named_seed;

/// Tests whose probabilities are adjusted together: one question, asked of several contenders.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Family {
    /// The question, such as `clean WER against lora`.
    pub(crate) name: String,
    /// The index of the contender that others are tested against; `None` for the first pass.
    pub(crate) opponent: Option<usize>,
    /// In the order of the contenders, then of the checks.
    pub(crate) tests: Vec<PairedTest>,
}

/// What a paired test is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Measure {
    /// The word error rate on the clean lists.
    Clean,
    /// How much the word error rate of the picks' perturbed texts is above it.
    Text,
    /// How much of that changes of mind added.
    Flip,
}

impl Measure {
    /// The name in reports.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Measure::Clean => "clean",
            Measure::Text => "text",
            Measure::Flip => "flip",
        }
    }
}

/// Whether a test speaks of training strategies or of the rescorers at hand alone.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum About {
    /// Of the rescorers: no side has seeds that a variance could be taken of.
    Rescorers,
    /// Of the strategy of the contender, and of the one rescorer that is its opponent.
    ContenderStrategy,
    /// Of the one rescorer that is the contender, and of the strategy of its opponent.
    OpponentStrategy,
    /// Of the strategies of both; of that of the contender where the opponent is the first pass.
    Strategies,
}

impl About {
    /// `opponent` is `None` for the first pass, which has no seeds to differ in.
    fn new(contender: &Strategy, opponent: Option<&Strategy>) -> About {
        let several = |strategy: &Strategy| strategy.rescorers.len() > 1;
        let opponent = opponent.filter(|opponent| !opponent.is_first_pass);
        match (several(contender), opponent.map(several)) {
            (false, None | Some(false)) => About::Rescorers,
            (true, None | Some(true)) => About::Strategies,
            (true, Some(false)) => About::ContenderStrategy,
            (false, Some(true)) if contender.is_first_pass => About::Strategies,
            (false, Some(true)) => About::OpponentStrategy,
        }
    }
}

/// Two contenders on the same lists.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct PairedTest {
    /// The index of the contender.
    pub(crate) contender: usize,
    /// The check's index; absent on the clean lists.
    pub(crate) check: Option<usize>,
    /// What is compared.
    pub(crate) measure: Measure,
    /// What it speaks of.
    pub(crate) about: About,
    /// Contender minus opponent, in word error rate, with a 95 % interval.
    pub(crate) difference: Ratio,
    /// Clusters in which the contender has more errors, of the kind measured.
    pub(crate) clusters_worse: usize,
    /// Clusters in which it has fewer.
    pub(crate) clusters_better: usize,
    /// Probability, without a difference, of one at least as large: two-sided, over clusters and
    /// seeds (see [`compare_strategies`]).
    pub(crate) p: f64,
    /// The same after Holm's adjustment over the family.
    pub(crate) p_adjusted: f64,
}

/// All tests: clean errors against the first pass and against the reference, and degradation
/// against the reference.
pub(super) fn families(
    strategies: &[Strategy],
    draws: &[usize],
    roles: Roles,
    seed: u64,
) -> Vec<Family> {
    let reference = &strategies[roles.reference];
    let contenders = || strategies.iter().enumerate();
    let others = || contenders().filter(|(index, _)| *index != roles.reference);

    let mut first_pass = Builder::new("clean WER against the first pass".to_owned(), None, seed);
    for (index, strategy) in contenders().filter(|(_, strategy)| !strategy.is_first_pass) {
        first_pass.test(&Subject {
            contender: index,
            check: None,
            measure: Measure::Clean,
            one: strategy.clean(|sums| sums.picked),
            // It is the same for every rescorer.
            other: vec![strategy.clean(|sums| sums.first_pass).swap_remove(0)],
            about: About::new(strategy, None),
            words: strategy.words(),
        });
    }

    let against_reference = |question: &str| {
        let name = format!("{question} against {}", reference.label);
        Builder::new(name, Some(roles.reference), seed)
    };
    let mut clean = against_reference("clean WER");
    let mut degradation = against_reference("degradation");
    for (index, strategy) in others() {
        let subject = |check, measure, draws: usize, of: &dyn Fn(&Strategy) -> Vec<Vec<i64>>| {
            let words = strategy.words();
            Subject {
                contender: index,
                check,
                measure,
                one: of(strategy),
                other: of(reference),
                about: About::new(strategy, Some(reference)),
                words: words.iter().map(|words| draws as f64 * words).collect(),
            }
        };

        clean.test(&subject(None, Measure::Clean, 1, &|strategy| {
            strategy.clean(|sums| sums.picked)
        }));
        for (check, draws) in draws.iter().enumerate() {
            for measure in [Measure::Text, Measure::Flip] {
                let errors = |strategy: &Strategy| extra_errors(strategy, check, measure);
                degradation.test(&subject(Some(check), measure, *draws, &errors));
            }
        }
    }

    [first_pass, clean, degradation]
        .into_iter()
        .filter(|builder| !builder.tests.is_empty())
        .map(Builder::family)
        .collect()
}

/// Errors under a check beyond those that there would be otherwise, by rescorer and cluster.
fn extra_errors(strategy: &Strategy, check: usize, measure: Measure) -> Vec<Vec<i64>> {
    let of: fn(&ListSums) -> i64 = match measure {
        Measure::Clean => |sums| sums.errors.clean,
        Measure::Text => |sums| sums.errors.extra(),
        Measure::Flip => |sums| sums.errors.flip(),
    };
    strategy.check(check, of)
}

/// What a test is made of: errors of either side by rescorer and cluster, and words by cluster.
struct Subject {
    contender: usize,
    check: Option<usize>,
    measure: Measure,
    one: Vec<Vec<i64>>,
    other: Vec<Vec<i64>>,
    about: About,
    words: Vec<f64>,
}

/// A family in the making: probabilities are not adjusted yet.
struct Builder {
    name: String,
    opponent: Option<usize>,
    seed: u64,
    tests: Vec<PairedTest>,
}

impl Builder {
    fn new(name: String, opponent: Option<usize>, seed: u64) -> Builder {
        Builder {
            name,
            opponent,
            seed,
            tests: Vec::new(),
        }
    }

    fn test(&mut self, subject: &Subject) {
        let stream = format!("{}/{}", self.name, self.tests.len());
        let test = compare_strategies(
            &subject.one,
            &subject.other,
            &subject.words,
            CONFIDENCE,
            named_seed(self.seed, &stream),
        );

        // Without a word there is no difference that could be tested.
        if test.difference.ratio.is_nan() {
            return;
        }
        self.tests.push(PairedTest {
            contender: subject.contender,
            check: subject.check,
            measure: subject.measure,
            about: subject.about,
            difference: test.difference,
            clusters_worse: test.clusters_worse,
            clusters_better: test.clusters_better,
            p: test.p,
            p_adjusted: f64::NAN,
        });
    }

    fn family(mut self) -> Family {
        let adjusted = holm(&self.tests.iter().map(|test| test.p).collect::<Vec<f64>>());
        for (test, p) in self.tests.iter_mut().zip(adjusted) {
            test.p_adjusted = p;
        }
        Family {
            name: self.name,
            opponent: self.opponent,
            tests: self.tests,
        }
    }
}
