//! Ladders: what each word can be swapped for under one perturbation.
//!
//! [`Ladders`] are the words of a lexicon as far as one perturbation's distances, vocabulary and
//! rules let them stand for each other.

use std::borrow::Cow;
use std::sync::{Arc, OnceLock};

use foldhash::{HashMap, HashMapExt};

use crate::perturb::boundary::recut;
use crate::perturb::casing::{TextCasing, WordCasing};
use crate::perturb::function_words;
use crate::perturb::kept::Kept;
use crate::perturb::perturbation::Perturbation;
use crate::perturb::replacement::{Ladder, Replacement};
use crate::perturb::rules::{Rule, SwapRules, left_out_by};
use crate::perturb::vocabulary::Vocabulary;
use crate::phonetics::distance::{PhoneticDistance, word_distance};
use crate::phonetics::neighbours::NeighbourIndex;

/// How far a word is said to sound from one that the lexicon lacks, in a file of pairs.
const UNKNOWN: PhoneticDistance = PhoneticDistance::MAX;

/// What was looked up for one perturbation.
pub(super) struct Table {
    min_distance: PhoneticDistance,
    max_distance: PhoneticDistance,
    vocabulary: Vocabulary,
    rules: SwapRules,
    /// By how the word is written, then by the word.
    known: [Kept<Rungs>; WordCasing::COUNT],
    /// What words are cut into instead, by the words as they are written.
    recuts: Kept<Ladder>,
    /// What can be put in.
    insertions: OnceLock<Ladder>,
    /// The same between two words, by those of them that can be put in themselves.
    insertions_between: Kept<Ladder>,
    /// What a word that can be left out becomes, by the word.
    deletions: Kept<Ladder>,
}

impl Table {
    pub(super) fn new(perturbation: &Perturbation) -> Table {
        Table {
            min_distance: perturbation.min_distance,
            max_distance: perturbation.max_distance,
            vocabulary: perturbation.vocabulary,
            rules: perturbation.rules.clone(),
            known: Default::default(),
            recuts: Kept::default(),
            insertions: OnceLock::new(),
            insertions_between: Kept::default(),
            deletions: Kept::default(),
        }
    }

    /// Whether `perturbation` asks for the same.
    pub(super) fn is_of(&self, perturbation: &Perturbation) -> bool {
        self.min_distance == perturbation.min_distance
            && self.max_distance == perturbation.max_distance
            && self.vocabulary == perturbation.vocabulary
            && self.rules == perturbation.rules
    }
}

/// The ladder of a word, and what is not on it.
#[derive(Debug, Clone)]
pub(super) struct Rungs {
    /// What is left.
    pub(super) ladder: Ladder,
    /// How many words each rule leaves out, in the order of [`Rule::ALL`].
    pub(super) left_out: [usize; Rule::ALL.len()],
}

/// What words are swapped for under one perturbation; see
/// [`Replacements::ladders`](crate::perturb::menu::Replacements::ladders).
#[derive(Clone)]
pub struct Ladders {
    index: Arc<NeighbourIndex>,
    table: Arc<Table>,
}

impl Ladders {
    pub(super) fn new(index: Arc<NeighbourIndex>, table: Arc<Table>) -> Ladders {
        Ladders { index, table }
    }

    /// The ladder of `word` alone; empty if the lexicon lacks the word or nothing is left for it.
    pub fn of(&self, word: &str) -> Ladder {
        let words = [word.to_owned()];
        let casing = TextCasing::of(&words).of_word(&words, 0);
        self.of_word(word, casing).ladder
    }

    /// The ladders of one list.
    pub(super) fn of_list(&self) -> ListLadders<'_, '_> {
        ListLadders {
            ladders: self,
            known: HashMap::new(),
        }
    }

    /// The ladder of a `word` that is written so.
    fn of_word(&self, word: &str, casing: WordCasing) -> Rungs {
        let known = &self.table.known[casing.index()];
        known.get(word, || self.look_up(word, casing))
    }

    /// What the `length` words from `first` on, one or two of a text that is written so, can be cut
    /// into instead; see [`recut`]. Empty if the lexicon lacks a word, or one is a name that is
    /// left alone.
    ///
    /// # Panics
    /// If there are no such words, or more than two.
    pub(super) fn recuts(
        &self,
        words: &[String],
        first: usize,
        length: usize,
        text: TextCasing,
    ) -> Ladder {
        let Table {
            rules,
            max_distance,
            recuts,
            ..
        } = &*self.table;
        let window = &words[first..first + length];
        let is_name = |index: usize| text.of_word(words, index).is_name(&words[index]);
        if !rules.capitalised && (first..first + length).any(is_name) {
            return Arc::from([]);
        }

        recuts.get(&window.join(" "), || {
            let plain: Vec<String> = window.iter().map(|word| plain_of(word)).collect();
            let mut ladder = recut(&self.index, &plain, *max_distance, rules);
            let casing = TextCasing::of(window).of_word(window, 0);
            for rung in &mut ladder {
                rung.word = casing.write(&rung.word);
            }

            ladder.into()
        })
    }

    /// The ladder of leaving out word number `index` of a text; see
    /// [`deletions`](function_words::deletions).
    pub(super) fn deletions(&self, words: &[String], index: usize) -> Ladder {
        // A text of one word keeps it.
        if words.len() < 2 {
            return Arc::from([]);
        }

        let Table {
            rules, deletions, ..
        } = &*self.table;
        let word = words[index].as_str();
        deletions.get(word, || function_words::deletions(&self.index, word, rules))
    }

    /// The ladder of an insertion before word number `index` of a text, which may be behind the
    /// last: every function word but those that stand beside it.
    pub(super) fn insertions(&self, words: &[String], index: usize) -> Ladder {
        let table = &*self.table;
        let all = table
            .insertions
            .get_or_init(|| function_words::insertions(&self.index, &table.rules).into());

        let beside = |index: Option<usize>| {
            let word = words.get(index?)?.as_str();
            all.iter().any(|rung| rung.word == word).then_some(word)
        };
        let around = [beside(index.checked_sub(1)), beside(Some(index))];

        // Beside most words all can be put in: lists share one ladder, which is long.
        let key = around.map(Option::unwrap_or_default).join(" ");
        table.insertions_between.get(&key, || {
            let is_new = |rung: &&Replacement| !around.contains(&Some(rung.word.as_str()));
            all.iter().filter(is_new).cloned().collect()
        })
    }

    fn look_up(&self, word: &str, casing: WordCasing) -> Rungs {
        let plain = plain(word);
        let mut rungs: Vec<Replacement> = Vec::new();
        let mut left_out = [0; Rule::ALL.len()];
        let rules = &self.table.rules;
        let is_name = casing.is_name(word);

        let mut sort = |rule: Option<Rule>, replacement: &dyn Fn() -> Replacement| {
            let rule = match rule {
                Some(Rule::Exclude) => rule,
                _ if is_name && !rules.capitalised => Some(Rule::Capitalised),
                _ => rule,
            };
            match rule {
                Some(rule) => left_out[rule as usize] += 1,
                None => rungs.push(replacement()),
            }
        };
        if let Some(pairs) = &rules.pairs {
            // As it is written, if the file has it so; else as the file's words are.
            let exact = pairs.of(word).next().is_some();
            for (to, weight) in pairs.of(if exact { word } else { &plain }) {
                let lexicon = self.index.lexicon();
                let is_excluded = rules.excludes(&plain) || rules.excludes(&plain_of(to));
                sort(is_excluded.then_some(Rule::Exclude), &|| Replacement {
                    word: if exact {
                        to.to_owned()
                    } else {
                        casing.write(to)
                    },
                    distance: word_distance(lexicon, word, to)
                        .map_or(UNKNOWN, |distance| distance.min(UNKNOWN)),
                    weight,
                });
            }
        } else {
            let lexicon = self.index.lexicon();
            let found = self.index.neighbours(&plain, self.table.max_distance);
            for neighbour in found.iter().filter(|found| {
                found.distance >= self.table.min_distance && lexicon.is_plain(found.word)
            }) {
                let rule = left_out_by(lexicon, &plain, neighbour, self.table.vocabulary, rules);
                sort(rule, &|| Replacement {
                    word: casing.write(neighbour.word),
                    distance: neighbour.distance,
                    weight: rules.weight_of(lexicon, neighbour.word),
                });
            }
        }

        rungs.sort_by(|a, b| (a.distance, &a.word).cmp(&(b.distance, &b.word)));
        Rungs {
            ladder: rungs.into(),
            left_out,
        }
    }
}

/// The ladders of the words of one list, whose hypotheses have most of them in common: each word is
/// asked for once, since threads that ask for the same words wait for each other.
pub(super) struct ListLadders<'a, 'w> {
    ladders: &'a Ladders,
    known: HashMap<(WordCasing, &'w str), Rungs>,
}

impl<'w> ListLadders<'_, 'w> {
    /// The ladder of word number `index` of a text, which is written so.
    pub(super) fn rungs(&mut self, words: &'w [String], index: usize, text: TextCasing) -> &Rungs {
        let word = words[index].as_str();
        let casing = text.of_word(words, index);
        let known = self.known.entry((casing, word));
        known.or_insert_with(|| self.ladders.of_word(word, casing))
    }
}

/// The word as the lexicon spells it.
fn plain(word: &str) -> Cow<'_, str> {
    if word.chars().any(|c| c.is_uppercase() || c == '\u{2019}') {
        Cow::Owned(plain_of(word))
    } else {
        Cow::Borrowed(word)
    }
}

fn plain_of(word: &str) -> String {
    word.replace('\u{2019}', "'").to_lowercase()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::perturb::examples::{lexicon, speech};
    use crate::perturb::menu::Replacements;
    use crate::perturb::pairs::Pairs;

    #[track_caller]
    fn check_ladder(word: &str, max: f64, vocabulary: Vocabulary, expected: &[&str]) {
        let perturbation = Perturbation {
            max_distance: PhoneticDistance::from_f64(max).unwrap(),
            vocabulary,
            ..Perturbation::PERTURB_1
        };
        check_words(&perturbation, word, expected);
    }

    #[track_caller]
    fn check_words(perturbation: &Perturbation, word: &str, expected: &[&str]) {
        let replacements = Replacements::from(&lexicon());
        for _ in 0..2 {
            let ladder = replacements.ladders(perturbation).of(word);
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
    fn words_out_of_the_lexicon_have_no_ladder() {
        check_ladder("zzz", 0.5, Vocabulary::All, &[]);
    }

    #[test]
    fn a_word_keeps_its_case() {
        check_ladder("Two", 0.0, Vocabulary::Common, &["To", "Too"]);
        check_ladder("TWO", 0.0, Vocabulary::Common, &["TO", "TOO"]);
    }

    #[test]
    fn a_least_distance_leaves_homophones_out() {
        let near = Perturbation {
            min_distance: PhoneticDistance::from_milli(100),
            max_distance: PhoneticDistance::from_milli(500),
            ..Perturbation::PERTURB_1
        };
        check_words(&near, "two", &["do"]);
    }

    #[test]
    fn a_text_of_one_word_keeps_it() {
        let replacements = Replacements::from(&speech());
        let ladders = replacements.ladders(&Perturbation::PERTURB_1);
        let words = ["the", "tea"].map(str::to_owned);
        assert_eq!(ladders.deletions(&words, 0).len(), 1);
        assert!(ladders.deletions(&words[..1], 0).is_empty());
    }

    #[test]
    fn nothing_is_put_in_beside_itself() {
        let replacements = Replacements::from(&speech());
        let ladders = replacements.ladders(&Perturbation::PERTURB_1);
        let words = ["the", "tea"].map(str::to_owned);
        let has_the = |index| {
            let ladder = ladders.insertions(&words, index);
            ladder.iter().any(|rung| rung.word == "the")
        };

        assert_eq!([0, 1, 2].map(has_the), [false, false, true]);
        // One ladder serves all places that are alike.
        let places = [
            ladders.insertions(&words, 2),
            ladders.insertions(&words[1..], 0),
        ];
        assert!(Arc::ptr_eq(&places[0], &places[1]));
    }

    #[test]
    fn pairs_take_the_place_of_the_lexicon() {
        let pairs = Pairs::read("two\ttree\t3\ntwo\ttoo\t1\nzzz\tTwo\t1\n").unwrap();
        let perturbation = Perturbation {
            rules: SwapRules {
                pairs: Some(Arc::new(pairs)),
                exclude: vec!["tree".to_owned()],
                ..SwapRules::FAIR
            },
            ..Perturbation::PERTURB_1
        };
        check_words(&perturbation, "two", &["too"]);
        check_words(&perturbation, "TWO", &["TOO"]);
        check_words(&perturbation, "zzz", &["Two"]);
        check_words(&perturbation, "there", &[]);
    }
}
