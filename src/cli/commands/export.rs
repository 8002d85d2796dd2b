//! `export`: a checkpoint in a form that other programs read, read back and compared.

use std::io::Write;
use std::path::{Path, PathBuf};
use std::{fmt, fs};

use anyhow::Context;
use clap::ValueEnum;

use crate::bert::adapter::write_adapter;
use crate::bert::adapter_config::{AdapterConfig, AdapterKind};
use crate::bert::checkpoint::{BaseSearch, SIDE_FILE, Source};
use crate::bert::conversion::plain_lora;
use crate::bert::device::DeviceChoice;
use crate::bert::linear::LowRank;
use crate::bert::loading::{AdapterUse, HeadUse, LoadedModel, load};
use crate::bert::model::{HeadKind, ScoreModel};
use crate::bert::model_file::is_carried;
use crate::bert::weights::write_model;
use crate::cli::args::model_name::{base_folder, model_folder};
use crate::cli::args::outputs::{ForceInput, MODEL_FILES, inputs};
use crate::cli::args::paths::{relative_path, whole_path};
use crate::cli::exit::Exit;
use crate::cli::models::files::{changed_base, weight_bytes};
use crate::cli::models::huggingface::huggingface_cache;
use crate::cli::terminal::Terminal;
use crate::files::{Kind, WriteError, write_bytes};
use crate::train::export::write_tokenizer;
use crate::train::rescoring::score_texts;

/// Texts that both models score.
const PROBES: usize = 64;

/// The largest difference between two scores, relative to their size, that is rounding.
const ROUNDING: f64 = 1e-4;

/// What is exported, and in which form.
#[derive(Debug, clap::Args)]
#[command(
    long_about = "Writes a checkpoint in a form that other programs read, reads it back, and \
        prints the largest difference between the scores of both: it must be rounding.",
    after_help = "Examples:\n  \
        robustness-check export my-checkpoint --to merged --out my-model\n  \
        robustness-check export my-dynamic --to lora --out my-lora\n\n\
        transformers loads a merged model; servers that know LoRA alone take lora."
)]
pub(crate) struct Args {
    /// Checkpoint, or PEFT adapter folder
    #[arg(value_name = "CKPT")]
    checkpoint: PathBuf,
    /// The form
    #[arg(long, value_enum, value_name = "FORM")]
    to: Form,
    /// Folder to write
    #[arg(long, value_name = "DIR")]
    out: PathBuf,
    /// Base model of an adapter, instead of the one that it names
    #[arg(long, value_name = "DIR")]
    base: Option<PathBuf>,
    /// What the adapter calls its base, such as google/bert-mini; its path from the root if not
    /// given, where other programs find it
    #[arg(long, value_name = "NAME")]
    base_name: Option<String>,
    #[command(flatten)]
    force: ForceInput,
}

/// The forms of a model.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Form {
    /// A PEFT adapter of the kind it is
    Peft,
    /// A PEFT adapter with allocated ranks (ADALORA), as `dynamic` trains
    Adalora,
    /// A plain PEFT adapter (LORA); allocated ranks become rank patterns
    Lora,
    /// A whole model in Hugging Face's form, adapters folded in
    Merged,
}

impl fmt::Display for Form {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(match self {
            Form::Peft => "peft",
            Form::Adalora => "adalora",
            Form::Lora => "lora",
            Form::Merged => "merged",
        })
    }
}

/// Writes the export and compares it with what it was made from.
pub(crate) fn run(args: &Args, out: &mut dyn Write, terminal: &Terminal) -> anyhow::Result<Exit> {
    let cache = huggingface_cache();
    let base = args.base.as_deref().map(base_folder);
    let search = BaseSearch {
        base: base.as_deref(),
        cache: cache.as_deref(),
    };
    let source = Source::open(&model_folder(&args.checkpoint), search)?;
    let read = [
        inputs("CKPT", [args.checkpoint.as_path()]),
        inputs("--base", [source.base.as_path()]),
    ]
    .concat();
    let held = args
        .force
        .folder(&args.out, Kind::Export, &MODEL_FILES, &read)?;

    if args.to == Form::Merged {
        held.ensure_space(weight_bytes(&source)?)?;
    }

    let read = |source: &Source, adapter| -> anyhow::Result<LoadedModel> {
        let device = DeviceChoice::Cpu.resolve()?;
        Ok(load(source, &device, adapter, HeadUse::Stored, None)?)
    };
    let loaded = read(&source, AdapterUse::Keep)?;

    let changed = changed_base(&source, search)?;
    for notice in loaded.notices.iter().chain(&changed) {
        terminal.warn(notice);
    }

    let scores = probe(&loaded)?;
    let (mut note, mut largest) = (String::new(), 0.0);

    // An export that does not score as its source does replaces nothing.
    held.replace(|folder| -> anyhow::Result<()> {
        note = write(args, folder, &source, loaded)?;
        let base = source.adapter.is_some().then_some(source.base.as_path());
        let search = BaseSearch { base, cache: None };
        let written = Source::open(folder, search).map_err(|error| unread(args, &error.into()))?;
        let weighed = |source: &Source| (source.weight, source.first_pass_scale);
        anyhow::ensure!(
            weighed(&written) == weighed(&source),
            "failed to write {}: it would not be weighed as {} is",
            args.out.display(),
            args.checkpoint.display()
        );
        let again = read(&written, AdapterUse::Merge).map_err(|error| unread(args, &error))?;
        let again = probe(&again)?;
        let differences = scores.iter().zip(&again);
        largest = differences
            .map(|(one, other)| (one - other).abs())
            .fold(0.0, f64::max);
        let size = scores.iter().map(|score| score.abs()).fold(1.0, f64::max);
        anyhow::ensure!(
            largest <= ROUNDING * size,
            "failed to write {}: it would not score as {} does: scores differ by up to \
                {largest:.3e}{}",
            args.out.display(),
            args.checkpoint.display(),
            instead(args.to)
        );
        Ok(())
    })?;
    writeln!(
        out,
        "wrote {}: {}{note}; read back, {PROBES} scores differ by at most {largest:.1e}",
        args.out.display(),
        args.to
    )?;

    Ok(Exit::Pass)
}

/// The error of an export that cannot be read back: where it lies for now is nobody's, and what
/// would mend the file is not what the user can do.
fn unread(args: &Args, error: &anyhow::Error) -> anyhow::Error {
    anyhow::anyhow!(
        "failed to write {}: it could not be read back ({}){}",
        args.out.display(),
        error.root_cause(),
        instead(args.to)
    )
}

/// What to do where an adapter cannot be written in `form`.
fn instead(form: Form) -> &'static str {
    match form {
        Form::Merged => "",
        _ => ": write --to merged",
    }
}

/// Fills `folder` with the export; returns what there is to say about it.
fn write(
    args: &Args,
    folder: &Path,
    source: &Source,
    loaded: LoadedModel,
) -> anyhow::Result<String> {
    match (args.to, &source.adapter) {
        (Form::Merged, _) => {
            write_merged(folder, source, loaded)?;
            Ok(String::new())
        }
        (form, None) => anyhow::bail!(
            "{} holds a whole model, which is no adapter: --to {form} is for adapters; write --to \
                merged",
            args.checkpoint.display()
        ),
        (form, Some(adapter)) => {
            let config = AdapterConfig::read(&adapter.join("adapter_config.json"))?;
            write_peft(args, folder, source, loaded.model, &config, form)
        }
    }
}

/// A whole model in Hugging Face's form.
fn write_merged(folder: &Path, source: &Source, loaded: LoadedModel) -> Result<(), WriteError> {
    let LoadedModel {
        mut model, config, ..
    } = loaded;
    model.merge();

    let text = match model.head() {
        HeadKind::HfPooled => config.to_json(),
        // Hugging Face has no class with a linear head on [CLS]: whoever loads it gets the body
        // from its class and finds the head's tensors under `score`.
        HeadKind::ClsLinear => {
            let class = model.names().class;
            let pooled = format!("{class}ForSequenceClassification");
            config.to_json().replace(&pooled, &format!("{class}Model"))
        }
    };

    let tokenizer = source.tokenizer();
    write_model(folder, &model, Vec::new())?;
    write_bytes(&folder.join("config.json"), &text)?;
    write_tokenizer(folder, &tokenizer)?;

    write_record(folder, source, None)
}

/// A PEFT adapter; returns what there is to say about it.
fn write_peft(
    args: &Args,
    folder: &Path,
    source: &Source,
    mut model: ScoreModel,
    config: &AdapterConfig,
    form: Form,
) -> anyhow::Result<String> {
    let allocated = matches!(config.kind, AdapterKind::AdaLora(_));
    anyhow::ensure!(
        allocated || form != Form::Adalora,
        "{} is plain LoRA, without allocated ranks: write --to lora",
        args.checkpoint.display()
    );
    if let AdapterKind::Lora(settings) = &config.kind {
        anyhow::ensure!(
            !settings.dora,
            "{} is a DoRA adapter, which is folded into the weights when it is read: write --to \
                merged",
            args.checkpoint.display()
        );
    }

    let head = model.head().module(model.names());
    let adapter = source.adapter.as_deref().unwrap_or(&source.folder);
    let settings = adapter.join("adapter_config.json");
    let settled = config.settled(model.architecture, &settings)?;
    anyhow::ensure!(
        !settled.targets(head, &settings)?,
        "{} has LoRA of the scoring layer `{head}`, which is folded into it when it is read: write \
            --to merged",
        args.checkpoint.display()
    );

    anyhow::ensure!(
        args.base_name.is_some() || !is_carried(&source.base),
        "the base of {} is inside this program, where no other finds it: write --to merged",
        args.checkpoint.display()
    );
    let relative = relative_path(&args.out, &source.base)?;
    let mut written = match form {
        Form::Lora => plain_lora(&mut model, config).with_context(|| {
            format!(
                "no direction of {} was kept, and LoRA knows no rank 0: write --to merged",
                args.checkpoint.display()
            )
        })?,
        Form::Peft | Form::Adalora | Form::Merged => config.clone(),
    };

    let base = match &args.base_name {
        Some(name) => name.clone(),
        None => whole_path(&source.base),
    };
    // A version is one of a name, not of a folder.
    written.revision = config
        .revision
        .clone()
        .filter(|_| config.base.as_ref() == Some(&base));
    written.base = Some(base);

    let adapters: Vec<usize> = model
        .linears()
        .iter()
        .filter_map(|(_, linear)| linear.adapter.as_ref().map(LowRank::rank))
        .collect();
    write_adapter(folder, &model, &written)?;
    write_record(folder, source, Some(relative))?;

    Ok(format!(
        ", {} adapters with {} directions",
        adapters.len(),
        adapters.iter().sum::<usize>()
    ))
}

/// What a checkpoint says beside its weights goes with it, so that the export can be checked as it
/// is.
fn write_record(folder: &Path, source: &Source, base: Option<String>) -> Result<(), WriteError> {
    if let Some(checkpoint) = &source.checkpoint {
        let mut checkpoint = checkpoint.clone();
        checkpoint.base = base;
        checkpoint.write(folder)?;
    }

    let side = source.folder.join(SIDE_FILE);
    if side.is_file() {
        copy(&side, &folder.join(SIDE_FILE))?;
    }

    Ok(())
}

fn copy(from: &Path, to: &Path) -> Result<(), WriteError> {
    let bytes = fs::read(from).map_err(|error| WriteError::new(from, error))?;
    write_bytes(to, &bytes)
}

/// Scores of made-up texts of all lengths that the model reads, the same for every model of a
/// vocabulary.
fn probe(loaded: &LoadedModel) -> anyhow::Result<Vec<f64>> {
    let special = loaded.tokenizer.special();
    let longest = loaded.tokenizer.max_length().min(24);
    let pieces = loaded.config.vocab_size;
    let texts: Vec<Vec<u32>> = (0..PROBES)
        .map(|text| {
            let length = 1 + text % (longest - 2).max(1);
            let inner = (0..length).map(|place| (text * 7919 + place * 104_729 + 5) % pieces);
            let inner = inner.map(|piece| {
                u32::try_from(piece).expect("a vocabulary has fewer than 2^32 pieces")
            });
            std::iter::once(special.cls)
                .chain(inner)
                .chain(std::iter::once(special.sep))
                .collect()
        })
        .collect();

    // Adapters may be written in another form: whole models are what can be compared.
    let mut model = loaded.model.clone();
    model.merge();
    let texts: Vec<&[u32]> = texts.iter().map(Vec::as_slice).collect();
    let device = DeviceChoice::Cpu.resolve()?;

    Ok(score_texts(&model, &texts, special.pad, &device))
}
