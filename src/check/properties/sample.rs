//! Sample: which lists a property looks at that is to look at few.
//!
//! Drawn by the seed and the ids alone, so that parts of the lists can be looked through one after
//! the other: nothing is kept but the best so far.

use std::collections::BTreeMap;

use crate::check::properties::probe::Probe;
use crate::nbest::Utterance;
use crate::stats::random::named_seed;

/// The lists that are drawn of those looked through so far.
pub(super) struct Sample {
    seed: u64,
    /// The first few, which something is asked about before all else.
    probes: Smallest<Probe>,
    /// As many as any property looks at.
    indices: Smallest<()>,
}

impl Sample {
    /// Of no list yet; `held` are kept themselves, of `most` it is known which they are.
    pub(super) fn new(seed: u64, held: usize, most: usize) -> Sample {
        Sample {
            seed,
            probes: Smallest::new(held),
            indices: Smallest::new(most),
        }
    }

    /// Looks through some lists, before which there are `first` others.
    pub(super) fn add(&mut self, first: usize, utterances: &[Utterance]) {
        for (index, utterance) in (first..).zip(utterances) {
            let key = named_seed(self.seed, &format!("property list {}", utterance.id));
            self.probes.offer((key, index), || Probe::of(utterance));
            self.indices.offer((key, index), || ());
        }
    }

    /// The lists that are kept themselves, in the order of the corpus.
    pub(super) fn probes(&self) -> Vec<Probe> {
        let drawn = self.probes.first.iter();
        let by_index: BTreeMap<usize, &Probe> =
            drawn.map(|((_, index), probe)| (*index, probe)).collect();
        by_index.into_values().cloned().collect()
    }

    /// The lists that a property looks at, of which there are no more than `lists`.
    pub(super) fn chosen(&self, lists: Option<usize>) -> Chosen {
        let Some(lists) = lists else {
            return Chosen::All;
        };

        let drawn = self.indices.first.keys().take(lists);
        let mut indices: Vec<usize> = drawn.map(|(_, index)| *index).collect();
        indices.sort_unstable();
        Chosen::Some(indices)
    }
}

/// The smallest keys of those offered, each with what belongs to it.
struct Smallest<T> {
    most: usize,
    first: BTreeMap<(u64, usize), T>,
}

impl<T> Smallest<T> {
    fn new(most: usize) -> Smallest<T> {
        Smallest {
            most,
            first: BTreeMap::new(),
        }
    }

    fn offer(&mut self, key: (u64, usize), make: impl FnOnce() -> T) {
        let is_full = self.first.len() >= self.most;
        let last = self.first.last_key_value().map(|(last, _)| *last);
        if is_full && last.is_none_or(|last| key > last) {
            return;
        }

        self.first.insert(key, make());
        if self.first.len() > self.most {
            self.first.pop_last();
        }
    }
}

/// The lists that a property looks at.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Chosen {
    All,
    /// Those at these indices of the corpus, in its order.
    Some(Vec<usize>),
}

impl Chosen {
    /// Which of a part's lists are among them; before the part there are `first` lists.
    pub(super) fn within(&self, first: usize, utterances: &[Utterance]) -> Vec<usize> {
        let end = first + utterances.len();
        match self {
            Chosen::All => (0..utterances.len()).collect(),
            Chosen::Some(indices) => {
                let begin = indices.partition_point(|index| *index < first);
                let own = indices[begin..].iter().take_while(|index| **index < end);
                own.map(|index| index - first).collect()
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::check::examples::utterance;

    #[test]
    fn parts_draw_the_lists_that_the_whole_draws() {
        let lists: Vec<Utterance> = (0..50)
            .map(|number| utterance(&format!("u{number}"), "a", &["a"]))
            .collect();
        // All of them, sorted by what is drawn for each.
        let mut sorted: Vec<usize> = (0..lists.len()).collect();
        sorted.sort_by_key(|index| {
            let id = &lists[*index].id;
            (named_seed(7, &format!("property list {id}")), *index)
        });

        for length in [1, 6, 19, 50] {
            let mut sample = Sample::new(7, 4, 20);
            for (number, part) in lists.chunks(length).enumerate() {
                sample.add(number * length, part);
            }
            for few in [0, 3, 20] {
                let mut expected = sorted[..few].to_vec();
                expected.sort_unstable();
                assert_eq!(sample.chosen(Some(few)), Chosen::Some(expected));
            }

            let mut held = sorted[..4].to_vec();
            held.sort_unstable();
            let held: Vec<Probe> = held.iter().map(|index| Probe::of(&lists[*index])).collect();
            assert_eq!(sample.probes(), held);
        }
    }

    #[test]
    fn a_part_has_its_own_of_the_chosen() {
        let part = [(); 3].map(|()| utterance("u", "a", &["a"]));
        let some = Chosen::Some(vec![2, 3, 5, 6]);
        assert_eq!(some.within(3, &part), [0, 2]);
        assert_eq!(some.within(7, &part), [0; 0]);
        assert_eq!(Chosen::All.within(7, &part), [0, 1, 2]);
    }
}
