//! `Oracle`: the rescorer that knows the reference.

use crate::nbest::Transcript;
use crate::nbest::wer::word_errors;
use crate::rescore::candidates::Candidates;
use crate::rescore::error::RescoreError;
use crate::rescore::interpolation::Interpolation;
use crate::rescore::rescorer::Rescorer;

/// Knows the reference and picks the text with the fewest word errors: no
/// rescorer does better.
#[derive(Debug, Clone, Copy)]
pub struct Oracle;

impl Rescorer for Oracle {
    fn score(&self, lists: &[Candidates<'_>]) -> Result<Vec<Vec<f64>>, RescoreError> {
        let errors = |list: &Candidates<'_>, text: &str| {
            word_errors(&list.utterance.reference, &Transcript::new(text)).errors() as f64
        };
        Ok(lists
            .iter()
            .map(|list| list.texts.iter().map(|text| -errors(list, text)).collect())
            .collect())
    }

    fn interpolation(&self) -> Interpolation {
        Interpolation {
            first_pass_scale: 0.0,
            weight: 1.0,
        }
    }

    fn name(&self) -> &'static str {
        "oracle"
    }
}
