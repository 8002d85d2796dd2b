//! The records of `report.json`: names, units and order of its fields.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::check::judge::clustering::{ClusterUnit, Clustering};
use crate::check::judge::figures::{CleanFigures, Figures};
use crate::check::judge::levels::GAIN_LEVEL;
use crate::check::judge::looks::Looks;
use crate::check::judge::slices::Slices;
use crate::check::judge::words::WordFigures;
use crate::report::number;
use crate::report::swaps::SwapsRecord;
use crate::report::verdict::{Asked, VerdictRecord};
use crate::rescore::TokenCounts;

/// What the model was tested on.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct NbestRecord {
    /// The files, by name, sorted.
    pub files: Vec<String>,
    /// Hash of the lists as read.
    pub content_hash: String,
    /// What was done to every text before anything else.
    pub normalization: String,
    /// Utterances.
    pub utterances: usize,
    /// Words of the references.
    pub reference_words: usize,
    /// Distinct hypotheses.
    pub hypotheses: usize,
    /// What the independent observations are: `speaker` or `utterance`.
    pub cluster: String,
    /// How many of them.
    pub clusters: usize,
    /// How many there would be if those that hold copies of one list were not one; absent where no
    /// copies are.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub clusters_apart: Option<usize>,
    /// How many voices are behind them; absent where some list does not name its own.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub voices: Option<usize>,
    /// Hypotheses that repeated another of their list and were merged.
    pub merged_duplicates: usize,
    /// Utterances without scores: the rank stands in.
    pub rank_stands_in: usize,
    /// Utterances with a single hypothesis: no rescorer can choose.
    pub single_hypothesis: usize,
    /// Utterances whose reference is empty.
    pub empty_references: usize,
    /// Hypotheses without a word.
    pub empty_hypotheses: usize,
    /// Words of hypotheses that the lexicon does not know, of all words of hypotheses.
    pub out_of_lexicon_words: usize,
    /// Words of hypotheses.
    pub hypothesis_words: usize,
    /// Texts longer than the model reads, which were cut.
    pub truncated_texts: usize,
    /// All distinct texts that the model read; absent where none was cut, or nobody counts them.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub read_texts: Option<usize>,
    /// Tokens of all distinct texts that the model read; absent for a model without tokens.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tokens: Option<TokensRecord>,
}

impl NbestRecord {
    /// How many texts were cut, of how many if that is known.
    pub(crate) fn cut_texts(&self) -> String {
        let cut = number::count(self.truncated_texts, "text");
        self.read_texts.map_or_else(
            || cut.clone(),
            |texts| {
                let texts = number::count(texts, "text");
                format!("{} of {texts}", number::whole(self.truncated_texts))
            },
        )
    }

    /// How many utterances of how many speakers.
    pub(crate) fn sizes(&self) -> String {
        if self.cluster == ClusterUnit::Utterance.name() {
            return self.independent();
        }

        let lists = number::count(self.utterances, "list");
        format!("{lists}, {}", self.observations())
    }

    /// How much there is of it, in words.
    pub(crate) fn amounts(&self) -> String {
        format!(
            "{}, {}, {}{}",
            number::count(self.utterances, "utterance"),
            number::count(self.reference_words, "word"),
            number::count(self.hypotheses, "hypothesis"),
            self.beside_utterances(),
        )
    }

    /// The independent observations behind a comma, where utterances were counted before:
    /// `, 60 speakers (12 voices)`. Without speakers these are the utterances themselves.
    pub(crate) fn beside_utterances(&self) -> String {
        if self.cluster != ClusterUnit::Utterance.name() {
            return format!(", {}", self.observations());
        }
        let voices = self.voices.map(|voices| number::count(voices, "voice"));
        voices.map_or_else(String::new, |voices| format!(", {voices}"))
    }

    /// The independent observations, and the voices behind them where they are known:
    /// `60 speakers (12 voices)`.
    pub(crate) fn observations(&self) -> String {
        let observations = self.independent();
        match self.voices {
            Some(voices) => format!("{observations} ({})", number::count(voices, "voice")),
            None => observations,
        }
    }

    /// The independent observations, as [`independent`] tells them.
    pub(crate) fn independent(&self) -> String {
        independent(self.clusters, self.clusters_apart, &self.cluster)
    }

    /// The same without what they are.
    pub(crate) fn independent_count(&self) -> String {
        let seeming = self.clusters_apart.unwrap_or(self.clusters);
        number::whole(seeming) + &joining(self.clusters, self.clusters_apart)
    }
}

/// How many clusters there would be if those that hold copies of one list were not one; `None`
/// where no copies are.
pub(crate) fn apart(clustering: &Clustering) -> Option<usize> {
    Some(clustering.apart).filter(|apart| *apart != clustering.count)
}

/// The independent observations, and how many they would seem to be:
/// `34 speakers, joined to 17 by copies of lists`.
pub(crate) fn independent(clusters: usize, apart: Option<usize>, cluster: &str) -> String {
    number::count(apart.unwrap_or(clusters), cluster) + &joining(clusters, apart)
}

/// What copies leave of them, if there are some.
fn joining(clusters: usize, apart: Option<usize>) -> String {
    apart.map_or_else(String::new, |_| {
        format!(", joined to {} by copies of lists", number::whole(clusters))
    })
}

/// What a model read.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TokensRecord {
    /// Tokens of all distinct texts, clean and perturbed.
    pub read: usize,
    /// Those that are unknown to the model (`[UNK]`).
    pub unknown: usize,
    /// Their share, 0 to 1; null without tokens.
    pub unknown_share: Option<f64>,
}

impl From<TokenCounts> for TokensRecord {
    fn from(counts: TokenCounts) -> TokensRecord {
        TokensRecord {
            read: counts.tokens,
            unknown: counts.unknown,
            unknown_share: counts.unknown_share(),
        }
    }
}

/// Where replacement words came from.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LexiconRecord {
    /// The file's name, or that of the embedded lexicon.
    pub name: String,
    /// Hash of its content.
    pub content_hash: String,
}

/// By which test no gain is shown on the `clean` lists, over `clusters`: the one whose probability
/// stands beside the gain, unless that one would show it.
pub(crate) fn unshown_by(clean: &CleanFigures, cluster: &str) -> String {
    match (clean.difference_p, clean.gain_p) {
        (Some(p), _) if p > 2.0 * GAIN_LEVEL => format!(
            "the exact sign-flip test over {cluster}s (p {})",
            number::probability(p)
        ),
        (_, Some(p)) => format!(
            "the t test over {cluster}s (one-sided p {})",
            number::probability(p)
        ),
        (_, None) => format!("the t test over {cluster}s"),
    }
}

/// One check.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CheckRecord {
    /// The suite it stands in.
    pub suite: String,
    /// Hash of the suite's content.
    pub suite_hash: String,
    /// The check's name.
    pub check: String,
    /// What it asked for.
    pub asked: Asked,
    /// The decision.
    pub verdict: VerdictRecord,
    /// What it measured.
    #[serde(flatten)]
    pub figures: Figures,
    /// What it could swap, and what its rules left out.
    #[serde(default)]
    pub swaps: SwapsRecord,
    /// Which words its flip cost comes from.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub words: Option<WordFigures>,
    /// The looks at its results, where it could end early.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub looks: Option<Looks>,
    /// Where the degradation is.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub slices: Option<Slices>,
}

/// A figure that is read off a check; `None` where it is undefined.
pub(crate) type Figure = fn(&CheckRecord) -> Option<f64>;

/// Time and place of a run.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RunRecord {
    /// When it began: RFC 3339, UTC.
    pub started: String,
    /// The machine's name.
    pub host: String,
    /// Seconds it took.
    pub duration_s: f64,
    /// Where the model ran.
    pub device: String,
    /// Threads.
    pub jobs: usize,
    /// The report's folder, as named on the command line; absent where there is none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub out: Option<String>,
    /// Options of how a program or a server was asked that were typed, as `timeout` for
    /// `--timeout`: no score depends on them.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub asked_with: BTreeMap<String, String>,
    /// Scores that came from the cache of `--cache`; absent without one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cached_scores: Option<usize>,
    /// Scores that the cache lacked, so that the model was asked for them; absent without one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub uncached_scores: Option<usize>,
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::check::judge::estimate::Estimate;
    use crate::check::judge::figures::Wer;
    use crate::nbest::wer::WordErrors;
    use crate::stats::fieller::{Ratio, ratio_of_sums};

    #[test]
    fn joined_clusters_are_told_with_what_they_seem_to_be() {
        assert_eq!(independent(17, None, "speaker"), "17 speakers");
        assert_eq!(
            independent(17, Some(34), "speaker"),
            "34 speakers, joined to 17 by copies of lists"
        );
    }

    /// Of speakers of whom one has nearly all lists, sign flips show a gain that a t test does not:
    /// scipy.stats.ttest_1samp gives 0.156 for a run with 580 of 600 lists from one of 20.
    #[test]
    fn a_gain_is_not_shown_by_a_test_that_is_named() {
        let rate: Ratio = ratio_of_sums(&[1.0, 2.0], &[10.0, 10.0], 0.95);
        let wer = Wer::new(WordErrors::default(), &rate);
        let clean = |difference_p, gain_p| CleanFigures {
            model: wer.clone(),
            first_pass: wer.clone(),
            oracle: wer.clone(),
            difference: Estimate::from(&rate),
            difference_p,
            gain_p,
            gain_shown: false,
            clusters: Vec::new(),
        };

        for (difference_p, gain_p, expected) in [
            (
                Some(0.125),
                Some(0.0194),
                "the exact sign-flip test over speakers (p 0.1250)",
            ),
            (
                Some(1.9e-6),
                Some(0.156_04),
                "the t test over speakers (one-sided p 0.1560)",
            ),
            (None, None, "the t test over speakers"),
        ] {
            let said = unshown_by(&clean(difference_p, gain_p), "speaker");
            assert_eq!(said, expected);
        }
    }
}
