//! Files and folders that appear whole or not at all, and replace nothing but results of this program.
//!
//! The one place below `cli` that writes to disk. Contents are the callers' affair.
//!
//! A single file ([`OutputFile`], [`write_file`]) is written under a temporary name beside
//! its target, then renamed. A folder ([`ResultFolder`], [`write_folder`]) carries a list of the files that
//! were written into it, with their hashes; what is not listed is the user's and is never touched. New files wait
//! inside the folder until all of them are there; a journal, put in place by one rename, then
//! says what is moved where. A run that is killed before that rename has changed nothing; after it, whoever comes
//! next, to write or to read, ends what was begun.
//!
//! Both are tried and locked when they are claimed, which is before the work.

pub mod document;
mod error;
mod folder;
mod inside;
mod journal;
mod lock;
mod marker;
mod output;
pub mod seal;
mod space;

pub use error::{Refusal, WriteError};
pub use folder::{Claim, Kind, ResultFolder, remove_folder, write_folder};
pub use inside::{Input, refuse_overlap, resolved};
pub use journal::{Seen, settle};
pub use lock::Holder;
#[cfg(feature = "bert")]
pub(crate) use marker::hash as hash_of_file;
pub use marker::{MARKER, is_as_written};
pub use output::{OutputFile, PreparedFile, write_file};

use std::path::{Path, PathBuf};

/// The folder that holds `path`; the current one for a bare name.
pub(crate) fn parent(path: &Path) -> &Path {
    match path.parent() {
        Some(parent) if !parent.as_os_str().is_empty() => parent,
        _ => Path::new("."),
    }
}

/// What belongs to `path` and is called so with `suffix`; in the folder `path` where that has no name of its own,
/// such as `.`.
pub fn beside(path: &Path, suffix: &str) -> PathBuf {
    match path.components().next_back() {
        Some(std::path::Component::Normal(name)) => {
            let mut name = name.to_owned();
            name.push(suffix);
            path.with_file_name(name)
        }
        _ => path.join(format!("robustness-check{suffix}")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_belongs_to_a_folder_is_never_a_hidden_file_in_it() {
        let named = |path: &str| beside(Path::new(path), ".training");
        assert_eq!(named("runs/a"), Path::new("runs/a.training"));
        assert_eq!(named("runs/a/"), Path::new("runs/a.training"));
        assert_eq!(named("."), Path::new("./robustness-check.training"));
        assert_eq!(named(".."), Path::new("../robustness-check.training"));
    }
}
