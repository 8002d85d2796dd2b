//! `EditKind`: what a single edit does to a text, and how often each kind is drawn.

/// What a single edit does to a text.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum EditKind {
    /// A word becomes a word that sounds like it.
    Swap,
    /// A word or two become a word or two with another boundary: `ice cream`, `i scream`.
    Boundary,
    /// A function word goes.
    Delete,
    /// A function word comes, between two words or at an end.
    Insert,
}

/// How often each kind of edit is drawn: its weight against those of the kinds that are possible where it is drawn.
///
/// With swaps alone, draws are those of perturb-1 and perturb-N, whatever the weight.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Kinds {
    /// Weight of [`EditKind::Swap`].
    pub swap: u32,
    /// Weight of [`EditKind::Boundary`].
    pub boundary: u32,
    /// Weight of [`EditKind::Delete`].
    pub delete: u32,
    /// Weight of [`EditKind::Insert`].
    pub insert: u32,
}

impl Kinds {
    /// Swaps and nothing else.
    pub const SWAPS: Kinds = Kinds {
        swap: 1,
        boundary: 0,
        delete: 0,
        insert: 0,
    };

    /// Whether there is nothing but swaps.
    pub fn are_swaps(self) -> bool {
        (self.boundary, self.delete, self.insert) == (0, 0, 0)
    }

    /// The kinds of a weight above 0, with their weights.
    pub fn weights(self) -> impl Iterator<Item = (EditKind, u32)> {
        let Kinds {
            swap,
            boundary,
            delete,
            insert,
        } = self;
        let all = [
            (EditKind::Swap, swap),
            (EditKind::Boundary, boundary),
            (EditKind::Delete, delete),
            (EditKind::Insert, insert),
        ];

        all.into_iter().filter(|(_, weight)| *weight > 0)
    }
}
