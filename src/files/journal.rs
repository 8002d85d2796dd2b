//! How the files of a folder are replaced all together.
//!
//! New files wait in [`STAGING`], inside the folder, so that mount points and `.` can be written
//! too. Once all are on disk, a journal is put beside them by a rename: from then on the new result
//! is the one that holds, and whoever comes next moves what is not moved yet. Without a journal,
//! what waits is what a killed run left, and is deleted.

use std::fs::{self, File};
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::files::document::{DOCUMENT, read_bytes};
use crate::files::error::{Refusal, WriteError};
use crate::files::inside::parent;
use crate::files::lock::{self, Lock, Taken};
use crate::files::marker::{self, Found, Hashes, Marker};
use crate::files::names::{LOCK, MARKER, STAGED_FILES, STAGING};

/// What is done, once it is decided.
const JOURNAL: &str = "journal.json";

/// The journal before that; it is there first of all, and tells that the folder is this program's.
const DRAFT: &str = "journal.draft";

/// A reader waits for a writer that is just moving its files: so often, so long each time.
const WAITS: usize = 500;
const WAIT: Duration = Duration::from_millis(20);

/// What is moved and deleted.
#[derive(Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Journal {
    /// Files that are moved to their places, in this order.
    pub(crate) moves: Vec<Move>,
    /// Files of the result before that the new one does not have.
    pub(crate) deleted: Hashes,
}

/// A file that is moved to its place.
#[derive(Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Move {
    /// Its name.
    pub(crate) name: String,
    /// The hash of what it replaces; null where nothing was there.
    pub(crate) replaces: Option<String>,
}

/// The folder in which new files wait; deleted when it is dropped before the journal is there.
pub(crate) struct Staging<'a> {
    folder: &'a Path,
    decided: bool,
}

impl<'a> Staging<'a> {
    /// Makes the folder, inside `folder`, which this process holds and which has none.
    pub(crate) fn new(folder: &'a Path) -> io::Result<Staging<'a>> {
        fs::create_dir(folder.join(STAGING))?;
        let staging = Staging {
            folder,
            decided: false,
        };
        File::create(staging.path().join(DRAFT))?;
        fs::create_dir(staging.files())?;
        Ok(staging)
    }

    /// Where the folder of new files and the journal are.
    pub(crate) fn path(&self) -> PathBuf {
        self.folder.join(STAGING)
    }

    /// Where the new files are put.
    pub(crate) fn files(&self) -> PathBuf {
        self.path().join(STAGED_FILES)
    }

    /// From here on the new files are the ones that hold.
    pub(crate) fn decide(mut self, journal: &Journal) -> io::Result<()> {
        let draft = self.path().join(DRAFT);
        let text = serde_json::to_vec_pretty(journal).expect("strings become JSON");
        let mut file = File::create(&draft)?;
        file.write_all(&text)?;
        file.sync_all()?;
        sync_folders(&self.files())?;
        sync_folder(&self.path())?;
        fs::rename(draft, self.path().join(JOURNAL))?;
        self.decided = true;
        sync_folder(&self.path())?;

        sync_folder(self.folder)
    }
}

impl Drop for Staging<'_> {
    fn drop(&mut self) {
        if !self.decided {
            let _ = fs::remove_dir_all(self.path());
        }
    }
}

/// What a reader saw of a folder: nothing may have changed when it has read all.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Seen {
    folder: PathBuf,
    marker: Option<Vec<u8>>,
}

impl Seen {
    /// Refuses what was read while the folder was being replaced.
    pub fn unchanged(&self) -> Result<(), WriteError> {
        if settle(&self.folder)? == *self {
            Ok(())
        } else {
            Err(WriteError::new(&self.folder, Refusal::Replaced).of_reader())
        }
    }
}

/// Ends a replacement that a killed run began in `folder`, before it is read.
pub fn settle(folder: &Path) -> Result<Seen, WriteError> {
    wait_and_end(folder).map_err(WriteError::of_reader)
}

fn wait_and_end(folder: &Path) -> Result<Seen, WriteError> {
    let mut holder = String::new();
    for _ in 0..WAITS {
        if !is_decided(folder) {
            return Ok(Seen {
                folder: folder.to_owned(),
                marker: Marker::bytes(folder)?,
            });
        }
        match Lock::take(&folder.join(LOCK)).map_err(|error| WriteError::new(folder, error))? {
            Taken::Free(_lock) => clean(folder, false)?,
            Taken::Held(text) => {
                holder = lock::holder(&text);
                std::thread::sleep(WAIT);
            }
        }
    }

    Err(WriteError::new(folder, Refusal::Held { holder }))
}

fn is_decided(folder: &Path) -> bool {
    folder.join(STAGING).join(JOURNAL).exists()
}

/// Ends what a killed run began, or deletes what it left, in a folder that this process holds.
///
/// A file that was changed in the meantime stays as it is, and is an error, unless `force` gives it
/// up.
pub(crate) fn clean(folder: &Path, force: bool) -> Result<(), WriteError> {
    let at = |error: io::Error| WriteError::new(folder, error);
    let staging = folder.join(STAGING);
    let found = match fs::symlink_metadata(&staging) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
        found => found.map_err(at)?,
    };

    if found.is_dir() && is_decided(folder) {
        return move_files(folder, &read(folder)?, Some(force));
    }

    let is_ours = found.is_dir()
        && (staging.join(DRAFT).is_file() || fs::read_dir(&staging).map_err(at)?.next().is_none());
    if !is_ours {
        let file = STAGING.to_owned();
        return Err(WriteError::new(folder, Refusal::InTheWay { file }));
    }

    fs::remove_dir_all(&staging).map_err(at)
}

fn read(folder: &Path) -> Result<Journal, WriteError> {
    let path = folder.join(STAGING).join(JOURNAL);
    let damaged = |reason: String| {
        let file = format!("{STAGING}/{JOURNAL}");
        WriteError::new(folder, Refusal::Damaged { file, reason })
    };
    let bytes = read_bytes(&path, DOCUMENT).map_err(|error| damaged(error.to_string()))?;
    let journal: Journal =
        serde_json::from_slice(&bytes).map_err(|error| damaged(error.to_string()))?;
    let names = journal.moves.iter().map(|moved| &moved.name);
    let wrong = names
        .chain(journal.deleted.keys())
        .find(|name| !marker::is_name(name) && *name != MARKER);

    match wrong {
        Some(name) => Err(damaged(format!("it names {name:?}"))),
        None => Ok(journal),
    }
}

/// Moves and deletes what is still to be moved and deleted, and forgets the journal.
///
/// `again` says that a run before began with it, so that what is replaced must be looked at anew,
/// and whether files that have changed since then are given up.
pub(crate) fn move_files(
    folder: &Path,
    journal: &Journal,
    again: Option<bool>,
) -> Result<(), WriteError> {
    let at = |error: io::Error| WriteError::new(folder, error);
    let staged = folder.join(STAGING).join(STAGED_FILES);
    for Move { name, replaces } in &journal.moves {
        let from = staged.join(name);
        if !from.exists() {
            // The run before came as far as this.
            continue;
        }

        if again.is_some() {
            let found = marker::find(folder, name).map_err(at)?;
            let expected = match &found {
                Found::Nothing => true,
                Found::File(hash) => again == Some(true) || Some(hash) == replaces.as_ref(),
                Found::Other => false,
            };
            if !expected {
                let file = name.clone();
                return Err(WriteError::new(folder, Refusal::Changed { file }));
            }
        }

        let to = folder.join(name);
        let named = |error: io::Error| WriteError::new(&to, error);
        fs::create_dir_all(parent(&to)).map_err(named)?;
        keep_attributes(&from, &to).map_err(named)?;
        fs::rename(&from, &to).map_err(named)?;
    }

    for (name, hash) in &journal.deleted {
        delete(folder, name, hash)?;
    }

    sync_folder(folder).map_err(at)?;

    // The journal goes first: without it, the rest is what a killed run leaves.
    let staging = folder.join(STAGING);
    fs::rename(staging.join(JOURNAL), staging.join(DRAFT)).map_err(at)?;

    fs::remove_dir_all(staging).map_err(at)
}

/// Deletes a file of this program's if it is as it was written, and the folders that are empty
/// then.
pub(crate) fn delete(folder: &Path, name: &str, hash: &str) -> Result<(), WriteError> {
    let path = folder.join(name);
    let at = |error: io::Error| WriteError::new(&path, error);
    if marker::find(folder, name).map_err(at)? == Found::File(hash.to_owned()) {
        fs::remove_file(&path).map_err(at)?;
        let above = Path::new(name).ancestors().skip(1);
        for inner in above.filter(|inner| !inner.as_os_str().is_empty()) {
            // It is not empty: what is in there is someone else's.
            if fs::remove_dir(folder.join(inner)).is_err() {
                break;
            }
        }
    }

    Ok(())
}

/// Gives the new file the rights and the owner of the one that it replaces, as far as the system
/// lets us.
pub(crate) fn keep_attributes(new: &Path, old: &Path) -> io::Result<()> {
    let Ok(found) = fs::symlink_metadata(old) else {
        return Ok(());
    };
    if !found.is_file() {
        return Ok(());
    }

    #[cfg(unix)]
    {
        use std::os::unix::fs::MetadataExt;
        // Only the administrator can give files away. It changes the rights: they come after it.
        let _ = std::os::unix::fs::chown(new, Some(found.uid()), Some(found.gid()));
    }
    fs::set_permissions(new, found.permissions())
}

/// Has the names in `folder`, and in all folders below it, put on the disk.
fn sync_folders(folder: &Path) -> io::Result<()> {
    for entry in fs::read_dir(folder)? {
        let entry = entry?;
        if entry.file_type()?.is_dir() {
            sync_folders(&entry.path())?;
        }
    }
    sync_folder(folder)
}

/// Has the names in `folder` put on the disk, where the system knows how.
fn sync_folder(folder: &Path) -> io::Result<()> {
    if cfg!(unix) {
        match File::open(folder)?.sync_all() {
            // Some network file systems do not know how.
            Err(error) if error.kind() == io::ErrorKind::InvalidInput => {}
            done => done?,
        }
    }
    Ok(())
}

/// The first file of `folder` that is none of this program's own, by name.
pub(crate) fn first_foreign(folder: &Path) -> io::Result<Option<String>> {
    let mut names: Vec<String> = fs::read_dir(folder)?
        .map(|entry| Ok(entry?.file_name().to_string_lossy().into_owned()))
        .collect::<io::Result<_>>()?;
    names.retain(|name| name != LOCK && name != STAGING);
    names.sort();
    Ok(names.into_iter().next())
}
