//! `--model` of commands that work on reports: what is not typed is as the report says.

use std::collections::BTreeSet;
use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use anyhow::Context;
use clap::{ArgMatches, Args, Command, FromArgMatches};

use crate::cli::args::model::ModelInput;
use crate::cli::models::model::Model;
use crate::cli::terminal::{Progress, Terminal};
use crate::cli::typed::typed_options;
use crate::files::document::{DOCUMENT, read_text};
use crate::files::{Input, parent, resolved};
use crate::report::json::{self, Tested};
use crate::report::model_kind::ModelKind;
use crate::report::model_record::ModelRecord;

/// What a report says of the model that was tested.
#[derive(Debug)]
pub(crate) struct Recorded {
    /// The report's file.
    report: String,
    /// The model and how it was asked, or why the report cannot be read.
    tested: Result<Tested, String>,
}

/// The report that a model is loaded as.
#[derive(Debug, Clone, Copy)]
struct Source<'a> {
    report: &'a str,
    tested: &'a Tested,
}

impl Recorded {
    /// The reports that saved failures belong to: those in a folder named, and those around the
    /// folder `failures`.
    pub(crate) fn of(cases: &[PathBuf]) -> anyhow::Result<Vec<Recorded>> {
        let mut places = BTreeSet::new();
        let mut reports = Vec::new();
        for case in cases {
            let report = report_of(case)
                .with_context(|| format!("failed to look for the report of {}", case.display()))?;
            if let Some(report) = report
                && places.insert(resolved(&report))
            {
                reports.push(Recorded::read(&report));
            }
        }

        Ok(reports)
    }

    fn read(path: &Path) -> Recorded {
        let report = path.display().to_string();
        let tested = read_text(path, DOCUMENT)
            .map_err(anyhow::Error::from)
            .and_then(|text| Ok(json::read_tested(&text)?))
            .map_err(|error| format!("failed to read which model {report} is of: {error:#}"));

        Recorded { report, tested }
    }

    fn tested(&self) -> anyhow::Result<&Tested> {
        let unknown = |error| anyhow::anyhow!("{error}; name it with --model");
        self.tested.as_ref().map_err(unknown)
    }

    /// What differs between the report's model and `model`, in words.
    fn differences(&self, model: &ModelRecord) -> Vec<String> {
        let then = match &self.tested {
            Ok(tested) => &tested.model,
            Err(error) => return vec![error.clone()],
        };

        let mut differences = model.differences_from(then, &self.report);
        // A folder that was moved is the same model, and a command that differs is named already.
        let is_named = |difference: &String| {
            ["the command is ", "the address is "]
                .iter()
                .any(|named| difference.starts_with(named))
        };
        if then.name != model.name && !then.scores_as(model) && !differences.iter().any(is_named) {
            let named = format!(
                "the model is {} in {} and {} here",
                then.name, self.report, model.name
            );
            differences.insert(0, named);
        }

        differences
    }
}

/// The report of a saved failure, of a folder of them, or of a report folder; `None` if there is
/// none.
fn report_of(case: &Path) -> std::io::Result<Option<PathBuf>> {
    let inside = case.join("report.json");
    if inside.is_file() {
        return Ok(Some(inside));
    }

    // A bare name has no folder in it: it lies in the current one.
    let folder = if case.is_dir() { case } else { parent(case) };
    // The name of `.` is not in it.
    let folder = std::path::absolute(folder)?;
    let report = folder.with_file_name("report.json");

    Ok((folder.ends_with("failures") && report.is_file()).then_some(report))
}

/// The options of a model, none of which must be typed.
#[derive(Debug)]
pub(crate) struct RecordedModelInput {
    typed: Vec<Typed>,
}

/// An option with its value, as typed.
#[derive(Debug, Clone)]
struct Typed {
    option: String,
    /// Empty for a switch.
    value: OsString,
}

impl Typed {
    /// The word of the command line.
    fn word(&self) -> OsString {
        let mut word = OsString::from(format!("--{}", self.option));
        if !self.value.is_empty() {
            word.push("=");
            word.push(&self.value);
        }
        word
    }
}

/// The options of a model alone.
fn model_options() -> Command {
    ModelInput::augment_args(Command::new("robustness-check").no_binary_name(true))
}

impl Args for RecordedModelInput {
    fn augment_args(command: Command) -> Command {
        ModelInput::augment_args(command).mut_arg("model", |model| model.required(false))
    }

    fn augment_args_for_update(command: Command) -> Command {
        RecordedModelInput::augment_args(command)
    }
}

impl FromArgMatches for RecordedModelInput {
    fn from_arg_matches(matches: &ArgMatches) -> Result<RecordedModelInput, clap::Error> {
        let options = model_options();
        let typed = typed_options(&options, matches).map(|option| Typed {
            option: option.name.to_owned(),
            value: option.values.last().copied().unwrap_or_default().to_owned(),
        });

        Ok(RecordedModelInput {
            typed: typed.collect(),
        })
    }

    fn update_from_arg_matches(&mut self, matches: &ArgMatches) -> Result<(), clap::Error> {
        *self = RecordedModelInput::from_arg_matches(matches)?;
        Ok(())
    }
}

impl RecordedModelInput {
    /// Loads the model that was typed, or else the one of the `reports`, and warns of every
    /// difference to that; with the threads that it runs on. A cache of its scores must be none of
    /// what is `read`.
    pub(crate) fn load(
        &self,
        reports: &[Recorded],
        read: &[Input],
        terminal: &Terminal,
        progress: Arc<Progress>,
    ) -> anyhow::Result<(Model, rayon::ThreadPool)> {
        let (input, model) = if let Some(typed) = self.typed("model") {
            let mut tested = reports
                .iter()
                .filter_map(|report| report.tested.as_ref().ok());
            let input = self.input(tested.find(|tested| typed.value == *tested.model.name))?;
            apart(&input, read)?;
            let model = input.load(terminal, progress)?;
            (input, model)
        } else {
            let Source { report, tested } = agreed(reports)?;
            let name = &tested.model.name;
            if tested.model.kind == ModelKind::Exec {
                terminal.say(&format!("running what {report} names: {name}"));
            }
            let input = self.input(Some(tested))?;
            apart(&input, read)?;
            let loaded = input.load(terminal, progress).with_context(|| {
                format!(
                    "failed to load the model {name} that {report} names (paths in it begin where \
                     the check ran: run there, or name the model with --model)"
                )
            })?;
            (input, loaded)
        };

        model.tell(|_| true, terminal);
        for report in reports {
            for warning in report.differences(&model.record()) {
                terminal.warn(&warning);
            }
        }

        Ok((model, input.pool()?))
    }

    /// Whether something is typed that takes the place of a recorded option.
    fn overrules(&self, option: &str) -> bool {
        let tuned = matches!(option, "weight" | "first-pass-scale");
        self.typed(option).is_some() || (tuned && self.typed("interpolation").is_some())
    }

    fn typed(&self, option: &str) -> Option<&Typed> {
        self.typed.iter().find(|typed| typed.option == option)
    }

    /// What is typed, and for the rest what was recorded.
    fn input(&self, recorded: Option<&Tested>) -> anyhow::Result<ModelInput> {
        let name = recorded.map(|tested| ("model", &tested.model.name));
        let options = recorded
            .iter()
            .flat_map(|tested| tested.model.options.iter().chain(&tested.run.asked_with));
        let missing = name
            .into_iter()
            .chain(options.map(|(option, value)| (option.as_str(), value)))
            .filter(|(option, _)| !self.overrules(option))
            .map(|(option, value)| Typed {
                option: option.to_owned(),
                value: value.into(),
            });

        let words: Vec<OsString> = missing
            .chain(self.typed.iter().cloned())
            .map(|typed| typed.word())
            .collect();
        let matches = model_options()
            .try_get_matches_from(words)
            .map_err(|error| {
                let text = error.render().to_string();
                let reason = text.lines().next().unwrap_or_default();
                anyhow::anyhow!(
                    "the options of the model are not understood, those of a report included ({})",
                    reason.trim_start_matches("error: ")
                )
            })?;

        Ok(ModelInput::from_arg_matches(&matches)?)
    }
}

/// Refuses a cache that is one of the files that are read.
fn apart(input: &ModelInput, read: &[Input]) -> anyhow::Result<()> {
    input
        .cache
        .ensure_apart(&[read, &input.inputs()].concat())?;
    Ok(())
}

/// The model of all reports, which must be one.
fn agreed(reports: &[Recorded]) -> anyhow::Result<Source<'_>> {
    let Some(first) = reports.first() else {
        anyhow::bail!(
            "no report is around these failures that would say which model failed: name it with \
                --model"
        );
    };

    let tested = first.tested()?;
    let named = &tested.model;
    for other in &reports[1..] {
        let found = &other.tested()?.model;
        anyhow::ensure!(
            found == named,
            "{} is of {} and {} of {}, or of other options: take one after the other, or name a \
                model with --model",
            first.report,
            named.name,
            other.report,
            found.name
        );
    }

    Ok(Source {
        report: &first.report,
        tested,
    })
}
