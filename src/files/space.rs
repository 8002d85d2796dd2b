//! How much a disk can take.

use std::path::Path;

use crate::files::error::{Refusal, WriteError};

/// Refuses to write `needed` bytes, at least, to `path` where the disk of `folder` has less left.
pub(crate) fn ensure(folder: &Path, path: &Path, needed: u64) -> Result<(), WriteError> {
    match free(folder) {
        Some(free) if free < needed => Err(WriteError::new(path, Refusal::Full { needed, free })),
        _ => Ok(()),
    }
}

/// Bytes left on the disk of `folder`; `None` where the system does not say.
#[cfg(unix)]
fn free(folder: &Path) -> Option<u64> {
    let found = rustix::fs::statvfs(folder).ok()?;
    // Pseudo file systems have no blocks at all.
    (found.f_blocks > 0).then(|| found.f_bavail.saturating_mul(found.f_frsize))
}

#[cfg(not(unix))]
fn free(_: &Path) -> Option<u64> {
    None
}
