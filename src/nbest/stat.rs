//! What a set of n-best lists looks like: sizes, error rates between the best
//! and the worst choice, and how many words a lexicon does not know.

use std::collections::{HashMap, HashSet};
use std::num::NonZeroU64;

use rayon::prelude::*;

use crate::nbest::Utterance;
use crate::nbest::copies::fingerprint;
use crate::nbest::lists::{Lists, ReadBackError};
use crate::nbest::wer::{self, WordErrors};

/// Figures about a corpus. Errors are sums over utterances.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct NBestStatistics {
    /// How many utterances.
    pub(crate) utterances: usize,
    /// How many speakers are named.
    pub(crate) speakers: usize,
    /// How many hypotheses were given, equal ones included.
    pub(crate) given: usize,
    /// The lists once equal hypotheses are merged.
    pub(crate) distinct: Sizes,
    /// The errors if the first pass's favorites are chosen.
    pub(crate) first_pass: WordErrors,
    /// The errors if the hypotheses with the fewest are chosen: no rescorer does better.
    pub(crate) oracle: WordErrors,
    /// The errors if the hypotheses with the most are chosen.
    pub(crate) worst: WordErrors,
    /// Utterances in whose list some hypothesis has fewer errors than the favorite.
    pub(crate) improvable: usize,
    /// Lists with first-pass scores; in the others, the rank stands in.
    pub(crate) scored: usize,
    /// Lists of several hypotheses whose first-pass scores are all equal.
    pub(crate) tied: usize,
    /// Lists of several hypotheses that are another's, under another id.
    pub(crate) copies: usize,
    /// Lists with acoustic scores.
    pub(crate) with_am_score: usize,
    /// Lists with language model scores.
    pub(crate) with_lm_score: usize,
    /// Words of the references.
    pub(crate) reference_vocabulary: Vocabulary,
    /// Words of all distinct hypotheses.
    pub(crate) hypothesis_vocabulary: Vocabulary,
}

/// How many hypotheses lists have.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Sizes {
    /// All lists together.
    pub(crate) total: usize,
    /// The shortest list.
    pub(crate) min: usize,
    /// The longest list.
    pub(crate) max: usize,
    /// A list, on average.
    pub(crate) mean: f64,
}

/// Words, and those that a lexicon does not know.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(crate) struct Vocabulary {
    /// Running words.
    pub(crate) words: usize,
    /// Running words outside the lexicon.
    pub(crate) unknown: usize,
    /// Different words.
    pub(crate) distinct_words: usize,
    /// Different words outside the lexicon.
    pub(crate) distinct_unknown: usize,
    /// The most frequent words outside the lexicon with their counts, at most
    /// [`Vocabulary::LISTED`] of them; equal counts in alphabetical order.
    pub(crate) unknown_words: Vec<(String, usize)>,
}

impl Vocabulary {
    /// How many unknown words are listed.
    pub(crate) const LISTED: usize = 10;

    /// The share of running words outside the lexicon; `None` if there are no words.
    pub(crate) fn unknown_rate(&self) -> Option<f64> {
        (self.words > 0).then(|| self.unknown as f64 / self.words as f64)
    }

    fn new(counts: Counts, known: &dyn Fn(&str) -> bool) -> Vocabulary {
        let mut vocabulary = Vocabulary {
            words: counts.values().sum(),
            distinct_words: counts.len(),
            ..Vocabulary::default()
        };
        let mut unknown: Vec<(String, usize)> = counts
            .into_iter()
            .filter(|(word, _)| !known(word))
            .collect();
        vocabulary.unknown = unknown.iter().map(|(_, count)| count).sum();
        vocabulary.distinct_unknown = unknown.len();
        unknown.sort_by(|(a, one), (b, other)| (other, a).cmp(&(one, b)));
        unknown.truncate(Vocabulary::LISTED);
        vocabulary.unknown_words = unknown;

        vocabulary
    }
}

/// Words with how often they come.
type Counts = HashMap<String, usize>;

fn count<'a>(counts: &mut Counts, words: impl Iterator<Item = &'a str>) {
    for word in words {
        match counts.get_mut(word) {
            Some(count) => *count += 1,
            None => {
                counts.insert(word.to_owned(), 1);
            }
        }
    }
}

impl NBestStatistics {
    /// The figures of `lists`; `known` says whether a lexicon has a word.
    pub(crate) fn new(
        lists: &Lists,
        known: &dyn Fn(&str) -> bool,
    ) -> Result<NBestStatistics, ReadBackError> {
        let (facts, survey) = (&lists.facts, &lists.survey);
        let mut sums = Sums::default();
        for part in lists.parts()? {
            sums.add(&part?.utterances);
        }

        let [first_pass, oracle, worst] = sums.errors;
        let utterances = survey.utterances;
        Ok(NBestStatistics {
            utterances,
            speakers: survey.speakers.len(),
            given: sums.distinct + facts.merged_duplicates,
            distinct: Sizes {
                total: sums.distinct,
                min: sums.shortest.unwrap_or(0),
                max: sums.longest,
                mean: sums.distinct as f64 / utterances.max(1) as f64,
            },
            first_pass,
            oracle,
            worst,
            improvable: sums.improvable,
            scored: utterances - facts.rank_stands_in,
            tied: sums.tied,
            copies: sums.copies,
            with_am_score: sums.with_am_score,
            with_lm_score: sums.with_lm_score,
            reference_vocabulary: Vocabulary::new(sums.said, known),
            hypothesis_vocabulary: Vocabulary::new(sums.heard, known),
        })
    }

    /// How many hypotheses a list was given with, on average, equal ones included.
    pub(crate) fn given_mean(&self) -> f64 {
        self.given as f64 / self.utterances.max(1) as f64
    }
}

/// Figures in the making.
#[derive(Default)]
struct Sums {
    errors: [WordErrors; 3],
    improvable: usize,
    tied: usize,
    copies: usize,
    seen: HashSet<NonZeroU64>,
    distinct: usize,
    shortest: Option<usize>,
    longest: usize,
    with_am_score: usize,
    with_lm_score: usize,
    said: Counts,
    heard: Counts,
}

impl Sums {
    fn add(&mut self, utterances: &[Utterance]) {
        let (errors, improvable) = utterances
            .par_iter()
            .map(choices)
            .reduce(Default::default, |(a, m), (b, n)| {
                ([a[0] + b[0], a[1] + b[1], a[2] + b[2]], m + n)
            });
        for (sum, errors) in self.errors.iter_mut().zip(errors) {
            *sum += errors;
        }
        self.improvable += improvable;

        for utterance in utterances {
            let Utterance {
                reference, nbest, ..
            } = utterance;
            let size = nbest.len();
            self.distinct += size;
            self.tied += usize::from(nbest.is_tied());
            let seen = fingerprint(utterance).is_some_and(|mark| !self.seen.insert(mark));
            self.copies += usize::from(seen);
            self.shortest = Some(self.shortest.map_or(size, |shortest| shortest.min(size)));
            self.longest = self.longest.max(size);
            self.with_am_score += usize::from(nbest.best().am_score.is_some());
            self.with_lm_score += usize::from(nbest.best().lm_score.is_some());
            count(&mut self.said, reference.words());
            for hypothesis in nbest.hypotheses() {
                count(&mut self.heard, hypothesis.transcript.words());
            }
        }
    }
}

/// The errors of the first pass's favorite, of the best choice and of the worst; and whether the
/// best is better than the favorite.
fn choices(utterance: &Utterance) -> ([WordErrors; 3], usize) {
    let Utterance {
        reference, nbest, ..
    } = utterance;

    let chosen = [
        0,
        wer::oracle(reference, nbest),
        wer::worst(reference, nbest),
    ];
    let errors =
        chosen.map(|index| wer::word_errors(reference, &nbest.hypotheses()[index].transcript));
    (errors, usize::from(errors[1].errors() < errors[0].errors()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::nbest::normalize::Normalization;
    use crate::nbest::read::{Corpus, ReadOptions, ScoreKind};

    #[test]
    fn figures_are_sums_over_utterances() {
        let file = r#"[
            {"input": ["a x", "a b", "a x", "x y z"], "output": "a b", "score": [3, 2, 1, 0]},
            {"input": ["b"], "output": ""}
        ]"#;
        let options = ReadOptions {
            normalization: Normalization::default(),
            format: None,
            scores: ScoreKind::LogProbability,
            acoustic_weight: 1.0,
        };
        let corpus = Corpus::read("f.json", file.as_bytes(), &options).unwrap();
        let lists = Lists::of(corpus);
        let statistics = NBestStatistics::new(&lists, &|word| word < "x").unwrap();
        assert_eq!((statistics.utterances, statistics.given), (2, 5));

        let distinct = Sizes {
            total: 4,
            min: 1,
            max: 3,
            mean: 2.0,
        };
        assert_eq!(statistics.distinct, distinct);
        assert!((statistics.given_mean() - 2.5).abs() < 1e-12);

        let errors = [statistics.first_pass, statistics.oracle, statistics.worst];
        assert_eq!(errors.map(|errors| errors.errors()), [2, 1, 4]);
        assert!(errors.iter().all(|errors| errors.reference_words == 2));
        assert_eq!((statistics.improvable, statistics.scored), (1, 1));
        assert_eq!((statistics.tied, statistics.copies), (0, 0));
        assert_eq!((statistics.with_am_score, statistics.speakers), (0, 0));

        let heard = &statistics.hypothesis_vocabulary;
        assert_eq!((heard.words, heard.distinct_words), (8, 5));
        assert_eq!((heard.unknown, heard.distinct_unknown), (4, 3));

        let listed = [("x", 2), ("y", 1), ("z", 1)].map(|(word, count)| (word.to_owned(), count));
        assert_eq!(heard.unknown_words, listed);
        assert_eq!(statistics.reference_vocabulary.unknown_rate(), Some(0.0));
    }

    #[test]
    fn lists_whose_scores_are_all_equal_are_counted() {
        let file = r#"[
            {"input": ["a x", "a b"], "output": "a b", "score": [-7, -7]},
            {"input": ["a x", "a b"], "output": "a b", "score": [-7, -8]},
            {"input": ["a x", "a b"], "output": "a b"},
            {"input": ["b"], "output": "b", "score": [-7]}
        ]"#;
        let options = ReadOptions {
            normalization: Normalization::default(),
            format: None,
            scores: ScoreKind::LogProbability,
            acoustic_weight: 1.0,
        };
        let corpus = Corpus::read("f.json", file.as_bytes(), &options).unwrap();
        let statistics = NBestStatistics::new(&Lists::of(corpus), &|_| true).unwrap();
        assert_eq!(statistics.tied, 1);
    }
}
