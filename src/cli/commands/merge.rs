//! `merge`: the report of a check whose shards were scored by many machines.

use std::io::Write;
use std::path::{Path, PathBuf};

use clap::builder::ValueParser;
use clap::{Arg, ArgMatches, Command, FromArgMatches};

use crate::cli::commands::check;
use crate::cli::exit::Exit;
use crate::cli::shards::Parts;
use crate::cli::shards::options::TypedOptions;
use crate::cli::terminal::Terminal;
use crate::report::shown::shown;

/// The positional arguments.
const PARTS: &str = "parts";

/// What a merge has no use for.
const NOT_OF_A_MERGE: [&str; 4] = ["shard", "dry_run", "stop", "budget"];

/// Options that name nothing but files, which are read.
const FILES: [&str; 6] = [
    "nbest",
    "scores",
    "refs",
    "utt2spk",
    "lexicon",
    "frequencies",
];

/// Parts, and options of the check in the place of those that the shards were given.
#[derive(Debug)]
pub(crate) struct Args {
    parts: Vec<PathBuf>,
    typed: TypedOptions,
}

impl clap::Args for Args {
    fn augment_args(command: Command) -> Command {
        let parts = Arg::new(PARTS)
            .value_name("PART")
            .help("Parts that shards wrote, or folders of them (OUT.shards): all shards of a run")
            .required(true)
            .num_args(1..)
            .value_parser(ValueParser::path_buf());

        let command = check::Args::augment_args(command.arg(parts));
        let command = command.mut_args(|option| {
            let is_option = !option.is_positional();
            let unheard = NOT_OF_A_MERGE.contains(&option.get_id().as_str());
            let option = if is_option {
                // What is not typed is as the shards were given it.
                option.required(false).hide_default_value(true)
            } else {
                option
            };
            if unheard { option.hide(true) } else { option }
        });
        command
            .about("Make the report of a check whose shards are scored")
            .long_about(
                "Makes the report of a check whose shards (--shard) are scored: the same as of a \
                    check that was not sharded, in whatever order the parts come. They must be all \
                    shards of one run, each once.\n\n\
                    Options that are not typed are as the shards were given them, --out too, so \
                    that paths begin where they ran. The model is loaded: it scores what failures \
                    are minimised by, what properties ask and what is scored twice, but no text of \
                    a part. Where that should not be, --minimise off leaves most of it out.",
            )
            .after_help("Example:\n  robustness-check merge robustness-report.shards --out report")
    }

    fn augment_args_for_update(command: Command) -> Command {
        Args::augment_args(command)
    }
}

impl FromArgMatches for Args {
    fn from_arg_matches(matches: &ArgMatches) -> Result<Args, clap::Error> {
        let typed = TypedOptions::of(&options(), matches);
        let typed = typed.map_err(|error| {
            let told = shown(&format!("{error:#}"));
            clap::Error::raw(clap::error::ErrorKind::InvalidUtf8, told + "\n")
        })?;
        let parts = matches.get_many(PARTS).unwrap_or_default();
        Ok(Args {
            parts: parts.cloned().collect(),
            typed,
        })
    }

    fn update_from_arg_matches(&mut self, matches: &ArgMatches) -> Result<(), clap::Error> {
        *self = Args::from_arg_matches(matches)?;
        Ok(())
    }
}

/// The options of a check alone.
pub(crate) fn options() -> Command {
    let command = Command::new("robustness-check").no_binary_name(true);
    <check::Args as clap::Args>::augment_args(command)
}

/// Reads what the shards know, and runs the check.
pub(crate) fn run(args: &Args, out: &mut dyn Write, terminal: &Terminal) -> anyhow::Result<Exit> {
    let parts = Parts::open(&args.parts)?;
    let options = parts.options(&args.typed)?;
    refuse_absent(&options, &args.typed, parts.a_file())?;
    let check = check_of(&options)?;
    if args.typed.get("model").is_none()
        && let Some([command]) = options.get("model")
        && command.starts_with("exec:")
    {
        let file = parts.a_file().display();
        terminal.say(&format!("running what {file} names: {command}"));
    }

    check::merge(&check, &parts, out, terminal)
}

/// Refuses files that the shards were given and that are not where this merge runs.
fn refuse_absent(options: &TypedOptions, typed: &TypedOptions, part: &Path) -> anyhow::Result<()> {
    for name in FILES.into_iter().filter(|name| typed.get(name).is_none()) {
        let values = options.get(name).unwrap_or_default();
        let absent = |value: &&String| *value != "-" && !Path::new(value).exists();
        if let Some(value) = values.iter().find(absent) {
            anyhow::bail!(
                "there is no file {value}, which the shards were given as --{name} ({} says so): \
                    paths begin where the shards ran; merge there, or give --{name} here",
                part.display()
            );
        }
    }
    Ok(())
}

/// The check that was asked for.
fn check_of(typed: &TypedOptions) -> anyhow::Result<check::Args> {
    let matches = options()
        .try_get_matches_from(typed.words())
        .map_err(|error| {
            let text = error.render().to_string();
            let reason = text.lines().next().unwrap_or_default();
            anyhow::anyhow!(
                "the options are not understood, those of the shards included ({})",
                reason.trim_start_matches("error: ")
            )
        })?;
    Ok(check::Args::from_arg_matches(&matches)?)
}
