//! Drawn lists: perturbed versions of lists, and what a rescorer makes of them.
//!
//! What is drawn depends on the names of suite, check and utterance alone, as for every check.

use rayon::prelude::*;

use crate::check::engine::draw::{DrawnList, Draws, Names};
use crate::check::engine::pair::{Choice, ListPair, choices};
use crate::check::properties::open_property::PropertyPart;
use crate::check::properties::sample::Chosen;
use crate::nbest::{Hypothesis, NBest, Utterance};
use crate::perturb::case::Case;
use crate::perturb::menu::Replacements;
use crate::rescore::{RescoreError, Rescorer};
use crate::suite::property::Drawn;

/// A list to perturb.
#[derive(Debug, Clone)]
pub(crate) struct Source {
    /// The index of its utterance in the part.
    pub(crate) owner: usize,
    /// The list.
    pub(crate) utterance: Utterance,
    /// The rescorer's pick from it.
    pub(crate) pick: usize,
}

/// One perturbed list, and what the rescorer makes of it.
#[derive(Debug, Clone)]
pub(crate) struct DrawnChoice {
    /// The index of its source.
    pub(crate) source: usize,
    /// What was drawn; with at least one edit.
    pub(crate) case: Case,
    /// What the rescorer makes of it.
    pub(crate) choice: Choice,
}

/// Which lists are drawn from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum DrawnFrom {
    /// Those of the corpus.
    Lists,
    /// The references of the corpus, each a list of one text.
    References,
}

/// What is drawn for a property, and by whom it is scored.
#[derive(Clone)]
pub(super) struct Drawing<'a> {
    pub(super) names: Names<'a>,
    pub(super) drawn: Drawn,
    pub(super) from: DrawnFrom,
    pub(super) chosen: Chosen,
    pub(super) replacements: &'a Replacements,
    pub(super) rescorer: &'a dyn Rescorer,
}

impl Drawing<'_> {
    /// The lists of a part that are drawn from; `pick` is the rescorer's from each.
    pub(super) fn sources(
        &self,
        part: PropertyPart<'_>,
        pick: impl Fn(usize) -> usize,
    ) -> Vec<Source> {
        let chosen = self.chosen.within(part.first, part.utterances);
        let chosen = chosen
            .into_iter()
            .map(|index| (index, &part.utterances[index]));

        match self.from {
            DrawnFrom::Lists => chosen
                .map(|(owner, utterance)| Source {
                    owner,
                    utterance: utterance.clone(),
                    pick: pick(owner),
                })
                .collect(),
            DrawnFrom::References => chosen
                .filter(|(_, utterance)| !utterance.reference.is_empty())
                .map(|(owner, utterance)| Source {
                    owner,
                    utterance: of_reference(utterance),
                    pick: 0,
                })
                .collect(),
        }
    }

    /// Draws from every source, and has all lists scored in one call; lists that nothing can
    /// perturb are left out.
    pub(super) fn draw(&self, sources: &[Source]) -> Result<Vec<DrawnChoice>, RescoreError> {
        let lists = sources.par_iter();
        let lists = lists.map(|source| (&source.utterance, source.pick));
        let perturbation = &self.drawn.perturbation;
        let draws = Draws::new(self.names, perturbation, self.replacements, lists);
        let drawn: Vec<DrawnList> = draws
            .drawn(0..self.drawn.draws)
            .filter(|drawn| !drawn.case.edits().is_empty())
            .collect();

        let (cases, pairs): (Vec<(usize, Case)>, Vec<ListPair>) = drawn
            .into_iter()
            .map(|drawn| {
                let utterance = sources[drawn.list].utterance.clone();
                let pair = ListPair::new(utterance, drawn.texts);
                ((drawn.list, drawn.case), pair)
            })
            .unzip();
        let choices = choices(&pairs, self.rescorer)?;

        Ok(cases
            .into_iter()
            .zip(choices)
            .map(|((source, case), choice)| DrawnChoice {
                source,
                case,
                choice,
            })
            .collect())
    }
}

fn of_reference(utterance: &Utterance) -> Utterance {
    let reference = Hypothesis {
        transcript: utterance.reference.clone(),
        score: 0.0,
        am_score: None,
        lm_score: None,
    };
    Utterance {
        nbest: NBest::new(vec![reference]).expect("there is a hypothesis, and 0 is finite"),
        ..utterance.clone()
    }
}
