//! Standard error, which nobody may read.

use std::io::Write;

/// Prints `lines`, unless nobody takes them: that is no reason to end what goes on.
pub(crate) fn print_lines(lines: &str) {
    let _ = writeln!(std::io::stderr(), "{lines}");
}
