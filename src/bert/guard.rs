//! Panics of libraries on malformed files, as errors.
//!
//! The libraries that read tokenizers give up with a panic on some files. Such a panic is no fault
//! of this program and must not end it: the caller names the file.

use std::any::Any;
use std::cell::Cell;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Once;

thread_local! {
    /// Whether a panic of this thread will be caught, so that nothing is to be printed.
    static CAUGHT: Cell<bool> = const { Cell::new(false) };
}

static HOOK: Once = Once::new();

/// What `work` gives, or what it panicked with.
///
/// A panic prints nothing, in this thread alone. What `work` leaves half done must not be used
/// after an error.
pub(crate) fn guarded<T>(work: impl FnOnce() -> T) -> Result<T, String> {
    HOOK.call_once(|| {
        let usual = std::panic::take_hook();
        std::panic::set_hook(Box::new(move |panic| {
            if !CAUGHT.get() {
                usual(panic);
            }
        }));
    });

    let outer = CAUGHT.replace(true);
    let result = catch_unwind(AssertUnwindSafe(work));
    CAUGHT.set(outer);

    result.map_err(|panic| message(&*panic))
}

fn message(panic: &(dyn Any + Send)) -> String {
    let text = panic
        .downcast_ref::<&str>()
        .copied()
        .or_else(|| panic.downcast_ref::<String>().map(String::as_str));
    text.unwrap_or("the library that reads it gave up")
        .to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_panic_becomes_its_message() {
        assert_eq!(guarded(|| 7), Ok(7));
        let gives_up = || -> i32 { panic!("gone {}", 1) };
        assert_eq!(guarded(gives_up), Err("gone 1".to_owned()));
        let inner = guarded(|| guarded(|| assert_eq!(1, 2)).unwrap_err().len() > 3);
        assert_eq!(inner, Ok(true));
    }
}
