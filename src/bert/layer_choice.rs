//! PEFT's `layers_to_transform` and `layers_pattern`: adapters in some layers only.

use std::path::Path;

use serde_json::Value;

use crate::bert::adapter_fields::Fields;
use crate::bert::error::{LoadError, LoadErrorKind};

/// Which layers have adapters.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct LayerChoice {
    /// Their numbers, from 0; never empty.
    pub(crate) indices: Vec<u64>,
    /// Regular expressions for what stands before the number; if there are none, anything does.
    pub(crate) patterns: Vec<String>,
}

impl LayerChoice {
    /// Reads both fields; `None` where they choose nothing.
    pub(crate) fn read(fields: &Fields<'_>) -> Result<Option<LayerChoice>, LoadError> {
        let indices = match fields.fields.get("layers_to_transform") {
            Some(Value::Number(number)) => match number.as_u64() {
                Some(index) => vec![index],
                None => return Err(fields.refuse("layers_to_transform", "layers count from 0")),
            },
            _ => fields.get("layers_to_transform", Vec::new())?,
        };

        let patterns = match fields.fields.get("layers_pattern") {
            Some(Value::String(pattern)) if pattern.is_empty() => Vec::new(),
            Some(Value::String(pattern)) => vec![pattern.clone()],
            _ => fields.get("layers_pattern", Vec::new())?,
        };

        let pattern = !patterns.is_empty();
        if pattern && !fields.is_given("layers_to_transform") {
            let advice = "it needs layers_to_transform, the numbers of the layers, which is not \
                          there: PEFT refuses such an adapter; add the numbers or leave it out";
            return Err(fields.refuse("layers_pattern", advice));
        }
        for field in ["layers_to_transform", "layers_pattern"] {
            if fields.has_text("target_modules") && fields.is_given(field) {
                let advice = "it cannot be used where target_modules is a text, and PEFT refuses \
                              such an adapter: name the modules in a list, or leave it out";
                return Err(fields.refuse(field, advice));
            }
        }

        Ok((!indices.is_empty()).then_some(LayerChoice { indices, patterns }))
    }

    /// Whether the module called `name` is in one of the layers; `path` names a bad pattern in
    /// errors.
    pub(crate) fn includes(&self, name: &str, path: &Path) -> Result<bool, LoadError> {
        let anything = ["[^.]*".to_owned()];
        let patterns = if self.patterns.is_empty() {
            anything.as_slice()
        } else {
            &self.patterns
        };

        for pattern in patterns {
            let bad = || {
                let kind = LoadErrorKind::Pattern {
                    field: "layers_pattern".to_owned(),
                    pattern: pattern.clone(),
                };
                LoadError::new(path, kind)
            };
            let whole = format!(r"^(?:.*?\.)?(?:{pattern})\.(?<layer>\d+)\.");
            let regex = fancy_regex::Regex::new(&whole).map_err(|_| bad())?;
            let found = regex.captures(name).map_err(|_| bad())?;
            let layer = found.and_then(|found| found.name("layer")?.as_str().parse().ok());
            if let Some(layer) = layer {
                return Ok(self.indices.contains(&layer));
            }
        }
        Ok(false)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(indices: &[u64], patterns: &[&str], name: &str, expected: bool) {
        let choice = LayerChoice {
            indices: indices.to_vec(),
            patterns: patterns
                .iter()
                .map(|pattern| (*pattern).to_owned())
                .collect(),
        };
        let included = choice.includes(name, Path::new("x")).unwrap();

        assert_eq!(included, expected, "{patterns:?} {name}");
    }

    #[test]
    fn the_number_behind_the_pattern_decides() {
        let query = "bert.encoder.layer.1.attention.self.query";
        check(&[0, 1], &[], query, true);
        check(&[0, 2], &[], query, false);
        check(&[1], &["layer"], query, true);
        check(&[1], &["h", "layer"], query, true);
        check(&[1], &["h"], query, false);
        check(&[1], &["bert.encoder.layer"], query, true);
        check(&[1], &[], "bert.pooler.dense", false);
    }
}
