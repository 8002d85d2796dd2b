//! `--interpolation`: weight and first-pass scale from the file that `tune` wrote.

use std::path::Path;
use std::sync::Arc;

use anyhow::Context;

use crate::cli::args::model::ModelInput;
use crate::cli::models::model::Model;
use crate::cli::terminal::{Progress, Terminal};
use crate::files::document::{SETTINGS, read_text};
use crate::report::tuning::TuningRecord;

/// What to do about a weight that nobody chose.
pub(crate) const TUNE: &str = "`robustness-check tune` finds one on development lists";

impl ModelInput {
    /// Says that nobody chose the weight of such a model.
    pub(crate) fn weight_notice(&self) -> Option<String> {
        self.weight
            .is_none()
            .then(|| format!("no --weight given for {}: 1 is used; {TUNE}", self.model))
    }

    /// Loads the model as it was tuned; one that is not the model that was tuned gets a notice.
    pub(crate) fn load_tuned(
        &self,
        file: &Path,
        terminal: &Terminal,
        progress: Arc<Progress>,
    ) -> anyhow::Result<Model> {
        let tuned = read_text(file, SETTINGS)
            .map_err(anyhow::Error::from)
            .and_then(|text| Ok(TuningRecord::read(&text)?))
            .with_context(|| format!("failed to read --interpolation {}", file.display()))?;
        let typed = ModelInput {
            weight: Some(tuned.weight),
            first_pass_scale: Some(tuned.first_pass_scale),
            interpolation: None,
            ..self.clone()
        };

        let mut model = typed.load(terminal, progress)?;
        model.tuned_on = Some((file.display().to_string(), tuned.lists.clone()));
        let record = model.record();
        if !tuned.is_of(&record) {
            let other = tuned.other_model(&record);
            model.notice(format!("{}: {other}", file.display()));
        }

        Ok(model)
    }
}
