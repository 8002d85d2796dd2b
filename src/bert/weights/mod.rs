//! The parameters of a model under their Hugging Face names.
//!
//! Adapters are not weights; they are in `adapter`.

use std::path::Path;

use burn::module::{Param, ParamId};
use burn::nn::LayerNorm;
use burn::tensor::{Tensor, TensorData};

use crate::bert::architecture::{EMBEDDING_NORM, POSITIONS, PROJECTION, SEGMENTS, WORDS};
use crate::bert::config::BertConfig;
use crate::bert::error::{LoadError, LoadErrorKind};
use crate::bert::initial;
use crate::bert::linear::AdaptedLinear;
use crate::bert::model::{HeadKind, LINEAR_HEAD, ScoreModel};
use crate::bert::tensors::{NamedTensor, TensorStore, write_tensors};
use crate::files::WriteError;

/// A parameter of a model, in the form it has in files.
pub(crate) enum Slot<'a> {
    /// A table, stored as it is.
    Table(&'a mut Param<Tensor<2>>),
    /// The weight of a linear map, stored as `[outputs, inputs]`.
    Map(&'a mut Param<Tensor<2>>),
    /// A vector.
    Vector(&'a mut Param<Tensor<1>>),
}

impl Slot<'_> {
    /// The shape in files.
    pub(crate) fn shape(&self) -> Vec<usize> {
        match self {
            Slot::Table(param) => param.lazy_shape().to_vec(),
            Slot::Map(param) => param.lazy_shape().iter().rev().copied().collect(),
            Slot::Vector(param) => param.lazy_shape().to_vec(),
        }
    }

    /// Replaces the numbers by those of a file. The parameter keeps its device.
    pub(crate) fn set(&mut self, values: Vec<f32>) {
        let shape = self.shape();

        match self {
            Slot::Table(param) => fill(param, values, shape),
            Slot::Map(param) => {
                let values = transposed(&values, shape[0], shape[1]);
                fill(param, values, vec![shape[1], shape[0]]);
            }
            Slot::Vector(param) => fill(param, values, shape),
        }
    }

    /// Lets `read` give the numbers of a file when they are first asked for. The parameter keeps its
    /// device.
    pub(crate) fn set_late(&mut self, read: impl FnOnce() -> Vec<f32> + Send + Sync + 'static) {
        let shape = self.shape();

        match self {
            Slot::Table(param) => fill_late(param, read, shape),
            Slot::Map(param) => {
                let reversed = vec![shape[1], shape[0]];
                let read = move || transposed(&read(), shape[0], shape[1]);
                fill_late(param, read, reversed);
            }
            Slot::Vector(param) => fill_late(param, read, shape),
        }
    }

    /// The numbers as they are stored in files.
    pub(crate) fn get(&self) -> Vec<f32> {
        match self {
            Slot::Table(param) => numbers(param.val()),
            Slot::Map(param) => {
                let shape = self.shape();
                transposed(&numbers(param.val()), shape[1], shape[0])
            }
            Slot::Vector(param) => numbers(param.val()),
        }
    }
}

fn fill<const D: usize>(param: &mut Param<Tensor<D>>, values: Vec<f32>, shape: Vec<usize>) {
    let device = param.lazy_device();
    *param = Param::from_data(TensorData::new(values, shape), &device);
}

fn fill_late<const D: usize>(
    param: &mut Param<Tensor<D>>,
    read: impl FnOnce() -> Vec<f32> + Send + Sync + 'static,
    shape: Vec<usize>,
) {
    let device = param.lazy_device();
    let sizes = shape.clone();
    *param = Param::uninitialized(
        ParamId::new(),
        move |device, _| Tensor::from_data(TensorData::new(read(), sizes), device),
        device,
        false,
        shape.into(),
    );
}

/// The numbers of a tensor, on the host.
///
/// # Panics
///
/// When they are not 32-bit numbers, or the device fails.
pub fn numbers<const D: usize>(tensor: Tensor<D>) -> Vec<f32> {
    tensor
        .into_data()
        .try_into_vec()
        .expect("parameters are 32-bit numbers")
}

/// The transpose of a matrix of `rows` rows.
fn transposed(values: &[f32], rows: usize, columns: usize) -> Vec<f32> {
    // In squares, whose lines all stay near while they are written.
    const SIDE: usize = 16;

    let mut result = vec![0.0; values.len()];
    for first_row in (0..rows).step_by(SIDE) {
        for first_column in (0..columns).step_by(SIDE) {
            for row in first_row..rows.min(first_row + SIDE) {
                for column in first_column..columns.min(first_column + SIDE) {
                    result[column * rows + row] = values[row * columns + column];
                }
            }
        }
    }

    result
}

/// Calls `f` for every parameter with its Hugging Face name, in a fixed order:
/// embeddings, layers from below, pooler, score. Adapters are left out.
pub(crate) fn for_each_parameter(model: &mut ScoreModel, f: &mut dyn FnMut(&str, Slot<'_>)) {
    let (head, names) = (model.head(), model.names());
    let embeddings = &mut model.encoder.embeddings;
    f(&names.body(WORDS), Slot::Table(&mut embeddings.word));
    f(
        &names.body(POSITIONS),
        Slot::Table(&mut embeddings.position),
    );
    if let Some(segment) = &mut embeddings.segment {
        f(&names.body(SEGMENTS), Slot::Table(segment));
    }
    norm(&names.body(EMBEDDING_NORM), &mut embeddings.norm, f);
    if let Some(projection) = &mut embeddings.projection {
        linear(&names.body(PROJECTION), projection, f);
    }

    for (index, layer) in model.encoder.layers.iter_mut().enumerate() {
        for (part, map) in names.linears.into_iter().zip(layer.linears_mut()) {
            linear(&names.layer(index, part), map, f);
        }
        let after_attention = names.layer(index, names.attention_norm);
        norm(&after_attention, &mut layer.attention_norm, f);
        let at_end = names.layer(index, names.output_norm);
        norm(&at_end, &mut layer.output_norm, f);
    }

    if let Some(pooler) = &mut model.pooler {
        linear(names.pooler, pooler, f);
    }

    linear(head.module(names), &mut model.classifier, f);
}

fn linear(module: &str, linear: &mut AdaptedLinear, f: &mut dyn FnMut(&str, Slot<'_>)) {
    f(&format!("{module}.weight"), Slot::Map(&mut linear.weight));
    f(&format!("{module}.bias"), Slot::Vector(&mut linear.bias));
}

fn norm(module: &str, norm: &mut LayerNorm, f: &mut dyn FnMut(&str, Slot<'_>)) {
    f(&format!("{module}.weight"), Slot::Vector(&mut norm.gamma));
    let bias = norm
        .beta
        .as_mut()
        .expect("the normalizations of BERT have a bias");
    f(&format!("{module}.bias"), Slot::Vector(bias));
}

/// The head's modules that a file of weights may lack, with the model's names.
fn head_modules(model: &ScoreModel) -> Vec<&'static str> {
    let names = model.names();
    match model.head() {
        HeadKind::ClsLinear => vec![LINEAR_HEAD],
        HeadKind::HfPooled => vec![names.pooler, names.classifier],
    }
}

/// Fills `model` from `store` and returns the modules of the head that `store` lacks.
///
/// Names may have the body's prefix, such as `bert.`, or not; normalizations may use the old
/// names `gamma` and `beta`; the last map of the head may be called `classifier`
/// or `score`. Tensors of other heads, such as `cls.predictions`, are left
/// alone, but a tensor of the body that the model has no place for is an error.
pub(crate) fn read_weights(
    model: &mut ScoreModel,
    store: &TensorStore,
) -> Result<Vec<String>, LoadError> {
    fill_weights(model, store, &mut |_, stored, slot| {
        slot.set(store.get(stored, &slot.shape())?);
        Ok(())
    })
}

/// As [`read_weights`]; `fill` gets every parameter's name, its name in `store`, and its place.
pub(crate) fn fill_weights(
    model: &mut ScoreModel,
    store: &TensorStore,
    fill: &mut dyn FnMut(&str, &str, &mut Slot<'_>) -> Result<(), LoadError>,
) -> Result<Vec<String>, LoadError> {
    let names = model.names();
    let prefixed = store.contains(&names.body(WORDS));
    let candidates = |name: &str| -> Vec<String> {
        let stem = match name.strip_prefix(names.prefix) {
            Some(stem) if !prefixed => stem,
            _ => name,
        };
        let mut candidates = vec![stem.to_owned()];
        if let Some(module) = stem.strip_suffix("LayerNorm.weight") {
            candidates.push(format!("{module}LayerNorm.gamma"));
        }
        if let Some(module) = stem.strip_suffix("LayerNorm.bias") {
            candidates.push(format!("{module}LayerNorm.beta"));
        }
        if let Some(part) = stem.strip_prefix("classifier.") {
            candidates.push(format!("score.{part}"));
        }
        if let Some(part) = stem.strip_prefix("score.") {
            candidates.push(format!("classifier.{part}"));
        }
        candidates
    };

    let found = |name: &str| {
        candidates(name)
            .into_iter()
            .find(|name| store.contains(name))
    };
    let missing: Vec<String> = head_modules(model)
        .into_iter()
        .filter(|module| found(&format!("{module}.weight")).is_none())
        .map(str::to_owned)
        .collect();
    let mut used = Vec::new();
    let mut result = Ok(());

    for_each_parameter(model, &mut |name, mut slot| {
        let module = name.rsplit_once('.').map_or(name, |(module, _)| module);
        if result.is_err() || missing.iter().any(|missing| missing == module) {
            return;
        }
        let stored = found(name).unwrap_or_else(|| candidates(name).swap_remove(0));
        result = fill(name, &stored, &mut slot);
        used.push(stored);
    });
    result?;

    // What older versions stored, though it is no weight.
    let buffers = ["embeddings.position_ids", "embeddings.token_type_ids"];
    let body = |name: &str| {
        let stem = name.strip_prefix(names.prefix).unwrap_or(name);
        names.is_in_body(stem) && !buffers.contains(&stem)
    };

    match store
        .names()
        .find(|name| body(name) && !used.iter().any(|used| used == name))
    {
        None => Ok(missing),
        Some(name) => {
            let kind = LoadErrorKind::TensorUnknown {
                tensor: name.to_owned(),
            };
            Err(LoadError::new(store.path(), kind))
        }
    }
}

/// Draws all weights anew, as Hugging Face does: normal, with the configuration's
/// standard deviation; biases 0, normalizations 1. `seed` decides the draw.
pub fn initialize(model: &mut ScoreModel, config: &BertConfig, seed: u64) {
    initialize_where(model, config, seed, &|_| true);
}

/// Draws the weights of some modules of the head anew: those that
/// [`read_weights`] reported missing.
pub(crate) fn initialize_head(
    model: &mut ScoreModel,
    config: &BertConfig,
    seed: u64,
    modules: &[String],
) {
    let chosen = |name: &str| {
        modules.iter().any(|module| {
            name.strip_prefix(module.as_str())
                .is_some_and(|rest| rest.starts_with('.'))
        })
    };
    initialize_where(model, config, seed, &chosen);
}

fn initialize_where(
    model: &mut ScoreModel,
    config: &BertConfig,
    seed: u64,
    chosen: &dyn Fn(&str) -> bool,
) {
    let words = model.names().body(WORDS);
    for_each_parameter(model, &mut |name, mut slot| {
        if !chosen(name) {
            return;
        }
        let shape = slot.shape();
        let count = shape.iter().product();
        let mut values = match &slot {
            Slot::Table(_) | Slot::Map(_) => {
                initial::normal(seed, name, count, config.initializer_range)
            }
            // Of a normalization: no other vector is called a weight.
            Slot::Vector(_) if name.ends_with(".weight") => vec![1.0; count],
            Slot::Vector(_) => vec![0.0; count],
        };
        if name == words {
            let width = config.embedding_width();
            let start = config.pad_token_id as usize * width;
            values[start..start + width].fill(0.0);
        }
        slot.set(values);
    });
}

/// The parameters of `model` under their Hugging Face names, without adapters.
pub(crate) fn model_tensors(model: &ScoreModel) -> Vec<NamedTensor> {
    let mut tensors = Vec::new();
    // Clones share their numbers.
    for_each_parameter(&mut model.clone(), &mut |name, slot| {
        let tensor = NamedTensor {
            name: name.to_owned(),
            shape: slot.shape(),
            values: slot.get(),
        };
        tensors.push(tensor);
    });

    tensors
}

/// Writes `model.safetensors` into `folder`: the model without adapters, and
/// `more` tensors, such as a head for masked words.
pub(crate) fn write_model(
    folder: &Path,
    model: &ScoreModel,
    more: Vec<NamedTensor>,
) -> Result<(), WriteError> {
    let mut tensors = model_tensors(model);
    tensors.extend(more);
    write_tensors(&folder.join("model.safetensors"), &tensors)
}

#[cfg(test)]
mod tests;
