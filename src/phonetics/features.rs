//! How phones are made, and what that says about how easily one is taken for another.
//!
//! The tables are ours. Consonants are described by voicing, place, manner and stridency, vowels by the tongue's height and
//! backness, lip rounding and r-colouring at their start and at their end. The prices of a difference were chosen by hand so that:
//! no substitution is nearly free; a change of voicing alone costs 0.25 (pack/back), neighbouring vowels cost about 0.2 (bit/bet),
//! a change of place alone 0.18 to 0.37; consonants made in quite different ways reach 0.8 to 1; a vowel for a consonant costs 1,
//! unless it is the vowel's own glide. Plain counts of differing features, as in feature tables made for phonology, make voicing
//! and all vowels nearly free, which no listener does. No claim is made that prices are error rates of some recogniser.
//!
//! The sounds of the IPA are compared by the same features, from the rows of [`ipa`](crate::phonetics::ipa), with their own steps of place
//! and a higher price of rounding, which tells words apart in many languages other than English.
//!
//! Stress is for [`distance`](crate::phonetics::distance).

use crate::phonetics::alphabet::Alphabet;
use crate::phonetics::ipa;
use crate::phonetics::manner::Manner;
use crate::phonetics::phone::Phone;
use crate::phonetics::segment::{Segment, Stress};

/// What the cheapest substitution must cost, in thousandths, before its differences are added.
const FLOOR: u16 = 100;
const VOICING: u16 = 150;
const STRIDENCY: u16 = 150;
const ROUNDING: u16 = 30;
const IPA_ROUNDING: u16 = 80;
const RHOTICITY: u16 = 100;
const UNRELATED: u16 = 1000;

/// How the phones of two segments compare in thousandths: 0 for the same, 1000 for unrelated ones. Symmetric.
///
/// Stress itself costs nothing here. It is asked for because CMUdict writes two vowels as AH: the one of *cut*, which is stressed,
/// and schwa, which is not.
pub(in crate::phonetics) fn substitution(a: Segment, b: Segment) -> u16 {
    if a.phone() == b.phone() {
        return 0;
    }
    match (sound(a), sound(b)) {
        (Sound::Consonant(one), Sound::Consonant(other)) => consonants(one, other),
        (Sound::Vowel(one), Sound::Vowel(other)) => vowels(one, other),
        (Sound::Consonant(_), Sound::Vowel(_)) => glide(a.phone(), b.phone()),
        (Sound::Vowel(_), Sound::Consonant(_)) => glide(b.phone(), a.phone()),
        (Sound::Mark, _) | (_, Sound::Mark) => UNRELATED,
    }
}

/// What a missing phone costs before detours: less for those that fluent speech swallows and recognisers drop.
///
/// Schwa, t and h are what CMUdict's own variants leave out most often; d goes with t. Final n and r are weakened next. Of the
/// IPA, the same sounds in all their shades, and the glottal stop; marks cost what their rows say.
pub(in crate::phonetics) fn gap(phone: Phone) -> u16 {
    let mark = ipa::MARKS.iter().find(|row| row.0 == phone.symbol());
    match (phone.symbol(), mark) {
        (_, Some((_, _, cost))) => *cost,
        ("AH" | "T" | "D" | "HH" | "ə" | "ɐ" | "t" | "d" | "h" | "ɦ" | "ʔ", None) => 400,
        ("N" | "R" | "n" | "r" | "ɾ" | "ɹ" | "ʀ" | "ʁ", None) => 500,
        (_, None) => 600,
    }
}

enum Sound {
    Consonant(Consonant),
    Vowel(Vowel),
    /// A mark of the IPA, which is like no sound.
    Mark,
}

#[derive(Clone, Copy)]
struct Consonant {
    manner: Manner,
    /// Its step from the lips to the larynx.
    place: usize,
    voiced: bool,
    /// Whether it hisses: s, z, sh, zh, ch, j.
    strident: bool,
}

/// From the lips to the larynx; neighbours in this order are neighbours in the mouth.
#[derive(Clone, Copy, PartialEq)]
enum Place {
    Labial,
    Labiodental,
    Dental,
    Alveolar,
    Postalveolar,
    Palatal,
    Velar,
    Glottal,
}

/// A vowel from its start to its end; a monophthong stays where it starts.
#[derive(Clone, Copy)]
struct Vowel {
    start: Target,
    end: Target,
    rhotic: bool,
    /// What it costs if one vowel is rounded and the other is not.
    rounding: u16,
}

/// A place in the vowel space: percent of the way from low to high, and from front to back.
#[derive(Clone, Copy)]
struct Target {
    height: u16,
    backness: u16,
    rounded: bool,
}

fn sound(segment: Segment) -> Sound {
    if segment.alphabet() == Alphabet::Ipa {
        return ipa_sound(segment.phone());
    }

    let consonant = |manner, place, voiced| {
        Sound::Consonant(Consonant {
            manner,
            place: place as usize,
            voiced,
            strident: match manner {
                Manner::Affricate => true,
                Manner::Fricative => matches!(place, Place::Alveolar | Place::Postalveolar),
                Manner::Stop | Manner::Nasal | Manner::Lateral | Manner::Rhotic | Manner::Glide => {
                    false
                }
            },
        })
    };

    let diphthong = |start, end| {
        Sound::Vowel(Vowel {
            start,
            end,
            rhotic: false,
            rounding: ROUNDING,
        })
    };

    let vowel = |height, backness| diphthong(spread(height, backness), spread(height, backness));
    let rounded_vowel =
        |height, backness| diphthong(rounded(height, backness), rounded(height, backness));
    match segment.phone().symbol() {
        "B" => consonant(Manner::Stop, Place::Labial, true),
        "CH" => consonant(Manner::Affricate, Place::Postalveolar, false),
        "D" => consonant(Manner::Stop, Place::Alveolar, true),
        "DH" => consonant(Manner::Fricative, Place::Dental, true),
        "F" => consonant(Manner::Fricative, Place::Labiodental, false),
        "G" => consonant(Manner::Stop, Place::Velar, true),
        "HH" => consonant(Manner::Fricative, Place::Glottal, false),
        "JH" => consonant(Manner::Affricate, Place::Postalveolar, true),
        "K" => consonant(Manner::Stop, Place::Velar, false),
        "L" => consonant(Manner::Lateral, Place::Alveolar, true),
        "M" => consonant(Manner::Nasal, Place::Labial, true),
        "N" => consonant(Manner::Nasal, Place::Alveolar, true),
        "NG" => consonant(Manner::Nasal, Place::Velar, true),
        "P" => consonant(Manner::Stop, Place::Labial, false),
        "R" => consonant(Manner::Rhotic, Place::Postalveolar, true),
        "S" => consonant(Manner::Fricative, Place::Alveolar, false),
        "SH" => consonant(Manner::Fricative, Place::Postalveolar, false),
        "T" => consonant(Manner::Stop, Place::Alveolar, false),
        "TH" => consonant(Manner::Fricative, Place::Dental, false),
        "V" => consonant(Manner::Fricative, Place::Labiodental, true),
        "W" => consonant(Manner::Glide, Place::Labial, true),
        "Y" => consonant(Manner::Glide, Place::Palatal, true),
        "Z" => consonant(Manner::Fricative, Place::Alveolar, true),
        "ZH" => consonant(Manner::Fricative, Place::Postalveolar, true),
        "IY" => vowel(100, 0),
        "IH" => vowel(80, 20),
        "EH" => vowel(50, 30),
        "AE" => vowel(20, 40),
        "AA" => vowel(0, 70),
        "AH" if segment.stress() == Some(Stress::Unstressed) => vowel(60, 40),
        "AH" => vowel(40, 60),
        "AO" => rounded_vowel(10, 90),
        "UH" => rounded_vowel(80, 80),
        "UW" => rounded_vowel(100, 90),
        "EY" => diphthong(spread(50, 20), spread(100, 0)),
        "AY" => diphthong(spread(0, 50), spread(80, 20)),
        "AW" => diphthong(spread(0, 50), rounded(70, 90)),
        "OW" => diphthong(rounded(40, 80), rounded(80, 90)),
        "OY" => diphthong(rounded(30, 90), spread(80, 20)),
        "ER" => Sound::Vowel(Vowel {
            start: spread(50, 50),
            end: spread(50, 50),
            rhotic: true,
            rounding: ROUNDING,
        }),
        symbol => unreachable!("{symbol} is not among the 39 phones"),
    }
}

/// From the rows of the IPA.
fn ipa_sound(phone: Phone) -> Sound {
    let symbol = phone.symbol();
    if let Some(&(_, _, manner, place, voiced)) = ipa::CONSONANTS.iter().find(|row| row.0 == symbol)
    {
        return Sound::Consonant(Consonant {
            manner,
            place: place as usize,
            voiced,
            strident: matches!(symbol, "s" | "z" | "ʃ" | "ʒ" | "ʂ" | "ʐ" | "ɕ" | "ʑ"),
        });
    }
    match ipa::VOWELS.iter().find(|row| row.0 == symbol) {
        Some(&(_, _, height, backness, rounded, rhotic)) => {
            let target = Target {
                height,
                backness,
                rounded,
            };
            Sound::Vowel(Vowel {
                start: target,
                end: target,
                rhotic,
                rounding: IPA_ROUNDING,
            })
        }
        None => Sound::Mark,
    }
}

fn spread(height: u16, backness: u16) -> Target {
    Target {
        height,
        backness,
        rounded: false,
    }
}

fn rounded(height: u16, backness: u16) -> Target {
    Target {
        height,
        backness,
        rounded: true,
    }
}

fn consonants(a: Consonant, b: Consonant) -> u16 {
    let mut cost = FLOOR + manners(a.manner, b.manner) + places(a.place, b.place);
    if a.voiced != b.voiced {
        cost += VOICING;
    }
    if a.strident != b.strident {
        cost += STRIDENCY;
    }
    cost.min(UNRELATED)
}

fn manners(a: Manner, b: Manner) -> u16 {
    // Rows and columns in the order of `Manner`.
    const COSTS: [[u16; 7]; 7] = [
        [0, 150, 150, 300, 450, 450, 450],
        [150, 0, 150, 500, 500, 500, 450],
        [150, 150, 0, 450, 450, 450, 400],
        [300, 500, 450, 0, 300, 350, 400],
        [450, 500, 450, 300, 0, 150, 200],
        [450, 500, 450, 350, 150, 0, 150],
        [450, 450, 400, 400, 200, 150, 0],
    ];

    COSTS[a as usize][b as usize]
}

/// Grows with the number of places between the two, ever more slowly.
fn places(a: usize, b: usize) -> u16 {
    const COSTS: [u16; 11] = [0, 80, 140, 200, 230, 250, 260, 270, 280, 290, 300];
    COSTS[a.abs_diff(b)]
}

/// The mean over start and end: two diphthongs that swap their ends are not alike, though their middles are.
fn vowels(a: Vowel, b: Vowel) -> u16 {
    let rhoticity = if a.rhotic == b.rhotic { 0 } else { RHOTICITY };
    let targets = |one, other| targets(one, other, a.rounding);
    let cost = FLOOR + rhoticity + targets(a.start, b.start).midpoint(targets(a.end, b.end));
    cost.min(UNRELATED)
}

fn targets(a: Target, b: Target, rounding: u16) -> u16 {
    let rounding = if a.rounded == b.rounded { 0 } else { rounding };
    3 * a.height.abs_diff(b.height) + 3 * a.backness.abs_diff(b.backness) + rounding
}

/// A consonant for a vowel: unrelated, but for the glide or liquid that is the vowel said shortly.
fn glide(consonant: Phone, vowel: Phone) -> u16 {
    match (consonant.symbol(), vowel.symbol()) {
        ("R", "ER") | ("r" | "ɹ" | "ʀ" | "ʁ", "ɚ" | "ɝ" | "ɐ") => 400,
        ("Y", "IY") | ("W", "UW") | ("j", "i" | "ɪ") | ("w", "u" | "ʊ") | ("ɥ", "y" | "ʏ") => {
            500
        }
        _ => UNRELATED,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn cost(a: &str, b: &str) -> u16 {
        let segment = |symbol: &str| {
            let phone = Phone::from_letters(symbol.as_bytes()).unwrap();
            Segment::consonant(phone)
                .or(Segment::vowel(phone, Stress::Primary))
                .unwrap()
        };
        substitution(segment(a), segment(b))
    }

    #[track_caller]
    fn check_order(pairs: &[(&str, &str)]) {
        let costs: Vec<u16> = pairs.iter().map(|(a, b)| cost(a, b)).collect();
        assert!(costs.is_sorted(), "{pairs:?} cost {costs:?}");
    }

    #[test]
    fn costs_are_symmetric_and_only_a_phone_itself_is_nearly_free() {
        for a in Segment::all(Alphabet::Arpabet) {
            for b in Segment::all(Alphabet::Arpabet) {
                let cost = substitution(a, b);
                assert_eq!(cost, substitution(b, a), "{a} {b}");
                assert_eq!(cost == 0, a.phone() == b.phone(), "{a} {b}");
                assert!(
                    cost == 0 || (150..=1000).contains(&cost),
                    "{a} {b} cost {cost}"
                );
            }
        }
    }

    #[test]
    fn a_change_of_voicing_alone_costs_a_quarter() {
        let pairs = [
            ("B", "P"),
            ("D", "T"),
            ("G", "K"),
            ("V", "F"),
            ("DH", "TH"),
            ("Z", "S"),
            ("ZH", "SH"),
            ("JH", "CH"),
        ];
        for (a, b) in pairs {
            assert_eq!(cost(a, b), 250, "{a} {b}");
        }
    }

    #[test]
    fn neighbouring_vowels_cost_about_a_fifth() {
        let pairs = [
            ("IY", "IH"),
            ("IH", "EH"),
            ("EH", "AE"),
            ("AA", "AO"),
            ("UH", "UW"),
            ("IH", "EY"),
            ("AH", "AE"),
        ];
        for (a, b) in pairs {
            assert!(
                (180..=240).contains(&cost(a, b)),
                "{a} {b} cost {}",
                cost(a, b)
            );
        }
    }

    #[test]
    fn what_differs_in_more_ways_costs_more() {
        check_order(&[
            ("F", "TH"),
            ("S", "Z"),
            ("P", "T"),
            ("P", "F"),
            ("P", "M"),
            ("CH", "M"),
            ("CH", "AA"),
        ]);
        check_order(&[("IH", "EH"), ("IH", "AE"), ("IH", "AA")]);
        check_order(&[("IH", "IY"), ("IY", "UH"), ("IY", "AA")]);
        check_order(&[("AY", "EY"), ("AY", "UW")]);
        check_order(&[("R", "ER"), ("Y", "IY"), ("L", "IY")]);
    }
}
