//! The two files of a baseline, read back: what later runs are compared with, and may replace.

use std::collections::BTreeMap;
use std::io::{self, ErrorKind};
use std::path::{Path, PathBuf};

use anyhow::Context;

use crate::check::engine::counts::{UtteranceCounts, list_hash};
use crate::cli::report_files::ensure_whole;
use crate::files::document::{DOCUMENT, read_lines, read_text};
use crate::files::json::parse;
use crate::files::resolved;
use crate::nbest::Utterance;
use crate::nbest::lists::{Lists, ReadBackError};
use crate::report::json::ReadError;
use crate::report::{Report, json, utterances};

/// An earlier run.
pub(crate) struct Baseline {
    pub(super) report: Report,
    pub(super) counts: Vec<UtteranceCounts>,
}

impl Baseline {
    /// How many of the utterances are there with the same list.
    pub(super) fn common(&self, lists: &Lists) -> Result<usize, ReadBackError> {
        let then: BTreeMap<&str, &str> = self
            .counts
            .iter()
            .map(|counts| (counts.id.as_str(), counts.list.as_str()))
            .collect();
        let same = |utterance: &&Utterance| {
            then.get(utterance.id.as_str()) == Some(&list_hash(utterance).as_str())
        };

        let mut common = 0;
        for part in lists.parts()? {
            common += part?.utterances.iter().filter(same).count();
        }
        Ok(common)
    }

    /// Reads the report `path`, and what belongs to it.
    pub(super) fn read(path: &Path) -> anyhow::Result<Baseline> {
        anyhow::ensure!(
            !path.ends_with(utterances::FILE_NAME),
            "{} is what belongs to a baseline: name its report, {}",
            path.display(),
            path.with_file_name("report.json").display()
        );
        let of = || format!("failed to read the baseline {}", path.display());
        let place = resolved(path);
        ensure_whole(&[&place, &counts_beside(&place)], &of, &ways_out(path))?;

        let text = read_text(path, DOCUMENT).with_context(of)?;
        let report = json::read(&text).map_err(|error| match error {
            ReadError::Version { .. } => anyhow::Error::new(error).context(of()),
            ReadError::Json(_)
            | ReadError::Damaged(_)
            | ReadError::Incomplete(_)
            | ReadError::Implausible(_) => {
                anyhow::anyhow!(
                    "{}: {:#}; {}",
                    of(),
                    anyhow::Error::new(error),
                    if was_report(&text) {
                        ways_out(path)
                    } else {
                        NO_REPORT.to_owned()
                    }
                )
            }
        })?;
        let beside = counts_beside(path);
        let text = read_lines(&beside).with_context(|| {
            format!(
                "failed to read {}, which belongs to the baseline {}: copy it from the report's \
                    folder",
                beside.display(),
                path.display()
            )
        })?;
        let counts = utterances::read(&text).map_err(|error| {
            anyhow::anyhow!(
                "failed to read {}: {:#}; {}",
                beside.display(),
                anyhow::Error::new(error),
                ways_out(path)
            )
        })?;

        if let Some(hash) = &report.utterances_hash {
            anyhow::ensure!(
                *hash == utterances::hash(&counts),
                "{} and {} are not of one run: copy both from the report's folder, or {}",
                path.display(),
                beside.display(),
                ways_out(path)
            );
        }
        Ok(Baseline { report, counts })
    }
}

/// Refuses to write over files of which one is not what it would be of a baseline, if only of
/// another version; `path` is the report as it was named, `report` and `counts` are where both lie.
pub(super) fn refuse_no_baseline(path: &Path, report: &Path, counts: &Path) -> anyhow::Result<()> {
    const OTHER: &str = "only a baseline is written over; name another place";
    let is_there = match there(read_text(report, DOCUMENT), report)? {
        None => false,
        Some(text) => {
            let found: AnyReport = parse(&text).with_context(|| {
                let ways = damaged_ways(was_report(&text), path);
                format!("it is no report of robustness-check: {OTHER}{ways}")
            })?;
            anyhow::ensure!(
                found.tool.starts_with("mondegreen "),
                "it is a report of {}: {OTHER}",
                found.tool
            );
            true
        }
    };

    if let Some(text) = there(read_lines(counts), counts)? {
        let shown = counts.display();
        let found = utterances::read(&text);
        // Where neither tells of a baseline, nobody knows whose file it is.
        let ways = damaged_ways(is_there || found.is_ok(), path);
        anyhow::ensure!(is_there, "{shown} is there without it: {OTHER}{ways}");
        found.with_context(|| {
            format!("{shown} does not hold the utterances of a baseline: {OTHER}{ways}")
        })?;
    }

    Ok(())
}

/// What tells a report of any version.
#[derive(serde::Deserialize)]
struct AnyReport {
    tool: String,
    #[serde(rename = "format_version")]
    _format_version: u32,
}

/// The text of a file, if it is there.
fn there(text: io::Result<String>, path: &Path) -> anyhow::Result<Option<String>> {
    match text {
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(None),
        text => {
            let failed = || format!("failed to read {}", path.display());
            Ok(Some(text.with_context(failed)?))
        }
    }
}

/// Whether `text` was a report once, damaged as it may be. Nobody is told to delete a file that was
/// none.
fn was_report(text: &str) -> bool {
    text.contains("\"format_version\"") && text.contains("\"mondegreen ")
}

/// What helps where a file is no report at all.
const NO_REPORT: &str = "name the report.json of an earlier run; if this was one, restore it as it \
    was committed";

/// What helps where a baseline was damaged.
fn ways_out(report: &Path) -> String {
    format!(
        "restore {} and {} as they were committed, or delete both and write a first one with \
            --update-baseline",
        report.display(),
        counts_beside(report).display()
    )
}

/// The same where it is another file, unless it `was` a baseline.
fn damaged_ways(was: bool, report: &Path) -> String {
    if was {
        let ways = ways_out(report);
        format!(", or, if it is a baseline that was damaged, {ways}")
    } else {
        String::new()
    }
}

/// Where the errors by utterance lie that belong to a report.
pub(super) fn counts_beside(report: &Path) -> PathBuf {
    report.with_file_name(utterances::FILE_NAME)
}
