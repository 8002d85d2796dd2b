//! `ranks`: where the update of a checkpoint is, layer by layer.

use std::io::Write;
use std::path::PathBuf;

use clap::ValueEnum;

use crate::bert::checkpoint::{BaseSearch, Source};
use crate::cli::args::model_name::{base_folder, model_folder};
use crate::cli::commands::check::color;
use crate::cli::commands::rank_pictures::picture_of;
use crate::cli::exit::{Exit, print};
use crate::cli::models::files::other_base;
use crate::cli::models::huggingface::huggingface_cache;
use crate::cli::terminal::Terminal;
use crate::report::html;
use crate::report::ranks::{self, RankPicture, RankReport};

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
    let base = args.base.as_deref().map(base_folder);
    let mut pictures = Vec::new();
    for folder in &args.checkpoints {
        let search = BaseSearch {
            base: base.as_deref(),
            cache: cache.as_deref(),
        };
        let source = Source::open(&model_folder(folder), search)?;
        if let (None, Some(base)) = (&source.adapter, &base) {
            let search = BaseSearch {
                base: None,
                cache: None,
            };
            let base = Source::open(base, search)?;
            if let Some(notice) = other_base(&source, &base)? {
                terminal.warn(&notice);
            }
        }
        let picture = picture_of(&source, base.as_deref())?;
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
    print(out, &text)?;

    Ok(Exit::Pass)
}
