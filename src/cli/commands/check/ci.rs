//! What a check tells the machine that builds: `--junit`, `--code-quality`, `--annotations`,
//! `--inconclusive`.

use std::fs::{self, OpenOptions};
use std::io::{ErrorKind, Write};
use std::path::{Path, PathBuf};

use anyhow::Context;
use clap::{ArgMatches, ValueEnum};

use crate::cli::args::outputs::{self, ForceInput};
use crate::cli::exit::{self, Exit};
use crate::cli::terminal::Terminal;
use crate::files::{
    Input, OutputFile, PreparedFile, Refusal, WriteError, is_named_pipe, refuse_overlap,
};
use crate::report::ci::code_quality::Places;
use crate::report::ci::{Inconclusive, code_quality, github, junit};
use crate::report::{Report, markdown};

/// Where GitHub Actions takes the summary of a step from.
const STEP_SUMMARY: &str = "GITHUB_STEP_SUMMARY";

/// Outputs for machines that build.
#[derive(Debug, clap::Args)]
pub(crate) struct CiInput {
    /// JUnit XML: a check is a test suite, a gate a test case; inconclusive ones are skipped
    #[arg(help_heading = "CI", long, value_name = "FILE")]
    junit: Option<PathBuf>,
    /// Code quality for a merge request of GitLab: an entry for each gate that fails or is
    /// inconclusive, at its line of a suite's file
    #[arg(help_heading = "CI", long, value_name = "FILE")]
    code_quality: Option<PathBuf>,
    /// Print annotations for a service that builds, after everything else on standard output
    ///
    /// `github`: errors and warnings as workflow commands, last what the run comes to; report.md
    /// becomes the summary of the step. Beside --format json they go to standard error.
    #[arg(help_heading = "CI", long, value_name = "SERVICE", value_enum)]
    annotations: Option<Service>,
    /// What an inconclusive verdict does to the exit code; 3 if not given
    #[arg(
        help_heading = "CI",
        long,
        value_name = "pass|fail",
        value_enum,
        hide_possible_values = true
    )]
    inconclusive: Option<OnInconclusive>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Service {
    /// GitHub Actions
    Github,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum OnInconclusive {
    /// Exit 0
    Pass,
    /// Exit 1
    Fail,
}

/// Whether annotations are asked for, of a check or of a command that ends as one.
pub(crate) fn annotates(matches: &ArgMatches) -> bool {
    // Most commands have no such option.
    let asks = |matches: &ArgMatches| {
        let service = matches.try_get_one::<Service>("annotations");
        service.is_ok_and(|service| service.is_some())
    };
    asks(matches) || matches.subcommand().is_some_and(|(_, own)| asks(own))
}

/// Files for machines that build, held before the work.
pub(super) struct HeldFiles {
    junit: Option<OutputFile>,
    code_quality: Option<(OutputFile, Places)>,
}

impl HeldFiles {
    /// Writes the files as far as it can fail, before anything else is in its place.
    pub(super) fn prepare(
        self,
        report: &Report,
        inconclusive: Inconclusive,
    ) -> Result<Vec<PreparedFile>, WriteError> {
        let junit = self
            .junit
            .map(|file| (file, junit::render(report, inconclusive)));
        let quality = self
            .code_quality
            .map(|(file, places)| (file, code_quality::render(report, inconclusive, &places)));

        let prepare =
            |(file, text): (OutputFile, String)| file.prepare(|out| out.write_all(text.as_bytes()));
        junit.into_iter().chain(quality).map(prepare).collect()
    }
}

impl CiInput {
    /// Holds the files that are asked for, for a run that reads `inputs` and writes other files;
    /// `places` says where the checks stand.
    pub(super) fn hold(
        &self,
        force: ForceInput,
        inputs: &[Input],
        places: impl FnOnce() -> Places,
    ) -> anyhow::Result<HeldFiles> {
        let is_junit = |line: &str| line.starts_with(junit::FIRST_LINE);
        let hold_junit = |path: &PathBuf| force.file(path, is_junit, inputs);
        let junit = self.junit.as_ref().map(hold_junit).transpose()?;

        let other = outputs::written("--junit", self.junit.as_deref());
        let inputs = [inputs, &other].concat();
        let hold_quality = |path: &PathBuf| force.file(path, code_quality::is_ours, &inputs);
        let quality = self.code_quality.as_ref().map(hold_quality).transpose()?;

        if let Some(path) = self.summary() {
            let other = outputs::written("--code-quality", self.code_quality.as_deref());
            try_summary(&path, &[inputs, other].concat()).with_context(|| of_summary(&path))?;
        }

        Ok(HeldFiles {
            junit,
            code_quality: quality.map(|file| (file, places())),
        })
    }

    /// Says what was asked for beside files; where standard output `is_json`, on standard error,
    /// which the service reads too.
    pub(super) fn annotate(
        &self,
        report: &Report,
        is_json: bool,
        out: &mut dyn Write,
        terminal: &Terminal,
    ) -> anyhow::Result<()> {
        match self.annotations {
            None => Ok(()),
            Some(Service::Github) => {
                let text = github::annotations(report, self.inconclusive());
                if is_json {
                    // Who closed standard error wants to hear nothing.
                    let _ = std::io::stderr().write_all(text.as_bytes());
                } else {
                    terminal
                        .command(&text, out)
                        .context(exit::STANDARD_OUTPUT)?;
                }
                match self.summary() {
                    Some(path) => add_summary(&path, report).with_context(|| of_summary(&path)),
                    None => Ok(()),
                }
            }
        }
    }

    /// The file that gets a summary, if annotations are asked for where there is one.
    fn summary(&self) -> Option<PathBuf> {
        let Service::Github = self.annotations?;
        let path = std::env::var_os(STEP_SUMMARY).filter(|path| !path.is_empty());
        path.map(PathBuf::from)
    }

    /// What an inconclusive verdict means.
    pub(super) fn inconclusive(&self) -> Inconclusive {
        match self.inconclusive {
            None => Inconclusive::Open,
            Some(OnInconclusive::Pass) => Inconclusive::Passes,
            Some(OnInconclusive::Fail) => Inconclusive::Fails,
        }
    }

    /// How the process ends: as the verdict of `report` says.
    pub(super) fn exit(&self, report: &Report) -> Exit {
        let inconclusive = self.inconclusive();
        match Exit::from(inconclusive.ending(report).of_run()) {
            Exit::Inconclusive if inconclusive.excuses(report) => Exit::Pass,
            exit => exit,
        }
    }
}

/// What is done where the summary fails.
fn of_summary(path: &Path) -> String {
    format!(
        "failed to add to the summary {} ({STEP_SUMMARY})",
        path.display()
    )
}

/// Tries whether a summary can be added to `path`, which is none of `inputs`, and leaves nothing
/// there.
fn try_summary(path: &Path, inputs: &[Input]) -> anyhow::Result<()> {
    refuse_overlap(path, inputs)?;
    if is_named_pipe(path) {
        return Err(WriteError::new(path, Refusal::Pipe).into());
    }
    match OpenOptions::new().append(true).open(path) {
        Err(error) if error.kind() == ErrorKind::NotFound => {}
        opened => {
            opened?;
            return Ok(());
        }
    }

    let mut new = OpenOptions::new();
    new.append(true).create_new(true).open(path)?;
    Ok(fs::remove_file(path)?)
}

/// Adds the report to the summary of the step, which other programs of the step write to as well.
fn add_summary(path: &Path, report: &Report) -> anyhow::Result<()> {
    let mut file = OpenOptions::new().create(true).append(true).open(path)?;
    Ok(file.write_all(github::summary(&markdown::render(report)).as_bytes())?)
}
