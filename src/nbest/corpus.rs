//! All utterances that were read, and the facts about them that reports state.

use std::collections::BTreeSet;

use crate::nbest::assemble::RankedList;
use crate::nbest::format::Format;
use crate::nbest::oddities::Oddities;
use crate::nbest::origins::Origins;
use crate::nbest::other_fields::OtherFields;
use crate::nbest::raw::RawUtterance;
use crate::nbest::{Transcript, Utterance};

/// Utterances with their n-best lists, and how they were read.
#[derive(Debug, Clone, PartialEq)]
pub struct Corpus {
    /// Sorted by id, whatever the order of files; ids are unique. Never empty.
    pub utterances: Vec<Utterance>,
    /// What a report says about the input.
    pub facts: CorpusFacts,
    /// Ids of the utterances whose scores are minus their ranks, because none were given.
    pub unscored: BTreeSet<String>,
    /// What is known of the utterances beside what they hold.
    pub(crate) origins: Origins,
}

/// What is odd but legal about a corpus, counted; independent of the order of files.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct CorpusFacts {
    /// The names, without folders, of the files that hold lists, with their formats; sorted.
    pub files: Vec<(String, Format)>,
    /// How the text was normalized, in words.
    pub normalization: String,
    /// Hypotheses that were merged into an equal one of their list.
    pub merged_duplicates: usize,
    /// Those of them that are spelled otherwise than what they were merged into.
    pub(crate) merged_spellings: usize,
    /// Hypotheses that were written otherwise than words are compared: in capitals, for instance.
    pub(crate) respelled: usize,
    /// Fields that are not kept.
    pub(crate) other_fields: OtherFields,
    /// Utterances without any score: minus the rank, from 0, stands in.
    pub rank_stands_in: usize,
    /// Utterances among them whose scores contradict the order that the recognizer gives its
    /// hypotheses in: the order was kept.
    pub contradicted_orders: usize,
    /// Utterances that nothing says the reference of, where none is needed.
    pub(crate) without_reference: usize,
    /// Utterances in whose reference there is no word.
    pub empty_references: usize,
    /// Hypotheses without a word, after merging.
    pub empty_hypotheses: usize,
    /// Utterances with a single distinct hypothesis, which no rescorer can change.
    pub single_hypothesis: usize,
    /// Utterances whose speaker is unknown.
    pub without_speaker: usize,
    /// Utterances whose speaker is a part of their id.
    pub(crate) speakers_in_ids: usize,
    /// References in files of their own that belong to no list: utterances the
    /// recognizer gave nothing for. They are not in any error rate.
    pub references_without_list: usize,
    /// Utterances whose ids differ from those of their references in case.
    pub ids_by_case: usize,
    /// Utterances with alternatives: the reading nearest to the first hypothesis was taken.
    pub alternatives: usize,
    /// Those of them of which another hypothesis follows another reading: the utterance.
    pub(crate) read_otherwise: Oddities,
    /// Lists in which a rank is missing: the utterance and the rank.
    pub(crate) missing_ranks: Oddities,
    /// Scores in files of their own of hypotheses that no list has: the hypothesis.
    pub(crate) scores_without_hypothesis: Oddities,
    /// BLAKE3 of the parsed content, in hexadecimal: the same for the same
    /// utterances in any format, order or division into files.
    pub content_hash: String,
    /// Where a share of the utterances is kept: a hash of all that were read, with the speakers
    /// that their files name.
    pub(crate) set_hash: Option<String>,
}

impl CorpusFacts {
    /// Counts what is odd about another list, with its reference; `missing` says whether nothing
    /// says that, and whether nothing says who spoke.
    pub(super) fn add(
        &mut self,
        raw: &RawUtterance<'_>,
        list: &RankedList,
        reference: &Transcript,
        missing: (bool, bool),
    ) {
        let (without_reference, without_speaker) = missing;
        self.merged_duplicates += list.merged;
        self.merged_spellings += list.merged_spellings;
        self.respelled += list.respelled;
        self.other_fields.add(raw, !list.rank_stands_in);
        self.rank_stands_in += usize::from(list.rank_stands_in);
        if let Some(rank) = raw.missing_rank {
            self.missing_ranks.add(&format!("{}-{rank}", raw.id));
        }
        self.contradicted_orders += usize::from(raw.contradicts_order);
        self.without_reference += usize::from(without_reference);
        self.empty_references += usize::from(reference.is_empty() && !without_reference);
        let heard = list.nbest.hypotheses().iter();
        self.empty_hypotheses += heard.filter(|heard| heard.transcript.is_empty()).count();
        self.single_hypothesis += usize::from(list.nbest.len() == 1);
        self.without_speaker += usize::from(without_speaker);
        self.speakers_in_ids += usize::from(raw.speaker_in_id && !without_speaker);
    }
}
