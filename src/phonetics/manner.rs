//! `Manner`: how a consonant is made.

#[derive(Clone, Copy, PartialEq)]
pub(in crate::phonetics) enum Manner {
    Stop,
    Affricate,
    Fricative,
    Nasal,
    Lateral,
    Rhotic,
    Glide,
}
