//! The files of models: those on disk, and those of the demo model, which this program carries.
//!
//! Everything that reads a model's files reads them through here, so that a model in the program is
//! loaded, hashed and recorded as a folder is.

use std::fs;
use std::io::{self, Read};
use std::path::{Component, Path, PathBuf};

use crate::bert::error::LoadError;
use crate::files::document::{self, of_link};

/// The name of the model that this program carries.
pub(crate) const DEMO: &str = "demo";

/// The file that makes a folder one of our checkpoints.
pub(crate) const CHECKPOINT_FILE: &str = "rescorer.json";

/// Where the carried files seem to lie: what messages show of them.
const CARRIED: &str = "(built in)";

/// The carried files by their place below [`CARRIED`], in order: the demo checkpoint and its base.
const FILES: [(&str, &[u8]); 7] = [
    (
        "demo/adapter_config.json",
        include_bytes!("../../fixtures/checkpoints/demo/adapter_config.json"),
    ),
    (
        "demo/adapter_model.safetensors",
        include_bytes!("../../fixtures/checkpoints/demo/adapter_model.safetensors"),
    ),
    (
        "demo/rescorer.json",
        include_bytes!("../../fixtures/checkpoints/demo/rescorer.json"),
    ),
    (
        "demo-base/config.json",
        include_bytes!("../../fixtures/checkpoints/demo-base/config.json"),
    ),
    (
        "demo-base/model.safetensors",
        include_bytes!("../../fixtures/checkpoints/demo-base/model.safetensors"),
    ),
    (
        "demo-base/rescorer.json",
        include_bytes!("../../fixtures/checkpoints/demo-base/rescorer.json"),
    ),
    (
        "demo-base/tokenizer.json",
        include_bytes!("../../fixtures/checkpoints/demo-base/tokenizer.json"),
    ),
];

/// The folder of the demo model.
pub(crate) fn demo() -> PathBuf {
    Path::new(CARRIED).join("demo")
}

/// The folder of the demo model's base, which training can start from.
pub(crate) fn demo_base() -> PathBuf {
    Path::new(CARRIED).join("demo-base")
}

/// Where `path` is below [`CARRIED`], without dots; `None` if it is not there.
fn place(path: &Path) -> Option<PathBuf> {
    let inner = path.strip_prefix(CARRIED).ok()?;
    let mut place = PathBuf::new();
    for part in inner.components() {
        match part {
            Component::Normal(name) => place.push(name),
            Component::ParentDir => {
                place.pop();
            }
            Component::CurDir | Component::Prefix(_) | Component::RootDir => {}
        }
    }

    Some(place)
}

/// Whether `folder` holds carried files, and is nothing on disk.
pub(crate) fn is_carried(folder: &Path) -> bool {
    place(folder).is_some_and(|place| {
        let mut files = FILES.iter().map(|(name, _)| Path::new(name));
        files.any(|file| file.parent() == Some(&place))
    })
}

/// The bytes of a carried file.
pub(super) fn carried(path: &Path) -> Option<&'static [u8]> {
    let place = place(path)?;
    let found = FILES.iter().find(|(name, _)| Path::new(name) == place);
    found.map(|(_, bytes)| *bytes)
}

/// Whether there is such a file.
pub(crate) fn is_file(path: &Path) -> bool {
    carried(path).is_some() || path.is_file()
}

/// The bytes of a file, which must not be more than `limit`.
pub(super) fn read_bytes(path: &Path, limit: u64) -> io::Result<Vec<u8>> {
    if let Some(bytes) = carried(path) {
        return Ok(bytes.to_vec());
    }
    check_kind(path)?;
    document::read_bytes(path, limit)
}

/// The text of a file, which must not be more than `limit` bytes.
pub(crate) fn read_text(path: &Path, limit: u64) -> io::Result<String> {
    if let Some(bytes) = carried(path) {
        return document::text_of(bytes, limit);
    }
    check_kind(path)?;
    document::read_text(path, limit)
}

/// A file from its beginning.
pub(crate) fn open(path: &Path) -> io::Result<Box<dyn Read>> {
    if let Some(bytes) = carried(path) {
        return Ok(Box::new(bytes));
    }
    check_kind(path)?;
    Ok(Box::new(document::open(path)?))
}

/// The files of models by their names. What is called so and is no file would be passed over, as
/// if it were not there.
const NAMES: [&str; 14] = [
    CHECKPOINT_FILE,
    "rescoring.json",
    "config.json",
    "model.safetensors",
    "model.safetensors.index.json",
    "adapter_config.json",
    "adapter_model.safetensors",
    "tokenizer.json",
    "tokenizer_config.json",
    "special_tokens_map.json",
    "added_tokens.json",
    "vocab.txt",
    "vocab.json",
    "merges.txt",
];

/// Refuses a folder on disk in which something has the name of a model's file and is no file.
pub(super) fn check_folder(folder: &Path) -> Result<(), LoadError> {
    if is_carried(folder) {
        return Ok(());
    }
    let mut names = NAMES.iter();
    names.try_for_each(|name| is_there(&folder.join(name)).map(drop))
}

/// Refuses what is no folder on disk.
pub(super) fn check_is_folder(path: &Path) -> Result<(), LoadError> {
    match path.metadata().map_err(|error| of_link(path, error)) {
        Ok(found) if found.is_dir() => Ok(()),
        Ok(_) => Err(LoadError::folder(path, "it is a file; a model is a folder")),
        Err(error) if error.kind() == io::ErrorKind::NotFound => {
            Err(LoadError::folder(path, "there is no such folder"))
        }
        Err(error) => Err(LoadError::new(path, error)),
    }
}

/// Whether there is a file `path` on disk, which is for its reader to tell, who may do without it;
/// anything else in its place is refused.
pub(super) fn is_there(path: &Path) -> Result<bool, LoadError> {
    match check_kind(path) {
        Ok(()) => Ok(true),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(false),
        Err(error) => Err(LoadError::new(path, error)),
    }
}

/// Refuses what is no file, before it is opened: opening a pipe waits for whoever writes to it.
fn check_kind(path: &Path) -> io::Result<()> {
    let found = path.metadata().map_err(|error| of_link(path, error))?;
    if found.is_file() {
        return Ok(());
    }
    let found = if found.is_dir() {
        "it is a folder"
    } else {
        "it is a pipe or a device"
    };
    let text = format!("{found}; put the model's file there");
    Err(io::Error::new(io::ErrorKind::InvalidInput, text))
}

/// How many bytes a file has.
pub(crate) fn length(path: &Path) -> io::Result<u64> {
    match carried(path) {
        Some(bytes) => Ok(bytes.len() as u64),
        None => Ok(path.metadata()?.len()),
    }
}

/// What lies in a folder, sorted: files, and on disk folders too.
pub(crate) fn entries(folder: &Path) -> io::Result<Vec<PathBuf>> {
    let mut entries: Vec<PathBuf> = if is_carried(folder) {
        let place = place(folder).unwrap_or_default();
        let files = FILES.iter().map(|(name, _)| Path::new(name));
        let inside = files.filter(|file| file.parent() == Some(&place));
        inside
            .filter_map(|file| Some(folder.join(file.file_name()?)))
            .collect()
    } else {
        let entries = fs::read_dir(folder)?;
        entries
            .map(|entry| entry.map(|entry| entry.path()))
            .collect::<io::Result<_>>()?
    };

    entries.sort();
    Ok(entries)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What a folder of the repository and a carried one are told apart by: nothing.
    #[track_caller]
    fn check_alike(name: &str) {
        let disk = Path::new(env!("CARGO_MANIFEST_DIR"))
            .join("fixtures/checkpoints")
            .join(name);
        let names = |folder: &Path| -> Vec<_> {
            let entries = entries(folder).unwrap().into_iter();
            entries
                .map(|path| (path.file_name().unwrap().to_owned(), length(&path).unwrap()))
                .collect()
        };

        let carried = Path::new(CARRIED).join(name);
        assert_eq!(names(&carried), names(&disk));
        for path in entries(&carried).unwrap() {
            let mut bytes = Vec::new();
            open(&path).unwrap().read_to_end(&mut bytes).unwrap();
            assert_eq!(
                bytes,
                fs::read(disk.join(path.file_name().unwrap())).unwrap()
            );
        }
    }

    #[test]
    fn carried_folders_are_those_of_the_repository() {
        check_alike("demo");
        check_alike("demo-base");
    }

    #[test]
    fn only_what_is_carried_is_found_and_dots_lead_from_one_folder_to_the_other() {
        assert!(is_carried(&demo()) && is_carried(&demo().join("../demo-base")));
        assert!(is_file(&demo().join("../demo-base/config.json")));
        assert!(!is_file(&demo().join("config.json")));
        assert!(!is_carried(Path::new("demo")) && !is_carried(Path::new(CARRIED)));
        assert!(carried(Path::new("demo/rescorer.json")).is_none());
    }
}
