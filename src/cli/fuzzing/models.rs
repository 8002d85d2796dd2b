//! The files of models: one is tried, in a folder of good ones.

use std::path::Path;

use crate::bert::batch::{TextTokenizer, TokenizerNeeds};
use crate::bert::checkpoint::BaseSearch;
use crate::bert::config::BertConfig;
use crate::bert::cpu::Precision;
use crate::bert::device::Device;
use crate::bert::rescorer::{BertRescorer, LoadOptions};
use crate::bert::tensors::TensorStore;
use crate::cli::fuzzing::{files, parsed, read, scratch};
use crate::files::seal::seal;
use crate::rescore::Interpolation;
use crate::rescore::text_scorer::TextScorer;
use crate::train::corpus::Pieces;
use crate::train::cost::TrainingCost;
use crate::train::optimizer::OptimizerSettings;
use crate::train::state::SavedRun;

/// Small models of this kind, which any file of theirs may spoil.
const MODEL: &str = "reference/encoders/electra";

/// An adapter of [`MODEL`].
const ADAPTER: &str = "reference/encoders/electra-lora";

/// What tokenizers and models are given: nothing, words, what is no word, a text too long for any.
fn texts() -> [String; 4] {
    let strange = "\u{1f3a4}\u{301} 中文 ẞ\u{200d}ﬁ \u{0}[MASK] ##a";
    ["", "two cups of tea", strange, &"abc ".repeat(200)].map(str::to_owned)
}

/// Loads the model in `folder` and has it score a few texts.
fn score(folder: &Path, base: Option<&Path>) {
    let options = LoadOptions {
        path: folder,
        search: BaseSearch { base, cache: None },
        device: &Device::flex(),
        token_budget: 64,
        threads: 1,
        precision: Precision::Single,
        max_length: None,
        weight: None,
        first_pass_scale: None,
    };
    let folder = folder.file_name().expect("it has a name");
    if let Some(model) = read(&folder.to_string_lossy(), BertRescorer::load(&options)) {
        scored(&model);
    }
}

/// Scores that a model gives must be numbers: what spoils them is an error.
fn scored(model: &BertRescorer) {
    let texts = texts();
    let texts: Vec<&str> = texts.iter().map(String::as_str).collect();
    if let Some(scores) = parsed(model.score_texts(&texts)) {
        assert_eq!(scores.len(), texts.len());
    }
}

/// `config.json`, whose model is there.
pub fn model_config(data: &[u8]) {
    let folder = scratch::filled("config", MODEL);
    let path = folder.join("config.json");
    scratch::write(&path, data);
    read("config.json", BertConfig::read(&path));
    score(&folder, None);
}

/// `model.safetensors`, whose configuration is there.
pub fn weights(data: &[u8]) {
    let folder = scratch::filled("weights", MODEL);
    let path = folder.join("model.safetensors");
    scratch::write(&path, data);
    if let Some(store) = read("model.safetensors", TensorStore::read(&path)) {
        assert!(store.numbers() <= data.len());
        for name in store.names() {
            read("model.safetensors", store.named(name));
        }
    }
    score(&folder, None);
}

/// `model.safetensors.index.json`, which says where the weights are.
pub fn weights_index(data: &[u8]) {
    let folder = scratch::filled("index", MODEL);
    let whole = folder.join("model.safetensors");
    if whole.exists() {
        let _ = std::fs::rename(whole, folder.join("one.safetensors"));
    }
    scratch::write(&folder.join("model.safetensors.index.json"), data);
    read("index", TensorStore::read_model(&folder));
}

/// `tokenizer.json` with `tokenizer_config.json`.
pub fn tokenizer(data: &[u8]) {
    let [tokenizer, options] = files(data);
    tokenized("tokenizer.json", tokenizer, options);
}

/// `vocab.txt` with `tokenizer_config.json`.
pub fn vocabulary(data: &[u8]) {
    let [vocabulary, options] = files(data);
    tokenized("vocab.txt", vocabulary, options);
}

/// Has a tokenizer of any kind of model split texts.
fn tokenized(name: &str, content: &[u8], options: &[u8]) {
    let folder = scratch::folder(name);
    let path = folder.join(name);
    scratch::write(&path, content);
    let options = if options.is_empty() { b"{}" } else { options };
    scratch::write(&folder.join("tokenizer_config.json"), options);

    read("token", Pieces::read(&path));
    for kind in ["bert", "roberta"] {
        let kind = serde_json::from_value::<crate::bert::architecture::Architecture>(kind.into());
        let needs = TokenizerNeeds {
            model: "BERT",
            tokens: kind.expect("it is known").names().tokens,
            vocabulary: 1 << 20,
        };
        if let Some(tokenizer) = read("token", TextTokenizer::read(&path, needs, 32)) {
            for text in texts() {
                if let Some(tokens) = read("token", tokenizer.tokenize(&text)) {
                    assert!(tokens.ids.len() <= 32, "{}", tokens.ids.len());
                }
            }
        }
    }
}

/// `adapter_config.json`, whose adapter and base are there.
pub fn adapter_config(data: &[u8]) {
    let base = scratch::filled("base", MODEL);
    let folder = scratch::filled("adapter", ADAPTER);
    scratch::write(&folder.join("adapter_config.json"), data);
    score(&folder, Some(&base));
}

/// `adapter_model.safetensors`, whose configuration and base are there.
pub fn adapter(data: &[u8]) {
    let base = scratch::filled("base", MODEL);
    let folder = scratch::filled("adapter-weights", ADAPTER);
    scratch::write(&folder.join("adapter_model.safetensors"), data);
    score(&folder, Some(&base));
}

/// `rescorer.json`, and `rescoring.json` of a model that others made.
pub fn checkpoint(data: &[u8]) {
    let [record, side] = files(data);
    let folder = scratch::filled("checkpoint", MODEL);
    scratch::write(&folder.join("rescorer.json"), record);
    score(&folder, None);

    if !side.is_empty() {
        let base = scratch::filled("base", MODEL);
        let folder = scratch::filled("side", ADAPTER);
        scratch::write(&folder.join("rescoring.json"), side);
        score(&folder, Some(&base));
    }
}

/// `training.json`, which says what a training cost.
pub fn training_cost(data: &[u8]) {
    let folder = scratch::folder("cost");
    scratch::write(&folder.join("training.json"), data);
    read("training.json", TrainingCost::read(&folder));
}

/// `state.json` of a training that was interrupted, sealed; its numbers are good ones.
pub fn training_state(data: &[u8]) {
    let folder = scratch::folder("state");
    let numbers = scratch::filled("base", MODEL).join("model.safetensors");
    let numbers = std::fs::read(numbers).expect("the fixtures are there");
    scratch::write(&folder.join("state.safetensors"), &numbers);

    let text = String::from_utf8_lossy(data).replace("HASH", &blake3::hash(&numbers).to_hex());
    let sealed = if text.len() > 2 && text.ends_with('}') {
        seal("", &text).0
    } else {
        text
    };
    scratch::write(&folder.join("state.json"), sealed.as_bytes());
    read("state", SavedRun::asked_for(&folder));
    let run = read("state", SavedRun::read(&folder, OptimizerSettings::DEFAULT));
    if let Some(run) = run {
        parsed(run.check_plan(&folder, &serde_json::json!({"data": {}})));
    }
}

/// `model.onnx`, whose configuration and tokenizer are there.
pub fn onnx(data: &[u8]) {
    let folder = scratch::filled("graph", MODEL);
    scratch::write(&folder.join("model.onnx"), data);
    let interpolation = Interpolation {
        first_pass_scale: 1.0,
        weight: 1.0,
    };
    if let Some(model) = read(
        "graph",
        BertRescorer::load_onnx(&folder, None, interpolation, 1),
    ) {
        scored(&model);
    }
}
