//! Files that one process at a time holds.
//!
//! The system lets go of a lock when its process ends, however it ends, so that a killed run locks
//! nobody out.

use std::fmt;
use std::fs::{self, File, TryLockError};
use std::io::{self, Read, Seek, Write};
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use crate::files::error::{Refusal, WriteError};

/// A lock is taken anew while its holders come and go, so often at most.
const TRIES: usize = 100;

/// Who holds a lock, for those who have to wait.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Holder {
    /// The process.
    process: u32,
    /// The machine's name; empty if not known.
    host: String,
    /// When the command began; empty if not known.
    started: String,
    /// What was typed; empty if not known.
    command: String,
}

impl Holder {
    /// This process, which runs `command` on `host` since `started`.
    pub fn new(command: &str, host: &str, started: &str) -> Holder {
        Holder {
            process: std::process::id(),
            host: host.to_owned(),
            started: started.to_owned(),
            command: command.to_owned(),
        }
    }

    /// This process, of which no more is known.
    pub fn unnamed() -> Holder {
        Holder::new("", "", "")
    }
}

impl fmt::Display for Holder {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "process {}", self.process)?;
        for (word, value) in [
            ("on", &self.host),
            ("since", &self.started),
            ("running", &self.command),
        ] {
            if !value.is_empty() {
                write!(formatter, " {word} {}", value.escape_debug())?;
            }
        }

        Ok(())
    }
}

/// A file that this process holds; it is deleted when it is let go, unless it was moved away.
#[derive(Debug)]
pub(crate) struct Lock {
    file: File,
    path: PathBuf,
    moved: bool,
}

/// How an attempt to take a lock ends.
pub(crate) enum Taken {
    /// This process has it.
    Free(Lock),
    /// Another one has it, and wrote this into the file.
    Held(String),
}

impl Taken {
    /// The lock; an error that `path` is being written if another process has it.
    pub(crate) fn free(self, path: &Path) -> Result<Lock, WriteError> {
        match self {
            Taken::Free(lock) => Ok(lock),
            Taken::Held(text) => {
                let holder = holder(&text);
                Err(WriteError::new(path, Refusal::Held { holder }))
            }
        }
    }
}

impl Lock {
    /// Takes the lock `path`, without waiting. The file is made if it is not there, and is as it
    /// was otherwise.
    pub(crate) fn take(path: &Path) -> io::Result<Taken> {
        for _ in 0..TRIES {
            // Through a link the file of someone else would be taken, and be emptied soon.
            if fs::symlink_metadata(path).is_ok_and(|found| !found.is_file()) {
                let problem = format!("{} is not a file", path.display());
                return Err(io::Error::other(problem));
            }
            let file = File::options()
                .read(true)
                .write(true)
                .create(true)
                .truncate(false)
                .open(path)?;

            match file.try_lock() {
                Ok(()) => {}
                // On a file system without locks one cannot do better than to go without.
                Err(TryLockError::Error(error)) if error.kind() == io::ErrorKind::Unsupported => {}
                Err(TryLockError::Error(error)) => return Err(error),
                Err(TryLockError::WouldBlock) => {
                    let mut text = String::new();
                    // What cannot be read names nobody, and is held all the same.
                    let _ = file.take(1 << 16).read_to_string(&mut text);
                    return Ok(Taken::Held(text));
                }
            }

            // The holder before may have moved or deleted the file since it was opened.
            if is_at(&file, path)? {
                return Ok(Taken::Free(Lock {
                    file,
                    path: path.to_owned(),
                    moved: false,
                }));
            }
        }
        Err(io::ErrorKind::ResourceBusy.into())
    }

    /// The file, to write to.
    pub(crate) fn file(&mut self) -> &mut File {
        &mut self.file
    }

    /// Where the file is.
    pub(crate) fn path(&self) -> &Path {
        &self.path
    }

    /// The file has another name now: it stays.
    pub(crate) fn moved(mut self) {
        self.moved = true;
    }

    /// Says in the file who holds it.
    ///
    /// A file that says anything but that is someone else's, and stays as it is.
    pub(crate) fn name(&mut self, holder: &Holder) -> io::Result<()> {
        let mut text = String::new();
        (&self.file).take(1 << 16).read_to_string(&mut text)?;
        if !text.is_empty() && serde_json::from_str::<Holder>(&text).is_err() {
            self.moved = true;
            return Err(io::Error::other(format!(
                "{} is not a lock of robustness-check; move it away",
                self.path.display()
            )));
        }

        self.file.set_len(0)?;
        self.file.rewind()?;
        self.file
            .write_all(&serde_json::to_vec(holder).expect("plain values become JSON"))
    }
}

impl Drop for Lock {
    fn drop(&mut self) {
        // Elsewhere another process might lock the file that is being deleted.
        if cfg!(unix) && !self.moved {
            let _ = fs::remove_file(&self.path);
        }
    }
}

/// What a held lock says of its holder.
pub(crate) fn holder(text: &str) -> String {
    serde_json::from_str::<Holder>(text).map_or_else(
        |_| "another process".to_owned(),
        |holder| holder.to_string(),
    )
}

#[cfg(unix)]
fn is_at(file: &File, path: &Path) -> io::Result<bool> {
    use std::os::unix::fs::MetadataExt;
    let opened = file.metadata()?;
    match fs::symlink_metadata(path) {
        Ok(found) => Ok((opened.dev(), opened.ino()) == (found.dev(), found.ino())),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(false),
        Err(error) => Err(error),
    }
}

/// Locked files are neither deleted nor moved by others here.
#[cfg(not(unix))]
fn is_at(_: &File, path: &Path) -> io::Result<bool> {
    Ok(path.exists())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn taken(path: &Path) -> Result<Lock, String> {
        match Lock::take(path).unwrap() {
            Taken::Free(lock) => Ok(lock),
            Taken::Held(text) => Err(holder(&text)),
        }
    }

    #[test]
    fn one_holds_a_lock_and_others_hear_who() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("lock");
        let mut first = taken(&path).unwrap();
        first
            .name(&Holder::new("check \u{1b}[2J", "here", "today"))
            .unwrap();
        assert_eq!(
            taken(&path).unwrap_err(),
            format!(
                "process {} on here since today running check \\u{{1b}}[2J",
                std::process::id()
            )
        );
        drop(first);
        assert!(!cfg!(unix) || !path.exists());
        taken(&path).unwrap().name(&Holder::unnamed()).unwrap();
    }

    #[test]
    fn files_of_others_are_no_locks() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("lock");
        fs::write(&path, "years of work").unwrap();
        assert!(taken(&path).unwrap().name(&Holder::unnamed()).is_err());
        assert_eq!(fs::read(&path).unwrap(), b"years of work");
        #[cfg(unix)]
        {
            let link = folder.path().join("link");
            std::os::unix::fs::symlink(&path, &link).unwrap();
            assert!(Lock::take(&link).is_err());
        }
    }
}
