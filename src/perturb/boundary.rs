//! Boundaries: the same sounds cut into other words, as `ice cream` and `i scream`, `a tax` and
//! `attacks`.
//!
//! The phones of one or two adjacent words are one string, which is cut anew: into one word, or
//! into two at every other place. Most cuts that a dictionary allows are junk (`utt acts`), so that
//! only common words are put in, and very short ones only if they are function words. Beyond that
//! the [rules](crate::perturb::rules) of swaps hold for each word that is taken out or put in; of
//! frequencies, for the rarest of each side.

use std::collections::BTreeMap;

use crate::perturb::function_words::is_function_word;
use crate::perturb::replacement::Replacement;
use crate::perturb::rules::{Pronunciations, SwapRules, is_odd_in, is_one_word_in};
use crate::phonetics::Segment;
use crate::phonetics::distance::PhoneticDistance;
use crate::phonetics::frequency::Frequency;
use crate::phonetics::lexicon::Lexicon;
use crate::phonetics::neighbours::{Neighbour, NeighbourIndex};

/// So many rungs a ladder has at most: of near cuts there can be hundreds.
pub(crate) const MOST_RECUTS: usize = 16;

/// Cuts further away are not looked for: beyond it words do not sound alike, and hundreds of
/// millions of pairs of words would be tried for every pair of words.
pub(crate) const FURTHEST_RECUT: PhoneticDistance = PhoneticDistance::from_milli(600);

/// Words shorter than this must be function words.
const SHORTEST: usize = 3;

/// What `words`, one or two that follow each other, in lower case, can be cut into instead: one
/// word or two, within `max_distance` of the sounds of all of them together, as `rules` let them;
/// nearest first, equals by spelling.
///
/// A `max_distance` above [`FURTHEST_RECUT`] acts as that. One word is only cut into two. Two words
/// with the boundary where it was would be swaps, and are left out.
///
/// # Panics
/// If there are no words, or more than two.
pub(crate) fn recut(
    index: &NeighbourIndex,
    words: &[String],
    max_distance: PhoneticDistance,
    rules: &SwapRules,
) -> Vec<Replacement> {
    assert!((1..=2).contains(&words.len()), "one word or two");
    let lexicon = index.lexicon();
    if !words.iter().all(|word| rules.may_be_recut(lexicon, word)) {
        return Vec::new();
    }
    let max_distance = max_distance.min(FURTHEST_RECUT);
    let original = words.join(" ");

    let mut found: BTreeMap<String, PhoneticDistance> = BTreeMap::new();
    let mut add = |phrase: String, distance: PhoneticDistance| {
        let nearest = found.entry(phrase).or_insert(distance);
        *nearest = distance.min(*nearest);
    };
    for Sounds { phones, boundary } in sounds(index, words, rules.pronunciations.at_most()) {
        if words.len() == 2 {
            for (word, distance) in heard(index, &phones, max_distance, rules) {
                add(word.to_owned(), distance);
            }
        }
        for cut in (1..phones.len()).filter(|cut| Some(*cut) != boundary) {
            let (left, right) = phones.split_at(cut);
            let lefts = heard(index, left, max_distance, rules);
            let Some(nearest) = lefts.first() else {
                continue;
            };
            // What the left half has used up, the right one cannot.
            let rights = heard(index, right, rest(max_distance, nearest.1), rules);
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

    found.remove(&original);
    let from = rarest(lexicon, &original);
    let is_fair = |phrase: &str| {
        let is_the_same = !rules.apostrophes && is_one_word_in(lexicon, &original, phrase);
        !is_the_same && rules.accepts_drop(from, rarest(lexicon, phrase))
    };

    let mut ladder: Vec<Replacement> = found
        .into_iter()
        .filter(|(phrase, _)| is_fair(phrase))
        .map(|(word, distance)| Replacement {
            weight: weight(lexicon, &word, rules),
            word,
            distance,
        })
        .collect();
    ladder.sort_by(|a, b| (a.distance, &a.word).cmp(&(b.distance, &b.word)));
    ladder.truncate(MOST_RECUTS);

    ladder
}

/// How often the rarest word of `phrase` is said, of those that were counted.
fn rarest(lexicon: &Lexicon, phrase: &str) -> Option<Frequency> {
    let frequencies = phrase.split(' ').filter_map(|word| lexicon.frequency(word));
    frequencies.min()
}

/// How often `phrase` is drawn: as often as its rarest word would be.
fn weight(lexicon: &Lexicon, phrase: &str, rules: &SwapRules) -> u64 {
    let words = phrase.split(' ');
    let weights = words.map(|word| rules.weight_of(lexicon, word));
    weights.min().unwrap_or(1)
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

/// Ways to say `words`, each with its first so many pronunciations; none if the lexicon lacks one.
fn sounds(index: &NeighbourIndex, words: &[String], ways: usize) -> Vec<Sounds> {
    let mut said = vec![Sounds {
        phones: Vec::new(),
        boundary: None,
    }];
    for (position, word) in words.iter().enumerate() {
        let pronunciations = index.lexicon().pronunciations(word);
        said = said
            .iter()
            .flat_map(|before| {
                pronunciations
                    .iter()
                    .take(ways)
                    .map(|pronunciation| Sounds {
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
    rules: &SwapRules,
) -> Vec<(&'a str, PhoneticDistance)> {
    let lexicon = index.lexicon();
    let is_allowed = |word: &str| {
        is_word(lexicon, word, rules)
            && !is_odd_in(lexicon, word)
            && !rules.excludes(word)
            && rules.is_frequent(lexicon, word)
    };

    // As of swaps: what sounds the same must do so as it is usually said.
    let sounds_so = |neighbour: &Neighbour<'_>| {
        neighbour.distance > PhoneticDistance::ZERO
            || rules.pronunciations == Pronunciations::All
            || is_said(lexicon, neighbour.word, phones)
    };
    let words = index.sounding(phones, max).into_iter();
    words
        .filter(|found| found.common && is_allowed(found.word) && sounds_so(found))
        .map(|found| (found.word, found.distance))
        .collect()
}

/// Whether the first pronunciation of `word` is `phones`.
fn is_said(lexicon: &Lexicon, word: &str, phones: &[Segment]) -> bool {
    let pronunciations = lexicon.pronunciations(word);
    pronunciations
        .first()
        .is_some_and(|first| first.segments() == phones)
}

fn is_word(lexicon: &Lexicon, word: &str, rules: &SwapRules) -> bool {
    let is_long = || word.chars().count() >= SHORTEST;
    lexicon.is_plain(word)
        && !word.starts_with('\'')
        && (is_long() || is_function_word(lexicon, word, rules))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::perturb::examples::speech;
    use crate::phonetics::lexicon::Lexicon;

    #[track_caller]
    fn check_recut(index: &NeighbourIndex, words: &str, max: u16, expected: &[&str]) {
        check_recut_by(index, words, max, &SwapRules::FAIR, expected);
    }

    #[track_caller]
    fn check_recut_by(
        index: &NeighbourIndex,
        words: &str,
        max: u16,
        rules: &SwapRules,
        expected: &[&str],
    ) {
        let words: Vec<String> = words.split(' ').map(str::to_owned).collect();
        let ladder = recut(index, &words, PhoneticDistance::from_milli(max), rules);
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
        let ladder = recut(
            &index,
            &words,
            PhoneticDistance::from_milli(500),
            &SwapRules::FAIR,
        );
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

    #[test]
    fn excluded_words_are_neither_cut_nor_put_in() {
        let index = NeighbourIndex::new(&speech());
        for excluded in ["scream", "ice"] {
            let rules = SwapRules {
                exclude: vec![excluded.to_owned()],
                ..SwapRules::FAIR
            };
            check_recut_by(&index, "ice cream", 0, &rules, &[]);
        }
    }

    #[test]
    fn cuts_are_of_first_pronunciations_unless_asked_for() {
        let text = "a AH0\na(1) EY1\ntax T AE1 K S\neight EY1 T\nacts AE1 K S\n";
        let common = ["a", "tax", "eight", "acts"];
        let lexicon = Lexicon::read(text.as_bytes(), "test").unwrap();
        let index = NeighbourIndex::new(&lexicon.with_common(common));
        check_recut(&index, "a tax", 0, &[]);
        check_recut(&index, "eight acts", 0, &[]);

        let all = SwapRules {
            pronunciations: Pronunciations::All,
            ..SwapRules::FAIR
        };
        check_recut_by(&index, "a tax", 0, &all, &["eight acts 0"]);
        check_recut_by(&index, "eight acts", 0, &all, &["a tax 0"]);
    }

    #[test]
    fn rare_words_are_not_put_in() {
        let index = NeighbourIndex::new(Lexicon::embedded());
        let words = ["ice", "cream"].map(str::to_owned);
        let found = |min: f64, drop: f64| {
            let rules = SwapRules {
                min_frequency: Frequency::from_f64(min).unwrap(),
                max_frequency_drop: Frequency::from_f64(drop).unwrap(),
                ..SwapRules::FAIR
            };
            let ladder = recut(&index, &words, PhoneticDistance::ZERO, &rules);
            ladder.iter().any(|rung| rung.word == "i scream")
        };
        assert!(found(3.0, 9.0) && found(3.0, 2.4));
        assert!(!found(6.0, 9.0) && !found(0.0, 0.0));
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
                for rung in recut(&index, words, PhoneticDistance::ZERO, &SwapRules::FAIR) {
                    for word in rung.word.split(' ') {
                        assert!(
                            index.lexicon().is_common(word)
                                && is_word(index.lexicon(), word, &SwapRules::FAIR),
                            "{rung:?}"
                        );
                    }
                }
            }
        }

        let words = ["ice", "cream"].map(str::to_owned);
        let found = recut(&index, &words, PhoneticDistance::ZERO, &SwapRules::FAIR);
        assert!(
            found.iter().any(|rung| rung.word == "i scream"),
            "{found:?}"
        );
    }
}
