//! The teacher of a distillation: a masked language model that scores the training lists.

use std::collections::BTreeMap;
use std::path::Path;

use anyhow::Context;

use crate::bert::device::DeviceChoice;
use crate::cli::commands::train::objective::objective;
use crate::cli::commands::train::open_base;
use crate::cli::commands::train::options::Options;
use crate::cli::commands::train::text::masked_model;
use crate::cli::models::files::hash_model;
use crate::nbest::read::Corpus;
use crate::train::lists::{TrainingList, word_pieces};
use crate::train::pseudo::pseudo_log_likelihoods;

/// Gives `lists` (the first `hypotheses` of each utterance of `corpus`) their targets where the
/// objective asks for them; returns the teacher's hash.
pub(super) fn teach(
    options: &Options,
    device: DeviceChoice,
    base: &Path,
    corpus: &Corpus,
    hypotheses: usize,
    lists: &mut [TrainingList],
) -> anyhow::Result<Option<String>> {
    let swept = options.swept() == Some("distillation");
    if objective(options).distillation <= 0.0 && !swept {
        if let Some(teacher) = &options.teacher {
            anyhow::bail!(
                "--teacher {}: say how much it counts, with --distillation 1e-4",
                teacher.display()
            );
        }
        return Ok(None);
    }

    let folder = options.teacher.as_deref().unwrap_or(base);
    let source = open_base(folder)?;
    let (model, tokenizer, whole) = masked_model(&source, 1, device, None)?;
    anyhow::ensure!(
        whole,
        "{} has no head for hidden words (cls.predictions), so it cannot teach: name one with \
         --teacher, such as a base of train --objective mlm",
        folder.display()
    );

    let special = tokenizer.special();
    let mask = special
        .mask
        .with_context(|| format!("the tokenizer of {} has no [MASK]", folder.display()))?;

    // Texts come in many lists: each is scored once.
    let mut distinct: BTreeMap<&str, Vec<u32>> = BTreeMap::new();
    let first = |utterance| texts(utterance, hypotheses);
    for text in corpus.utterances.iter().flat_map(first) {
        if !distinct.contains_key(text) {
            distinct.insert(text, word_pieces(&tokenizer, text)?);
        }
    }

    let pieces: Vec<&[u32]> = distinct.values().map(Vec::as_slice).collect();
    let device = device.resolve()?;
    let scores = pseudo_log_likelihoods(&model, &pieces, mask, special.pad, &device);
    let scores: BTreeMap<&str, f64> = distinct.keys().copied().zip(scores).collect();

    for (utterance, list) in corpus.utterances.iter().zip(lists) {
        let targets = texts(utterance, hypotheses).map(|text| scores[text]);
        list.targets = Some(targets.collect());
    }

    Ok(Some(hash_model(&source)?))
}

/// The texts of a list that are read.
fn texts(utterance: &crate::nbest::Utterance, hypotheses: usize) -> impl Iterator<Item = &str> {
    let list = utterance.nbest.hypotheses();
    list.iter()
        .take(hypotheses)
        .map(|hypothesis| hypothesis.transcript.as_str())
}
