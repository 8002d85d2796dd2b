//! Which swaps of words the flip cost comes from, and how well it is known if other words had been swapped.
//!
//! The same pair of words is swapped for many speakers, so that speakers are not all there is to chance: a flip cost may be that of a
//! handful of pairs. A list in which several words were swapped has one cost, and nobody can say which swap it came from: its flip cost
//! (errors of the pick's perturbed text minus those of the clean pick's) is shared equally over all its swaps, those in other hypotheses
//! included, and so are its clean errors. Shares are kept as fractions, so that those of all pairs add up to the flip cost exactly.

use std::cmp::Reverse;
use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::check::engine::outcome::CheckOutcome;
use crate::check::engine::trial::Rescored;
use crate::check::judge::clustering::Clustering;
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
    /// Shares the flip cost of `outcome` over its swaps; `over_clusters` is its `nprr.flip`.
    ///
    /// Beside that is every pair: those of the most harmful flips first, then those of the most
    /// lists, then by word.
    pub(crate) fn new(
        clustering: &Clustering,
        clean: &[Rescored],
        outcome: &CheckOutcome<'_>,
        over_clusters: &Ratio,
    ) -> (WordFigures, Vec<WordPair>) {
        let mut pairs: BTreeMap<(&str, &str), Pair> = BTreeMap::new();
        let mut by_cluster = vec![[0.0; 2]; clustering.count];
        // Of each cluster and pair: flip cost and clean errors.
        let mut parts: BTreeMap<(usize, (&str, &str)), [f64; 2]> = BTreeMap::new();
        let mut flip_errors = 0;

        for (index, trial) in outcome.trials.iter().enumerate() {
            let sums = ErrorSums::from(TextErrors::of(trial, &clean[trial.utterance]));
            let cluster = clustering.labels[trial.utterance];
            by_cluster[cluster][0] += sums.flip() as f64;
            by_cluster[cluster][1] += sums.clean as f64;
            flip_errors += sums.flip();

            let of = trial.substitutions.len();
            for swap in &trial.substitutions {
                let name = (swap.from.as_str(), swap.to.as_str());
                let pair = pairs.entry(name).or_default();
                pair.swaps += 1;
                *pair.errors.entry(of).or_default() += sums.flip();
                pair.count_list(index, trial.harmful(), swap.distance.as_f64());

                let part = parts.entry((cluster, name)).or_default();
                part[0] += sums.flip() as f64 / of as f64;
                part[1] += sums.clean as f64 / of as f64;
            }
        }

        let kinds: BTreeMap<(&str, &str), usize> = pairs.keys().copied().zip(0..).collect();
        let parts: Vec<Part> = parts
            .into_iter()
            .map(|((cluster, name), [numerator, denominator])| Part {
                cluster,
                kind: kinds[&name],
                numerator,
                denominator,
            })
            .collect();
        let side = |side: usize| -> Vec<f64> { by_cluster.iter().map(|pair| pair[side]).collect() };
        let flip = two_way_ratio(&side(0), &side(1), &parts, GATE_CONFIDENCE);
        let is_wider = |flip: &Ratio| flip.standard_error > WIDER * over_clusters.standard_error;

        let top = top(&pairs);
        let carried: f64 = top.iter().map(|pair| pair.errors).sum();
        let figures = WordFigures {
            pairs: pairs.len(),
            top,
            top_share: (flip_errors > 0).then(|| carried / flip_errors as f64),
            flip_errors,
            wider: flip.as_ref().is_some_and(is_wider),
            flip: flip.map(Estimate::from),
        };

        (figures, word_pairs(&pairs))
    }
}

/// A pair in the making.
#[derive(Debug, Default)]
struct Pair {
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

fn top(pairs: &BTreeMap<(&str, &str), Pair>) -> Vec<PairFigure> {
    let mut top: Vec<PairFigure> = pairs
        .iter()
        .map(|((from, to), pair)| PairFigure {
            from: (*from).to_owned(),
            to: (*to).to_owned(),
            swaps: pair.swaps,
            errors: pair.errors(),
        })
        .filter(|pair| pair.errors > 0.0)
        .collect();

    // A stable sort: of equals, the first by name.
    top.sort_by(|a, b| b.errors.total_cmp(&a.errors));
    top.truncate(MOST_PAIRS);
    top
}

fn word_pairs(pairs: &BTreeMap<(&str, &str), Pair>) -> Vec<WordPair> {
    let mut all: Vec<WordPair> = pairs
        .iter()
        .map(|((from, to), pair)| WordPair {
            from: (*from).to_owned(),
            to: (*to).to_owned(),
            distance: pair.distance,
            lists: pair.lists,
            harmful: pair.harmful,
        })
        .collect();
    all.sort_by_key(|pair| Reverse((pair.harmful, pair.lists)));
    all
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::check::engine::plan::Plan;
    use crate::check::engine::run::run;
    use crate::check::examples::{Silent, Words, replacements, suite, tea, utterance};
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
        let (words, pairs) = WordFigures::new(&clustering, &outcome.clean, check, &over_clusters);
        assert_eq!(words.flip_errors, figures.nprr.errors.flip);
        assert_eq!(words.pairs, pairs.len());
        assert!(pairs.is_sorted_by_key(|pair| Reverse((pair.harmful, pair.lists))));
        assert!(words.pairs > MOST_PAIRS && words.top.len() <= MOST_PAIRS);
        assert!(words.top.is_sorted_by(|a, b| a.errors >= b.errors));
        let ratio = words.flip.as_ref().unwrap();
        let value = ratio.value.unwrap();
        assert!((value - over_clusters.ratio).abs() < 1e-12);
        let one_way = &figures.nprr.flip;
        assert!(
            ratio.high.unwrap() - ratio.low.unwrap()
                >= one_way.high.unwrap() - one_way.low.unwrap()
        );

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
