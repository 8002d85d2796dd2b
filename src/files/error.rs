//! Why a file or folder is not written.

use std::error::Error;
use std::path::{Path, PathBuf};

use crate::files::names::{MARKER, STAGED_FILES, STAGING};

/// A file or folder could not be written, or was refused.
#[derive(Debug, thiserror::Error)]
#[error("failed to {doing} {}", path.display())]
pub struct WriteError {
    doing: &'static str,
    path: PathBuf,
    #[source]
    source: Box<dyn Error + Send + Sync>,
}

impl WriteError {
    /// `source` (an [`io::Error`](std::io::Error) or a [`Refusal`]) happened while `path` was
    /// written.
    pub fn new(path: &Path, source: impl Into<Box<dyn Error + Send + Sync>>) -> WriteError {
        WriteError {
            doing: "write",
            path: unstaged(path),
            source: source.into(),
        }
    }

    /// The same, of a replacement that was ended or waited for because the result is to be read.
    pub(crate) fn of_reader(self) -> WriteError {
        WriteError {
            doing: "read",
            ..self
        }
    }

    /// Refuses `-` as a name of what cannot go to standard output.
    pub(crate) fn refuse_dash(path: &Path) -> Result<(), WriteError> {
        if path.as_os_str() == "-" {
            return Err(WriteError::new(path, Refusal::Dash));
        }
        Ok(())
    }

    /// The rule that forbids it, where it is not the system that fails.
    pub fn refusal(&self) -> Option<&Refusal> {
        self.source.downcast_ref()
    }
}

/// Where a file that waits to be moved will be: nobody knows the place where it waits.
fn unstaged(path: &Path) -> PathBuf {
    let staged = Path::new(STAGING).join(STAGED_FILES);
    let above = path.ancestors().find(|above| above.ends_with(&staged));
    let inner = above.and_then(|above| path.strip_prefix(above).ok());
    let folder = above.and_then(|above| above.parent()?.parent());
    match (folder, inner) {
        (Some(folder), Some(inner)) => folder.join(inner),
        _ => path.to_owned(),
    }
}

/// A rule that protects what is not this program's, or what another run is working on.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// A folder was to be written where something else is.
    #[error("it is not a folder; choose another place")]
    NotAFolder,
    /// A file was to be written where a folder is.
    #[error("it is a folder; name a file")]
    Folder,
    /// A file was to be written in a folder that is not there.
    #[error("there is no folder {folder}; make it, or choose another place")]
    NoFolder {
        /// The folder.
        folder: String,
    },
    /// A named pipe: opening it waits for a reader, who may never come.
    #[error(
        "it is a pipe, and the run could wait for a reader for ever; name a file, or /dev/stdout"
    )]
    Pipe,
    /// What elsewhere is standard output, where nothing but a file or folder can be written.
    #[error(
        "this goes to no standard output; name a place on the disk, which is ./- if it is called so"
    )]
    Dash,
    /// The name promises a compression that this program does not write.
    #[error(
        "files are compressed as .gz or .zst, or not at all; choose a name that ends otherwise"
    )]
    Packing,
    /// The folder holds something, and no list says that this program wrote it.
    #[error(
        "it holds {file}, and no {MARKER} says that robustness-check wrote that; move the folder \
         away, or choose another place"
    )]
    Foreign {
        /// One of the files.
        file: String,
    },
    /// The folder holds another kind of result.
    #[error("it holds a {found}, and a {wanted} does not replace that; choose another place")]
    OtherKind {
        /// What it holds.
        found: String,
        /// What was to be written.
        wanted: String,
    },
    /// A file is no longer as this program wrote it.
    #[error(
        "{file} was changed after robustness-check wrote it; move it away, or give it up with \
         --force"
    )]
    Changed {
        /// The file.
        file: String,
    },
    /// Someone else's file is where one was to be written.
    #[error(
        "{file} is in the way, and robustness-check did not write it there; move it away, or \
         choose another place"
    )]
    InTheWay {
        /// The file.
        file: String,
    },
    /// The file does not look like what was to be written.
    #[error(
        "it exists and is no earlier output of this command; choose another name, or replace it \
         with --force"
    )]
    Unlike,
    /// The file looks like what was to be written, and holds something else.
    #[error(
        "it is there and holds something else than this run writes, by hand or from other inputs; \
         choose another name, or replace it with --force"
    )]
    OtherContents,
    /// Nobody may write to the file.
    #[error("it is write-protected; choose another name, or allow writing to it")]
    WriteProtected,
    /// Another run is at it.
    #[error("{holder} is writing it; wait for its end, or choose another place")]
    Held {
        /// Which run.
        holder: String,
    },
    /// The disk cannot take the result.
    #[error(
        "it needs at least {needed} bytes, and the disk has {free} left; make room, or choose \
         another disk"
    )]
    Full {
        /// A low estimate of the result's size.
        needed: u64,
        /// What is left.
        free: u64,
    },
    /// The result would be written over, around or into what it is made from.
    #[error("it {relation} the {noun} {option} {input}; choose another place")]
    Overlap {
        /// `is`, `contains` or `lies in`.
        relation: &'static str,
        /// `input` or `output`.
        noun: &'static str,
        /// The option that names it.
        option: String,
        /// Where it is.
        input: String,
    },
    /// A file of this program's own, such as its list, says what it cannot have written.
    #[error("{file} is damaged: {reason}; move the folder away, or choose another place")]
    Damaged {
        /// The file.
        file: String,
        /// What is wrong with it.
        reason: String,
    },
    /// The folder was replaced while it was read.
    #[error("it was replaced while it was read; start again")]
    Replaced,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_that_waits_is_called_by_its_later_name() {
        let shown = |path: &str| unstaged(Path::new(path));
        let staged = "files/out/.robustness-check-staged/files/failures/a.json";
        assert_eq!(shown(staged), Path::new("files/out/failures/a.json"));
        assert_eq!(shown("out/files/a"), Path::new("out/files/a"));
    }
}
