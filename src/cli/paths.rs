//! Paths as files name them.

use std::path::Path;

use anyhow::Context;

use crate::files::resolved;

/// How `folder` names `base`, whatever links lead to both.
pub(crate) fn relative_path(folder: &Path, base: &Path) -> anyhow::Result<String> {
    let base = base
        .canonicalize()
        .with_context(|| format!("failed to find {}", base.display()))?;
    let folder = resolved(folder);
    let shared = folder
        .components()
        .zip(base.components())
        .take_while(|(one, other)| one == other)
        .count();
    let up = folder.components().skip(shared).map(|_| "..".to_owned());
    let down = base
        .components()
        .skip(shared)
        .map(|part| part.as_os_str().to_string_lossy().into_owned());
    Ok(up.chain(down).collect::<Vec<_>>().join("/"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_base_is_named_as_seen_from_the_checkpoint() {
        let parent = tempfile::tempdir().unwrap();
        let base = parent.path().join("models/base");
        std::fs::create_dir_all(&base).unwrap();
        let relative = |folder: &str| relative_path(&parent.path().join(folder), &base).unwrap();
        assert_eq!(relative("models/tuned"), "../base");
        assert_eq!(relative("tuned"), "../models/base");
    }
}
