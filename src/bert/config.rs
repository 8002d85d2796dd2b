//! The shape of a BERT model, as in Hugging Face's `config.json`.
//!
//! Only what changes the numbers is read; everything else in the file is
//! ignored. Weights and tokenizers are elsewhere.

use std::path::Path;

use crate::bert::limits::check_sizes;
use crate::bert::{LoadError, LoadErrorKind};
use crate::files::document::{SETTINGS, read_text};

/// The activation between the two halves of the feed-forward block.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub enum HiddenActivation {
    /// The exact Gaussian error linear unit.
    #[serde(rename = "gelu")]
    Gelu,
    /// Its approximation by a hyperbolic tangent.
    #[serde(rename = "gelu_new", alias = "gelu_pytorch_tanh")]
    GeluTanh,
    /// The rectified linear unit.
    #[serde(rename = "relu")]
    Relu,
}

/// The shape of a BERT encoder.
///
/// Invariants (checked by [`BertConfig::read`] and [`BertConfig::check`]): every
/// size is at least 1, the heads divide the hidden size, the probabilities are in
/// `[0, 1)`, `pad_token_id` is in the vocabulary.
#[derive(Debug, Clone, PartialEq, serde::Serialize, serde::Deserialize)]
pub struct BertConfig {
    /// Always `bert`.
    #[serde(default = "model_type")]
    pub model_type: String,
    /// How many word pieces there are.
    pub vocab_size: usize,
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
    /// The longest text, in tokens, that has position embeddings.
    pub max_position_embeddings: usize,
    /// How many segments there are; only the first is used.
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

fn model_type() -> String {
    "bert".to_owned()
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
    /// Reads `config.json`.
    ///
    /// Relative position embeddings, decoders and model types other than BERT
    /// are errors that name the field.
    pub fn read(path: &Path) -> Result<BertConfig, LoadError> {
        let text = read_text(path, SETTINGS)
            .map_err(|error| LoadError::new(path, LoadErrorKind::Io(error)))?;
        BertConfig::parse(&text, path)
    }

    /// Reads the text of a `config.json`; `path` only names it in errors.
    pub fn parse(text: &str, path: &Path) -> Result<BertConfig, LoadError> {
        let json = |error| LoadError::new(path, LoadErrorKind::Json(error));
        let value: serde_json::Value = serde_json::from_str(text).map_err(json)?;
        let refuse = |field: &str, advice: &str| {
            let found = value
                .get(field)
                .map_or_else(String::new, ToString::to_string);
            Err(LoadError::field(path, field, &found, advice))
        };

        match value.get("model_type").and_then(serde_json::Value::as_str) {
            Some("bert") | None => {}
            Some(_) => return refuse("model_type", "only BERT models can be used"),
        }

        match value
            .get("position_embedding_type")
            .and_then(serde_json::Value::as_str)
        {
            Some("absolute") | None => {}
            Some(_) => {
                return refuse(
                    "position_embedding_type",
                    "only absolute position embeddings are supported",
                );
            }
        }

        for field in ["is_decoder", "add_cross_attention"] {
            if value.get(field) == Some(&serde_json::Value::Bool(true)) {
                return refuse(field, "only encoders are supported");
            }
        }

        if let Some(activation) = value.get("hidden_act")
            && serde_json::from_value::<HiddenActivation>(activation.clone()).is_err()
        {
            return refuse("hidden_act", "supported are gelu, gelu_new and relu");
        }

        // From the text, so that errors say the line.
        let config: BertConfig = serde_json::from_str(text).map_err(json)?;
        config.check(path)?;

        Ok(config)
    }

    /// Checks the invariants; `path` names the file in errors.
    pub fn check(&self, path: &Path) -> Result<(), LoadError> {
        let sizes = [
            ("vocab_size", self.vocab_size),
            ("hidden_size", self.hidden_size),
            ("num_hidden_layers", self.num_hidden_layers),
            ("num_attention_heads", self.num_attention_heads),
            ("intermediate_size", self.intermediate_size),
            ("type_vocab_size", self.type_vocab_size),
        ];

        for (field, size) in sizes {
            if size == 0 {
                return Err(LoadError::field(
                    path,
                    field,
                    &size,
                    "it must be at least 1",
                ));
            }
        }

        check_sizes(self, path)?;
        if self.max_position_embeddings < 3 {
            let advice = "it must be at least 3, for one word between [CLS] and [SEP]";
            let found = self.max_position_embeddings;
            return Err(LoadError::field(
                path,
                "max_position_embeddings",
                &found,
                advice,
            ));
        }

        if !self.hidden_size.is_multiple_of(self.num_attention_heads) {
            let advice = format!("it must divide the hidden size {}", self.hidden_size);
            let found = self.num_attention_heads;
            return Err(LoadError::field(
                path,
                "num_attention_heads",
                &found,
                &advice,
            ));
        }

        let probabilities = [
            ("hidden_dropout_prob", self.hidden_dropout_prob),
            (
                "attention_probs_dropout_prob",
                self.attention_probs_dropout_prob,
            ),
            ("classifier_dropout", self.head_dropout()),
        ];

        for (field, probability) in probabilities {
            if !(0.0..1.0).contains(&probability) {
                let advice = "it must be at least 0 and below 1";
                return Err(LoadError::field(path, field, &probability, advice));
            }
        }

        if !(0.0..=1.0).contains(&self.layer_norm_eps) {
            let advice = "it must be a small positive number, such as 1e-12";
            return Err(LoadError::field(
                path,
                "layer_norm_eps",
                &self.layer_norm_eps,
                advice,
            ));
        }

        if !(0.0..=1.0).contains(&self.initializer_range) {
            let advice = "it must be a standard deviation from 0 to 1, such as 0.02";
            return Err(LoadError::field(
                path,
                "initializer_range",
                &self.initializer_range,
                advice,
            ));
        }

        if self.pad_token_id as usize >= self.vocab_size {
            let advice = format!("it must be below the vocabulary size {}", self.vocab_size);
            return Err(LoadError::field(
                path,
                "pad_token_id",
                &self.pad_token_id,
                &advice,
            ));
        }

        Ok(())
    }

    /// Dropout before the score.
    pub fn head_dropout(&self) -> f64 {
        self.classifier_dropout.unwrap_or(self.hidden_dropout_prob)
    }

    /// `config.json` in Hugging Face's form, for a model with one score.
    ///
    /// # Panics
    ///
    /// Never: plain numbers and strings become JSON.
    pub fn to_json(&self) -> String {
        let mut value = serde_json::to_value(self).expect("plain numbers and strings become JSON");
        value["architectures"] = serde_json::json!(["BertForSequenceClassification"]);
        value["id2label"] = serde_json::json!({"0": "LABEL_0"});
        value["label2id"] = serde_json::json!({"LABEL_0": 0});
        value["position_embedding_type"] = serde_json::json!("absolute");
        value["dtype"] = serde_json::json!("float32");
        let text = serde_json::to_string_pretty(&value).expect("a JSON value becomes text");
        text + "\n"
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const TINY: &str = include_str!("../../fixtures/reference/hf-peft/bert-tiny/config.json");

    fn changed(field: &str, value: serde_json::Value) -> Result<BertConfig, LoadError> {
        let mut json: serde_json::Value = serde_json::from_str(TINY).unwrap();
        json[field] = value;
        BertConfig::parse(&json.to_string(), Path::new("config.json"))
    }

    #[track_caller]
    fn check_refused(field: &str, value: serde_json::Value) {
        let error = changed(field, value).unwrap_err();
        let LoadErrorKind::Field { field: found, .. } = error.kind() else {
            panic!("{error:?} does not name a field");
        };
        assert_eq!(found, field);
    }

    #[test]
    fn a_config_survives_a_round_trip() {
        let config = BertConfig::parse(TINY, Path::new("config.json")).unwrap();
        assert_eq!(config.hidden_size, 48);
        let again = BertConfig::parse(&config.to_json(), Path::new("config.json")).unwrap();
        assert_eq!(config, again);
    }

    #[test]
    fn what_changes_the_numbers_and_is_not_supported_is_refused() {
        check_refused("model_type", "roberta".into());
        check_refused("position_embedding_type", "relative_key".into());
        check_refused("is_decoder", true.into());
        check_refused("hidden_act", "silu".into());
        check_refused("num_attention_heads", 5.into());
        check_refused("hidden_size", 0.into());
        check_refused("hidden_dropout_prob", 1.0.into());
        check_refused("pad_token_id", 157.into());
    }

    #[test]
    fn a_missing_size_is_named() {
        let mut json: serde_json::Value = serde_json::from_str(TINY).unwrap();
        json.as_object_mut().unwrap().remove("vocab_size");
        let error = BertConfig::parse(&json.to_string(), Path::new("config.json")).unwrap_err();
        let LoadErrorKind::Json(source) = error.kind() else {
            panic!("{error:?}")
        };
        assert!(source.to_string().contains("vocab_size"));
    }

    #[test]
    fn the_epsilon_is_1e_12_where_the_file_is_silent() {
        let mut json: serde_json::Value = serde_json::from_str(TINY).unwrap();
        json.as_object_mut().unwrap().remove("layer_norm_eps");
        let config = BertConfig::parse(&json.to_string(), Path::new("config.json")).unwrap();
        assert!((config.layer_norm_eps - 1e-12).abs() < 1e-20);
    }
}
