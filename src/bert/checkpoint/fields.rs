//! Fields of `rescorer.json` whose values are read only where they are needed: whatever they may
//! not be is refused at once, so that no other part of the program takes it for nothing.

use std::path::Path;

use serde_json::Value;

use crate::bert::checkpoint::ROBUST_FIELD;
use crate::bert::error::LoadError;
use crate::nbest::normalize::Normalization;

/// The strategies of training.
const STRATEGIES: [&str; 5] = ["full", "lora", "dynamic", "warmup", "mixed"];

/// Refuses a normalization that is none; null says that nobody knows it.
pub(super) fn check_normalization(path: &Path, normalization: &Value) -> Result<(), LoadError> {
    let is_known = |text| Normalization::described(text).is_some();
    if normalization.is_null() || normalization.as_str().is_some_and(is_known) {
        return Ok(());
    }

    let advice = format!(
        "it must be null, \"{}\", or what is done of \"{}\", in this order, with \"punctuation \
            stripped\" for \"kept\" and \"hesitations left out\" at the end",
        Normalization::none().describe(),
        Normalization::default().describe(),
    );
    Err(LoadError::field(
        path,
        "normalization",
        normalization,
        &advice,
    ))
}

/// Refuses a strategy that is none: null, a name, or an object with a name.
pub(super) fn check_strategy(path: &Path, strategy: &Value) -> Result<(), LoadError> {
    let refuse = |field: &str, value: &Value, advice: &str| {
        Err(LoadError::field(path, field, value, advice))
    };
    let (field, name) = match strategy {
        Value::Null => return Ok(()),
        Value::String(_) => ("strategy", strategy),
        Value::Object(fields) => ("strategy.name", fields.get("name").unwrap_or(&Value::Null)),
        other => {
            let advice = "it must be null, a name, or an object with a name";
            return refuse("strategy", other, advice);
        }
    };
    if !name.as_str().is_some_and(|name| STRATEGIES.contains(&name)) {
        let advice = format!("there are {}", STRATEGIES.join(", "));
        return refuse(field, name, &advice);
    }

    let robust = strategy.get(ROBUST_FIELD).unwrap_or(&Value::Null);
    if !robust.is_null() && !robust.is_object() {
        let advice = "it must be null, or an object that says how lists were perturbed";
        return refuse(&format!("strategy.{ROBUST_FIELD}"), robust, advice);
    }
    for field in ["dev_wer", "dev_wer_first_pass", "dev_wer_before"] {
        let rate = strategy.get(field).unwrap_or(&Value::Null);
        if !rate.is_null() && !rate.as_f64().is_some_and(|rate| rate >= 0.0) {
            let advice = "it must be a number, 0 or more";
            return refuse(&format!("strategy.{field}"), rate, advice);
        }
    }

    Ok(())
}
