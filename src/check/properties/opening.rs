//! How each property of a run begins.

use crate::check::engine::draw::Names;
use crate::check::engine::plan::Plan;
use crate::check::properties::alternative::IrrelevantAlternative;
use crate::check::properties::batch::BatchInvariance;
use crate::check::properties::determinism::Determinism;
use crate::check::properties::drawn::{Drawing, DrawnFrom};
use crate::check::properties::drawn_property::DrawnProperty;
use crate::check::properties::duplicate::DuplicateInvariance;
use crate::check::properties::finite::FiniteScores;
use crate::check::properties::judgment::Asked;
use crate::check::properties::no_harm::OpenNoHarm;
use crate::check::properties::noise::Preflight;
use crate::check::properties::open_drawn::OpenDrawn;
use crate::check::properties::open_property::{OpenProperty, Seen};
use crate::check::properties::open_strict::OpenStrict;
use crate::check::properties::oracle::OpenOracleConsistency;
use crate::check::properties::order::OrderInvariance;
use crate::check::properties::preference::MonotonePreference;
use crate::check::properties::sample::Chosen;
use crate::check::properties::score_drop::OpenScoreDrop;
use crate::check::properties::selection_harm::SelectionHarm;
use crate::check::properties::shift::FirstPassShift;
use crate::check::properties::strict::Strict;
use crate::check::properties::surface::{OpenSurfaceForms, Written};
use crate::check::properties::swap_stability::SwapStability;
use crate::check::properties::tally::Tally;
use crate::rescore::Rescorer;
use crate::suite::property::{Drawn, Property};

/// Why a table of scores is not asked for other texts.
const OWN_TEXTS: &str = "the scores of a file are for its own texts, and this needs others";

/// What properties begin with.
pub(super) struct Opening<'a> {
    pub(super) plan: Plan<'a>,
    pub(super) rescorer: &'a dyn Rescorer,
    /// `None` where the rescorer gave up.
    pub(super) noise: Option<Preflight>,
    /// How many clusters lists are in.
    pub(super) clusters: usize,
}

impl<'a> Opening<'a> {
    /// The property, of no list yet, which looks at those that are `chosen`; why it is skipped, if
    /// it is.
    pub(super) fn open(
        &self,
        asked: Asked<'a>,
        chosen: Chosen,
    ) -> Result<Box<dyn OpenProperty + 'a>, Box<Seen>> {
        let asks_own_texts = matches!(
            asked.check.property,
            Property::Determinism { .. }
                | Property::OrderInvariance { .. }
                | Property::DuplicateInvariance { .. }
                | Property::IrrelevantAlternative { .. }
                | Property::FirstPassShift { .. }
                | Property::NoHarm { .. }
        );
        if !asks_own_texts && !self.rescorer.scores_any_text() {
            return Err(Box::new(Seen::skipped(OWN_TEXTS)));
        }

        Ok(match &asked.check.property {
            &Property::Determinism { tolerance } => self.strict(Determinism { tolerance }, chosen),
            &Property::BatchInvariance { tolerance } => {
                self.strict(BatchInvariance { tolerance }, chosen)
            }
            Property::FiniteScores => self.strict(FiniteScores, chosen),
            &Property::OrderInvariance { tolerance } => {
                self.strict(OrderInvariance { tolerance }, chosen)
            }
            &Property::DuplicateInvariance { tolerance } => {
                self.strict(DuplicateInvariance { tolerance }, chosen)
            }
            &Property::IrrelevantAlternative { tolerance } => {
                self.strict(IrrelevantAlternative { tolerance }, chosen)
            }
            &Property::FirstPassShift { tolerance } => {
                self.strict(FirstPassShift { tolerance }, chosen)
            }
            &Property::NoHarm { margin } => Box::new(OpenNoHarm {
                chosen,
                margin,
                rescorer: self.rescorer,
                tally: Tally::new(self.clusters),
                worst: None,
            }),
            &Property::OracleConsistency { max_rate } => Box::new(OpenOracleConsistency {
                chosen,
                noise: self.total_noise(),
                max_rate,
                rescorer: self.rescorer,
                tally: Tally::new(self.clusters),
                worst: None,
            }),
            Property::SurfaceForms { forms, max_rate } => Box::new(OpenSurfaceForms {
                chosen,
                noise: self.total_noise(),
                max_rate: *max_rate,
                rescorer: self.rescorer,
                tally: Tally::new(self.clusters),
                forms: forms.iter().copied().map(Written::new).collect(),
                worst: None,
            }),
            Property::SelectionHarm(drawn) => {
                let noise = self.total_noise();
                let drawing = self.drawing(asked, drawn, DrawnFrom::Lists, chosen);
                self.drawn(drawing, SelectionHarm { noise })
            }
            Property::SwapStability(drawn) => {
                let property = SwapStability {
                    noise: self.total_noise(),
                    interpolation: self.rescorer.interpolation(),
                };
                let drawing = self.drawing(asked, drawn, DrawnFrom::Lists, chosen);
                self.drawn(drawing, property)
            }
            Property::MonotonePreference(drawn) => {
                let property = MonotonePreference::new(self.score_noise());
                let drawing = self.drawing(asked, drawn, DrawnFrom::References, chosen);
                self.drawn(drawing, property)
            }
            Property::ScoreDrop { drawn, max_spreads } => {
                let drawing = self.drawing(asked, drawn, DrawnFrom::References, chosen);
                Box::new(OpenScoreDrop::new(drawing, *max_spreads, self.clusters))
            }
        })
    }

    fn strict(
        &self,
        property: impl Strict + 'static,
        chosen: Chosen,
    ) -> Box<dyn OpenProperty + 'a> {
        let repeated = self.noise.map_or(0.0, |preflight| preflight.repeated);
        let property = Box::new(property);
        Box::new(OpenStrict::new(property, chosen, repeated, self.rescorer))
    }

    fn drawing(
        &self,
        asked: Asked<'a>,
        drawn: &Drawn,
        from: DrawnFrom,
        chosen: Chosen,
    ) -> Drawing<'a> {
        Drawing {
            names: Names {
                suite: &asked.suite.name,
                check: &asked.check.name,
                seed: self.plan.seed,
            },
            drawn: Drawn {
                draws: self.plan.draws.unwrap_or(drawn.draws),
                ..drawn.clone()
            },
            from,
            chosen,
            replacements: self.plan.replacements,
            rescorer: self.rescorer,
        }
    }

    fn drawn(
        &self,
        drawing: Drawing<'a>,
        property: impl DrawnProperty + 'a,
    ) -> Box<dyn OpenProperty + 'a> {
        Box::new(OpenDrawn::new(drawing, property, self.clusters))
    }

    /// Differences of totals of no more than this may be noise.
    fn total_noise(&self) -> f64 {
        self.noise_of(self.rescorer.interpolation().weight)
    }

    /// Differences of second-pass scores of no more than this may be noise.
    fn score_noise(&self) -> f64 {
        self.noise_of(1.0)
    }

    fn noise_of(&self, weight: f64) -> f64 {
        self.noise.map_or(0.0, |preflight| preflight.noise(weight))
    }
}
