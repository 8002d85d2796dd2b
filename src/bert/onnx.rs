//! Encoders that others exported to ONNX: `model.onnx` beside `config.json` and `tokenizer.json`,
//! as Optimum writes them; weights may be in files of their own, such as `model.onnx_data`.
//!
//! What the graph computes is its own business: it gets the tokens of a text, and gives one score.
//!
//! # Equal scores, whatever the batch
//!
//! A text is computed alone and by one thread, so that its score cannot depend on other texts: how
//! a product of matrices is divided depends on its size.

use std::fs::File;
use std::io::Read;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};

use rten::{Model, ModelOptions, NodeId, RunOptions, ThreadPool, Value};
use rten_tensor::NdTensor;
use rten_tensor::prelude::*;

use crate::bert::architecture::Architecture;
use crate::bert::batch::{TextTokenizer, TokenizerNeeds};
use crate::bert::error::{LoadError, LoadErrorKind};
use crate::bert::guard::guarded;
use crate::bert::model_file::{check_folder, check_is_folder, is_there};
use crate::bert::onnx_file::{self, Outside};
use crate::bert::{tokenizer_source, vocabulary_file};
use crate::files::document::{SETTINGS, read_bytes, read_text};
use crate::files::json;

/// The graph with its weights.
const MODEL: &str = "model.onnx";

/// What protocol buffers can hold, and so an ONNX file without others beside it.
const MOST_BYTES: u64 = 2 << 30;

/// The most bytes of the files beside it, of which none are in the graph's own: those of the
/// largest model.
const MOST_BESIDE: u64 = 16 << 30;

/// The longest text of a model that does not say it.
const USUAL_LENGTH: usize = 512;

/// The most positions; see [`limits`](mod@crate::bert::limits).
const MOST_POSITIONS: usize = 131_072;

/// What is needed of `config.json`, whatever the model.
#[derive(serde::Deserialize)]
struct OnnxConfig {
    #[serde(default)]
    model_type: Option<String>,
    vocab_size: usize,
    #[serde(default)]
    max_position_embeddings: Option<usize>,
    #[serde(default)]
    pad_token_id: Option<u32>,
}

impl OnnxConfig {
    fn read(path: &Path) -> Result<OnnxConfig, LoadError> {
        let text = read_text(path, SETTINGS).map_err(|error| LoadError::new(path, error))?;
        let config: OnnxConfig = json::parse(&text).map_err(|error| LoadError::new(path, error))?;

        let longest = config.longest();
        if !(3..=MOST_POSITIONS).contains(&longest) {
            let advice = format!("a text must have from 3 to {MOST_POSITIONS} positions");
            let found = config.max_position_embeddings.unwrap_or_default();
            let field = "max_position_embeddings";
            return Err(LoadError::field(path, field, &found, &advice));
        }

        Ok(config)
    }

    /// Which of the encoders known by name it is.
    fn architecture(&self) -> Option<Architecture> {
        let name = self.model_type.clone()?;
        serde_json::from_value(serde_json::Value::String(name)).ok()
    }

    /// The longest text, in tokens.
    fn longest(&self) -> usize {
        let positions = self.max_position_embeddings.unwrap_or(USUAL_LENGTH);
        let counts = self
            .architecture()
            .is_some_and(Architecture::counts_from_padding);
        let before = match (counts, self.pad_token_id) {
            (true, padding) => padding.unwrap_or(1) as usize + 1,
            (false, _) => 0,
        };
        positions.saturating_sub(before)
    }
}

/// What an input of the graph is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Feed {
    /// The tokens' ids.
    Tokens,
    /// 1 for every token.
    Mask,
    /// 0 for every token.
    Segments,
}

impl Feed {
    /// By transformers' name.
    fn of(name: &str) -> Option<Feed> {
        match name {
            "input_ids" => Some(Feed::Tokens),
            "attention_mask" => Some(Feed::Mask),
            "token_type_ids" => Some(Feed::Segments),
            _ => None,
        }
    }
}

/// A graph that gives a text a score.
pub(crate) struct OnnxModel {
    graph: Model,
    inputs: Vec<(NodeId, Feed)>,
    output: NodeId,
    path: PathBuf,
    /// One thread each, for whoever scores.
    spare: Mutex<Vec<Arc<ThreadPool>>>,
}

/// A graph, its tokenizer, and what they are called in errors.
pub(crate) struct LoadedOnnx {
    /// What computes scores.
    pub(crate) model: OnnxModel,
    /// What reads texts.
    pub(crate) tokenizer: TextTokenizer,
    /// What whoever uses it should know.
    pub(crate) notices: Vec<String>,
}

impl LoadedOnnx {
    /// Loads the model in `folder`; `max_length` is the most tokens of a text, where that is less
    /// than what the model reads.
    ///
    /// A graph with other inputs than tokens, mask and segments, or with another number of scores
    /// than one, is an error.
    pub(crate) fn read(folder: &Path, max_length: Option<usize>) -> Result<LoadedOnnx, LoadError> {
        check_is_folder(folder)?;
        check_folder(folder)?;
        let path = folder.join(MODEL);
        if !is_there(&path)? {
            return Err(LoadError::folder(
                folder,
                format!("there is no {MODEL} in it"),
            ));
        }

        let config_path = folder.join("config.json");
        let config = OnnxConfig::read(&config_path)?;
        let limit = config.longest();
        let tokenizer = tokenizer_source::find(&[folder]);
        let length = match max_length {
            Some(length) => length,
            None => tokenizer_source::longest(&tokenizer)?.map_or(limit, |most| most.min(limit)),
        };

        if length > limit || length < 3 {
            let advice = format!("this model reads 3 to {limit} tokens");
            return Err(LoadError::field(
                &config_path,
                "max_length",
                &length,
                &advice,
            ));
        }

        let architecture = config.architecture().unwrap_or(Architecture::Bert);
        let needs = TokenizerNeeds {
            model: config.model_type.as_deref().unwrap_or("ONNX"),
            tokens: architecture.names().tokens,
            vocabulary: config.vocab_size,
        };
        let notices = vocabulary_file::notices(&tokenizer, &config_path)?;
        let tokenizer = TextTokenizer::read(&tokenizer, needs, length)?;
        let model = OnnxModel::read(&path)?;

        // Whatever is wrong with all scores is wrong with that of an empty text.
        model.score(&[tokenizer.special().cls, tokenizer.special().sep])?;

        Ok(LoadedOnnx {
            model,
            tokenizer,
            notices,
        })
    }
}

/// The files beside the model `path` that hold the rest of its weights, by name.
fn read_outside(path: &Path, outside: &Outside) -> Result<Vec<(String, Vec<u8>)>, LoadError> {
    let refuse = |reason: String| LoadError::new(path, LoadErrorKind::Onnx(reason));
    let mut left = MOST_BESIDE;
    let mut read = Vec::new();
    for name in &outside.files {
        let beside = path.with_file_name(name);
        if !is_there(&beside)? {
            return Err(refuse(format!(
                "its weights are in the file {name}, which is not beside it"
            )));
        }

        let mut bytes = Vec::new();
        File::open(&beside)
            .and_then(|file| file.take(left + 1).read_to_end(&mut bytes))
            .map_err(|error| LoadError::new(&beside, error))?;
        left = left.checked_sub(bytes.len() as u64).ok_or_else(|| {
            refuse(format!(
                "the files of its weights have more than {MOST_BESIDE} bytes, and no more are read"
            ))
        })?;
        read.push((name.clone(), bytes));
    }

    // Weights of some types are copied: those that lie over others would take any memory.
    let stored = MOST_BESIDE - left;
    if outside.bytes > stored.saturating_mul(2) {
        return Err(refuse(format!(
            "its weights should have {} bytes in other files, and those have {stored}: a file is \
             cut off, or of another model",
            outside.bytes
        )));
    }
    Ok(read)
}

impl OnnxModel {
    fn read(path: &Path) -> Result<OnnxModel, LoadError> {
        let refuse = |reason: String| LoadError::new(path, LoadErrorKind::Onnx(reason));
        let size = path.metadata().map_or(0, |found| found.len());
        if size > MOST_BYTES {
            return Err(refuse(format!(
                "it has {size} bytes; at most {MOST_BYTES} are read"
            )));
        }
        let bytes = read_bytes(path, MOST_BYTES).map_err(|error| LoadError::new(path, error))?;
        let outside = onnx_file::check(&bytes).map_err(refuse)?;
        let mut options = ModelOptions::with_all_ops();
        for (name, content) in read_outside(path, &outside)? {
            options.external_data(&name, content);
        }
        let graph = guarded(|| options.load(bytes))
            .map_err(refuse)?
            .map_err(|error| refuse(error.to_string()))?;

        let name = |id: NodeId| {
            let node = graph.node_info(id);
            node.and_then(|node| node.name()).unwrap_or_default()
        };
        let feed = |id: &NodeId| match Feed::of(name(*id)) {
            Some(feed) => Ok((*id, feed)),
            None => Err(refuse(format!(
                "it has the input `{}`; known are input_ids, attention_mask and token_type_ids",
                name(*id)
            ))),
        };
        let inputs: Vec<(NodeId, Feed)> = graph
            .input_ids()
            .iter()
            .map(feed)
            .collect::<Result<_, _>>()?;

        let outputs = graph.output_ids();
        let logits = outputs.iter().find(|id| name(**id) == "logits");
        let output = match (logits, outputs) {
            (Some(id), _) | (None, [id]) => *id,
            _ => return Err(refuse("it has no output `logits`".to_owned())),
        };

        Ok(OnnxModel {
            graph,
            inputs,
            output,
            path: path.to_owned(),
            spare: Mutex::new(Vec::new()),
        })
    }

    /// The score of a text; higher is better. What the graph cannot compute is an error of its
    /// file.
    pub(crate) fn score(&self, text: &[u32]) -> Result<f32, LoadError> {
        let spare = || {
            self.spare
                .lock()
                .expect("no thread panics while it takes a pool")
        };
        let pool = spare().pop();
        let pool = pool.unwrap_or_else(|| Arc::new(ThreadPool::with_num_threads(1)));
        let score = pool.run(|| guarded(|| self.score_in(text, &pool)));
        spare().push(pool);

        score
            .flatten()
            .map_err(|reason| LoadError::new(&self.path, LoadErrorKind::Onnx(reason)))
    }

    fn score_in(&self, text: &[u32], pool: &Arc<ThreadPool>) -> Result<f32, String> {
        let fill = |feed: Feed| -> Vec<i32> {
            let one = |id: &u32| match feed {
                Feed::Tokens => {
                    i32::try_from(*id).expect("a vocabulary has fewer than 2^31 pieces")
                }
                Feed::Mask => 1,
                Feed::Segments => 0,
            };
            text.iter().map(one).collect()
        };

        let inputs = self.inputs.iter().map(|(id, feed)| {
            let values = NdTensor::from_data([1, text.len()], fill(*feed));
            (*id, Value::from(values).into())
        });
        let mut options = RunOptions::default();
        options.thread_pool = Some(Arc::clone(pool));
        let found = self
            .graph
            .run(inputs.collect(), &[self.output], Some(options))
            .map_err(|error| error.to_string())?;

        let scores = found.into_iter().next().and_then(Value::into_tensor::<f32>);
        let scores = scores.ok_or("its output is no 32-bit numbers")?.to_vec();
        match scores[..] {
            [score] if score.is_finite() => Ok(score),
            [score] => Err(format!("it gives {score}, which is no score")),
            _ => Err(format!(
                "it gives {} numbers a text, and a rescorer gives one; train it with num_labels=1",
                scores.len()
            )),
        }
    }
}
