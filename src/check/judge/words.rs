//! Which swaps of words the flip cost comes from, and how well it is known if other words had been swapped.
//!
//! The same pair of words is swapped for many speakers, so that speakers are not all there is to chance: a flip cost may be that of a
//! handful of pairs. A list in which several words were swapped has one cost, and nobody can say which swap it came from: its flip cost
//! (errors of the pick's perturbed text minus those of the clean pick's) is shared equally over all its swaps, those in other hypotheses
//! included, and so are its clean errors. Shares are kept as fractions, so that those of all pairs add up to the flip cost exactly.

use std::collections::BTreeMap;

use crate::check::engine::outcome::CheckOutcome;
use crate::check::engine::trial::Rescored;
use crate::check::judge::clustering::Clustering;
use crate::check::judge::figures::GATE_CONFIDENCE;
use crate::check::judge::sums::ErrorSums;
use crate::stats::fieller::Ratio;
use crate::stats::two_way::{Part, two_way_ratio};

/// How many pairs are named.
pub const MOST_PAIRS: usize = 10;

/// An interval this much wider, in standard errors, than that over clusters is worth a caution.
const WIDER: f64 = 1.05;

/// Where the flip cost of a check comes from.
#[derive(Debug, Clone, PartialEq)]
pub struct WordFigures {
    /// Distinct pairs of a word and its substitute.
    pub pairs: usize,
    /// Those that add most to the flip cost, at most [`MOST_PAIRS`], none that adds nothing.
    pub top: Vec<PairFigure>,
    /// The flip cost, in errors over all lists.
    pub flip_errors: i64,
    /// `nprr.flip` with a 90 % interval that allows for other pairs as well as for other clusters; `None` where none can be had.
    pub flip: Option<Ratio>,
    /// Whether that interval is wider than the one over clusters alone.
    pub is_wider: bool,
}

/// What one pair adds to the flip cost.
#[derive(Debug, Clone, PartialEq)]
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

impl WordFigures {
    /// Shares the flip cost of `outcome` over its swaps; `over_clusters` is its `nprr.flip`.
    pub fn new(
        clustering: &Clustering,
        clean: &[Rescored],
        outcome: &CheckOutcome<'_>,
        over_clusters: &Ratio,
    ) -> WordFigures {
        let mut pairs: BTreeMap<(&str, &str), Pair> = BTreeMap::new();
        let mut by_cluster = vec![[0.0; 2]; clustering.count];
        // Of each cluster and pair: flip cost and clean errors.
        let mut parts: BTreeMap<(usize, (&str, &str)), [f64; 2]> = BTreeMap::new();
        let mut flip_errors = 0;

        for trial in &outcome.trials {
            let sums = ErrorSums::of(trial, &clean[trial.utterance]);
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

        WordFigures {
            pairs: pairs.len(),
            top: top(&pairs),
            flip_errors,
            is_wider: flip
                .as_ref()
                .is_some_and(|flip| flip.standard_error > WIDER * over_clusters.standard_error),
            flip,
        }
    }

    /// The share of the flip cost that the top pairs carry; above 1 where the others repair. `None` where changes of mind cost nothing.
    pub fn top_share(&self) -> Option<f64> {
        let carried: f64 = self.top.iter().map(|pair| pair.errors).sum();
        (self.flip_errors > 0).then(|| carried / self.flip_errors as f64)
    }
}

/// A pair in the making.
#[derive(Debug, Default)]
struct Pair {
    swaps: usize,
    /// Sums of flip costs by how many swaps they are shared over: numerators by their denominator.
    errors: BTreeMap<usize, i64>,
}

impl Pair {
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
        let figures = Figures::new(&utterances, &clustering, &outcome.clean, check);
        let words = WordFigures::new(&clustering, &outcome.clean, check, &figures.nprr.flip);
        assert_eq!(words.flip_errors, figures.sums.flip());
        assert!(words.pairs > MOST_PAIRS && words.top.len() <= MOST_PAIRS);
        assert!(words.top.is_sorted_by(|a, b| a.errors >= b.errors));
        let ratio = words.flip.as_ref().unwrap();
        assert!((ratio.ratio - figures.nprr.flip.ratio).abs() < 1e-12);
        assert!(ratio.standard_error >= figures.nprr.flip.standard_error);

        // By hand: each pair's fractions over all lists.
        for pair in &words.top {
            let shares = check.trials.iter().map(|trial| {
                let flip = ErrorSums::of(trial, &outcome.clean[trial.utterance]).flip();
                let same = trial.substitutions.iter();
                let same = same.filter(|swap| (&swap.from, &swap.to) == (&pair.from, &pair.to));
                flip as f64 * same.count() as f64 / (trial.substitutions.len() as f64).max(1.0)
            });
            assert!((shares.sum::<f64>() - pair.errors).abs() < 1e-9, "{pair:?}");
        }
    }
}
