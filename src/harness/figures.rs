//! What a check measured: word error rates, NPRR, flips, with their intervals.
//!
//! Every rate is a sum over a sum, never a mean of rates, and every interval
//! takes clusters as its observations. Definitions of the three NPRRs are ours
//! (the formula of arXiv 2401.10447 was not available): see [`NprrFigures`].

use crate::harness::CheckOutcome;
use crate::harness::clustering::Clustering;
use crate::harness::trial::CleanTrial;
use crate::harness::trial::Trial;
use crate::nbest::Utterance;
use crate::nbest::wer::WordErrors;
use crate::stats::ratio::Ratio;
use crate::stats::ratio::ratio_of_sums;

/// Coverage of the intervals shown beside the gate; its one-sided test has half the error rate on each side.
pub const GATE_CONFIDENCE: f64 = 0.90;
/// Coverage of all other intervals.
pub const CONFIDENCE: f64 = 0.95;

/// A word error rate: its counts, and its clustered interval.
#[derive(Debug, Clone, PartialEq)]
pub struct WerFigure {
    /// Errors and reference words, summed over utterances and draws.
    pub errors: WordErrors,
    /// The rate with its 95 % interval.
    pub rate: Ratio,
}

impl WerFigure {
    fn new(clustering: &Clustering, errors: &[WordErrors]) -> WerFigure {
        let counts = clustering.sums(errors.iter().map(|e| e.errors() as f64));
        let words = clustering.sums(errors.iter().map(|e| e.reference_words as f64));
        WerFigure {
            errors: errors.iter().copied().sum(),
            rate: ratio_of_sums(&counts, &words, CONFIDENCE),
        }
    }
}

/// The clean lists.
#[derive(Debug, Clone, PartialEq)]
pub struct CleanFigures {
    /// The rescorer's picks.
    pub model: WerFigure,
    /// The first pass's favourites.
    pub first_pass: WerFigure,
    /// The best hypothesis of each list: no rescorer does better.
    pub oracle: WerFigure,
    /// Model minus first pass, in word error rate, with its 95 % interval.
    pub difference: Ratio,
    /// Errors of the model minus errors of the first pass, per cluster.
    pub difference_by_cluster: Vec<i64>,
}

impl CleanFigures {
    /// Sums up the clean lists.
    pub fn new(clustering: &Clustering, clean: &[CleanTrial]) -> CleanFigures {
        let of = |errors: fn(&CleanTrial) -> WordErrors| -> Vec<WordErrors> {
            clean.iter().map(errors).collect()
        };
        let model = of(CleanTrial::picked);
        let first_pass = of(CleanTrial::first_pass);
        let extra: Vec<i64> = model
            .iter()
            .zip(&first_pass)
            .map(|(model, first)| extra_errors(*model, *first))
            .collect();
        let mut difference_by_cluster = vec![0; clustering.count];
        for (label, extra) in clustering.labels.iter().zip(&extra) {
            difference_by_cluster[*label] += extra;
        }
        let numerators = clustering.sums(extra.iter().map(|extra| *extra as f64));
        let words = clustering.sums(model.iter().map(|errors| errors.reference_words as f64));
        CleanFigures {
            difference: ratio_of_sums(&numerators, &words, CONFIDENCE),
            difference_by_cluster,
            model: WerFigure::new(clustering, &model),
            first_pass: WerFigure::new(clustering, &first_pass),
            oracle: WerFigure::new(clustering, &of(CleanTrial::oracle)),
        }
    }
}

/// The three NPRRs of a check (N-best Perturbation based Rescoring Robustness), with 90 % intervals.
///
/// Definitions ours: the paper's formula was not available. Higher is more fragile.
#[derive(Debug, Clone, PartialEq)]
pub struct NprrFigures {
    /// `(WER_text - WER_clean) / WER_clean`: the headline. Includes errors that the perturbation itself injects.
    pub rel: Ratio,
    /// `(WER_selection - WER_clean) / WER_clean`: what the rescorer did wrong.
    pub selection: Ratio,
    /// `(WER_text - WER_clean)` of the model over the same of the first pass
    /// alone: 0 is all repaired, 1 is all passed through.
    pub pass: Ratio,
}

/// The draw with the highest word error rate.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct WorstDraw {
    /// Which draw, from 0.
    pub draw: usize,
    /// Its `text` errors.
    pub text: WordErrors,
}

/// The lists in which at least one word was swapped: the others cannot degrade.
#[derive(Debug, Clone, PartialEq)]
pub struct TouchedFigures {
    /// Errors of the clean picks, once per touched list.
    pub clean: WordErrors,
    /// Errors of the perturbed texts of the picks.
    pub text: WordErrors,
    /// [`NprrFigures::rel`] over the touched lists alone, with a 90 % interval.
    pub rel: Ratio,
    /// Touched lists whose pick changes.
    pub flip_count: usize,
}

impl TouchedFigures {
    fn new(
        clustering: &Clustering,
        clean: &[CleanTrial],
        outcome: &CheckOutcome<'_>,
    ) -> TouchedFigures {
        let touched = || {
            let trials = outcome.trials.iter();
            trials.filter(|trial| !trial.substitutions.is_empty())
        };
        let picked = |trial: &Trial| clean[trial.utterance].picked();
        let sums = |errors: &dyn Fn(&Trial) -> WordErrors| {
            let mut sums = vec![0.0; clustering.count];
            for trial in touched() {
                sums[clustering.labels[trial.utterance]] += errors(trial).errors() as f64;
            }
            sums
        };
        let degraded = ratio_of_sums(&sums(&|trial| trial.text), &sums(&picked), GATE_CONFIDENCE);
        TouchedFigures {
            clean: touched().map(picked).sum(),
            text: touched().map(|trial| trial.text).sum(),
            rel: degraded.shifted(-1.0),
            flip_count: touched()
                .filter(|trial| trial.flipped(&clean[trial.utterance]))
                .count(),
        }
    }
}

/// What one check measured.
#[derive(Debug, Clone, PartialEq)]
pub struct Figures {
    /// Utterances in which at least one word was swapped in at least one draw.
    pub perturbed_utterances: usize,
    /// Lists (utterances times draws) in which at least one word was swapped.
    pub perturbed_lists: usize,
    /// All lists.
    pub lists: usize,
    /// Words swapped, over all lists.
    pub substitutions: usize,
    /// The lists in which at least one word was swapped.
    pub touched: TouchedFigures,
    /// The rescorer on the clean lists.
    pub clean: WerFigure,
    /// The perturbed text of the pick under perturbation.
    pub text: WerFigure,
    /// The original text of the pick under perturbation.
    pub selection: WerFigure,
    /// The first pass alone on the clean lists.
    pub first_pass_clean: WerFigure,
    /// The first pass alone on the perturbed lists.
    pub first_pass_text: WerFigure,
    /// The best text of each perturbed list.
    pub oracle_text: WerFigure,
    /// The three NPRRs.
    pub nprr: NprrFigures,
    /// Share of lists whose pick changes, with a 95 % interval.
    pub flips: Ratio,
    /// Lists whose pick changes.
    pub flip_count: usize,
    /// Share of lists whose pick changes to one with worse original text, with a 95 % interval.
    pub harmful_flips: Ratio,
    /// Lists whose pick changes to one with worse original text.
    pub harmful_flip_count: usize,
    /// Mean of Kendall's tau between clean and perturbed order, over lists of two or more.
    pub kendall_tau: Option<f64>,
    /// The draw with the highest word error rate.
    pub worst_draw: WorstDraw,
}

impl Figures {
    /// Sums up the trials of one check.
    pub fn new(
        utterances: &[Utterance],
        clustering: &Clustering,
        clean: &[CleanTrial],
        outcome: &CheckOutcome<'_>,
    ) -> Figures {
        let trials = &outcome.trials;
        let by_utterance = |errors: &dyn Fn(&Trial) -> WordErrors| -> Vec<WordErrors> {
            trials
                .chunks(outcome.draws)
                .map(|draws| draws.iter().map(errors).sum())
                .collect()
        };
        let clean_errors = by_utterance(&|trial| clean[trial.utterance].picked());
        let text_errors = by_utterance(&|trial| trial.text);
        let selection_errors = by_utterance(&|trial| trial.selection);
        let first_clean_errors = by_utterance(&|trial| clean[trial.utterance].first_pass());
        let first_text_errors = by_utterance(&|trial| trial.first_pass_text);
        let sums = |errors: &[WordErrors]| -> Vec<f64> {
            clustering.sums(errors.iter().map(|errors| errors.errors() as f64))
        };
        let minus =
            |a: &[f64], b: &[f64]| -> Vec<f64> { a.iter().zip(b).map(|(a, b)| a - b).collect() };
        let (x, y) = (sums(&clean_errors), sums(&text_errors));
        let degradation = |y: &[f64]| ratio_of_sums(y, &x, GATE_CONFIDENCE).shifted(-1.0);
        let first_extra = minus(&sums(&first_text_errors), &sums(&first_clean_errors));
        let nprr = NprrFigures {
            rel: degradation(&y),
            selection: degradation(&sums(&selection_errors)),
            pass: ratio_of_sums(&minus(&y, &x), &first_extra, GATE_CONFIDENCE),
        };
        let share = |holds: &dyn Fn(&Trial) -> bool| -> (usize, Ratio) {
            let counts: Vec<usize> = trials
                .chunks(outcome.draws)
                .map(|draws| draws.iter().filter(|trial| holds(trial)).count())
                .collect();
            let lists = clustering.sums(counts.iter().map(|_| outcome.draws as f64));
            let hits = clustering.sums(counts.iter().map(|count| *count as f64));
            (
                counts.iter().sum(),
                ratio_of_sums(&hits, &lists, CONFIDENCE),
            )
        };
        let (flip_count, flips) = share(&|trial| trial.flipped(&clean[trial.utterance]));
        let (harmful_flip_count, harmful_flips) =
            share(&|trial| trial.harmful(&clean[trial.utterance]));
        let changed = |trial: &&Trial| !trial.substitutions.is_empty();
        Figures {
            perturbed_utterances: trials
                .chunks(outcome.draws)
                .filter(|draws| draws.iter().any(|trial| changed(&trial)))
                .count(),
            perturbed_lists: trials.iter().filter(changed).count(),
            lists: utterances.len() * outcome.draws,
            substitutions: trials.iter().map(|trial| trial.substitutions.len()).sum(),
            touched: TouchedFigures::new(clustering, clean, outcome),
            clean: WerFigure::new(clustering, &clean_errors),
            text: WerFigure::new(clustering, &text_errors),
            selection: WerFigure::new(clustering, &selection_errors),
            first_pass_clean: WerFigure::new(clustering, &first_clean_errors),
            first_pass_text: WerFigure::new(clustering, &first_text_errors),
            oracle_text: WerFigure::new(clustering, &by_utterance(&|trial| trial.oracle_text)),
            nprr,
            flips,
            flip_count,
            harmful_flips,
            harmful_flip_count,
            kendall_tau: mean(trials.iter().filter_map(|trial| trial.kendall_tau)),
            worst_draw: worst_draw(outcome),
        }
    }
}

/// How many more errors `a` has than `b`.
fn extra_errors(a: WordErrors, b: WordErrors) -> i64 {
    let size = i64::try_from(a.errors().abs_diff(b.errors())).unwrap_or(i64::MAX);
    if a.errors() < b.errors() { -size } else { size }
}

fn mean(values: impl Iterator<Item = f64>) -> Option<f64> {
    let (sum, count) = values.fold((0.0, 0usize), |(sum, count), value| {
        (sum + value, count + 1)
    });
    (count > 0).then(|| sum / count as f64)
}

/// The draw with the most `text` errors, the earliest of equals.
fn worst_draw(outcome: &CheckOutcome<'_>) -> WorstDraw {
    let mut by_draw = vec![WordErrors::default(); outcome.draws];
    for trial in &outcome.trials {
        by_draw[trial.draw] += trial.text;
    }
    let mut worst = WorstDraw {
        draw: 0,
        text: by_draw[0],
    };
    for (draw, text) in by_draw.into_iter().enumerate().skip(1) {
        if text.errors() > worst.text.errors() {
            worst = WorstDraw { draw, text };
        }
    }
    worst
}
