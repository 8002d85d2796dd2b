//! What is told to those who ask little: `-h`, which shows the options that people use, and a run
//! without any.

use std::io::{self, Write};

use crate::cli::exit::Exit;

/// The options of `-h`, each in a line; `--help` has all of them, with all there is to say.
const USUAL: [(&str, &str); 10] = [
    (
        "model",
        "Checkpoint's folder, demo, first-pass, scores:FILE, exec:COMMAND, ..",
    ),
    ("suites", "perturb-1, perturb-n, ..., or a file; repeatable"),
    ("nbest", "n-best lists, else the bundled ones; repeatable"),
    ("out", "Report folder"),
    ("draws", "Perturbed draws per utterance"),
    ("weight", "Weight of the second pass"),
    (
        "device",
        "cpu, or cuda:N, vulkan:N, metal:N in such a build",
    ),
    (
        "baseline",
        "Earlier report that this must not be worse than",
    ),
    ("junit", "Also write JUnit XML"),
    ("quiet", "Print a line for each verdict, nothing else"),
];

/// The commands of `-h`, each in a line of 80 columns.
const COMMANDS: [(&str, &str); 13] = [
    ("train", "Train a rescorer on n-best lists"),
    ("export", "Write a checkpoint for other programs"),
    ("compare", "Compare models on the same perturbed lists"),
    ("ranks", "Show where the update of a checkpoint is"),
    ("tune", "Find the weight of a model against the first pass"),
    (
        "perturb",
        "Write the perturbed lists of a suite, for other systems",
    ),
    ("replay", "Run saved failures again"),
    ("explain", "Explain saved failures word by word"),
    ("neighbours", "Print the words that sound like a word"),
    ("significance", "Test whether two systems differ"),
    ("nbest", "Look into n-best files, or convert them"),
    ("report", "Compare two reports, for a pull request"),
    ("init", "Write a suite and a CI workflow into a repository"),
];

fn brief(command: &str) -> Option<&'static str> {
    let found = COMMANDS.into_iter().find(|(name, _)| *name == command);
    found.map(|(_, text)| text)
}

/// What a run without a word prints.
const START: &str = "\
robustness-check tests how robust a rescorer of speech recognition n-best lists is to words that \
sound alike.

Start with the model and the lists that are built in, go on with a model and lists of your own:

  robustness-check --model demo --suite perturb-n
  robustness-check --model CHECKPOINT --suite perturb-1 --suite perturb-n --nbest LISTS.jsonl

Then open robustness-report/report.html. -h shows the usual options, --help all of them;
robustness-check init puts the check into a repository's CI.
";

/// Options that many commands share and few people use: `COMMAND --help` has them, `-h` does not.
const RARE: [&str; 33] = [
    "interpolation",
    "max_length",
    "precision",
    "jobs",
    "batch_tokens",
    "processes",
    "timeout",
    "batch_texts",
    "served_model",
    "prompt_form",
    "token_scores",
    "prefix",
    "api_key_env",
    "connections",
    "retries",
    "cache",
    "nbest_format",
    "costs",
    "scores",
    "acwt",
    "utt2spk",
    "speaker_from",
    "no_speakers",
    "max_line",
    "max_file",
    "phones",
    "frequencies",
    "lexicon_only",
    "lexicon_slice",
    "force",
    "dry_run",
    "color",
    "verbose",
];

/// The options of `train -h`: it has too many to hide the rest by name.
const OF_TRAINING: [&str; 12] = [
    "base", "nbest", "dev", "out", "recipe", "strategy", "rank", "steps", "lr", "robust", "seed",
    "resume",
];

/// `command` with short helps of its subcommands that fit a screen.
pub(crate) fn with_short_helps(command: clap::Command) -> clap::Command {
    command.mut_subcommands(|subcommand| {
        let trains = subcommand.get_name() == "train";
        let subcommand = with_short_helps(subcommand);
        subcommand.mut_args(|option| {
            let id = option.get_id().as_str();
            let is_rare = if trains {
                !OF_TRAINING.contains(&id)
            } else {
                RARE.contains(&id)
            };
            // What is there in any case is said by clap itself.
            if is_rare && !option.is_positional() {
                option.hide_short_help(true)
            } else {
                option
            }
        })
    })
}

/// Whether `-h` is asked of the program itself, not of a subcommand.
pub(crate) fn is_short() -> bool {
    std::env::args_os().nth(1).is_some_and(|word| word == "-h")
}

/// `command` as `-h` shows it.
pub(crate) fn shortened(command: clap::Command) -> clap::Command {
    let usual = |id: &str| USUAL.into_iter().find(|(usual, _)| *usual == id);

    command
        .disable_help_subcommand(true)
        .mut_subcommands(|subcommand| match brief(subcommand.get_name()) {
            Some(text) => subcommand.about(text),
            None => subcommand.hide(true),
        })
        .mut_args(|option| match usual(option.get_id().as_str()) {
            Some((_, text)) => option.help(text).help_heading(None::<&str>),
            None => option.hide_short_help(true),
        })
}

/// Says how to start, to somebody who gave no words: nothing was done, so it is a usage error.
pub(crate) fn start() -> Exit {
    // Who closed standard error wants to hear nothing.
    let _ = io::stderr().write_all(START.as_bytes());
    Exit::Usage
}
