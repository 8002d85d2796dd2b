//! Lists that wait on the disk, beside the same lists in memory.

use std::fmt::Write;

use super::*;
use crate::nbest::builder::CorpusBuilder;
use crate::nbest::error::told;
use crate::nbest::read::ReadOptions;

/// A line for each id; every third list has no scores, every fifth no speaker.
fn lines(ids: impl IntoIterator<Item = usize>) -> String {
    let mut lines = String::new();
    for number in ids {
        let score = |rank: f64| (!number.is_multiple_of(3)).then_some(-rank);
        let speaker = (!number.is_multiple_of(5)).then(|| format!("s{}", number % 7));
        let line = serde_json::json!({
            "id": format!("u{number:05}"), "speaker": speaker, "ref": "two cups", "snr": number,
            "hyps": [
                {"text": format!("two cups {number}"), "score": score(1.5)},
                {"text": "too cups", "score": score(2.5)},
            ]
        });
        writeln!(lines, "{line}").unwrap();
    }
    lines
}

/// `files`, of which about so many bytes are held.
fn read(files: &[&str], held: usize, speakers: SpeakerSource) -> Result<(Lists, bool), ListsError> {
    let mut builder = CorpusBuilder::new(ReadOptions::default()).holding(held);
    for (index, file) in files.iter().enumerate() {
        builder.lists(&format!("{index}.jsonl"), file.as_bytes())?;
    }
    let lists = builder.finish_lists(speakers)?;
    let on_disk = matches!(lists.kept, Kept::Disk { .. });
    Ok((lists, on_disk))
}

/// What is the same wherever lists wait.
fn contents(lists: &Lists) -> Vec<(usize, Utterance, bool)> {
    let mut contents = Vec::new();
    for part in lists.parts().unwrap() {
        let part = part.unwrap();
        assert_eq!(part.first, contents.len());
        assert!(!part.utterances.is_empty() && part.utterances.len() <= MOST_UTTERANCES);
        let scored = |one: &Utterance| (part.first, one.clone(), part.is_scored(one));
        contents.extend(part.utterances.iter().map(scored));
    }
    contents
}

fn pattern() -> SpeakerSource {
    SpeakerSource::Pattern("^u0(.)".parse().unwrap())
}

#[test]
fn lists_on_the_disk_are_those_in_memory() {
    // Out of order, in two files, in several parts.
    let files = [
        lines((0..1500).rev().filter(|number| number % 2 == 0)),
        lines((0..1500).filter(|number| number % 2 == 1)),
    ];
    let files = [files[0].as_str(), files[1].as_str()];
    for speakers in [SpeakerSource::Lists, pattern(), SpeakerSource::Nowhere] {
        let (memory, on_disk) = read(&files, usize::MAX, speakers.clone()).unwrap();
        assert!(!on_disk);
        let (disk, on_disk) = read(&files, 50_000, speakers).unwrap();
        assert!(on_disk);

        assert_eq!(disk.facts, memory.facts);
        assert_eq!(contents(&disk), contents(&memory));
        assert_eq!(contents(&disk).last().unwrap().0, MOST_UTTERANCES);
        let of = |lists: &Lists| {
            let survey = &lists.survey;
            let complete = survey.unnamed.complete().map_err(|error| error.to_string());
            let counts = (survey.utterances, survey.text_bytes, survey.with_fields);
            (counts, survey.speakers.clone(), complete, survey.hint())
        };
        assert_eq!(of(&disk), of(&memory));
        assert_eq!(disk.into_corpus().unwrap(), memory.into_corpus().unwrap());
    }
}

#[test]
fn an_id_of_two_runs_and_speakers_that_are_not_found_are_told_alike() {
    let told_of = |files: &[&str], held, speakers| match read(files, held, speakers) {
        Err(ListsError::Read(error)) => told(&error),
        Err(error) => error.to_string(),
        Ok(_) => panic!("it was read"),
    };
    let twice = [lines(0..500), lines(499..600)];
    let twice = [twice[0].as_str(), twice[1].as_str()];
    let other = lines(9_990..10_100);
    let other = [other.as_str()];

    for held in [usize::MAX, 10_000] {
        let told = told_of(&twice, held, SpeakerSource::Lists);
        assert!(
            told.starts_with("failed to read 1.jsonl, line 1: "),
            "{told}"
        );
        assert!(
            told.contains("`u00499` was used before, at 0.jsonl, line 500"),
            "{told}"
        );
        let told = told_of(&other, held, pattern());
        assert!(
            told.contains("`u10000`, `u10001`, `u10002` and 97 more"),
            "{told}"
        );
    }
}

#[test]
fn a_part_ends_where_texts_are_long() {
    let check_parts = |letters: usize, expected: &[usize]| {
        let long = "t".repeat(letters);
        let line = |id: &str| {
            format!("{{\"id\": \"{id}\", \"ref\": \"x\", \"hyps\": [{{\"text\": \"{long}\"}}]}}\n")
        };
        let file = ["a", "b", "c", "d", "e", "f", "g"].map(line).concat();
        for held in [usize::MAX, 1] {
            let (lists, _) = read(&[&file], held, SpeakerSource::Lists).unwrap();
            let parts = lists.parts().unwrap();
            let sizes = parts.map(|part| part.unwrap().utterances.len());
            assert_eq!(sizes.collect::<Vec<usize>>(), expected);
        }
    };

    check_parts(MOST_TEXT / 8, &[7]);
    check_parts(MOST_TEXT / 5 + 1, &[5, 2]);
}
