//! The matched-pair sentence-segment word-error test (MAPSSWE) on alignments as strings of
//! operations.
//!
//! Source: Gillick and Cox, "Some statistical issues in the comparison of speech recognition
//! algorithms", 1989; segments are cut as NIST's `sc_stats` does, whose n, mean, standard deviation
//! and z this reproduces. Unlike it, segments that all differ by the same amount give an infinite z
//! instead of "same". Not here: alignment; it must be sclite's (substitution 4, insertion and
//! deletion 3) for the segments to agree with NIST's.

use crate::stats::distributions::normal_two_sided;
use crate::stats::paired_t::one_sample_t;
use crate::stats::{Flag, SMALLEST_P_VALUE, Significance};

/// A segment ends after this many words in a row that both systems got right.
const GOOD_WORDS: usize = 2;

/// Fewer segments than this make the normal approximation doubtful.
const FEW_SEGMENTS: usize = 30;

/// Two alignments that cannot be compared.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum MapssweError {
    /// A character that is no operation.
    #[error("utterance {utterance}: {operation:?} is no alignment operation; use C, S, D and I")]
    UnknownOperation {
        /// Which pair, counted from 0.
        utterance: usize,
        /// The character.
        operation: char,
    },
    /// The two alignments are to references of different length.
    #[error(
        "utterance {utterance}: the first system was aligned to {first} reference words and the \
         second to {second}; align both to the same reference"
    )]
    DifferentReferences {
        /// Which pair, counted from 0.
        utterance: usize,
        /// Words of the first system's reference.
        first: usize,
        /// Words of the second system's reference.
        second: usize,
    },
}

/// A stretch of one utterance in which at least one system errs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Segment {
    /// Errors of the first system.
    pub first: u32,
    /// Errors of the second system.
    pub second: u32,
}

impl Segment {
    /// How many errors more the first system has.
    pub fn difference(&self) -> i64 {
        i64::from(self.first) - i64::from(self.second)
    }
}

/// The outcome of the test.
#[derive(Clone, Debug, PartialEq)]
pub struct Mapsswe {
    /// How many segments.
    pub segments: usize,
    /// The mean difference in errors per segment, first minus second; 0 without segments.
    pub mean: f64,
    /// Its standard deviation over segments (n - 1); 0 with fewer than two.
    pub standard_deviation: f64,
    /// mean / (sd / sqrt(n)); infinite if all segments differ by the same amount, `None` if it is
    /// not defined.
    pub z: Option<f64>,
    /// Two-sided normal p-value, as NIST's; 1 where z is not defined, 0 where z is infinite (then
    /// flagged, use the sign-flip test).
    pub p_value: f64,
    /// What to know before trusting the p-values.
    pub flags: Vec<Flag>,
}

/// One alignment, by reference word.
struct Alignment {
    /// For each reference word, whether the system got it wrong.
    wrong: Vec<bool>,
    /// Insertions before each reference word, and after the last.
    insertions: Vec<u32>,
}

impl Alignment {
    fn new(operations: &str, utterance: usize) -> Result<Alignment, MapssweError> {
        let mut alignment = Alignment {
            wrong: Vec::new(),
            insertions: vec![0],
        };
        for operation in operations.chars() {
            match operation {
                'C' | 'S' | 'D' => {
                    alignment.wrong.push(operation != 'C');
                    alignment.insertions.push(0);
                }
                'I' => {
                    let last = alignment.insertions.last_mut();
                    *last.expect("starts with one entry and only grows") += 1;
                }
                other => {
                    return Err(MapssweError::UnknownOperation {
                        utterance,
                        operation: other,
                    });
                }
            }
        }

        Ok(alignment)
    }
}

/// The segments of each utterance. A pair holds the operations of both systems: one of C, S, D per
/// reference word, and I.
///
/// An insertion or an error opens a segment; two words in a row that both systems got right,
/// without insertions, close it, and so does the end of the utterance. Stretches without any error
/// are no segments.
pub fn segments(pairs: &[(&str, &str)]) -> Result<Vec<Vec<Segment>>, MapssweError> {
    pairs
        .iter()
        .enumerate()
        .map(|(utterance, (first, second))| utterance_segments(first, second, utterance))
        .collect()
}

fn utterance_segments(
    first: &str,
    second: &str,
    utterance: usize,
) -> Result<Vec<Segment>, MapssweError> {
    let first = Alignment::new(first, utterance)?;
    let second = Alignment::new(second, utterance)?;
    let words = first.wrong.len();
    if words != second.wrong.len() {
        return Err(MapssweError::DifferentReferences {
            utterance,
            first: words,
            second: second.wrong.len(),
        });
    }

    let mut segments = Vec::new();
    let mut open: Option<Segment> = None;
    let mut good = 0;
    let add = |open: &mut Option<Segment>, in_first: u32, in_second: u32| {
        let segment = open.get_or_insert(Segment {
            first: 0,
            second: 0,
        });
        segment.first += in_first;
        segment.second += in_second;
    };

    for word in 0..=words {
        let (inserted_first, inserted_second) = (first.insertions[word], second.insertions[word]);
        if inserted_first > 0 || inserted_second > 0 {
            add(&mut open, inserted_first, inserted_second);
            good = 0;
        }
        if word == words {
            break;
        }
        if first.wrong[word] || second.wrong[word] {
            add(
                &mut open,
                u32::from(first.wrong[word]),
                u32::from(second.wrong[word]),
            );
            good = 0;
            continue;
        }
        good += 1;
        if good == GOOD_WORDS {
            segments.extend(open.take());
            good = 0;
        }
    }

    segments.extend(open);
    Ok(segments)
}

/// The test over all segments, as NIST's tool does it: segments are taken as independent, so use it
/// for one draw only.
pub fn mapsswe(segments: &[Segment]) -> Mapsswe {
    let differences: Vec<f64> = segments
        .iter()
        .map(|segment| segment.difference() as f64)
        .collect();
    let test = one_sample_t(&differences);
    let count = differences.len();

    let flags = match count {
        0 => vec![Flag::NoErrors],
        1..FEW_SEGMENTS => [vec![Flag::FewSegments], test.flags].concat(),
        _ => test.flags,
    };
    let p_value = match test.t {
        // Where all differences are equal, as the t test has it.
        Some(z) if z.is_finite() => normal_two_sided(z).max(SMALLEST_P_VALUE),
        _ => test.p_two_sided,
    };

    Mapsswe {
        segments: count,
        mean: test.mean,
        standard_deviation: test.standard_deviation,
        z: test.t,
        p_value,
        flags,
    }
}

/// The test with clusters as the units: `differences[g]` is the sum of the segment differences of
/// cluster g, over all its draws.
///
/// A two-sided t test; `None` with fewer than two clusters or without variance.
pub fn mapsswe_clustered(differences: &[i64]) -> Option<Significance> {
    let values: Vec<f64> = differences
        .iter()
        .map(|&difference| difference as f64)
        .collect();
    let test = one_sample_t(&values);
    let statistic = test.t.filter(|t| t.is_finite())?;

    Some(Significance {
        statistic,
        p_value: test.p_two_sided,
        pairs: values.len(),
    })
}

#[cfg(test)]
mod tests {
    use crate::stats::Flag;
    use crate::stats::mapsswe::{MapssweError, Segment, mapsswe, mapsswe_clustered, segments};

    #[test]
    fn alignments_to_different_references_are_refused() {
        let error = segments(&[("CC", "CC"), ("CCS", "CC")]).unwrap_err();
        assert_eq!(
            error,
            MapssweError::DifferentReferences {
                utterance: 1,
                first: 3,
                second: 2
            }
        );
    }

    #[test]
    fn an_unknown_operation_is_named() {
        let error = segments(&[("CXC", "CCC")]).unwrap_err();
        assert_eq!(
            error.to_string(),
            "utterance 0: 'X' is no alignment operation; use C, S, D and I"
        );
    }

    #[test]
    fn good_words_before_a_segment_do_not_count_towards_closing_it() {
        let found = segments(&[("CSCSCCS", "CCCCCCC")]).unwrap();
        assert_eq!(
            found,
            [[
                Segment {
                    first: 2,
                    second: 0
                },
                Segment {
                    first: 1,
                    second: 0
                }
            ]]
        );
    }

    #[test]
    fn equal_errors_everywhere_are_identical_and_one_segment_has_no_variance() {
        let equal = Segment {
            first: 1,
            second: 1,
        };

        assert!(
            mapsswe(&[equal; 40]).flags == [Flag::Identical]
                && mapsswe(&[equal; 40]).p_value >= 1.0
        );
        assert!(mapsswe(&[equal]).flags.contains(&Flag::NoVariance));
    }

    #[test]
    fn clusters_are_tested_by_their_sums() {
        let test = mapsswe_clustered(&[1, 3, 2, 2]).expect("four different sums");
        assert!(
            (test.statistic - 2.0 / (2.0_f64 / 3.0).sqrt() * 2.0).abs() < 1e-12,
            "{test:?}"
        );
        assert!(mapsswe_clustered(&[1]).is_none());
    }
}
