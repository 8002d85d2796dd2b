//! The records of `report.json`: names, units and order of its fields.

use crate::harness::figures::CleanFigures;
use crate::harness::figures::Figures;
use crate::harness::figures::WerFigure;
use crate::report::looks::LooksRecord;
use crate::report::slices::SlicesRecord;
use crate::rescore::TokenCounts;
use crate::stats::ratio::Ratio;
use serde::Deserialize;
use serde::Serialize;

/// A number with its two-sided interval; ends are null where the data do not bound them.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Estimate {
    /// The estimate; null where it is undefined.
    pub value: Option<f64>,
    /// The lower end.
    pub low: Option<f64>,
    /// The upper end.
    pub high: Option<f64>,
    /// The coverage of the interval, in 0..1.
    pub confidence: f64,
}

impl From<&Ratio> for Estimate {
    /// Fieller's interval: the one that is right with few clusters.
    fn from(ratio: &Ratio) -> Estimate {
        let bounded = ratio.fieller.bounded();
        Estimate {
            value: finite(ratio.ratio),
            low: bounded.and_then(|interval| finite(interval.low)),
            high: bounded.and_then(|interval| finite(interval.high)),
            confidence: ratio.delta.confidence,
        }
    }
}

/// JSON has no NaN and no infinity.
pub(crate) fn finite(value: f64) -> Option<f64> {
    value.is_finite().then_some(value)
}

/// A word error rate.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Wer {
    /// Errors over reference words, with its interval.
    pub rate: Estimate,
    /// Substituted words.
    pub substitutions: usize,
    /// Inserted words.
    pub insertions: usize,
    /// Deleted words.
    pub deletions: usize,
    /// Words of the references, once per draw.
    pub reference_words: usize,
}

impl From<&WerFigure> for Wer {
    fn from(figure: &WerFigure) -> Wer {
        Wer {
            rate: Estimate::from(&figure.rate),
            substitutions: figure.errors.substitutions,
            insertions: figure.errors.insertions,
            deletions: figure.errors.deletions,
            reference_words: figure.errors.reference_words,
        }
    }
}

/// What was tested.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ModelRecord {
    /// As named on the command line.
    pub name: String,
    /// What it is: `first-pass`, `oracle`, `bert`.
    pub kind: String,
    /// Hash of the model's files; null where there are none.
    pub content_hash: Option<String>,
    /// Which score head, where there is a model.
    pub head: Option<String>,
    /// The interpolation weight of the second pass.
    pub weight: f64,
    /// What first-pass scores are multiplied with.
    pub first_pass_scale: f64,
    /// Longer texts are cut to this many tokens.
    pub max_length: Option<usize>,
}

impl ModelRecord {
    /// Whether both are known to give every text the same total, whatever they are called.
    pub fn scores_as(&self, other: &ModelRecord) -> bool {
        let needs_files = !matches!(self.kind.as_str(), "first-pass" | "oracle");
        self.kind == other.kind
            && self.content_hash == other.content_hash
            && !(needs_files && self.content_hash.is_none())
            && self.weight.total_cmp(&other.weight).is_eq()
            && self
                .first_pass_scale
                .total_cmp(&other.first_pass_scale)
                .is_eq()
            && (&self.head, self.max_length) == (&other.head, other.max_length)
    }
}

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
    /// Tokens of all distinct texts that the model read; absent for a model without tokens.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tokens: Option<TokensRecord>,
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

/// The lists as they are.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CleanRecord {
    /// The rescorer's picks.
    pub model: Wer,
    /// The first pass's favourites.
    pub first_pass: Wer,
    /// The best hypothesis of each list.
    pub oracle: Wer,
    /// Model minus first pass, in word error rate (0.01 is one percentage point).
    pub difference: Estimate,
    /// Exact two-sided sign-flip probability of a difference at least as large, over clusters; null where it cannot be had.
    pub difference_p: Option<f64>,
}

impl CleanRecord {
    /// The record of `figures`, with the probability that the harness found.
    pub fn new(figures: &CleanFigures, difference_p: Option<f64>) -> CleanRecord {
        CleanRecord {
            model: Wer::from(&figures.model),
            first_pass: Wer::from(&figures.first_pass),
            oracle: Wer::from(&figures.oracle),
            difference: Estimate::from(&figures.difference),
            difference_p,
        }
    }
}

/// How much of the corpus a check touched.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Coverage {
    /// Lists: utterances times draws.
    pub lists: usize,
    /// Lists in which at least one word was swapped.
    pub perturbed_lists: usize,
    /// Utterances in which at least one word was swapped in some draw.
    pub perturbed_utterances: usize,
    /// Words swapped.
    pub substitutions: usize,
}

/// The word error rates of a check.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CheckWers {
    /// The model on the clean lists.
    pub clean: Wer,
    /// The perturbed text of the model's pick.
    pub text: Wer,
    /// The original text of the model's pick under perturbation.
    pub selection: Wer,
    /// The first pass alone on the clean lists.
    pub first_pass_clean: Wer,
    /// The first pass alone on the perturbed lists.
    pub first_pass_text: Wer,
    /// The best text of each perturbed list.
    pub oracle_text: Wer,
}

/// The three NPRRs.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Nprr {
    /// `(WER_text - WER_clean) / WER_clean`.
    pub rel: Estimate,
    /// `(WER_selection - WER_clean) / WER_clean`.
    pub selection: Estimate,
    /// `(WER_text - WER_clean)` of the model over the same of the first pass.
    pub pass: Estimate,
}

/// How often the pick changes.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Flips {
    /// Lists whose pick changes.
    pub count: usize,
    /// Their share of all lists.
    pub rate: Estimate,
    /// Lists whose pick changes to one with worse original text.
    pub harmful_count: usize,
    /// Their share of all lists.
    pub harmful_rate: Estimate,
}

/// The draw with the highest word error rate.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct WorstDraw {
    /// Which draw, from 0.
    pub draw: usize,
    /// Its word error rate (`text`).
    pub wer_text: Option<f64>,
}

/// What a check asked for.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Asked {
    /// The perturbation in words.
    pub perturbation: String,
    /// Which degradation is judged: `selection` or `text`.
    pub gate: String,
    /// The largest relative degradation that passes; null if not asked for.
    pub relative_margin: Option<f64>,
    /// The largest absolute degradation of the word error rate that passes; null if not asked for.
    pub absolute_margin: Option<f64>,
    /// The probability of a wrong verdict that is accepted.
    pub alpha: f64,
    /// Draws per utterance.
    pub draws: usize,
}

/// A probability from each of the methods of the gate.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct GateRecord {
    /// Which margin: `relative` or `absolute`.
    pub margin: String,
    /// The margin.
    pub value: f64,
    /// One-sided t test over clusters that the degradation is below the margin.
    pub p_pass_t: f64,
    /// The same by bootstrap-t; null where it could not be computed.
    pub p_pass_bootstrap_t: Option<f64>,
    /// The same t test with the worst cluster counted twice.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub p_pass_worst_twice: Option<f64>,
    /// One-sided t test over clusters that the degradation is above the margin.
    pub p_fail: f64,
    /// The smallest margin that would pass all of them; null if none would.
    pub smallest_passing_margin: Option<f64>,
    /// About how many clusters give a verdict with a probability of 80 % if what was measured is the truth.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub clusters_for_a_verdict: Option<u64>,
}

/// The decision.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct VerdictRecord {
    /// `pass`, `fail`, `inconclusive` or `identical`.
    pub verdict: String,
    /// The decision in a sentence or two.
    pub wording: String,
    /// Adjusted probability behind a PASS.
    pub p_pass: f64,
    /// Adjusted probability behind a FAIL.
    pub p_fail: f64,
    /// How probabilities were adjusted over the checks of the run.
    pub adjustment: String,
    /// One per margin.
    pub gates: Vec<GateRecord>,
    /// What to know before trusting it.
    pub flags: Vec<String>,
    /// Everything needed to compare with another run, in a line.
    pub signature: String,
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
    /// The word error rates.
    pub wer: CheckWers,
    /// The three NPRRs.
    pub nprr: Nprr,
    /// How often the pick changes.
    pub flips: Flips,
    /// Mean of Kendall's tau between the clean and the perturbed order of each list.
    pub kendall_tau: Option<f64>,
    /// The draw with the highest word error rate.
    pub worst_draw: WorstDraw,
    /// How much of the corpus was touched.
    pub coverage: Coverage,
    /// The looks at its results, where it could end early.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub looks: Option<LooksRecord>,
    /// Where the degradation is.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub slices: Option<SlicesRecord>,
}

/// The measured part of a check's record.
#[derive(Debug, Clone, PartialEq)]
pub struct Measured {
    /// See [`CheckRecord::wer`].
    pub wer: CheckWers,
    /// See [`CheckRecord::nprr`].
    pub nprr: Nprr,
    /// See [`CheckRecord::flips`].
    pub flips: Flips,
    /// See [`CheckRecord::worst_draw`].
    pub worst_draw: WorstDraw,
    /// See [`CheckRecord::coverage`].
    pub coverage: Coverage,
}

impl From<&Figures> for Measured {
    fn from(figures: &Figures) -> Measured {
        Measured {
            wer: CheckWers {
                clean: Wer::from(&figures.clean),
                text: Wer::from(&figures.text),
                selection: Wer::from(&figures.selection),
                first_pass_clean: Wer::from(&figures.first_pass_clean),
                first_pass_text: Wer::from(&figures.first_pass_text),
                oracle_text: Wer::from(&figures.oracle_text),
            },
            nprr: Nprr {
                rel: Estimate::from(&figures.nprr.rel),
                selection: Estimate::from(&figures.nprr.selection),
                pass: Estimate::from(&figures.nprr.pass),
            },
            flips: Flips {
                count: figures.flip_count,
                rate: Estimate::from(&figures.flips),
                harmful_count: figures.harmful_flip_count,
                harmful_rate: Estimate::from(&figures.harmful_flips),
            },
            worst_draw: WorstDraw {
                draw: figures.worst_draw.draw,
                wer_text: figures.worst_draw.text.rate(),
            },
            coverage: Coverage {
                lists: figures.lists,
                perturbed_lists: figures.perturbed_lists,
                perturbed_utterances: figures.perturbed_utterances,
                substitutions: figures.substitutions,
            },
        }
    }
}

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
}
