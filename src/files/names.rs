//! The names of this program's own files in folders of results.

/// The list of the files of a result.
pub const MARKER: &str = ".robustness-check.json";

/// What names of this program's own files in a folder begin with.
pub(crate) const OWN: &str = ".robustness-check";

/// Where new files wait; and with them the journal.
pub(crate) const STAGING: &str = ".robustness-check-staged";

/// Where the new files are in there.
pub(crate) const STAGED_FILES: &str = "files";

/// The file that whoever writes into a folder holds.
pub(crate) const LOCK: &str = ".robustness-check.lock";
