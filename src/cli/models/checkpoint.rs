//! Checkpoints, Hugging Face folders and adapters.

use std::path::Path;
use std::sync::Arc;

use crate::bert::checkpoint::{BaseSearch, CHECKPOINT_FILE, Checkpoint, Source};
use crate::bert::device::DeviceChoice;
use crate::bert::model::HeadKind;
use crate::bert::rescorer::{BertRescorer, CPU_TOKEN_BUDGET, GPU_TOKEN_BUDGET, LoadOptions};
use crate::cli::args::model::ModelInput;
use crate::cli::args::model_name::not_the_folder;
use crate::cli::args::score_cache::identity;
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

impl ModelInput {
    /// How the text was normalized that the model was trained on, where a checkpoint says it.
    pub(crate) fn trained_on(&self) -> Option<TrainedOn> {
        // Whatever is wrong with the file is told when the model is loaded.
        let checkpoint = Checkpoint::read(&self.folder().join(CHECKPOINT_FILE)).ok()?;
        Some(TrainedOn {
            model: self.model.clone(),
            normalization: Normalization::described(checkpoint.normalization.as_str()?)?,
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
        let search = BaseSearch {
            base: self.base.as_deref(),
            cache: cache.as_deref(),
        };
        let seen = settle(path)?;
        let source = Source::open(path, search)?;

        let mut notices: Vec<String> = not_the_folder(Path::new(&self.model)).into_iter().collect();
        if self.weight.or(source.weight).is_none() {
            notices.push(format!(
                "{} names no interpolation weight: 1 is used; {TUNE}",
                path.display()
            ));
        }

        notices.extend(changed_base(&source, search)?);
        let token_budget = match (self.batch_tokens, choice) {
            (Some(tokens), _) => tokens as usize,
            (None, DeviceChoice::Cpu) => CPU_TOKEN_BUDGET,
            (None, DeviceChoice::Gpu(..)) => GPU_TOKEN_BUDGET,
        };
        let rescorer = BertRescorer::load(&LoadOptions {
            path,
            search,
            device: &device,
            token_budget,
            threads: self.threads(),
            precision,
            max_length: self.max_length.map(|length| length as usize),
            weight: self.weight,
            first_pass_scale: self.first_pass_scale,
        })?;
        notices.extend_from_slice(rescorer.notices());

        let advanced = Arc::clone(&progress);
        let rescorer = rescorer
            .with_progress(Box::new(move |texts| advanced.advance(texts)))
            .with_cancel(terminal.interrupt_flag());
        let mut record = self.record(ModelKind::Bert, rescorer.interpolation());
        record.content_hash = Some(content_hash(&source)?);
        seen.unchanged()?;

        let head = source
            .checkpoint
            .as_ref()
            .map_or(HeadKind::HfPooled, |checkpoint| checkpoint.head);
        record.head = serde_json::to_value(head)?.as_str().map(str::to_owned);
        record.max_length = Some(rescorer.tokenizer().max_length());
        record.precision = self.precision.recorded();

        let identity = identity(&record, &self.device_name(), "");
        let announced = Announced {
            scorer: rescorer,
            progress,
        };
        let saw_perturbed_lists = source
            .checkpoint
            .as_ref()
            .is_some_and(Checkpoint::saw_perturbed_lists);

        let mut model = pointwise(announced, scores, identity, record, notices);
        model.saw_perturbed_lists = saw_perturbed_lists;

        Ok(model)
    }
}
