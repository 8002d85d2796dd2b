//! `--baseline`: the run against an earlier one, and the baseline's renewal.

use std::path::{Path, PathBuf};

use anyhow::Context;

use crate::check::engine::counts::UtteranceCounts;
use crate::check::engine::plan::Plan;
use crate::check::judge::baseline::{BASELINE_MARGIN, BaselineCheck, Terms, compare};
use crate::check::judge::clustering::Clustering;
use crate::check::judge::remark::{Remark, bars_verdict};
use crate::cli::args::outputs::{ForceInput, inputs};
use crate::cli::commands::check::earlier_run::{Baseline, counts_beside, refuse_no_baseline};
use crate::cli::commands::check::held_baseline::{Compared, HeldBaseline};
use crate::cli::commands::check::unjudged::unjudged;
use crate::cli::terminal::Terminal;
use crate::files::{Input, Kind, refuse_overlap, resolved, settle};
use crate::nbest::lists::{Lists, ReadBackError};
use crate::report::baseline::BaselineRecord;
use crate::report::ending::Ending;
use crate::report::model_record::ModelRecord;
use crate::report::settings::{Settings, obstacles};
use crate::report::shown::title;
use crate::report::{Report, number, utterances};
use crate::suite::Suite;

/// What the run is compared with.
#[derive(Debug, clap::Args)]
pub(crate) struct BaselineInput {
    /// report.json of an earlier run that this one is compared with, utterance by utterance
    ///
    /// Its folder must hold utterances.jsonl too. The run fails (exit 1) if its word error rate,
    /// clean or under a check, is shown to be above the baseline's by more than the margin. Only
    /// utterances with equal lists and draws that both runs made are compared. Another seed, suite,
    /// lexicon or normalization draws other lists: then nothing is compared, and the exit code
    /// is 2.
    #[arg(help_heading = "Baseline", long, value_name = "REPORT.json")]
    baseline: Option<PathBuf>,
    /// How many more errors than the baseline's are accepted, as a share of them
    #[arg(
        help_heading = "Baseline",
        long,
        value_name = "SHARE",
        default_value_t = BASELINE_MARGIN,
        value_parser = share,
        requires = "baseline"
    )]
    baseline_margin: f64,
    /// The share of the utterances of both runs that must be common to them, with equal lists
    ///
    /// Of the run with more utterances. With fewer in common nothing is compared, and the exit code
    /// is 2.
    #[arg(
        help_heading = "Baseline",
        long,
        value_name = "SHARE",
        default_value_t = BASELINE_COVERAGE,
        value_parser = proportion,
        requires = "baseline"
    )]
    baseline_coverage: f64,
    /// Write this run in the place of the baseline (or a first one), if it has no more errors
    ///
    /// A run with more errors than the baseline, on the lists as they are or under any check,
    /// however few and shown or not, one that lacks utterances, checks or draws of the baseline,
    /// one that adds some with another model, one that fails where the baseline did not, and a
    /// first one that fails write nothing, unless --accept is given.
    #[arg(help_heading = "Baseline", long, requires = "baseline")]
    update_baseline: bool,
    /// With --update-baseline: write runs with more errors and failing ones too, and runs that
    /// cannot be compared
    ///
    /// Runs that lack something of the baseline as well.
    #[arg(help_heading = "Baseline", long, requires = "update_baseline")]
    accept: bool,
}

/// A larger margin accepts whatever there is.
const MOST_MARGIN: f64 = 1e9;

fn share(text: &str) -> Result<f64, String> {
    match text.parse::<f64>() {
        Ok(value) if (0.0..=MOST_MARGIN).contains(&value) => Ok(value),
        _ => Err("expected a share such as 0.05, from 0 to 1e9".to_owned()),
    }
}

fn proportion(text: &str) -> Result<f64, String> {
    match text.parse::<f64>() {
        Ok(value) if (0.0..=1.0).contains(&value) => Ok(value),
        _ => Err("expected a share from 0 to 1, such as 0.5".to_owned()),
    }
}

/// The share of utterances that must be common where nothing else is said.
const BASELINE_COVERAGE: f64 = 0.5;

impl BaselineInput {
    /// Reads the baseline and refuses one that the run cannot be compared with; before anything is
    /// scored.
    ///
    /// `None` without `--baseline`, for the first baseline, and where `--accept` replaces what
    /// cannot be compared.
    pub(crate) fn open(
        &self,
        settings: &Settings<'_>,
        lists: &Lists,
        terminal: &Terminal,
    ) -> anyhow::Result<Option<Baseline>> {
        let Some(path) = &self.path() else {
            return Ok(None);
        };
        if self.update_baseline && !path.exists() {
            terminal.say(&format!(
                "{} does not exist yet: it will be written",
                path.display()
            ));
            return Ok(None);
        }

        anyhow::ensure!(
            path.exists(),
            "the baseline {} does not exist: --update-baseline writes a first one",
            path.display()
        );
        let baseline = Baseline::read(path);
        let baseline = match baseline {
            Err(error) if self.accept => {
                terminal.warn(&format!(
                    "the baseline is replaced without a comparison: {error:#}"
                ));
                return Ok(None);
            }
            baseline => baseline?,
        };

        let mut found = obstacles(&baseline.report, settings);
        let counts = counts_beside(path);
        let apart = self.too_few_in_common(&baseline, lists)?;
        found.extend(apart.map(|problem| format!("of {}, {problem}", counts.display())));
        if found.is_empty() {
            return Ok(Some(baseline));
        }

        let found = found.join("; ");
        if self.accept {
            terminal.warn(&format!(
                "the baseline is replaced without a comparison: {found}"
            ));
            return Ok(None);
        }

        anyhow::bail!(
            "cannot compare with the baseline {}: {found}. Run with the baseline's settings, or \
                replace it with --update-baseline --accept",
            path.display()
        )
    }

    /// Why the run and its baseline have too little in common, if so.
    fn too_few_in_common(
        &self,
        baseline: &Baseline,
        lists: &Lists,
    ) -> Result<Option<String>, ReadBackError> {
        let common = baseline.common(lists)?;
        if common == 0 {
            let none = "no utterance has the id and the list that it had there";
            return Ok(Some(none.to_owned()));
        }

        let all = lists.survey.utterances.max(baseline.counts.len());
        let share = common as f64 / all as f64;
        Ok((share < self.baseline_coverage).then(|| {
            format!(
                "only {common} of {all} utterances have the id and the list that they had there \
                    ({}), and at least {} are needed \
                 (--baseline-coverage)",
                number::percent(Some(share)),
                number::percent(Some(self.baseline_coverage)),
            )
        }))
    }

    /// The report; that in a folder where a folder is named, or a name without an ending that
    /// nothing has yet: reports end in `.json`.
    fn path(&self) -> Option<PathBuf> {
        let path = self.baseline.as_ref()?;
        let is_to_be = path.extension().is_none() && !path.exists();
        Some(if path.is_dir() || is_to_be {
            path.join("report.json")
        } else {
            path.clone()
        })
    }

    /// The files that the run is compared with.
    pub(crate) fn inputs(&self) -> Vec<Input> {
        let path = self.path();
        let beside = path.as_deref().map(counts_beside);
        inputs(
            "--baseline",
            path.as_deref().into_iter().chain(beside.as_deref()),
        )
    }

    /// Holds the place of the baseline if it is to be renewed, by a run that reads `inputs`.
    ///
    /// Only a baseline is written over, whatever is accepted.
    pub(crate) fn hold(
        &self,
        force: ForceInput,
        inputs: &[Input],
    ) -> anyhow::Result<Option<HeldBaseline>> {
        let Some(path) = self.path().filter(|_| self.update_baseline) else {
            return Ok(None);
        };
        let shown = path.display();
        let place = resolved(&path);
        let beside = counts_beside(&place);
        refuse_overlap(&path, inputs)?;
        refuse_overlap(&beside, inputs)?;
        anyhow::ensure!(
            place != beside,
            "failed to write the baseline {shown}: {} is beside a baseline; give it another name, \
                such as report.json",
            utterances::FILE_NAME
        );
        if let Some(folder) = place.parent().filter(|folder| folder.is_dir()) {
            settle(folder)?;
        }

        refuse_no_baseline(&path, &place, &beside)
            .with_context(|| format!("failed to write the baseline {shown}"))?;

        let names = [place.as_path(), beside.as_path()].map(|path| {
            let name = path.file_name().unwrap_or_default();
            name.to_str().map(str::to_owned)
        });
        let [Some(report), Some(counts)] = names else {
            anyhow::bail!("failed to write the baseline {shown}: its name is not Unicode");
        };
        let folder = place.parent().unwrap_or(Path::new("/"));
        let folder = force.folder(folder, Kind::Baseline, &[&report, &counts], &[])?;

        Ok(Some(HeldBaseline {
            folder,
            report,
            shown: path,
            accept: self.accept,
        }))
    }

    /// Compares the run with its baseline, if there is one.
    pub(crate) fn compare(
        &self,
        baseline: Option<&Baseline>,
        plan: &Plan<'_>,
        model: &ModelRecord,
        counts: (&[UtteranceCounts], &Clustering),
        remarks: &[Remark],
    ) -> Option<(BaselineRecord, Compared)> {
        let baseline = baseline?;
        let questions = questions(plan.suites);
        let same_model = model.scores_as(&baseline.report.model);
        let terms = self.terms(plan, same_model);
        let mut comparison = compare(&baseline.counts, counts, &questions, &terms)?;
        if bars_verdict(remarks) {
            comparison.bar();
        }
        let checks: Vec<String> = questions
            .iter()
            .map(|question| title(question.suite, question.check))
            .collect();
        let Report {
            model: baseline_model,
            checks: checks_then,
            ..
        } = &baseline.report;
        let then: Vec<String> = checks_then
            .iter()
            .map(|check| title(&check.suite, &check.check))
            .collect();
        let record = BaselineRecord::new(
            (&comparison, self.accept),
            baseline_model,
            &then,
            model,
            &checks,
        );
        let untried = untried(&baseline.report, plan.suites);
        let compared = Compared {
            rises: comparison.rises(),
            failed_then: baseline.report.verdict_alone() == Ending::Fail,
            unjudged: unjudged(&record, &comparison, &untried, same_model),
        };

        Some((record, compared))
    }

    fn terms(&self, plan: &Plan<'_>, same_model: bool) -> Terms {
        let clusters = plan.suites.iter().map(|suite| suite.min_clusters);
        Terms {
            margin: self.baseline_margin,
            alpha: plan.alpha(),
            fewest_clusters: clusters.max().unwrap_or(0),
            same_model,
            seed: plan.seed,
        }
    }
}

fn questions(suites: &[Suite]) -> Vec<BaselineCheck<'_>> {
    suites
        .iter()
        .flat_map(|suite| {
            suite.checks.iter().map(|check| BaselineCheck {
                suite: &suite.name,
                check: &check.name,
            })
        })
        .collect()
}

/// The properties of a `baseline` that no suite asks for.
fn untried(baseline: &Report, suites: &[Suite]) -> Vec<String> {
    let properties = baseline.properties.iter();
    let missing = properties.filter(|then| {
        let suites = suites.iter().filter(|suite| suite.name == then.suite);
        let mut tried = suites.flat_map(|suite| &suite.properties);
        tried.all(|property| property.name != then.check)
    });
    missing
        .map(|then| title(&then.suite, &then.check))
        .collect()
}
