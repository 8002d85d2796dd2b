//! The records of failures in `report.json`: which were minimized, how far, and what is left.
//!
//! Each whole failure, with all its texts and scores, is a file of its own in the report's folder
//! `failures`. How people see these records is in
//! `failure_text`.

use serde::{Deserialize, Serialize};

use crate::check::engine::plan::Plan;
use crate::check::failures::counterexample::Counterexample;
use crate::check::failures::counterexample_list::CounterexampleList;
use crate::check::failures::harmful_flips::{Found, MinimizedFlip, MinimizedFlips};
use crate::check::failures::minimize::MinimizeStatus;
use crate::check::failures::picks::{GAP, Row, picks};
use crate::check::failures::replay::{Replay, ReplayStatus};
use crate::report::certificates::CertifiedRecord;
use crate::suite::{Check, Suite};

/// Failures of each check whose texts stand in the report; those of all others are in their files.
pub const SHOWN: usize = 3;

/// What was done about the failures of a run.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FailuresRecord {
    /// `each` (sentences stay whole), `words` (those that nothing swaps are dropped too) or
    /// `exhaustive-1` (as `each`, with certificates).
    pub mode: String,
    /// The margin that counts as noise: a failure has a larger one.
    pub noise: f64,
    /// The most failures of each check that are minimized; null for all.
    pub max_failures: Option<usize>,
    /// The most texts that minimizing one failure may ask for.
    pub max_calls: usize,
    /// What minimizing took.
    pub effort: EffortRecord,
    /// Why the rescorer gave up meanwhile, so that the rest stays as drawn; absent where it did not.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub stopped: Option<String>,
    /// One per check with failures, in the order of the checks.
    pub checks: Vec<CheckFailuresRecord>,
    /// Saved failures that were run again first.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub replayed: Vec<ReplayRecord>,
    /// What no single substitution changes; empty unless asked for.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub certificates: Vec<CertifiedRecord>,
}

/// What minimizing took.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct EffortRecord {
    /// Failures minimized.
    pub failures: usize,
    /// Calls of the rescorer, each with a batch of lists: one for every round, and one for every
    /// minimal list to see that it fails alone.
    pub calls: usize,
    /// Calls that trying one smaller list after the other would have taken.
    pub calls_one_at_a_time: usize,
    /// Smaller lists judged, those included that were tried ahead and not needed.
    pub judged: usize,
}

/// The failures of a check.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CheckFailuresRecord {
    /// The suite the check stands in.
    pub suite: String,
    /// The check's name.
    pub check: String,
    /// Harmful flips, all of them.
    pub found: usize,
    /// Utterances that have some.
    pub utterances: usize,
    /// Failures minimized until no smaller list fails.
    pub complete: usize,
    /// Failures whose minimization was cut short.
    pub budget: usize,
    /// Failures that are within the noise of the scores.
    pub flaky: usize,
    /// Half of the minimized failures keep at most so many substitutions; null where none was.
    pub median_substitutions: Option<usize>,
    /// The same of the lists as drawn.
    pub median_drawn_substitutions: Option<usize>,
    /// Half of the failures took at most so many texts to minimize.
    pub median_texts: Option<usize>,
    /// Whether the check swaps a word alike in every hypothesis, or in none: minimal lists were
    /// made smaller by whole words then.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub coherent: bool,
    /// Those that were saved, the worst first.
    pub cases: Vec<CounterexampleRecord>,
}

/// A failure.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CounterexampleRecord {
    /// Its file in the folder `failures`.
    pub file: String,
    /// The utterance's id.
    pub id: String,
    /// Which draw, from 0.
    pub draw: usize,
    /// `complete`, `budget` or `flaky`.
    pub status: MinimizeStatus,
    /// Lists tried, the one drawn included.
    pub tried: usize,
    /// Distinct texts they asked for.
    pub texts: usize,
    /// The smallest list that fails.
    pub minimal: CounterexampleListRecord,
    /// The list as it was drawn.
    pub drawn: CounterexampleListRecord,
}

/// A list that fails.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CounterexampleListRecord {
    /// What is swapped: `two -> too (0)`, with the phonetic distance; by hypothesis, then by word.
    pub substitutions: Vec<String>,
    /// Hypotheses left.
    pub hypotheses: usize,
    /// How many more word errors the pick has than the pick before, both read with their swaps.
    pub damage: usize,
    /// How far the better hypotheses are ahead before the swap, in total scores.
    pub margin_before: Option<f64>,
    /// The same after the swap; negative.
    pub margin_after: Option<f64>,
    /// The picks before and after, word under word, for the first failures of a check.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub rows: Vec<Row>,
}

/// A saved failure that was run again.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ReplayRecord {
    /// The file's name.
    pub file: String,
    /// The utterance's id.
    pub id: String,
    /// `fails`, `only_drawn` (the minimal list is mended, the one drawn is not), `gone` or
    /// `already_worse` (neither fails, but the model takes a worse hypothesis of the minimal list
    /// without swaps too).
    pub status: ReplayStatus,
    /// What is swapped in the minimal list.
    pub substitutions: Vec<String>,
    /// The margin of the minimal list after the swap, when the failure was saved.
    pub margin_saved: Option<f64>,
    /// The same now; negative if the worse hypothesis wins, null where none is worse than the one
    /// that wins without swaps.
    pub margin_now: Option<f64>,
}

impl CheckFailuresRecord {
    /// The record of a check: all that was found in it, and what was minimized of that.
    pub fn new(
        (suite, check): (&Suite, &Check),
        found: Found,
        failures: &[&MinimizedFlip],
    ) -> CheckFailuresRecord {
        let count = |status| {
            failures
                .iter()
                .filter(|failure| failure.minimum.status == status)
                .count()
        };
        let saved = failures.iter().filter_map(|failure| {
            let counterexample = failure.counterexample.as_ref()?;
            Some((*failure, counterexample))
        });
        let cases: Vec<CounterexampleRecord> = saved
            .enumerate()
            .map(|(index, (failure, counterexample))| {
                CounterexampleRecord::new(failure, counterexample, index < SHOWN)
            })
            .collect();
        let of_cases =
            |number: fn(&CounterexampleRecord) -> usize| median(cases.iter().map(number));

        CheckFailuresRecord {
            suite: suite.name.clone(),
            check: check.name.clone(),
            found: found.flips,
            utterances: found.utterances,
            complete: count(MinimizeStatus::Complete),
            budget: count(MinimizeStatus::Budget),
            flaky: count(MinimizeStatus::Flaky),
            median_substitutions: of_cases(|case| case.minimal.substitutions.len()),
            median_drawn_substitutions: of_cases(|case| case.drawn.substitutions.len()),
            median_texts: of_cases(|case| case.texts),
            coherent: check.perturbation.is_coherent(),
            cases,
        }
    }

    /// One record for every check of `plan` that has failures, of which so many were `found`.
    pub fn all(
        plan: &Plan<'_>,
        found: &[Found],
        failures: &MinimizedFlips,
    ) -> Vec<CheckFailuresRecord> {
        plan.checks()
            .zip(found)
            .enumerate()
            .filter(|(_, (_, found))| found.flips > 0)
            .map(|(index, (check, found))| {
                let failures = failures.flips.iter();
                let failures: Vec<&MinimizedFlip> = failures
                    .filter(|failure| failure.flip.check == index)
                    .collect();
                CheckFailuresRecord::new(check, *found, &failures)
            })
            .collect()
    }
}

impl EffortRecord {
    /// What minimizing `failures` took.
    pub fn new(failures: &MinimizedFlips) -> EffortRecord {
        let minima = failures.flips.iter().map(|failure| &failure.minimum);
        EffortRecord {
            failures: failures.flips.len(),
            calls: failures.rounds + failures.confirmations,
            calls_one_at_a_time: minima.map(|minimum| minimum.tried).sum(),
            judged: failures.judged,
        }
    }
}

impl CounterexampleRecord {
    fn new(
        failure: &MinimizedFlip,
        counterexample: &Counterexample,
        shown: bool,
    ) -> CounterexampleRecord {
        CounterexampleRecord {
            file: counterexample.file_name(),
            id: counterexample.id.clone(),
            draw: failure.flip.draw,
            status: failure.minimum.status,
            tried: failure.minimum.tried,
            texts: failure.minimum.texts,
            minimal: CounterexampleListRecord::new(&counterexample.minimal, shown),
            drawn: CounterexampleListRecord::new(&counterexample.drawn, shown),
        }
    }
}

impl CounterexampleListRecord {
    /// The record of a list, with its texts if it is `shown`.
    pub fn new(list: &CounterexampleList, shown: bool) -> CounterexampleListRecord {
        CounterexampleListRecord {
            substitutions: swaps(list),
            hypotheses: list.hyps.len(),
            damage: list.damage(),
            margin_before: list.margin_before,
            margin_after: list.margin_after,
            rows: if shown { picks(list) } else { Vec::new() },
        }
    }
}

impl ReplayRecord {
    /// What became of the failure in `file`.
    pub fn new(file: String, saved: &Counterexample, replay: &Replay) -> ReplayRecord {
        ReplayRecord {
            file,
            id: saved.id.clone(),
            status: replay.status,
            substitutions: swaps(&saved.minimal),
            margin_saved: saved.minimal.margin_after,
            margin_now: replay.minimal.margin_after,
        }
    }
}

/// Every swapped word of a list in words.
pub fn swaps(list: &CounterexampleList) -> Vec<String> {
    list.substitutions
        .iter()
        .map(|swap| format!("{} ({})", arrow(&swap.from, &swap.to), swap.distance))
        .collect()
}

/// What words become; a word that comes or goes stands beside a gap.
pub fn arrow(from: &str, to: &str) -> String {
    format!("{} -> {}", or_gap(from), or_gap(to))
}

fn or_gap(words: &str) -> &str {
    if words.is_empty() { GAP } else { words }
}

/// The lower median.
fn median(values: impl Iterator<Item = usize>) -> Option<usize> {
    let mut values: Vec<usize> = values.collect();
    values.sort_unstable();
    values.get(values.len().checked_sub(1)? / 2).copied()
}
