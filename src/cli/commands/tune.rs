//! `tune`: how first and second pass are weighed, chosen on development lists.

use std::io::Write;
use std::path::PathBuf;
use std::sync::Arc;

use anyhow::Context;

use crate::check::engine::trial::Rescored;
use crate::check::judge::clustering::Clustering;
use crate::check::judge::figures::CleanFigures;
use crate::cli::args::input::NBestInput;
use crate::cli::args::list_warnings::mixed_scores;
use crate::cli::args::model::ModelInput;
use crate::cli::args::outputs::ForceInput;
use crate::cli::exit::{Exit, print, print_of};
use crate::cli::models::model::Model;
use crate::cli::models::tuned::TUNE;
use crate::cli::saved_scores::SavedScores;
use crate::cli::score_files::file_of;
use crate::cli::terminal::Terminal;
use crate::cli::unread::warn_of_unread;
use crate::files::OutputFile;
use crate::nbest::read::Corpus;
use crate::nbest::wer::word_errors;
use crate::nbest::{Hypothesis, Utterance};
use crate::report::cautions::alike_in_lists;
use crate::report::tuning::{HEADER, TuningRecord, Weighed, scale_at_end};
use crate::rescore::told_apart::ToldApart;
use crate::rescore::tuning::{WeighedList, estimate_scale, is_at_end, tune_weight, wide};
use crate::rescore::{Candidates, Interpolation};

/// What is tuned, on what.
#[derive(Debug, clap::Args)]
#[command(
    after_help = "First-pass scores are scaled so that they say best which hypothesis has the \
        fewest errors: of the powers of 2^(1/4) from 1/1024 to 1024, the scale S with the largest \
        likelihood of softmax(S * score), the smaller one of equals; a typed --first-pass-scale \
        is kept. Then the weight with the fewest word errors is taken, of 0 and the same powers; \
        ties go to the smaller one. A typed \
        --weight is what \"before\" means. Never tune on the lists that are checked.\n\n\
        Example:\n  \
        robustness-check tune --model 'exec:python3 scorer.py' --nbest dev.jsonl \\\n    \
        --out scorer.toml\n  \
        robustness-check --model 'exec:python3 scorer.py' --nbest test.jsonl \\\n    \
        --interpolation scorer.toml --suite perturb-n"
)]
pub(crate) struct Args {
    #[command(flatten)]
    model: ModelInput,
    #[command(flatten)]
    nbest: NBestInput,
    /// File to write: TOML with weight, scale, and what they were tuned for and on
    #[arg(long, value_name = "FILE")]
    out: PathBuf,
    #[command(flatten)]
    force: ForceInput,
}

/// Scores the lists once, and weighs the scores in every way.
pub(crate) fn run(args: &Args, out: &mut dyn Write, terminal: &Terminal) -> anyhow::Result<Exit> {
    anyhow::ensure!(
        !args.nbest.is_bundled(),
        "name development lists with --nbest: the bundled lists are a test set"
    );
    let inputs = [args.model.inputs(), args.nbest.inputs()].concat();
    args.model.cache.ensure_apart(&inputs)?;
    let held = args
        .force
        .data_file(&args.out, |line| line == HEADER, &inputs)?;
    let trained: Vec<_> = args.model.trained_on().into_iter().collect();
    let (lists, speakers) = args.nbest.read_with_speakers(&trained, None, terminal)?;
    let corpus = lists.into_corpus()?;
    speakers.tell(terminal);
    if let Some(warning) = mixed_scores(&corpus.facts, corpus.utterances.len()) {
        terminal.warn(&warning);
    }
    // Lists that a model was chosen by are for tuning, too.
    for caution in args.nbest.known_to(&trained, false) {
        terminal.warn(&caution);
    }

    let known = Known::of(&corpus.utterances)?;
    let progress = Arc::new(terminal.progress("texts"));
    progress.begin("scoring", 0);
    args.model.refuse_unheard()?;
    let model = args.model.load(terminal, Arc::clone(&progress))?;
    let record = model.record();
    anyhow::ensure!(
        !record.kind.needs_no_files(),
        "{} has no scores of a second pass that could be weighed",
        record.name
    );
    // The advice to do what is being done is left out.
    model.tell(|notice| !notice.ends_with(TUNE), terminal);

    let device = args.model.device_name();
    let scores = SavedScores::recall(file_of(&args.out), &model, &device, terminal)?;
    let lists = (&corpus, &known);
    let tuned = tune(args, held, lists, &model, out, terminal);
    progress.finish();
    model.say_cached(terminal);

    SavedScores::settle(Vec::from_iter(scores), tuned.map(|()| Exit::Pass), terminal)
}

/// Finds weight and scale, writes them and prints what they change.
fn tune(
    args: &Args,
    held: OutputFile,
    (corpus, known): (&Corpus, &Known),
    model: &Model,
    out: &mut dyn Write,
    terminal: &Terminal,
) -> anyhow::Result<()> {
    let lists: Vec<Candidates<'_>> = corpus.utterances.iter().map(Candidates::of).collect();
    let scores = args
        .model
        .pool()?
        .install(|| model.rescorer().score(&lists))
        .context("failed to score the lists")?;
    terminal.may_go_on()?;
    warn_of_unread(model.rescorer(), terminal);

    let before = model.rescorer().interpolation();
    let after = known.best(&scores, args.model.first_pass_scale);
    let clustering = Clustering::new(&corpus.utterances);
    let figures = |interpolation| {
        let lists = corpus.utterances.iter().zip(&scores);
        let clean: Vec<Rescored> = lists
            .map(|(utterance, scores)| Rescored::clean(utterance, scores, interpolation))
            .collect();
        CleanFigures::new(&clustering, &clean)
    };
    let (figures_before, figures_after) = (figures(before), figures(after));

    let record = TuningRecord::new(
        &model.record(),
        corpus,
        &clustering,
        Weighed {
            interpolation: before,
            figures: &figures_before,
        },
        Weighed {
            interpolation: after,
            figures: &figures_after,
        },
    );
    let alike = ToldApart::of(&scores).alike().map(alike_in_lists);
    for warning in alike.into_iter().chain(warnings(&record)) {
        terminal.warn(&warning);
    }

    held.write(|file| file.write_all(record.render().as_bytes()))?;
    let written = ("the tuned weighting", args.out.as_path());
    let summary = record.summary(before, terminal.width_out());
    print_of(written, out, |out| print(out, &summary))?;
    terminal.say(&format!(
        "written to {}; the gain is that on the lists it was tuned on, and may be smaller on \
            others",
        args.out.display()
    ));

    Ok(())
}

/// What is known of the lists before they are scored: by list, then by hypothesis.
struct Known {
    first_pass: Vec<Vec<f64>>,
    errors: Vec<Vec<f64>>,
}

impl Known {
    /// Refuses lists that say nothing.
    fn of(utterances: &[Utterance]) -> anyhow::Result<Known> {
        let of_each = |utterance: &Utterance, number: &dyn Fn(&Hypothesis) -> f64| -> Vec<f64> {
            utterance.nbest.hypotheses().iter().map(number).collect()
        };
        let known = Known {
            first_pass: utterances
                .iter()
                .map(|utterance| of_each(utterance, &|hypothesis| hypothesis.score))
                .collect(),
            errors: utterances
                .iter()
                .map(|utterance| {
                    of_each(utterance, &|hypothesis| {
                        word_errors(&utterance.reference, &hypothesis.transcript).errors() as f64
                    })
                })
                .collect(),
        };

        let differ = |errors: &Vec<f64>| {
            let first = errors.first();
            errors.iter().any(|count| first != Some(count))
        };
        anyhow::ensure!(
            known.errors.iter().any(differ),
            "no list has hypotheses of different word errors: there is nothing to tune by"
        );

        Ok(known)
    }

    /// The interpolation with the fewest word errors; a scale that is given is kept.
    fn best(&self, scores: &[Vec<f64>], scale: Option<f64>) -> Interpolation {
        let lists = self.first_pass.iter().zip(&self.errors);
        let first_pass_scale = scale.unwrap_or_else(|| {
            let lists = lists.clone();
            estimate_scale(lists.map(|(scores, errors)| (scores.as_slice(), errors.as_slice())))
        });

        let lists: Vec<WeighedList<'_>> = lists
            .zip(scores)
            .map(|((first_pass, errors), second_pass)| WeighedList {
                first_pass,
                second_pass,
                errors,
            })
            .collect();
        let (weight, _) = tune_weight(&lists, first_pass_scale, wide());

        Interpolation {
            first_pass_scale,
            weight,
        }
    }
}

/// What should make the user wonder.
fn warnings(record: &TuningRecord) -> Vec<String> {
    let mut warnings = Vec::new();
    if record.weight == 0.0 {
        warnings.push(
            "the best weight is 0: with none above it the model has fewer errors than the first \
                pass alone"
                .to_owned(),
        );
    } else if is_at_end(record.weight) {
        warnings.push(format!(
            "the best weight, {}, is at the end of what is tried: are the model's scores, or those \
             of the first pass, what they should be (--costs)?",
            record.weight
        ));
    }

    warnings.extend(scale_at_end(record.first_pass_scale));
    if !record.wer.gain_shown {
        warnings.push(
            "even on the lists that it was tuned on, the model is not shown to have fewer errors \
                than the first pass"
                .to_owned(),
        );
    }

    warnings
}
