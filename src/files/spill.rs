//! What waits on the disk until a run ends: bytes in a file without a name, which is gone with the
//! program however it ends.

use std::fs::File;
use std::io::{self, ErrorKind, Read, Seek, SeekFrom, Write};
use std::ops::Range;
use std::sync::{Mutex, PoisonError};

/// So much is read at a time.
const PIECE: usize = 1 << 16;

/// Runs of bytes, which can be read side by side. There is no file before the first one.
#[derive(Debug, Default)]
pub(crate) struct Spill {
    /// Whoever reads looks for its place first.
    file: Option<Mutex<File>>,
    runs: Vec<Range<u64>>,
}

impl Spill {
    /// Adds a run.
    pub(crate) fn add_run(&mut self, bytes: &[u8]) -> io::Result<()> {
        let file = match &mut self.file {
            Some(file) => file,
            none => none.insert(Mutex::new(tempfile::tempfile()?)),
        };
        let file = file.get_mut().unwrap_or_else(PoisonError::into_inner);

        let begin = self.runs.last().map_or(0, |run| run.end);
        file.seek(SeekFrom::Start(begin))?;
        file.write_all(bytes)?;
        self.runs.push(begin..begin + bytes.len() as u64);
        Ok(())
    }

    /// How many runs there are.
    pub(crate) fn runs(&self) -> usize {
        self.runs.len()
    }

    /// Reads a run from its beginning.
    pub(crate) fn read(&self, run: usize) -> SpillReader<'_> {
        SpillReader {
            spill: self,
            left: self.runs[run].clone(),
            piece: Vec::new(),
            next: 0,
        }
    }
}

/// What is left of a run.
#[derive(Debug)]
pub(crate) struct SpillReader<'a> {
    spill: &'a Spill,
    /// What was not read.
    left: Range<u64>,
    piece: Vec<u8>,
    /// What of the piece was taken.
    next: usize,
}

impl SpillReader<'_> {
    /// Fills `bytes`; `false` at the end of the run.
    pub(crate) fn fill(&mut self, bytes: &mut [u8]) -> io::Result<bool> {
        if self.next == self.piece.len() && self.left.is_empty() {
            return Ok(false);
        }
        self.read_exact(bytes)?;
        Ok(true)
    }
}

impl Read for SpillReader<'_> {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        if self.next == self.piece.len() {
            let amount = (PIECE as u64).min(self.left.end - self.left.start);
            self.next = 0;
            self.piece.clear();
            let Some(file) = self.spill.file.as_ref().filter(|_| amount > 0) else {
                return Ok(0);
            };

            let mut file = file.lock().unwrap_or_else(PoisonError::into_inner);
            file.seek(SeekFrom::Start(self.left.start))?;
            let read = Read::by_ref(&mut *file)
                .take(amount)
                .read_to_end(&mut self.piece)?;
            if read == 0 {
                return Err(ErrorKind::UnexpectedEof.into());
            }
            self.left.start += read as u64;
        }

        let amount = into.len().min(self.piece.len() - self.next);
        into[..amount].copy_from_slice(&self.piece[self.next..self.next + amount]);
        self.next += amount;
        Ok(amount)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn runs_are_read_side_by_side() {
        let long: Vec<u8> = (0..200_000_u32).flat_map(u32::to_le_bytes).collect();
        let mut spill = Spill::default();
        spill.add_run(&long).unwrap();
        spill.add_run(b"abcd").unwrap();
        spill.add_run(b"").unwrap();

        let (mut first, mut second) = (spill.read(0), spill.read(1));
        let mut four = [0; 4];
        for number in 0..200_000_u32 {
            assert!(first.fill(&mut four).unwrap());
            assert_eq!(u32::from_le_bytes(four), number);
        }
        assert!(!first.fill(&mut four).unwrap());
        assert!(second.fill(&mut four).unwrap());
        assert_eq!(&four, b"abcd");
        assert!(!second.fill(&mut four).unwrap());
        assert!(!spill.read(2).fill(&mut four).unwrap());

        let mut all = Vec::new();
        spill.read(0).read_to_end(&mut all).unwrap();
        assert_eq!(all, long);
        assert!(spill.read(1).fill(&mut [0; 5]).is_err());
    }
}
