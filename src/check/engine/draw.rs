//! Drawing: the perturbed lists of a check, or of a property, before anything is scored.

use std::ops::Range;
use std::sync::Arc;

use rayon::prelude::*;

use crate::check::engine::plan::Plan;
use crate::nbest::{Transcript, Utterance};
use crate::perturb::Perturbation;
use crate::perturb::case::Case;
use crate::perturb::draw::{DrawKey, draw_from};
use crate::perturb::menu::{Menu, Replacements};
use crate::suite::{Check, Suite};

/// Whose draws they are: part of the name of each draw's random stream.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Names<'a> {
    /// The name of the suite.
    pub(crate) suite: &'a str,
    /// The name of the check in it.
    pub(crate) check: &'a str,
    /// The seed of the run.
    pub(crate) seed: u64,
}

/// Some lists and all that can be drawn from them.
///
/// What can be swapped in a list is looked up once, however many draws there are.
pub(crate) struct Draws<'a> {
    names: Names<'a>,
    perturbation: &'a Perturbation,
    /// Of each list, the id of its utterance and what can be swapped.
    lists: Vec<(&'a str, Arc<Menu>)>,
}

/// One perturbed list, before it is scored.
pub(crate) struct Drawn {
    /// Which of the lists it was drawn from.
    pub(crate) list: usize,
    /// Which draw of that list, from 0.
    pub(crate) draw: usize,
    /// What was drawn.
    pub(crate) case: Case,
    /// Its texts, in the order of the list.
    pub(crate) texts: Vec<Transcript>,
}

impl<'a> Draws<'a> {
    /// Draws from the list of every utterance, with the index of the rescorer's pick from it.
    pub(crate) fn new(
        names: Names<'a>,
        perturbation: &'a Perturbation,
        replacements: &Replacements,
        lists: impl IndexedParallelIterator<Item = (&'a Utterance, usize)>,
    ) -> Draws<'a> {
        let menu = |(utterance, pick): (&'a Utterance, usize)| {
            let menu = Menu::new(utterance, perturbation, replacements, pick);
            (utterance.id.as_str(), Arc::new(menu))
        };
        Draws {
            names,
            perturbation,
            lists: lists.map(menu).collect(),
        }
    }

    /// The draws of `check` from all lists of `plan`; `pick` is the rescorer's pick from each.
    pub(crate) fn of_check(
        plan: &Plan<'a>,
        suite: &'a Suite,
        check: &'a Check,
        pick: impl Fn(usize) -> usize + Sync + Send,
    ) -> Draws<'a> {
        let names = Names {
            suite: &suite.name,
            check: &check.name,
            seed: plan.seed,
        };
        let lists = plan.utterances.par_iter().enumerate();
        let lists = lists.map(|(index, utterance)| (utterance, pick(index)));
        Draws::new(names, &check.perturbation, plan.replacements, lists)
    }

    /// The draws in `range` of every list: list by list, then draw by draw.
    pub(crate) fn drawn(&self, range: Range<usize>) -> impl IndexedParallelIterator<Item = Drawn> {
        let draws = range.len();
        (0..self.lists.len() * draws)
            .into_par_iter()
            .map(move |index| self.draw(index / draws, range.start + index % draws))
    }

    fn draw(&self, list: usize, draw: usize) -> Drawn {
        let (utterance, menu) = &self.lists[list];
        let Names { suite, check, seed } = self.names;
        let key = DrawKey {
            suite,
            check,
            seed,
            utterance,
            draw,
        };

        let case = draw_from(menu, self.perturbation, &key);
        let texts = case.texts();
        Drawn {
            list,
            draw,
            case,
            texts,
        }
    }
}
