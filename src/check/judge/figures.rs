//! What a check measured: word error rates, NPRR, flips, with their intervals.
//!
//! Every rate is a sum over a sum, never a mean of rates, and every interval
//! takes clusters as its observations. Definitions of the NPRRs are ours
//! (the formula of arXiv 2401.10447 was not available): see [`Nprr`].
//! Reports hold these figures as they are: their fields are those of `report.json`.

use serde::{Deserialize, Serialize};

use crate::check::engine::outcome::CheckOutcome;
use crate::check::engine::trial::{Rescored, Trial};
use crate::check::judge::clustering::Clustering;
use crate::check::judge::estimate::Estimate;
use crate::check::judge::levels::{CONFIDENCE, GATE_CONFIDENCE};
use crate::check::judge::sums::{CleanSums, ErrorSums, ListSums, TextErrors};
use crate::nbest::wer::WordErrors;
use crate::stats::concentration::largest_tenth;
use crate::stats::fieller::{Ratio, ratio_of_sums};

/// A word error rate.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Wer {
    /// Errors over reference words, with its 95 % interval over clusters.
    pub rate: Estimate,
    /// Substituted words, summed over utterances and draws.
    pub substitutions: usize,
    /// Inserted words.
    pub insertions: usize,
    /// Deleted words.
    pub deletions: usize,
    /// Words of the references, once per draw.
    pub reference_words: usize,
}

impl Wer {
    /// The rate of these errors.
    pub(crate) fn new(errors: WordErrors, rate: &Ratio) -> Wer {
        Wer {
            rate: Estimate::from(rate),
            substitutions: errors.substitutions,
            insertions: errors.insertions,
            deletions: errors.deletions,
            reference_words: errors.reference_words,
        }
    }

    /// The errors by kind.
    pub fn errors(&self) -> WordErrors {
        WordErrors {
            substitutions: self.substitutions,
            insertions: self.insertions,
            deletions: self.deletions,
            reference_words: self.reference_words,
        }
    }
}

/// The clean lists.
#[derive(Debug, Clone, PartialEq)]
pub struct CleanFigures {
    /// The rescorer's picks.
    pub model: Wer,
    /// The first pass's favourites.
    pub first_pass: Wer,
    /// The best hypothesis of each list: no rescorer does better.
    pub oracle: Wer,
    /// Model minus first pass, in word error rate, with its 95 % interval.
    pub difference: Estimate,
    /// Whether the model is shown to have fewer errors than the first pass: one-sided, at 5 %.
    pub gain_shown: bool,
    /// Errors of the model minus errors of the first pass, per cluster.
    pub difference_by_cluster: Vec<i64>,
}

impl CleanFigures {
    /// Sums up the clean lists.
    pub fn new(clustering: &Clustering, clean: &[Rescored]) -> CleanFigures {
        let clusters = CleanSums::by_cluster(clustering, clean);
        let rate = |of: fn(&CleanSums) -> i64, confidence| {
            ratio_over(&clusters, of, |sums| sums.words, confidence)
        };
        let wer = |errors: fn(&Rescored) -> WordErrors, of: fn(&CleanSums) -> i64| {
            Wer::new(clean.iter().map(errors).sum(), &rate(of, CONFIDENCE))
        };
        let more = |sums: &CleanSums| sums.picked - sums.first_pass;

        CleanFigures {
            model: wer(Rescored::picked, |sums| sums.picked),
            first_pass: wer(Rescored::first_pass, |sums| sums.first_pass),
            oracle: wer(Rescored::oracle, |sums| sums.oracle),
            difference: rate(more, CONFIDENCE).into(),
            gain_shown: rate(more, GATE_CONFIDENCE).is_below_zero(),
            difference_by_cluster: clusters.iter().map(more).collect(),
        }
    }
}

/// The word error rates of a check.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CheckWers {
    /// The model on the clean lists.
    pub clean: Wer,
    /// The perturbed text of the model's clean pick.
    pub kept: Wer,
    /// The perturbed text of the model's pick.
    pub text: Wer,
    /// The first pass alone on the clean lists.
    pub first_pass_clean: Wer,
    /// The first pass alone on the perturbed lists.
    pub first_pass_text: Wer,
    /// The best hypothesis of each clean list.
    pub oracle_clean: Wer,
    /// The best text of each perturbed list.
    pub oracle_text: Wer,
}

impl CheckWers {
    /// Each with its name, as tables list them.
    pub(crate) fn named(&self) -> [(&'static str, &Wer); 7] {
        [
            ("clean", &self.clean),
            ("kept: perturbed text of the clean pick", &self.kept),
            ("text: perturbed text of the pick", &self.text),
            ("first pass, clean", &self.first_pass_clean),
            ("first pass, perturbed", &self.first_pass_text),
            ("oracle, clean", &self.oracle_clean),
            ("oracle, perturbed", &self.oracle_text),
        ]
    }
}

/// The NPRRs of a check (N-best Perturbation based Rescoring Robustness), with 90 % intervals.
///
/// Definitions ours: the paper's formula was not available. Higher is more fragile, and
/// `rel = injected + flip`, exactly so in errors.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Nprr {
    /// `(WER_text - WER_clean) / WER_clean`: the headline of research tables.
    pub rel: Estimate,
    /// `(WER_kept - WER_clean) / WER_clean`: what the swaps did to the clean picks, whatever the
    /// rescorer.
    pub injected: Estimate,
    /// `(WER_text - WER_kept) / WER_clean`: what changes of mind add; negative where they repair.
    pub flip: Estimate,
    /// `(WER_text - WER_clean)` of the model over the same of the first pass
    /// alone: 0 is all repaired, 1 is all passed through.
    pub pass: Estimate,
    /// The errors behind them.
    pub errors: NprrErrors,
}

/// Errors over all lists, each once per draw; `extra = injected + flip`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct NprrErrors {
    /// Of the picks from the clean lists.
    pub clean: i64,
    /// More than those, on the perturbed lists.
    pub extra: i64,
    /// More than those, had no pick changed.
    pub injected: i64,
    /// More than that, since picks changed; negative where fewer.
    pub flip: i64,
}

/// A difference of word error rates (0.01 is one percentage point) on the clean and on the
/// perturbed lists, with 90 % intervals.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct BeforeAfter {
    /// On the clean lists.
    pub clean: Estimate,
    /// On the perturbed lists.
    pub perturbed: Estimate,
}

/// How much lower the word error rate is than that of the first pass, with 90 % intervals.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Gain {
    /// On the clean lists.
    pub clean: Estimate,
    /// On the perturbed lists.
    pub perturbed: Estimate,
    /// Perturbed over clean gain; null where the clean gain is not shown to be above 0.
    pub kept: Option<Estimate>,
}

/// How often the pick changes, as shares of all lists.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Flips {
    /// All changes.
    pub all: Share,
    /// To a hypothesis with more errors than the clean pick, both read with their swaps.
    pub harmful: Share,
    /// To one with as many.
    pub neutral: Share,
    /// To one with fewer.
    pub helpful: Share,
}

/// How many of some lists.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Share {
    /// Lists for which it is so.
    pub count: usize,
    /// Of how many.
    pub of: usize,
    /// Their share, with a 95 % interval; null of no lists.
    pub rate: Estimate,
}

/// The draw with the highest word error rate.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct WorstDraw {
    /// Which draw, from 0.
    pub draw: usize,
    /// Its word error rate (`text`); null without a word.
    pub wer_text: Option<f64>,
}

/// How much of the corpus a check touched.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Coverage {
    /// Lists: utterances times draws.
    pub lists: usize,
    /// Lists in which at least one word was swapped.
    pub perturbed_lists: usize,
    /// Utterances in which at least one word was swapped in some draw.
    pub perturbed_utterances: usize,
    /// Words swapped, over all lists.
    pub substitutions: usize,
    /// The figures over the lists in which a word was swapped.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub touched: Option<Touched>,
}

/// The lists in which at least one word was swapped: the others cannot degrade.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Touched {
    /// Words of their references.
    pub reference_words: usize,
    /// Errors of the clean picks.
    pub clean_errors: usize,
    /// Errors of the perturbed texts of the picks.
    pub text_errors: usize,
    /// [`Nprr::rel`] over these lists alone.
    pub rel: Estimate,
    /// [`Nprr::flip`] over these lists alone.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub flip: Option<Estimate>,
    /// Of these lists, those whose pick changes.
    pub flips: usize,
}

/// What one check measured.
#[derive(Debug, Clone, PartialEq)]
pub struct Figures {
    /// Word error rates.
    pub wer: CheckWers,
    /// What rescoring is for.
    pub gain: Gain,
    /// Errors that the list would have spared, in word error rate.
    pub regret: BeforeAfter,
    /// The NPRRs.
    pub nprr: Nprr,
    /// What changes of mind add, in word error rate, with a 90 % interval.
    pub flip_cost: Estimate,
    /// How often the pick changes, and to what.
    pub flips: Flips,
    /// Of the lists whose clean pick the swaps hurt and where another is now better: how many
    /// changes went to a better one.
    pub repairs: Share,
    /// Mean of Kendall's tau between clean and perturbed order, over lists of two or more.
    pub kendall_tau: Option<f64>,
    /// The draw with the highest word error rate, the earliest of equals.
    pub worst_draw: WorstDraw,
    /// How much was touched.
    pub coverage: Coverage,
    /// The share of the harm that a tenth of the clusters has, where that can be said.
    pub concentration: Option<f64>,
    /// The whole numbers behind all these.
    pub(crate) clusters: Vec<ListSums>,
}

impl Figures {
    /// Sums up the trials of one check.
    pub fn new(clustering: &Clustering, clean: &[Rescored], outcome: &CheckOutcome<'_>) -> Figures {
        let mut clusters = vec![ListSums::default(); clustering.count];
        let mut errors = TextErrors::default();
        let mut by_draw = vec![WordErrors::default(); outcome.draws];
        for trial in &outcome.trials {
            let clean = &clean[trial.utterance];
            let of_trial = TextErrors::of(trial, clean);
            errors += of_trial;
            by_draw[trial.draw] += trial.text;
            clusters[clustering.labels[trial.utterance]].count(trial, clean, of_trial.into());
        }

        let measured = Measured(&clusters);
        let harm: Vec<f64> = clusters.iter().map(|sums| sums.harm as f64).collect();
        Figures {
            wer: measured.wers(&errors),
            gain: measured.gain(),
            regret: BeforeAfter {
                clean: measured.rate(|sums| sums.errors.regret_clean()).into(),
                perturbed: measured.rate(|sums| sums.errors.regret_perturbed()).into(),
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
            kendall_tau: mean(outcome.trials.iter().filter_map(|trial| trial.kendall_tau)),
            worst_draw: worst_draw(&by_draw),
            coverage: measured.coverage(outcome),
            concentration: largest_tenth(&harm),
            clusters,
        }
    }

    /// [`Nprr::rel`] with all that is known about it.
    pub(crate) fn nprr_rel(&self) -> Ratio {
        Measured(&self.clusters).of_clean(|sums| sums.errors.extra())
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
        ratio_over(self.0, of, over, GATE_CONFIDENCE)
    }

    /// In word error rate.
    fn rate(&self, of: fn(&ListSums) -> i64) -> Ratio {
        self.ratio(of, |sums| sums.errors.words)
    }

    /// Over the errors of the clean picks.
    fn of_clean(&self, of: fn(&ListSums) -> i64) -> Ratio {
        self.ratio(of, |sums| sums.errors.clean)
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
            let rate = ratio_over(self.0, of, |sums| sums.errors.words, CONFIDENCE);
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
            rel: self.of_clean(|sums| sums.errors.extra()).into(),
            injected: self.of_clean(|sums| sums.errors.injected()).into(),
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

    fn coverage(&self, outcome: &CheckOutcome<'_>) -> Coverage {
        let trials = &outcome.trials;
        let swaps = |draws: &[Trial]| draws.iter().any(|trial| swaps_of(trial) > 0);
        Coverage {
            lists: self.count(|sums| sums.lists),
            perturbed_lists: self.count(|sums| sums.touched_lists),
            perturbed_utterances: trials
                .chunks(outcome.draws)
                .filter(|draws| swaps(draws))
                .count(),
            substitutions: trials.iter().map(swaps_of).sum(),
            touched: Some(Touched {
                reference_words: self.count(|sums| sums.touched.words),
                clean_errors: self.count(|sums| sums.touched.clean),
                text_errors: self.count(|sums| sums.touched.text),
                rel: self.of_touched(|sums| sums.touched.extra()).into(),
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
            rate: ratio_over(&asked, holds, among, CONFIDENCE).into(),
        }
    }
}

/// One sum over another, by clusters.
fn ratio_over<S>(sums: &[S], of: fn(&S) -> i64, over: fn(&S) -> i64, confidence: f64) -> Ratio {
    let column = |of: fn(&S) -> i64| -> Vec<f64> { sums.iter().map(|s| of(s) as f64).collect() };
    ratio_of_sums(&column(of), &column(over), confidence)
}

fn swaps_of(trial: &Trial) -> usize {
    trial.substitutions.len()
}

fn mean(values: impl Iterator<Item = f64>) -> Option<f64> {
    let (sum, count) = values.fold((0.0, 0usize), |(sum, count), value| {
        (sum + value, count + 1)
    });
    (count > 0).then(|| sum / count as f64)
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
