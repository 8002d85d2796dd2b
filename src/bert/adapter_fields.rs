//! The raw fields of PEFT's `adapter_config.json`.
//!
//! Typed access, and the refusal of what is not implemented. What the fields mean
//! is in [`adapter_config`](mod@crate::bert::adapter_config).

use std::path::Path;

use serde_json::{Map, Value};

use crate::bert::error::LoadError;
use crate::bert::limits::{HIGHEST_RANK, LONGEST_PATTERN, MOST_PATTERNS};
use crate::bert::module_names::TargetModules;
use crate::files::json::JsonError;

/// Options that change the numbers and are not implemented: refused unless off.
pub(crate) const REFUSED: [&str; 12] = [
    "alora_invocation_tokens",
    "velora_config",
    "monteclora_config",
    "kasa_config",
    "arrow_config",
    "use_bdlora",
    "use_qalora",
    "layer_replication",
    "trainable_token_indices",
    "target_parameters",
    "lora_bias",
    "megatron_config",
];

/// Those of them that PEFT cannot fold into the weights either.
const NOT_MERGEABLE: [&str; 4] = [
    "alora_invocation_tokens",
    "arrow_config",
    "use_qalora",
    "megatron_config",
];

/// What helps where an adapter is beyond this program, but not beyond PEFT.
pub(crate) const MERGE_ADVICE: &str =
    "save the whole model with PEFT's merge_and_unload and save_pretrained";

/// Ways to initialize that change the base model, which the adapter alone cannot tell.
const CHANGES_BASE: [&str; 5] = ["pissa", "olora", "corda", "loftq", "lora_ga"];

/// The fields of an `adapter_config.json`.
pub(crate) struct Fields<'a> {
    /// As in the file.
    pub(crate) fields: &'a Map<String, Value>,
    /// Where they come from, for errors.
    pub(crate) path: &'a Path,
}

impl Fields<'_> {
    /// Refuses every option that is on, changes the numbers and is not implemented.
    pub(crate) fn refuse_unsupported(&self) -> Result<(), LoadError> {
        for field in REFUSED {
            if self.active(field) {
                let advice = if NOT_MERGEABLE.contains(&field) {
                    "this option is not supported, and PEFT cannot fold it into the weights: \
                     train an adapter without it"
                        .to_owned()
                } else {
                    format!("this option is not supported: {MERGE_ADVICE}")
                };
                return Err(self.refuse(field, &advice));
            }
        }

        if let Some(Value::String(way)) = self.fields.get("init_lora_weights")
            && CHANGES_BASE
                .iter()
                .any(|name| way.to_lowercase().starts_with(name))
        {
            let advice = "it changes the base model; convert the adapter to plain LoRA with PEFT's \
             path_initial_model_for_weight_conversion";
            return Err(self.refuse("init_lora_weights", advice));
        }

        Ok(())
    }

    /// Whether an option is set to something that has an effect.
    pub(crate) fn active(&self, field: &str) -> bool {
        match self.fields.get(field) {
            None | Some(Value::Null | Value::Bool(false)) => false,
            Some(Value::Array(items)) => !items.is_empty(),
            Some(Value::Object(items)) => !items.is_empty(),
            Some(_) => true,
        }
    }

    /// Whether a field is there and not null.
    pub(crate) fn is_given(&self, field: &str) -> bool {
        !matches!(self.fields.get(field), None | Some(Value::Null))
    }

    /// Whether a field is a text.
    pub(crate) fn has_text(&self, field: &str) -> bool {
        matches!(self.fields.get(field), Some(Value::String(_)))
    }

    /// An error that names a field and its value.
    pub(crate) fn refuse(&self, field: &str, advice: &str) -> LoadError {
        let value = self.fields.get(field).unwrap_or(&Value::Null);
        LoadError::field(self.path, field, &value, advice)
    }

    /// The value of a field, or `default` where it is absent or null.
    pub(crate) fn get<V: serde::de::DeserializeOwned>(
        &self,
        field: &str,
        default: V,
    ) -> Result<V, LoadError> {
        match self.fields.get(field) {
            None | Some(Value::Null) => Ok(default),
            Some(value) => serde_json::from_value(value.clone())
                .map_err(|error| self.refuse(field, &JsonError::advice(&error))),
        }
    }

    /// The value of a number that PEFT computes with: absent it is `default`, but null is refused,
    /// as PEFT fails on it.
    pub(crate) fn number<V: serde::de::DeserializeOwned>(
        &self,
        field: &str,
        default: V,
    ) -> Result<V, LoadError> {
        if self.fields.get(field) == Some(&Value::Null) {
            let advice = "PEFT cannot use an adapter without it: put the number there that the \
                          adapter was trained with";
            return Err(self.refuse(field, advice));
        }
        self.get(field, default)
    }

    /// A whole number that is at least 1.
    pub(crate) fn count(&self, field: &str, default: usize) -> Result<usize, LoadError> {
        match self.number(field, default)? {
            0 => Err(self.refuse(field, "it must be at least 1")),
            count => Ok(count),
        }
    }

    /// A rank that some matrix can have.
    pub(crate) fn rank(&self, field: &str, default: usize) -> Result<usize, LoadError> {
        let rank = self.count(field, default)?;
        if rank > HIGHEST_RANK {
            let advice =
                format!("no matrix has so high a rank: at most {HIGHEST_RANK} is accepted");
            return Err(self.refuse(field, &advice));
        }
        Ok(rank)
    }

    /// Values by pattern, neither many nor long.
    pub(crate) fn patterns(&self, field: &str) -> Result<Map<String, Value>, LoadError> {
        let patterns: Map<String, Value> = self.get(field, Map::new())?;
        self.check_lengths(field, patterns.keys())?;
        Ok(patterns)
    }

    fn check_lengths<'b>(
        &self,
        field: &str,
        patterns: impl ExactSizeIterator<Item = &'b String>,
    ) -> Result<(), LoadError> {
        let count = patterns.len();
        if count > MOST_PATTERNS {
            let advice = format!("it has {count} patterns; at most {MOST_PATTERNS} are accepted");
            return Err(self.refuse(field, &advice));
        }

        let mut lengths = patterns.map(String::len);
        if lengths.any(|length| length > LONGEST_PATTERN) {
            let advice =
                format!("names and patterns of at most {LONGEST_PATTERN} bytes are accepted");
            return Err(self.refuse(field, &advice));
        }

        Ok(())
    }

    /// Modules with adapters: by suffix, by pattern, all, or PEFT's default.
    pub(crate) fn targets(&self, field: &str) -> Result<TargetModules, LoadError> {
        match self.fields.get(field) {
            None | Some(Value::Null) => Ok(TargetModules::Default),
            Some(Value::String(text)) if text.eq_ignore_ascii_case("all-linear") => {
                Ok(TargetModules::AllLinear)
            }
            _ => self.modules(field),
        }
    }

    /// Modules by suffix or by pattern.
    pub(crate) fn modules(&self, field: &str) -> Result<TargetModules, LoadError> {
        if let Some(Value::String(text)) = self.fields.get(field) {
            self.check_lengths(field, std::iter::once(text))?;
            return Ok(TargetModules::Pattern(text.clone()));
        }

        let names: Vec<String> = self.get(field, Vec::new())?;
        self.check_lengths(field, names.iter())?;
        Ok(TargetModules::Names(names))
    }
}
