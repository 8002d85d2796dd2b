//! Rescorers that are other programs: a command reads JSON lines and writes JSON lines.
//!
//! The program starts with one line about itself, [`Hello`]; then every request, `{"id": 7,
//! "texts": ["..", ".."]}`, gets one reply, `{"id": 7, "scores": [-1.2, -3.4]}` or `{"id": 7,
//! "error": ".."}`, in any order. A program that says `"listwise": true` gets whole lists, with
//! `"utterance"` and `"first_pass"` beside the texts. Higher scores are better. Standard error is
//! the program's own: its last lines are shown where something goes wrong.

mod error;
mod fleet;
mod message;
mod options;
mod process;
mod scorer;

pub use crate::rescore::exec::error::{ExecError, ExecErrorKind};
pub use crate::rescore::exec::message::Hello;
pub use crate::rescore::exec::options::ExecOptions;
pub use crate::rescore::exec::process::end_all;
pub use crate::rescore::exec::scorer::{ExecScorer, ListwiseScorer};

/// What is wrong with the lines that a program writes, each taken for whatever it may be.
#[cfg(any(test, fuzzing))]
pub(crate) fn read_output_of(bytes: &[u8]) -> Vec<ExecErrorKind> {
    use std::sync::atomic::AtomicU64;

    use crate::rescore::exec::message::{Reply, Request};
    use crate::rescore::exec::process::{Said, read_output};

    let (events, said) = std::sync::mpsc::channel();
    read_output(0, bytes, &events, &AtomicU64::new(0));
    drop(events);
    let mut errors = Vec::new();
    for event in said {
        let Said::Line(line) = event.said else {
            continue;
        };
        let request = Request {
            utterance: None,
            texts: &["a", "b"],
            first_pass: None,
        };
        errors.extend(Hello::parse(&line).err());
        errors.extend(
            Reply::parse(&line)
                .and_then(|reply| request.check(reply))
                .err(),
        );
    }

    errors
}
