//! `NeighbourIndex`: the words within a distance of a word, nearest first.
//!
//! The index is exact: it finds what a scan of the whole lexicon finds. Choosing among neighbours
//! by chance is for the floors above.

use crate::phonetics::distance::PhoneticDistance;
use crate::phonetics::edit_table::EditTable;
use crate::phonetics::lexicon::Lexicon;
use crate::phonetics::segment::Segment;

/// A word that sounds like another.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Neighbour<'a> {
    /// The word, as the lexicon spells it.
    pub word: &'a str,
    /// The distance of the nearest pronunciations.
    pub distance: PhoneticDistance,
    /// Whether the lexicon says that the word is in common use.
    pub common: bool,
}

/// Finds the neighbours of words in a lexicon.
///
/// Pronunciations form a trie, laid out flat in preorder. A query walks it once, keeping one row of
/// the edit-distance table for every depth, and skips the subtree of a node whose row is above the
/// limit everywhere. A cell further from the diagonal than the limit pays for in gaps is above the
/// limit, so only the others are computed.
///
/// Invariants: the four node arrays are equally long; `skips[n] > n`; depths start at 1, and a
/// node's parent is the last node before it that is one level higher.
#[derive(Clone, Debug)]
pub struct NeighbourIndex {
    lexicon: Lexicon,
    segments: Vec<Segment>,
    depths: Vec<u8>,
    /// The first node behind a node's subtree.
    skips: Vec<u32>,
    /// The sound group whose pronunciation ends at the node, or [`NO_GROUP`].
    groups: Vec<u32>,
    /// The words of every group one after the other, those of a group in ascending order.
    group_words: Vec<u32>,
    /// Where each group ends in `group_words`.
    group_ends: Vec<u32>,
    /// The group of every pronunciation of the lexicon.
    group_of_pronunciation: Vec<u32>,
    deepest: usize,
}

const NO_GROUP: u32 = u32::MAX;

impl NeighbourIndex {
    /// Indexes all pronunciations of `lexicon`, which it keeps a cheap clone of.
    pub fn new(lexicon: &Lexicon) -> NeighbourIndex {
        let count = lexicon.pronunciation_count();
        let mut index = NeighbourIndex {
            lexicon: lexicon.clone(),
            segments: Vec::with_capacity(2 * count),
            depths: Vec::with_capacity(2 * count),
            skips: Vec::with_capacity(2 * count),
            groups: Vec::with_capacity(2 * count),
            group_words: Vec::with_capacity(count),
            group_ends: Vec::with_capacity(count),
            group_of_pronunciation: vec![NO_GROUP; count],
            deepest: 0,
        };

        let mut open: Vec<usize> = Vec::new();
        let mut previous: &[Segment] = &[];
        for entry in sorted_pronunciations(lexicon) {
            let pronunciation = lexicon.segments_at(entry.pronunciation as usize);
            if pronunciation != previous {
                let shared = previous
                    .iter()
                    .zip(pronunciation)
                    .take_while(|(a, b)| a == b)
                    .count();
                index.close(open.drain(shared..));
                for (depth, &segment) in pronunciation.iter().enumerate().skip(shared) {
                    open.push(index.segments.len());
                    index.segments.push(segment);
                    index.depths.push(level(depth + 1));
                    index.skips.push(0);
                    index.groups.push(NO_GROUP);
                }
                // Sorted pronunciations differ from the one before, so the last node is new and
                // ends this one.
                let end = index.groups.len() - 1;
                index.groups[end] = position(index.group_ends.len());
                index.group_ends.push(position(index.group_words.len()));
                index.deepest = index.deepest.max(pronunciation.len());
                previous = pronunciation;
            }
            let group = index.group_ends.len() - 1;
            index.group_of_pronunciation[entry.pronunciation as usize] = position(group);
            index.group_words.push(entry.word);
            index.group_ends[group] += 1;
        }

        index.close(open.drain(..));
        index
    }

    /// The lexicon of the index.
    pub fn lexicon(&self) -> &Lexicon {
        &self.lexicon
    }

    /// All other words within `max` of `word`, by distance, then by spelling; empty if the lexicon
    /// lacks `word`.
    ///
    /// Each is given once, with the distance of the pronunciations that are nearest to each other.
    /// A `max` above 30 acts as 30.
    pub fn neighbours(&self, word: &str, max: PhoneticDistance) -> Vec<Neighbour<'_>> {
        self.search(word, max, |_| true)
    }

    /// Those [`NeighbourIndex::neighbours`] that may stand in a transcript: common words of plain
    /// letters, as [`Lexicon::is_plain`] has it.
    pub fn replacements(&self, word: &str, max: PhoneticDistance) -> Vec<Neighbour<'_>> {
        self.search(word, max, |index| self.is_replacement(index))
    }

    fn is_replacement(&self, word: usize) -> bool {
        self.lexicon.is_common_at(word) && self.lexicon.is_plain(self.lexicon.word(word))
    }

    fn search(
        &self,
        word: &str,
        max: PhoneticDistance,
        accepts: impl Fn(usize) -> bool,
    ) -> Vec<Neighbour<'_>> {
        let Some(own) = self.lexicon.position(word) else {
            return Vec::new();
        };

        let mut found: Vec<(u32, PhoneticDistance)> = Vec::new();
        for pronunciation in self.lexicon.pronunciation_range(own) {
            let mut add_group = |group: u32, distance| {
                let words = self.words_of_group(group as usize).iter();
                found.extend(
                    words
                        .filter(|&&word| accepts(word as usize))
                        .map(|&word| (word, distance)),
                );
            };
            if max == PhoneticDistance::ZERO {
                add_group(
                    self.group_of_pronunciation[pronunciation],
                    PhoneticDistance::ZERO,
                );
            } else {
                self.walk(self.lexicon.segments_at(pronunciation), max, &mut add_group);
            }
        }

        found.retain(|&(word, _)| word as usize != own);
        self.nearest_first(found)
    }

    /// The words with a pronunciation within `max` of `sounds`, by distance, then by spelling; each
    /// once, at its nearest.
    ///
    /// Unlike [`NeighbourIndex::neighbours`], of sounds that need not be those of a word. A `max`
    /// above 30 acts as 30.
    pub fn sounding(&self, sounds: &[Segment], max: PhoneticDistance) -> Vec<Neighbour<'_>> {
        let mut found: Vec<(u32, PhoneticDistance)> = Vec::new();
        self.walk(sounds, max, &mut |group, distance| {
            let words = self.words_of_group(group as usize).iter();
            found.extend(words.map(|&word| (word, distance)));
        });
        self.nearest_first(found)
    }

    fn nearest_first(&self, mut found: Vec<(u32, PhoneticDistance)>) -> Vec<Neighbour<'_>> {
        found.sort_unstable();
        found.dedup_by_key(|&mut (word, _)| word);

        // Words are numbered in the order of their spelling.
        found.sort_unstable_by_key(|&(word, distance)| (distance, word));
        found
            .into_iter()
            .map(|(word, distance)| Neighbour {
                word: self.lexicon.word(word as usize),
                distance,
                common: self.lexicon.is_common_at(word as usize),
            })
            .collect()
    }

    /// Gives `found` every group whose pronunciation is within `max` of `query`, with its distance.
    fn walk(
        &self,
        query: &[Segment],
        max: PhoneticDistance,
        found: &mut impl FnMut(u32, PhoneticDistance),
    ) {
        let mut table = EditTable::new(query, self.lexicon.alphabet(), self.deepest, max);
        let mut node = 0;

        while node < self.segments.len() {
            let depth = usize::from(self.depths[node]);
            if table.fill_row(depth, self.segments[node]) {
                let group = self.groups[node];
                if group != NO_GROUP
                    && let Some(distance) = table.distance(depth)
                {
                    found(group, distance);
                }
                node += 1;
            } else {
                node = self.skips[node] as usize;
            }
        }
    }

    /// Says that the subtrees of `nodes` end here.
    fn close(&mut self, nodes: impl Iterator<Item = usize>) {
        let end = position(self.segments.len());
        for node in nodes {
            self.skips[node] = end;
        }
    }

    fn words_of_group(&self, group: usize) -> &[u32] {
        let start = if group == 0 {
            0
        } else {
            self.group_ends[group - 1]
        };
        &self.group_words[start as usize..self.group_ends[group] as usize]
    }
}

fn position(position: usize) -> u32 {
    u32::try_from(position).expect("a lexicon has fewer than 2^32 phones")
}

fn level(depth: usize) -> u8 {
    u8::try_from(depth).expect("pronunciations are at most 60 long")
}

/// A pronunciation of the lexicon with what it is sorted by.
///
/// The first sixteen segments stand packed in one number, which decides nearly every comparison
/// without a look at the lexicon.
struct SortEntry {
    key: u128,
    pronunciation: u32,
    word: u32,
}

fn sorted_pronunciations(lexicon: &Lexicon) -> Vec<SortEntry> {
    let mut entries = Vec::with_capacity(lexicon.pronunciation_count());
    for word in 0..lexicon.len() {
        for pronunciation in lexicon.pronunciation_range(word) {
            let mut key = [0; 16];
            for (byte, segment) in key.iter_mut().zip(lexicon.segments_at(pronunciation)) {
                // 0 is left for the end of the pronunciation.
                *byte = segment.code() + 1;
            }
            entries.push(SortEntry {
                key: u128::from_be_bytes(key),
                pronunciation: position(pronunciation),
                word: position(word),
            });
        }
    }

    let segments = |entry: &SortEntry| lexicon.segments_at(entry.pronunciation as usize);
    entries.sort_unstable_by(|a, b| {
        a.key
            .cmp(&b.key)
            .then_with(|| segments(a).cmp(segments(b)))
            .then(a.word.cmp(&b.word))
    });

    entries
}

#[cfg(test)]
mod tests {
    use rayon::prelude::*;

    use super::*;
    use crate::phonetics::distance::{SegmentCosts, distance};

    /// What [`NeighbourIndex::neighbours`] must find, straight from its definition: the slow
    /// oracle.
    ///
    /// Its only short cut: pronunciations whose lengths differ too much for so few gaps are not
    /// compared.
    fn scan<'a>(lexicon: &'a Lexicon, word: &str, max: PhoneticDistance) -> Vec<Neighbour<'a>> {
        let Some(own) = lexicon.position(word) else {
            return Vec::new();
        };
        let costs = SegmentCosts::of(lexicon.alphabet());
        let gaps = usize::from(max.milli() / costs.cheapest_gap());
        let nearest = |other: usize| {
            let pairs = lexicon.segments_of_word(own).flat_map(|left| {
                lexicon
                    .segments_of_word(other)
                    .map(move |right| (left, right))
            });
            pairs
                .filter(|(left, right)| left.len().abs_diff(right.len()) <= gaps)
                .map(|(left, right)| distance(left, right))
                .min()
        };

        let mut neighbours: Vec<Neighbour<'a>> = (0..lexicon.len())
            .filter(|&other| other != own)
            .filter_map(|other| {
                let distance = nearest(other)?;
                let word = lexicon.word(other);
                (distance <= max).then(|| Neighbour {
                    word,
                    distance,
                    common: lexicon.is_common_at(other),
                })
            })
            .collect();
        neighbours.sort_by_key(|neighbour| (neighbour.distance, neighbour.word));

        neighbours
    }

    fn index(text: &str) -> NeighbourIndex {
        NeighbourIndex::new(&Lexicon::read(text.as_bytes(), "test").unwrap())
    }

    #[track_caller]
    fn check_neighbours(index: &NeighbourIndex, word: &str, max: f64, expected: &[&str]) {
        let found = index.neighbours(word, PhoneticDistance::from_f64(max).unwrap());
        let shown: Vec<String> = found
            .iter()
            .map(|found| format!("{} {}", found.word, found.distance))
            .collect();
        assert_eq!(shown, expected);
        assert_eq!(
            found,
            scan(
                index.lexicon(),
                word,
                PhoneticDistance::from_f64(max).unwrap()
            )
        );
    }

    #[track_caller]
    fn check_against_scan(words: &[&str], max: f64) {
        let lexicon = Lexicon::embedded();
        let index = NeighbourIndex::new(lexicon);
        let max = PhoneticDistance::from_f64(max).unwrap();
        words.par_iter().for_each(|word| {
            assert_eq!(
                index.neighbours(word, max),
                scan(lexicon, word, max),
                "neighbours of {word}"
            );
        });
    }

    #[test]
    fn homophones_are_at_distance_zero() {
        let index = index("their DH EH1 R\nthere DH EH1 R\nthey're DH EH1 R\ndare D EH1 R");
        check_neighbours(&index, "their", 0.0, &["there 0", "they're 0"]);
        check_neighbours(&index, "dare", 0.0, &[]);
    }

    #[test]
    fn every_word_comes_once_with_its_smallest_distance() {
        let index = index(
            "read R IY1 D\nread R EH1 D\nred R EH1 D\nreed R IY1 D\nrid R IH1 D\nreed R IH1 D",
        );
        check_neighbours(&index, "read", 1.0, &["red 0", "reed 0", "rid 0.22"]);
    }

    #[test]
    fn a_word_that_the_lexicon_lacks_has_no_neighbours() {
        check_neighbours(&index("two T UW1\ntoo T UW1"), "three", 3.0, &[]);
    }

    #[test]
    fn wide_limits_reach_every_word() {
        let lexicon = index(
            "a AH0\nstrengths S T R EH1 NG K TH S\nsh SH\nantidisestablishment AE2 N T IY0 D IH2 S \
             AH0 S T AE1",
        );
        for word in ["a", "strengths", "sh", "antidisestablishment"] {
            assert_eq!(
                lexicon
                    .neighbours(word, PhoneticDistance::from_f64(30.0).unwrap())
                    .len(),
                3
            );
        }
    }

    #[test]
    fn replacements_are_common_words_of_plain_letters() {
        let lexicon = Lexicon::read(
            &b"two T UW1\ntoo T UW1\ntue T UW1\nto's T UW1\nt\xc3\xbc T UW1\nt-oo T UW1"[..],
            "test",
        )
        .unwrap();
        let index = NeighbourIndex::new(&lexicon.with_common(["two", "too", "to's", "tü", "t-oo"]));

        for max in [PhoneticDistance::ZERO, PhoneticDistance::from_milli(600)] {
            let words: Vec<&str> = index
                .replacements("two", max)
                .iter()
                .map(|found| found.word)
                .collect();
            assert_eq!(words, ["to's", "too"]);
        }
    }

    #[test]
    fn the_index_finds_what_a_scan_of_cmudict_finds() {
        // Without optimization, a scan takes twenty times as long.
        let words = if cfg!(debug_assertions) { 20 } else { 1000 };
        let stride = Lexicon::embedded().len() / words;
        let sample: Vec<&str> = Lexicon::embedded()
            .words()
            .step_by(stride)
            .take(words)
            .collect();

        check_against_scan(&sample, 0.6);
    }

    #[test]
    fn narrow_and_wide_limits_agree_with_the_scan_too() {
        for max in [0.0, 0.05, 0.25, 0.4, 0.85, 1.3] {
            check_against_scan(&["meet", "two", "fifteen", "read"], max);
        }
    }
}
