//! N-best lists as training sees them, and the order in which they come.

use rayon::iter::{IntoParallelRefIterator, ParallelIterator};

use crate::bert::batch::TextTokenizer;
use crate::nbest::Utterance;
use crate::nbest::wer::word_errors;
use crate::stats::random::{Stream, named_seed};
use crate::train::TrainError;
use crate::train::objective::{Column, InvalidList};

/// A list with its texts as word pieces and its word errors.
#[derive(Debug, Clone, PartialEq)]
pub struct TrainingList {
    /// The utterance.
    pub id: String,
    /// The word pieces of every hypothesis.
    pub texts: Vec<Vec<u32>>,
    /// First-pass scores as they are in the file.
    pub first_pass: Vec<f64>,
    /// Word errors of every hypothesis.
    pub errors: Vec<f64>,
    /// Words of the reference.
    pub reference_words: usize,
    /// The pseudo-log-likelihood of every hypothesis, where a teacher has scored the list.
    pub targets: Option<Vec<f64>>,
}

impl TrainingList {
    /// Tokenizes and compares the first `limit` hypotheses of every utterance.
    pub fn prepare(
        utterances: &[Utterance],
        limit: usize,
        tokenizer: &TextTokenizer,
    ) -> Result<Vec<TrainingList>, TrainError> {
        utterances
            .par_iter()
            .map(|utterance| prepare(utterance, limit, tokenizer))
            .collect()
    }

    /// Refuses second-pass scores of which one is no number: whoever compares them takes it for the
    /// lowest, and a list of such scores for one without errors.
    pub(crate) fn ensure_finite(&self, scores: &[f64], step: usize) -> Result<(), TrainError> {
        let Some(index) = scores.iter().position(|score| !score.is_finite()) else {
            return Ok(());
        };

        Err(TrainError::List {
            utterance: self.id.clone(),
            step,
            source: InvalidList::NotFinite {
                column: Column::SecondPass,
                index,
                value: scores[index],
            },
        })
    }

    /// Whether the choice of a hypothesis matters.
    pub fn teaches(&self) -> bool {
        self.errors
            .iter()
            .any(|count| count.total_cmp(&self.errors[0]).is_ne())
    }
}

/// The lists from which something can be learned, of which there must be one.
pub(crate) fn teaching(lists: &[TrainingList]) -> Result<Vec<&TrainingList>, TrainError> {
    let teaching: Vec<&TrainingList> = lists.iter().filter(|list| list.teaches()).collect();
    if teaching.is_empty() {
        let reason = "no training list has hypotheses of different word errors: there is nothing \
            to learn";
        return Err(TrainError::Data(reason.to_owned()));
    }

    Ok(teaching)
}

fn prepare(
    utterance: &Utterance,
    limit: usize,
    tokenizer: &TextTokenizer,
) -> Result<TrainingList, TrainError> {
    let hypotheses = utterance.nbest.hypotheses();
    let hypotheses = &hypotheses[..hypotheses.len().min(limit)];
    let errors = hypotheses
        .iter()
        .map(|hypothesis| word_errors(&utterance.reference, &hypothesis.transcript).errors() as f64)
        .collect();

    Ok(TrainingList {
        id: utterance.id.clone(),
        texts: hypotheses
            .iter()
            .map(|hypothesis| word_pieces(tokenizer, hypothesis.transcript.as_str()))
            .collect::<Result<_, _>>()?,
        first_pass: hypotheses
            .iter()
            .map(|hypothesis| hypothesis.score)
            .collect(),
        errors,
        reference_words: utterance.reference.word_count(),
        targets: None,
    })
}

/// The word pieces of a text.
pub fn word_pieces(tokenizer: &TextTokenizer, text: &str) -> Result<Vec<u32>, TrainError> {
    Ok(tokenizer.tokenize(text)?.ids)
}

/// The items of optimizer step `step`, counted from 1, when every step takes
/// `per_step` of `count` items: one shuffle after the other, without a gap.
///
/// A pure function of its arguments, so that a resumed run goes on where it was.
pub fn items_of_step(seed: u64, step: usize, per_step: usize, count: usize) -> Vec<usize> {
    let mut items = Vec::with_capacity(per_step);
    let mut position = (step - 1) * per_step;
    while items.len() < per_step {
        let (epoch, offset) = (position / count, position % count);
        let order = shuffled(seed, epoch, count);
        let take = (count - offset).min(per_step - items.len());
        items.extend_from_slice(&order[offset..offset + take]);
        position += take;
    }

    items
}

/// The order of `count` items in epoch `epoch` (Fisher and Yates).
pub fn shuffled(seed: u64, epoch: usize, count: usize) -> Vec<usize> {
    let mut order: Vec<usize> = (0..count).collect();
    let mut stream = Stream::new(named_seed(seed, "order of training data"), epoch as u64);
    for last in (1..count).rev() {
        order.swap(last, below(&mut stream, last + 1));
    }
    order
}

/// A number below `bound`; uniform but for `bound / 2^64`.
pub fn below(stream: &mut Stream, bound: usize) -> usize {
    let drawn = (u128::from(stream.next_bits()) * bound as u128) >> 64;
    usize::try_from(drawn).expect("less than the bound, a usize")
}

/// The standard deviation of scores from the mean of their list, over all lists, none of which is
/// empty.
pub(super) fn spread<'a>(lists: impl Iterator<Item = &'a [f64]>) -> f64 {
    let (mut squares, mut count) = (0.0, 0);
    for scores in lists {
        let mean = scores.iter().sum::<f64>() / scores.len() as f64;
        squares += scores
            .iter()
            .map(|score| (score - mean).powi(2))
            .sum::<f64>();
        count += scores.len();
    }

    (squares / count as f64).sqrt()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_item_comes_once_an_epoch_whatever_the_batch() {
        let mut seen: Vec<usize> = (1..=7)
            .flat_map(|step| items_of_step(3, step, 3, 21))
            .collect();
        seen.sort_unstable();
        assert_eq!(seen, (0..21).collect::<Vec<_>>());

        let across: Vec<usize> = (1..=3)
            .flat_map(|step| items_of_step(3, step, 4, 6))
            .collect();
        let two: Vec<usize> = [shuffled(3, 0, 6), shuffled(3, 1, 6)].concat();
        assert_eq!(across, two);
        assert_ne!(shuffled(3, 0, 21), shuffled(3, 1, 21));
        assert_ne!(shuffled(3, 0, 21), shuffled(4, 0, 21));
    }

    #[test]
    fn a_step_may_be_longer_than_the_data() {
        assert_eq!(items_of_step(1, 1, 5, 2).len(), 5);
    }

    #[test]
    fn scores_spread_within_their_lists_alone() {
        // Deviations of 1, 1 and 0 from means that are far apart.
        let lists: [&[f64]; 2] = [&[-3.0, -5.0], &[70.0]];
        let found = spread(lists.into_iter());
        assert!((found - (2.0_f64 / 3.0).sqrt()).abs() < 1e-12, "{found}");
    }
}
