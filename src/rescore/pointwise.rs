//! Rescorers whose score of a text does not depend on the rest of the list.
//!
//! Each distinct text is scored once for as long as it is remembered, which is some ten thousands
//! of lists, also when the run is interrupted: what was scored can be
//! [recalled](Remembers::recall) by the next run. The model sees texts in one deterministic order
//! whatever the lists were. How a model batches them is its own affair, and so is where
//! [remembered scores](Remembered) are kept.

use std::collections::{BTreeSet, HashMap};
use std::sync::{Mutex, MutexGuard};

use crate::nbest::is_score;
use crate::rescore::candidates::{Candidates, among, by_list};
use crate::rescore::error::RescoreError;
use crate::rescore::known::{Collected, HandsOver, Known, apart};
use crate::rescore::locked::{locked, unlocked};
use crate::rescore::remembered::{Remembered, Remembers};
use crate::rescore::rescorer::{Rescorer, as_inside};
use crate::rescore::text_memory::{TextKey, TextMemory, TextScore};
use crate::rescore::text_scorer::{Scored, TextScorer};
use crate::rescore::token_counts::TokenCounts;

/// A [`Rescorer`] over a [`TextScorer`] that scores a text once as long as it is remembered.
pub struct Pointwise<S> {
    scorer: S,
    /// Held while texts are scored: two callers that ask for one text must not both score it.
    turn: Mutex<()>,
    /// Held for moments only, so that scores can be saved while others are computed.
    memory: Mutex<Memory>,
}

/// Scores by text.
#[derive(Debug)]
struct Memory {
    /// Of the texts that this run asked for.
    scores: TextMemory,
    /// Those of an earlier run; what is asked for moves to `scores`.
    recalled: HashMap<TextKey, TextScore>,
    /// Those of other shards, which are forgotten when their utterances are done.
    taken: HashMap<TextKey, TextScore>,
    /// How many texts came from others and were cut.
    others_cut: usize,
    /// The tokens of the texts that came from others.
    others_tokens: TokenCounts,
    /// What was scored since it was last asked for, where somebody asks at all.
    fresh: Option<Vec<Remembered>>,
    /// What is handed over.
    collected: Collected,
}

impl<S: TextScorer> Pointwise<S> {
    /// Remembers the scores of `scorer`.
    pub fn new(scorer: S) -> Pointwise<S> {
        Pointwise {
            scorer,
            turn: Mutex::new(()),
            memory: Mutex::new(Memory {
                scores: TextMemory::new(),
                recalled: HashMap::new(),
                taken: HashMap::new(),
                others_cut: 0,
                others_tokens: TokenCounts::default(),
                fresh: None,
                collected: Collected::default(),
            }),
        }
    }

    fn memory(&self) -> MutexGuard<'_, Memory> {
        locked(&self.memory)
    }

    /// What is known of `texts`, which are distinct and sorted; the model is asked for the rest.
    fn known<'a>(&self, texts: &[&'a str]) -> Result<HashMap<&'a str, TextScore>, RescoreError> {
        let mut known = HashMap::with_capacity(texts.len());
        let mut unknown = Vec::new();
        let mut memory = self.memory();
        for &text in texts {
            let key = TextKey::of(text);
            let score = memory.scores.get(key).or_else(|| {
                let taken = memory.taken.remove(&key);
                let others = taken.or_else(|| memory.recalled.remove(&key))?;
                memory.others_cut += usize::from(others.cut);
                memory.others_tokens += self.scorer.tokens_of(text);
                memory.scores.insert(key, others);
                Some(others)
            });
            match score {
                Some(score) => drop(known.insert(text, score)),
                None => unknown.push(text),
            }
        }
        drop(memory);

        if !unknown.is_empty() {
            known.extend(self.learn(&unknown)?);
        }
        Ok(known)
    }

    /// Scores `texts` and remembers all that are scored before an interruption.
    fn learn<'a>(&self, texts: &[&'a str]) -> Result<Vec<(&'a str, TextScore)>, RescoreError> {
        let scored: Mutex<Vec<Option<TextScore>>> = Mutex::new(vec![None; texts.len()]);
        let keep = |one: Scored| {
            let Scored {
                index, score, cut, ..
            } = one;
            locked(&scored)[index] = Some(TextScore { score, cut });
            if let Some(fresh) = self.memory().fresh.as_mut().filter(|_| is_score(score)) {
                fresh.push(Remembered {
                    of: texts[index].to_owned(),
                    scores: vec![score],
                    cut,
                });
            }
        };
        let ended = self.scorer.score_texts_one_by_one(texts, &keep);

        // Threads come to texts in any order: what is forgotten must not depend on it.
        let scored = unlocked(scored);
        let scored = texts.iter().zip(scored);
        let scored: Vec<_> = scored
            .filter_map(|(text, one)| Some((*text, one?)))
            .collect();
        let mut memory = self.memory();
        for (text, one) in scored.iter().filter(|(_, one)| is_score(one.score)) {
            memory.scores.insert(TextKey::of(text), *one);
        }

        ended?;
        match scored.iter().find(|(_, one)| !is_score(one.score)) {
            None => Ok(scored),
            Some((text, one)) => Err(RescoreError::NotFinite {
                by: self.scorer.name().to_owned(),
                is_foreign: self.scorer.may_vary(),
                text: (*text).to_owned(),
                list: None,
                score: one.score,
            }),
        }
    }
}

impl<S: TextScorer> Remembers for Pointwise<S> {
    fn fresh(&self) -> Vec<Remembered> {
        self.memory().fresh.replace(Vec::new()).unwrap_or_default()
    }

    fn recall(&self, scores: Vec<Remembered>) {
        let scores = scores
            .into_iter()
            .filter_map(|Remembered { of, scores, cut }| {
                // Whatever else there is, is no score of a text: the model is asked for it.
                let [score] = scores[..] else {
                    return None;
                };
                Some((TextKey::of(&of), TextScore { score, cut }))
            });
        self.memory().recalled.extend(scores);
    }

    fn ask_again(&self, texts: &[&str]) -> Option<Result<Vec<f64>, RescoreError>> {
        let may_vary = self.scorer.may_vary();
        may_vary.then(|| self.scorer.score_texts_afresh(texts))
    }

    fn unasked(&self) -> usize {
        // What is asked for is taken out.
        self.memory().recalled.len()
    }
}

impl<S: TextScorer> HandsOver for Pointwise<S> {
    fn collect(&self) {
        self.memory().collected.begin();
    }

    fn hand_over(&self) -> Vec<Known> {
        self.memory().collected.take()
    }

    fn take_over(&self, known: Known) -> Option<f64> {
        let Known {
            of, scores, cut, ..
        } = known;
        // Whatever else there is, is no score of a text: the model is asked for it.
        let [score] = scores[..] else {
            return None;
        };
        let mut memory = self.memory();
        let key = TextKey::of(&of);
        let before = memory.scores.peek(key);
        if let Some(before) = before.or_else(|| memory.taken.get(&key).copied()) {
            return Some(apart(&[before.score], &scores));
        }

        memory.taken.insert(key, TextScore { score, cut });
        None
    }

    fn forget(&self) {
        self.memory().taken.clear();
    }
}

impl<S: TextScorer> Rescorer for Pointwise<S> {
    fn score(&self, lists: &[Candidates<'_>]) -> Result<Vec<Vec<f64>>, RescoreError> {
        let _turn = locked(&self.turn);
        let texts: BTreeSet<&str> = texts_of(lists).into_iter().collect();
        let texts: Vec<&str> = texts.into_iter().collect();
        let known = self.known(&texts).map_err(|error| among(error, lists))?;

        let mut memory = self.memory();
        if memory.collected.is_wanted() {
            for (list, text) in lists
                .iter()
                .flat_map(|list| list.texts.iter().map(move |t| (list, t)))
            {
                let TextScore { score, cut } = known[text];
                memory.collected.add(list, text, vec![score], cut);
            }
        }
        drop(memory);

        let score = |text: &&str| known[text].score;
        Ok(lists
            .iter()
            .map(|list| list.texts.iter().map(score).collect())
            .collect())
    }

    fn score_afresh(&self, lists: &[Candidates<'_>]) -> Result<Vec<Vec<f64>>, RescoreError> {
        let scores = self.scorer.score_texts_afresh(&texts_of(lists));
        let scores = scores.map_err(|error| among(error, lists))?;
        Ok(by_list(lists, scores))
    }

    fn score_exactly(
        &self,
        lists: &[Candidates<'_>],
    ) -> Option<Result<Vec<Vec<f64>>, RescoreError>> {
        let scores = self.scorer.score_texts_exactly(&texts_of(lists))?;
        Some(scores.map(|scores| by_list(lists, scores)))
    }

    as_inside!(scorer);

    fn truncated_texts(&self) -> usize {
        self.scorer.truncated_texts() + self.memory().others_cut
    }

    fn tokens(&self) -> Option<TokenCounts> {
        let mut tokens = self.scorer.tokens()?;
        tokens += self.memory().others_tokens;
        Some(tokens)
    }
}

/// The texts of all lists, in their order.
fn texts_of<'a>(lists: &[Candidates<'a>]) -> Vec<&'a str> {
    let texts = lists.iter().flat_map(|list| list.texts.iter().copied());
    texts.collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::atomic::{AtomicUsize, Ordering};

    use std::collections::BTreeMap;

    use crate::nbest::{Hypothesis, NBest, Transcript, Utterance};
    use crate::rescore::interpolation::Interpolation;

    /// The score of a text is its length; texts over 5 bytes are cut.
    struct Length {
        /// Texts that are scored before the interruption.
        patience: usize,
        scored: AtomicUsize,
        cut: AtomicUsize,
    }

    fn length(patience: usize) -> Pointwise<Length> {
        Pointwise::new(Length {
            patience,
            scored: AtomicUsize::new(0),
            cut: AtomicUsize::new(0),
        })
    }

    fn cuts(text: &str) -> bool {
        text.len() > 5
    }

    impl TextScorer for Length {
        fn score_texts(&self, _texts: &[&str]) -> Result<Vec<f64>, RescoreError> {
            unreachable!("scores are asked for one by one")
        }

        fn score_texts_one_by_one(
            &self,
            texts: &[&str],
            keep: &(dyn Fn(Scored) + Sync),
        ) -> Result<(), RescoreError> {
            // Threads come to the texts in any order.
            for (index, text) in texts.iter().enumerate().rev() {
                if self.scored.load(Ordering::Relaxed) == self.patience {
                    return Err(RescoreError::Interrupted);
                }
                self.scored.fetch_add(1, Ordering::Relaxed);
                let cut = cuts(text);
                self.cut.fetch_add(usize::from(cut), Ordering::Relaxed);
                let score = text.len() as f64;
                let tokens = TokenCounts::default();
                keep(Scored {
                    index,
                    score,
                    cut,
                    tokens,
                });
            }

            Ok(())
        }

        fn interpolation(&self) -> Interpolation {
            Interpolation {
                first_pass_scale: 1.0,
                weight: 1.0,
            }
        }

        fn name(&self) -> &'static str {
            "length"
        }

        fn truncated_texts(&self) -> usize {
            self.cut.load(Ordering::Relaxed)
        }
    }

    fn utterance() -> Utterance {
        let texts = ["two", "two cups", "too", "a tea cup"];
        let hypotheses = texts.map(|text| Hypothesis {
            transcript: Transcript::new(text),
            score: 0.0,
            am_score: None,
            lm_score: None,
        });

        Utterance {
            id: "u".to_owned(),
            speaker: None,
            reference: Transcript::new("two cups"),
            nbest: NBest::new(hypotheses.to_vec()).unwrap(),
            attributes: BTreeMap::new(),
        }
    }

    #[test]
    fn an_interrupted_run_that_goes_on_scores_nothing_twice_and_counts_the_same() {
        let utterance = utterance();
        let lists = [Candidates::of(&utterance)];
        let whole = length(usize::MAX);
        let expected = whole.score(&lists).unwrap();
        assert_eq!(whole.truncated_texts(), 2);
        for patience in 0..4 {
            let first = length(patience);
            assert_eq!(first.fresh(), []);
            let error = first.score(&lists).unwrap_err();
            assert!(matches!(error, RescoreError::Interrupted));
            let remembered = first.fresh();
            assert_eq!(remembered.len(), patience);
            assert_eq!(first.fresh(), []);
            let second = length(usize::MAX);
            second.fresh();
            second.recall(remembered);
            assert_eq!(second.score(&lists).unwrap(), expected);
            assert_eq!(second.truncated_texts(), 2);
            assert_eq!(second.scorer.scored.load(Ordering::Relaxed), 4 - patience);
            // What is saved already is not saved again.
            assert_eq!(second.fresh().len(), 4 - patience);
        }
    }

    #[test]
    fn a_recalled_text_that_nobody_asks_for_is_forgotten() {
        let utterance = utterance();
        let rescorer = length(usize::MAX);
        rescorer.recall(vec![Remembered {
            of: "something else".to_owned(),
            scores: vec![1.0],
            cut: true,
        }]);
        rescorer.score(&[Candidates::of(&utterance)]).unwrap();
        assert_eq!(rescorer.truncated_texts(), 2);
    }

    /// Every score is one that no model should give.
    struct Nonsense;

    impl TextScorer for Nonsense {
        fn score_texts(&self, texts: &[&str]) -> Result<Vec<f64>, RescoreError> {
            let nonsense = [1.0, f64::NAN, f64::INFINITY];
            Ok((0..texts.len()).map(|index| nonsense[index % 3]).collect())
        }

        fn interpolation(&self) -> Interpolation {
            Interpolation {
                first_pass_scale: 1.0,
                weight: 1.0,
            }
        }

        fn name(&self) -> &'static str {
            "nonsense"
        }
    }

    #[test]
    fn the_first_score_that_is_no_number_is_named_and_none_is_remembered() {
        let utterance = utterance();
        let rescorer = Pointwise::new(Nonsense);
        rescorer.fresh();

        let error = rescorer.score(&[Candidates::of(&utterance)]).unwrap_err();
        assert!(
            matches!(&error, RescoreError::NotFinite { text, score, .. }
                if text == "too" && score.is_nan()),
            "{error}"
        );
        let told = error.to_string();
        assert!(
            told.starts_with("the rescorer nonsense gave the score NaN to"),
            "{told}"
        );
        assert!(
            told.contains(" of the list ") && told.ends_with("or train it anew"),
            "{told}"
        );

        let texts: Vec<String> = rescorer.fresh().into_iter().map(|score| score.of).collect();

        assert_eq!(texts, ["a tea cup", "two cups"]);
    }

    /// Scores a text by the number of the call, and remembers what it was asked.
    #[derive(Default)]
    struct Asked(Mutex<Vec<Vec<String>>>);

    impl TextScorer for Asked {
        fn score_texts(&self, texts: &[&str]) -> Result<Vec<f64>, RescoreError> {
            let mut asked = self.0.lock().unwrap();
            asked.push(texts.iter().map(|text| (*text).to_owned()).collect());
            Ok(vec![asked.len() as f64; texts.len()])
        }

        fn interpolation(&self) -> Interpolation {
            Interpolation {
                first_pass_scale: 1.0,
                weight: 1.0,
            }
        }

        fn name(&self) -> &'static str {
            "asked"
        }
    }

    #[test]
    fn a_fresh_score_neither_uses_nor_changes_the_memory() {
        let hypothesis = Hypothesis {
            transcript: Transcript::new("a"),
            score: 0.0,
            am_score: None,
            lm_score: None,
        };
        let utterance = Utterance {
            id: "u".to_owned(),
            speaker: None,
            reference: Transcript::default(),
            nbest: NBest::new(vec![hypothesis]).unwrap(),
            attributes: BTreeMap::new(),
        };

        let list = Candidates {
            utterance: &utterance,
            texts: vec!["b", "a", "b"],
        };
        let rescorer = Pointwise::new(Asked::default());
        let lists = [list];
        assert_eq!(rescorer.score(&lists).unwrap(), [[1.0; 3]]);
        assert_eq!(rescorer.score_afresh(&lists).unwrap(), [[2.0; 3]]);
        assert_eq!(rescorer.score(&lists).unwrap(), [[1.0; 3]]);

        let asked = rescorer.scorer.0.lock().unwrap();
        assert_eq!(*asked, [vec!["a", "b"], vec!["b", "a", "b"]]);
    }
}
