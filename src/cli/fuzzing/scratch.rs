//! Files for readers that take nothing but paths.

use std::fs;
use std::path::{Path, PathBuf};

use tempfile::TempDir;

thread_local! {
    static FOLDER: TempDir = tempfile::tempdir().expect("there is room for a folder");
}

/// A folder of this thread's, by that name; made where it is not there.
pub(super) fn folder(name: &str) -> PathBuf {
    let folder = FOLDER.with(|folder| folder.path().join(name));
    fs::create_dir_all(&folder).expect("a new folder can be made");
    folder
}

/// What `read` makes of a file of that name and content.
pub(super) fn with_file<T>(name: &str, content: &[u8], read: impl FnOnce(&Path) -> T) -> T {
    let path = folder("file").join(name);
    write(&path, content);
    read(&path)
}

/// Writes a file that a reader is to find.
pub(super) fn write(path: &Path, content: &[u8]) {
    fs::write(path, content).expect("there is room for a file");
}

/// The folder `name`, into which the files of the fixture `of` are put when it is made.
#[cfg(feature = "bert")]
pub(super) fn filled(name: &str, of: &str) -> PathBuf {
    let folder = folder(name);
    let from = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("fixtures")
        .join(of);
    for entry in fs::read_dir(from).expect("the fixtures are there") {
        let path = entry.expect("the fixtures can be read").path();
        let to = folder.join(path.file_name().expect("it has a name"));
        if path.is_file() && !to.exists() {
            fs::copy(&path, &to).expect("there is room for a file");
        }
    }
    folder
}
