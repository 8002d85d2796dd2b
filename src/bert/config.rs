//! The shape of a BERT, or of another [`Architecture`], in the words of Hugging Face's `config.json`.

use crate::bert::architecture::Architecture;

/// The activation between the two halves of the feed-forward block.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub enum HiddenActivation {
    /// The exact Gaussian error linear unit.
    #[serde(rename = "gelu", alias = "gelu_python")]
    Gelu,
    /// Its approximation by a hyperbolic tangent.
    #[serde(rename = "gelu_new", alias = "gelu_pytorch_tanh", alias = "gelu_fast")]
    GeluTanh,
    /// The rectified linear unit.
    #[serde(rename = "relu")]
    Relu,
}

/// The shape of an encoder, in BERT's words.
///
/// Invariants (checked by [`BertConfig::read`] and [`BertConfig::check`]): every
/// size is at least 1, but for segments where there are none; the heads divide the hidden
/// size, the probabilities are in `[0, 1)`, `pad_token_id` is in the vocabulary, and a text of
/// three tokens has positions.
#[derive(Debug, Clone, PartialEq, serde::Serialize, serde::Deserialize)]
pub struct BertConfig {
    /// Which encoder it is.
    #[serde(default = "bert")]
    pub model_type: Architecture,
    /// How many word pieces there are.
    pub vocab_size: usize,
    /// The width of embeddings, where it may differ from the layers' (ELECTRA).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub embedding_size: Option<usize>,
    /// The width of the representation of a token.
    pub hidden_size: usize,
    /// How many layers there are.
    pub num_hidden_layers: usize,
    /// How many attention heads a layer has.
    pub num_attention_heads: usize,
    /// The width of the feed-forward block.
    pub intermediate_size: usize,
    /// The activation in the feed-forward block.
    #[serde(default = "gelu")]
    pub hidden_act: HiddenActivation,
    /// How many position embeddings there are; see [`BertConfig::longest`].
    pub max_position_embeddings: usize,
    /// How many segments there are; only the first is used. 0 where there are none.
    #[serde(default = "two")]
    pub type_vocab_size: usize,
    /// Added to variances; 1e-12 unless the file says otherwise.
    #[serde(default = "epsilon")]
    pub layer_norm_eps: f64,
    /// Dropout of embeddings and layer outputs while training.
    #[serde(default)]
    pub hidden_dropout_prob: f64,
    /// Dropout of attention weights while training.
    #[serde(default)]
    pub attention_probs_dropout_prob: f64,
    /// Dropout before the score; the hidden dropout where it is absent.
    #[serde(default)]
    pub classifier_dropout: Option<f64>,
    /// The standard deviation of new weights.
    #[serde(default = "initializer_range")]
    pub initializer_range: f64,
    /// The token that pads a batch.
    #[serde(default)]
    pub pad_token_id: u32,
}

fn bert() -> Architecture {
    Architecture::Bert
}

fn gelu() -> HiddenActivation {
    HiddenActivation::Gelu
}

fn two() -> usize {
    2
}

fn epsilon() -> f64 {
    1e-12
}

fn initializer_range() -> f64 {
    0.02
}

impl BertConfig {
    /// The width of embeddings.
    pub fn embedding_width(&self) -> usize {
        self.embedding_size.unwrap_or(self.hidden_size)
    }

    /// The token whose id positions count from, and which itself is not counted, where there is one.
    pub fn uncounted(&self) -> Option<u32> {
        let counts = self.model_type.counts_from_padding();
        counts.then_some(self.pad_token_id)
    }

    /// The position embeddings that no token of a text has.
    pub(super) fn unread_positions(&self) -> usize {
        self.uncounted().map_or(0, |padding| padding as usize + 1)
    }

    /// The longest text, in tokens, that has position embeddings.
    pub fn longest(&self) -> usize {
        self.max_position_embeddings
            .saturating_sub(self.unread_positions())
    }

    /// Dropout before the score.
    pub fn head_dropout(&self) -> f64 {
        self.classifier_dropout.unwrap_or(self.hidden_dropout_prob)
    }
}
