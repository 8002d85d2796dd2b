//! What a check measured, in `report.json`: word error rates, NPRRs, gains, changes of mind.

use serde::{Deserialize, Serialize};

use crate::check::judge::figures::{Figures, Share};
use crate::report::record::{Coverage, Estimate, TouchedRecord, Wer};

/// The word error rates of a check.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CheckWers {
    /// The model on the clean lists.
    pub clean: Wer,
    /// The perturbed text of the model's clean pick.
    pub kept: Wer,
    /// The perturbed text of the model's pick.
    pub text: Wer,
    /// The first pass alone on the clean lists.
    pub first_pass_clean: Wer,
    /// The first pass alone on the perturbed lists.
    pub first_pass_text: Wer,
    /// The best hypothesis of each clean list.
    pub oracle_clean: Wer,
    /// The best text of each perturbed list.
    pub oracle_text: Wer,
}

impl CheckWers {
    /// Each with its name, as tables list them.
    pub(crate) fn named(&self) -> [(&'static str, &Wer); 7] {
        [
            ("clean", &self.clean),
            ("kept: perturbed text of the clean pick", &self.kept),
            ("text: perturbed text of the pick", &self.text),
            ("first pass, clean", &self.first_pass_clean),
            ("first pass, perturbed", &self.first_pass_text),
            ("oracle, clean", &self.oracle_clean),
            ("oracle, perturbed", &self.oracle_text),
        ]
    }
}

/// The NPRRs; `rel = injected + flip`, exactly so in errors.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Nprr {
    /// `(WER_text - WER_clean) / WER_clean`.
    pub rel: Estimate,
    /// `(WER_kept - WER_clean) / WER_clean`: what the swaps did to the clean picks.
    pub injected: Estimate,
    /// `(WER_text - WER_kept) / WER_clean`: what changes of mind added.
    pub flip: Estimate,
    /// `(WER_text - WER_clean)` of the model over the same of the first pass.
    pub pass: Estimate,
    /// The errors behind them.
    pub errors: NprrErrors,
}

/// Errors over all lists, each once per draw; `extra = injected + flip`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct NprrErrors {
    /// Of the picks from the clean lists.
    pub clean: i64,
    /// More than those, on the perturbed lists.
    pub extra: i64,
    /// More than those, had no pick changed.
    pub injected: i64,
    /// More than that, since picks changed; negative where fewer.
    pub flip: i64,
}

/// A difference of word error rates (0.01 is one percentage point), on the clean and on the perturbed lists.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct BeforeAfter {
    /// On the clean lists.
    pub clean: Estimate,
    /// On the perturbed lists.
    pub perturbed: Estimate,
}

/// How much lower the word error rate is than that of the first pass.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Gain {
    /// On the clean lists.
    pub clean: Estimate,
    /// On the perturbed lists.
    pub perturbed: Estimate,
    /// Perturbed over clean gain; null where the clean gain is not shown to be above 0.
    pub kept: Option<Estimate>,
}

/// How often the pick changes, as shares of all lists.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Flips {
    /// All changes.
    pub all: ShareRecord,
    /// To a hypothesis with more errors than the clean pick, both read with their swaps.
    pub harmful: ShareRecord,
    /// To one with as many.
    pub neutral: ShareRecord,
    /// To one with fewer.
    pub helpful: ShareRecord,
}

/// How many of some lists.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ShareRecord {
    /// Lists for which it is so.
    pub count: usize,
    /// Of how many.
    pub of: usize,
    /// Their share; null of no lists.
    pub rate: Estimate,
}

impl From<&Share> for ShareRecord {
    fn from(share: &Share) -> ShareRecord {
        ShareRecord {
            count: share.count,
            of: share.of,
            rate: Estimate::from(&share.rate),
        }
    }
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

/// The measured part of a check's record.
#[derive(Debug, Clone, PartialEq)]
pub struct Measured {
    /// See [`CheckRecord::wer`](crate::report::record::CheckRecord::wer).
    pub wer: CheckWers,
    /// See [`CheckRecord::gain`](crate::report::record::CheckRecord::gain).
    pub gain: Gain,
    /// See [`CheckRecord::regret`](crate::report::record::CheckRecord::regret).
    pub regret: BeforeAfter,
    /// See [`CheckRecord::nprr`](crate::report::record::CheckRecord::nprr).
    pub nprr: Nprr,
    /// See [`CheckRecord::flip_cost`](crate::report::record::CheckRecord::flip_cost).
    pub flip_cost: Estimate,
    /// See [`CheckRecord::flips`](crate::report::record::CheckRecord::flips).
    pub flips: Flips,
    /// See [`CheckRecord::repairs`](crate::report::record::CheckRecord::repairs).
    pub repairs: ShareRecord,
    /// See [`CheckRecord::worst_draw`](crate::report::record::CheckRecord::worst_draw).
    pub worst_draw: WorstDraw,
    /// See [`CheckRecord::coverage`](crate::report::record::CheckRecord::coverage).
    pub coverage: Coverage,
}

impl From<&Figures> for Measured {
    fn from(figures: &Figures) -> Measured {
        Measured {
            wer: CheckWers {
                clean: Wer::from(&figures.clean),
                kept: Wer::from(&figures.kept),
                text: Wer::from(&figures.text),
                first_pass_clean: Wer::from(&figures.first_pass_clean),
                first_pass_text: Wer::from(&figures.first_pass_text),
                oracle_clean: Wer::from(&figures.oracle_clean),
                oracle_text: Wer::from(&figures.oracle_text),
            },
            gain: Gain {
                clean: Estimate::from(&figures.gain.rates.clean),
                perturbed: Estimate::from(&figures.gain.rates.perturbed),
                kept: figures.gain.kept.as_ref().map(Estimate::from),
            },
            regret: BeforeAfter {
                clean: Estimate::from(&figures.regret.clean),
                perturbed: Estimate::from(&figures.regret.perturbed),
            },
            nprr: Nprr {
                rel: Estimate::from(&figures.nprr.rel),
                injected: Estimate::from(&figures.nprr.injected),
                flip: Estimate::from(&figures.nprr.flip),
                pass: Estimate::from(&figures.nprr.pass),
                errors: NprrErrors {
                    clean: figures.sums.clean,
                    extra: figures.sums.extra(),
                    injected: figures.sums.injected(),
                    flip: figures.sums.flip(),
                },
            },
            flip_cost: Estimate::from(&figures.flip_cost),
            flips: Flips {
                all: ShareRecord::from(&figures.flips.all),
                harmful: ShareRecord::from(&figures.flips.harmful),
                neutral: ShareRecord::from(&figures.flips.neutral),
                helpful: ShareRecord::from(&figures.flips.helpful),
            },
            repairs: ShareRecord::from(&figures.repairs),
            worst_draw: WorstDraw {
                draw: figures.worst_draw.draw,
                wer_text: figures.worst_draw.text.rate(),
            },
            coverage: Coverage {
                lists: figures.lists,
                perturbed_lists: figures.perturbed_lists,
                perturbed_utterances: figures.perturbed_utterances,
                substitutions: figures.substitutions,
                touched: Some(TouchedRecord::from(&figures.touched)),
            },
        }
    }
}
