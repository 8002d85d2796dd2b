//! Drawn lists: perturbed versions of lists, what a rescorer makes of them, and the worst made smaller.
//!
//! What is drawn depends on the names of suite, check and utterance alone, as for every check.

use rayon::prelude::*;

use crate::check::failures::failure::{Choice, ListPair, choices};
use crate::check::failures::minimize::{self, CaseToJudge, Judge, MinimizeStatus, minimize};
use crate::check::properties::Minimal;
use crate::check::properties::probe::{Shown, ShownEntry};
use crate::nbest::{Transcript, Utterance};
use crate::perturb::case::Case;
use crate::perturb::draw::{DrawKey, draw_case};
use crate::perturb::menu::Replacements;
use crate::perturb::moves::Scope;
use crate::rescore::{Afresh, RescoreError, Rescorer};
use crate::stats::clusters::Cluster;
use crate::suite::property::Drawn;

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

/// Where draws come from.
#[derive(Debug, Clone, Copy)]
pub struct Names<'a> {
    /// The name of the suite.
    pub suite: &'a str,
    /// The name of the check in it.
    pub check: &'a str,
    /// The seed of the run.
    pub seed: u64,
}

/// One perturbed list, and what the rescorer makes of it.
#[derive(Debug, Clone)]
pub struct Trial {
    /// The index of its source.
    pub source: usize,
    /// What was drawn; with at least one edit.
    pub case: Case,
    /// What the rescorer makes of it.
    pub choice: Choice,
}

/// Draws from every source, and has all lists scored in one call; lists that nothing can perturb are left out.
pub fn draw(
    sources: &[Source],
    drawn: &Drawn,
    names: Names<'_>,
    replacements: &Replacements,
    rescorer: &dyn Rescorer,
) -> Result<Vec<Trial>, RescoreError> {
    let cases: Vec<(usize, Case)> = (0..sources.len() * drawn.draws)
        .into_par_iter()
        .map(|index| {
            let (source, draw) = (index / drawn.draws, index % drawn.draws);
            let Source {
                utterance, pick, ..
            } = &sources[source];
            let key = DrawKey {
                suite: names.suite,
                check: names.check,
                seed: names.seed,
                utterance: &utterance.id,
                draw,
            };
            let perturbation = &drawn.perturbation;
            (
                source,
                draw_case(utterance, perturbation, replacements, *pick, &key),
            )
        })
        .filter(|(_, case)| !case.edits().is_empty())
        .collect();

    let pairs: Vec<ListPair> = cases
        .iter()
        .map(|(source, case)| ListPair::new(sources[*source].utterance.clone(), case.texts()))
        .collect();
    let choices = choices(&pairs, rescorer)?;

    Ok(cases
        .into_iter()
        .zip(choices)
        .map(|((source, case), choice)| Trial {
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
    pub trials: &'a [Trial],
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
    pub fn units(&self, is_exception: &dyn Fn(&Trial) -> bool) -> Vec<Cluster> {
        let mut units = vec![Cluster::default(); self.utterances];
        for trial in self.trials {
            let unit = &mut units[self.sources[trial.source].owner];
            unit.reference_words += 1;
            unit.errors_b += u64::from(is_exception(trial));
        }
        units
    }

    /// The trial with the largest `size` above `limit`.
    pub fn largest(&self, limit: f64, size: impl Fn(&Trial) -> f64) -> Option<&Trial> {
        self.trials
            .iter()
            .filter(|trial| size(trial) > limit)
            .max_by(|a, b| size(a).total_cmp(&size(b)))
    }
}

/// An exception to make smaller.
pub struct Worst<'a> {
    /// The trial, which is an exception.
    pub trial: &'a Trial,
    /// Where it was drawn from.
    pub source: &'a Source,
    /// Whether what the rescorer makes of a list is an exception.
    pub is_exception: &'a (dyn Fn(&ListPair, &Choice) -> bool + Sync),
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
            utterance: &self.source.utterance,
            is_exception: self.is_exception,
            rescorer,
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

struct PairJudge<'a> {
    utterance: &'a Utterance,
    is_exception: &'a (dyn Fn(&ListPair, &Choice) -> bool + Sync),
    rescorer: &'a dyn Rescorer,
}

impl PairJudge<'_> {
    fn findings(
        &self,
        cases: &[&Case],
        rescorer: &dyn Rescorer,
    ) -> Result<Vec<Option<Choice>>, RescoreError> {
        let pairs: Vec<Option<ListPair>> = cases
            .iter()
            .map(|case| ListPair::of(self.utterance, case))
            .collect();
        let lists: Vec<ListPair> = pairs.iter().flatten().cloned().collect();
        let mut choices = choices(&lists, rescorer)?.into_iter();

        Ok(pairs
            .iter()
            .map(|pair| {
                let pair = pair.as_ref()?;
                choices
                    .next()
                    .filter(|choice| (self.is_exception)(pair, choice))
            })
            .collect())
    }
}

impl Judge for PairJudge<'_> {
    type Finding = Choice;

    fn judge(&self, questions: &[CaseToJudge<'_>]) -> Result<Vec<Option<Choice>>, RescoreError> {
        let cases: Vec<&Case> = questions.iter().map(|question| question.case).collect();
        self.findings(&cases, self.rescorer)
    }

    fn confirm(&self, question: CaseToJudge<'_>) -> Result<Option<Choice>, RescoreError> {
        let found = self.findings(&[question.case], &Afresh(self.rescorer))?;
        Ok(found.into_iter().next().flatten())
    }
}
