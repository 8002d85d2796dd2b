//! `ModelRecord`: what a report says of the model, and how two runs' models differ.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::report::model_kind::ModelKind;
use crate::report::number;
use crate::report::shown::short_hash;

/// What stands for something that a model does not have.
const NONE: &str = "none";

/// What was tested.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ModelRecord {
    /// As named on the command line.
    pub name: String,
    /// What it is.
    pub kind: ModelKind,
    /// Hash of the model's files; null where there are none.
    pub content_hash: Option<String>,
    /// What a program or a server says it is, name and version.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub says: Option<String>,
    /// Which score head a checkpoint has, or how scores are made of a server's log-probabilities.
    pub head: Option<String>,
    /// The interpolation weight of the second pass.
    pub weight: f64,
    /// What first-pass scores are multiplied with.
    pub first_pass_scale: f64,
    /// Longer texts are cut to this many tokens.
    pub max_length: Option<usize>,
    /// Options beside the name that were typed, as `weight` for `--weight`: with them the model is
    /// loaded again. What decides no score is left out.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub options: BTreeMap<String, String>,
    /// How products are computed, where not in single precision: `int8`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub precision: Option<String>,
}

impl ModelRecord {
    /// `device`, with the precision where that is not single: scores of others differ.
    pub fn computed_on(&self, device: &str) -> String {
        match &self.precision {
            None => device.to_owned(),
            Some(precision) => format!("{device}, {precision}"),
        }
    }

    /// How the score of a language model behind a server is made of what that tells.
    pub(crate) fn scoring(&self) -> Option<String> {
        if self.kind != ModelKind::Completions {
            return None;
        }

        let head = self.head.as_deref()?;
        let option = |name: &str| self.options.get(name).map(String::as_str);
        let prefix = match option("prefix") {
            Some(prefix) => format!("behind the prefix \"{prefix}\""),
            None => "without a prefix".to_owned(),
        };
        let suffix = option("suffix").map_or_else(String::new, |suffix| {
            format!(", before the suffix \"{suffix}\"")
        });
        let form = option("prompt-form").unwrap_or("echo");
        Some(format!("{head}, {prefix}{suffix}, told as {form}"))
    }

    /// What is said of a model's tokens where they are not counted.
    pub(crate) fn uncounted_tokens(&self) -> &'static str {
        match self.kind {
            ModelKind::Exec | ModelKind::Tei | ModelKind::Completions => {
                "not counted: the model tells of none"
            }
            _ => "the model has none",
        }
    }

    /// Whether both are known to give every text the same total, whatever they are called.
    pub fn scores_as(&self, other: &ModelRecord) -> bool {
        self.kind == other.kind
            && self.content_hash == other.content_hash
            && (self.kind.needs_no_files() || self.content_hash.is_some())
            && self.weight.total_cmp(&other.weight).is_eq()
            && self
                .first_pass_scale
                .total_cmp(&other.first_pass_scale)
                .is_eq()
            && (&self.head, self.max_length) == (&other.head, other.max_length)
            && self.precision == other.precision
    }

    /// What differs from the model `then` and decides scores or totals: what it is, then and now.
    pub fn differences(&self, then: &ModelRecord) -> Vec<(&'static str, String, String)> {
        let length = |model: &ModelRecord| {
            let length = model.max_length.map(|length| length.to_string());
            length.unwrap_or_else(|| NONE.to_owned())
        };
        let precision = |model: &ModelRecord| {
            let precision = model.precision.clone();
            precision.unwrap_or_else(|| "f32".to_owned())
        };
        let head = |model: &ModelRecord| model.head.clone().unwrap_or_else(|| NONE.to_owned());

        // Few digits, unless the difference is in the others.
        let numbers = |what, then: f64, now: f64| {
            let [was, is] = [then, now].map(number::short);
            if was == is {
                (what, then.to_string(), now.to_string())
            } else {
                (what, was, is)
            }
        };

        let kind = (
            "kind of model",
            then.kind.to_string(),
            self.kind.to_string(),
        );
        let others = [
            ("head", head(then), head(self)),
            numbers("weight", then.weight, self.weight),
            numbers(
                "first-pass scale",
                then.first_pass_scale,
                self.first_pass_scale,
            ),
            ("longest text", length(then), length(self)),
            ("precision", precision(then), precision(self)),
        ];
        std::iter::once(kind)
            .chain(self.differences_of_content(then))
            .chain(others)
            .filter(|(_, then, now)| then != now)
            // Another kind of model may have no such thing, which says nothing more.
            .filter(|(_, was, is)| self.kind == then.kind || (was != NONE && is != NONE))
            .collect()
    }

    /// What of the hashed content differs, by what is known of it.
    fn differences_of_content(&self, then: &ModelRecord) -> Vec<(&'static str, String, String)> {
        if self.kind == then.kind && self.content_hash == then.content_hash {
            return Vec::new();
        }

        let (says, name, rest) = match self.kind {
            ModelKind::Exec => (
                "name with its version, as the program says,",
                "command",
                "hash of the files that the command names",
            ),
            ModelKind::Tei | ModelKind::Completions => (
                "name with its version, as the server says,",
                "address",
                "hash of how the server is asked",
            ),
            _ => ("", "", "hash of the model's files"),
        };
        let mut found = Vec::new();
        if self.kind == then.kind && !name.is_empty() {
            let said = |model: &ModelRecord| model.says.clone().unwrap_or_else(|| NONE.to_owned());
            found.push((says, said(then), said(self)));
            found.push((name, then.name.clone(), self.name.clone()));
            found.retain(|(_, then, now)| then != now);
        }
        if found.is_empty() {
            let hash = |model: &ModelRecord| {
                let hash = model.content_hash.as_deref();
                hash.map_or_else(|| NONE.to_owned(), short_hash)
            };
            found.push((rest, hash(then), hash(self)));
        }
        found
    }

    /// The same, each difference in a clause; `then` was in `place`.
    pub fn differences_from(&self, then: &ModelRecord, place: &str) -> Vec<String> {
        self.differences(then)
            .into_iter()
            .map(|(what, then, now)| format!("the {what} is {then} in {place} and {now} here"))
            .collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_score_of_a_language_model_is_told_with_what_it_is_made_of() {
        let mut model: ModelRecord = serde_json::from_value(serde_json::json!({
            "name": "completions:http://a", "kind": "completions", "content_hash": null,
            "head": "log-probability, mean of tokens", "weight": 1.0, "first_pass_scale": 1.0,
            "max_length": null, "options": {"prefix": "<s>", "suffix": "."}
        }))
        .unwrap();
        assert_eq!(
            model.scoring().as_deref(),
            Some(
                "log-probability, mean of tokens, behind the prefix \"<s>\", before the \
                suffix \".\", told as echo"
            )
        );
        assert_eq!(
            model.uncounted_tokens(),
            "not counted: the model tells of none"
        );
        model.kind = ModelKind::Tei;
        assert_eq!(model.scoring(), None);
    }
}
