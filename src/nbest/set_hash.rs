//! A hash of utterances in any order.

use std::fmt;

use crate::nbest::{Utterance, assemble};

/// A sum of hashes: the same for the same utterances, in whatever order they come, so that none of
/// them need be held.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct SetHash(u128);

impl SetHash {
    /// Takes an utterance in.
    pub(super) fn add(&mut self, utterance: &Utterance) {
        let mut hasher = blake3::Hasher::new();
        assemble::hash(&mut hasher, utterance);
        let hash = hasher.finalize();
        let first = hash.as_bytes().first_chunk().expect("a hash is 32 bytes");
        self.0 = self.0.wrapping_add(u128::from_le_bytes(*first));
    }
}

impl fmt::Display for SetHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:032x}", self.0)
    }
}
