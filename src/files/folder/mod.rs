//! Folders of results: claimed before the work, replaced when it is done.

use std::path::{Path, PathBuf};
use std::{fs, io};

use crate::files::error::{Refusal, WriteError};
use crate::files::journal::{self, Journal, Move, Staging};
use crate::files::lock::{Holder, Lock, Taken};
use crate::files::marker::{self, Found, Hashes, Marker};
use crate::files::names::{LOCK, MARKER};
use crate::files::output::write_bytes;
use crate::files::{inside, space};

/// What a folder holds. One kind never replaces another.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// The report of a check.
    Report,
    /// A comparison of models.
    Comparison,
    /// A model that was trained.
    Checkpoint,
    /// A model in another program's form.
    Export,
    /// N-best lists in the files of another program.
    Lists,
    /// A training run that is not at its end.
    TrainingState,
    /// A report that later runs are compared with.
    ///
    /// It may lie among other files, and carries no list: its two files are known by their
    /// contents, which the caller has looked at.
    Baseline,
}

impl Kind {
    /// What messages and lists call it.
    pub fn name(self) -> &'static str {
        match self {
            Kind::Report => "report",
            Kind::Comparison => "comparison",
            Kind::Checkpoint => "checkpoint",
            Kind::Export => "export",
            Kind::Lists => "lists",
            Kind::TrainingState => "training state",
            Kind::Baseline => "baseline",
        }
    }
}

/// What a folder is wanted for.
#[derive(Debug, Clone, Copy)]
pub struct Claim<'a> {
    /// What it will hold.
    pub kind: Kind,
    /// Files that may be written, as far as their names are known: someone else's file in their
    /// place is refused before the work rather than after it.
    pub names: &'a [&'a str],
    /// Whether files of this program's that were changed by hand are given up.
    pub force: bool,
    /// Who is asking.
    pub holder: &'a Holder,
}

/// A folder that this process alone writes into, as long as it has this value.
///
/// What was made to hold it is gone when it is let go without a result.
#[derive(Debug)]
pub struct ResultFolder {
    path: PathBuf,
    kind: Kind,
    force: bool,
    /// What a baseline's files were when it was claimed.
    approved: Vec<(String, Found)>,
    // Let go before `made` is deleted: fields are dropped in this order.
    _lock: Lock,
    _made: Made,
}

impl ResultFolder {
    /// Tries whether `path` can become what is wanted, holds it, and ends or deletes what a killed
    /// run left there.
    ///
    /// A folder that is not empty must carry the list of an earlier result of the same kind,
    /// whose files are as they were written.
    pub fn claim(path: &Path, claim: Claim<'_>) -> Result<ResultFolder, WriteError> {
        let at = |error: io::Error| WriteError::new(path, error);
        WriteError::refuse_dash(path)?;
        if path.exists() && !path.is_dir() {
            return Err(WriteError::new(path, Refusal::NotAFolder));
        }

        let place = inside::place(path);
        let (made, lock) = hold(&place).map_err(at)?;
        let mut lock = lock.free(path)?;
        lock.name(claim.holder).map_err(at)?;
        journal::clean(&place, claim.force)?;

        let mut folder = ResultFolder {
            path: place,
            kind: claim.kind,
            force: claim.force,
            approved: Vec::new(),
            _lock: lock,
            _made: made,
        };

        folder.check(claim.names)?;
        folder.probe().map_err(at)?;

        Ok(folder)
    }

    /// Where it is.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Refuses to begin what cannot end, for lack of room for `needed` bytes: a low estimate.
    pub fn ensure_space(&self, needed: u64) -> Result<(), WriteError> {
        space::ensure(&self.path, &self.path, needed)
    }

    /// Has `write` fill a folder with the new result, and puts it in the place of the one before.
    ///
    /// Files that the new result does not have are deleted; files of others stay. If anything
    /// fails, all is as it was.
    pub fn replace<E>(&self, write: impl FnOnce(&Path) -> Result<(), E>) -> Result<(), E>
    where
        E: From<WriteError>,
    {
        let at = |error: io::Error| WriteError::new(&self.path, error);
        let staging = Staging::new(&self.path).map_err(at)?;
        write(&staging.files())?;
        let journal = self.journal(&staging)?;
        staging.decide(&journal).map_err(at)?;
        journal::move_files(&self.path, &journal, None)?;
        Ok(())
    }

    /// Refuses what is not this program's, or is no longer as it wrote it.
    fn check(&mut self, names: &[&str]) -> Result<(), WriteError> {
        let at = |error: io::Error| WriteError::new(&self.path, error);
        if self.kind == Kind::Baseline {
            for name in names {
                let found = marker::find(&self.path, name).map_err(at)?;
                if found == Found::Other {
                    return Err(self.in_the_way(name));
                }
                self.approved.push(((*name).to_owned(), found));
            }
            return Ok(());
        }

        let Some(marker) = Marker::read(&self.path)? else {
            return match journal::first_foreign(&self.path).map_err(at)? {
                Some(file) => Err(WriteError::new(&self.path, Refusal::Foreign { file })),
                None => Ok(()),
            };
        };

        if marker.kind != self.kind.name() {
            let refusal = Refusal::OtherKind {
                found: marker.kind,
                wanted: self.kind.name().to_owned(),
            };
            return Err(WriteError::new(&self.path, refusal));
        }

        let listed = marker.files.keys().map(String::as_str);
        for name in listed.chain(names.iter().copied()) {
            self.may_replace(name, marker.files.get(name))?;
        }

        Ok(())
    }

    /// The hash of the file `name`, which may be replaced, or `None` if there is none; an error if
    /// it may not be replaced. `listed` is its hash in the list.
    fn may_replace(
        &self,
        name: &str,
        listed: Option<&String>,
    ) -> Result<Option<String>, WriteError> {
        match self.find(name)? {
            Found::Nothing => Ok(None),
            Found::File(hash) if listed == Some(&hash) || (listed.is_some() && self.force) => {
                Ok(Some(hash))
            }
            Found::File(_) if listed.is_some() => Err(self.changed(name)),
            // What is no file is not what this program wrote, whatever it was told to give up.
            Found::File(_) | Found::Other => Err(self.in_the_way(name)),
        }
    }

    fn find(&self, name: &str) -> Result<Found, WriteError> {
        marker::find(&self.path, name)
            .map_err(|error| WriteError::new(&self.path.join(name), error))
    }

    fn changed(&self, name: &str) -> WriteError {
        let file = name.to_owned();
        WriteError::new(&self.path, Refusal::Changed { file })
    }

    fn in_the_way(&self, name: &str) -> WriteError {
        let file = name.to_owned();
        WriteError::new(&self.path, Refusal::InTheWay { file })
    }

    /// Whether files can be made and moved here: some places allow the one and not the other.
    fn probe(&self) -> io::Result<()> {
        let staging = Staging::new(&self.path)?;
        let from = staging.files().join("probe");
        fs::write(&from, "probe")?;
        fs::rename(from, staging.path().join("probe"))
    }

    /// What is to be done with what waits in `staging`, and the new list, which waits there as
    /// well.
    fn journal(&self, staging: &Staging<'_>) -> Result<Journal, WriteError> {
        let at = |error: io::Error| WriteError::new(&self.path, error);
        let mut files = marker::hashes(&staging.files()).map_err(at)?;
        let before = Marker::read(&self.path)?;
        let listed = before
            .as_ref()
            .map_or_else(Hashes::new, |marker| marker.files.clone());

        let mut journal = Journal::default();
        for (name, hash) in &files.clone() {
            let replaces = match self.approved.iter().find(|(known, _)| known == name) {
                Some((_, approved)) => self.as_approved(name, approved)?,
                None if self.is_there_already(name, hash, &listed).map_err(at)? => {
                    // Someone put the same file there: it stays theirs.
                    files.remove(name);
                    fs::remove_file(staging.files().join(name)).map_err(at)?;
                    continue;
                }
                None => self.may_replace(name, listed.get(name))?,
            };
            let name = name.clone();
            journal.moves.push(Move { name, replaces });
        }

        let list = match before {
            // A list of another kind of result, in which a baseline's two files are renewed.
            Some(marker) if self.kind == Kind::Baseline => {
                let mut all = marker.files;
                for (name, hash) in files {
                    if let Some(listed) = all.get_mut(&name) {
                        *listed = hash;
                    }
                }
                Marker::new(&marker.kind, all)
            }
            None if self.kind == Kind::Baseline => return Ok(journal),
            Some(_) | None => {
                journal.deleted = listed;
                journal.deleted.retain(|name, _| !files.contains_key(name));
                for (name, hash) in &mut journal.deleted {
                    if let Some(found) = self.may_replace(name, Some(hash))? {
                        *hash = found;
                    }
                }
                Marker::new(self.kind.name(), files)
            }
        };

        let marker = staging.files().join(MARKER);
        write_bytes(&marker, list.render())?;
        journal.moves.push(Move {
            name: MARKER.to_owned(),
            replaces: match marker::find(&self.path, MARKER).map_err(at)? {
                Found::File(hash) => Some(hash),
                Found::Nothing | Found::Other => None,
            },
        });

        Ok(journal)
    }

    /// The hash of a baseline's file, which must be what it was when it was claimed.
    fn as_approved(&self, name: &str, approved: &Found) -> Result<Option<String>, WriteError> {
        match self.find(name)? {
            Found::Nothing => Ok(None),
            Found::File(hash) if Found::File(hash.clone()) == *approved => Ok(Some(hash)),
            Found::File(_) | Found::Other => Err(self.changed(name)),
        }
    }

    fn is_there_already(&self, name: &str, hash: &str, listed: &Hashes) -> io::Result<bool> {
        Ok(!listed.contains_key(name)
            && marker::find(&self.path, name)? == Found::File(hash.to_owned()))
    }
}

/// Folders that were made on the way; those that are empty are deleted in the end.
#[derive(Debug)]
struct Made(Vec<PathBuf>);

impl Drop for Made {
    fn drop(&mut self) {
        for folder in self.0.iter().rev() {
            // One that is not empty stays, with all that it lies in.
            if fs::remove_dir(folder).is_err() {
                break;
            }
        }
    }
}

/// Makes `folder` and what it lies in, and tries to hold it.
fn hold(folder: &Path) -> io::Result<(Made, Taken)> {
    let mut tries = 0;
    loop {
        let missing = folder
            .ancestors()
            .take_while(|path| !path.as_os_str().is_empty() && !path.exists());
        let mut made = Made(Vec::new());
        let mut missing: Vec<&Path> = missing.collect();
        missing.reverse();
        for path in missing {
            match fs::create_dir(path) {
                Ok(()) => made.0.push(path.to_owned()),
                Err(error) if error.kind() == io::ErrorKind::AlreadyExists && path.is_dir() => {}
                Err(error) => return Err(error),
            }
        }
        match Lock::take(&folder.join(LOCK)) {
            Ok(taken) => return Ok((made, taken)),
            // Another run, which had made the folder, has just ended and deleted it.
            Err(error) if error.kind() == io::ErrorKind::NotFound && tries < 100 => tries += 1,
            Err(error) => return Err(error),
        }
    }
}

/// Claims `path`, fills it and lets it go: for results that nobody waits for.
pub fn write_folder<E>(
    path: &Path,
    kind: Kind,
    write: impl FnOnce(&Path) -> Result<(), E>,
) -> Result<(), E>
where
    E: From<WriteError>,
{
    let claim = Claim {
        kind,
        names: &[],
        force: false,
        holder: &Holder::unnamed(),
    };
    ResultFolder::claim(path, claim)?.replace(write)
}

/// Deletes a result that is needed no more: its files, if they are as they were written, and the
/// folder if nothing is left in it.
pub fn remove_folder(path: &Path) -> Result<(), WriteError> {
    let at = |error: io::Error| WriteError::new(path, error);
    if !path.exists() {
        return Ok(());
    }

    let (_made, lock) = hold(path).map_err(at)?;
    let lock = lock.free(path)?;
    journal::clean(path, false)?;
    if let Some(marker) = Marker::read(path)? {
        for (name, hash) in &marker.files {
            journal::delete(path, name, hash)?;
        }
        fs::remove_file(path.join(MARKER)).map_err(at)?;
    }

    drop(lock);
    // Where files of others are left, it stays.
    let _ = fs::remove_dir(path);

    Ok(())
}

#[cfg(test)]
mod tests;
