//! What a model folder is: one of ours, Hugging Face's, or a PEFT adapter.
//!
//! Finds the files and reads the small ones; tensors are read in
//! `loading`.

mod fields;

use std::collections::BTreeMap;
use std::error::Error;
use std::fs;
use std::path::{Path, PathBuf};

pub(crate) use crate::bert::model_file::CHECKPOINT_FILE;

use crate::bert::adapter_config::AdapterConfig;
use crate::bert::base_model::{Found, Wanted, find_base};
use crate::bert::error::LoadError;
use crate::bert::limits::is_factor;
use crate::bert::model::HeadKind;
use crate::bert::model_file::{check_folder, check_is_folder, is_carried, is_file, read_text};
use crate::bert::tokenizer_source;
use crate::files::document::SETTINGS;
use crate::files::json;
use crate::files::{WriteError, settle, write_bytes};
use crate::rescore::LARGEST_FACTOR;

/// The version of `rescorer.json` that this program writes and reads.
pub const FORMAT_VERSION: u32 = 1;

/// The field of [`Checkpoint::strategy`] of a model that was trained on perturbed lists.
pub(crate) const ROBUST_FIELD: &str = "robust";

/// The file of a model of others that says how its scores are weighed.
pub(crate) const SIDE_FILE: &str = "rescoring.json";

/// The fields of [`Checkpoint::strategy`] that were settled before training. All others are what
/// training found out, which differs from seed to seed.
pub(crate) const SETTLED_FIELDS: [&str; 5] =
    ["name", "objective", "steps", "learning_rate", ROBUST_FIELD];

/// What `rescorer.json` says about a checkpoint.
#[derive(Debug, Clone, PartialEq, serde::Serialize, serde::Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Checkpoint {
    /// [`FORMAT_VERSION`].
    pub format_version: u32,
    /// The folder of the base model, relative to the checkpoint's; absent where the checkpoint
    /// holds all weights.
    pub base: Option<String>,
    /// Which head the model has.
    pub head: HeadKind,
    /// The interpolation weight, tuned on a development set; finite.
    pub weight: f64,
    /// What first-pass scores are multiplied by; finite, at least 0.
    pub first_pass_scale: f64,
    /// The most tokens a text may have, `[CLS]` and `[SEP]` included.
    pub max_length: usize,
    /// How texts were normalized before training.
    pub normalization: serde_json::Value,
    /// How the model was trained.
    pub strategy: serde_json::Value,
    /// The seed of the training run.
    pub seed: u64,
    /// The content hashes of the files it was trained on, by name.
    pub data: BTreeMap<String, String>,
}

/// How the scores of a model that was not made by this program are weighed: `rescoring.json`
/// beside it.
#[derive(Debug, Default, Clone, Copy, PartialEq)]
pub(crate) struct SideFile {
    /// The interpolation weight.
    pub(crate) weight: Option<f64>,
    /// The scale of first-pass scores.
    pub(crate) score_scale: Option<f64>,
}

impl SideFile {
    /// Reads the file in `folder`; without one, nothing is said.
    pub(crate) fn beside(folder: &Path) -> Result<SideFile, LoadError> {
        let path = folder.join(SIDE_FILE);
        if is_file(&path) {
            SideFile::read(&path)
        } else {
            Ok(SideFile::default())
        }
    }

    fn read(path: &Path) -> Result<SideFile, LoadError> {
        let value: serde_json::Value =
            json::parse_any(&read(path)?).map_err(|error| LoadError::new(path, error))?;
        let fields = match value {
            serde_json::Value::Object(fields) => fields,
            other => {
                let advice = "it must be an object, such as {\"weight\": 0.5}";
                return Err(LoadError::field(path, SIDE_FILE, &other, advice));
            }
        };

        let mut side = SideFile::default();
        for (name, value) in fields {
            let field = match name.as_str() {
                "weight" => &mut side.weight,
                "score_scale" => &mut side.score_scale,
                _ => {
                    let advice = "there is no such field: it may have `weight` and `score_scale`";
                    return Err(LoadError::field(path, &name, &value, advice));
                }
            };
            *field = value.as_f64();
            if field.is_none() && !value.is_null() {
                let advice = "it must be a number, without quotation marks";
                return Err(LoadError::field(path, &name, &value, advice));
            }
        }

        check_numbers(path, side.weight, side.score_scale, "score_scale")?;
        Ok(side)
    }
}

impl Checkpoint {
    /// Reads `rescorer.json`.
    pub(crate) fn read(path: &Path) -> Result<Checkpoint, LoadError> {
        let text = read(path)?;
        let json = |error| LoadError::new(path, error);

        // The version first: another version may have other fields.
        let value: serde_json::Value = json::parse(&text).map_err(json)?;
        let version = value
            .get("format_version")
            .unwrap_or(&serde_json::Value::Null);

        if version.as_u64() != Some(u64::from(FORMAT_VERSION)) {
            let advice = format!("this program reads version {FORMAT_VERSION}");
            return Err(LoadError::field(path, "format_version", &version, &advice));
        }

        let checkpoint: Checkpoint = json::parse(&text).map_err(json)?;
        check_numbers(
            path,
            Some(checkpoint.weight),
            Some(checkpoint.first_pass_scale),
            "first_pass_scale",
        )?;
        if checkpoint.max_length < 3 {
            let advice = "it must be at least 3, for one word between [CLS] and [SEP]";
            return Err(LoadError::field(
                path,
                "max_length",
                &checkpoint.max_length,
                advice,
            ));
        }
        fields::check_normalization(path, &checkpoint.normalization)?;
        fields::check_strategy(path, &checkpoint.strategy)?;

        Ok(checkpoint)
    }

    /// Whether the model has learned from perturbed lists.
    pub(crate) fn saw_perturbed_lists(&self) -> bool {
        self.strategy
            .get(ROBUST_FIELD)
            .is_some_and(|robust| !robust.is_null())
    }

    /// Writes `rescorer.json` into `folder`.
    ///
    /// # Panics
    ///
    /// Never: plain values become JSON.
    pub(crate) fn write(&self, folder: &Path) -> Result<(), WriteError> {
        let text = serde_json::to_string_pretty(self).expect("plain values become JSON") + "\n";
        write_bytes(&folder.join(CHECKPOINT_FILE), &text)
    }
}

fn read(path: &Path) -> Result<String, LoadError> {
    read_text(path, SETTINGS).map_err(|error| LoadError::new(path, error))
}

/// Refuses factors that are no numbers or drown everything else; `scale_field` is what the file
/// calls the scale.
fn check_numbers(
    path: &Path,
    weight: Option<f64>,
    scale: Option<f64>,
    scale_field: &str,
) -> Result<(), LoadError> {
    if let Some(weight) = weight.filter(|weight| !is_factor(*weight)) {
        let advice = "it must be a number from -1e6 to 1e6";
        return Err(LoadError::field(path, "weight", &weight, advice));
    }

    if let Some(scale) = scale.filter(|scale| !(0.0..=LARGEST_FACTOR).contains(scale)) {
        let advice = "it must be a number from 0 to 1e6";
        return Err(LoadError::field(path, scale_field, &scale, advice));
    }

    Ok(())
}

/// The files of a model.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Source {
    /// The folder that was opened.
    pub(crate) folder: PathBuf,
    /// The folder with `config.json` and the weights.
    pub(crate) base: PathBuf,
    /// The folder with a PEFT adapter, if there is one.
    pub(crate) adapter: Option<PathBuf>,
    /// What `rescorer.json` says, if the folder is one of our checkpoints.
    pub(crate) checkpoint: Option<Checkpoint>,
    /// The interpolation weight, where a file says it.
    pub(crate) weight: Option<f64>,
    /// The scale of first-pass scores, where a file says it.
    pub(crate) first_pass_scale: Option<f64>,
    /// What whoever uses the base should know.
    pub(crate) notice: Option<String>,
}

/// Where to look for the base model of an adapter, apart from where the adapter says.
#[derive(Debug, Clone, Copy)]
pub struct BaseSearch<'a> {
    /// Use this folder, whatever the adapter says.
    pub base: Option<&'a Path>,
    /// Hugging Face's cache: the folder that holds `models--*` folders, or `hub` with them.
    pub cache: Option<&'a Path>,
}

impl Source {
    /// Finds out what `folder` is.
    ///
    /// One of our checkpoints (`rescorer.json`), a PEFT adapter (`adapter_config.json`) or a
    /// Hugging Face model (`config.json`). The base of an adapter is a folder, absolute, relative
    /// to the current folder or to the adapter's, or a name in the cache.
    pub(crate) fn open(folder: &Path, search: BaseSearch<'_>) -> Result<Source, LoadError> {
        let refuse = |reason: &str| LoadError::folder(folder, reason);
        if !is_carried(folder) {
            check_is_folder(folder)?;
            settle(folder).map_err(|error| match error.source() {
                Some(source) => refuse(&format!("{error}: {source}")),
                None => refuse(&error.to_string()),
            })?;
        }

        check_folder(folder)?;
        let record = folder.join(CHECKPOINT_FILE);
        let adapter = folder.join("adapter_config.json");
        let checkpoint = if is_file(&record) {
            Some(Checkpoint::read(&record)?)
        } else {
            None
        };

        let mut source = Source {
            folder: folder.to_owned(),
            base: folder.to_owned(),
            adapter: None,
            weight: checkpoint.as_ref().map(|checkpoint| checkpoint.weight),
            first_pass_scale: checkpoint
                .as_ref()
                .map(|checkpoint| checkpoint.first_pass_scale),
            checkpoint,
            notice: None,
        };
        if is_file(&adapter) {
            source.adapter = Some(folder.to_owned());
            let (named, revision) = if let Some(Checkpoint {
                base: Some(base), ..
            }) = &source.checkpoint
            {
                (Some((base.clone(), &record, "base")), None)
            } else {
                let config = AdapterConfig::read(&adapter)?;
                let field = "base_model_name_or_path";
                (
                    config.base.map(|base| (base, &adapter, field)),
                    config.revision,
                )
            };
            source.base = match (search.base, named) {
                (Some(base), _) => existing_base(base)?,
                (None, Some((name, file, field))) => {
                    let wanted = Wanted {
                        name: &name,
                        revision: revision.as_deref(),
                    };
                    let found = find_base(wanted, folder, search.cache);
                    let (base, notice) = chosen_base(found, &name, file, field)?;
                    source.notice = notice;
                    base
                }
                (None, None) => {
                    let advice = "name the folder of the base model with --base";
                    return Err(LoadError::field(
                        &adapter,
                        "base_model_name_or_path",
                        &"null",
                        advice,
                    ));
                }
            };
        } else if !is_file(&folder.join("config.json")) {
            let reason = "it holds none of rescorer.json, adapter_config.json and config.json, so \
                          it is no model";
            return Err(refuse(&format!("{reason}{}", models_below(folder))));
        }
        if source.checkpoint.is_none() {
            let side = SideFile::beside(folder)?;
            source.weight = side.weight;
            source.first_pass_scale = side.score_scale;
        }
        if source.adapter.is_some() {
            check_folder(&source.base)?;
        }

        Ok(source)
    }

    /// The tokenizer's file: the folder's own, or else the base model's.
    pub(crate) fn tokenizer(&self) -> PathBuf {
        tokenizer_source::find(&[&self.folder, &self.base])
    }
}

/// Says which folders in `folder` are models, such as the checkpoints of a run; empty if none is.
fn models_below(folder: &Path) -> String {
    let entries = fs::read_dir(folder).into_iter().flatten().flatten();
    let is_model = |below: &PathBuf| {
        let mut files = [CHECKPOINT_FILE, "adapter_config.json", "config.json"].iter();
        files.any(|file| below.join(file).is_file())
    };
    let found = entries.map(|entry| entry.path()).filter(is_model);
    let mut found: Vec<String> = found.map(|below| below.display().to_string()).collect();
    found.sort();

    match found.as_slice() {
        [] => String::new(),
        [below] => format!("; the folder {below} in it is one: name that"),
        [first, .., last] => format!(
            "; {} folders in it are, from {first} to {last}: name one of them",
            found.len()
        ),
    }
}

/// The folder of the base model called `name` by the field `field` of `file`, and what is to be
/// said of it.
fn chosen_base(
    found: Found,
    name: &str,
    file: &Path,
    field: &str,
) -> Result<(PathBuf, Option<String>), LoadError> {
    match found {
        Found::Folder(base) => Ok((base, None)),
        Found::Only(base) => {
            let notice = format!(
                "{}: nothing says which version of {name} is meant (the cache has no refs/main): \
                 the only one that is there is taken, {}; name it with --base to be sure",
                file.display(),
                base.display()
            );
            Ok((base, Some(notice)))
        }
        Found::NoRevision(revision) => {
            let advice = format!(
                "there is no such version of {name} in the Hugging Face cache; download it, or \
                 name the folder of the base model with --base"
            );
            Err(LoadError::field(file, "revision", &revision, &advice))
        }
        Found::Several(versions) => {
            let advice = format!(
                "the Hugging Face cache has {} versions of it, {}, and no refs/main that says \
                 which is meant: name the folder of one with --base",
                versions.len(),
                versions.join(", ")
            );
            Err(LoadError::field(file, field, &name, &advice))
        }
        Found::Nothing => {
            let advice = "there is no such model folder here or in the Hugging Face cache; name \
                          the folder of the base model with --base";
            Err(LoadError::field(file, field, &name, advice))
        }
    }
}

fn existing_base(base: &Path) -> Result<PathBuf, LoadError> {
    if is_file(&base.join("config.json")) {
        return Ok(base.to_owned());
    }
    check_is_folder(base)?;
    let reason = "there is no config.json in it, so it is no base model";
    Err(LoadError::folder(base, reason))
}

#[cfg(test)]
mod tests;
