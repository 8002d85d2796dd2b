//! What the model to train cannot read of its lists.

use std::collections::BTreeSet;

use rayon::iter::{IntoParallelRefIterator, ParallelIterator};

use crate::bert::LoadError;
use crate::bert::batch::TextTokenizer;
use crate::nbest::Utterance;
use crate::report::cautions;
use crate::rescore::TokenCounts;

/// Warnings about the texts of the first `hypotheses` of every list: tokens that the model does not
/// know, and texts that are longer than it reads. `lists` says which lists these are.
pub(super) fn warnings(
    lists: &str,
    utterances: &[Utterance],
    hypotheses: usize,
    tokenizer: &TextTokenizer,
) -> Result<Vec<String>, LoadError> {
    let texts = utterances.iter().flat_map(|utterance| {
        let hypotheses = utterance.nbest.hypotheses().iter().take(hypotheses);
        hypotheses.map(|hypothesis| hypothesis.transcript.as_str())
    });
    let texts: Vec<&str> = texts.collect::<BTreeSet<_>>().into_iter().collect();
    let read = texts.par_iter().map(|text| {
        let tokens = tokenizer.tokenize(text)?;
        Ok((tokenizer.counts(&tokens), tokens.truncated))
    });
    let read: Vec<(TokenCounts, bool)> = read.collect::<Result<_, LoadError>>()?;

    let mut tokens = TokenCounts::default();
    let mut cut = 0;
    for (counts, is_cut) in read {
        tokens += counts;
        cut += usize::from(is_cut);
    }
    let warnings = cautions::unread(Some(tokens), cut).into_iter();
    Ok(warnings
        .map(|warning| format!("of the {lists} lists: {warning}"))
        .collect())
}
