//! What programs and servers answer, and scores that they computed.

use crate::cli::commands::corrections::read_outputs;
use crate::cli::fuzzing::{parsed, read, scratch};
use crate::rescore::table::ScoreTable;
use crate::rescore::{Interpolation, exec, http};

/// What a program writes to its standard output.
pub fn exec_output(data: &[u8]) {
    for error in exec::read_output_of(data) {
        parsed::<(), _>(Err(error));
    }
}

/// The answer of a server, taken for each that one may give.
pub fn http_answer(data: &[u8]) {
    for error in http::read_answers(data) {
        parsed::<(), _>(Err(error));
    }
}

/// Scores by text.
pub fn scores(data: &[u8]) {
    let interpolation = Interpolation {
        first_pass_scale: 1.0,
        weight: 1.0,
    };
    read(
        "scores.jsonl",
        ScoreTable::read(data, "scores.jsonl", interpolation),
    );
}

/// Texts that a generator wrote in the place of lists.
pub fn corrections(data: &[u8]) {
    scratch::with_file("outputs.jsonl", data, |path| {
        parsed(read_outputs(path));
    });
}
