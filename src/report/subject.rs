//! From findings to the report: what was tested, on what, and what came out.

use crate::check::engine::plan::Plan;
use crate::check::judge::clustering::Clustering;
use crate::check::judge::figures::{CleanFigures, Figures};
use crate::check::judge::findings::Findings;
use crate::check::judge::looks::Looks;
use crate::check::judge::remark::CUT_WARNED;
use crate::check::judge::slices::Slices;
use crate::nbest::read::CorpusFacts;
use crate::nbest::word_counts::WordCounts;
use crate::report::baseline::BaselineRecord;
use crate::report::cautions::{CautionRecord, cut_texts};
use crate::report::content::{FORMAT_VERSION, Report};
use crate::report::failures::FailuresRecord;
use crate::report::model_record::ModelRecord;
use crate::report::properties::{self, PreflightRecord};
use crate::report::record::{
    CheckRecord, LexiconRecord, NbestRecord, RunRecord, TokensRecord, apart,
};
use crate::report::swaps::SwapsRecord;
use crate::report::verdict::{Asked, VerdictRecord};
use crate::report::{number, run_verdict};
use crate::suite::{Check, Suite};

/// What was tested and on what: the part of a report that is known before the run.
pub struct Subject<'a> {
    /// The model.
    pub model: ModelRecord,
    /// What is odd about the lists.
    pub facts: &'a CorpusFacts,
    /// Their words.
    pub words: WordCounts,
    /// How many voices are behind their speakers, where they say so.
    pub voices: Option<usize>,
    /// The lexicon.
    pub lexicon: LexiconRecord,
    /// What a reader should know about the model.
    pub notes: Vec<String>,
}

/// What there is to report beside the findings.
#[derive(Debug)]
pub struct Beside {
    /// One per check, where checks could end early; else none.
    pub looks: Vec<Looks>,
    /// One per check.
    pub slices: Vec<Slices>,
    /// What was done about failures, if anything.
    pub failures: Option<FailuresRecord>,
    /// Hash of the counts that later runs are compared with.
    pub utterances_hash: String,
    /// This run against an earlier one.
    pub baseline: Option<BaselineRecord>,
    /// Time and place.
    pub run: RunRecord,
}

impl Subject<'_> {
    /// The report of `findings`.
    pub fn report(self, plan: &Plan<'_>, findings: &Findings, beside: Beside) -> Report {
        let checks = plan
            .checks()
            .enumerate()
            .map(|(index, of)| check_record(plan, of, findings, &beside, index))
            .collect();

        let lists = nbest_record(self.facts, &self.words, self.voices, &findings.clustering);
        let nbest = NbestRecord {
            truncated_texts: findings.truncated_texts,
            read_texts: findings
                .tokens
                .filter(|_| findings.truncated_texts > 0)
                .map(|counts| counts.texts),
            tokens: findings.tokens.map(TokensRecord::from),
            ..lists
        };
        let mut notes = self.notes;
        notes.extend(notes_on(&nbest));

        Report {
            format_version: FORMAT_VERSION,
            tool: format!("mondegreen {}", env!("CARGO_PKG_VERSION")),
            verdict: run_verdict::beside(findings.verdict.into(), beside.baseline.as_ref()),
            cautions: findings.remarks.iter().map(CautionRecord::from).collect(),
            model: self.model,
            nbest,
            lexicon: self.lexicon,
            seed: plan.seed,
            clean: CleanFigures {
                clusters: Vec::new(),
                ..findings.clean.clone()
            },
            preflight: findings
                .properties
                .preflight
                .as_ref()
                .map(PreflightRecord::from),
            properties: properties::records(plan, &findings.properties),
            checks,
            failures: beside.failures,
            utterances_hash: Some(beside.utterances_hash),
            notes,
            baseline: beside.baseline,
            run: Some(beside.run),
        }
    }
}

/// What lists hold: what is odd about them, their words, and the voices behind their speakers. Of
/// the texts that a model read nothing is known.
pub fn nbest_record(
    facts: &CorpusFacts,
    words: &WordCounts,
    voices: Option<usize>,
    clustering: &Clustering,
) -> NbestRecord {
    NbestRecord {
        files: facts.files.iter().map(|(name, _)| name.clone()).collect(),
        content_hash: facts.content_hash.clone(),
        normalization: facts.normalization.clone(),
        utterances: clustering.labels.len(),
        reference_words: words.reference_words,
        hypotheses: words.hypotheses,
        cluster: clustering.unit.name().to_owned(),
        clusters: clustering.count,
        clusters_apart: apart(clustering),
        voices,
        merged_duplicates: facts.merged_duplicates,
        rank_stands_in: facts.rank_stands_in,
        single_hypothesis: facts.single_hypothesis,
        empty_references: facts.empty_references,
        empty_hypotheses: facts.empty_hypotheses,
        out_of_lexicon_words: words.unknown_words,
        hypothesis_words: words.hypothesis_words,
        truncated_texts: 0,
        read_texts: None,
        tokens: None,
    }
}

/// What to ask where more than a fifth of the words of the hypotheses are unknown to the lexicon.
pub(crate) fn unfamiliar(unknown: usize, words: usize) -> Option<String> {
    // Names and rare words are fewer than a fifth; another language is more.
    (5 * unknown > words).then(|| {
        format!(
            "{} of {} words of the hypotheses ({}) are not in the lexicon, and are never swapped: \
             is this English? Words of your own come with --lexicon FILE",
            number::whole(unknown),
            number::whole(words),
            number::percent(Some(unknown as f64 / words as f64)),
        )
    })
}

/// What a reader should know about the lists.
pub(crate) fn notes_on(nbest: &NbestRecord) -> Vec<String> {
    let mut notes = Vec::new();
    notes.extend(unfamiliar(
        nbest.out_of_lexicon_words,
        nbest.hypothesis_words,
    ));
    if nbest.rank_stands_in > 0 {
        notes.push(format!(
            "{} of {} utterances have no first-pass scores: minus the rank stands in (0, -1, -2, \
            ...)",
            number::whole(nbest.rank_stands_in),
            number::whole(nbest.utterances)
        ));
    }

    if nbest.cluster == "utterance" {
        notes.push(
            "no speakers are known: each utterance is taken as independent, which makes intervals \
             too narrow if several come from one speaker"
                .to_owned(),
        );
    }

    if nbest.clusters_apart.is_some() {
        notes.push(format!(
            "{}: {}s that hold the same list, with its scores, count as one",
            nbest.independent(),
            nbest.cluster
        ));
    }

    // Where they are more, a caution says so.
    let cut = nbest.truncated_texts;
    let are_few = |texts: usize| cut as f64 <= CUT_WARNED * texts as f64;
    if cut > 0 && nbest.read_texts.is_none_or(are_few) {
        notes.push(cut_texts(cut, nbest.read_texts));
    }

    notes
}

/// The record of a check: that at `index` in the plan.
fn check_record(
    plan: &Plan<'_>,
    (suite, check): (&Suite, &Check),
    findings: &Findings,
    beside: &Beside,
    index: usize,
) -> CheckRecord {
    let (judgment, looks) = (&findings.judgments[index], beside.looks.get(index));
    let cluster = findings.clustering.unit.name();
    let slices = beside.slices.get(index);

    CheckRecord {
        suite: suite.name.clone(),
        suite_hash: suite.content_hash(),
        check: check.name.clone(),
        asked: Asked::new(suite, check, plan.draws_of(check)),
        verdict: VerdictRecord::new(plan, suite, check, judgment, cluster, looks),
        figures: Figures {
            clusters: Vec::new(),
            ..findings.figures[index].clone()
        },
        swaps: SwapsRecord::from(&findings.swaps[index]),
        words: Some(findings.words[index].clone()),
        looks: looks.cloned(),
        slices: slices.filter(|slices| !slices.slices.is_empty()).cloned(),
    }
}
