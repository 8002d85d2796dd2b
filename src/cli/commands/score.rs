//! `score`: second-pass scores of n-best lists, or what is picked by them; nothing else.

use std::io::{self, Write};
use std::path::PathBuf;
use std::sync::Arc;

use anyhow::Context;
use clap::ValueEnum;
use serde::Serialize;

use crate::cli::args::input::NBestInput;
use crate::cli::args::model::ModelInput;
use crate::cli::args::outputs::{ForceInput, is_line, refuse_second_dash};
use crate::cli::exit::{self, Exit};
use crate::cli::models::model::Model;
use crate::cli::models::tuned::TUNE;
use crate::cli::saved_scores::SavedScores;
use crate::cli::score_files::file_of;
use crate::cli::terminal::Terminal;
use crate::cli::unread::warn_of_unread;
use crate::files::OutputFile;
use crate::nbest::lists::{Lists, Part};
use crate::nbest::origins::{References, Wanted};
use crate::nbest::write::picks::{Pick, PickError, PickForm, write_pick};
use crate::report::cautions::alike_in_lists;
use crate::rescore::told_apart::ToldApart;
use crate::rescore::{Candidates, Interpolation};

/// What to score, with what.
#[derive(Debug, clap::Args)]
#[command(
    after_help = "Each line of the output is one utterance, sorted by id:\n  \
        {\"id\": \"u1\", \"texts\": [\"...\", ...], \"scores\": [-1.5, ...]}\n\
        in the order of the first pass, normalized, equal texts of a list merged. Higher is \
        better. \"places\" has where each text, and what was merged into it, stands in the list of \
        the input, from 0.\n\n\
        --to trn, kaldi and jsonl write the text with the highest total instead, FIRST_PASS_SCALE \
        * first pass + WEIGHT * second pass, spelled as in the input: a line for each utterance, \
        for `nbest stat` and `significance`. Lists need no references, but for --model oracle.\n\n\
        A file of scores can stand for the model in `tune` and `score`, on the same lists: --model \
        scores:FILE. A check asks for the scores of perturbed texts, too, which are not in it: the \
        help of `perturb` says how to get them.\n\n\
        Examples:\n  \
        robustness-check score --model demo --nbest test.jsonl --out scores.jsonl\n  \
        robustness-check score --model demo --nbest test.jsonl \\\n    \
        --to trn --out picks.trn"
)]
pub(crate) struct Args {
    #[command(flatten)]
    model: ModelInput,
    #[command(flatten)]
    nbest: NBestInput,
    /// What is written: the scores of all texts, or the text of each list that is picked by them
    #[arg(long, value_enum, value_name = "FORM", default_value_t = Form::Scores)]
    to: Form,
    /// File to write; standard output if not given, or if it is -
    #[arg(long, value_name = "FILE")]
    out: Option<PathBuf>,
    #[command(flatten)]
    force: ForceInput,
}

/// What can be written of scored lists.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Form {
    /// JSON lines of the scores of all texts
    Scores,
    /// The picks, lines "words (utterance)"
    Trn,
    /// The picks, lines "utterance words"
    Kaldi,
    /// The picks as lists of one hypothesis, with "index", its place in the list of the input, from
    /// 0, "second_pass" and "total"
    Jsonl,
}

impl Form {
    /// How picks are written, if they are.
    fn picks(self) -> Option<PickForm> {
        match self {
            Form::Scores => None,
            Form::Trn => Some(PickForm::Trn),
            Form::Kaldi => Some(PickForm::Kaldi),
            Form::Jsonl => Some(PickForm::Jsonl),
        }
    }

    /// Whether a file's first line is one that this form begins with.
    fn wrote(self, line: &str) -> bool {
        match self {
            Form::Scores => is_line(line, &["id", "texts", "scores"]),
            Form::Jsonl => {
                let picked = |keys: &[&str]| is_line(line, keys) && line.contains("\"total\":");
                picked(&["id", "ref", "hyps"]) || picked(&["id", "hyps"])
            }
            Form::Trn | Form::Kaldi => false,
        }
    }
}

/// One utterance's scores.
#[derive(Serialize)]
struct Line<'a> {
    id: &'a str,
    texts: &'a [&'a str],
    scores: &'a [f64],
    places: Vec<&'a [usize]>,
}

/// Scores every list once and writes a line for each.
pub(crate) fn run(args: &Args, out: &mut dyn Write, terminal: &Terminal) -> anyhow::Result<Exit> {
    let inputs = [args.nbest.inputs(), args.model.inputs()].concat();
    args.model.cache.ensure_apart(&inputs)?;
    refuse_second_dash(&inputs)?;
    let (force, to) = (args.force, args.out.as_deref());
    let held = match args.to {
        // Transcripts look like those of anyone.
        Form::Trn | Form::Kaldi => force.data_file_or_stdout(to, |_| true, &inputs)?,
        form => force.file_or_stdout(to, |line| form.wrote(line), &inputs)?,
    };
    args.model.refuse_unheard()?;
    if args.to.picks().is_none() {
        args.model.refuse_weighing()?;
    }
    let trained: Vec<_> = args.model.trained_on().into_iter().collect();
    let lists = args.nbest.read_wanting(&trained, args.wanted(), terminal)?;

    if let Some(file) = &held {
        file.ensure_space(lists.survey.text_bytes)?;
    }

    let progress = Arc::new(terminal.progress("texts"));
    progress.begin("scoring", 0);
    let mut model = args.model.load(terminal, Arc::clone(&progress))?;
    if args.to.picks().is_some() {
        model.notice_tuning_lists(&lists);
    }
    // What is written may have no weight in it.
    let is_told = |notice: &str| args.to.picks().is_some() || !notice.ends_with(TUNE);
    model.tell(is_told, terminal);

    let device = args.model.device_name();
    // Standard output and devices have no place beside them.
    let is_file = |path: &&PathBuf| path.metadata().map_or(true, |found| found.is_file());
    let saved = match args.out.as_ref().filter(is_file) {
        Some(path) => SavedScores::recall(file_of(path), &model, &device, terminal)?,
        None => None,
    };
    let written = write(args, held, &lists, &model, out);
    progress.finish();

    let mut alike = None;
    let exit = SavedScores::settle(
        Vec::from_iter(saved),
        written.map(|told| {
            alike = told.alike();
            Exit::Pass
        }),
        terminal,
    )?;

    model.say_cached(terminal);
    if let Some(lists) = alike.filter(|_| !model.record().kind.needs_no_files()) {
        terminal.warn(&alike_in_lists(lists));
    }
    warn_of_unread(model.rescorer(), terminal);

    Ok(exit)
}

impl Args {
    /// What is read of the lists: what was said matters to the oracle alone.
    fn wanted(&self) -> Wanted {
        let references = if self.model.model == "oracle" {
            References::Needed
        } else {
            References::NotNeeded
        };
        Wanted {
            references,
            as_written: true,
        }
    }
}

/// Scores, writes a line for each list, and says whether texts are told apart.
fn write(
    args: &Args,
    held: Option<OutputFile>,
    lists: &Lists,
    model: &Model,
    out: &mut dyn Write,
) -> anyhow::Result<ToldApart> {
    let pool = args.model.pool()?;
    let mut told = ToldApart::default();
    let mut failed = None;
    let mut write = |out: &mut dyn Write| -> io::Result<()> {
        for part in lists.parts().map_err(io::Error::other)? {
            let part = part.map_err(io::Error::other)?;
            let lists: Vec<Candidates<'_>> = part.utterances.iter().map(Candidates::of).collect();
            let scored = pool.install(|| model.rescorer().score(&lists));
            let scored = scored.map_err(|error| {
                let error = anyhow::Error::from(error);
                Failed::Otherwise(error.context("failed to score the lists"))
            });
            let done = scored.and_then(|scores| {
                for scores in &scores {
                    told.add(scores);
                }
                match args.to.picks() {
                    None => Ok(write_lines(&part, &lists, &scores, out)?),
                    Some(form) => {
                        let interpolation = model.rescorer().interpolation();
                        write_picks(form, interpolation, &part, &scores, out)
                    }
                }
            });
            match done {
                Ok(()) => {}
                Err(Failed::Io(error)) => return Err(error),
                Err(Failed::Otherwise(error)) => {
                    failed = Some(error);
                    return Err(io::ErrorKind::Other.into());
                }
            }
        }
        Ok(())
    };

    let written = match held {
        Some(file) => file.write(write).map_err(anyhow::Error::from),
        None => write(out).context(exit::STANDARD_OUTPUT),
    };
    match failed {
        // What could not be written is for want of what should be written.
        Some(error) => Err(error),
        None => written.map(|()| told),
    }
}

/// Why no line was written.
enum Failed {
    Io(io::Error),
    Otherwise(anyhow::Error),
}

impl From<io::Error> for Failed {
    fn from(error: io::Error) -> Failed {
        Failed::Io(error)
    }
}

impl From<PickError> for Failed {
    fn from(error: PickError) -> Failed {
        match error {
            PickError::Io(error) => Failed::Io(error),
            other => Failed::Otherwise(anyhow::Error::from(other).context("failed to write picks")),
        }
    }
}

/// Writes what is picked from each list.
fn write_picks(
    form: PickForm,
    interpolation: Interpolation,
    part: &Part<'_>,
    scores: &[Vec<f64>],
    out: &mut dyn Write,
) -> Result<(), Failed> {
    for (utterance, scores) in part.utterances.iter().zip(scores) {
        let hypotheses = utterance.nbest.hypotheses();
        let index = interpolation.select(hypotheses, scores);
        let second_pass = scores[index];
        let pick = Pick {
            utterance,
            index,
            second_pass,
            total: interpolation.total(hypotheses[index].score, second_pass),
        };
        write_pick(form, &pick, part, out)?;
    }
    Ok(())
}

fn write_lines(
    part: &Part<'_>,
    lists: &[Candidates<'_>],
    scores: &[Vec<f64>],
    out: &mut dyn Write,
) -> io::Result<()> {
    for (list, scores) in lists.iter().zip(scores) {
        let line = Line {
            id: &list.utterance.id,
            texts: &list.texts,
            scores,
            places: part
                .as_written(list.utterance)
                .map_or(Vec::new(), |written| {
                    let heard = written.heard.iter();
                    heard.map(|heard| heard.places.as_slice()).collect()
                }),
        };
        serde_json::to_writer(&mut *out, &line)?;
        out.write_all(b"\n")?;
    }
    Ok(())
}
