//! From a trained model to a checkpoint folder.
//!
//! Which of the files is read back how is in [`checkpoint`](mod@crate::bert::checkpoint).

use std::collections::{BTreeMap, HashMap};
use std::io;
use std::path::Path;

use half::f16;
use safetensors::Dtype;
use safetensors::tensor::TensorView;

use crate::bert::adapter::write_adapter;
use crate::bert::adapter_config::{
    AdaLoraSettings, AdapterConfig, AdapterKind, LoraSettings, TrainedBiases,
};
use crate::bert::checkpoint::Checkpoint;
use crate::bert::config::BertConfig;
use crate::bert::model::{HeadKind, LINEAR_HEAD, ScoreModel};
use crate::bert::module_names::TargetModules;
use crate::bert::tensors::NamedTensor;
use crate::bert::tokenizer_source;
use crate::bert::weights::write_model;
use crate::files::{WriteError, write_bytes};
use crate::train::cost::{TrainingCost, stored_adapters};
use crate::train::plan::{AdapterPlan, RankChange, Scaling, TrainingPlan};

/// What a checkpoint is written from.
#[derive(Debug, Clone, Copy)]
pub struct Export<'a> {
    /// The plan that was carried out.
    pub plan: &'a TrainingPlan,
    /// The trained model.
    pub model: &'a ScoreModel,
    /// Its shape.
    pub config: &'a BertConfig,
    /// The tokenizer's file.
    pub tokenizer: &'a Path,
    /// The base model as the checkpoint names it, relative to its folder: both can be moved
    /// together.
    pub base: &'a str,
    /// The base model as PEFT finds it, from whatever folder: its whole path.
    pub whole_base: &'a str,
    /// Directions kept by module, where ranks were allocated.
    pub masks: &'a [(String, Vec<bool>)],
    /// Whether the pooler was trained whole, and must be saved with an adapter.
    pub whole_pooler: bool,
    /// What training cost, where that is known.
    pub cost: Option<&'a TrainingCost>,
}

/// Fills `folder`: an adapter in PEFT's form where only adapters and the head were
/// trained, else a whole model in Hugging Face's form; `checkpoint` in both cases.
pub fn write_checkpoint(
    folder: &Path,
    export: &Export<'_>,
    mut checkpoint: Checkpoint,
) -> Result<(), WriteError> {
    if let Some(config) = adapter_config(export) {
        checkpoint.base = Some(export.base.to_owned());
        write_adapter(folder, export.model, &config)?;
    } else {
        checkpoint.base = None;
        let mut merged = export.model.clone();
        merged.merge();
        write_model(folder, &merged, Vec::new())?;
        write_shape(folder, export.config, export.tokenizer)?;
    }

    checkpoint.write(folder)?;
    write_cost(folder, export)
}

fn write_cost(folder: &Path, export: &Export<'_>) -> Result<(), WriteError> {
    export.cost.map_or(Ok(()), |cost| cost.write(folder))
}

/// Writes `config.json` and the tokenizer's files.
pub fn write_shape(folder: &Path, config: &BertConfig, tokenizer: &Path) -> Result<(), WriteError> {
    let text = config.to_json();
    write_bytes(&folder.join("config.json"), &text)?;
    write_tokenizer(folder, tokenizer)
}

/// Writes `tokenizer.json`: what the file `tokenizer` and the options beside it amount to; and
/// `tokenizer_config.json`, without which transformers would take the defaults of the class.
pub fn write_tokenizer(folder: &Path, tokenizer: &Path) -> Result<(), WriteError> {
    let unread = |error| WriteError::new(tokenizer, io::Error::other(error));
    let whole = tokenizer_source::read(tokenizer).map_err(unread)?.whole;
    write_bytes(&folder.join("tokenizer.json"), &whole)?;

    match tokenizer_source::options_for(tokenizer, &whole).map_err(unread)? {
        Some(options) => write_bytes(&folder.join("tokenizer_config.json"), &options),
        None => Ok(()),
    }
}

/// How many bits a stored number has.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Precision {
    /// 32: exact.
    Single,
    /// 16: half the size, rounded.
    Half,
}

/// Writes a safetensors file of 16-bit numbers; what is beyond their range becomes infinite.
pub fn write_half(path: &Path, tensors: &[NamedTensor]) -> Result<(), WriteError> {
    let bytes: Vec<Vec<u8>> = tensors
        .iter()
        .map(|tensor| {
            tensor
                .values
                .iter()
                .flat_map(|value| f16::from_f32(*value).to_le_bytes())
                .collect()
        })
        .collect();

    let views = tensors.iter().zip(&bytes).map(|(tensor, bytes)| {
        let view = TensorView::new(Dtype::F16, tensor.shape.clone(), bytes)
            .expect("the numbers of a tensor fill its shape");
        (tensor.name.as_str(), view)
    });
    let views: BTreeMap<&str, TensorView<'_>> = views.collect();
    let metadata = HashMap::from([("format".to_owned(), "pt".to_owned())]);
    let file = safetensors::serialize(views, Some(metadata))
        .expect("tensors that fill their shapes can be written");

    write_bytes(path, &file)
}

/// The adapter that the plan's last phase leaves on an unchanged base; `None` where
/// the base has changed.
fn adapter_config(export: &Export<'_>) -> Option<AdapterConfig> {
    let plan = stored_adapters(export.plan)?;
    let steps = export.plan.phases.last().map_or(0, |phase| phase.steps);
    let head = export.plan.head;

    // PEFT saves a classifier with all its parts.
    let mut modules_to_save = vec![match head {
        HeadKind::ClsLinear => LINEAR_HEAD.to_owned(),
        HeadKind::HfPooled => "classifier".to_owned(),
    }];
    let names = export.model.names();
    if export.whole_pooler && !names.pooler.starts_with("classifier.") {
        let pooler = names.pooler.strip_prefix(names.prefix);
        modules_to_save.push(pooler.unwrap_or(names.pooler).to_owned());
    }

    Some(AdapterConfig {
        kind: kind(plan, steps, export.masks),
        base: Some(export.whole_base.to_owned()),
        revision: None,
        alpha: plan.alpha,
        dropout: plan.dropout,
        target_modules: targets(&plan.ranks, export.model),
        exclude_modules: TargetModules::Names(Vec::new()),
        layers: None,
        modules_to_save,
        biases: TrainedBiases::None,
        task_type: (head == HeadKind::HfPooled).then(|| "SEQ_CLS".to_owned()),
    })
}

fn kind(plan: &AdapterPlan, steps: usize, masks: &[(String, Vec<bool>)]) -> AdapterKind {
    match &plan.change {
        RankChange::Fixed | RankChange::Drawn => {
            // The most frequent rank is the adapter's: PEFT's patterns then name the fewest others.
            let mut frequency: BTreeMap<usize, usize> = BTreeMap::new();
            for rank in plan.ranks.values() {
                *frequency.entry(*rank).or_default() += 1;
            }
            let common = frequency
                .iter()
                .max_by_key(|(_, count)| **count)
                .map(|(rank, _)| *rank);
            let rank = common.unwrap_or(1);

            let others = plan.ranks.iter().filter(|(_, other)| **other != rank);
            AdapterKind::Lora(LoraSettings {
                rank,
                rank_stabilized: plan.scaling == Scaling::RankRoot,
                dora: false,
                rank_pattern: others
                    .map(|(name, rank)| (format!("^{}", name.replace('.', r"\.")), *rank))
                    .collect(),
                alpha_pattern: Vec::new(),
            })
        }
        RankChange::Allocated(allocated) => AdapterKind::AdaLora(AdaLoraSettings {
            init_rank: plan.largest_rank(),
            target_rank: allocated.target_rank,
            tinit: allocated.warm_up_steps,
            tfinal: allocated.final_steps,
            delta_t: allocated.interval,
            beta1: allocated.beta1,
            beta2: allocated.beta2,
            orthogonality: allocated.orthogonality,
            total_steps: steps,
            kept: masks.iter().cloned().collect(),
        }),
    }
}

/// The modules as a user would name them where every layer has them, else by their full names.
fn targets(ranks: &BTreeMap<String, usize>, model: &ScoreModel) -> TargetModules {
    let (layers, names) = (model.encoder.layers.len(), model.names());
    let everywhere =
        |part: &&str| (0..layers).all(|layer| ranks.contains_key(&names.layer(layer, part)));
    let parts: Vec<&str> = names.linears.into_iter().filter(everywhere).collect();
    let called = |name: &str, part: &str| name.ends_with(&format!(".{part}"));
    // Short names stand for all modules that end so: they must mean those with ranks alone.
    let meant = model
        .linears()
        .iter()
        .filter(|(name, _)| parts.iter().any(|part| called(name, part)))
        .map(|(name, _)| name)
        .eq(model
            .linears()
            .iter()
            .map(|(name, _)| name)
            .filter(|name| ranks.contains_key(*name)));

    if meant {
        TargetModules::Names(parts.into_iter().map(str::to_owned).collect())
    } else {
        TargetModules::Names(ranks.keys().cloned().collect())
    }
}
