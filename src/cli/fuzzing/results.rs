//! What runs of this program leave, and read again.

use std::fs;

use serde_json::{Map, Value};

use crate::check::failures::counterexample;
use crate::check::failures::picks::picks;
use crate::check::failures::replay::replay;
use crate::cli::fuzzing::{expect_same, files, parsed, read, scratch};
use crate::cli::shards::Parts;
use crate::cli::shards::part::PartReader;
use crate::files::seal::{seal, seal_contents};
use crate::files::{MARKER, is_as_written, settle};
use crate::report::{difference, json, utterances};
use crate::rescore::FirstPass;
use crate::rescore::cache::read_cache;
use crate::rescore::saved::{self, Header};

/// Reports, with a checksum and without.
pub fn report(data: &[u8]) {
    let Ok(text) = std::str::from_utf8(data) else {
        return;
    };
    parsed(json::read_tested(text));
    let is_object = || serde_json::from_str::<Map<String, Value>>(text).is_ok();
    if text.ends_with("\n}\n") && is_object() {
        parsed(json::read(&seal_contents(text)));
    }
    if let Some(report) = parsed(json::read(text)) {
        difference::markdown(&report, &report);
        let again = json::read(&json::render(&report)).expect("what is written can be read");
        expect_same(&json::render(&report), &json::render(&again));
    }
}

/// Errors by utterance.
pub fn utterance_counts(data: &[u8]) {
    if let Ok(text) = std::str::from_utf8(data)
        && let Some(counts) = parsed(utterances::read(text))
    {
        utterances::hash(&counts);
    }
}

/// Saved failures, and what becomes of them when they are run again.
pub fn failure(data: &[u8]) {
    let Some(saved) = read("case.json", counterexample::read(data, "case.json")) else {
        return;
    };
    picks(&saved.minimal);
    picks(&saved.drawn);
    saved.file_name();
    parsed(replay(&[saved], &FirstPass, 0.0));
}

/// Parts of a check: as they are, and sealed and packed.
pub fn part(data: &[u8]) {
    for bytes in [data.to_vec(), packed_part(data)] {
        scratch::with_file("1-of-1.part", &bytes, |path| {
            if let Some(part) = read("1-of-1.part", PartReader::open(path)) {
                read("1-of-1.part", part.verify());
            }
            parsed(Parts::open(&[path.to_owned()]));
        });
    }
}

/// The part whose header is the first line of `data`, and whose content are the others.
fn packed_part(data: &[u8]) -> Vec<u8> {
    let text = String::from_utf8_lossy(data);
    let (header, known) = text.split_once('\n').unwrap_or((&text, ""));
    if !header.ends_with('}') || header.len() < 3 {
        return Vec::new();
    }

    let first = seal("", header).0 + "\n";
    let known: String = known.lines().flat_map(|line| [line, "\n"]).collect();
    let hash = blake3::hash(format!("{first}{known}").as_bytes()).to_hex();
    let lines = known.lines().count();
    let end = format!("{{\"lines\":{lines},\"hash\":\"{hash}\"}}\n");
    let blocks = [known, end].into_iter().filter(|block| !block.is_empty());
    let blocks =
        blocks.flat_map(|block| zstd::encode_all(block.as_bytes(), 1).expect("memory takes it"));
    first.into_bytes().into_iter().chain(blocks).collect()
}

/// Scores that an interrupted run saved: as they are, and sealed.
pub fn saved_scores(data: &[u8]) {
    let header = Header::new("model", Some(64), "cpu");
    for bytes in [data.to_vec(), sealed_lines(data)] {
        let found = saved::read(bytes.as_slice(), "x.scores.jsonl", &header);
        if let Some(Ok(found)) = read("x.scores.jsonl", found) {
            assert!(found.length <= bytes.len() as u64);
        }
    }
}

/// The lines of `data`, each sealed and following on the one before.
fn sealed_lines(data: &[u8]) -> Vec<u8> {
    let mut sum = String::new();
    let mut sealed = Vec::new();
    for line in String::from_utf8_lossy(data).lines() {
        if line.ends_with('}') && line.len() > 2 {
            let (text, next) = seal(&sum, line);
            sum = next;
            sealed.extend(text.bytes());
            sealed.push(b'\n');
        }
    }
    sealed
}

/// The list of the files of a result, and the journal of a replacement that was killed.
pub fn result_folder(data: &[u8]) {
    let [marker, journal] = files(data);
    let outside = scratch::folder("outside");
    let canary = outside.join("canary");
    scratch::write(&canary, b"sings");
    let folder = outside.join("result");
    let _ = fs::remove_dir_all(&folder);
    let staged = folder.join(".robustness-check-staged");
    fs::create_dir_all(staged.join("files/failures")).expect("there is room for a folder");
    for (name, content) in [("report.json", "{}"), ("failures/a.json", "[]")] {
        scratch::write(&staged.join("files").join(name), content.as_bytes());
    }
    scratch::write(&folder.join("report.json"), b"old");
    scratch::write(&folder.join("notes.txt"), b"mine");
    if !marker.is_empty() {
        scratch::write(&folder.join(MARKER), marker);
    }

    parsed(is_as_written(&folder.join("report.json")));
    if !journal.is_empty() {
        scratch::write(&staged.join("journal.json"), journal);
        read("result", settle(&folder));
    }

    assert_eq!(fs::read(&canary).ok().as_deref(), Some(&b"sings"[..]));
    let beside = fs::read_dir(&outside).expect("it is there");
    assert_eq!(beside.count(), 2, "a journal reached out of its folder");
}

/// Caches of scores.
pub fn cache(data: &[u8]) {
    scratch::with_file("scores.cache", data, |path| {
        read("scores.cache", read_cache(path));
        for left in [
            "scores.cache-journal",
            "scores.cache-wal",
            "scores.cache-shm",
        ] {
            let _ = fs::remove_file(path.with_file_name(left));
        }
    });
}
