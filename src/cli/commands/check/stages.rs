//! What people see of a run while it goes on.

use crate::check::engine::plan::CheckProgress;
use crate::cli::terminal::{Progress, Terminal};
use crate::report::terminal;

/// Tells the progress bar which check is running.
pub(crate) struct Stages<'a> {
    /// The bar.
    pub(crate) progress: &'a Progress,
}

impl CheckProgress for Stages<'_> {
    fn begin(&self, check: &str, lists: usize) {
        let message = if check.is_empty() {
            "clean lists"
        } else {
            check
        };
        let _ = lists;
        self.progress.begin(message, 0);
    }
}

/// Whether what is printed is colored.
pub(crate) fn color(terminal: &Terminal) -> terminal::Color {
    if terminal.color_out() {
        terminal::Color::On
    } else {
        terminal::Color::Off
    }
}
