//! Hugging Face's `config.json`: reading, checking and writing a [`BertConfig`].
//!
//! Only what changes the numbers is read; everything else in the file is ignored.

use std::path::Path;

use crate::bert::architecture::Architecture;
use crate::bert::config::{BertConfig, HiddenActivation};
use crate::bert::distilbert::DistilBertFile;
use crate::bert::error::LoadError;
use crate::bert::limits::check_sizes;
use crate::bert::model_file::read_text;
use crate::files::document::SETTINGS;
use crate::files::json;

/// What can be used, for whoever has another model.
const SUPPORTED: &str =
    "BERT, RoBERTa, XLM-RoBERTa, CamemBERT, DistilBERT and ELECTRA models can be used";

impl BertConfig {
    /// Reads `config.json`.
    ///
    /// Relative position embeddings, decoders and model types other than an [`Architecture`]'s
    /// are errors that name the field.
    pub fn read(path: &Path) -> Result<BertConfig, LoadError> {
        let text = read_text(path, SETTINGS).map_err(|error| LoadError::new(path, error))?;
        BertConfig::parse(&text, path)
    }

    /// Reads the text of a `config.json`; `path` only names it in errors.
    pub fn parse(text: &str, path: &Path) -> Result<BertConfig, LoadError> {
        let json = |error| LoadError::new(path, error);
        let value: serde_json::Value = json::parse(text).map_err(json)?;
        let refuse = |field: &str, advice: &str| {
            let found = value
                .get(field)
                .map_or_else(String::new, ToString::to_string);
            Err(LoadError::field(path, field, &found, advice))
        };

        let architecture = match value.get("model_type") {
            Some(name @ serde_json::Value::String(_)) => serde_json::from_value(name.clone()).ok(),
            Some(_) | None => Some(Architecture::Bert),
        };
        let Some(architecture) = architecture else {
            return refuse("model_type", SUPPORTED);
        };

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

        let activation = architecture.field("hidden_act");
        if let Some(name) = value.get(activation)
            && serde_json::from_value::<HiddenActivation>(name.clone()).is_err()
        {
            return refuse(activation, "supported are gelu, gelu_new and relu");
        }

        // From the text, so that errors say the line.
        let mut config: BertConfig = match architecture {
            Architecture::DistilBert => {
                let file: DistilBertFile = json::parse(text).map_err(json)?;
                file.into()
            }
            _ => json::parse(text).map_err(json)?,
        };

        // Where transformers' defaults are not BERT's.
        if architecture.counts_from_padding() && value.get("pad_token_id").is_none() {
            config.pad_token_id = 1;
        }
        config.embedding_size = match architecture {
            Architecture::Electra => Some(config.embedding_size.unwrap_or(128)),
            _ => None,
        };
        config.check(path)?;

        Ok(config)
    }

    /// Checks the invariants; `path` names the file in errors.
    pub fn check(&self, path: &Path) -> Result<(), LoadError> {
        let sizes = [
            ("vocab_size", self.vocab_size),
            ("hidden_size", self.hidden_size),
            ("embedding_size", self.embedding_width()),
            ("num_hidden_layers", self.num_hidden_layers),
            ("num_attention_heads", self.num_attention_heads),
            ("intermediate_size", self.intermediate_size),
        ];
        let segments = ("type_vocab_size", self.type_vocab_size);
        let segments = self.model_type.has_segments().then_some(segments);

        let refuse = |field: &'static str, found: &dyn ToString, advice: &str| {
            let field = self.model_type.field(field);
            Err(LoadError::field(path, field, found, advice))
        };

        for (field, size) in sizes.into_iter().chain(segments) {
            if size == 0 {
                return refuse(field, &size, "it must be at least 1");
            }
        }

        check_sizes(self, path)?;
        if self.pad_token_id as usize >= self.vocab_size {
            let advice = format!("it must be below the vocabulary size {}", self.vocab_size);
            return refuse("pad_token_id", &self.pad_token_id, &advice);
        }

        if self.longest() < 3 {
            let least = 3 + self.unread_positions();
            let tokens = self.model_type.names().tokens;
            let advice = format!(
                "it must be at least {least}, for one word between {} and {}",
                tokens.cls, tokens.sep
            );
            return refuse(
                "max_position_embeddings",
                &self.max_position_embeddings,
                &advice,
            );
        }

        if !self.hidden_size.is_multiple_of(self.num_attention_heads) {
            let advice = format!("it must divide the hidden size {}", self.hidden_size);
            let found = self.num_attention_heads;
            return refuse("num_attention_heads", &found, &advice);
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
                return refuse(field, &probability, advice);
            }
        }

        if !(0.0..=1.0).contains(&self.layer_norm_eps) {
            let advice = "it must be a small positive number, such as 1e-12";
            return refuse("layer_norm_eps", &self.layer_norm_eps, advice);
        }

        if !(0.0..=1.0).contains(&self.initializer_range) {
            let advice = "it must be a standard deviation from 0 to 1, such as 0.02";
            return refuse("initializer_range", &self.initializer_range, advice);
        }

        Ok(())
    }

    /// `config.json` in Hugging Face's form, for a model with one score.
    ///
    /// # Panics
    ///
    /// Never: plain numbers and strings become JSON.
    pub(crate) fn to_json(&self) -> String {
        let file = match self.model_type {
            Architecture::DistilBert => serde_json::to_value(DistilBertFile::from(self)),
            _ => serde_json::to_value(self),
        };
        let mut value = file.expect("plain numbers and strings become JSON");

        let class = format!("{}ForSequenceClassification", self.model_type.names().class);
        value["architectures"] = serde_json::json!([class]);
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
    use crate::bert::error::LoadErrorKind;

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
        check_refused("model_type", "gpt2".into());
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
