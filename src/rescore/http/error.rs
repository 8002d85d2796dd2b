//! What can go wrong with a model behind HTTP.

use std::io;
use std::time::Duration;

use crate::files::json::JsonError;
use crate::nbest::json::shorten;

/// A server could not score.
#[derive(Debug, thiserror::Error)]
#[error("the model at {url} failed")]
pub struct HttpError {
    url: String,
    #[source]
    kind: HttpErrorKind,
}

/// What a server did wrong, or the way to it.
#[derive(Debug, thiserror::Error)]
pub enum HttpErrorKind {
    /// The address is none that can be asked.
    #[error("{0}")]
    Address(&'static str),
    /// The key cannot be sent.
    #[error("the key has characters that no header may have")]
    Key,
    /// The proxy cannot be used.
    #[error("the proxy is none that can be used; it is named by a variable such as HTTPS_PROXY")]
    Proxy,
    /// The certificates that are to be trusted are none.
    #[error("the certificates to trust are not PEM")]
    Certificates,
    /// There is no thread that could ask.
    #[error("no thread could be started to ask it")]
    Thread(#[source] io::Error),
    /// There is no connection, or it broke.
    #[error("it could not be reached{}", times(*tries))]
    Connection {
        /// How often it was tried.
        tries: u32,
        /// What happened.
        #[source]
        source: Box<ureq::Error>,
    },
    /// It owes an answer and says nothing.
    #[error("it gave no answer within {} s; --timeout gives it longer", .0.as_secs_f64())]
    Silent(Duration),
    /// Its answer is longer than any with scores.
    #[error("its answer has more than {limit} MiB, and no answer with scores has")]
    Endless {
        /// So much is read.
        limit: u64,
    },
    /// It refuses.
    #[error("it answered {status}{}: {}", times(*tries), said(line))]
    Status {
        /// The status code.
        status: u16,
        /// How often it was tried.
        tries: u32,
        /// The first line of what came with it.
        line: String,
    },
    /// It is busy for longer than anybody waits.
    #[error("it is busy and asks to wait {} s, longer than --timeout", .wait.as_secs())]
    Busy {
        /// How long it wants to be left alone.
        wait: Duration,
    },
    /// Its answer is another one than is documented.
    #[error("expected {expected}, found \"{}\"", cut(found))]
    Answer {
        /// What should have come.
        expected: &'static str,
        /// What came.
        found: String,
        /// Why it was not understood.
        #[source]
        source: JsonError,
    },
    /// As many scores as texts are needed.
    #[error("a request had {texts} texts but {scores} scores came back")]
    Count {
        /// How many texts.
        texts: usize,
        /// How many scores.
        scores: usize,
    },
    /// One number is needed for each text.
    #[error(
        "it gives each text {} labels ({}), and one is needed: serve a model with one output",
        labels.len(),
        cut(&labels.join(", "))
    )]
    Labels {
        /// What it calls them.
        labels: Vec<String>,
    },
    /// It embeds texts.
    #[error("it serves a model that embeds texts; one that classifies or ranks them is needed")]
    Embeds,
    /// The choices of an answer cannot be told apart.
    #[error(
        "its choices are not numbered from 0 on, each once: which text has which score is unknown"
    )]
    Numbers,
    /// Its answer is about the text that it made up, not about the one it was given.
    #[error(
        "its answer has no log-probabilities of the prompt: {}",
        if *.echo {
            "it does not echo; try --prompt-form prompt-logprobs"
        } else {
            "it does not know prompt_logprobs; try --prompt-form echo"
        }
    )]
    NoPrompt {
        /// Whether the prompt should have been echoed.
        echo: bool,
    },
    /// The prefix should be the beginning of every prompt.
    #[error("the prefix has {prefix} tokens by itself, and a text with it has {text}")]
    Prefix {
        /// Tokens of the prefix.
        prefix: usize,
        /// Tokens of a text with its prefix.
        text: usize,
    },
    /// It serves several models, or none.
    #[error("it serves {}: name one with --served-model", listed(.0))]
    Models(Vec<String>),
    /// The user interrupted the run.
    #[error("interrupted")]
    Interrupted,
}

impl HttpError {
    pub(super) fn new(url: &str, kind: HttpErrorKind) -> HttpError {
        HttpError {
            url: url.to_owned(),
            kind,
        }
    }

    /// What the server did wrong.
    pub fn kind(&self) -> &HttpErrorKind {
        &self.kind
    }
}

fn times(tries: u32) -> String {
    if tries > 1 {
        format!(" {tries} times")
    } else {
        String::new()
    }
}

fn said(line: &str) -> String {
    if line.is_empty() {
        "without a word".to_owned()
    } else {
        cut(line)
    }
}

fn listed(names: &[String]) -> String {
    if names.is_empty() {
        "no model".to_owned()
    } else {
        cut(&names.join(", "))
    }
}

/// As much of `text` as an error needs.
fn cut(text: &str) -> String {
    shorten(text.trim(), 200)
}
