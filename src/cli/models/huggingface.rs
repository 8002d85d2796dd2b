//! The folder in which Hugging Face tools keep models, as their variables name it.

use std::path::PathBuf;

/// Where Hugging Face tools keep what they downloaded: the first of their variables that is set.
pub(crate) fn huggingface_cache() -> Option<PathBuf> {
    let variable = |name| std::env::var_os(name).filter(|value| !value.is_empty());
    let home = variable("HOME").map(PathBuf::from);

    // As Python's expanduser: shells leave a tilde within quotes alone.
    let expanded = |name| {
        let path = PathBuf::from(variable(name)?);
        match (path.strip_prefix("~"), &home) {
            (Ok(rest), Some(home)) => Some(home.join(rest)),
            _ => Some(path),
        }
    };

    [
        "HF_HUB_CACHE",
        "HUGGINGFACE_HUB_CACHE",
        "TRANSFORMERS_CACHE",
    ]
    .into_iter()
    .find_map(expanded)
    .or_else(|| expanded("HF_HOME").map(|home| home.join("hub")))
    .or_else(|| expanded("XDG_CACHE_HOME").map(|cache| cache.join("huggingface/hub")))
    .or_else(|| home.clone().map(|home| home.join(".cache/huggingface/hub")))
}
