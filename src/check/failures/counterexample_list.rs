//! Saved lists: n-best lists with their swapped words and scores, as files of failures hold them.
//!
//! What a list is saved for is in [`counterexample`](mod@crate::check::failures::counterexample).

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::check::engine::pair::{Choice, ListPair};
use crate::nbest::wer::word_errors;
use crate::nbest::{Hypothesis, NBest, Transcript, Utterance};
use crate::perturb::case::Case;
use crate::perturb::perturbed_list::WrittenSubstitution;

/// One list, its perturbed texts, and what the rescorer made of them.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CounterexampleList {
    /// The reference, without the words that were dropped.
    #[serde(rename = "ref")]
    pub reference: String,
    /// The hypotheses, best first-pass score first.
    pub hyps: Vec<CounterexampleHypothesis>,
    /// Every swapped word, or other edit: indices of `hyps`, and of the words of the original texts
    /// there.
    pub substitutions: Vec<WrittenSubstitution>,
    /// The index in `hyps` of the pick from the original texts.
    pub clean_pick: usize,
    /// The index in `hyps` of the pick from the perturbed texts.
    pub pick: usize,
    /// Word errors of the perturbed text of the clean pick.
    pub kept_errors: usize,
    /// Word errors of the perturbed text of the pick.
    pub text_errors: usize,
    /// See [`Choice::margin_before`].
    pub margin_before: Option<f64>,
    /// See [`Choice::margin_after`].
    pub margin_after: Option<f64>,
}

/// One hypothesis of a [`CounterexampleList`].
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CounterexampleHypothesis {
    /// The perturbed text: the original with its substitutions.
    pub text: String,
    /// The text as the recogniser gave it, without the words that were dropped.
    pub original: String,
    /// The first-pass score; higher is better.
    pub score: f64,
    /// The second-pass score of the perturbed text when the failure was found.
    pub second_pass: f64,
    /// The second-pass score of the original text when the failure was found.
    pub original_second_pass: f64,
}

impl CounterexampleList {
    /// What is left of the list of `utterance` in `case`; `None` if that is no n-best list.
    pub(in crate::check) fn new(
        utterance: &Utterance,
        case: &Case,
        choice: &Choice,
    ) -> Option<CounterexampleList> {
        let pair = ListPair::of(utterance, case)?;
        let hypotheses = pair.utterance().nbest.hypotheses();
        let substitutions = case.kept_substitutions().into_iter();
        let substitutions = substitutions.map(WrittenSubstitution::from).collect();
        let hyps = hypotheses
            .iter()
            .zip(pair.texts())
            .zip(choice.scores.iter().zip(&choice.clean_scores));

        Some(CounterexampleList {
            reference: pair.utterance().reference.as_str().to_owned(),
            hyps: hyps
                .map(
                    |((hypothesis, text), (second_pass, original_second_pass))| {
                        CounterexampleHypothesis {
                            text: text.as_str().to_owned(),
                            original: hypothesis.transcript.as_str().to_owned(),
                            score: hypothesis.score,
                            second_pass: *second_pass,
                            original_second_pass: *original_second_pass,
                        }
                    },
                )
                .collect(),
            substitutions,
            clean_pick: choice.clean_pick,
            pick: choice.pick,
            kept_errors: choice.kept.errors(),
            text_errors: choice.text.errors(),
            margin_before: choice.margin_before,
            margin_after: choice.margin_after,
        })
    }

    /// How many more word errors the pick has than the clean pick, both read with their swaps; 0 if
    /// not more.
    pub fn damage(&self) -> usize {
        self.text_errors.saturating_sub(self.kept_errors)
    }

    /// Whether a rescorer that makes `choice` of this list takes, of the unperturbed texts, a
    /// hypothesis with more errors than the saved clean pick, both read with their swaps: then no
    /// swap can make it worse in the way that was saved.
    pub(in crate::check) fn takes_worse(&self, choice: &Choice) -> bool {
        choice.kept.errors() > self.kept_errors
    }

    /// Counts the word errors of both picks in their perturbed texts; of a pick that is not there,
    /// none.
    pub(in crate::check) fn count_errors(&mut self) {
        let reference = Transcript::new(&self.reference);
        let errors = |index: usize| {
            let text = self.hyps.get(index).map(|hyp| Transcript::new(&hyp.text));
            text.map_or(0, |text| word_errors(&reference, &text).errors())
        };
        (self.kept_errors, self.text_errors) = (errors(self.clean_pick), errors(self.pick));
    }

    /// The words of every text after `substitutions` of the originals; they must be in the order of
    /// their places, as those of the list itself are.
    pub(in crate::check) fn texts_after<'a>(
        &'a self,
        substitutions: &'a [WrittenSubstitution],
    ) -> Result<Vec<Vec<&'a str>>, InvalidList> {
        let mut texts: Vec<Vec<&str>> = self
            .hyps
            .iter()
            .map(|hyp| hyp.original.split_whitespace().collect())
            .collect();

        // From the end, so that a swap for more or fewer words moves none that is still to come.
        for (index, substitution) in substitutions.iter().enumerate().rev() {
            let invalid = |problem| InvalidList {
                field: format!("substitutions[{index}]"),
                problem,
            };
            let WrittenSubstitution { hyp, word, .. } = substitution;
            let from: Vec<&str> = substitution.from.split_whitespace().collect();
            let places = *word..word.saturating_add(from.len());
            let Some(words) = texts.get_mut(*hyp) else {
                return Err(invalid(format!(
                    "there is no hypothesis {hyp}; they count from 0"
                )));
            };
            let Some(found) = words.get(places.clone()) else {
                return Err(invalid(format!(
                    "hypothesis {hyp} has no word {}; both count from 0",
                    places.end.saturating_sub(1)
                )));
            };
            if *found != from[..] {
                return Err(invalid(format!(
                    "word {word} of hypothesis {hyp} is \"{}\", not \"{}\"",
                    found.join(" "),
                    substitution.from
                )));
            }
            words.splice(places, substitution.to.split_whitespace());
        }

        Ok(texts)
    }

    /// The list, ready to be scored, of an utterance of that id and speaker; `name` is what errors
    /// call the list.
    pub(in crate::check) fn pair(
        &self,
        id: &str,
        speaker: Option<&str>,
        name: &str,
    ) -> Result<ListPair, InvalidList> {
        let invalid = |field: &str, problem: String| InvalidList {
            field: format!("{name}.{field}"),
            problem,
        };
        let texts = self
            .texts_after(&self.substitutions)
            .map_err(|error| invalid(&error.field, error.problem))?;

        let mut hypotheses = Vec::with_capacity(self.hyps.len());
        for (index, (hyp, words)) in self.hyps.iter().zip(&texts).enumerate() {
            let field = format!("hyps[{index}]");
            let text = words.join(" ");
            if text != hyp.text {
                let problem = format!(
                    "text is \"{}\", but the original with its substitutions is \"{text}\"",
                    hyp.text
                );
                return Err(invalid(&field, problem));
            }
            if index > 0 && hyp.score > self.hyps[index - 1].score {
                return Err(invalid(
                    &field,
                    format!(
                        "score {} is above the one before it: put the best score first",
                        hyp.score
                    ),
                ));
            }
            let transcript = Transcript::new(&hyp.original);
            hypotheses.push(Hypothesis {
                transcript,
                score: hyp.score,
                am_score: None,
                lm_score: None,
            });
        }

        let count = hypotheses.len();
        let nbest = NBest::new(hypotheses).map_err(|error| invalid("hyps", error.to_string()))?;
        if nbest.len() < count {
            return Err(invalid(
                "hyps",
                "two originals are equal; an n-best list has each text once".to_owned(),
            ));
        }

        for (field, pick) in [("clean_pick", self.clean_pick), ("pick", self.pick)] {
            if pick >= count {
                return Err(invalid(
                    field,
                    format!("{pick} is no index of {count} hypotheses; they count from 0"),
                ));
            }
        }

        let utterance = Utterance {
            id: id.to_owned(),
            speaker: speaker.map(str::to_owned),
            reference: Transcript::new(&self.reference),
            nbest,
            attributes: BTreeMap::new(),
        };

        Ok(ListPair::new(
            utterance,
            texts
                .iter()
                .map(|words| Transcript::from_words(words.iter().copied()))
                .collect(),
        ))
    }
}

/// A list whose fields contradict each other.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{field}: {problem}")]
pub struct InvalidList {
    /// The field.
    field: String,
    problem: String,
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::check::examples::counterexamples;

    fn swap(hyp: usize, word: usize, from: &str, to: &str) -> WrittenSubstitution {
        WrittenSubstitution {
            hyp,
            word,
            from: from.to_owned(),
            to: to.to_owned(),
            distance: 0.0,
        }
    }

    #[track_caller]
    fn check_texts(substitutions: &[WrittenSubstitution], expected: Result<[&str; 2], &str>) {
        let mut list = counterexamples(3).remove(0).minimal;
        list.hyps.truncate(2);
        "i want ice cream the end".clone_into(&mut list.hyps[0].original);
        "two tea".clone_into(&mut list.hyps[1].original);

        let texts = list.texts_after(substitutions);
        let texts = texts.map(|texts| texts.iter().map(|text| text.join(" ")).collect::<Vec<_>>());
        match (texts, expected) {
            (Ok(texts), Ok(expected)) => assert_eq!(texts, expected),
            (Err(error), Err(expected)) => assert_eq!(error.to_string(), expected),
            (texts, expected) => panic!("{texts:?} is not {expected:?}"),
        }
    }

    #[test]
    fn swaps_for_more_or_fewer_words_move_no_other_swap() {
        let swaps = [
            swap(0, 0, "", "oh"),
            swap(0, 2, "ice cream", "i scream"),
            swap(0, 4, "the", ""),
            swap(0, 5, "end", "and it"),
            swap(1, 1, "tea", "tee"),
        ];
        check_texts(&swaps, Ok(["oh i want i scream and it", "two tee"]));
        check_texts(&[], Ok(["i want ice cream the end", "two tea"]));
    }

    #[test]
    fn a_swap_of_what_is_not_there_is_refused() {
        check_texts(
            &[swap(1, 1, "tee", "tea")],
            Err("substitutions[0]: word 1 of hypothesis 1 is \"tea\", not \"tee\""),
        );
        check_texts(
            &[swap(1, 1, "tea two", "tea")],
            Err("substitutions[0]: hypothesis 1 has no word 2; both count from 0"),
        );
        check_texts(
            &[swap(2, usize::MAX, "tea", "")],
            Err("substitutions[0]: there is no hypothesis 2; they count from 0"),
        );
    }
}
