//! Which swaps of words the flip cost comes from, and how well it is known if other words had been
//! swapped.
//!
//! The same pair of words is swapped for many speakers, so that speakers are not all there is to
//! chance: a flip cost may be that of a handful of pairs. A list in which several words were
//! swapped has one cost, and nobody can say which swap it came from: its flip cost (errors of the
//! pick's perturbed text minus those of the clean pick's) is shared equally over all its swaps,
//! those in other hypotheses included, and so are its clean errors. Shares are kept as fractions,
//! so that those of all pairs add up to the flip cost exactly.

use std::cmp::Reverse;
use std::collections::BTreeMap;
use std::io;
use std::sync::Arc;

use foldhash::{HashMap, HashMapExt};
use serde::{Deserialize, Serialize};

use crate::check::engine::trial::{Rescored, Trial};
use crate::check::judge::cells::Cells;
use crate::check::judge::estimate::Estimate;
use crate::check::judge::levels::GATE_CONFIDENCE;
use crate::check::judge::sums::{ErrorSums, TextErrors};
use crate::stats::fieller::Ratio;
use crate::stats::two_way::{Part, two_way_ratio};

/// How many pairs are named.
const MOST_PAIRS: usize = 10;

/// An interval this much wider, in standard errors, than that over clusters is worth a caution.
const WIDER: f64 = 1.05;

/// Where the flip cost of a check comes from: each list's is shared equally over its swaps.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct WordFigures {
    /// Distinct pairs of a word and its substitute that were swapped.
    pub pairs: usize,
    /// Those that add most to the flip cost, at most ten, none that adds nothing.
    pub top: Vec<PairFigure>,
    /// The share of the flip cost that these carry; above 1 where other pairs repair; null where
    /// changes of mind cost nothing.
    pub top_share: Option<f64>,
    /// The flip cost, in errors over all lists.
    pub flip_errors: i64,
    /// `nprr.flip` with a 90 % interval that allows for other pairs of words as well as for other
    /// clusters; null where none can be had.
    pub flip: Option<Estimate>,
    /// Whether that interval is wider than the one over clusters alone.
    pub wider: bool,
}

/// What one pair adds to the flip cost.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PairFigure {
    /// The word.
    pub from: String,
    /// What stands in its place.
    pub to: String,
    /// How many times it was swapped, over all lists.
    pub swaps: usize,
    /// Its share of the flip cost, in errors.
    pub errors: f64,
}

/// Which harmful flips a word and one replacement of it go with, under a check.
#[derive(Debug, Clone, PartialEq)]
pub struct WordPair {
    /// The word, or words; empty for a word that was put in.
    pub from: String,
    /// What they become; empty for a word that was taken out.
    pub to: String,
    /// How far apart they sound.
    pub distance: f64,
    /// Lists, one per draw, in which this is swapped in some hypothesis.
    pub lists: usize,
    /// Those of them whose pick changes to one with more errors. Other swaps of the same list may
    /// have done it.
    pub harmful: usize,
}

impl WordFigures {
    /// Shares the flip cost over its swaps; `over_clusters` is its `nprr.flip`.
    ///
    /// Beside that is every pair: those of the most harmful flips first, then those of the most
    /// lists, then by word.
    pub(crate) fn new(
        shared: &SharedCost,
        over_clusters: &Ratio,
    ) -> io::Result<(WordFigures, Vec<WordPair>)> {
        let by_name = shared.by_name();
        let flip = shared.flip(&by_name)?;
        let is_wider = |flip: &Ratio| flip.standard_error > WIDER * over_clusters.standard_error;

        let top = shared.top(&by_name);
        let carried: f64 = top.iter().map(|pair| pair.errors).sum();
        let errors = shared.flip_errors;
        let figures = WordFigures {
            pairs: by_name.len(),
            top,
            top_share: (errors > 0).then(|| carried / errors as f64),
            flip_errors: errors,
            wider: flip.as_ref().is_some_and(is_wider),
            // What is undefined over clusters is no more defined over swaps.
            flip: flip.map(|flip| {
                let is_undefined = over_clusters.ratio.is_nan();
                Estimate::from(if is_undefined { over_clusters } else { &flip })
            }),
        };

        Ok((figures, shared.word_pairs(&by_name)))
    }
}

/// The flip cost of a check, shared over its swaps; lists are added in order.
#[derive(Debug)]
pub(crate) struct SharedCost {
    /// Every word that was swapped or stands in a place, numbered as they come.
    words: Words,
    /// Every pair, numbered as they come.
    numbers: HashMap<(u32, u32), u32>,
    pairs: Vec<Pair>,
    /// Of each cluster: flip cost and clean errors.
    by_cluster: Vec<[f64; 2]>,
    /// Of each cluster and pair: the same.
    cells: Cells,
    flip_errors: i64,
    trials: usize,
}

impl SharedCost {
    /// Of no list yet, with `clusters` of them; so many shares of a pair in a cluster are held in
    /// memory, and others wait on the disk.
    pub(crate) fn new(clusters: usize, held: usize) -> SharedCost {
        SharedCost {
            words: Words::default(),
            numbers: HashMap::new(),
            pairs: Vec::new(),
            by_cluster: vec![[0.0; 2]; clusters],
            cells: Cells::new(held),
            flip_errors: 0,
            trials: 0,
        }
    }

    /// Takes the trials of some lists in; of each list `clean` and its cluster.
    pub(crate) fn add(
        &mut self,
        labels: &[usize],
        clean: &[Rescored],
        trials: &[Trial],
    ) -> io::Result<()> {
        for trial in trials {
            let sums = ErrorSums::from(TextErrors::of(trial, &clean[trial.utterance]));
            let cluster = labels[trial.utterance];
            let of_cluster = &mut self.by_cluster[cluster];
            of_cluster[0] += sums.flip() as f64;
            of_cluster[1] += sums.clean as f64;
            self.flip_errors += sums.flip();

            let of = trial.substitutions.len();
            let share = [sums.flip(), sums.clean].map(|errors| errors as f64 / of as f64);
            for swap in &trial.substitutions {
                let number = self.number(&swap.from, &swap.to);
                let pair = &mut self.pairs[number as usize];
                pair.swaps += 1;
                if sums.flip() != 0 {
                    *pair.errors.entry(of).or_default() += sums.flip();
                }
                pair.count_list(self.trials, trial.harmful(), swap.distance.as_f64());
                self.cells.add((cluster, number), share)?;
            }
            self.trials += 1;
        }

        Ok(())
    }

    fn number(&mut self, from: &str, to: &str) -> u32 {
        let words = (self.words.number(from), self.words.number(to));
        *self.numbers.entry(words).or_insert_with(|| {
            self.pairs.push(Pair::new(words));
            u32::try_from(self.pairs.len() - 1).expect("a lexicon has far fewer pairs")
        })
    }

    /// The words of a pair.
    fn name(&self, pair: &Pair) -> (&str, &str) {
        let (from, to) = pair.words;
        (self.words.name(from), self.words.name(to))
    }

    /// All pairs, in order of their words.
    fn by_name(&self) -> Vec<&Pair> {
        let mut pairs: Vec<&Pair> = self.pairs.iter().collect();
        pairs.sort_by_key(|pair| self.name(pair));
        pairs
    }

    /// `nprr.flip` if other pairs had been swapped, and other clusters seen.
    fn flip(&self, by_name: &[&Pair]) -> io::Result<Option<Ratio>> {
        let mut ranks = vec![0; by_name.len()];
        for (rank, pair) in by_name.iter().enumerate() {
            ranks[self.numbers[&pair.words] as usize] = rank;
        }

        let side = |side: usize| -> Vec<f64> {
            let clusters = self.by_cluster.iter();
            clusters.map(|cluster| cluster[side]).collect()
        };
        let mut failed = None;
        let cells = self.cells.in_order(&ranks)?.map_while(|cell| {
            let cell = cell.map_err(|error| failed = Some(error)).ok()?;
            Some(Part {
                cluster: cell.cluster,
                kind: ranks[cell.pair as usize],
                numerator: cell.shares[0],
                denominator: cell.shares[1],
            })
        });
        let ratio = two_way_ratio(&side(0), &side(1), cells, GATE_CONFIDENCE);

        match failed {
            Some(error) => Err(error),
            None => Ok(ratio),
        }
    }

    fn top(&self, by_name: &[&Pair]) -> Vec<PairFigure> {
        let mut top: Vec<(f64, &Pair)> = by_name
            .iter()
            .map(|pair| (pair.errors(), *pair))
            .filter(|(errors, _)| *errors > 0.0)
            .collect();

        // A stable sort: of equals, the first by name.
        top.sort_by(|(a, _), (b, _)| b.total_cmp(a));
        top.truncate(MOST_PAIRS);
        top.into_iter()
            .map(|(errors, pair)| {
                let (from, to) = self.name(pair);
                PairFigure {
                    from: from.to_owned(),
                    to: to.to_owned(),
                    swaps: pair.swaps,
                    errors,
                }
            })
            .collect()
    }

    fn word_pairs(&self, by_name: &[&Pair]) -> Vec<WordPair> {
        let mut all: Vec<&Pair> = by_name.to_vec();
        all.sort_by_key(|pair| Reverse((pair.harmful, pair.lists)));
        all.into_iter()
            .map(|pair| {
                let (from, to) = self.name(pair);
                WordPair {
                    from: from.to_owned(),
                    to: to.to_owned(),
                    distance: pair.distance,
                    lists: pair.lists,
                    harmful: pair.harmful,
                }
            })
            .collect()
    }
}

/// Words with their numbers.
#[derive(Debug, Default)]
struct Words {
    numbers: HashMap<Arc<str>, u32>,
    names: Vec<Arc<str>>,
}

impl Words {
    fn number(&mut self, word: &str) -> u32 {
        if let Some(number) = self.numbers.get(word) {
            return *number;
        }

        let name: Arc<str> = word.into();
        let number = u32::try_from(self.names.len()).expect("a lexicon has far fewer words");
        self.names.push(Arc::clone(&name));
        self.numbers.insert(name, number);
        number
    }

    fn name(&self, number: u32) -> &str {
        &self.names[number as usize]
    }
}

/// A pair in the making.
#[derive(Debug)]
struct Pair {
    words: (u32, u32),
    swaps: usize,
    /// Sums of flip costs by how many swaps they are shared over: numerators by their denominator.
    errors: BTreeMap<usize, i64>,
    distance: f64,
    lists: usize,
    harmful: usize,
    /// The last trial that it was counted in, in which it may stand several times.
    last_trial: Option<usize>,
}

impl Pair {
    fn new(words: (u32, u32)) -> Pair {
        Pair {
            words,
            swaps: 0,
            errors: BTreeMap::new(),
            distance: 0.0,
            lists: 0,
            harmful: 0,
            last_trial: None,
        }
    }

    fn count_list(&mut self, trial: usize, harmful: bool, distance: f64) {
        if self.last_trial != Some(trial) {
            self.lists += 1;
            self.harmful += usize::from(harmful);
        }
        self.last_trial = Some(trial);
        self.distance = distance;
    }

    fn errors(&self) -> f64 {
        let errors = self.errors.iter();
        errors.map(|(of, sum)| *sum as f64 / *of as f64).sum()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::check::engine::plan::Plan;
    use crate::check::engine::run::run;
    use crate::check::examples::{Silent, Words, replacements, suite, tea, utterance};
    use crate::check::judge::clustering::Clustering;
    use crate::check::judge::figures::Figures;
    use crate::perturb::Perturbation;

    #[test]
    fn shares_of_all_pairs_add_up_to_the_flip_cost() {
        let suites = [suite(Perturbation::PERTURB_N)];
        let utterances = [utterance("a", "two cups", &["two cups", "too cup"]), tea()];
        let replacements = replacements("");
        let plan = Plan {
            utterances: &utterances,
            suites: &suites,
            replacements: &replacements,
            seed: 3,
            draws: Some(20),
        };

        let outcome = run(&plan, &Words::new(5), &Silent).unwrap();
        let clustering = Clustering::new(&utterances);
        let check = &outcome.checks[0];
        let figures = Figures::new(&clustering, &outcome.clean, check);
        let over_clusters = figures.nprr_flip();
        let share = |held| {
            let mut shared = SharedCost::new(clustering.count, held);
            let (clean, trials) = (&outcome.clean, &check.trials);
            shared.add(&clustering.labels, clean, trials).unwrap();
            shared
        };
        let shared = share(usize::MAX);
        let (words, pairs) = WordFigures::new(&shared, &over_clusters).unwrap();
        assert_eq!(words.flip_errors, figures.nprr.errors.flip);
        assert_eq!(words.pairs, pairs.len());
        assert!(pairs.is_sorted_by_key(|pair| Reverse((pair.harmful, pair.lists))));
        assert!(words.pairs > MOST_PAIRS && words.top.len() <= MOST_PAIRS);
        assert!(words.top.is_sorted_by(|a, b| a.errors >= b.errors));
        let ratio = shared.flip(&shared.by_name()).unwrap().unwrap();
        assert!((ratio.ratio - over_clusters.ratio).abs() < 1e-12);
        assert!(ratio.standard_error >= over_clusters.standard_error);
        assert_eq!(words.flip, Some(Estimate::from(&ratio)));

        // Where few cells fit into memory, only the order of additions is another.
        let spilled = share(3);
        let other = spilled.flip(&spilled.by_name()).unwrap().unwrap();
        assert!((other.standard_error / ratio.standard_error - 1.0).abs() < 1e-12);
        let (spilled, same) = WordFigures::new(&spilled, &over_clusters).unwrap();
        assert_eq!((&spilled.top, &same), (&words.top, &pairs));

        // By hand: each pair's fractions over all lists.
        for pair in &words.top {
            let shares = check.trials.iter().map(|trial| {
                let flip =
                    ErrorSums::from(TextErrors::of(trial, &outcome.clean[trial.utterance])).flip();
                let same = trial.substitutions.iter();
                let same = same.filter(|swap| (&swap.from, &swap.to) == (&pair.from, &pair.to));
                flip as f64 * same.count() as f64 / (trial.substitutions.len() as f64).max(1.0)
            });
            assert!((shares.sum::<f64>() - pair.errors).abs() < 1e-9, "{pair:?}");
        }
    }
}
