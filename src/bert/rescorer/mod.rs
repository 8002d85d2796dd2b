//! Scores of texts by a BERT model.
//!
//! # Equal scores, whatever the batch
//!
//! A text's score must not depend on the texts it is scored with, nor on the number of threads. On
//! the processor, [`cpu`](mod@crate::bert::cpu) sees to that. On other devices a batch holds
//! texts of one length: no padding, so no sum ever has another number of terms.
//! Products of matrices are computed row by row in the same order of terms, whatever the
//! number of rows, but for single rows, which have a kernel of their own: a text
//! alone in its batch is doubled.

pub(crate) mod deferred;

use std::fmt;
use std::path::Path;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, OnceLock};

use burn::tensor::Device;
use rayon::prelude::*;

use crate::bert::batch::{
    TextTokenizer, TokenBatch, TokenizedText, consecutive_batches, even_batches,
};
use crate::bert::checkpoint::{BaseSearch, Source};
use crate::bert::config::BertConfig;
use crate::bert::cpu::{PackedModel, Precision};
use crate::bert::error::LoadError;
use crate::bert::loading::{AdapterUse, HeadUse, LateModel, LoadedModel, load, load_late};
use crate::bert::model::ScoreModel;
use crate::bert::onnx::{LoadedOnnx, OnnxModel};
use crate::bert::stored_rows::StoredRows;
use crate::bert::weights::numbers;
use crate::rescore::locked::locked;
use crate::rescore::text_scorer::{Scored, TextScorer, collected, one_by_one};
use crate::rescore::{Interpolation, RescoreError, TokenCounts};

/// What to load and how to run it.
#[derive(Debug, Clone, Copy)]
pub struct LoadOptions<'a> {
    /// A checkpoint, a Hugging Face model or a PEFT adapter.
    pub path: &'a Path,
    /// Where else to look for an adapter's base model.
    pub search: BaseSearch<'a>,
    /// Where to run.
    pub device: &'a Device,
    /// The most tokens in a batch; at least one text is in it. Changes speed
    /// and memory, not scores.
    pub token_budget: usize,
    /// How many threads score, at least 1; on the processor only.
    pub threads: usize,
    /// How products are computed; on the processor only.
    pub precision: Precision,
    /// The most tokens of a text; absent: what the model says.
    pub max_length: Option<usize>,
    /// The interpolation weight; absent: what the model says, or else 1.
    pub weight: Option<f64>,
    /// The scale of first-pass scores; absent: what the model says, or else 1.
    pub first_pass_scale: Option<f64>,
}

impl LoadOptions<'_> {
    /// How scores combine with the first pass's, of the model that `source` found.
    pub(crate) fn interpolation(&self, source: &Source) -> Interpolation {
        let scale = self.first_pass_scale.or(source.first_pass_scale);
        Interpolation {
            first_pass_scale: scale.unwrap_or(1.0),
            weight: self.weight.or(source.weight).unwrap_or(1.0),
        }
    }
}

/// A good number of tokens for a batch on the processor: what lies between two products stays in
/// its cache.
pub const CPU_TOKEN_BUDGET: usize = 256;

/// A good number of tokens for a batch on a GPU.
pub(crate) const GPU_TOKEN_BUDGET: usize = 16_384;

/// A BERT model that scores texts.
pub struct BertRescorer {
    engine: Engine,
    tokenizer: TextTokenizer,
    notices: Vec<String>,
    token_budget: usize,
    threads: usize,
    interpolation: Interpolation,
    name: String,
    truncated: AtomicUsize,
    tokens: Mutex<TokenCounts>,
    progress: Box<dyn Fn(usize) + Send + Sync>,
    cancel: Arc<AtomicBool>,
}

/// What computes scores.
enum Engine {
    /// On the processor.
    Packed {
        model: Box<PackedModel>,
        /// The same in full precision, where `model` rounds.
        exact: Option<Box<PackedModel>>,
    },
    /// On another device.
    Tensors {
        model: Box<ScoreModel>,
        device: Device,
        /// See [`least_rows`].
        least_rows: usize,
    },
    /// Exported by others, on the processor.
    Onnx(Box<OnnxModel>),
}

/// Which scores.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Wanted {
    /// Those of the precision that was asked for.
    Usual,
    /// Those of full precision.
    Exact,
}

impl fmt::Debug for BertRescorer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("BertRescorer")
            .field("name", &self.name)
            .finish_non_exhaustive()
    }
}

impl From<LoadError> for RescoreError {
    fn from(error: LoadError) -> RescoreError {
        RescoreError::Model(Box::new(error))
    }
}

impl BertRescorer {
    /// Loads a model, with its adapter merged.
    pub fn load(options: &LoadOptions<'_>) -> Result<BertRescorer, LoadError> {
        let source = Source::open(options.path, options.search)?;
        let interpolation = options.interpolation(&source);
        let name = name_of(options.path);
        let (device, length) = (options.device, options.max_length);

        let mut rescorer = if *device == Device::flex() {
            let LateModel {
                loaded,
                reads,
                words,
            } = load_late(&source, length)?;
            let precision = options.precision;
            let rescorer = BertRescorer::packed(loaded, words, precision, interpolation, name);
            reads.outcome()?;
            rescorer
        } else {
            let (adapters, head) = (AdapterUse::Merge, HeadUse::Stored);
            let loaded = load(&source, device, adapters, head, length)?;
            BertRescorer::on_device(loaded, device, interpolation, name)
        };
        rescorer.token_budget = options.token_budget;
        rescorer.threads = options.threads.max(1);

        Ok(rescorer)
    }

    /// A rescorer on the processor, on one thread; `words` are those of the model where they are
    /// not in memory. Weights are given up as they are packed, if nobody else holds them.
    pub(crate) fn packed(
        loaded: LoadedModel,
        words: Option<StoredRows>,
        precision: Precision,
        interpolation: Interpolation,
        name: String,
    ) -> BertRescorer {
        let LoadedModel {
            model,
            config,
            tokenizer,
            notices,
        } = loaded;

        let words = words.map(Arc::new);
        let pack = |model, precision| {
            let words = words.clone();
            Box::new(PackedModel::with_words(model, words, &config, precision))
        };
        let engine = match precision {
            Precision::Single => Engine::Packed {
                model: pack(model, precision),
                exact: None,
            },
            Precision::Int8 => Engine::Packed {
                model: pack(model.clone(), precision),
                exact: Some(pack(model, Precision::Single)),
            },
        };

        let rescorer = BertRescorer::of(engine, tokenizer, interpolation, name);
        BertRescorer {
            notices,
            ..rescorer
        }
    }

    /// A rescorer on another device than the processor.
    fn on_device(
        loaded: LoadedModel,
        device: &Device,
        interpolation: Interpolation,
        name: String,
    ) -> BertRescorer {
        let engine = Engine::Tensors {
            model: Box::new(loaded.model),
            device: device.clone(),
            least_rows: least_rows(&loaded.config),
        };
        let rescorer = BertRescorer::of(engine, loaded.tokenizer, interpolation, name);
        BertRescorer {
            notices: loaded.notices,
            ..rescorer
        }
    }

    /// Loads a model that was exported to ONNX, for `threads` threads.
    pub fn load_onnx(
        folder: &Path,
        max_length: Option<usize>,
        interpolation: Interpolation,
        threads: usize,
    ) -> Result<BertRescorer, LoadError> {
        let loaded = LoadedOnnx::read(folder, max_length)?;
        let (engine, name) = (Engine::Onnx(Box::new(loaded.model)), name_of(folder));
        Ok(BertRescorer {
            threads: threads.max(1),
            notices: loaded.notices,
            ..BertRescorer::of(engine, loaded.tokenizer, interpolation, name)
        })
    }

    fn of(
        engine: Engine,
        tokenizer: TextTokenizer,
        interpolation: Interpolation,
        name: String,
    ) -> BertRescorer {
        BertRescorer {
            engine,
            tokenizer,
            notices: Vec::new(),
            token_budget: CPU_TOKEN_BUDGET,
            threads: 1,
            interpolation,
            name,
            truncated: AtomicUsize::new(0),
            tokens: Mutex::new(TokenCounts::default()),
            progress: Box::new(|_| {}),
            cancel: Arc::new(AtomicBool::new(false)),
        }
    }

    /// Calls `progress` after every batch with the number of texts in it, from any thread.
    #[must_use]
    pub fn with_progress(mut self, progress: Box<dyn Fn(usize) + Send + Sync>) -> BertRescorer {
        self.progress = progress;
        self
    }

    /// Stops with [`RescoreError::Interrupted`] before the next batch once `cancel` is set.
    #[must_use]
    pub fn with_cancel(mut self, cancel: Arc<AtomicBool>) -> BertRescorer {
        self.cancel = cancel;
        self
    }

    /// What whoever uses the model should know.
    pub fn notices(&self) -> &[String] {
        &self.notices
    }

    /// The tokenizer.
    pub(crate) fn tokenizer(&self) -> &TextTokenizer {
        &self.tokenizer
    }

    /// Whether scores are those of a lower precision than a single one.
    fn rounds(&self) -> bool {
        matches!(self.engine, Engine::Packed { exact: Some(_), .. })
    }

    fn tokenize(&self, texts: &[&str]) -> Result<Vec<TokenizedText>, LoadError> {
        texts
            .par_iter()
            .map(|text| self.tokenizer.tokenize(text))
            .collect()
    }

    /// The batches of texts of these lengths.
    fn batches(&self, lengths: &[usize]) -> Vec<Vec<usize>> {
        match self.engine {
            Engine::Packed { .. } | Engine::Onnx(_) => {
                // Every thread has something to do, however few texts there are.
                let share = lengths.iter().sum::<usize>().div_ceil(self.threads);
                consecutive_batches(lengths, self.token_budget.min(share))
            }
            Engine::Tensors { .. } => even_batches(lengths, self.token_budget),
        }
    }

    /// The scores of the texts of a batch.
    fn score_batch(&self, texts: &[&[u32]], wanted: Wanted) -> Result<Vec<f32>, LoadError> {
        match &self.engine {
            Engine::Packed { model, exact } => match (wanted, exact) {
                (Wanted::Exact, Some(exact)) => exact.score(texts),
                (Wanted::Usual, _) | (Wanted::Exact, None) => model.score(texts),
            },
            Engine::Tensors {
                model,
                device,
                least_rows,
            } => {
                let mut rows = texts.to_vec();
                while rows.len() < *least_rows {
                    rows.push(texts[0]);
                }

                let batch = TokenBatch::new(&rows, self.tokenizer.special().pad, device);
                let mut scores = numbers(model.forward(&batch));
                scores.truncate(texts.len());
                Ok(scores)
            }
            Engine::Onnx(model) => texts.iter().map(|text| model.score(text)).collect(),
        }
    }

    /// Scores tokenized texts; `keep` gets the number of each with its score, batch by batch, from
    /// any thread.
    fn score_tokens(
        &self,
        texts: &[TokenizedText],
        wanted: Wanted,
        keep: &(dyn Fn(usize, f64) + Sync),
    ) -> Result<(), RescoreError> {
        let lengths: Vec<usize> = texts.iter().map(|text| text.ids.len()).collect();
        let batches = self.batches(&lengths);
        let next = AtomicUsize::new(0);
        let scored = AtomicUsize::new(0);
        let failed = OnceLock::new();
        let work = || {
            while !self.cancel.load(Ordering::Relaxed) && failed.get().is_none() {
                let Some(batch) = batches.get(next.fetch_add(1, Ordering::Relaxed)) else {
                    break;
                };
                let ids: Vec<&[u32]> = batch
                    .iter()
                    .map(|index| texts[*index].ids.as_slice())
                    .collect();
                let found = match self.score_batch(&ids, wanted) {
                    Ok(found) => found,
                    Err(error) => {
                        // One error is told; others would be of the same file.
                        let _ = failed.set(error);
                        break;
                    }
                };
                for (index, score) in batch.iter().zip(found) {
                    keep(*index, f64::from(score));
                }
                scored.fetch_add(batch.len(), Ordering::Relaxed);
                if wanted == Wanted::Usual {
                    (self.progress)(batch.len());
                }
            }
        };

        // A batch per thread is faster than threads within a batch; a GPU has threads of its own.
        let threads = match self.engine {
            Engine::Packed { .. } | Engine::Onnx(_) => self.threads.min(batches.len()),
            Engine::Tensors { .. } => 1,
        };

        std::thread::scope(|scope| {
            for _ in 1..threads {
                // Where the system gives no more threads, those that there are do it all.
                let _ = std::thread::Builder::new().spawn_scoped(scope, work);
            }
            work();
        });
        if let Some(error) = failed.into_inner() {
            return Err(error.into());
        }
        if scored.into_inner() < texts.len() {
            return Err(RescoreError::Interrupted);
        }

        Ok(())
    }
}

/// The last part of a path.
fn name_of(path: &Path) -> String {
    let name = path.file_name().unwrap_or(path.as_os_str());
    name.to_string_lossy().into_owned()
}

/// The number of rows from which on a row's result does not depend on it: matrix products have
/// a kernel of their own for one row, and split long sums differently where a
/// product has at most 64 rows and columns.
fn least_rows(config: &BertConfig) -> usize {
    if config.hidden_size <= 64 && config.intermediate_size > 512 {
        65
    } else {
        2
    }
}

impl TextScorer for BertRescorer {
    fn score_texts(&self, texts: &[&str]) -> Result<Vec<f64>, RescoreError> {
        one_by_one(self, texts)
    }

    fn score_texts_one_by_one(
        &self,
        texts: &[&str],
        keep: &(dyn Fn(Scored) + Sync),
    ) -> Result<(), RescoreError> {
        let tokens = self.tokenize(texts)?;
        self.score_tokens(&tokens, Wanted::Usual, &|index, score| {
            let text = &tokens[index];
            let cut = text.truncated;
            self.truncated
                .fetch_add(usize::from(cut), Ordering::Relaxed);

            let tokens = self.tokenizer.counts(text);
            *locked(&self.tokens) += tokens;
            keep(Scored {
                index,
                score,
                cut,
                tokens,
            });
        })
    }

    fn score_texts_afresh(&self, texts: &[&str]) -> Result<Vec<f64>, RescoreError> {
        let tokens = self.tokenize(texts)?;
        collected(texts.len(), |keep| {
            self.score_tokens(&tokens, Wanted::Usual, keep)
        })
    }

    fn score_texts_exactly(&self, texts: &[&str]) -> Option<Result<Vec<f64>, RescoreError>> {
        if !self.rounds() {
            return None;
        }

        let scores = self.tokenize(texts).map_err(RescoreError::from);
        Some(scores.and_then(|tokens| {
            collected(texts.len(), |keep| {
                self.score_tokens(&tokens, Wanted::Exact, keep)
            })
        }))
    }

    fn interpolation(&self) -> Interpolation {
        self.interpolation
    }

    fn name(&self) -> &str {
        &self.name
    }

    fn truncated_texts(&self) -> usize {
        self.truncated.load(Ordering::Relaxed)
    }

    fn tokens_of(&self, text: &str) -> TokenCounts {
        let text = self.tokenizer.tokenize(text);
        text.map_or_else(
            |_| TokenCounts::default(),
            |text| self.tokenizer.counts(&text),
        )
    }

    fn tokens(&self) -> Option<TokenCounts> {
        Some(*locked(&self.tokens))
    }
}

#[cfg(test)]
mod lengths;
#[cfg(test)]
mod tests;
