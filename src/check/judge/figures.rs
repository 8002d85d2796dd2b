//! What a check measured: word error rates, NPRR, flips, with their intervals.
//!
//! Every rate is a sum over a sum, never a mean of rates, and every interval
//! takes clusters as its observations. Definitions of the NPRRs are ours
//! (the formula of arXiv 2401.10447 was not available): see [`Nprr`].
//! Reports hold these figures as they are: their fields are those of `report.json`.

use serde::{Deserialize, Serialize};

use crate::check::judge::estimate::Estimate;
use crate::check::judge::sums::{CleanSums, ListSums};
use crate::nbest::wer::WordErrors;
use crate::stats::fieller::Ratio;

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
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CleanFigures {
    /// The rescorer's picks.
    pub model: Wer,
    /// The first pass's favourites.
    pub first_pass: Wer,
    /// The best hypothesis of each list: no rescorer does better.
    pub oracle: Wer,
    /// Model minus first pass, in word error rate (0.01 is one percentage point), with its 95 %
    /// interval.
    pub difference: Estimate,
    /// Exact two-sided sign-flip probability of a difference at least as large, over clusters; null
    /// where it cannot be had, or was not asked for.
    pub difference_p: Option<f64>,
    /// One-sided t probability, over clusters, that goes with fewer errors than the first pass has.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub gain_p: Option<f64>,
    /// Whether the model is shown to have fewer errors than the first pass: by the t test, and by
    /// sign flips where `difference_p` is known, both one-sided at 5 %.
    pub gain_shown: bool,
    /// The whole numbers behind all these.
    #[serde(skip)]
    pub(crate) clusters: Vec<CleanSums>,
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
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
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
    #[serde(skip)]
    pub concentration: Option<f64>,
    /// The whole numbers behind all these.
    #[serde(skip)]
    pub(crate) clusters: Vec<ListSums>,
}
