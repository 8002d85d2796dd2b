//! How a run was asked for: its saved state remembers it, so that `--resume` needs no option again.

use std::any::TypeId;
use std::collections::BTreeMap;
use std::ffi::OsStr;
use std::path::{Path, PathBuf};

use anyhow::Context;
use clap::{Arg, ArgMatches, Command};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::cli::args::model_name::model_folder;
use crate::cli::args::paths;
use crate::cli::commands::train::options::Options;
use crate::cli::typed::typed_options;
use crate::files::document::{DOCUMENT, read_text};
use crate::files::seal::{seal, unseal};
use crate::files::{beside, resolved};
use crate::report::shell;
use crate::train::TrainError;
use crate::train::state::SavedRun;

/// Options that are of one stretch of a run, not of the run.
const PASSING: [&str; 4] = ["resume", "finish", "force", "jobs"];

/// The file of a sweep's folder that says how the sweep was asked for.
pub(super) const SWEEP_FILE: &str = "asked.json";

/// What differs in a plan where the files that an option names have changed.
const FILES: [(&str, &str); 6] = [
    ("data.train", "the lists of --nbest"),
    ("data.dev", "the lists of --dev"),
    ("data.base", "the base model (--base)"),
    ("data.teacher", "the teacher (--teacher)"),
    ("data.text", "the sentences of --text"),
    ("data.start", "the model that training starts from"),
];

/// Options as they were typed, with their values; none for a switch.
pub(super) type Typed = BTreeMap<String, Vec<String>>;

/// How a run was asked for.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) struct Asked {
    /// What was typed.
    typed: Typed,
    /// The options, those of a recipe included.
    options: Map<String, Value>,
}

/// The checkpoint of a run that is named by its folder, or by that of its state or sweep.
pub(super) fn checkpoint_of(named: &Path) -> PathBuf {
    let name = named
        .file_name()
        .and_then(OsStr::to_str)
        .unwrap_or_default();
    let own = [".training", ".sweep"];
    let stem = own.iter().find_map(|suffix| name.strip_suffix(suffix));
    match stem {
        Some(stem) if !stem.is_empty() => named.with_file_name(stem),
        Some(_) | None => named.to_owned(),
    }
}

/// The command that goes on with the run whose state is in `state`: where that is of a sweep, with
/// the sweep.
pub(super) fn resuming(state: &Path) -> String {
    let out = checkpoint_of(sweep_of(state).unwrap_or(state));
    let words = [
        "robustness-check",
        "train",
        "--resume",
        &out.to_string_lossy(),
    ];
    shell::command(&words)
}

/// An error of what was saved; where that is damaged, with what is to be done then, and what is not
/// lost.
pub(super) fn damage(error: TrainError) -> anyhow::Error {
    let TrainError::Damaged { folder, .. } = &error else {
        return error.into();
    };

    if sweep_of(folder).is_some() {
        let resuming = resuming(folder);
        return anyhow::anyhow!(
            "{error}: {resuming} then trains this value of the sweep from its beginning, and keeps \
                those that are trained"
        );
    }

    // How the run was asked for can be read where its numbers alone are damaged.
    let asked = SavedRun::asked_for(folder).ok().flatten();
    match asked.and_then(|asked| serde_json::from_value::<Asked>(asked).ok()) {
        Some(asked) => anyhow::anyhow!("{error}: it began with {}", asked.command()),
        None => anyhow::anyhow!(
            "{error}: a run begins with all its options (--base, --nbest, --dev, or --recipe)"
        ),
    }
}

/// The folder of the sweep that a state is of.
fn sweep_of(state: &Path) -> Option<&Path> {
    let is_sweep = |folder: &&Path| folder.extension().is_some_and(|end| end == "sweep");
    state.parent().filter(is_sweep)
}

/// What was typed of the options of `command`; paths from the root, so that they hold wherever the
/// run is resumed.
pub(super) fn typed(matches: &ArgMatches, command: &Command) -> Typed {
    let options = typed_options(command, matches).map(|typed| {
        let values = typed.values.iter();
        let values = values.map(|value| rooted(typed.option, value)).collect();
        (typed.name.to_owned(), values)
    });
    options.collect()
}

fn rooted(option: &Arg, value: &OsStr) -> String {
    let path = Path::new(value);
    let is_path = option.get_value_parser().type_id() == TypeId::of::<PathBuf>();
    // Standard input, and models that the program carries, are nowhere.
    let is_place = is_path && value != "-" && model_folder(path) == path;
    match std::path::absolute(path) {
        Ok(path) if is_place => path.to_string_lossy().into_owned(),
        Ok(_) | Err(_) => value.to_string_lossy().into_owned(),
    }
}

impl Asked {
    /// How the run of `options`, as a recipe completes them, was asked for.
    pub(super) fn of(typed: &Typed, options: &Options) -> anyhow::Result<Asked> {
        let mut typed = typed.clone();
        typed.retain(|option, _| !PASSING.contains(&option.as_str()));
        let options = match serde_json::to_value(options)? {
            Value::Object(options) => options,
            other => anyhow::bail!("options are a table, not {other}"),
        };

        Ok(Asked { typed, options })
    }

    /// The text of [`SWEEP_FILE`].
    pub(super) fn sealed(&self) -> anyhow::Result<String> {
        Ok(seal("", &serde_json::to_string(self)?).0)
    }

    /// How the run was asked for that is saved for the checkpoint `out`.
    pub(super) fn saved(out: &Path) -> anyhow::Result<Option<Asked>> {
        let state = beside(out, ".training");
        let substitute = paths::substitute(&state).ok();
        let substitute = substitute.filter(|path| paths::is_own(path));
        for state in std::iter::once(state).chain(substitute) {
            if let Some(asked) = SavedRun::asked_for(&state).map_err(damage)? {
                return Ok(Some(serde_json::from_value(asked)?));
            }
        }

        let sweep = beside(out, ".sweep").join(SWEEP_FILE);
        if !sweep.is_file() {
            return Ok(None);
        }
        let text = read_text(&sweep, DOCUMENT);
        let text = text.with_context(|| format!("failed to read {}", sweep.display()))?;
        let read = || -> anyhow::Result<Asked> {
            let (text, _) = unseal("", &text)?;
            Ok(serde_json::from_str(&text)?)
        };
        let asked = read().map_err(|error| {
            anyhow::anyhow!(
                "failed to read {}: {error:#}; remove that file, and give the command again with \
                    all its options and --resume: what is trained is kept",
                sweep.display()
            )
        })?;
        Ok(Some(asked))
    }

    /// The command that begins such a run.
    fn command(&self) -> String {
        let mut words = vec!["robustness-check".to_owned(), "train".to_owned()];
        for (option, values) in &self.typed {
            words.extend(values.is_empty().then(|| format!("--{option}")));
            words.extend(values.iter().map(|value| format!("--{option}={value}")));
        }
        shell::command(&words.iter().map(String::as_str).collect::<Vec<_>>())
    }

    /// What was typed now, and for the rest what was typed then.
    pub(super) fn complete(&self, now: &Typed) -> Typed {
        let mut typed = self.typed.clone();
        typed.extend(now.clone());
        typed
    }

    /// The first option that differs from those of `now`, in a sentence.
    fn difference(&self, now: &Asked) -> Option<String> {
        let keys = self.options.keys().chain(now.options.keys());
        let differing = keys.filter(|key| *key != "out").find_map(|key| {
            let value = |asked: &Asked| asked.options.get(key).cloned().unwrap_or_default();
            let (then, now) = (value(self), value(now));
            let (before, after) = (shown(&then), shown(&now));
            (placed(&then) != placed(&now) && before != after).then(|| said(key, &before, &after))
        });

        differing.or_else(|| {
            let others = self.typed.keys().chain(now.typed.keys());
            let mut others = others.filter(|key| {
                !self.options.contains_key(*key)
                    && !now.options.contains_key(*key)
                    && *key != "recipe"
            });
            others.find_map(|key| {
                let (then, now) = (as_typed(self.typed.get(key)), as_typed(now.typed.get(key)));
                (then != now).then(|| said(key, &then, &now))
            })
        })
    }

    /// What is told of a run that cannot be gone on with, since its plan differs from that of
    /// `now`.
    pub(super) fn refusal(&self, now: &Asked, error: &TrainError) -> Option<String> {
        let TrainError::Resume { folder, field, .. } = error else {
            return None;
        };
        let changed = FILES.iter().find(|(name, _)| name == field);
        let reason = self
            .difference(now)
            .or_else(|| changed.map(|(_, what)| format!("{what} changed since this began")))?;

        Some(format!(
            "the run saved in {} cannot be resumed: {reason}; undo the change, take the best model \
                so far with {} --finish, or remove that folder to start anew",
            folder.display(),
            resuming(folder)
        ))
    }
}

/// A sentence about an option whose value was another one.
fn said(option: &str, then: &str, now: &str) -> String {
    format!("--{option} was {then} when this began, now {now}")
}

/// What is said of an option that is absent.
const ABSENT: &str = "not given";

/// A value as it is typed.
fn shown(value: &Value) -> String {
    match value {
        Value::Null | Value::Bool(false) => ABSENT.to_owned(),
        Value::Bool(true) => "given".to_owned(),
        Value::String(text) => text.clone(),
        Value::Array(values) => values.iter().map(shown).collect::<Vec<_>>().join(" "),
        other => other.to_string(),
    }
}

/// The values of an option as they were typed.
fn as_typed(values: Option<&Vec<String>>) -> String {
    match values {
        None => ABSENT.to_owned(),
        Some(values) if values.is_empty() => "given".to_owned(),
        Some(values) => values.join(" "),
    }
}

/// A value whose paths are those of the files themselves, however they are named.
fn placed(value: &Value) -> Value {
    match value {
        Value::String(text) if Path::new(text).exists() => {
            Value::from(resolved(Path::new(text)).to_string_lossy())
        }
        Value::Array(values) => values.iter().map(placed).collect(),
        other => other.clone(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn asked(options: Value) -> Asked {
        let Value::Object(options) = options else {
            panic!("{options} is no table")
        };
        Asked {
            typed: Typed::new(),
            options,
        }
    }

    #[track_caller]
    fn check(then: Value, now: Value, expected: &str) {
        assert_eq!(
            asked(then).difference(&asked(now)).as_deref(),
            Some(expected)
        );
    }

    #[test]
    fn the_command_that_goes_on_names_the_checkpoint() {
        let told = |state: &str| resuming(Path::new(state));
        let expected = "robustness-check train --resume runs/a";
        for state in [
            "runs/a.training",
            "runs/a.sweep",
            "runs/a.sweep/lr=1e-3.training",
        ] {
            assert_eq!(told(state), expected);
        }
        assert_eq!(
            told("my runs/a.training"),
            "robustness-check train --resume 'my runs/a'"
        );
    }

    #[test]
    fn differences_are_told_in_the_words_of_options() {
        use serde_json::json;

        check(
            json!({"lr": 1e-3}),
            json!({"lr": 2e-3}),
            "--lr was 0.001 when this began, now 0.002",
        );
        check(
            json!({"rank": 8}),
            json!({"rank": null}),
            "--rank was 8 when this began, now not given",
        );
        check(
            json!({}),
            json!({"half": true, "steps": 3}),
            "--half was not given when this began, now given",
        );
        let same = json!({"lr": 1e-3, "nbest": ["a.jsonl", "b.jsonl"], "half": false});
        assert_eq!(asked(same.clone()).difference(&asked(same)), None);
    }
}
