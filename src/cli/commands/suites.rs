//! `suites`: the files of the built-in suites, to read and to copy.

use std::fmt::Write as _;
use std::io::Write;

use anyhow::Context;

use crate::cli::exit::{self, Exit};
use crate::suite::Suite;

/// Which suite.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:\n  \
    robustness-check suites\n  \
    robustness-check suites perturb-1 > my-suite.toml")]
pub(crate) struct Args {
    /// The suite whose file is printed; all are named if none is
    #[arg(value_name = "NAME", value_parser = Suite::builtin_names().collect::<Vec<_>>())]
    name: Option<String>,
}

/// Prints the names, or the file.
pub(crate) fn run(args: &Args, out: &mut dyn Write) -> anyhow::Result<Exit> {
    let text = match args.name.as_deref().and_then(Suite::builtin_file) {
        Some(file) => file.to_owned(),
        None => names(),
    };
    out.write_all(text.as_bytes())
        .context(exit::STANDARD_OUTPUT)?;
    Ok(Exit::Pass)
}

/// A line for each suite.
fn names() -> String {
    let mut text = String::new();
    for suite in Suite::builtin_names().filter_map(Suite::builtin) {
        let _ = writeln!(text, "{:<18}  {}", suite.name, suite.description);
    }
    text
}
