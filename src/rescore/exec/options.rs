//! `ExecOptions`: how a command is run.

use std::fmt;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use std::time::Duration;

/// How a command is run.
#[derive(Clone)]
pub struct ExecOptions {
    /// The command line, given to the shell.
    pub command: String,
    /// How many processes of it run side by side; at least 1.
    pub processes: usize,
    /// The most texts in a request; at least 1. A listwise program gets a whole list, whatever its length.
    pub batch_texts: usize,
    /// How long a process that owes an answer may be silent.
    pub timeout: Duration,
    /// Set when the user interrupts the run.
    pub cancel: Arc<AtomicBool>,
    /// Told how many texts a reply scored.
    pub progress: Arc<dyn Fn(usize) + Send + Sync>,
}

impl fmt::Debug for ExecOptions {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ExecOptions")
            .field("command", &self.command)
            .field("processes", &self.processes)
            .finish_non_exhaustive()
    }
}
