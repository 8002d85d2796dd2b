//! The counts of one contender, by rescorer and cluster: what its figures and tests are made of.
//!
//! Rescorers of a contender are seeds of one training strategy. A figure of the contender is of the
//! errors summed over them, so that a word error rate is the mean of theirs; its interval takes
//! clusters as drawn at random, and seeds too where there are several (see
//! [`crossed`](mod@crate::stats::crossed)).

use crate::check::compare::contender::Contender;
use crate::check::engine::trial::Rescored;
use crate::check::judge::clustering::Clustering;
use crate::check::judge::estimate::Estimate;
use crate::check::judge::figures::{CheckWers, Figures, Wer};
use crate::check::judge::levels::{CONFIDENCE, GATE_CONFIDENCE};
use crate::check::judge::sums::{CleanSums, ListSums};
use crate::nbest::wer::WordErrors;
use crate::stats::crossed::{Seed, crossed_ratio};
use crate::stats::fieller::Ratio;
use crate::suite::gates::Keep;

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

/// What one rescorer did.
#[derive(Debug, Clone)]
pub(crate) struct Tally {
    /// The errors of its picks from the clean lists by kind, all together.
    pub(crate) errors: WordErrors,
    /// The clean lists, by cluster.
    pub(crate) clean: Vec<CleanSums>,
    /// The figures of each check, with their sums by cluster.
    pub(crate) checks: Vec<Figures>,
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
                    errors: outcome.clean.iter().map(Rescored::picked).sum(),
                    clean: CleanSums::by_cluster(clustering, &outcome.clean),
                    checks: outcome
                        .checks
                        .iter()
                        .map(|check| Figures::new(clustering, &outcome.clean, check))
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
    pub(crate) fn check(&self, index: usize, of: fn(&ListSums) -> i64) -> Vec<Vec<i64>> {
        let rescorers = self.rescorers.iter();
        rescorers
            .map(|tally| tally.checks[index].clusters.iter().map(of).collect())
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
        of: fn(&ListSums) -> i64,
        over: fn(&ListSums) -> i64,
        confidence: f64,
    ) -> Ratio {
        let cells = cells(&self.check(index, of), &self.check(index, over));
        crossed_ratio(&[cells], confidence)
    }

    /// The word error rate of the picks from the clean lists.
    pub(crate) fn clean_wer(&self) -> Wer {
        let errors = self.rescorers.iter().map(|tally| tally.errors).sum();
        let rate = self.clean_ratio(|sums| sums.picked, |sums| sums.words);
        Wer::new(errors, &rate)
    }

    /// The gain under the check at `index` beyond the share `keep` of the clean gain, in word error
    /// rate.
    fn beyond(&self, index: usize, keep: Keep) -> Ratio {
        // Times the denominator of the share, so that all numbers are whole.
        let [kept, of] = keep.fraction();
        let clean = self.check(index, |sums| sums.errors.gain_clean());
        let mut beyond = self.check(index, |sums| sums.errors.gain_perturbed());
        let mut words = self.check(index, |sums| sums.errors.words);
        for (beyond, clean) in beyond.iter_mut().flatten().zip(clean.iter().flatten()) {
            *beyond = of * *beyond - kept * clean;
        }
        for words in words.iter_mut().flatten() {
            *words *= of;
        }
        crossed_ratio(&[cells(&beyond, &words)], GATE_CONFIDENCE)
    }

    /// The figures over all rescorers under the check at `index`, whose suite asks that so much of
    /// the gain is kept.
    pub(crate) fn figures(&self, index: usize, keep: Option<Keep>) -> PooledFigures {
        let each = || self.rescorers.iter().map(|tally| &tally.checks[index]);
        let of_clean = |of| self.check_ratio(index, of, |sums| sums.errors.clean, GATE_CONFIDENCE);
        let of_words = |of| self.check_ratio(index, of, |sums| sums.errors.words, GATE_CONFIDENCE);
        let of_touched =
            |of| self.check_ratio(index, of, |sums| sums.touched.clean, GATE_CONFIDENCE);
        let share = |of| self.check_ratio(index, of, |sums| sums.lists, CONFIDENCE);
        let wer = |of, wer: fn(&CheckWers) -> &Wer| {
            let errors = each().map(|figures| wer(&figures.wer).errors()).sum();
            let rate = self.check_ratio(index, of, |sums| sums.errors.words, CONFIDENCE);
            Wer::new(errors, &rate)
        };

        // The lists of which it is a mean are the same for all rescorers.
        let taus: Option<Vec<f64>> = each().map(|figures| figures.kendall_tau).collect();
        let mean = |taus: Vec<f64>| taus.iter().sum::<f64>() / taus.len() as f64;

        PooledFigures {
            text: wer(|sums| sums.errors.text, |wer| &wer.text),
            kept: wer(|sums| sums.errors.kept, |wer| &wer.kept),
            rel: of_clean(|sums| sums.errors.extra()).into(),
            injected: of_clean(|sums| sums.errors.injected()).into(),
            flip: of_clean(|sums| sums.errors.flip()).into(),
            pass: self
                .check_ratio(
                    index,
                    |sums| sums.errors.extra(),
                    |sums| sums.errors.first_pass_extra(),
                    GATE_CONFIDENCE,
                )
                .into(),
            flip_cost: of_words(|sums| sums.errors.flip()).into(),
            gain: of_words(|sums| sums.errors.gain_perturbed()).into(),
            gain_beyond: keep.map(|keep| self.beyond(index, keep).into()),
            flips: share(|sums| sums.flips).into(),
            harmful: share(|sums| sums.harmful).into(),
            helpful: share(|sums| sums.helpful).into(),
            touched_rel: of_touched(|sums| sums.touched.extra()).into(),
            touched_flip: of_touched(|sums| sums.touched.flip()).into(),
            kendall_tau: taus.map(mean),
        }
    }
}

/// The figures of a contender under one check, over all its rescorers.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct PooledFigures {
    /// The perturbed text of the picks under perturbation, with a 95 % interval.
    pub(crate) text: Wer,
    /// The perturbed text of the clean picks, with a 95 % interval.
    pub(crate) kept: Wer,
    /// `(WER_text - WER_clean) / WER_clean`, with a 90 % interval, like the following seven.
    pub(crate) rel: Estimate,
    /// `(WER_kept - WER_clean) / WER_clean`.
    pub(crate) injected: Estimate,
    /// `(WER_text - WER_kept) / WER_clean`.
    pub(crate) flip: Estimate,
    /// `(WER_text - WER_clean)` over the same of the first pass alone.
    pub(crate) pass: Estimate,
    /// `WER_text - WER_kept`.
    pub(crate) flip_cost: Estimate,
    /// The word error rate of the first pass minus that of the picks, on the perturbed lists.
    pub(crate) gain: Estimate,
    /// `gain` minus the share of the clean gain that the suite asks to keep; `None` where it asks
    /// for none.
    pub(crate) gain_beyond: Option<Estimate>,
    /// Share of lists whose pick changes, with a 95 % interval, like the following two.
    pub(crate) flips: Estimate,
    /// To a hypothesis with more errors.
    pub(crate) harmful: Estimate,
    /// To one with fewer.
    pub(crate) helpful: Estimate,
    /// `rel` over the lists in which a word was swapped, with a 90 % interval.
    pub(crate) touched_rel: Estimate,
    /// `flip` over these.
    pub(crate) touched_flip: Estimate,
    /// Mean of Kendall's tau between clean and perturbed order, over lists of two or more.
    pub(crate) kendall_tau: Option<f64>,
}

/// Pairs of a numerator and a denominator, by rescorer and cluster.
pub(crate) fn cells(numerators: &[Vec<i64>], denominators: &[Vec<i64>]) -> Vec<Seed> {
    let seed = |(numerators, denominators): (&Vec<i64>, &Vec<i64>)| -> Seed {
        let pairs = numerators.iter().zip(denominators);
        pairs.map(|(y, x)| [*y as f64, *x as f64]).collect()
    };
    numerators.iter().zip(denominators).map(seed).collect()
}
