//! Utterances on the disk: more of them than memory should hold, in order of their ids.
//!
//! They come in runs, each in order, one behind the other in a file without a name, which is gone
//! with the program however it ends. Reading merges the runs, as often as is asked, and holds a
//! piece of each.

use std::{io, iter};

use crate::files::{Ordered, Spill, SpillReader, merged};
use crate::nbest::packed::{self, Entry};

/// Runs of utterances.
#[derive(Debug, Default)]
pub(super) struct Spool(Spill);

impl Spool {
    /// Adds `entries`, which are in order of their ids.
    pub(super) fn add_run(&mut self, entries: &[Entry]) -> io::Result<()> {
        self.0.add_run(|out| {
            let mut packed = Vec::new();
            for entry in entries {
                packed.clear();
                packed::pack(entry, &mut packed);
                out.write_all(&(packed.len() as u64).to_le_bytes())?;
                out.write_all(&packed)?;
            }
            Ok(())
        })
    }

    /// All utterances in order of their ids; of equal ids, those first that were added first.
    pub(super) fn merged(&self) -> io::Result<Ordered<'_, Entry>> {
        let runs = self.0.runs().map(|mut run| -> Ordered<'_, Vec<u8>> {
            Box::new(iter::from_fn(move || next_packed(&mut run).transpose()))
        });
        let id = |packed: &Vec<u8>| packed::id(packed).unwrap_or_default().to_owned();
        let packed = merged(runs.collect(), id)?;
        Ok(Box::new(packed.map(|packed| packed::unpack(&packed?))))
    }
}

/// The next packed entry of a run.
fn next_packed(run: &mut SpillReader<'_>) -> io::Result<Option<Vec<u8>>> {
    let mut length = [0; 8];
    if !run.fill(&mut length)? {
        return Ok(None);
    }

    let length = usize::try_from(u64::from_le_bytes(length)).map_err(io::Error::other)?;
    let mut packed = vec![0; length];
    run.fill(&mut packed)?;
    Ok(Some(packed))
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
            unreferenced: false,
            as_written: None,
        }
    }

    #[test]
    fn runs_are_merged_in_order_as_often_as_asked() {
        // Some entries are longer than a piece, so that they are read in several.
        let long = "tea ".repeat(100_000);
        let mut spool = Spool::default();
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
        let mut spool = Spool::default();
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
