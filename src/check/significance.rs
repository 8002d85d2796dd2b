//! Do two systems differ? Every test on their error counts, utterance by utterance.
//!
//! Differences are first minus second throughout: positive means that the first system makes more
//! errors. The exact sign-flip test over clusters is the one to decide by, named in advance; the
//! others are for those who must report them, and none is to be picked after the fact.

use crate::check::judge::clustering::{ClusterUnit, Clustering};
use crate::check::judge::levels::REPLICATES;
use crate::nbest::Transcript;
use crate::nbest::align::{AlignedWord, AlignmentCosts, align};
use crate::stats::Significance;
use crate::stats::bootstrap::{ClusterBootstrap, Resampling, bootstrap_of};
use crate::stats::clustered_wer::{ClusteredWer, Unit, clustered_wer};
use crate::stats::clusters::signed;
use crate::stats::effect::Direction;
use crate::stats::fieller::{CHANGE, Ratio, ratio_difference, ratio_of_sums};
use crate::stats::mapsswe::{Mapsswe, MapssweError, Segment, mapsswe, mapsswe_clustered, segments};
use crate::stats::mcnemar::{McNemar, mcnemar, mcnemar_clustered};
use crate::stats::paired_t::{PairedT, one_sample_t};
use crate::stats::sign::{SignTest, sign_test};
use crate::stats::signflip::{SignFlip, sign_flip};
use crate::stats::wilcoxon::{Wilcoxon, wilcoxon};

/// One utterance as both systems heard it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct PairedUtterance {
    /// Who spoke, where known.
    pub(crate) speaker: Option<String>,
    /// Words of the reference, as the first and as the second system reads it.
    pub(crate) reference_words: [u64; 2],
    /// Errors of the first and of the second system.
    pub(crate) errors: [u64; 2],
    /// The alignments as operations (C, S, D, I), where the texts are known: MAPSSWE needs them.
    pub(crate) operations: Option<[String; 2]>,
}

impl PairedUtterance {
    /// Aligns both hypotheses as sclite does, and counts its errors.
    ///
    /// sclite's alignments weigh a substitution less than two gaps, so that its error counts may
    /// exceed the fewest edits by a little.
    pub(crate) fn aligned(
        speaker: Option<String>,
        reference: &Transcript,
        hypotheses: [&Transcript; 2],
    ) -> PairedUtterance {
        let operations = hypotheses.map(|hypothesis| {
            align(reference, hypothesis, AlignmentCosts::Sclite)
                .iter()
                .map(AlignedWord::letter)
                .collect::<String>()
        });
        let errors = [0, 1].map(|system: usize| {
            let letters = operations[system].bytes();
            letters.filter(|letter| *letter != b'C').count() as u64
        });

        PairedUtterance {
            speaker,
            reference_words: [reference.word_count() as u64; 2],
            errors,
            operations: Some(operations),
        }
    }

    /// Aligns each hypothesis with its own reading of the reference, where it has alternatives.
    ///
    /// The words are those of each one's reading, as sclite counts them; the second's alignment is
    /// transferred to the first's, since segments need one reference.
    pub(crate) fn aligned_each(
        speaker: Option<String>,
        pairs: &[(Transcript, Transcript); 2],
    ) -> PairedUtterance {
        let [(reference, first), (own, second)] = pairs;
        let mut paired = PairedUtterance::aligned(speaker, reference, [first, second]);
        if own != reference {
            let other = PairedUtterance::aligned(None, own, [second, second]);
            paired.errors[1] = other.errors[1];
            paired.reference_words[1] = other.reference_words[1];
            if let (Some([_, letters]), Some([_, theirs])) =
                (&mut paired.operations, &other.operations)
            {
                *letters = transferred(theirs, own, reference);
            }
        }

        paired
    }
}

/// `letters`, an alignment with the reading `from` of a reference, as one with its reading `onto`:
/// where the two differ, as many errors as before.
fn transferred(letters: &str, from: &Transcript, onto: &Transcript) -> String {
    let mut rest = letters.chars().peekable();
    let mut moved = String::with_capacity(letters.len());
    let (mut words, mut errors) = (0, 0);
    let settle = |moved: &mut String, words: &mut usize, errors: &mut usize| {
        let substituted = (*words).min(*errors);
        moved.extend(std::iter::repeat_n('S', substituted));
        moved.extend(std::iter::repeat_n('C', *words - substituted));
        moved.extend(std::iter::repeat_n('I', *errors - substituted));
        (*words, *errors) = (0, 0);
    };

    for column in align(onto, from, AlignmentCosts::Uniform) {
        let (is_onto, is_from) = match column {
            AlignedWord::Correct(_) => {
                settle(&mut moved, &mut words, &mut errors);
                moved.extend(std::iter::from_fn(|| rest.next_if_eq(&'I')));
                moved.extend(rest.next());
                continue;
            }
            AlignedWord::Substitution { .. } => (true, true),
            AlignedWord::Deletion(_) => (true, false),
            AlignedWord::Insertion(_) => (false, true),
        };
        words += usize::from(is_onto);
        if is_from {
            while rest.next_if_eq(&'I').is_some() {
                errors += 1;
            }
            errors += usize::from(rest.next() != Some('C'));
        }
    }

    settle(&mut moved, &mut words, &mut errors);
    moved.extend(rest);
    moved
}

/// What the tests found.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct PairedFindings {
    /// What the independent observations are.
    pub(crate) unit: ClusterUnit,
    /// How many of them.
    pub(crate) clusters: usize,
    /// Utterances.
    pub(crate) utterances: usize,
    /// Utterances in which the systems make another number of errors.
    pub(crate) different_utterances: usize,
    /// Words of the references, as each system reads them.
    pub(crate) reference_words: [u64; 2],
    /// Errors of both.
    pub(crate) errors: [u64; 2],
    /// The word error rates of both, with their intervals.
    pub(crate) wer: [ClusteredWer; 2],
    /// First minus second, in word error rate, with its interval.
    pub(crate) difference: Ratio,
    /// First minus second, over the second's errors, with its interval.
    pub(crate) relative: Ratio,
    /// Clusters in which the second system is worse, better, or neither.
    pub(crate) direction: Direction,
    /// The exact sign-flip test over clusters: the one to decide by.
    pub(crate) sign_flip: SignFlip,
    /// The t test over the clusters' differences in errors.
    pub(crate) t: PairedT,
    /// MAPSSWE as `sc_stats` does it; `None` without alignments.
    pub(crate) mapsswe: Option<Mapsswe>,
    /// MAPSSWE with clusters as the units; `None` without alignments or without variance.
    pub(crate) mapsswe_clustered: Option<Significance>,
    /// Clusters that differ in their errors and have no word, so no rate either.
    pub(crate) without_rate: usize,
    /// Wilcoxon's test on the clusters' differences in word error rate.
    pub(crate) wilcoxon: Wilcoxon,
    /// The sign test on the clusters' differences in errors.
    pub(crate) sign: SignTest,
    /// McNemar's test on utterances without an error.
    pub(crate) mcnemar: McNemar,
    /// The same with clusters as the units; `None` if the systems do not differ.
    pub(crate) mcnemar_clustered: Option<Significance>,
    /// The paired cluster bootstrap, second minus first, with its intervals.
    pub(crate) bootstrap: ClusterBootstrap,
}

/// Runs every test on `utterances`, with intervals of this `confidence`; `seed` is that of the
/// bootstrap.
///
/// MAPSSWE is left out unless every utterance has its alignments.
pub(crate) fn compare_pairs(
    utterances: &[PairedUtterance],
    confidence: f64,
    seed: u64,
) -> Result<PairedFindings, MapssweError> {
    let clustering = Clustering::by_speaker(utterances.iter().map(|u| u.speaker.as_deref()));
    let mut clusters = vec![[0_i64; 4]; clustering.count];
    let mut discordant = vec![[0_u64; 2]; clustering.count];
    for (utterance, label) in utterances.iter().zip(&clustering.labels) {
        let [first, second] = utterance.errors;
        let counts = utterance.reference_words.into_iter().chain([first, second]);
        for (sum, count) in clusters[*label].iter_mut().zip(counts) {
            *sum += signed(count);
        }
        discordant[*label][0] += u64::from(first == 0 && second > 0);
        discordant[*label][1] += u64::from(second == 0 && first > 0);
    }

    let differences: Vec<i64> = clusters.iter().map(|[.., a, b]| a - b).collect();
    let differences_in_errors: Vec<f64> = differences.iter().map(|d| *d as f64).collect();

    // A cluster without words has no rate, so that none can be ranked.
    let is_silent = |[first, second, ..]: &[i64; 4]| *first.min(second) == 0;
    let spoken = clusters.iter().filter(|sums| !is_silent(sums));
    let rates: Vec<f64> = spoken.map(|sums| -rate_difference(sums)).collect();
    let without_rate = clusters
        .iter()
        .filter(|sums| is_silent(sums) && sums[2] != sums[3]);

    let wer = [0, 1].map(|system: usize| {
        let units: Vec<Unit> = utterances
            .iter()
            .zip(&clustering.labels)
            .map(|(utterance, label)| Unit {
                cluster: *label,
                errors: utterance.errors[system],
                reference_words: utterance.reference_words[system],
            })
            .collect();
        clustered_wer(&units, confidence)
    });

    let column = |index: usize| -> Vec<f64> {
        let column = clusters.iter().map(|sums| sums[index] as f64);
        column.collect()
    };
    let (words, errors) = ([column(0), column(1)], [column(2), column(3)]);
    let [first, second] = &errors;
    let difference = ratio_difference([first, second], [&words[0], &words[1]], confidence);

    let (mapsswe, mapsswe_clustered) = match_segments(utterances, &clustering)?;
    let pairs = |which: usize| discordant.iter().map(|pair| pair[which]).sum::<u64>();
    let sign = |sign: i64| {
        let signs = differences.iter().map(|difference| difference.signum());
        signs.filter(|found| *found == sign).count()
    };
    let total = |counts: fn(&PairedUtterance) -> [u64; 2]| {
        [0, 1].map(|system: usize| utterances.iter().map(|u| counts(u)[system]).sum())
    };

    Ok(PairedFindings {
        unit: clustering.unit,
        clusters: clustering.count,
        utterances: utterances.len(),
        different_utterances: utterances
            .iter()
            .filter(|utterance| utterance.errors[0] != utterance.errors[1])
            .count(),
        reference_words: total(|utterance| utterance.reference_words),
        errors: total(|utterance| utterance.errors),
        wer,
        difference,
        relative: ratio_of_sums(&differences_in_errors, second, confidence).cut(CHANGE),
        direction: Direction {
            worse: sign(-1),
            better: sign(1),
            equal: sign(0),
        },
        sign_flip: sign_flip(&differences, seed),
        t: one_sample_t(&differences_in_errors),
        mapsswe,
        mapsswe_clustered,
        without_rate: without_rate.count(),
        wilcoxon: wilcoxon(&rates),
        sign: sign_test(sign(1) as u64, sign(-1) as u64),
        mcnemar: mcnemar(pairs(0), pairs(1)),
        mcnemar_clustered: mcnemar_clustered(&discordant),
        bootstrap: bootstrap_of(
            &clusters,
            rate_difference,
            &Resampling {
                replicates: REPLICATES,
                seed,
            },
            confidence,
        ),
    })
}

/// Second minus first word error rate of sums: words as each reads them, and errors of each.
fn rate_difference(sums: &[i64; 4]) -> f64 {
    let [first_words, second_words, first, second] = sums.map(|sum| sum as f64);
    if sums[0] == sums[1] {
        return (second - first) / first_words;
    }
    second / second_words - first / first_words
}

fn match_segments(
    utterances: &[PairedUtterance],
    clustering: &Clustering,
) -> Result<(Option<Mapsswe>, Option<Significance>), MapssweError> {
    let operations: Option<Vec<(&str, &str)>> = utterances
        .iter()
        .map(|utterance| {
            let [first, second] = utterance.operations.as_ref()?;
            Some((first.as_str(), second.as_str()))
        })
        .collect();

    let Some(operations) = operations else {
        return Ok((None, None));
    };
    let by_utterance = segments(&operations)?;

    let mut sums = vec![0_i64; clustering.count];
    for (segments, label) in by_utterance.iter().zip(&clustering.labels) {
        sums[*label] += segments.iter().map(Segment::difference).sum::<i64>();
    }

    Ok((
        Some(mapsswe(&by_utterance.concat())),
        mapsswe_clustered(&sums),
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn utterance(speaker: usize, errors: [u64; 2]) -> PairedUtterance {
        PairedUtterance {
            speaker: Some(format!("s{speaker}")),
            reference_words: [10; 2],
            errors,
            operations: None,
        }
    }

    #[test]
    fn a_system_with_fewer_errors_everywhere_is_better_by_every_test() {
        let utterances: Vec<PairedUtterance> = (0..40)
            .map(|index| utterance(index / 4, [2 + index as u64 % 3, index as u64 % 2]))
            .collect();
        let found = compare_pairs(&utterances, 0.95, 1).unwrap();
        assert_eq!((found.clusters, found.utterances), (10, 40));
        assert!(found.difference.ratio > 0.0 && found.relative.ratio > 0.0);
        assert!((found.sign_flip.p_two_sided - 2.0 / 1024.0).abs() < 1e-12);
        assert!((found.sign.p_two_sided - 2.0 / 1024.0).abs() < 1e-12);
        assert!(found.t.p_two_sided < 1e-3 && found.wilcoxon.p_value() < 0.01);
        assert_eq!(
            (found.mcnemar.only_first, found.mcnemar.only_second),
            (0, 20)
        );
        let improvement = found.bootstrap.improvement.expect("ten speakers");
        assert!(improvement.probability > 0.99);
        assert!(found.mapsswe.is_none());
    }

    /// The signs of errors are counted alike by all; what has no rate cannot be ranked.
    #[test]
    fn a_speaker_without_words_is_counted_and_not_ranked() {
        let silent = |speaker| PairedUtterance {
            reference_words: [0; 2],
            ..utterance(speaker, [2, 1])
        };
        let mut utterances: Vec<PairedUtterance> =
            (0..7).map(|speaker| utterance(speaker, [3, 1])).collect();
        utterances.extend([silent(7), silent(8), utterance(9, [1, 1])]);

        let found = compare_pairs(&utterances, 0.95, 1).unwrap();
        assert_eq!((found.direction.better, found.direction.equal), (9, 1));
        assert_eq!((found.sign_flip.pairs, found.sign.positive), (9, 9));
        assert_eq!((found.wilcoxon.nonzero, found.without_rate), (7, 2));
    }

    #[test]
    fn equal_systems_differ_by_no_test() {
        let utterances: Vec<PairedUtterance> =
            (0..24).map(|index| utterance(index / 3, [1, 1])).collect();
        let found = compare_pairs(&utterances, 0.95, 1).unwrap();
        let p = [
            found.sign_flip.p_two_sided,
            found.t.p_two_sided,
            found.wilcoxon.p_value(),
            found.sign.p_two_sided,
            found.mcnemar.p_exact,
        ];

        assert!(p.iter().all(|p| *p >= 1.0), "{p:?}");
    }

    #[test]
    fn alignments_are_counted_as_sclite_does() {
        let text = Transcript::new;
        let paired = PairedUtterance::aligned(
            None,
            &text("a b c d"),
            [&text("a x c d e"), &text("a b c d")],
        );
        assert_eq!((paired.errors, paired.reference_words), ([2, 0], [4; 2]));
        assert_eq!(paired.operations.unwrap(), ["CSCCI", "CCCC"]);
    }

    #[test]
    fn each_rate_is_over_the_words_that_its_system_reads() {
        let utterances: Vec<PairedUtterance> = (0..8)
            .map(|speaker| PairedUtterance {
                reference_words: [10, 12],
                ..utterance(speaker, [2, 2])
            })
            .collect();
        let found = compare_pairs(&utterances, 0.95, 1).unwrap();
        assert_eq!(found.reference_words, [80, 96]);
        let [first, second] = found.wer.map(|found| found.wer);
        assert!((first - 0.2).abs() < 1e-12 && (second - 1.0 / 6.0).abs() < 1e-12);
        assert!((found.difference.ratio - (first - second)).abs() < 1e-12);
        assert!((found.bootstrap.difference.estimate - (second - first)).abs() < 1e-12);
    }

    #[test]
    fn each_system_has_its_own_reading_of_the_reference() {
        let text = Transcript::new;
        let pairs = [
            (text("i am gonna go"), text("i am gonna go")),
            (text("i am going to go"), text("i am going to to")),
        ];
        let paired = PairedUtterance::aligned_each(None, &pairs);
        assert_eq!((paired.errors, paired.reference_words), ([0, 1], [4, 5]));

        let operations = paired.operations.unwrap();
        assert_eq!(operations, ["CCCC", "CCCS"]);
        let check = |letters: &str, from: &str, onto: &str, expected: &str| {
            assert_eq!(transferred(letters, &text(from), &text(onto)), expected);
        };
        check("CISC", "a b c", "a x c", "CSIC");
        check("CSDIC", "a b c d", "a x d", "CSIIC");
        check("CSC", "a b d", "a x y d", "CSCC");
        check("II", "", "", "II");
        check("CCI", "a b", "a", "CI");
    }
}
