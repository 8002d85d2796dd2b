//! `explain`: what each swapped word of a saved failure does.

use std::io::{self, Write};

use anyhow::Context;

use crate::check::failures::explanation::explain;
use crate::cli::commands::lexicon::LexiconInput;
use crate::cli::exit::Exit;
use crate::cli::saved::SavedInput;
use crate::cli::terminal::Terminal;
use crate::perturb::Vocabulary;
use crate::perturb::menu::Replacements;
use crate::phonetics::neighbours::NeighbourIndex;
use crate::report::explanation::{self, ExplanationRecord};

/// Which failures, and with what.
#[derive(Debug, clap::Args)]
#[command(
    after_help = "For the minimal list of each failure: both scores of the two picks with and \
        without each swapped word, and which other words that sound as near would do the same \
        harm. The model is that of their report, with its options, unless others are typed; an \
        exec: command is run.\n\n\
        Example:\n  \
        robustness-check explain robustness-report/failures/*.json"
)]
pub(crate) struct Args {
    #[command(flatten)]
    saved: SavedInput,
    /// Try words that are not in common use too
    #[arg(long)]
    all: bool,
    #[command(flatten)]
    lexicon: LexiconInput,
}

/// Explains every failure.
pub(crate) fn run(args: &Args, out: &mut dyn Write, terminal: &Terminal) -> anyhow::Result<Exit> {
    let saved = args.saved.read()?;
    let replacements = Replacements::new(NeighbourIndex::new(&args.lexicon.read()?.lexicon));
    let vocabulary = if args.all {
        Vocabulary::All
    } else {
        Vocabulary::Common
    };
    let records = args
        .saved
        .run(&saved, "explaining", terminal, |rescorer, noise| {
            let records = saved.iter().map(|saved| {
                let explanation =
                    explain(&saved.counterexample, &replacements, vocabulary, rescorer)
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
        })?;
    let width = terminal.width_out();
    let text = |records: &[ExplanationRecord], out: &mut dyn Write| print(records, width, out);
    args.saved.print(&records, out, text)?;

    Ok(Exit::Pass)
}

/// One after the other, with an empty line between.
fn print(
    records: &[ExplanationRecord],
    width: Option<usize>,
    out: &mut dyn Write,
) -> io::Result<()> {
    for (index, record) in records.iter().enumerate() {
        if index > 0 {
            writeln!(out)?;
        }
        out.write_all(explanation::render(record, width).as_bytes())?;
    }
    Ok(())
}
