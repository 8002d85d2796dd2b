//! What pairs of words add in clusters: many small sums, of which only some are in memory.
//!
//! Each speaker has swaps of words of its own, so that there can be as many sums as swaps. They
//! wait on the disk, in runs that are in order and are merged at the end.

use std::{io, iter};

use foldhash::{HashMap, HashMapExt};

use crate::files::{Ordered, Spill, merged};

/// The bytes of a cell on the disk.
const BYTES: usize = 24;

/// What a pair adds in a cluster.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Cell {
    pub(super) cluster: usize,
    /// The number of the pair.
    pub(super) pair: u32,
    pub(super) shares: [f64; 2],
}

/// Sums by cluster and pair.
#[derive(Debug)]
pub(super) struct Cells {
    /// So many sums are held at most.
    most: usize,
    held: HashMap<(u32, u32), [f64; 2]>,
    spill: Spill,
}

impl Cells {
    /// Without any, of which so many are held in memory.
    pub(super) fn new(most: usize) -> Cells {
        Cells {
            most,
            held: HashMap::new(),
            spill: Spill::default(),
        }
    }

    /// Adds the shares of a pair in a cluster.
    pub(super) fn add(
        &mut self,
        (cluster, pair): (usize, u32),
        shares: [f64; 2],
    ) -> io::Result<()> {
        let cluster = u32::try_from(cluster).map_err(io::Error::other)?;
        let sums = self.held.entry((cluster, pair)).or_default();
        sums[0] += shares[0];
        sums[1] += shares[1];

        if self.held.len() >= self.most {
            let run = self.sorted(|pair| pair as usize);
            self.spill.add_run(|out| {
                let mut cells = run.iter();
                cells.try_for_each(|cell| out.write_all(&pack(cell)))
            })?;
            self.held.clear();
        }
        Ok(())
    }

    /// What is held, in order of clusters, then of what `rank` makes of pairs.
    fn sorted(&self, rank: impl Fn(u32) -> usize) -> Vec<Cell> {
        let cell = |(&(cluster, pair), &shares): (&(u32, u32), &[f64; 2])| Cell {
            cluster: cluster as usize,
            pair,
            shares,
        };
        let mut cells: Vec<Cell> = self.held.iter().map(cell).collect();
        cells.sort_unstable_by_key(|cell| (cell.cluster, rank(cell.pair)));
        cells
    }

    /// All cells in order of clusters; within a cluster, in order of the ranks of pairs if all are
    /// in memory. One cell may come in several pieces, one behind the other.
    pub(super) fn in_order(&self, ranks: &[usize]) -> io::Result<Ordered<'_, Cell>> {
        let spilled = self.spill.runs();
        if spilled.len() == 0 {
            let cells = self.sorted(|pair| ranks[pair as usize]);
            return Ok(Box::new(cells.into_iter().map(Ok)));
        }

        let held = self.sorted(|pair| pair as usize).into_iter();
        let mut runs: Vec<Ordered<'_, Cell>> = vec![Box::new(held.map(Ok))];
        for mut run in spilled {
            runs.push(Box::new(iter::from_fn(move || {
                let mut bytes = [0; BYTES];
                let filled = run.fill(&mut bytes);
                filled.map(|is| is.then(|| unpack(bytes))).transpose()
            })));
        }
        merged(runs, |cell| (cell.cluster, cell.pair))
    }
}

fn pack(cell: &Cell) -> [u8; BYTES] {
    let mut bytes = [0; BYTES];
    let cluster = u32::try_from(cell.cluster).unwrap_or(u32::MAX);
    bytes[..4].copy_from_slice(&cluster.to_le_bytes());
    bytes[4..8].copy_from_slice(&cell.pair.to_le_bytes());
    bytes[8..16].copy_from_slice(&cell.shares[0].to_le_bytes());
    bytes[16..].copy_from_slice(&cell.shares[1].to_le_bytes());
    bytes
}

fn unpack(bytes: [u8; BYTES]) -> Cell {
    let four = |from: usize| {
        let mut four = [0; 4];
        four.copy_from_slice(&bytes[from..from + 4]);
        u32::from_le_bytes(four)
    };
    let eight = |from: usize| {
        let mut eight = [0; 8];
        eight.copy_from_slice(&bytes[from..from + 8]);
        f64::from_le_bytes(eight)
    };

    Cell {
        cluster: four(0) as usize,
        pair: four(4),
        shares: [eight(8), eight(16)],
    }
}

#[cfg(test)]
mod tests {
    use std::cmp::Reverse;

    use super::*;

    /// The sums of a pair in a cluster for every number below 100, twice.
    fn cells(most: usize) -> Vec<Cell> {
        let mut cells = Cells::new(most);
        for number in (0..100_u32).chain((0..100).rev()) {
            let key = (number as usize % 7, number % 13);
            cells.add(key, [f64::from(number), 1.0]).unwrap();
        }

        // Ranks are pairs backwards.
        let ranks: Vec<usize> = (0..13).rev().collect();
        let mut whole: Vec<Cell> = Vec::new();
        for cell in cells.in_order(&ranks).unwrap() {
            let cell = cell.unwrap();
            match whole.last_mut() {
                Some(last) if (last.cluster, last.pair) == (cell.cluster, cell.pair) => {
                    last.shares[0] += cell.shares[0];
                    last.shares[1] += cell.shares[1];
                }
                _ => whole.push(cell),
            }
        }
        whole
    }

    #[test]
    fn cells_that_were_spilled_are_those_that_were_held() {
        let mut held = cells(usize::MAX);
        assert_eq!(held.len(), 91);
        assert!(held.is_sorted_by_key(|cell| (cell.cluster, Reverse(cell.pair))));

        held.sort_by_key(|cell| (cell.cluster, cell.pair));
        for most in [1, 10, 90] {
            assert_eq!(cells(most), held, "{most}");
        }
    }
}
