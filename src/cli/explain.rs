//! `explain`: what each swapped word of a saved failure does.

use std::io::Write;
use std::path::PathBuf;
use std::sync::Arc;

use anyhow::Context;

use crate::cli::exit;
use crate::cli::exit::Exit;
use crate::cli::failures;
use crate::cli::lexicon::LexiconInput;
use crate::cli::model::ModelInput;
use crate::cli::replay;
use crate::cli::terminal::Terminal;
use crate::harness::explanation::explain;
use crate::perturb::Vocabulary;
use crate::perturb::menu::Replacements;
use crate::phonetics::neighbours::NeighbourIndex;
use crate::report::explanation;
use crate::report::explanation::ExplanationRecord;

/// Which failures, and with what.
#[derive(Debug, clap::Args)]
#[command(
    after_help = "For the minimal list of each failure: both scores of the two picks with and without each swapped word,\n\
    and which other words that sound as near would do the same harm.\n\n\
    Example:\n  \
    robustness-check explain robustness-report/failures/*.json --model my-checkpoint"
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
    /// Try words that are not in common use too
    #[arg(long)]
    all: bool,
    #[command(flatten)]
    lexicon: LexiconInput,
    /// Print a JSON array instead of text
    #[arg(long)]
    json: bool,
}

/// Explains every failure.
pub(crate) fn run(args: &Args, out: &mut dyn Write, terminal: &Terminal) -> anyhow::Result<Exit> {
    let saved = replay::read_some(&args.cases)?;
    let replacements = Replacements::new(NeighbourIndex::new(&args.lexicon.read()?.lexicon));
    let vocabulary = if args.all {
        Vocabulary::All
    } else {
        Vocabulary::Common
    };
    let progress = Arc::new(terminal.progress("texts"));
    progress.begin("explaining", 0);
    let model = args.model.load(terminal, Arc::clone(&progress))?;
    for notice in model.notices() {
        terminal.warn(notice);
    }
    let rescorer = model.rescorer();
    let records = args.model.pool()?.install(|| {
        let noise = replay::noise(args.noise, &saved, rescorer)?;
        let records = saved.iter().map(|saved| {
            let explanation = explain(&saved.counterexample, &replacements, vocabulary, rescorer)
                .with_context(|| format!("failed to explain {}", saved.file))?;
            Ok(ExplanationRecord::new(
                saved.file.clone(),
                &saved.counterexample,
                &explanation,
                rescorer.interpolation(),
                noise,
            ))
        });
        records.collect::<anyhow::Result<Vec<ExplanationRecord>>>()
    });
    progress.finish();
    let records = records?;
    let mut print = || -> std::io::Result<()> {
        if args.json {
            serde_json::to_writer_pretty(&mut *out, &records)?;
            return writeln!(out);
        }
        for (index, record) in records.iter().enumerate() {
            if index > 0 {
                writeln!(out)?;
            }
            out.write_all(explanation::render(record).as_bytes())?;
        }
        Ok(())
    };
    print().context(exit::STANDARD_OUTPUT)?;
    Ok(Exit::Pass)
}
