//! Explanations: what each swapped word of a saved failure does, and which other words do the same.
//!
//! All from the minimal list. The lexicon is asked only for the other words.

use crate::check::engine::pair::{Choice, ListPair, choices};
use crate::check::failures::counterexample::Counterexample;
use crate::check::failures::counterexample_list::CounterexampleList;
use crate::check::failures::replay::ReplayError;
use crate::nbest::Transcript;
use crate::perturb::menu::Replacements;
use crate::perturb::perturbed_list::WrittenSubstitution;
use crate::perturb::rules::SwapRules;
use crate::perturb::{Perturbation, Vocabulary};
use crate::phonetics::distance::{InvalidDistance, PhoneticDistance};
use crate::rescore::Rescorer;

/// A saved failure, word by word.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Explanation {
    /// What the rescorer makes of the minimal list.
    pub(crate) choice: Choice,
    /// One per substitution of the minimal list, in its order.
    pub(crate) effects: Vec<Effect>,
}

/// What one substitution does.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Effect {
    /// The substitution.
    pub(crate) substitution: WrittenSubstitution,
    /// What the rescorer makes of the list with this substitution undone: its
    /// [scores](Choice::scores) against those of [`Explanation::choice`] are what the word costs.
    pub(crate) without: Choice,
    /// What it makes of the list with another word here, at most as far away as this one:
    /// nearest first.
    pub(crate) others: Vec<Alternative>,
}

/// Another word in the place of a substitute.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Alternative {
    /// The word.
    pub(crate) word: String,
    /// How far it sounds from the word that was said.
    pub(crate) distance: PhoneticDistance,
    /// What the rescorer makes of it.
    pub(crate) choice: Choice,
}

impl Explanation {
    /// Whether `saved`, which this explains, does not fail because the rescorer takes a worse
    /// hypothesis than the one saved already without swaps.
    pub(crate) fn is_already_worse(&self, saved: &CounterexampleList, noise: f64) -> bool {
        !self.choice.fails(noise) && saved.takes_worse(&self.choice)
    }

    /// The indices of the better and the worse hypothesis to show of `saved`, which this explains:
    /// those that the rescorer at hand picks, as far as one of them is better.
    pub(crate) fn shown(&self, saved: &CounterexampleList, noise: f64) -> (usize, usize) {
        let (clean_pick, pick) = (self.choice.clean_pick, self.choice.pick);
        if self.is_already_worse(saved, noise) {
            return (saved.clean_pick, clean_pick);
        }

        // Of a model that is mended, the hypothesis that won when the failure was found.
        let is_worse = self.choice.damage() > 0;
        (clean_pick, if is_worse { pick } else { saved.pick })
    }
}

impl Effect {
    /// Whether the failure generalizes: there are other words as near, and the list fails with
    /// each of them. "Any homophone of *two*", where the distance is 0.
    pub(crate) fn is_general(&self, noise: f64) -> bool {
        !self.others.is_empty() && self.others.iter().all(|other| other.choice.fails(noise))
    }
}

/// A saved failure could not be explained.
#[derive(Debug, thiserror::Error)]
pub(crate) enum ExplainError {
    /// A distance in the file is none.
    #[error("minimal.substitutions[{index}].distance of utterance \"{id}\"")]
    Distance {
        /// The utterance's id.
        id: String,
        /// Which substitution, from 0.
        index: usize,
        /// What is wrong.
        #[source]
        source: InvalidDistance,
    },
    /// The failure could not be run.
    #[error(transparent)]
    Replay(#[from] ReplayError),
}

/// Explains `saved`, in one call of the rescorer.
///
/// Words to try come from `replacements`: of `vocabulary`, at most as far away as the substitute
/// is. Of a coherent perturbation each place is explained by itself.
///
/// # Panics
/// If the rescorer scores fewer lists than it was given.
pub(crate) fn explain(
    saved: &Counterexample,
    replacements: &Replacements,
    vocabulary: Vocabulary,
    rescorer: &dyn Rescorer,
) -> Result<Explanation, ExplainError> {
    let minimal = saved
        .minimal_pair()
        .map_err(|source| ReplayError::Invalid {
            id: saved.id.clone(),
            source,
        })?;

    let mut pairs = vec![minimal.clone()];
    let mut others = Vec::new();
    for (index, substitution) in saved.minimal.substitutions.iter().enumerate() {
        pairs.push(with_word(saved, &minimal, index, &substitution.from)?);
        let distance = PhoneticDistance::from_f64(substitution.distance).map_err(|source| {
            ExplainError::Distance {
                id: saved.id.clone(),
                index,
                source,
            }
        })?;
        let asked = Perturbation {
            max_distance: distance,
            vocabulary,
            rules: SwapRules {
                min_frequency: SwapRules::default_frequency(vocabulary),
                max_frequency_drop: SwapRules::default_drop(vocabulary),
                ..SwapRules::FAIR
            },
            ..Perturbation::PERTURB_1
        };
        let ladder = replacements.ladders(&asked).of(&substitution.from);
        // Words that were split, merged, put in or left out have no other words in their place.
        let swapped = is_one_word(&substitution.from) && is_one_word(&substitution.to);
        let words: Vec<_> = ladder
            .iter()
            .filter(|other| swapped && other.word != substitution.to)
            .cloned()
            .collect();
        for other in &words {
            pairs.push(with_word(saved, &minimal, index, &other.word)?);
        }
        others.push(words);
    }

    let mut choices = choices(&pairs, rescorer)
        .map_err(ReplayError::from)?
        .into_iter();
    let mut next = || choices.next().expect("there is a choice for every pair");
    let choice = next();
    let effects = saved
        .minimal
        .substitutions
        .iter()
        .zip(others)
        .map(|(substitution, others)| Effect {
            substitution: substitution.clone(),
            without: next(),
            others: others
                .into_iter()
                .map(|other| Alternative {
                    word: other.word,
                    distance: other.distance,
                    choice: next(),
                })
                .collect(),
        });
    let effects = effects.collect();
    Ok(Explanation { choice, effects })
}

/// The minimal list of `saved` with `word` in the place of substitution number `index`.
fn with_word(
    saved: &Counterexample,
    pair: &ListPair,
    index: usize,
    word: &str,
) -> Result<ListPair, ReplayError> {
    let mut substitutions = saved.minimal.substitutions.clone();
    word.clone_into(&mut substitutions[index].to);
    let texts = saved.minimal.texts_after(&substitutions);
    let texts = texts.map_err(|source| ReplayError::Invalid {
        id: saved.id.clone(),
        source,
    })?;
    let texts = texts.into_iter().map(Transcript::from_words).collect();
    Ok(ListPair::new(pair.utterance().clone(), texts))
}

fn is_one_word(text: &str) -> bool {
    text.split_whitespace().count() == 1
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::check::examples::{Words, counterexamples, replacements};

    #[test]
    fn undoing_any_substitution_of_a_minimal_failure_ends_it() {
        let replacements = replacements("");
        let (mut general, mut special) = (0, 0);
        for saved in counterexamples(30) {
            let rescorer = Words::new(saved.provenance.rescorer.parse().unwrap());
            let explanation =
                explain(&saved, &replacements, Vocabulary::Common, &rescorer).unwrap();
            assert!(explanation.choice.fails(0.0));
            assert_eq!(explanation.effects.len(), saved.minimal.substitutions.len());
            for effect in &explanation.effects {
                let WrittenSubstitution {
                    hyp, to, distance, ..
                } = &effect.substitution;
                assert!(!effect.without.fails(0.0));
                // Only the text with the word has another score: the rescorer looks at one text at
                // a time.
                for index in 0..saved.minimal.hyps.len() {
                    let same = effect.without.scores[index].to_bits()
                        == explanation.choice.scores[index].to_bits();
                    assert!(same || index == *hyp);
                }
                for other in &effect.others {
                    assert!(other.word != *to && other.distance.as_f64() <= *distance);
                    // What is nearer was tried and passed.
                    assert!(
                        (other.distance.as_f64() - *distance).abs() < 1e-9
                            || !other.choice.fails(0.0)
                    );
                }
                *(if effect.is_general(0.0) {
                    &mut general
                } else {
                    &mut special
                }) += 1;
            }
        }
        assert!(general > 0 && special > 0, "{general} {special}");
    }
}
