//! The files that the store keeps beside a cache while it is open: it empties or deletes whatever
//! has their names.

use std::fs::{self, File};
use std::io::{self, ErrorKind, Read};
use std::path::{Path, PathBuf};
use std::thread;
use std::time::Duration;

use crate::files::{beside, place};
use crate::rescore::cache::error::CacheErrorKind;

/// How a log that is written ahead begins, in either order of bytes.
const LOG_MAGIC: [[u8; 4]; 2] = [[0x37, 0x7f, 0x06, 0x82], [0x37, 0x7f, 0x06, 0x83]];

/// How a journal begins; one that was not flushed yet, or is done with, has zeros there.
const JOURNAL_MAGIC: [u8; 8] = [0xd9, 0xd5, 0x05, 0xf9, 0x20, 0xa1, 0x63, 0xd7];

/// How often what looks like someone else's is looked at, and how far apart: other processes may be
/// making or deleting their files.
const LOOKS: usize = 5;
const BETWEEN_LOOKS: Duration = Duration::from_millis(20);

/// Where the store keeps its log, its index of the log and its journal for the cache `path`.
pub(crate) fn companions(path: &Path) -> [PathBuf; 3] {
    let place = place(path);
    ["-wal", "-shm", "-journal"].map(|suffix| beside(&place, suffix))
}

/// Refuses to open the cache `path` where the store would empty or delete what it did not write.
pub(super) fn ensure_own(path: &Path) -> Result<(), CacheErrorKind> {
    let mut looks = 1;
    loop {
        match foreign(path) {
            Ok(None) => return Ok(()),
            found if looks == LOOKS => {
                return match found.map_err(CacheErrorKind::Read)? {
                    Some(file) => Err(CacheErrorKind::InTheWay(file)),
                    None => Ok(()),
                };
            }
            _ => {}
        }
        looks += 1;
        thread::sleep(BETWEEN_LOOKS);
    }
}

/// A file beside the cache `path` that the store did not leave there.
fn foreign(path: &Path) -> io::Result<Option<PathBuf>> {
    let [log, index, journal] = companions(path);
    let is_there = |path: &Path| path.symlink_metadata().is_ok();

    // The cache is made before all of them, and so is looked for after them; the log is made
    // before its index, and deleted after it.
    for (file, is_own) in [(&log, is_log as fn(&[u8]) -> bool), (&journal, is_journal)] {
        match beginning(file)? {
            Beginning::None => {}
            Beginning::Of(bytes) if is_own(&bytes) && path.exists() => {}
            _ => return Ok(Some(file.clone())),
        }
    }
    if is_there(&index) && !(path.exists() && is_there(&log)) {
        return Ok(Some(index));
    }

    Ok(None)
}

/// What is under a name.
enum Beginning {
    None,
    /// A file that begins so.
    Of(Vec<u8>),
    /// A folder, a link or a device, which the store never makes.
    NoFile,
}

fn beginning(path: &Path) -> io::Result<Beginning> {
    let read = || -> io::Result<Beginning> {
        // A pipe that nobody writes to is never opened.
        if !fs::symlink_metadata(path)?.is_file() {
            return Ok(Beginning::NoFile);
        }
        let mut bytes = Vec::new();
        let all = JOURNAL_MAGIC.len() as u64;
        File::open(path)?.take(all).read_to_end(&mut bytes)?;
        Ok(Beginning::Of(bytes))
    };
    match read() {
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(Beginning::None),
        found => found,
    }
}

fn is_log(beginning: &[u8]) -> bool {
    beginning.is_empty() || LOG_MAGIC.iter().any(|magic| beginning.starts_with(magic))
}

fn is_journal(beginning: &[u8]) -> bool {
    beginning.is_empty() || beginning == JOURNAL_MAGIC || beginning == [0; JOURNAL_MAGIC.len()]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(files: &[(&str, &[u8])], refused: Option<&str>) {
        let folder = tempfile::tempdir().unwrap();
        for (name, bytes) in files {
            fs::write(folder.path().join(name), bytes).unwrap();
        }
        let found = match ensure_own(&folder.path().join("c")) {
            Ok(()) => None,
            Err(CacheErrorKind::InTheWay(file)) => Some(file),
            Err(other) => panic!("{other}"),
        };
        assert_eq!(found, refused.map(|name| folder.path().join(name)));
        for (name, bytes) in files {
            assert_eq!(fs::read(folder.path().join(name)).unwrap(), *bytes);
        }
    }

    #[test]
    fn what_the_store_did_not_leave_is_in_the_way() {
        let (log, journal) = (&LOG_MAGIC[0][..], &JOURNAL_MAGIC[..]);
        check(&[], None);
        check(&[("c", b"")], None);
        check(&[("c", b""), ("c-wal", log), ("c-shm", b"?")], None);
        check(&[("c", b""), ("c-wal", b""), ("c-shm", b"")], None);
        check(&[("c", b""), ("c-journal", journal)], None);
        check(&[("c", b""), ("c-journal", &[0; 512])], None);

        check(&[("c-wal", log)], Some("c-wal"));
        check(&[("c-wal", b"")], Some("c-wal"));
        check(&[("c-journal", journal)], Some("c-journal"));
        check(&[("c", b""), ("c-wal", b"mine")], Some("c-wal"));
        check(&[("c", b""), ("c-journal", b"mine")], Some("c-journal"));
        check(&[("c", b""), ("c-shm", b"")], Some("c-shm"));
        check(&[("c-shm", b"")], Some("c-shm"));
    }
}
