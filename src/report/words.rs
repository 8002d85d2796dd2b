//! Which pairs of words the flip cost of a check comes from, in `report.json` and for people.

use serde::{Deserialize, Serialize};

use crate::check::judge::words::{PairFigure, WordFigures};
use crate::report::number;
use crate::report::record::{Estimate, finite};

/// Where the flip cost comes from: each list's is shared equally over its swaps.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct WordsRecord {
    /// Distinct pairs of a word and its substitute that were swapped.
    pub pairs: usize,
    /// The pairs that add most to the flip cost, at most ten.
    pub top: Vec<PairRecord>,
    /// The share of the flip cost that these carry; above 1 where other pairs repair; null where changes of mind cost nothing.
    pub top_share: Option<f64>,
    /// The flip cost, in errors over all lists.
    pub flip_errors: i64,
    /// `nprr.flip` with an interval that allows for other pairs of words as well as for other clusters; null where none can be had.
    pub flip: Option<Estimate>,
    /// Whether that interval is wider than the one over clusters alone.
    pub wider: bool,
}

/// What one pair adds to the flip cost.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PairRecord {
    /// The word.
    pub from: String,
    /// What stands in its place.
    pub to: String,
    /// How many times it was swapped, over all lists.
    pub swaps: usize,
    /// Its share of the flip cost, in errors.
    pub errors: f64,
}

impl From<&WordFigures> for WordsRecord {
    fn from(figures: &WordFigures) -> WordsRecord {
        let pair = |pair: &PairFigure| PairRecord {
            from: pair.from.clone(),
            to: pair.to.clone(),
            swaps: pair.swaps,
            errors: pair.errors,
        };
        WordsRecord {
            pairs: figures.pairs,
            top: figures.top.iter().map(pair).collect(),
            top_share: figures.top_share().and_then(finite),
            flip_errors: figures.flip_errors,
            flip: figures.flip.as_ref().map(Estimate::from),
            wider: figures.is_wider,
        }
    }
}

impl WordsRecord {
    /// Which pairs cost most, in a sentence; `None` where none costs anything.
    pub(crate) fn sentence(&self) -> Option<String> {
        if self.top.is_empty() {
            return None;
        }

        let pairs: Vec<String> = self
            .top
            .iter()
            .map(|pair| format!("{} -> {} {:.1}", pair.from, pair.to, pair.errors))
            .collect();
        Some(format!(
            "{}; in errors: {}.",
            self.carried(),
            pairs.join(", ")
        ))
    }

    /// What allowing for other words does to the interval, in a sentence; `None` where it is no wider.
    pub(crate) fn caution(&self, cluster: &str) -> Option<String> {
        let flip = self.flip.as_ref().filter(|_| self.wider)?;
        Some(format!(
            "Caution: allowing for other words as well as for other {cluster}s, nprr.flip is {}, wider than over {cluster}s alone.",
            number::change_with_interval(flip),
        ))
    }

    fn carried(&self) -> String {
        let most = match self.top.len() {
            1 => "The pair of words that costs most".to_owned(),
            count => format!("The {count} pairs of words that cost most"),
        };
        let verb = if self.top.len() == 1 {
            "carries"
        } else {
            "carry"
        };
        let of = number::count(self.pairs, "pair");
        match self.top_share {
            Some(share) => format!(
                "{most}, of {of}, {verb} {:.0} % of the flip cost of {}",
                100.0 * share,
                number::count(usize::try_from(self.flip_errors).unwrap_or(0), "error"),
            ),
            None => format!("{most}, of {of}, {verb} what the others repair"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_pairs_are_named_with_what_they_carry() {
        let pair = |from: &str, to: &str, errors| PairRecord {
            from: from.to_owned(),
            to: to.to_owned(),
            swaps: 3,
            errors,
        };
        let mut record = WordsRecord {
            pairs: 12,
            top: vec![pair("two", "too", 3.0), pair("sea", "see", 0.5)],
            top_share: Some(0.875),
            flip_errors: 4,
            flip: None,
            wider: false,
        };
        assert_eq!(
            record.sentence().unwrap(),
            "The 2 pairs of words that cost most, of 12 pairs, carry 88 % of the flip cost of 4 errors; in errors: \
             two -> too 3.0, sea -> see 0.5."
        );
        assert_eq!(record.caution("speaker"), None);

        record.top.pop();
        record.top_share = None;
        assert_eq!(
            record.sentence().unwrap(),
            "The pair of words that costs most, of 12 pairs, carries what the others repair; in errors: two -> too 3.0."
        );
    }
}
