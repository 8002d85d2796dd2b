//! From findings to the report: what was tested, on what, and what came out.

use crate::check::engine::plan::Plan;
use crate::check::judge::clustering::Clustering;
use crate::check::judge::estimate::finite;
use crate::check::judge::figures::Figures;
use crate::check::judge::findings::Findings;
use crate::check::judge::verdict::Judgment;
use crate::nbest::read::Corpus;
use crate::nbest::speakers;
use crate::report::cautions::CautionRecord;
use crate::report::properties::{self, PreflightRecord};
use crate::report::record::{
    CheckRecord, CleanRecord, LexiconRecord, ModelRecord, NbestRecord, TokensRecord,
};
use crate::report::swaps::SwapsRecord;
use crate::report::verdict::{Asked, VerdictRecord};
use crate::report::{FORMAT_VERSION, Report, number};
use crate::suite::{Check, Suite};

/// What was tested and on what: the part of a report that is known before the run.
pub struct Subject<'a> {
    /// The model.
    pub model: ModelRecord,
    /// The lists.
    pub corpus: &'a Corpus,
    /// Whether the lexicon knows a word.
    pub known: &'a dyn Fn(&str) -> bool,
    /// The lexicon.
    pub lexicon: LexiconRecord,
    /// What a reader should know about the model.
    pub notes: Vec<String>,
}

impl Subject<'_> {
    /// The report of `findings`, without its `run` block.
    pub fn report(self, plan: &Plan<'_>, findings: &Findings) -> Report {
        let cluster = findings.clustering.unit.name();
        let checks = plan
            .suites
            .iter()
            .flat_map(|suite| suite.checks.iter().map(move |check| (suite, check)))
            .zip(findings.figures.iter().zip(&findings.judgments))
            .zip(findings.swaps.iter().zip(&findings.words))
            .map(
                |(((suite, check), (figures, judgment)), (swaps, words))| CheckRecord {
                    swaps: SwapsRecord::from(swaps),
                    words: Some(words.clone()),
                    ..check_record(plan, suite, check, figures, judgment, cluster)
                },
            )
            .collect();

        let mut nbest = nbest_record(
            self.corpus,
            self.known,
            &findings.clustering,
            findings.truncated_texts,
        );
        nbest.tokens = findings.tokens.map(TokensRecord::from);

        let mut notes = self.notes;
        notes.extend(notes_on(&nbest));
        Report {
            format_version: FORMAT_VERSION,
            tool: format!("mondegreen {}", env!("CARGO_PKG_VERSION")),
            verdict: findings.verdict.name().to_lowercase(),
            cautions: findings.remarks.iter().map(CautionRecord::from).collect(),
            model: self.model,
            nbest,
            lexicon: self.lexicon,
            seed: plan.seed,
            clean: CleanRecord::new(&findings.clean, finite(findings.clean_p)),
            preflight: findings
                .properties
                .preflight
                .as_ref()
                .map(PreflightRecord::from),
            properties: properties::records(plan, &findings.properties),
            checks,
            failures: None,
            utterances_hash: None,
            notes,
            baseline: None,
            run: None,
        }
    }
}

/// What `corpus` holds, of whose words the lexicon knows those that are `known`.
pub fn nbest_record(
    corpus: &Corpus,
    known: &dyn Fn(&str) -> bool,
    clustering: &Clustering,
    truncated_texts: usize,
) -> NbestRecord {
    let facts = &corpus.facts;
    let utterances = &corpus.utterances;
    let hypotheses = || {
        utterances
            .iter()
            .flat_map(|utterance| utterance.nbest.hypotheses())
    };
    let words = || hypotheses().flat_map(|hypothesis| hypothesis.transcript.words());

    NbestRecord {
        files: facts.files.iter().map(|(name, _)| name.clone()).collect(),
        content_hash: facts.content_hash.clone(),
        normalization: facts.normalization.clone(),
        utterances: utterances.len(),
        reference_words: utterances.iter().map(|u| u.reference.word_count()).sum(),
        hypotheses: hypotheses().count(),
        cluster: clustering.unit.name().to_owned(),
        clusters: clustering.count,
        voices: speakers::voices(utterances),
        merged_duplicates: facts.merged_duplicates,
        rank_stands_in: facts.rank_stands_in,
        single_hypothesis: facts.single_hypothesis,
        empty_references: facts.empty_references,
        empty_hypotheses: facts.empty_hypotheses,
        out_of_lexicon_words: words().filter(|word| !known(word)).count(),
        hypothesis_words: words().count(),
        truncated_texts,
        tokens: None,
    }
}

/// What to ask where more than a fifth of the words of the hypotheses are unknown to the lexicon.
pub(crate) fn unfamiliar(unknown: usize, words: usize) -> Option<String> {
    (5 * unknown > words).then(|| {
        format!(
            "{} of {} words of the hypotheses ({}) are not in the lexicon, and are never swapped: is this English? \
             Words of your own come with --lexicon FILE",
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
            "{} of {} utterances have no first-pass scores: minus the rank stands in (0, -1, -2, ...)",
            number::whole(nbest.rank_stands_in),
            number::whole(nbest.utterances)
        ));
    }

    if nbest.cluster == "utterance" {
        notes.push(
            "no speakers are known: each utterance is taken as independent, which makes intervals too narrow if several come \
             from one speaker"
                .to_owned(),
        );
    }

    if nbest.truncated_texts > 0 {
        notes.push(format!(
            "{} texts are longer than the model reads and were cut",
            number::whole(nbest.truncated_texts)
        ));
    }

    notes
}

fn check_record(
    plan: &Plan<'_>,
    suite: &Suite,
    check: &Check,
    figures: &Figures,
    judgment: &Judgment,
    cluster: &str,
) -> CheckRecord {
    let figures = figures.clone();
    let draws = plan.draws_of(check);
    CheckRecord {
        suite: suite.name.clone(),
        suite_hash: suite.content_hash(),
        check: check.name.clone(),
        asked: Asked::new(suite, check, draws),
        verdict: VerdictRecord::new(plan, suite, check, judgment, cluster),
        wer: figures.wer,
        gain: figures.gain,
        regret: figures.regret,
        nprr: figures.nprr,
        flip_cost: figures.flip_cost,
        flips: figures.flips,
        repairs: figures.repairs,
        kendall_tau: figures.kendall_tau,
        worst_draw: figures.worst_draw,
        coverage: figures.coverage,
        swaps: SwapsRecord::default(),
        words: None,
        looks: None,
        slices: None,
    }
}
