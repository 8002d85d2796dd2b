//! Whether the runs that handed their scores over agree on the texts that several of them scored.

/// What became of the texts that were scored by more than one run.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct Agreement {
    /// Texts, or lists of a model that scores whole lists, each time that they came again.
    pub compared: usize,
    /// Those whose score was another than before.
    pub apart: usize,
    /// The largest difference, in second-pass scores.
    pub largest: f64,
    /// The squares of all differences.
    squares: f64,
}

impl Agreement {
    /// Takes in a text whose scores differ by `gap`.
    pub(crate) fn add(&mut self, gap: f64) {
        self.compared += 1;
        self.apart += usize::from(gap > 0.0);
        self.largest = self.largest.max(gap);
        self.squares += gap * gap;
    }

    /// How far two scores of a text are apart (root mean square).
    pub(crate) fn spread(&self) -> f64 {
        (self.squares / self.compared.max(1) as f64).sqrt()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn differences_are_counted_and_squared() {
        let mut found = Agreement::default();
        assert!(found.spread().abs() < 1e-12);
        for gap in [0.0, 3.0, 0.0, 1.0] {
            found.add(gap);
        }
        assert_eq!((found.compared, found.apart), (4, 2));
        assert!((found.largest - 3.0).abs() < 1e-12);
        assert!((found.spread() - 2.5_f64.sqrt()).abs() < 1e-12);
    }
}
