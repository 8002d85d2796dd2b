//! `compare`: several rescorers on the same perturbed lists, side by side.

pub(crate) mod contenders;
mod field;
#[cfg(feature = "bert")]
mod seeds;

use std::io::Write;
use std::path::PathBuf;

use anyhow::Context;
use clap::ValueEnum;

use crate::check::compare::compare;
use crate::check::compare::contender::Roles;
use crate::check::engine::plan::Plan;
use crate::check::engine::wrong_way::WrongWay;
use crate::cli::args::draws::DrawInput;
use crate::cli::args::input::NBestInput;
use crate::cli::args::model::ModelInput;
use crate::cli::args::outputs::{ForceInput, refuse_second_dash, suite_inputs};
use crate::cli::args::suite_name::SuiteName;
use crate::cli::commands::check::clock::Clock;
use crate::cli::commands::check::{color, suites};
use crate::cli::commands::compare::contenders::{ContendersInput, Group};
use crate::cli::commands::compare::field::Field;
use crate::cli::commands::lexicon::{LexiconInput, NamedLexicon, warn_of_unknown};
use crate::cli::dry_run;
use crate::cli::exit::{Exit, print, print_of};
use crate::cli::rehearsal::load_all;
use crate::cli::saved_scores::SavedScores;
use crate::cli::suite_notes::suite_notes;
use crate::cli::terminal::Terminal;
use crate::files::{Input, Kind, ResultFolder, WriteError, write_file};
use crate::nbest::read::CorpusFacts;
use crate::nbest::spelling::SpelledApart;
use crate::nbest::word_counts::WordCounts;
use crate::perturb::menu::Replacements;
use crate::perturb::{Hypotheses, Target};
use crate::phonetics::neighbours::NeighbourIndex;
use crate::report::cautions;
use crate::report::comparison;
use crate::report::comparison::assemble::Subject;
use crate::report::comparison::record::{ComparisonReport, RescorerRecord};
use crate::report::html;
use crate::report::record::{LexiconRecord, NbestRecord};
use crate::report::subject::nbest_record;
use crate::suite::Suite;

/// What is compared, and how it is shown.
#[derive(Debug, clap::Args)]
#[command(
    override_usage = "robustness-check compare [OPTIONS] --model <MODEL> --suite <NAME|FILE>",
    after_help = "Examples:\n  \
        robustness-check compare --model full=runs/full --model lora=runs/lora \\\n    \
        --suite perturb-1 --suite perturb-n\n  \
        robustness-check compare --model lora=runs/lora-1 --model lora=runs/lora-2 \\\n    \
        --model dynamic=runs/dynamic-1 --model dynamic=runs/dynamic-2 \\\n    \
        --suite perturb-n --reference lora --format markdown\n\n\
        Every model is run on the same perturbed lists. Exit code: 0; a comparison has no \
        verdict."
)]
pub(crate) struct Args {
    #[command(flatten)]
    contenders: ContendersInput,
    /// Built-in suite (perturb-1, perturb-n, perturb-n-coherent) or path of a suite file;
    /// repeatable
    #[arg(
        long = "suite",
        value_name = "NAME|FILE",
        required = true,
        value_parser = SuiteName,
        hide_possible_values = true
    )]
    suites: Vec<String>,
    /// Label that paired tests are against; the first if not given
    #[arg(long, value_name = "LABEL")]
    reference: Option<String>,
    /// Label of full fine-tuning, for reductions over it and nprr.ref; that of strategy full if not
    /// given
    #[arg(long, value_name = "LABEL")]
    full: Option<String>,
    #[command(flatten)]
    nbest: NBestInput,
    #[command(flatten)]
    lexicon: LexiconInput,
    /// Folder for comparison.html (a page for people), comparison.md, comparison.csv and
    /// comparison.json; an earlier comparison there is replaced, other files stay
    #[arg(long, value_name = "DIR")]
    out: Option<PathBuf>,
    #[command(flatten)]
    force: ForceInput,
    #[command(flatten)]
    draws: DrawInput,
    /// What is printed on standard output; repeatable
    #[arg(long = "format", value_name = "FORMAT", value_enum, default_values_t = [Format::Terminal])]
    formats: Vec<Format>,
    /// Say what would be asked of the models, and about how long that takes; compare and write
    /// nothing
    #[arg(long)]
    dry_run: bool,
}

/// What standard output can show.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Format {
    /// Tables for people
    Terminal,
    /// Tables for a paper's draft or a pull request
    Markdown,
    /// Everything
    Json,
    /// One figure a line
    Csv,
}

/// The files of a comparison: all of it, its tables and its page for people, and a figure a line.
const FILES: [&str; 4] = [
    "comparison.json",
    "comparison.md",
    html::comparison::FILE_NAME,
    "comparison.csv",
];

/// Runs every model on the same lists and shows them side by side.
pub(crate) fn run(args: &Args, out: &mut dyn Write, terminal: &Terminal) -> anyhow::Result<Exit> {
    let clock = Clock::start();
    let mut groups = args.contenders.groups()?;
    let suites = suites(&args.suites)?;
    refuse_incomparable(&suites)?;

    let reference = role("--reference", args.reference.as_deref(), &groups)?;
    let full = role("--full", args.full.as_deref(), &groups)?;
    let read = inputs(args, &groups, &suites);
    args.contenders.cache().ensure_apart(&read)?;
    refuse_second_dash(&read)?;
    let held = args.out.as_ref();
    let held = held.map(|out| args.force.folder(out, Kind::Comparison, &FILES, &read));
    let held = held.transpose()?;

    if args.dry_run {
        for model in groups.iter_mut().flat_map(|group| &mut group.models) {
            model.cache.let_go()?;
        }
    }
    let models = groups.iter().flat_map(|group| &group.models);
    let trained: Vec<_> = models
        .filter_map(crate::cli::args::model::ModelInput::trained_on)
        .collect();
    let (lists, speakers) = args.nbest.read_with_speakers(&trained, None, terminal)?;
    let voices = lists.survey.voices();
    let wrong_way = WrongWay::of(&lists.survey.order);
    let spelled_apart = SpelledApart::of(&lists.survey.spelling);
    let corpus = lists.into_corpus()?;
    let lexicon = args.lexicon.read()?;
    let words = lexicon.words(&corpus.utterances);
    warn_of_unknown(&words, terminal);

    let replacements = Replacements::new(NeighbourIndex::new(&lexicon.lexicon));
    let plan = args.draws.plan(&corpus.utterances, &suites, &replacements);
    terminal.step(&format!("read {} utterances", corpus.utterances.len()));

    let loaded = load_all(&groups, terminal)?;
    let mut field = Field {
        wrong_way,
        spelled_apart,
        ..Field::default()
    };
    #[cfg(feature = "bert")]
    for (group, rescorers) in groups.iter().zip(&loaded) {
        for caution in seeds::cautions(group, rescorers)? {
            field.note(caution, terminal);
        }
    }
    let full = match full {
        Some(full) => Some(full),
        None => full_fine_tuning(&groups, &loaded)?,
    };
    terminal.step("loaded every model");
    if args.dry_run {
        let lines =
            dry_run::compared(&plan, &groups, args.contenders.cache().is_given(), terminal)?;
        print(out, &lines)?;
        return Ok(Exit::Pass);
    }

    speakers.tell(terminal);
    field.notes.extend(speakers.notes());
    for note in suite_notes(&suites, &lexicon.lexicon) {
        field.note(note, terminal);
    }

    for caution in args.nbest.known_to(&trained, true) {
        terminal.warn(&caution);
        field.notes.push(caution);
    }

    for suite in suites.iter().filter(|suite| !suite.properties.is_empty()) {
        let note = format!(
            "the properties of the suite {} are not compared, only its checks",
            suite.name
        );
        field.notes.push(note);
    }

    let read = Read {
        clock,
        held,
        groups: &groups,
        facts: &corpus.facts,
        words,
        voices,
        lexicon: &lexicon,
        plan: &plan,
        roles: (reference, full),
    };

    let mut saved = Vec::new();
    let ended = judge(args, read, field, &mut saved, out, terminal);
    SavedScores::settle(saved, ended, terminal)
}

/// Everything that a comparison works with.
struct Read<'a, 'p> {
    clock: Clock,
    held: Option<ResultFolder>,
    groups: &'p [Group],
    facts: &'p CorpusFacts,
    words: WordCounts,
    voices: Option<usize>,
    lexicon: &'p NamedLexicon,
    plan: &'p Plan<'a>,
    /// Of `--reference`, and of full fine-tuning.
    roles: (Option<usize>, Option<usize>),
}

/// Runs every model, compares them and writes the comparison. What they score is `saved`.
fn judge<'a>(
    args: &Args,
    read: Read<'a, '_>,
    mut field: Field<'a>,
    saved: &mut Vec<SavedScores>,
    out: &mut dyn Write,
    terminal: &Terminal,
) -> anyhow::Result<Exit> {
    let Read {
        clock,
        held,
        groups,
        facts,
        words,
        voices,
        lexicon,
        plan,
        roles: (reference, full),
    } = read;

    for group in groups {
        field.enter(group, plan, args.out.as_deref(), saved, terminal)?;
    }

    let roles = Roles {
        reference: reference.unwrap_or(0),
        full,
    };

    let pool = groups[0].models[0].pool()?;
    let compared = pool.install(|| compare(plan, &field.contenders, roles))?;
    terminal.step("compared every model");

    for harmful in compared.harmful(plan.alpha()) {
        let note = format!("caution: {}", cautions::harm_of(&harmful));
        terminal.warn(&note);
        field.notes.push(note);
    }

    let subject = Subject {
        nbest: NbestRecord {
            truncated_texts: compared.truncated_texts,
            ..nbest_record(facts, &words, voices, &compared.clustering)
        },
        lexicon: LexiconRecord {
            name: lexicon.name.clone(),
            content_hash: lexicon.lexicon.content_hash(),
        },
        rescorers: field.rescorers,
        ranks: field.ranks,
        notes: field.notes,
    };
    terminal.may_go_on()?;

    // All models run in one place, and are asked in one way.
    let run = clock.record(&groups[0].models[0], pool.current_num_threads());
    let report = subject.report(plan, &compared, roles, run);
    terminal.may_go_on()?;
    if let Some(folder) = held {
        write_report(&folder, &report)?;
    }

    let texts = args.formats.iter().map(|format| match format {
        Format::Terminal => {
            comparison::terminal::render(&report, color(terminal), terminal.width_out())
        }
        Format::Markdown => comparison::markdown::render(&report),
        Format::Json => comparison::json(&report),
        Format::Csv => comparison::csv::render(&report),
    });
    let text = texts.collect::<String>();
    let Some(folder) = &args.out else {
        print(out, &text)?;
        return Ok(Exit::Pass);
    };
    let written = ("the comparison", folder.as_path());
    print_of(written, out, |out| print(out, &text))?;
    terminal.say(&format!("comparison written to {}", folder.display()));

    Ok(Exit::Pass)
}

/// All that is read.
fn inputs(args: &Args, groups: &[Group], suites: &[Suite]) -> Vec<Input> {
    let models = groups.iter().flat_map(|group| &group.models);
    models
        .flat_map(ModelInput::inputs)
        .chain(suite_inputs(&args.suites, suites))
        .chain(args.nbest.inputs())
        .chain(args.lexicon.inputs())
        .collect()
}

/// The index of the label that an option names.
fn role(option: &str, label: Option<&str>, groups: &[Group]) -> anyhow::Result<Option<usize>> {
    let Some(label) = label else { return Ok(None) };
    let found = groups.iter().position(|group| group.label == label);
    let labels = || {
        let labels = groups.iter().map(|group| group.label.as_str());
        labels.collect::<Vec<&str>>().join(", ")
    };

    found.map(Some).with_context(|| {
        format!(
            "{option} {label}: no model is called so; there are {}",
            labels()
        )
    })
}

/// The one label whose checkpoints say that every weight was trained.
fn full_fine_tuning(
    groups: &[Group],
    loaded: &[Vec<RescorerRecord>],
) -> anyhow::Result<Option<usize>> {
    let is_full = |rescorers: &Vec<RescorerRecord>| {
        rescorers
            .iter()
            .all(|rescorer| rescorer.strategy.as_deref() == Some("full"))
    };

    let mut found = (0..loaded.len()).filter(|index| is_full(&loaded[*index]));
    match (found.next(), found.next()) {
        (Some(one), Some(other)) => anyhow::bail!(
            "{} and {} are both fully fine-tuned: name the one to measure others by with --full",
            groups[one].label,
            groups[other].label
        ),
        (found, _) => Ok(found),
    }
}

/// Only checks are compared; and a perturbation of the rescorer's own pick is another one for each
/// rescorer.
fn refuse_incomparable(suites: &[Suite]) -> anyhow::Result<()> {
    for suite in suites {
        anyhow::ensure!(
            !suite.checks.is_empty(),
            "the suite {} perturbs nothing that word errors are counted of, so there is nothing \
                to compare: check each model with it \
             (robustness-check --model ... --suite {})",
            suite.name,
            suite.name
        );

        for check in &suite.checks {
            anyhow::ensure!(
                check.perturbation.hypotheses != Hypotheses::One(Target::RescoredBest),
                "{} / {} perturbs the hypothesis that the rescorer picks: rescorers would not see \
                    the same lists, so they cannot \
                 be compared on it",
                suite.name,
                check.name
            );
        }
    }

    Ok(())
}

fn write_report(folder: &ResultFolder, report: &ComparisonReport) -> Result<(), WriteError> {
    let texts = [
        comparison::json(report),
        comparison::markdown::render(report),
        html::comparison::render(report),
        comparison::csv::render(report),
    ];
    folder.replace(|folder| {
        for (name, text) in FILES.iter().zip(&texts) {
            write_file(&folder.join(name), |file: &mut dyn Write| {
                file.write_all(text.as_bytes())
            })?;
        }
        Ok(())
    })
}
