//! Where two plans differ.

use std::path::Path;

use crate::train::TrainError;

/// Refuses to go on with what is in `folder`, made by the plan `saved`, if `given` is another
/// plan; names the first difference.
pub fn refuse_difference(
    folder: &Path,
    saved: &serde_json::Value,
    given: &serde_json::Value,
) -> Result<(), TrainError> {
    match difference("", saved, given) {
        None => Ok(()),
        Some((field, saved, given)) => Err(TrainError::Resume {
            folder: folder.to_owned(),
            field,
            saved: saved.to_string(),
            given: given.to_string(),
        }),
    }
}

/// The first place where two plans differ.
fn difference<'a>(
    path: &str,
    saved: &'a serde_json::Value,
    given: &'a serde_json::Value,
) -> Option<(String, &'a serde_json::Value, &'a serde_json::Value)> {
    use serde_json::Value::{Array, Object};

    let inside = |key: &str| {
        if path.is_empty() {
            key.to_owned()
        } else {
            format!("{path}.{key}")
        }
    };

    match (saved, given) {
        (Object(saved), Object(given)) if saved.keys().eq(given.keys()) => saved
            .iter()
            .zip(given.values())
            .find_map(|((key, saved), given)| difference(&inside(key), saved, given)),
        (Array(saved), Array(given)) if saved.len() == given.len() => saved
            .iter()
            .zip(given)
            .enumerate()
            .find_map(|(index, (saved, given))| {
                difference(&inside(&index.to_string()), saved, given)
            }),
        _ if saved == given => None,
        _ => Some((path.to_owned(), saved, given)),
    }
}
