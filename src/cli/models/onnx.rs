//! `onnx:FOLDER` models: encoders that were exported to ONNX.

use std::collections::BTreeSet;
use std::path::Path;
use std::sync::Arc;

use crate::bert::checkpoint::SideFile;
use crate::bert::device::DeviceChoice;
use crate::bert::rescorer::BertRescorer;
use crate::cli::args::model::ModelInput;
use crate::cli::args::score_cache::{OWN_SCORING, identity};
use crate::cli::models::announced::Announced;
use crate::cli::models::files::hash_folders;
use crate::cli::models::model::{Model, pointwise};
use crate::cli::terminal::{Progress, Terminal};
use crate::report::model_kind::ModelKind;

/// Loads the model of `input`, which is in `folder`.
pub(crate) fn load(
    input: &ModelInput,
    folder: &Path,
    terminal: &Terminal,
    progress: Arc<Progress>,
) -> anyhow::Result<Model> {
    let device: DeviceChoice = input.device.parse()?;
    anyhow::ensure!(
        device == DeviceChoice::Cpu,
        "--device {}: ONNX models run on the cpu",
        input.device
    );

    let cache = input.cache.open()?;
    let side = SideFile::beside(folder)?;
    let weighed = ModelInput {
        weight: input.weight.or(side.weight),
        first_pass_scale: input.first_pass_scale.or(side.score_scale),
        ..input.clone()
    };
    let interpolation = weighed.plain_interpolation();
    let max_length = input.max_length.map(|length| length as usize);
    let threads = input.threads();
    let advanced = Arc::clone(&progress);
    let scorer = BertRescorer::load_onnx(folder, max_length, interpolation, threads)?
        .with_progress(Box::new(move |texts| advanced.advance(texts)))
        .with_cancel(terminal.interrupt_flag());

    let mut record = input.record(ModelKind::Onnx, interpolation);
    record.content_hash = Some(hash_folders(&BTreeSet::from([folder]), "onnx")?);
    record.max_length = Some(scorer.tokenizer().max_length());

    let mut notices: Vec<String> = weighed.weight_notice().into_iter().collect();
    notices.extend_from_slice(scorer.notices());
    let identity = identity(&record, &input.device, OWN_SCORING);
    Ok(pointwise(
        Announced { scorer, progress },
        cache,
        identity,
        record,
        notices,
    ))
}
