//! JSON as programs in Python write it.

use serde::de::DeserializeOwned;

/// `text` as a value. NaN and infinities, which JSON does not have, are read as null.
pub(super) fn from_lenient_json<T: DeserializeOwned>(text: &str) -> Result<T, serde_json::Error> {
    serde_json::from_str(text).or_else(|error| {
        let plain = text.replace("-Infinity", "null");
        let plain = plain.replace("Infinity", "null").replace("NaN", "null");
        serde_json::from_str(&plain).map_err(|_| error)
    })
}
