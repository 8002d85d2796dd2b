//! Robust training: now and then a list is swapped for a perturbed version of itself.
//!
//! Word errors are counted anew on the perturbed texts, so that a swapped word is a real error and
//! the objective teaches to rank around it; an optional term asks for equal scores of both
//! versions. Only words of one half of the lexicon are swapped, and draws have a name that no suite
//! can have: what evaluation on the other half measures is not what was trained on. The definition
//! is ours.

use std::collections::BTreeMap;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use crate::bert::batch::TextTokenizer;
use crate::nbest::Utterance;
use crate::nbest::wer::word_errors;
use crate::perturb::draw::{DrawKey, draw_case};
use crate::perturb::menu::{Menu, Replacements};
use crate::perturb::{Amount, Hypotheses, Perturbation};
use crate::phonetics::distance::PhoneticDistance;
use crate::phonetics::halves::LexiconHalf;
use crate::phonetics::lexicon::Lexicon;
use crate::stats::random::{Stream, named_seed};
use crate::train::TrainError;
use crate::train::bounds::{at_least_one, check, not_negative};
use crate::train::lists::{TrainingList, word_pieces};

/// The suite that draws in training are named by. Names of suites have no blanks: no check draws
/// the same.
const SUITE: &str = "robust training";

/// How lists are perturbed while training.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Robust {
    /// Which hypotheses are touched.
    pub perturbation: Touched,
    /// The probability, each time a list comes, that its perturbed version is learned from instead;
    /// in `(0, 1]`.
    pub probability: f64,
    /// How many words of every touched hypothesis (of the list, if coherent) are swapped; at
    /// least 1.
    pub words: usize,
    /// How far a new word may sound from the old one, in thousandths; 0 for homophones only.
    pub max_distance: u16,
    /// The weight of the consistency term; 0 for none.
    pub consistency: f64,
    /// What the consistency term compares.
    pub consistency_of: ConsistencyOf,
}

/// Which hypotheses are touched.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Touched {
    /// The one that the first pass likes best.
    #[serde(rename = "perturb-1")]
    FirstPassBest,
    /// All, independently.
    #[serde(rename = "perturb-n")]
    All,
    /// All, by one map of words.
    #[serde(rename = "perturb-n-coherent")]
    Alike,
}

/// What the consistency term compares between a list and its perturbed version.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum ConsistencyOf {
    /// The distributions over the list: the divergence of the perturbed from the clean one.
    Ranking,
    /// The scores: their mean squared difference.
    Scores,
}

impl Robust {
    /// Refuses numbers that no run can use.
    pub fn check(&self) -> Result<(), TrainError> {
        check(
            self.probability > 0.0 && self.probability <= 1.0,
            ("robust-probability", self.probability),
            "it must be above 0, and at most 1",
        )?;
        at_least_one("robust-words", self.words)?;
        not_negative("consistency", self.consistency)
    }

    fn perturbation(&self) -> Perturbation {
        let hypotheses = match self.perturbation {
            Touched::FirstPassBest => Perturbation::PERTURB_1.hypotheses,
            Touched::All => Hypotheses::All { coherent: false },
            Touched::Alike => Hypotheses::All { coherent: true },
        };

        Perturbation {
            hypotheses,
            amount: Amount::Count(self.words),
            max_distance: PhoneticDistance::from_milli(self.max_distance),
            ..Perturbation::PERTURB_1
        }
    }

    fn check_name(&self) -> &'static str {
        match self.perturbation {
            Touched::FirstPassBest => "perturb-1",
            Touched::All => "perturb-n",
            Touched::Alike => "perturb-n-coherent",
        }
    }
}

/// The half of a lexicon that training may swap words of.
///
/// `None` where no word of it is in that half.
pub fn training_lexicon(lexicon: &Lexicon) -> Option<Lexicon> {
    LexiconHalf::Training.cut(lexicon)
}

/// Makes perturbed versions of training lists.
#[derive(Debug, Clone)]
pub struct Perturber {
    settings: Robust,
    seed: u64,
    utterances: BTreeMap<String, Utterance>,
    replacements: Replacements,
    tokenizer: Arc<TextTokenizer>,
}

impl Perturber {
    /// Perturbs lists of `utterances`; `replacements` should come from [`training_lexicon`].
    ///
    /// Refuses lists in which nothing can be swapped.
    pub fn new(
        settings: Robust,
        seed: u64,
        utterances: Vec<Utterance>,
        replacements: Replacements,
        tokenizer: Arc<TextTokenizer>,
    ) -> Result<Perturber, TrainError> {
        settings.check()?;
        let perturbation = settings.perturbation();
        let open = |utterance: &Utterance| {
            !Menu::new(utterance, &perturbation, &replacements, 0)
                .sites()
                .is_empty()
        };

        if !utterances.iter().any(open) {
            let reason = "no word of the training lists can be swapped for one of the training \
                half of the lexicon: robust training has nothing to do";
            return Err(TrainError::Data(reason.to_owned()));
        }

        let named = |utterance: Utterance| (utterance.id.clone(), utterance);
        Ok(Perturber {
            settings,
            seed,
            utterances: utterances.into_iter().map(named).collect(),
            replacements,
            tokenizer,
        })
    }

    /// The perturbed version of `list` that `step` learns from; `None` where the list stays as it
    /// is: by chance, or because nothing in it can be swapped.
    ///
    /// A pure function of the seed, the list and the step, so that a resumed run sees the same.
    pub fn version(
        &self,
        list: &TrainingList,
        step: usize,
    ) -> Result<Option<TrainingList>, TrainError> {
        let name = format!("whether {} is perturbed", list.id);
        let bits = Stream::new(named_seed(self.seed, &name), step as u64).next_bits();
        let drawn = (bits >> 11) as f64 / (1u64 << 53) as f64;
        let Some(utterance) = self.utterances.get(&list.id) else {
            return Ok(None);
        };

        if drawn >= self.settings.probability {
            return Ok(None);
        }

        let key = DrawKey {
            suite: SUITE,
            check: self.settings.check_name(),
            seed: self.seed,
            utterance: &list.id,
            draw: step,
        };

        let perturbation = self.settings.perturbation();
        let case = draw_case(utterance, &perturbation, &self.replacements, 0, &key);
        if case.edits().is_empty() {
            return Ok(None);
        }

        let texts = case.texts();
        let read = &texts[..list.texts.len()];
        Ok(Some(TrainingList {
            id: list.id.clone(),
            texts: read
                .iter()
                .map(|text| word_pieces(&self.tokenizer, text.as_str()))
                .collect::<Result<_, _>>()?,
            first_pass: list.first_pass.clone(),
            errors: read
                .iter()
                .map(|text| word_errors(&utterance.reference, text).errors() as f64)
                .collect(),
            reference_words: list.reference_words,
            // The teacher has not seen these texts.
            targets: None,
        }))
    }
}
