//! How words sound: phones, stress and pronunciations; the lexicon, the distance, the neighbours.
//!
//! Sounds are those of the ARPAbet of the CMU Pronouncing Dictionary, or, of languages other than
//! English, those of the International Phonetic Alphabet. No letter-to-sound rules live here: a word
//! that no lexicon lists has no pronunciation, and whoever asks has to skip and count it. Transcripts,
//! random choice and files are for the floors above.

// In reading order: sounds, how they are written, words, how near words are.
mod alphabet;
mod ipa;
mod manner;
mod phone;
mod pronunciation;
mod segment;

mod arpabet;
pub mod notation;
mod reading;

pub mod cmudict;
mod embedded;
pub mod frequency;
pub mod halves;
pub mod lexicon;
pub mod spelling;

pub mod distance;
mod edit_table;
mod features;
pub mod neighbours;

pub use crate::phonetics::alphabet::Alphabet;
pub use crate::phonetics::phone::Phone;
pub use crate::phonetics::pronunciation::{Pronunciation, PronunciationError};
pub use crate::phonetics::segment::{Segment, Stress};
