//! What can go wrong with a program that rescores.

use std::io;
use std::process::ExitStatus;
use std::time::Duration;

use crate::files::json::JsonError;
use crate::nbest::json::shorten;

/// A program could not score.
#[derive(Debug, thiserror::Error)]
#[error("{}", self.lines().join("\n  "))]
pub struct ExecError {
    command: String,
    /// The last lines of its standard error.
    stderr: Vec<String>,
    #[source]
    kind: ExecErrorKind,
}

/// What a program did wrong.
#[derive(Debug, thiserror::Error)]
pub enum ExecErrorKind {
    /// The shell could not be started.
    #[error("it could not be started")]
    Start(#[source] io::Error),
    /// Its output could not be read.
    #[error("its output could not be read")]
    Output(#[source] io::Error),
    /// Its first line is not about itself.
    #[error(
        "its first line must be {{\"protocol\": 1, \"name\": \"..\", \"version\": \"..\"}}, but \
         was \"{}\"; logs belong on standard error",
        cut(line)
    )]
    Hello {
        /// The line.
        line: String,
        /// Why it was not understood.
        #[source]
        source: JsonError,
    },
    /// It speaks another protocol.
    #[error("it speaks protocol {0}, this program speaks protocol 1")]
    Protocol(u32),
    /// Processes of one command differ.
    #[error("its processes differ: one says it is {0}, another {1}")]
    Hellos(String, String),
    /// A line that nobody waits for.
    #[error(
        "it wrote \"{}\" before it was asked anything; logs belong on standard error",
        cut(line)
    )]
    Unasked {
        /// The line.
        line: String,
    },
    /// A line that is no reply.
    #[error(
        "expected a reply such as {{\"id\": 7, \"scores\": [-1.5]}}, found \"{}\"; logs belong on \
         standard error",
        cut(line)
    )]
    Reply {
        /// The line.
        line: String,
        /// Why it was not understood.
        #[source]
        source: JsonError,
    },
    /// A reply to a request that is not open.
    #[error("it answered request {id}, which it was not asked or had answered before")]
    UnknownId {
        /// The number of the request.
        id: u64,
    },
    /// It says itself that it could not score.
    #[error("it refused request {id}: {reason}")]
    Refused {
        /// The number of the request.
        id: u64,
        /// Its words.
        reason: String,
    },
    /// A reply without content.
    #[error("its reply to request {id} has neither \"scores\" nor \"error\"")]
    Empty {
        /// The number of the request.
        id: u64,
    },
    /// As many scores as texts are needed.
    #[error("request {id} had {texts} texts but {scores} scores came back")]
    Count {
        /// The number of the request.
        id: u64,
        /// How many texts.
        texts: usize,
        /// How many scores.
        scores: usize,
    },
    /// It ended while answers were due.
    #[error("it ended before it had answered{}", status(*.0))]
    Ended(Option<ExitStatus>),
    /// It owes an answer and says nothing.
    #[error("it said nothing for {} s; --timeout gives it longer", .0.as_secs_f64())]
    Silent(Duration),
    /// It did something before after which nothing it says can be understood.
    #[error("it had failed before: {0}")]
    Broken(String),
    /// The user interrupted the run while the program started.
    #[error("interrupted")]
    Interrupted,
}

impl ExecErrorKind {
    /// Whether nothing that the program says after it can be understood: all but an interruption
    /// and what is about one request.
    pub(super) fn is_final(&self) -> bool {
        !matches!(
            self,
            ExecErrorKind::Refused { .. }
                | ExecErrorKind::Empty { .. }
                | ExecErrorKind::Count { .. }
                | ExecErrorKind::Interrupted
        )
    }
}

impl ExecError {
    pub(super) fn new(command: &str, kind: ExecErrorKind) -> ExecError {
        ExecError {
            command: command.to_owned(),
            stderr: Vec::new(),
            kind,
        }
    }

    /// With the last `lines` of the program's standard error.
    pub(super) fn with_stderr(mut self, lines: Vec<String>) -> ExecError {
        self.stderr = lines;
        self
    }

    /// What it says of itself, and below it the program's own lines: only with them does an error
    /// have more than one line.
    pub(crate) fn lines(&self) -> Vec<String> {
        let quoted = if self.stderr.is_empty() {
            ""
        } else {
            "; the last lines of its standard error:"
        };
        let own = format!("the command `{}` failed{quoted}", self.command);
        let lines = self.stderr.iter().cloned();
        std::iter::once(own).chain(lines).collect()
    }

    /// What the program did wrong.
    pub fn kind(&self) -> &ExecErrorKind {
        &self.kind
    }
}

fn status(status: Option<ExitStatus>) -> String {
    status.map_or_else(String::new, |status| format!(" ({status})"))
}

/// As much of `line` as an error needs.
fn cut(line: &str) -> String {
    shorten(line.trim(), 200)
}
