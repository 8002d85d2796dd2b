//! How training goes: what is printed, and what is written down of its cost.

use std::time::Instant;

use crate::bert::architecture::{Place, place};
use crate::cli::peak_memory::peak;
use crate::cli::terminal::{Progress as Bar, Terminal};
use crate::rescore::chain;
use crate::train::TrainError;
use crate::train::progress::{Beginning, Evaluation, Kept, Progress, Spent, Spreads, StepFigures};

/// A spread of scores below which nothing was learned: training takes scores for log-probabilities,
/// so hypotheses that lie so near differ by a few percent in probability. Models that collapsed
/// had 0.0004 to 0.016, sound ones 6.
const ALIKE: f64 = 0.05;

/// Progress on standard error: a bar, and a line for every look at the development set.
pub(super) struct Reporter<'a> {
    terminal: &'a Terminal,
    /// Which model of a sweep is trained; absent outside of one.
    label: Option<String>,
    bar: Bar,
    criterion: Criterion,
    steps: usize,
    /// When the last step, or the last look at the development set, ended.
    since: Instant,
    /// What the steps since the last look took.
    seconds: f64,
    tokens: usize,
    loss: Vec<f64>,
    rate: f64,
    directions: Option<usize>,
    /// What the looks at the development set have found.
    spreads: Spreads,
    /// When this stretch of the run began.
    began: Instant,
    /// What former stretches cost, and steps of this one.
    spent: Spent,
}

/// What looks at the development set measure.
#[derive(Debug, Clone, Copy)]
pub(super) enum Criterion {
    WordErrors,
    HiddenWords,
}

impl<'a> Reporter<'a> {
    pub(super) fn new(terminal: &'a Terminal, criterion: Criterion) -> Reporter<'a> {
        Reporter {
            terminal,
            label: None,
            bar: terminal.progress("steps"),
            criterion,
            steps: 0,
            since: Instant::now(),
            seconds: 0.0,
            tokens: 0,
            loss: Vec::new(),
            rate: 0.0,
            directions: None,
            spreads: Spreads::default(),
            began: Instant::now(),
            spent: Spent::default(),
        }
    }

    /// The same of a model of a sweep.
    pub(super) fn labelled(self, label: Option<&str>) -> Reporter<'a> {
        Reporter {
            label: label.map(str::to_owned),
            ..self
        }
    }

    /// Training is over, or interrupted.
    pub(super) fn finish(&self) {
        self.bar.finish();

        if let Some(warning) = collapse(self.spreads) {
            self.warn(&warning);
        }
    }

    /// Warns of what training came to, naming the model of a sweep that it came from.
    pub(super) fn warn(&self, warning: &str) {
        match &self.label {
            Some(label) => self.terminal.warn(&format!("{label}: {warning}")),
            None => self.terminal.warn(warning),
        }
    }
}

/// A warning where the last look found scores that are all alike, which were not so before the
/// first step. Where nobody knows how they were then, there is none.
fn collapse(spreads: Spreads) -> Option<String> {
    // A model that has not moved yet may tell little, too, but for another reason.
    let before = spreads.before?;
    let spread = spreads.last?;

    (spread < ALIKE.min(before / 2.0)).then(|| {
        format!(
            "the model came to score all texts of a list alike (standard deviation {spread:.1e}): \
             it tells none from another. Most often the learning rate is too high; try half of \
             it, with several seeds"
        )
    })
}

/// Where the directions are, in a line: for each matrix its ranks from the first layer to the last.
fn rank_picture(ranks: &[(String, usize)]) -> Option<String> {
    let mut matrices: Vec<(&str, Vec<(usize, usize)>)> = Vec::new();
    for (module, rank) in ranks {
        let (layer, matrix) = match place(module) {
            Some(Place::Layer { layer, part, .. }) => (layer, part),
            Some(Place::Pooler | Place::Projection) | None => (0, module.as_str()),
        };
        match matrices.iter_mut().find(|(known, _)| *known == matrix) {
            Some((_, layers)) => layers.push((layer, *rank)),
            None => matrices.push((matrix, vec![(layer, *rank)])),
        }
    }

    let shown: Vec<String> = matrices
        .into_iter()
        .map(|(matrix, mut layers)| {
            layers.sort_unstable();
            let ranks: Vec<String> = layers.iter().map(|(_, rank)| rank.to_string()).collect();
            format!("{matrix} {}", ranks.join(" "))
        })
        .collect();

    (!shown.is_empty()).then(|| format!("  ranks by layer: {}", shown.join("; ")))
}

/// Begins to measure the peak anew, where the system allows it: what a former run of a sweep held
/// is not this one's.
fn forget_peak() {
    // Without it the peak is that of the whole process: too large, but no reason not to train.
    let _ = std::fs::write("/proc/self/clear_refs", "5");
}

impl Progress for Reporter<'_> {
    fn begin(&mut self, beginning: &Beginning) {
        let Beginning {
            steps,
            done,
            trainable,
            parameters,
            spent,
            spreads,
        } = *beginning;
        self.spent = spent;
        self.spreads = spreads;
        forget_peak();

        let share = 100.0 * trainable as f64 / parameters as f64;
        self.terminal.say(&format!(
            "training {trainable} of {parameters} numbers ({share:.2} %) for {steps} steps"
        ));
        if done > 0 {
            self.terminal.say(&format!("going on after step {done}"));
        }

        self.steps = steps;
        self.bar.begin("training", steps);
        self.bar.advance(done);
        self.since = Instant::now();
        self.began = self.since;
    }

    fn step(&mut self, figures: &StepFigures) {
        let seconds = self.since.elapsed().as_secs_f64();
        self.seconds += seconds;
        self.spent.step_seconds += seconds;
        self.since = Instant::now();
        self.tokens += figures.tokens;
        self.loss.push(figures.loss);
        self.rate = figures.learning_rate;
        self.directions = figures.directions;
        self.bar.advance(1);
    }

    fn begun(&mut self, before: &Evaluation) {
        self.spreads.before = before.spread;
        self.terminal.say(&format!(
            "before training: dev WER {:.2} % (first pass {:.2} %), weight {}",
            100.0 * before.criterion,
            100.0 * before.reference.unwrap_or(f64::NAN),
            before.weight.unwrap_or(f64::NAN),
        ));
        // The first step begins now.
        self.since = Instant::now();
    }

    fn evaluated(&mut self, step: usize, evaluation: &Evaluation, best: bool) {
        let seconds = self.seconds;
        let loss = self.loss.iter().sum::<f64>() / self.loss.len().max(1) as f64;
        self.spreads.last = evaluation.spread;

        let mut line = format!(
            "step {step}/{}: loss {loss:.4}, lr {:.2e}, {:.3} s/step, {:.0} tokens/s",
            self.steps,
            self.rate,
            seconds / self.loss.len().max(1) as f64,
            self.tokens as f64 / seconds.max(1e-9),
        );
        if let Some(directions) = self.directions {
            line.push_str(", ");
            line.push_str(&directions.to_string());
            line.push_str(" directions");
        }

        let measured = match (self.criterion, evaluation.reference) {
            (Criterion::WordErrors, reference) => format!(
                ", dev WER {:.2} % (first pass {:.2} %), weight {}",
                100.0 * evaluation.criterion,
                100.0 * reference.unwrap_or(f64::NAN),
                evaluation.weight.unwrap_or(f64::NAN),
            ),
            (Criterion::HiddenWords, _) => {
                format!(
                    ", held-out loss {:.4} (perplexity {:.1})",
                    evaluation.criterion,
                    evaluation.criterion.exp()
                )
            }
        };
        line.push_str(&measured);
        if best {
            line += ", best so far";
        }
        self.terminal.say(&line);
        if let Some(picture) = rank_picture(&evaluation.ranks) {
            self.terminal.say(&picture);
        }
        self.loss.clear();
        self.tokens = 0;
        self.seconds = 0.0;
        self.since = Instant::now();
    }

    fn saved(&mut self, kept: &Result<Kept, TrainError>) {
        let (told, refused) = match kept {
            Ok(Kept { refused: None, .. }) => (String::new(), None),
            Ok(Kept {
                folder,
                refused: Some(refused),
                ..
            }) => (format!(": it is in {}", folder.display()), Some(refused)),
            Err(error) => (
                ": what was done since the last save is lost if this run is killed".to_owned(),
                Some(error),
            ),
        };

        if let Some(refused) = refused {
            let why = chain(refused);
            self.terminal.warn(&format!(
                "the state could not be saved beside the checkpoint ({why}){told}"
            ));
        }

        self.since = Instant::now();
    }

    fn spent(&self) -> Spent {
        Spent {
            seconds: self.spent.seconds + self.began.elapsed().as_secs_f64(),
            step_seconds: self.spent.step_seconds,
            peak_memory_bytes: peak().max(self.spent.peak_memory_bytes),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ranks_are_shown_by_matrix_from_the_first_layer_to_the_last() {
        let ranks = [
            "10.attention.self.query",
            "2.attention.self.query",
            "2.output.dense",
        ]
        .iter()
        .zip(3..)
        .map(|(name, rank)| (format!("bert.encoder.layer.{name}"), rank));

        let picture = rank_picture(&ranks.collect::<Vec<_>>()).unwrap();
        assert_eq!(
            picture,
            "  ranks by layer: attention.self.query 4 3; output.dense 5"
        );
        assert_eq!(rank_picture(&[]), None);
    }

    #[test]
    fn scores_that_came_to_be_alike_are_told_where_it_is_known_how_they_were() {
        let spreads = |before, last| Spreads { before, last };
        assert!(collapse(spreads(Some(6.0), Some(0.01))).is_some());
        // Little was told before, too.
        assert_eq!(collapse(spreads(Some(0.012), Some(0.01))), None);
        assert_eq!(collapse(spreads(Some(6.0), Some(3.0))), None);
        assert_eq!(collapse(spreads(None, Some(0.01))), None);
        assert_eq!(collapse(Spreads::default()), None);
    }

    #[test]
    #[cfg(target_os = "linux")]
    fn the_memory_held_is_that_of_this_process() {
        let before = peak().unwrap();
        let held = vec![1u8; 256 << 20];
        let after = peak().unwrap();
        assert!(after >= 256 << 20 && after >= before, "{before} {after}");
        assert_eq!(
            held.iter().map(|byte| usize::from(*byte)).sum::<usize>(),
            held.len()
        );
    }
}
