//! Why a cache of scores cannot be used.

use std::io;
use std::path::{Path, PathBuf};

use rusqlite::ErrorCode;

/// A cache could not be used.
#[derive(Debug, thiserror::Error)]
#[error("failed to use the cache {}", path.display())]
pub struct CacheError {
    path: PathBuf,
    #[source]
    pub(super) kind: CacheErrorKind,
}

/// What is wrong with a cache.
#[derive(Debug, thiserror::Error)]
pub enum CacheErrorKind {
    /// A folder, a pipe or a device, or `-`.
    #[error("it is no file; name a file")]
    NotAFile,
    /// The file is something else.
    #[error("it is a file of another kind, which is left as it is; name another file")]
    Foreign,
    /// A file of someone else has a name that the store takes for itself.
    #[error(
        "{} is in the way: a file of that name beside the cache is written over and deleted, and \
         no cache left it; move it away, or name another cache",
        .0.display()
    )]
    InTheWay(PathBuf),
    /// The file was written by another version of this program.
    #[error("its format is {0}, and this version of the program writes another; name another file")]
    Version(u32),
    /// What is in it is not what was written.
    #[error("it is damaged, and is left as it is; delete it to score anew, or name another file")]
    Damaged,
    /// Other processes do not let go of it.
    #[error("other processes have kept it busy for too long; try again when they have ended")]
    Busy,
    /// The file could not be read.
    #[error("it could not be read")]
    Read(#[source] io::Error),
    /// What should be kept was not taken.
    #[error(
        "it could not be written, as on a full disk ({0}); make room, or name a file elsewhere"
    )]
    NoRoom(String),
    /// The store failed, for lack of permission for instance.
    #[error(
        "it could not be read or written ({0}); allow both, in its folder too, or name another file"
    )]
    Store(String),
}

impl CacheError {
    pub(super) fn new(path: &Path, kind: CacheErrorKind) -> CacheError {
        CacheError {
            path: path.to_owned(),
            kind,
        }
    }
}

impl From<rusqlite::Error> for CacheErrorKind {
    fn from(error: rusqlite::Error) -> CacheErrorKind {
        // Its source says the same in other words.
        let said = error.to_string();
        match error.sqlite_error_code() {
            Some(ErrorCode::DatabaseCorrupt | ErrorCode::NotADatabase) => CacheErrorKind::Damaged,
            Some(ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked) => CacheErrorKind::Busy,
            Some(ErrorCode::DiskFull | ErrorCode::SystemIoFailure) => CacheErrorKind::NoRoom(said),
            _ => CacheErrorKind::Store(said),
        }
    }
}
