//! `--model` of a comparison: labels, seeds of one strategy, and what training left behind.

use std::path::PathBuf;

#[cfg(feature = "bert")]
use crate::bert::checkpoint::{BaseSearch, Source};
use crate::cli::args::model::ModelInput;
use crate::cli::args::model_name::NAMED;
use crate::cli::args::numbers::{finite, not_negative};
use crate::cli::args::precision::PrecisionChoice;
use crate::cli::args::program::ProgramInput;
use crate::cli::args::score_cache::CacheInput;
use crate::cli::args::served::ServedInput;
use crate::report::comparison::record::{CostRecord, RescorerRecord};
#[cfg(feature = "bert")]
use crate::report::model_kind::ModelKind;
use crate::report::model_record::ModelRecord;

/// Which rescorers are compared, and where they run.
#[derive(Debug, clap::Args)]
pub(crate) struct ContendersInput {
    /// Rescorer to compare, with a label; repeatable. Models of one label are seeds of one strategy
    #[arg(
        long = "model",
        value_name = "[LABEL=]MODEL",
        required = true,
        value_parser = named,
        long_help = "What is compared: a checkpoint or Hugging Face folder, a PEFT adapter folder, \
            `first-pass`, `oracle`, `scores:FILE`, `exec:COMMAND`, `onnx:FOLDER`, `tei:URL` or \
            `completions:URL`, as for the check, twice or more. LABEL= before it is what tables \
            call it; without one, its path is. Models of the same label must differ in their \
            training seed alone, which is held against what their rescorer.json and \
            adapter_config.json say: comparisons then take seeds as drawn at random, like \
            speakers, and the range over them is shown. A path that looks like LABEL=MODEL is \
            written as ./PATH"
    )]
    models: Vec<Named>,
    /// Base model of all adapters, instead of the one that each names
    #[arg(long, value_name = "DIR")]
    base: Option<PathBuf>,
    /// Interpolation weight of a label, or of all, instead of the checkpoint's; repeatable
    #[arg(long, value_name = "[LABEL=]W", allow_negative_numbers = true)]
    weight: Vec<String>,
    /// Multiplies first-pass scores, of a label or of all, instead of the checkpoint's scale;
    /// repeatable
    #[arg(long, value_name = "[LABEL=]S")]
    first_pass_scale: Vec<String>,
    /// Weight and first-pass scale of a label, or of all, as `robustness-check tune` wrote them to
    /// a file; repeatable
    #[arg(long, value_name = "[LABEL=]FILE")]
    interpolation: Vec<String>,
    /// Where checkpoints run: cpu, or cuda:N, vulkan:N or metal:N in a build with that feature
    #[arg(long, value_name = "DEVICE", default_value = "cpu")]
    device: String,
    /// How products of checkpoints are computed; int8 is faster, and its scores differ a little
    #[arg(long, value_enum, value_name = "PRECISION", default_value_t = PrecisionChoice::F32)]
    precision: PrecisionChoice,
    /// Threads; all cores if not given
    #[arg(long, short, value_name = "N", value_parser = clap::value_parser!(u32).range(1..=1024))]
    jobs: Option<u32>,
    /// Tokens per batch, at most; changes speed and memory, never a result
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..))]
    batch_tokens: Option<u32>,
    #[command(flatten)]
    program: ProgramInput,
    #[command(flatten)]
    served: ServedInput,
    #[command(flatten)]
    cache: CacheInput,
}

/// A model with its label.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Named {
    label: String,
    model: String,
}

/// `LABEL=MODEL`, or a model that is its own label.
fn named(text: &str) -> Result<Named, String> {
    let (label, model) = match text.split_once('=') {
        Some((label, model)) if !label.contains(['/', '\\', ':']) => (label.trim(), model),
        Some(_) | None => (text.trim_end_matches('/'), text),
    };

    if label.is_empty() || model.is_empty() {
        return Err("expected MODEL or LABEL=MODEL".to_owned());
    }

    Ok(Named {
        label: label.to_owned(),
        model: model.to_owned(),
    })
}

/// The models of one label, in the order given.
#[derive(Debug)]
pub(crate) struct Group {
    /// What tables call it.
    pub(crate) label: String,
    /// Its models, not loaded yet.
    pub(crate) models: Vec<ModelInput>,
}

impl ContendersInput {
    /// Where the scores of all models are kept between runs.
    pub(crate) fn cache(&self) -> &CacheInput {
        &self.cache
    }

    /// The labels in the order in which they come first; two at least.
    pub(crate) fn groups(&self) -> anyhow::Result<Vec<Group>> {
        let mut groups: Vec<Group> = Vec::new();
        let labels: Vec<&str> = self
            .models
            .iter()
            .map(|named| named.label.as_str())
            .collect();
        let weights = Said::parse(&self.weight, "--weight", finite, &labels)?;
        let scales = Said::parse(
            &self.first_pass_scale,
            "--first-pass-scale",
            not_negative,
            &labels,
        )?;

        let files = Said::parse(&self.interpolation, "--interpolation", path, &labels)?;

        for (index, named) in self.models.iter().enumerate() {
            if self.models[..index].contains(named) {
                anyhow::bail!(
                    "{} is given twice as {}: give each model once",
                    named.model,
                    named.label
                );
            }
            let (weight, scale) = (weights.of(&named.label), scales.of(&named.label));
            let interpolation = files.of(&named.label);
            if let (Some(file), true) = (&interpolation, weight.or(scale).is_some()) {
                anyhow::bail!(
                    "{}: --interpolation {} says weight and scale, so --weight and \
                        --first-pass-scale cannot",
                    named.label,
                    file.display()
                );
            }
            // What the program carries has its base with it.
            let is_carried = NAMED.contains(&named.model.as_str());
            let model = ModelInput {
                model: named.model.clone(),
                base: self.base.clone().filter(|_| !is_carried),
                weight,
                first_pass_scale: scale,
                interpolation,
                max_length: None,
                device: self.device.clone(),
                jobs: self.jobs,
                batch_tokens: self.batch_tokens,
                precision: self.precision,
                program: self.program.clone(),
                served: self.served.clone(),
                cache: self.cache.clone(),
            };
            match groups.iter_mut().find(|group| group.label == named.label) {
                Some(group) => group.models.push(model),
                None => groups.push(Group {
                    label: named.label.clone(),
                    models: vec![model],
                }),
            }
        }

        if let [alone] = &groups[..] {
            anyhow::bail!(only(alone));
        }

        Ok(groups)
    }
}

/// What is said of a comparison of one label with nothing else.
fn only(group: &Group) -> String {
    let label = &group.label;
    match &group.models[..] {
        [model] => format!(
            "there is only one label, {label}: a comparison needs two (--model A --model B); one \
             model alone is checked by robustness-check --model {}",
            model.model
        ),
        models => format!(
            "there is only one label, {label}, of {} models: a comparison needs two; to see how \
             far apart the seeds of one strategy are, add --model first-pass",
            models.len()
        ),
    }
}

/// The path of a file, as typed.
#[expect(clippy::unnecessary_wraps, reason = "other values can be none")]
fn path(text: &str) -> Result<PathBuf, String> {
    Ok(PathBuf::from(text))
}

/// An option that may be said of one label or of all.
struct Said<T> {
    all: Option<T>,
    by_label: Vec<(String, T)>,
}

impl<T: Clone> Said<T> {
    fn parse(
        texts: &[String],
        option: &str,
        value: fn(&str) -> Result<T, String>,
        labels: &[&str],
    ) -> anyhow::Result<Said<T>> {
        let mut said = Said {
            all: None,
            by_label: Vec::new(),
        };
        for text in texts {
            let (label, rest) = match text.rsplit_once('=') {
                Some((label, rest)) => (Some(label), rest),
                None => (None, text.as_str()),
            };
            let value = value(rest).map_err(|error| anyhow::anyhow!("{option} {text}: {error}"))?;
            match label {
                None => said.all = Some(value),
                Some(label) => {
                    anyhow::ensure!(
                        labels.contains(&label),
                        "{option} {text}: no model is called {label}"
                    );
                    said.by_label.push((label.to_owned(), value));
                }
            }
        }

        Ok(said)
    }

    fn of(&self, label: &str) -> Option<T> {
        let own = self.by_label.iter().rev().find(|(known, _)| known == label);
        own.map(|(_, value)| value).or(self.all.as_ref()).cloned()
    }
}

/// Refuses models of one label that were not trained alike, or are the same model.
pub(crate) fn refuse_mixed(label: &str, rescorers: &[RescorerRecord]) -> anyhow::Result<()> {
    let Some((first, others)) = rescorers.split_first() else {
        return Ok(());
    };
    let strategy = |rescorer: &RescorerRecord| {
        let strategy = rescorer.strategy.clone();
        strategy.unwrap_or_else(|| format!("{} of unknown training", rescorer.model.kind))
    };

    for other in others {
        anyhow::ensure!(
            strategy(first) == strategy(other) && first.model.kind == other.model.kind,
            "the models called {label} are not seeds of one strategy: {} ({}) and {} ({}); give \
                them labels of their own",
            first.model.name,
            strategy(first),
            other.model.name,
            strategy(other)
        );
    }

    for (index, one) in rescorers.iter().enumerate() {
        for other in &rescorers[..index] {
            anyhow::ensure!(
                one.model.content_hash.is_none()
                    || one.model.content_hash != other.model.content_hash,
                "{} and {} are the same model: {label} would count it twice",
                other.model.name,
                one.model.name
            );
        }
    }

    Ok(())
}

/// What the files of a model say besides its scores.
#[cfg(feature = "bert")]
pub(crate) fn rescorer_record(
    input: &ModelInput,
    model: ModelRecord,
) -> anyhow::Result<RescorerRecord> {
    let Some(source) = source(input, &model)? else {
        return Ok(RescorerRecord {
            model,
            strategy: None,
            seed: None,
            cost: CostRecord::default(),
        });
    };

    let checkpoint = source.checkpoint.as_ref();
    Ok(RescorerRecord {
        strategy: checkpoint.and_then(strategy_name),
        seed: checkpoint.map(|checkpoint| checkpoint.seed),
        cost: cost(&source)?,
        model,
    })
}

/// What the files of a model say besides its scores: nothing without models that have files.
#[cfg(not(feature = "bert"))]
#[expect(
    clippy::unnecessary_wraps,
    reason = "it can fail where there are models"
)]
pub(crate) fn rescorer_record(
    _input: &ModelInput,
    model: ModelRecord,
) -> anyhow::Result<RescorerRecord> {
    Ok(RescorerRecord {
        model,
        strategy: None,
        seed: None,
        cost: CostRecord::default(),
    })
}

/// The files of a model that has some.
#[cfg(feature = "bert")]
pub(crate) fn source(input: &ModelInput, model: &ModelRecord) -> anyhow::Result<Option<Source>> {
    if model.kind != ModelKind::Bert {
        return Ok(None);
    }

    let cache = crate::cli::models::huggingface::huggingface_cache();
    let base = input.base_folder();
    let search = BaseSearch {
        base: base.as_deref(),
        cache: cache.as_deref(),
    };

    Ok(Some(Source::open(&input.folder(), search)?))
}

/// The strategy that a checkpoint names, with what makes it another one.
#[cfg(feature = "bert")]
fn strategy_name(checkpoint: &crate::bert::checkpoint::Checkpoint) -> Option<String> {
    let strategy = &checkpoint.strategy;
    let name = strategy
        .as_str()
        .or_else(|| strategy.get("name")?.as_str())?;

    Some(if checkpoint.saw_perturbed_lists() {
        format!("{name}, robust")
    } else {
        name.to_owned()
    })
}

/// What the model weighs, and what its training cost where a file says it.
#[cfg(feature = "bert")]
fn cost(source: &Source) -> anyhow::Result<CostRecord> {
    use crate::bert::adapter::Adapter;
    use crate::bert::tensors::TensorStore;
    use crate::train::cost::TrainingCost;

    if let Some(cost) = TrainingCost::read(&source.folder)? {
        return Ok(CostRecord {
            model_numbers: Some(cost.parameters.model),
            trained_numbers: Some(cost.parameters.trainable),
            stored_numbers: Some(cost.parameters.stored),
            steps: Some(cost.steps),
            seconds: Some(cost.seconds),
            peak_memory_bytes: cost.peak_memory_bytes,
        });
    }

    let model = TensorStore::read_model(&source.base)?.numbers();
    let stored = match &source.adapter {
        Some(folder) => Adapter::read(folder)?.numbers(),
        None => model,
    };

    Ok(CostRecord {
        model_numbers: Some(model),
        stored_numbers: Some(stored),
        ..CostRecord::default()
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check_named(text: &str, label: &str, model: &str) {
        let expected = Named {
            label: label.to_owned(),
            model: model.to_owned(),
        };
        assert_eq!(named(text), Ok(expected));
    }

    #[test]
    fn a_label_stands_before_the_first_equals_sign() {
        check_named("lora=runs/lora-1", "lora", "runs/lora-1");
        check_named("rank 8=runs/lr=1e-3", "rank 8", "runs/lr=1e-3");
        check_named("runs/lora-1/", "runs/lora-1", "runs/lora-1/");
        check_named("./lr=1e-3", "./lr=1e-3", "./lr=1e-3");
        check_named("scores:a=b.jsonl", "scores:a=b.jsonl", "scores:a=b.jsonl");
        assert!(named("=x").is_err() && named("x=").is_err());
    }

    #[test]
    fn a_number_is_for_one_label_or_for_all() {
        let texts = ["0.5".to_owned(), "b=2".to_owned()];
        let labels = ["a", "b"];
        let numbers = Said::parse(&texts, "--weight", finite, &labels).unwrap();
        assert_eq!((numbers.of("a"), numbers.of("b")), (Some(0.5), Some(2.0)));

        let refused = |text: &str| {
            let texts = [text.to_owned()];
            Said::parse(&texts, "--weight", finite, &labels)
                .err()
                .unwrap()
                .to_string()
        };
        assert_eq!(refused("c=2"), "--weight c=2: no model is called c");
        assert_eq!(
            refused("b=two"),
            "--weight b=two: expected a number from -1000000 to 1000000"
        );
    }
}
