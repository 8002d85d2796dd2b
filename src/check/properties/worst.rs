//! The worst exception among drawn lists, made smaller.

use crate::check::engine::pair::{Choice, ListPair};
use crate::check::failures::minimize::{self, MinimizeStatus, minimize};
use crate::check::failures::pair_judge::PairJudge;
use crate::check::properties::drawn_property::{DrawnProperty, Gravity};
use crate::check::properties::outcome::Minimal;
use crate::check::properties::probe::{Shown, ShownText};
use crate::nbest::{Transcript, Utterance};
use crate::perturb::case::Case;
use crate::perturb::moves::Scope;
use crate::rescore::Rescorer;

/// Texts that minimizing one case may ask for.
const TEXTS: usize = 20_000;

/// An exception, with what it takes to make it smaller.
pub(super) struct Worst {
    pub(super) gravity: Gravity,
    pub(super) case: Case,
    /// What it was drawn from.
    pub(super) utterance: Utterance,
}

impl Worst {
    /// Its minimum. `None` if it is none when asked again.
    pub(super) fn minimal(
        &self,
        property: &dyn DrawnProperty,
        rescorer: &dyn Rescorer,
    ) -> Option<Minimal> {
        let limits = minimize::MinimizeLimits {
            batch: minimize::BATCH,
            texts: TEXTS,
            scope: Scope::Sentences,
            out_of_time: &|| false,
        };
        let judge = PairJudge {
            utterances: &[&self.utterance],
            rescorer,
            is_failure: &|pair, choice| {
                property.is_exception(pair.utterance().nbest.hypotheses(), choice)
            },
        };
        let minimum = minimize(vec![self.case.clone()], &judge, &limits)
            .minima
            .pop()?;
        let choice = minimum.finding?;
        let pair = ListPair::of(&self.utterance, &minimum.case)?;

        Some(Minimal {
            id: self.utterance.id.clone(),
            sentence: property.describe(&pair, &choice),
            lists: shown(&pair, &choice),
            complete: minimum.status == MinimizeStatus::Complete,
            confirmed: minimum.status != MinimizeStatus::Flaky,
        })
    }
}

fn shown(pair: &ListPair, choice: &Choice) -> Vec<Shown> {
    let list = pair.utterance().nbest.hypotheses();
    let hyps = |texts: &mut dyn Iterator<Item = &Transcript>, scores: &[f64]| {
        let hyps = texts.zip(list).zip(scores);
        let hyps = hyps.map(|((text, hypothesis), score)| {
            ShownText::new(text.as_str(), Some(hypothesis.score), Some(*score))
        });
        hyps.collect()
    };

    let originals = &mut list.iter().map(|hypothesis| &hypothesis.transcript);
    vec![
        Shown {
            title: "as it is".to_owned(),
            pick: Some(choice.clean_pick),
            hyps: hyps(originals, &choice.clean_scores),
        },
        Shown {
            title: "perturbed".to_owned(),
            pick: Some(choice.pick),
            hyps: hyps(&mut pair.texts().iter(), &choice.scores),
        },
    ]
}
