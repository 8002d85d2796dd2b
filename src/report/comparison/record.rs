//! The records of `comparison.json`: names, units and order of its fields.

use serde::{Deserialize, Serialize};

use crate::check::judge::estimate::Estimate;
use crate::check::judge::figures::{Coverage, Wer};
use crate::report::ranks::RankPicture;
use crate::report::record::{LexiconRecord, ModelRecord, NbestRecord, RunRecord};
use crate::report::verdict::FlipMargin;

/// Everything a comparison found.
///
/// Same inputs and seed give the same report but for `run` and what training cost.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ComparisonReport {
    /// [`FORMAT_VERSION`](crate::report::comparison::FORMAT_VERSION).
    pub format_version: u32,
    /// Name and version of the program.
    pub tool: String,
    /// The label that paired tests are against.
    pub reference: String,
    /// The label of full fine-tuning; null if it takes no part.
    pub full: Option<String>,
    /// What was compared on.
    pub nbest: NbestRecord,
    /// Where replacement words came from.
    pub lexicon: LexiconRecord,
    /// The seed of every random draw.
    pub seed: u64,
    /// The first pass's favourites on the clean lists.
    pub first_pass: Wer,
    /// The best hypothesis of each clean list.
    pub oracle: Wer,
    /// What every check did to the lists, in the order of the suites.
    pub checks: Vec<CheckSubject>,
    /// One per label, in the order given.
    pub contenders: Vec<ContenderRecord>,
    /// Paired tests, by the family that their probabilities are adjusted over.
    pub families: Vec<FamilyRecord>,
    /// Where the ranks of adapters are, one per label that has some.
    pub ranks: Vec<RankPicture>,
    /// What a reader should know before trusting the figures.
    pub notes: Vec<String>,
    /// Time and place.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub run: Option<RunRecord>,
}

/// What a check did, the same to all contenders.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CheckSubject {
    /// The suite it stands in.
    pub suite: String,
    /// Hash of the suite's content.
    pub suite_hash: String,
    /// The check's name.
    pub check: String,
    /// The perturbation in words.
    pub perturbation: String,
    /// Draws per utterance.
    pub draws: usize,
    /// The flip cost that passes where one model is checked; null if it is not judged.
    pub flip: Option<FlipMargin>,
    /// The share of the clean gain that must be left there, 0 for any gain; null if it is not judged.
    pub gain: Option<f64>,
    /// How much of the corpus was touched.
    pub coverage: Coverage,
}

/// A rescorer, or several that differ in their training seed alone.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ContenderRecord {
    /// What it is called.
    pub label: String,
    /// How it was trained, where its files say it.
    pub strategy: Option<String>,
    /// One per rescorer, in the order given.
    pub rescorers: Vec<RescorerRecord>,
    /// Errors on the clean lists, summed over the rescorers.
    pub wer: Wer,
    /// The lowest and highest word error rate of its rescorers; null for one.
    pub wer_range: Option<RangeRecord>,
    /// Share of the first pass's errors that are gone.
    pub over_first_pass: Figure,
    /// Share of full fine-tuning's errors that are gone; null where it takes no part.
    pub over_full: Option<Estimate>,
    /// One per check, in the order of `checks`.
    pub checks: Vec<ContenderCheck>,
}

/// One rescorer.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RescorerRecord {
    /// What it is.
    pub model: ModelRecord,
    /// How it was trained, where its files say it.
    pub strategy: Option<String>,
    /// The seed it was trained with, where its files say it.
    pub seed: Option<u64>,
    /// What it weighs, and what training it cost.
    pub cost: CostRecord,
}

/// What a rescorer weighs, and what training it cost; null where its files do not say.
#[derive(Debug, Clone, Copy, PartialEq, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CostRecord {
    /// Numbers of the model without adapters.
    pub model_numbers: Option<usize>,
    /// Numbers trained at once, in the phase that trains most.
    pub trained_numbers: Option<usize>,
    /// Numbers that the checkpoint adds to its base or changes in it.
    pub stored_numbers: Option<usize>,
    /// Optimizer steps.
    pub steps: Option<usize>,
    /// Seconds of training, looks at the development set included.
    pub seconds: Option<f64>,
    /// The most memory that training held on the host.
    pub peak_memory_bytes: Option<u64>,
}

/// A figure over all rescorers of a label.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Figure {
    /// Of the errors summed over the rescorers. The interval takes clusters as drawn at random, and seeds too where there are several.
    pub pooled: Estimate,
    /// The lowest and highest of the rescorers; null for one.
    pub range: Option<RangeRecord>,
}

/// The lowest and the highest of several values.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RangeRecord {
    /// The lowest.
    pub min: f64,
    /// The highest.
    pub max: f64,
}

/// A label under one check.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ContenderCheck {
    /// The perturbed text of the picks.
    pub wer_text: Wer,
    /// The perturbed text of the clean picks.
    pub wer_kept: Wer,
    /// `(WER_text - WER_clean) / WER_clean`.
    pub nprr_rel: Figure,
    /// `(WER_kept - WER_clean) / WER_clean`: what the swaps did to the clean picks.
    pub nprr_injected: Figure,
    /// `(WER_text - WER_kept) / WER_clean`: what changes of mind added.
    pub nprr_flip: Figure,
    /// The word error rate of the first pass minus that of the label, on the perturbed lists.
    pub gain_perturbed: Figure,
    /// `(WER_text - WER_clean)` over the same of the first pass.
    pub nprr_pass: Figure,
    /// `nprr_rel` over that of full fine-tuning; null where it takes no part.
    pub nprr_ref: Option<Estimate>,
    /// Share of lists whose pick changes.
    pub flips: Figure,
    /// Share of lists whose pick changes to a worse one, both read with their swaps.
    pub harmful_flips: Figure,
    /// Share of lists whose pick changes to a better one.
    pub helpful_flips: Figure,
    /// `nprr_rel` over the lists in which a word was swapped: the others cannot degrade.
    pub touched_nprr_rel: Figure,
    /// `nprr_flip` over these.
    pub touched_nprr_flip: Figure,
    /// Mean of Kendall's tau between the clean and the perturbed order of each list.
    pub kendall_tau: Option<f64>,
}

/// Tests whose probabilities are adjusted together.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FamilyRecord {
    /// The question.
    pub name: String,
    /// How probabilities were adjusted.
    pub adjustment: String,
    /// The tests.
    pub tests: Vec<TestRecord>,
}

/// A paired test.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TestRecord {
    /// Who is tested.
    pub label: String,
    /// The suite; null on the clean lists.
    pub suite: Option<String>,
    /// The check; null on the clean lists.
    pub check: Option<String>,
    /// `clean`: word error rate; `text`: how much it rises under the check; `flip`: how much of that changes of mind added.
    pub measure: String,
    /// Whether it speaks of training strategies or of the checkpoints at hand alone, in words.
    pub about: String,
    /// Label minus opponent, in word error rate (0.01 is one percentage point).
    pub difference: Estimate,
    /// Clusters in which the label has more errors.
    pub clusters_worse: usize,
    /// Clusters in which it has fewer.
    pub clusters_better: usize,
    /// Two-sided, by sign flips over clusters; where a side has several seeds, by a t test over clusters and seeds if that gives more.
    pub p: f64,
    /// The same, adjusted for the family.
    pub p_adjusted: f64,
}
