//! One training on n-best lists: from a plan to a checkpoint.
//!
//! What is read first is in [`inputs`](mod@crate::cli::commands::train::inputs), how
//! options become a plan in [`planning`](mod@crate::cli::commands::train::planning).

use std::path::Path;

use anyhow::Context;

use crate::bert::checkpoint::{Checkpoint, FORMAT_VERSION, ROBUST_FIELD};
use crate::cli::args::paths::{relative_path, whole_path};
use crate::cli::commands::train::ending::{Trained, train_to_end, unwritten};
use crate::cli::commands::train::inputs::TrainInputs;
use crate::cli::commands::train::looks::Looks;
use crate::cli::commands::train::options::{Options, StrategyName};
use crate::cli::commands::train::planning::plan;
use crate::cli::commands::train::reporter::{Criterion, Reporter};
use crate::cli::commands::train::step_counts::{shown_rate, usual_rate};
use crate::cli::commands::train::{Args, Output};
use crate::cli::terminal::Terminal;
use crate::nbest::read::Corpus;
use crate::phonetics::halves::LexiconHalf;
use crate::report::number::percent;
use crate::train::cost::{TrainingCost, parameter_counts};
use crate::train::export::{Export, write_checkpoint};
use crate::train::lists::TrainingList;
use crate::train::plan::TrainingPlan;
use crate::train::progress::Progress;
use crate::train::rescoring::{Rescoring, TrainingData};
use crate::train::run::Best;

/// Trains once, and writes the checkpoint into `output`, as one that is to be read from `home`;
/// gives what there is to say about it in a line. A model of a sweep has a `label`.
pub(super) fn train(
    args: &Args,
    options: &Options,
    inputs: &TrainInputs,
    output: &Output,
    (home, label): (&Path, Option<&str>),
    terminal: &Terminal,
) -> anyhow::Result<Trained<String>> {
    let loaded = inputs.load()?;
    let plan = plan(options, inputs, &loaded.model)?;
    let pad = loaded.tokenizer.special().pad;
    let device = inputs.device.resolve()?;
    let mut lesson = Rescoring::new(&plan, &inputs.data, inputs.whole_pooler, pad, &device)?;
    let mut reporter = Reporter::new(terminal, Criterion::WordErrors).labelled(label);
    let model = loaded.model;
    let trained = train_to_end(&mut lesson, model, output, args, &mut reporter, terminal)?;
    let (best, trained) = match trained {
        Trained::Interrupted(kept) => return Ok(Trained::Interrupted(kept)),
        Trained::Finished(trained) => trained,
    };
    let looks = Looks {
        before: trained.before,
        after: best.evaluation.criterion,
        first_pass: best.evaluation.reference,
    };
    if let Some(warning) = looks.nothing_learned(&rates(options, label)) {
        reporter.warn(&warning);
    }

    let masks = lesson.masks();
    let cost = TrainingCost::new(
        reporter.spent(),
        trained.steps,
        parameter_counts(&plan, &trained.model, &masks, inputs.whole_pooler),
        &inputs.device.described(),
        rayon::current_num_threads(),
    );

    let export = Export {
        plan: &plan,
        model: &trained.model,
        config: &loaded.config,
        tokenizer: &inputs.source.tokenizer(),
        base: &relative_path(home, &inputs.source.base)?,
        whole_base: &whole_path(&inputs.source.base),
        masks: &masks,
        whole_pooler: inputs.whole_pooler,
        cost: Some(&cost),
    };

    let checkpoint = checkpoint(options, &plan, &best, trained.before, &inputs.train);
    let said = summary(home, None, &checkpoint, &inputs.data);
    output
        .folder
        .replace(|folder| write_checkpoint(folder, &export, checkpoint))
        .with_context(|| unwritten(trained.kept.as_ref()))?;

    Ok(Trained::Finished(said))
}

/// Learning rates to try where nothing was learned: others than that of this run.
pub(super) fn rates(options: &Options, label: Option<&str>) -> String {
    if label.is_some_and(|label| label.starts_with("lr=")) {
        return "try other learning rates".to_owned();
    }

    let rate = options.lr.unwrap_or_else(|| usual_rate(options));
    let usual = match options.strategy {
        Some(StrategyName::Full) => [2e-5, 5e-5, 1e-4],
        _ => [1e-4, 3e-4, 1e-3],
    };
    let is_another = |other: &f64| (other / rate - 1.0).abs() > 0.01;
    let others = usual.into_iter().filter(is_another);
    let others: Vec<String> = others.map(shown_rate).collect();
    format!(
        "look for another learning rate than {} with --sweep lr={}",
        shown_rate(rate),
        others.join(",")
    )
}

/// The plan of a run, to be compared with that of a saved one.
pub(super) fn planned(
    options: &Options,
    inputs: &TrainInputs,
) -> anyhow::Result<serde_json::Value> {
    let loaded = inputs.load()?;
    Ok(serde_json::to_value(plan(options, inputs, &loaded.model)?)?)
}

fn checkpoint(
    options: &Options,
    plan: &TrainingPlan,
    best: &Best,
    before: Option<f64>,
    train: &Corpus,
) -> Checkpoint {
    let strategy = options.strategy.unwrap_or(StrategyName::Lora);
    let mut data = plan.data.clone();
    data.retain(|name, _| ["base", "train", "dev", "lexicon", "teacher"].contains(&name.as_str()));

    Checkpoint {
        format_version: FORMAT_VERSION,
        base: None,
        head: plan.head,
        weight: best.evaluation.weight.unwrap_or(1.0),
        first_pass_scale: plan.first_pass_scale,
        max_length: plan.max_length,
        normalization: serde_json::Value::String(train.facts.normalization.clone()),
        strategy: record_of_training(strategy, plan, best, before),
        seed: plan.seed,
        data,
    }
}

/// What was settled before training ([`SETTLED_FIELDS`](crate::bert::checkpoint::SETTLED_FIELDS)),
/// and what training found out.
fn record_of_training(
    strategy: StrategyName,
    plan: &TrainingPlan,
    best: &Best,
    before: Option<f64>,
) -> serde_json::Value {
    let mut facts = serde_json::json!({
        "name": strategy,
        "objective": plan.objective,
        "steps": plan.steps(),
        "best_step": best.step,
        "learning_rate": plan.optimizer_plan.learning_rate,
        "dev_wer": best.evaluation.criterion,
        "dev_wer_first_pass": best.evaluation.reference,
        "dev_wer_before": before,
    });
    if let Some(robust) = &plan.robust {
        facts[ROBUST_FIELD] = serde_json::json!({
            "settings": robust,
            "lexicon_slice": LexiconHalf::Training.name(),
        });
    }

    facts
}

/// What a checkpoint came to on the development lists, in a line; of a sweep, which value it was.
pub(super) fn summary(
    out: &Path,
    value: Option<&str>,
    checkpoint: &Checkpoint,
    data: &TrainingData,
) -> String {
    let words: usize = data.dev.iter().map(|list| list.reference_words).sum();
    let fewest = |list: &TrainingList| list.errors.iter().copied().fold(f64::INFINITY, f64::min);
    let oracle: f64 = data.dev.iter().map(fewest).sum();
    let looks = Looks::of(checkpoint);
    let before = looks.before.map_or_else(String::new, |rate| {
        format!("before training {}, ", percent(Some(rate)))
    });
    let step = checkpoint.strategy["best_step"].as_u64();

    format!(
        "wrote {}{}: dev WER {} (first pass {}, {before}oracle {}) after step {}, weight {}, \
         first-pass scale {:.4}",
        out.display(),
        value.map_or_else(String::new, |value| format!(" ({value})")),
        percent(Some(looks.after)),
        percent(looks.first_pass),
        percent(Some(oracle / words as f64)),
        step.unwrap_or_default(),
        checkpoint.weight,
        checkpoint.first_pass_scale,
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(strategy: Option<StrategyName>, lr: Option<f64>, expected: &str) {
        let options = Options {
            strategy,
            lr,
            ..Options::default()
        };
        assert_eq!(rates(&options, None), expected);
    }

    #[test]
    fn rates_are_advised_that_were_not_tried() {
        let begin = "look for another learning rate than";
        let full = Some(StrategyName::Full);
        check(
            None,
            None,
            &format!("{begin} 5e-4 with --sweep lr=1e-4,3e-4,1e-3"),
        );
        check(
            None,
            Some(1e-3),
            &format!("{begin} 1e-3 with --sweep lr=1e-4,3e-4"),
        );
        check(
            full,
            None,
            &format!("{begin} 5e-5 with --sweep lr=2e-5,1e-4"),
        );
        let swept = rates(&Options::default(), Some("lr=1e-3"));
        assert_eq!(swept, "try other learning rates");
    }
}
