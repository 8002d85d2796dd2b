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
    #[error(
        "{file}, which SSL_CERT_FILE names, has no certificates to trust as PEM \
         (-----BEGIN CERTIFICATE-----)"
    )]
    Certificates {
        /// The file that should have them.
        file: String,
    },
    /// There is no thread that could ask.
    #[error("no thread could be started to ask it")]
    Thread(#[source] io::Error),
    /// There is no connection, or it broke.
    #[error("it could not be reached{}, or broke off{hint}", times(*tries))]
    Connection {
        /// How often it was tried.
        tries: u32,
        /// What is known of the way to it, in brackets.
        hint: String,
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
    #[error(
        "it answered {status}{}: {}{}",
        times(*tries),
        said(line),
        hint.as_ref().map_or_else(String::new, |hint| format!("; {hint}"))
    )]
    Status {
        /// The status code.
        status: u16,
        /// How often it was tried.
        tries: u32,
        /// The first line of what came with it.
        line: String,
        /// What may be done about it.
        hint: Option<String>,
    },
    /// It sends on to another address.
    #[error("it answered {status} and sends on to {target}: name that address")]
    Redirect {
        /// The status code.
        status: u16,
        /// The address.
        target: String,
    },
    /// Its answer is encoded.
    #[error(
        "its answer is encoded as {}, which was not asked for: have the server, or what stands \
         before it, send answers as they are",
        cut(encoding)
    )]
    Encoded {
        /// How.
        encoding: String,
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
    /// A text has no score.
    #[error("{fault}")]
    Text {
        /// The text.
        text: String,
        /// Why it has none.
        fault: TextFault,
    },
    /// It serves several models, or none.
    #[error("it serves {}: name one with --served-model", listed(.0))]
    Models(Vec<String>),
    /// It serves others than the one that is asked for.
    #[error("it does not serve {named}: it serves {}", listed(.found))]
    OtherModels {
        /// The one asked for.
        named: String,
        /// Those that it serves.
        found: Vec<String>,
    },
    /// The user interrupted the run.
    #[error("interrupted")]
    Interrupted,
}

/// Why a text has no score of a language model.
#[derive(Debug, thiserror::Error)]
pub enum TextFault {
    /// It is empty.
    #[error(
        "an empty text has no tokens, and so no score of a language model: put something behind \
         every text with --suffix, such as a full stop, or leave empty hypotheses out of the lists"
    )]
    Empty,
    /// No token has a probability.
    #[error(
        "none of its tokens has a log-probability, as the server gives the first of a prompt none: \
         {}",
        if *has_prefix {
            "the prefix is a part of that token, so take another prefix"
        } else {
            "put something before every text with --prefix, such as the token that begins texts"
        }
    )]
    Unscored {
        /// Whether there is a prefix.
        has_prefix: bool,
    },
    /// A token's log-probability is missing, or none.
    #[error(
        "its token {number} (\"{}\") has {}",
        cut(token),
        match value {
            None => "no log-probability, and only the first of a prompt may have none".to_owned(),
            Some(value) => format!(
                "the log-probability {value}, and none is above 0: the server tells something else"
            ),
        }
    )]
    Token {
        /// Which token of the prompt, from 1 on.
        number: usize,
        /// The token as the server shows it.
        token: String,
        /// What it has.
        value: Option<f64>,
    },
    /// There are several where the prompt has one.
    #[error(
        "there are {count} candidates for token {number}, and which of them is the prompt's is not \
         told: prompt_logprobs is 0 in the request, which asks for that one alone"
    )]
    Candidates {
        /// Which token of the prompt, from 1 on.
        number: usize,
        /// How many.
        count: usize,
    },
    /// Tokens and log-probabilities do not belong together.
    #[error("there are {tokens} tokens and {logprobs} log-probabilities of them")]
    Count {
        /// How many tokens.
        tokens: usize,
        /// How many log-probabilities.
        logprobs: usize,
    },
    /// The tokens of the prefix are not known.
    #[error(
        "which tokens are of the prefix cannot be told from the tokens that the server shows: \
         leave out --prefix, or try the other --prompt-form"
    )]
    Prefix,
    /// The last token may be the prompt's or not.
    #[error(
        "whether the last of {tokens} tokens is the prompt's, or was made up behind it, is not \
         told: with --batch-texts 1, \"usage\" may tell, or try --prompt-form prompt-logprobs"
    )]
    Last {
        /// How many tokens.
        tokens: usize,
    },
}

impl HttpErrorKind {
    /// The same with what may be done about a request of so many texts that is refused.
    pub(super) fn of_batch(mut self, texts: usize) -> HttpErrorKind {
        if let HttpErrorKind::Status {
            status: 413 | 422,
            hint,
            ..
        } = &mut self
            && texts > 1
        {
            *hint = Some(format!(
                "the request had {texts} texts: if these were too many, --batch-texts sends fewer"
            ));
        }
        self
    }
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
