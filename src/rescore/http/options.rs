//! `HttpOptions`: how a server is asked.

use std::fmt;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use std::time::Duration;

/// What a server understands.
#[derive(Debug, Clone)]
pub enum Interface {
    /// `POST /predict` of a sequence classification model with one label.
    TextEmbeddingsInference,
    /// `POST /completions` of a causal language model.
    Completions(CompletionsOptions),
}

/// How a server is asked.
#[derive(Clone)]
pub struct HttpOptions {
    /// Its address, before the paths of the interface: `http://localhost:8080`,
    /// `https://example.org/v1`.
    pub url: String,
    /// What it understands.
    pub interface: Interface,
    /// The key that it wants to see, as a bearer token.
    pub key: Option<ApiKey>,
    /// Where there is no key: why, and what would send one; told where the server wants one.
    pub no_key: Option<String>,
    /// The proxy that leads to it, as a URL.
    pub proxy: Option<String>,
    /// Certificates to trust instead of Mozilla's.
    pub roots: Option<Roots>,
    /// How many requests are on their way at once; at least 1.
    pub connections: usize,
    /// The most texts in a request; at least 1. A server that says it takes fewer gets fewer.
    pub batch_texts: usize,
    /// How long one request may take.
    pub timeout: Duration,
    /// How often a request is repeated that may succeed another time.
    pub retries: u32,
    /// Set when the user interrupts the run.
    pub cancel: Arc<AtomicBool>,
    /// Told how many texts an answer scored.
    pub progress: Arc<dyn Fn(usize) + Send + Sync>,
}

impl fmt::Debug for HttpOptions {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("HttpOptions")
            .field("url", &self.url)
            .field("interface", &self.interface)
            .finish_non_exhaustive()
    }
}

/// Certificates to trust.
#[derive(Debug, Clone)]
pub struct Roots {
    /// The file that they are from.
    pub file: String,
    /// Its text, which should be PEM.
    pub pem: Vec<u8>,
}

/// A secret, which no message shows.
#[derive(Clone)]
pub struct ApiKey(pub String);

impl fmt::Debug for ApiKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("ApiKey(..)")
    }
}

/// How a completions server is asked, and what becomes of its log-probabilities.
#[derive(Debug, Clone)]
pub struct CompletionsOptions {
    /// The model as the server calls it; its only one if not given.
    pub model: Option<String>,
    /// How it tells the log-probabilities of a prompt.
    pub form: PromptForm,
    /// How they become a score.
    pub sum: TokenSum,
    /// What stands before every text, such as a token that begins texts. It is not scored; a token
    /// that has its end and the beginning of a text is.
    pub prefix: String,
    /// What stands behind every text, such as a full stop, and is scored with it: how likely the
    /// text is to end there. Without it an empty text cannot be scored.
    pub suffix: String,
}

/// How a server tells the log-probabilities of a prompt.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PromptForm {
    /// With `"echo": true`, before those of the text that it makes up.
    Echo,
    /// As `"prompt_logprobs"`.
    PromptLogprobs,
}

/// How the log-probabilities of tokens become a score.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TokenSum {
    /// The log-probability of the text.
    Sum,
    /// The log-probability by token: long texts are no less likely than short ones.
    Mean,
}

impl TokenSum {
    /// Its name in reports.
    pub fn name(self) -> &'static str {
        match self {
            TokenSum::Sum => "log-probability, sum of tokens",
            TokenSum::Mean => "log-probability, mean of tokens",
        }
    }

    /// The score of a text with these tokens, of which there is at least one.
    pub(super) fn of(self, tokens: &[f64]) -> f64 {
        // Not `sum`, which begins with -0.
        let sum = tokens.iter().fold(0.0, |sum, token| sum + token);
        match self {
            TokenSum::Sum => sum,
            TokenSum::Mean => sum / tokens.len() as f64,
        }
    }
}
