//! The sounds of the International Phonetic Alphabet, with their spellings in IPA and in X-SAMPA.
//!
//! Which sounds there are, and how each is made, is that of the chart of the International Phonetic Association (revised to
//! 2020); the spellings in ASCII are those of J. C. Wells, "Computer-coding the IPA" (1995). Left out are clicks,
//! epiglottals and tones. What a difference costs is for [`features`](crate::phonetics::features); reading is for
//! [`notation`](crate::phonetics::notation).
//!
//! A mark, such as length, is a sound of its own that follows the one it belongs to, so that words which differ in it alone are near
//! each other. Affricates and diphthongs are two sounds.

use crate::phonetics::manner::Manner::{self, Fricative, Glide, Lateral, Nasal, Rhotic, Stop};

/// Where a consonant is made, from the lips to the larynx; neighbours in this order are neighbours in the mouth.
#[derive(Clone, Copy, PartialEq)]
pub(in crate::phonetics) enum Place {
    Bilabial,
    Labiodental,
    Dental,
    Alveolar,
    Postalveolar,
    Retroflex,
    Palatal,
    Velar,
    Uvular,
    Pharyngeal,
    Glottal,
}
use Place::{
    Alveolar, Bilabial, Dental, Glottal, Labiodental, Palatal, Pharyngeal, Postalveolar, Retroflex,
    Uvular, Velar,
};

/// IPA, X-SAMPA, manner, place, whether it is voiced.
pub(in crate::phonetics) type ConsonantRow = (&'static str, &'static str, Manner, Place, bool);

pub(in crate::phonetics) const CONSONANTS: [ConsonantRow; 71] = [
    ("p", "p", Stop, Bilabial, false),
    ("b", "b", Stop, Bilabial, true),
    ("t", "t", Stop, Alveolar, false),
    ("d", "d", Stop, Alveolar, true),
    ("ʈ", "t`", Stop, Retroflex, false),
    ("ɖ", "d`", Stop, Retroflex, true),
    ("c", "c", Stop, Palatal, false),
    ("ɟ", "J\\", Stop, Palatal, true),
    ("k", "k", Stop, Velar, false),
    ("ɡ", "g", Stop, Velar, true),
    ("q", "q", Stop, Uvular, false),
    ("ɢ", "G\\", Stop, Uvular, true),
    ("ʔ", "?", Stop, Glottal, false),
    ("ɓ", "b_<", Stop, Bilabial, true),
    ("ɗ", "d_<", Stop, Alveolar, true),
    ("ʄ", "J\\_<", Stop, Palatal, true),
    ("ɠ", "g_<", Stop, Velar, true),
    ("ʛ", "G\\_<", Stop, Uvular, true),
    ("m", "m", Nasal, Bilabial, true),
    ("ɱ", "F", Nasal, Labiodental, true),
    ("n", "n", Nasal, Alveolar, true),
    ("ɳ", "n`", Nasal, Retroflex, true),
    ("ɲ", "J", Nasal, Palatal, true),
    ("ŋ", "N", Nasal, Velar, true),
    ("ɴ", "N\\", Nasal, Uvular, true),
    ("ʙ", "B\\", Rhotic, Bilabial, true),
    ("r", "r", Rhotic, Alveolar, true),
    ("ʀ", "R\\", Rhotic, Uvular, true),
    ("ɾ", "4", Rhotic, Alveolar, true),
    ("ɽ", "r`", Rhotic, Retroflex, true),
    ("ɸ", "p\\", Fricative, Bilabial, false),
    ("β", "B", Fricative, Bilabial, true),
    ("f", "f", Fricative, Labiodental, false),
    ("v", "v", Fricative, Labiodental, true),
    ("θ", "T", Fricative, Dental, false),
    ("ð", "D", Fricative, Dental, true),
    ("s", "s", Fricative, Alveolar, false),
    ("z", "z", Fricative, Alveolar, true),
    ("ʃ", "S", Fricative, Postalveolar, false),
    ("ʒ", "Z", Fricative, Postalveolar, true),
    ("ʂ", "s`", Fricative, Retroflex, false),
    ("ʐ", "z`", Fricative, Retroflex, true),
    ("ɕ", "s\\", Fricative, Palatal, false),
    ("ʑ", "z\\", Fricative, Palatal, true),
    ("ç", "C", Fricative, Palatal, false),
    ("ʝ", "j\\", Fricative, Palatal, true),
    ("ɧ", "x\\", Fricative, Velar, false),
    ("x", "x", Fricative, Velar, false),
    ("ɣ", "G", Fricative, Velar, true),
    ("χ", "X", Fricative, Uvular, false),
    ("ʁ", "R", Fricative, Uvular, true),
    ("ħ", "X\\", Fricative, Pharyngeal, false),
    ("ʕ", "?\\", Fricative, Pharyngeal, true),
    ("h", "h", Fricative, Glottal, false),
    ("ɦ", "h\\", Fricative, Glottal, true),
    ("ɬ", "K", Lateral, Alveolar, false),
    ("ɮ", "K\\", Lateral, Alveolar, true),
    ("ʋ", "v\\", Glide, Labiodental, true),
    ("ɹ", "r\\", Rhotic, Postalveolar, true),
    ("ɻ", "r\\`", Rhotic, Retroflex, true),
    ("j", "j", Glide, Palatal, true),
    ("ɥ", "H", Glide, Palatal, true),
    ("ɰ", "M\\", Glide, Velar, true),
    ("w", "w", Glide, Bilabial, true),
    ("ʍ", "W", Glide, Bilabial, false),
    ("l", "l", Lateral, Alveolar, true),
    ("ɫ", "5", Lateral, Alveolar, true),
    ("ɭ", "l`", Lateral, Retroflex, true),
    ("ʎ", "L", Lateral, Palatal, true),
    ("ʟ", "L\\", Lateral, Velar, true),
    ("ɺ", "l\\", Lateral, Alveolar, true),
];

/// IPA, X-SAMPA, percent of the way from low to high, percent from front to back, whether the lips are rounded, whether it is
/// coloured by an r.
pub(in crate::phonetics) type VowelRow = (&'static str, &'static str, u16, u16, bool, bool);

pub(in crate::phonetics) const VOWELS: [VowelRow; 30] = [
    ("i", "i", 100, 0, false, false),
    ("y", "y", 100, 0, true, false),
    ("ɨ", "1", 100, 50, false, false),
    ("ʉ", "}", 100, 50, true, false),
    ("ɯ", "M", 100, 95, false, false),
    ("u", "u", 100, 95, true, false),
    ("ɪ", "I", 85, 20, false, false),
    ("ʏ", "Y", 85, 20, true, false),
    ("ʊ", "U", 85, 80, true, false),
    ("e", "e", 70, 5, false, false),
    ("ø", "2", 70, 5, true, false),
    ("ɘ", "@\\", 70, 50, false, false),
    ("ɵ", "8", 70, 50, true, false),
    ("ɤ", "7", 70, 90, false, false),
    ("o", "o", 70, 90, true, false),
    ("ə", "@", 50, 50, false, false),
    ("ɛ", "E", 40, 15, false, false),
    ("œ", "9", 40, 15, true, false),
    ("ɜ", "3", 40, 50, false, false),
    ("ɞ", "3\\", 40, 50, true, false),
    ("ʌ", "V", 40, 80, false, false),
    ("ɔ", "O", 35, 85, true, false),
    ("æ", "{", 15, 25, false, false),
    ("ɐ", "6", 15, 50, false, false),
    ("a", "a", 0, 35, false, false),
    ("ɶ", "&", 0, 25, true, false),
    ("ɑ", "A", 0, 85, false, false),
    ("ɒ", "Q", 0, 85, true, false),
    ("ɚ", "@`", 50, 50, false, true),
    ("ɝ", "3`", 40, 50, false, true),
];

/// IPA, X-SAMPA, and what the mark costs, in thousandths, where there is none.
pub(in crate::phonetics) type MarkRow = (&'static str, &'static str, u16);

pub(in crate::phonetics) const MARKS: [MarkRow; 8] = [
    ("ː", ":", 150),
    ("\u{303}", "~", 200),
    ("ʰ", "_h", 150),
    ("ʲ", "'", 150),
    ("ʷ", "_w", 150),
    ("ˤ", "_?\\", 200),
    ("ʼ", "_>", 150),
    ("\u{2de}", "`", 150),
];

/// Other spellings in IPA, each with what it stands for: look-alikes, letters for affricates, marks that mean the same.
pub(in crate::phonetics) const OTHER_IPA: [(&str, &str); 15] = [
    // Texts are decomposed when they are read.
    ("c\u{327}", "ç"),
    ("g", "ɡ"),
    (":", "ː"),
    ("ˑ", "ː"),
    ("ˠ", "ˤ"),
    ("ʦ", "ts"),
    ("ʣ", "dz"),
    ("ʧ", "tʃ"),
    ("ʤ", "dʒ"),
    ("ʨ", "tɕ"),
    ("ʥ", "dʑ"),
    ("ᵻ", "ɨ"),
    ("ɩ", "ɪ"),
    ("ɷ", "ʊ"),
    ("'", "ˈ"),
];

/// Other spellings in X-SAMPA, each with what it stands for in IPA.
pub(in crate::phonetics) const OTHER_X_SAMPA: [(&str, &str); 5] = [
    (":\\", "ː"),
    ("_~", "\u{303}"),
    ("_j", "ʲ"),
    ("_G", "ˤ"),
    ("P", "ʋ"),
];

/// Marks that change no sound here: ties, syllables, and shades that the chart has a mark for.
pub(in crate::phonetics) const SILENT_IPA: [&str; 21] = [
    ".", "|", "‖", "‿", "\u{361}", "\u{35c}", "\u{329}", "\u{32f}", "\u{30d}", "\u{311}",
    "\u{325}", "\u{30a}", "\u{32c}", "\u{32a}", "\u{33a}", "\u{31f}", "\u{320}", "\u{31d}",
    "\u{31e}", "\u{31a}", "\u{306}",
];

/// The same in X-SAMPA.
pub(in crate::phonetics) const SILENT_X_SAMPA: [&str; 14] = [
    ".", "-", "-\\", "=", "_=", "_^", "_0", "_v", "_d", "_a", "_+", "_-", "_r", "_o",
];
