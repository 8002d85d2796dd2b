//! What the files of a model are known by.

use std::collections::BTreeSet;
use std::ffi::OsStr;
use std::path::{Path, PathBuf};

use anyhow::Context;

use crate::bert::LoadError;
use crate::bert::checkpoint::{BaseSearch, CHECKPOINT_FILE, Source};
use crate::bert::model_file::{self, is_file};
use crate::files::MARKER;
use crate::train::cost::COST_FILE;

/// Says that an adapter's base is not the model that it was trained on: its scores mean little
/// then.
pub(crate) fn changed_base(
    source: &Source,
    search: BaseSearch<'_>,
) -> anyhow::Result<Option<String>> {
    let (Some(checkpoint), true) = (&source.checkpoint, source.adapter.is_some()) else {
        return Ok(None);
    };
    if !checkpoint.data.contains_key("base") {
        let record = source.folder.join(CHECKPOINT_FILE);
        let advice = "without the hash of its base nobody can tell whether an adapter is on the \
            model that it was trained on: train again, or take the file from where it was written";
        return Err(LoadError::field(&record, "data.base", &"missing", advice).into());
    }

    other_base(source, &Source::open(&source.base, search)?)
}

/// Says that a checkpoint that records its base was trained on another one than `base`.
pub(crate) fn other_base(source: &Source, base: &Source) -> anyhow::Result<Option<String>> {
    let checkpoint = source.checkpoint.as_ref();
    let Some(trained_on) = checkpoint.and_then(|checkpoint| checkpoint.data.get("base")) else {
        return Ok(None);
    };
    if base.adapter.is_some() || hash_model(base)? == *trained_on {
        return Ok(None);
    }

    Ok(Some(format!(
        "{} was trained on another model than {}: that base has changed since; train again, or \
            name the right one with --base",
        source.folder.display(),
        base.base.display()
    )))
}

/// Hash of every file that may decide a score: names and contents.
pub(crate) fn content_hash(source: &Source) -> anyhow::Result<String> {
    let adapter = source.adapter.iter().map(PathBuf::as_path);
    let folders: BTreeSet<&Path> = adapter.chain([source.base.as_path()]).collect();
    hash_folders(&folders, "safetensors")
}

/// Hash of the settings and the tokenizer in `folders`, and of what has the extension `weights`.
pub(crate) fn hash_folders(folders: &BTreeSet<&Path>, weights: &str) -> anyhow::Result<String> {
    let mut hasher = blake3::Hasher::new();
    for folder in folders {
        let mut files = model_file::entries(folder)
            .with_context(|| format!("failed to look into {}", folder.display()))?;
        // What training cost differs between equal models, and so does the list with its hash.
        let others = [COST_FILE, MARKER].map(OsStr::new);
        files.retain(|path| {
            is_file(path)
                && path.file_name().is_none_or(|name| !others.contains(&name))
                && may_decide(path, weights)
        });
        for path in files {
            hasher.update(path.file_name().unwrap_or_default().as_encoded_bytes());
            hasher.update(&[0]);
            let mut file = model_file::open(&path)
                .with_context(|| format!("failed to read {}", path.display()))?;
            hasher
                .update_reader(&mut file)
                .with_context(|| format!("failed to read {}", path.display()))?;
        }
    }

    Ok(hasher.finalize().to_hex().to_string())
}

/// Whether a file's name is one of those that decide scores.
fn may_decide(path: &Path, weights: &str) -> bool {
    let extension = path.extension().and_then(|extension| extension.to_str());
    let extension = extension.unwrap_or_default();
    // The files that hold the weights of an ONNX model when they are not in its own.
    let is_beside = weights == "onnx"
        && ["data", "onnx_data"]
            .iter()
            .any(|known| extension.starts_with(known));

    [weights, "json"].contains(&extension)
        || is_beside
        || ["vocab.txt", "merges.txt"]
            .iter()
            .any(|name| path.ends_with(name))
}

/// The hash of files by their contents.
pub(crate) fn hash_files(paths: &[PathBuf]) -> anyhow::Result<String> {
    let mut hasher = blake3::Hasher::new();
    for path in paths {
        let read = || -> std::io::Result<()> {
            hasher.update_reader(&mut model_file::open(path)?)?;
            Ok(())
        };
        let mut read = read;
        read().with_context(|| format!("failed to read {}", path.display()))?;
    }
    Ok(hasher.finalize().to_hex().to_string())
}

/// The hash of a base model: its shape, tokenizer and weights.
pub(crate) fn hash_model(source: &Source) -> anyhow::Result<String> {
    let mut files = vec![source.base.join("config.json"), source.tokenizer()];
    files.extend(weights(source)?);
    hash_files(&files)
}

/// The files of a base model's weights, by name.
fn weights(source: &Source) -> anyhow::Result<Vec<PathBuf>> {
    let mut files = model_file::entries(&source.base)
        .with_context(|| format!("failed to look into {}", source.base.display()))?;
    files.retain(|path| {
        let extension = path.extension();
        extension.is_some_and(|extension| extension == "safetensors")
    });

    Ok(files)
}

/// The bytes of a base model's weights.
pub(crate) fn weight_bytes(source: &Source) -> anyhow::Result<u64> {
    weights(source)?.iter().try_fold(0, |sum, path| {
        let length = model_file::length(path)
            .with_context(|| format!("failed to read {}", path.display()))?;
        Ok(sum + length)
    })
}
