//! `report`: work on reports that were written. Nothing is scored.

use std::io::Write;
use std::path::{Path, PathBuf};

use anyhow::Context;

use crate::cli::exit::{Exit, print};
use crate::cli::report_files::ensure_whole;
use crate::files::document::{DOCUMENT, read_text};
use crate::report::{Report, difference, json};

/// What to do with reports.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:\n  \
    robustness-check report diff main-report robustness-report\n  \
    robustness-check report diff base/report.json robustness-report > comment.md")]
pub(crate) struct Args {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, clap::Subcommand)]
enum Command {
    /// Print what changed between two reports, as Markdown for a pull request
    ///
    /// Verdicts and figures stand side by side. Nothing is tested: whether a run is worse than an
    /// earlier one is what `robustness-check --baseline` tells.
    Diff {
        /// The earlier report: its folder, or report.json
        #[arg(value_name = "OLD")]
        old: PathBuf,
        /// The later one
        #[arg(value_name = "NEW")]
        new: PathBuf,
        /// Print JSON instead of Markdown
        #[arg(long)]
        json: bool,
    },
}

/// Prints what was asked for.
pub(crate) fn run(args: &Args, out: &mut dyn Write) -> anyhow::Result<Exit> {
    let Command::Diff {
        old,
        new,
        json: as_json,
    } = &args.command;
    let (old, new) = (read(old)?, read(new)?);
    let text = if *as_json {
        difference::json(&old, &new)
    } else {
        difference::markdown(&old, &new)
    };
    print(out, &text)?;
    Ok(Exit::Pass)
}

/// The report in a file, or in a report folder.
fn read(path: &Path) -> anyhow::Result<Report> {
    let file = if path.is_dir() {
        path.join("report.json")
    } else {
        path.to_owned()
    };
    let failed = || format!("failed to read the report {}", file.display());
    ensure_whole(&[&file], &failed, "restore it, or run the check again")?;
    let text = read_text(&file, DOCUMENT).with_context(failed)?;
    json::read(&text).with_context(failed)
}
