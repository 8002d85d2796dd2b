//! A part: what a shard's model said, in one file.
//!
//! The first line says whose part it is, as JSON that is [sealed](mod@crate::files::seal). Behind
//! it stand, compressed, lines of [`Known`], and a last one with their number and the hash of all
//! that stands before it. A file without that line is no part: it was cut, or is damaged.

use std::fs::File;
use std::io::{self, BufRead, BufReader, BufWriter, Read, Write};
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use crate::cli::shards::options::TypedOptions;
use crate::cli::shards::settings::ShardSettings;
use crate::cli::shards::shard::Shard;
use crate::files::document::LINE;
use crate::files::seal::{seal, unseal};
use crate::rescore::known::Known;

/// The version of the format.
const FORMAT_VERSION: u32 = 1;

/// How a part begins, whatever its version.
pub(crate) const BEGINNING: &str = "{\"check_part\":";

/// How its last line begins.
const END: &str = "{\"lines\":";

/// How hard the compressor tries: its usual.
const LEVEL: i32 = 3;

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

/// Writes a part; `known` gives everything to the function that it is handed.
pub(crate) fn write(
    out: &mut dyn Write,
    header: &Header,
    known: impl FnOnce(&mut dyn FnMut(Known) -> io::Result<()>) -> io::Result<()>,
) -> io::Result<()> {
    let (mut first, _) = seal("", &serde_json::to_string(header)?);
    first.push('\n');
    out.write_all(first.as_bytes())?;

    let mut hasher = blake3::Hasher::new();
    hasher.update(first.as_bytes());
    let mut out = BufWriter::new(zstd::Encoder::new(out, LEVEL)?);
    let mut lines = 0;
    known(&mut |known| {
        let mut line = serde_json::to_string(&known)?;
        line.push('\n');
        hasher.update(line.as_bytes());
        lines += 1;
        out.write_all(line.as_bytes())
    })?;

    let hash = hasher.finalize().to_hex().to_string();
    let end = serde_json::to_string(&End { lines, hash })?;
    writeln!(out, "{end}")?;
    let encoder = out.into_inner().map_err(io::IntoInnerError::into_error)?;
    encoder.finish()?;
    Ok(())
}

/// A part that is being read.
pub(crate) struct PartReader {
    path: PathBuf,
    pub(crate) header: Header,
    first: String,
    rest: BufReader<File>,
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
        let mut rest = BufReader::new(file);
        let (header, first) = read_header(&mut rest).map_err(at)?;
        Ok(PartReader {
            path: path.to_owned(),
            header,
            first,
            rest,
        })
    }

    /// Gives `take` all that is known. What it was given counts only where no error comes after it.
    pub(crate) fn read(self, mut take: impl FnMut(Known)) -> Result<(), PartError> {
        let PartReader {
            path, first, rest, ..
        } = self;
        read_known(&first, rest, &mut take).map_err(|kind| PartError { path, kind })
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

fn read_known(
    first: &str,
    rest: BufReader<File>,
    take: &mut impl FnMut(Known),
) -> Result<(), PartErrorKind> {
    let mut hasher = blake3::Hasher::new();
    hasher.update(first.as_bytes());
    let decoder = zstd::Decoder::with_buffer(rest).map_err(PartErrorKind::Io)?;
    let mut decoder = BufReader::new(decoder.single_frame());

    let (mut lines, mut line) = (0, Vec::new());
    let end: End = loop {
        line.clear();
        let read = decoder.by_ref().take(LINE).read_until(b'\n', &mut line);
        // What the decompressor does not understand is no fault of the disk.
        read.map_err(|_| PartErrorKind::Damaged)?;
        if line.last() != Some(&b'\n') {
            return Err(PartErrorKind::Damaged);
        }
        if line.starts_with(END.as_bytes()) {
            break serde_json::from_slice(&line).map_err(|_| PartErrorKind::Damaged)?;
        }
        hasher.update(&line);
        lines += 1;
        take(serde_json::from_slice(&line).map_err(|_| PartErrorKind::Damaged)?);
    };

    let hash = hasher.finalize().to_hex().to_string();
    // One byte more tells whether there is more, which may be any amount.
    let more = decoder.read(&mut [0]);
    let mut rest = decoder.into_inner().finish();
    let trailing = rest.fill_buf().map_err(PartErrorKind::Io)?;
    let whole = end == End { lines, hash } && more.is_ok_and(|more| more == 0);
    (whole && trailing.is_empty())
        .then_some(())
        .ok_or(PartErrorKind::Damaged)
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    fn written(known: &[Known]) -> Vec<u8> {
        let shard = Shard { shard: 1, of: 2 };
        let header = Header::new(shard, 7, ShardSettings::example(), TypedOptions::default());
        let mut bytes = Vec::new();
        let all = known.iter().cloned();
        write(&mut bytes, &header, |take| {
            all.into_iter().try_for_each(take)
        })
        .unwrap();
        bytes
    }

    fn read(path: &Path, bytes: &[u8]) -> Result<Vec<Known>, PartError> {
        fs::write(path, bytes).unwrap();
        let mut known = Vec::new();
        PartReader::open(path)?.read(|one| known.push(one))?;
        Ok(known)
    }

    #[test]
    fn what_is_written_is_read_bit_by_bit_and_no_damage_becomes_a_score() {
        let known = |of: &str, scores: &[f64], cut| Known {
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
            write(&mut bytes, &header, |_| Ok(())).unwrap();
            refused(&bytes);
        }
    }
}
