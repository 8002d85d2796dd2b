//! Learning a language: the task of hidden words (arXiv 1810.04805).
//!
//! For pretraining from nothing and for adapting a model to a domain. There is no
//! next-sentence objective: sentences come one by one, as a rescorer reads them.

use std::collections::BTreeMap;
use std::path::Path;

use burn::module::{Module, Param};
use burn::nn::LayerNorm;
use burn::tensor::{Device, Int, Tensor, TensorData, activation};

use crate::bert::batch::{TokenBatch, padded_batches};
use crate::bert::config::BertConfig;
use crate::bert::encoder::norm;
use crate::bert::linear::AdaptedLinear;
use crate::bert::model::ScoreModel;
use crate::bert::tensors::{NamedTensor, TensorStore, write_tensors};
use crate::bert::weights::{Slot, model_tensors, numbers};
use crate::bert::{LoadError, initial};
use crate::files::WriteError;
use crate::stats::random::{Stream, named_seed};
use crate::train::TrainError;
use crate::train::bounds::{at_least_one, check};
use crate::train::corpus::{Hiding, Pieces, Puzzle, Sentences, hide};
use crate::train::driver::{StepOutput, TrainTask};
use crate::train::dropout::repeatable;
use crate::train::export::{Precision, write_half, write_shape};
use crate::train::lists::items_of_step;
use crate::train::optimizer::accumulate;
use crate::train::parameters::{Values, gradients, train_only};
use crate::train::plan::OptimizerPlan;
use crate::train::progress::Evaluation;
use crate::train::schedule::LearningRateSchedule;

/// A training run on plain text, fully decided.
#[derive(Debug, Clone, PartialEq, serde::Serialize, serde::Deserialize)]
#[serde(deny_unknown_fields)]
pub struct MaskedPlan {
    /// Optimizer steps.
    pub steps: usize,
    /// Sentences per step.
    pub sentences_per_step: usize,
    /// The most word pieces of a sentence.
    pub max_length: usize,
    /// How words are hidden.
    pub hiding: Hiding,
    /// The optimizer and the rhythm.
    pub optimizer_plan: OptimizerPlan,
    /// The seed of data order, hiding, dropout and new weights.
    pub seed: u64,
    /// Content hashes of what is read, by role.
    pub data: BTreeMap<String, String>,
}

/// A BERT body with a head that guesses word pieces.
///
/// The last map of the head is the word embeddings themselves.
#[derive(Module, Debug)]
pub struct MaskedModel {
    /// The body; its scoring head has no part in this.
    pub model: ScoreModel,
    /// `cls.predictions.transform.dense`.
    pub transform: AdaptedLinear,
    /// `cls.predictions.transform.LayerNorm`.
    pub norm: LayerNorm,
    /// `cls.predictions.bias`, `[vocabulary]`.
    pub bias: Param<Tensor<1>>,
}

/// The head's parameters by their names in files.
fn head_slots(model: &mut MaskedModel) -> Vec<(&'static str, Slot<'_>)> {
    let beta = model
        .norm
        .beta
        .as_mut()
        .expect("the normalizations of BERT have a bias");

    vec![
        (
            "cls.predictions.transform.dense.weight",
            Slot::Map(&mut model.transform.weight),
        ),
        (
            "cls.predictions.transform.dense.bias",
            Slot::Vector(&mut model.transform.bias),
        ),
        (
            "cls.predictions.transform.LayerNorm.weight",
            Slot::Vector(&mut model.norm.gamma),
        ),
        (
            "cls.predictions.transform.LayerNorm.bias",
            Slot::Vector(beta),
        ),
        ("cls.predictions.bias", Slot::Vector(&mut model.bias)),
    ]
}

impl MaskedModel {
    /// Puts a new head on `model`.
    pub fn new(model: ScoreModel, config: &BertConfig, seed: u64, device: &Device) -> MaskedModel {
        use burn::module::Initializer::Zeros;

        let hidden = config.hidden_size;
        let mut masked = MaskedModel {
            model,
            transform: AdaptedLinear::zeros(hidden, hidden, device),
            norm: norm(hidden, config, device),
            bias: Zeros.init([config.vocab_size], device),
        };
        let name = "cls.predictions.transform.dense.weight";
        let values = initial::normal(seed, name, hidden * hidden, config.initializer_range);
        Slot::Map(&mut masked.transform.weight).set(values);

        masked
    }

    /// Takes the head of a model that was pretrained before, if `folder` holds one; says whether
    /// it held all of it.
    pub fn read_head(&mut self, folder: &Path) -> Result<bool, LoadError> {
        let store = TensorStore::read_model(folder)?;
        let mut whole = true;
        for (name, mut slot) in head_slots(self) {
            if store.contains(name) {
                slot.set(store.get(name, &slot.shape())?);
            } else {
                whole = false;
            }
        }

        Ok(whole)
    }

    /// The summed negative log-likelihood of the answers, `[1]`.
    pub fn loss(&self, puzzles: &[&Puzzle], pad: u32, device: &Device) -> Tensor<1> {
        self.log_likelihoods(puzzles, pad, device).sum().neg()
    }

    /// The log-likelihood of every answer, puzzle by puzzle, `[answers, 1]`.
    pub fn log_likelihoods(&self, puzzles: &[&Puzzle], pad: u32, device: &Device) -> Tensor<2> {
        let rows: Vec<&[u32]> = puzzles.iter().map(|puzzle| puzzle.ids.as_slice()).collect();
        let batch = TokenBatch::new(&rows, pad, device);

        let mut places = Vec::new();
        let mut answers = Vec::new();
        for (row, puzzle) in puzzles.iter().enumerate() {
            for (column, answer) in &puzzle.answers {
                places.push(i64::try_from(row * batch.width + column).expect("small"));
                answers.push(i64::from(*answer));
            }
        }

        let hidden = self.model.encoder.forward(&batch);
        let [rows, width, size] = hidden.dims();
        let count = places.len();
        let places: Tensor<1, Int> = Tensor::from_data(TensorData::new(places, [count]), device);
        let answers: Tensor<2, Int> =
            Tensor::from_data(TensorData::new(answers, [count, 1]), device);
        let chosen = hidden.reshape([rows * width, size]).select(0, places);
        let guess = self
            .norm
            .forward(activation::gelu(self.transform.forward(chosen)));
        let words = self.model.encoder.embeddings.word.val();
        let logits = guess.matmul(words.transpose()) + self.bias.val().unsqueeze();

        activation::log_softmax(logits, 1).gather(1, answers)
    }

    /// Writes a base model: body, head for hidden words, configuration and tokenizer.
    pub fn write(
        &self,
        folder: &Path,
        config: &BertConfig,
        tokenizer: &Path,
        precision: Precision,
    ) -> Result<(), WriteError> {
        let mut tensors = model_tensors(&self.model);
        let names = self.model.names();
        tensors.retain(|tensor| tensor.name.starts_with(names.prefix));
        for (name, slot) in head_slots(&mut self.clone()) {
            let tensor = NamedTensor {
                name: name.to_owned(),
                shape: slot.shape(),
                values: slot.get(),
            };
            tensors.push(tensor);
        }

        let path = folder.join("model.safetensors");
        match precision {
            Precision::Single => write_tensors(&path, &tensors)?,
            Precision::Half => write_half(&path, &tensors)?,
        }

        write_shape(folder, config, tokenizer)
    }
}

/// The task of a [`MaskedPlan`].
pub struct HiddenWords<'a> {
    plan: &'a MaskedPlan,
    sentences: &'a Sentences,
    pieces: &'a Pieces,
    schedule: LearningRateSchedule,
    pad: u32,
    device: Device,
}

impl<'a> HiddenWords<'a> {
    /// Checks `plan`. `pad` fills batches.
    pub fn new(
        plan: &'a MaskedPlan,
        sentences: &'a Sentences,
        pieces: &'a Pieces,
        pad: u32,
        device: &Device,
    ) -> Result<HiddenWords<'a>, TrainError> {
        let share = plan.hiding.share;
        check(
            share > 0.0 && share < 1.0,
            ("mask_share", share),
            "it must be between 0 and 1",
        )?;
        at_least_one("sentences", plan.sentences_per_step)?;
        plan.optimizer_plan.check()?;
        let schedule = plan.optimizer_plan.schedule(plan.steps, Vec::new())?;
        Ok(HiddenWords {
            plan,
            sentences,
            pieces,
            schedule,
            pad,
            device: device.clone(),
        })
    }

    fn puzzle(&self, text: &[u32], purpose: &str, number: usize) -> Puzzle {
        let mut stream = Stream::new(named_seed(self.plan.seed, purpose), number as u64);
        hide(text, &self.plan.hiding, self.pieces, &mut stream)
    }

    /// Puzzles in batches of similar lengths.
    fn batches<'p>(&self, puzzles: &'p [Puzzle]) -> Vec<Vec<&'p Puzzle>> {
        let puzzles: Vec<&Puzzle> = puzzles
            .iter()
            .filter(|puzzle| !puzzle.answers.is_empty())
            .collect();
        let lengths: Vec<usize> = puzzles.iter().map(|puzzle| puzzle.ids.len()).collect();
        let budget = if self.device == Device::flex() {
            512
        } else {
            16_384
        };

        padded_batches(&lengths, budget)
            .into_iter()
            .map(|batch| batch.into_iter().map(|index| puzzles[index]).collect())
            .collect()
    }
}

fn answers(puzzles: &[Puzzle]) -> usize {
    puzzles.iter().map(|puzzle| puzzle.answers.len()).sum()
}

fn scalar(tensor: Tensor<1>) -> f64 {
    f64::from(numbers(tensor)[0])
}

impl TrainTask for HiddenWords<'_> {
    type Model = MaskedModel;

    fn plan(&self) -> serde_json::Value {
        serde_json::to_value(self.plan).expect("a plan is plain values")
    }

    fn steps(&self) -> usize {
        self.plan.steps
    }

    fn optimizer_plan(&self) -> &OptimizerPlan {
        &self.plan.optimizer_plan
    }

    fn rate(&self, step: usize) -> f64 {
        self.schedule.at(step)
    }

    fn ratio(&self, _path: &str) -> f64 {
        1.0
    }

    fn begins_phase(&self, step: usize) -> bool {
        step == 1
    }

    fn enter(&mut self, model: MaskedModel, _step: usize) -> Result<MaskedModel, TrainError> {
        Ok(train_only(model, &|path| self.changed(path, 1)))
    }

    fn gradient(&self, model: &MaskedModel, step: usize) -> Result<StepOutput, TrainError> {
        let size = self.plan.sentences_per_step;
        let items = items_of_step(self.plan.seed, step, size, self.sentences.train.len());
        let puzzles: Vec<Puzzle> = items
            .iter()
            .enumerate()
            .map(|(row, index)| {
                let number = (step - 1) * size + row;
                self.puzzle(&self.sentences.train[*index], "hidden words", number)
            })
            .collect();

        let total = answers(&puzzles).max(1) as f64;
        let mut gradient = StepOutput {
            loss: 0.0,
            gradients: Values::new(),
            tokens: 0,
            directions: None,
        };
        let seed = named_seed(self.plan.seed, "dropout");

        repeatable(&self.device, seed, step, || {
            for batch in self.batches(&puzzles) {
                let loss = model.loss(&batch, self.pad, &self.device) / total;
                gradient.tokens += batch.iter().map(|puzzle| puzzle.ids.len()).sum::<usize>();
                let found = gradients(model, &loss.backward());
                gradient.loss += scalar(loss);
                accumulate(&mut gradient.gradients, found);
            }
        });

        Ok(gradient)
    }

    fn settle(
        &mut self,
        model: MaskedModel,
        _step: usize,
        _gradients: &Values,
    ) -> Result<MaskedModel, TrainError> {
        Ok(model)
    }

    fn evaluate(&self, model: &MaskedModel, step: usize) -> Result<Evaluation, TrainError> {
        let model = model.valid();
        let puzzles: Vec<Puzzle> = self
            .sentences
            .held_out
            .iter()
            .enumerate()
            .map(|(number, text)| self.puzzle(text, "held-out hidden words", number))
            .collect();

        let loss: f64 = self
            .batches(&puzzles)
            .iter()
            .map(|batch| scalar(model.loss(batch, self.pad, &self.device)))
            .sum();

        if !loss.is_finite() {
            return Err(TrainError::HeldOut { value: loss, step });
        }

        Ok(Evaluation {
            criterion: loss / answers(&puzzles).max(1) as f64,
            reference: None,
            weight: None,
            spread: None,
            eligible: true,
            ranks: Vec::new(),
        })
    }

    fn changed(&self, path: &str, _step: usize) -> bool {
        // The heads that score lists have no part in guessing words.
        !path.starts_with("model.classifier.") && !path.starts_with("model.pooler.")
    }

    fn memory(&self) -> serde_json::Value {
        serde_json::Value::Null
    }

    fn restore(
        &mut self,
        model: MaskedModel,
        step: usize,
        _memory: serde_json::Value,
    ) -> Result<MaskedModel, TrainError> {
        self.enter(model, step)
    }
}
