//! What a model is, as reports name it.

use std::fmt;

use serde::{Deserialize, Serialize};

/// What a model is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum ModelKind {
    /// The first pass alone.
    FirstPass,
    /// The best hypothesis of each list.
    Oracle,
    /// A table of scores.
    Scores,
    /// A program.
    Exec,
    /// A classifier behind Text Embeddings Inference.
    Tei,
    /// A language model behind an OpenAI-style server.
    Completions,
    /// A classifier that was exported to ONNX.
    Onnx,
    /// A checkpoint.
    Bert,
}

impl ModelKind {
    /// The word in reports.
    pub fn name(self) -> &'static str {
        match self {
            ModelKind::FirstPass => "first-pass",
            ModelKind::Oracle => "oracle",
            ModelKind::Scores => "scores",
            ModelKind::Exec => "exec",
            ModelKind::Tei => "tei",
            ModelKind::Completions => "completions",
            ModelKind::Onnx => "onnx",
            ModelKind::Bert => "bert",
        }
    }

    /// Whether models of this kind are alike whatever files there are: they have none.
    pub fn needs_no_files(self) -> bool {
        matches!(self, ModelKind::FirstPass | ModelKind::Oracle)
    }
}

impl fmt::Display for ModelKind {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.name())
    }
}
