//! What `--model` names, loaded: one file a kind of model.

pub(crate) mod announced;
#[cfg(feature = "bert")]
mod checkpoint;
#[cfg(feature = "bert")]
pub(crate) mod files;
#[cfg(feature = "bert")]
pub(crate) mod huggingface;
pub(crate) mod model;
#[cfg(feature = "bert")]
mod onnx;
mod program;
mod served;
mod table;
pub(crate) mod tuned;

use std::path::Path;
use std::sync::Arc;

use crate::cli::args::model::{ModelInput, NO_SCORES};
use crate::cli::args::model_name::{refuse_misspelt, refuse_nameless};
use crate::cli::args::served::Address;
#[cfg(not(feature = "bert"))]
use crate::cli::args::trained_on::TrainedOn;
use crate::cli::models::model::{Model, forgetful};
use crate::cli::terminal::{Progress, Terminal};
use crate::report::model_kind::ModelKind;
use crate::rescore::{FirstPass, Oracle, Rescorer};

impl ModelInput {
    /// Loads the model; `progress` hears of every text it scores.
    pub(crate) fn load(
        &self,
        terminal: &Terminal,
        progress: Arc<Progress>,
    ) -> anyhow::Result<Model> {
        if let Some(file) = &self.interpolation {
            return self.load_tuned(file, terminal, progress);
        }

        refuse_nameless(&self.model)?;
        self.refuse_unheard_precision()?;

        if let Some(file) = self.model.strip_prefix("scores:") {
            return self.table(Path::new(file));
        }

        anyhow::ensure!(!self.model.starts_with("corrections:"), NO_SCORES);

        if let Some(command) = self.model.strip_prefix("exec:") {
            return program::load(self, command, terminal, progress);
        }

        if let Some(folder) = self.model.strip_prefix("onnx:") {
            #[cfg(feature = "bert")]
            return onnx::load(self, Path::new(folder), terminal, progress);
            #[cfg(not(feature = "bert"))]
            return self.bert(Path::new(folder), terminal, progress);
        }

        if let Some(address) = Address::of(&self.model) {
            return served::load(self, address, terminal, progress);
        }

        match self.model.as_str() {
            "first-pass" => Ok(self.modelless(ModelKind::FirstPass, Arc::new(FirstPass))),
            "oracle" => Ok(self.modelless(ModelKind::Oracle, Arc::new(Oracle))),
            path => {
                refuse_misspelt(path)?;
                self.bert(&self.folder(), terminal, progress)
            }
        }
    }

    fn modelless(&self, kind: ModelKind, rescorer: Arc<dyn Rescorer>) -> Model {
        let record = self.record(kind, rescorer.interpolation());
        forgetful(rescorer, None, record, Vec::new())
    }

    #[cfg(not(feature = "bert"))]
    fn bert(
        &self,
        path: &Path,
        _terminal: &Terminal,
        _progress: Arc<Progress>,
    ) -> anyhow::Result<Model> {
        anyhow::bail!(
            "failed to load {}: this build has no BERT; build with the feature `bert`",
            path.display()
        )
    }

    /// Without models, nothing was trained.
    #[cfg(not(feature = "bert"))]
    pub(crate) fn trained_on(&self) -> Option<TrainedOn> {
        None
    }
}
