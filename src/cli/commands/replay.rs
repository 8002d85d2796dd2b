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
        Exit codes: 0 none of them fails any more, 1 some still fail, 2 usage or bad input, \
        3 none fails, but some are worse without swaps: of these the model takes the worse \
        text as recognised too."
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

    Ok(exit(&replays))
}

/// Passes only if every failure is gone: a model that is worse without any swap has mended nothing.
fn exit(replays: &[ReplayRecord]) -> Exit {
    let ends = replays.iter().map(|replay| match replay.status {
        ReplayStatus::Fails | ReplayStatus::OnlyDrawn => Exit::Fail,
        ReplayStatus::AlreadyWorse => Exit::Inconclusive,
        ReplayStatus::Gone => Exit::Pass,
    });
    let ends: Vec<Exit> = ends.collect();
    let order = [Exit::Fail, Exit::Inconclusive];
    let worst = order.into_iter().find(|end| ends.contains(end));
    worst.unwrap_or(Exit::Pass)
}

/// The columns of what became of a failure, at least.
const STATUS_COLUMNS: usize = 18;

/// A line for each, and a sum.
fn print(replays: &[ReplayRecord], out: &mut dyn Write) -> io::Result<()> {
    let statuses = replays.iter().map(|replay| replay.status);
    let lengths = statuses.map(|status| failure_text::replay_status(status).len());
    let width = lengths.max().unwrap_or(0).max(STATUS_COLUMNS);

    for replay in replays {
        writeln!(
            out,
            "{:<width$}  margin {} (saved {})  {}  {}",
            failure_text::replay_status(replay.status),
            failure_text::margin(replay.margin_now),
            failure_text::margin(replay.margin_saved),
            replay.substitutions.join(", "),
            replay.file,
        )?;
    }

    writeln!(out, "{}", failure_text::replay_summary(replays))?;
    if replays.iter().any(is_worse) {
        writeln!(out, "{ALREADY_WORSE}")?;
    }
    Ok(())
}

fn is_worse(replay: &ReplayRecord) -> bool {
    replay.status == ReplayStatus::AlreadyWorse
}

/// What a status means that is easily taken for the end of a failure.
const ALREADY_WORSE: &str = "worse without swaps: the model takes the worse text as recognised too, \
    so that no swap can show the failure; that mends nothing";

#[cfg(test)]
mod tests {
    use super::*;

    fn replayed(status: ReplayStatus) -> ReplayRecord {
        ReplayRecord {
            file: "f.json".to_owned(),
            id: "u".to_owned(),
            status,
            substitutions: vec!["two -> too (0)".to_owned()],
            margin_saved: Some(-0.5),
            margin_now: Some(0.25),
        }
    }

    #[test]
    fn a_failure_that_is_gone_only_because_the_model_got_worse_does_not_pass() {
        use ReplayStatus::{AlreadyWorse, Fails, Gone, OnlyDrawn};
        let end = |statuses: &[ReplayStatus]| {
            exit(&statuses.iter().copied().map(replayed).collect::<Vec<_>>())
        };
        assert_eq!(end(&[Gone, Gone]), Exit::Pass);
        assert_eq!(end(&[Gone, AlreadyWorse, Gone]), Exit::Inconclusive);
        assert_eq!(end(&[AlreadyWorse, OnlyDrawn]), Exit::Fail);
        assert_eq!(end(&[Fails, AlreadyWorse]), Exit::Fail);

        let mut out = Vec::new();
        print(&[replayed(Gone), replayed(AlreadyWorse)], &mut out).unwrap();
        let text = String::from_utf8(out).unwrap();
        let sum = "2 replayed: 0 still failing, 0 only as drawn, 1 gone, 1 worse without swaps";
        assert_eq!(text.lines().nth(2), Some(sum), "{text}");
        assert!(text.ends_with("that mends nothing\n"), "{text}");
    }

    #[test]
    fn margins_stand_below_each_other_whatever_became_of_a_failure() {
        let replays = [
            ReplayStatus::Fails,
            ReplayStatus::OnlyDrawn,
            ReplayStatus::Gone,
        ];

        let mut out = Vec::new();
        print(&replays.map(replayed), &mut out).unwrap();
        let text = String::from_utf8(out).unwrap();
        let rows = text.lines().take(3);
        let places: Vec<Option<usize>> = rows.map(|row| row.find("margin ")).collect();
        assert_eq!(places, [Some(21); 3], "{text}");
    }
}
