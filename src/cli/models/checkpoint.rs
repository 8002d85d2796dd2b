//! Checkpoints, Hugging Face folders and adapters.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::AtomicBool;

use crate::bert::LoadError;
use crate::bert::checkpoint::{BaseSearch, CHECKPOINT_FILE, Checkpoint, Source};
use crate::bert::cpu::Precision;
use crate::bert::device::{Device, DeviceChoice};
use crate::bert::model::HeadKind;
use crate::bert::outline::outline;
use crate::bert::rescorer::deferred::Deferred;
use crate::bert::rescorer::{BertRescorer, CPU_TOKEN_BUDGET, GPU_TOKEN_BUDGET, LoadOptions};
use crate::cli::args::model::ModelInput;
use crate::cli::args::model_name::not_the_folder;
use crate::cli::args::score_cache::{OWN_SCORING, identity};
use crate::cli::args::trained_on::TrainedOn;
use crate::cli::models::announced::Announced;
use crate::cli::models::files::{changed_base, content_hash};
use crate::cli::models::huggingface::huggingface_cache;
use crate::cli::models::model::{Model, pointwise};
use crate::cli::models::tuned::TUNE;
use crate::cli::terminal::{Progress, Terminal};
use crate::files::settle;
use crate::nbest::normalize::Normalization;
use crate::report::model_kind::ModelKind;
use crate::rescore::text_scorer::TextScorer;

/// What happened to a model whose files are others when it is loaded than when it was looked up in
/// the cache.
const CHANGED: &str = "its files were changed while it was in use; run again";

impl ModelInput {
    /// What the model was trained on, where a checkpoint says it.
    pub(crate) fn trained_on(&self) -> Option<TrainedOn> {
        // Whatever is wrong with the file is told when the model is loaded.
        let checkpoint = Checkpoint::read(&self.folder().join(CHECKPOINT_FILE)).ok()?;
        let normalization = checkpoint.normalization.as_str();
        let hash = |role: &str| checkpoint.data.get(role).cloned();
        Some(TrainedOn {
            model: self.model.clone(),
            normalization: normalization.and_then(Normalization::described),
            train: hash("train"),
            dev: hash("dev"),
        })
    }

    /// Loads the checkpoint, Hugging Face folder or adapter at `path`.
    pub(super) fn bert(
        &self,
        path: &Path,
        terminal: &Terminal,
        progress: Arc<Progress>,
    ) -> anyhow::Result<Model> {
        let scores = self.cache.open()?;
        let choice: DeviceChoice = self.device.parse()?;
        let precision = self.precision.resolve(choice)?;
        let device = choice.resolve()?;
        let cache = huggingface_cache();
        let base = self.base_folder();
        let search = BaseSearch {
            base: base.as_deref(),
            cache: cache.as_deref(),
        };
        let seen = settle(path)?;
        let source = Source::open(path, search)?;

        let named = [Some(Path::new(&self.model)), self.base.as_deref()];
        let mut notices: Vec<String> = named
            .into_iter()
            .flatten()
            .filter_map(not_the_folder)
            .collect();
        if self.weight.or(source.weight).is_none() {
            notices.push(format!(
                "{} names no interpolation weight: 1 is used; {TUNE}",
                path.display()
            ));
        }

        notices.extend(changed_base(&source, search)?);
        let loader = Loader {
            path: path.to_owned(),
            base: base.clone(),
            cache,
            token_budget: match (self.batch_tokens, choice) {
                (Some(tokens), _) => tokens as usize,
                (None, DeviceChoice::Cpu) => CPU_TOKEN_BUDGET,
                (None, DeviceChoice::Gpu(..)) => GPU_TOKEN_BUDGET,
            },
            device,
            threads: self.threads(),
            precision,
            max_length: self.max_length.map(|length| length as usize),
            weight: self.weight,
            first_pass_scale: self.first_pass_scale,
            progress: Arc::clone(&progress),
            cancel: terminal.interrupt_flag(),
        };
        let (scorer, hash) = if scores.is_some() {
            let hash = content_hash(&source)?;
            (loader.later(&source, hash.clone())?, hash)
        } else {
            (Deferred::from(loader.load()?), content_hash(&source)?)
        };
        notices.extend_from_slice(scorer.notices());

        let mut record = self.record(ModelKind::Bert, scorer.interpolation());
        record.content_hash = Some(hash);
        seen.unchanged()?;

        let head = source
            .checkpoint
            .as_ref()
            .map_or(HeadKind::HfPooled, |checkpoint| checkpoint.head);
        record.head = serde_json::to_value(head)?.as_str().map(str::to_owned);
        record.max_length = Some(scorer.max_length());
        record.precision = self.precision.recorded();

        let identity = identity(&record, &self.device_name(), OWN_SCORING);
        let saw_perturbed_lists = source
            .checkpoint
            .as_ref()
            .is_some_and(Checkpoint::saw_perturbed_lists);

        let announced = Announced { scorer, progress };
        let mut model = pointwise(announced, scores, identity, record, notices);
        model.saw_perturbed_lists = saw_perturbed_lists;

        Ok(model)
    }
}

/// What a model is loaded with.
struct Loader {
    path: PathBuf,
    base: Option<PathBuf>,
    /// That of Hugging Face, for bases.
    cache: Option<PathBuf>,
    device: Device,
    token_budget: usize,
    threads: usize,
    precision: Precision,
    max_length: Option<usize>,
    weight: Option<f64>,
    first_pass_scale: Option<f64>,
    progress: Arc<Progress>,
    cancel: Arc<AtomicBool>,
}

impl Loader {
    fn options(&self) -> LoadOptions<'_> {
        LoadOptions {
            path: &self.path,
            search: BaseSearch {
                base: self.base.as_deref(),
                cache: self.cache.as_deref(),
            },
            device: &self.device,
            token_budget: self.token_budget,
            threads: self.threads,
            precision: self.precision,
            max_length: self.max_length,
            weight: self.weight,
            first_pass_scale: self.first_pass_scale,
        }
    }

    fn load(&self) -> Result<BertRescorer, LoadError> {
        let progress = Arc::clone(&self.progress);
        let rescorer = BertRescorer::load(&self.options())?;
        Ok(rescorer
            .with_progress(Box::new(move |texts| progress.advance(texts)))
            .with_cancel(Arc::clone(&self.cancel)))
    }

    /// The model that `source` found, whose files have the `hash`: it is loaded when a text is
    /// scored that the cache lacks, and must be the same by then.
    fn later(self, source: &Source, hash: String) -> Result<Deferred, LoadError> {
        let outline = outline(source, self.max_length)?;
        let interpolation = self.options().interpolation(source);
        let (found, path) = (source.clone(), self.path.clone());
        let rounds = self.precision != Precision::Single;

        let load = move || {
            let rescorer = self.load()?;
            match content_hash(&found) {
                Ok(now) if now == hash => Ok(rescorer),
                _ => Err(LoadError::folder(&self.path, CHANGED)),
            }
        };
        Ok(Deferred::new(&path, outline, interpolation, rounds, load))
    }
}
