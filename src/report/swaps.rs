//! What a check could swap, and what its rules left out, as reports say it.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::perturb::left_out::SwapCounts;
use crate::perturb::rules::Rule;
use crate::report::number;

/// What a check could swap. A swap is a word at its place in a list and one replacement of it.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SwapsRecord {
    /// Words of the hypotheses that the check touches.
    pub words: usize,
    /// Those of them that can be swapped.
    pub swappable_words: usize,
    /// Swaps there are.
    pub swaps: usize,
    /// Swaps of words that sound alike that each rule leaves out, by the rule's key in suites; each
    /// counts for the first rule that leaves it out.
    pub left_out: BTreeMap<String, usize>,
}

impl From<&SwapCounts> for SwapsRecord {
    fn from(counts: &SwapCounts) -> SwapsRecord {
        let rules = Rule::ALL.into_iter().zip(counts.left_out);
        SwapsRecord {
            words: counts.words,
            swappable_words: counts.swappable,
            swaps: counts.swaps,
            left_out: rules
                .map(|(rule, count)| (rule.name().to_owned(), count))
                .collect(),
        }
    }
}

impl SwapsRecord {
    /// In a sentence: `1,210 of 3,442 words can be swapped, in 2,001 ways; left out: 310 by
    /// min_frequency, 12 by exclude`.
    pub fn sentence(&self) -> String {
        let mut text = format!(
            "{} of {} words can be swapped, in {} ways",
            number::whole(self.swappable_words),
            number::whole(self.words),
            number::whole(self.swaps),
        );
        let mut left_out: Vec<(&String, &usize)> = self
            .left_out
            .iter()
            .filter(|(_, count)| **count > 0)
            .collect();
        left_out.sort_by_key(|&(rule, count)| (std::cmp::Reverse(count), rule));

        let left_out: Vec<String> = left_out
            .into_iter()
            .map(|(rule, count)| format!("{} {}", number::whole(*count), by(rule)))
            .collect();

        if !left_out.is_empty() {
            text.push_str("; left out: ");
            text.push_str(&left_out.join(", "));
        }

        text
    }
}

/// Which rule left swaps out: by its key in suites, or what it says where it has none.
fn by(rule: &str) -> String {
    if rule == Rule::OddWords.name() {
        format!("as {}", Rule::OddWords.reason())
    } else {
        format!("by {rule}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_left_out_is_told_by_rule() {
        let mut counts = SwapCounts {
            words: 1000,
            swappable: 400,
            swaps: 1200,
            ..SwapCounts::default()
        };
        let record = SwapsRecord::from(&counts);
        assert_eq!(record.left_out.len(), Rule::ALL.len());
        assert_eq!(
            record.sentence(),
            "400 of 1,000 words can be swapped, in 1,200 ways"
        );
        counts.left_out[Rule::MinFrequency as usize] = 12;
        counts.left_out[Rule::Exclude as usize] = 7;
        counts.left_out[Rule::OddWords as usize] = 3;
        assert_eq!(
            SwapsRecord::from(&counts).sentence(),
            "400 of 1,000 words can be swapped, in 1,200 ways; left out: 12 by min_frequency, 7 by \
            exclude, 3 as a letter, an abbreviation or an odd word"
        );
    }
}
