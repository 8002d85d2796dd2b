//! Records: perturbed lists as JSON lines, for rescorers that are not ours.
//!
//! The names and the order of the fields are an interface. Records hold whole
//! lists as they were drawn; minimal cases have another form.

use std::io::{self, Write};

use serde::{Deserialize, Serialize};

use crate::nbest::Utterance;
use crate::perturb::case::Case;
use crate::perturb::perturbation::Perturbation;
use crate::perturb::substitution::Substitution;

/// One perturbed list: a line of the file.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct PerturbedList {
    /// The utterance's id.
    pub id: String,
    /// Who spoke; null where the input does not say.
    pub speaker: Option<String>,
    /// Which draw of the utterance, from 0.
    pub draw: usize,
    /// The reference text.
    #[serde(rename = "ref")]
    pub reference: String,
    /// The hypotheses, best first-pass score first.
    pub hyps: Vec<WrittenHypothesis>,
    /// Every edit, by hypothesis, then by position; empty where nothing could be edited.
    pub substitutions: Vec<WrittenSubstitution>,
    /// Of what it was drawn, and how: lists of other draws have another key.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub key: Option<String>,
}

/// What draws are made of: two that have it in common are of the same lists.
#[derive(Debug, Clone, Copy)]
pub struct Drawn<'a> {
    /// The suite's name.
    pub suite: &'a str,
    /// The check's name.
    pub check: &'a str,
    /// How lists are perturbed.
    pub perturbation: &'a Perturbation,
    /// The seed.
    pub seed: u64,
    /// The hash of the lists.
    pub lists: &'a str,
    /// The hash of the lexicon.
    pub lexicon: &'a str,
}

/// Hexadecimal digits of a key.
const KEY_DIGITS: usize = 12;

impl Drawn<'_> {
    /// A short name for all of it.
    pub fn key(&self) -> String {
        let Drawn {
            suite,
            check,
            perturbation,
            seed,
            lists,
            lexicon,
        } = self;
        let (rules, described) = (&perturbation.rules, perturbation.describe());
        let distances = [perturbation.min_distance, perturbation.max_distance];
        let content = format!(
            "{suite}\n{check}\n{described}\n{distances:?}\n{rules}\n{seed}\n{lists}\n{lexicon}\n"
        );
        blake3::hash(content.as_bytes()).to_hex()[..KEY_DIGITS].to_owned()
    }
}

/// One hypothesis of a [`PerturbedList`].
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct WrittenHypothesis {
    /// The text to score: perturbed, where this hypothesis is touched.
    pub text: String,
    /// The text as the recogniser gave it.
    pub original: String,
    /// The first-pass score used, unchanged by the perturbation; higher is better.
    pub score: f64,
}

/// One swapped word of a [`PerturbedList`], or another edit: the original text with all of them is
/// the text.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct WrittenSubstitution {
    /// The index of the hypothesis in `hyps`, from 0.
    pub hyp: usize,
    /// The index of the word in its original text, from 0; of an insertion, that of the word it
    /// stands before.
    pub word: usize,
    /// The word that stood there, or two with a space; empty for an insertion.
    pub from: String,
    /// The word that stands there now, or two with a space; empty for a deletion.
    pub to: String,
    /// How far apart they sound; 0 for homophones.
    pub distance: f64,
}

impl From<Substitution> for WrittenSubstitution {
    fn from(substitution: Substitution) -> WrittenSubstitution {
        WrittenSubstitution {
            hyp: substitution.hypothesis,
            word: substitution.word,
            from: substitution.from,
            to: substitution.to,
            distance: substitution.distance.as_f64(),
        }
    }
}

impl PerturbedList {
    /// The record of draw number `draw` of `utterance`, which gave `case`.
    ///
    /// # Panics
    /// If the case is not [whole](Case::is_whole).
    pub fn new(utterance: &Utterance, draw: usize, case: &Case) -> PerturbedList {
        assert!(case.is_whole(), "records hold cases as they were drawn");
        let hypotheses = utterance.nbest.hypotheses().iter();

        PerturbedList {
            id: utterance.id.clone(),
            speaker: utterance.speaker.clone(),
            draw,
            reference: utterance.reference.as_str().to_owned(),
            hyps: hypotheses
                .zip(case.texts())
                .map(|(hypothesis, text)| WrittenHypothesis {
                    text: text.as_str().to_owned(),
                    original: hypothesis.transcript.as_str().to_owned(),
                    score: hypothesis.score,
                })
                .collect(),
            substitutions: case
                .substitutions()
                .into_iter()
                .map(WrittenSubstitution::from)
                .collect(),
            key: None,
        }
    }

    /// The same, of draws with this key.
    #[must_use]
    pub fn with_key(self, key: &str) -> PerturbedList {
        PerturbedList {
            key: Some(key.to_owned()),
            ..self
        }
    }

    /// Writes the record as one line.
    pub fn write(&self, out: &mut dyn Write) -> io::Result<()> {
        serde_json::to_writer(&mut *out, self)?;
        out.write_all(b"\n")
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::perturb::case::Edit;
    use crate::perturb::examples::{example, lexicon};
    use crate::perturb::menu::{Menu, Replacements};

    fn record() -> PerturbedList {
        let replacements = Replacements::from(&lexicon());
        let menu = Menu::new(&example(), &Perturbation::PERTURB_1, &replacements, 0);
        let case = Case::new(Arc::new(menu), vec![Edit { site: 0, rank: 2 }]);
        PerturbedList::new(&example(), 4, &case)
    }

    #[test]
    fn draws_of_other_lists_have_another_key() {
        let drawn = Drawn {
            suite: "s",
            check: "c",
            perturbation: &Perturbation::PERTURB_1,
            seed: 1,
            lists: "12",
            lexicon: "34",
        };
        let others = [
            Drawn {
                suite: "t",
                ..drawn
            },
            Drawn { seed: 2, ..drawn },
            Drawn {
                lists: "13",
                ..drawn
            },
            Drawn {
                perturbation: &Perturbation::PERTURB_N,
                ..drawn
            },
        ];
        assert_eq!(drawn.key().len(), KEY_DIGITS);
        assert!(others.iter().all(|other| other.key() != drawn.key()));

        let mut line = Vec::new();
        record().with_key("ab").write(&mut line).unwrap();
        assert!(line.ends_with(b"}],\"key\":\"ab\"}\n"));
    }

    #[test]
    fn a_record_is_one_line_with_the_fields_in_order() {
        let mut line = Vec::new();
        record().write(&mut line).unwrap();
        assert_eq!(
            String::from_utf8(line).unwrap(),
            "{\"id\":\"u1\",\"speaker\":\"ann\",\"draw\":4,\"ref\":\"two cups for their \
                tea\",\"hyps\":[\
             {\"text\":\"too cups for their tea\",\"original\":\"two cups for their \
             tea\",\"score\":-1.0},\
             {\"text\":\"two cups to their tea\",\"original\":\"two cups to their \
             tea\",\"score\":-2.0},\
             {\"text\":\"to cups for two there tea\",\"original\":\"to cups for two there \
             tea\",\"score\":-3.0}],\
             \"substitutions\":[{\"hyp\":0,\"word\":0,\"from\":\"two\",\"to\":\"too\",\"distance\":0.0}]}\n"
        );
    }
}
