//! The counts of one contender, by rescorer and cluster: what its figures and tests are made of.
//!
//! Rescorers of a contender are seeds of one training strategy. A figure of the contender is of the
//! errors summed over them, so that a word error rate is the mean of theirs; its interval takes
//! clusters as drawn at random, and seeds too where there are several (see
//! [`crossed`](mod@crate::stats::crossed)).

use serde::{Deserialize, Serialize};

use crate::check::compare::contender::Contender;
use crate::check::compare::pooled::{Extremes, PooledFigure};
use crate::check::judge::clustering::Clustering;
use crate::check::judge::counts::CleanCounts;
use crate::check::judge::estimate::Estimate;
use crate::check::judge::figures::{CheckWers, Figures, Wer};
use crate::check::judge::levels::{CONFIDENCE, GATE_CONFIDENCE};
use crate::check::judge::sums::{CleanSums, ListSums};
use crate::nbest::wer::WordErrors;
use crate::stats::Flag;
use crate::stats::crossed::{Seed, crossed_ratio};
use crate::stats::exact_ends::{Counts, with_exact_ends};
use crate::stats::fieller::{CHANGE, Ratio};
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
                .map(|outcome| {
                    let mut clean = CleanCounts::new(clustering.count);
                    clean.add(&clustering.labels, &outcome.clean);
                    Tally {
                        errors: clean.picked,
                        clean: clean.clusters,
                        checks: outcome
                            .checks
                            .iter()
                            .map(|check| Figures::new(clustering, &outcome.clean, check))
                            .collect(),
                    }
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
        if self.has_no_words() {
            return Ratio::unknown(f64::NAN, CONFIDENCE, Flag::UndefinedRatio);
        }
        crossed_ratio(&[cells(&self.clean(of), &self.clean(over))], CONFIDENCE)
    }

    /// Whether no reference has a word: errors are then no rates, and none is relative to another.
    fn has_no_words(&self) -> bool {
        self.words().iter().sum::<f64>() == 0.0
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
        let cells = cells(
            &self.clean(|sums| sums.picked),
            &self.clean(|sums| sums.words),
        );
        Wer::new(errors, &crossed_rate(cells, Counts::Events))
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
    /// the gain is kept; `nprr_ref` is that of the check.
    pub(crate) fn figures(
        &self,
        index: usize,
        keep: Option<Keep>,
        nprr_ref: Option<Estimate>,
    ) -> ContenderCheck {
        let each = || self.rescorers.iter().map(|tally| &tally.checks[index]);
        let figure = |pooled: Ratio, of: OfEach| PooledFigure {
            pooled: pooled.into(),
            range: Extremes::of(each().map(of)),
        };
        let ratio = |of, over| {
            if self.has_no_words() {
                return Ratio::unknown(f64::NAN, GATE_CONFIDENCE, Flag::UndefinedRatio);
            }
            self.check_ratio(index, of, over, GATE_CONFIDENCE)
        };
        let of_clean = |of, each| figure(ratio(of, |sums| sums.errors.clean), each);
        let change = |of, each| {
            let change = ratio(of, |sums| sums.errors.clean);
            figure(change.cut(CHANGE), each)
        };
        let of_words = |of, each| figure(ratio(of, |sums| sums.errors.words), each);
        let of_touched = |of| ratio(of, |sums| sums.touched.clean);
        let share = |of, each| {
            let cells = cells(
                &self.check(index, of),
                &self.check(index, |sums| sums.lists),
            );
            figure(crossed_rate(cells, Counts::Share), each)
        };
        let wer = |of, wer: fn(&CheckWers) -> &Wer| {
            let errors = each().map(|figures| wer(&figures.wer).errors()).sum();
            let words = self.check(index, |sums| sums.errors.words);
            let cells = cells(&self.check(index, of), &words);
            Wer::new(errors, &crossed_rate(cells, Counts::Events))
        };

        // The lists of which it is a mean are the same for all rescorers.
        let taus: Option<Vec<f64>> = each().map(|figures| figures.kendall_tau).collect();
        let mean = |taus: Vec<f64>| taus.iter().sum::<f64>() / taus.len() as f64;

        // Ratios to the reference and rank correlations are over all seeds together, without a
        // range.
        ContenderCheck {
            wer_text: wer(|sums| sums.errors.text, |wer| &wer.text),
            wer_kept: wer(|sums| sums.errors.kept, |wer| &wer.kept),
            nprr_rel: change(|sums| sums.errors.extra(), |each| each.nprr.rel.value),
            nprr_injected: change(
                |sums| sums.errors.injected(),
                |each| each.nprr.injected.value,
            ),
            nprr_flip: of_clean(|sums| sums.errors.flip(), |each| each.nprr.flip.value),
            flip_cost: of_words(|sums| sums.errors.flip(), |each| each.flip_cost.value),
            gain_perturbed: of_words(
                |sums| sums.errors.gain_perturbed(),
                |each| each.gain.perturbed.value,
            ),
            gain_beyond: keep.map(|keep| PooledFigure {
                pooled: self.beyond(index, keep).into(),
                range: Extremes::of(each().map(|Figures { gain, .. }| {
                    Some(gain.perturbed.value? - keep.share() * gain.clean.value?)
                })),
            }),
            nprr_pass: figure(
                ratio(
                    |sums| sums.errors.extra(),
                    |sums| sums.errors.first_pass_extra(),
                ),
                |each| each.nprr.pass.value,
            ),
            nprr_ref,
            flips: share(|sums| sums.flips, |each| each.flips.all.rate.value),
            harmful_flips: share(|sums| sums.harmful, |each| each.flips.harmful.rate.value),
            helpful_flips: share(|sums| sums.helpful, |each| each.flips.helpful.rate.value),
            touched_nprr_rel: figure(
                of_touched(|sums| sums.touched.extra()).cut(CHANGE),
                |each| each.coverage.touched.as_ref()?.rel.value,
            ),
            touched_nprr_flip: figure(of_touched(|sums| sums.touched.flip()), |each| {
                each.coverage.touched.as_ref()?.flip.as_ref()?.value
            }),
            kendall_tau: taus.map(mean),
        }
    }
}

/// The same figure of one rescorer.
type OfEach = fn(&Figures) -> Option<f64>;

/// A contender under one check, over all its rescorers. Reports hold it as it is.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct ContenderCheck {
    /// The perturbed text of the picks.
    pub(crate) wer_text: Wer,
    /// The perturbed text of the clean picks.
    pub(crate) wer_kept: Wer,
    /// `(WER_text - WER_clean) / WER_clean`.
    pub(crate) nprr_rel: PooledFigure,
    /// `(WER_kept - WER_clean) / WER_clean`: what the swaps did to the clean picks.
    pub(crate) nprr_injected: PooledFigure,
    /// `(WER_text - WER_kept) / WER_clean`: what changes of mind added.
    pub(crate) nprr_flip: PooledFigure,
    /// `WER_text - WER_kept`, in word error rate.
    pub(crate) flip_cost: PooledFigure,
    /// The word error rate of the first pass minus that of the label, on the perturbed lists.
    pub(crate) gain_perturbed: PooledFigure,
    /// `gain_perturbed` minus the share of the clean gain that the suite asks to keep; null where
    /// it asks for none.
    pub(crate) gain_beyond: Option<PooledFigure>,
    /// `(WER_text - WER_clean)` over the same of the first pass.
    pub(crate) nprr_pass: PooledFigure,
    /// `nprr_rel` over that of full fine-tuning; null where it takes no part.
    pub(crate) nprr_ref: Option<Estimate>,
    /// Share of lists whose pick changes.
    pub(crate) flips: PooledFigure,
    /// Share of lists whose pick changes to a worse one, both read with their swaps.
    pub(crate) harmful_flips: PooledFigure,
    /// Share of lists whose pick changes to a better one.
    pub(crate) helpful_flips: PooledFigure,
    /// `nprr_rel` over the lists in which a word was swapped: the others cannot degrade.
    pub(crate) touched_nprr_rel: PooledFigure,
    /// `nprr_flip` over these.
    pub(crate) touched_nprr_flip: PooledFigure,
    /// Mean of Kendall's tau between the clean and the perturbed order of each list.
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

/// How often something is so, over all rescorers, with a 95 % interval.
fn crossed_rate(cells: Vec<Seed>, counts: Counts) -> Ratio {
    let clusters = cells.first().map_or(0, Vec::len);
    let summed = |side: usize| -> Vec<f64> {
        let of = |cluster: usize| cells.iter().map(|seed| seed[cluster][side]).sum();
        (0..clusters).map(of).collect()
    };

    let (numerators, denominators) = (summed(0), summed(1));
    let rate = crossed_ratio(&[cells], CONFIDENCE);
    with_exact_ends(rate, &numerators, &denominators, counts)
}
