//! `ranks`: where the update of a checkpoint is, layer by layer.

use std::io::Write;
use std::path::{Path, PathBuf};

use anyhow::Context;
use clap::ValueEnum;

use crate::bert::checkpoint::{BaseSearch, Source};
use crate::bert::device::DeviceChoice;
use crate::bert::loading::{self, AdapterUse, HeadUse};
use crate::bert::model::ScoreModel;
use crate::cli::args::model_name::model_folder;
use crate::cli::commands::check::color;
use crate::cli::commands::compare::contenders::{Group, source};
use crate::cli::exit::{self, Exit};
use crate::cli::models::huggingface::huggingface_cache;
use crate::cli::terminal::Terminal;
use crate::report::comparison::record::RescorerRecord;
use crate::report::html;
use crate::report::ranks::{self, RankPicture, RankReport};
use crate::train::update_ranks::{self, UpdatePicture};

/// Which checkpoints, and how they are shown.
#[derive(Debug, clap::Args)]
#[command(
    after_help = "For each matrix: the directions that its adapter keeps, the effective rank of \
        what they do (the exponential of \
    the entropy of the singular values), and the energy (the sum of their squares).\n\n\
    Examples:\n  \
    robustness-check ranks runs/dynamic\n  \
    robustness-check ranks runs/full --base minilm --format markdown\n  \
    robustness-check ranks runs/lora runs/dynamic --format html > ranks.html"
)]
pub(crate) struct Args {
    /// Checkpoint or PEFT adapter folder; a whole model with --base
    #[arg(value_name = "CKPT", required = true)]
    checkpoints: Vec<PathBuf>,
    /// Model that the checkpoints were trained on; adapters name it themselves
    #[arg(long, value_name = "DIR")]
    base: Option<PathBuf>,
    /// What is printed on standard output
    #[arg(long, value_name = "FORMAT", value_enum, default_value_t = Format::Terminal)]
    format: Format,
}

/// What standard output can show.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Format {
    /// A heat map
    Terminal,
    /// A table
    Markdown,
    /// A page with heat maps, for a browser
    Html,
    /// Everything
    Json,
}

/// Decomposes the update of every checkpoint and shows it.
pub(crate) fn run(args: &Args, out: &mut dyn Write, terminal: &Terminal) -> anyhow::Result<Exit> {
    let cache = huggingface_cache();
    let mut pictures = Vec::new();
    for folder in &args.checkpoints {
        let search = BaseSearch {
            base: args.base.as_deref(),
            cache: cache.as_deref(),
        };
        let source = Source::open(&model_folder(folder), search)?;
        let picture = picture_of(&source, args.base.as_deref())?;
        let name = folder.display().to_string();
        pictures.push(RankPicture::new(&name, &picture, 1));
    }

    let report = RankReport {
        format_version: ranks::FORMAT_VERSION,
        tool: format!("mondegreen {}", env!("CARGO_PKG_VERSION")),
        pictures,
    };
    let text = match args.format {
        Format::Terminal => {
            let maps = report.pictures.iter();
            let maps = maps.map(|picture| ranks::heat::render(picture, color(terminal)));
            maps.collect::<Vec<String>>().join("\n")
        }
        Format::Markdown => {
            let sections = report.pictures.iter();
            sections.map(ranks::markdown::section).collect()
        }
        Format::Html => html::ranks::render(&report),
        Format::Json => ranks::json(&report),
    };
    out.write_all(text.as_bytes())
        .context(exit::STANDARD_OUTPUT)?;

    Ok(Exit::Pass)
}

/// The picture of a label's adapters, averaged over its seeds; `None` where it has none.
pub(crate) fn of_group(
    group: &Group,
    rescorers: &[RescorerRecord],
) -> anyhow::Result<Option<RankPicture>> {
    let mut pictures = Vec::new();
    for (input, rescorer) in group.models.iter().zip(rescorers) {
        let Some(source) = source(input, &rescorer.model)? else {
            return Ok(None);
        };
        if source.adapter.is_none() {
            return Ok(None);
        }
        pictures.push(picture_of(&source, None)?);
    }

    let mean = update_ranks::mean(&pictures);
    Ok(mean.map(|mean| RankPicture::new(&group.label, &mean, pictures.len())))
}

/// Of adapters themselves where there are some; else of the difference from the base.
fn picture_of(source: &Source, base: Option<&Path>) -> anyhow::Result<UpdatePicture> {
    let model = load(source, AdapterUse::Keep)?;
    let adapters = update_ranks::of_adapters(&model)?;
    if !adapters.matrices.is_empty() {
        return Ok(adapters);
    }

    // A whole model says nothing of its base; an adapter without factors (DoRA) was folded into it.
    let base = match (source.adapter.as_ref(), base) {
        (Some(_), _) => source.base.as_path(),
        (None, Some(base)) => base,
        (None, None) => anyhow::bail!(
            "{} is a whole model, not an adapter: give the model that it was trained on with \
                --base",
            source.folder.display()
        ),
    };

    let search = BaseSearch {
        base: None,
        cache: None,
    };
    let mut base = Source::open(base, search)?;

    // What the base scores does not matter here, only that it has the same maps.
    base.checkpoint = None;
    let base = load_as(&base, &model)?;

    Ok(update_ranks::of_difference(&model, &base)?)
}

fn load(source: &Source, adapter_use: AdapterUse) -> anyhow::Result<ScoreModel> {
    let device = DeviceChoice::Cpu.resolve()?;
    Ok(loading::load(source, &device, adapter_use, HeadUse::Stored, None)?.model)
}

/// The base with the head of `model`, which it may lack.
fn load_as(source: &Source, model: &ScoreModel) -> anyhow::Result<ScoreModel> {
    let device = DeviceChoice::Cpu.resolve()?;
    let head = HeadUse::New(model.head(), 1);
    Ok(loading::load(source, &device, AdapterUse::Merge, head, None)?.model)
}
