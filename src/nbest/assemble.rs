//! From the fields of a record, whatever its format, to an [`Utterance`] with
//! its invariants: normalized, ranked, merged, counted.

use std::collections::BTreeSet;

use crate::nbest::error::ReadErrorKind;
use crate::nbest::options::{ReadOptions, ScoreKind};
use crate::nbest::raw::RawHypothesis;
use crate::nbest::{Hypothesis, InvalidNBest, NBest, Transcript, Utterance, is_score};

/// An n-best list, and what was done to get it.
pub(super) struct RankedList {
    pub(super) nbest: NBest,
    /// Hypotheses that were merged into an equal one.
    pub(super) merged: usize,
    /// Those of them that are spelled otherwise than what they were merged into.
    pub(super) merged_spellings: usize,
    /// Hypotheses whose words were written otherwise than they are now.
    pub(super) respelled: usize,
    /// No hypothesis had a score: the rank stands in.
    pub(super) rank_stands_in: bool,
    /// The scores in the order of the file; none where the rank stands in.
    pub(super) scores: Vec<f64>,
}

/// Normalizes and ranks the hypotheses of one list.
///
/// Without a `score`, it is `am_score`, times its weight, plus `lm_score` where there is one;
/// without either, minus the rank among the distinct hypotheses, from 0.
pub(super) fn rank(
    hypotheses: &[RawHypothesis<'_>],
    options: &ReadOptions,
) -> Result<RankedList, ReadErrorKind> {
    let scored = all_or_none(hypotheses, "score", |hypothesis| hypothesis.score)?;
    let acoustic = all_or_none(hypotheses, "am_score", |hypothesis| hypothesis.am_score)?;
    all_or_none(hypotheses, "lm_score", |hypothesis| hypothesis.lm_score)?;

    let sign = match options.scores {
        ScoreKind::LogProbability => 1.0,
        ScoreKind::Cost => -1.0,
    };

    // Adding 0.0 makes -0.0, which some files hold, the ordinary zero.
    let signed = |score: f64| sign * score + 0.0;
    let mut respelled = 0;
    let mut ranked: Vec<Hypothesis> = Vec::with_capacity(hypotheses.len());
    for (index, raw) in hypotheses.iter().enumerate() {
        let transcript = options.normalization.normalize(&raw.text);
        let is_as_written = || words(&raw.text).eq(transcript.words());
        respelled += usize::from(raw.text != transcript.as_str() && !is_as_written());
        let given = match (raw.score, raw.am_score) {
            (Some(score), _) => signed(score),
            (None, Some(am_score)) => {
                signed(options.acoustic_weight * am_score + raw.lm_score.unwrap_or(0.0))
            }
            (None, None)
                if ranked
                    .iter()
                    .any(|earlier| earlier.transcript == transcript) =>
            {
                continue;
            }
            (None, None) => 0.0 - ranked.len() as f64,
        };
        if !is_score(given) {
            return Err(ReadErrorKind::Invalid(InvalidNBest::NotFinite {
                index,
                score: given,
            }));
        }
        ranked.push(Hypothesis {
            transcript,
            score: given,
            am_score: raw.am_score.map(signed),
            lm_score: raw.lm_score.map(signed),
        });
    }

    let is_scored = scored || acoustic;
    let scores = ranked.iter().filter(|_| is_scored);
    let scores = scores.map(|hypothesis| hypothesis.score).collect();
    let nbest = NBest::new(ranked).map_err(ReadErrorKind::Invalid)?;
    let merged = hypotheses.len() - nbest.len();
    Ok(RankedList {
        merged,
        merged_spellings: if merged > 0 {
            merged_spellings(hypotheses, options)
        } else {
            0
        },
        respelled,
        nbest,
        rank_stands_in: !is_scored,
        scores,
    })
}

/// The words of a text as it was written.
fn words(text: &str) -> impl Iterator<Item = &str> {
    let words = text.split(|c: char| c.is_whitespace() || c.is_control());
    words.filter(|word| !word.is_empty())
}

/// How many hypotheses equal an earlier one as words are compared, and not as they were written.
fn merged_spellings(hypotheses: &[RawHypothesis<'_>], options: &ReadOptions) -> usize {
    let mut written: BTreeSet<Transcript> = BTreeSet::new();
    let mut compared: BTreeSet<Transcript> = BTreeSet::new();
    for raw in hypotheses {
        written.insert(Transcript::new(&raw.text));
        compared.insert(options.normalization.normalize(&raw.text));
    }
    written.len() - compared.len()
}

/// Whether every hypothesis has the score that `of` takes; an error if only some have.
fn all_or_none(
    hypotheses: &[RawHypothesis<'_>],
    field: &'static str,
    of: impl Fn(&RawHypothesis<'_>) -> Option<f64>,
) -> Result<bool, ReadErrorKind> {
    let with = hypotheses
        .iter()
        .position(|hypothesis| of(hypothesis).is_some());
    let without = hypotheses
        .iter()
        .position(|hypothesis| of(hypothesis).is_none());

    match (with, without) {
        (Some(with), Some(without)) => Err(ReadErrorKind::MixedScores {
            field,
            with: with + 1,
            without: without + 1,
        }),
        (with, _) => Ok(with.is_some()),
    }
}

/// The hash of all that `utterances` hold, as hexadecimal digits.
pub(super) fn content_hash<'a>(utterances: impl IntoIterator<Item = &'a Utterance>) -> String {
    let mut hasher = blake3::Hasher::new();
    for utterance in utterances {
        hash(&mut hasher, utterance);
    }
    hasher.finalize().to_hex().to_string()
}

/// Hashes what an utterance holds, each part after its length, so that no two
/// contents give the same bytes.
pub(super) fn hash(hasher: &mut blake3::Hasher, utterance: &Utterance) {
    let text = |hasher: &mut blake3::Hasher, text: &str| {
        hasher.update(&(text.len() as u64).to_le_bytes());
        hasher.update(text.as_bytes());
    };
    let number = |hasher: &mut blake3::Hasher, number: Option<f64>| {
        match number {
            Some(number) => hasher.update(&[1]).update(&number.to_bits().to_le_bytes()),
            None => hasher.update(&[0]),
        };
    };
    let Utterance {
        id,
        speaker,
        reference,
        nbest,
        attributes,
    } = utterance;
    text(hasher, id);
    hasher.update(&[u8::from(speaker.is_some())]);
    text(hasher, speaker.as_deref().unwrap_or_default());
    text(hasher, reference.as_str());
    hasher.update(&(nbest.len() as u64).to_le_bytes());
    for Hypothesis {
        transcript,
        score,
        am_score,
        lm_score,
    } in nbest.hypotheses()
    {
        text(hasher, Transcript::as_str(transcript));
        for part in [Some(*score), *am_score, *lm_score] {
            number(hasher, part);
        }
    }

    hasher.update(&(attributes.len() as u64).to_le_bytes());
    for (name, value) in attributes {
        text(hasher, name);
        text(hasher, value);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::nbest::normalize::Normalization;

    type Scores = [Option<f64>; 3];

    fn list(hypotheses: &[(&'static str, Scores)], kind: ScoreKind) -> Result<RankedList, String> {
        let raw: Vec<RawHypothesis<'_>> = hypotheses
            .iter()
            .map(|&(text, [score, am_score, lm_score])| RawHypothesis {
                text: text.into(),
                score,
                am_score,
                lm_score,
                ..RawHypothesis::default()
            })
            .collect();

        let options = ReadOptions {
            normalization: Normalization::default(),
            format: None,
            scores: kind,
            acoustic_weight: 1.0,
        };

        rank(&raw, &options).map_err(|error| error.to_string())
    }

    #[track_caller]
    fn check_ranked(
        hypotheses: &[(&'static str, Scores)],
        kind: ScoreKind,
        expected: &[(&str, f64)],
    ) {
        let list = list(hypotheses, kind).unwrap();
        let ranked: Vec<(&str, f64)> = list
            .nbest
            .hypotheses()
            .iter()
            .map(|hypothesis| (hypothesis.transcript.as_str(), hypothesis.score))
            .collect();
        assert_eq!(ranked, expected);
        assert_eq!(list.merged, hypotheses.len() - expected.len());
    }

    const NONE: Scores = [None; 3];

    #[test]
    fn the_rank_among_distinct_hypotheses_stands_in() {
        let hypotheses = [("a", NONE), ("b", NONE), ("A", NONE), ("c", NONE)];
        check_ranked(
            &hypotheses,
            ScoreKind::LogProbability,
            &[("a", 0.0), ("b", -1.0), ("c", -2.0)],
        );
        check_ranked(
            &hypotheses,
            ScoreKind::Cost,
            &[("a", 0.0), ("b", -1.0), ("c", -2.0)],
        );
        assert!(list(&hypotheses, ScoreKind::Cost).unwrap().rank_stands_in);
    }

    #[test]
    fn parts_add_up_where_there_is_no_total() {
        let parts = |am, lm| [None, Some(am), lm];
        check_ranked(
            &[
                ("a", parts(-2.0, Some(-3.0))),
                ("b", parts(-3.0, Some(-1.0))),
            ],
            ScoreKind::LogProbability,
            &[("b", -4.0), ("a", -5.0)],
        );
        check_ranked(
            &[("a", parts(2.0, None)), ("b", parts(3.0, None))],
            ScoreKind::Cost,
            &[("a", -2.0), ("b", -3.0)],
        );
    }

    #[test]
    fn costs_are_negated_and_the_best_of_equals_stays() {
        let cost = |cost| [Some(cost), None, None];
        check_ranked(
            &[("a", cost(7.0)), ("b", cost(5.0)), ("a", cost(3.0))],
            ScoreKind::Cost,
            &[("a", -3.0), ("b", -5.0)],
        );
    }

    #[test]
    fn a_list_with_some_scores_is_refused_with_the_hypotheses() {
        let some = [Some(-1.0), None, None];
        let error = list(&[("a", some), ("b", NONE)], ScoreKind::Cost)
            .err()
            .unwrap();

        assert!(
            error.contains("hypothesis 1") && error.contains("hypothesis 2"),
            "{error}"
        );

        let error = list(
            &[("a", [Some(1.0), Some(1.0), None]), ("b", some)],
            ScoreKind::LogProbability,
        );

        assert!(error.err().unwrap().contains("`am_score`"));
    }

    #[test]
    fn a_sum_that_overflows_is_refused() {
        let huge = [None, Some(f64::MAX), Some(f64::MAX)];
        assert!(list(&[("a", huge)], ScoreKind::Cost).is_err());
    }
}
