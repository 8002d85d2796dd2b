//! Single files, which are replaced by a rename.

use std::collections::BTreeMap;
use std::fs::{self, File};
use std::io::{self, BufRead, BufReader, BufWriter, ErrorKind, Read, Seek, Write};
use std::path::{Path, PathBuf};
use std::sync::Mutex;
use std::thread;

use crate::files::error::{Refusal, WriteError};
use crate::files::inside::{self, parent};
use crate::files::lock::{Lock, Taken};
use crate::files::names::OWN;
use crate::files::packing::Packing;
use crate::files::{journal, space};

/// Of a file that exists, a first line this long is looked at.
const LONGEST_LINE: u64 = 16 << 20;

/// A file that a run is going to write: tried before the work, and held until it is written.
#[derive(Debug)]
pub struct OutputFile {
    /// As it was named.
    path: PathBuf,
    target: Target,
    packing: Packing,
    /// Whether a file that holds something else than what is written stays as it is.
    keeps_others: bool,
}

#[derive(Debug)]
enum Target {
    /// What is no file, such as `/dev/stdout` or the pipe of a process substitution, is written
    /// to instead of being replaced.
    Device,
    /// Where links lead, and the temporary file beside it.
    File { path: PathBuf, temporary: Lock },
}

impl OutputFile {
    /// Tries whether `path` can be written, and holds it.
    pub fn claim(path: &Path) -> Result<OutputFile, WriteError> {
        let at = |error: io::Error| WriteError::new(path, error);
        let refused = |refusal: Refusal| Err(WriteError::new(path, refusal));
        let claimed = |target| OutputFile {
            path: path.to_owned(),
            target,
            packing: Packing::Plain,
            keeps_others: false,
        };
        WriteError::refuse_dash(path)?;
        // What ends in / names a folder, whether or not one is there.
        if path.as_os_str().as_encoded_bytes().ends_with(b"/") {
            return refused(Refusal::Folder);
        }
        let found = match path.metadata() {
            Err(error) if error.kind() == ErrorKind::NotFound => None,
            found => Some(found.map_err(at)?),
        };

        if let Some(found) = &found {
            if found.is_dir() {
                return refused(Refusal::Folder);
            }
            if inside::is_named_pipe(path) {
                return refused(Refusal::Pipe);
            }
            if !found.is_file() {
                return Ok(claimed(Target::Device));
            }
            // A rename would replace it all the same, against the will of whoever protected it.
            if found.permissions().readonly() {
                return refused(Refusal::WriteProtected);
            }
            File::options().write(true).open(path).map_err(at)?;
        }

        let place = inside::place(path);
        // The folder as it was named, unless a link leads on from there.
        let folders = [parent(path), parent(&place)];
        if let Some(folder) = folders.into_iter().find(|folder| !folder.exists()) {
            let folder = folder.display().to_string();
            return refused(Refusal::NoFolder { folder });
        }
        match Lock::take(&temporary(&place)).map_err(at)? {
            Taken::Held(_) => refused(Refusal::Held {
                holder: "another run".to_owned(),
            }),
            Taken::Free(mut temporary) => {
                // A killed run may have left the beginning of its result.
                temporary.file().set_len(0).map_err(at)?;
                Ok(claimed(Target::File {
                    path: place,
                    temporary,
                }))
            }
        }
    }

    /// The same file, compressed where its name ends in `.gz` or `.zst`; one that promises another
    /// compression is refused.
    pub(crate) fn packed_by_name(self) -> Result<OutputFile, WriteError> {
        let packing = Packing::of(&self.path);
        let packing = packing.ok_or_else(|| WriteError::new(&self.path, Refusal::Packing))?;
        Ok(OutputFile { packing, ..self })
    }

    /// The same file, which is replaced by nothing but the bytes that it holds: whether what it
    /// holds was changed by hand or written from other inputs, nobody can tell from it alone.
    #[must_use]
    pub(crate) fn keeping_others(self) -> OutputFile {
        OutputFile {
            keeps_others: true,
            ..self
        }
    }

    /// Refuses to replace a file that does not look like what will be written: its first line
    /// must be one that a run of the same command writes.
    ///
    /// An empty file holds nothing that could be lost.
    pub fn ensure_alike(&self, is_ours: impl Fn(&str) -> bool) -> Result<(), WriteError> {
        let Target::File { path, .. } = &self.target else {
            return Ok(());
        };

        let at = |error: io::Error| WriteError::new(&self.path, error);
        let unlike = || WriteError::new(&self.path, Refusal::Unlike);
        let file = match File::open(path) {
            Err(error) if error.kind() == ErrorKind::NotFound => return Ok(()),
            opened => opened.map_err(at)?,
        };
        if file.metadata().map_err(at)?.len() == 0 {
            return Ok(());
        }

        let mut line = Vec::new();
        let content = self.packing.reader(file).map_err(at)?;
        let read = BufReader::new(content.take(LONGEST_LINE)).read_until(b'\n', &mut line);
        match read {
            // What is not compressed so is none of ours.
            Err(_) if self.packing != Packing::Plain => return Err(unlike()),
            read => read.map_err(at)?,
        };
        match std::str::from_utf8(&line) {
            Ok(line) if line.is_empty() || is_ours(line.trim_end_matches('\n')) => Ok(()),
            _ => Err(unlike()),
        }
    }

    /// Refuses to begin what cannot end, for lack of room for `needed` bytes: a low estimate.
    pub fn ensure_space(&self, needed: u64) -> Result<(), WriteError> {
        match &self.target {
            Target::Device => Ok(()),
            Target::File { path, .. } => space::ensure(parent(path), &self.path, needed),
        }
    }

    /// Has `write` write the content, and puts it in its place.
    ///
    /// `write` may fail half-way: then the file is as it was. A new file has the rights that files
    /// have by default; one that is replaced keeps its own.
    pub fn write(
        self,
        write: impl FnOnce(&mut dyn Write) -> io::Result<()>,
    ) -> Result<(), WriteError> {
        self.prepare(write)?.place()
    }

    /// As [`OutputFile::write`], but for putting the content in its place: what can be refused for
    /// want of room is done. A device has the content at once.
    pub fn prepare(
        self,
        write: impl FnOnce(&mut dyn Write) -> io::Result<()>,
    ) -> Result<PreparedFile, WriteError> {
        let at = |error: io::Error| WriteError::new(&self.path, error);
        let waiting = match self.target {
            Target::Device => {
                let device = File::options().write(true).open(&self.path).map_err(at)?;
                write_through(device, self.packing, write).map_err(at)?;
                None
            }
            Target::File {
                path,
                mut temporary,
            } => {
                // On the disk before the rename: the name must never lead to half a file.
                write_through(temporary.file(), self.packing, write).map_err(at)?;
                if self.keeps_others && holds_other(&path, temporary.file()).map_err(at)? {
                    return Err(WriteError::new(&self.path, Refusal::OtherContents));
                }
                temporary.file().sync_all().map_err(at)?;
                Some((temporary, path))
            }
        };

        Ok(PreparedFile {
            path: self.path,
            waiting,
        })
    }
}

/// A file whose content is written, and waits to be put in its place; dropped, it never was.
#[derive(Debug)]
pub struct PreparedFile {
    path: PathBuf,
    /// Where the content waits, and its place; absent for a device.
    waiting: Option<(Lock, PathBuf)>,
}

impl PreparedFile {
    /// Puts the content in its place.
    pub fn place(self) -> Result<(), WriteError> {
        match self.waiting {
            None => Ok(()),
            Some((temporary, place)) => {
                put(temporary, &place).map_err(|error| WriteError::new(&self.path, error))
            }
        }
    }
}

fn write_through(
    file: impl Write,
    packing: Packing,
    write: impl FnOnce(&mut dyn Write) -> io::Result<()>,
) -> io::Result<()> {
    let mut writer = BufWriter::new(file);
    packing.write(&mut writer, write)?;
    writer.flush()
}

/// Whether there is a file at `path` that holds something, and not what `new` does.
fn holds_other(path: &Path, new: &mut File) -> io::Result<bool> {
    let old = match File::open(path) {
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(false),
        opened => opened?,
    };
    match (old.metadata()?.len(), new.metadata()?.len()) {
        (0, _) => return Ok(false),
        (old, new) if old != new => return Ok(true),
        _ => {}
    }

    new.rewind()?;
    let hash = |file: &File| -> io::Result<blake3::Hash> {
        let mut hasher = blake3::Hasher::new();
        hasher.update_reader(file)?;
        Ok(hasher.finalize())
    };
    Ok(hash(&old)? != hash(new)?)
}

/// Puts the temporary file in the place of `path`.
fn put(mut temporary: Lock, path: &Path) -> io::Result<()> {
    journal::keep_attributes(temporary.path(), path)?;
    match fs::rename(temporary.path(), path) {
        Ok(()) => {
            temporary.moved();
            Ok(())
        }
        // A file that is itself a mount point, or someone else's in a shared folder, is never
        // replaced, but may be written to; that is not whole or nothing, but all that can be had.
        Err(error)
            if path.is_file()
                && matches!(
                    error.kind(),
                    ErrorKind::ResourceBusy
                        | ErrorKind::CrossesDevices
                        | ErrorKind::PermissionDenied
                ) =>
        {
            let mut file = File::options().write(true).truncate(true).open(path)?;
            temporary.file().rewind()?;
            io::copy(temporary.file(), &mut file)?;
            file.sync_all()
        }
        Err(error) => Err(error),
    }
}

/// The name under which `path` is written: the same in every run, so that the next one finds what a
/// killed one left.
fn temporary(path: &Path) -> PathBuf {
    let name = path.file_name().unwrap_or_default().as_encoded_bytes();
    let hash = blake3::hash(name).to_hex();
    parent(path).join(format!("{OWN}-{}", &hash[..16]))
}

/// Writes a file under a temporary name, then renames it to `path`: see [`OutputFile::write`].
pub fn write_file(
    path: &Path,
    write: impl FnOnce(&mut dyn Write) -> io::Result<()>,
) -> Result<(), WriteError> {
    OutputFile::claim(path)?.write(write)
}

/// The same for what is in memory as a whole.
pub fn write_bytes(path: &Path, bytes: impl AsRef<[u8]>) -> Result<(), WriteError> {
    write_file(path, |file| file.write_all(bytes.as_ref()))
}

/// What writes the content of a file.
pub type Content<'a> = Box<dyn FnOnce(&mut dyn Write) -> io::Result<()> + Send + 'a>;

/// Files that wait for the disk at the same time, at most.
const SIDE_BY_SIDE: usize = 8;

/// Writes several files as [`write_file`] does, some side by side: most of the time that a small
/// file takes is waiting for the disk. The error is that of the first file that has one.
pub fn write_files(files: Vec<(PathBuf, Content<'_>)>) -> Result<(), WriteError> {
    let threads = SIDE_BY_SIDE.min(files.len());
    let left = Mutex::new(files.into_iter().enumerate());
    let failed = Mutex::new(BTreeMap::new());

    let write = || {
        loop {
            let next = left.lock().expect("no thread panics between files").next();
            let Some((index, (path, content))) = next else {
                break;
            };
            if let Err(error) = write_file(&path, content) {
                let mut failed = failed.lock().expect("no thread panics with an error");
                failed.insert(index, error);
            }
        }
    };
    thread::scope(|scope| {
        for _ in 1..threads {
            // Where the system gives no more threads, those that there are do it all.
            let _ = thread::Builder::new().spawn_scoped(scope, write);
        }
        write();
    });

    let failed = failed.into_inner().expect("no thread panics with an error");
    failed.into_values().next().map_or(Ok(()), Err)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(folder: &Path) -> usize {
        fs::read_dir(folder).unwrap().count()
    }

    #[test]
    fn files_side_by_side_are_all_there_or_the_first_error_is_told() {
        let folder = tempfile::tempdir().unwrap();
        let path = |index: usize| folder.path().join(index.to_string());
        let files = |broken: &'static [usize]| {
            let files = (0..30_usize).map(|index| {
                let content: Content<'_> = Box::new(move |writer| {
                    if broken.contains(&index) {
                        return Err(io::Error::other("disk full"));
                    }
                    writer.write_all(index.to_string().as_bytes())
                });
                (path(index), content)
            });
            files.collect()
        };

        write_files(files(&[])).unwrap();
        for index in 0..30 {
            let text = fs::read_to_string(path(index)).unwrap();
            assert_eq!(text, index.to_string());
        }

        let error = write_files(files(&[21, 7])).unwrap_err();
        assert!(error.to_string().ends_with("/7"), "{error}");
        assert_eq!(names(folder.path()), 30);
        write_files(Vec::new()).unwrap();
    }

    #[test]
    fn a_failed_write_leaves_the_old_file() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("result.json");
        write_file(&path, |writer| writer.write_all(b"old")).unwrap();

        let failed = write_file(&path, |writer| {
            writer.write_all(b"new")?;
            Err(io::Error::other("disk full"))
        });
        assert!(failed.is_err());
        assert_eq!(fs::read(&path).unwrap(), b"old");
        assert_eq!(names(folder.path()), 1);
    }

    #[test]
    fn what_a_killed_run_left_is_written_over_and_what_lives_is_held() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("result.json");
        fs::write(temporary(&path), "a long beginning").unwrap();

        let claimed = OutputFile::claim(&path).unwrap();
        let held = OutputFile::claim(&path).unwrap_err();
        assert!(
            matches!(held.refusal(), Some(Refusal::Held { .. })),
            "{held}"
        );
        claimed.write(|writer| writer.write_all(b"new")).unwrap();
        assert_eq!(fs::read(&path).unwrap(), b"new");
        assert_eq!(names(folder.path()), 1);
        drop(OutputFile::claim(&path).unwrap());
        assert_eq!(names(folder.path()), 1);
    }

    #[test]
    fn only_alike_files_are_replaced() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("result.json");
        let alike = |text: &str| {
            fs::write(&path, text).unwrap();
            OutputFile::claim(&path)
                .unwrap()
                .ensure_alike(|line| line == "ours")
                .is_ok()
        };
        assert!(alike("ours\nand more") && alike("ours") && alike(""));
        assert!(!alike("ours and more") && !alike("\nours"));
        fs::write(&path, [0xff, b'\n']).unwrap();

        let claimed = OutputFile::claim(&path).unwrap();
        assert!(claimed.ensure_alike(|_| true).is_err());
    }

    #[test]
    fn what_was_changed_by_hand_stays_and_what_is_the_same_is_written() {
        let folder = tempfile::tempdir().unwrap();
        for name in ["pairs.tsv", "pairs.tsv.gz", "pairs.tsv.zst"] {
            let path = folder.path().join(name);
            let write = |text: &'static str| {
                let file = OutputFile::claim(&path).unwrap().packed_by_name()?;
                file.ensure_alike(|line| line == "ours")?;
                let file = file.keeping_others();
                file.write(|out| out.write_all(text.as_bytes()))
            };
            write("ours\n1\n").unwrap();
            write("ours\n1\n").unwrap();
            let written = fs::read(&path).unwrap();
            let refused = write("ours\n2\n").unwrap_err();
            assert_eq!(refused.refusal(), Some(&Refusal::OtherContents));
            assert_eq!(fs::read(&path).unwrap(), written);

            fs::write(&path, "").unwrap();
            write("ours\n2\n").unwrap();
            fs::write(&path, "theirs\n").unwrap();
            let refused = write("ours\n2\n").unwrap_err();
            assert_eq!(refused.refusal(), Some(&Refusal::Unlike));
        }
        assert_eq!(names(folder.path()), 3);
    }

    #[cfg(unix)]
    #[test]
    fn a_device_is_written_to_and_not_replaced() {
        use std::os::unix::fs::FileTypeExt;
        // A link, so that a failure of this test harms no device.
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("null");
        std::os::unix::fs::symlink("/dev/null", &path).unwrap();
        write_file(&path, |writer| writer.write_all(b"gone")).unwrap();
        assert!(path.is_symlink());
        assert!(fs::metadata(&path).unwrap().file_type().is_char_device());
    }

    #[cfg(unix)]
    #[test]
    fn links_are_followed_and_rights_are_kept() {
        use std::os::unix::fs::{PermissionsExt, symlink};

        let folder = tempfile::tempdir().unwrap();
        let at = |name: &str| folder.path().join(name);
        fs::create_dir(at("deep")).unwrap();
        symlink("deep/result", at("link")).unwrap();
        for text in ["one", "two"] {
            write_file(&at("link"), |writer| writer.write_all(text.as_bytes())).unwrap();
            assert_eq!(fs::read_to_string(at("deep/result")).unwrap(), text);
            assert!(at("link").is_symlink());
        }

        fs::set_permissions(at("deep/result"), fs::Permissions::from_mode(0o640)).unwrap();
        write_file(&at("link"), |writer| writer.write_all(b"three")).unwrap();
        let mode = |name: &str| at(name).metadata().unwrap().permissions().mode() & 0o777;
        assert_eq!(mode("deep/result"), 0o640);

        // A new file has the rights that any new file has.
        File::create(at("plain")).unwrap();
        write_file(&at("new"), |writer| writer.write_all(b"new")).unwrap();
        assert_eq!(mode("new"), mode("plain"));
        fs::set_permissions(at("new"), fs::Permissions::from_mode(0o444)).unwrap();

        let refused = write_file(&at("new"), |_| Ok(())).unwrap_err();
        assert_eq!(refused.refusal(), Some(&Refusal::WriteProtected));
    }
}
