//! Properties: claims about a rescorer other than a bounded degradation of word error rates.
//!
//! What is claimed, on how many lists, and what still passes. How a claim is tested is for `check`.

use std::fmt;

use crate::perturb::Perturbation;
use crate::suite::gates::Margin;

/// One property that a rescorer must have.
#[derive(Debug, Clone, PartialEq)]
pub struct PropertyCheck {
    /// Letters, digits, `-`, `_` and `.` only; unique in its suite, among checks too.
    pub name: String,
    /// At most so many lists of the corpus are looked at, drawn by the seed; `None`: all.
    pub lists: Option<usize>,
    /// What is claimed.
    pub property: Property,
}

/// What is claimed of a rescorer.
///
/// Tolerances are in second-pass scores, at least 0. Rates are shares of what was tried, in 0..1;
/// a rate of 0 lets not a single exception pass, any other is tested as a rate: with evidence.
#[derive(Debug, Clone, PartialEq)]
pub enum Property {
    /// The scores of a list do not depend on what else is in the call, nor on the order of the
    /// lists there.
    BatchInvariance {
        /// How far a score may move.
        tolerance: f64,
    },
    /// Every text has a finite score: those of the corpus, and empty, long and odd ones.
    FiniteScores,
    /// The same call twice gives the same scores.
    Determinism {
        /// How far a score may move.
        tolerance: f64,
    },
    /// The order of the hypotheses changes neither a score nor the pick.
    OrderInvariance {
        /// How far a score may move.
        tolerance: f64,
    },
    /// A second copy of a hypothesis gets the score of the first, and changes no pick.
    DuplicateInvariance {
        /// How far apart copies may be.
        tolerance: f64,
    },
    /// The pick stays when the hypothesis it is furthest ahead of is taken away.
    IrrelevantAlternative {
        /// Picks whose scores are no further apart are ties.
        tolerance: f64,
    },
    /// The pick stays when all first-pass scores rise or fall by the same.
    FirstPassShift {
        /// Picks whose scores are no further apart are ties.
        tolerance: f64,
    },
    /// The word error rate of the rescorer's picks is no higher than that of the first pass, within
    /// a margin.
    NoHarm {
        /// How much higher it may be.
        margin: Margin,
    },
    /// With the reference put on top of the list, the rescorer picks a text without errors.
    OracleConsistency {
        /// The share of lists in which it may pick another one.
        max_rate: f64,
    },
    /// Perturbation does not make the rescorer pick a hypothesis that is worse than its clean pick,
    /// both read with their swaps.
    SelectionHarm(Drawn),
    /// The pick stays when the whole list is perturbed alike.
    SwapStability(Drawn),
    /// A perturbed reference does not get a higher score than the reference itself.
    MonotonePreference(Drawn),
    /// A perturbation of the reference moves its score by little.
    ScoreDrop {
        /// What is perturbed, and how often the score may move further.
        drawn: Drawn,
        /// How far the score may move, in units of the median spread (standard deviation) of scores
        /// within a list; above 0.
        max_spreads: f64,
    },
    /// The pick stays when all texts of the list are written differently.
    SurfaceForms {
        /// The ways of writing, at least one.
        forms: Vec<SurfaceForm>,
        /// The share of rewritten lists in which it may change.
        max_rate: f64,
    },
}

/// A property of perturbed texts.
#[derive(Debug, Clone, PartialEq)]
pub struct Drawn {
    /// How texts are perturbed.
    pub perturbation: Perturbation,
    /// Perturbed versions of each list, at least 1.
    pub draws: usize,
    /// The share of perturbed lists that may be exceptions.
    pub max_rate: f64,
}

/// Another way of writing the same words.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SurfaceForm {
    /// `MEET ME AT EIGHT`.
    UpperCase,
    /// `Meet me at eight`.
    Capitalized,
    /// `meet me at eight.`
    FinalPeriod,
    /// Without punctuation other than apostrophes.
    NoPunctuation,
    /// Letters and their accents apart (Unicode NFD).
    Decomposed,
}

impl SurfaceForm {
    /// All forms with their names in suites.
    pub const ALL: [(&'static str, SurfaceForm); 5] = [
        ("upper-case", SurfaceForm::UpperCase),
        ("capitalized", SurfaceForm::Capitalized),
        ("final-period", SurfaceForm::FinalPeriod),
        ("no-punctuation", SurfaceForm::NoPunctuation),
        ("decomposed", SurfaceForm::Decomposed),
    ];

    /// The name in suites and reports.
    pub fn name(self) -> &'static str {
        let all = SurfaceForm::ALL.iter();
        all.copied()
            .find(|(_, form)| *form == self)
            .map_or("", |(name, _)| name)
    }
}

impl Property {
    /// The `kind` in suites and reports.
    pub fn kind(&self) -> &'static str {
        match self {
            Property::BatchInvariance { .. } => "batch-invariance",
            Property::FiniteScores => "finite-scores",
            Property::Determinism { .. } => "determinism",
            Property::OrderInvariance { .. } => "order-invariance",
            Property::DuplicateInvariance { .. } => "duplicate-invariance",
            Property::IrrelevantAlternative { .. } => "irrelevant-alternative",
            Property::FirstPassShift { .. } => "first-pass-shift",
            Property::NoHarm { .. } => "no-harm",
            Property::OracleConsistency { .. } => "oracle-consistency",
            Property::SelectionHarm(_) => "selection-harm",
            Property::SwapStability(_) => "swap-stability",
            Property::MonotonePreference(_) => "monotone-preference",
            Property::ScoreDrop { .. } => "score-drop",
            Property::SurfaceForms { .. } => "surface-forms",
        }
    }

    /// What is perturbed, of a property of perturbed texts.
    pub fn drawn(&self) -> Option<&Drawn> {
        match self {
            Property::SelectionHarm(drawn)
            | Property::SwapStability(drawn)
            | Property::MonotonePreference(drawn)
            | Property::ScoreDrop { drawn, .. } => Some(drawn),
            _ => None,
        }
    }
}

/// The claim in words, with its limits.
impl fmt::Display for Property {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let claim = match self {
            Property::BatchInvariance { tolerance } => {
                format!("scores stay within {tolerance} whatever else is in the call")
            }
            Property::FiniteScores => "every text has a finite score".to_owned(),
            Property::Determinism { tolerance } => {
                format!("equal calls give scores within {tolerance}")
            }
            Property::OrderInvariance { tolerance } => {
                format!("the order of a list changes no pick and no score by more than {tolerance}")
            }
            Property::DuplicateInvariance { tolerance } => {
                format!("copies of a hypothesis get scores within {tolerance} and change no pick")
            }
            Property::IrrelevantAlternative { tolerance } => {
                format!("dropping the last choice changes no pick, but for ties within {tolerance}")
            }
            Property::FirstPassShift { tolerance } => format!(
                "shifting all first-pass scores changes no pick, but for ties within {tolerance}"
            ),
            Property::NoHarm { margin } => {
                let relative = margin.relative.map(|margin| format!("{margin} relative"));
                let absolute = margin.absolute.map(|margin| format!("{margin} absolute"));
                let limits: Vec<String> = relative.into_iter().chain(absolute).collect();
                let limits = limits.join(" and ");
                format!("word error rate above the first pass's by less than {limits}")
            }
            Property::OracleConsistency { max_rate } => format!(
                "with the reference on top, a text with errors is picked from at most {max_rate} \
                 of the lists"
            ),
            Property::SelectionHarm(drawn) => drawn.claim("perturbed lists get a worse pick"),
            Property::SwapStability(drawn) => drawn.claim("perturbed lists get another pick"),
            Property::MonotonePreference(drawn) => drawn.claim_of_references(
                "perturbed references are liked better than the references themselves",
            ),
            Property::ScoreDrop { drawn, max_spreads } => drawn.claim_of_references(&format!(
                "perturbed references' scores move by more than {max_spreads} spreads"
            )),
            Property::SurfaceForms { forms, max_rate } => {
                let names: Vec<&str> = forms.iter().map(|form| form.name()).collect();
                let names = names.join(", ");
                format!(
                    "at most {max_rate} of the rewritten lists get another pick, written as {names}"
                )
            }
        };

        f.write_str(&claim)
    }
}

impl Drawn {
    /// How few of the lists that are drawn `happens` to.
    fn claim(&self, happens: &str) -> String {
        self.claim_with(happens, &self.perturbation.describe())
    }

    /// The same, where references are perturbed, each of them a list of its own: whichever
    /// hypothesis the perturbation names is the reference.
    fn claim_of_references(&self, happens: &str) -> String {
        self.claim_with(happens, &self.perturbation.describe_in("the reference"))
    }

    fn claim_with(&self, happens: &str, perturbation: &str) -> String {
        let (rate, draws) = (self.max_rate, self.draws);
        format!("at most {rate} of the {happens}, with {perturbation}; {draws} draws")
    }
}

#[cfg(test)]
mod tests {
    use crate::suite::Suite;

    #[test]
    fn claims_name_the_texts_that_are_perturbed() {
        let severity = Suite::builtin("severity").unwrap();
        let claim = |name: &str| {
            let mut properties = severity.properties.iter();
            let found = properties.find(|check| check.name == name).unwrap();
            found.property.to_string()
        };
        let near = "by a common word at a phonetic distance of at most 0.5; 5 draws";
        for (name, expected) in [
            (
                "selection-harm",
                "at most 0.25 of the perturbed lists get a worse pick, with 1 word of every \
                 hypothesis, independently, by a common homophone; 2 draws",
            ),
            (
                "homophone-stability",
                "at most 0.25 of the perturbed lists get another pick, with 1 word of the list, \
                 alike in every hypothesis, by a common homophone; 2 draws",
            ),
            (
                "monotone-preference",
                &format!(
                    "at most 0.3 of the perturbed references are liked better than the references \
                     themselves, with 1 word of the reference, {near}"
                ),
            ),
            (
                "score-drop",
                &format!(
                    "at most 0.01 of the perturbed references' scores move by more than 5 \
                     spreads, with 1 word of the reference, {near}"
                ),
            ),
        ] {
            assert_eq!(claim(name), expected);
        }
    }
}
