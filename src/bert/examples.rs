//! The reference model that the tests of adapters share.

use std::path::{Path, PathBuf};

use burn::tensor::Device;

use crate::bert::batch::TokenBatch;
use crate::bert::config::BertConfig;
use crate::bert::model::{HeadKind, ScoreModel};
use crate::bert::tensors::TensorStore;
use crate::bert::weights::{numbers, read_weights};

/// Where the reference adapters of that model are.
pub(super) fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/reference/golden")
}

/// The reference model without an adapter.
pub(super) fn base() -> ScoreModel {
    let config = BertConfig::read(&root().join("config.json")).unwrap();
    let store = TensorStore::read(&root().join("base.safetensors")).unwrap();
    let mut model = ScoreModel::zeros(&config, HeadKind::HfPooled, &Device::flex());
    read_weights(&mut model, &store).unwrap();
    model
}

/// What `model` gives two short texts.
pub(super) fn scores(model: &ScoreModel) -> Vec<f32> {
    let rows: [&[u32]; 2] = [&[41, 4, 39, 12, 8], &[26, 20, 15, 49, 29]];
    numbers(model.forward(&TokenBatch::new(&rows, 0, &Device::flex())))
}
