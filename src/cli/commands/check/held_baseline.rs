//! The place of a baseline: a run is written there, or told why not.

use std::path::PathBuf;

use crate::cli::terminal::Terminal;
use crate::files::{ResultFolder, Waited, write_file};
use crate::report::ending::Ending;
use crate::report::{Report, baseline, json, utterances};

/// What a comparison comes to.
#[derive(Debug, Clone)]
pub(crate) struct Compared {
    /// Whether there are more errors anywhere.
    pub(super) rises: bool,
    /// Whether the run that the baseline is of failed.
    pub(super) failed_then: bool,
    /// What only one of the runs has, so that nothing was judged of it: each in a clause behind
    /// "this run".
    pub(super) unjudged: Vec<String>,
}

/// The place of a baseline that is to be renewed.
pub(crate) struct HeldBaseline {
    pub(super) folder: ResultFolder,
    /// The report's name in the folder.
    pub(super) report: String,
    /// The report as it was named.
    pub(super) shown: PathBuf,
    /// Whether a worse or failing run is written as well.
    pub(super) accept: bool,
}

impl HeldBaseline {
    /// Writes the run in the place of the baseline, unless it was `compared` and found worse, or
    /// fails: without its time and place, its failures, its slices and the comparison, so that
    /// equal runs give equal baselines.
    pub(crate) fn update(
        &self,
        report: &Report,
        counts: &mut Waited,
        compared: Option<&Compared>,
        terminal: &Terminal,
    ) -> anyhow::Result<()> {
        let shown = self.shown.display();
        let found = obstacle(report, compared);
        match (&found, self.accept) {
            (Some(problem), false) => {
                let kept = match compared {
                    Some(_) => "stays as it is",
                    None => "is not written",
                };
                terminal.warn(&format!(
                    "the baseline {shown} {kept}: this run {problem}; --accept writes it all the \
                        same"
                ));
                return Ok(());
            }
            (Some(problem), true) => terminal.warn(&format!(
                "this run {problem}, and becomes the baseline {shown} by --accept"
            )),
            (None, _) => {}
        }

        let mut report = Report {
            run: None,
            // Of the run alone: what it was compared with is not written.
            verdict: report.verdict_alone(),
            baseline: None,
            failures: None,
            ..report.clone()
        };
        for check in &mut report.checks {
            check.slices = None;
        }

        self.folder.replace(|folder| {
            write_file(&folder.join(utterances::FILE_NAME), |file| {
                counts.copy(file)
            })?;
            write_file(&folder.join(&self.report), |file| {
                file.write_all(json::render_sealed(&report).as_bytes())
            })
        })?;
        terminal.say(&format!("baseline written to {shown}"));

        Ok(())
    }
}

/// Why a run should not be what later ones are compared with, if so: what it does.
fn obstacle(report: &Report, compared: Option<&Compared>) -> Option<String> {
    let fails = report.verdict_alone() == Ending::Fail;
    let Some(compared) = compared else {
        return fails.then(|| "fails".to_owned());
    };

    let mut found = Vec::new();
    if compared.rises {
        let rises = report.baseline.as_ref().map(baseline::rises);
        let rises = rises.unwrap_or_default().join(", ");
        found.push(format!("has more errors ({rises})"));
    } else if fails && !compared.failed_then {
        found.push("fails, which the one of the baseline did not".to_owned());
    }
    found.extend(compared.unjudged.iter().cloned());

    (!found.is_empty()).then(|| found.join("; it "))
}
