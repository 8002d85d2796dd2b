//! Runs that end early, or whose state cannot be written where it should be.

use std::fs;
use std::path::PathBuf;
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

use burn::tensor::Device;

use crate::bert::model::ScoreModel;
use crate::train::TrainError;
use crate::train::driver::{Saving, Stop, TrainOutput, drive};
use crate::train::parameters::values;
use crate::train::progress::{Beginning, Ending, Evaluation, Kept, Progress, Spent, StepFigures};
use crate::train::rescoring::Rescoring;
use crate::train::strategy::TrainingStrategy;
use crate::train::tests::{STEPS, base, data, dynamic, plan, train};

/// Counts steps, and remembers why a state is not where it should be.
struct Counted<'a> {
    steps: &'a AtomicUsize,
    refused: Vec<String>,
}

impl Progress for Counted<'_> {
    fn begin(&mut self, _beginning: &Beginning) {}
    fn step(&mut self, figures: &StepFigures) {
        self.steps.store(figures.step, Ordering::Relaxed);
    }
    fn evaluated(&mut self, _step: usize, _evaluation: &Evaluation, _best: bool) {}
    fn saved(&mut self, kept: &Result<Kept, TrainError>) {
        match kept {
            Ok(kept) => self
                .refused
                .extend(kept.refused.iter().map(ToString::to_string)),
            Err(error) => self.refused.push(error.to_string()),
        }
    }
    fn spent(&self) -> Spent {
        Spent::default()
    }
}

/// Is overdue once, from the work after `step` steps on. The program does not end then, but what it
/// would leave is put aside.
struct Overdue<'a> {
    step: usize,
    steps: &'a AtomicUsize,
    aside: PathBuf,
    /// The step of the state that was left, once that has happened; 0 where there was none.
    left: Mutex<Option<usize>>,
}

impl Stop for Overdue<'_> {
    fn asked(&self) -> bool {
        false
    }

    fn overdue(&self) -> bool {
        self.steps.load(Ordering::Relaxed) == self.step && self.left.lock().unwrap().is_none()
    }

    fn leave(&self, save: &mut dyn FnMut() -> Result<Option<Kept>, TrainError>) {
        let kept = save().unwrap();
        if let Some(kept) = &kept {
            fs::rename(&kept.folder, &self.aside).unwrap();
        }
        *self.left.lock().unwrap() = Some(kept.map_or(0, |kept| kept.step));
    }
}

/// A run that is left within the step or look after `step` steps, and gone on with, ends as a whole
/// one.
#[track_caller]
fn check_left(strategy: &TrainingStrategy, step: usize) {
    let plan = plan(strategy);
    let parent = tempfile::tempdir().unwrap();
    let whole = train(&plan, &parent.path().join("whole"), usize::MAX).unwrap();
    let data = data();
    let mut task = Rescoring::new(&plan, &data, false, 0, &Device::flex()).unwrap();
    let steps = AtomicUsize::new(0);
    let stop = Overdue {
        step,
        steps: &steps,
        aside: parent.path().join("aside"),
        left: Mutex::new(None),
    };
    let mut progress = Counted {
        steps: &steps,
        refused: Vec::new(),
    };
    let saving = Saving {
        folder: &parent.path().join("left"),
        substitute: None,
        resume: false,
        finish: false,
        asked: None,
    };
    drive(&mut task, base(), saving, &stop, &mut progress).unwrap();
    assert_eq!(*stop.left.lock().unwrap(), Some(step));

    let last = train(&plan, &stop.aside, usize::MAX).unwrap();
    assert_eq!(whole.losses[step..], last.losses);
    let all = |model: &ScoreModel| values(model, &|_| true);
    assert_eq!(all(&whole.output.model), all(&last.output.model));
    assert_eq!(whole.output.best, last.output.best);
    assert_eq!(whole.masks, last.masks);
}

#[test]
fn a_run_that_must_end_within_a_step_or_look_is_left_as_it_was_before() {
    for step in [0, 3, 7, STEPS] {
        check_left(&TrainingStrategy::Full, step);
    }
    check_left(&dynamic(), 14);
}

#[test]
fn a_state_that_cannot_be_written_goes_elsewhere_and_is_found_there() {
    let plan = plan(&TrainingStrategy::Lora);
    let parent = tempfile::tempdir().unwrap();
    let whole = train(&plan, &parent.path().join("whole"), usize::MAX).unwrap();
    let file = parent.path().join("a-file");
    fs::write(&file, "not a folder").unwrap();
    let (folder, substitute) = (file.join("run"), parent.path().join("substitute"));

    let data = data();
    let steps = AtomicUsize::new(0);
    let run = |stop: bool| {
        let mut task = Rescoring::new(&plan, &data, false, 0, &Device::flex()).unwrap();
        let mut progress = Counted {
            steps: &steps,
            refused: Vec::new(),
        };
        let saving = Saving {
            folder: &folder,
            substitute: Some(&substitute),
            resume: true,
            finish: false,
            asked: None,
        };
        let stop = AfterTwelve {
            steps: &steps,
            stops: stop,
        };
        let output = drive(&mut task, base(), saving, &stop, &mut progress).unwrap();
        (output, progress.refused)
    };

    let (first, _) = run(true);
    assert_eq!(first.ending, Ending::Interrupted(12));
    assert_eq!(first.kept.unwrap().folder, substitute);

    let (last, refused) = run(false);
    assert!(!refused.is_empty() && refused[0].contains("a-file/run"));
    let all = |model: &ScoreModel| values(model, &|_| true);
    assert_eq!(all(&whole.output.model), all(&last.model));

    // What is trained can be ended again: its state is saved at the end too.
    steps.store(0, Ordering::Relaxed);
    let (again, _) = run(false);
    assert_eq!(steps.load(Ordering::Relaxed), 0);
    assert_eq!(all(&last.model), all(&again.model));
    assert_eq!(last.best, again.best);
}

/// What a run that is interrupted after `stop` steps gives when it is then finished.
fn finished(stop: usize) -> TrainOutput<ScoreModel> {
    let plan = plan(&TrainingStrategy::Lora);
    let parent = tempfile::tempdir().unwrap();
    let folder = parent.path().join("run");
    let part = train(&plan, &folder, stop).unwrap();
    assert_eq!(part.output.ending, Ending::Interrupted(stop));

    let data = data();
    let mut task = Rescoring::new(&plan, &data, false, 0, &Device::flex()).unwrap();
    let steps = AtomicUsize::new(0);
    let mut progress = Counted {
        steps: &steps,
        refused: Vec::new(),
    };
    let saving = Saving {
        folder: &folder,
        substitute: None,
        resume: true,
        finish: true,
        asked: None,
    };
    let output = drive(
        &mut task,
        base(),
        saving,
        &AtomicBool::new(false),
        &mut progress,
    );
    assert_eq!(steps.load(Ordering::Relaxed), 0, "no step is taken");

    let output = output.unwrap();
    assert_eq!(output.steps, stop);
    assert_eq!(output.ending, Ending::Finished);
    output
}

#[test]
fn a_run_that_is_finished_early_gives_the_best_model_so_far() {
    let saved = |stop: usize| finished(stop).best.map(|best| best.step);
    // The look after step 7 is still due where the run was interrupted before it.
    assert_eq!([saved(3), saved(7), saved(9)], [None, Some(7), Some(7)]);

    let all = |stop: usize| values(&finished(stop).model, &|_| true);
    assert_eq!(all(7), all(9));
}

/// Interrupts after 12 steps.
struct AfterTwelve<'a> {
    steps: &'a AtomicUsize,
    stops: bool,
}

impl Stop for AfterTwelve<'_> {
    fn asked(&self) -> bool {
        self.stops && self.steps.load(Ordering::Relaxed) == 12
    }
}
