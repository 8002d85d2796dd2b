//! A training run on disk: all that is needed to go on as if nothing had happened.
//!
//! `state.json` holds the plan and the counters, `state.safetensors` the numbers. The first is
//! [sealed](mod@crate::files::seal) and holds the hash of the second: damage shows. The folder is
//! replaced as a whole, so that a crash leaves the former state.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::io::ErrorKind;
use std::path::Path;

use serde::{Deserialize, Serialize};

use crate::bert::LoadError;
use crate::bert::tensors::{TensorElsewhere, TensorStore, write_tensors_from};
use crate::files::document::{DOCUMENT, read_text};
use crate::files::json;
use crate::files::seal::{seal, unseal};
use crate::files::{Kind, hash_of_file, settle, write_bytes, write_folder};
use crate::train::TrainError;
use crate::train::difference::refuse_difference;
use crate::train::moments::Moments;
use crate::train::optimizer::{AdamW, OptimizerSettings};
use crate::train::parameters::Values;
use crate::train::progress::{Evaluation, Spent, Spreads};
use crate::train::run::{Best, Run};

/// The version of the format of saved runs.
const FORMAT_VERSION: u32 = 2;

/// The file that makes a folder a saved run.
const STATE_FILE: &str = "state.json";

/// The file of numbers.
const TENSOR_FILE: &str = "state.safetensors";

/// A run between two steps.
#[derive(Debug, Clone, PartialEq)]
pub struct SavedRun {
    /// What was to be done.
    pub plan: serde_json::Value,
    /// How it was asked for, in the words of whoever did.
    pub asked: Option<serde_json::Value>,
    /// How far it has come.
    pub run: Run,
    /// What the task remembers.
    pub memory: serde_json::Value,
    /// The parameters that differ from the base model's.
    pub values: Values,
    /// What it has cost so far.
    pub spent: Spent,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct StateRecord {
    format_version: u32,
    /// Of the file of numbers.
    content_hash: String,
    plan: serde_json::Value,
    #[serde(default)]
    asked: Option<serde_json::Value>,
    step: usize,
    look_due: bool,
    optimizer_steps: u64,
    /// Absent in states of versions that did not look before the first step.
    #[serde(default)]
    before: Option<f64>,
    /// Absent in states of versions that forgot them.
    #[serde(default)]
    spreads: Spreads,
    best: Option<BestRecord>,
    stale: usize,
    memory: serde_json::Value,
    #[serde(default)]
    spent: Spent,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct BestRecord {
    step: usize,
    criterion: f64,
    reference: Option<f64>,
    weight: Option<f64>,
    spread: Option<f64>,
    #[serde(default)]
    ranks: Vec<(String, usize)>,
}

/// A run between two steps, as it is written.
pub(super) struct RunToSave<'a> {
    /// What was to be done.
    pub(super) plan: serde_json::Value,
    /// How it was asked for, in the words of whoever did.
    pub(super) asked: Option<serde_json::Value>,
    /// How far it has come.
    pub(super) run: &'a Run,
    /// What the task remembers.
    pub(super) memory: serde_json::Value,
    /// The parameters that differ from the base model's.
    pub(super) values: Parameters<'a>,
    /// What it has cost so far.
    pub(super) spent: Spent,
}

/// Parameters that are in the model, of which no second copy is made.
pub(super) struct Parameters<'a> {
    /// How many numbers each has.
    pub(super) sizes: BTreeMap<String, usize>,
    /// Fetches the numbers of one.
    pub(super) fetch: &'a dyn Fn(&str) -> Vec<f32>,
}

impl Parameters<'_> {
    /// The parameters as tensors of a group.
    fn tensors(&self, group: &str) -> impl Iterator<Item = TensorElsewhere<'_>> {
        self.sizes.iter().map(move |(path, size)| TensorElsewhere {
            name: format!("{group}/{path}"),
            shape: vec![*size],
            values: Box::new(|| Cow::Owned((self.fetch)(path))),
        })
    }
}

impl RunToSave<'_> {
    /// Writes the run into `folder`, in the place of what is there.
    pub(super) fn write(&self, folder: &Path) -> Result<(), TrainError> {
        let best = self.run.best.as_ref();
        let record = StateRecord {
            format_version: FORMAT_VERSION,
            content_hash: String::new(),
            plan: self.plan.clone(),
            asked: self.asked.clone(),
            step: self.run.step,
            look_due: self.run.look_due,
            optimizer_steps: self.run.optimizer.steps,
            before: self.run.before,
            spreads: self.run.spreads,
            best: best.map(|best| BestRecord {
                step: best.step,
                criterion: best.evaluation.criterion,
                reference: best.evaluation.reference,
                weight: best.evaluation.weight,
                spread: best.evaluation.spread,
                ranks: best.evaluation.ranks.clone(),
            }),
            stale: self.run.stale,
            memory: self.memory.clone(),
            spent: self.spent,
        };

        let kind = Kind::TrainingState;
        write_folder(folder, kind, |folder| -> Result<(), TrainError> {
            let path = folder.join(TENSOR_FILE);
            write_tensors_from(&path, self.tensors())?;
            let record = StateRecord {
                content_hash: hash(&path)?,
                ..record
            };
            let text = serde_json::to_string(&record).expect("plain values become JSON");
            let (text, _) = seal("", &text);
            write_bytes(&folder.join(STATE_FILE), &text)?;
            Ok(())
        })
    }

    /// All numbers of the run.
    fn tensors(&self) -> Vec<TensorElsewhere<'_>> {
        let AdamW { first, second, .. } = &self.run.optimizer;
        let moments = [("first", first), ("second", second)];
        let moments = moments.into_iter().flat_map(|(group, moments)| {
            moments.iter().map(move |(path, moments)| TensorElsewhere {
                name: format!("{group}/{path}"),
                shape: vec![moments.count()],
                values: Box::new(|| Cow::Owned(moments.numbers())),
            })
        });

        let best = self.run.best.as_ref().map(|best| &best.values);
        let best: Vec<TensorElsewhere<'_>> = match best {
            None => Vec::new(),
            Some(None) => self.values.tensors("best").collect(),
            Some(Some(values)) => {
                let tensors = values.iter().map(|(path, numbers)| TensorElsewhere {
                    name: format!("best/{path}"),
                    shape: vec![numbers.len()],
                    values: Box::new(|| Cow::Borrowed(numbers)),
                });
                tensors.collect()
            }
        };

        let values = self.values.tensors("value");
        values.chain(moments).chain(best).collect()
    }
}

impl SavedRun {
    /// Whether a run is saved in `folder`; a save that was killed half-way is ended.
    pub fn is_in(folder: &Path) -> Result<bool, TrainError> {
        settle(folder)?;
        Ok(folder.join(STATE_FILE).is_file())
    }

    /// How the run that is saved in `folder` was asked for; `None` where no run is saved, or none
    /// that says it.
    pub fn asked_for(folder: &Path) -> Result<Option<serde_json::Value>, TrainError> {
        if !SavedRun::is_in(folder)? {
            return Ok(None);
        }
        Ok(StateRecord::read(folder)?.asked)
    }

    /// Refuses a run that is saved in `folder` and is not what was written.
    pub(crate) fn ensure_sound(folder: &Path) -> Result<(), TrainError> {
        if SavedRun::is_in(folder)? {
            StateRecord::sound(folder)?;
        }
        Ok(())
    }

    /// Reads a run that was saved with the optimizer's `settings`.
    pub fn read(folder: &Path, settings: OptimizerSettings) -> Result<SavedRun, TrainError> {
        let record = StateRecord::sound(folder)?;
        let tensors = folder.join(TENSOR_FILE);
        let store = TensorStore::read(&tensors)?;
        let group = |group: &str| -> Result<Values, LoadError> {
            let prefix = format!("{group}/");
            store
                .names()
                .filter_map(|name| name.strip_prefix(&prefix).map(|path| (name, path)))
                .map(|(name, path)| Ok((path.to_owned(), store.named(name)?.values)))
                .collect()
        };

        let mut optimizer = AdamW::new(settings);
        optimizer.steps = record.optimizer_steps;
        let moments = |name: &str| -> Result<BTreeMap<String, Moments>, LoadError> {
            let values = group(name)?.into_iter();
            Ok(values
                .map(|(path, numbers)| (path, Moments::from(&*numbers)))
                .collect())
        };
        optimizer.first = moments("first")?;
        optimizer.second = moments("second")?;

        let best = match record.best {
            None => None,
            Some(best) => Some(Best {
                step: best.step,
                evaluation: Evaluation {
                    criterion: best.criterion,
                    reference: best.reference,
                    weight: best.weight,
                    spread: best.spread,
                    eligible: true,
                    ranks: best.ranks,
                },
                values: Some(group("best")?),
            }),
        };

        let run = Run {
            step: record.step,
            optimizer,
            before: record.before,
            spreads: record.spreads,
            best,
            stale: record.stale,
            look_due: record.look_due,
        };

        Ok(SavedRun {
            plan: record.plan,
            asked: record.asked,
            run,
            memory: record.memory,
            values: group("value")?,
            spent: record.spent,
        })
    }

    /// Refuses to go on with another plan; names the first difference.
    pub fn check_plan(&self, folder: &Path, plan: &serde_json::Value) -> Result<(), TrainError> {
        refuse_difference(folder, &self.plan, plan)
    }
}

impl StateRecord {
    /// The record in `folder`, where the numbers beside it are those that it is of.
    fn sound(folder: &Path) -> Result<StateRecord, TrainError> {
        let record = StateRecord::read(folder)?;
        let tensors = hash(&folder.join(TENSOR_FILE)).ok();
        if tensors.as_ref() != Some(&record.content_hash) {
            return Err(damaged(folder, TENSOR_FILE));
        }

        Ok(record)
    }

    fn read(folder: &Path) -> Result<StateRecord, TrainError> {
        let path = folder.join(STATE_FILE);
        let text = read_text(&path, DOCUMENT).map_err(|error| match error.kind() {
            // A flipped byte leaves UTF-8 as often as not.
            ErrorKind::InvalidData => damaged(folder, STATE_FILE),
            _ => LoadError::new(&path, error).into(),
        })?;
        let (text, _) = unseal("", &text).map_err(|_| damaged(folder, STATE_FILE))?;
        let json = |error| LoadError::new(&path, error);
        let record: StateRecord = json::parse(&text).map_err(json)?;

        if record.format_version != FORMAT_VERSION {
            let advice = format!("this program goes on with version {FORMAT_VERSION}");
            return Err(
                LoadError::field(&path, "format_version", &record.format_version, &advice).into(),
            );
        }

        Ok(record)
    }
}

/// What is said of a file of `folder` that is not what was saved.
fn damaged(folder: &Path, file: &str) -> TrainError {
    TrainError::Damaged {
        file: folder.join(file),
        folder: folder.to_owned(),
    }
}

/// The hash of a file's contents.
fn hash(path: &Path) -> Result<String, LoadError> {
    hash_of_file(path).map_err(|error| LoadError::new(path, error))
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs;

    fn saved() -> SavedRun {
        let mut optimizer = AdamW::new(OptimizerSettings::DEFAULT);
        optimizer.steps = 7;
        let moments = |numbers: [f32; 2]| ("a.b".to_owned(), Moments::from(&numbers[..]));
        optimizer.first = BTreeMap::from([moments([0.1, -0.0])]);
        optimizer.second = BTreeMap::from([moments([1e-30, 2.0])]);

        let evaluation = Evaluation {
            criterion: 0.1 + 0.2,
            reference: Some(0.25),
            weight: Some(1.15),
            spread: Some(6.5),
            eligible: true,
            ranks: vec![("query".to_owned(), 3)],
        };

        let best = Best {
            step: 5,
            evaluation,
            values: Some(Values::from([("a.b".to_owned(), vec![4.0, 5.0])])),
        };

        SavedRun {
            plan: serde_json::json!({"seed": 1, "phases": [{"steps": 3}]}),
            asked: Some(serde_json::json!({"lr": 1e-3})),
            run: Run {
                step: 7,
                optimizer,
                before: Some(0.3),
                spreads: Spreads {
                    before: Some(0.01),
                    last: Some(6.5),
                },
                best: Some(best),
                stale: 2,
                look_due: true,
            },
            memory: serde_json::json!({"masks": [0.1]}),
            values: Values::from([("a.b".to_owned(), vec![f32::MIN_POSITIVE, 3.3])]),
            spent: Spent {
                seconds: 0.1 + 0.2,
                step_seconds: 0.2,
                peak_memory_bytes: Some(3 << 30),
            },
        }
    }

    fn write(folder: &Path) {
        write_run(saved(), folder);
    }

    fn write_run(saved: SavedRun, folder: &Path) {
        let sizes = saved.values.iter();
        let sizes = sizes.map(|(path, numbers)| (path.clone(), numbers.len()));
        let run = RunToSave {
            plan: saved.plan,
            asked: saved.asked,
            run: &saved.run,
            memory: saved.memory,
            values: Parameters {
                sizes: sizes.collect(),
                fetch: &|path| saved.values[path].clone(),
            },
            spent: saved.spent,
        };
        run.write(folder).unwrap();
    }

    #[test]
    fn a_run_survives_the_disk_bit_by_bit() {
        let parent = tempfile::tempdir().unwrap();
        let folder = parent.path().join("run");
        write(&folder);
        write(&folder);
        assert_eq!(
            SavedRun::read(&folder, OptimizerSettings::DEFAULT).unwrap(),
            saved()
        );
    }

    #[test]
    fn a_state_of_before_spreads_were_kept_has_none() {
        let folder = tempfile::tempdir().unwrap();
        write(folder.path());
        let path = folder.path().join(STATE_FILE);
        let (text, _) = unseal("", &fs::read_to_string(&path).unwrap()).unwrap();
        let mut record: serde_json::Value = serde_json::from_str(&text).unwrap();
        assert!(record.as_object_mut().unwrap().remove("spreads").is_some());
        fs::write(&path, seal("", &record.to_string()).0).unwrap();

        let read = SavedRun::read(folder.path(), OptimizerSettings::DEFAULT).unwrap();
        assert_eq!(read.run.spreads, Spreads::default());
    }

    #[test]
    fn the_best_model_may_be_the_one_that_is_saved() {
        let mut now = saved();
        now.run.best.as_mut().unwrap().values = None;
        let parent = tempfile::tempdir().unwrap();
        let folder = parent.path().join("run");
        write_run(now, &folder);
        let read = SavedRun::read(&folder, OptimizerSettings::DEFAULT).unwrap();
        assert_eq!(read.run.best.unwrap().values, Some(saved().values));
    }

    #[test]
    fn no_flipped_byte_and_no_cut_is_used() {
        let folder = tempfile::tempdir().unwrap();
        let folder = folder.path();
        write(folder);
        for file in ["state.json", "state.safetensors"] {
            let path = folder.join(file);
            let whole = fs::read(&path).unwrap();
            let check = |bytes: &[u8], place: usize| {
                fs::write(&path, bytes).unwrap();
                let error = SavedRun::read(folder, OptimizerSettings::DEFAULT).unwrap_err();
                let told = error.to_string();
                let named = told.contains(file) && told.contains("start anew");
                assert!(named, "{file}, byte {place}: {told}");
            };
            for place in 0..whole.len() {
                let mut damaged = whole.clone();
                damaged[place] ^= 1 << (place % 8);
                check(&damaged, place);
                check(&whole[..place], place);
            }
            fs::write(&path, &whole).unwrap();
            assert!(SavedRun::read(folder, OptimizerSettings::DEFAULT).is_ok());
        }
    }

    #[track_caller]
    fn check_difference(plan: &serde_json::Value, expected: &str) {
        let error = saved().check_plan(Path::new("run"), plan).unwrap_err();
        assert!(error.to_string().contains(expected), "{error}");
    }

    #[test]
    fn another_plan_is_refused_and_the_difference_named() {
        let plan = serde_json::json!({"seed": 2, "phases": [{"steps": 3}]});
        check_difference(&plan, "`seed` was 1 and is now 2");
        let plan = serde_json::json!({"seed": 1, "phases": [{"steps": 4}]});
        check_difference(&plan, "`phases.0.steps` was 3 and is now 4");
        assert!(saved().check_plan(Path::new("run"), &saved().plan).is_ok());
    }
}
