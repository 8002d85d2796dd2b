//! How both passes were weighed on development lists: the file that later runs read, and what
//! people see.

use serde::{Deserialize, Serialize};

use crate::check::judge::clustering::{ClusterUnit, Clustering};
use crate::check::judge::estimate::Estimate;
use crate::check::judge::figures::CleanFigures;
use crate::nbest::read::Corpus;
use crate::report::model_kind::ModelKind;
use crate::report::model_record::ModelRecord;
use crate::report::number;
use crate::report::record::{apart, independent};
use crate::report::shown::{short_hash, shown};
use crate::report::terminal::short;
use crate::report::wrap::fitted;
use crate::rescore::tuning::is_at_end;
use crate::rescore::{Interpolation, LARGEST_FACTOR};
use crate::suite::document::{line, problem};

/// The version of the file; any other is refused.
const FORMAT_VERSION: u32 = 1;

/// The first line of the file.
pub(crate) const HEADER: &str =
    "# Weight and first-pass scale, tuned by robustness-check: --interpolation FILE uses them.";

/// A warning where the first-pass scale that was found is at an end of what is tried.
pub(crate) fn scale_at_end(scale: f64) -> Option<String> {
    is_at_end(scale).then(|| {
        format!(
            "the best first-pass scale, {scale}, is at the end of what is tried: do first-pass \
             scores say which hypothesis is right (--costs)?"
        )
    })
}

/// What was found.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct TuningRecord {
    /// 1.
    format_version: u32,
    /// Name and version of the program.
    pub(crate) tool: String,
    /// The weight of the second pass.
    pub(crate) weight: f64,
    /// What first-pass scores are multiplied with.
    pub(crate) first_pass_scale: f64,
    /// The model.
    pub(crate) model: TunedModel,
    /// The lists that it was tuned on.
    pub(crate) lists: TunedLists,
    /// Word error rates on these lists.
    pub(crate) wer: TunedWers,
}

/// The model that was tuned.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct TunedModel {
    /// As named on the command line.
    pub(crate) name: String,
    /// What it is, as in a report.
    pub(crate) kind: ModelKind,
    /// Hash of its files; absent where there are none.
    pub(crate) content_hash: Option<String>,
}

/// The lists that a model was tuned on.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct TunedLists {
    /// The files, by name, sorted.
    pub(crate) files: Vec<String>,
    /// Hash of the lists as read.
    pub(crate) content_hash: String,
    /// What was done to every text before anything else.
    pub(crate) normalization: String,
    /// Utterances.
    pub(crate) utterances: usize,
    /// Those of them without first-pass scores, where minus the rank stands in; absent in older
    /// files.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) rank_stands_in: Option<usize>,
    /// Words of the references.
    pub(crate) reference_words: usize,
    /// What the independent observations are: `speaker` or `utterance`.
    pub(crate) cluster: String,
    /// How many of them.
    pub(crate) clusters: usize,
    /// How many there would be if those that hold copies of one list were not one; absent where no
    /// copies are.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) clusters_apart: Option<usize>,
}

/// Word error rates on the lists that a model was tuned on.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct TunedWers {
    /// Of the first pass; undefined and absent without words, as are the others.
    pub(crate) first_pass: Option<f64>,
    /// Of the best of each list.
    pub(crate) oracle: Option<f64>,
    /// Of the model as it was weighed before.
    pub(crate) before: Option<f64>,
    /// Of the model as it is weighed here.
    pub(crate) after: Option<f64>,
    /// `before` minus that of the first pass, with the interval that `gain_shown` goes by.
    pub(crate) difference_before: Estimate,
    /// `after` minus that of the first pass, with the interval that `gain_shown` goes by.
    pub(crate) difference_after: Estimate,
    /// Whether the model is shown to have fewer errors than the first pass: one-sided, at 5 %, on
    /// the very lists that it was tuned on.
    pub(crate) gain_shown: bool,
}

/// A model weighed in one way.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Weighed<'a> {
    /// How.
    pub(crate) interpolation: Interpolation,
    /// What that gives.
    pub(crate) figures: &'a CleanFigures,
}

/// A file of [`TuningRecord`] could not be read.
#[derive(Debug, thiserror::Error)]
pub(crate) enum ReadError {
    /// Not what `tune` writes.
    #[error("line {line}: {message}: not a file that `robustness-check tune` wrote")]
    Toml {
        /// The line, from 1.
        line: usize,
        /// What is wrong with it, in one line.
        message: String,
    },
    /// Of another version of the program.
    #[error("format_version is {0}, this program reads {FORMAT_VERSION}: tune again")]
    Version(u32),
    /// No such weight can be used.
    #[error("{field} is {value}: expected a number from {least} to {LARGEST_FACTOR}")]
    Number {
        /// Which one.
        field: &'static str,
        /// What it is.
        value: f64,
        /// What it is at least.
        least: f64,
    },
}

impl TuningRecord {
    /// What tuning `model` on `corpus` came to.
    pub(crate) fn new(
        model: &ModelRecord,
        corpus: &Corpus,
        clustering: &Clustering,
        before: Weighed<'_>,
        after: Weighed<'_>,
    ) -> TuningRecord {
        let facts = &corpus.facts;
        let rate = |of: &CleanFigures| of.model.rate.value;

        TuningRecord {
            format_version: FORMAT_VERSION,
            tool: format!("mondegreen {}", env!("CARGO_PKG_VERSION")),
            weight: after.interpolation.weight,
            first_pass_scale: after.interpolation.first_pass_scale,
            model: TunedModel {
                name: model.name.clone(),
                kind: model.kind,
                content_hash: model.content_hash.clone(),
            },
            lists: TunedLists {
                files: facts.files.iter().map(|(name, _)| name.clone()).collect(),
                content_hash: facts.content_hash.clone(),
                normalization: facts.normalization.clone(),
                utterances: corpus.utterances.len(),
                rank_stands_in: Some(facts.rank_stands_in),
                reference_words: after.figures.model.reference_words,
                cluster: clustering.unit.name().to_owned(),
                clusters: clustering.count,
                clusters_apart: apart(clustering),
            },
            wer: TunedWers {
                first_pass: after.figures.first_pass.rate.value,
                oracle: after.figures.oracle.rate.value,
                before: rate(before.figures),
                after: rate(after.figures),
                difference_before: before.figures.difference_as_tested(),
                difference_after: after.figures.difference_as_tested(),
                gain_shown: after.figures.gain_shown,
            },
        }
    }

    /// Reads a file back.
    pub(crate) fn read(text: &str) -> Result<TuningRecord, ReadError> {
        #[derive(Deserialize)]
        struct Version {
            format_version: u32,
        }

        let version: Version = toml::from_str(text).map_err(|error| toml_error(text, &error))?;
        if version.format_version != FORMAT_VERSION {
            return Err(ReadError::Version(version.format_version));
        }

        let record: TuningRecord =
            toml::from_str(text).map_err(|error| toml_error(text, &error))?;
        for (field, value, least) in [
            ("weight", record.weight, -LARGEST_FACTOR),
            ("first_pass_scale", record.first_pass_scale, 0.0),
        ] {
            if !(least..=LARGEST_FACTOR).contains(&value) {
                return Err(ReadError::Number {
                    field,
                    value,
                    least,
                });
            }
        }

        Ok(record)
    }

    /// The file, beginning with [`HEADER`].
    pub(crate) fn render(&self) -> String {
        let fields = toml::to_string(self).expect("plain values become TOML");
        format!("{HEADER}\n{fields}")
    }

    /// Whether it was tuned for this model, as far as can be told.
    pub(crate) fn is_of(&self, model: &ModelRecord) -> bool {
        match (&self.model.content_hash, &model.content_hash) {
            (Some(tuned), Some(found)) => tuned == found,
            // Programs and servers may say nothing of their files: names must do.
            _ => (&self.model.name, self.model.kind) == (&model.name, model.kind),
        }
    }

    /// That it was tuned for another model than `model`, with both in words.
    pub(crate) fn other_model(&self, model: &ModelRecord) -> String {
        let named = |name: &str, hash: Option<&str>| {
            let hash = hash.map_or_else(String::new, |hash| format!(" ({})", short_hash(hash)));
            format!("{name}{hash}")
        };
        format!(
            "weight and first-pass scale were tuned for {}, and the model is {}: tune them for \
            this one",
            named(&self.model.name, self.model.content_hash.as_deref()),
            named(&model.name, model.content_hash.as_deref()),
        )
    }

    /// What people see of it, given how the model was weighed before; broken to fit the `width` of
    /// a terminal.
    pub(crate) fn summary(&self, before: Interpolation, width: Option<usize>) -> String {
        let TuningRecord { lists, wer, .. } = self;
        let line = |weight: f64, scale: f64, rate: Option<f64>, difference: &Estimate| {
            format!(
                "WER {}, {} against the first pass (weight {}, first-pass scale {})",
                number::percent(rate),
                with_level(difference),
                short(weight),
                short(scale),
            )
        };

        let clusters = independent(lists.clusters, lists.clusters_apart, &lists.cluster);
        // Utterances are counted already, unless copies join some.
        let is_said =
            lists.cluster != ClusterUnit::Utterance.name() || lists.clusters_apart.is_some();
        let clusters = if is_said {
            format!(", {clusters}")
        } else {
            String::new()
        };
        let sizes = format!(
            "{}: {}, {}{clusters}; WER {} of the first pass, {} of the oracle",
            shown(&lists.files.join(", ")),
            number::count(lists.utterances, "utterance"),
            number::count(lists.reference_words, "word"),
            number::percent(wer.first_pass),
            number::percent(wer.oracle),
        );
        let rows = [
            ("model", shown(&self.model.name)),
            ("lists", sizes),
            (
                "before",
                line(
                    before.weight,
                    before.first_pass_scale,
                    wer.before,
                    &wer.difference_before,
                ),
            ),
            (
                "after",
                line(
                    self.weight,
                    self.first_pass_scale,
                    wer.after,
                    &wer.difference_after,
                ),
            ),
        ];
        rows.map(|(name, said)| fitted(&format!("{name:<8}"), &said, 8, width))
            .concat()
    }
}

/// A difference with its interval, and of which level that is. An end that lies a whole error rate
/// away bounds nothing, as where there are two observations.
fn with_level(difference: &Estimate) -> String {
    let shown = number::points_with_interval(difference);
    let level = 100.0 * difference.confidence;
    match (difference.value, difference.low, difference.high) {
        (Some(value), Some(low), Some(high)) if high - value > 1.0 || value - low > 1.0 => format!(
            "{} (too few observations for an interval: at {level:.0} % it is over 100 points wide)",
            number::points(Some(value))
        ),
        (_, _, Some(_)) => format!("{shown} ({level:.0} % interval)"),
        _ => shown,
    }
}

/// Where the file is not what it should be. The error itself quotes the line over several of its
/// own.
fn toml_error(text: &str, error: &toml::de::Error) -> ReadError {
    ReadError::Toml {
        line: line(text, error.span().map_or(0, |span| span.start)),
        message: problem(text, error),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_interval_that_bounds_nothing_is_not_shown() {
        let of = |low, high| {
            with_level(&Estimate {
                value: Some(-0.25),
                low: Some(low),
                high: Some(high),
                confidence: 0.9,
            })
        };
        assert_eq!(of(-0.5, 0.0), "-25.00 pp [-50.00, +0.00] (90 % interval)");
        assert_eq!(
            of(-1.8284, 1.3284),
            "-25.00 pp (too few observations for an interval: at 90 % it is over 100 points wide)"
        );
    }

    #[test]
    fn a_summary_fits_a_terminal_and_counts_utterances_once() {
        let text = r#"
            format_version = 1
            tool = "mondegreen"
            weight = 0.5
            first_pass_scale = 0.10511205190671434

            [model]
            name = "exec:python3 scorer.py --with many --options that --are long --and more"
            kind = "exec"

            [wer]
            first_pass = 0.25
            oracle = 0.125
            before = 0.25
            after = 0.2
            gain_shown = true
            difference_before = {value = 0.0, low = -0.01, high = 0.01, confidence = 0.9}
            difference_after = {value = -0.05, low = -0.06, high = -0.04, confidence = 0.9}

            [lists]
            files = ["dev.jsonl"]
            content_hash = "c0"
            normalization = "none"
            utterances = 131
            reference_words = 1197
            cluster = "utterance"
            clusters = 131
        "#;
        let record = TuningRecord::read(text).unwrap();
        let before = Interpolation {
            first_pass_scale: 1.0,
            weight: 1.0,
        };
        let whole = record.summary(before, None);
        assert_eq!(whole.lines().count(), 4, "{whole}");
        assert_eq!(whole.matches("131 utterances").count(), 1, "{whole}");
        for width in [80, 120] {
            let text = record.summary(before, Some(width));
            assert!(
                text.lines().all(|line| line.chars().count() <= width),
                "{text}"
            );
        }
    }
}
