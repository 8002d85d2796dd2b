//! Boundaries: the same sounds cut into other words, as `ice cream` and `i scream`, `a tax` and `attacks`.
//!
//! The phones of one or two adjacent words are one string, which is cut anew: into one word, or
//! into two at every other place. Most cuts that a dictionary allows are junk (`utt acts`), so that
//! only common words are put in, and very short ones only if they are function words.

use std::collections::BTreeMap;

use crate::perturb::function_words::{Named, is_function_word};
use crate::perturb::menu::Replacement;
use crate::phonetics::Segment;
use crate::phonetics::distance::PhoneticDistance;
use crate::phonetics::neighbours::NeighbourIndex;

/// So many rungs a ladder has at most: of near cuts there can be hundreds.
pub const MOST_RECUTS: usize = 16;

/// Cuts further away are not looked for: beyond it words do not sound alike, and hundreds of millions
/// of pairs of words would be tried for every pair of words.
pub const FURTHEST_RECUT: PhoneticDistance = PhoneticDistance::from_milli(600);

/// Words shorter than this must be function words.
const SHORTEST: usize = 3;

/// What `words`, one or two that follow each other, can be cut into instead: one word or two, within
/// `max_distance` of the sounds of all of them together, nearest first, equals by spelling.
///
/// A `max_distance` above [`FURTHEST_RECUT`] acts as that. One word is only cut into two. Two words with the boundary where it was would be swaps, and are left out.
///
/// # Panics
/// If there are no words, or more than two.
pub fn recut(
    index: &NeighbourIndex,
    words: &[String],
    max_distance: PhoneticDistance,
    function_words: &Named,
) -> Vec<Replacement> {
    assert!((1..=2).contains(&words.len()), "one word or two");
    let max_distance = max_distance.min(FURTHEST_RECUT);
    let original = words.join(" ");

    let mut found: BTreeMap<String, PhoneticDistance> = BTreeMap::new();
    let mut add = |phrase: String, distance: PhoneticDistance| {
        let nearest = found.entry(phrase).or_insert(distance);
        *nearest = distance.min(*nearest);
    };
    let heard = |phones: &[Segment], max| heard(index, phones, max, function_words);
    for Sounds { phones, boundary } in sounds(index, words) {
        if words.len() == 2 {
            for (word, distance) in heard(&phones, max_distance) {
                add(word.to_owned(), distance);
            }
        }
        for cut in (1..phones.len()).filter(|cut| Some(*cut) != boundary) {
            let (left, right) = phones.split_at(cut);
            let lefts = heard(left, max_distance);
            let Some(nearest) = lefts.first() else {
                continue;
            };
            // What the left half has used up, the right one cannot.
            let rights = heard(right, rest(max_distance, nearest.1));
            for (first, used) in &lefts {
                let left_over = rest(max_distance, *used);
                let rights = rights
                    .iter()
                    .take_while(|(_, distance)| *distance <= left_over);
                for (second, distance) in rights {
                    let milli = used.milli() + distance.milli();
                    add(
                        format!("{first} {second}"),
                        PhoneticDistance::from_milli(milli),
                    );
                }
            }
        }
    }

    found.remove(&original.to_lowercase());
    let mut ladder: Vec<Replacement> = found
        .into_iter()
        .map(|(word, distance)| Replacement::even(word, distance))
        .collect();
    ladder.sort_by(|a, b| (a.distance, &a.word).cmp(&(b.distance, &b.word)));
    ladder.truncate(MOST_RECUTS);

    ladder
}

fn rest(max: PhoneticDistance, used: PhoneticDistance) -> PhoneticDistance {
    PhoneticDistance::from_milli(max.milli().saturating_sub(used.milli()))
}

/// The phones of words said without a pause.
struct Sounds {
    phones: Vec<Segment>,
    /// Where the second word begins.
    boundary: Option<usize>,
}

/// Every way to say `words`; none if the lexicon lacks one.
fn sounds(index: &NeighbourIndex, words: &[String]) -> Vec<Sounds> {
    let mut said = vec![Sounds {
        phones: Vec::new(),
        boundary: None,
    }];
    for (position, word) in words.iter().enumerate() {
        let pronunciations = index.lexicon().pronunciations(word);
        said = said
            .iter()
            .flat_map(|before| {
                pronunciations.iter().map(|pronunciation| Sounds {
                    boundary: (position > 0).then_some(before.phones.len()),
                    phones: [&before.phones, pronunciation.segments()].concat(),
                })
            })
            .collect();
    }

    said
}

/// The words that may be put in for `phones`, nearest first.
fn heard<'a>(
    index: &'a NeighbourIndex,
    phones: &[Segment],
    max: PhoneticDistance,
    function_words: &Named,
) -> Vec<(&'a str, PhoneticDistance)> {
    let words = index.sounding(phones, max).into_iter();
    words
        .filter(|neighbour| {
            let word = neighbour.word;
            neighbour.common
                && index.lexicon().is_plain(word)
                && !word.starts_with('\'')
                && (word.chars().count() >= SHORTEST || is_function_word(word, function_words))
        })
        .map(|neighbour| (neighbour.word, neighbour.distance))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::perturb::examples::speech;
    use crate::phonetics::lexicon::Lexicon;

    #[track_caller]
    fn check_recut(index: &NeighbourIndex, words: &str, max: u16, expected: &[&str]) {
        let words: Vec<String> = words.split(' ').map(str::to_owned).collect();
        let ladder = recut(index, &words, PhoneticDistance::from_milli(max), &None);
        let shown: Vec<String> = ladder
            .iter()
            .map(|rung| format!("{} {}", rung.word, rung.distance))
            .collect();
        assert_eq!(shown, expected);
    }

    #[test]
    fn the_same_sounds_are_cut_into_other_words() {
        let index = NeighbourIndex::new(&speech());
        check_recut(&index, "ice cream", 0, &["i scream 0"]);
        check_recut(&index, "i scream", 0, &["ice cream 0"]);
        check_recut(&index, "a tax", 0, &["attacks 0"]);
        check_recut(&index, "attacks", 0, &["a tax 0"]);
        check_recut(&index, "for tea", 0, &[]);
        check_recut(&index, "zzz tea", 0, &[]);
    }

    #[test]
    fn near_cuts_come_after_exact_ones() {
        let index = NeighbourIndex::new(&speech());
        let words = ["forty".to_owned()];
        let ladder = recut(&index, &words, PhoneticDistance::from_milli(500), &None);
        assert!(
            ladder.iter().any(|rung| rung.word == "for tea"),
            "{ladder:?}"
        );
        assert!(ladder.is_sorted_by_key(|rung| rung.distance));
        assert!(
            ladder
                .iter()
                .all(|rung| rung.distance <= PhoneticDistance::from_milli(500))
        );
    }

    /// Of the embedded lexicon, only words that people use.
    #[test]
    fn rare_and_stray_words_are_not_put_in() {
        let index = NeighbourIndex::new(Lexicon::embedded());
        for phrase in ["ice cream", "attacks", "four teen", "a nice man", "the sky"] {
            for words in phrase
                .split(' ')
                .map(str::to_owned)
                .collect::<Vec<_>>()
                .windows(2)
            {
                for rung in recut(&index, words, PhoneticDistance::ZERO, &None) {
                    for word in rung.word.split(' ') {
                        assert!(index.lexicon().is_common(word), "{rung:?}");
                        assert!(
                            word.len() >= SHORTEST || is_function_word(word, &None),
                            "{rung:?}"
                        );
                    }
                }
            }
        }

        let words = ["ice", "cream"].map(str::to_owned);
        let found = recut(&index, &words, PhoneticDistance::ZERO, &None);
        assert!(
            found.iter().any(|rung| rung.word == "i scream"),
            "{found:?}"
        );
    }
}
