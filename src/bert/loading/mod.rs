//! From a model folder to a model in memory.
//!
//! Finding the files is in [`checkpoint`](mod@crate::bert::checkpoint).

use std::path::{Path, PathBuf};
use std::sync::Arc;

use burn::tensor::Device;

use crate::bert::adapter::{Adapter, Attached};
use crate::bert::adapter_names::Misnamed;
use crate::bert::architecture::{Architecture, Names};
use crate::bert::batch::TextTokenizer;
use crate::bert::checkpoint::{CHECKPOINT_FILE, Source};
use crate::bert::config::BertConfig;
use crate::bert::error::{LoadError, LoadErrorKind};
use crate::bert::late::LateReads;
use crate::bert::limits::check_against_tensors;
use crate::bert::model::{HeadKind, LINEAR_HEAD, ScoreModel};
use crate::bert::stored_rows::StoredRows;
use crate::bert::tensors::TensorStore;
use crate::bert::tokenizer_source;
use crate::bert::vocabulary_file;
use crate::bert::weights::{initialize_head, read_weights};
use crate::nbest::json::shorten;

/// The most characters of a name in a message.
const LONGEST_SHOWN: usize = 80;

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
    let (config, store, tokenizer) = open(source, max_length)?;
    let (mut model, attached) = load_weights(source, &store, &config, device, head_use, |model| {
        read_weights(model, &store)
    })?;
    if adapter_use == AdapterUse::Merge {
        model.merge();
    }

    Ok(LoadedModel {
        model,
        config,
        tokenizer,
        notices: notices(source, &attached)?,
    })
}

/// A model whose weights are in its files, for whoever packs it.
pub(crate) struct LateModel {
    /// Adapters are apart.
    pub(crate) loaded: LoadedModel,
    /// What tells whether a weight could be read that was used.
    pub(crate) reads: LateReads,
    /// The embeddings of words, where the base's are used: those of `loaded` are not to be read.
    pub(crate) words: Option<StoredRows>,
}

/// As [`load`], for scoring on the processor; weights are read when they are used.
pub(crate) fn load_late(
    source: &Source,
    max_length: Option<usize>,
) -> Result<LateModel, LoadError> {
    let (config, store, tokenizer) = open(source, max_length)?;
    let store = Arc::new(store);
    let mut reads = LateReads::new(Arc::clone(&store));
    let (device, head_use) = (Device::flex(), HeadUse::Stored);
    let (model, attached) = load_weights(source, &store, &config, &device, head_use, |model| {
        reads.promise(model)
    })?;

    // What adapters changed was used.
    reads.outcome()?;
    let words = reads.words(&model)?;

    let notices = notices(source, &attached)?;
    let loaded = LoadedModel {
        model,
        config,
        tokenizer,
        notices,
    };
    Ok(LateModel {
        loaded,
        reads,
        words,
    })
}

/// The shape of a model, its files of weights, and its tokenizer.
fn open(
    source: &Source,
    max_length: Option<usize>,
) -> Result<(BertConfig, TensorStore, TextTokenizer), LoadError> {
    let config_path = config_file(source);
    let config = BertConfig::read(&config_path)?;
    let store = TensorStore::read_model(&source.base)?;
    check_against_tensors(&config, &config_path, &store)?;
    if let Some(adapter) = adapter(source)? {
        adapter.check_vocabulary(config.model_type, config.vocab_size)?;
    }

    let length = longest_text(source, &config, max_length)?;
    let tokenizer = TextTokenizer::read(&source.tokenizer(), &config, length)?;
    Ok((config, store, tokenizer))
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

/// What is to be said of the model, whose adapter was attached so.
pub(super) fn notices(source: &Source, attached: &Attached) -> Result<Vec<String>, LoadError> {
    let tokenizer = source.tokenizer();
    let of_tokenizer = vocabulary_file::notices(&tokenizer, &config_file(source))?;
    let of_base = source.notice.clone().into_iter();
    let of_adapter = [
        ignored_notice(source, &attached.ignored),
        misnamed_notice(source, attached.misnamed.as_ref()),
    ];
    let all = of_base.chain(of_adapter.into_iter().flatten());
    Ok(all.chain(of_tokenizer).collect())
}

/// Says that PEFT would not find what was read.
fn misnamed_notice(source: &Source, misnamed: Option<&Misnamed>) -> Option<String> {
    let Misnamed {
        stored,
        wanted,
        count,
    } = misnamed?;
    Some(format!(
        "the adapter {} has tensors that PEFT does not know by their names ({count} of them, such \
         as {}): they are read as {} and the like; rename them so, or save the adapter again with \
         PEFT's save_pretrained, where PEFT is to read it",
        source.folder.display(),
        shorten(stored, LONGEST_SHOWN),
        shorten(wanted, LONGEST_SHOWN)
    ))
}

/// Says that an adapter's file holds more than its configuration names.
fn ignored_notice(source: &Source, ignored: &[String]) -> Option<String> {
    let first = ignored.first()?;
    Some(format!(
        "the adapter {} has tensors of {} modules that its target_modules and layers do not name, \
         such as {}: they are left out, as PEFT leaves them out",
        source.folder.display(),
        ignored.len(),
        shorten(first, LONGEST_SHOWN)
    ))
}

/// The model, which `read` fills from `store`, and what attaching its adapter did.
fn load_weights(
    source: &Source,
    store: &TensorStore,
    config: &BertConfig,
    device: &Device,
    head_use: HeadUse,
    read: impl FnOnce(&mut ScoreModel) -> Result<Vec<String>, LoadError>,
) -> Result<(ScoreModel, Attached), LoadError> {
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

    refuse_labels(store, config.model_type.names())?;
    let model = ScoreModel::zeros(config, head, device);
    build(model, read, adapter.as_ref(), config, head_use, at_fault)
}

/// Which head the files hold, those of the base as far as they are read: ours is called `score`,
/// Hugging Face's `classifier`.
pub(super) fn stored_head(
    store: Option<&TensorStore>,
    adapter: Option<&Adapter>,
    architecture: Architecture,
) -> HeadKind {
    let own = store.is_some_and(|store| store.contains(&format!("{LINEAR_HEAD}.weight")));
    if own || adapter.is_some_and(|adapter| adapter.has_linear_head(architecture)) {
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

/// Fills `model` by `read`, which returns what the head lacks, and attaches the adapter.
fn build(
    mut model: ScoreModel,
    read: impl FnOnce(&mut ScoreModel) -> Result<Vec<String>, LoadError>,
    adapter: Option<&Adapter>,
    config: &BertConfig,
    head_use: HeadUse,
    folder: &Path,
) -> Result<(ScoreModel, Attached), LoadError> {
    let mut missing = read(&mut model)?;
    if let HeadUse::New(_, seed) = head_use {
        initialize_head(&mut model, config, seed, &missing);
        missing.clear();
    }

    let mut attached = Attached::default();
    if let Some(adapter) = adapter {
        attached = adapter.attach_to(&mut model)?;
        missing.retain(|module| !attached.replaced.contains(&format!("{module}.weight")));
    }

    match missing.into_iter().next() {
        None => Ok((model, attached)),
        Some(module) => {
            let tensor = format!("{module}.weight");
            Err(LoadError::new(folder, LoadErrorKind::NoHead { tensor }))
        }
    }
}

#[cfg(test)]
mod tests;
