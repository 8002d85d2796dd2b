//! `onnx:FOLDER` models: encoders that were exported to ONNX.

use std::collections::BTreeSet;
use std::path::Path;
use std::sync::Arc;

use crate::bert::device::DeviceChoice;
use crate::bert::rescorer::BertRescorer;
use crate::cli::announced::Announced;
use crate::cli::model::{Model, ModelInput};
use crate::cli::model_files::hash_folders;
use crate::cli::terminal::{Progress, Terminal};
use crate::rescore::pointwise::{Pointwise, Remembers};
use crate::rescore::{Interpolation, Rescorer};

/// Loads the model of `input`, which is in `folder`.
pub(super) fn load(
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

    let interpolation = Interpolation {
        first_pass_scale: input.first_pass_scale.unwrap_or(1.0),
        weight: input.weight.unwrap_or(1.0),
    };
    let max_length = input.max_length.map(|length| length as usize);
    let threads = input.threads();
    let advanced = Arc::clone(&progress);
    let scorer = BertRescorer::load_onnx(folder, max_length, interpolation, threads)?
        .with_progress(Box::new(move |texts| advanced.advance(texts)))
        .with_cancel(terminal.interrupt_flag());

    let mut record = input.record("onnx", interpolation);
    record.content_hash = Some(hash_folders(&BTreeSet::from([folder]), "onnx")?);
    record.max_length = Some(scorer.tokenizer().max_length());

    let mut notices = Vec::new();
    if input.weight.is_none() {
        notices.push(format!(
            "no --weight given for {}: 1 is used; tune one on a development set",
            folder.display()
        ));
    }

    let rescorer = Arc::new(Pointwise::new(Announced { scorer, progress }));
    Ok(Model {
        record,
        memory: Some(Arc::clone(&rescorer) as Arc<dyn Remembers>),
        rescorer: rescorer as Arc<dyn Rescorer>,
        notices,
        saw_perturbed_lists: false,
    })
}
