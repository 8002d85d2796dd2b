//! The records of `comparison.json`: names, units and order of its fields.

use serde::{Deserialize, Serialize};

use crate::check::compare::pooled::{Extremes, PooledFigure};
use crate::check::compare::strategy::ContenderCheck;
use crate::check::judge::estimate::Estimate;
use crate::check::judge::figures::{Coverage, Wer};
use crate::report::model_kind::ModelKind;
use crate::report::model_record::ModelRecord;
use crate::report::ranks::RankPicture;
use crate::report::record::{LexiconRecord, NbestRecord, RunRecord};
use crate::report::verdict::FlipMargin;

/// Everything a comparison found.
///
/// Same inputs and seed give the same report but for `run` and what training cost.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct ComparisonReport {
    /// [`FORMAT_VERSION`](crate::report::comparison::FORMAT_VERSION).
    pub(crate) format_version: u32,
    /// Name and version of the program.
    pub(crate) tool: String,
    /// The label that paired tests are against.
    pub(crate) reference: String,
    /// The label of full fine-tuning; null if it takes no part.
    pub(crate) full: Option<String>,
    /// What was compared on.
    pub(crate) nbest: NbestRecord,
    /// Where replacement words came from.
    pub(crate) lexicon: LexiconRecord,
    /// The seed of every random draw.
    pub(crate) seed: u64,
    /// The first pass's favourites on the clean lists.
    pub(crate) first_pass: Wer,
    /// The best hypothesis of each clean list.
    pub(crate) oracle: Wer,
    /// What every check did to the lists, in the order of the suites.
    pub(crate) checks: Vec<CheckSubject>,
    /// One per label, in the order given.
    pub(crate) contenders: Vec<ContenderRecord>,
    /// Paired tests, by the family that their probabilities are adjusted over.
    pub(crate) families: Vec<FamilyRecord>,
    /// Where the ranks of adapters are, one per label that has some.
    pub(crate) ranks: Vec<RankPicture>,
    /// What a reader should know before trusting the figures.
    pub(crate) notes: Vec<String>,
    /// Time and place.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub(crate) run: Option<RunRecord>,
}

/// What a check did, the same to all contenders.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct CheckSubject {
    /// The suite it stands in.
    pub(crate) suite: String,
    /// Hash of the suite's content.
    pub(crate) suite_hash: String,
    /// The check's name.
    pub(crate) check: String,
    /// The perturbation in words.
    pub(crate) perturbation: String,
    /// Draws per utterance.
    pub(crate) draws: usize,
    /// The flip cost that passes where one model is checked; null if it is not judged.
    pub(crate) flip: Option<FlipMargin>,
    /// The share of the clean gain that must be left there, 0 for any gain; null if it is not
    /// judged.
    pub(crate) gain: Option<f64>,
    /// Whether it asks for more of the same than the check before it in the suite.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub(crate) raises: bool,
    /// How much of the corpus was touched.
    pub(crate) coverage: Coverage,
}

/// A rescorer, or several that differ in their training seed alone.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct ContenderRecord {
    /// What it is called.
    pub(crate) label: String,
    /// How it was trained, where its files say it.
    pub(crate) strategy: Option<String>,
    /// One per rescorer, in the order given.
    pub(crate) rescorers: Vec<RescorerRecord>,
    /// Errors on the clean lists, summed over the rescorers.
    pub(crate) wer: Wer,
    /// The lowest and highest word error rate of its rescorers; null for one.
    pub(crate) wer_range: Option<Extremes>,
    /// Share of the first pass's errors that are gone.
    pub(crate) over_first_pass: PooledFigure,
    /// Share of full fine-tuning's errors that are gone; null where it takes no part.
    pub(crate) over_full: Option<Estimate>,
    /// One per check, in the order of `checks`.
    pub(crate) checks: Vec<ContenderCheck>,
}

/// One rescorer.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct RescorerRecord {
    /// What it is.
    pub(crate) model: ModelRecord,
    /// How it was trained, where its files say it.
    pub(crate) strategy: Option<String>,
    /// The seed it was trained with, where its files say it.
    pub(crate) seed: Option<u64>,
    /// What it weighs, and what training it cost.
    pub(crate) cost: CostRecord,
}

impl RescorerRecord {
    /// Whether all of a label's are of one kind.
    pub(crate) fn are_all(rescorers: &[RescorerRecord], kind: ModelKind) -> bool {
        rescorers.iter().all(|rescorer| rescorer.model.kind == kind)
    }
}

/// What a rescorer weighs, and what training it cost; null where its files do not say.
#[derive(Debug, Clone, Copy, PartialEq, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct CostRecord {
    /// Numbers of the model without adapters.
    pub(crate) model_numbers: Option<usize>,
    /// Numbers trained at once, in the phase that trains most.
    pub(crate) trained_numbers: Option<usize>,
    /// Numbers that the checkpoint adds to its base or changes in it.
    pub(crate) stored_numbers: Option<usize>,
    /// Optimizer steps.
    pub(crate) steps: Option<usize>,
    /// Seconds of training, looks at the development set included.
    pub(crate) seconds: Option<f64>,
    /// The most memory that training held on the host.
    pub(crate) peak_memory_bytes: Option<u64>,
}

/// Tests whose probabilities are adjusted together.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct FamilyRecord {
    /// The question.
    pub(crate) name: String,
    /// Whether it is asked against the reference, rather than against the first pass.
    #[serde(skip)]
    pub(crate) against_reference: bool,
    /// How probabilities were adjusted.
    pub(crate) adjustment: String,
    /// The tests.
    pub(crate) tests: Vec<TestRecord>,
}

/// A paired test.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct TestRecord {
    /// Who is tested.
    pub(crate) label: String,
    /// The suite; null on the clean lists.
    pub(crate) suite: Option<String>,
    /// The check; null on the clean lists.
    pub(crate) check: Option<String>,
    /// `clean`: word error rate; `text`: how much it rises under the check; `flip`: how much of
    /// that changes of mind added.
    pub(crate) measure: String,
    /// Whether it speaks of training strategies or of the checkpoints at hand alone, in words.
    pub(crate) about: String,
    /// Label minus opponent, in word error rate (0.01 is one percentage point).
    pub(crate) difference: Estimate,
    /// Clusters in which the label has more errors.
    pub(crate) clusters_worse: usize,
    /// Clusters in which it has fewer.
    pub(crate) clusters_better: usize,
    /// Two-sided, by sign flips over clusters; where a side has several seeds, by a t test over
    /// clusters and seeds if that gives more.
    pub(crate) p: f64,
    /// The same, adjusted for the family.
    pub(crate) p_adjusted: f64,
}
