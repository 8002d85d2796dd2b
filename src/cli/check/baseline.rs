//! `--baseline`: the run against an earlier one, and the baseline's renewal.

use crate::cli::exit::Exit;
use crate::cli::terminal::Terminal;
use crate::files::write_file;
use crate::harness::Plan;
use crate::harness::baseline::BASELINE_MARGIN;
use crate::harness::baseline::Comparison;
use crate::harness::baseline::Question;
use crate::harness::baseline::Terms;
use crate::harness::baseline::compare;
use crate::harness::counts::UtteranceCounts;
use crate::harness::counts::list_hash;
use crate::nbest::Utterance;
use crate::report::Report;
use crate::report::json;
use crate::report::regression::BaselineRecord;
use crate::report::regression::Settings;
use crate::report::regression::obstacles;
use crate::report::regression::title;
use crate::report::utterances;
use crate::stats::verdict::Verdict;
use crate::suite::Suite;
use anyhow::Context;
use std::collections::BTreeMap;
use std::path::Path;
use std::path::PathBuf;

/// What the run is compared with.
#[derive(Debug, clap::Args)]
#[command(next_help_heading = "Baseline")]
pub(crate) struct BaselineInput {
    /// report.json of an earlier run that this one is compared with, utterance by utterance
    ///
    /// Its folder must hold utterances.jsonl too. The run fails (exit 1) if its word error rate, clean or
    /// under a check, is shown to be above the baseline's by more than the margin. Only utterances with
    /// equal lists and draws that both runs made are compared. Another seed, suite, lexicon or normalization
    /// draws other lists: then nothing is compared, and the exit code is 2.
    #[arg(long, value_name = "REPORT.json")]
    baseline: Option<PathBuf>,
    /// How many more errors than the baseline's are accepted, as a share of them
    #[arg(
        long,
        value_name = "SHARE",
        default_value_t = BASELINE_MARGIN,
        value_parser = share,
        requires = "baseline"
    )]
    baseline_margin: f64,
    /// Write this run in the place of the baseline (or a first one); a regression still exits with 1
    #[arg(long, requires = "baseline")]
    update_baseline: bool,
    /// With --update-baseline: accept a regression, and runs that cannot be compared
    #[arg(long, requires = "update_baseline")]
    accept: bool,
}

fn share(text: &str) -> Result<f64, String> {
    match text.parse::<f64>() {
        Ok(value) if value.is_finite() && value >= 0.0 => Ok(value),
        _ => Err("expected a share such as 0.05, 0 or more".to_owned()),
    }
}

/// An earlier run.
pub(crate) struct Baseline {
    report: Report,
    counts: Vec<UtteranceCounts>,
}

impl BaselineInput {
    /// Reads the baseline and refuses one that the run cannot be compared with; before anything is scored.
    ///
    /// `None` without `--baseline`, for the first baseline, and where `--accept` replaces what cannot be compared.
    pub(crate) fn open(
        &self,
        settings: &Settings<'_>,
        utterances: &[Utterance],
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
        if !baseline.has_one_of(utterances) {
            found.push("no utterance has the id and the list that it had there".to_owned());
        }
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
            "cannot compare with the baseline {}: {found}. Run with the baseline's settings, or replace it with --update-baseline --accept",
            path.display()
        )
    }

    /// The report; that in a folder where a folder is named.
    fn path(&self) -> Option<PathBuf> {
        let path = self.baseline.as_ref()?;
        Some(if path.is_dir() {
            path.join("report.json")
        } else {
            path.clone()
        })
    }

    /// Compares the run with its baseline, if there is one.
    pub(crate) fn compare(
        &self,
        baseline: Option<&Baseline>,
        plan: &Plan<'_>,
        counts: &[UtteranceCounts],
    ) -> Option<(BaselineRecord, Verdict)> {
        let baseline = baseline?;
        let questions = questions(plan.suites);
        let comparison = compare(&baseline.counts, counts, &questions, &self.terms(plan))?;
        let verdict = self.verdict(&comparison);
        let checks: Vec<String> = questions
            .iter()
            .map(|question| title(question.suite, question.check))
            .collect();
        let record = BaselineRecord::new(&comparison, &baseline.report, &checks);
        Some((record, verdict))
    }

    fn terms(&self, plan: &Plan<'_>) -> Terms {
        let alphas = plan.suites.iter().map(|suite| suite.alpha);
        let clusters = plan.suites.iter().map(|suite| suite.min_clusters);
        Terms {
            margin: self.baseline_margin,
            alpha: alphas.fold(0.5, f64::min),
            fewest_clusters: clusters.max().unwrap_or(0),
            seed: plan.seed,
        }
    }

    /// What the comparison says to the exit code: an accepted regression says nothing.
    fn verdict(&self, comparison: &Comparison<'_>) -> Verdict {
        match comparison.verdict {
            Verdict::Fail if self.accept => Verdict::Pass,
            verdict => verdict,
        }
    }

    /// Writes the run in the place of the baseline, if that was asked for: without its time and place, its
    /// failures, its slices and the comparison, so that equal runs give equal baselines.
    pub(crate) fn update(
        &self,
        report: &Report,
        counts: &[UtteranceCounts],
        terminal: &Terminal,
    ) -> anyhow::Result<()> {
        let Some(path) = &self.path().filter(|_| self.update_baseline) else {
            return Ok(());
        };
        if let Some(folder) = path.parent() {
            std::fs::create_dir_all(folder)
                .with_context(|| format!("failed to create {}", folder.display()))?;
        }
        let mut report = Report {
            run: None,
            baseline: None,
            failures: None,
            ..report.clone()
        };
        for check in &mut report.checks {
            check.slices = None;
        }
        write_file(&counts_beside(path), |file| utterances::write(file, counts))?;
        write_file(path, |file| {
            file.write_all(json::render(&report).as_bytes())
        })?;
        terminal.say(&format!("baseline written to {}", path.display()));
        Ok(())
    }
}

fn questions(suites: &[Suite]) -> Vec<Question<'_>> {
    suites
        .iter()
        .flat_map(|suite| {
            suite.checks.iter().map(|check| Question {
                suite: &suite.name,
                check: &check.name,
            })
        })
        .collect()
}

fn counts_beside(report: &Path) -> PathBuf {
    report.with_file_name(utterances::FILE_NAME)
}

impl Baseline {
    /// Whether one of the utterances is there with the same list.
    fn has_one_of(&self, utterances: &[Utterance]) -> bool {
        let lists: BTreeMap<&str, &str> = self
            .counts
            .iter()
            .map(|counts| (counts.id.as_str(), counts.list.as_str()))
            .collect();
        utterances.iter().any(|utterance| {
            lists.get(utterance.id.as_str()) == Some(&list_hash(utterance).as_str())
        })
    }

    fn read(path: &Path) -> anyhow::Result<Baseline> {
        let text = std::fs::read_to_string(path)
            .with_context(|| format!("failed to read the baseline {}", path.display()))?;
        let report = json::read(&text)
            .with_context(|| format!("failed to read the baseline {}", path.display()))?;
        let beside = counts_beside(path);
        let text = std::fs::read_to_string(&beside).with_context(|| {
            format!(
                "failed to read {}, which belongs to the baseline {}: copy it from the report's folder",
                beside.display(),
                path.display()
            )
        })?;
        let counts = utterances::read(&text)
            .with_context(|| format!("failed to read {}", beside.display()))?;
        Ok(Baseline { report, counts })
    }
}

/// The exit code of the checks and of the comparison together: the worse of both.
pub(crate) fn exit(checks: Verdict, comparison: Option<Verdict>) -> Exit {
    Exit::from(comparison.map_or(checks, |comparison| comparison.max(checks)))
}
