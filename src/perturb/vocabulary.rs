//! `Vocabulary`: which words may be put in.

/// Which words may be put in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Vocabulary {
    /// Words that the lexicon flags as common.
    Common,
    /// Any word of the lexicon, rare names included.
    All,
}
