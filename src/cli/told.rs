//! What is said of the one error that ends the program.

use crate::report::shown::shown;
use crate::rescore::exec::ExecError;

/// An error of a run whose scores are kept, or that has none to keep.
#[derive(Debug, thiserror::Error)]
#[error("{error:#}; {kept}")]
pub(crate) struct Ended {
    pub(crate) error: anyhow::Error,
    /// What is kept, and how to go on.
    pub(crate) kept: String,
}

/// An error with its causes. What they quote has no lines of its own, so that no name in a file
/// can pass for a line of ours; only those of a program that failed stand below it, indented.
pub(crate) fn told(error: &anyhow::Error) -> String {
    let (error, kept) = match error.downcast_ref() {
        Some(Ended { error, kept }) => (error, Some(kept)),
        None => (error, None),
    };

    let mut below: Vec<String> = Vec::new();
    let causes = error.chain().map(|cause| match cause.downcast_ref() {
        Some(program) => {
            let mut lines = ExecError::lines(program).into_iter();
            let own = lines.next().unwrap_or_default();
            below.extend(lines.map(|line| shown(&line)));
            shown(&own)
        }
        None => shown(&cause.to_string()),
    });
    let mut text = causes.collect::<Vec<String>>().join(": ");
    if let Some(kept) = kept {
        text = format!("{text}; {}", shown(kept));
    }
    if !below.is_empty() {
        text.push_str("; the last lines of its standard error:");
    }
    for line in below {
        text = format!("{text}\n  {line}");
    }

    text
}
