//! Rescorers whose score of a text does not depend on the rest of the list.
//!
//! Each distinct text is scored once per run and remembered; the model sees
//! them in one deterministic order whatever the lists were. How a model batches
//! them is its own affair.

use crate::rescore::Candidates;
use crate::rescore::Interpolation;
use crate::rescore::RescoreError;
use crate::rescore::Rescorer;
use std::collections::BTreeMap;
use std::collections::BTreeSet;
use std::sync::Mutex;

/// A model that scores texts one by one.
pub trait TextScorer: Send + Sync {
    /// One score per text, in order. Texts are distinct and sorted.
    fn score_texts(&self, texts: &[&str]) -> Result<Vec<f64>, RescoreError>;

    /// The same for texts in any order, some maybe more than once, and without counting those
    /// that are cut. Scores need not be finite.
    fn score_texts_afresh(&self, texts: &[&str]) -> Result<Vec<f64>, RescoreError> {
        self.score_texts(texts)
    }

    /// Whether any text can be scored; a table of scores knows its own only.
    fn scores_any_text(&self) -> bool {
        true
    }

    /// How the scores combine with the first pass's.
    fn interpolation(&self) -> Interpolation;

    /// What reports call it.
    fn name(&self) -> &str;

    /// How many texts were longer than the model reads and were cut, so far.
    fn truncated_texts(&self) -> usize {
        0
    }
}

/// A [`Rescorer`] over a [`TextScorer`] that scores every distinct text once.
pub struct Pointwise<S> {
    scorer: S,
    memory: Mutex<BTreeMap<String, f64>>,
}

impl<S: TextScorer> Pointwise<S> {
    /// Remembers the scores of `scorer`.
    pub fn new(scorer: S) -> Pointwise<S> {
        Pointwise {
            scorer,
            memory: Mutex::new(BTreeMap::new()),
        }
    }

    /// The model inside.
    pub fn scorer(&self) -> &S {
        &self.scorer
    }
}

impl<S: TextScorer> Rescorer for Pointwise<S> {
    fn score(&self, lists: &[Candidates<'_>]) -> Result<Vec<Vec<f64>>, RescoreError> {
        let mut memory = self
            .memory
            .lock()
            .expect("no thread panics while it holds the scores");
        let unknown: BTreeSet<&str> = lists
            .iter()
            .flat_map(|list| list.texts.iter().copied())
            .filter(|text| !memory.contains_key(*text))
            .collect();
        let unknown: Vec<&str> = unknown.into_iter().collect();
        if !unknown.is_empty() {
            let scores = self.scorer.score_texts(&unknown)?;
            for (text, score) in unknown.iter().zip(scores) {
                if !score.is_finite() {
                    return Err(RescoreError::NotFinite {
                        text: (*text).to_owned(),
                        score,
                    });
                }
                memory.insert((*text).to_owned(), score);
            }
        }
        let known = |text: &&str| memory[*text];
        Ok(lists
            .iter()
            .map(|list| list.texts.iter().map(known).collect())
            .collect())
    }

    fn score_afresh(&self, lists: &[Candidates<'_>]) -> Result<Vec<Vec<f64>>, RescoreError> {
        let texts: Vec<&str> = lists
            .iter()
            .flat_map(|list| list.texts.iter().copied())
            .collect();
        let mut scores = self.scorer.score_texts_afresh(&texts)?.into_iter();
        Ok(lists
            .iter()
            .map(|list| scores.by_ref().take(list.texts.len()).collect())
            .collect())
    }

    fn scores_any_text(&self) -> bool {
        self.scorer.scores_any_text()
    }

    fn interpolation(&self) -> Interpolation {
        self.scorer.interpolation()
    }

    fn name(&self) -> &str {
        self.scorer.name()
    }

    fn truncated_texts(&self) -> usize {
        self.scorer.truncated_texts()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::nbest::Transcript;
    use crate::nbest::Utterance;
    use std::sync::Mutex;

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
        let hypothesis = crate::nbest::Hypothesis {
            transcript: Transcript::new("a"),
            score: 0.0,
            am_score: None,
            lm_score: None,
        };
        let utterance = Utterance {
            id: "u".to_owned(),
            speaker: None,
            reference: Transcript::default(),
            nbest: crate::nbest::NBest::new(vec![hypothesis]).unwrap(),
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
        let asked = rescorer.scorer().0.lock().unwrap();
        assert_eq!(*asked, [vec!["a", "b"], vec!["b", "a", "b"]]);
    }
}
