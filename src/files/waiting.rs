//! Text that is made before it can be written in its place.

use std::io::{self, BufReader, Seek, SeekFrom, Write};

use tempfile::SpooledTempFile;

/// Where the operating system has what waits on the disk: the folder of temporary files.
pub(crate) fn temporary_folder() -> String {
    tempfile::env::temp_dir().display().to_string()
}

/// So much is held in memory, compressed.
const HELD: usize = 1 << 20;

/// As fast as it gets: what waits is read once.
const LEVEL: i32 = 1;

/// Text that waits, compressed: in memory as long as it is short, then in a file without a name.
pub(crate) struct Waiting(zstd::Encoder<'static, SpooledTempFile>);

impl Waiting {
    /// Nothing yet.
    pub(crate) fn new() -> io::Result<Waiting> {
        let file = tempfile::spooled_tempfile(HELD);
        zstd::Encoder::new(file, LEVEL).map(Waiting)
    }

    /// No more is written.
    pub(crate) fn end(self) -> io::Result<Waited> {
        self.0.finish().map(Waited)
    }
}

impl Write for Waiting {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.0.flush()
    }
}

/// Text that waited.
pub(crate) struct Waited(SpooledTempFile);

impl Waited {
    /// Writes it to `out`.
    pub(crate) fn copy(&mut self, out: &mut dyn Write) -> io::Result<()> {
        self.0.seek(SeekFrom::Start(0))?;
        let mut text = zstd::Decoder::new(BufReader::new(&mut self.0))?;
        io::copy(&mut text, out).map(|_| ())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_waited_is_what_was_written() {
        let mut numbers = 1_u64;
        let mut next = || {
            numbers = numbers
                .wrapping_mul(6_364_136_223_846_793_005)
                .wrapping_add(1);
            numbers.to_le_bytes()
        };
        // Too much, and too random, for what is held.
        let long: Vec<u8> = (0..400_000).flat_map(|_| next()).collect();
        for written in [&b""[..], b"a\nb\n", &long] {
            let mut waiting = Waiting::new().unwrap();
            for piece in written.chunks(1000) {
                waiting.write_all(piece).unwrap();
            }
            let mut waited = waiting.end().unwrap();
            for _ in 0..2 {
                let mut copied = Vec::new();
                waited.copy(&mut copied).unwrap();
                assert_eq!(copied, written);
            }
        }
    }
}
