//! Files and folders that appear whole or not at all.
//!
//! The one place below `cli` that writes to disk: a file or folder is written
//! under a temporary name beside its target, then renamed, so that an
//! interruption or a full disk leaves what was there before. Contents are the
//! callers' affair.

pub mod seal;

use std::fs;
use std::io;
use std::io::BufWriter;
use std::io::Write;
use std::path::Path;
use std::path::PathBuf;

/// A file or folder could not be written.
#[derive(Debug, thiserror::Error)]
#[error("failed to write {}", path.display())]
pub struct WriteError {
    path: PathBuf,
    #[source]
    source: io::Error,
}

impl WriteError {
    /// `source` happened while `path` was written.
    pub fn new(path: &Path, source: io::Error) -> WriteError {
        WriteError {
            path: path.to_owned(),
            source,
        }
    }

    /// The same, said of `path`: where the file was to be, rather than its temporary name.
    #[must_use]
    pub fn at(self, path: &Path) -> WriteError {
        WriteError {
            path: path.to_owned(),
            source: self.source,
        }
    }
}

/// The folder that holds `path`; the current one for a bare name.
fn parent(path: &Path) -> &Path {
    match path.parent() {
        Some(parent) if !parent.as_os_str().is_empty() => parent,
        _ => Path::new("."),
    }
}

/// Writes a file under a temporary name, then renames it to `path`.
///
/// `write` may fail half-way: then `path` is as it was. What is no file, such as
/// `/dev/stdout` or a named pipe, is written to instead of being replaced.
pub fn write_file(
    path: &Path,
    write: impl FnOnce(&mut dyn Write) -> io::Result<()>,
) -> Result<(), WriteError> {
    let at = |source| WriteError::new(path, source);
    if path
        .metadata()
        .is_ok_and(|found| !found.is_file() && !found.is_dir())
    {
        let device = fs::OpenOptions::new().write(true).open(path).map_err(at)?;
        let mut writer = BufWriter::new(device);
        write(&mut writer).map_err(at)?;
        return writer.flush().map_err(at);
    }
    let mut temporary = tempfile::Builder::new()
        .prefix(".robustness-check-")
        .tempfile_in(parent(path))
        .map_err(at)?;
    let mut writer = BufWriter::new(temporary.as_file_mut());
    write(&mut writer).map_err(at)?;
    writer.flush().map_err(at)?;
    drop(writer);
    share(temporary.path()).map_err(at)?;
    temporary.as_file().sync_all().map_err(at)?;
    temporary.persist(path).map_err(|error| at(error.error))?;
    Ok(())
}

/// Temporary files are private; results are as readable as any file.
fn share(path: &Path) -> io::Result<()> {
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        let mode = if path.is_dir() { 0o755 } else { 0o644 };
        fs::set_permissions(path, fs::Permissions::from_mode(mode))?;
    }
    Ok(())
}

/// Writes a folder under a temporary name, then puts it in the place of `path`.
///
/// A folder that stands at `path` already is replaced as a whole, after the new
/// one is complete. `write` gets the temporary folder to fill.
pub fn write_folder<E>(path: &Path, write: impl FnOnce(&Path) -> Result<(), E>) -> Result<(), E>
where
    E: From<WriteError>,
{
    let at = |source| E::from(WriteError::new(path, source));
    fs::create_dir_all(parent(path)).map_err(at)?;
    let temporary = tempfile::Builder::new()
        .prefix(".robustness-check-")
        .tempdir_in(parent(path))
        .map_err(at)?;
    write(temporary.path())?;
    share(temporary.path()).map_err(at)?;
    if path.exists() {
        let retired = tempfile::Builder::new()
            .prefix(".robustness-check-old-")
            .tempdir_in(parent(path))
            .map_err(at)?;
        let aside = retired.path().join("old");
        fs::rename(path, &aside).map_err(at)?;
        if let Err(error) = fs::rename(temporary.path(), path) {
            // Bring back what was there: losing the old result is worse than not having the new.
            fs::rename(&aside, path).map_err(at)?;
            return Err(at(error));
        }
    } else {
        fs::rename(temporary.path(), path).map_err(at)?;
    }
    // The folder has moved away; there is nothing left to delete.
    let _gone = temporary.keep();
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

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
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1);
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

    #[test]
    fn a_folder_is_replaced_as_a_whole() {
        let parent = tempfile::tempdir().unwrap();
        let path = parent.path().join("report");
        for name in ["one", "two"] {
            write_folder(&path, |folder| write_file(&folder.join(name), |_| Ok(()))).unwrap();
        }
        assert!(path.join("two").exists() && !path.join("one").exists());
        let failed: Result<(), WriteError> = write_folder(&path, |folder| {
            Err(WriteError::new(folder, io::Error::other("disk full")))
        });
        assert!(failed.is_err());
        assert!(path.join("two").exists());
        assert_eq!(fs::read_dir(parent.path()).unwrap().count(), 1);
    }
}
