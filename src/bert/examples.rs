//! The reference model that the tests of adapters share.

use std::path::{Path, PathBuf};

use burn::tensor::Device;

use crate::bert::batch::TokenBatch;
use crate::bert::config::BertConfig;
use crate::bert::error::{LoadError, LoadErrorKind};
use crate::bert::model::{HeadKind, ScoreModel};
use crate::bert::tensors::{NamedTensor, TensorStore, write_tensors};
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

/// The tensors of `store` with a change to each, as a file of their own.
pub(super) fn changed(
    store: &TensorStore,
    change: impl Fn(NamedTensor) -> Option<NamedTensor>,
) -> TensorStore {
    let tensors: Vec<NamedTensor> = store
        .names()
        .filter_map(|name| change(store.named(name).unwrap()))
        .collect();
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("model.safetensors");
    write_tensors(&path, &tensors).unwrap();
    TensorStore::read(&path).unwrap()
}

/// The field that an error names, and what it advises.
#[track_caller]
pub(super) fn refused_field(error: &LoadError) -> (&str, &str) {
    let LoadErrorKind::Field { field, advice, .. } = error.kind() else {
        panic!("{error:?} does not name a field");
    };
    (field, advice)
}
