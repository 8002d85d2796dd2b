//! Utterances on the disk: more of them than memory should hold, in order of their ids.
//!
//! They come in runs, each in order, one behind the other in a file without a name, which is gone
//! with the program however it ends. Reading merges the runs, as often as is asked, and holds a
//! piece of each.

use std::cmp::Reverse;
use std::collections::BinaryHeap;
use std::fs::File;
use std::io::{self, ErrorKind, Read, Seek, SeekFrom, Write};
use std::ops::Range;
use std::sync::{Mutex, PoisonError};

use crate::nbest::packed::{self, Entry};

/// So much of a run is in memory at a time.
const PIECE: u64 = 1 << 17;

/// So much is written at once.
const WRITTEN: usize = 1 << 20;

/// Runs of utterances.
#[derive(Debug)]
pub(super) struct Spool {
    /// Whoever reads looks for its place first.
    file: Mutex<File>,
    runs: Vec<Range<u64>>,
    end: u64,
}

impl Spool {
    /// An empty one, in the folder of temporary files.
    pub(super) fn new() -> io::Result<Spool> {
        Ok(Spool {
            file: Mutex::new(tempfile::tempfile()?),
            runs: Vec::new(),
            end: 0,
        })
    }

    /// Adds `entries`, which are in order of their ids.
    pub(super) fn add_run(&mut self, entries: &[Entry]) -> io::Result<()> {
        let file = self.file.get_mut().unwrap_or_else(PoisonError::into_inner);
        file.seek(SeekFrom::Start(self.end))?;

        let begin = self.end;
        let (mut waiting, mut packed) = (Vec::new(), Vec::new());
        for entry in entries {
            packed.clear();
            packed::pack(entry, &mut packed);
            waiting.extend_from_slice(&(packed.len() as u64).to_le_bytes());
            waiting.extend_from_slice(&packed);
            if waiting.len() >= WRITTEN {
                file.write_all(&waiting)?;
                self.end += waiting.len() as u64;
                waiting.clear();
            }
        }
        file.write_all(&waiting)?;
        self.end += waiting.len() as u64;

        self.runs.push(begin..self.end);
        Ok(())
    }

    /// All utterances in order of their ids; of equal ids, those first that were added first.
    pub(super) fn merged(&self) -> io::Result<Merged<'_>> {
        let mut merged = Merged {
            runs: Vec::new(),
            heads: BinaryHeap::new(),
        };
        for (index, range) in self.runs.iter().enumerate() {
            merged.runs.push(Run {
                spool: self,
                left: range.clone(),
                piece: Vec::new(),
                next: 0,
            });
            merged.advance(index)?;
        }

        Ok(merged)
    }
}

/// The utterances of all runs, in order.
pub(super) struct Merged<'a> {
    runs: Vec<Run<'a>>,
    /// The first entry of each run that has one left.
    heads: BinaryHeap<Reverse<Head>>,
}

/// A packed entry, in order of ids, then of runs.
#[derive(PartialEq, Eq)]
struct Head {
    packed: Vec<u8>,
    run: usize,
}

impl Head {
    fn key(&self) -> (&[u8], usize) {
        (packed::id(&self.packed).unwrap_or_default(), self.run)
    }
}

impl PartialOrd for Head {
    fn partial_cmp(&self, other: &Head) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Head {
    fn cmp(&self, other: &Head) -> std::cmp::Ordering {
        self.key().cmp(&other.key())
    }
}

impl Merged<'_> {
    /// Puts the next entry of a run among the heads.
    fn advance(&mut self, run: usize) -> io::Result<()> {
        let packed = self.runs[run].next()?;
        self.heads
            .extend(packed.map(|packed| Reverse(Head { packed, run })));
        Ok(())
    }
}

impl Iterator for Merged<'_> {
    type Item = io::Result<Entry>;

    fn next(&mut self) -> Option<io::Result<Entry>> {
        let Reverse(Head { packed, run }) = self.heads.pop()?;
        let entry = self.advance(run).and_then(|()| packed::unpack(&packed));
        Some(entry)
    }
}

/// What is left of a run.
struct Run<'a> {
    spool: &'a Spool,
    /// What was not read.
    left: Range<u64>,
    piece: Vec<u8>,
    /// What of the piece was taken.
    next: usize,
}

impl Run<'_> {
    /// The next packed entry.
    fn next(&mut self) -> io::Result<Option<Vec<u8>>> {
        if self.next == self.piece.len() && self.left.is_empty() {
            return Ok(None);
        }

        let mut length = [0; 8];
        length.copy_from_slice(self.take(8)?);
        let length = usize::try_from(u64::from_le_bytes(length));
        let length = length.map_err(|_| ErrorKind::InvalidData)?;
        self.take(length).map(|packed| Some(packed.to_vec()))
    }

    fn take(&mut self, count: usize) -> io::Result<&[u8]> {
        while self.piece.len() - self.next < count {
            self.read()?;
        }
        self.next += count;
        Ok(&self.piece[self.next - count..self.next])
    }

    /// Reads another piece behind what was not taken.
    fn read(&mut self) -> io::Result<()> {
        let amount = PIECE.min(self.left.end - self.left.start);
        if amount == 0 {
            return Err(ErrorKind::UnexpectedEof.into());
        }

        self.piece.drain(..self.next);
        self.next = 0;
        let mut file = self
            .spool
            .file
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        file.seek(SeekFrom::Start(self.left.start))?;
        let read = Read::by_ref(&mut *file)
            .take(amount)
            .read_to_end(&mut self.piece)?;
        if read == 0 {
            return Err(ErrorKind::UnexpectedEof.into());
        }
        self.left.start += read as u64;

        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;
    use crate::nbest::place::Position;
    use crate::nbest::placed::Placed;
    use crate::nbest::{Hypothesis, NBest, Transcript, Utterance};

    fn entry(id: &str, line: usize, text: &str) -> Entry {
        let hypothesis = Hypothesis {
            transcript: Transcript::new(text),
            score: 0.0,
            am_score: None,
            lm_score: None,
        };
        Entry {
            utterance: Utterance {
                id: id.to_owned(),
                speaker: None,
                reference: Transcript::new(text),
                nbest: NBest::new(vec![hypothesis]).unwrap(),
                attributes: BTreeMap::new(),
            },
            placed: Placed {
                file: 0,
                position: Position::Line(line),
            },
            unscored: false,
        }
    }

    #[test]
    fn runs_are_merged_in_order_as_often_as_asked() {
        // Some entries are longer than a piece, so that they are read in several.
        let long = "tea ".repeat(100_000);
        let mut spool = Spool::new().unwrap();
        spool
            .add_run(&[entry("a", 1, "x"), entry("c", 2, &long), entry("e", 3, "x")])
            .unwrap();
        spool.add_run(&[]).unwrap();
        spool
            .add_run(&[entry("b", 4, &long), entry("c", 5, "x")])
            .unwrap();

        for _ in 0..2 {
            let merged: Vec<Entry> = spool.merged().unwrap().map(Result::unwrap).collect();
            let order: Vec<(&str, Position)> = merged
                .iter()
                .map(|entry| (entry.utterance.id.as_str(), entry.placed.position))
                .collect();
            let line = Position::Line;
            let expected = [
                ("a", line(1)),
                ("b", line(4)),
                ("c", line(2)),
                ("c", line(5)),
                ("e", line(3)),
            ];

            assert_eq!(order, expected);
            assert_eq!(merged[2].utterance.reference, Transcript::new(&long));
        }
    }

    #[test]
    fn two_may_read_at_once() {
        let mut spool = Spool::new().unwrap();
        spool
            .add_run(&[entry("a", 1, "x"), entry("b", 2, "x")])
            .unwrap();
        let (mut one, mut other) = (spool.merged().unwrap(), spool.merged().unwrap());
        let id = |entry: Option<io::Result<Entry>>| entry.unwrap().unwrap().utterance.id;

        assert_eq!((id(one.next()), id(other.next())), ("a".into(), "a".into()));
        assert_eq!((id(one.next()), id(other.next())), ("b".into(), "b".into()));
        assert!(one.next().is_none() && other.next().is_none());
    }
}
