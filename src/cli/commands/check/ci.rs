//! What a check tells the machine that builds: `--junit`, `--annotations`, `--inconclusive`.

use std::fs::OpenOptions;
use std::io::Write;
use std::path::{Path, PathBuf};

use anyhow::Context;
use clap::{ArgMatches, ValueEnum};

use crate::check::judge::remark::Effect;
use crate::cli::args::outputs::ForceInput;
use crate::cli::exit::{self, Exit};
use crate::cli::terminal::Terminal;
use crate::files::{Input, OutputFile, PreparedFile, WriteError};
use crate::report::ci::{Inconclusive, Policy, github, junit};
use crate::report::{Report, markdown};

/// Where GitHub Actions takes the summary of a step from.
const STEP_SUMMARY: &str = "GITHUB_STEP_SUMMARY";

/// Outputs for machines that build.
#[derive(Debug, clap::Args)]
pub(crate) struct CiInput {
    /// JUnit XML: a check is a test suite, a gate a test case; inconclusive ones are skipped
    #[arg(help_heading = "CI", long, value_name = "FILE")]
    junit: Option<PathBuf>,
    /// Print annotations for a service that builds, after everything else on standard output
    ///
    /// `github`: errors and warnings as workflow commands, last what the run comes to; report.md
    /// becomes the summary of the step.
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

/// Whether the options of a check, where it is a check that was asked for, ask for annotations.
pub(crate) fn annotates(matches: &ArgMatches) -> bool {
    // A command has no such options.
    matches.subcommand().is_none() && matches.get_one::<Service>("annotations").is_some()
}

impl CiInput {
    /// Holds the file of `--junit`, for a run that reads `inputs` and writes other files.
    pub(super) fn hold(
        &self,
        force: ForceInput,
        inputs: &[Input],
    ) -> anyhow::Result<Option<OutputFile>> {
        let Some(path) = &self.junit else {
            return Ok(None);
        };
        let is_ours = |line: &str| line.starts_with(junit::FIRST_LINE);
        Ok(Some(force.file_like(path, is_ours, inputs)?))
    }

    /// Writes the JUnit file as far as it can fail, before anything else is in its place.
    pub(super) fn prepare(
        junit: Option<OutputFile>,
        report: &Report,
        policy: Policy,
    ) -> Result<Option<PreparedFile>, WriteError> {
        let text = || junit::render(report, policy);
        let prepare = |file: OutputFile| file.prepare(|out| out.write_all(text().as_bytes()));
        junit.map(prepare).transpose()
    }

    /// Says what was asked for beside files.
    pub(super) fn annotate(
        &self,
        report: &Report,
        policy: Policy,
        out: &mut dyn Write,
        terminal: &Terminal,
    ) -> anyhow::Result<()> {
        match self.annotations {
            None => Ok(()),
            Some(Service::Github) => {
                let text = github::annotations(report, policy);
                terminal
                    .command(&text, out)
                    .context(exit::STANDARD_OUTPUT)?;
                match std::env::var_os(STEP_SUMMARY).filter(|path| !path.is_empty()) {
                    Some(path) => add_summary(Path::new(&path), report),
                    None => Ok(()),
                }
            }
        }
    }

    /// What is made of the verdicts of a run that `accepts_worse` results than its baseline's.
    pub(super) fn policy(&self, accepts_worse: bool) -> Policy {
        Policy {
            inconclusive: match self.inconclusive {
                None => Inconclusive::Open,
                Some(OnInconclusive::Pass) => Inconclusive::Passes,
                Some(OnInconclusive::Fail) => Inconclusive::Fails,
            },
            accepts_worse,
        }
    }

    /// How the process ends where the verdicts of `report` say `exit`. A rescorer that is known to
    /// be broken, so that nothing could have passed, is never excused.
    pub(super) fn exit(&self, report: &Report, exit: Exit) -> Exit {
        let mut cautions = report.cautions.iter();
        let broken = cautions.any(|caution| caution.effect != Effect::Warns);

        match (exit, self.inconclusive) {
            (Exit::Inconclusive, Some(OnInconclusive::Pass)) if !broken => Exit::Pass,
            (Exit::Inconclusive, Some(OnInconclusive::Fail)) => Exit::Fail,
            (exit, _) => exit,
        }
    }
}

/// Adds the report to the summary of the step, which other programs of the step write to as well.
fn add_summary(path: &Path, report: &Report) -> anyhow::Result<()> {
    let failed = || {
        format!(
            "failed to write the summary {} ({STEP_SUMMARY})",
            path.display()
        )
    };
    let mut file = OpenOptions::new()
        .create(true)
        .append(true)
        .open(path)
        .with_context(failed)?;

    file.write_all(github::summary(&markdown::render(report)).as_bytes())
        .with_context(failed)
}
