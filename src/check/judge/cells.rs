//! What pairs of words add in clusters: many small sums, of which only some are in memory.
//!
//! Each speaker has swaps of words of its own, so that there can be as many sums as swaps. They
//! wait on the disk, in runs that are in order and are merged at the end.

use std::cmp::Reverse;
use std::collections::{BinaryHeap, HashMap};
use std::io;

use crate::files::{Spill, SpillReader};

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
            let bytes = run.iter().flat_map(pack).collect::<Vec<u8>>();
            self.spill.add_run(&bytes)?;
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
    pub(super) fn in_order(
        &self,
        ranks: &[usize],
    ) -> io::Result<Box<dyn Iterator<Item = io::Result<Cell>> + '_>> {
        if self.spill.runs() == 0 {
            let cells = self.sorted(|pair| ranks[pair as usize]);
            return Ok(Box::new(cells.into_iter().map(Ok)));
        }

        let held = self.sorted(|pair| pair as usize).into_iter();
        let mut runs: Vec<Run<'_>> = vec![Run::Held(held)];
        runs.extend((0..self.spill.runs()).map(|run| Run::Spilled(self.spill.read(run))));
        let mut merged = Merged {
            runs,
            heads: BinaryHeap::new(),
        };
        for run in 0..merged.runs.len() {
            merged.advance(run)?;
        }
        Ok(Box::new(merged))
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

/// Cells in order of clusters and pairs.
enum Run<'a> {
    Held(std::vec::IntoIter<Cell>),
    Spilled(SpillReader<'a>),
}

impl Run<'_> {
    fn next(&mut self) -> io::Result<Option<Cell>> {
        match self {
            Run::Held(cells) => Ok(cells.next()),
            Run::Spilled(reader) => {
                let mut bytes = [0; BYTES];
                Ok(reader.fill(&mut bytes)?.then(|| unpack(bytes)))
            }
        }
    }
}

/// The next cell of a run: cluster, pair, the run itself and what is in the cell.
type Head = (usize, u32, usize, [u64; 2]);

/// The cells of all runs.
struct Merged<'a> {
    runs: Vec<Run<'a>>,
    /// The next cell of each run, by cluster, pair and run.
    heads: BinaryHeap<Reverse<Head>>,
}

impl Merged<'_> {
    fn advance(&mut self, run: usize) -> io::Result<()> {
        if let Some(cell) = self.runs[run].next()? {
            let bits = cell.shares.map(f64::to_bits);
            self.heads
                .push(Reverse((cell.cluster, cell.pair, run, bits)));
        }
        Ok(())
    }
}

impl Iterator for Merged<'_> {
    type Item = io::Result<Cell>;

    fn next(&mut self) -> Option<io::Result<Cell>> {
        let Reverse((cluster, pair, run, bits)) = self.heads.pop()?;
        let cell = Cell {
            cluster,
            pair,
            shares: bits.map(f64::from_bits),
        };
        Some(self.advance(run).map(|()| cell))
    }
}

#[cfg(test)]
mod tests {
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
