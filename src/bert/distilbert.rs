//! DistilBERT's `config.json`, which has names of its own for what BERT's has.

use crate::bert::architecture::Architecture;
use crate::bert::config::{BertConfig, HiddenActivation};

/// The fields that change the numbers; the normalizations' epsilon is fixed.
#[derive(serde::Serialize, serde::Deserialize)]
pub(super) struct DistilBertFile {
    model_type: Architecture,
    vocab_size: usize,
    dim: usize,
    n_layers: usize,
    n_heads: usize,
    hidden_dim: usize,
    #[serde(default = "gelu")]
    activation: HiddenActivation,
    max_position_embeddings: usize,
    #[serde(default)]
    dropout: f64,
    #[serde(default)]
    attention_dropout: f64,
    #[serde(default = "before_score")]
    seq_classif_dropout: f64,
    #[serde(default = "deviation")]
    initializer_range: f64,
    #[serde(default)]
    pad_token_id: u32,
}

/// transformers' defaults.
fn gelu() -> HiddenActivation {
    HiddenActivation::Gelu
}

fn before_score() -> f64 {
    0.2
}

fn deviation() -> f64 {
    0.02
}

impl From<DistilBertFile> for BertConfig {
    fn from(file: DistilBertFile) -> BertConfig {
        BertConfig {
            model_type: file.model_type,
            vocab_size: file.vocab_size,
            embedding_size: None,
            hidden_size: file.dim,
            num_hidden_layers: file.n_layers,
            num_attention_heads: file.n_heads,
            intermediate_size: file.hidden_dim,
            hidden_act: file.activation,
            max_position_embeddings: file.max_position_embeddings,
            type_vocab_size: 0,
            layer_norm_eps: 1e-12,
            hidden_dropout_prob: file.dropout,
            attention_probs_dropout_prob: file.attention_dropout,
            classifier_dropout: Some(file.seq_classif_dropout),
            initializer_range: file.initializer_range,
            pad_token_id: file.pad_token_id,
        }
    }
}

impl From<&BertConfig> for DistilBertFile {
    fn from(config: &BertConfig) -> DistilBertFile {
        DistilBertFile {
            model_type: config.model_type,
            vocab_size: config.vocab_size,
            dim: config.hidden_size,
            n_layers: config.num_hidden_layers,
            n_heads: config.num_attention_heads,
            hidden_dim: config.intermediate_size,
            activation: config.hidden_act,
            max_position_embeddings: config.max_position_embeddings,
            dropout: config.hidden_dropout_prob,
            attention_dropout: config.attention_probs_dropout_prob,
            seq_classif_dropout: config.head_dropout(),
            initializer_range: config.initializer_range,
            pad_token_id: config.pad_token_id,
        }
    }
}
