//! A shard of a check: its utterances are drawn and scored, and what the model said is a part for
//! the merge.

use std::fs;
use std::io;
use std::path::Path;
use std::sync::Arc;

use anyhow::Context;

use crate::check::engine::open_check::RunContext;
use crate::check::engine::plan::Plan;
use crate::check::engine::run::{checked, rescored};
use crate::cli::commands::check::args::Args;
use crate::cli::commands::check::stages::Stages;
use crate::cli::commands::lexicon::NamedLexicon;
use crate::cli::exit::Exit;
use crate::cli::models::model::Model;
use crate::cli::saved_scores::SavedScores;
use crate::cli::score_files::file_of;
use crate::cli::shards::options::TypedOptions;
use crate::cli::shards::part::{self, Header, PartReader, PartWriter};
use crate::cli::shards::settings::{ShardSettings, SuiteSettings};
use crate::cli::shards::shard::Shard;
use crate::cli::terminal::{Progress, Terminal};
use crate::files::{OutputFile, beside};
use crate::nbest::Utterance;
use crate::nbest::lists::Lists;
use crate::perturb::menu::Replacements;
use crate::phonetics::neighbours::NeighbourIndex;
use crate::report::number;
use crate::report::shell;
use crate::rescore::RescoreError;
use crate::suite::Suite;

/// Scores the utterances of `shard`, unless that is done already.
pub(super) fn run(
    args: &Args,
    suites: &[Suite],
    typed: &TypedOptions,
    shard: Shard,
    terminal: &Terminal,
) -> anyhow::Result<Exit> {
    refuse_early_end(args)?;
    anyhow::ensure!(
        !args.dry_run,
        "--dry-run tells what a whole check asks: leave out --shard"
    );
    anyhow::ensure!(
        suites.iter().any(|suite| !suite.checks.is_empty()),
        "these suites have properties alone, which look at all lists together: leave out --shard"
    );
    let folder = beside(&args.out, ".shards");
    let file = folder.join(shard.file_name());
    let held = hold(args, suites, &folder, &file)?;
    args.model.refuse_unheard()?;

    let trained: Vec<_> = args.model.trained_on().into_iter().collect();
    let share = Some(shard.share());
    let nbest = &args.nbest;
    let (lists, _) = nbest.read_with_speakers(&trained, share, terminal)?;
    let lexicon = args.lexicon.read()?;
    let progress = Arc::new(terminal.progress("texts"));
    let pool = args.model.pool()?;
    let mut model = args.model.load(terminal, Arc::clone(&progress))?;
    for caution in nbest.known_to(&trained, true) {
        model.notice(caution);
    }
    model.tell(|_| true, terminal);

    let header = Header::new(
        shard,
        lists.survey.utterances,
        settings(args, suites, &lists, &lexicon, &model),
        typed.recorded(),
    );
    if known_before(&file, &header, &model, terminal)? {
        terminal.say(&format!("shard {shard} is done: {}", file.display()));
        return Ok(Exit::Pass);
    }

    let device = args.model.device_name();
    let saved = SavedScores::recall(file_of(&file), &model, &device, terminal)?;
    let work = Work {
        args,
        suites,
        lists: &lists,
        lexicon: &lexicon,
        model: &model,
        progress: &progress,
        terminal,
    };
    let ended = pool.install(|| work.part(&header, held));
    progress.finish();
    model.warn_of_cache(terminal);
    let ended = ended.map(|()| {
        terminal.say(&format!(
            "shard {shard}: {} scored, written to {}; when all shards are there: \
                robustness-check merge {}",
            number::count(header.utterances, "utterance"),
            file.display(),
            shell::word(&folder.to_string_lossy())
        ));
        Exit::Pass
    });
    SavedScores::settle(Vec::from_iter(saved), ended, terminal)
}

/// Refuses what a check does after looking at all utterances.
fn refuse_early_end(args: &Args) -> anyhow::Result<()> {
    anyhow::ensure!(
        !args.stop.is_given(),
        "--stop and --budget look at the draws of all utterances before more are made, and a shard \
            has its own alone: leave them out, or --shard"
    );
    Ok(())
}

/// Refuses options of a merge that have no meaning in one.
pub(super) fn refuse_rest(args: &Args) -> anyhow::Result<()> {
    refuse_early_end(args)?;
    anyhow::ensure!(
        !args.shard.is_given() && !args.dry_run,
        "a merge is of all shards, and is not tried beforehand: leave out --shard and --dry-run"
    );
    Ok(())
}

/// Holds the part `file`, in `folder`.
fn hold(args: &Args, suites: &[Suite], folder: &Path, file: &Path) -> anyhow::Result<OutputFile> {
    let inputs = args.inputs(suites);
    args.model.cache.ensure_apart(&inputs)?;
    fs::create_dir_all(folder).with_context(|| format!("failed to make {}", folder.display()))?;
    let is_part = |line: &str| line.starts_with(part::BEGINNING);
    Ok(args.force.file(file, is_part, &inputs)?)
}

/// What decides the scores.
pub(super) fn settings(
    args: &Args,
    suites: &[Suite],
    lists: &Lists,
    lexicon: &NamedLexicon,
    model: &Model,
) -> ShardSettings {
    let suites = suites.iter().map(|suite| SuiteSettings {
        name: suite.name.clone(),
        hash: suite.content_hash(),
    });
    ShardSettings {
        seed: args.draws.seed,
        draws: args.draws.draws,
        lists: lists
            .facts
            .set_hash
            .clone()
            .expect("shards and merges read shares"),
        normalization: lists.facts.normalization.clone(),
        lexicon: lexicon.lexicon.content_hash(),
        suites: suites.collect(),
        model: model.record(),
        device: args.model.device_name(),
    }
}

/// Whether `file` is the part already. One that was written for other options of the merge, with
/// the same scores, is handed to the model; any other is replaced.
fn known_before(
    file: &Path,
    header: &Header,
    model: &Model,
    terminal: &Terminal,
) -> anyhow::Result<bool> {
    if !file.exists() {
        return Ok(false);
    }

    let replaced = |why: &str| terminal.say(&format!("{} is replaced: {why}", file.display()));
    let mut reader = match PartReader::open(file) {
        Ok(reader) => reader,
        Err(error) if error.is_of_content() => {
            replaced(&format!("{:#}", anyhow::Error::from(error)));
            return Ok(false);
        }
        Err(error) => return Err(error.into()),
    };
    let before = &reader.header;
    let differences = header
        .settings
        .differences(&before.settings, "here", "there");
    if !differences.is_empty() {
        replaced(&format!("it is of another run: {}", differences.join("; ")));
        return Ok(false);
    }

    let same = before.options == header.options;
    let mut known = Vec::new();
    loop {
        match reader.block() {
            Ok(Some(block)) if !same => known.extend(block),
            Ok(Some(_)) => {}
            Ok(None) => break,
            Err(error) => {
                replaced(&format!("{:#}", anyhow::Error::from(error)));
                return Ok(false);
            }
        }
    }
    if let Some(model) = model.hands_over() {
        for one in known {
            model.take_over(one);
        }
    }
    Ok(same)
}

/// The work of a shard, once everything is read.
struct Work<'a> {
    args: &'a Args,
    suites: &'a [Suite],
    lists: &'a Lists,
    lexicon: &'a NamedLexicon,
    model: &'a Model,
    progress: &'a Progress,
    terminal: &'a Terminal,
}

impl Work<'_> {
    /// Scores all utterances of the shard, and writes the part as it goes: it has its name when it
    /// is whole.
    fn part(&self, header: &Header, held: OutputFile) -> anyhow::Result<()> {
        if let Some(model) = self.model.hands_over() {
            model.collect();
        }

        let replacements = Replacements::new(NeighbourIndex::new(&self.lexicon.lexicon));
        self.terminal.step("indexed the lexicon");
        let mut failed = None;
        let written = held.write(|file| {
            let mut part = PartWriter::begin(file, header)?;
            match self.utterances(&replacements, &mut part) {
                Ok(()) => part.end(),
                // What the disk says is told with the name of the part.
                Err(error) => Err(error.downcast().unwrap_or_else(|error| {
                    failed = Some(error);
                    io::ErrorKind::Interrupted.into()
                })),
            }
        });
        match failed {
            Some(error) => Err(error),
            None => Ok(written?),
        }
    }

    /// Scores all utterances of the shard, and writes what the model said of each.
    fn utterances(
        &self,
        replacements: &Replacements,
        part: &mut PartWriter<'_>,
    ) -> anyhow::Result<()> {
        for utterances in self.lists.parts()? {
            self.terminal.may_go_on()?;
            self.score(&utterances?.utterances, replacements, part)?;
        }
        self.terminal.may_go_on()
    }

    /// Asks the model for all scores that the check needs of `utterances`, and writes them.
    fn score(
        &self,
        utterances: &[Utterance],
        replacements: &Replacements,
        part: &mut PartWriter<'_>,
    ) -> anyhow::Result<()> {
        let plan = Plan {
            utterances,
            ..self.args.plan(self.lists, self.suites, replacements)
        };
        let (rescorer, progress) = (
            self.model.rescorer(),
            &Stages {
                progress: self.progress,
            },
        );
        let scored = || -> Result<(), RescoreError> {
            let clean = rescored(&plan, rescorer, progress)?;
            let context = RunContext {
                plan: &plan,
                clean: &clean,
                rescorer,
                progress,
            };
            checked(context).try_for_each(|outcome| outcome.map(|_| ()))
        };
        scored().context("failed to check the model")?;

        match self.model.hands_over() {
            Some(model) => Ok(part.write(&model.hand_over())?),
            None => Ok(()),
        }
    }
}
