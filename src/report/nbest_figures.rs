//! The figures of `nbest stat` as JSON.

use serde::Serialize;

use crate::nbest::read::CorpusFacts;
use crate::nbest::stat::{NBestStatistics, Sizes, Vocabulary};
use crate::nbest::wer::WordErrors;
use crate::report::json::indented;

/// Everything that is known of a set of lists.
#[derive(Debug, Serialize)]
struct NBestRecord<'a> {
    files: Vec<FileRecord<'a>>,
    /// How the text was normalized.
    normalization: &'a str,
    content_hash: &'a str,
    utterances: usize,
    speakers: usize,
    /// Utterances whose speaker is unknown.
    without_speaker: usize,
    /// Hypotheses as given, equal ones included.
    hypotheses: usize,
    /// Of lists with equal hypotheses merged.
    distinct: SizesRecord,
    first_pass: ErrorsRecord,
    oracle: ErrorsRecord,
    worst: ErrorsRecord,
    /// Lists that hold something better than what the first pass takes.
    improvable: usize,
    /// Lists with scores, and with those of each model.
    with_score: usize,
    with_am_score: usize,
    with_lm_score: usize,
    reference_words: WordsRecord<'a>,
    hypothesis_words: WordsRecord<'a>,
    odd: OddRecord,
}

#[derive(Debug, Serialize)]
struct FileRecord<'a> {
    name: &'a str,
    format: String,
}

#[derive(Debug, Serialize)]
struct SizesRecord {
    total: usize,
    min: usize,
    max: usize,
    mean: f64,
}

#[derive(Debug, Serialize)]
struct ErrorsRecord {
    /// Null without a reference word.
    rate: Option<f64>,
    errors: usize,
    substitutions: usize,
    insertions: usize,
    deletions: usize,
    reference_words: usize,
}

/// Words, and those outside the lexicon.
#[derive(Debug, Serialize)]
struct WordsRecord<'a> {
    words: usize,
    unknown: usize,
    distinct_words: usize,
    distinct_unknown: usize,
    /// The most frequent unknown ones.
    most_frequent_unknown: Vec<CountRecord<'a>>,
}

#[derive(Debug, Serialize)]
struct CountRecord<'a> {
    word: &'a str,
    count: usize,
}

/// What the notes of the text say.
#[derive(Debug, Serialize)]
struct OddRecord {
    duplicate_hypotheses_merged: usize,
    lists_with_a_single_hypothesis: usize,
    lists_whose_confidences_contradict_their_order: usize,
    lists_whose_scores_are_all_equal: usize,
    lists_that_are_copies: usize,
    empty_references: usize,
    empty_hypotheses: usize,
    references_without_a_list: usize,
    ids_that_differ_in_case: usize,
    utterances_with_alternatives: usize,
}

/// The figures as indented JSON with a final newline.
pub(crate) fn json(facts: &CorpusFacts, statistics: &NBestStatistics) -> String {
    let files = facts.files.iter().map(|(name, format)| FileRecord {
        name,
        format: format.to_string(),
    });
    indented(&NBestRecord {
        files: files.collect(),
        normalization: &facts.normalization,
        content_hash: &facts.content_hash,
        utterances: statistics.utterances,
        speakers: statistics.speakers,
        without_speaker: facts.without_speaker,
        hypotheses: statistics.given,
        distinct: SizesRecord::from(statistics.distinct),
        first_pass: ErrorsRecord::from(statistics.first_pass),
        oracle: ErrorsRecord::from(statistics.oracle),
        worst: ErrorsRecord::from(statistics.worst),
        improvable: statistics.improvable,
        with_score: statistics.scored,
        with_am_score: statistics.with_am_score,
        with_lm_score: statistics.with_lm_score,
        reference_words: WordsRecord::from(&statistics.reference_vocabulary),
        hypothesis_words: WordsRecord::from(&statistics.hypothesis_vocabulary),
        odd: OddRecord {
            duplicate_hypotheses_merged: facts.merged_duplicates,
            lists_with_a_single_hypothesis: facts.single_hypothesis,
            lists_whose_confidences_contradict_their_order: facts.contradicted_orders,
            lists_whose_scores_are_all_equal: statistics.tied,
            lists_that_are_copies: statistics.copies,
            empty_references: facts.empty_references,
            empty_hypotheses: facts.empty_hypotheses,
            references_without_a_list: facts.references_without_list,
            ids_that_differ_in_case: facts.ids_by_case,
            utterances_with_alternatives: facts.alternatives,
        },
    })
}

impl From<Sizes> for SizesRecord {
    fn from(sizes: Sizes) -> SizesRecord {
        SizesRecord {
            total: sizes.total,
            min: sizes.min,
            max: sizes.max,
            mean: sizes.mean,
        }
    }
}

impl From<WordErrors> for ErrorsRecord {
    fn from(errors: WordErrors) -> ErrorsRecord {
        ErrorsRecord {
            rate: errors.rate(),
            errors: errors.errors(),
            substitutions: errors.substitutions,
            insertions: errors.insertions,
            deletions: errors.deletions,
            reference_words: errors.reference_words,
        }
    }
}

impl<'a> From<&'a Vocabulary> for WordsRecord<'a> {
    fn from(words: &'a Vocabulary) -> WordsRecord<'a> {
        let unknown = words.unknown_words.iter();
        WordsRecord {
            words: words.words,
            unknown: words.unknown,
            distinct_words: words.distinct_words,
            distinct_unknown: words.distinct_unknown,
            most_frequent_unknown: unknown
                .map(|(word, count)| CountRecord {
                    word,
                    count: *count,
                })
                .collect(),
        }
    }
}
