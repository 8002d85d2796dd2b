//! `TokenCounts`: how many tokens a model read.

use std::ops::AddAssign;

/// The tokens that a model read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct TokenCounts {
    /// The texts that they are of.
    pub texts: usize,
    /// All of them, without those that every text begins and ends with.
    pub tokens: usize,
    /// Those that the model has no entry for (`[UNK]`): of such words it sees only that there is
    /// one.
    pub unknown: usize,
}

impl TokenCounts {
    /// The share of unknown tokens, 0 to 1; `None` without tokens.
    pub fn unknown_share(self) -> Option<f64> {
        (self.tokens > 0).then(|| self.unknown as f64 / self.tokens as f64)
    }
}

impl AddAssign for TokenCounts {
    fn add_assign(&mut self, other: TokenCounts) {
        self.texts += other.texts;
        self.tokens += other.tokens;
        self.unknown += other.unknown;
    }
}
