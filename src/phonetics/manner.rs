//! `Manner`: how a consonant is made.

#[derive(Clone, Copy, PartialEq)]
pub(super) enum Manner {
    Stop,
    Affricate,
    Fricative,
    Nasal,
    Lateral,
    Rhotic,
    Glide,
}
