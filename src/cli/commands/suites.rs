//! `suites`: the files of the built-in suites, to read and to copy.

use std::io::Write;

use crate::cli::exit::{Exit, print};
use crate::cli::terminal::Terminal;
use crate::report::wrap::fitted;
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
pub(crate) fn run(args: &Args, out: &mut dyn Write, terminal: &Terminal) -> anyhow::Result<Exit> {
    let text = match args.name.as_deref().and_then(Suite::builtin_file) {
        Some(file) => file.to_owned(),
        None => names(terminal.width_out()),
    };
    print(out, &text)?;
    Ok(Exit::Pass)
}

/// A line for each suite, broken where there is a terminal.
fn names(width: Option<usize>) -> String {
    let suites = Suite::builtin_names().filter_map(Suite::builtin);
    let lines = suites.map(|suite| {
        let head = format!("{:<18}  ", suite.name);
        fitted(&head, &suite.description, head.len(), width)
    });
    lines.collect()
}
