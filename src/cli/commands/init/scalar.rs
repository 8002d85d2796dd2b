//! Texts in files of YAML and of Python, both of which read the strings of JSON.

/// `text` as a scalar.
pub(super) fn scalar(text: &str) -> String {
    serde_json::Value::from(text).to_string()
}
