//! Word alignment: which reference word stands opposite which hypothesis word.
//!
//! For segments, tables and pictures. Plain counts are cheaper from
//! [`wer`](mod@crate::nbest::wer).

use crate::nbest::Transcript;

/// One column of an alignment.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum AlignedWord<'a> {
    /// The word was heard as it was said.
    Correct(&'a str),
    /// Another word was heard.
    Substitution {
        /// What was said.
        reference: &'a str,
        /// What was heard.
        hypothesis: &'a str,
    },
    /// A word that was said and not heard.
    Deletion(&'a str),
    /// A word that was heard and not said.
    Insertion(&'a str),
}

impl AlignedWord<'_> {
    /// `C`, `S`, `D` or `I`, as sclite writes them.
    pub(crate) fn letter(&self) -> char {
        match self {
            AlignedWord::Correct(_) => 'C',
            AlignedWord::Substitution { .. } => 'S',
            AlignedWord::Deletion(_) => 'D',
            AlignedWord::Insertion(_) => 'I',
        }
    }
}

/// What an alignment minimizes, and how it chooses among equals.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum AlignmentCosts {
    /// A substitution costs 4, an insertion or a deletion 3: NIST sclite's
    /// costs, whose alignments MAPSSWE cuts into segments. Among equals, read
    /// from the end, a match or substitution is preferred to a deletion, and
    /// that to an insertion.
    Sclite,
    /// Every edit costs 1: the alignment behind
    /// [`word_errors`](crate::nbest::wer::word_errors), with its preferences.
    Uniform,
}

impl AlignmentCosts {
    fn substitution(self) -> u32 {
        match self {
            AlignmentCosts::Sclite => 4,
            AlignmentCosts::Uniform => 1,
        }
    }

    /// Of an insertion, and of a deletion.
    fn gap(self) -> u32 {
        match self {
            AlignmentCosts::Sclite => 3,
            AlignmentCosts::Uniform => 1,
        }
    }
}

/// How the best path enters a cell.
#[derive(Clone, Copy)]
enum Step {
    Diagonal,
    Deletion,
    Insertion,
}

/// The cheapest alignment, in reading order.
///
/// Time and memory (a byte each) grow with the product of both lengths.
pub(crate) fn align<'a>(
    reference: &'a Transcript,
    hypothesis: &'a Transcript,
    costs: AlignmentCosts,
) -> Vec<AlignedWord<'a>> {
    let reference: Vec<&str> = reference.words().collect();
    let hypothesis: Vec<&str> = hypothesis.words().collect();
    let steps = steps(&reference, &hypothesis, costs);
    let width = hypothesis.len() + 1;
    let (mut i, mut j) = (reference.len(), hypothesis.len());

    let mut aligned = Vec::with_capacity(i.max(j));
    while i > 0 || j > 0 {
        match steps[i * width + j] {
            Step::Diagonal => {
                (i, j) = (i - 1, j - 1);
                aligned.push(if reference[i] == hypothesis[j] {
                    AlignedWord::Correct(reference[i])
                } else {
                    AlignedWord::Substitution {
                        reference: reference[i],
                        hypothesis: hypothesis[j],
                    }
                });
            }
            Step::Deletion => {
                i -= 1;
                aligned.push(AlignedWord::Deletion(reference[i]));
            }
            Step::Insertion => {
                j -= 1;
                aligned.push(AlignedWord::Insertion(hypothesis[j]));
            }
        }
    }

    aligned.reverse();
    aligned
}

/// The last step of the best path to every pair of prefixes, row by row of the reference.
fn steps(reference: &[&str], hypothesis: &[&str], costs: AlignmentCosts) -> Vec<Step> {
    let gap = costs.gap();

    let mut steps = Vec::with_capacity((reference.len() + 1) * (hypothesis.len() + 1));
    let mut row: Vec<u32> = Vec::with_capacity(hypothesis.len() + 1);
    let mut cost = 0;
    for _ in 0..=hypothesis.len() {
        row.push(cost);
        steps.push(Step::Insertion);
        cost += gap;
    }

    for spoken in reference {
        let mut diagonal = row[0];
        row[0] += gap;
        steps.push(Step::Deletion);
        for (j, heard) in hypothesis.iter().enumerate() {
            let substitution = if spoken == heard {
                0
            } else {
                costs.substitution()
            };
            let through = diagonal + substitution;
            let deleted = row[j + 1] + gap;
            let inserted = row[j] + gap;
            let cheapest = through.min(deleted).min(inserted);
            let preferred = match costs {
                AlignmentCosts::Sclite => [(through, Step::Diagonal), (deleted, Step::Deletion)],
                AlignmentCosts::Uniform => [(deleted, Step::Deletion), (through, Step::Diagonal)],
            };
            let step = preferred.into_iter().find(|&(cost, _)| cost == cheapest);
            steps.push(step.map_or(Step::Insertion, |(_, step)| step));
            diagonal = row[j + 1];
            row[j + 1] = cheapest;
        }
    }

    steps
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;
    use crate::nbest::wer::{WordErrors, word_errors};

    #[track_caller]
    fn check_alignment(reference: &str, hypothesis: &str, costs: AlignmentCosts, expected: &str) {
        let (reference, hypothesis) = (Transcript::new(reference), Transcript::new(hypothesis));
        let letters: String = align(&reference, &hypothesis, costs)
            .iter()
            .map(AlignedWord::letter)
            .collect();
        assert_eq!(letters, expected);
    }

    /// The counts of an alignment.
    fn count(aligned: &[AlignedWord<'_>]) -> WordErrors {
        let mut errors = WordErrors::default();
        for word in aligned {
            match word {
                AlignedWord::Correct(_) => errors.reference_words += 1,
                AlignedWord::Substitution { .. } => {
                    errors.substitutions += 1;
                    errors.reference_words += 1;
                }
                AlignedWord::Deletion(_) => {
                    errors.deletions += 1;
                    errors.reference_words += 1;
                }
                AlignedWord::Insertion(_) => errors.insertions += 1,
            }
        }

        errors
    }

    #[test]
    fn an_empty_side_aligns_with_gaps() {
        for costs in [AlignmentCosts::Sclite, AlignmentCosts::Uniform] {
            check_alignment("", "", costs, "");
            check_alignment("a b", "", costs, "DD");
            check_alignment("", "a b", costs, "II");
        }
    }

    #[test]
    fn costs_decide_between_two_substitutions_and_two_gaps() {
        check_alignment("a b", "b c", AlignmentCosts::Sclite, "DCI");
        check_alignment("a b c", "c d e", AlignmentCosts::Sclite, "SSS");
        check_alignment("a b", "x", AlignmentCosts::Sclite, "DS");
        check_alignment("a b", "x", AlignmentCosts::Uniform, "SD");
    }

    fn trn(text: &str) -> BTreeMap<&str, Transcript> {
        text.lines()
            .map(|line| {
                let (words, id) = line.rsplit_once('(').unwrap();
                (id.trim_end_matches(')'), Transcript::new(words))
            })
            .collect()
    }

    /// The alignments of sclite (SCTK commit 9688a26, 2023-11-27, `-i spu_id -o sgml`) of a
    /// synthetic corpus, 4 systems by 300 utterances; see `fixtures/reference/sctk`.
    #[test]
    fn alignments_and_counts_are_those_of_sclite() {
        macro_rules! fixture {
            ($name:literal) => {
                include_str!(concat!("../../fixtures/reference/sctk/", $name))
            };
        }

        let references = trn(fixture!("syn_ref.trn"));
        let systems = [
            ("A", trn(fixture!("syn_sysA.trn"))),
            ("B", trn(fixture!("syn_sysB.trn"))),
            ("C", trn(fixture!("syn_sysC.trn"))),
            ("D", trn(fixture!("syn_sysD.trn"))),
        ];
        let utterances: Vec<serde_json::Value> =
            serde_json::from_str(fixture!("syn_utts.json")).unwrap();
        assert_eq!(utterances.len(), 300);
        for utterance in &utterances {
            let id = utterance["id"].as_str().unwrap();
            let reference = &references[id];
            for (system, hypotheses) in &systems {
                let hypothesis = &hypotheses[id];
                let aligned = align(reference, hypothesis, AlignmentCosts::Sclite);
                let letters: String = aligned.iter().map(AlignedWord::letter).collect();
                assert_eq!(letters, utterance[format!("ops_{system}")], "{id} {system}");
                let errors = word_errors(reference, hypothesis);
                assert_eq!(errors.errors(), count(&aligned).errors(), "{id} {system}");
                assert_eq!(errors.errors() as u64, utterance[format!("err_{system}")]);
                assert_eq!(errors.reference_words as u64, utterance["n_words"]);
                let uniform = align(reference, hypothesis, AlignmentCosts::Uniform);
                assert_eq!(count(&uniform), errors, "{id} {system}");
            }
        }
    }

    /// Totals of jiwer 4.0.0 (`process_words` over the whole corpus).
    #[test]
    fn corpus_totals_by_kind_are_those_of_jiwer() {
        let references = trn(include_str!("../../fixtures/reference/sctk/syn_ref.trn"));
        let hypotheses = trn(include_str!("../../fixtures/reference/sctk/syn_sysA.trn"));
        let total: WordErrors = references
            .iter()
            .map(|(id, words)| word_errors(words, &hypotheses[id]))
            .sum();

        assert_eq!(
            total,
            WordErrors {
                substitutions: 254,
                insertions: 81,
                deletions: 118,
                reference_words: 4604
            }
        );
    }
}
