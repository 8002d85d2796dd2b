//! Exit codes: the contract with whoever calls the binary.

use std::io::{self, Write};
use std::path::Path;
use std::process::ExitCode;

use anyhow::Context;

use crate::rescore::RescoreError;
use crate::stats::verdict::Verdict;

/// How the process ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Exit {
    /// Every check passes, or the command did what it was asked.
    Pass,
    /// A check fails.
    Fail,
    /// Usage error or bad input.
    Usage,
    /// Nothing failed, something is inconclusive.
    Inconclusive,
    /// Interrupted; what was done is saved.
    Interrupted,
}

impl Exit {
    /// The process's exit code.
    pub(crate) fn code(self) -> u8 {
        match self {
            Exit::Pass => 0,
            Exit::Fail => 1,
            Exit::Usage => 2,
            Exit::Inconclusive => 3,
            Exit::Interrupted => 130,
        }
    }
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> ExitCode {
        ExitCode::from(exit.code())
    }
}

impl From<Verdict> for Exit {
    fn from(verdict: Verdict) -> Exit {
        match verdict {
            Verdict::Pass | Verdict::Identical => Exit::Pass,
            Verdict::Fail => Exit::Fail,
            Verdict::Inconclusive => Exit::Inconclusive,
        }
    }
}

/// What failed where a result could not be printed.
pub(crate) const STANDARD_OUTPUT: &str = "failed to write to standard output";

/// Prints a result, whole.
pub(crate) fn print(out: &mut dyn Write, text: &str) -> anyhow::Result<()> {
    out.write_all(text.as_bytes()).context(STANDARD_OUTPUT)
}

/// Has `printing` print what comes of a result that is `written` at a place, all of it: an error
/// says that the result is there.
pub(crate) fn print_of(
    (written, place): (&str, &Path),
    out: &mut dyn Write,
    printing: impl FnOnce(&mut dyn Write) -> anyhow::Result<()>,
) -> anyhow::Result<()> {
    let printed = printing(out).and_then(|()| out.flush().context(STANDARD_OUTPUT));
    printed.with_context(|| written_but((written, place), "not all is printed"))
}

/// What is said where a result is `written` at a place, all of it, and something else failed.
pub(crate) fn written_but((written, place): (&str, &Path), what: &str) -> String {
    let place = place.display();
    format!("{written} is written whole to {place}, but {what}")
}

/// Whether the reader of standard output went away (`| head`): no error of ours.
pub(crate) fn is_broken_pipe(error: &anyhow::Error) -> bool {
    error.chain().any(|cause| {
        cause
            .downcast_ref::<io::Error>()
            .is_some_and(|cause| cause.kind() == io::ErrorKind::BrokenPipe)
    })
}

/// Whether nothing went wrong but that the run was to end.
pub(crate) fn is_interruption(error: &anyhow::Error) -> bool {
    error.chain().any(|cause| {
        let io = cause.downcast_ref::<io::Error>();
        io.is_some_and(|cause| cause.kind() == io::ErrorKind::Interrupted)
            || matches!(cause.downcast_ref(), Some(RescoreError::Interrupted))
    })
}
