//! What a check measured: word error rates, NPRR, flips, with their intervals.
//!
//! Every rate is a sum over a sum, never a mean of rates, and every interval
//! takes clusters as its observations. Definitions of the NPRRs are ours
//! (the formula of arXiv 2401.10447 was not available): see [`NprrFigures`].

use crate::check::engine::outcome::CheckOutcome;
use crate::check::engine::trial::{Rescored, Trial};
use crate::check::judge::clustering::Clustering;
use crate::check::judge::sums::ErrorSums;
use crate::nbest::Utterance;
use crate::nbest::wer::WordErrors;
use crate::stats::fieller::{Ratio, ratio_of_sums};

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
    /// Whether the model is shown to have fewer errors than the first pass: one-sided, at 5 %.
    pub gain_shown: bool,
    /// Errors of the model minus errors of the first pass, per cluster.
    pub difference_by_cluster: Vec<i64>,
}

impl CleanFigures {
    /// Sums up the clean lists.
    pub fn new(clustering: &Clustering, clean: &[Rescored]) -> CleanFigures {
        let of = |errors: fn(&Rescored) -> WordErrors| -> Vec<WordErrors> {
            clean.iter().map(errors).collect()
        };
        let model = of(Rescored::picked);
        let first_pass = of(Rescored::first_pass);
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
        let gate_difference = ratio_of_sums(&numerators, &words, GATE_CONFIDENCE);

        CleanFigures {
            difference: ratio_of_sums(&numerators, &words, CONFIDENCE),
            gain_shown: gate_difference.is_below_zero(),
            difference_by_cluster,
            model: WerFigure::new(clustering, &model),
            first_pass: WerFigure::new(clustering, &first_pass),
            oracle: WerFigure::new(clustering, &of(Rescored::oracle)),
        }
    }
}

/// The NPRRs of a check (N-best Perturbation based Rescoring Robustness), with 90 % intervals.
///
/// Definitions ours: the paper's formula was not available. Higher is more fragile, and
/// `rel = injected + flip`, exactly so in the sums that they are made of.
#[derive(Debug, Clone, PartialEq)]
pub struct NprrFigures {
    /// `(WER_text - WER_clean) / WER_clean`: the headline of research tables.
    pub rel: Ratio,
    /// `(WER_kept - WER_clean) / WER_clean`: what the swaps did to the clean picks, whatever the rescorer.
    pub injected: Ratio,
    /// `(WER_text - WER_kept) / WER_clean`: what changes of mind add; negative where they repair.
    pub flip: Ratio,
    /// `(WER_text - WER_clean)` of the model over the same of the first pass
    /// alone: 0 is all repaired, 1 is all passed through.
    pub pass: Ratio,
}

/// A difference of word error rates on the clean and on the perturbed lists, with 90 % intervals.
#[derive(Debug, Clone, PartialEq)]
pub struct BeforeAfter {
    /// On the clean lists.
    pub clean: Ratio,
    /// On the perturbed lists.
    pub perturbed: Ratio,
}

/// How much better than the first pass the rescorer is.
#[derive(Debug, Clone, PartialEq)]
pub struct GainFigures {
    /// The word error rate of the first pass minus that of the rescorer.
    pub rates: BeforeAfter,
    /// Perturbed over clean gain, with a 90 % interval; `None` where the clean gain is not shown to be above 0.
    pub kept: Option<Ratio>,
}

/// How often the pick changes, as shares of all lists.
#[derive(Debug, Clone, PartialEq)]
pub struct FlipFigures {
    /// All changes.
    pub all: Share,
    /// To a hypothesis with more errors than the clean pick, both read with their swaps.
    pub harmful: Share,
    /// To one with as many.
    pub neutral: Share,
    /// To one with fewer.
    pub helpful: Share,
}

/// How many of some lists, with a 95 % interval.
#[derive(Debug, Clone, PartialEq)]
pub struct Share {
    /// Lists for which it is so.
    pub count: usize,
    /// Of how many.
    pub of: usize,
    /// The share.
    pub rate: Ratio,
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
    /// [`NprrFigures::flip`] over the touched lists alone, with a 90 % interval.
    pub flip: Ratio,
    /// Touched lists whose pick changes.
    pub flip_count: usize,
}

impl TouchedFigures {
    fn new(
        clustering: &Clustering,
        clean: &[Rescored],
        outcome: &CheckOutcome<'_>,
    ) -> TouchedFigures {
        let touched = || {
            let trials = outcome.trials.iter();
            trials.filter(|trial| !trial.substitutions.is_empty())
        };
        let picked = |trial: &Trial| clean[trial.utterance].picked();
        let mut sums = vec![ErrorSums::default(); clustering.count];
        for trial in touched() {
            sums[clustering.labels[trial.utterance]] +=
                ErrorSums::of(trial, &clean[trial.utterance]);
        }

        let nprr = Clusters(sums).nprr();
        TouchedFigures {
            clean: touched().map(picked).sum(),
            text: touched().map(|trial| trial.text).sum(),
            rel: nprr.rel,
            flip: nprr.flip,
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
    /// The perturbed text of the clean pick.
    pub kept: WerFigure,
    /// The first pass alone on the clean lists.
    pub first_pass_clean: WerFigure,
    /// The first pass alone on the perturbed lists.
    pub first_pass_text: WerFigure,
    /// The best hypothesis of each clean list.
    pub oracle_clean: WerFigure,
    /// The best text of each perturbed list.
    pub oracle_text: WerFigure,
    /// The whole numbers behind these and the following figures.
    pub sums: ErrorSums,
    /// The NPRRs.
    pub nprr: NprrFigures,
    /// What changes of mind add, in word error rate, with a 90 % interval.
    pub flip_cost: Ratio,
    /// Errors that the list would have spared, in word error rate.
    pub regret: BeforeAfter,
    /// What rescoring is for.
    pub gain: GainFigures,
    /// How often the pick changes, and to what.
    pub flips: FlipFigures,
    /// Of the lists whose clean pick the swaps hurt and where another is now better: how many changes went to a better one.
    pub repairs: Share,
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
        clean: &[Rescored],
        outcome: &CheckOutcome<'_>,
    ) -> Figures {
        let trials = &outcome.trials;
        let by_utterance = |errors: &dyn Fn(&Trial) -> WordErrors| -> Vec<WordErrors> {
            trials
                .chunks(outcome.draws)
                .map(|draws| draws.iter().map(errors).sum())
                .collect()
        };
        let wer = |errors: &dyn Fn(&Trial) -> WordErrors| {
            WerFigure::new(clustering, &by_utterance(errors))
        };
        let share = |among: &dyn Fn(&Trial) -> bool, holds: &dyn Fn(&Trial) -> bool| -> Share {
            Share::new(clustering, trials, among, holds)
        };
        let every = |_: &Trial| true;
        let flipped = |trial: &Trial| trial.flipped(&clean[trial.utterance]);
        let clusters = Clusters(ErrorSums::by_cluster(outcome, clean, clustering));
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
            clean: wer(&|trial| clean[trial.utterance].picked()),
            kept: wer(&|trial| trial.kept),
            text: wer(&|trial| trial.text),
            first_pass_clean: wer(&|trial| clean[trial.utterance].first_pass()),
            first_pass_text: wer(&|trial| trial.first_pass_text),
            oracle_clean: wer(&|trial| clean[trial.utterance].oracle()),
            oracle_text: wer(&|trial| trial.oracle_text),
            nprr: clusters.nprr(),
            flip_cost: clusters.rate(ErrorSums::flip),
            regret: BeforeAfter {
                clean: clusters.rate(ErrorSums::regret_clean),
                perturbed: clusters.rate(ErrorSums::regret_perturbed),
            },
            gain: clusters.gain(),
            flips: FlipFigures {
                all: share(&every, &flipped),
                harmful: share(&every, &Trial::harmful),
                neutral: share(&every, &|trial| {
                    flipped(trial) && !trial.harmful() && !trial.helpful()
                }),
                helpful: share(&every, &Trial::helpful),
            },
            repairs: share(
                &|trial| trial.repairable(&clean[trial.utterance]),
                &Trial::helpful,
            ),
            sums: clusters.0.iter().copied().sum(),
            kendall_tau: mean(trials.iter().filter_map(|trial| trial.kendall_tau)),
            worst_draw: worst_draw(outcome),
        }
    }
}

/// The error sums of every cluster.
struct Clusters(Vec<ErrorSums>);

impl Clusters {
    /// One sum over another, with a 90 % interval.
    fn ratio(&self, of: fn(&ErrorSums) -> i64, over: fn(&ErrorSums) -> i64) -> Ratio {
        let column = |of: fn(&ErrorSums) -> i64| -> Vec<f64> {
            self.0.iter().map(|sums| of(sums) as f64).collect()
        };
        ratio_of_sums(&column(of), &column(over), GATE_CONFIDENCE)
    }

    /// In word error rate.
    fn rate(&self, of: fn(&ErrorSums) -> i64) -> Ratio {
        self.ratio(of, |sums| sums.words)
    }

    fn nprr(&self) -> NprrFigures {
        let of_clean = |of: fn(&ErrorSums) -> i64| self.ratio(of, |sums| sums.clean);
        NprrFigures {
            rel: of_clean(ErrorSums::extra),
            injected: of_clean(ErrorSums::injected),
            flip: of_clean(ErrorSums::flip),
            pass: self.ratio(ErrorSums::extra, |sums| sums.first_text - sums.first_clean),
        }
    }

    fn gain(&self) -> GainFigures {
        let rates = BeforeAfter {
            clean: self.rate(ErrorSums::gain_clean),
            perturbed: self.rate(ErrorSums::gain_perturbed),
        };
        let kept = || self.ratio(ErrorSums::gain_perturbed, ErrorSums::gain_clean);

        GainFigures {
            kept: rates.clean.is_above_zero().then(kept),
            rates,
        }
    }
}

impl Share {
    /// How many of the trials `among` which it is asked it `holds` for.
    fn new(
        clustering: &Clustering,
        trials: &[Trial],
        among: &dyn Fn(&Trial) -> bool,
        holds: &dyn Fn(&Trial) -> bool,
    ) -> Share {
        let mut counts = vec![[0.0; 2]; clustering.count];
        let (mut count, mut of) = (0, 0);
        for trial in trials.iter().filter(|trial| among(trial)) {
            let cluster = &mut counts[clustering.labels[trial.utterance]];
            of += 1;
            cluster[1] += 1.0;
            if holds(trial) {
                count += 1;
                cluster[0] += 1.0;
            }
        }

        // A cluster without any such list says nothing about their share.
        counts.retain(|[_, of]| *of > 0.0);
        let side = |index: usize| counts.iter().map(|pair| pair[index]).collect::<Vec<f64>>();

        Share {
            count,
            of,
            rate: ratio_of_sums(&side(0), &side(1), CONFIDENCE),
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
