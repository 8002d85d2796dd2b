//! The command line: what was typed becomes a plan, a plan becomes files and an exit code.
//!
//! The only floor that reads the environment, the clock and the terminal, and
//! the only one that prints. Results go to standard output, everything else to
//! standard error. Each command is one file or folder of `commands`; options that several
//! commands share are in `args`.

mod args;
mod commands;
mod dry_run;
mod exit;
#[cfg(any(test, fuzzing))]
pub mod fuzzing;
mod help;
mod interruption;
mod models;
mod peak_memory;
mod printed;
mod recorded;
mod refusal;
mod rehearsal;
mod report_files;
mod repository;
mod saved;
mod saved_scores;
mod score_files;
mod shards;
mod standard_error;
mod suite_notes;
mod terminal;
mod told;
mod training_overlap;
mod typed;
mod unread;
mod workflow;

use std::io::{self, Write};
use std::process::ExitCode;

use anyhow::Context;
use clap::error::ErrorKind;
use clap::{ArgMatches, Args, CommandFactory, FromArgMatches, Parser, Subcommand};

use crate::cli::commands::{
    check, compare, completions, confusions, corrections, explain, init, merge, nbest, neighbours,
    perturb, replay, report, score, significance, suites, tune,
};
#[cfg(feature = "bert")]
use crate::cli::commands::{export, ranks, train};
use crate::cli::exit::Exit;
use crate::cli::printed::Printed;
use crate::cli::shards::options::TypedOptions;
use crate::cli::standard_error::print_lines;
use crate::cli::terminal::Terminal;
use crate::cli::typed::{Typed, typed_options};
use crate::report::ci::github;
use crate::report::number::mebibytes;
use crate::rescore::exec::end_all;

/// Tests how robust a second-pass rescorer of speech recognition n-best lists is
/// to words that sound alike.
#[derive(Debug, Parser)]
#[command(
    name = "robustness-check",
    version,
    about = "Test how robust a rescorer of speech recognition n-best lists is to words that sound \
        alike",
    long_about = "Tests how robust a second-pass rescorer of speech recognition n-best lists is to \
        words that sound alike: perturbs the lists, rescores them, and judges, with confidence \
        intervals, whether its choices get worse by more than a margin (NPRR, arXiv 2401.10447).",
    after_help = "More commands: score, corrections, confusions, suites, completions.\n\
        Exit codes: 0 pass, 1 fail, 2 bad input, 3 inconclusive. All options: --help",
    after_long_help = "Examples:\n  \
        robustness-check --model demo --suite perturb-n\n  \
        robustness-check --model minilm-lora --suite perturb-1 --suite perturb-n \\\n    \
        --nbest test.jsonl --out report\n  \
        robustness-check --model first-pass --suite my-suite.toml --nbest test.jsonl\n\n\
        Exit codes: 0 every check passes, 1 a check fails, 2 usage, bad input or an error of the \
        model, 3 nothing failed but something is inconclusive, 130 interrupted (what was done is \
        saved).",
    subcommand_negates_reqs = true
)]
struct Cli {
    #[command(subcommand)]
    command: Option<Command>,
    #[command(flatten)]
    terminal: terminal::Args,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Train a rescorer: pretrain with masked words, or fine-tune on n-best lists (MWER)
    #[cfg(feature = "bert")]
    Train(Box<train::TypedArgs>),
    /// Write a checkpoint for other programs: a PEFT adapter, or a whole Hugging Face model
    #[cfg(feature = "bert")]
    Export(export::Args),
    /// Compare models on the same perturbed lists: errors, NPRR, cost of training, tests
    Compare(Box<compare::Args>),
    /// Show where the update of a checkpoint is: ranks and energy by layer and matrix
    #[cfg(feature = "bert")]
    Ranks(ranks::Args),
    // It has a long help of its own.
    Merge(Box<merge::Args>),
    /// Find the weight and the first-pass scale of a model on development lists
    Tune(Box<tune::Args>),
    /// Write second-pass scores of n-best lists, nothing else
    Score(score::Args),
    /// Write the perturbed lists of a suite, for other systems
    Perturb(perturb::Args),
    /// Measure a generator, which corrects lists instead of picking from them
    Corrections(corrections::Args),
    /// Count which words a recogniser hears for which: pairs that a suite can draw from
    Confusions(confusions::Args),
    /// Run saved failures again
    Replay(replay::Args),
    /// Explain saved failures word by word
    Explain(explain::Args),
    /// Print the words that sound like a word, with their distances
    Neighbours(neighbours::Args),
    /// Test whether two systems differ, from their error counts or hypotheses
    Significance(significance::Args),
    /// Look into n-best files, or convert them
    Nbest(nbest::Args),
    /// Compare two reports that were written, for a pull request
    Report(report::Args),
    /// Write a suite and a workflow for GitHub or GitLab into a repository
    Init(init::Args),
    /// Name the built-in suites, or print one, in which every key is explained
    Suites(suites::Args),
    /// Print a completion script for a shell, or man pages
    Completions(completions::Args),
}

/// The whole command line: without a command, the options are those of the check.
fn command() -> clap::Command {
    let cli = Cli::command();
    let (about, long) = (cli.get_about().cloned(), cli.get_long_about().cloned());
    // What the options of the check say about themselves is not about the program.
    let command = check::Args::augment_args(cli)
        .about(about.unwrap_or_default())
        .color(terminal::color_choice(std::env::args_os().skip(1)));
    help::with_headings(command.long_about(long.unwrap_or_default()))
}

impl Command {
    /// Whether the exit code says what came out.
    fn has_verdict(&self) -> bool {
        matches!(
            self,
            Command::Merge(_) | Command::Replay(_) | Command::Compare(_) | Command::Significance(_)
        )
    }
}

/// Runs the program on the process's arguments.
pub fn main() -> ExitCode {
    if std::env::args_os().len() <= 1 {
        return help::start().into();
    }

    let command_line = if help::is_short() {
        help::shortened(command())
    } else {
        command()
    };
    let parsed = command_line.try_get_matches().and_then(|matches| {
        refuse_misplaced(&matches)?;
        Ok((Cli::from_arg_matches(&matches)?, matches))
    });

    // What a subcommand misses may stand before it.
    let parsed = parsed.map_err(|error| {
        let lenient = command().ignore_errors(true).try_get_matches();
        let misplaced = lenient.map(|matches| refuse_misplaced(&matches));
        match misplaced {
            Ok(Err(misplaced)) if error.use_stderr() => misplaced,
            _ => error,
        }
    });

    let (cli, matches) = match parsed {
        Ok(parsed) => parsed,
        Err(error) => {
            // Help and version are answers (exit 0), everything else is a usage error.
            let code = if error.use_stderr() {
                Exit::Usage
            } else {
                Exit::Pass
            };
            return match refusal::print(&error) {
                Ok(()) => code.into(),
                // Whoever went away has read enough of it.
                Err(failed) if failed.kind() == io::ErrorKind::BrokenPipe => code.into(),
                Err(failed) => {
                    // Usage errors go to standard error, where nothing more can be said.
                    if !error.use_stderr() {
                        let failed = anyhow::Error::new(failed).context(exit::STANDARD_OUTPUT);
                        print_lines(&format!("error: {}", told::told(&failed)));
                    }
                    Exit::Usage.into()
                }
            };
        }
    };

    let in_workflow = workflow::runs_here() || check::ci::annotates(&matches);
    let terminal = Terminal::new(&cli.terminal, in_workflow);
    let ended = start_threads().and_then(|()| dispatch(&cli, &matches, &terminal));
    // A thread that still waits for a program may keep it alive beyond the run.
    end_all();
    match ended {
        Ok(exit) => exit.into(),
        Err(error) => {
            if exit::is_broken_pipe(&error) {
                return Exit::Pass.into();
            }
            let interrupted = terminal.interrupted();
            if interrupted && exit::is_interruption(&error) {
                terminal.say("interrupted");
            } else {
                terminal.error(&error);
                if check::ci::annotates(&matches) {
                    let told = github::no_result(&told::told(&error));
                    // The error was said already: there is nothing else to do for a closed output.
                    let _ = terminal.command(&told, &mut std::io::sink());
                }
            }
            if interrupted {
                Exit::Interrupted.into()
            } else {
                Exit::Usage.into()
            }
        }
    }
}

/// Options of the check, which is the program without a subcommand, mean nothing before one; those
/// for all commands may stand on either side of it.
fn refuse_misplaced(matches: &ArgMatches) -> Result<(), clap::Error> {
    let Some((name, _)) = matches.subcommand() else {
        return Ok(());
    };
    let command = command();
    let mut typed = typed_options(&command, matches);
    match typed.find(|typed| !typed.option.is_global_set()) {
        None => Ok(()),
        Some(Typed { name: option, .. }) => {
            let message = format!(
                "the option '--{option}' stands before the subcommand '{name}'; write it behind, \
                    if '{name}' has it"
            );
            Err(clap::Error::raw(ErrorKind::ArgumentConflict, message + "\n").with_cmd(&command))
        }
    }
}

/// As many threads as `--jobs` takes.
const MOST_THREADS: usize = 1024;

/// Starts the threads that all commands share. One by one, where first needed, they could only
/// panic if the system gives none.
fn start_threads() -> anyhow::Result<()> {
    let asked = std::env::var("RAYON_NUM_THREADS").ok();
    let asked = asked.and_then(|count| count.parse::<usize>().ok());
    let cores = std::thread::available_parallelism().map_or(1, std::num::NonZero::get);
    let count = asked.filter(|count| *count > 0).unwrap_or(cores);

    let pool = rayon::ThreadPoolBuilder::new().num_threads(count.min(MOST_THREADS));
    pool.build_global()
        .context("failed to start a thread: allow more processes (ulimit -u) or memory (ulimit -v)")
}

fn dispatch(cli: &Cli, matches: &ArgMatches, terminal: &Terminal) -> anyhow::Result<Exit> {
    let out = std::io::BufWriter::new(std::io::stdout());
    let out = Printed::new(out, terminal.color_out(), terminal.in_workflow());
    // Whoever asks for a verdict reads the exit code, if nothing else.
    let mut out = out.going_on_unread(cli.command.as_ref().is_none_or(Command::has_verdict));
    let exit = match &cli.command {
        None => {
            let typed = || TypedOptions::of(&merge::options(), matches);
            let args = check::Args::from_arg_matches(matches)?;
            check::run(&args, typed, &mut out, terminal)
        }
        #[cfg(feature = "bert")]
        Some(Command::Train(args)) => train::run(args, &mut out, terminal),
        #[cfg(feature = "bert")]
        Some(Command::Export(args)) => export::run(args, &mut out, terminal),
        Some(Command::Compare(args)) => compare::run(args, &mut out, terminal),
        #[cfg(feature = "bert")]
        Some(Command::Ranks(args)) => ranks::run(args, &mut out, terminal),
        Some(Command::Merge(args)) => merge::run(args, &mut out, terminal),
        Some(Command::Tune(args)) => tune::run(args, &mut out, terminal),
        Some(Command::Score(args)) => score::run(args, &mut out, terminal),
        Some(Command::Perturb(args)) => perturb::run(args, &mut out, terminal),
        Some(Command::Corrections(args)) => corrections::run(args, &mut out, terminal),
        Some(Command::Confusions(args)) => confusions::run(args, &mut out, terminal),
        Some(Command::Replay(args)) => replay::run(args, &mut out, terminal),
        Some(Command::Explain(args)) => explain::run(args, &mut out, terminal),
        Some(Command::Neighbours(args)) => neighbours::run(args, &mut out),
        Some(Command::Significance(args)) => significance::run(args, &mut out, terminal),
        Some(Command::Nbest(args)) => nbest::run(args, &mut out, terminal),
        Some(Command::Report(args)) => report::run(args, &mut out),
        Some(Command::Init(args)) => init::run(args, &mut out, terminal),
        Some(Command::Suites(args)) => suites::run(args, &mut out, terminal),
        Some(Command::Completions(args)) => completions::run(args, command(), &mut out),
    }?;
    out.flush().context(exit::STANDARD_OUTPUT)?;
    if let Some(bytes) = peak_memory::peak() {
        terminal.step(&format!("used at most {} of memory", mebibytes(bytes)));
    }

    Ok(exit)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_command_line_is_consistent() {
        command().debug_assert();
    }
}
