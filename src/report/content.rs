//! The content of `report.json`, whole.

use serde::{Deserialize, Serialize};

use crate::check::judge::figures::CleanFigures;
use crate::report::baseline::BaselineRecord;
use crate::report::cautions::CautionRecord;
use crate::report::ending::Ending;
use crate::report::failures::FailuresRecord;
use crate::report::model_record::ModelRecord;
use crate::report::properties::{PreflightRecord, PropertyRecord};
use crate::report::record::{CheckRecord, LexiconRecord, NbestRecord, RunRecord};

/// The version of `report.json`'s fields; a reader refuses other versions.
pub const FORMAT_VERSION: u32 = 2;

/// Everything a run found.
///
/// Same inputs and seed give the same report but for `run`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Report {
    /// [`FORMAT_VERSION`].
    pub format_version: u32,
    /// Name and version of the program.
    pub tool: String,
    /// The verdict of the run, which its exit code says too: `fail` if a check or a property fails,
    /// or the run is worse than its baseline (unless that was accepted); else `inconclusive` if one
    /// of these is; else `pass`.
    pub verdict: Ending,
    /// What is wrong with the rescorer itself, gravest first.
    #[serde(default)]
    pub cautions: Vec<CautionRecord>,
    /// What was tested.
    pub model: ModelRecord,
    /// What it was tested on.
    pub nbest: NbestRecord,
    /// Where replacement words came from.
    pub lexicon: LexiconRecord,
    /// The seed of every random draw.
    pub seed: u64,
    /// The lists as they are.
    pub clean: CleanFigures,
    /// The noise of scores, where properties were asked for.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub preflight: Option<PreflightRecord>,
    /// One per property, in the order of the suites.
    #[serde(skip_serializing_if = "Vec::is_empty", default)]
    pub properties: Vec<PropertyRecord>,
    /// One per check, in the order of the suites.
    pub checks: Vec<CheckRecord>,
    /// Failures that were minimized or run again; absent where neither was asked for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub failures: Option<FailuresRecord>,
    /// Hash of `utterances.jsonl`, which belongs to this report; absent from reports of earlier
    /// versions.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub utterances_hash: Option<String>,
    /// What a reader should know before trusting the figures.
    pub notes: Vec<String>,
    /// This run against an earlier one, where one was given.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub baseline: Option<BaselineRecord>,
    /// Time and place; the only part that differs between equal runs.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub run: Option<RunRecord>,
}
