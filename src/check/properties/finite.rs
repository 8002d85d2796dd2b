//! Finite scores: every text has one, and it is a number.

use crate::check::properties::probe::{Probe, Shown, ask_for_anything};
use crate::check::properties::strict::{Exception, Look, Strict};
use crate::nbest::is_score;
use crate::rescore::{RescoreError, Rescorer, chain};

/// Every text of the corpus, and odd ones, has a finite score.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct FiniteScores;

/// Lists that corpora seldom hold, one a call.
fn edges() -> Vec<Probe> {
    let long = vec!["and"; 1000].join(" ");

    vec![
        Probe::made("an empty text", [""]),
        Probe::made("a word", ["yes"]),
        Probe::made("a letter", ["a"]),
        Probe::made("a thousand words", [long.as_str()]),
        Probe::made("a very long word", ["a".repeat(2000).as_str()]),
        Probe::made("words of no language", ["qxzzv wvvqx zzxqj"]),
        Probe::made(
            "other alphabets",
            ["na\u{ef}ve \u{4f60}\u{597d} \u{442}\u{435}\u{441}\u{442} \u{1f600}"],
        ),
        Probe::made("digits and signs", ["3.14 % [MASK] <s> \\ \" ' --"]),
        Probe::made("one text twice", ["yes it is", "yes it is"]),
        Probe::made("short and long", ["", "yes", long.as_str()]),
    ]
}

impl Strict for FiniteScores {
    fn odd_lists(&self) -> Vec<Probe> {
        edges()
    }

    fn fewest_entries(&self) -> usize {
        1
    }

    fn compares_calls(&self) -> bool {
        false
    }

    fn look(&self, probes: &[Probe], rescorer: &dyn Rescorer) -> Result<Look, RescoreError> {
        let exception = match ask_for_anything(rescorer, probes) {
            Ok(scores) => not_finite(probes, &scores),
            // Nothing is known of lists that nobody can ask about.
            Err(error @ (RescoreError::Interrupted | RescoreError::Gone(_))) => return Err(error),
            // Which list it was, one at a time.
            Err(together) => match failing(probes, rescorer)? {
                Some(exception) => Some(exception),
                None => Some(Exception {
                    probes: (0..probes.len()).collect(),
                    sentence: format!("the rescorer gives no scores: {}", chain(&together)),
                    lists: probes
                        .iter()
                        .map(|probe| Shown::texts("asked", probe))
                        .collect(),
                    size: f64::INFINITY,
                }),
            },
        };

        Ok(Look {
            largest: 0.0,
            exception,
        })
    }
}

fn not_finite(probes: &[Probe], scores: &[Vec<f64>]) -> Option<Exception> {
    for (index, (probe, scores)) in probes.iter().zip(scores).enumerate() {
        if let Some(score) = scores.iter().find(|score| !is_score(**score)) {
            return Some(Exception {
                probes: vec![index],
                sentence: format!("a score is {score:?}"),
                lists: vec![Shown::scored("scored", probe, scores)],
                size: f64::INFINITY,
            });
        }
    }

    None
}

/// The first list that the rescorer fails on alone.
fn failing(probes: &[Probe], rescorer: &dyn Rescorer) -> Result<Option<Exception>, RescoreError> {
    for (index, probe) in probes.iter().enumerate() {
        match ask_for_anything(rescorer, [probe]) {
            Ok(_) => {}
            Err(error @ (RescoreError::Interrupted | RescoreError::Gone(_))) => return Err(error),
            Err(error) => {
                return Ok(Some(Exception {
                    probes: vec![index],
                    sentence: format!("the rescorer gives no scores: {}", chain(&error)),
                    lists: vec![Shown::texts("asked", probe)],
                    size: f64::INFINITY,
                }));
            }
        }
    }

    Ok(None)
}
