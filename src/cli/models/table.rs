//! `scores:FILE`: scores that were computed elsewhere.

use std::path::Path;
use std::sync::Arc;

use anyhow::Context;

use crate::cli::args::model::ModelInput;
use crate::cli::models::model::{Model, forgetful};
use crate::nbest::limits::Limits;
use crate::nbest::read::open;
use crate::nbest::source::Text;
use crate::report::model_kind::ModelKind;
use crate::rescore::pointwise::Pointwise;
use crate::rescore::table::ScoreTable;

impl ModelInput {
    /// Reads the scores at `path`.
    pub(super) fn table(&self, path: &Path) -> anyhow::Result<Model> {
        let interpolation = self.plain_interpolation();
        let name = path.display().to_string();
        let text = open(path)
            .map_err(anyhow::Error::from)
            .and_then(|file| Ok(Text::new(file, Limits::default())?))
            .with_context(|| format!("failed to read scores from {name}"))?;
        let table = ScoreTable::read(text, &name, interpolation)?;

        let notices = self.weight_notice().into_iter().collect();

        let mut record = self.record(ModelKind::Scores, interpolation);
        record.content_hash = Some(table.content_hash());
        let rescorer = Arc::new(Pointwise::new(table));
        Ok(forgetful(rescorer, None, record, notices))
    }
}
