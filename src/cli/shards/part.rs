//! A part: what a shard's model said, in one file.
//!
//! The first line says whose part it is, as JSON that is [sealed](mod@crate::files::seal). Behind
//! it stand lines of [`Known`], utterance after utterance in order of their ids, and a last one
//! with their number and the hash of all that stands before it. A file without that line is no
//! part: it was cut, or is damaged.
//!
//! Lines are compressed in blocks, each on its own: a merge reads thousands of parts side by side,
//! and holds of each no open file, and no more than a block.

use std::fs::File;
use std::io::{self, BufRead, BufReader, Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use crate::cli::shards::options::TypedOptions;
use crate::cli::shards::settings::ShardSettings;
use crate::cli::shards::shard::Shard;
use crate::files::document::LINE;
use crate::files::seal::{seal, unseal};
use crate::nbest::limits::MOST_HYPOTHESES;
use crate::rescore::known::Known;

/// The version of the format.
const FORMAT_VERSION: u32 = 2;

/// How a part begins, whatever its version.
pub(crate) const BEGINNING: &str = "{\"check_part\":";

/// How its last line begins.
const END: &str = "{\"lines\":";

/// How hard the compressor tries: its usual.
const LEVEL: i32 = 3;

/// A block has no more bytes, decompressed, but for its last line.
const BLOCK: usize = 1 << 16;

/// Whose part it is.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Header {
    check_part: u32,
    version: String,
    pub(crate) shard: Shard,
    /// Utterances of the shard.
    pub(crate) utterances: usize,
    pub(crate) settings: ShardSettings,
    /// With which the run was asked for.
    pub(crate) options: TypedOptions,
}

impl Header {
    /// Of a part that this version of the program writes.
    pub(crate) fn new(
        shard: Shard,
        utterances: usize,
        settings: ShardSettings,
        options: TypedOptions,
    ) -> Header {
        Header {
            check_part: FORMAT_VERSION,
            version: env!("CARGO_PKG_VERSION").to_owned(),
            shard,
            utterances,
            settings,
            options,
        }
    }
}

/// What every version says first.
#[derive(Debug, Deserialize)]
struct Versions {
    check_part: u32,
    version: String,
}

/// The last line.
#[derive(Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct End {
    lines: u64,
    hash: String,
}

/// A part cannot be read.
#[derive(Debug, thiserror::Error)]
#[error("failed to read {}", path.display())]
pub(crate) struct PartError {
    path: PathBuf,
    #[source]
    kind: PartErrorKind,
}

/// Why.
#[derive(Debug, thiserror::Error)]
pub(crate) enum PartErrorKind {
    #[error("the file could not be read")]
    Io(#[source] io::Error),
    #[error(
        "it is no part that a check with --shard wrote: if it was one, delete it, and run its shard \
            again"
    )]
    Foreign,
    #[error(
        "robustness-check {theirs} wrote it, and this is {}: shards and merge take the same version",
        env!("CARGO_PKG_VERSION")
    )]
    Version { theirs: String },
    #[error("it is damaged, or was cut: delete it, and run its shard again")]
    Damaged,
}

impl PartError {
    /// Whether the file is a part in which something is wrong, and not something else.
    pub(crate) fn is_of_content(&self) -> bool {
        matches!(
            self.kind,
            PartErrorKind::Damaged | PartErrorKind::Version { .. }
        )
    }
}

/// A part that is being written.
pub(crate) struct PartWriter<'a> {
    out: &'a mut dyn Write,
    hasher: blake3::Hasher,
    lines: u64,
    /// Lines of the next block.
    block: Vec<u8>,
}

impl<'a> PartWriter<'a> {
    /// Writes whose part it is.
    pub(crate) fn begin(out: &'a mut dyn Write, header: &Header) -> io::Result<PartWriter<'a>> {
        let (mut first, _) = seal("", &serde_json::to_string(header)?);
        first.push('\n');
        out.write_all(first.as_bytes())?;

        let mut hasher = blake3::Hasher::new();
        hasher.update(first.as_bytes());
        Ok(PartWriter {
            out,
            hasher,
            lines: 0,
            block: Vec::new(),
        })
    }

    /// Writes what is known of the utterances that come next.
    pub(crate) fn write(&mut self, known: &[Known]) -> io::Result<()> {
        for one in known {
            let begin = self.block.len();
            serde_json::to_writer(&mut self.block, one)?;
            self.block.push(b'\n');
            self.hasher.update(&self.block[begin..]);
            self.lines += 1;
            if self.block.len() >= BLOCK {
                self.end_block()?;
            }
        }
        Ok(())
    }

    /// Nothing more is known.
    pub(crate) fn end(mut self) -> io::Result<()> {
        let hash = self.hasher.finalize().to_hex().to_string();
        let lines = self.lines;
        serde_json::to_writer(&mut self.block, &End { lines, hash })?;
        self.block.push(b'\n');
        self.end_block()
    }

    fn end_block(&mut self) -> io::Result<()> {
        let packed = zstd::encode_all(self.block.as_slice(), LEVEL)?;
        self.block.clear();
        self.out.write_all(&packed)
    }
}

/// A part that is being read.
#[derive(Debug)]
pub(crate) struct PartReader {
    path: PathBuf,
    pub(crate) header: Header,
    /// Where the next block begins; absent behind the last one.
    next: Option<u64>,
    /// Of all lines so far.
    hasher: blake3::Hasher,
    lines: u64,
}

impl PartReader {
    /// Opens the part `path` and reads whose it is.
    pub(crate) fn open(path: &Path) -> Result<PartReader, PartError> {
        let at = |kind| PartError {
            path: path.to_owned(),
            kind,
        };
        let found = path
            .metadata()
            .map_err(|error| at(PartErrorKind::Io(error)))?;
        if !found.is_file() {
            return Err(at(PartErrorKind::Foreign));
        }

        let file = File::open(path).map_err(|error| at(PartErrorKind::Io(error)))?;
        let (header, first) = read_header(&mut BufReader::new(file)).map_err(at)?;
        let mut hasher = blake3::Hasher::new();
        hasher.update(first.as_bytes());
        Ok(PartReader {
            path: path.to_owned(),
            header,
            next: Some(first.len() as u64),
            hasher,
            lines: 0,
        })
    }

    /// What is known of the next utterances; `None` at the end. What was given counts only where
    /// no error comes after it.
    pub(crate) fn block(&mut self) -> Result<Option<Vec<Known>>, PartError> {
        let Some(begin) = self.next else {
            return Ok(None);
        };
        let known = self.read_block(begin).map_err(|kind| PartError {
            path: self.path.clone(),
            kind,
        })?;
        Ok(Some(known))
    }

    fn read_block(&mut self, begin: u64) -> Result<Vec<Known>, PartErrorKind> {
        let mut file = File::open(&self.path).map_err(PartErrorKind::Io)?;
        file.seek(SeekFrom::Start(begin))
            .map_err(PartErrorKind::Io)?;
        let decoder = zstd::Decoder::new(file).map_err(PartErrorKind::Io)?;
        let mut decoder = decoder.single_frame();

        // What the decompressor does not understand is no fault of the disk.
        let mut block = Vec::new();
        let limit = BLOCK as u64 + LINE;
        let read = decoder.by_ref().take(limit).read_to_end(&mut block);
        read.map_err(|_| PartErrorKind::Damaged)?;
        let mut rest = decoder.finish();
        let end = rest.stream_position().map_err(PartErrorKind::Io)?;
        if block.last() != Some(&b'\n') {
            return Err(PartErrorKind::Damaged);
        }

        let (mut known, mut last) = (Vec::new(), None);
        for line in block.split_inclusive(|byte| *byte == b'\n') {
            let damaged = |_| PartErrorKind::Damaged;
            if last.is_some() {
                return Err(PartErrorKind::Damaged);
            }
            if line.starts_with(END.as_bytes()) {
                last = Some(serde_json::from_slice::<End>(line).map_err(damaged)?);
                continue;
            }
            self.hasher.update(line);
            self.lines += 1;
            let one: Known = serde_json::from_slice(line).map_err(damaged)?;
            if one.scores.is_empty() || one.scores.len() > MOST_HYPOTHESES {
                return Err(PartErrorKind::Damaged);
            }
            known.push(one);
        }

        self.next = Some(end);
        if let Some(last) = last {
            let (lines, hash) = (self.lines, self.hasher.finalize().to_hex().to_string());
            let trailing = rest.fill_buf().map_err(PartErrorKind::Io)?;
            if last != (End { lines, hash }) || !trailing.is_empty() {
                return Err(PartErrorKind::Damaged);
            }
            self.next = None;
        }
        Ok(known)
    }

    /// Reads to the end, whether all of it is whole, and counts what is known.
    pub(crate) fn verify(mut self) -> Result<u64, PartError> {
        while self.block()?.is_some() {}
        Ok(self.lines)
    }
}

fn read_header(rest: &mut BufReader<File>) -> Result<(Header, String), PartErrorKind> {
    let mut first = Vec::new();
    let limited = rest.take(LINE).read_until(b'\n', &mut first);
    limited.map_err(PartErrorKind::Io)?;
    if !first.starts_with(BEGINNING.as_bytes()) {
        return Err(PartErrorKind::Foreign);
    }

    let first = String::from_utf8(first).map_err(|_| PartErrorKind::Damaged)?;
    let line = first.strip_suffix('\n').ok_or(PartErrorKind::Damaged)?;
    let (content, _) = unseal("", line).map_err(|_| PartErrorKind::Damaged)?;
    let versions: Versions = serde_json::from_str(&content).map_err(|_| PartErrorKind::Foreign)?;
    if versions.check_part != FORMAT_VERSION || versions.version != env!("CARGO_PKG_VERSION") {
        return Err(PartErrorKind::Version {
            theirs: versions.version,
        });
    }
    let header: Header = serde_json::from_str(&content).map_err(|_| PartErrorKind::Damaged)?;
    if !header.shard.can_be() {
        return Err(PartErrorKind::Damaged);
    }
    Ok((header, first))
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    fn written(known: &[Known]) -> Vec<u8> {
        let shard = Shard { shard: 1, of: 2 };
        let header = Header::new(shard, 7, ShardSettings::example(), TypedOptions::default());
        let mut bytes = Vec::new();
        let mut part = PartWriter::begin(&mut bytes, &header).unwrap();
        part.write(known).unwrap();
        part.end().unwrap();
        bytes
    }

    fn read(path: &Path, bytes: &[u8]) -> Result<Vec<Known>, PartError> {
        fs::write(path, bytes).unwrap();
        let mut part = PartReader::open(path)?;
        let mut known = Vec::new();
        while let Some(block) = part.block()? {
            known.extend(block);
        }
        Ok(known)
    }

    #[test]
    fn what_is_written_is_read_bit_by_bit_and_no_damage_becomes_a_score() {
        let known = |of: &str, scores: &[f64], cut| Known {
            utterance: "u1".to_owned(),
            of: of.to_owned(),
            scores: scores.to_vec(),
            cut,
        };
        let all = [
            known("", &[f64::from(0.1_f32)], false),
            known("meat \"me\"\n", &[-1.0 / 3.0], true),
            known("a list", &[1e-300, 5e7], false),
        ];
        let bytes = written(&all);
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("1-of-2.part");
        assert_eq!(read(&path, &bytes).unwrap(), all);
        assert_eq!(read(&path, &written(&[])).unwrap(), []);
        assert_eq!(written(&all), bytes);

        for length in 0..bytes.len() {
            assert!(read(&path, &bytes[..length]).is_err(), "{length}");
        }
        for place in 0..bytes.len() {
            for flip in [1, 0x20, 0xff] {
                let mut damaged = bytes.clone();
                damaged[place] ^= flip;
                // A bit that the decompressor does not look at changes nothing.
                if let Ok(found) = read(&path, &damaged) {
                    assert_eq!(found, all, "{place} {flip}");
                }
            }
        }
        assert!(read(&path, &[&bytes[..], b"\n"].concat()).is_err());
    }

    #[test]
    fn shards_that_no_check_has_are_damage() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("1-of-2.part");
        let refused = |bytes: &[u8]| {
            let error = read(&path, bytes).unwrap_err();
            assert!(matches!(error.kind, PartErrorKind::Damaged), "{error:?}");
        };
        for (shard, of) in [(1, u32::MAX), (0, 0), (3, 2)] {
            let shard = Shard { shard, of };
            let header = Header::new(shard, 7, ShardSettings::example(), TypedOptions::default());
            let mut bytes = Vec::new();
            let part = PartWriter::begin(&mut bytes, &header).unwrap();
            part.end().unwrap();
            refused(&bytes);
        }
    }

    #[test]
    fn parts_of_many_blocks_come_back_in_their_order() {
        let known = |number: usize| Known {
            utterance: format!("u{number:05}"),
            of: format!("so many words of {number}"),
            scores: vec![number as f64 / 3.0],
            cut: number.is_multiple_of(7),
        };
        let all: Vec<Known> = (0..5_000).map(known).collect();
        let bytes = written(&all);
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("1-of-2.part");
        assert_eq!(read(&path, &bytes).unwrap(), all);
        assert_eq!(PartReader::open(&path).unwrap().verify().unwrap(), 5_000);

        // A part without its last block, or without one in between.
        fs::write(&path, &bytes).unwrap();
        let mut part = PartReader::open(&path).unwrap();
        let mut ends = Vec::new();
        while part.block().unwrap().is_some() {
            ends.extend(part.next.and_then(|end| usize::try_from(end).ok()));
        }
        assert!(ends.len() > 3, "{ends:?}");
        assert!(read(&path, &bytes[..ends[2]]).is_err());
        assert!(read(&path, &[&bytes[..ends[0]], &bytes[ends[1]..]].concat()).is_err());
    }
}
