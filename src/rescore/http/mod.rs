//! Rescorers behind HTTP: [Text Embeddings Inference](Interface::TextEmbeddingsInference) and servers of
//! [completions](Interface::Completions).
//!
//! Several requests are on their way at once. One that fails for a reason that may pass (no connection, 429, 5xx) is
//! repeated after a growing wait, or after the one that the server asks for; whatever is no score for every text is
//! an error. The key that a server may want is sent, and shown nowhere.

mod client;
mod completions;
mod error;
mod scorer;
mod tei;

pub use completions::{CompletionsOptions, PromptForm, TokenSum};
pub use error::{HttpError, HttpErrorKind};
pub use scorer::HttpScorer;

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
    /// Its address, before the paths of the interface: `http://localhost:8080`, `https://example.org/v1`.
    pub url: String,
    /// What it understands.
    pub interface: Interface,
    /// The key that it wants to see, as a bearer token.
    pub key: Option<ApiKey>,
    /// The proxy that leads to it, as a URL.
    pub proxy: Option<String>,
    /// Certificates to trust instead of Mozilla's, as PEM text.
    pub roots: Option<Vec<u8>>,
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

/// A secret, which no message shows.
#[derive(Clone)]
pub struct ApiKey(pub String);

impl fmt::Debug for ApiKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("ApiKey(..)")
    }
}

/// What a server says it serves, as far as it does.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Served {
    /// The model's name; empty if not known.
    pub name: String,
    /// What tells it from other models of that name; empty if not known.
    pub version: String,
    /// The most texts in a request.
    pub batch_texts: Option<usize>,
}

impl fmt::Display for Served {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let name = if self.name.is_empty() {
            "a model that it does not name"
        } else {
            &self.name
        };
        let space = if self.version.is_empty() { "" } else { " " };
        write!(f, "{name}{space}{}", self.version)
    }
}
