//! `cases.jsonl`, or compressed `cases.jsonl.zst`: one line per list and draw, for those who want
//! to look closer.

use std::io::{self, BufWriter, Write};

use rayon::prelude::*;
use serde::Serialize;

use crate::check::engine::outcome::CheckOutcome;
use crate::check::engine::trial::{Rescored, Trial};
use crate::nbest::Utterance;

/// How hard the compressor tries: its usual, which makes lines of this kind twenty times shorter.
const LEVEL: i32 = 3;

/// Lines that are made before they are written, and those that a thread makes at a time.
const TOGETHER: usize = 8_192;
const PART: usize = 512;

/// How the lines are kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Form {
    /// As they are.
    Plain,
    /// Compressed, with a checksum.
    Zst,
}

impl Form {
    /// The name of the file in a report folder.
    pub(crate) const fn file_name(self) -> &'static str {
        match self {
            Form::Plain => "cases.jsonl",
            Form::Zst => "cases.jsonl.zst",
        }
    }
}

/// One swapped word.
#[derive(Debug, Serialize)]
struct SubstitutionLine<'a> {
    hyp: usize,
    word: usize,
    from: &'a str,
    to: &'a str,
    distance: f64,
}

/// One perturbed list: what was swapped, what was picked, what it cost.
#[derive(Debug, Serialize)]
struct CaseLine<'a> {
    suite: &'a str,
    check: &'a str,
    id: &'a str,
    speaker: Option<&'a str>,
    draw: usize,
    status: &'static str,
    reference_words: usize,
    clean_pick: usize,
    pick: usize,
    clean_errors: usize,
    text_errors: usize,
    kept_errors: usize,
    first_pass_text_errors: usize,
    margin: f64,
    kendall_tau: Option<f64>,
    substitutions: Vec<SubstitutionLine<'a>>,
}

/// Writes the file of what `write_lines` writes: lines of checks in order, then of utterances, then
/// of draws. Equal lines are equal bytes in either form.
pub(crate) fn write(
    out: &mut dyn Write,
    form: Form,
    write_lines: impl FnOnce(&mut dyn Write) -> io::Result<()>,
) -> io::Result<()> {
    match form {
        Form::Plain => write_lines(out),
        Form::Zst => {
            let mut encoder = zstd::Encoder::new(out, LEVEL)?;
            encoder.include_checksum(true)?;
            // A line is written in many small pieces.
            let mut buffered = BufWriter::new(encoder);
            write_lines(&mut buffered)?;
            let encoder = buffered
                .into_inner()
                .map_err(io::IntoInnerError::into_error)?;
            encoder.finish().map(|_| ())
        }
    }
}

/// Writes a line for every trial of a check, of utterances whose clean lists are there too.
pub(crate) fn write_lines(
    out: &mut dyn Write,
    check: &CheckOutcome<'_>,
    utterances: &[Utterance],
    clean: &[Rescored],
) -> io::Result<()> {
    let lines = |trials: &[Trial]| lines(check, trials, utterances, clean);
    for trials in check.trials.chunks(TOGETHER) {
        let parts: Vec<Vec<u8>> = trials
            .par_chunks(PART)
            .map(lines)
            .collect::<io::Result<_>>()?;
        parts.iter().try_for_each(|part| out.write_all(part))?;
    }
    Ok(())
}

fn lines(
    check: &CheckOutcome<'_>,
    trials: &[Trial],
    utterances: &[Utterance],
    clean: &[Rescored],
) -> io::Result<Vec<u8>> {
    let mut lines = Vec::new();
    for trial in trials {
        serde_json::to_writer(&mut lines, &case(check, trial, utterances, clean))?;
        lines.push(b'\n');
    }

    Ok(lines)
}

fn case<'a>(
    check: &'a CheckOutcome<'_>,
    trial: &'a Trial,
    utterances: &'a [Utterance],
    clean: &[Rescored],
) -> CaseLine<'a> {
    let utterance = &utterances[trial.utterance];
    let clean = &clean[trial.utterance];
    let status = match trial.flipped(clean) {
        _ if trial.substitutions.is_empty() => "untouched",
        true if trial.harmful() => "harmful_flip",
        true if trial.helpful() => "helpful_flip",
        true => "neutral_flip",
        false => "kept",
    };

    let substitutions = trial
        .substitutions
        .iter()
        .map(|substitution| SubstitutionLine {
            hyp: substitution.hypothesis,
            word: substitution.word,
            from: &substitution.from,
            to: &substitution.to,
            distance: substitution.distance.as_f64(),
        })
        .collect();

    CaseLine {
        suite: &check.suite.name,
        check: &check.check.name,
        id: &utterance.id,
        speaker: utterance.speaker.as_deref(),
        draw: trial.draw,
        status,
        reference_words: trial.text.reference_words,
        clean_pick: clean.pick,
        pick: trial.pick,
        clean_errors: clean.picked().errors(),
        text_errors: trial.text.errors(),
        kept_errors: trial.kept.errors(),
        first_pass_text_errors: trial.first_pass_text.errors(),
        margin: trial.margin,
        kendall_tau: trial.kendall_tau,
        substitutions,
    }
}
