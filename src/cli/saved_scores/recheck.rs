//! Whether the model still gives the scores that an interrupted run saved: a program may read what
//! nobody knows of, and a server may be another.

use std::path::Path;

use anyhow::Context;

use crate::cli::terminal::Terminal;
use crate::report::number;
use crate::rescore::remembered::{Remembered, Remembers};

/// Scores that are asked for again.
const SAMPLE: usize = 16;

/// Scores are the same where they differ by no more than this, or this share of the larger one.
const SAME: f64 = 1e-4;

/// Of a model that gives other scores every time, the differences are below this share of what
/// texts differ by, or it tells nothing apart.
const UNSTEADY: f64 = 0.1;

/// How scores that were asked for again differ from the saved ones.
#[derive(Debug, PartialEq)]
pub(super) struct Differences {
    /// Scores that are others now.
    apart: usize,
    largest: f64,
    /// Root mean square of all differences, over the standard deviation of the saved scores.
    share: f64,
}

impl Differences {
    fn of(saved: &[f64], again: &[f64]) -> Differences {
        let count = saved.len().max(1) as f64;
        let gaps = saved
            .iter()
            .zip(again)
            .map(|(one, other)| (one - other).abs());
        let gaps: Vec<f64> = gaps.collect();
        let apart = gaps.iter().zip(saved).zip(again);
        let apart = apart.filter(|((gap, one), other)| {
            **gap > SAME * one.abs().max(other.abs()).max(1.0) || gap.is_nan()
        });
        let mean = saved.iter().sum::<f64>() / count;
        let spread = saved
            .iter()
            .map(|score| (score - mean).powi(2))
            .sum::<f64>();
        let squares = gaps.iter().map(|gap| gap * gap).sum::<f64>();
        Differences {
            apart: apart.count(),
            largest: gaps.iter().copied().fold(0.0, f64::max),
            share: (squares / spread).sqrt(),
        }
    }

    /// Whether another model gave the saved scores, rather than this one at another time.
    fn is_of_another(&self) -> bool {
        // Where a score is no number, the share is none either.
        self.apart > 0 && (self.share.is_nan() || self.share > UNSTEADY)
    }
}

/// Asks `memory` for some of the `scores` saved in `file` again: refuses those of another model,
/// and warns where they are a little different.
pub(super) fn recheck(
    memory: &dyn Remembers,
    scores: &[Remembered],
    file: &Path,
    terminal: &Terminal,
) -> anyhow::Result<()> {
    let Some((found, told)) = apart(memory, scores, file)? else {
        return Ok(());
    };
    anyhow::ensure!(
        !found.is_of_another(),
        "{told}: another model gave them, though it said the same of itself; delete the file to \
            score all texts again, or bring that model back"
    );
    terminal.warn(&format!(
        "{told}: the model is not steady, and the run goes on from them"
    ));
    Ok(())
}

/// How some of the `scores` saved in `file` differ from those that `memory` is given for them now,
/// with it in words; `None` if they do not.
pub(super) fn apart(
    memory: &dyn Remembers,
    scores: &[Remembered],
    file: &Path,
) -> anyhow::Result<Option<(Differences, String)>> {
    let step = scores.len().div_ceil(SAMPLE).max(1);
    let sample: Vec<&Remembered> = scores.iter().step_by(step).collect();
    if sample.is_empty() {
        return Ok(None);
    }
    let texts: Vec<&str> = sample.iter().map(|score| &*score.of).collect();
    let Some(again) = memory.ask_again(&texts) else {
        return Ok(None);
    };
    let again = again.context("failed to ask for some saved scores again")?;

    let saved: Vec<f64> = sample
        .iter()
        .filter_map(|score| score.scores.first().copied())
        .collect();
    let found = Differences::of(&saved, &again);
    let told = format!(
        "of {} saved in {} and asked for again {} {} another now, up to {} apart",
        number::count(saved.len(), "score"),
        file.display(),
        number::whole(found.apart),
        if found.apart == 1 { "is" } else { "are" },
        number::short(found.largest),
    );
    Ok((found.apart > 0).then_some((found, told)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(again: [f64; 4], apart: usize, is_of_another: bool) {
        let found = Differences::of(&[-1.0, -2.0, -3.0, -40.0], &again);
        assert_eq!(
            (found.apart, found.is_of_another()),
            (apart, is_of_another),
            "{found:?}"
        );
    }

    #[test]
    fn last_digits_are_the_same_and_an_offset_is_another_model() {
        check([-1.0, -2.0, -3.0, -40.0], 0, false);
        check([-1.000_05, -2.0, -3.0, -40.003], 0, false);
        check([-1.3, -2.2, -3.0, -40.5], 3, false);
        check([9.0, 8.0, 7.0, -30.0], 4, true);
        check([f64::NAN, -2.0, -3.0, -40.0], 1, true);
        // What tells nothing apart has no spread.
        let constant = Differences::of(&[1.0, 1.0], &[1.0, 2.0]);
        assert!(constant.is_of_another());
        assert!(!Differences::of(&[1.0, 1.0], &[1.0, 1.0]).is_of_another());
    }
}
