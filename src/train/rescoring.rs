//! Learning to rescore: the task of n-best lists.
//!
//! From lists to loss and gradients, and the word error rate on the development
//! lists. Steps, saves and looks are the [`driver`](mod@crate::train::driver)'s
//! business, adapters that of [`ranks`](mod@crate::train::ranks).

use std::borrow::Cow;
use std::sync::OnceLock;

use burn::module::Module;
use burn::tensor::{Device, Tensor, TensorData};
use rayon::iter::{IntoParallelRefIterator, ParallelIterator};

use crate::bert::batch::{TokenBatch, even_batches, padded_batches};
use crate::bert::cpu::{Asking, EncoderTrainer};
use crate::bert::model::ScoreModel;
use crate::bert::weights::numbers;
use crate::rescore::tuning::{NEAR_ONE, WeighedList, tune_weight};
use crate::stats::random::{Stream, named_seed};
use crate::train::allocation::Allocator;
use crate::train::driver::{StepOutput, TrainTask};
use crate::train::dropout::repeatable;
use crate::train::lists::{TrainingList, items_of_step, spread, teaching};
use crate::train::listwise::{Item, losses};
use crate::train::objective::correlation::correlation;
use crate::train::optimizer::accumulate;
use crate::train::parameters::{Values, gradients, train_only};
use crate::train::plan::{AdapterPlan, OptimizerPlan, RankChange, Trained, TrainingPlan};
use crate::train::progress::Evaluation;
use crate::train::robust::{Perturber, Robust};
use crate::train::schedule::{LearningRateSchedule, drawn_rank};
use crate::train::{TrainError, pruning, ranks};

/// The lists that are learned from, and those that decide what is best.
#[derive(Debug, Clone)]
pub struct TrainingData {
    /// Lists to learn from.
    pub train: Vec<TrainingList>,
    /// Lists to choose by.
    pub dev: Vec<TrainingList>,
    /// Perturbs lists to learn from, where the plan asks for it.
    pub perturber: Option<Perturber>,
}

/// The task of a [`TrainingPlan`].
pub struct Rescoring<'a> {
    plan: &'a TrainingPlan,
    train: Vec<&'a TrainingList>,
    dev: &'a [TrainingList],
    perturber: Option<&'a Perturber>,
    schedule: LearningRateSchedule,
    /// Whether the pooler is trained whole, with the head.
    whole_pooler: bool,
    pad: u32,
    device: Device,
    allocator: Option<Allocator>,
    /// Runs the encoder on the processor, once the first pass of a phase asks for it: before that,
    /// the weights of a run that goes on are not in the model yet.
    trainer: OnceLock<EncoderTrainer>,
}

impl<'a> Rescoring<'a> {
    /// Checks `plan` and `data`. `pad` fills batches; `whole_pooler` says that the pooler
    /// is trained with the head.
    pub fn new(
        plan: &'a TrainingPlan,
        data: &'a TrainingData,
        whole_pooler: bool,
        pad: u32,
        device: &Device,
    ) -> Result<Rescoring<'a>, TrainError> {
        plan.check()?;
        let train = teaching(&data.train)?;

        if data.dev.iter().all(|list| list.reference_words == 0) {
            let reason = "the development lists have no reference words: there is no word error \
                rate to choose by";
            return Err(TrainError::Data(reason.to_owned()));
        }

        let taught = |list: &&TrainingList| list.targets.is_some();
        if plan.objective.distillation > 0.0 && !train.iter().all(taught) {
            let reason = "distillation needs the pseudo-log-likelihoods of all training lists";
            return Err(TrainError::Data(reason.to_owned()));
        }

        if plan.robust.is_some() != data.perturber.is_some() {
            let reason = "lists are perturbed if and only if the plan asks for it";
            return Err(TrainError::Data(reason.to_owned()));
        }

        Ok(Rescoring {
            plan,
            train,
            dev: &data.dev,
            perturber: data.perturber.as_ref(),
            schedule: plan.schedule()?,
            whole_pooler,
            pad,
            device: device.clone(),
            allocator: None,
            trainer: OnceLock::new(),
        })
    }

    /// The directions that are kept, by module, where ranks are allocated.
    pub fn masks(&self) -> Vec<(String, Vec<bool>)> {
        let masks = self.allocator.iter().flat_map(Allocator::masks);
        masks
            .map(|(name, mask)| (name.to_owned(), mask.to_vec()))
            .collect()
    }

    /// The number of directions kept, by module, where ranks are allocated.
    fn ranks(&self) -> Vec<(String, usize)> {
        let ranks = self.allocator.iter().flat_map(Allocator::ranks);
        ranks.map(|(name, rank)| (name.to_owned(), rank)).collect()
    }

    fn adapters_at(&self, step: usize) -> Option<&'a AdapterPlan> {
        match &self.plan.phases[self.plan.phase_at(step).0].trained {
            Trained::Everything => None,
            Trained::Adapters(plan) => Some(plan),
        }
    }

    /// Whether a parameter is trained at `step`.
    fn trained(&self, path: &str, step: usize) -> bool {
        let head = path.starts_with("classifier.")
            || (self.whole_pooler && path.starts_with("pooler.") && !path.contains(".adapter."));
        head || match self.adapters_at(step) {
            None => true,
            Some(_) => path.contains(".adapter."),
        }
    }

    fn build(&mut self, mut model: ScoreModel, step: usize) -> Result<ScoreModel, TrainError> {
        let (phase, _) = self.plan.phase_at(step);
        match self.adapters_at(step) {
            None => model.merge(),
            Some(plan) => {
                model = model.valid();
                ranks::attach(&mut model, plan, self.plan.seed, phase, &self.device)?;
            }
        }

        // What was packed is of the weights before.
        self.trainer = OnceLock::new();

        Ok(train_only(model, &|path| self.trained(path, step)))
    }

    /// What `step` learns from `list`: itself, or its perturbed version.
    fn item(&self, list: &'a TrainingList, step: usize) -> Result<Item<'a>, TrainError> {
        let version = match self.perturber {
            Some(perturber) => perturber.version(list, step)?,
            None => None,
        };
        let alike = |robust: Robust| robust.consistency > 0.0;

        Ok(match version {
            None => Item {
                list: Cow::Borrowed(list),
                clean: None,
            },
            Some(perturbed) => Item {
                list: Cow::Owned(perturbed),
                clean: self.plan.robust.is_some_and(alike).then_some(list),
            },
        })
    }

    /// The representations of `[CLS]` of texts in batches, batch after batch, tracked.
    fn cls(&self, model: &ScoreModel, texts: &[&[u32]], batches: &[Vec<usize>]) -> Tensor<2> {
        let outputs = batches.iter().map(|batch| {
            let rows: Vec<&[u32]> = batch.iter().map(|index| texts[*index]).collect();
            model.cls(&TokenBatch::new(&rows, self.pad, &self.device))
        });
        Tensor::cat(outputs.collect(), 0)
    }

    /// Numbers of `rows` rows whose slopes are asked for.
    fn leaf(&self, numbers: Vec<f32>, rows: usize) -> Tensor<2> {
        let width = numbers.len() / rows;
        let data = TensorData::new(numbers, [rows, width]);
        Tensor::from_data(data, &self.device.clone().autodiff()).require_grad()
    }

    /// Forward and backward through some lists.
    fn pass(
        &self,
        model: &ScoreModel,
        items: &[Item<'_>],
        step: usize,
        pass: usize,
    ) -> Result<StepOutput, TrainError> {
        let texts: Vec<&[u32]> = items.iter().flat_map(Item::texts).collect();
        let lengths: Vec<usize> = texts.iter().map(|text| text.len()).collect();
        let seed = named_seed(self.plan.seed, &format!("dropout of pass {pass}"));
        let on_processor = self.device == Device::flex();
        let own = on_processor.then(|| {
            let packed = || EncoderTrainer::new(&model.encoder);
            let seed = Stream::new(seed, step as u64).next_bits();
            let trainer = self.trainer.get_or_init(packed);
            trainer.forward(&model.encoder, &texts, Asking::First, seed)
        });
        let batches = match own {
            Some(_) => vec![(0..texts.len()).collect()],
            None => padded_batches(&lengths, token_budget(&self.device)),
        };
        let order: Vec<usize> = batches.iter().flatten().copied().collect();
        let forward = || {
            let cls = match &own {
                Some(own) => self.leaf(own.result(), texts.len()),
                None => self.cls(model, &texts, &batches),
            };
            (cls.clone(), model.score_cls(cls))
        };

        let (cls, scores) = repeatable(&self.device, seed, step, forward);
        let computed = numbers(scores.clone());
        let mut second_pass = vec![0.0; texts.len()];
        for (place, index) in order.iter().enumerate() {
            second_pass[*index] = f64::from(computed[place]);
        }

        let (mut loss, slopes) = losses(self.plan, items, &second_pass, step)?;
        let slopes: Vec<f32> = order.iter().map(|index| narrow(slopes[*index])).collect();
        let slopes = Tensor::from_data(TensorData::new(slopes, [texts.len()]), &self.device);
        let mut surrogate = (scores * slopes).sum();
        let lambda = self.plan.objective.correlation;

        if lambda > 0.0 {
            let [rows, width] = cls.dims();
            let values: Vec<f64> = numbers(cls.clone()).into_iter().map(f64::from).collect();
            let share = lambda * items.len() as f64 / self.plan.lists_per_step as f64;
            let regularizer = correlation(&values, width);
            loss += share * regularizer.loss;
            let slopes: Vec<f32> = regularizer
                .gradient
                .iter()
                .map(|gradient| narrow(share * gradient))
                .collect();
            let slopes = Tensor::from_data(TensorData::new(slopes, [rows, width]), &self.device);
            surrogate = surrogate + (cls.clone() * slopes).sum();
        }

        let slopes = surrogate.backward();
        let mut found = gradients(model, &slopes);
        if let (Some(own), Some(of_cls)) = (own, cls.grad(&slopes)) {
            let of_encoder = own.backward(&numbers(of_cls)).into_iter();
            found.extend(of_encoder.map(|(path, slopes)| (format!("encoder.{path}"), slopes)));
        }

        let tokens = lengths.iter().sum();
        Ok(StepOutput {
            loss,
            gradients: found,
            tokens,
            directions: None,
        })
    }
}

impl TrainTask for Rescoring<'_> {
    type Model = ScoreModel;

    fn plan(&self) -> serde_json::Value {
        serde_json::to_value(self.plan).expect("a plan is plain values")
    }

    fn steps(&self) -> usize {
        self.plan.steps()
    }

    fn optimizer_plan(&self) -> &OptimizerPlan {
        &self.plan.optimizer_plan
    }

    fn rate(&self, step: usize) -> f64 {
        let (phase, _) = self.plan.phase_at(step);
        self.schedule.at(step) * self.plan.phases[phase].rate_ratio
    }

    fn ratio(&self, path: &str) -> f64 {
        if path.ends_with(".adapter.b") {
            self.plan.optimizer_plan.lora_plus_ratio
        } else if path.starts_with("classifier.") || path.starts_with("pooler.") {
            self.plan.optimizer_plan.head_ratio
        } else {
            1.0
        }
    }

    fn begins_phase(&self, step: usize) -> bool {
        self.plan.phase_at(step).1 == 1
    }

    fn enter(&mut self, model: ScoreModel, step: usize) -> Result<ScoreModel, TrainError> {
        let model = self.build(model, step)?;
        let (phase, _) = self.plan.phase_at(step);
        self.allocator = pruning::allocator(&self.plan.phases[phase], &model)?;
        Ok(model)
    }

    fn gradient(&self, model: &ScoreModel, step: usize) -> Result<StepOutput, TrainError> {
        let plan = self.plan;
        let adapters = self.adapters_at(step);
        let cut = match adapters {
            Some(
                adapters @ AdapterPlan {
                    change: RankChange::Drawn,
                    ..
                },
            ) => {
                let rank = drawn_rank(plan.seed, step, adapters.largest_rank());
                let cut = ranks::cut(&model.valid(), adapters, rank, &self.device);
                Some((rank, train_only(cut, &|path| self.trained(path, step))))
            }
            Some(_) | None => None,
        };

        let active = cut.as_ref().map_or(model, |(_, cut)| cut);
        let items = items_of_step(plan.seed, step, plan.lists_per_step, self.train.len());
        let items: Vec<Item<'_>> = items
            .iter()
            .map(|index| self.item(self.train[*index], step))
            .collect::<Result<_, _>>()?;

        let mut sum = StepOutput {
            loss: 0.0,
            gradients: Values::new(),
            tokens: 0,
            directions: None,
        };
        for (pass, items) in items.chunks(plan.lists_per_pass).enumerate() {
            let found = self.pass(active, items, step, pass)?;
            sum.loss += found.loss;
            sum.tokens += found.tokens;
            accumulate(&mut sum.gradients, found.gradients);
        }

        if let Some((rank, _)) = cut {
            ranks::pad_gradients(&mut sum.gradients, model);
            sum.directions = Some(rank * adapters.map_or(0, |plan| plan.ranks.len()));
        }

        if let Some(AdapterPlan {
            change: RankChange::Allocated(allocated),
            ..
        }) = adapters
        {
            sum.loss += pruning::orthogonality(model, allocated.orthogonality, &mut sum.gradients);
        }

        if let Some(allocator) = &self.allocator {
            sum.directions = Some(allocator.ranks().values().sum());
        }

        Ok(sum)
    }

    fn settle(
        &mut self,
        mut model: ScoreModel,
        step: usize,
        gradients: &Values,
    ) -> Result<ScoreModel, TrainError> {
        if let Some(allocator) = &mut self.allocator {
            let (_, phase_step) = self.plan.phase_at(step);
            pruning::allocate(allocator, &mut model, phase_step, gradients)?;
        }
        Ok(model)
    }

    fn evaluate(&self, model: &ScoreModel, step: usize) -> Result<Evaluation, TrainError> {
        let mut merged = model.valid();
        if let Some(allocator) = &self.allocator {
            // Between two choices pruned directions revive; what is judged is what would be kept.
            ranks::mask(&mut merged, allocator.masks());
        }

        merged.merge();
        let texts: Vec<&[u32]> = self
            .dev
            .iter()
            .flat_map(|list| list.texts.iter().map(Vec::as_slice))
            .collect();
        let scores = score_texts(&merged, &texts, self.pad, &self.device);
        let mut start = 0;
        let lists: Vec<WeighedList<'_>> = self
            .dev
            .iter()
            .map(|list| {
                let end = start + list.texts.len();
                let second_pass = &scores[start..end];
                start = end;
                WeighedList {
                    first_pass: &list.first_pass,
                    second_pass,
                    errors: &list.errors,
                }
            })
            .collect();

        for (list, weighed) in self.dev.iter().zip(&lists) {
            list.ensure_finite(weighed.second_pass, step)?;
        }

        let words: usize = self.dev.iter().map(|list| list.reference_words).sum();
        let (weight, errors) = tune_weight(&lists, self.plan.first_pass_scale, NEAR_ONE);
        let first: f64 = self.dev.iter().map(|list| list.errors[0]).sum();
        let (phase, phase_step) = self.plan.phase_at(step);
        let settled = self
            .allocator
            .as_ref()
            .is_none_or(|allocator| allocator.state().settled || !allocator.measures(phase_step));

        Ok(Evaluation {
            criterion: errors / words as f64,
            reference: Some(first / words as f64),
            weight: Some(weight),
            spread: Some(spread(lists.iter().map(|list| list.second_pass))),
            eligible: phase + 1 == self.plan.phases.len() && settled,
            ranks: self.ranks(),
        })
    }

    fn looks_before(&self) -> bool {
        true
    }

    fn changed(&self, path: &str, step: usize) -> bool {
        let (last, _) = self.plan.phase_at(step);
        let everything = self.plan.phases[..=last]
            .iter()
            .any(|phase| matches!(phase.trained, Trained::Everything));
        everything || self.trained(path, step)
    }

    fn memory(&self) -> serde_json::Value {
        let state = self.allocator.as_ref().map(Allocator::state);
        serde_json::to_value(state).expect("averages and masks are plain values")
    }

    fn restore(
        &mut self,
        mut model: ScoreModel,
        step: usize,
        memory: serde_json::Value,
    ) -> Result<ScoreModel, TrainError> {
        let (phase, _) = self.plan.phase_at(step.max(1));
        // The shape of the adapters is all that matters: every number in them is replaced.
        model = self.build(model, step.max(1))?;
        self.allocator = pruning::restore(&self.plan.phases[phase], memory)?;
        Ok(model)
    }
}

/// Scores of texts by a model that is not tracked, in order.
pub fn score_texts(model: &ScoreModel, texts: &[&[u32]], pad: u32, device: &Device) -> Vec<f64> {
    let lengths: Vec<usize> = texts.iter().map(|text| text.len()).collect();
    let batches = even_batches(&lengths, token_budget(device));
    let score = |batch: &Vec<usize>| -> Vec<f32> {
        let rows: Vec<&[u32]> = batch.iter().map(|index| texts[*index]).collect();
        numbers(model.forward(&TokenBatch::new(&rows, pad, device)))
    };
    let found: Vec<Vec<f32>> = if *device == Device::flex() {
        batches.par_iter().map(score).collect()
    } else {
        batches.iter().map(score).collect()
    };

    let mut scores = vec![0.0; texts.len()];
    for (batch, found) in batches.iter().zip(found) {
        for (index, score) in batch.iter().zip(found) {
            scores[*index] = f64::from(score);
        }
    }

    scores
}

/// Tokens in a batch: large ones keep a GPU busy, small ones waste less padding.
fn token_budget(device: &Device) -> usize {
    if *device == Device::flex() {
        512
    } else {
        16_384
    }
}

#[expect(clippy::cast_possible_truncation, reason = "tensors are f32")]
fn narrow(number: f64) -> f32 {
    number as f32
}
