//! `replay`: saved failures, run again.

use std::io::{self, Write};

use crate::check::failures::replay::ReplayStatus;
use crate::cli::exit::Exit;
use crate::cli::saved::{self, SavedInput};
use crate::cli::terminal::Terminal;
use crate::report::failure_text;
use crate::report::failures::ReplayRecord;

/// Which failures, and with what.
#[derive(Debug, clap::Args)]
#[command(
    after_help = "Saved failures hold every word of their lists: neither the suite, nor the \
        lexicon, nor the seed that found them is needed. The model is that of their report, with \
        its options, unless others are typed; differences are warned of. A report whose model is \
        exec:COMMAND runs that command: replay none that you do not trust.\n\n\
        Examples:\n  \
        robustness-check replay robustness-report\n  \
        robustness-check replay copied-failures/ --model my-checkpoint --json\n\n\
        Exit codes: 0 none of them fails any more, 1 some still fail, 2 usage or bad input."
)]
pub(crate) struct Args {
    #[command(flatten)]
    saved: SavedInput,
}

/// Runs every failure again and prints what became of it.
pub(crate) fn run(args: &Args, out: &mut dyn Write, terminal: &Terminal) -> anyhow::Result<Exit> {
    let saved = args.saved.read()?;
    let replays = args
        .saved
        .run(&saved, "replaying", terminal, |rescorer, noise| {
            saved::replay(&saved, rescorer, noise)
        })?;
    args.saved.print(&replays, out, print)?;

    let gone = replays
        .iter()
        .all(|replay| replay.status == ReplayStatus::Gone);
    Ok(if gone { Exit::Pass } else { Exit::Fail })
}

/// A line for each, and a sum.
fn print(replays: &[ReplayRecord], out: &mut dyn Write) -> io::Result<()> {
    for replay in replays {
        writeln!(
            out,
            "{:<18}  margin {} (saved {})  {}  {}",
            failure_text::replay_status(replay.status),
            failure_text::margin(replay.margin_now),
            failure_text::margin(replay.margin_saved),
            replay.substitutions.join(", "),
            replay.file,
        )?;
    }

    writeln!(out, "{}", failure_text::replay_summary(replays))
}
