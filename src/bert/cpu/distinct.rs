//! Tokens of a batch that are embedded alike.
//!
//! Hypotheses of one list, and what they are perturbed to, have most words at the same places:
//! of real lists, three tokens of ten in a batch differ from all others by word or by place.
//! Whatever reads embeddings alone is computed for those, once.

use std::collections::HashMap;
use std::collections::hash_map::Entry;

/// The tokens of a batch, each as one of those that differ by word or by place.
#[derive(Default)]
pub(super) struct Distinct {
    /// For every token of the batch, which of the distinct ones it is.
    which: Vec<usize>,
    /// Asked alone, never walked through: its order is not that of anything.
    seen: HashMap<(u32, usize), usize>,
}

impl Distinct {
    /// Forgets the batch before.
    pub(super) fn clear(&mut self) {
        self.which.clear();
        self.seen.clear();
    }

    /// Takes the next token, the word `id` at `place`; whether none before was the same.
    pub(super) fn add(&mut self, id: u32, place: usize) -> bool {
        let next = self.seen.len();
        match self.seen.entry((id, place)) {
            Entry::Occupied(known) => {
                self.which.push(*known.get());
                false
            }
            Entry::Vacant(new) => {
                new.insert(next);
                self.which.push(next);
                true
            }
        }
    }

    /// Copies the rows of the distinct tokens, `[distinct, width]`, to those of all tokens of the
    /// batch, `[tokens, width]`.
    pub(super) fn spread(&self, rows: &[f32], width: usize, out: &mut Vec<f32>) {
        out.clear();
        for row in &self.which {
            out.extend_from_slice(&rows[row * width..][..width]);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tokens_are_the_same_only_with_both_word_and_place() {
        let mut distinct = Distinct::default();
        let texts: [&[u32]; 3] = [&[7, 5, 5], &[7, 6], &[7, 5]];
        for _ in 0..2 {
            distinct.clear();
            let mut new = Vec::new();
            for text in texts {
                new.extend(
                    text.iter()
                        .enumerate()
                        .map(|(place, id)| distinct.add(*id, place)),
                );
            }
            assert_eq!(new, [true, true, true, false, true, false, false]);

            let mut out = vec![9.0];
            distinct.spread(&[0.0, 0.5, 1.0, 1.5, 2.0, 2.5, 3.0, 3.5], 2, &mut out);
            assert_eq!(
                out,
                [
                    0.0, 0.5, 1.0, 1.5, 2.0, 2.5, 0.0, 0.5, 3.0, 3.5, 0.0, 0.5, 1.0, 1.5
                ]
            );
        }
    }
}
