//! `replay`: saved failures, run again.

use std::io::Write;
use std::path::PathBuf;
use std::sync::Arc;

use anyhow::Context;

use crate::cli::exit;
use crate::cli::exit::Exit;
use crate::cli::failures;
use crate::cli::model::ModelInput;
use crate::cli::saved;
use crate::cli::saved::SavedFailure;
use crate::cli::terminal::Terminal;
use crate::harness::noise::measured_noise;
use crate::nbest::Utterance;
use crate::report::failure_text;
use crate::rescore::Rescorer;

/// Which failures, and with what.
#[derive(Debug, clap::Args)]
#[command(
    after_help = "Saved failures hold every word of their lists: neither the suite, nor the lexicon, nor the seed that\n\
    found them is needed.\n\n\
    Examples:\n  \
    robustness-check replay robustness-report --model my-checkpoint\n  \
    robustness-check replay failures/ --model my-checkpoint --json\n\n\
    Exit codes: 0 none of them fails any more, 1 some still fail, 2 usage or bad input."
)]
pub(crate) struct Args {
    /// Saved failures: files, folders of them, or report folders
    #[arg(value_name = "CASE", required = true)]
    cases: Vec<PathBuf>,
    #[command(flatten)]
    model: ModelInput,
    /// Margin of total scores that counts as noise; measured if not given
    #[arg(long, value_name = "MARGIN", value_parser = failures::noise)]
    noise: Option<f64>,
    /// Print a JSON array instead of a table
    #[arg(long)]
    json: bool,
}

/// Runs every failure again and prints what became of it.
pub(crate) fn run(args: &Args, out: &mut dyn Write, terminal: &Terminal) -> anyhow::Result<Exit> {
    let saved = read_some(&args.cases)?;
    let progress = Arc::new(terminal.progress("texts"));
    progress.begin("replaying", 0);
    let model = args.model.load(terminal, Arc::clone(&progress))?;
    for notice in model.notices() {
        terminal.warn(notice);
    }
    let replays = args.model.pool()?.install(|| {
        let noise = noise(args.noise, &saved, model.rescorer())?;
        saved::replay(&saved, model.rescorer(), noise)
    });
    progress.finish();
    let replays = replays?;
    let mut print = || -> std::io::Result<()> {
        if args.json {
            serde_json::to_writer_pretty(&mut *out, &replays)?;
            return writeln!(out);
        }
        for replay in &replays {
            writeln!(
                out,
                "{:<18}  margin {} (saved {})  {}  {}",
                failure_text::replay_status(&replay.status),
                failure_text::margin(replay.margin_now),
                failure_text::margin(replay.margin_saved),
                replay.substitutions.join(", "),
                replay.file,
            )?;
        }
        writeln!(out, "{}", failure_text::replay_summary(&replays))
    };
    print().context(exit::STANDARD_OUTPUT)?;
    let gone = replays.iter().all(|replay| replay.status == "gone");
    Ok(if gone { Exit::Pass } else { Exit::Fail })
}

/// The saved failures at `paths`, of which there must be some.
pub(crate) fn read_some(paths: &[PathBuf]) -> anyhow::Result<Vec<SavedFailure>> {
    let saved = saved::read(paths)?;
    let names: Vec<String> = paths
        .iter()
        .map(|path| path.display().to_string())
        .collect();
    anyhow::ensure!(
        !saved.is_empty(),
        "there is no saved failure in {}: a check writes them to the folder failures of its report",
        names.join(", ")
    );
    Ok(saved)
}

/// The margin given, or else what the lists of the failures themselves tell.
pub(crate) fn noise(
    given: Option<f64>,
    saved: &[SavedFailure],
    rescorer: &dyn Rescorer,
) -> anyhow::Result<f64> {
    if let Some(noise) = given {
        return Ok(noise);
    }
    let utterances = saved
        .iter()
        .map(|saved| Ok(saved.counterexample.drawn_pair()?.utterance().clone()))
        .collect::<anyhow::Result<Vec<Utterance>>>()?;
    measured_noise(&utterances, rescorer).context("failed to measure the noise of the scores")
}
