//! The work of a check, once everything is read: score, judge, write the report.

use std::io::Write;
use std::path::Path;
use std::sync::Arc;

use anyhow::Context;

use crate::check::engine::outcome::RunFacts;
use crate::check::engine::plan::Plan;
use crate::check::engine::wrong_way::WrongWay;
use crate::check::judge::dimensions::{Columns, Dimension};
use crate::check::judge::findings::Findings;
use crate::check::judge::looks::Looks;
use crate::check::judge::run_counts::RunCounts;
use crate::check::judge::slices::slices;
use crate::check::judge::verdict::Judgment;
use crate::cli::args::list_warnings::SpeakerNotes;
use crate::cli::commands::check::args::{Args, Format, Held};
use crate::cli::commands::check::clock::Clock;
use crate::cli::commands::check::earlier_run::Baseline;
use crate::cli::commands::check::folder;
use crate::cli::commands::check::gather::{Gathered, Gathering, Keeping};
use crate::cli::commands::check::parts::{self, PartedRun};
use crate::cli::commands::check::stages::{Stages, color};
use crate::cli::commands::failures::FailureFiles;
use crate::cli::commands::lexicon::NamedLexicon;
#[cfg(feature = "bert")]
use crate::cli::commands::rank_pictures;
use crate::cli::exit::{self, Exit};
use crate::cli::models::model::Model;
use crate::cli::saved::CounterexampleFile;
use crate::cli::shards::Handing;
use crate::cli::suite_notes::suite_notes;
use crate::cli::terminal::{Progress, Terminal};
use crate::cli::training_overlap::TrainingOverlap;
use crate::nbest::lists::Lists;
use crate::nbest::spelling::SpelledApart;
use crate::nbest::word_counts::WordCounts;
use crate::perturb::menu::Replacements;
use crate::phonetics::neighbours::NeighbourIndex;
use crate::report::ci::Inconclusive;
use crate::report::ci::closing::closing;
use crate::report::ranks::RankPicture;
use crate::report::record::{LexiconRecord, RunRecord};
use crate::report::subject::{Beside, Subject};
use crate::report::wrap::fitted;
use crate::report::{Report, brief, failure_text, json, markdown, terminal};
use crate::suite::Suite;

/// Everything a check works with.
pub(super) struct Loaded<'a> {
    pub(super) clock: Clock,
    pub(super) suites: Vec<Suite>,
    pub(super) baseline: Option<Baseline>,
    pub(super) saved: Vec<CounterexampleFile>,
    pub(super) lists: Lists,
    pub(super) words: WordCounts,
    /// What there is to say of them.
    pub(super) speakers: SpeakerNotes,
    pub(super) lexicon: NamedLexicon,
    pub(super) progress: Arc<Progress>,
    pub(super) pool: rayon::ThreadPool,
    pub(super) model: &'a Model,
}

/// Scores, judges and writes the report folder. The model is handed what other runs know.
pub(super) fn work(
    args: &Args,
    loaded: &Loaded<'_>,
    columns: Columns,
    (held, handing): (Held, Option<Handing<'_>>),
    out: &mut dyn Write,
    terminal: &Terminal,
) -> anyhow::Result<Exit> {
    let Loaded {
        progress,
        pool,
        model,
        lists,
        ..
    } = loaded;
    let replacements = Replacements::new(NeighbourIndex::new(&loaded.lexicon.lexicon));
    terminal.step("indexed the lexicon");
    let plan = args.plan(lists, &loaded.suites, &replacements);

    let rescorer = model.rescorer();
    let prepared = pool.install(|| {
        let failures = &args.failures;
        failures.prepare(&loaded.saved, lists, rescorer, progress, terminal)
    })?;
    terminal.may_go_on()?;

    let (clustering, dimensions) = columns.finish();
    let keeping = Keeping {
        flips: prepared.flips(plan.checks().count()),
        cases: args.cases.is_on(),
        compared: loaded.baseline.is_some(),
    };
    let counts = RunCounts::new(&plan, clustering, rescorer.interpolation());
    let gathering = Gathering::new(&plan, counts, keeping).with_context(parts::waiting)?;
    let run = PartedRun {
        plan,
        lists,
        rescorer,
        progress: &Stages { progress },
        terminal,
    };
    let ran = pool.install(|| gather(args, &run, gathering, handing, &loaded.clock));
    progress.finish();
    let mut ran = ran?;
    terminal.step("scored every list");

    let flips = ran.gathered.flips.take();
    let failures = pool.install(|| prepared.collect(&plan, flips, progress, terminal))?;
    progress.finish();
    terminal.may_go_on()?;

    let conclusion = Conclusion {
        args,
        loaded,
        plan,
        dimensions,
        failures,
    };
    conclusion.write(ran, held, out, terminal)
}

/// What a run leaves, and, if a check could end early, its judgments and looks.
struct Ran<'a> {
    gathered: Gathered<'a>,
    facts: RunFacts,
    stopped: Option<(Vec<Judgment>, Vec<Looks>)>,
}

/// Runs every check: part by part, or round by round where checks may end early.
fn gather<'a>(
    args: &Args,
    run: &PartedRun<'a>,
    mut gathering: Gathering<'a>,
    handing: Option<Handing<'_>>,
    clock: &Clock,
) -> anyhow::Result<Ran<'a>> {
    let (facts, stopped) = if args.stop.is_given() {
        let ran = (args.stop).run(&run.plan, run.rescorer, run.progress, clock);
        let (outcome, stopped) = ran.context("failed to check the model")?;
        let added = gathering.add(&run.plan, &outcome);
        added.with_context(parts::waiting)?;
        let facts = RunFacts {
            wrong_way: WrongWay::of(&run.lists.survey.order),
            spelled_apart: SpelledApart::of(&run.lists.survey.spelling),
            ..outcome.facts
        };
        (facts, Some(stopped))
    } else {
        (run.run(&mut gathering, handing)?, None)
    };

    Ok(Ran {
        gathered: gathering.end().with_context(parts::waiting)?,
        facts,
        stopped,
    })
}

/// What a check says in the end.
struct Conclusion<'a> {
    args: &'a Args,
    loaded: &'a Loaded<'a>,
    plan: Plan<'a>,
    dimensions: Vec<Dimension>,
    failures: FailureFiles<'a>,
}

impl Conclusion<'_> {
    /// Judges what was gathered, and writes the report folder.
    fn write(
        &self,
        ran: Ran<'_>,
        held: Held,
        out: &mut dyn Write,
        terminal: &Terminal,
    ) -> anyhow::Result<Exit> {
        let Conclusion {
            args, loaded, plan, ..
        } = self;
        let Loaded { pool, model, .. } = loaded;
        let Gathered {
            counts,
            overlap,
            mut files,
            compared: utterances,
            ..
        } = ran.gathered;
        let subject = self.subject(overlap, terminal);

        let (judgments, looks) = ran.stopped.unzip();
        let findings = pool.install(|| Findings::of(plan, counts, ran.facts, judgments));
        let (findings, errors) = findings.with_context(parts::waiting)?;
        terminal.may_go_on()?;
        terminal.step("judged every check");

        let baseline = loaded.baseline.as_ref();
        let counts = (&*utterances, &findings.clustering);
        let remarks = &findings.remarks;
        let compare = || (args.baseline).compare(baseline, plan, &subject.model, counts, remarks);
        let (record, compared) = pool.install(compare).unzip();
        let slices = pool.install(|| slices(&errors, &findings.clustering, &self.dimensions));
        let beside = Beside {
            looks: looks.unwrap_or_default(),
            slices: slices.with_context(parts::waiting)?,
            failures: self.failures.record(),
            utterances_hash: files.utterances_hash.clone(),
            baseline: record,
            run: RunRecord {
                cached_scores: model.cached_scores(),
                uncached_scores: model.uncached_scores(),
                out: Some(args.out.display().to_string()),
                ..(loaded.clock).record(&args.model, pool.current_num_threads())
            },
        };
        let report = pool.install(|| subject.report(plan, &findings, beside));

        let ranks = rank_maps(args, &report, terminal);
        let contents = folder::Contents {
            report: &report,
            ranks: &ranks,
            utterances: plan.utterances,
            pairs: &findings.pairs,
            failures: &self.failures,
            cases: args.cases,
            shown: &args.out.to_string_lossy(),
        };

        // What is written from here on is whole: an interruption that comes later comes too late.
        terminal.may_go_on()?;
        let prepared = held.ci.prepare(&report, args.ci.inconclusive())?;
        terminal.step("assembled the report");
        contents.write(&mut files, &held.report)?;
        let whole = |what: &str| exit::written_but(("the report", &args.out), what);
        for file in prepared {
            let placed = file.place();
            placed.with_context(|| whole("a file for the machine that builds is not"))?;
        }
        if let Some(held) = &held.baseline {
            let renewed = held.update(&report, &mut files.utterances, compared.as_ref(), terminal);
            renewed.with_context(|| whole("the baseline stays as it was"))?;
        }

        // The verdict comes last, so this is said before it.
        terminal.step("wrote every report");
        model.say_cached(terminal);
        say_written(&args.out, self.failures.saved(), terminal);

        exit::print_of(("the report", &args.out), out, |out| {
            print(args, &report, out, terminal)?;
            let is_json = args.formats.contains(&Format::Json);
            args.ci.annotate(&report, is_json, out, terminal)
        })?;
        Ok(args.ci.exit(&report))
    }

    /// What was tested.
    fn subject(&self, overlap: TrainingOverlap, terminal: &Terminal) -> Subject<'_> {
        let Loaded {
            model,
            lists,
            words,
            lexicon,
            ..
        } = self.loaded;
        Subject {
            model: model.record(),
            facts: &lists.facts,
            words: *words,
            voices: lists.survey.voices(),
            lexicon: LexiconRecord {
                name: lexicon.name.clone(),
                content_hash: lexicon.lexicon.content_hash(),
            },
            notes: self.notes(overlap, terminal),
        }
    }

    /// What the user should know beside the figures: about the model, the speakers, and training on
    /// swaps.
    fn notes(&self, overlap: TrainingOverlap, terminal: &Terminal) -> Vec<String> {
        let Loaded {
            model,
            lists,
            suites,
            lexicon,
            ..
        } = self.loaded;
        let mut notes = model.notes();
        notes.extend(suite_notes(suites, &lexicon.lexicon));
        notes.extend(self.loaded.speakers.notes());
        notes.extend(self.args.nbest.voices_note(&lists.survey));

        if model.saw_perturbed_lists() {
            let note = overlap.note();
            terminal.warn(&note);
            notes.push(note);
        }

        notes
    }
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
    args: &Args,
    report: &Report,
    out: &mut dyn Write,
    terminal: &Terminal,
) -> anyhow::Result<()> {
    let inconclusive = args.ci.inconclusive();
    for format in &args.formats {
        let text = match format {
            Format::Terminal if terminal.is_quiet() => {
                brief::brief(report, inconclusive, color(terminal))
            }
            Format::Terminal => {
                let width = terminal.width_out();
                terminal::render(report, color(terminal), width)
                    + &in_all(report, inconclusive, color(terminal), width)
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
/// verdicts of their own. So has a run of whose verdict something is made.
fn in_all(
    report: &Report,
    inconclusive: Inconclusive,
    color: terminal::Color,
    width: Option<usize>,
) -> String {
    if report.baseline.is_none() && inconclusive.made(report).is_none() {
        return String::new();
    }

    let lines = fitted("", &closing(report, inconclusive).line(), 2, width);
    format!("\n{}\n", terminal::bold(lines.trim_end(), color))
}
