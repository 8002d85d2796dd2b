//! Scores that runs share: a cache in one file.
//!
//! The file is an SQLite database, which several processes may use at once and which is whole after
//! any of them is killed. A score is committed before the next one is taken, so that a run that
//! dies loses what its model was asked for at that moment, and no more. Keys are hashes of whatever
//! decides a score: the model's identity and the text, or the whole list or call where they matter.
//! Values carry a checksum of their own together with the key, so that no damage becomes a score.
//!
//! A run with a cache asks the model less and finds the same: also the calls that test whether a
//! model repeats itself are kept, each repetition by itself.

mod cached;
mod cached_lists;
mod companions;
pub(super) mod error;
mod shelf;
mod store;
mod value;

pub use crate::rescore::cache::cached::Cached;
pub use crate::rescore::cache::cached_lists::CachedLists;
pub(crate) use crate::rescore::cache::companions::companions;
pub use crate::rescore::cache::error::{CacheError, CacheErrorKind};
pub use crate::rescore::cache::store::ScoreCache;

/// Whether the file `path` can be used as a cache: what it holds is asked for, and it is given more.
#[cfg(any(test, fuzzing))]
pub(crate) fn read_cache(path: &std::path::Path) -> Result<(), CacheError> {
    use crate::rescore::cache::value::{Key, Value};

    let keys = ["a", "b"].map(|text| Key::of("model", "text", &[text.as_bytes()]));
    let cache = ScoreCache::open(path)?;
    let known = cache.get(&keys)?;
    let value = Value {
        scores: vec![-1.5],
        cut: false,
        tokens: None,
    };
    cache.put(&keys[1], &value)?;
    let again = cache.get(&keys)?;
    assert_eq!(known[0], again[0], "a score has changed");

    Ok(())
}
