//! Files and folders that appear whole or not at all, and replace nothing but results of this
//! program.
//!
//! The one place below `cli` that writes to disk. Contents are the callers' affair.
//!
//! A single file ([`OutputFile`], [`write_file`]) is written under a temporary name beside its
//! target, then renamed. A folder ([`ResultFolder`], [`write_folder`]) carries a list of the files
//! that were written into it, with their hashes; what is not listed is the user's and is never
//! touched. New files wait inside the folder until all of them are there; a journal, put in place
//! by one rename, then says what is moved where. A run that is killed before that rename has
//! changed nothing; after it, whoever comes next, to write or to read, ends what was begun.
//!
//! Both are tried and locked when they are claimed, which is before the work.
//!
//! What does not fit into memory waits in files without a name (`Spill`, `Column`, `Waiting`), in
//! the folder of temporary files; runs of it that are in order become one (`merged`).

mod column;
pub mod document;
mod error;
mod folder;
mod inside;
mod journal;
pub mod json;
mod lock;
mod marker;
mod merged;
mod names;
mod output;
mod packing;
pub mod seal;
mod space;
mod spill;
mod waiting;

pub(crate) use column::Column;
pub use error::{Refusal, WriteError};
pub use folder::{Claim, Kind, ResultFolder, remove_folder, write_folder};
pub use inside::{Input, beside, refuse_overlap, resolved};
pub(crate) use inside::{is_named_pipe, parent, place};
pub use journal::{Seen, settle};
pub use lock::Holder;
pub(crate) use marker::CHANGED;
#[cfg(feature = "bert")]
pub(crate) use marker::hash as hash_of_file;
pub use marker::is_as_written;
pub(crate) use merged::{Ordered, merged};
pub use names::MARKER;
pub(crate) use output::PreparedFile;
pub use output::{Content, OutputFile, write_bytes, write_file, write_files};
pub(crate) use spill::{Spill, SpillReader};
pub(crate) use waiting::{Waited, Waiting, temporary_folder};
