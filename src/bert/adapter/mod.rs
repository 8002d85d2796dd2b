//! PEFT adapter folders: an adapter's tensors, attached to a model or written from it.
//!
//! What the configuration means is in [`adapter_config`](mod@crate::bert::adapter_config).

use std::collections::{BTreeMap, BTreeSet};
use std::io::Write;
use std::path::{Path, PathBuf};

use burn::module::Param;
use burn::tensor::{Tensor, TensorData};

use crate::bert::adapter_config::{AdapterConfig, AdapterKind, TrainedBiases};
use crate::bert::adapter_fields::MERGE_ADVICE;
use crate::bert::adapter_mismatch::chooses_nothing;
use crate::bert::adapter_names::{Misnamed, PREFIX, bare_names, unfound};
use crate::bert::architecture::{Architecture, Names, WORDS};
use crate::bert::error::{LoadError, LoadErrorKind};
use crate::bert::linear::{AdaptedLinear, LowRank};
use crate::bert::model::{LINEAR_HEAD, ScoreModel};
use crate::bert::model_file;
use crate::bert::module_names::TargetModules;
use crate::bert::tensors::{NamedTensor, TensorStore, write_tensors};
use crate::bert::weights::{Slot, for_each_parameter, numbers};
use crate::files::{WriteError, write_file};

/// A PEFT adapter, read from its folder.
pub(crate) struct Adapter {
    /// What the numbers mean.
    pub(crate) config: AdapterConfig,
    path: PathBuf,
    store: TensorStore,
}

/// What attaching an adapter did.
#[derive(Debug, Default)]
pub(crate) struct Attached {
    /// The names of the parameters that were replaced.
    pub(crate) replaced: Vec<String>,
    /// Modules whose tensors are in the file, but which the configuration does not name: left out,
    /// as in PEFT.
    pub(crate) ignored: Vec<String>,
    /// Tensors that were read and whose names PEFT does not know.
    pub(crate) misnamed: Option<Misnamed>,
}

impl Adapter {
    /// Reads `adapter_config.json` and `adapter_model.safetensors` of a folder.
    ///
    /// The older `adapter_model.bin` is refused: reading it can run code.
    pub(crate) fn read(folder: &Path) -> Result<Adapter, LoadError> {
        let path = folder.join("adapter_config.json");
        let config = AdapterConfig::read(&path)?;
        let file = folder.join("adapter_model.safetensors");
        if !model_file::is_file(&file) {
            let pickle = folder.join("adapter_model.bin").is_file();
            let reason = if pickle {
                "there is only adapter_model.bin, which can run code when it is read; convert it \
                 with PEFT's save_pretrained"
            } else {
                "there is no adapter_model.safetensors in it"
            };
            return Err(LoadError::folder(folder, reason));
        }

        let store = TensorStore::read(&file)?;
        Ok(Adapter {
            config,
            path,
            store,
        })
    }

    /// Whether its modules are called `bert.encoder..`, and not `encoder..` as those of a bare
    /// body.
    fn is_prefixed(&self, names: &Names) -> bool {
        let mut stored = self.store.names();
        stored.any(|name| {
            name.strip_prefix(PREFIX)
                .unwrap_or(name)
                .starts_with(names.prefix)
        })
    }

    /// How many numbers the adapter adds to its base or changes in it.
    pub(crate) fn numbers(&self) -> usize {
        self.store.numbers()
    }

    /// Whether a linear head is stored with the adapter, which is not a classifier's.
    pub(crate) fn has_linear_head(&self, architecture: Architecture) -> bool {
        let names = bare_names(&self.store, architecture.names());
        names.contains_key(&format!("{LINEAR_HEAD}.weight")) && self.config.allows_head(LINEAR_HEAD)
    }

    /// Puts the adapter and the modules saved with it into `model`. DoRA and what adapts the last
    /// map of the head are folded into the weights at once.
    ///
    /// A module that is targeted or saved whole and has no tensors, a tensor without a module,
    /// settings that choose no module, and shapes that fit neither the model nor the configuration
    /// are errors.
    pub(crate) fn attach_to(&self, model: &mut ScoreModel) -> Result<Attached, LoadError> {
        let names = model.names();
        let is_prefixed = self.is_prefixed(names);
        let mut unused = bare_names(&self.store, names);
        let config = self.config.settled(model.architecture, &self.path)?;
        let mut attached = Attached {
            misnamed: unfound(&unused, model.head()),
            ..Attached::default()
        };
        let mut modules = Vec::new();
        let mut result = Ok(false);
        let mut attach = |name: &str, linear: &mut AdaptedLinear| {
            // What the configuration calls the module.
            let called = match name.strip_prefix(names.prefix) {
                Some(bare) if !is_prefixed => bare,
                _ => name,
            };
            modules.push(called.to_owned());
            if let Ok(any) = &mut result {
                let ignored = &mut attached.ignored;
                match self.attach(&config, [name, called], linear, &mut unused, ignored) {
                    Ok(targeted) => *any |= targeted,
                    Err(error) => result = Err(error),
                }
            }
        };
        model.for_each_linear_mut(&mut attach);

        // Of all linear maps the head's is one only if the adapter was trained on the whole model.
        let head = model.head().module(names);
        let part = format!("{head}.lora_");
        let has_part = self.store.names().any(|name| {
            let bare = name.strip_prefix(PREFIX).unwrap_or(name);
            bare.starts_with(&part)
        });
        if has_part || config.target_modules != TargetModules::AllLinear {
            attach(head, &mut model.classifier);
            model.classifier.merge();
        }
        let any = result?;

        let mut result = Ok(());
        let mut missing = None;
        for_each_parameter(model, &mut |name, mut slot| {
            let found = unused.remove(name).or_else(|| {
                // A linear head may have been trained under the other head's name.
                let part = name.strip_prefix(LINEAR_HEAD)?;
                unused.remove(&format!("classifier{part}"))
            });
            if let Some(stored) = found
                && result.is_ok()
            {
                match self.store.get(&stored, &slot.shape()) {
                    Ok(values) => slot.set(values),
                    Err(error) => result = Err(error),
                }
                attached.replaced.push(name.to_owned());
            } else if let Some(saved) = self.config.saved_as(name) {
                missing.get_or_insert_with(|| (saved.to_owned(), name.to_owned()));
            }
        });
        result?;
        if missing.is_some() {
            // A head under another name is not what PEFT asks for: what lacks is.
            unused.retain(|name, _| name.split('.').next() != Some(LINEAR_HEAD));
        }
        if let Some(tensor) = unused.into_values().next() {
            return Err(self.unknown(tensor));
        }
        if !any {
            let stored = attached.ignored.first().map(String::as_str);
            return Err(chooses_nothing(&config, &modules, stored, &self.path));
        }

        match missing {
            None => Ok(attached),
            Some((saved, tensor)) => {
                let advice = format!(
                    "{} has no tensor `{PREFIX}{tensor}`, and the base's is not what was trained: \
                     save the adapter again with PEFT's save_pretrained",
                    self.file_name()
                );
                let field = "modules_to_save";
                Err(LoadError::field(&self.path, field, &saved, &advice))
            }
        }
    }

    /// The error of a tensor that belongs to no module.
    fn unknown(&self, tensor: String) -> LoadError {
        if let Some((module, _)) = tensor.split_once(".lora_embedding_") {
            let module = module.rsplit('.').next().unwrap_or(module).to_owned();
            let advice = format!(
                "LoRA of embeddings is not supported, and {} has the tensor `{tensor}`: \
                 {MERGE_ADVICE}",
                self.file_name()
            );
            return LoadError::field(&self.path, "target_modules", &module, &advice);
        }

        LoadError::new(self.store.path(), LoadErrorKind::TensorUnknown { tensor })
    }

    fn file_name(&self) -> String {
        let name = self.store.path().file_name().unwrap_or_default();
        name.display().to_string()
    }

    /// Refuses an adapter that was trained with more or fewer words than the base has: PEFT saves
    /// resized embeddings, and the base has to be resized before it takes them.
    pub(crate) fn check_vocabulary(
        &self,
        architecture: Architecture,
        vocabulary: usize,
    ) -> Result<(), LoadError> {
        let names = architecture.names();
        let stored = bare_names(&self.store, names).remove(&names.body(WORDS));
        let Some(tensor) = stored else {
            return Ok(());
        };
        match self.store.shape(&tensor) {
            Some(&[rows, _]) if rows != vocabulary => {
                let kind = LoadErrorKind::Vocabulary {
                    tensor,
                    rows,
                    vocabulary,
                };
                Err(LoadError::new(self.store.path(), kind))
            }
            _ => Ok(()),
        }
    }

    /// Refuses a rank of the configuration that both matrices of a module contradict: it is at
    /// fault then.
    fn check_rank(
        &self,
        module: &str,
        rank: usize,
        [a, b]: [&str; 2],
        linear: &AdaptedLinear,
    ) -> Result<(), LoadError> {
        match (self.store.shape(a), self.store.shape(b)) {
            (Some(&[stored, inputs]), Some(&[outputs, columns]))
                if stored != rank
                    && stored == columns
                    && (inputs, outputs) == (linear.inputs(), linear.outputs()) =>
            {
                let advice = format!(
                    "the tensors of `{module}` in {} have the rank {stored}",
                    self.file_name()
                );
                Err(LoadError::field(
                    &self.path,
                    "r or rank_pattern",
                    &rank,
                    &advice,
                ))
            }
            _ => Ok(()),
        }
    }

    /// Whether the module is a target; then it has its adapter now.
    fn attach(
        &self,
        config: &AdapterConfig,
        [module, called]: [&str; 2],
        linear: &mut AdaptedLinear,
        unused: &mut BTreeMap<String, String>,
        ignored: &mut Vec<String>,
    ) -> Result<bool, LoadError> {
        let mut take = |part: &str| {
            unused
                .remove(&format!("{module}.{part}"))
                .or_else(|| unused.remove(&format!("{module}.{part}.weight")))
        };
        let (a, b) = (take("lora_A"), take("lora_B"));
        let (lambda, magnitude) = (take("lora_E"), take("lora_magnitude_vector"));
        let is_stored = a.is_some() || b.is_some();
        if !config.targets(called, &self.path)? {
            if is_stored {
                ignored.push(module.to_owned());
            }
            return Ok(false);
        }
        if !is_stored {
            self.refuse_named(module, unused)?;
            let expected = vec![config.rank(called, &self.path)?, linear.inputs()];
            let tensor = format!("{PREFIX}{module}.lora_A");
            let kind = LoadErrorKind::TensorMissing { tensor, expected };
            return Err(LoadError::new(self.store.path(), kind));
        }

        let name = |stored: Option<String>, part: &str| {
            stored.unwrap_or_else(|| format!("{PREFIX}{module}.{part}"))
        };
        let a = name(a, "lora_A");
        let rank = match &config.kind {
            AdapterKind::Lora(_) => config.rank(called, &self.path)?,
            // Pruned rows are not stored: the file knows the rank, the scaling does not need it.
            AdapterKind::AdaLora(_) => self
                .store
                .shape(&a)
                .and_then(|shape| shape.first().copied())
                .unwrap_or(0),
        };

        let device = linear.weight.lazy_device();
        self.check_rank(module, rank, [&a, &name(b.clone(), "lora_B")], linear)?;
        let matrix = |name: &str, shape: [usize; 2]| -> Result<Tensor<2>, LoadError> {
            let values = self.store.get(name, &shape)?;
            Ok(Tensor::from_data(TensorData::new(values, shape), &device))
        };
        let a = matrix(&a, [rank, linear.inputs()])?;
        let b = matrix(&name(b, "lora_B"), [linear.outputs(), rank])?;
        let lambda = match &config.kind {
            AdapterKind::Lora(_) => None,
            AdapterKind::AdaLora(_) => Some(matrix(&name(lambda, "lora_E"), [rank, 1])?),
        };
        let scaling = config.scaling(called, &self.path)?;
        linear.attach(LowRank::new(a, lambda, b, scaling, config.dropout));
        if let AdapterKind::Lora(settings) = &config.kind
            && settings.dora
        {
            let stored = name(magnitude, "lora_magnitude_vector");
            let magnitude = self.store.get(&stored, &[linear.outputs()])?;
            linear.merge();
            let shape = [1, linear.outputs()];
            let magnitude: Tensor<2> =
                Tensor::from_data(TensorData::new(magnitude, shape), &device);
            let weight = linear.weight.val();
            // The weight's columns are the rows of PEFT's.
            let norms = weight.clone().powi_scalar(2).sum_dim(0).sqrt();
            linear.weight = Param::from_tensor(weight * (magnitude / norms));
        }
        Ok(true)
    }

    /// Refuses tensors of `module` that bear an adapter's name, which PEFT does not read.
    fn refuse_named(
        &self,
        module: &str,
        unused: &BTreeMap<String, String>,
    ) -> Result<(), LoadError> {
        for part in ["lora_A", "lora_B"] {
            let start = format!("{module}.{part}.");
            let named = unused.iter().find(|(bare, _)| bare.starts_with(&start));
            if let Some((_, stored)) = named {
                let reason = format!(
                    "the tensor `{stored}` bears the name of an adapter, and PEFT does not read \
                     such: rename it to `{PREFIX}{module}.{part}.weight`, and the others likewise, \
                     or save the adapter again with PEFT's save_pretrained"
                );
                return Err(LoadError::folder(self.store.path(), reason));
            }
        }
        Ok(())
    }
}

/// Writes the adapters of `model`, and the modules and biases that `config` says to save, as a PEFT
/// folder: `adapter_config.json` and `adapter_model.safetensors` in `folder`.
///
/// Of an AdaLoRA module named in the settings' `kept`, only the kept directions are written.
pub(crate) fn write_adapter(
    folder: &Path,
    model: &ScoreModel,
    config: &AdapterConfig,
) -> Result<(), WriteError> {
    let mut tensors = Vec::new();
    for (module, linear) in model.linears() {
        if let Some(adapter) = &linear.adapter {
            tensors.extend(adapter_tensors(&module, adapter, &config.kind));
        }
    }
    let adapted: BTreeSet<String> = model
        .linears()
        .into_iter()
        .filter(|(_, linear)| linear.adapter.is_some())
        .map(|(module, _)| module)
        .collect();
    for_each_parameter(&mut model.clone(), &mut |name, slot: Slot<'_>| {
        let (module, part) = name.rsplit_once('.').unwrap_or((name, ""));

        let is_saved = config.saved_as(name).is_some();
        let is_trained = match config.biases {
            TrainedBiases::None => false,
            TrainedBiases::All => part == "bias",
            TrainedBiases::Adapted => part == "bias" && adapted.contains(module),
        };

        if is_saved || is_trained {
            // PEFT has the module's own parameters one level deeper where there is an adapter.
            let layer = if adapted.contains(module) {
                ".base_layer"
            } else {
                ""
            };
            tensors.push(NamedTensor {
                name: format!("{PREFIX}{module}{layer}.{part}"),
                shape: slot.shape(),
                values: slot.get(),
            });
        }
    });
    write_tensors(&folder.join("adapter_model.safetensors"), &tensors)?;
    write_file(
        &folder.join("adapter_config.json"),
        |writer: &mut dyn Write| writer.write_all(config.to_json().as_bytes()),
    )
}

fn adapter_tensors(module: &str, adapter: &LowRank, kind: &AdapterKind) -> Vec<NamedTensor> {
    let rank = adapter.rank();
    let [inputs, outputs] = [adapter.a.shape()[1], adapter.b.shape()[0]];
    let (kept, suffix): (Vec<usize>, &str) = match kind {
        AdapterKind::Lora(_) => ((0..rank).collect(), ".weight"),
        AdapterKind::AdaLora(settings) => {
            let kept = settings.kept.get(module).filter(|kept| kept.len() == rank);
            let keep = |index: &usize| kept.is_none_or(|kept| kept[*index]);
            ((0..rank).filter(keep).collect(), "")
        }
    };

    let a = numbers(adapter.a.val());
    let b = numbers(adapter.b.val());
    let a = kept
        .iter()
        .flat_map(|row| a[row * inputs..(row + 1) * inputs].to_vec())
        .collect();
    let b = (0..outputs)
        .flat_map(|row| kept.iter().map(move |column| row * rank + column))
        .map(|index| b[index])
        .collect();
    let tensor = |part: &str, shape: [usize; 2], values: Vec<f32>| NamedTensor {
        name: format!("{PREFIX}{module}.{part}{suffix}"),
        shape: shape.to_vec(),
        values,
    };

    let mut tensors = vec![
        tensor("lora_A", [kept.len(), inputs], a),
        tensor("lora_B", [outputs, kept.len()], b),
    ];
    if let Some(lambda) = &adapter.lambda {
        let lambda = numbers(lambda.val());
        let lambda = kept.iter().map(|index| lambda[*index]).collect();
        tensors.push(tensor("lora_E", [kept.len(), 1], lambda));
    }

    tensors
}

#[cfg(test)]
mod tests;
