//! PEFT's `adapter_config.json`: what an adapter's numbers mean.
//!
//! Reading refuses every active option that changes the numbers and is not
//! implemented, by name, and ignores fields that do not. The tensors are in
//! [`adapter`](mod@crate::bert::adapter).

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::path::Path;

use serde_json::{Map, Value, json};

use crate::bert::adapter_fields::{Fields, MERGE_ADVICE};
use crate::bert::architecture::Architecture;
use crate::bert::error::LoadError;
use crate::bert::layer_choice::LayerChoice;
use crate::bert::limits::{HIGHEST_RANK, is_factor};
use crate::bert::model_file;
use crate::bert::module_names::{TargetModules, adalora_default, first_match, lora_default};
use crate::files::document::SETTINGS;
use crate::files::json;

/// What kind of adapter it is, with the settings of that kind.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum AdapterKind {
    /// Two thin matrices per module.
    Lora(LoraSettings),
    /// P Λ Q with ranks chosen while training.
    AdaLora(AdaLoraSettings),
}

/// Settings of plain LoRA and its variants.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct LoraSettings {
    /// The rank of modules that no pattern matches.
    pub(crate) rank: usize,
    /// Scales by `alpha / sqrt(rank)` (rsLoRA) instead of `alpha / rank`.
    pub(crate) rank_stabilized: bool,
    /// Magnitude and direction apart (DoRA).
    pub(crate) dora: bool,
    /// Ranks of modules by regular expression; the first match counts.
    pub(crate) rank_pattern: Vec<(String, usize)>,
    /// Alphas of modules by regular expression; the first match counts.
    pub(crate) alpha_pattern: Vec<(String, f64)>,
}

/// Settings of AdaLoRA; steps count optimizer steps from 1.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct AdaLoraSettings {
    /// The rank every module starts with; also what the scaling divides by, always.
    pub(crate) init_rank: usize,
    /// The mean rank at the end.
    pub(crate) target_rank: usize,
    /// Steps before pruning starts.
    pub(crate) tinit: usize,
    /// Steps after pruning has ended.
    pub(crate) tfinal: usize,
    /// Steps between two prunings.
    pub(crate) delta_t: usize,
    /// Decay of the importance's average.
    pub(crate) beta1: f64,
    /// Decay of its uncertainty's average.
    pub(crate) beta2: f64,
    /// Weight of the orthogonality penalty.
    pub(crate) orthogonality: f64,
    /// Steps in all.
    pub(crate) total_steps: usize,
    /// Which directions of a module (by its name) survived; empty while all do.
    pub(crate) kept: BTreeMap<String, Vec<bool>>,
}

/// Which biases were trained and are stored with an adapter.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) enum TrainedBiases {
    /// None.
    #[default]
    None,
    /// All of the model.
    All,
    /// Those of the modules that have adapters.
    Adapted,
}

impl TrainedBiases {
    /// PEFT's name: `none`, `all` or `lora_only`.
    pub(crate) fn name(self) -> &'static str {
        match self {
            TrainedBiases::None => "none",
            TrainedBiases::All => "all",
            TrainedBiases::Adapted => "lora_only",
        }
    }

    fn read(fields: &Fields<'_>) -> Result<TrainedBiases, LoadError> {
        let known = [
            TrainedBiases::None,
            TrainedBiases::All,
            TrainedBiases::Adapted,
        ];
        let name: String = fields.get("bias", "none".to_owned())?;
        let found = known.into_iter().find(|biases| biases.name() == name);
        found.ok_or_else(|| fields.refuse("bias", "it must be none, all or lora_only"))
    }
}

/// An adapter's configuration.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct AdapterConfig {
    /// The kind and its settings.
    pub(crate) kind: AdapterKind,
    /// Folder or name of the model it was trained on.
    pub(crate) base: Option<String>,
    /// Which version of it, where that is a name: a branch, a tag or a commit.
    pub(crate) revision: Option<String>,
    /// The numerator of the scaling.
    pub(crate) alpha: f64,
    /// Dropout of the adapter's inputs while training.
    pub(crate) dropout: f64,
    /// Which modules have adapters.
    pub(crate) target_modules: TargetModules,
    /// Which do not, although the former name them.
    pub(crate) exclude_modules: TargetModules,
    /// The layers in which modules that are named by their ends have adapters; absent: all.
    pub(crate) layers: Option<LayerChoice>,
    /// Modules stored whole, beside the adapter.
    pub(crate) modules_to_save: Vec<String>,
    /// Biases stored beside the adapter.
    pub(crate) biases: TrainedBiases,
    /// `SEQ_CLS` for a model with PEFT's own scoring head; absent otherwise.
    pub(crate) task_type: Option<String>,
}

impl AdapterConfig {
    /// Reads `adapter_config.json`.
    pub(crate) fn read(path: &Path) -> Result<AdapterConfig, LoadError> {
        let text =
            model_file::read_text(path, SETTINGS).map_err(|error| LoadError::new(path, error))?;
        AdapterConfig::parse(&text, path)
    }

    /// Reads the text of an `adapter_config.json`; `path` only names it in errors.
    pub(crate) fn parse(text: &str, path: &Path) -> Result<AdapterConfig, LoadError> {
        let json = |error| LoadError::new(path, error);
        let fields: Map<String, Value> = json::parse(text).map_err(json)?;
        let reader = Fields {
            fields: &fields,
            path,
        };
        reader.refuse_unsupported()?;

        let kind = match fields.get("peft_type").and_then(Value::as_str) {
            Some("LORA") => AdapterKind::Lora(LoraSettings::read(&reader)?),
            Some("ADALORA") => AdapterKind::AdaLora(AdaLoraSettings::read(&reader)?),
            other => {
                let kinds = "LORA and ADALORA are supported";
                // What PEFT learns of prompts is in no weight.
                let merges = other.is_some_and(|name| {
                    let mut prompts = ["PROMPT", "PREFIX", "P_TUNING", "CPT"].iter();
                    !prompts.any(|prompt| name.contains(prompt))
                });
                let advice = if merges {
                    format!("{kinds}: {MERGE_ADVICE}")
                } else {
                    kinds.to_owned()
                };
                return Err(reader.refuse("peft_type", &advice));
            }
        };
        let config = AdapterConfig {
            kind,
            base: reader.get("base_model_name_or_path", None)?,
            revision: reader.get("revision", None)?,
            alpha: reader.number("lora_alpha", 8.0)?,
            dropout: reader.get("lora_dropout", 0.0)?,
            target_modules: reader.targets("target_modules")?,
            exclude_modules: reader.modules("exclude_modules")?,
            layers: LayerChoice::read(&reader)?,
            modules_to_save: reader
                .get("modules_to_save", None)?
                .unwrap_or_else(Vec::new),
            biases: TrainedBiases::read(&reader)?,
            task_type: reader.get("task_type", None)?,
        };

        if !is_factor(config.alpha) {
            return Err(reader.refuse("lora_alpha", "it must be a number from -1e6 to 1e6"));
        }

        if !(0.0..1.0).contains(&config.dropout) {
            return Err(reader.refuse("lora_dropout", "it must be at least 0 and below 1"));
        }

        Ok(config)
    }

    /// The same with PEFT's default for `architecture` where `target_modules` names none, which is
    /// an error if there is no default; `path` names the file in it.
    pub(crate) fn settled(
        &self,
        architecture: Architecture,
        path: &Path,
    ) -> Result<Cow<'_, AdapterConfig>, LoadError> {
        if self.target_modules != TargetModules::Default {
            return Ok(Cow::Borrowed(self));
        }

        let default = match &self.kind {
            AdapterKind::Lora(_) => lora_default(architecture),
            AdapterKind::AdaLora(_) => adalora_default(architecture),
        };
        let Some(default) = default else {
            let [query, _, value, ..] = architecture.names().linears;
            let advice = format!(
                "PEFT has no default for such a model: name the modules that were trained, such \
                 as [\"{query}\", \"{value}\"]"
            );
            return Err(LoadError::field(path, "target_modules", &"null", &advice));
        };

        let names = default.iter().map(|name| (*name).to_owned()).collect();
        Ok(Cow::Owned(AdapterConfig {
            target_modules: TargetModules::Names(names),
            ..self.clone()
        }))
    }

    /// Whether the module called `name`, as in the adapter's file, should have an adapter.
    pub(crate) fn targets(&self, name: &str, path: &Path) -> Result<bool, LoadError> {
        if self.saves(name)
            || self
                .exclude_modules
                .include(name, "exclude_modules", path)?
            || !self.target_modules.include(name, "target_modules", path)?
        {
            return Ok(false);
        }
        match (&self.target_modules, &self.layers) {
            // A full name is meant, whatever its layer.
            (TargetModules::Names(names), Some(layers))
                if !names.iter().any(|target| target == name) =>
            {
                layers.includes(name, path)
            }
            _ => Ok(true),
        }
    }

    /// Whether the module called `name`, or one that it is a part of, is stored whole. A
    /// classifier's head always is.
    pub(crate) fn saves(&self, name: &str) -> bool {
        let dotted = format!(".{name}.");
        let saved = self.modules_to_save.iter().map(String::as_str);
        let mut saved = saved.chain(self.saved_heads().iter().copied());
        saved.any(|saved| dotted.contains(&format!(".{saved}.")))
    }

    /// What PEFT stores whole of a classifier, whatever `modules_to_save` says.
    fn saved_heads(&self) -> &'static [&'static str] {
        match self.task_type.as_deref() {
            Some("SEQ_CLS") => &["classifier", "score"],
            _ => &[],
        }
    }

    /// Whether a head that is called `name`, and that is no classifier's, may be stored.
    pub(crate) fn allows_head(&self, name: &str) -> bool {
        let saved = &self.modules_to_save;
        self.saved_heads().is_empty() && (saved.is_empty() || saved.iter().any(|it| it == name))
    }

    /// The name in `modules_to_save` by which PEFT stores the parameter called `name` whole: that
    /// of a module which it is in, or the end of its name. A classifier's head is always stored.
    pub(crate) fn saved_as(&self, name: &str) -> Option<&str> {
        let heads = self.saved_heads();
        let mut modules = name.match_indices('.').map(|(end, _)| &name[..end]);
        modules.find_map(|module| {
            let mut saved = self.modules_to_save.iter().map(String::as_str);
            let is_end = |saved: &&str| module.ends_with(saved);
            let named = saved.find(is_end);
            named.or_else(|| heads.iter().copied().find(is_end))
        })
    }

    /// What the adapter of the module called `name` is multiplied by.
    ///
    /// `alpha / rank` or `alpha / sqrt(rank)` with the module's own alpha and rank; for
    /// AdaLoRA `alpha / (init_rank + 1e-5)`, whatever its rank is now.
    pub(crate) fn scaling(&self, name: &str, path: &Path) -> Result<f64, LoadError> {
        match &self.kind {
            AdapterKind::Lora(settings) => {
                let rank = self.rank(name, path)? as f64;
                let field = "alpha_pattern";
                let alpha = first_match(&settings.alpha_pattern, name, field, path)?;
                let alpha = alpha.unwrap_or(self.alpha);
                let divisor = if settings.rank_stabilized {
                    rank.sqrt()
                } else {
                    rank
                };

                Ok(alpha / divisor)
            }
            AdapterKind::AdaLora(settings) => {
                let rank = settings.init_rank as f64;
                let alpha = if self.alpha > 0.0 { self.alpha } else { rank };
                Ok(alpha / (rank + 1e-5))
            }
        }
    }

    /// The rank that the module called `name` starts with.
    pub(crate) fn rank(&self, name: &str, path: &Path) -> Result<usize, LoadError> {
        match &self.kind {
            AdapterKind::Lora(settings) => {
                let rank = first_match(&settings.rank_pattern, name, "rank_pattern", path)?;
                Ok(rank.unwrap_or(settings.rank))
            }
            AdapterKind::AdaLora(settings) => Ok(settings.init_rank),
        }
    }

    /// `adapter_config.json` as PEFT writes it: keys sorted, indented by two.
    ///
    /// # Panics
    ///
    /// Never: plain values become JSON.
    pub(crate) fn to_json(&self) -> String {
        let mut fields: BTreeMap<&str, Value> = BTreeMap::new();
        let excluded = match &self.exclude_modules {
            TargetModules::Names(names) if names.is_empty() => Value::Null,
            excluded => excluded.to_json(),
        };
        fields.insert("base_model_name_or_path", json!(self.base));
        fields.insert("bias", json!(self.biases.name()));
        fields.insert("exclude_modules", excluded);
        fields.insert("fan_in_fan_out", json!(false));
        fields.insert("inference_mode", json!(true));
        fields.insert("init_lora_weights", json!(true));
        fields.insert("lora_alpha", number(self.alpha));
        fields.insert("lora_dropout", json!(self.dropout));
        fields.insert("modules_to_save", json!(self.modules_to_save));
        fields.insert("target_modules", self.target_modules.to_json());
        fields.insert("task_type", json!(self.task_type));
        if let Some(revision) = &self.revision {
            fields.insert("revision", json!(revision));
        }

        if let Some(LayerChoice { indices, patterns }) = &self.layers {
            fields.insert("layers_to_transform", json!(indices));
            if !patterns.is_empty() {
                fields.insert("layers_pattern", json!(patterns));
            }
        }

        match &self.kind {
            AdapterKind::Lora(settings) => {
                let ranks: Map<String, Value> = settings
                    .rank_pattern
                    .iter()
                    .map(|(k, v)| (k.clone(), json!(v)))
                    .collect();
                let alphas: Map<String, Value> = settings
                    .alpha_pattern
                    .iter()
                    .map(|(k, v)| (k.clone(), number(*v)))
                    .collect();
                fields.insert("peft_type", json!("LORA"));
                fields.insert("r", json!(settings.rank));
                fields.insert("use_rslora", json!(settings.rank_stabilized));
                fields.insert("use_dora", json!(settings.dora));
                fields.insert("rank_pattern", Value::Object(ranks));
                fields.insert("alpha_pattern", Value::Object(alphas));
            }
            AdapterKind::AdaLora(settings) => {
                let kept: Map<String, Value> = settings
                    .kept
                    .iter()
                    .map(|(module, kept)| (format!("{module}.lora_E"), json!(kept)))
                    .collect();
                let kept = if kept.is_empty() {
                    Value::Null
                } else {
                    Value::Object(kept)
                };
                fields.insert("peft_type", json!("ADALORA"));
                // Present in PEFT's files, but without a meaning for AdaLoRA.
                fields.insert("r", json!(8));
                fields.insert("init_r", json!(settings.init_rank));
                fields.insert("target_r", json!(settings.target_rank));
                fields.insert("tinit", json!(settings.tinit));
                fields.insert("tfinal", json!(settings.tfinal));
                fields.insert("deltaT", json!(settings.delta_t));
                fields.insert("beta1", json!(settings.beta1));
                fields.insert("beta2", json!(settings.beta2));
                fields.insert("orth_reg_weight", json!(settings.orthogonality));
                fields.insert("total_step", json!(settings.total_steps));
                fields.insert("rank_pattern", kept);
                fields.insert("alpha_pattern", json!({}));
            }
        }

        serde_json::to_string_pretty(&fields).expect("plain values become JSON")
    }
}

/// A whole number is written as one, as PEFT does.
fn number(value: f64) -> Value {
    #[expect(
        clippy::cast_possible_truncation,
        reason = "only whole numbers come here"
    )]
    if value.fract() == 0.0 && value.abs() < 1e15 {
        json!(value as i64)
    } else {
        json!(value)
    }
}

impl LoraSettings {
    fn read(fields: &Fields<'_>) -> Result<LoraSettings, LoadError> {
        let ranks = fields.patterns("rank_pattern")?;
        let alphas = fields.patterns("alpha_pattern")?;
        let advice = "its values must be numbers from -1e6 to 1e6";
        let rank_pattern = ranks
            .into_iter()
            .map(|(pattern, rank)| {
                let rank = rank.as_u64().and_then(|rank| usize::try_from(rank).ok());
                match rank.filter(|rank| (1..=HIGHEST_RANK).contains(rank)) {
                    Some(rank) => Ok((pattern, rank)),
                    None => Err(fields.refuse(
                        "rank_pattern",
                        "its values must be whole numbers from 1 to 16384",
                    )),
                }
            })
            .collect::<Result<_, _>>()?;

        let alpha_pattern = alphas
            .into_iter()
            .map(|(pattern, alpha)| match alpha.as_f64() {
                Some(alpha) if is_factor(alpha) => Ok((pattern, alpha)),
                _ => Err(fields.refuse("alpha_pattern", advice)),
            })
            .collect::<Result<_, _>>()?;

        Ok(LoraSettings {
            rank: fields.rank("r", 8)?,
            rank_stabilized: fields.get("use_rslora", false)?,
            dora: fields.get("use_dora", false)?,
            rank_pattern,
            alpha_pattern,
        })
    }
}

impl AdaLoraSettings {
    fn read(fields: &Fields<'_>) -> Result<AdaLoraSettings, LoadError> {
        if fields.active("use_dora") {
            return Err(fields.refuse("use_dora", "AdaLoRA has no such form"));
        }

        let kept: BTreeMap<String, Vec<bool>> = fields.get("rank_pattern", BTreeMap::new())?;
        let kept = kept
            .into_iter()
            .map(|(name, kept)| {
                let module = name.strip_suffix(".lora_E").unwrap_or(&name).to_owned();
                (module, kept)
            })
            .collect();

        Ok(AdaLoraSettings {
            init_rank: fields.rank("init_r", 12)?,
            target_rank: fields.get("target_r", 8)?,
            tinit: fields.get("tinit", 0)?,
            tfinal: fields.get("tfinal", 0)?,
            delta_t: fields.get("deltaT", 1)?,
            beta1: fields.get("beta1", 0.85)?,
            beta2: fields.get("beta2", 0.85)?,
            orthogonality: fields.get("orth_reg_weight", 0.5)?,
            total_steps: fields.get("total_step", 0)?,
            kept,
        })
    }
}

#[cfg(test)]
mod tests;
