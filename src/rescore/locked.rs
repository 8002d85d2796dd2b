//! Locks whose holders leave things whole.

use std::sync::{Mutex, MutexGuard, PoisonError};

/// What `mutex` guards, also after a panic elsewhere: whoever holds it changes it in one step.
pub(crate) fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// What `mutex` guarded.
pub(crate) fn unlocked<T>(mutex: Mutex<T>) -> T {
    mutex.into_inner().unwrap_or_else(PoisonError::into_inner)
}
