//! Rescorers behind HTTP: [Text Embeddings Inference](Interface::TextEmbeddingsInference) and
//! servers of [completions](Interface::Completions).
//!
//! Several requests are on their way at once. One that fails for a reason that may pass (no
//! connection, 429, 5xx) is repeated after a growing wait, or after the one that the server asks
//! for; whatever is no score for every text is an error. The key that a server may want is sent,
//! and shown nowhere.

mod address;
mod alignment;
mod answer;
mod client;
mod completions;
mod error;
mod options;
mod own_tokens;
mod scorer;
mod served;
mod tei;
mod trouble;

pub use crate::rescore::http::error::{HttpError, HttpErrorKind, TextFault};
pub use crate::rescore::http::options::{
    ApiKey, CompletionsOptions, HttpOptions, Interface, PromptForm, Roots, TokenSum,
};
pub use crate::rescore::http::scorer::HttpScorer;
pub use crate::rescore::http::served::Served;

/// What is wrong with the answer of a server, taken for each that one may give.
#[cfg(any(test, fuzzing))]
pub(crate) fn read_answers(answer: &[u8]) -> Vec<HttpErrorKind> {
    let errors = tei::read_answers(answer).into_iter();
    errors.chain(completions::read_answers(answer)).collect()
}
