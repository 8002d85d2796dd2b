//! The committed inputs: good files, hostile ones, and every one that fuzzing found.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::mpsc::{self, RecvTimeoutError};
use std::thread;
use std::time::Duration;

use super::{lists, phonetics, programs, results, settings};

/// What an input may take: fuzzing counts ten seconds as a hang.
const SLOWEST: Duration = Duration::from_secs(10);

/// The reader that a target of this name calls.
type Target = (&'static str, fn(&[u8]));

/// The targets, as `fuzz` has them.
const TARGETS: &[Target] = &[
    ("cache", results::cache),
    ("corrections", programs::corrections),
    ("counts", lists::counts),
    ("exec_output", programs::exec_output),
    ("failure", results::failure),
    ("frequencies", phonetics::frequencies),
    ("http_answer", programs::http_answer),
    ("lexicon", phonetics::lexicon),
    ("list_formats", lists::list_formats),
    ("lists", lists::lists),
    ("packed", lists::packed),
    ("pairs", phonetics::pairs),
    ("part", results::part),
    ("report", results::report),
    ("result_folder", results::result_folder),
    ("saved_scores", results::saved_scores),
    ("scores", programs::scores),
    ("speakers", lists::speakers),
    ("suite", settings::suite),
    ("transcripts", lists::transcripts),
    ("utterance_counts", results::utterance_counts),
    ("weight", settings::weight),
];

#[cfg(feature = "bert")]
const MODEL_TARGETS: &[Target] = {
    use super::models;

    &[
        ("adapter", models::adapter),
        ("adapter_config", models::adapter_config),
        ("checkpoint", models::checkpoint),
        ("model_config", models::model_config),
        ("onnx", models::onnx),
        ("recipe", settings::recipe),
        ("sweep", settings::sweep),
        ("tokenizer", models::tokenizer),
        ("training_cost", models::training_cost),
        ("training_state", models::training_state),
        ("vocabulary", models::vocabulary),
        ("weights", models::weights),
        ("weights_index", models::weights_index),
    ]
};

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

fn entries(folder: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(folder).unwrap_or_else(|error| panic!("{folder:?}: {error}"));
    let mut paths: Vec<PathBuf> = entries.map(|entry| entry.unwrap().path()).collect();
    paths.sort();
    paths
}

#[cfg(feature = "bert")]
fn name(path: &Path) -> String {
    path.file_stem().unwrap().to_str().unwrap().to_owned()
}

/// Hands every committed input of `targets` to its reader. What hangs does so in a thread of its
/// own, so that it is told.
fn replay(targets: &[Target]) {
    for &(target, read) in targets {
        let inputs = entries(&root().join("fixtures/fuzz").join(target));
        assert!(!inputs.is_empty(), "there is no input for {target}");

        let (done, ended) = mpsc::channel();
        let given = inputs.clone();
        thread::spawn(move || {
            for input in given {
                read(&fs::read(input).unwrap());
                done.send(()).unwrap();
            }
        });

        for input in inputs {
            match ended.recv_timeout(SLOWEST) {
                Ok(()) => {}
                Err(RecvTimeoutError::Timeout) => {
                    panic!("{} takes longer than {SLOWEST:?}", input.display())
                }
                Err(RecvTimeoutError::Disconnected) => panic!("{} ends it", input.display()),
            }
        }
    }
}

#[test]
fn no_input_ends_a_reader() {
    replay(TARGETS);
}

#[cfg(feature = "bert")]
#[test]
fn no_input_ends_a_reader_of_models() {
    replay(MODEL_TARGETS);
}

#[cfg(feature = "bert")]
#[test]
fn every_target_is_replayed_and_can_be_run() {
    let known: BTreeSet<String> = TARGETS
        .iter()
        .chain(MODEL_TARGETS)
        .map(|(name, _)| (*name).to_owned())
        .collect();
    for folder in ["fuzz/fuzz_targets", "fixtures/fuzz"] {
        let found = entries(&root().join(folder));
        let found = found.iter().filter(|path| !path.ends_with("README.md"));
        let found: BTreeSet<String> = found.map(|path| name(path)).collect();
        assert_eq!(found, known, "{folder}");
    }

    let manifest = fs::read_to_string(root().join("fuzz/Cargo.toml")).unwrap();
    for target in &known {
        let named = format!("name = \"{target}\"");
        assert!(manifest.contains(&named), "fuzz/Cargo.toml lacks {target}");
    }
}

/// Dependencies of the targets are those of the program, so that both share one build of burn.
#[test]
fn targets_are_built_with_the_same_crates() {
    let packages = |lock: &str| -> BTreeSet<(String, String)> {
        let text = fs::read_to_string(root().join(lock)).unwrap();
        let value = |line: Option<&str>| line.unwrap().split('"').nth(1).unwrap().to_owned();
        let blocks = text.split("[[package]]\n").skip(1);
        let named = blocks.map(|block| {
            let mut lines = block.lines();
            (value(lines.next()), value(lines.next()))
        });
        named.collect()
    };
    let own = ["arbitrary", "libfuzzer-sys", "mondegreen-fuzz"];
    let ours = packages("Cargo.lock");
    let theirs = packages("fuzz/Cargo.lock");
    let others: Vec<_> = theirs
        .difference(&ours)
        .filter(|(name, _)| !own.contains(&name.as_str()))
        .collect();
    assert!(
        others.is_empty(),
        "fuzz/Cargo.lock has {others:?}: see fuzz/README.md"
    );
}
