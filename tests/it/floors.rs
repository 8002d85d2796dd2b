//! The architecture of `src/lib.rs`, enforced: floors, file sizes, who prints and who reads the
//! clock.

use std::fs;
use std::path::PathBuf;

use crate::sources::rust_files;

/// Top-level modules, lowest first. Modules on one floor do not know each other.
const FLOORS: &[&[&str]] = &[
    &["files"],
    &["nbest", "phonetics", "stats"],
    &["perturb", "rescore"],
    &["suite", "bert"],
    &["check", "train"],
    &["report"],
    &["cli"],
];

/// A file this long holds two nouns.
const MOST_LINES: usize = 500;

struct Source {
    module: String,
    path: PathBuf,
    text: String,
}

/// Every Rust file under `src`, in the order of its path.
fn sources() -> Vec<Source> {
    rust_files()
        .into_iter()
        .map(|(path, inside)| {
            let first = inside.iter().next().unwrap().to_str().unwrap();
            let module = first.trim_end_matches(".rs").to_owned();
            let text = fs::read_to_string(&path).unwrap();
            Source { module, path, text }
        })
        .collect()
}

fn floor_of(module: &str) -> Option<usize> {
    FLOORS.iter().position(|floor| floor.contains(&module))
}

/// Whether a file is a module of unit tests.
fn is_of_tests(source: &Source) -> bool {
    let name = source.path.file_stem().unwrap().to_str().unwrap();
    let room = source.path.with_file_name("mod.rs");
    let room = fs::read_to_string(room).unwrap_or_default();
    room.contains(&format!("#[cfg(test)]\nmod {name};"))
}

/// The text before the unit tests: what ships.
fn shipped(text: &str) -> &str {
    text.split("#[cfg(test)]").next().unwrap_or(text)
}

#[test]
fn every_module_stands_on_a_floor() {
    for source in sources() {
        let known = floor_of(&source.module).is_some();
        assert!(
            known || ["lib", "main", "guide"].contains(&source.module.as_str()),
            "{:?}",
            source.path
        );
    }
}

#[test]
fn modules_only_use_lower_floors() {
    for source in sources() {
        let Some(floor) = floor_of(&source.module) else {
            continue;
        };
        for used in source.text.split("crate::").skip(1) {
            let used: String = used
                .chars()
                .take_while(|c| c.is_alphanumeric() || *c == '_')
                .collect();
            let Some(used_floor) = floor_of(&used) else {
                continue;
            };
            assert!(
                used_floor < floor || used == source.module,
                "{} uses `{used}`, which is not on a lower floor",
                source.path.display(),
            );
        }
        assert!(
            !source.text.contains("super::super"),
            "{}",
            source.path.display()
        );
        assert!(
            !source.text.contains("use crate::{"),
            "{}",
            source.path.display()
        );
    }
}

#[test]
fn files_are_short() {
    for source in sources() {
        let lines = source.text.lines().count();
        assert!(
            lines <= MOST_LINES,
            "{} has {lines} lines",
            source.path.display()
        );
    }
}

#[test]
fn only_the_door_reads_clock_and_environment() {
    let forbidden = [
        "std::env",
        "env::var",
        "SystemTime",
        "Instant::now",
        "println!",
        "print!(",
    ];
    for source in sources()
        .iter()
        .filter(|s| !["cli", "main"].contains(&s.module.as_str()) && !is_of_tests(s))
    {
        for word in forbidden {
            assert!(
                !shipped(&source.text).contains(word),
                "{} uses {word}",
                source.path.display()
            );
        }
    }
}

#[test]
fn only_the_model_floors_import_burn() {
    for source in sources() {
        if !["bert", "train"].contains(&source.module.as_str()) {
            let text = shipped(&source.text);
            assert!(!text.contains("use burn"), "{}", source.path.display());
            assert!(!text.contains("burn::"), "{}", source.path.display());
        }
    }
}
