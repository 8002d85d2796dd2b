//! From a model folder to a model in memory.
//!
//! Finding the files is in [`checkpoint`](mod@crate::bert::checkpoint).

use std::path::{Path, PathBuf};

use burn::tensor::Device;

use crate::bert::adapter::Adapter;
use crate::bert::architecture::{Architecture, Names};
use crate::bert::batch::TextTokenizer;
use crate::bert::checkpoint::{CHECKPOINT_FILE, Source};
use crate::bert::config::BertConfig;
use crate::bert::error::{LoadError, LoadErrorKind};
use crate::bert::limits::check_against_tensors;
use crate::bert::model::{HeadKind, LINEAR_HEAD, ScoreModel};
use crate::bert::tensors::TensorStore;
use crate::bert::tokenizer_source;
use crate::bert::weights::{initialize_head, read_weights};

/// What becomes of an adapter.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum AdapterUse {
    /// It is folded into the weights: faster, for scoring.
    Merge,
    /// It stays apart, for training on.
    Keep,
}

/// Where the head comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum HeadUse {
    /// From the files; a model without one is an error.
    Stored,
    /// Of this kind; what the files lack of it is drawn anew from this seed.
    New(HeadKind, u64),
}

/// A model in memory with all that is needed to run it.
#[derive(Debug)]
pub(crate) struct LoadedModel {
    /// Its parameters.
    pub(crate) model: ScoreModel,
    /// Its shape.
    pub(crate) config: BertConfig,
    /// Its tokenizer.
    pub(crate) tokenizer: TextTokenizer,
    /// What whoever uses it should know.
    pub(crate) notices: Vec<String>,
}

/// Loads the model that `source` found, onto `device`.
///
/// `max_length` is the most tokens a text may have; where it is absent, the
/// checkpoint's, or else the tokenizer's `model_max_length`, or else as many as there are position
/// embeddings.
pub(crate) fn load(
    source: &Source,
    device: &Device,
    adapter_use: AdapterUse,
    head_use: HeadUse,
    max_length: Option<usize>,
) -> Result<LoadedModel, LoadError> {
    let config_path = config_file(source);
    let config = BertConfig::read(&config_path)?;
    let store = TensorStore::read_model(&source.base)?;
    check_against_tensors(&config, &config_path, &store)?;

    let length = longest_text(source, &config, max_length)?;
    let tokenizer = TextTokenizer::read(&source.tokenizer(), &config, length)?;
    let (model, ignored) = load_weights(source, &store, &config, device, adapter_use, head_use)?;
    let notices = ignored_notice(source, &ignored).into_iter().collect();

    Ok(LoadedModel {
        model,
        config,
        tokenizer,
        notices,
    })
}

/// The file that says which shape the model has.
pub(super) fn config_file(source: &Source) -> PathBuf {
    source.base.join("config.json")
}

/// The adapter, where there is one.
pub(super) fn adapter(source: &Source) -> Result<Option<Adapter>, LoadError> {
    source.adapter.as_deref().map(Adapter::read).transpose()
}

/// The most tokens a text may have, of which `max_length` were asked for.
pub(super) fn longest_text(
    source: &Source,
    config: &BertConfig,
    max_length: Option<usize>,
) -> Result<usize, LoadError> {
    let limit = config.longest();
    let wanted = source
        .checkpoint
        .as_ref()
        .map(|checkpoint| checkpoint.max_length);
    let length = match max_length.or(wanted) {
        Some(length) => length,
        None => tokenizer_source::longest(&source.tokenizer())?
            .map_or(limit, |longest| longest.min(limit)),
    };
    if (3..=limit).contains(&length) {
        return Ok(length);
    }

    let advice = format!("this model reads 3 to {limit} tokens");
    // A length that was asked for is nobody's but the model's, which is too small for it.
    let path = match max_length {
        None => source.folder.join(CHECKPOINT_FILE),
        Some(_) => config_file(source),
    };
    Err(LoadError::field(&path, "max_length", &length, &advice))
}

/// Says that an adapter's file holds more than its configuration names.
pub(super) fn ignored_notice(source: &Source, ignored: &[String]) -> Option<String> {
    let first = ignored.first()?;
    Some(format!(
        "the adapter {} has tensors of {} modules that its target_modules and layers do not name, \
         such as {first}: they are left out, as PEFT leaves them out",
        source.folder.display(),
        ignored.len()
    ))
}

/// The model, and the modules of an adapter that were left out.
fn load_weights(
    source: &Source,
    store: &TensorStore,
    config: &BertConfig,
    device: &Device,
    adapter_use: AdapterUse,
    head_use: HeadUse,
) -> Result<(ScoreModel, Vec<String>), LoadError> {
    let adapter = adapter(source)?;
    let head = match (head_use, &source.checkpoint) {
        (HeadUse::New(head, _), _) => head,
        (HeadUse::Stored, Some(checkpoint)) => checkpoint.head,
        (HeadUse::Stored, None) => stored_head(Some(store), adapter.as_ref(), config.model_type),
    };

    // Where the checkpoint's record says which head it has, the record is at fault if there is
    // none.
    let record = source.folder.join(CHECKPOINT_FILE);
    let at_fault = match &source.checkpoint {
        Some(_) => &record,
        None => &source.folder,
    };

    build(
        store,
        adapter.as_ref(),
        config,
        head,
        device,
        head_use,
        at_fault,
    )
    .map(|(mut model, ignored)| {
        if adapter_use == AdapterUse::Merge {
            model.merge();
        }
        (model, ignored)
    })
}

/// Which head the files hold, those of the base as far as they are read: ours is called `score`,
/// Hugging Face's `classifier`.
pub(super) fn stored_head(
    store: Option<&TensorStore>,
    adapter: Option<&Adapter>,
    architecture: Architecture,
) -> HeadKind {
    let own = store.is_some_and(|store| store.contains(&format!("{LINEAR_HEAD}.weight")));
    if own || adapter.is_some_and(|adapter| adapter.saves(LINEAR_HEAD, architecture)) {
        HeadKind::ClsLinear
    } else {
        HeadKind::HfPooled
    }
}

/// A classifier's model has a row of weights for each of its labels.
fn refuse_labels(store: &TensorStore, names: &Names) -> Result<(), LoadError> {
    for head in [HeadKind::HfPooled, HeadKind::ClsLinear] {
        let tensor = format!("{}.weight", head.module(names));
        match store.shape(&tensor) {
            Some(&[labels, _]) if labels != 1 => {
                let kind = LoadErrorKind::Labels { tensor, labels };
                return Err(LoadError::new(store.path(), kind));
            }
            _ => {}
        }
    }

    Ok(())
}

fn build(
    store: &TensorStore,
    adapter: Option<&Adapter>,
    config: &BertConfig,
    head: HeadKind,
    device: &Device,
    head_use: HeadUse,
    folder: &Path,
) -> Result<(ScoreModel, Vec<String>), LoadError> {
    refuse_labels(store, config.model_type.names())?;
    let mut model = ScoreModel::zeros(config, head, device);
    let mut missing = read_weights(&mut model, store)?;
    if let HeadUse::New(_, seed) = head_use {
        initialize_head(&mut model, config, seed, &missing);
        missing.clear();
    }

    let mut ignored = Vec::new();
    if let Some(adapter) = adapter {
        let attached = adapter.attach_to(&mut model)?;
        missing.retain(|module| !attached.replaced.contains(&format!("{module}.weight")));
        ignored = attached.ignored;
    }

    match missing.into_iter().next() {
        None => Ok((model, ignored)),
        Some(module) => {
            let tensor = format!("{module}.weight");
            Err(LoadError::new(folder, LoadErrorKind::NoHead { tensor }))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    use burn::module::Module;
    use burn::tensor::Tensor;

    use crate::bert::batch::TokenBatch;
    use crate::bert::checkpoint::BaseSearch;
    use crate::bert::weights::numbers;

    fn reference() -> PathBuf {
        Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/reference")
    }

    fn source(folder: &Path, base: &Path) -> Source {
        Source::open(
            folder,
            BaseSearch {
                base: Some(base),
                cache: None,
            },
        )
        .unwrap()
    }

    #[track_caller]
    fn check_close(found: &[f32], expected: &[f32], tolerance: f32) {
        assert_eq!(found.len(), expected.len());
        for (found, expected) in found.iter().zip(expected) {
            assert!(
                (found - expected).abs() <= tolerance,
                "{found} is not {expected}"
            );
        }
    }

    #[derive(serde::Deserialize)]
    struct Scores {
        texts: Vec<String>,
        max_length: usize,
        input_ids: Vec<Vec<u32>>,
        score: std::collections::BTreeMap<String, Vec<f32>>,
    }

    fn scores() -> Scores {
        let text = std::fs::read_to_string(reference().join("hf-peft/scores.json")).unwrap();
        serde_json::from_str(&text).unwrap()
    }

    /// Scores computed with transformers 5.23 and peft 0.21.2; see `hf-peft/scores.json`.
    #[track_caller]
    fn check_scores(folder: &str, name: &str, adapter_use: AdapterUse) {
        let scores = scores();
        let device = Device::flex();
        let root = reference().join("hf-peft");
        let source = source(&root.join(folder), &root.join("bert-tiny"));
        let length = Some(scores.max_length);
        let loaded = load(&source, &device, adapter_use, HeadUse::Stored, length).unwrap();
        let kept = loaded
            .model
            .linears()
            .iter()
            .any(|(_, linear)| linear.adapter.is_some());

        assert_eq!(
            kept,
            adapter_use == AdapterUse::Keep && folder != "bert-tiny"
        );

        let expected = &scores.score[name];
        let tokens: Vec<Vec<u32>> = scores
            .texts
            .iter()
            .map(|text| loaded.tokenizer.tokenize(text).unwrap().ids)
            .collect();
        assert_eq!(tokens, scores.input_ids);

        // All in one padded batch, and one by one.
        let rows: Vec<&[u32]> = tokens.iter().map(Vec::as_slice).collect();
        let batch = TokenBatch::new(&rows, 0, &device);
        check_close(&numbers(loaded.model.forward(&batch)), expected, 1e-4);
        for (row, expected) in rows.iter().zip(expected) {
            let batch = TokenBatch::new(&[row], 0, &device);
            check_close(&numbers(loaded.model.forward(&batch)), &[*expected], 1e-4);
        }
    }

    #[test]
    fn scores_equal_those_of_transformers_and_peft() {
        for adapter_use in [AdapterUse::Merge, AdapterUse::Keep] {
            check_scores("bert-tiny", "base", adapter_use);
            check_scores("adapter-lora", "lora", adapter_use);
            check_scores(
                "adapter-lora-rs-all-linear",
                "lora-rs-all-linear",
                adapter_use,
            );
            check_scores("adapter-adalora", "adalora", adapter_use);
        }
    }

    #[derive(serde::Deserialize)]
    struct Golden {
        input_ids: Vec<Vec<u32>>,
        logits: Vec<Vec<f32>>,
    }

    /// Logits computed with peft 0.21.2; see `golden/*/io.json`.
    #[track_caller]
    fn check_golden(name: &str, adapter_use: AdapterUse) {
        let device = Device::flex();
        let root = reference().join("golden");
        let text = std::fs::read_to_string(root.join(name).join("io.json")).unwrap();
        let golden: Golden = serde_json::from_str(&text).unwrap();
        let config = BertConfig::read(&root.join("config.json")).unwrap();
        let store = TensorStore::read(&root.join("base.safetensors")).unwrap();
        let adapter = Adapter::read(&root.join(name)).unwrap();
        let (head, stored) = (HeadKind::HfPooled, HeadUse::Stored);
        let (mut model, _) = build(
            &store,
            Some(&adapter),
            &config,
            head,
            &device,
            stored,
            &root,
        )
        .unwrap();

        if adapter_use == AdapterUse::Merge {
            model.merge();
        }

        let rows: Vec<&[u32]> = golden.input_ids.iter().map(Vec::as_slice).collect();
        let expected: Vec<f32> = golden.logits.iter().map(|logits| logits[0]).collect();
        let scores = numbers(model.forward(&TokenBatch::new(&rows, 0, &device)));
        check_close(&scores, &expected, 1e-5);
    }

    #[test]
    fn logits_equal_those_of_peft() {
        for adapter_use in [AdapterUse::Merge, AdapterUse::Keep] {
            for name in ["lora", "patt", "adalora", "dora"] {
                check_golden(name, adapter_use);
            }
        }
    }

    #[test]
    fn the_first_token_alone_is_computed_as_with_the_others() {
        let device = Device::flex();
        let root = reference().join("hf-peft");
        let source = source(&root.join("bert-tiny"), &root);
        let loaded = load(&source, &device, AdapterUse::Merge, HeadUse::Stored, None).unwrap();
        let rows: [&[u32]; 3] = [&[2, 131, 125, 3], &[2, 16, 126, 146, 108, 95, 3], &[2, 3]];

        for device in [device.clone(), device.autodiff()] {
            let batch = TokenBatch::new(&rows, 0, &device);
            let model = loaded.model.clone().to_device(&device);
            let all = model.encoder.forward(&batch);
            let [rows, _, width] = all.dims();
            let first: Tensor<2> = all.slice([0..rows, 0..1]).reshape([rows, width]);
            check_close(&numbers(model.cls(&batch)), &numbers(first), 1e-5);
        }
    }

    #[test]
    fn training_sees_the_numbers_of_scoring_and_reaches_adapters() {
        let scores = scores();
        let root = reference().join("hf-peft");
        let source = source(&root.join("adapter-adalora"), &root.join("bert-tiny"));
        let device = Device::flex().autodiff();
        let loaded = load(
            &source,
            &device,
            AdapterUse::Keep,
            HeadUse::Stored,
            Some(64),
        )
        .unwrap();

        let model = loaded.model.train();
        let rows: Vec<&[u32]> = scores.input_ids.iter().map(Vec::as_slice).collect();
        let found = model.forward(&TokenBatch::new(&rows, 0, &device));
        check_close(
            &numbers(found.clone().inner()),
            &scores.score["adalora"],
            1e-4,
        );

        let gradients = found.sum().backward();
        for (name, linear) in model.linears() {
            if let Some(adapter) = &linear.adapter {
                assert!(
                    adapter.a.val().grad(&gradients).is_some(),
                    "{name} has no gradient"
                );
            }
        }
    }

    #[test]
    fn a_new_head_is_drawn_only_when_asked_for() {
        let device = Device::flex();
        let root = reference().join("hf-peft");
        let folder = tempfile::tempdir().unwrap();
        for file in ["config.json", "tokenizer.json"] {
            let from = root.join("bert-tiny").join(file);
            std::fs::copy(from, folder.path().join(file)).unwrap();
        }

        let store = TensorStore::read_model(&root.join("bert-tiny")).unwrap();
        let tensors: Vec<_> = store
            .names()
            .filter(|name| !name.starts_with("classifier"))
            .map(|name| store.named(name).unwrap())
            .collect();
        let path = folder.path().join("model.safetensors");
        crate::bert::tensors::write_tensors(&path, &tensors).unwrap();

        let source = source(folder.path(), folder.path());
        let error = load(&source, &device, AdapterUse::Merge, HeadUse::Stored, None).unwrap_err();
        let LoadErrorKind::NoHead { tensor } = error.kind() else {
            panic!("{error:?}")
        };
        assert_eq!(tensor, "classifier.weight");

        let weight = |seed: u64, head: HeadKind| {
            let head_use = HeadUse::New(head, seed);
            let loaded = load(&source, &device, AdapterUse::Merge, head_use, None).unwrap();
            assert_eq!(loaded.model.head(), head);
            numbers(loaded.model.classifier.weight.val())
        };
        assert_eq!(weight(1, HeadKind::HfPooled), weight(1, HeadKind::HfPooled));
        assert_ne!(weight(1, HeadKind::HfPooled), weight(2, HeadKind::HfPooled));
        assert_ne!(
            weight(1, HeadKind::ClsLinear),
            weight(2, HeadKind::ClsLinear)
        );
    }

    #[test]
    fn a_text_length_that_the_model_does_not_have_is_refused() {
        let root = reference().join("hf-peft");
        let source = source(&root.join("bert-tiny"), &root);
        for length in [2, 65] {
            let (adapters, head) = (AdapterUse::Merge, HeadUse::Stored);
            let error = load(&source, &Device::flex(), adapters, head, Some(length)).unwrap_err();
            assert!(
                matches!(error.kind(), LoadErrorKind::Field { .. }),
                "{error:?}"
            );
        }
    }
}
