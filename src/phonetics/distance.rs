//! `PhoneticDistance`: how far apart two pronunciations sound, as a weighted edit distance over phones.
//!
//! What phones cost each other comes from `features`; here stress and gaps are added, and the sum is taken. Finding near words
//! is for [`neighbours`](crate::phonetics::neighbours).

use std::fmt;
use std::sync::LazyLock;

use crate::phonetics::alphabet::Alphabet;
use crate::phonetics::features;
use crate::phonetics::lexicon::Lexicon;
use crate::phonetics::segment::Segment;

/// A vowel with another stress is nearly the same, but no homophone.
const STRESS: u16 = 50;

/// How far apart two pronunciations sound: 0 for the same sounds, 1 for about one unrelated phone.
///
/// Held in thousandths, so that sums are exact, and equal on every machine.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct PhoneticDistance(u16);

impl PhoneticDistance {
    /// The distance of homophones.
    pub const ZERO: PhoneticDistance = PhoneticDistance(0);

    /// The largest distance that can be asked for.
    pub const MAX: PhoneticDistance = PhoneticDistance(30_000);

    /// A distance of so many thousandths.
    pub const fn from_milli(milli: u16) -> PhoneticDistance {
        PhoneticDistance(milli)
    }

    /// The distance in thousandths.
    pub fn milli(self) -> u16 {
        self.0
    }

    /// The distance nearest to `value`; negative values, NaN and values above 30 are errors.
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "the range is checked before the cast"
    )]
    pub fn from_f64(value: f64) -> Result<PhoneticDistance, InvalidDistance> {
        if (0.0..=30.0).contains(&value) {
            Ok(PhoneticDistance((value * 1000.0).round() as u16))
        } else {
            Err(InvalidDistance { value })
        }
    }

    /// The distance as a number.
    pub fn as_f64(self) -> f64 {
        f64::from(self.0) / 1000.0
    }
}

/// As short as it can be: `0`, `0.6`, `0.25`.
impl fmt::Display for PhoneticDistance {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(&self.as_f64(), formatter)
    }
}

/// A number that is no phonetic distance.
#[derive(Clone, Copy, Debug, PartialEq, thiserror::Error)]
#[error(
    "{value} is not a phonetic distance: give a number from 0 (homophones) to 30; up to 0.6 words still sound alike"
)]
pub struct InvalidDistance {
    value: f64,
}

/// The smallest number of thousandths by which `a` becomes `b` through substitutions, insertions and deletions.
///
/// A metric: 0 for the same segments only, symmetric, and no detour is shorter.
///
/// Both must be of one [`Alphabet`].
pub fn distance(a: &[Segment], b: &[Segment]) -> PhoneticDistance {
    let first = a.first().or(b.first());
    let costs = SegmentCosts::of(first.map_or(Alphabet::Arpabet, |first| first.alphabet()));
    let mut row: Vec<u32> = Vec::with_capacity(b.len() + 1);
    row.push(0);
    for &segment in b {
        row.push(row[row.len() - 1] + u32::from(costs.gap(segment)));
    }

    for &left in a {
        let mut diagonal = row[0];
        row[0] += u32::from(costs.gap(left));
        for (position, &right) in b.iter().enumerate() {
            let substituted = diagonal + u32::from(costs.substitution(left, right));
            let deleted = row[position + 1] + u32::from(costs.gap(left));
            let inserted = row[position] + u32::from(costs.gap(right));
            diagonal = row[position + 1];
            row[position + 1] = substituted.min(deleted).min(inserted);
        }
    }

    PhoneticDistance(u16::try_from(row[b.len()]).unwrap_or(u16::MAX))
}

/// The distance of the two pronunciations of `a` and `b` that are nearest to each other; `None` if the lexicon lacks a word.
///
/// Symmetric, but no metric: a word with two pronunciations can be a homophone of two words that are none of each other.
pub fn word_distance(lexicon: &Lexicon, a: &str, b: &str) -> Option<PhoneticDistance> {
    let a = lexicon.position(a)?;
    let b = lexicon.position(b)?;
    lexicon
        .segments_of_word(a)
        .flat_map(|left| {
            lexicon
                .segments_of_word(b)
                .map(move |right| distance(left, right))
        })
        .min()
}

/// What it costs, in thousandths, to hear one segment for another, or none where there is one.
///
/// Invariants: symmetric; 0 for a segment and itself only; the triangle inequality holds, gaps included. Features and prices alone
/// do not give the last one, so prices above the cheapest detour are lowered to it when the table is made.
pub struct SegmentCosts {
    alphabet: Alphabet,
    /// By first and second segment; the last row and column are the gap.
    table: Vec<Vec<u16>>,
}

impl SegmentCosts {
    /// The table of the ARPAbet.
    pub fn standard() -> &'static SegmentCosts {
        static STANDARD: LazyLock<SegmentCosts> =
            LazyLock::new(|| SegmentCosts::new(Alphabet::Arpabet));
        &STANDARD
    }

    /// The table of an alphabet.
    pub fn of(alphabet: Alphabet) -> &'static SegmentCosts {
        static IPA: LazyLock<SegmentCosts> = LazyLock::new(|| SegmentCosts::new(Alphabet::Ipa));
        match alphabet {
            Alphabet::Arpabet => SegmentCosts::standard(),
            Alphabet::Ipa => &IPA,
        }
    }

    /// The cost of `a` for `b`, both of the table's alphabet.
    pub fn substitution(&self, a: Segment, b: Segment) -> u16 {
        debug_assert!(a.alphabet() == self.alphabet && b.alphabet() == self.alphabet);
        self.table[a.index()][b.index()]
    }

    /// The cost of `segment` where there is nothing, and the other way round.
    pub fn gap(&self, segment: Segment) -> u16 {
        self.table[segment.index()][self.table.len() - 1]
    }

    /// The lowest cost of a gap.
    pub fn cheapest_gap(&self) -> u16 {
        Segment::all(self.alphabet)
            .map(|segment| self.gap(segment))
            .fold(u16::MAX, u16::min)
    }

    fn new(alphabet: Alphabet) -> SegmentCosts {
        let gap = Segment::all(alphabet).count();
        let mut table = vec![vec![0; gap + 1]; gap + 1];
        for a in Segment::all(alphabet) {
            for b in Segment::all(alphabet) {
                table[a.index()][b.index()] = features::substitution(a, b) + stress(a, b);
            }
            table[a.index()][gap] = features::gap(a.phone());
            table[gap][a.index()] = features::gap(a.phone());
        }

        close(&mut table);
        SegmentCosts { alphabet, table }
    }
}

/// What a difference in stress costs; consonants have none.
fn stress(a: Segment, b: Segment) -> u16 {
    match (a.stress(), b.stress()) {
        (Some(one), Some(other)) if one != other => STRESS,
        _ => 0,
    }
}

/// Lowers every cost to that of the cheapest way round (Floyd and Warshall).
fn close(table: &mut [Vec<u16>]) {
    for through in 0..table.len() {
        let onward = table[through].clone();
        for row in table.iter_mut() {
            let there = row[through];
            for (cost, on) in row.iter_mut().zip(&onward) {
                *cost = (*cost).min(there + on);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::phonetics::notation::Notation;
    use crate::phonetics::pronunciation::Pronunciation;

    #[track_caller]
    fn check_distance(a: &str, b: &str, expected: &str) {
        let a: Pronunciation = a.parse().unwrap();
        let b: Pronunciation = b.parse().unwrap();
        assert_eq!(
            distance(a.segments(), b.segments()).to_string(),
            expected,
            "{a} to {b}"
        );
        assert_eq!(
            distance(b.segments(), a.segments()).to_string(),
            expected,
            "{b} to {a}"
        );
    }

    #[test]
    fn distances_add_up() {
        check_distance("M IY1 T", "M IY1 T", "0");
        check_distance("P AE1 K", "B AE1 K", "0.25");
        check_distance("P AE1 K", "P AE2 K", "0.05");
        check_distance("P AE1 K", "B AE2 G", "0.55");
        check_distance("HH IH1 T", "IH1 T", "0.4");
        check_distance("M IH1 S", "M IH1 S T", "0.4");
        check_distance("S IY1", "S IY1 L", "0.6");
    }

    #[test]
    fn the_tables_are_metrics_gaps_included() {
        for alphabet in [Alphabet::Arpabet, Alphabet::Ipa] {
            let table = &SegmentCosts::of(alphabet).table;
            for a in 0..table.len() {
                assert_eq!(table[a][a], 0);
                for b in 0..table.len() {
                    assert_eq!(table[a][b], table[b][a]);
                    assert!(a == b || table[a][b] >= STRESS, "{a} {b}");
                    for through in 0..table.len() {
                        assert!(
                            table[a][b] <= table[a][through] + table[through][b],
                            "{a} {b} by {through}"
                        );
                    }
                }
            }
        }
    }

    /// Distances of different tables cannot be compared: those of English stay as they are.
    #[test]
    fn the_table_of_the_arpabet_stays() {
        let costs = SegmentCosts::standard().table.iter().flatten();
        let bytes: Vec<u8> = costs.flat_map(|cost| cost.to_le_bytes()).collect();
        let hash = blake3::hash(&bytes).to_hex();
        assert_eq!(hash[..16], *"b35ec6d9cdf86dd6");
    }

    #[test]
    fn words_of_other_languages_have_distances_too() {
        for (a, b, expected) in [
            ("ˈʃtaːt", "ˈʃtat", "0.15"),
            ("ˈbaɪn", "ˈpaɪn", "0.25"),
            ("ˈziːt", "ˈzɪt", "0.355"),
            ("ˈzɪt", "ˈzɪtə", "0.4"),
            ("ˈtyːɐ", "ˈtiːɐ", "0.18"),
        ] {
            let read = |text| Notation::Ipa.pronunciation(text).unwrap();
            let found = distance(read(a).segments(), read(b).segments());
            assert_eq!(found.to_string(), expected, "{a} {b}");
        }
    }

    #[test]
    fn the_floor_survives_the_detours() {
        for a in Segment::all(Alphabet::Arpabet) {
            for b in Segment::all(Alphabet::Arpabet).filter(|b| b.phone() != a.phone()) {
                assert!(
                    SegmentCosts::standard().substitution(a, b) >= 150,
                    "{a} {b}"
                );
            }
            assert!(
                (400..=600).contains(&SegmentCosts::standard().gap(a)),
                "{a}"
            );
        }
    }

    #[test]
    fn numbers_that_are_no_distance_are_refused() {
        for value in [-0.1, f64::NAN, f64::INFINITY, 30.1] {
            assert!(PhoneticDistance::from_f64(value).is_err(), "{value}");
        }

        assert_eq!(
            PhoneticDistance::from_f64(0.25).unwrap(),
            PhoneticDistance::from_milli(250)
        );
        assert_eq!(
            PhoneticDistance::from_f64(-0.0).unwrap(),
            PhoneticDistance::ZERO
        );
    }

    #[test]
    fn words_take_their_nearest_pronunciations() {
        let lexicon = Lexicon::read(
            &b"read R IY1 D\nread R EH1 D\nred R EH1 D\nreed R IY1 D"[..],
            "test",
        )
        .unwrap();

        assert_eq!(
            word_distance(&lexicon, "read", "red"),
            Some(PhoneticDistance::ZERO)
        );
        assert_eq!(
            word_distance(&lexicon, "read", "reed"),
            Some(PhoneticDistance::ZERO)
        );
        assert!(word_distance(&lexicon, "red", "reed") > Some(PhoneticDistance::ZERO));
        assert_eq!(word_distance(&lexicon, "red", "rad"), None);
    }

    /// By definition, without the table of partial results.
    fn naive(a: &[Segment], b: &[Segment]) -> u16 {
        let costs = SegmentCosts::standard();
        match (a, b) {
            ([], rest) | (rest, []) => rest.iter().map(|&segment| costs.gap(segment)).sum(),
            ([x, a_rest @ ..], [y, b_rest @ ..]) => (costs.substitution(*x, *y)
                + naive(a_rest, b_rest))
            .min(costs.gap(*x) + naive(a_rest, b))
            .min(costs.gap(*y) + naive(a, b_rest)),
        }
    }

    fn segments() -> impl Strategy<Value = Vec<Segment>> {
        let all: Vec<Segment> = Segment::all(Alphabet::Arpabet).collect();
        proptest::collection::vec(proptest::sample::select(all), 0..6)
    }

    proptest! {
        #[test]
        fn the_distance_is_the_cheapest_edit(a in segments(), b in segments()) {
            prop_assert_eq!(distance(&a, &b).milli(), naive(&a, &b));
        }

        #[test]
        fn the_distance_is_a_metric(a in segments(), b in segments(), c in segments()) {
            prop_assert_eq!(distance(&a, &b), distance(&b, &a));
            prop_assert_eq!(distance(&a, &b) == PhoneticDistance::ZERO, a == b);
            prop_assert!(distance(&a, &c).milli() <= distance(&a, &b).milli() + distance(&b, &c).milli());
        }
    }
}
