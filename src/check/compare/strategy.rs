//! The counts of one contender, by rescorer and cluster: what its figures and tests are made of.
//!
//! Rescorers of a contender are seeds of one training strategy. A figure of the contender is of the errors summed over them, so that a
//! word error rate is the mean of theirs; its interval takes clusters as drawn at random, and seeds too where there are several (see
//! [`crossed`](mod@crate::stats::crossed)).

use crate::check::compare::Contender;
use crate::check::engine::outcome::CheckOutcome;
use crate::check::engine::trial::{Rescored, Trial};
use crate::check::judge::clustering::Clustering;
use crate::check::judge::figures::{CONFIDENCE, Figures, GATE_CONFIDENCE, WerFigure};
use crate::check::judge::sums::ErrorSums;
use crate::nbest::wer::WordErrors;
use crate::stats::crossed::{Seed, crossed_ratio};
use crate::stats::fieller::Ratio;

/// A contender as counts.
#[derive(Debug, Clone)]
pub(crate) struct Strategy {
    /// What it is called.
    pub(crate) label: String,
    /// Whether it is the first pass itself.
    pub(crate) is_first_pass: bool,
    /// One per rescorer; at least one.
    pub(crate) rescorers: Vec<Tally>,
}

/// The counts of one rescorer.
#[derive(Debug, Clone)]
pub(crate) struct Tally {
    /// The clean lists, by cluster.
    pub(crate) clean: Vec<CleanSums>,
    /// The lists of each check, by cluster.
    pub(crate) checks: Vec<Vec<CheckSums>>,
}

/// Errors on the clean lists.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct CleanSums {
    /// Words of the references.
    pub(crate) words: i64,
    /// Of the picks.
    pub(crate) picked: i64,
    /// Of the first pass's favourites.
    pub(crate) first_pass: i64,
}

/// What happened under a check.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct CheckSums {
    /// Errors.
    pub(crate) errors: ErrorSums,
    /// Those of the lists in which a word was swapped.
    touched: ErrorSums,
    /// Lists.
    lists: i64,
    /// Lists whose pick changed.
    flips: i64,
    /// To a worse one.
    harmful: i64,
    /// To a better one.
    helpful: i64,
}

impl Strategy {
    /// Counts the outcomes of `contender`.
    pub(crate) fn new(clustering: &Clustering, contender: &Contender<'_>) -> Strategy {
        Strategy {
            label: contender.label.clone(),
            is_first_pass: contender.is_first_pass,
            rescorers: contender
                .outcomes
                .iter()
                .map(|outcome| Tally {
                    clean: clean_sums(clustering, &outcome.clean),
                    checks: outcome
                        .checks
                        .iter()
                        .map(|check| check_sums(clustering, &outcome.clean, check))
                        .collect(),
                })
                .collect(),
        }
    }

    /// Each rescorer by itself.
    pub(crate) fn apart(&self) -> Vec<Strategy> {
        let alone = |tally: &Tally| Strategy {
            label: self.label.clone(),
            is_first_pass: self.is_first_pass,
            rescorers: vec![tally.clone()],
        };
        self.rescorers.iter().map(alone).collect()
    }

    /// Words of the references, by cluster.
    pub(crate) fn words(&self) -> Vec<f64> {
        let clean = self.rescorers[0].clean.iter();
        clean.map(|sums| sums.words as f64).collect()
    }

    /// What `of` says of every rescorer and cluster of the clean lists.
    pub(crate) fn clean(&self, of: fn(&CleanSums) -> i64) -> Vec<Vec<i64>> {
        let rescorers = self.rescorers.iter();
        rescorers
            .map(|tally| tally.clean.iter().map(of).collect())
            .collect()
    }

    /// What `of` says of every rescorer and cluster of the check at `index`.
    pub(crate) fn check(&self, index: usize, of: fn(&CheckSums) -> i64) -> Vec<Vec<i64>> {
        let rescorers = self.rescorers.iter();
        rescorers
            .map(|tally| tally.checks[index].iter().map(of).collect())
            .collect()
    }

    /// One sum over another on the clean lists, with a 95 % interval.
    pub(crate) fn clean_ratio(
        &self,
        of: fn(&CleanSums) -> i64,
        over: fn(&CleanSums) -> i64,
    ) -> Ratio {
        crossed_ratio(&[cells(&self.clean(of), &self.clean(over))], CONFIDENCE)
    }

    /// One sum over another under the check at `index`.
    fn check_ratio(
        &self,
        index: usize,
        of: fn(&CheckSums) -> i64,
        over: fn(&CheckSums) -> i64,
        confidence: f64,
    ) -> Ratio {
        let cells = cells(&self.check(index, of), &self.check(index, over));
        crossed_ratio(&[cells], confidence)
    }

    /// The figures over all rescorers under the check at `index`, given those of `each`.
    pub(crate) fn figures(&self, index: usize, each: &[Figures]) -> PooledFigures {
        let of_clean = |of| self.check_ratio(index, of, |sums| sums.errors.clean, GATE_CONFIDENCE);
        let of_touched =
            |of| self.check_ratio(index, of, |sums| sums.touched.clean, GATE_CONFIDENCE);
        let share = |of| self.check_ratio(index, of, |sums| sums.lists, CONFIDENCE);
        let wer = |of, errors: fn(&Figures) -> WordErrors| WerFigure {
            errors: each.iter().map(errors).sum(),
            rate: self.check_ratio(index, of, |sums| sums.errors.words, CONFIDENCE),
        };

        // The lists of which it is a mean are the same for all rescorers.
        let taus: Option<Vec<f64>> = each.iter().map(|figures| figures.kendall_tau).collect();
        let mean = |taus: Vec<f64>| taus.iter().sum::<f64>() / taus.len() as f64;

        PooledFigures {
            text: wer(|sums| sums.errors.text, |figures| figures.text.errors),
            kept: wer(|sums| sums.errors.kept, |figures| figures.kept.errors),
            rel: of_clean(|sums| sums.errors.extra()),
            injected: of_clean(|sums| sums.errors.injected()),
            flip: of_clean(|sums| sums.errors.flip()),
            pass: self.check_ratio(
                index,
                |sums| sums.errors.extra(),
                |sums| sums.errors.first_text - sums.errors.first_clean,
                GATE_CONFIDENCE,
            ),
            gain: self.check_ratio(
                index,
                |sums| sums.errors.gain_perturbed(),
                |sums| sums.errors.words,
                GATE_CONFIDENCE,
            ),
            flips: share(|sums| sums.flips),
            harmful: share(|sums| sums.harmful),
            helpful: share(|sums| sums.helpful),
            touched_rel: of_touched(|sums| sums.touched.extra()),
            touched_flip: of_touched(|sums| sums.touched.flip()),
            kendall_tau: taus.map(mean),
        }
    }
}

/// The figures of a contender under one check, over all its rescorers.
#[derive(Debug, Clone, PartialEq)]
pub struct PooledFigures {
    /// The perturbed text of the picks under perturbation, with a 95 % interval.
    pub text: WerFigure,
    /// The perturbed text of the clean picks, with a 95 % interval.
    pub kept: WerFigure,
    /// `(WER_text - WER_clean) / WER_clean`, with a 90 % interval, like the following five.
    pub rel: Ratio,
    /// `(WER_kept - WER_clean) / WER_clean`.
    pub injected: Ratio,
    /// `(WER_text - WER_kept) / WER_clean`.
    pub flip: Ratio,
    /// `(WER_text - WER_clean)` over the same of the first pass alone.
    pub pass: Ratio,
    /// The word error rate of the first pass minus that of the picks, on the perturbed lists.
    pub gain: Ratio,
    /// Share of lists whose pick changes, with a 95 % interval, like the following two.
    pub flips: Ratio,
    /// To a hypothesis with more errors.
    pub harmful: Ratio,
    /// To one with fewer.
    pub helpful: Ratio,
    /// `rel` over the lists in which a word was swapped, with a 90 % interval.
    pub touched_rel: Ratio,
    /// `flip` over these.
    pub touched_flip: Ratio,
    /// Mean of Kendall's tau between clean and perturbed order, over lists of two or more.
    pub kendall_tau: Option<f64>,
}

/// Pairs of a numerator and a denominator, by rescorer and cluster.
pub(crate) fn cells(numerators: &[Vec<i64>], denominators: &[Vec<i64>]) -> Vec<Seed> {
    let seed = |(numerators, denominators): (&Vec<i64>, &Vec<i64>)| -> Seed {
        let pairs = numerators.iter().zip(denominators);
        pairs.map(|(y, x)| [*y as f64, *x as f64]).collect()
    };
    numerators.iter().zip(denominators).map(seed).collect()
}

fn clean_sums(clustering: &Clustering, clean: &[Rescored]) -> Vec<CleanSums> {
    let mut sums = vec![CleanSums::default(); clustering.count];
    for (label, trial) in clustering.labels.iter().zip(clean) {
        let cluster = &mut sums[*label];
        cluster.words += whole(trial.picked().reference_words);
        cluster.picked += whole(trial.picked().errors());
        cluster.first_pass += whole(trial.first_pass().errors());
    }
    sums
}

fn check_sums(
    clustering: &Clustering,
    clean: &[Rescored],
    outcome: &CheckOutcome<'_>,
) -> Vec<CheckSums> {
    let errors = ErrorSums::by_cluster(outcome, clean, clustering);
    let with_errors = |errors| CheckSums {
        errors,
        ..CheckSums::default()
    };
    let mut sums: Vec<CheckSums> = errors.into_iter().map(with_errors).collect();

    let counted = |holds: bool| i64::from(holds);
    for trial in &outcome.trials {
        let cluster = &mut sums[clustering.labels[trial.utterance]];
        cluster.lists += 1;
        if !trial.substitutions.is_empty() {
            cluster.touched += ErrorSums::of(trial, &clean[trial.utterance]);
        }
        cluster.flips += counted(trial.flipped(&clean[trial.utterance]));
        cluster.harmful += counted(Trial::harmful(trial));
        cluster.helpful += counted(Trial::helpful(trial));
    }

    sums
}

fn whole(count: usize) -> i64 {
    i64::try_from(count).expect("counts of words are far below 2^63")
}
