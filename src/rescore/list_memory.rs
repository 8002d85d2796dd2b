//! `ListMemory`: a model that scores whole lists, whose scores are handed from run to run and
//! saved where a run is interrupted.

use std::collections::{HashMap, HashSet};
use std::sync::{Arc, Mutex};

use crate::nbest::is_score;
use crate::rescore::candidates::{Candidates, refuse_infinite, told};
use crate::rescore::error::RescoreError;
use crate::rescore::known::{Collected, HandsOver, Known, apart};
use crate::rescore::list_scorer::ListScorer;
use crate::rescore::locked::locked;
use crate::rescore::remembered::{Remembered, Remembers};
use crate::rescore::rescorer::{Rescorer, as_inside};
use crate::rescore::token_counts::TokenCounts;

/// A model that scores whole lists: what it says is collected where somebody wants it handed over
/// or saved, and what another run handed over or saved it is not asked again. Else it is asked
/// every time.
pub struct ListMemory {
    rescorer: Arc<dyn ListScorer>,
    memory: Mutex<Memory>,
}

#[derive(Default)]
struct Memory {
    /// What is handed over, by the hash of the list.
    collected: Collected,
    taken: HashMap<String, Vec<f64>>,
    /// What an earlier run saved.
    recalled: HashMap<String, Vec<f64>>,
    /// Of that, what was not asked for yet.
    unasked: HashSet<String>,
    /// What was scored since it was last asked for, where somebody asks at all.
    fresh: Option<Vec<Remembered>>,
}

impl Memory {
    fn is_idle(&self) -> bool {
        let has_none = self.taken.is_empty() && self.recalled.is_empty();
        has_none && self.fresh.is_none() && !self.collected.is_wanted()
    }

    /// Notes the scores of a list, if they are numbers and somebody wants to save them.
    fn note(&mut self, list: &str, scores: &[f64]) {
        if let Some(fresh) = &mut self.fresh
            && scores.iter().copied().all(is_score)
        {
            fresh.push(Remembered {
                of: list.to_owned(),
                scores: scores.to_vec(),
                cut: false,
            });
        }
    }
}

impl ListMemory {
    /// Around `rescorer`.
    pub fn new(rescorer: Arc<dyn ListScorer>) -> ListMemory {
        ListMemory {
            rescorer,
            memory: Mutex::new(Memory::default()),
        }
    }
}

fn key(list: &Candidates<'_>) -> String {
    blake3::hash(&told(list)).to_hex().to_string()
}

impl HandsOver for ListMemory {
    fn collect(&self) {
        locked(&self.memory).collected.begin();
    }

    fn hand_over(&self) -> Vec<Known> {
        locked(&self.memory).collected.take()
    }

    fn take_over(&self, known: Known) -> Option<f64> {
        let mut memory = locked(&self.memory);
        if let Some(before) = memory.taken.get(&known.of) {
            return Some(apart(before, &known.scores));
        }

        memory.taken.insert(known.of, known.scores);
        None
    }

    fn forget(&self) {
        locked(&self.memory).taken.clear();
    }
}

impl Remembers for ListMemory {
    fn fresh(&self) -> Vec<Remembered> {
        let mut memory = locked(&self.memory);
        memory.fresh.replace(Vec::new()).unwrap_or_default()
    }

    fn recall(&self, scores: Vec<Remembered>) {
        let mut memory = locked(&self.memory);
        for Remembered { of, scores, .. } in scores {
            memory.unasked.insert(of.clone());
            memory.recalled.entry(of).or_insert(scores);
        }
    }

    fn unasked(&self) -> usize {
        locked(&self.memory).unasked.len()
    }
}

impl Rescorer for ListMemory {
    fn score(&self, lists: &[Candidates<'_>]) -> Result<Vec<Vec<f64>>, RescoreError> {
        if locked(&self.memory).is_idle() {
            return self.rescorer.score(lists);
        }

        let keys: Vec<String> = lists.iter().map(key).collect();
        let mut scores: Vec<Option<Vec<f64>>> = {
            let mut memory = locked(&self.memory);
            for key in &keys {
                memory.unasked.remove(key);
            }
            let known = keys.iter().zip(lists).map(|(key, list)| {
                let known = memory.taken.get(key).or_else(|| memory.recalled.get(key));
                known.filter(|scores| scores.len() == list.texts.len())
            });
            known.map(Option::<&Vec<f64>>::cloned).collect()
        };

        let unknown: Vec<usize> = (0..lists.len())
            .filter(|index| scores[*index].is_none())
            .collect();
        let asked: Vec<Candidates<'_>> =
            unknown.iter().map(|index| lists[*index].clone()).collect();
        self.rescorer
            .score_one_by_one(&asked, &mut |place, answer| {
                let index = unknown[place];
                locked(&self.memory).note(&keys[index], &answer);
                scores[index] = Some(answer);
            })?;

        let scores: Vec<Vec<f64>> = scores.into_iter().flatten().collect();
        let by = (self.rescorer.name(), self.rescorer.may_vary());
        refuse_infinite(by, lists, &scores)?;
        let mut memory = locked(&self.memory);
        for ((list, key), scores) in lists.iter().zip(&keys).zip(&scores) {
            memory.collected.add(list, key, scores.clone(), false);
        }
        Ok(scores)
    }

    fn score_afresh(&self, lists: &[Candidates<'_>]) -> Result<Vec<Vec<f64>>, RescoreError> {
        self.rescorer.score_afresh(lists)
    }

    fn score_exactly(
        &self,
        lists: &[Candidates<'_>],
    ) -> Option<Result<Vec<Vec<f64>>, RescoreError>> {
        self.rescorer.score_exactly(lists)
    }

    as_inside!(rescorer);

    fn truncated_texts(&self) -> usize {
        self.rescorer.truncated_texts()
    }

    fn tokens(&self) -> Option<TokenCounts> {
        self.rescorer.tokens()
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicUsize, Ordering};

    use super::*;
    use crate::nbest::read::{Corpus, ReadOptions};
    use crate::rescore::interpolation::Interpolation;
    use crate::rescore::list_scorer::together;

    /// Scores by the lengths of the first text and of each; counts the lists it is asked for.
    #[derive(Default)]
    struct ByFirst(AtomicUsize);

    impl ListScorer for ByFirst {
        fn score_one_by_one(
            &self,
            lists: &[Candidates<'_>],
            keep: &mut dyn FnMut(usize, Vec<f64>),
        ) -> Result<(), RescoreError> {
            for (index, list) in lists.iter().enumerate() {
                if list.texts[0] == "stop" {
                    return Err(RescoreError::Interrupted);
                }
                self.0.fetch_add(1, Ordering::Relaxed);
                let lengths = list.texts.iter().map(|text| text.len() as f64);
                let gaps = lengths.map(|length| list.texts[0].len() as f64 - length);
                keep(index, gaps.collect());
            }
            Ok(())
        }
    }

    impl Rescorer for ByFirst {
        fn score(&self, lists: &[Candidates<'_>]) -> Result<Vec<Vec<f64>>, RescoreError> {
            together(self, lists)
        }

        fn interpolation(&self) -> Interpolation {
            Interpolation {
                first_pass_scale: 1.0,
                weight: 1.0,
            }
        }

        fn name(&self) -> &'static str {
            "by first"
        }
    }

    #[test]
    fn what_one_hands_over_another_does_not_ask_for() {
        let lines = "{\"id\": \"a\", \"ref\": \"b\", \"hyps\": [{\"text\": \"b\"}, {\"text\": \
            \"b c\"}]}\n{\"id\": \"d\", \"ref\": \"b\", \"hyps\": [{\"text\": \"b\"}]}\n";
        let corpus = Corpus::read("l.jsonl", lines.as_bytes(), &ReadOptions::default()).unwrap();
        let lists: Vec<Candidates<'_>> = corpus.utterances.iter().map(Candidates::of).collect();
        let asked = Arc::new(ByFirst::default());
        let memory = || ListMemory::new(Arc::clone(&asked) as Arc<dyn ListScorer>);

        // Nobody wants anything: the model is asked every time.
        let idle = memory();
        idle.score(&lists).unwrap();
        idle.score(&lists).unwrap();
        assert_eq!(asked.0.swap(0, Ordering::Relaxed), 4);

        let (one, other) = (memory(), memory());
        one.collect();
        let scores = one.score(&lists[..1]).unwrap();
        asked.0.swap(0, Ordering::Relaxed);
        let handed = one.hand_over();
        assert_eq!(handed.len(), 1);
        assert_eq!(handed[0].utterance, "a");
        assert_eq!(one.hand_over(), []);
        for known in handed {
            assert_eq!(other.take_over(known.clone()), None);
            let scores = known.scores.iter().map(|score| score + 0.5).collect();
            let apart = other.take_over(Known { scores, ..known }).unwrap();
            assert!((apart - 0.5).abs() < 1e-12);
        }
        let all = other.score(&lists).unwrap();
        assert_eq!(all[..1], scores);
        assert_eq!(asked.0.swap(0, Ordering::Relaxed), 1);

        other.forget();
        other.score(&lists).unwrap();
        assert_eq!(asked.0.swap(0, Ordering::Relaxed), 2);

        // As many scores as texts, or the model is asked.
        let scores_before = scores;
        for scores in [vec![], vec![1.0], vec![1.0; 3]] {
            other.forget();
            let known = Known {
                utterance: "a".to_owned(),
                of: key(&lists[0]),
                scores,
                cut: false,
            };
            other.take_over(known);
            assert_eq!(other.score(&lists[..1]).unwrap(), scores_before);
            assert_eq!(asked.0.swap(0, Ordering::Relaxed), 1);
        }
    }
    #[test]
    fn what_is_scored_before_an_interruption_is_not_asked_for_again() {
        let line = |id: &str, text: &str| {
            format!("{{\"id\": \"{id}\", \"ref\": \"b\", \"hyps\": [{{\"text\": \"{text}\"}}]}}\n")
        };
        let lines = line("a", "b") + &line("c", "b c") + &line("d", "stop");
        let corpus = Corpus::read("l.jsonl", lines.as_bytes(), &ReadOptions::default()).unwrap();
        let lists: Vec<Candidates<'_>> = corpus.utterances.iter().map(Candidates::of).collect();

        let asked = Arc::new(ByFirst::default());
        let memory = || ListMemory::new(Arc::clone(&asked) as Arc<dyn ListScorer>);
        let (interrupted, next) = (memory(), memory());
        assert_eq!(interrupted.fresh(), []);
        interrupted.score(&lists).unwrap_err();
        let saved = interrupted.fresh();
        assert_eq!(saved.len(), 2);
        assert_eq!(interrupted.fresh(), []);

        next.recall(saved);
        assert_eq!(next.score(&lists[..2]).unwrap(), [[0.0], [0.0]]);
        assert_eq!(asked.0.load(Ordering::Relaxed), 2);
    }
}
