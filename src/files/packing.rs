//! How a single file is compressed: as its name ends.

use std::fs::File;
use std::io::{self, BufReader, BufWriter, Read, Write};
use std::path::Path;

use flate2::Compression;
use flate2::bufread::MultiGzDecoder;
use flate2::write::GzEncoder;

/// How hard zstd tries: its usual.
const LEVEL: i32 = 3;

/// How a file is compressed. Equal contents are equal bytes: no form has a clock in it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Packing {
    /// It is not.
    Plain,
    /// `.gz`.
    Gzip,
    /// `.zst`, with a checksum.
    Zstd,
}

impl Packing {
    /// What the name of a file asks for; `None` if that is not written.
    pub(crate) fn of(path: &Path) -> Option<Packing> {
        let ending = path.extension().and_then(|ending| ending.to_str());
        match ending.map(str::to_ascii_lowercase).as_deref() {
            Some("gz") => Some(Packing::Gzip),
            Some("zst") => Some(Packing::Zstd),
            Some(
                "7z" | "br" | "bz2" | "lz" | "lz4" | "lzma" | "rar" | "sz" | "tar" | "tbz2" | "tgz"
                | "txz" | "xz" | "z" | "zip" | "zstd",
            ) => None,
            _ => Some(Packing::Plain),
        }
    }

    /// Writes to `out` what `write` writes, compressed.
    pub(crate) fn write(
        self,
        out: &mut dyn Write,
        write: impl FnOnce(&mut dyn Write) -> io::Result<()>,
    ) -> io::Result<()> {
        // Lines come in many small pieces.
        match self {
            Packing::Plain => write(out),
            Packing::Gzip => {
                let mut buffered = BufWriter::new(GzEncoder::new(out, Compression::default()));
                write(&mut buffered)?;
                let encoder = buffered
                    .into_inner()
                    .map_err(io::IntoInnerError::into_error)?;
                encoder.finish().map(drop)
            }
            Packing::Zstd => {
                let mut encoder = zstd::Encoder::new(out, LEVEL)?;
                encoder.include_checksum(true)?;
                let mut buffered = BufWriter::new(encoder);
                write(&mut buffered)?;
                let encoder = buffered
                    .into_inner()
                    .map_err(io::IntoInnerError::into_error)?;
                encoder.finish().map(drop)
            }
        }
    }

    /// The content of `file`; reading fails where that is not compressed so.
    pub(crate) fn reader(self, file: File) -> io::Result<Box<dyn Read>> {
        let file = BufReader::new(file);
        Ok(match self {
            Packing::Plain => Box::new(file),
            Packing::Gzip => Box::new(MultiGzDecoder::new(file)),
            Packing::Zstd => Box::new(zstd::Decoder::with_buffer(file)?),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_name_says_how_a_file_is_compressed() {
        for (name, packing) in [
            ("a/b.jsonl", Some(Packing::Plain)),
            ("b.jsonl.gz", Some(Packing::Gzip)),
            ("b.tsv.ZST", Some(Packing::Zstd)),
            (".gz", Some(Packing::Plain)),
            ("b.jsonl.XZ", None),
            ("b.zip", None),
            ("-", Some(Packing::Plain)),
        ] {
            assert_eq!(Packing::of(Path::new(name)), packing, "{name}");
        }
    }

    #[test]
    fn what_was_packed_is_read_and_equal_contents_are_equal_bytes() {
        let text = "two cups\n".repeat(1000);
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("packed");
        for packing in [Packing::Plain, Packing::Gzip, Packing::Zstd] {
            let pack = || {
                let mut bytes = Vec::new();
                let write = |out: &mut dyn Write| out.write_all(text.as_bytes());
                packing.write(&mut bytes, write).unwrap();
                bytes
            };
            let bytes = pack();
            assert_eq!(bytes, pack());
            assert_eq!(bytes.len() < text.len(), packing != Packing::Plain);

            std::fs::write(&path, bytes).unwrap();
            let mut read = String::new();
            let mut reader = packing.reader(File::open(&path).unwrap()).unwrap();
            reader.read_to_string(&mut read).unwrap();
            assert_eq!(read, text);
        }
        std::fs::write(&path, &text).unwrap();
        let mut reader = Packing::Gzip.reader(File::open(&path).unwrap()).unwrap();
        assert!(reader.read_to_string(&mut String::new()).is_err());
    }
}
