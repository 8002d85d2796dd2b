//! Whole runs on a toy model: every strategy learns, and resumes bit by bit.

mod export;
mod interruption;
mod robust;
mod trace;

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};

use burn::tensor::Device;

use crate::bert::config::BertConfig;
use crate::bert::model::{HeadKind, ScoreModel};
use crate::bert::weights::initialize;
use crate::train::TrainError;
use crate::train::corpus::{Hiding, Pieces, Sentences};
use crate::train::driver::{Saving, TrainOutput, TrainTask, drive};
use crate::train::lists::TrainingList;
use crate::train::masked::{HiddenWords, MaskedModel, MaskedPlan};
use crate::train::optimizer::OptimizerSettings;
use crate::train::parameters::values;
use crate::train::plan::{ListObjective, Objective, OptimizerPlan, Phase, Scaling, TrainingPlan};
use crate::train::progress::{Beginning, Ending, Evaluation, Kept, Progress, Spent, StepFigures};
use crate::train::rescoring::{Rescoring, TrainingData};
use crate::train::schedule::Shape;
use crate::train::strategy::{
    AdapterSettings, DynamicRank, HighRankWarmUp, MixedRank, TrainingStrategy, WarmUpFrom,
};

const STEPS: usize = 30;

fn config() -> BertConfig {
    let text = r#"{"vocab_size": 24, "hidden_size": 16, "num_hidden_layers": 2,
        "num_attention_heads": 2, "intermediate_size": 32, "max_position_embeddings": 8,
        "hidden_dropout_prob": 0.1, "attention_probs_dropout_prob": 0.1,
        "initializer_range": 0.2}"#;
    BertConfig::parse(text, Path::new("config.json")).unwrap()
}

fn base() -> ScoreModel {
    let mut model = ScoreModel::zeros(&config(), HeadKind::ClsLinear, &Device::flex());
    initialize(&mut model, &config(), 5);
    model
}

/// Lists in which token 9 is always a word error, and token 8 never.
fn lists(count: u32) -> Vec<TrainingList> {
    (0..count)
        .map(|list| {
            let other = 10 + list % 13;
            TrainingList {
                id: format!("utterance-{list}"),
                texts: vec![
                    vec![2, other, 9, 3],
                    vec![2, other, 8, other, 3],
                    vec![2, 9, 9, 3],
                ],
                first_pass: vec![-1.0, -1.2, -1.4],
                errors: vec![1.0, 0.0, 2.0],
                reference_words: 2,
                targets: Some(vec![-6.0, -4.0, -9.0]),
            }
        })
        .collect()
}

fn data() -> TrainingData {
    TrainingData {
        train: lists(17),
        dev: lists(5),
        perturber: None,
    }
}

fn phases(strategy: &TrainingStrategy) -> Vec<Phase> {
    let adapters = AdapterSettings {
        rank: 2,
        alpha: 4.0,
        scaling: Scaling::Rank,
        dropout: 0.1,
        targets: vec!["all-linear".to_owned()],
    };
    let modules: Vec<String> = base().linears().into_iter().map(|(name, _)| name).collect();
    strategy.phases(&adapters, STEPS, &modules).unwrap()
}

fn plan(strategy: &TrainingStrategy) -> TrainingPlan {
    TrainingPlan {
        phases: phases(strategy),
        head: HeadKind::ClsLinear,
        max_length: 8,
        objective: Objective {
            list: ListObjective::Mwer,
            mwed: 0.1,
            distillation: 1e-3,
            correlation: 0.01,
        },
        robust: None,
        first_pass_scale: 1.0,
        lists_per_step: 4,
        lists_per_pass: 3,
        optimizer_plan: OptimizerPlan {
            optimizer: OptimizerSettings::DEFAULT,
            learning_rate: 2e-2,
            shape: Shape::Linear,
            head_ratio: 1.0,
            lora_plus_ratio: 2.0,
            warm_up_steps: 3,
            evaluate_every: 7,
            patience: 100,
            save_every: 11,
        },
        seed: 1,
        data: BTreeMap::new(),
    }
}

/// Sets the stop signal after a step, and remembers losses.
struct Watch<'a> {
    stop_after: usize,
    stop: &'a AtomicBool,
    losses: Vec<f64>,
    directions: Vec<usize>,
}

impl Progress for Watch<'_> {
    fn begin(&mut self, _beginning: &Beginning) {}
    fn step(&mut self, figures: &StepFigures) {
        self.losses.push(figures.loss);
        self.directions.extend(figures.directions);
        if figures.step == self.stop_after {
            self.stop.store(true, Ordering::Relaxed);
        }
    }
    fn evaluated(&mut self, _step: usize, _evaluation: &Evaluation, _best: bool) {}
    fn saved(&mut self, kept: &Result<Kept, TrainError>) {
        assert!(kept.as_ref().is_ok_and(|kept| kept.refused.is_none()));
    }
    fn spent(&self) -> Spent {
        Spent::default()
    }
}

struct Outcome {
    output: TrainOutput<ScoreModel>,
    losses: Vec<f64>,
    directions: Vec<usize>,
    masks: Vec<(String, Vec<bool>)>,
}

/// Trains from the base, or from what is in `folder`, up to `stop_after`.
fn train(plan: &TrainingPlan, folder: &Path, stop_after: usize) -> Result<Outcome, TrainError> {
    train_on(plan, &data(), folder, stop_after)
}

/// The same with other lists.
fn train_on(
    plan: &TrainingPlan,
    data: &TrainingData,
    folder: &Path,
    stop_after: usize,
) -> Result<Outcome, TrainError> {
    let mut task = Rescoring::new(plan, data, false, 0, &Device::flex())?;
    let stop = AtomicBool::new(false);
    let mut watch = Watch {
        stop_after,
        stop: &stop,
        losses: Vec::new(),
        directions: Vec::new(),
    };
    let saving = Saving {
        folder,
        substitute: None,
        resume: true,
        finish: false,
        asked: None,
    };
    let output = drive(&mut task, base(), saving, &stop, &mut watch)?;
    let Watch {
        losses, directions, ..
    } = watch;
    Ok(Outcome {
        output,
        losses,
        directions,
        masks: task.masks(),
    })
}

/// A run that is interrupted twice ends as one that is not.
#[track_caller]
fn check_resumes(strategy: &TrainingStrategy, stops: [usize; 2]) {
    let plan = plan(strategy);
    let parent = tempfile::tempdir().unwrap();
    let whole = train(&plan, &parent.path().join("whole"), usize::MAX).unwrap();

    let folder = parent.path().join("parts");
    let mut losses = Vec::new();
    for stop in stops {
        let part = train(&plan, &folder, stop).unwrap();
        assert_eq!(part.output.ending, Ending::Interrupted(stop));
        losses.extend(part.losses);
    }

    let last = train(&plan, &folder, usize::MAX).unwrap();
    losses.extend(last.losses);
    assert_eq!(whole.losses, losses);

    let all = |model: &ScoreModel| values(model, &|_| true);
    assert_eq!(all(&whole.output.model), all(&last.output.model));
    assert_eq!(whole.output.best, last.output.best);
    assert_eq!(whole.masks, last.masks);
}

fn dynamic() -> TrainingStrategy {
    TrainingStrategy::DynamicRank(DynamicRank::default())
}

fn warm_up(then: Option<DynamicRank>) -> TrainingStrategy {
    TrainingStrategy::HighRankWarmUp(HighRankWarmUp {
        rank: 6,
        share: 0.4,
        then,
        from: WarmUpFrom::HighRank,
    })
}

fn full_warm_up(then: Option<DynamicRank>) -> TrainingStrategy {
    TrainingStrategy::HighRankWarmUp(HighRankWarmUp {
        rank: 6,
        share: 0.4,
        then,
        from: WarmUpFrom::Full { rate_ratio: 0.2 },
    })
}

#[test]
fn full_fine_tuning_resumes() {
    check_resumes(&TrainingStrategy::Full, [4, 21]);
}

#[test]
fn lora_resumes() {
    check_resumes(&TrainingStrategy::Lora, [1, 14]);
}

#[test]
fn dynamic_allocation_resumes_before_and_after_the_final_choice() {
    check_resumes(&dynamic(), [2, 10]);
    check_resumes(&dynamic(), [20, 27]);
}

#[test]
fn warm_up_resumes_at_the_border_of_its_phases() {
    check_resumes(&warm_up(None), [5, 12]);
    check_resumes(&warm_up(Some(DynamicRank::default())), [12, 20]);
}

#[test]
fn warm_up_from_full_fine_tuning_resumes_in_both_phases() {
    check_resumes(&full_warm_up(None), [5, 20]);
    check_resumes(&full_warm_up(Some(DynamicRank::default())), [12, 20]);
}

#[test]
fn mixed_ranks_resume() {
    check_resumes(&TrainingStrategy::MixedRank(MixedRank::Drawn), [3, 13]);
    let listed = vec![("query".to_owned(), 3), ("output.dense".to_owned(), 1)];
    check_resumes(
        &TrainingStrategy::MixedRank(MixedRank::Listed(listed)),
        [3, 13],
    );
}

#[test]
fn every_strategy_learns_what_is_wrong() {
    let strategies = [
        TrainingStrategy::Full,
        TrainingStrategy::Lora,
        dynamic(),
        warm_up(None),
        warm_up(Some(DynamicRank::default())),
        full_warm_up(None),
        TrainingStrategy::MixedRank(MixedRank::Drawn),
    ];
    for strategy in strategies {
        let parent = tempfile::tempdir().unwrap();
        let outcome = train(&plan(&strategy), &parent.path().join("run"), usize::MAX).unwrap();
        let best = outcome.output.best.unwrap();
        assert!((best.evaluation.reference.unwrap() - 0.5).abs() < 1e-12);
        assert!(
            best.evaluation.criterion < 0.1,
            "{strategy:?}: {}",
            best.evaluation.criterion
        );
    }
}

#[test]
fn allocation_ends_with_exactly_the_target_rank_on_average() {
    let parent = tempfile::tempdir().unwrap();
    let outcome = train(&plan(&dynamic()), &parent.path().join("run"), usize::MAX).unwrap();
    let matrices = 12;
    assert_eq!(outcome.directions[0], 3 * matrices);
    assert_eq!(outcome.directions.last(), Some(&(2 * matrices)));

    let kept: usize = outcome
        .masks
        .iter()
        .map(|(_, mask)| mask.iter().filter(|kept| **kept).count())
        .sum();

    assert_eq!(kept, 2 * matrices);
}

#[test]
fn frozen_weights_stay_as_they_are() {
    let parent = tempfile::tempdir().unwrap();
    let outcome = train(
        &plan(&TrainingStrategy::Lora),
        &parent.path().join("run"),
        usize::MAX,
    )
    .unwrap();
    let frozen = |path: &str| !path.contains(".adapter.") && !path.starts_with("classifier.");

    assert_eq!(
        values(&base(), &frozen),
        values(&outcome.output.model, &frozen)
    );
}

#[test]
fn truncation_to_the_same_rank_changes_no_score() {
    // The first step of the second phase starts from what the first has learned.
    let strategy = TrainingStrategy::HighRankWarmUp(HighRankWarmUp {
        rank: 2,
        share: 0.5,
        then: None,
        from: WarmUpFrom::HighRank,
    });

    let mut plan = plan(&strategy);
    let data = data();
    let parent = tempfile::tempdir().unwrap();
    plan.optimizer_plan.evaluate_every = 100;

    let stop = AtomicBool::new(false);
    let mut watch = Watch {
        stop_after: STEPS / 2,
        stop: &stop,
        losses: Vec::new(),
        directions: Vec::new(),
    };
    let mut task = Rescoring::new(&plan, &data, false, 0, &Device::flex()).unwrap();
    let saving = Saving {
        folder: &parent.path().join("run"),
        substitute: None,
        resume: true,
        finish: false,
        asked: None,
    };
    let first = drive(&mut task, base(), saving, &stop, &mut watch)
        .unwrap()
        .model;
    let before = task.evaluate(&first, STEPS / 2).unwrap();
    let second = task.enter(first.clone(), STEPS / 2 + 1).unwrap();
    let after = task.evaluate(&second, STEPS / 2).unwrap();
    // New factors of the same product are rounded otherwise.
    let spread = |evaluation: &Evaluation| evaluation.spread.unwrap();
    assert!((spread(&before) - spread(&after)).abs() < 1e-6);
    let spread = before.spread;
    assert_eq!(before, Evaluation { spread, ..after });

    let path = |path: &str| path == "encoder.layers.0.query.adapter.a";
    assert_ne!(
        values(&first, &path),
        values(&second, &path),
        "the factors are others"
    );
}

#[test]
fn learning_hidden_words_resumes_and_gets_better() {
    let plan = MaskedPlan {
        steps: STEPS,
        sentences_per_step: 6,
        max_length: 8,
        hiding: Hiding {
            share: 0.15,
            whole_words: true,
        },
        optimizer_plan: OptimizerPlan {
            warm_up_steps: 2,
            ..plan(&TrainingStrategy::Full).optimizer_plan
        },
        seed: 1,
        data: BTreeMap::new(),
    };

    let text = |index: u32| vec![2, 8 + index % 3, 12 + index % 3, 16 + index % 3, 3];
    let sentences = Sentences {
        train: (0..20).map(text).collect(),
        held_out: (0..6).map(text).collect(),
    };
    let pieces = Pieces {
        mask: 4,
        ordinary: (5..24).collect(),
        continuing: vec![false; 24],
    };
    let device = Device::flex();
    let parent = tempfile::tempdir().unwrap();
    let run = |folder: &str, stop_after: usize| {
        let mut task = HiddenWords::new(&plan, &sentences, &pieces, 0, &device).unwrap();
        let stop = AtomicBool::new(false);
        let mut watch = Watch {
            stop_after,
            stop: &stop,
            losses: Vec::new(),
            directions: Vec::new(),
        };
        let saving = Saving {
            folder: &parent.path().join(folder),
            substitute: None,
            resume: true,
            finish: false,
            asked: None,
        };
        let model = MaskedModel::new(base(), &config(), 5, &device);
        drive(&mut task, model, saving, &stop, &mut watch).unwrap()
    };

    let whole = run("whole", usize::MAX);
    assert_eq!(run("parts", 13).ending, Ending::Interrupted(13));
    let last = run("parts", usize::MAX);
    assert_eq!(
        values(&whole.model, &|_| true),
        values(&last.model, &|_| true)
    );

    // Untrained, one of 24 pieces is as likely as another: 3.2.
    let best = whole.best.unwrap().evaluation.criterion;
    assert!(best < 2.0, "{best}");
}

#[test]
fn another_plan_does_not_go_on_with_a_saved_run() {
    let mut plan = plan(&TrainingStrategy::Lora);
    let parent = tempfile::tempdir().unwrap();
    let folder = parent.path().join("run");
    train(&plan, &folder, 2).unwrap();
    plan.seed = 2;

    let error = train(&plan, &folder, usize::MAX).err().unwrap();
    assert!(
        error.to_string().contains("`seed` was 1 and is now 2"),
        "{error}"
    );
}

#[test]
fn lists_that_teach_nothing_are_refused() {
    let plan = plan(&TrainingStrategy::Lora);
    let mut data = data();
    for list in &mut data.train {
        list.errors = vec![1.0; 3];
    }
    let refused = Rescoring::new(&plan, &data, false, 0, &Device::flex());
    assert!(matches!(refused.err(), Some(TrainError::Data(_))));
}
