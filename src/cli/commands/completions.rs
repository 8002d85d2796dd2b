//! `completions`: shell completions and the man page, from the same definitions as `--help`.

use std::io::Write;

use anyhow::Context;
use clap_complete::Shell;

use crate::cli::exit::{self, Exit};

/// What to print.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:\n  \
    robustness-check completions bash > /etc/bash_completion.d/robustness-check\n  \
    robustness-check completions man > robustness-check.1")]
pub(crate) struct Args {
    /// `man` for the man page, or a shell
    #[arg(
        value_name = "SHELL",
        value_parser = ["bash", "zsh", "fish", "elvish", "powershell", "man"]
    )]
    what: String,
}

/// Prints the script or the page.
pub(crate) fn run(
    args: &Args,
    mut command: clap::Command,
    out: &mut dyn Write,
) -> anyhow::Result<Exit> {
    // In memory first: the generator panics where it cannot write.
    let mut text = Vec::new();
    if args.what == "man" {
        clap_mangen::Man::new(command).render(&mut text)?;
    } else {
        let shell: Shell = args.what.parse().map_err(anyhow::Error::msg)?;
        clap_complete::generate(shell, &mut command, "robustness-check", &mut text);
    }

    out.write_all(&text).context(exit::STANDARD_OUTPUT)?;
    Ok(Exit::Pass)
}
