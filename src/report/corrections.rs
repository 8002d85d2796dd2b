//! What is defined of a generator, which writes a text for a list instead of picking one of it.

use std::fmt::Write;

use serde::Serialize;

use crate::check::engine::plan::Plan;
use crate::check::judge::corrections::CorrectionFindings;
use crate::check::judge::estimate::Estimate;
use crate::check::judge::figures::{Coverage, Wer};
use crate::check::judge::figures::{Gain, Share};
use crate::report::cautions::{self, CautionRecord};
use crate::report::columns::columns;
use crate::report::number;
use crate::report::record::NbestRecord;
use crate::report::shown::{shown, title};
use crate::report::terminal::leaning;
use crate::report::verdict::{Asked, VerdictRecord};
use crate::report::wrap::wrapped_behind;
use crate::suite::{Check, Suite};

/// What stays undefined, since it is about picks or scores.
pub(crate) const UNDEFINED: [&str; 7] = [
    "wer.kept",
    "nprr.injected",
    "nprr.flip",
    "flips to worse and better picks",
    "repairs",
    "regret",
    "kendall_tau",
];

/// A generator under a check.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub(crate) struct CorrectionsRecord {
    /// Name and version of the program.
    pub(crate) tool: String,
    /// The file of its outputs.
    pub(crate) corrections: String,
    /// Hash of its outputs.
    pub(crate) content_hash: String,
    /// The lists.
    pub(crate) nbest: NbestRecord,
    /// The seed of every random draw.
    pub(crate) seed: u64,
    /// The suite.
    pub(crate) suite: String,
    /// The check.
    pub(crate) check: String,
    /// What it asked for; of its gates that of the gain.
    pub(crate) asked: Asked,
    /// What is wrong with the generator itself.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(crate) cautions: Vec<CautionRecord>,
    /// The decision.
    pub(crate) verdict: VerdictRecord,
    /// Word error rates.
    pub(crate) wer: CorrectionWers,
    /// `(WER_text - WER_clean) / WER_clean`.
    pub(crate) rel: Estimate,
    /// `(WER_text - WER_clean)` over the same of the first pass.
    pub(crate) pass: Estimate,
    /// Word error rate of the first pass minus that of the generator.
    pub(crate) gain: Gain,
    /// Perturbed lists whose correction is another than that of the clean list, of all lists.
    pub(crate) changed: Share,
    /// How much of the corpus was touched.
    pub(crate) coverage: Coverage,
    /// What is undefined for a generator.
    pub(crate) undefined: Vec<String>,
}

/// Word error rates, clean and perturbed.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub(crate) struct CorrectionWers {
    /// The generator on the clean lists.
    pub(crate) clean: Wer,
    /// The generator on the perturbed lists.
    pub(crate) text: Wer,
    /// The first pass alone on the clean lists.
    pub(crate) first_pass_clean: Wer,
    /// The first pass alone on the perturbed lists.
    pub(crate) first_pass_text: Wer,
}

/// What was corrected.
#[derive(Debug)]
pub(crate) struct Corrected {
    /// The file's name.
    pub(crate) file: String,
    /// Hash of the outputs.
    pub(crate) content_hash: String,
    /// The lists.
    pub(crate) nbest: NbestRecord,
}

impl CorrectionsRecord {
    /// The record of `findings` on a check.
    pub(crate) fn new(
        corrected: Corrected,
        plan: &Plan<'_>,
        suite: &Suite,
        check: &Check,
        findings: &CorrectionFindings,
    ) -> CorrectionsRecord {
        let measured = findings.figures.clone();
        let cluster = findings.clustering.unit.name();

        CorrectionsRecord {
            tool: format!("mondegreen {}", env!("CARGO_PKG_VERSION")),
            corrections: corrected.file,
            content_hash: corrected.content_hash,
            nbest: corrected.nbest,
            seed: plan.seed,
            suite: suite.name.clone(),
            check: check.name.clone(),
            asked: Asked::new(suite, check, plan.draws_of(check)),
            cautions: findings.remarks.iter().map(CautionRecord::from).collect(),
            verdict: VerdictRecord::new(plan, suite, check, &findings.judgment, cluster, None),
            wer: CorrectionWers {
                clean: measured.wer.clean,
                text: measured.wer.text,
                first_pass_clean: measured.wer.first_pass_clean,
                first_pass_text: measured.wer.first_pass_text,
            },
            rel: measured.nprr.rel,
            pass: measured.nprr.pass,
            gain: measured.gain,
            changed: measured.flips.all,
            coverage: measured.coverage,
            undefined: UNDEFINED.map(str::to_owned).to_vec(),
        }
    }

    /// What people see of it.
    pub(crate) fn render(&self) -> String {
        let rows = [
            ["", "WER clean", "WER perturbed"].map(str::to_owned),
            row("generator", &self.wer.clean, &self.wer.text),
            row(
                "first pass",
                &self.wer.first_pass_clean,
                &self.wer.first_pass_text,
            ),
        ];
        let rows = rows.map(|row| row.to_vec());
        let mut text = String::new();
        for caution in cautions::lines(&self.cautions) {
            text.push_str(&wrapped_behind("", 0, &caution, 2));
        }
        let _ = write!(
            text,
            "{} under {}: {}, {} perturbed, {}, {}\n\n{}\n",
            shown(&self.corrections),
            title(&self.suite, &self.check),
            number::count(self.nbest.utterances, "utterance"),
            number::count(self.coverage.perturbed_lists, "list"),
            number::count(self.nbest.reference_words, "word"),
            self.nbest.independent(),
            columns(&rows),
        );

        for (name, figure) in [
            ("nprr.rel", number::change_with_interval(&self.rel)),
            ("nprr.pass", number::factor_with_interval(&self.pass)),
            ("gain clean", number::points_with_interval(&self.gain.clean)),
            (
                "gain perturbed",
                number::points_with_interval(&self.gain.perturbed),
            ),
            (
                "other output than clean",
                number::percent_with_interval(&self.changed.rate),
            ),
        ] {
            let _ = writeln!(text, "{name:<24} {figure}");
        }

        text.push('\n');
        for gate in &self.verdict.gates {
            let leaning = leaning(gate);
            let head = format!("{}  {}{leaning} ", gate.verdict.word(), gate.gate.name());
            let width = head.chars().count();
            text.push_str(&wrapped_behind(&head, width, &gate.wording.to_string(), 2));
        }

        text.push_str(&wrapped_behind(
            "",
            0,
            &format!(
                "Undefined for what writes instead of picking: {}. Failures can be neither \
                minimized nor replayed.",
                self.undefined.join(", ")
            ),
            0,
        ));

        text
    }
}

fn row(name: &str, clean: &Wer, text: &Wer) -> [String; 3] {
    [
        name.to_owned(),
        number::percent_with_interval(&clean.rate),
        number::percent_with_interval(&text.rate),
    ]
}
