//! `train`: from a base model and lists, or plain text, to a checkpoint.
//!
//! Here is what both ways of training share: files, devices, rhythm. Progress is in
//! [`reporter`](mod@crate::cli::commands::train::reporter). Training on
//! lists is in [`lists`](mod@crate::cli::commands::train::lists), on text in
//! [`text`](mod@crate::cli::commands::train::text).

mod asked;
mod attempt;
mod candidate;
mod divergence;
mod ending;
mod inputs;
mod lists;
mod looks;
mod objective;
mod option_names;
pub(crate) mod options;
mod out_of_range;
mod planning;
mod pooler;
mod ranges;
mod reporter;
mod robust;
mod shared_lists;
mod step_counts;
pub(crate) mod sweep;
mod teacher;
mod text;
mod unread;

use std::io::Write;
use std::path::{Path, PathBuf};

use anyhow::Context;
use clap::{Command, FromArgMatches};

use crate::bert::checkpoint::{BaseSearch, Source};
use crate::cli::args::input::Reading;
use crate::cli::args::model_name::base_folder;
use crate::cli::args::outputs::{ForceInput, MODEL_FILES, inputs, refuse_second_dash};
use crate::cli::args::paths::{self, is_own};
use crate::cli::commands::train::asked::{Asked, Typed};
use crate::cli::commands::train::options::recipe::Recipe;
use crate::cli::commands::train::options::{ObjectiveName, Options};
use crate::cli::commands::train::out_of_range::OutOfRange;
use crate::cli::exit::{Exit, STANDARD_OUTPUT};
use crate::cli::terminal::Terminal;
use crate::files::{Input, Kind, ResultFolder, beside, remove_folder};
use crate::report::shown::shown;
use crate::report::wrap::fitted;
use crate::train::TrainError;
use crate::train::driver::Saving;
use crate::train::state::SavedRun;

/// What to train, from what, and how.
#[derive(Debug, clap::Args)]
#[command(
    long_about = "Trains a rescorer. With --objective mwer (the default) a base model learns from \
        n-best lists with references to give hypotheses with few word errors high scores; the \
        checkpoint can then be tested with --model. With --objective mlm a base model is made, or \
        adapted to a domain, from plain text.\n\n\
        The best model on the development lists is kept, and the interpolation weight tuned on \
        them. Ctrl-C saves the state; --resume OUT goes on, without the options, and ends with the \
        same bytes as if nothing had happened, but for what training cost (training.json); \
        --resume OUT --finish writes the best model so far.",
    after_help = "Examples:\n  \
        robustness-check train --base minilm --nbest train.jsonl --dev dev.jsonl \\\n    \
        --strategy lora --rank 8 --out ckpt\n  \
        robustness-check train --base minilm --nbest train.jsonl --dev dev.jsonl \\\n    \
        --strategy full --lr 3e-5 --out full\n  \
        robustness-check train --recipe fixtures/checkpoints/demo.toml --out my-demo\n  \
        robustness-check train --objective mlm --size tiny --text sentences.txt \\\n    \
        --out my-base\n\n\
        A recipe is a TOML file of these options without the dashes: strategy = \"lora\", rank = \
        8, lr = 1e-3."
)]
pub(crate) struct Args {
    #[command(flatten)]
    options: Options,
    #[command(flatten)]
    reading: Reading,
    /// TOML file of options; what is typed as well counts as typed
    #[arg(
        long,
        value_name = "FILE",
        visible_alias = "config",
        help_heading = "Run"
    )]
    recipe: Option<PathBuf>,
    #[command(flatten)]
    force: ForceInput,
    /// Go on with the run saved in OUT.training, or begin it; options that it began with need not
    /// be given again
    ///
    /// OUT is named here, or with --out. Options that are given must be those that the run began
    /// with.
    #[arg(long, value_name = "OUT", num_args = 0..=1, help_heading = "Run")]
    #[expect(
        clippy::option_option,
        reason = "an option whose value may be left out"
    )]
    resume: Option<Option<PathBuf>>,
    /// With --resume: take no further step, but write the best model so far, and end the run
    #[arg(long, requires = "resume", help_heading = "Run")]
    finish: bool,
    /// Where to train: cpu, or cuda:N, vulkan:N or metal:N in a build with that feature
    #[arg(long, value_name = "DEVICE", default_value = "cpu")]
    device: String,
    /// Threads; all cores if not given
    #[arg(long, short, value_name = "N", value_parser = clap::value_parser!(u32).range(1..=1024))]
    jobs: Option<u32>,
    /// All of this, as it was typed.
    #[arg(skip)]
    typed: Typed,
    /// How the run was asked for that is gone on with.
    #[arg(skip)]
    began: Option<Asked>,
}

/// One of these options is in every command that begins a run.
const BEGINNINGS: [&str; 4] = ["base", "recipe", "new", "size"];

/// The options of `train` alone.
fn command() -> Command {
    <Args as clap::Args>::augment_args(Command::new("train").no_binary_name(true))
}

/// The options of a run whose words are `typed`, which goes on with what is saved for `out`.
fn parse(mut typed: Typed, out: &Path) -> anyhow::Result<Args> {
    typed.insert("out".to_owned(), vec![out.to_string_lossy().into_owned()]);
    typed.insert("resume".to_owned(), Vec::new());
    let words = typed.iter().flat_map(|(option, values)| {
        let switch = values.is_empty().then(|| format!("--{option}"));
        let valued = values.iter().map(|value| format!("--{option}={value}"));
        switch.into_iter().chain(valued).collect::<Vec<_>>()
    });

    let matches = command().try_get_matches_from(words).map_err(|error| {
        let text = error.render().to_string();
        let reason = text.lines().next().unwrap_or_default();
        anyhow::anyhow!(
            "the options do not go with those that the run began with ({})",
            reason.trim_start_matches("error: ")
        )
    })?;

    let mut args = Args::from_arg_matches(&matches)?;
    args.typed = typed;
    Ok(args)
}

/// What to train, and how it was typed.
#[derive(Debug)]
pub(crate) struct TypedArgs(Args);

impl clap::Args for TypedArgs {
    fn augment_args(command: clap::Command) -> clap::Command {
        Args::augment_args(command)
    }

    fn augment_args_for_update(command: clap::Command) -> clap::Command {
        Args::augment_args_for_update(command)
    }
}

impl clap::FromArgMatches for TypedArgs {
    fn from_arg_matches(matches: &clap::ArgMatches) -> Result<TypedArgs, clap::Error> {
        let args = Args::from_arg_matches(matches)?;
        Ok(TypedArgs(Args {
            typed: asked::typed(matches, &command()),
            ..args
        }))
    }

    fn update_from_arg_matches(&mut self, matches: &clap::ArgMatches) -> Result<(), clap::Error> {
        *self = TypedArgs::from_arg_matches(matches)?;
        Ok(())
    }
}

impl Args {
    /// Whether a saved run is gone on with.
    fn resumes(&self) -> bool {
        self.resume.is_some()
    }

    /// The checkpoint of the run that is gone on with, where it is named.
    fn resumed(&self) -> anyhow::Result<Option<PathBuf>> {
        match &self.resume {
            None => Ok(None),
            Some(Some(named)) => Ok(Some(asked::checkpoint_of(named))),
            Some(None) => {
                let options = match &self.recipe {
                    Some(recipe) => self.options.or_recipe(recipe)?,
                    None => self.options.clone(),
                };
                Ok(options.out)
            }
        }
    }

    /// These options, with what the saved run began with where they say nothing.
    fn completed(&self) -> anyhow::Result<Option<Args>> {
        let begins = |option: &&str| self.typed.contains_key(*option);
        let begins = BEGINNINGS.iter().any(begins);
        let Some(out) = self.resumed()? else {
            anyhow::ensure!(
                begins || !self.resumes(),
                "--resume names no run: write --resume OUT, where OUT is the folder that the run \
                    was to write (its --out)"
            );
            return Ok(None);
        };

        if let Some(began) = Asked::saved(&out)? {
            let args = parse(began.complete(&self.typed), &out)?;
            let began = Some(began);
            return Ok(Some(Args { began, ..args }));
        }
        let is_named = matches!(self.resume, Some(Some(_)));
        if !begins {
            let state = beside(&out, ".training");
            let holds = if state.exists() {
                "holds none"
            } else {
                "is not there"
            };
            anyhow::bail!(
                "no run is saved for {}: {} {holds}; a run that ended has none; to begin one, give \
                    all its options (--base, --nbest, --dev, or --recipe)",
                out.display(),
                state.display()
            );
        }

        is_named
            .then(|| parse(self.typed.clone(), &out))
            .transpose()
    }
}

/// Trains and writes the checkpoint.
pub(crate) fn run(
    input: &TypedArgs,
    out: &mut dyn Write,
    terminal: &Terminal,
) -> anyhow::Result<Exit> {
    let completed = input.0.completed()?;
    let args = completed.as_ref().unwrap_or(&input.0);
    if let Err(OutOfRange { option, problem }) = args.options.check_ranges() {
        anyhow::bail!("--{option} is {problem}");
    }

    let typed = &args.options;
    let Some(recipe) = &args.recipe else {
        typed.ensure_used(typed, None)?;
        return run_options(args, typed, out, terminal);
    };

    let recipe = Recipe::read(recipe)?;
    let options = recipe.complete(typed)?;
    options.ensure_used(typed, Some(&recipe))?;

    // What a recipe asks for may be its fault, whatever fails because of it.
    run_options(args, &options, out, terminal).map_err(|error| recipe.blamed(error, typed))
}

fn run_options(
    args: &Args,
    options: &Options,
    out: &mut dyn Write,
    terminal: &Terminal,
) -> anyhow::Result<Exit> {
    let mut pool = rayon::ThreadPoolBuilder::new();
    if let Some(jobs) = args.jobs {
        pool = pool.num_threads(jobs as usize);
    }
    let pool = pool.build()?;
    // The output is not sent between threads: the summary is printed here.
    let (exit, summary) = pool.install(|| match options.objective {
        Some(ObjectiveName::Mlm) => text::run(args, options, terminal),
        Some(ObjectiveName::Mwer | ObjectiveName::Mwed | ObjectiveName::Distillation) | None => {
            lists::run(args, options, terminal)
        }
    })?;
    let summary = shown(&summary);
    let lines = fitted("", &summary, 2, terminal.width_out());
    let printed = out.write_all(lines.as_bytes()).and_then(|()| out.flush());
    printed.with_context(|| format!("{STANDARD_OUTPUT} what was done: {summary}"))?;

    Ok(exit)
}

/// The value of an option that has no default.
fn required<'a, T>(value: Option<&'a T>, option: &str, example: &str) -> anyhow::Result<&'a T> {
    value.with_context(|| {
        format!("{option} is missing: write {option} {example}, or put it into the recipe")
    })
}

/// The files of the base model; `demo` is the base of the demo model.
fn open_base(base: &Path) -> anyhow::Result<Source> {
    let source = Source::open(
        &base_folder(base),
        BaseSearch {
            base: None,
            cache: None,
        },
    )?;

    if source.adapter.is_some() {
        anyhow::bail!(
            "{} is an adapter; training starts from a whole model: name its base model with --base",
            base.display()
        );
    }

    Ok(source)
}

/// All that is read, but for what `options` only name by a label.
fn read_files(args: &Args, options: &Options) -> Vec<Input> {
    fn of(paths: &[PathBuf]) -> impl Iterator<Item = &Path> {
        paths.iter().map(PathBuf::as_path)
    }

    let base = options.base.as_deref().map(base_folder);
    let teacher = options.teacher.as_deref().map(base_folder);
    [
        inputs("--base", base.as_deref()),
        inputs("--nbest", of(&options.nbest)),
        inputs("--dev", of(&options.dev)),
        inputs("--text", of(&options.text)),
        inputs("--new", options.new.as_deref()),
        inputs("--teacher", teacher.as_deref()),
        inputs("--ranks-from", options.ranks_from.as_deref()),
        inputs("--recipe", args.recipe.as_deref()),
        args.reading.inputs(),
    ]
    .concat()
}

/// Where the checkpoint and the state go.
struct Output {
    folder: ResultFolder,
    state: PathBuf,
    /// Where the state goes if there is no writing there.
    substitute: Option<PathBuf>,
    /// How the run is asked for.
    asked: Asked,
    /// The same, as the state remembers it.
    remembered: serde_json::Value,
}

impl Output {
    /// Holds the places of the checkpoint, `out`, and of the state; refuses to throw a saved run
    /// away.
    fn new(args: &Args, options: &Options, out: &Path) -> anyhow::Result<Output> {
        let state = beside(out, ".training");
        let asked = Asked::of(&args.typed, options)?;
        let output = Output::hold(args, options, out, state, asked)?;
        for state in output.states() {
            if args.resumes() || !SavedRun::is_in(state)? {
                continue;
            }
            anyhow::bail!(
                "a run is saved in {}: go on with {}, or remove it to start anew",
                state.display(),
                asked::resuming(&output.state)
            );
        }

        Ok(output)
    }

    /// An error of training, in the words of options where they are not those that the run began
    /// with.
    fn told(&self, args: &Args, error: TrainError) -> anyhow::Error {
        let began = args.began.as_ref();
        match began.and_then(|began| began.refusal(&self.asked, &error)) {
            Some(refusal) => anyhow::anyhow!(refusal),
            None => asked::damage(error),
        }
    }

    /// What training gave; where it went on from a saved state, which may be its fault, an error
    /// names it.
    fn blame<T>(&self, args: &Args, result: Result<T, TrainError>) -> anyhow::Result<T> {
        result.map_err(|error| {
            // Of damage, the file is told already.
            let goes_on = args.began.is_some() && !matches!(error, TrainError::Damaged { .. });
            let told = self.told(args, error);
            if !goes_on {
                return told;
            }
            let state = self.state.join("state.json");
            told.context(format!("failed to go on from {}", state.display()))
        })
    }

    fn hold(
        args: &Args,
        options: &Options,
        out: &Path,
        state: PathBuf,
        asked: Asked,
    ) -> anyhow::Result<Output> {
        let read = read_files(args, options);
        refuse_second_dash(&read)?;
        let force = args.force;
        let folder = force.folder(out, Kind::Checkpoint, &MODEL_FILES, &read)?;

        // Whoever holds the checkpoint's folder is alone with the state, which is held while it is
        // written.
        let held = force.folder(&state, Kind::TrainingState, &[], &read);
        if args.resumes() && held.is_err() {
            // A state that is damaged is not what was written either.
            SavedRun::ensure_sound(&state).map_err(asked::damage)?;
        }
        drop(held?);

        // There is no writing to a folder of somebody else.
        let substitute = paths::substitute(&state).ok();
        Ok(Output {
            folder,
            substitute: substitute.filter(|path| !path.exists() || is_own(path)),
            remembered: serde_json::to_value(&asked)?,
            asked,
            state,
        })
    }

    /// Where a state may be.
    fn states(&self) -> impl Iterator<Item = &PathBuf> {
        std::iter::once(&self.state).chain(&self.substitute)
    }

    fn saving(&self, args: &Args) -> Saving<'_> {
        Saving {
            folder: &self.state,
            substitute: self.substitute.as_deref(),
            resume: args.resumes(),
            finish: args.finish,
            asked: Some(&self.remembered),
        }
    }

    /// Refuses to begin training all weights of a base of so many bytes where its result has no
    /// room.
    fn ensure_space(&self, weights: u64) -> anyhow::Result<()> {
        // The checkpoint; and in the state, the weights again with both moments of the optimizer.
        Ok(self.folder.ensure_space(4 * weights)?)
    }

    /// Removes the state of a run that has ended.
    fn clear(&self) -> anyhow::Result<()> {
        for state in self.states() {
            remove_folder(state)?;
        }
        Ok(())
    }
}
