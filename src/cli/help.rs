//! What is told to those who ask little: `-h`, which shows the options that people use, and a run without any.

use std::io::{self, Write};

use crate::cli::exit::Exit;

/// The options of `-h`; `--help` has all of them.
const USUAL: [&str; 11] = [
    "model",
    "suites",
    "nbest",
    "out",
    "draws",
    "weight",
    "device",
    "baseline",
    "update_baseline",
    "junit",
    "quiet",
];

/// What a run without a word prints.
const START: &str = "\
robustness-check tests how robust a rescorer of speech recognition n-best lists is to words that sound alike.

Start with the recogniser's own order and the bundled lists, go on with a model and lists of your own:

  robustness-check --model first-pass --suite perturb-n
  robustness-check --model CHECKPOINT --suite perturb-1 --suite perturb-n --nbest LISTS.jsonl

Then open robustness-report/report.html. -h shows the usual options, --help all of them;
robustness-check init puts the check into a repository's CI.
";

/// `command` with all other options left out of `-h`.
pub(crate) fn shortened(command: clap::Command) -> clap::Command {
    command.mut_args(|option| {
        let usual = USUAL.contains(&option.get_id().as_str());
        if usual {
            option
        } else {
            option.hide_short_help(true)
        }
    })
}

/// Says how to start, to somebody who gave no words: nothing was done, so it is a usage error.
pub(crate) fn start() -> Exit {
    // Who closed standard error wants to hear nothing.
    let _ = io::stderr().write_all(START.as_bytes());
    Exit::Usage
}
