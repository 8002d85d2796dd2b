//! From findings to the report: what was tested, on what, and what came out.

use crate::harness::Plan;
use crate::harness::clustering::Clustering;
use crate::harness::figures::Figures;
use crate::harness::findings::Findings;
use crate::harness::verdict::Judgment;
use crate::harness::verdict::REPLICATES;
use crate::nbest::read::Corpus;
use crate::report::FORMAT_VERSION;
use crate::report::Report;
use crate::report::cautions::CautionRecord;
use crate::report::number;
use crate::report::properties;
use crate::report::properties::PreflightRecord;
use crate::report::record::Asked;
use crate::report::record::CheckRecord;
use crate::report::record::CleanRecord;
use crate::report::record::GateRecord;
use crate::report::record::LexiconRecord;
use crate::report::record::Measured;
use crate::report::record::ModelRecord;
use crate::report::record::NbestRecord;
use crate::report::record::TokensRecord;
use crate::report::record::VerdictRecord;
use crate::report::record::finite;
use crate::report::wording;
use crate::report::wording::Degradation;
use crate::stats::gate::Gate;
use crate::stats::gate::Margin;
use crate::suite::Check;
use crate::suite::Gated;
use crate::suite::Suite;
use std::collections::BTreeSet;

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
            .map(|((suite, check), (figures, judgment))| {
                check_record(plan, suite, check, figures, judgment, cluster)
            })
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

/// What a reader should know about the lists.
pub(crate) fn notes_on(nbest: &NbestRecord) -> Vec<String> {
    let mut notes = Vec::new();
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
    let measured = Measured::from(figures);
    let (name, relative, perturbed) = match check.gate {
        Gated::Selection => (
            "nprr.selection",
            &measured.nprr.selection,
            &measured.wer.selection,
        ),
        Gated::Text => ("nprr.rel", &measured.nprr.rel, &measured.wer.text),
    };
    let rates = perturbed.rate.value.zip(measured.wer.clean.rate.value);
    let degradation = Degradation {
        name,
        relative,
        absolute: rates.map(|(perturbed, clean)| perturbed - clean),
    };
    let names = |all: BTreeSet<&'static str>| all.into_iter().map(str::to_owned).collect();
    let flags = judgment
        .gates
        .iter()
        .flat_map(|gate| gate.flags.iter().map(|flag| flag.name()));
    let draws = plan.draws_of(check);
    CheckRecord {
        suite: suite.name.clone(),
        suite_hash: suite.content_hash(),
        check: check.name.clone(),
        asked: Asked {
            perturbation: check.perturbation.describe(),
            gate: check.gate.name().to_owned(),
            relative_margin: check.margin.relative,
            absolute_margin: check.margin.absolute,
            alpha: suite.alpha,
            draws,
        },
        verdict: VerdictRecord {
            verdict: judgment.decision.verdict.name().to_lowercase(),
            wording: wording::sentence(&check.name, judgment, &degradation, cluster),
            p_pass: judgment.p_pass,
            p_fail: judgment.p_fail,
            adjustment: format!("Holm over {} checks", judgment.family),
            gates: judgment.gates.iter().map(gate_record).collect(),
            flags: names(flags.collect()),
            signature: signature(plan, suite, check, judgment, cluster, draws),
        },
        wer: measured.wer,
        nprr: measured.nprr,
        flips: measured.flips,
        kendall_tau: figures.kendall_tau,
        worst_draw: measured.worst_draw,
        coverage: measured.coverage,
        looks: None,
        slices: None,
    }
}

fn gate_record(gate: &Gate) -> GateRecord {
    GateRecord {
        margin: match gate.margin {
            Margin::Relative(_) => "relative".to_owned(),
            Margin::Absolute(_) => "absolute".to_owned(),
        },
        value: gate.margin.value(),
        p_pass_t: gate.p_pass_t,
        p_pass_bootstrap_t: finite(gate.p_pass_bootstrap),
        p_pass_worst_twice: finite(gate.p_pass_worst_twice),
        p_fail: gate.p_fail,
        smallest_passing_margin: gate.smallest_margin.and_then(finite),
        clusters_for_a_verdict: gate.clusters_needed,
    }
}

/// Everything that must agree before two runs are compared, in a line.
fn signature(
    plan: &Plan<'_>,
    suite: &Suite,
    check: &Check,
    judgment: &Judgment,
    cluster: &str,
    draws: usize,
) -> String {
    let margins: Vec<String> = [
        ("rel", check.margin.relative),
        ("abs", check.margin.absolute),
    ]
    .into_iter()
    .filter_map(|(kind, margin)| margin.map(|margin| format!("{kind}{margin}")))
    .collect();
    format!(
        "nprr.{}|cluster:{cluster}({})|K:{draws}|gate:t+bootstrap-t+worst-twice|margin:{}|alpha:{}|adj:holm({})|B:{REPLICATES}|seed:{}|v:{}",
        check.gate.name(),
        judgment.clusters,
        margins.join(","),
        suite.alpha,
        judgment.family,
        plan.seed,
        env!("CARGO_PKG_VERSION"),
    )
}
