//! The list of this program's files in a folder, and whether they are as they were written.

use std::collections::BTreeMap;
use std::fs::{self, File};
use std::io::{self, Read};
use std::path::{Component, Path};

use serde::{Deserialize, Serialize};

use crate::files::document::of_link;
use crate::files::error::{Refusal, WriteError};
use crate::files::inside::parent;
use crate::files::names::{MARKER, OWN};

/// A list longer than this is none of ours: it has about a hundred bytes for each file.
const LONGEST: u64 = 64 << 20;

/// The version of the list's format.
const FORMAT_VERSION: u32 = 1;

/// What the list says of who wrote it.
const TOOL: &str = "mondegreen";

/// Files of a folder, named from there with `/`, and the hashes of their contents.
pub(crate) type Hashes = BTreeMap<String, String>;

/// The files of a folder that this program wrote.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Marker {
    format_version: u32,
    tool: String,
    /// The kind of result.
    pub(crate) kind: String,
    /// Its files.
    pub(crate) files: Hashes,
}

impl Marker {
    /// A list of `files`, which are a result of that kind.
    pub(crate) fn new(kind: &str, files: Hashes) -> Marker {
        Marker {
            format_version: FORMAT_VERSION,
            tool: TOOL.to_owned(),
            kind: kind.to_owned(),
            files,
        }
    }

    /// The list in `folder`, if there is one.
    pub(crate) fn read(folder: &Path) -> Result<Option<Marker>, WriteError> {
        let damaged = |reason: String| {
            let file = MARKER.to_owned();
            WriteError::new(folder, Refusal::Damaged { file, reason })
        };
        let Some(bytes) = Marker::bytes(folder)? else {
            return Ok(None);
        };
        let marker: Marker =
            serde_json::from_slice(&bytes).map_err(|error| damaged(error.to_string()))?;

        if marker.tool != TOOL || marker.format_version != FORMAT_VERSION {
            return Err(damaged(format!(
                "it is of {} version {}, this program reads {TOOL} version {FORMAT_VERSION}",
                marker.tool, marker.format_version
            )));
        }

        match marker.files.keys().find(|name| !is_name(name)) {
            Some(name) => Err(damaged(format!("it lists {name:?}"))),
            None => Ok(Some(marker)),
        }
    }

    /// The list as it is on disk.
    pub(crate) fn bytes(folder: &Path) -> Result<Option<Vec<u8>>, WriteError> {
        let path = folder.join(MARKER);
        let at = |error: io::Error| WriteError::new(&path, error);
        match fs::symlink_metadata(&path) {
            Err(error)
                if [io::ErrorKind::NotFound, io::ErrorKind::NotADirectory]
                    .contains(&error.kind()) =>
            {
                return Ok(None);
            }
            // It is the folder that cannot be looked into.
            Err(error) => return Err(WriteError::new(folder, of_link(folder, error))),
            Ok(found) if !found.is_file() || found.len() > LONGEST => {
                let (file, reason) = (MARKER.to_owned(), "it is no list of files".to_owned());
                return Err(WriteError::new(folder, Refusal::Damaged { file, reason }));
            }
            Ok(_) => {}
        }

        let mut bytes = Vec::new();
        File::open(&path)
            .and_then(|file| file.take(LONGEST).read_to_end(&mut bytes))
            .map_err(at)?;

        Ok(Some(bytes))
    }

    /// The list as it is written.
    pub(crate) fn render(&self) -> Vec<u8> {
        let mut text = serde_json::to_vec_pretty(self).expect("strings become JSON");
        text.push(b'\n');
        text
    }
}

/// What is said of a file that is not [as it was written](is_as_written), behind its name.
pub(crate) const CHANGED: &str = "is not what was written there: it is damaged, or was changed by \
    hand, by a formatter, or by Git, which may change line ends";

/// Whether the file at `path` is as this program wrote it, as far as the list in its folder tells.
pub fn is_as_written(path: &Path) -> Result<bool, WriteError> {
    let folder = parent(path);
    let name = path.file_name().and_then(|name| name.to_str());
    let (Some(marker), Some(name)) = (Marker::read(folder)?, name) else {
        return Ok(true);
    };
    let Some(listed) = marker.files.get(name) else {
        return Ok(true);
    };
    let found = find(folder, name).map_err(|error| WriteError::new(path, error))?;

    Ok(found == Found::File(listed.clone()))
}

/// Whether a list may name a file so: below its folder, and none of those that this program needs
/// itself.
pub(crate) fn is_name(name: &str) -> bool {
    let path = Path::new(name);
    let plain = |part: Component<'_>| matches!(part, Component::Normal(_));

    !name.is_empty()
        && !name.contains('\\')
        && path.components().all(plain)
        // Nothing that a path makes of a name, such as `a//b`, is another name for the same file.
        && name.split('/').eq(path.iter().filter_map(|part| part.to_str()))
        && !name.starts_with(OWN)
}

/// What is where a file is expected.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Found {
    /// Nothing.
    Nothing,
    /// A file whose content has this hash.
    File(String),
    /// A folder, a link or a device; or a link on the way to it.
    Other,
}

/// What is at `name` in `folder`.
pub(crate) fn find(folder: &Path, name: &str) -> io::Result<Found> {
    let mut path = folder.to_owned();
    let mut parts = Path::new(name).components().peekable();
    while let Some(part) = parts.next() {
        path.push(part);
        let last = parts.peek().is_none();
        match fs::symlink_metadata(&path) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Found::Nothing),
            Err(error) => return Err(error),
            Ok(found) if last && found.is_file() => {}
            Ok(found) if !last && found.is_dir() => {}
            Ok(_) => return Ok(Found::Other),
        }
    }

    Ok(Found::File(hash(&path)?))
}

/// The hash of a file's content.
pub(crate) fn hash(path: &Path) -> io::Result<String> {
    let mut hasher = blake3::Hasher::new();
    hasher.update_reader(File::open(path)?)?;
    Ok(hasher.finalize().to_hex().to_string())
}

/// All files below `folder`, which must have names that a list can hold.
pub(crate) fn hashes(folder: &Path) -> io::Result<Hashes> {
    fn collect(folder: &Path, above: &str, into: &mut Hashes) -> io::Result<()> {
        for entry in fs::read_dir(folder)? {
            let entry = entry?;
            let name = entry.file_name().into_string().map_err(|name| {
                io::Error::other(format!("the name {} is not Unicode", name.display()))
            })?;
            let name = format!("{above}{name}");

            if entry.file_type()?.is_dir() {
                collect(&entry.path(), &format!("{name}/"), into)?;
            } else if is_name(&name) {
                into.insert(name, hash(&entry.path())?);
            } else {
                return Err(io::Error::other(format!("a result has no file {name:?}")));
            }
        }
        Ok(())
    }

    let mut hashes = Hashes::new();
    collect(folder, "", &mut hashes)?;
    Ok(hashes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_list_names_files_below_its_folder_alone() {
        for name in ["report.json", "failures/a-0.json", "..a"] {
            assert!(is_name(name), "{name}");
        }
        for name in [
            "",
            "/etc/passwd",
            "../thesis.txt",
            "a/../../b",
            "a//b",
            "./a",
            "a/",
            "a\\b",
            ".robustness-check.json",
            ".robustness-check-staged/journal",
        ] {
            assert!(!is_name(name), "{name}");
        }
    }

    #[track_caller]
    fn check_damaged(text: &str, part: &str) {
        let folder = tempfile::tempdir().unwrap();
        fs::write(folder.path().join(MARKER), text).unwrap();
        let error = Marker::read(folder.path()).unwrap_err();
        let shown = error.refusal().unwrap().to_string();
        assert!(shown.contains(part), "{shown}");
    }

    #[test]
    fn a_list_that_this_program_did_not_write_is_refused() {
        check_damaged("{}", "missing field");
        let list = |tool: &str, version: u32, name: &str| {
            format!(
                r#"{{"format_version": {version}, "tool": "{tool}", "kind": "report", "files": {{"{name}": "00"}}}}"#
            )
        };
        check_damaged(&list("other", 1, "a"), "it is of other version 1");
        check_damaged(&list(TOOL, 2, "a"), "version 2");
        check_damaged(&list(TOOL, 1, "../a"), r#"it lists "../a""#);
    }

    #[test]
    fn a_list_is_read_as_it_was_written() {
        let folder = tempfile::tempdir().unwrap();
        assert_eq!(Marker::read(folder.path()).unwrap(), None);
        fs::create_dir(folder.path().join("deep")).unwrap();
        fs::write(folder.path().join("deep/a"), "text").unwrap();

        let marker = Marker::new("report", hashes(folder.path()).unwrap());
        fs::write(folder.path().join(MARKER), marker.render()).unwrap();
        assert_eq!(Marker::read(folder.path()).unwrap(), Some(marker.clone()));

        let hash = marker.files["deep/a"].clone();
        assert_eq!(find(folder.path(), "deep/a").unwrap(), Found::File(hash));
        assert_eq!(find(folder.path(), "deep").unwrap(), Found::Other);
        assert_eq!(find(folder.path(), "a").unwrap(), Found::Nothing);
    }
}
