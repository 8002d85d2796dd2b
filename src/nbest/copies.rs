//! Lists that are there more than once, under other ids: no evidence of their own.

use std::hash::{DefaultHasher, Hash, Hasher};
use std::num::NonZeroU64;

use crate::nbest::Utterance;

/// So many hypotheses make a list: one that was cut is no other recording.
const COMPARED: usize = 3;

/// 63 bits of a hash of what makes a list, the reference and the best hypotheses: no need to keep
/// millions of texts. `None` for a list with one hypothesis, which decides nothing anyway.
///
/// Scores count, since many speakers say a short command and are heard alike, but not their last
/// digits, which another sum or format may change.
pub(crate) fn fingerprint(utterance: &Utterance) -> Option<NonZeroU64> {
    let hypotheses = utterance.nbest.hypotheses();
    if hypotheses.len() == 1 {
        return None;
    }

    let mut hasher = DefaultHasher::new();
    utterance.reference.as_str().hash(&mut hasher);
    for hypothesis in hypotheses.iter().take(COMPARED) {
        hypothesis.transcript.as_str().hash(&mut hasher);
        rounded(hypothesis.score).hash(&mut hasher);
    }
    NonZeroU64::new(hasher.finish() | 1)
}

/// A score as 16 binary digits and its size.
fn rounded(score: f64) -> u64 {
    // To the nearest, since scores with few digits lie where others are cut.
    (score.to_bits() + (1 << 35)) >> 36
}

/// The same where another list that has it is the same recording: two speakers may well have the
/// same texts, but not with the same scores.
pub(crate) fn recording(utterance: &Utterance) -> Option<NonZeroU64> {
    fingerprint(utterance).filter(|_| has_scores(utterance))
}

/// Whether the first-pass scores of a list tell it from others with its texts.
pub(crate) fn has_scores(utterance: &Utterance) -> bool {
    !utterance.nbest.has_ranks_alone() && !utterance.nbest.is_tied()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::nbest::{Hypothesis, NBest, Transcript};

    fn list(id: &str, reference: &str, hypotheses: &[(&str, f64)]) -> Utterance {
        let hypotheses = hypotheses.iter().map(|(text, score)| Hypothesis {
            transcript: Transcript::new(text),
            score: *score,
            am_score: None,
            lm_score: None,
        });
        Utterance {
            id: id.to_owned(),
            speaker: None,
            reference: Transcript::new(reference),
            nbest: NBest::new(hypotheses.collect()).unwrap(),
            attributes: std::collections::BTreeMap::new(),
        }
    }

    #[test]
    fn a_copy_has_the_reference_the_texts_and_the_scores() {
        let one = list("1", "a", &[("a", -1.5), ("b", -2.0)]);
        assert_eq!(
            fingerprint(&one),
            fingerprint(&Utterance {
                id: "2".to_owned(),
                ..one.clone()
            })
        );
        for other in [
            list("1", "b", &[("a", -1.5), ("b", -2.0)]),
            list("1", "a", &[("a", -1.5), ("c", -2.0)]),
            list("1", "a", &[("a", -1.5), ("b", -2.5)]),
            list("1", "a", &[("a", -1.5), ("b", -2.0), ("c", -3.0)]),
        ] {
            assert_ne!(fingerprint(&one), fingerprint(&other), "{other:?}");
        }
    }

    #[test]
    fn a_list_that_was_cut_or_whose_last_digits_differ_is_a_copy() {
        let scored = |by: f64| list("1", "a", &[("a", -2.0 + by), ("b", -2084.775), ("c", -3e3)]);
        let cut = scored(0.0);
        let longer = [("a", -2.0), ("b", -2084.775), ("c", -3e3), ("d", -4e3)];
        for copy in [scored(1e-6), scored(-1e-6), list("2", "a", &longer)] {
            assert_eq!(fingerprint(&cut), fingerprint(&copy), "{copy:?}");
        }
        assert_ne!(fingerprint(&cut), fingerprint(&scored(1e-3)));
    }

    #[test]
    fn texts_alone_are_no_sign_of_the_same_recording() {
        for (scores, told) in [
            ([0.0, -1.0], false),
            ([-5.0, -5.0], false),
            ([0.0, -2.0], true),
        ] {
            let of = list("1", "a", &[("a", scores[0]), ("b", scores[1])]);
            assert!(fingerprint(&of).is_some());
            assert_eq!(recording(&of).is_some(), told, "{scores:?}");
        }
        let single = list("1", "a", &[("a", -3.5)]);
        assert_eq!((fingerprint(&single), recording(&single)), (None, None));
    }
}
