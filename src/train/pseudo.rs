//! Pseudo-log-likelihoods: how likely a masked language model finds a text (arXiv 1910.14659).
//!
//! What distillation aims at. The sum over the word pieces of a text of the log-probability
//! of each in its place, all others being seen.

use burn::module::Module;
use burn::tensor::Device;
use rayon::iter::{IntoParallelRefIterator, ParallelIterator};

use crate::bert::batch::even_batches;
use crate::bert::weights::numbers;
use crate::train::corpus::Puzzle;
use crate::train::masked::MaskedModel;

/// The pseudo-log-likelihood of every text, in order; 0 for a text without word pieces.
///
/// `texts` are word pieces between `[CLS]` and `[SEP]`; `mask` hides one, `pad` fills batches.
pub fn pseudo_log_likelihoods(
    model: &MaskedModel,
    texts: &[&[u32]],
    mask: u32,
    pad: u32,
    device: &Device,
) -> Vec<f64> {
    let model = model.valid();
    let mut puzzles = Vec::new();
    let mut owners = Vec::new();
    for (index, text) in texts.iter().enumerate() {
        for place in 1..text.len().saturating_sub(1) {
            let mut ids = text.to_vec();
            let answer = std::mem::replace(&mut ids[place], mask);
            puzzles.push(Puzzle {
                ids,
                answers: vec![(place, answer)],
            });
            owners.push(index);
        }
    }

    let lengths: Vec<usize> = puzzles.iter().map(|puzzle| puzzle.ids.len()).collect();
    let on_host = *device == Device::flex();
    let batches = even_batches(&lengths, if on_host { 1024 } else { 16_384 });
    let guess = |batch: &Vec<usize>| -> Vec<f32> {
        let chosen: Vec<&Puzzle> = batch.iter().map(|index| &puzzles[*index]).collect();
        numbers(model.log_likelihoods(&chosen, pad, device))
    };
    let found: Vec<Vec<f32>> = if on_host {
        batches.par_iter().map(guess).collect()
    } else {
        batches.iter().map(guess).collect()
    };

    let mut by_puzzle = vec![0.0; puzzles.len()];
    for (batch, found) in batches.iter().zip(found) {
        for (index, value) in batch.iter().zip(found) {
            by_puzzle[*index] = f64::from(value);
        }
    }

    // In the order of the text, so that a sum does not depend on batches.
    let mut sums = vec![0.0; texts.len()];
    for (owner, value) in owners.iter().zip(by_puzzle) {
        sums[*owner] += value;
    }

    sums
}

#[cfg(test)]
mod tests {
    use super::*;

    use std::path::Path;

    use crate::bert::config::BertConfig;
    use crate::bert::model::{HeadKind, ScoreModel};
    use crate::bert::weights::initialize;

    fn model() -> MaskedModel {
        let text = r#"{"vocab_size": 24, "hidden_size": 16, "num_hidden_layers": 2,
            "num_attention_heads": 2, "intermediate_size": 32, "max_position_embeddings": 8,
            "initializer_range": 0.2}"#;
        let config = BertConfig::parse(text, Path::new("config.json")).unwrap();
        let device = Device::flex();
        let mut model = ScoreModel::zeros(&config, HeadKind::ClsLinear, &device);
        initialize(&mut model, &config, 5);
        MaskedModel::new(model, &config, 5, &device)
    }

    #[test]
    fn a_text_is_the_sum_of_its_hidden_pieces_whatever_the_company() {
        let (model, device) = (model(), Device::flex());
        let texts: [&[u32]; 4] = [&[2, 7, 9, 3], &[2, 3], &[2, 8, 12, 5, 9, 3], &[2, 7, 9, 3]];
        let together = pseudo_log_likelihoods(&model, &texts, 4, 0, &device);
        assert!(together[1].abs() < 1e-12, "{together:?}");
        for (text, expected) in texts.iter().zip(&together) {
            let alone = pseudo_log_likelihoods(&model, &[*text], 4, 0, &device);
            assert!((alone[0] - expected).abs() < 1e-5, "{alone:?} {expected}");
        }

        // By hand: one piece hidden at a time, its negative log-likelihood from the training loss.
        let loss = |ids: Vec<u32>, place: usize, answer: u32| {
            let puzzle = Puzzle {
                ids,
                answers: vec![(place, answer)],
            };
            f64::from(numbers(model.loss(&[&puzzle], 0, &device))[0])
        };

        let expected = -loss(vec![2, 4, 9, 3], 1, 7) - loss(vec![2, 7, 4, 3], 2, 9);
        assert!(
            (together[0] - expected).abs() < 1e-5,
            "{together:?} {expected}"
        );
    }
}
