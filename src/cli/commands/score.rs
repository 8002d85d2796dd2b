//! `score`: second-pass scores of n-best lists, nothing else.

use std::io::{self, Write};
use std::path::PathBuf;
use std::sync::Arc;

use anyhow::Context;
use serde::Serialize;

use crate::cli::args::input::NBestInput;
use crate::cli::args::model::ModelInput;
use crate::cli::args::outputs::{ForceInput, is_line, refuse_second_dash};
use crate::cli::exit::{self, Exit};
use crate::cli::models::model::Model;
use crate::cli::models::tuned::TUNE;
use crate::cli::saved_scores::SavedScores;
use crate::cli::score_files::file_of;
use crate::cli::terminal::Terminal;
use crate::cli::unread::warn_of_unread;
use crate::files::OutputFile;
use crate::nbest::lists::Lists;
use crate::rescore::Candidates;

/// What to score, with what.
#[derive(Debug, clap::Args)]
#[command(
    after_help = "Each line of the output is one utterance, sorted by id:\n  \
        {\"id\": \"u1\", \"texts\": [\"...\", ...], \"scores\": [-1.5, ...]}\n\
        in the order of the first pass, equal texts of a list merged. Higher is better. Such a \
        file can stand for the model later: --model scores:FILE\n\n\
        Example:\n  \
        robustness-check score --model demo --nbest test.jsonl --out scores.jsonl"
)]
pub(crate) struct Args {
    #[command(flatten)]
    model: ModelInput,
    #[command(flatten)]
    nbest: NBestInput,
    /// File to write; standard output if not given, or if it is -
    #[arg(long, value_name = "FILE")]
    out: Option<PathBuf>,
    #[command(flatten)]
    force: ForceInput,
}

/// One utterance's scores.
#[derive(Serialize)]
struct Line<'a> {
    id: &'a str,
    texts: &'a [&'a str],
    scores: &'a [f64],
}

/// Scores every list once and writes a line for each.
pub(crate) fn run(args: &Args, out: &mut dyn Write, terminal: &Terminal) -> anyhow::Result<Exit> {
    let inputs = [args.nbest.inputs(), args.model.inputs()].concat();
    args.model.cache.ensure_apart(&inputs)?;
    refuse_second_dash(&inputs)?;
    let is_ours = |line: &str| is_line(line, &["id", "texts", "scores"]);
    let held = args
        .force
        .file_or_stdout(args.out.as_deref(), is_ours, &inputs)?;
    args.model.refuse_unheard()?;
    args.model.refuse_weighing()?;
    let trained: Vec<_> = args.model.trained_on().into_iter().collect();
    let lists = args.nbest.read_for(&trained, terminal)?;

    if let Some(file) = &held {
        file.ensure_space(lists.survey.text_bytes)?;
    }

    let progress = Arc::new(terminal.progress("texts"));
    progress.begin("scoring", 0);
    let model = args.model.load(terminal, Arc::clone(&progress))?;
    // What is written has no weight in it.
    model.tell(|notice| !notice.ends_with(TUNE), terminal);

    let device = args.model.device_name();
    // Standard output and devices have no place beside them.
    let is_file = |path: &&PathBuf| path.metadata().map_or(true, |found| found.is_file());
    let saved = match args.out.as_ref().filter(is_file) {
        Some(path) => SavedScores::recall(file_of(path), &model, &device, terminal)?,
        None => None,
    };
    let written = write(args, held, &lists, &model, out);
    progress.finish();

    let exit = SavedScores::settle(
        Vec::from_iter(saved),
        written.map(|()| Exit::Pass),
        terminal,
    )?;

    model.say_cached(terminal);
    warn_of_unread(model.rescorer(), terminal);

    Ok(exit)
}

/// Scores, and writes a line for each list.
fn write(
    args: &Args,
    held: Option<OutputFile>,
    lists: &Lists,
    model: &Model,
    out: &mut dyn Write,
) -> anyhow::Result<()> {
    let pool = args.model.pool()?;
    let mut failed = None;
    let mut write = |out: &mut dyn Write| -> io::Result<()> {
        for part in lists.parts().map_err(io::Error::other)? {
            let utterances = part.map_err(io::Error::other)?.utterances;
            let lists: Vec<Candidates<'_>> = utterances.iter().map(Candidates::of).collect();
            match pool.install(|| model.rescorer().score(&lists)) {
                Ok(scores) => write_lines(&lists, &scores, out)?,
                Err(error) => {
                    failed = Some(error);
                    return Err(io::ErrorKind::Other.into());
                }
            }
        }
        Ok(())
    };

    let written = match held {
        Some(file) => file.write(write).map_err(anyhow::Error::from),
        None => write(out).context(exit::STANDARD_OUTPUT),
    };
    match failed {
        // What could not be written is for want of scores.
        Some(error) => Err(error).context("failed to score the lists"),
        None => written,
    }
}

fn write_lines(
    lists: &[Candidates<'_>],
    scores: &[Vec<f64>],
    out: &mut dyn Write,
) -> io::Result<()> {
    for (list, scores) in lists.iter().zip(scores) {
        let line = Line {
            id: &list.utterance.id,
            texts: &list.texts,
            scores,
        };
        serde_json::to_writer(&mut *out, &line)?;
        out.write_all(b"\n")?;
    }
    Ok(())
}
