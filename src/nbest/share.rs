//! A share of utterances: those whose ids hash to it.

/// One of some equal shares of all utterances.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Share {
    /// Which, from 0.
    pub(crate) index: usize,
    /// How many there are.
    pub(crate) of: usize,
}

impl Share {
    /// All utterances, where it matters which ones they are together.
    pub(crate) const WHOLE: Share = Share { index: 0, of: 1 };

    /// Whether the utterance `id` belongs to it: each belongs to one, whatever else there is.
    pub(crate) fn has(self, id: &str) -> bool {
        Share::index(id, self.of) == self.index
    }

    /// To which of so many shares the utterance `id` belongs.
    pub(crate) fn index(id: &str, of: usize) -> usize {
        let hash = blake3::hash(id.as_bytes());
        let first = hash.as_bytes().first_chunk().expect("a hash is 32 bytes");
        // The number as a fraction of all numbers, in as many equal steps as there are shares.
        let step = (u128::from(u64::from_le_bytes(*first)) * of as u128) >> 64;
        usize::try_from(step).expect("a step is below the number of shares")
    }
}
