//! `completions`: shell completions and man pages, from the same definitions as `--help`.

mod manual;
mod scripts;

use std::io::Write;
use std::path::{Path, PathBuf};

use anyhow::Context;
use clap_complete::Shell;

use crate::cli::exit::{self, Exit};
use crate::files::write_bytes;

/// What to print.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:\n  \
    robustness-check completions bash > /etc/bash_completion.d/robustness-check\n  \
    robustness-check completions man nbest stat | man -l -\n  \
    robustness-check completions man --out /usr/local/share/man/man1")]
pub(crate) struct Args {
    /// `man` for a man page, or a shell
    #[arg(
        value_name = "SHELL",
        value_parser = ["bash", "zsh", "fish", "elvish", "powershell", "man"]
    )]
    what: String,
    /// Of man: the command whose page is printed; of the program itself if not given
    #[arg(value_name = "COMMAND")]
    command: Vec<String>,
    /// Of man: folder that gets the pages of all commands
    #[arg(long, value_name = "DIR", conflicts_with = "command")]
    out: Option<PathBuf>,
}

/// Prints the script or the page, or writes all pages.
pub(crate) fn run(
    args: &Args,
    mut command: clap::Command,
    out: &mut dyn Write,
) -> anyhow::Result<Exit> {
    if args.what == "man" {
        let pages = manual::pages(command)?;
        if let Some(folder) = &args.out {
            write_all(&pages, folder)?;
        } else {
            let page = manual::find(&pages, &args.command)?;
            exit::print(out, &page.text)?;
        }
        return Ok(Exit::Pass);
    }

    anyhow::ensure!(
        args.command.is_empty() && args.out.is_none(),
        "{} has one script for all commands: COMMAND and --out are for man",
        args.what
    );
    let shell: Shell = args.what.parse().map_err(anyhow::Error::msg)?;
    exit::print(out, &scripts::script(shell, &mut command)?)?;
    Ok(Exit::Pass)
}

fn write_all(pages: &[manual::Page], folder: &Path) -> anyhow::Result<()> {
    std::fs::create_dir_all(folder)
        .with_context(|| format!("failed to make the folder {}", folder.display()))?;
    for page in pages {
        write_bytes(&folder.join(&page.file), &page.text)?;
    }
    Ok(())
}
