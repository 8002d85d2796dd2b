//! What a check does about failures: those that were saved, replayed; new ones, minimized and
//! saved.
//!
//! Flattened into the check. How cases get smaller is in `check::failures`; here are options,
//! limits and files.

use std::io::Write;
use std::path::{Path, PathBuf};
use std::str::FromStr;
use std::time::{Duration, Instant};

use anyhow::Context;
use clap::ValueEnum;

use crate::check::engine::noise::Noise;
use crate::check::engine::place::Place;
use crate::check::engine::plan::Plan;
use crate::check::failures::certificate::certify;
use crate::check::failures::counterexample::Counterexample;
use crate::check::failures::harmful_flips::{HarmfulFlips, MinimizedFlips, minimize_flips};
use crate::check::failures::minimize::{BATCH, MinimizeLimits};
use crate::cli::args::numbers::{noise, seconds, whole};
use crate::cli::args::outputs::inputs;
use crate::cli::saved::{self, CounterexampleFile};
use crate::cli::terminal::{Progress, Terminal};
use crate::files::{Content, Input, WriteError};
use crate::nbest::Utterance;
use crate::nbest::lists::{Lists, ReadBackError};
use crate::perturb::moves::Scope;
use crate::report::certificates::Certified;
use crate::report::failures::{CheckFailuresRecord, EffortRecord, FailuresRecord, ReplayRecord};
use crate::report::number;
use crate::rescore::{RescoreError, Rescorer};

/// What is done about failures, and at what cost.
#[derive(Debug, clap::Args)]
pub(crate) struct FailureInput {
    /// What is done about picks that get worse
    #[arg(
        long,
        visible_alias = "minimize",
        value_name = "MODE",
        value_enum,
        default_value_t = Mode::Each,
        help_heading = "Failures"
    )]
    minimise: Mode,
    /// Failures of each check that are minimized, the worst first: a number, or `all`
    #[arg(
        long,
        value_name = "N",
        default_value = "10",
        help_heading = "Failures"
    )]
    max_failures: Most,
    /// Texts that minimizing one failure may have scored; what is left then is saved as it is
    #[arg(
        long,
        value_name = "N",
        default_value_t = 2000,
        value_parser = whole::<usize>,
        help_heading = "Failures"
    )]
    minimise_calls: usize,
    /// Seconds for all minimizing and certifying; what is left then is saved as it is. No limit if
    /// not given
    #[arg(long, value_name = "S", value_parser = seconds, help_heading = "Failures")]
    minimise_seconds: Option<Duration>,
    /// Margin of total scores that counts as noise; measured if not given
    #[arg(long, value_name = "MARGIN", value_parser = noise, help_heading = "Failures")]
    noise: Option<f64>,
    /// Saved failures to run again first: a file, a folder of them, or a report folder; repeatable
    ///
    /// They are reported, and change neither a figure nor a verdict; `robustness-check replay`
    /// fails if one of them still fails.
    #[arg(long = "failures", value_name = "DIR|FILE", help_heading = "Failures")]
    saved: Vec<PathBuf>,
}

/// What is done about failures.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Mode {
    /// Nothing
    Off,
    /// The fewest swaps and hypotheses that show each of the worst failures are saved in the
    /// report's folder `failures`; sentences stay whole
    Each,
    /// The same, and words that nothing swaps are dropped too: the shortest list, which nobody may
    /// have said
    Words,
    /// As `each`, and every single substitution of every utterance is tried: certificates.jsonl
    /// says which utterances keep their pick, and names every substitution that changes another
    #[value(name = "exhaustive-1")]
    Exhaustive1,
}

/// How many failures.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Most(Option<usize>);

impl FromStr for Most {
    type Err = String;

    fn from_str(text: &str) -> Result<Most, String> {
        if text == "all" {
            return Ok(Most(None));
        }
        match text.parse() {
            Ok(most) => Ok(Most(Some(most))),
            Err(_) => Err("expected a number, or `all`".to_owned()),
        }
    }
}

/// Work on failures before the run: what was saved has been replayed.
pub(crate) struct Prepared<'a> {
    input: &'a FailureInput,
    mode: Mode,
    rescorer: &'a dyn Rescorer,
    noise: f64,
    replayed: Vec<ReplayRecord>,
}

/// What the report folder gets.
pub(crate) struct FailureFiles<'a> {
    record: Option<FailuresRecord>,
    counterexamples: Vec<Counterexample>,
    certified: Vec<Certified<'a>>,
}

impl FailureInput {
    /// The files and folders of saved failures.
    pub(crate) fn inputs(&self) -> Vec<Input> {
        inputs("--failures", self.saved.iter().map(PathBuf::as_path))
    }

    /// Reads the saved failures.
    pub(crate) fn read(&self, terminal: &Terminal) -> anyhow::Result<Vec<CounterexampleFile>> {
        let saved = saved::read(&self.saved)?;
        if saved.is_empty() && !self.saved.is_empty() {
            terminal.warn("--failures names folders without a saved failure: nothing is replayed");
        }
        Ok(saved)
    }

    /// Whether all lists are needed at once.
    pub(crate) fn needs_all_lists(&self) -> bool {
        self.minimise == Mode::Exhaustive1
    }

    /// Whether failures that `rescorer` makes would be made smaller.
    pub(crate) fn minimizes(&self, rescorer: &dyn Rescorer) -> bool {
        self.minimise != Mode::Off && self.max_failures.0 != Some(0) && rescorer.scores_any_text()
    }

    /// Measures the noise of the scores, and runs `saved` again.
    pub(crate) fn prepare<'a>(
        &'a self,
        saved: &[CounterexampleFile],
        lists: &Lists,
        rescorer: &'a dyn Rescorer,
        progress: &Progress,
        terminal: &Terminal,
    ) -> anyhow::Result<Prepared<'a>> {
        let mut prepared = Prepared {
            input: self,
            mode: self.minimise,
            rescorer,
            noise: self.noise.unwrap_or(0.0),
            replayed: Vec::new(),
        };
        if prepared.mode != Mode::Off && !rescorer.scores_any_text() {
            terminal.say(
                "failures are not minimized: a score file has no scores of smaller \
                lists; a program has (--model exec:COMMAND)",
            );
            prepared.mode = Mode::Off;
        }
        if prepared.mode == Mode::Off && saved.is_empty() {
            return Ok(prepared);
        }

        progress.begin("clean lists", 0);
        if self.noise.is_none() {
            prepared.noise = match noise_of(lists, rescorer)? {
                // The run comes upon the same score, and knows what it means.
                Err(RescoreError::NotFinite { .. }) if saved.is_empty() => 0.0,
                noise => noise.context("failed to score the lists as they are")?,
            };
        }

        progress.begin("saved failures", 0);
        prepared.replayed = saved::replay(saved, rescorer, prepared.noise)?;
        Ok(prepared)
    }
}

/// The noise of the scores of all `lists`, or why there is none.
fn noise_of(
    lists: &Lists,
    rescorer: &dyn Rescorer,
) -> Result<Result<f64, RescoreError>, ReadBackError> {
    let mut noise = Noise::default();
    for part in lists.parts()? {
        let part = part?;
        let place = Place {
            first: part.first,
            of: lists.survey.utterances,
        };
        if let Err(error) = noise.add(place, &part.utterances, rescorer) {
            return Ok(Err(error));
        }
    }
    Ok(Ok(noise.margin(rescorer)))
}

impl Prepared<'_> {
    /// The failures of a run of so many checks, none of which was found yet; `None` if none is
    /// sought.
    pub(crate) fn flips(&self, checks: usize) -> Option<HarmfulFlips> {
        let most = self.input.max_failures.0.unwrap_or(usize::MAX);
        (self.mode != Mode::Off).then(|| HarmfulFlips::new(checks, most))
    }

    /// Minimizes the failures that were found, and certifies if asked to.
    pub(crate) fn collect<'a>(
        self,
        plan: &Plan<'a>,
        flips: Option<HarmfulFlips>,
        progress: &Progress,
        terminal: &Terminal,
    ) -> anyhow::Result<FailureFiles<'a>> {
        let (input, mode) = (self.input, self.mode);
        let clock = Instant::now();
        let out_of_time = || {
            terminal.interrupted()
                || input
                    .minimise_seconds
                    .is_some_and(|limit| clock.elapsed() >= limit)
        };
        let flips = flips.unwrap_or_else(|| HarmfulFlips::new(plan.checks().count(), 0));
        let found = flips.found().to_vec();
        progress.begin("minimizing failures", 0);

        let limits = MinimizeLimits {
            batch: BATCH,
            texts: input.minimise_calls,
            scope: match mode {
                Mode::Words => Scope::Words,
                Mode::Off | Mode::Each | Mode::Exhaustive1 => Scope::Sentences,
            },
            out_of_time: &out_of_time,
        };

        let failures = minimize_flips(plan, flips, self.rescorer, self.noise, &limits);
        if mode != Mode::Off {
            let failures = number::count(failures.flips.len(), "failure");
            terminal.step(&format!(
                "minimizing {failures} took {:.2} s",
                clock.elapsed().as_secs_f64()
            ));
        }

        let stopped = stopped(&failures);
        if let Some(cause) = &stopped {
            terminal.warn(&format!("minimizing stopped: {cause}"));
        }
        let mut certified = Vec::new();
        if mode == Mode::Exhaustive1 {
            for (suite, check) in plan.checks() {
                progress.begin(&format!("certifying {}", check.name), 0);
                certified.push(Certified {
                    suite,
                    check,
                    certificates: certify(
                        plan.utterances,
                        &check.perturbation,
                        plan.replacements,
                        self.rescorer,
                        &out_of_time,
                    )
                    .or_else(|error| match error {
                        RescoreError::Interrupted => Ok(Vec::new()),
                        error => Err(error),
                    })
                    .context("failed to try every substitution")?,
                    noise: self.noise,
                });
            }
            terminal.step("tried every single substitution");
        }

        let record = FailuresRecord {
            mode: match mode {
                Mode::Off => "off",
                Mode::Each => "each",
                Mode::Words => "words",
                Mode::Exhaustive1 => "exhaustive-1",
            }
            .to_owned(),
            noise: self.noise,
            max_failures: input.max_failures.0,
            max_calls: input.minimise_calls,
            effort: EffortRecord::new(&failures),
            stopped,
            checks: CheckFailuresRecord::all(plan, &found, &failures),
            replayed: self.replayed,
            certificates: certified.iter().map(Certified::record).collect(),
        };

        let nothing_sought = mode == Mode::Off || plan.checks().next().is_none();
        let idle = nothing_sought && record.replayed.is_empty();
        let saved = failures.flips.into_iter();

        Ok(FailureFiles {
            record: (!idle).then_some(record),
            counterexamples: saved.filter_map(|failure| failure.counterexample).collect(),
            certified,
        })
    }
}

/// Why the rescorer gave up before all failures were minimized.
fn stopped(failures: &MinimizedFlips) -> Option<String> {
    match &failures.stopped {
        None | Some(RescoreError::Interrupted) => None,
        Some(error) => {
            let causes: Vec<String> = anyhow::Chain::new(error).map(ToString::to_string).collect();
            Some(causes.join(": "))
        }
    }
}

impl FailureFiles<'_> {
    /// What the report says.
    pub(crate) fn record(&self) -> Option<FailuresRecord> {
        self.record.clone()
    }

    /// The failures that are saved.
    pub(crate) fn counterexamples(&self) -> &[Counterexample] {
        &self.counterexamples
    }

    /// How many failures are saved.
    pub(crate) fn saved(&self) -> usize {
        self.counterexamples.len()
    }

    /// The files of the report folder.
    pub(crate) fn files<'a>(
        &'a self,
        folder: &Path,
        utterances: &'a [Utterance],
    ) -> Result<Vec<(PathBuf, Content<'a>)>, WriteError> {
        let mut files: Vec<(PathBuf, Content<'a>)> = Vec::new();
        if !self.counterexamples.is_empty() {
            let failures = folder.join("failures");
            std::fs::create_dir(&failures).map_err(|error| WriteError::new(&failures, error))?;
            files.extend(self.counterexamples.iter().map(|counterexample| {
                let path = failures.join(counterexample.file_name());
                let content: Content<'a> = Box::new(|file| counterexample.write(file));
                (path, content)
            }));
        }

        if !self.certified.is_empty() {
            let write = move |file: &mut dyn Write| {
                let mut certified = self.certified.iter();
                certified.try_for_each(|certified| certified.write(file, utterances))
            };
            files.push((folder.join("certificates.jsonl"), Box::new(write)));
        }

        Ok(files)
    }
}
