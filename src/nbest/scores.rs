//! Scores of hypotheses in files of their own: those of one hypothesis in several files add up.

use std::cell::Cell;
use std::collections::BTreeMap;

use crate::nbest::error::ReadErrorKind;
use crate::nbest::kaldi;
use crate::nbest::oddities::Oddities;
use crate::nbest::placed::{FileNames, Placed};
use crate::nbest::source::Text;

/// The sums, by hypothesis.
#[derive(Debug, Default)]
pub(super) struct ScoreSums(BTreeMap<String, Sum>);

#[derive(Debug)]
struct Sum {
    score: f64,
    files: usize,
    /// Where the last one stands.
    last: Placed,
    /// Whether a list has the hypothesis.
    is_used: Cell<bool>,
}

impl ScoreSums {
    /// Adds those of a file, times `weight`.
    pub(super) fn read(
        &mut self,
        file: usize,
        weight: f64,
        text: &mut Text<'_>,
        files: &FileNames,
    ) -> Result<(), ReadErrorKind> {
        kaldi::read_scores(text, |id, score, position| {
            let placed = Placed { file, position };

            let sum = self.0.entry(id.to_owned()).or_insert(Sum {
                score: 0.0,
                files: 0,
                last: placed,
                is_used: Cell::new(false),
            });
            if sum.files > 0 && sum.last.file == file {
                return Err(files.duplicate(id, sum.last));
            }
            sum.score += weight * score;
            sum.files += 1;
            sum.last = placed;
            Ok(())
        })
    }

    /// Whether there was no file.
    pub(super) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Those of hypotheses that no list had, once all were asked for.
    pub(super) fn unused(&self) -> Oddities {
        let mut unused = Oddities::default();
        let sums = self.0.iter().filter(|(_, sum)| !sum.is_used.get());
        sums.for_each(|(id, _)| unused.add(id));
        unused
    }

    /// The score of the hypothesis `id`, which must be in as many files as any other; `None` if
    /// there was no file.
    pub(super) fn of(&self, id: &str, files: &FileNames) -> Result<Option<f64>, ReadErrorKind> {
        let Some(most) = self.0.values().map(|sum| sum.files).max() else {
            return Ok(None);
        };

        // A sum of fewer scores than those of others would be of another kind.
        if let Some(sum) = self.0.get(id).filter(|sum| sum.files == most) {
            sum.is_used.set(true);
            Ok(Some(sum.score))
        } else {
            let names = files.of(self.0.values().map(|sum| sum.last));
            Err(kaldi::no_score(id, &names))
        }
    }
}
