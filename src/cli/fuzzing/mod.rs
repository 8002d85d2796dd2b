//! Every reader of what others wrote, as a function of bytes: what the fuzz targets in `fuzz` call,
//! and what a test hands the files in `fixtures/fuzz`.
//!
//! No part of a program that is used. An error is as good as a result here, if it names the file;
//! a panic, an abort, a hang or a flood of memory is what is looked for. Where a reader wants other
//! files beside the one that is tried, good ones lie there; what several files make together is one
//! input, with a zero byte between them.

pub mod lists;
#[cfg(feature = "bert")]
pub mod models;
pub mod phonetics;
pub mod programs;
pub mod results;
mod scratch;
pub mod settings;

#[cfg(test)]
mod tests;

use std::fmt::Debug;

/// What was read, if it could be; an error must name `file`.
fn read<T, E: Into<anyhow::Error>>(file: &str, result: Result<T, E>) -> Option<T> {
    match result {
        Ok(found) => Some(found),
        Err(error) => {
            let text = format!("{:#}", error.into());
            assert!(text.contains(file), "no {file} in: {text}");
            None
        }
    }
}

/// As [`read`], where whoever calls the reader names the file. What an error says is made all the
/// same.
fn parsed<T, E: Into<anyhow::Error>>(result: Result<T, E>) -> Option<T> {
    match result {
        Ok(found) => Some(found),
        Err(error) => {
            assert_ne!(format!("{:#}", error.into()), "");
            None
        }
    }
}

/// What stands between two files of an input.
const BETWEEN: u8 = 0;

/// The files of an input: the last ones are empty where there are fewer.
fn files<const COUNT: usize>(data: &[u8]) -> [&[u8]; COUNT] {
    let mut parts = data.splitn(COUNT, |byte| *byte == BETWEEN);
    std::array::from_fn(|_| parts.next().unwrap_or_default())
}

/// Refuses what is not the same when it is read again.
fn expect_same<T: PartialEq + Debug>(first: &T, again: &T) {
    assert_eq!(first, again, "what was written is read otherwise");
}
