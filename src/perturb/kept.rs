//! `Kept`: what was looked up once and serves all threads from then on.

use std::sync::{PoisonError, RwLock};

use foldhash::HashMap;

/// Values by word. Threads that miss one at the same time all look it up, and keep the first.
pub(super) struct Kept<Value>(RwLock<HashMap<String, Value>>);

impl<Value> Default for Kept<Value> {
    fn default() -> Kept<Value> {
        Kept(RwLock::default())
    }
}

impl<Value: Clone> Kept<Value> {
    /// The value of `key`, from `look_up` where there is none yet.
    pub(super) fn get(&self, key: &str, look_up: impl FnOnce() -> Value) -> Value {
        // What a thread that panicked left behind is whole: each value goes in at once.
        let known = self.0.read().unwrap_or_else(PoisonError::into_inner);
        if let Some(value) = known.get(key) {
            return value.clone();
        }

        // Not held while looking up, which takes long.
        drop(known);
        let value = look_up();

        let mut known = self.0.write().unwrap_or_else(PoisonError::into_inner);
        known.entry(key.to_owned()).or_insert(value).clone()
    }
}
