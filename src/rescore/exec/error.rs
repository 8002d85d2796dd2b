//! What can go wrong with a program that rescores.

use std::io;
use std::process::ExitStatus;
use std::time::Duration;

use crate::files::json::JsonError;
use crate::nbest::json::shorten;
use crate::rescore::error::chain;

/// A program could not score.
#[derive(Debug, thiserror::Error)]
#[error("{}", self.with_lines())]
pub struct ExecError {
    command: String,
    /// The last lines of its standard error.
    stderr: Vec<String>,
    /// Told in the first line, above the program's own, and so no source.
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
        "its first line must be {{\"protocol\": 1, \"name\": \"..\", \"version\": \"..\"}} (name \
         and version may be left out), but was \"{}\"; logs belong on standard error",
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
    #[error("it refused request {id} ({of}): {reason}")]
    Refused {
        /// The number of the request.
        id: u64,
        /// What it was about.
        of: String,
        /// Its words.
        reason: String,
    },
    /// A reply without content.
    #[error("its reply to request {id} ({of}) has neither \"scores\" nor \"error\"")]
    Empty {
        /// The number of the request.
        id: u64,
        /// What it was about.
        of: String,
    },
    /// As many scores as texts are needed.
    #[error("request {id} ({of}) had {texts} texts but {scores} scores came back")]
    Count {
        /// The number of the request.
        id: u64,
        /// What it was about.
        of: String,
        /// How many texts.
        texts: usize,
        /// How many scores.
        scores: usize,
    },
    /// It ended while answers were due.
    #[error("it ended before it had answered{}", .0.map_or_else(String::new, how))]
    Ended(Option<ExitStatus>),
    /// It owes an answer and says nothing.
    #[error(
        "it said nothing for {} s; a program has to flush its output after every line, and \
         --timeout gives it longer",
        .0.as_secs_f64()
    )]
    Silent(Duration),
    /// It owes an answer, and has begun a line that it does not end.
    #[error(
        "for {} s it has not ended the line that it began; an answer is one whole line, and \
         --timeout gives it longer",
        .0.as_secs_f64()
    )]
    Unended(Duration),
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

    /// What it says of itself with its cause, and the last lines of the program's standard error:
    /// only with them does an error have more than one line.
    pub(crate) fn lines(&self) -> Vec<String> {
        let cause = chain(&self.kind);
        let own = format!("the command `{}` failed: {cause}", self.command);
        let lines = self.stderr.iter().cloned();
        std::iter::once(own).chain(lines).collect()
    }

    /// The same as one text.
    fn with_lines(&self) -> String {
        let mut lines = self.lines();
        if lines.len() > 1 {
            lines[0].push_str("; the last lines of its standard error:");
        }
        lines.join("\n  ")
    }

    /// What the program did wrong.
    pub fn kind(&self) -> &ExecErrorKind {
        &self.kind
    }
}

/// How it ended. A shell that waits for a program says 128 and the signal that killed it.
fn how(status: ExitStatus) -> String {
    match signal(status).and_then(|number| Some((number, name_of(number)?))) {
        Some((number, name)) => format!(": killed by signal {number} ({name})"),
        None => format!(" ({status})"),
    }
}

fn signal(status: ExitStatus) -> Option<i32> {
    #[cfg(unix)]
    if let Some(signal) = std::os::unix::process::ExitStatusExt::signal(&status) {
        return Some(signal);
    }
    let code = status.code()?;
    (cfg!(unix) && code > 128).then_some(code - 128)
}

/// The signals that have the same number everywhere and end programs.
fn name_of(signal: i32) -> Option<&'static str> {
    Some(match signal {
        1 => "SIGHUP",
        2 => "SIGINT",
        3 => "SIGQUIT",
        4 => "SIGILL",
        6 => "SIGABRT",
        8 => "SIGFPE",
        9 => "SIGKILL; out of memory?",
        11 => "SIGSEGV",
        13 => "SIGPIPE",
        15 => "SIGTERM",
        _ => return None,
    })
}

/// As much of `line` as an error needs.
fn cut(line: &str) -> String {
    shorten(line.trim(), 200)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[cfg(unix)]
    #[test]
    fn signals_are_named_whoever_tells_of_them() {
        use std::os::unix::process::ExitStatusExt;

        // The raw status has the code in its upper byte, and a signal in its lower.
        let told = |raw: i32| ExecErrorKind::Ended(Some(ExitStatus::from_raw(raw))).to_string();
        let killed =
            "it ended before it had answered: killed by signal 9 (SIGKILL; out of memory?)";
        assert_eq!(told(9), killed);
        assert_eq!(told((128 + 9) << 8), killed);
        let exited = "it ended before it had answered (exit status: 3)";
        assert_eq!(told(3 << 8), exited);
        assert!(told(255 << 8).ends_with("(exit status: 255)"));
    }

    #[test]
    fn the_cause_comes_first_and_the_lines_of_the_program_below() {
        let error = ExecError::new("run me", ExecErrorKind::Ended(None));
        let error = error.with_stderr(vec!["Traceback".to_owned(), "no torch".to_owned()]);
        let expected = "the command `run me` failed: it ended before it had answered; the last \
            lines of its standard error:\n  Traceback\n  no torch";
        assert_eq!(error.to_string(), expected);
        assert_eq!(chain(&error), expected);
    }
}
