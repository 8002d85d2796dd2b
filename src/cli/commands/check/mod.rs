//! The main job: perturb, rescore, judge, report.

mod args;
mod baseline;
pub(crate) mod ci;
pub(crate) mod clock;
mod earlier_run;
mod folder;
mod gather;
mod held_baseline;
mod parts;
mod places;
mod shard;
mod stages;
mod stopping;
mod unjudged;
mod work;

use std::collections::BTreeSet;
use std::io::Write;
use std::path::Path;
use std::sync::Arc;

use anyhow::Context;

use crate::check::judge::dimensions::Columns;
use crate::cli::args::outputs::{self, inputs, refuse_second_dash};
use crate::cli::commands::check::clock::Clock;
use crate::cli::commands::check::work::{Loaded, work};
use crate::cli::commands::lexicon::{NamedLexicon, warn_of_unknown};
use crate::cli::dry_run::{self, Unknown};
use crate::cli::exit::{Exit, print};
use crate::cli::saved_scores::SavedScores;
use crate::cli::score_files::file_of;
use crate::cli::shards::Parts;
use crate::cli::shards::options::TypedOptions;
use crate::cli::suite_notes::suite_notes;
use crate::cli::terminal::Terminal;
use crate::nbest::lists::{Lists, ReadBackError};
use crate::nbest::share::Share;
use crate::nbest::word_counts::WordCounts;
use crate::perturb::menu::Replacements;
use crate::phonetics::neighbours::NeighbourIndex;
use crate::report::settings::Settings;
use crate::suite::Suite;

pub(crate) use crate::cli::commands::check::args::Args;
pub(crate) use crate::cli::commands::check::stages::{Stages, color};

/// The bytes of a line of counts, at least.
const LEAST_LINE: u64 = 100;

/// Runs the check and writes its report folder, or the part of a shard, which needs to know what was
/// `typed`.
pub(crate) fn run(
    args: &Args,
    typed: impl FnOnce() -> anyhow::Result<TypedOptions>,
    out: &mut dyn Write,
    terminal: &Terminal,
) -> anyhow::Result<Exit> {
    match args.shard.shard()? {
        Some(shard) => shard::run(args, &suites(&args.suites)?, &typed()?, shard, terminal),
        None => whole(args, None, out, terminal),
    }
}

/// Runs the check with what its shards know, and writes its report folder.
pub(crate) fn merge(
    args: &Args,
    parts: &Parts,
    out: &mut dyn Write,
    terminal: &Terminal,
) -> anyhow::Result<Exit> {
    shard::refuse_rest(args)?;
    whole(args, Some(parts), out, terminal)
}

/// The check of all utterances.
fn whole(
    args: &Args,
    parts: Option<&Parts>,
    out: &mut dyn Write,
    terminal: &Terminal,
) -> anyhow::Result<Exit> {
    let clock = Clock::start();
    let suites = suites(&args.suites)?;
    args.stop.ensure_fits(&suites, args.draws)?;
    let held = args.hold(&suites, parts.map(Parts::inputs).unwrap_or_default())?;
    let saved = args.failures.read(terminal)?;
    args.model.refuse_unheard()?;
    let trained: Vec<_> = args.model.trained_on().into_iter().collect();
    // A merge is of the lists that its shards read.
    let share = parts.map(|_| Share::WHOLE);
    let nbest = &args.nbest;
    let (lists, speakers) = nbest.read_with_speakers(&trained, share, terminal)?;

    speakers.tell(terminal);

    terminal.step(&format!("read {} utterances", lists.survey.utterances));
    // A line for each in utterances.jsonl, which is the least of what is written.
    let least = lists.survey.utterances as u64 * LEAST_LINE;
    held.report.ensure_space(outputs::LEAST + least)?;

    let lists = if args.needs_all_lists() {
        lists.into_memory()?
    } else {
        lists
    };
    let lexicon = args.lexicon.read()?;
    terminal.step(&format!("read the lexicon: {}", lexicon.name));
    let (words, columns) = look(&lists, &lexicon)?;
    warn_of_unknown(&words, terminal);
    for note in suite_notes(&suites, &lexicon.lexicon) {
        terminal.warn(&note);
    }

    let settings = Settings {
        seed: args.draws.seed,
        normalization: &lists.facts.normalization,
        lexicon: &lexicon.lexicon.content_hash(),
        suites: &suites,
    };
    let baseline = args.baseline.open(&settings, &lists, terminal)?;
    let progress = Arc::new(terminal.progress("texts"));
    let pool = args.model.pool()?;
    let mut named = args.model.clone();
    if args.dry_run {
        named.cache.let_go()?;
    }
    let mut model = named.load(terminal, Arc::clone(&progress))?;
    for caution in nbest.known_to(&trained, true) {
        model.notice(caution);
    }
    model.notice_tuning_lists(&lists);

    model.tell(|_| true, terminal);

    terminal.step(&format!("loaded the model: {}", model.record().name));
    if let Some(parts) = parts {
        let settings = shard::settings(args, &suites, &lists, &lexicon, &model);
        parts.ensure_of(&settings, terminal)?;
        parts.verify(terminal)?;
    }
    let handing = match parts {
        Some(parts) => parts.handing(&model)?,
        None => None,
    };
    if args.dry_run {
        let replacements = Replacements::new(NeighbourIndex::new(&lexicon.lexicon));
        let plan = args.plan(&lists, &suites, &replacements);
        let unknown = Unknown {
            cached: args.model.cache.is_given(),
            minimizes: args.failures.minimizes(model.rescorer()),
        };
        let lines = pool.install(|| dry_run::lines(&plan, &model, unknown));
        progress.finish();
        print(out, &lines.context("failed to check the model")?)?;
        return Ok(Exit::Pass);
    }

    let device = args.model.device_name();
    let scores = SavedScores::recall(file_of(&args.out), &model, &device, terminal)?;
    let loaded = Loaded {
        clock,
        suites,
        baseline,
        saved,
        lists,
        words,
        speakers,
        lexicon,
        progress,
        pool,
        model: &model,
    };

    let ended = work(args, &loaded, columns, (held, handing), out, terminal);
    SavedScores::settle(Vec::from_iter(scores), ended, terminal)
}

/// Looks at all lists before anything is scored: their words, and what they can be cut by.
fn look(lists: &Lists, lexicon: &NamedLexicon) -> Result<(WordCounts, Columns), ReadBackError> {
    let known = |word: &str| lexicon.lexicon.contains(word);
    let (mut words, mut columns) = (WordCounts::default(), Columns::default());
    for part in lists.parts()? {
        let utterances = part?.utterances;
        words.add(&utterances, known);
        columns.add(&utterances, known);
    }
    Ok((words, columns))
}

/// All suites, each once.
pub(crate) fn suites(names: &[String]) -> anyhow::Result<Vec<Suite>> {
    refuse_second_dash(&inputs("--suite", names.iter().map(Path::new)))?;
    let mut seen = BTreeSet::new();
    let mut suites = Vec::new();
    for name in names {
        let suite = Suite::open(name)?;
        anyhow::ensure!(
            seen.insert(suite.name.clone()),
            "the suite \"{}\" is given twice: each suite runs once",
            suite.name
        );
        suites.push(suite);
    }

    Ok(suites)
}
