//! What there can be to remark on a rescorer, and what that means for verdicts.

use serde::{Deserialize, Serialize};

use crate::check::engine::agreement::Agreement;
use crate::check::engine::rounding::Rounding;
use crate::check::engine::steadiness::Steadiness;
use crate::check::engine::wrong_way::WrongWay;
use crate::nbest::spelling::{SPELLING_BARRED, SpelledApart};
use crate::stats::verdict::Verdict;

/// The share of unknown tokens above which a reader is warned.
pub const UNKNOWN_WARNED: f64 = 0.05;

/// The share of unknown tokens above which a model is taken to read too little to be judged.
pub const UNKNOWN_BLIND: f64 = 0.5;

/// The share of texts that are longer than the model reads above which a reader is warned.
pub const CUT_WARNED: f64 = 0.05;

/// The share of such texts above which a model is taken to read too little to be judged.
pub const CUT_BLIND: f64 = 0.5;

/// Where second-pass terms differ within lists by less than this share of what first-pass terms
/// differ by, they decide no list but those in which the first pass is all but tied.
pub const DROWNED: f64 = 1e-3;

/// Where a lower precision picks another hypothesis in more than this share of clean lists, what is
/// measured is the rounding as much as the model.
pub const ROUNDING_BARRED: f64 = 0.05;

/// Where even the best hypotheses have more errors than this share of the reference words, lists
/// and references hardly belong together.
pub const FAR_FROM_REFERENCES: f64 = 0.8;

/// The share of the reference words in lists that are so far from their references above which
/// references of other utterances seem to be among them.
pub const FAR_LISTS: f64 = 0.2;

/// The share of lists with one hypothesis above which a reader is warned.
pub const SINGLE_WARNED: f64 = 0.2;

/// The share of these above which too few lists are left in which a model could change its mind.
pub const SINGLE_BARRED: f64 = 0.5;

/// Where more than this share of lists are picked from differently the second time, or would be,
/// what is measured is chance as much as the model.
pub const UNSTEADY_BARRED: f64 = 0.05;

/// The share of picks that chance is expected to change above which a reader is warned.
pub const UNSTEADY_WARNED: f64 = 0.001;

/// Where chance is expected to change more than this share of picks, it must change fewer than
/// [`UNSTEADY_OF_SWAPS`] of those that the swaps do.
pub const UNSTEADY_COMPARED: f64 = 0.01;

/// Where chance is expected to change at least this share of the picks that the swaps change, it
/// explains them as well as the swaps do.
pub const UNSTEADY_OF_SWAPS: f64 = 0.5;

/// The share of lists that are copies of others above which a reader is warned.
pub const COPIES_WARNED: f64 = 0.05;

/// The share of copies above which there are too few lists of their own for a verdict.
pub const COPIES_BARRED: f64 = 0.5;

/// The share of lists in which all first-pass scores are equal above which a reader is warned.
pub const TIED_WARNED: f64 = 0.05;

/// The share of these above which the order of the file decides what the first pass picks.
pub const TIED_BARRED: f64 = 0.2;

/// Something that a reader must know of the rescorer before anything else.
#[derive(Debug, Clone, PartialEq)]
pub enum Remark {
    /// On the clean lists it is shown to make more errors than the first pass.
    WorseThanFirstPass {
        /// Its errors beyond those of the first pass.
        extra_errors: i64,
        /// One-sided exact sign-flip probability, over clusters, corrected for all tests by which a
        /// run fails (Holm).
        p: f64,
        /// How many these are: it and the gates.
        tests: usize,
    },
    /// The interpolation weight is below 0: the texts that the model likes least are preferred.
    NegativeWeight {
        /// The weight.
        weight: f64,
    },
    /// The interpolation weight is 0: the model has no say.
    NoWeight,
    /// Every text has the same second-pass score.
    ConstantScore {
        /// The score.
        score: f64,
        /// Texts that have it.
        texts: usize,
    },
    /// All texts of a list have the same second-pass score, in every list.
    AlikeInLists {
        /// Lists of at least two hypotheses.
        lists: usize,
    },
    /// Every total equals its first-pass term: what the second pass adds is lost in rounding.
    LostInRounding,
    /// Second-pass terms differ by less than [`DROWNED`] of what first-pass terms differ by.
    Drowned {
        /// The ratio of both spreads, summed over the clean lists.
        share: f64,
    },
    /// On no list, clean or perturbed, is another hypothesis picked than the first pass's.
    NeverOverrules {
        /// Lists of at least two hypotheses.
        lists: usize,
    },
    /// No list has two hypotheses: no rescorer can choose.
    NothingToChoose,
    /// Where references are empty, the best hypotheses have more errors than [`FAR_LISTS`] of all
    /// words.
    EmptyReferences {
        /// Empty references.
        empty: usize,
        /// All of them.
        lists: usize,
        /// The errors.
        errors: usize,
    },
    /// The best hypotheses of the clean lists, but those of empty references, have errors in more
    /// than [`FAR_FROM_REFERENCES`] of the words.
    FarFromReferences {
        /// Their word error rate.
        oracle: f64,
    },
    /// More than [`FAR_LISTS`] of the words are in lists whose best hypothesis has errors in more
    /// than [`FAR_FROM_REFERENCES`] of them, though not all lists together have.
    FarLists {
        /// The share of the words.
        share: f64,
    },
    /// More than [`SINGLE_WARNED`] of the lists have one hypothesis.
    SingleHypotheses {
        /// These.
        single: usize,
        /// All lists.
        lists: usize,
    },
    /// The first-pass scores seem to be the wrong way round: the first pass is then no measure of
    /// what the rescorer gains.
    WrongWayRound(WrongWay),
    /// Words of the references are spelled in another way than those of the hypotheses.
    SpelledApart(SpelledApart),
    /// No reference has a word.
    NoReferenceWords,
    /// More than [`COPIES_WARNED`] of the lists are copies of others.
    Copies {
        /// All lists.
        lists: usize,
        /// Those that differ from all before them in reference, texts or scores.
        distinct: usize,
        /// Copies that have no scores, or equal ones, which could tell them apart.
        alike: usize,
    },
    /// In more than [`TIED_WARNED`] of the lists with something to choose all first-pass scores are
    /// equal.
    TiedFirstPass {
        /// How many these are.
        tied: usize,
        /// Lists of at least two hypotheses.
        lists: usize,
    },
    /// Lists that are scored again get other picks, or scores by which some would.
    Unsteady(Unsteadiness),
    /// Shards of one run gave texts different scores.
    ShardsDisagree(Disagreement),
    /// More than [`UNKNOWN_WARNED`] of the tokens are unknown to the model.
    UnknownTokens {
        /// The share.
        share: f64,
        /// Tokens of all distinct texts.
        tokens: usize,
    },
    /// More than [`CUT_WARNED`] of the texts are longer than the model reads, and were cut.
    CutTexts {
        /// How many these are.
        cut: usize,
        /// All distinct texts.
        texts: usize,
    },
    /// The model computes in a lower precision.
    Rounded(Rounding),
}

/// How much of what a run measured is chance, since the model gives a text other scores again.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Unsteadiness {
    /// What became of the lists that were scored twice.
    pub steadiness: Steadiness,
    /// Half of the picks of all clean lists are ahead by no more than this, in total scores.
    pub gap: f64,
    /// The share of picks that differences of this size are expected to change.
    pub by_chance: f64,
    /// The share of picks that the swaps changed; `None` without a perturbed list.
    pub by_swaps: Option<f64>,
}

impl Unsteadiness {
    /// Whether too much is chance for anything to pass.
    fn bars(&self) -> bool {
        let Steadiness { lists, changed, .. } = self.steadiness;
        let explains = |by_swaps: f64| {
            self.by_chance > UNSTEADY_COMPARED && self.by_chance >= UNSTEADY_OF_SWAPS * by_swaps
        };
        changed as f64 > UNSTEADY_BARRED * lists as f64
            || self.by_chance > UNSTEADY_BARRED
            || self.by_swaps.is_some_and(explains)
    }
}

/// How far apart shards are whose models gave texts different scores.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Disagreement {
    /// What became of the texts that several of them scored.
    pub agreement: Agreement,
    /// Half of the picks of all clean lists are ahead by no more than this, in total scores.
    pub gap: f64,
    /// The share of picks that differences of this size are expected to change.
    pub by_chance: f64,
}

/// What a remark means for verdicts, mildest first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Effect {
    /// A reader is warned.
    Warns,
    /// Nothing can pass.
    BarsPass,
    /// Nothing can pass or fail.
    BarsVerdict,
    /// The run fails.
    Fails,
}

impl Effect {
    /// What it says to the verdict of a run; `None` if nothing.
    pub(crate) fn of_run(self) -> Option<Verdict> {
        match self {
            Effect::Warns => None,
            Effect::BarsPass | Effect::BarsVerdict => Some(Verdict::Inconclusive),
            Effect::Fails => Some(Verdict::Fail),
        }
    }
}

impl Remark {
    /// The word in `report.json`.
    pub fn name(&self) -> &'static str {
        match self {
            Remark::WorseThanFirstPass { .. } => "worse_than_first_pass",
            Remark::NegativeWeight { .. } => "negative_weight",
            Remark::NoWeight => "no_weight",
            Remark::ConstantScore { .. } => "constant_score",
            Remark::AlikeInLists { .. } => "alike_in_lists",
            Remark::LostInRounding => "lost_in_rounding",
            Remark::Drowned { .. } => "drowned",
            Remark::NeverOverrules { .. } => "never_overrules",
            Remark::NothingToChoose => "nothing_to_choose",
            Remark::EmptyReferences { .. } => "empty_references",
            Remark::FarFromReferences { .. } => "far_from_references",
            Remark::FarLists { .. } => "far_lists",
            Remark::SingleHypotheses { .. } => "single_hypotheses",
            Remark::WrongWayRound(_) => "wrong_way_round",
            Remark::SpelledApart(_) => "spelled_apart",
            Remark::NoReferenceWords => "no_reference_words",
            Remark::Copies { .. } => "copies",
            Remark::TiedFirstPass { .. } => "tied_first_pass",
            Remark::Unsteady(_) => "unsteady",
            Remark::ShardsDisagree(_) => "shards_disagree",
            Remark::UnknownTokens { .. } => "unknown_tokens",
            Remark::CutTexts { .. } => "cut_texts",
            Remark::Rounded(_) => "rounded",
        }
    }

    /// Whether it is about the lists, and so holds for every rescorer.
    pub(crate) fn is_of_lists(&self) -> bool {
        matches!(
            self,
            Remark::NothingToChoose
                | Remark::EmptyReferences { .. }
                | Remark::FarFromReferences { .. }
                | Remark::FarLists { .. }
                | Remark::SingleHypotheses { .. }
                | Remark::WrongWayRound(_)
                | Remark::SpelledApart(_)
                | Remark::NoReferenceWords
                | Remark::Copies { .. }
                | Remark::TiedFirstPass { .. }
        )
    }

    /// What it means for verdicts.
    pub fn effect(&self) -> Effect {
        match self {
            Remark::WorseThanFirstPass { .. } => Effect::Fails,
            // A few words that no model knows are in any list, and rounding moves some picks.
            Remark::UnknownTokens { share, .. } if *share <= UNKNOWN_BLIND => Effect::Warns,
            Remark::CutTexts { cut, texts } if *cut as f64 <= CUT_BLIND * *texts as f64 => {
                Effect::Warns
            }
            Remark::Rounded(rounding)
                if rounding.changed as f64 <= ROUNDING_BARRED * rounding.lists as f64 =>
            {
                Effect::Warns
            }
            Remark::Copies {
                lists, distinct, ..
            } if (lists - distinct) as f64 <= COPIES_BARRED * *lists as f64 => Effect::Warns,
            Remark::TiedFirstPass { tied, lists }
                if *tied as f64 <= TIED_BARRED * *lists as f64 =>
            {
                Effect::Warns
            }
            Remark::SingleHypotheses { single, lists }
                if *single as f64 <= SINGLE_BARRED * *lists as f64 =>
            {
                Effect::Warns
            }
            Remark::SpelledApart(found) if found.owed <= SPELLING_BARRED => Effect::Warns,
            Remark::Rounded(_)
            | Remark::SpelledApart(_)
            | Remark::NoReferenceWords
            | Remark::Copies { .. }
            | Remark::TiedFirstPass { .. } => Effect::BarsVerdict,
            // Two near hypotheses may change places with the last digits of their scores.
            Remark::Unsteady(unsteadiness) if !unsteadiness.bars() => Effect::Warns,
            Remark::ShardsDisagree(found) if found.by_chance <= UNSTEADY_BARRED => Effect::Warns,
            Remark::Unsteady(_)
            | Remark::ShardsDisagree(_)
            | Remark::NegativeWeight { .. }
            | Remark::NoWeight
            | Remark::ConstantScore { .. }
            | Remark::AlikeInLists { .. }
            | Remark::LostInRounding
            | Remark::Drowned { .. }
            | Remark::NeverOverrules { .. }
            | Remark::NothingToChoose
            | Remark::EmptyReferences { .. }
            | Remark::FarFromReferences { .. }
            | Remark::FarLists { .. }
            | Remark::SingleHypotheses { .. }
            | Remark::WrongWayRound(_)
            | Remark::UnknownTokens { .. }
            | Remark::CutTexts { .. } => Effect::BarsPass,
        }
    }
}

/// Whether nothing can pass or fail.
pub(crate) fn bars_verdict(remarks: &[Remark]) -> bool {
    let mut remarks = remarks.iter();
    remarks.any(|remark| remark.effect() == Effect::BarsVerdict)
}

/// What the remarks alone say to the exit code; `None` if nothing.
pub fn verdict(remarks: &[Remark]) -> Option<Verdict> {
    remarks.iter().map(Remark::effect).max()?.of_run()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(by_chance: f64, by_swaps: Option<f64>, expected: Effect) {
        let found = Unsteadiness {
            steadiness: Steadiness::default(),
            gap: 1.0,
            by_chance,
            by_swaps,
        };
        assert_eq!(Remark::Unsteady(found).effect(), expected);
    }

    #[test]
    fn chance_bars_where_it_changes_many_picks_or_half_of_what_the_swaps_change() {
        check(0.05, None, Effect::Warns);
        check(0.051, None, Effect::BarsPass);
        check(0.03, Some(0.061), Effect::Warns);
        check(0.03, Some(0.06), Effect::BarsPass);
        // Of a model whose picks hardly ever change, half is next to nothing.
        check(0.01, Some(0.0), Effect::Warns);
    }

    #[test]
    fn shards_bar_where_their_differences_would_change_many_picks() {
        for (by_chance, expected) in [(0.0, Effect::Warns), (0.06, Effect::BarsPass)] {
            let found = Disagreement {
                agreement: Agreement::default(),
                gap: 1.0,
                by_chance,
            };
            assert_eq!(Remark::ShardsDisagree(found).effect(), expected);
        }
    }
}
