//! What is told to those who ask little: `-h`, which shows the options that people use, and a run
//! without any.

use std::any::TypeId;
use std::io::{self, Write};
use std::time::Duration;

use crate::cli::commands::failures::Most;
use crate::cli::exit::Exit;
use crate::phonetics::distance::PhoneticDistance;

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
    ("device", "cpu, or cuda:N, vulkan:N, metal:N"),
    (
        "baseline",
        "Earlier report that this must not be worse than",
    ),
    ("junit", "Also write JUnit XML"),
    // Of every command.
    (
        "quiet",
        "Print results and warnings, a line for each verdict",
    ),
];

/// The commands of `-h`, each in a line of 80 columns.
const COMMANDS: [(&str, &str); 14] = [
    ("train", "Train a rescorer on n-best lists"),
    ("export", "Write a checkpoint for other programs"),
    ("compare", "Compare models on the same perturbed lists"),
    ("ranks", "Show where the update of a checkpoint is"),
    (
        "merge",
        "Make the report of a check that many machines scored",
    ),
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
robustness-check tests how robust a rescorer of speech recognition n-best lists
is to words that sound alike.

Start with the model and the lists that are built in, go on with your own:

  robustness-check --model demo --suite perturb-n
  robustness-check --model CHECKPOINT --suite perturb-n --nbest LISTS.jsonl

Then open robustness-report/report.html. -h shows the usual options, --help all
of them; robustness-check init puts the check into a repository's CI.
";

/// Options that many commands share and few people use: `COMMAND --help` has them, `-h` does not.
const RARE: [&str; 36] = [
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
    "suffix",
    "api_key_env",
    "connections",
    "retries",
    "cache",
    "nbest_format",
    "costs",
    "normalize",
    "scores",
    "acwt",
    "utt2spk",
    "speaker_from",
    "no_speakers",
    "max_line",
    "hold_lists",
    "max_file",
    "phones",
    "frequencies",
    "lexicon_only",
    "lexicon_slice",
    "force",
    "dry_run",
    "noise",
    "base_name",
];

/// The options of `train -h`: it has too many to hide the rest by name.
const OF_TRAINING: [&str; 12] = [
    "base", "nbest", "dev", "out", "recipe", "strategy", "rank", "steps", "lr", "robust", "seed",
    "resume",
];

/// Those of `compare -h`, whose values have long names.
const OF_COMPARING: [&str; 9] = [
    "models",
    "device",
    "suites",
    "reference",
    "nbest",
    "lexicon",
    "out",
    "draws",
    "formats",
];

/// Those of `merge -h`, which has all of the check.
const OF_MERGING: [&str; 5] = ["model", "device", "out", "baseline", "junit"];

/// What `COMMAND -h` says of an option in one line, where its own first lines are longer.
const BRIEF: [(&str, &str); 11] = [
    ("model", "Checkpoint, demo, scores:FILE, exec:COMMAND, .."),
    ("models", "Rescorer, with a label; repeatable"),
    ("weight", "Weight of the second pass"),
    ("first_pass_scale", "Multiplies first-pass scores"),
    ("device", "cpu, or cuda:N, vulkan:N, metal:N"),
    ("suite", "perturb-1, perturb-n, .., or a file"),
    ("suites", "perturb-1, perturb-n, .., or a file; repeatable"),
    ("nbest", "n-best lists, else the bundled ones; repeatable"),
    ("refs", "References, for lists without; repeatable"),
    ("lexicon", "Dictionary added to CMUdict; repeatable"),
    ("draws", "Perturbed draws per utterance"),
];

/// The same for options that mean something else in one command.
const BRIEF_OF: [(&str, &str, &str); 16] = [
    ("train", "base", "Folder of the base model, or demo"),
    ("train", "nbest", "Lists to learn from; repeatable"),
    ("train", "dev", "Lists to choose and tune by; repeatable"),
    ("train", "out", "Where the checkpoint goes"),
    ("train", "recipe", "TOML file of options"),
    (
        "train",
        "resume",
        "Go on with the run saved in OUT.training",
    ),
    ("train", "strategy", "Which weights are trained"),
    ("train", "rank", "Rank of the adapters"),
    ("train", "robust", "Swap words of training lists"),
    ("train", "lr", "Largest learning rate"),
    ("train", "seed", "Seed of all that is random"),
    (
        "compare",
        "reference",
        "Label that paired tests are against",
    ),
    ("compare", "out", "Folder for tables and a page for people"),
    ("tune", "out", "File to write: weight and scale, as TOML"),
    ("init", "nbest", "Lists, as the repository names them"),
    ("export", "base", "Base model, instead of the one named"),
];

/// The headings of options that stand in several commands, or in one that has many.
const HEADINGS: [(&str, &[&str]); 9] = [
    (
        "Model",
        &[
            "model",
            "models",
            "base",
            "base_name",
            "weight",
            "first_pass_scale",
            "interpolation",
            "max_length",
            "device",
            "precision",
        ],
    ),
    ("N-best lists", &["nbest"]),
    (
        "Perturbed lists",
        &["suite", "suites", "check", "seed", "draws"],
    ),
    ("Comparison", &["reference", "full"]),
    ("Counts", &["hypotheses", "min_count"]),
    ("Words", &["max_distance", "limit", "all"]),
    ("Failures", &["noise"]),
    (
        "Output",
        &[
            "out", "dir", "source", "to", "cases", "force", "format", "formats", "json",
        ],
    ),
    (
        "Run",
        &["jobs", "batch_tokens", "cache", "dry_run", "shards"],
    ),
];

/// Whether an option takes a number: one below zero is then a value, whose error says what is
/// accepted, and no option of its own.
fn takes_number(option: &clap::Arg) -> bool {
    let kind = option.get_value_parser().type_id();
    let is = |other: TypeId| kind == other;
    let is_number = is(TypeId::of::<u32>())
        || is(TypeId::of::<u64>())
        || is(TypeId::of::<usize>())
        || is(TypeId::of::<f64>())
        || is(TypeId::of::<Duration>())
        || is(TypeId::of::<PhoneticDistance>())
        || is(TypeId::of::<Most>());
    is_number && option.get_action().takes_values()
}

/// `command` with every option of it and its subcommands below a heading.
pub(crate) fn with_headings(command: clap::Command) -> clap::Command {
    let command = command.mut_args(|option| {
        let option = if takes_number(&option) {
            option.allow_negative_numbers(true)
        } else {
            option
        };
        let id = option.get_id().as_str();
        let heading = HEADINGS.iter().find(|(_, ids)| ids.contains(&id));
        match heading {
            Some((heading, _))
                if option.get_help_heading().is_none() && !option.is_positional() =>
            {
                option.help_heading(*heading)
            }
            Some(_) | None => option,
        }
    });

    command.mut_subcommands(with_headings)
}

/// Whether `-h` is asked, of the program or of a command.
pub(crate) fn is_short() -> bool {
    let is_help = |word: std::ffi::OsString| {
        // Switches may stand together: `-qh`.
        let letters = word.to_str().and_then(|word| word.strip_prefix('-'));
        letters.is_some_and(|letters| {
            letters.ends_with('h') && letters.chars().all(|letter| "qvh".contains(letter))
        })
    };
    std::env::args_os().skip(1).any(is_help)
}

/// `command` as `-h` shows it and its commands.
pub(crate) fn shortened(command: clap::Command) -> clap::Command {
    let usual = |id: &str| USUAL.into_iter().find(|(usual, _)| *usual == id);

    command
        .disable_help_subcommand(true)
        .mut_subcommands(|subcommand| {
            let subcommand = short_command(subcommand);
            match brief(subcommand.get_name()) {
                Some(text) => subcommand.about(text),
                None => subcommand.hide(true),
            }
        })
        .mut_args(|option| match usual(option.get_id().as_str()) {
            Some((_, text)) => option.help(text).help_heading(None::<&str>),
            None => option.hide_short_help(true),
        })
}

/// A command as its own `-h` shows it: the options that people use in one list, each in a line, and
/// examples.
fn short_command(command: clap::Command) -> clap::Command {
    let name = command.get_name().to_owned();
    let shows = |id: &str| match name.as_str() {
        "compare" => OF_COMPARING.contains(&id),
        "train" => OF_TRAINING.contains(&id),
        "merge" => OF_MERGING.contains(&id),
        _ => !RARE.contains(&id),
    };
    let text = |id: &str| {
        let own = BRIEF_OF.into_iter().find(|of| of.0 == name && of.1 == id);
        let shared = || BRIEF.into_iter().find(|brief| brief.0 == id);
        own.map(|own| own.2)
            .or_else(|| shared().map(|brief| brief.1))
    };

    let examples = command.get_after_help().map(|after| {
        let after = after.to_string();
        let paragraphs = after.split("\n\n");
        let examples: Vec<&str> = paragraphs
            .filter(|text| text.starts_with("Example"))
            .collect();
        examples.join("\n\n")
    });
    let command = match examples {
        Some(examples) => command.after_help(examples),
        None => command,
    };

    let command = command.mut_args(|option| {
        if option.is_positional() {
            return option;
        }
        let id = option.get_id().as_str().to_owned();
        let option = option.help_heading(None::<&str>);
        match text(&id) {
            _ if !shows(&id) => option.hide_short_help(true),
            Some(text) => option.help(text).hide_possible_values(true),
            None => option,
        }
    });

    command.mut_subcommands(short_command)
}

/// Says how to start, to somebody who gave no words: nothing was done, so it is a usage error.
pub(crate) fn start() -> Exit {
    // Who closed standard error wants to hear nothing.
    let _ = io::stderr().write_all(START.as_bytes());
    Exit::Usage
}
