//! Training on n-best lists: from options to a plan, from a plan to a checkpoint.

use std::collections::BTreeMap;
use std::path::Path;
use std::path::PathBuf;
use std::sync::Arc;

use anyhow::Context;

use crate::bert::adapter_config::AdapterConfig;
use crate::bert::adapter_config::AdapterKind;
use crate::bert::batch::TextTokenizer;
use crate::bert::checkpoint::Checkpoint;
use crate::bert::checkpoint::FORMAT_VERSION;
use crate::bert::checkpoint::ROBUST_FIELD;
use crate::bert::checkpoint::Source;
use crate::bert::config::BertConfig;
use crate::bert::device::DeviceChoice;
use crate::bert::loading::AdapterUse;
use crate::bert::loading::HeadUse;
use crate::bert::loading::LoadedModel;
use crate::bert::loading::load;
use crate::bert::model::HeadKind;
use crate::bert::model::ScoreModel;
use crate::bert::tensors::TensorStore;
use crate::cli::exit::Exit;
use crate::cli::terminal::Terminal;
use crate::cli::train::Args;
use crate::cli::train::Output;
use crate::cli::train::hash_files;
use crate::cli::train::hash_model;
use crate::cli::train::open_base;
use crate::cli::train::options::HeadName;
use crate::cli::train::options::ObjectiveName;
use crate::cli::train::options::Options;
use crate::cli::train::options::StrategyName;
use crate::cli::train::pace;
use crate::cli::train::reporter::Criterion;
use crate::cli::train::reporter::Reporter;
use crate::cli::train::required;
use crate::cli::train::robust;
use crate::cli::train::steps;
use crate::nbest::read::Corpus;
use crate::phonetics::slices::LexiconSlice;
use crate::train::Ending;
use crate::train::Progress;
use crate::train::cost::TrainingCost;
use crate::train::cost::parameter_counts;
use crate::train::driver::Best;
use crate::train::driver::Saving;
use crate::train::driver::drive;
use crate::train::export::Export;
use crate::train::export::write_checkpoint;
use crate::train::interpolation::estimate_scale;
use crate::train::lists::TrainingList;
use crate::train::plan::ListObjective;
use crate::train::plan::Objective;
use crate::train::plan::Scaling;
use crate::train::plan::TrainingPlan;
use crate::train::rescoring::Rescoring;
use crate::train::rescoring::TrainingData;
use crate::train::robust::Robust;
use crate::train::strategy::AdapterSettings;
use crate::train::strategy::DynamicRank;
use crate::train::strategy::HighRankWarmUp;
use crate::train::strategy::MixedRank;
use crate::train::strategy::TrainingStrategy;

/// Hypotheses of a list that are read.
const HYPOTHESES: usize = 10;

/// The longest text, where the base reads longer ones.
const MAX_LENGTH: usize = 128;

/// Trains on lists; the summary is for standard output.
pub(super) fn run(
    args: &Args,
    options: &Options,
    terminal: &Terminal,
) -> anyhow::Result<(Exit, String)> {
    let base = required(options.base.as_ref(), "--base", "DIR")?;
    let out = required(options.out.as_ref(), "--out", "DIR")?;
    required(options.nbest.first(), "--nbest", "TRAIN")?;
    required(options.dev.first(), "--dev", "DEV")?;
    if !options.text.is_empty() {
        anyhow::bail!("--text is for --objective mlm; lists are named with --nbest");
    }
    let output = Output::new(out, args.resume)?;
    let material = Material::gather(args, options, base)?;
    let loaded = material.load()?;
    let plan = plan(options, &material, &loaded.model)?;
    terminal.say(&format!(
        "{} training lists, {} development lists, first-pass scale {:.4}",
        material.data.train.len(),
        material.data.dev.len(),
        plan.first_pass_scale
    ));

    let pad = loaded.tokenizer.special().pad;
    let device = material.device.resolve()?;
    let mut lesson = Rescoring::new(&plan, &material.data, material.new_pooler, pad, &device)?;
    let mut reporter = Reporter::new(terminal, Criterion::WordErrors);
    let saving = Saving {
        folder: &output.state,
        resume: args.resume,
    };
    let stop = terminal.interrupt_flag();
    let graduate = drive(&mut lesson, loaded.model, saving, &stop, &mut reporter)?;
    reporter.finish();
    if let Ending::Interrupted(step) = graduate.ending {
        let summary = format!(
            "interrupted after step {step}; the state is in {}: go on with --resume",
            output.state.display()
        );
        return Ok((Exit::Interrupted, summary));
    }
    let best = graduate
        .best
        .context("no look at the development set came when the ranks were final")?;
    let masks = lesson.masks();
    let cost = TrainingCost::new(
        reporter.spent(),
        graduate.steps,
        parameter_counts(&plan, &graduate.model, &masks, material.new_pooler),
        &args.device,
        rayon::current_num_threads(),
    );
    let export = Export {
        plan: &plan,
        model: &graduate.model,
        config: &loaded.config,
        tokenizer: &material.source.tokenizer(),
        base: &relative_path(out, &material.source.base)?,
        masks: &masks,
        new_pooler: material.new_pooler,
        cost: Some(&cost),
    };
    let checkpoint = checkpoint(options, &plan, &best, &material.train);
    write_checkpoint(&output.folder, &export, checkpoint)?;
    output.clear()?;
    Ok((Exit::Pass, summary(out, &plan, &material.data, &best)))
}

/// What training starts from, whatever the plan: the base and the lists.
struct Material {
    source: Source,
    device: DeviceChoice,
    head: HeadKind,
    /// Whether the head's pooler is not in the base, and is drawn.
    new_pooler: bool,
    max_length: usize,
    seed: u64,
    train: Corpus,
    data: TrainingData,
    robust: Option<Robust>,
    /// Content hashes of what was read, and how it was.
    hashes: BTreeMap<String, String>,
}

impl Material {
    /// Reads the lists, and what must be known of the base.
    fn gather(args: &Args, options: &Options, base: &Path) -> anyhow::Result<Material> {
        let device = args.device.parse::<DeviceChoice>()?;
        let source = open_base(base)?;
        let (head, has_pooler) = head(options, &source)?;
        let config = BertConfig::read(&source.base.join("config.json"))?;
        let limit = config.max_position_embeddings;
        let max_length = options.max_length.unwrap_or(limit.min(MAX_LENGTH));
        if max_length > limit || max_length < 3 {
            anyhow::bail!("--max-length {max_length}: this model reads 3 to {limit} tokens");
        }
        let tokenizer = TextTokenizer::read(&source.tokenizer(), &config, max_length)?;
        let tokenizer = Arc::new(tokenizer);
        let train = read(args, &options.nbest)?;
        let dev = read(args, &options.dev)?;
        let hypotheses = options.hypotheses.unwrap_or(HYPOTHESES).max(1);
        let prepare =
            |corpus: &Corpus| TrainingList::prepare(&corpus.utterances, hypotheses, &tokenizer);
        let seed = options.seed.unwrap_or(1);
        let robust = robust::settings(options)?;
        let swaps = robust
            .map(|robust| robust::perturber(robust, seed, &train.utterances, &tokenizer))
            .transpose()?;
        let (perturber, lexicon) = swaps.unzip();
        let data = TrainingData {
            train: prepare(&train)?,
            dev: prepare(&dev)?,
            perturber,
        };
        let mut hashes = BTreeMap::from([
            ("base".to_owned(), hash_model(&source)?),
            ("train".to_owned(), hash_files(&options.nbest)?),
            ("dev".to_owned(), hash_files(&options.dev)?),
            (
                "normalization".to_owned(),
                train.facts.normalization.clone(),
            ),
            ("hypotheses".to_owned(), hypotheses.to_string()),
        ]);
        hashes.extend(lexicon.map(|hash| ("lexicon".to_owned(), hash)));
        Ok(Material {
            source,
            device,
            head,
            new_pooler: head == HeadKind::HfPooled && !has_pooler,
            max_length,
            seed,
            train,
            data,
            robust,
            hashes,
        })
    }

    /// The base with a new head.
    fn load(&self) -> anyhow::Result<LoadedModel> {
        Ok(load(
            &self.source,
            &self.device.resolve()?,
            AdapterUse::Keep,
            HeadUse::New(self.head, self.seed),
            Some(self.max_length),
        )?)
    }
}

/// The head to train, and whether the base has a pooler for it.
fn head(options: &Options, source: &Source) -> anyhow::Result<(HeadKind, bool)> {
    let store = TensorStore::read_model(&source.base)?;
    let has_pooler = ["bert.pooler.dense.weight", "pooler.dense.weight"]
        .iter()
        .any(|name| store.contains(name));
    drop(store);
    let head = match options.head {
        Some(HeadName::HfPooled) => HeadKind::HfPooled,
        None if has_pooler => HeadKind::HfPooled,
        Some(HeadName::ClsLinear) | None => HeadKind::ClsLinear,
    };
    Ok((head, has_pooler))
}

fn read(args: &Args, files: &[PathBuf]) -> anyhow::Result<Corpus> {
    let corpus = args.reading.read(files)?;
    if corpus.utterances.is_empty() {
        anyhow::bail!("there is no utterance in {}", files[0].display());
    }
    Ok(corpus)
}

fn plan(
    options: &Options,
    material: &Material,
    model: &ScoreModel,
) -> anyhow::Result<TrainingPlan> {
    let data = &material.data;
    let modules: Vec<String> = model.linears().into_iter().map(|(name, _)| name).collect();
    let lists_per_step = options.lists.unwrap_or(8);
    let teaching = data.train.iter().filter(|list| list.teaches()).count();
    let steps = steps(options, teaching, lists_per_step)?;
    let rank = options.rank.unwrap_or(8);
    let adapters = AdapterSettings {
        rank,
        alpha: options.alpha.unwrap_or(2.0 * rank as f64),
        scaling: if options.rslora {
            Scaling::RankRoot
        } else {
            Scaling::Rank
        },
        dropout: options.dropout.unwrap_or(0.05),
        targets: if options.targets.is_empty() {
            vec!["query".to_owned(), "value".to_owned()]
        } else {
            options.targets.clone()
        },
    };
    let strategy = strategy(options, rank)?;
    let learning_rate = if strategy == TrainingStrategy::Full {
        5e-5
    } else {
        5e-4
    };
    let first_pass_scale = options.first_pass_scale.unwrap_or_else(|| {
        estimate_scale(
            data.train
                .iter()
                .map(|list| (list.first_pass.as_slice(), list.errors.as_slice())),
        )
    });
    let plan = TrainingPlan {
        phases: strategy.phases(&adapters, steps, &modules)?,
        head: material.head,
        max_length: material.max_length,
        objective: Objective {
            list: match options.objective {
                Some(ObjectiveName::Mwed) => ListObjective::Mwed,
                Some(ObjectiveName::Mwer | ObjectiveName::Mlm) | None => ListObjective::Mwer,
            },
            correlation: options.correlation.unwrap_or(0.0),
        },
        robust: material.robust,
        first_pass_scale,
        lists_per_step,
        lists_per_pass: options.lists_per_pass.unwrap_or(lists_per_step),
        pace: pace(options, steps, learning_rate),
        seed: material.seed,
        data: material.hashes.clone(),
    };
    plan.check()?;
    Ok(plan)
}

fn strategy(options: &Options, rank: usize) -> anyhow::Result<TrainingStrategy> {
    let dynamic = DynamicRank {
        initial_rank: options.initial_rank,
        warm_up_steps: options.prune_after,
        final_steps: options.final_steps,
        interval: None,
        orthogonality: options.orthogonality,
    };
    Ok(match options.strategy.unwrap_or(StrategyName::Lora) {
        StrategyName::Full => TrainingStrategy::Full,
        StrategyName::Lora => TrainingStrategy::Lora,
        StrategyName::Dynamic => TrainingStrategy::DynamicRank(dynamic),
        StrategyName::Warmup => TrainingStrategy::HighRankWarmUp(HighRankWarmUp {
            rank: options.warm_up_rank.unwrap_or(4 * rank),
            share: options.warm_up_share.unwrap_or(0.3),
            then: options.then_dynamic.then_some(dynamic),
        }),
        StrategyName::Mixed => TrainingStrategy::MixedRank(mixed(options)?),
    })
}

fn mixed(options: &Options) -> anyhow::Result<MixedRank> {
    if let Some(folder) = &options.ranks_from {
        let path = folder.join("adapter_config.json");
        let AdapterKind::AdaLora(settings) = AdapterConfig::read(&path)?.kind else {
            anyhow::bail!(
                "{} was not trained with --strategy dynamic: it has no allocated ranks",
                folder.display()
            );
        };
        let count = |kept: &Vec<bool>| kept.iter().filter(|kept| **kept).count();
        let ranks = settings
            .kept
            .iter()
            .map(|(module, kept)| (module.clone(), count(kept)))
            .collect();
        return Ok(MixedRank::Listed(ranks));
    }
    if options.ranks.is_empty() {
        return Ok(MixedRank::Drawn);
    }
    let parse = |text: &String| -> anyhow::Result<(String, usize)> {
        let (name, rank) = text.split_once('=').unwrap_or((text, ""));
        let rank = rank
            .parse()
            .ok()
            .with_context(|| format!("--ranks {text}: write NAME=R, such as query=4"))?;
        Ok((name.to_owned(), rank))
    };
    Ok(MixedRank::Listed(
        options
            .ranks
            .iter()
            .map(parse)
            .collect::<anyhow::Result<_>>()?,
    ))
}

fn checkpoint(options: &Options, plan: &TrainingPlan, best: &Best, train: &Corpus) -> Checkpoint {
    let strategy = options.strategy.unwrap_or(StrategyName::Lora);
    let mut data = plan.data.clone();
    data.retain(|name, _| ["base", "train", "dev", "lexicon"].contains(&name.as_str()));
    let mut facts = serde_json::json!({
        "name": strategy,
        "objective": plan.objective,
        "steps": plan.steps(),
        "best_step": best.step,
        "learning_rate": plan.pace.learning_rate,
        "dev_wer": best.evaluation.criterion,
        "dev_wer_first_pass": best.evaluation.reference,
    });
    if let Some(robust) = &plan.robust {
        facts[ROBUST_FIELD] = serde_json::json!({
            "settings": robust,
            "lexicon_slice": LexiconSlice::Training.name(),
        });
    }
    Checkpoint {
        format_version: FORMAT_VERSION,
        base: None,
        head: plan.head,
        weight: best.evaluation.weight.unwrap_or(1.0),
        first_pass_scale: plan.first_pass_scale,
        max_length: plan.max_length,
        normalization: serde_json::Value::String(train.facts.normalization.clone()),
        strategy: facts,
        seed: plan.seed,
        data,
    }
}

fn summary(out: &Path, plan: &TrainingPlan, data: &TrainingData, best: &Best) -> String {
    let words: usize = data.dev.iter().map(|list| list.reference_words).sum();
    let fewest = |list: &TrainingList| list.errors.iter().copied().fold(f64::INFINITY, f64::min);
    let oracle: f64 = data.dev.iter().map(fewest).sum();
    let percent = |rate: f64| 100.0 * rate;
    let first = best.evaluation.reference.unwrap_or(f64::NAN);
    format!(
        "wrote {}: dev WER {:.2} % -> {:.2} % ({:+.1} % relative, oracle {:.2} %) after step {}, \
         weight {}, first-pass scale {:.4}",
        out.display(),
        percent(first),
        percent(best.evaluation.criterion),
        percent(best.evaluation.criterion / first - 1.0),
        percent(oracle / words as f64),
        best.step,
        best.evaluation.weight.unwrap_or(1.0),
        plan.first_pass_scale,
    )
}

/// How `folder` (which may not be there yet) names `base`.
fn relative_path(folder: &Path, base: &Path) -> anyhow::Result<String> {
    let absolute = |path: &Path| {
        std::path::absolute(path).with_context(|| format!("no such path: {}", path.display()))
    };
    let base = base
        .canonicalize()
        .with_context(|| format!("failed to find {}", base.display()))?;
    let folder = absolute(folder)?;
    let parent = folder.parent().unwrap_or(&folder);
    std::fs::create_dir_all(parent)
        .with_context(|| format!("failed to make {}", parent.display()))?;
    let folder = parent
        .canonicalize()?
        .join(folder.file_name().unwrap_or_default());
    let shared = folder
        .components()
        .zip(base.components())
        .take_while(|(one, other)| one == other)
        .count();
    let up = folder.components().skip(shared).map(|_| "..".to_owned());
    let down = base
        .components()
        .skip(shared)
        .map(|part| part.as_os_str().to_string_lossy().into_owned());
    Ok(up.chain(down).collect::<Vec<_>>().join("/"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_base_is_named_as_seen_from_the_checkpoint() {
        let parent = tempfile::tempdir().unwrap();
        let base = parent.path().join("models/base");
        std::fs::create_dir_all(&base).unwrap();
        let relative = |folder: &str| relative_path(&parent.path().join(folder), &base).unwrap();
        assert_eq!(relative("models/tuned"), "../base");
        assert_eq!(relative("tuned"), "../models/base");
    }
}
