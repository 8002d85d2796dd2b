//! `EditTable`: the rows of an edit-distance table along a path through a trie, kept to the cells within a limit.
//!
//! The trie and its walk are in [`neighbours`](crate::phonetics::neighbours), which also tests this table against a scan; what
//! phones cost is in [`distance`](crate::phonetics::distance).

use crate::phonetics::alphabet::Alphabet;
use crate::phonetics::distance::{PhoneticDistance, SegmentCosts};
use crate::phonetics::segment::Segment;

/// The edit-distance table between a query and the path from the root of the trie to the current node.
///
/// Row `d` belongs to the node at depth `d`, cell `j` of it to the first `j` segments of the query.
pub(in crate::phonetics) struct EditTable {
    /// What each segment costs in place of each segment of the query, in rows of `query_length`.
    substitutions: Vec<u16>,
    /// What each segment of the query costs left out.
    query_gaps: Vec<u16>,
    /// What each segment costs put in.
    gaps: Vec<u16>,
    cells: Vec<u16>,
    query_length: usize,
    /// How far from the diagonal a cell can be within `max`.
    band: usize,
    max: u16,
}

/// A cell outside the band. Sums with it must not wrap.
const FAR: u16 = u16::MAX / 2;

/// The widest limit that the cells can tell from [`FAR`]; no two words of a language are further apart.
const WIDEST: u16 = 30_000;

impl EditTable {
    /// The table of `query` for paths down to `deepest`, with exact cells up to `max`.
    pub(in crate::phonetics) fn new(
        query: &[Segment],
        alphabet: Alphabet,
        deepest: usize,
        max: PhoneticDistance,
    ) -> EditTable {
        let costs = SegmentCosts::of(alphabet);
        let max = max.milli().min(WIDEST);
        let query_length = query.len();

        let mut substitutions = Vec::with_capacity(Segment::all(alphabet).count() * query_length);
        let mut gaps = Vec::with_capacity(Segment::all(alphabet).count());
        for segment in Segment::all(alphabet) {
            substitutions.extend(
                query
                    .iter()
                    .map(|&other| costs.substitution(segment, other)),
            );
            gaps.push(costs.gap(segment));
        }

        let query_gaps: Vec<u16> = query.iter().map(|&segment| costs.gap(segment)).collect();
        let mut cells = vec![FAR; (deepest + 1) * (query_length + 1)];
        cells[0] = 0;
        for (position, gap) in query_gaps.iter().enumerate() {
            cells[position + 1] = cells[position].saturating_add(*gap).min(FAR);
        }

        let band = usize::from(max / costs.cheapest_gap());
        EditTable {
            substitutions,
            query_gaps,
            gaps,
            cells,
            query_length,
            band,
            max,
        }
    }

    /// Computes the row of a node from that of its parent; whether any cell is within the limit.
    pub(in crate::phonetics) fn fill_row(&mut self, depth: usize, segment: Segment) -> bool {
        let width = self.query_length + 1;
        let first = depth.saturating_sub(self.band);
        if first > self.query_length {
            return false;
        }

        let last = (depth + self.band).min(self.query_length);
        let (above, row) = self.cells.split_at_mut(depth * width);
        let above = &above[(depth - 1) * width..];
        let row = &mut row[..width];
        let substitutions =
            &self.substitutions[segment.index() * self.query_length..][..self.query_length];
        let gap = self.gaps[segment.index()];

        let mut left = FAR;
        let mut lowest = FAR;
        if first == 0 {
            left = (above[0] + gap).min(FAR);
            row[0] = left;
            lowest = left;
        } else {
            // The row may hold the cells of an earlier node, with the same band; left of it nothing is ever within the limit.
            row[first - 1] = FAR;
        }

        for column in first.max(1)..=last {
            let substituted = above[column - 1] + substitutions[column - 1];
            let inserted = above[column] + gap;
            let deleted = left + self.query_gaps[column - 1];
            left = substituted.min(inserted).min(deleted).min(FAR);
            row[column] = left;
            lowest = lowest.min(left);
        }

        lowest <= self.max
    }

    /// The distance of the node whose row was filled last, if it is within the limit.
    pub(in crate::phonetics) fn distance(&self, depth: usize) -> Option<PhoneticDistance> {
        let cell = self.cells[depth * (self.query_length + 1) + self.query_length];
        let reached = depth + self.band >= self.query_length && cell <= self.max;
        reached.then(|| PhoneticDistance::from_milli(cell))
    }
}
