//! The names of models that are no folders of the user's.

use std::path::{Path, PathBuf};

#[cfg(feature = "bert")]
use crate::bert::model_file;

/// Models that are no folders.
pub(crate) const NAMED: [&str; 3] = ["first-pass", "oracle", "demo"];

/// A folder that is not there, and nearly a name, was meant as the name.
pub(crate) fn refuse_misspelt(path: &str) -> anyhow::Result<()> {
    let near = NAMED
        .iter()
        // Short names are near to many a folder's: fewer letters may be wrong in them.
        .find(|name| strsim::damerau_levenshtein(name, path) <= (name.len() / 3).min(2));
    match near {
        Some(name) if *name != path && !Path::new(path).exists() => {
            anyhow::bail!("there is no model folder {path}: did you mean {name}?")
        }
        _ => Ok(()),
    }
}

/// The folder of the model that is called `name`: where the program carries one of that name, it is
/// that one.
pub(crate) fn model_folder(name: &Path) -> PathBuf {
    #[cfg(feature = "bert")]
    if name.as_os_str() == model_file::DEMO {
        return model_file::demo();
    }

    name.to_owned()
}

/// Says that the model `name` is not the folder of that name, where there is such a folder.
#[cfg(feature = "bert")]
pub(crate) fn not_the_folder(name: &Path) -> Option<String> {
    (model_folder(name) != name && name.exists()).then(|| {
        let name = name.display();
        format!(
            "{name} is the model that this program carries, not the folder here: for that \
            one, write ./{name}"
        )
    })
}
