//! Drawn lists: perturbed versions of lists, what a rescorer makes of them, and the worst made smaller.
//!
//! What is drawn depends on the names of suite, check and utterance alone, as for every check.

use rayon::prelude::*;

use crate::check::engine::draw::{Drawn, Draws, Names};
use crate::check::engine::pair::{Choice, ListPair, choices};
use crate::check::failures::minimize::{self, MinimizeStatus, minimize};
use crate::check::failures::pair_judge::{IsFailure, PairJudge};
use crate::check::properties::Minimal;
use crate::check::properties::probe::{Shown, ShownEntry};
use crate::nbest::{Transcript, Utterance};
use crate::perturb::case::Case;
use crate::perturb::menu::Replacements;
use crate::perturb::moves::Scope;
use crate::rescore::{RescoreError, Rescorer};
use crate::stats::clusters::Cluster;
use crate::suite::property::Drawn as DrawnLists;

/// Texts that minimizing one case may ask for.
const TEXTS: usize = 20_000;

/// A list to perturb.
#[derive(Debug, Clone)]
pub struct Source {
    /// The index of its utterance in the corpus.
    pub owner: usize,
    /// The list.
    pub utterance: Utterance,
    /// The rescorer's pick from it.
    pub pick: usize,
}

/// One perturbed list, and what the rescorer makes of it.
#[derive(Debug, Clone)]
pub struct DrawnChoice {
    /// The index of its source.
    pub source: usize,
    /// What was drawn; with at least one edit.
    pub case: Case,
    /// What the rescorer makes of it.
    pub choice: Choice,
}

/// Draws from every source, and has all lists scored in one call; lists that nothing can perturb
/// are left out.
pub(in crate::check::properties) fn draw(
    sources: &[Source],
    drawn: &DrawnLists,
    names: Names<'_>,
    replacements: &Replacements,
    rescorer: &dyn Rescorer,
) -> Result<Vec<DrawnChoice>, RescoreError> {
    let lists = sources.par_iter();
    let lists = lists.map(|source| (&source.utterance, source.pick));
    let draws = Draws::new(names, &drawn.perturbation, replacements, lists);
    let drawn: Vec<Drawn> = draws
        .drawn(0..drawn.draws)
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
    let choices = choices(&pairs, rescorer)?;

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

/// What was drawn, and how exceptions are counted.
#[derive(Clone, Copy)]
pub struct Sample<'a> {
    /// Where lists were drawn from.
    pub sources: &'a [Source],
    /// What was drawn.
    pub trials: &'a [DrawnChoice],
    /// How many utterances the corpus has.
    pub utterances: usize,
    /// A difference of scores, or of totals, of no more than this is none.
    pub noise: f64,
    /// The share of trials that may be exceptions.
    pub max_rate: f64,
    /// Scores what is made smaller.
    pub rescorer: &'a dyn Rescorer,
}

impl Sample<'_> {
    /// Trials and exceptions of each utterance.
    pub fn units(&self, is_exception: &dyn Fn(&DrawnChoice) -> bool) -> Vec<Cluster> {
        let mut units = vec![Cluster::default(); self.utterances];
        for trial in self.trials {
            let unit = &mut units[self.sources[trial.source].owner];
            unit.reference_words += 1;
            unit.errors_b += u64::from(is_exception(trial));
        }
        units
    }

    /// The trial with the largest `size` above `limit`.
    pub fn largest(&self, limit: f64, size: impl Fn(&DrawnChoice) -> f64) -> Option<&DrawnChoice> {
        self.trials
            .iter()
            .filter(|trial| size(trial) > limit)
            .max_by(|a, b| size(a).total_cmp(&size(b)))
    }
}

/// An exception to make smaller.
pub struct Worst<'a> {
    /// The trial, which is an exception.
    pub trial: &'a DrawnChoice,
    /// Where it was drawn from.
    pub source: &'a Source,
    /// Whether what the rescorer makes of a list is an exception.
    pub is_exception: &'a IsFailure<'a>,
    /// What is wrong with it, in a sentence.
    pub describe: &'a dyn Fn(&ListPair, &Choice) -> String,
}

impl Worst<'_> {
    /// Its minimum. `None` if it is none when asked again.
    pub fn minimal(&self, rescorer: &dyn Rescorer) -> Option<Minimal> {
        let limits = minimize::MinimizeLimits {
            batch: minimize::BATCH,
            texts: TEXTS,
            scope: Scope::Sentences,
            out_of_time: &|| false,
        };
        let judge = PairJudge {
            utterances: &[&self.source.utterance],
            rescorer,
            is_failure: self.is_exception,
        };
        let minimum = minimize(vec![self.trial.case.clone()], &judge, &limits)
            .minima
            .pop()?;
        let choice = minimum.finding?;
        let pair = ListPair::of(&self.source.utterance, &minimum.case)?;

        Some(Minimal {
            id: self.source.utterance.id.clone(),
            sentence: (self.describe)(&pair, &choice),
            lists: shown(&pair, &choice),
            complete: minimum.status == MinimizeStatus::Complete,
            confirmed: minimum.status != MinimizeStatus::Flaky,
        })
    }
}

fn shown(pair: &ListPair, choice: &Choice) -> Vec<Shown> {
    let list = pair.utterance().nbest.hypotheses();
    let entries = |texts: &mut dyn Iterator<Item = &Transcript>, scores: &[f64]| {
        let entries = texts.zip(list).zip(scores);
        let entries = entries.map(|((text, hypothesis), score)| ShownEntry {
            text: text.as_str().to_owned(),
            first_pass: Some(hypothesis.score),
            score: Some(*score),
        });
        entries.collect()
    };

    let originals = &mut list.iter().map(|hypothesis| &hypothesis.transcript);
    vec![
        Shown {
            title: "as it is".to_owned(),
            entries: entries(originals, &choice.clean_scores),
            pick: Some(choice.clean_pick),
        },
        Shown {
            title: "perturbed".to_owned(),
            entries: entries(&mut pair.texts().iter(), &choice.scores),
            pick: Some(choice.pick),
        },
    ]
}
