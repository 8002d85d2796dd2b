//! `WordIndex`: the position of every word of a table, by hash.

/// The position of every word of a table, by hash. The words are not in it: whoever asks has them.
///
/// Invariants: more slots than words, a power of two of them; a word stands in the first free slot
/// from that of its hash on.
#[derive(Clone, Debug)]
pub(super) struct WordIndex {
    slots: Vec<u32>,
}

const EMPTY: u32 = u32::MAX;

impl WordIndex {
    /// Indexes `words`, which are in the order of their positions.
    pub(super) fn new<'a>(words: impl ExactSizeIterator<Item = &'a str>) -> WordIndex {
        let mut index = WordIndex {
            slots: vec![EMPTY; (2 * words.len() + 1).next_power_of_two()],
        };
        for (position, word) in (0_u32..).zip(words) {
            let mut slot = index.slot(word);
            while index.slots[slot] != EMPTY {
                slot = index.next(slot);
            }
            index.slots[slot] = position;
        }

        index
    }

    /// The position of `wanted`; `word` gives the word at a position.
    pub(super) fn find<'a>(&self, wanted: &str, word: impl Fn(usize) -> &'a str) -> Option<usize> {
        let mut slot = self.slot(wanted);
        while self.slots[slot] != EMPTY {
            let position = self.slots[slot] as usize;
            if word(position) == wanted {
                return Some(position);
            }
            slot = self.next(slot);
        }

        None
    }

    fn next(&self, slot: usize) -> usize {
        (slot + 1) & (self.slots.len() - 1)
    }

    /// Where to look first: the upper half of a product, which depends on every byte.
    fn slot(&self, word: &str) -> usize {
        const FACTOR: u64 = 0x9e37_79b9_7f4a_7c15;

        let mut hash = word.len() as u64;
        let (parts, rest) = word.as_bytes().as_chunks::<8>();
        let mut last = [0; 8];
        last[..rest.len()].copy_from_slice(rest);
        for part in parts.iter().chain([&last]) {
            let mixed = hash.rotate_left(23) ^ u64::from_le_bytes(*part);
            hash = mixed.wrapping_mul(FACTOR);
        }

        (hash >> 32) as usize & (self.slots.len() - 1)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_word_is_found_where_it_is_and_no_other() {
        let words: Vec<String> = (0..3_000_u32)
            .map(|number| format!("{}{}", "ab'".repeat((number % 7) as usize), number * number))
            .collect();
        let index = WordIndex::new(words.iter().map(String::as_str));
        let find = |word: &str| index.find(word, |position| &words[position]);

        for (position, word) in words.iter().enumerate() {
            assert_eq!(find(word), Some(position));
            assert_eq!(find(&format!("{word}!")), None);
        }
        assert_eq!(find(""), None);
        assert_eq!(WordIndex::new([].into_iter()).find("a", |_| "a"), None);
    }
}
