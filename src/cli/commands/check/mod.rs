//! The main job: perturb, rescore, judge, report.

mod baseline;
mod ci;
pub(crate) mod clock;
mod folder;
mod stopping;

use std::collections::BTreeSet;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use anyhow::Context;
use clap::ValueEnum;

use crate::check::engine::counts::counts;
use crate::check::engine::outcome::Outcome;
use crate::check::engine::plan::CheckProgress;
use crate::check::engine::plan::Plan;
use crate::check::judge::findings::Findings;
use crate::check::judge::slices::{dimensions, slices};
use crate::cli::args::input::NBestInput;
use crate::cli::args::model::ModelInput;
use crate::cli::args::outputs::{self, ForceInput, inputs, refuse_second_dash, suite_inputs};
use crate::cli::commands::check::baseline::{Baseline, BaselineInput, HeldBaseline};
use crate::cli::commands::check::ci::CiInput;
use crate::cli::commands::check::clock::Clock;
use crate::cli::commands::check::folder::CasesChoice;
use crate::cli::commands::check::stopping::StopInput;
use crate::cli::commands::failures::FailureInput;
use crate::cli::commands::lexicon::{LexiconInput, NamedLexicon};
#[cfg(feature = "bert")]
use crate::cli::commands::rank_pictures;
use crate::cli::dry_run;
use crate::cli::exit::{self, Exit};
use crate::cli::models::model::Model;
use crate::cli::saved::CounterexampleFile;
use crate::cli::saved_scores::{SavedScores, file_of};
use crate::cli::terminal::{Progress, Terminal};
use crate::cli::training_overlap;
use crate::files::{Input, Kind, OutputFile, ResultFolder};
use crate::nbest::read::Corpus;
use crate::perturb::menu::Replacements;
use crate::phonetics::neighbours::NeighbourIndex;
use crate::report::ci::Policy;
use crate::report::ci::closing::closing;
use crate::report::ranks::RankPicture;
use crate::report::record::{LexiconRecord, RunRecord};
use crate::report::settings::Settings;
use crate::report::subject::{Beside, Subject};
use crate::report::{Report, failure_text, json, markdown, terminal, utterances};
use crate::suite::Suite;

/// Options of the check itself.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    #[command(flatten)]
    model: ModelInput,
    /// Built-in suite (perturb-1, perturb-n, perturb-n-coherent, invariants, severity) or path of a
    /// suite file; repeatable
    #[arg(long = "suite", value_name = "NAME|FILE", required = true)]
    suites: Vec<String>,
    #[command(flatten)]
    nbest: NBestInput,
    #[command(flatten)]
    lexicon: LexiconInput,
    #[command(flatten)]
    failures: FailureInput,
    /// Folder the report is written to; an earlier report there is replaced, other files stay
    #[arg(long, value_name = "DIR", default_value = "robustness-report")]
    out: PathBuf,
    /// How every perturbed list is kept in the report's folder, with what was picked from it
    #[arg(long, value_name = "FORM", value_enum, default_value_t = CasesChoice::Zst)]
    cases: CasesChoice,
    #[command(flatten)]
    force: ForceInput,
    /// Seed of every random draw
    #[arg(long, value_name = "N", default_value_t = 1)]
    seed: u64,
    /// Perturbed draws per utterance, instead of what the suite says
    #[arg(long, value_name = "K", value_parser = clap::value_parser!(u32).range(1..=10_000))]
    draws: Option<u32>,
    /// What is printed on standard output; repeatable
    #[arg(long = "format", value_name = "FORMAT", value_enum, default_values_t = [Format::Terminal])]
    formats: Vec<Format>,
    #[command(flatten)]
    stop: StopInput,
    #[command(flatten)]
    baseline: BaselineInput,
    #[command(flatten)]
    ci: CiInput,
    /// Say what the check would ask of the model, and about how long that takes; check and write
    /// nothing
    ///
    /// Everything is read, loaded and drawn, and every output tried, so that a check that passes
    /// this begins. The time is an estimate, from a few lists that are scored.
    #[arg(long)]
    dry_run: bool,
}

/// The bytes of a line of counts, at least.
const LEAST_LINE: u64 = 100;

/// What standard output can show.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Format {
    /// A summary for people
    Terminal,
    /// The content of report.json
    Json,
    /// The content of report.md
    Markdown,
}

/// Runs the check and writes its report folder.
pub(crate) fn run(args: &Args, out: &mut dyn Write, terminal: &Terminal) -> anyhow::Result<Exit> {
    let clock = Clock::start();
    let suites = suites(&args.suites)?;
    let held = args.hold(&suites)?;
    let saved = args.failures.read(terminal)?;
    args.model.refuse_unheard()?;
    let trained: Vec<_> = args.model.trained_on().into_iter().collect();
    let (corpus, hint) = args.nbest.read_with_speakers(&trained, terminal)?;

    if let Some(hint) = &hint {
        terminal.warn(hint);
    }

    terminal.step(&format!("read {} utterances", corpus.utterances.len()));
    // A line for each in utterances.jsonl, which is the least of what is written.
    let least = corpus.utterances.len() as u64 * LEAST_LINE;
    held.report.ensure_space(outputs::LEAST + least)?;

    let lexicon = args.lexicon.read()?;
    terminal.step(&format!("read the lexicon: {}", lexicon.name));
    lexicon.warn_of_unknown(&corpus, terminal);

    let settings = Settings {
        seed: args.seed,
        normalization: &corpus.facts.normalization,
        lexicon: &lexicon.lexicon.content_hash(),
        suites: &suites,
    };
    let baseline = args
        .baseline
        .open(&settings, &corpus.utterances, terminal)?;
    let progress = Arc::new(terminal.progress("texts"));
    let pool = args.model.pool()?;
    let model = args.model.load(terminal, Arc::clone(&progress))?;

    for notice in model.notices() {
        terminal.warn(notice);
    }

    terminal.step(&format!("loaded the model: {}", model.record().name));
    if args.dry_run {
        let replacements = Replacements::new(NeighbourIndex::new(&lexicon.lexicon));
        let plan = args.plan(&corpus, &suites, &replacements);
        args.stop.check(&plan)?;
        let lines = pool.install(|| dry_run::lines(&plan, &model));
        progress.finish();
        out.write_all(lines.context("failed to check the model")?.as_bytes())
            .context(exit::STANDARD_OUTPUT)?;
        return Ok(Exit::Pass);
    }

    let device = args.model.device_name();
    let scores = SavedScores::recall(file_of(&args.out), &model, &device, terminal)?;
    let loaded = Loaded {
        clock,
        held,
        suites,
        baseline,
        saved,
        corpus,
        hint,
        lexicon,
        progress,
        pool,
        model: &model,
    };

    let ended = judge(args, loaded, out, terminal);
    SavedScores::settle(Vec::from_iter(scores), ended, terminal)
}

/// The places that a check writes to.
struct Held {
    report: ResultFolder,
    baseline: Option<HeldBaseline>,
    junit: Option<OutputFile>,
}

impl Args {
    fn plan<'a>(
        &self,
        corpus: &'a Corpus,
        suites: &'a [Suite],
        replacements: &'a Replacements,
    ) -> Plan<'a> {
        Plan {
            utterances: &corpus.utterances,
            suites,
            replacements,
            seed: self.seed,
            draws: self.draws.map(|draws| draws as usize),
        }
    }

    /// Holds all places that are written to, before anything is read.
    fn hold(&self, suites: &[Suite]) -> anyhow::Result<Held> {
        let inputs = [
            self.model.inputs(),
            suite_inputs(&self.suites, suites),
            self.nbest.inputs(),
            self.lexicon.inputs(),
            self.failures.inputs(),
        ]
        .concat();
        self.model.cache.ensure_apart(&inputs)?;

        let read: Vec<Input> = inputs
            .iter()
            .cloned()
            .chain(self.baseline.inputs())
            .collect();
        refuse_second_dash(&read)?;

        let report = self
            .force
            .folder(&self.out, Kind::Report, &folder::FILES, &read)?;
        let baseline = self.baseline.hold(self.force, &inputs)?;
        let kept = [read, self.written()].concat();

        Ok(Held {
            report,
            baseline,
            junit: self.ci.hold(self.force, &kept)?,
        })
    }

    /// What the report folder gets: no other output may be one of these.
    fn written(&self) -> Vec<Input> {
        let names = folder::FILES.into_iter().chain(["failures"]);
        let paths: Vec<PathBuf> = names.map(|name| self.out.join(name)).collect();
        outputs::inputs("--out", paths.iter().map(PathBuf::as_path))
    }
}

/// Everything a check works with.
struct Loaded<'a> {
    clock: Clock,
    held: Held,
    suites: Vec<Suite>,
    baseline: Option<Baseline>,
    saved: Vec<CounterexampleFile>,
    corpus: Corpus,
    /// Where speakers could be found, if the lists name none.
    hint: Option<String>,
    lexicon: NamedLexicon,
    progress: Arc<Progress>,
    pool: rayon::ThreadPool,
    model: &'a Model,
}

/// Scores, judges and writes the report folder.
fn judge(
    args: &Args,
    loaded: Loaded<'_>,
    out: &mut dyn Write,
    terminal: &Terminal,
) -> anyhow::Result<Exit> {
    let Loaded {
        clock,
        held,
        suites,
        baseline,
        saved,
        corpus,
        hint,
        lexicon,
        progress,
        pool,
        model,
    } = loaded;

    let replacements = Replacements::new(NeighbourIndex::new(&lexicon.lexicon));
    terminal.step("indexed the lexicon");
    let plan = args.plan(&corpus, &suites, &replacements);

    let stages = Stages {
        progress: &progress,
    };
    let prepared = pool.install(|| {
        let (utterances, rescorer) = (&corpus.utterances, model.rescorer());
        args.failures
            .prepare(&saved, utterances, rescorer, &progress)
    })?;
    terminal.may_go_on()?;

    let outcome = pool.install(|| args.stop.run(&plan, model.rescorer(), &stages, &clock));
    progress.finish();
    let (outcome, stopped) = outcome.context("failed to check the model")?;
    terminal.step("scored every list");

    let failures = pool.install(|| prepared.collect(&plan, &outcome, &progress, terminal))?;
    progress.finish();
    terminal.may_go_on()?;

    let notes = notes(args, model, hint, &corpus, &outcome, terminal);

    let known: &(dyn Fn(&str) -> bool + Sync) = &|word| lexicon.lexicon.contains(word);
    let subject = Subject {
        model: model.record(),
        corpus: &corpus,
        known,
        lexicon: LexiconRecord {
            name: lexicon.name.clone(),
            content_hash: lexicon.lexicon.content_hash(),
        },
        notes,
    };

    let (judgments, looks) = stopped.unzip();
    let findings = pool.install(|| match judgments {
        Some(judgments) => Findings::judged(&plan, &outcome, judgments),
        None => Findings::new(&plan, &outcome),
    });
    terminal.may_go_on()?;
    terminal.step("judged every check");

    let clustering = &findings.clustering;
    let dimensions = pool.install(|| dimensions(plan.utterances, clustering, known));
    let counts = pool.install(|| counts(&plan, &outcome));
    let baseline = baseline.as_ref();
    let compare = || (args.baseline).compare(baseline, &plan, &subject.model, &counts);
    let (record, compared) = pool.install(compare).unzip();

    let beside = Beside {
        looks: looks.unwrap_or_default(),
        slices: slices(&outcome, clustering, &dimensions),
        failures: failures.record(),
        utterances_hash: utterances::hash(&counts),
        baseline: record,
        run: RunRecord {
            cached_scores: model.cached_scores(),
            out: Some(args.out.display().to_string()),
            ..clock.record(args.model.device_name(), pool.current_num_threads())
        },
    };
    let report = pool.install(|| subject.report(&plan, &findings, beside));

    let ranks = rank_maps(args, &report, terminal);
    let contents = folder::Contents {
        report: &report,
        ranks: &ranks,
        outcome: &outcome,
        utterances: &corpus.utterances,
        pairs: &findings.pairs,
        counts: &counts,
        failures: &failures,
        cases: args.cases,
        shown: &args.out.to_string_lossy(),
    };

    // What is written from here on is whole: an interruption that comes later comes too late.
    terminal.may_go_on()?;
    let policy = args.ci.policy(args.baseline.accepts_worse());
    let junit = CiInput::prepare(held.junit, &report, policy)?;
    terminal.step("assembled the report");
    contents.write(&held.report)?;
    if let Some(junit) = junit {
        junit.place()?;
    }
    if let Some(held) = &held.baseline {
        held.update(&report, &counts, compared, terminal)?;
    }

    // The verdict comes last, so this is said before it.
    terminal.step("wrote every report");
    model.say_cached(terminal);
    say_written(&args.out, failures.saved(), terminal);

    print(&args.formats, &report, policy, out, terminal)?;
    args.ci.annotate(&report, policy, out, terminal)?;
    Ok(args
        .ci
        .exit(&report, baseline::exit(findings.verdict, compared)))
}

/// Where the ranks of the model's adapters are, if it has some. The figures of the check do without.
#[cfg(feature = "bert")]
fn rank_maps(args: &Args, report: &Report, terminal: &Terminal) -> Vec<RankPicture> {
    match rank_pictures::of_model(&args.model, &report.model) {
        Ok(picture) => picture.into_iter().collect(),
        Err(error) => {
            terminal.warn(&format!("the page has no map of ranks: {error:#}"));
            Vec::new()
        }
    }
}

/// No model here has adapters.
#[cfg(not(feature = "bert"))]
fn rank_maps(_args: &Args, _report: &Report, _terminal: &Terminal) -> Vec<RankPicture> {
    Vec::new()
}

/// What the user should know beside the figures: about the model, the speakers, and training on
/// swaps.
fn notes(
    args: &Args,
    model: &Model,
    hint: Option<String>,
    corpus: &Corpus,
    outcome: &Outcome<'_>,
    terminal: &Terminal,
) -> Vec<String> {
    let mut notes = model.notices().to_vec();
    notes.extend(hint);
    notes.extend(args.nbest.voices_note(corpus));

    if model.saw_perturbed_lists() {
        let note = training_overlap::note(outcome);
        terminal.warn(&note);
        notes.push(note);
    }

    notes
}

/// Says where the report is, and what can be done with it.
fn say_written(folder: &Path, failures: usize, terminal: &Terminal) {
    let written = folder.display().to_string();
    terminal.say(&format!("report written to {written}"));
    if failures > 0 {
        let replay = failure_text::replay_command(&written);
        terminal.say(&format!("replay its failures: {replay}"));
    }
}

/// Shows the report on standard output, once per format asked for.
fn print(
    formats: &[Format],
    report: &Report,
    policy: Policy,
    out: &mut dyn Write,
    terminal: &Terminal,
) -> anyhow::Result<()> {
    for format in formats {
        let text = match format {
            Format::Terminal if terminal.is_quiet() => terminal::brief(report, color(terminal)),
            Format::Terminal => {
                terminal::render(report, color(terminal), terminal.width_out())
                    + &in_all(report, policy, color(terminal))
            }
            Format::Json => json::render(report),
            Format::Markdown => markdown::render(report),
        };
        out.write_all(text.as_bytes())
            .context(exit::STANDARD_OUTPUT)?;
    }
    Ok(())
}

/// What a run with a baseline comes to, as the last line: its checks and the comparison have
/// verdicts of their own.
fn in_all(report: &Report, policy: Policy, color: terminal::Color) -> String {
    match &report.baseline {
        None => String::new(),
        Some(_) => {
            let line = closing(report, policy).line();
            format!("\n{}\n", terminal::bold(&line, color))
        }
    }
}

/// Tells the progress bar which check is running.
pub(crate) struct Stages<'a> {
    /// The bar.
    pub(crate) progress: &'a Progress,
}

impl CheckProgress for Stages<'_> {
    fn begin(&self, check: &str, lists: usize) {
        let message = if check.is_empty() {
            "clean lists"
        } else {
            check
        };
        let _ = lists;
        self.progress.begin(message, 0);
    }
}

/// Whether what is printed is colored.
pub(crate) fn color(terminal: &Terminal) -> terminal::Color {
    if terminal.color_out() {
        terminal::Color::On
    } else {
        terminal::Color::Off
    }
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
