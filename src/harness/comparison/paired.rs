//! Paired tests of contenders on the same lists: exact sign flips over clusters, adjusted within families.

use crate::harness::comparison::Roles;
use crate::harness::comparison::pooled::Pooled;
use crate::harness::figures::CONFIDENCE;
use crate::harness::sums::ErrorSums;
use crate::stats::multiplicity::holm;
use crate::stats::random::named_seed;
use crate::stats::ratio::{Ratio, ratio_of_sums};
use crate::stats::signflip::sign_flip;

/// Tests whose probabilities are adjusted together: one question, asked of several contenders.
#[derive(Debug, Clone, PartialEq)]
pub struct Family {
    /// The question, such as `clean WER against lora`.
    pub name: String,
    /// In the order of the contenders, then of the checks.
    pub tests: Vec<PairedTest>,
}

/// What a paired test is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Measure {
    /// The word error rate on the clean lists.
    Clean,
    /// How much the word error rate of the picks' perturbed texts is above it.
    Text,
    /// How much of that changes of mind added.
    Flip,
}

impl Measure {
    /// The name in reports.
    pub fn name(self) -> &'static str {
        match self {
            Measure::Clean => "clean",
            Measure::Text => "text",
            Measure::Flip => "flip",
        }
    }
}

/// Two contenders on the same lists.
#[derive(Debug, Clone, PartialEq)]
pub struct PairedTest {
    /// The index of the contender.
    pub contender: usize,
    /// The check's index; absent on the clean lists.
    pub check: Option<usize>,
    /// What is compared.
    pub measure: Measure,
    /// Contender minus opponent, in word error rate, with a 95 % interval.
    pub difference: Ratio,
    /// Clusters in which the contender has more errors, of the kind measured.
    pub clusters_worse: usize,
    /// Clusters in which it has fewer.
    pub clusters_better: usize,
    /// Probability, without a difference, of one at least as large: two-sided, by flipping the signs of whole clusters.
    pub p: f64,
    /// The same after Holm's adjustment over the family.
    pub p_adjusted: f64,
}

/// All tests: clean errors against the first pass and against the reference, and degradation against the reference.
pub(super) fn families(pools: &[Pooled<'_>], roles: Roles, seed: u64) -> Vec<Family> {
    let reference = &pools[roles.reference];
    let contenders = || pools.iter().enumerate();
    let others = || contenders().filter(|(index, _)| *index != roles.reference);

    let mut first_pass = Builder::new("clean WER against the first pass".to_owned(), seed);
    for (index, pool) in contenders().filter(|(_, pool)| !pool.is_first_pass) {
        let first = per_cluster(&pool.first_pass_errors());
        let difference = zip_map(&per_cluster(&pool.clean_errors()), &first, |a, b| a - b);
        first_pass.test(&Subject {
            contender: index,
            check: None,
            measure: Measure::Clean,
            difference,
            words: pool.words(),
        });
    }

    let mut clean = Builder::new(format!("clean WER against {}", reference.label), seed);
    let mut degradation = Builder::new(format!("degradation against {}", reference.label), seed);
    for (index, pool) in others() {
        let subject = |check, measure, errors: &dyn Fn(&Pooled<'_>) -> Vec<f64>, draws: usize| {
            // Means over rescorers, on a common denominator: the test wants integers.
            let (ours, theirs) = (per_cluster(&errors(pool)), per_cluster(&errors(reference)));
            let (n, m) = (whole(pool.rescorers), whole(reference.rescorers));
            let scale = (draws * reference.rescorers) as f64;
            Subject {
                contender: index,
                check,
                measure,
                difference: zip_map(&ours, &theirs, |a, b| a * m - b * n),
                words: pool.words().iter().map(|words| scale * words).collect(),
            }
        };
        clean.test(&subject(
            None,
            Measure::Clean,
            &|pool| pool.clean_errors(),
            1,
        ));
        for (check, outcome) in pool.checks.iter().enumerate() {
            for measure in [Measure::Text, Measure::Flip] {
                let errors = |pool: &Pooled<'_>| extra_errors(pool, check, measure);
                degradation.test(&subject(Some(check), measure, &errors, outcome.draws));
            }
        }
    }

    [first_pass, clean, degradation]
        .into_iter()
        .filter(|builder| !builder.tests.is_empty())
        .map(Builder::family)
        .collect()
}

/// Errors under a check beyond those that there would be otherwise, by cluster.
fn extra_errors(pool: &Pooled<'_>, check: usize, measure: Measure) -> Vec<f64> {
    let of: fn(&ErrorSums) -> i64 = match measure {
        Measure::Clean => |sums| sums.clean,
        Measure::Text => ErrorSums::extra,
        Measure::Flip => ErrorSums::flip,
    };
    let sums = pool.sums(check);
    sums.iter().map(|sums| of(sums) as f64).collect()
}

/// What a test is made of: differences in errors and words, both by cluster.
struct Subject {
    contender: usize,
    check: Option<usize>,
    measure: Measure,
    difference: Vec<i64>,
    words: Vec<f64>,
}

/// A family in the making: probabilities are not adjusted yet.
struct Builder {
    name: String,
    seed: u64,
    tests: Vec<PairedTest>,
}

impl Builder {
    fn new(name: String, seed: u64) -> Builder {
        Builder {
            name,
            seed,
            tests: Vec::new(),
        }
    }

    fn test(&mut self, subject: &Subject) {
        let stream = format!("{}/{}", self.name, self.tests.len());
        let flips = sign_flip(&subject.difference, named_seed(self.seed, &stream));
        let count = |sign: i64| {
            let signs = subject.difference.iter().map(|d| d.signum());
            signs.filter(|found| *found == sign).count()
        };
        let numerators: Vec<f64> = subject.difference.iter().map(|d| *d as f64).collect();

        self.tests.push(PairedTest {
            contender: subject.contender,
            check: subject.check,
            measure: subject.measure,
            difference: ratio_of_sums(&numerators, &subject.words, CONFIDENCE),
            clusters_worse: count(1),
            clusters_better: count(-1),
            p: flips.p_two_sided,
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
            tests: self.tests,
        }
    }
}

#[expect(
    clippy::cast_possible_truncation,
    reason = "sums of counts are whole and far below 2^53"
)]
fn per_cluster(sums: &[f64]) -> Vec<i64> {
    sums.iter().map(|sum| *sum as i64).collect()
}

fn whole(count: usize) -> i64 {
    i64::try_from(count).expect("rescorers fit into memory")
}

fn zip_map(a: &[i64], b: &[i64], f: impl Fn(i64, i64) -> i64) -> Vec<i64> {
    a.iter().zip(b).map(|(a, b)| f(*a, *b)).collect()
}
