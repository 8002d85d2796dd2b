//! `report.json`: the stable machine format.

use std::collections::BTreeMap;

use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::files::json::{self, JsonError};
use crate::files::seal::{Damaged, seal_contents, unseal_contents};
use crate::report::model_record::ModelRecord;
use crate::report::plausible::{self, Implausible};
use crate::report::{FORMAT_VERSION, Report, run_verdict};

/// A report could not be read back.
#[derive(Debug, thiserror::Error)]
pub enum ReadError {
    /// Not the JSON of a report.
    #[error("not a report.json of this program")]
    Json(#[from] JsonError),
    /// A report that carries the checksum of another.
    #[error("the report is damaged, or was changed by hand")]
    Damaged(#[from] Damaged),
    /// The same, of which it is known what is missing or wrong.
    #[error("the report is damaged, or was changed by hand")]
    Incomplete(#[source] JsonError),
    /// A report with a figure that no run measures.
    #[error(transparent)]
    Implausible(#[from] Implausible),
    /// A report of another version.
    #[error(
        "format_version is {found}, this program reads {FORMAT_VERSION}: what is measured has \
         changed since, so check that model again with this version; --baseline REPORT.json \
         --update-baseline --accept puts the new report in the place of the old one"
    )]
    Version {
        /// The version found.
        found: u32,
    },
}

/// The report as indented JSON with a final newline.
pub fn render(report: &Report) -> String {
    indented(report)
}

/// A record as indented JSON with a final newline.
pub(crate) fn indented(record: &impl Serialize) -> String {
    let mut text = serde_json::to_string_pretty(record)
        .expect("a record has no map with keys that are not strings, and no NaN");
    text.push('\n');
    text
}

/// The same with a [checksum](mod@crate::files::seal), for what later runs rest on.
pub fn render_sealed(report: &Report) -> String {
    seal_contents(&render(report))
}

/// The text of a report, whose checksum fits if it carries one.
struct Opened<'a> {
    text: &'a str,
    /// What it says beside its checksum, if it carries one.
    sealed: Option<Value>,
}

impl Opened<'_> {
    fn of(text: &str) -> Result<Opened<'_>, ReadError> {
        let mut value: Value = json::parse(text)?;
        let is_sealed = unseal_contents(text, &mut value).map_err(|damaged| {
            // Which field is missing says more than that something is.
            let is_current = value["format_version"] == FORMAT_VERSION;
            match is_current.then(|| json::parse::<Report>(&indented(&value))) {
                Some(Err(wrong)) => ReadError::Incomplete(wrong),
                Some(Ok(_)) | None => damaged.into(),
            }
        })?;
        let sealed = is_sealed.then_some(value);
        Ok(Opened { text, sealed })
    }

    fn parse<T: DeserializeOwned>(&self) -> Result<T, JsonError> {
        match &self.sealed {
            Some(value) => Ok(T::deserialize(value)?),
            // An error in a text has a place.
            None => json::parse(self.text),
        }
    }
}

/// Reads a report back, with a checksum or without.
pub fn read(text: &str) -> Result<Report, ReadError> {
    #[derive(Deserialize)]
    struct Version {
        format_version: u32,
    }

    let opened = Opened::of(text)?;
    let version: Version = opened.parse()?;
    if version.format_version != FORMAT_VERSION {
        return Err(ReadError::Version {
            found: version.format_version,
        });
    }

    let mut report: Report = opened.parse()?;
    plausible::check(&opened.parse()?)?;
    // Earlier versions left the comparison out of the verdict.
    report.verdict = run_verdict::beside(report.verdict, report.baseline.as_ref());
    Ok(report)
}

/// What a report says of the model that was tested, whatever version the rest of it has.
#[derive(Debug, Deserialize)]
pub struct Tested {
    /// The model.
    pub model: ModelRecord,
    /// How it was asked.
    #[serde(default)]
    pub run: Asking,
}

/// The part of a [`RunRecord`](crate::report::record::RunRecord) that is needed to ask a model
/// again.
#[derive(Debug, Default, Deserialize)]
pub struct Asking {
    /// Options of how a program or a server was asked.
    #[serde(default)]
    pub asked_with: BTreeMap<String, String>,
}

/// Reads that back.
pub fn read_tested(text: &str) -> Result<Tested, ReadError> {
    Ok(Opened::of(text)?.parse()?)
}
