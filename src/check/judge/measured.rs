//! From counts to figures: sums over clusters, made into rates with their intervals.

use crate::check::engine::outcome::CheckOutcome;
use crate::check::engine::trial::Rescored;
use crate::check::judge::clustering::Clustering;
use crate::check::judge::counts::{CleanCounts, ListCounts};
use crate::check::judge::estimate::{Estimate, finite};
use crate::check::judge::figures::{
    BeforeAfter, CheckWers, CleanFigures, Coverage, Figures, Flips, Gain, Nprr, NprrErrors, Share,
    Touched, Wer, WorstDraw,
};
use crate::check::judge::levels::{CONFIDENCE, GAIN_LEVEL, GATE_CONFIDENCE};
use crate::check::judge::sums::{CleanSums, ErrorSums, ListSums, TextErrors};
use crate::nbest::wer::WordErrors;
use crate::stats::concentration::largest_tenth;
use crate::stats::exact_ends::{Counts, with_exact_ends};
use crate::stats::fieller::{CHANGE, Ratio, ratio_of_sums};
use crate::stats::paired_t::one_sample_t;
use crate::stats::signflip::sign_flip;
use crate::stats::{Flag, SMALLEST_P_VALUE};

impl CleanFigures {
    /// Sums up the clean lists.
    pub fn new(clustering: &Clustering, clean: &[Rescored]) -> CleanFigures {
        let mut counts = CleanCounts::new(clustering.count);
        counts.add(&clustering.labels, clean);
        CleanFigures::of(&counts)
    }

    /// Sums up what was counted.
    pub(crate) fn of(counts: &CleanCounts) -> CleanFigures {
        let clusters = &counts.clusters;
        let wer = |errors: WordErrors, of: fn(&CleanSums) -> i64| {
            Wer::new(
                errors,
                &rate_over(clusters, of, |sums| sums.words, Counts::Events),
            )
        };
        let difference = clean_rate(clusters, CleanSums::difference, CONFIDENCE);
        let differences: Vec<i64> = clusters.iter().map(CleanSums::difference).collect();
        // Without a word there is no rate to be lower.
        let gain_p = finite(gain_p(&differences)).filter(|_| difference.ratio.is_finite());

        CleanFigures {
            model: wer(counts.picked, |sums| sums.picked),
            first_pass: wer(counts.first_pass, |sums| sums.first_pass),
            oracle: wer(counts.oracle, |sums| sums.oracle),
            gain_shown: gain_p.is_some_and(|p| p <= GAIN_LEVEL),
            difference: difference.into(),
            difference_p: None,
            gain_p,
            clusters: clusters.clone(),
        }
    }

    /// The same, tested by sign flips as well.
    pub(crate) fn with_sign_flips(self, seed: u64) -> CleanFigures {
        let difference_p = finite(sign_flip(&self.difference_by_cluster(), seed).p_two_sided);
        let difference_p = difference_p.filter(|_| self.difference.value.is_some());
        // Where few clusters differ at all, a t test shows a gain before sign flips do.
        let gain_shown = self.gain_shown && difference_p.is_none_or(|p| p <= 2.0 * GAIN_LEVEL);
        CleanFigures {
            difference_p,
            gain_shown,
            ..self
        }
    }

    /// The difference with the 90 % interval of a one-sided test at 5 %: where it is below 0, the
    /// model is shown to have fewer errors.
    pub(crate) fn difference_as_tested(&self) -> Estimate {
        clean_rate(&self.clusters, CleanSums::difference, GATE_CONFIDENCE).into()
    }

    /// Errors of the model minus errors of the first pass, per cluster.
    pub(crate) fn difference_by_cluster(&self) -> Vec<i64> {
        self.clusters.iter().map(CleanSums::difference).collect()
    }
}

/// One sum over the words of the clean lists.
fn clean_rate(clusters: &[CleanSums], of: fn(&CleanSums) -> i64, confidence: f64) -> Ratio {
    ratio_over(clusters, of, |sums| sums.words, confidence)
}

/// Small if these differences to the first pass's errors, one per cluster, are clearly below zero.
fn gain_p(differences: &[i64]) -> f64 {
    let values: Vec<f64> = differences.iter().map(|value| *value as f64).collect();
    let test = one_sample_t(&values);
    if test.flags.contains(&Flag::DegenerateVariance) && test.mean < 0.0 {
        // Equal differences are no certainty: exact sign flips stand in, as in gates.
        return 0.5_f64.powf(values.len() as f64).max(SMALLEST_P_VALUE);
    }
    test.p_less
}

impl Figures {
    /// Sums up the trials of one check.
    pub fn new(clustering: &Clustering, clean: &[Rescored], outcome: &CheckOutcome<'_>) -> Figures {
        let mut counts = ListCounts::new(clustering.count);
        counts.add(&clustering.labels, clean, &outcome.trials, outcome.draws);
        Figures::of(counts)
    }

    /// Sums up what was counted.
    pub(crate) fn of(counts: ListCounts) -> Figures {
        let clusters = counts.clusters;
        let measured = Measured(&clusters);
        let harm: Vec<f64> = clusters.iter().map(|sums| sums.harm as f64).collect();
        let (tau, lists) = counts.kendall_tau;

        Figures {
            wer: measured.wers(&counts.errors),
            gain: measured.gain(),
            regret: BeforeAfter {
                clean: measured.regret(|sums| sums.errors.regret_clean()),
                perturbed: measured.regret(|sums| sums.errors.regret_perturbed()),
            },
            nprr: measured.nprr(),
            flip_cost: measured.rate(|sums| sums.errors.flip()).into(),
            flips: Flips {
                all: measured.share(|sums| sums.flips, |sums| sums.lists),
                harmful: measured.share(|sums| sums.harmful, |sums| sums.lists),
                neutral: measured.share(|sums| sums.neutral, |sums| sums.lists),
                helpful: measured.share(|sums| sums.helpful, |sums| sums.lists),
            },
            repairs: measured.share(|sums| sums.repaired, |sums| sums.repairable),
            kendall_tau: (lists > 0).then(|| tau / lists as f64),
            worst_draw: worst_draw(&counts.by_draw),
            coverage: measured.coverage(counts.perturbed_utterances, counts.substitutions),
            concentration: largest_tenth(&harm),
            clusters,
        }
    }

    /// [`Nprr::rel`] with all that is known about it.
    pub(crate) fn nprr_rel(&self) -> Ratio {
        Measured(&self.clusters).change(|sums| sums.errors.extra())
    }

    /// [`Nprr::flip`] with all that is known about it.
    pub(crate) fn nprr_flip(&self) -> Ratio {
        Measured(&self.clusters).of_clean(|sums| sums.errors.flip())
    }

    /// The errors of every cluster.
    pub(crate) fn errors_by_cluster(&self) -> Vec<ErrorSums> {
        self.clusters.iter().map(|sums| sums.errors).collect()
    }
}

/// The sums of every cluster under a check, to make figures of.
struct Measured<'a>(&'a [ListSums]);

impl Measured<'_> {
    /// One sum over another, with a 90 % interval.
    fn ratio(&self, of: fn(&ListSums) -> i64, over: fn(&ListSums) -> i64) -> Ratio {
        // Where references have no word, errors are no rates, and none is relative to another.
        if self.total(|sums| sums.errors.words) == 0 {
            return Ratio::unknown(f64::NAN, GATE_CONFIDENCE, Flag::UndefinedRatio);
        }
        ratio_over(self.0, of, over, GATE_CONFIDENCE)
    }

    /// In word error rate.
    fn rate(&self, of: fn(&ListSums) -> i64) -> Ratio {
        self.ratio(of, |sums| sums.errors.words)
    }

    /// What a better pick would have spared: never below 0.
    fn regret(&self, of: fn(&ListSums) -> i64) -> Estimate {
        self.rate(of).cut([0.0, f64::INFINITY]).into()
    }

    /// Over the errors of the clean picks.
    fn of_clean(&self, of: fn(&ListSums) -> i64) -> Ratio {
        self.ratio(of, |sums| sums.errors.clean)
    }

    /// The same of a change of these errors, which leaves none at the least.
    fn change(&self, of: fn(&ListSums) -> i64) -> Ratio {
        self.of_clean(of).cut(CHANGE)
    }

    /// Over those of the lists in which a word was swapped.
    fn of_touched(&self, of: fn(&ListSums) -> i64) -> Ratio {
        self.ratio(of, |sums| sums.touched.clean)
    }

    fn total(&self, of: fn(&ListSums) -> i64) -> i64 {
        self.0.iter().map(of).sum()
    }

    /// A total of what is never below 0.
    fn count(&self, of: fn(&ListSums) -> i64) -> usize {
        usize::try_from(self.total(of)).expect("a count is not below 0")
    }

    fn wers(&self, errors: &TextErrors) -> CheckWers {
        let wer = |errors: WordErrors, of: fn(&ListSums) -> i64| {
            let rate = rate_over(self.0, of, |sums| sums.errors.words, Counts::Events);
            Wer::new(errors, &rate)
        };

        CheckWers {
            clean: wer(errors.clean, |sums| sums.errors.clean),
            kept: wer(errors.kept, |sums| sums.errors.kept),
            text: wer(errors.text, |sums| sums.errors.text),
            first_pass_clean: wer(errors.first_clean, |sums| sums.errors.first_clean),
            first_pass_text: wer(errors.first_text, |sums| sums.errors.first_text),
            oracle_clean: wer(errors.oracle_clean, |sums| sums.errors.oracle_clean),
            oracle_text: wer(errors.oracle_text, |sums| sums.errors.oracle_text),
        }
    }

    fn nprr(&self) -> Nprr {
        let pass = self.ratio(
            |sums| sums.errors.extra(),
            |sums| sums.errors.first_pass_extra(),
        );

        Nprr {
            rel: self.change(|sums| sums.errors.extra()).into(),
            injected: self.change(|sums| sums.errors.injected()).into(),
            flip: self.of_clean(|sums| sums.errors.flip()).into(),
            pass: pass.into(),
            errors: NprrErrors {
                clean: self.total(|sums| sums.errors.clean),
                extra: self.total(|sums| sums.errors.extra()),
                injected: self.total(|sums| sums.errors.injected()),
                flip: self.total(|sums| sums.errors.flip()),
            },
        }
    }

    fn gain(&self) -> Gain {
        let clean = self.rate(|sums| sums.errors.gain_clean());
        let kept = || {
            self.ratio(
                |sums| sums.errors.gain_perturbed(),
                |sums| sums.errors.gain_clean(),
            )
        };

        Gain {
            kept: clean.is_above_zero().then(|| kept().into()),
            clean: clean.into(),
            perturbed: self.rate(|sums| sums.errors.gain_perturbed()).into(),
        }
    }

    /// How much was touched, in so many utterances, by so many swaps.
    fn coverage(&self, perturbed_utterances: usize, substitutions: usize) -> Coverage {
        Coverage {
            lists: self.count(|sums| sums.lists),
            perturbed_lists: self.count(|sums| sums.touched_lists),
            perturbed_utterances,
            substitutions,
            touched: Some(Touched {
                reference_words: self.count(|sums| sums.touched.words),
                clean_errors: self.count(|sums| sums.touched.clean),
                text_errors: self.count(|sums| sums.touched.text),
                rel: self
                    .of_touched(|sums| sums.touched.extra())
                    .cut(CHANGE)
                    .into(),
                flip: Some(self.of_touched(|sums| sums.touched.flip()).into()),
                flips: self.count(|sums| sums.touched_flips),
            }),
        }
    }

    /// How many lists of those `among` which it is asked it holds for.
    fn share(&self, holds: fn(&ListSums) -> i64, among: fn(&ListSums) -> i64) -> Share {
        // A cluster without any such list says nothing about their share.
        let asked: Vec<ListSums> = self.0.iter().filter(|s| among(s) > 0).copied().collect();
        Share {
            count: self.count(holds),
            of: self.count(among),
            rate: rate_over(&asked, holds, among, Counts::Share).into(),
        }
    }
}

/// One sum over another, by clusters.
fn ratio_over<S>(sums: &[S], of: fn(&S) -> i64, over: fn(&S) -> i64, confidence: f64) -> Ratio {
    ratio_of_sums(&column(sums, of), &column(sums, over), confidence)
}

/// How often something is so, with a 95 % interval.
fn rate_over<S>(sums: &[S], of: fn(&S) -> i64, over: fn(&S) -> i64, counts: Counts) -> Ratio {
    let rate = ratio_over(sums, of, over, CONFIDENCE);
    with_exact_ends(rate, &column(sums, of), &column(sums, over), counts)
}

fn column<S>(sums: &[S], of: fn(&S) -> i64) -> Vec<f64> {
    sums.iter().map(|sums| of(sums) as f64).collect()
}

/// The draw with the most `text` errors.
fn worst_draw(by_draw: &[WordErrors]) -> WorstDraw {
    let mut worst = 0;
    for (draw, text) in by_draw.iter().enumerate() {
        if text.errors() > by_draw[worst].errors() {
            worst = draw;
        }
    }

    WorstDraw {
        draw: worst,
        wer_text: by_draw[worst].rate(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// scipy.stats.ttest_1samp(differences, 0, alternative="less") of scipy 1.17.1; where all are
    /// equal, 2^-n.
    #[test]
    fn a_gain_is_shown_by_the_t_test_over_clusters() {
        for (differences, expected) in [
            (&[-2, -4, -6, 1, -3, 1][..], 0.057_608_019_358_893_6),
            (&[-170, -1, 0, 0, -1, 0, 0, 0], 0.172_295_777_130_143_02),
            (&[3, 3, 3], 1.0),
            (&[-1, -1, -1, -1, -1], 1.0 / 32.0),
            (&[-7], 1.0),
        ] {
            let p = gain_p(differences);
            assert!((p - expected).abs() < 1e-10, "{differences:?}: {p}");
        }
    }
}
