//! Menus: what can be swapped in an n-best list, and for what.
//!
//! [`Replacements`] knows the ladder of every word of the lexicon, [`Menu`] the
//! words and sites of one list. Nothing is drawn here. The ladders of other edits than swaps are in
//! [`boundary`](mod@crate::perturb::boundary) and [`function_words`](mod@crate::perturb::function_words).

use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;
use std::sync::PoisonError;
use std::sync::RwLock;

use crate::nbest::Utterance;
use crate::perturb::EditKind;
use crate::perturb::Hypotheses;
use crate::perturb::Perturbation;
use crate::perturb::Vocabulary;
use crate::perturb::boundary::recut;
use crate::perturb::columns::columns;
use crate::perturb::sites::merged;
use crate::perturb::sites::mixed_sites;
use crate::perturb::sites::single_sites;
use crate::phonetics::distance::PhoneticDistance;
use crate::phonetics::lexicon::Lexicon;
use crate::phonetics::neighbours::Neighbour;
use crate::phonetics::neighbours::NeighbourIndex;

/// A word that can stand for another, or what else can stand for a site's words.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Replacement {
    /// The word: letters and `'` only, spelled with capitals as the word is that it replaces. Words cut differently may be two, with a space; of a deletion it is empty.
    pub word: String,
    /// How far it sounds from the word it replaces.
    pub distance: PhoneticDistance,
}

/// The replacements of a word, nearest first, equals by spelling; never the word itself.
pub type Ladder = Arc<[Replacement]>;

/// What every word can be replaced by.
///
/// A ladder is looked up in the neighbour index once and kept, so that one value
/// should serve a whole run. Cloning is cheap: clones share the index and what was
/// looked up. Threads may share it; what they get depends on the lexicon alone.
#[derive(Clone)]
pub struct Replacements {
    shared: Arc<Shared>,
}

struct Shared {
    index: NeighbourIndex,
    ladders: RwLock<BTreeMap<(PhoneticDistance, Vocabulary), BTreeMap<String, Ladder>>>,
    recuts: RwLock<BTreeMap<PhoneticDistance, BTreeMap<String, Ladder>>>,
}

impl Replacements {
    /// Replacements from the lexicon of `index`.
    pub fn new(index: NeighbourIndex) -> Replacements {
        Replacements {
            shared: Arc::new(Shared {
                index,
                ladders: RwLock::default(),
                recuts: RwLock::default(),
            }),
        }
    }

    /// The index behind it.
    pub fn index(&self) -> &NeighbourIndex {
        &self.shared.index
    }

    /// The replacements of `word` within `max_distance`, with capitals where it has them; empty if the lexicon lacks the word or has none.
    pub fn ladder(
        &self,
        word: &str,
        max_distance: PhoneticDistance,
        vocabulary: Vocabulary,
    ) -> Ladder {
        let key = (max_distance, vocabulary);
        // What a thread that panicked left behind is whole: each ladder goes in at once.
        let known = self
            .shared
            .ladders
            .read()
            .unwrap_or_else(PoisonError::into_inner);
        if let Some(ladder) = known.get(&key).and_then(|ladders| ladders.get(word)) {
            return Arc::clone(ladder);
        }
        drop(known);
        let ladder = self.look_up(word, max_distance, vocabulary);
        let mut known = self
            .shared
            .ladders
            .write()
            .unwrap_or_else(PoisonError::into_inner);
        Arc::clone(
            known
                .entry(key)
                .or_default()
                .entry(word.to_owned())
                .or_insert(ladder),
        )
    }

    /// What one or two adjacent words can be cut into instead, within `max_distance` of how they
    /// sound together; see [`recut`]. Empty if the lexicon lacks a word.
    ///
    /// # Panics
    /// If there are no words, or more than two.
    pub fn recuts(&self, words: &[String], max_distance: PhoneticDistance) -> Ladder {
        let phrase = words.join(" ");
        let known = self
            .shared
            .recuts
            .read()
            .unwrap_or_else(PoisonError::into_inner);
        if let Some(ladder) = known
            .get(&max_distance)
            .and_then(|ladders| ladders.get(&phrase))
        {
            return Arc::clone(ladder);
        }
        drop(known);
        let mut ladder = recut(&self.shared.index, words, max_distance);
        for rung in &mut ladder {
            rung.word = spelled_like(&phrase, &rung.word);
        }
        let ladder: Ladder = ladder.into();
        let mut known = self
            .shared
            .recuts
            .write()
            .unwrap_or_else(PoisonError::into_inner);
        Arc::clone(
            known
                .entry(max_distance)
                .or_default()
                .entry(phrase)
                .or_insert(ladder),
        )
    }

    fn look_up(
        &self,
        word: &str,
        max_distance: PhoneticDistance,
        vocabulary: Vocabulary,
    ) -> Ladder {
        let neighbours = match vocabulary {
            Vocabulary::Common => self.shared.index.replacements(word, max_distance),
            Vocabulary::All => self.shared.index.neighbours(word, max_distance),
        };
        neighbours
            .into_iter()
            .filter(|Neighbour { word, .. }| {
                word.bytes().all(|b| b.is_ascii_lowercase() || b == b'\'')
            })
            .map(|neighbour| Replacement {
                word: spelled_like(word, neighbour.word),
                distance: neighbour.distance,
            })
            .collect()
    }
}

/// `word` with capitals where `model` has them: all, the first, or none.
fn spelled_like(model: &str, word: &str) -> String {
    let mut letters = model.chars().filter(|c| c.is_alphabetic());
    let first = letters.next().is_some_and(char::is_uppercase);
    let mut others = letters.peekable();
    if first && others.peek().is_some() && others.all(char::is_uppercase) {
        word.to_uppercase()
    } else if first {
        let mut letters = word.chars();
        let initial = letters.next().into_iter().flat_map(char::to_uppercase);
        initial.chain(letters).collect()
    } else {
        word.to_owned()
    }
}

impl From<&Lexicon> for Replacements {
    /// Indexes `lexicon`, which takes some hundredths of a second for the embedded one.
    fn from(lexicon: &Lexicon) -> Replacements {
        Replacements::new(NeighbourIndex::new(lexicon))
    }
}

impl From<&NeighbourIndex> for Replacements {
    fn from(index: &NeighbourIndex) -> Replacements {
        Replacements::new(index.clone())
    }
}

impl From<&Replacements> for Replacements {
    fn from(replacements: &Replacements) -> Replacements {
        replacements.clone()
    }
}

/// Without the lexicon, which is large.
impl fmt::Debug for Replacements {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("Replacements")
            .field("words", &self.shared.index.lexicon().len())
            .finish_non_exhaustive()
    }
}

/// A word in a list.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Place {
    /// The hypothesis, from 0, in the order of the utterance's list.
    pub hypothesis: usize,
    /// The word in it, from 0.
    pub word: usize,
}

/// What is swapped as one: a single word, or under a coherent perturbation all
/// words of the list that are spelled alike. Of other kinds of edits: the words of one place, or of all
/// places where they stand so.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Site {
    /// Where, by the first word; at least one place, in ascending order. An insertion stands before its place, which
    /// may be behind the last word.
    pub places: Vec<Place>,
    /// The words that stand there, with single spaces.
    pub from: String,
    /// What they can be replaced by; never empty.
    pub ladder: Ladder,
    /// What an edit here does.
    pub kind: EditKind,
    /// How many words stand at each place: 1 of a swap, 0 of an insertion.
    pub length: usize,
}

impl Site {
    /// Whether an edit here and one at `other` would touch the same word, or one would stand within the other.
    pub fn overlaps(&self, other: &Site) -> bool {
        let pairs = self
            .places
            .iter()
            .flat_map(|place| other.places.iter().map(move |other| (place, other)));
        pairs
            .filter(|(a, b)| a.hypothesis == b.hypothesis)
            .any(|(a, b)| match (self.length, other.length) {
                (0, 0) => a.word == b.word,
                (0, length) => b.word < a.word && a.word < b.word + length,
                (length, 0) => a.word < b.word && b.word < a.word + length,
                (one, two) => a.word < b.word + two && b.word < a.word + one,
            })
    }
}

/// One n-best list as a perturbation sees it: its words, and what can be swapped.
///
/// Invariants: sites are in the order of their first places, then of their kinds; no place is in
/// two of one kind and length; every place is within the list. Sites of swaps never
/// [overlap](Site::overlaps), others may.
#[derive(Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Menu {
    /// The words of each hypothesis.
    hypotheses: Vec<Vec<String>>,
    /// The column of each of these words.
    columns: Vec<Vec<usize>>,
    reference: Vec<String>,
    reference_columns: Vec<usize>,
    sites: Vec<Site>,
}

impl Menu {
    /// What `perturbation` can do to the list of `utterance`.
    ///
    /// `rescored_best` is the rescorer's pick from the unperturbed list; only
    /// [`Target::RescoredBest`](crate::perturb::Target::RescoredBest) asks for it.
    pub fn new(
        utterance: &Utterance,
        perturbation: &Perturbation,
        replacements: &Replacements,
        rescored_best: usize,
    ) -> Menu {
        let list = utterance.nbest.hypotheses();
        let owned = |words: &mut dyn Iterator<Item = &str>| words.map(str::to_owned).collect();
        let hypotheses: Vec<Vec<String>> = list
            .iter()
            .map(|hypothesis| owned(&mut hypothesis.transcript.words()))
            .collect();
        let pivot = &list[0].transcript;
        let touched = match perturbation.hypotheses {
            Hypotheses::One(target) => {
                let touched = target.index(list.len(), rescored_best);
                touched..touched + 1
            }
            Hypotheses::All { .. } => 0..hypotheses.len(),
        };
        let sites = if perturbation.kinds.are_swaps() {
            single_sites(&hypotheses, touched, perturbation, replacements)
        } else {
            mixed_sites(&hypotheses, touched, perturbation, replacements)
        };
        let sites = match perturbation.hypotheses {
            Hypotheses::One(_) | Hypotheses::All { coherent: false } => sites,
            Hypotheses::All { coherent: true } => merged(sites, &hypotheses),
        };
        Menu {
            columns: list
                .iter()
                .map(|hypothesis| columns(pivot, &hypothesis.transcript))
                .collect(),
            hypotheses,
            reference: owned(&mut utterance.reference.words()),
            reference_columns: columns(pivot, &utterance.reference),
            sites,
        }
    }

    /// The words of each hypothesis, unperturbed, in the order of the list.
    pub fn hypotheses(&self) -> &[Vec<String>] {
        &self.hypotheses
    }

    /// The words of the reference.
    pub fn reference(&self) -> &[String] {
        &self.reference
    }

    /// What can be swapped.
    pub fn sites(&self) -> &[Site] {
        &self.sites
    }

    /// The column of each word of a hypothesis.
    pub(in crate::perturb) fn columns(&self, hypothesis: usize) -> &[usize] {
        &self.columns[hypothesis]
    }

    /// The column of each word of the reference.
    pub(in crate::perturb) fn reference_columns(&self) -> &[usize] {
        &self.reference_columns
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::perturb::examples::example;
    use crate::perturb::examples::lexicon;

    #[track_caller]
    fn check_ladder(word: &str, max: f64, vocabulary: Vocabulary, expected: &[&str]) {
        let replacements = Replacements::from(&lexicon());
        let max = PhoneticDistance::from_f64(max).unwrap();
        for _ in 0..2 {
            let ladder = replacements.ladder(word, max, vocabulary);
            let words: Vec<&str> = ladder.iter().map(|rung| rung.word.as_str()).collect();
            assert_eq!(words, expected);
        }
    }

    #[test]
    fn ladders_start_with_the_nearest_word() {
        check_ladder("two", 0.0, Vocabulary::Common, &["to", "too"]);
        check_ladder("two", 0.5, Vocabulary::Common, &["to", "too", "do"]);
    }

    #[test]
    fn rare_words_are_put_in_only_if_asked_for() {
        check_ladder("two", 0.0, Vocabulary::All, &["to", "too", "tue"]);
        check_ladder("tue", 0.0, Vocabulary::Common, &["to", "too", "two"]);
    }

    #[test]
    fn words_with_capitals_are_replaced_by_such() {
        check_ladder("Two", 0.0, Vocabulary::Common, &["To", "Too"]);
        check_ladder("TWO", 0.0, Vocabulary::All, &["TO", "TOO", "TUE"]);
        check_ladder("tWo", 0.0, Vocabulary::Common, &["to", "too"]);
        assert_eq!(spelled_like("I", "eye"), "Eye");
        assert_eq!(spelled_like("It's", "its"), "Its");
        assert_eq!(spelled_like("Ice cream", "i scream"), "I scream");
    }

    #[test]
    fn words_out_of_the_lexicon_have_no_ladder() {
        check_ladder("zzz", 0.5, Vocabulary::All, &[]);
    }

    #[test]
    fn coherent_sites_hold_every_place_of_a_word() {
        let perturbation = Perturbation {
            hypotheses: Hypotheses::All { coherent: true },
            ..Perturbation::PERTURB_N
        };
        let menu = Menu::new(
            &example(),
            &perturbation,
            &Replacements::from(&lexicon()),
            0,
        );
        let found: Vec<(&str, usize)> = menu
            .sites()
            .iter()
            .map(|site| (site.from.as_str(), site.places.len()))
            .collect();
        assert_eq!(found, [("two", 3), ("their", 2), ("to", 2), ("there", 1)]);
    }
}
