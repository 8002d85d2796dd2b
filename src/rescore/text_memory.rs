//! Scores of texts, remembered for as long as they are likely to be asked for again.
//!
//! A text is known by 16 bytes of its hash. What is remembered is bounded: of two generations the
//! older one is dropped when the younger one is full, and what is asked for in time moves on to the
//! younger. So a run of any length holds the texts of some ten thousand lists, and asks again for
//! what has not been seen since.

use std::collections::HashMap;

/// So many texts are a generation: as many as fit a map that has not grown once more, 33 MiB.
const GENERATION: usize = (1 << 20) / 8 * 7;

/// What is remembered of a text.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct TextScore {
    /// Its score; finite.
    pub(super) score: f64,
    /// Whether the text was longer than the model reads and was cut.
    pub(super) cut: bool,
}

/// What tells texts apart.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) struct TextKey([u8; 16]);

impl TextKey {
    pub(super) fn of(text: &str) -> TextKey {
        let hash = blake3::hash(text.as_bytes());
        TextKey(*hash.as_bytes().first_chunk().expect("a hash is 32 bytes"))
    }
}

/// The scores of the texts that were asked for last.
#[derive(Debug)]
pub(super) struct TextMemory {
    generation: usize,
    young: HashMap<TextKey, TextScore>,
    old: HashMap<TextKey, TextScore>,
}

impl TextMemory {
    pub(super) fn new() -> TextMemory {
        TextMemory::of(GENERATION)
    }

    /// With so many texts to a generation.
    pub(super) fn of(generation: usize) -> TextMemory {
        TextMemory {
            generation,
            young: HashMap::new(),
            old: HashMap::new(),
        }
    }

    /// The score of a text, which is then remembered for longer. Where several are asked for at
    /// once, ask in one order: it decides what is forgotten.
    pub(super) fn get(&mut self, text: TextKey) -> Option<TextScore> {
        if let Some(known) = self.young.get(&text) {
            return Some(*known);
        }

        let known = *self.old.get(&text)?;
        self.insert(text, known);
        Some(known)
    }

    /// The score of a text, of which nothing else is made.
    pub(super) fn peek(&self, text: TextKey) -> Option<TextScore> {
        let known = self.young.get(&text).or_else(|| self.old.get(&text));
        known.copied()
    }

    /// Remembers the score of a text.
    pub(super) fn insert(&mut self, text: TextKey, score: TextScore) {
        if self.young.len() >= self.generation && !self.young.contains_key(&text) {
            self.old = std::mem::take(&mut self.young);
        }
        self.young.insert(text, score);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_asked_for_stays_and_the_rest_goes() {
        let mut memory = TextMemory::of(2);
        let score = |score| TextScore { score, cut: false };
        let key = TextKey::of;
        memory.insert(key("a"), score(1.0));
        memory.insert(key("b"), score(2.0));

        // "a" is asked for once a generation.
        for number in 0..10 {
            memory.insert(key(&format!("new {number}")), score(3.0));
            assert_eq!(memory.get(key("a")), Some(score(1.0)), "{number}");
            assert!(memory.young.len() <= 2 && memory.old.len() <= 2);
        }
        assert_eq!(memory.peek(key("b")), None);
        assert_eq!(memory.peek(key("new 9")), Some(score(3.0)));
        assert_eq!(memory.get(key("new 0")), None);
    }
}
