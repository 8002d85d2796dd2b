//! Paths as files name them.

use std::path::{Path, PathBuf};

use anyhow::Context;

#[cfg(feature = "bert")]
use crate::bert::model_file;
use crate::files::resolved;

/// How much of a file's name its substitute shows.
const SHOWN_CHARACTERS: usize = 40;

/// Where in the temporary folder lies what cannot be written to `path`: the same for the same path.
pub(crate) fn substitute(path: &Path) -> std::io::Result<PathBuf> {
    let absolute = std::path::absolute(path)?;
    let hash = blake3::hash(absolute.as_os_str().as_encoded_bytes()).to_hex();
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    // The end of the name tells what the file is; all of it may be as long as a name can be.
    let end: String = name.chars().rev().take(SHOWN_CHARACTERS).collect();
    let end: String = end.chars().rev().collect();
    let name = format!("robustness-check-{}-{end}", &hash[..16]);
    Ok(std::env::temp_dir().join(name))
}

/// Whether what is at `path` is of this user's making, and no link: others may write to the
/// temporary folder too.
pub(crate) fn is_own(path: &Path) -> bool {
    let Ok(found) = path.symlink_metadata() else {
        return false;
    };

    #[cfg(unix)]
    {
        use std::os::unix::fs::MetadataExt;
        let own = tempfile::tempfile().and_then(|file| file.metadata());
        if own.map_or(true, |own| own.uid() != found.uid()) {
            return false;
        }
    }
    !found.is_symlink()
}

/// How `folder` names `base`, whatever links lead to both; a base that the program carries has a
/// name of its own.
pub(crate) fn relative_path(folder: &Path, base: &Path) -> anyhow::Result<String> {
    #[cfg(feature = "bert")]
    if model_file::is_carried(base) {
        return Ok(model_file::DEMO.to_owned());
    }

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

/// The whole path of `base`; a base that the program carries has a name of its own.
#[cfg(feature = "bert")]
pub(crate) fn whole_path(base: &Path) -> String {
    if model_file::is_carried(base) {
        return model_file::DEMO.to_owned();
    }
    resolved(base).to_string_lossy().into_owned()
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
