//! Ctrl-C and its kin: a run is asked to end, and made to end where it does not.
//!
//! SIGINT, SIGTERM and SIGHUP are one: each asks. Long loops look whether they were asked, save
//! what they have and return. What cannot look, such as a library that reads a model, is not waited
//! for: after a moment a thread of its own has what was done saved, and ends the process. A second
//! signal ends it at once.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::Duration;

use crate::cli::exit::Exit;
use crate::cli::standard_error::print_lines;
use crate::rescore::exec::end_all;

/// How long a loop may take to look.
const PATIENCE: Duration = Duration::from_millis(900);

/// How long after that the process may live: whoever saves in the place of a loop that did not look
/// begins in this time.
const LAST_CALL: Duration = Duration::from_millis(400);

/// Has a write beyond the limit of a file's size (`ulimit -f`) fail, as on a full disk, instead of
/// ending the process.
fn outlive_size_limits() {
    #[cfg(unix)]
    {
        // What the signal sets is asked by nobody. Without a handler all goes on as before.
        let unread = Arc::new(AtomicBool::new(false));
        let _ = signal_hook::flag::register(signal_hook::consts::SIGXFSZ, unread);
    }
}

/// Saves what was done and says where; called once, when the process is about to end.
type Keeper = Box<dyn Fn() -> String + Send>;

/// Whether the run is to end.
pub(crate) struct Interruption {
    asked: Arc<AtomicBool>,
    overdue: AtomicBool,
    /// What is to be done before the process ends. Held while something is saved, which nothing may
    /// cut short.
    keeper: Mutex<Option<Keeper>>,
    quiet: bool,
}

impl Interruption {
    /// Listens for signals from here on. `quiet` runs end without a word.
    pub(crate) fn listen(quiet: bool) -> Arc<Interruption> {
        let interruption = Arc::new(Interruption {
            asked: Arc::new(AtomicBool::new(false)),
            overdue: AtomicBool::new(false),
            keeper: Mutex::new(None),
            quiet,
        });
        let heard = Arc::clone(&interruption);
        outlive_size_limits();

        // Without a handler a signal ends the process: worse, but no reason not to start.
        let _ = ctrlc::set_handler(move || {
            if heard.asked.swap(true, Ordering::SeqCst) {
                end_all();
                std::process::exit(Exit::Interrupted.code().into());
            }
            let heard = Arc::clone(&heard);
            let _ = thread::Builder::new().spawn(move || heard.insist());
        });

        interruption
    }

    /// Whether the run is to end.
    pub(crate) fn asked(&self) -> bool {
        self.asked.load(Ordering::SeqCst)
    }

    /// Whether the run should have ended by now: who saves for another begins now.
    #[cfg(feature = "bert")]
    pub(crate) fn overdue(&self) -> bool {
        self.overdue.load(Ordering::SeqCst)
    }

    /// Set once the run is to end.
    pub(crate) fn flag(&self) -> Arc<AtomicBool> {
        Arc::clone(&self.asked)
    }

    /// Does `save`, which the end of the process waits for.
    pub(crate) fn whole<T>(&self, save: impl FnOnce() -> T) -> T {
        let _held = self.lock();
        save()
    }

    /// Has `keeper` called if the process must end before the run does.
    pub(crate) fn keep_with(&self, keeper: impl Fn() -> String + Send + 'static) {
        *self.lock() = Some(Box::new(keeper));
    }

    /// What was to be kept is kept, or needed no more.
    pub(crate) fn release(&self) {
        *self.lock() = None;
    }

    /// Ends the process.
    pub(crate) fn end(&self, last_words: &str) -> ! {
        if !self.quiet {
            print_lines(last_words);
        }
        end_all();
        std::process::exit(Exit::Interrupted.code().into())
    }

    fn insist(&self) {
        thread::sleep(PATIENCE);
        self.overdue.store(true, Ordering::SeqCst);
        thread::sleep(LAST_CALL);
        let keeper = self.lock();
        let last_words = keeper
            .as_ref()
            .map_or_else(|| "interrupted".to_owned(), |keeper| keeper());
        self.end(&last_words);
    }

    /// A run that panicked while it saved is none to wait for.
    fn lock(&self) -> MutexGuard<'_, Option<Keeper>> {
        self.keeper.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
