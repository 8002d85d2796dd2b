//! N-best lists of every format, and what goes with them.

use crate::cli::commands::significance::read_counts;
use crate::cli::fuzzing::{expect_same, files, parsed, read, scratch};
use crate::nbest::builder::CorpusBuilder;
use crate::nbest::format::Format;
use crate::nbest::limits::Limits;
use crate::nbest::lists::Lists;
use crate::nbest::read::{Corpus, ReadOptions};
use crate::nbest::source::plain;
use crate::nbest::speakers::{IdPattern, SpeakerMap};
use crate::nbest::write::write_jsonl;
use crate::nbest::{Utterance, transcripts};

/// Less than what a program reads, so that bombs are told as soon as what takes too long.
const LIMITS: Limits = Limits {
    line: 1 << 20,
    file: 8 << 20,
};

/// Lists whose format is found out.
pub fn lists(data: &[u8]) {
    for name in ["lists.jsonl", "lists.json", "lists.txt"] {
        let mut builder = CorpusBuilder::new(ReadOptions::default()).within(LIMITS);
        if read(name, builder.lists(name, data)).is_some() {
            written_again(read(name, builder.finish()));
        }
    }
}

/// Lists of the format that the first byte names, with references and scores.
pub fn list_formats(data: &[u8]) {
    let Some((first, rest)) = data.split_first() else {
        return;
    };
    let [lists, references, scores] = files(rest);
    let options = ReadOptions {
        format: Some(Format::ALL[usize::from(first.wrapping_sub(b'a')) % Format::ALL.len()]),
        ..ReadOptions::default()
    };

    let mut builder = CorpusBuilder::new(options).within(LIMITS);
    if !scores.is_empty() && read("scores", builder.scores("scores", scores, 0.5)).is_none() {
        return;
    }
    if !references.is_empty()
        && read("references", builder.references("references", references)).is_none()
    {
        return;
    }
    if read("1best_recog/text", builder.lists("1best_recog/text", lists)).is_some() {
        written_again(read("1best_recog/text", builder.finish()));
    }
}

/// What was read is read once more from the form in which all can be told.
fn written_again(corpus: Option<Corpus>) {
    let Some(corpus) = corpus else {
        return;
    };

    let before: Vec<Utterance> = corpus.utterances.clone();
    let mut written = Vec::new();
    let lists = Lists::of(corpus);
    for part in lists.parts().expect("they are in memory") {
        let part = part.expect("they are in memory");
        write_jsonl(&part, &mut written).expect("memory takes it");
    }
    let options = ReadOptions {
        format: Some(Format::Jsonl),
        ..ReadOptions::default()
    };
    let again = Corpus::read("written.jsonl", written.as_slice(), &options);
    let again = again.unwrap_or_else(|error| panic!("{:#}", anyhow::Error::from(error)));
    expect_same(&before, &again.utterances);
}

/// What is compressed, with bombs among it.
pub fn packed(data: &[u8]) {
    if let Some(bytes) = parsed(plain(data, LIMITS.file)) {
        assert!(bytes.len() as u64 <= LIMITS.file);
    }

    let mut builder = CorpusBuilder::new(ReadOptions::default()).within(LIMITS);
    read("lists.jsonl", builder.lists("lists.jsonl", data));
}

/// A map of utterances and speakers, and a pattern that finds speakers in ids.
pub fn speakers(data: &[u8]) {
    let [map, pattern] = files(data);
    if let Some(map) = read("utt2spk", SpeakerMap::read("utt2spk", map)) {
        assert_eq!((map.name(), map.speaker("")), ("utt2spk", None));
    }
    if let Ok(pattern) = std::str::from_utf8(pattern)
        && let Some(pattern) = parsed(pattern.parse::<IdPattern>())
    {
        pattern.speaker("anna-0001");
    }
}

/// Transcripts as trn or as text.
pub fn transcripts(data: &[u8]) {
    for name in ["heard.trn", "heard.txt"] {
        read(name, transcripts::read(name, data));
    }
}

/// Counts of errors for a test of significance.
pub fn counts(data: &[u8]) {
    scratch::with_file("counts.jsonl", data, |path| {
        read("counts.jsonl", read_counts(path));
    });
}
