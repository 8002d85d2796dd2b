//! Whether a second pass tells the texts of any list apart.

/// Lists in which there is something to choose, and those of them whose texts have more than one
/// score: where there are none of these, no weight changes a pick.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct ToldApart {
    lists: usize,
    apart: usize,
}

impl ToldApart {
    /// Of lists, each the scores of its texts.
    pub(crate) fn of(lists: &[impl AsRef<[f64]>]) -> ToldApart {
        let mut told = ToldApart::default();
        for scores in lists {
            told.add(scores.as_ref());
        }
        told
    }

    /// Takes in the scores of a list's texts.
    pub(crate) fn add(&mut self, scores: &[f64]) {
        if let [first, others @ ..] = scores
            && !others.is_empty()
        {
            self.lists += 1;
            self.apart += usize::from(others.iter().any(|score| score - first != 0.0));
        }
    }

    /// How many lists have something to choose, if the texts of each have one score.
    pub(crate) fn alike(self) -> Option<usize> {
        (self.lists > 0 && self.apart == 0).then_some(self.lists)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lists_whose_texts_have_one_score_each_are_counted() {
        let alike = |lists: &[&[f64]]| ToldApart::of(lists).alike();
        let one: [&[f64]; 3] = [&[1.0, 1.0], &[2.0, 2.0, 2.0], &[5.0]];
        assert_eq!(alike(&one), Some(2));
        assert_eq!(alike(&[&[1.0, 1.0], &[2.0, 3.0]]), None);
        assert_eq!(alike(&[&[5.0]]), None);
    }
}
