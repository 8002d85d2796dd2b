//! Mutants: files of every kind that the binary reads, changed at random by a seed. Whatever the
//! change, the binary uses the file or ends in one error that names it: no panic, no abort, no
//! hang, no memory without end, no control characters on the terminal.
//!
//! The test tries a few hundred. `MUTANTS=10000 MUTANTS_SEED=7 cargo test --release mutants --
//! --nocapture` tries as many as are asked for and says how they ended; `MUTANTS_ONLY=tokenizer`
//! those of one reader, and `MUTANTS_KEEP=DIR` keeps the bad ones.

mod mutation;
pub(crate) mod outcome;
pub(crate) mod readers;

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::time::Duration;

use self::mutation::{Random, mutate};
use self::outcome::{End, run};
use self::readers::{READERS, Reader, prepare};

/// The share of errors that name the file that was changed.
const NAMED: f64 = 0.95;

/// How the mutants of one reader ended.
#[derive(Default)]
struct Tally {
    used: usize,
    refused: usize,
    nameless: usize,
    slowest: Duration,
}

fn setting(name: &str, default: u64) -> u64 {
    std::env::var(name).map_or(default, |value| value.parse().expect("a number"))
}

#[test]
fn mutants_of_every_file_are_used_or_refused_by_name() {
    let binary = std::env::var("MUTANTS_BINARY").map_or_else(
        |_| PathBuf::from(env!("CARGO_BIN_EXE_robustness-check")),
        PathBuf::from,
    );

    let folder = tempfile::tempdir().unwrap();
    prepare(
        &binary,
        Path::new(env!("CARGO_MANIFEST_DIR")),
        folder.path(),
    );

    let others: Vec<Vec<u8>> = READERS
        .iter()
        .map(|reader| fs::read(folder.path().join(reader.file)).unwrap())
        .collect();
    let (count, seed) = (setting("MUTANTS", 400), setting("MUTANTS_SEED", 1));
    let only = std::env::var("MUTANTS_ONLY").ok();

    let mut tallies: BTreeMap<&str, Tally> = BTreeMap::new();
    let mut bad = Vec::new();
    for index in 0..count {
        let which = usize::try_from(index).unwrap() % READERS.len();
        let reader = &READERS[which];
        if only
            .as_ref()
            .is_some_and(|only| !reader.name.contains(only))
        {
            continue;
        }
        let mutant = mutate(
            &others[which],
            reader.form,
            &others,
            &mut Random::new(seed, index),
        );
        let tally = tallies.entry(reader.name).or_default();
        if let Some(problem) = try_mutant(&binary, folder.path(), reader, &mutant, tally) {
            keep(index, reader, &mutant);
            bad.push(format!("{} {index}: {problem}", reader.name));
        }
        fs::write(folder.path().join(reader.file), &others[which]).unwrap();
    }

    report(&tallies, &bad);
    let sum = |of: fn(&Tally) -> usize| tallies.values().map(of).sum::<usize>() as f64;
    assert!(
        bad.is_empty(),
        "{} bad ends:\n{}",
        bad.len(),
        bad.join("\n")
    );

    let nameless = sum(|tally| tally.nameless);
    assert!(
        nameless <= (1.0 - NAMED) * sum(|tally| tally.refused),
        "{nameless} errors name another file"
    );
}

/// Runs the binary on one mutant; what is wrong with how it ended, if anything is.
#[expect(clippy::print_stdout, reason = "what a long run finds")]
fn try_mutant(
    binary: &Path,
    folder: &Path,
    reader: &Reader,
    mutant: &[u8],
    tally: &mut Tally,
) -> Option<String> {
    fs::write(folder.join(reader.file), mutant).unwrap();
    // A state is used up by the run that goes on from it.
    let state = reader
        .file
        .split_once('/')
        .filter(|(folder, _)| folder.ends_with(".training"));
    let saved = folder.join("saved-state");

    if let Some((state, _)) = state {
        readers::copy(&folder.join(state), &saved);
    }

    let arguments: Vec<String> = reader.command.split(' ').map(str::to_owned).collect();
    let outcome = run(binary, folder, &arguments);
    if !reader.writes.is_empty() {
        for suffix in ["", ".training", ".sweep"] {
            let _ = fs::remove_dir_all(folder.join(format!("{}{suffix}", reader.writes)));
        }
    }

    if let Some((state, _)) = state {
        let _ = fs::remove_dir_all(folder.join(state));
        fs::rename(&saved, folder.join(state)).unwrap();
    }

    tally.slowest = tally.slowest.max(outcome.time);
    let name = reader.file.rsplit('/').next().unwrap_or(reader.file);
    match outcome.end {
        End::Used => tally.used += 1,
        End::Refused => {
            tally.refused += 1;
            if !outcome.said.contains(name) {
                tally.nameless += 1;
                println!("{}: no name: {}", reader.name, outcome.said.trim_end());
            }
        }
        End::Bad(problem) => {
            let said: String = outcome.said.chars().take(600).collect();
            return Some(format!("{problem}: {said}"));
        }
    }

    None
}

fn keep(index: u64, reader: &Reader, mutant: &[u8]) {
    if let Ok(folder) = std::env::var("MUTANTS_KEEP") {
        let name = reader.file.replace('/', "_");
        fs::write(Path::new(&folder).join(format!("{index}.{name}")), mutant).unwrap();
    }
}

#[expect(clippy::print_stdout, reason = "what a long run finds")]
fn report(tallies: &BTreeMap<&str, Tally>, bad: &[String]) {
    for (name, tally) in tallies {
        println!(
            "{name:22} {:5} used {:5} refused {:4} of them nameless, slowest {:.2} s",
            tally.used,
            tally.refused,
            tally.nameless,
            tally.slowest.as_secs_f64()
        );
    }
    println!("{} bad", bad.len());
}
