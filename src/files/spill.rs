//! What waits on the disk until a run ends: bytes in a file without a name, which is gone with the
//! program however it ends.

use std::fs::File;
use std::io::{self, BufRead, BufReader, BufWriter, ErrorKind, Read, Seek, SeekFrom, Write};
use std::ops::Range;
use std::sync::{Mutex, PoisonError};

/// So much of a run is read at a time, at most, and of very many runs at least.
const READ: usize = 1 << 16;
const LEAST_READ: usize = 1 << 12;

/// So much of all runs is held while they are read side by side, unless there are very many.
const READ_OF_ALL: usize = 1 << 25;

/// So much is written at once.
const WRITTEN: usize = 1 << 20;

/// Runs of bytes, which can be read side by side. There is no file before the first one.
#[derive(Debug, Default)]
pub(crate) struct Spill {
    /// Whoever reads looks for its place first.
    file: Option<Mutex<File>>,
    runs: Vec<Range<u64>>,
}

impl Spill {
    /// Adds a run of what `write` writes.
    pub(crate) fn add_run(
        &mut self,
        write: impl FnOnce(&mut dyn Write) -> io::Result<()>,
    ) -> io::Result<()> {
        let file = match &mut self.file {
            Some(file) => file,
            none => none.insert(Mutex::new(tempfile::tempfile()?)),
        };
        let mut file = file.get_mut().unwrap_or_else(PoisonError::into_inner);

        let begin = self.runs.last().map_or(0, |run| run.end);
        file.seek(SeekFrom::Start(begin))?;
        let mut out = BufWriter::with_capacity(WRITTEN, &mut file);
        write(&mut out)?;
        out.flush()?;
        drop(out);

        self.runs.push(begin..file.stream_position()?);
        Ok(())
    }

    /// All runs, each to be read from its beginning.
    pub(crate) fn runs(&self) -> impl ExactSizeIterator<Item = SpillReader<'_>> {
        let most = (READ_OF_ALL / self.runs.len().max(1)).clamp(LEAST_READ, READ) as u64;
        let reader = move |left: &Range<u64>| {
            let read = most.min(left.end - left.start);
            SpillReader(BufReader::with_capacity(
                usize::try_from(read).unwrap_or(READ),
                Left {
                    file: self.file.as_ref().expect("a run is in a file"),
                    left: left.clone(),
                },
            ))
        };
        self.runs.iter().map(reader)
    }
}

/// What is left of a run.
#[derive(Debug)]
pub(crate) struct SpillReader<'a>(BufReader<Left<'a>>);

impl SpillReader<'_> {
    /// Fills `bytes`; `false` at the end of the run.
    pub(crate) fn fill(&mut self, bytes: &mut [u8]) -> io::Result<bool> {
        if self.0.fill_buf()?.is_empty() {
            return Ok(false);
        }
        self.0.read_exact(bytes)?;
        Ok(true)
    }
}

/// What was not read.
#[derive(Debug)]
struct Left<'a> {
    file: &'a Mutex<File>,
    left: Range<u64>,
}

impl Read for Left<'_> {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        let amount = (self.left.end - self.left.start).min(into.len() as u64);
        let mut file = self.file.lock().unwrap_or_else(PoisonError::into_inner);
        file.seek(SeekFrom::Start(self.left.start))?;
        let read = Read::by_ref(&mut *file).take(amount).read(into)?;
        if read == 0 && amount > 0 {
            return Err(ErrorKind::UnexpectedEof.into());
        }

        self.left.start += read as u64;
        Ok(read)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn runs_are_read_side_by_side() {
        let long: Vec<u8> = (0..200_000_u32).flat_map(u32::to_le_bytes).collect();
        let mut spill = Spill::default();
        for run in [&long[..], b"abcd", b""] {
            spill.add_run(|out| out.write_all(run)).unwrap();
        }

        let mut runs: Vec<SpillReader<'_>> = spill.runs().collect();
        let mut four = [0; 4];
        for number in 0..200_000_u32 {
            assert!(runs[0].fill(&mut four).unwrap());
            assert_eq!(u32::from_le_bytes(four), number);
        }
        assert!(!runs[0].fill(&mut four).unwrap());
        assert!(runs[1].fill(&mut four).unwrap());
        assert_eq!(&four, b"abcd");
        assert!(!runs[1].fill(&mut four).unwrap());
        assert!(!runs[2].fill(&mut four).unwrap());

        let mut again: Vec<SpillReader<'_>> = spill.runs().collect();
        let mut all = vec![0; long.len()];
        assert!(again[0].fill(&mut all).unwrap());
        assert_eq!(all, long);
        assert!(again[1].fill(&mut [0; 5]).is_err());
    }
}
