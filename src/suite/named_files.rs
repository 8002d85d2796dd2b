//! The files that a suite file names: what must not be written over while the suite is used.

use std::path::{Path, PathBuf};

use crate::files::document::{SETTINGS, read_bytes};
use crate::nbest::source::plain;

/// The files of pairs that the suite `path` names, wherever in it. Empty where it cannot be read: whoever opens the
/// suite says why.
pub(crate) fn named_files(path: &Path) -> Vec<PathBuf> {
    let text = read_bytes(path, SETTINGS)
        .and_then(|bytes| plain(&bytes, SETTINGS))
        .ok()
        .and_then(|bytes| String::from_utf8(bytes).ok());
    let table: Option<::toml::Table> = text.and_then(|text| text.parse().ok());

    let mut found = Vec::new();
    if let Some(table) = table {
        let folder = path.parent().unwrap_or(Path::new(""));
        collect(&::toml::Value::Table(table), folder, &mut found);
    }
    found
}

fn collect(value: &::toml::Value, folder: &Path, found: &mut Vec<PathBuf>) {
    match value {
        ::toml::Value::Table(table) => {
            for (key, value) in table {
                match value {
                    ::toml::Value::String(name) if key == "pairs" => found.push(folder.join(name)),
                    _ => collect(value, folder, found),
                }
            }
        }
        ::toml::Value::Array(values) => {
            for value in values {
                collect(value, folder, found);
            }
        }
        _ => {}
    }
}
