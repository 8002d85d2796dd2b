//! Training on plain text: a base model, made or adapted.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use anyhow::Context;

use crate::bert::architecture::Architecture;
use crate::bert::batch::TextTokenizer;
use crate::bert::checkpoint::Source;
use crate::bert::config::{BertConfig, HiddenActivation};
use crate::bert::device::DeviceChoice;
use crate::bert::loading::{AdapterUse, HeadUse, load};
use crate::bert::model::{HeadKind, ScoreModel};
use crate::bert::tensors::TensorStore;
use crate::bert::weights::initialize;
use crate::cli::commands::train::ending::{Trained, interrupted, train_to_end, unwritten};
use crate::cli::commands::train::option_names::in_options;
use crate::cli::commands::train::options::{Options, SizeName};
use crate::cli::commands::train::pooler::has_pooler;
use crate::cli::commands::train::reporter::{Criterion, Reporter};
use crate::cli::commands::train::step_counts::{optimizer_plan, steps};
use crate::cli::commands::train::{Args, Output, divergence, open_base, required};
use crate::cli::exit::Exit;
use crate::cli::models::files::{hash_files, hash_model};
use crate::cli::terminal::Terminal;
use crate::files::{WriteError, write_bytes};
use crate::nbest::limits::Limits;
use crate::nbest::read::each_line;
use crate::train::corpus::{Hiding, Pieces, Sentences};
use crate::train::export::Precision;
use crate::train::masked::{HiddenWords, MaskedModel, MaskedPlan};
use crate::train::vocabulary::Vocabulary;

/// Word pieces of a new model, where its configuration does not say.
const VOCABULARY: usize = 8000;

/// What is trained, from a file or from nothing.
struct Start {
    model: MaskedModel,
    config: BertConfig,
    tokenizer: TextTokenizer,
    tokenizer_file: PathBuf,
    hash: String,
}

/// Trains on text; the summary is for standard output.
pub(super) fn run(
    args: &Args,
    options: &Options,
    terminal: &Terminal,
) -> anyhow::Result<(Exit, String)> {
    let out = required(options.out.as_ref(), "--out", "DIR")?;
    if options.sweep.is_some() {
        anyhow::bail!(
            "--sweep chooses by the word error rate of lists: it is not for --objective mlm"
        );
    }

    let output = Output::new(args, options, out)?;
    let choice = args.device.parse::<DeviceChoice>()?;
    let device = choice.resolve()?;
    let lines = sentences(args, options, terminal)?;
    let scratch = tempfile::tempdir().context("failed to make a temporary folder")?;
    let start = match &options.base {
        Some(base) => adapt(base, options, choice)?,
        None => create(options, &lines, scratch.path(), choice)?,
    };
    let sentences = Sentences::prepare(lines.iter().map(String::as_str), &start.tokenizer)
        .with_context(|| format!("failed to learn from {}", names(&options.text)))?;

    let pieces = Pieces::read(&start.tokenizer_file)?;
    let per_step = options.sentences.unwrap_or(64);
    let steps = steps(options, sentences.train.len(), per_step)?;

    let mut files = options.text.clone();
    if options.references {
        files.extend(options.nbest.iter().cloned());
    }

    let plan = MaskedPlan {
        steps,
        sentences_per_step: per_step,
        max_length: start.tokenizer.max_length(),
        hiding: Hiding {
            share: options.mask_share.unwrap_or(0.15),
            whole_words: !options.pieces,
        },
        optimizer_plan: optimizer_plan(options, steps),
        seed: options.seed.unwrap_or(1),
        data: BTreeMap::from([
            ("start".to_owned(), start.hash.clone()),
            ("text".to_owned(), hash_files(&files)?),
        ]),
    };

    terminal.say(&format!(
        "{} sentences, {} held out, {} word pieces",
        sentences.train.len(),
        sentences.held_out.len(),
        start.config.vocab_size
    ));

    let pad = start.tokenizer.special().pad;
    let lesson = HiddenWords::new(&plan, &sentences, &pieces, pad, &device);
    let mut lesson = lesson.map_err(|error| in_options(error, options))?;
    let mut reporter = Reporter::new(terminal, Criterion::HiddenWords);
    let model = start.model;
    let trained = train_to_end(&mut lesson, model, &output, args, &mut reporter, terminal);
    let trained = trained.map_err(|error| divergence::told(error, options, &output))?;
    let (best, trained) = match trained {
        Trained::Interrupted(kept) => {
            return Ok((Exit::Interrupted, interrupted(kept.as_ref())));
        }
        Trained::Finished(trained) => trained,
    };

    let precision = if options.half {
        Precision::Half
    } else {
        Precision::Single
    };

    output
        .folder
        .replace(|folder| -> Result<(), WriteError> {
            let (config, tokenizer) = (&start.config, &start.tokenizer_file);
            trained.model.write(folder, config, tokenizer, precision)
        })
        .with_context(|| unwritten(trained.kept.as_ref()))?;
    output.clear()?;

    let loss = best.evaluation.criterion;
    let summary = format!(
        "wrote {}: held-out loss {loss:.4} (perplexity {:.1})",
        out.display(),
        loss.exp()
    );

    Ok((Exit::Pass, summary))
}

/// Files, for a message.
fn names(files: &[PathBuf]) -> String {
    let names: Vec<String> = files
        .iter()
        .map(|file| file.display().to_string())
        .collect();
    names.join(", ")
}

/// The longest sentence, in bytes: models read some hundred words.
const LONGEST_SENTENCE: usize = 1 << 16;

/// The most sentences: all are held, and no training comes to so many.
const MOST_SENTENCES: usize = 5_000_000;

/// The sentences of all files, in their order, as lists are normalized.
fn sentences(args: &Args, options: &Options, terminal: &Terminal) -> anyhow::Result<Vec<String>> {
    let mut lines = Vec::new();
    for path in &options.text {
        each_line(path, Limits::default(), |number, line| {
            anyhow::ensure!(
                line.len() <= LONGEST_SENTENCE,
                "failed to read {}, line {number}: the sentence has {} bytes; at most \
                    {LONGEST_SENTENCE} are read",
                path.display(),
                line.len()
            );
            anyhow::ensure!(
                lines.len() < MOST_SENTENCES,
                "failed to read {}, line {number}: there are more than {MOST_SENTENCES} sentences; \
                    give a sample of them",
                path.display(),
            );
            lines.push(line.to_owned());
            anyhow::Ok(())
        })?;
    }

    if options.references {
        required(options.nbest.first(), "--nbest", "TRAIN")?;
        let corpus = args.reading.read(&options.nbest, terminal)?.into_corpus()?;
        let references = corpus
            .utterances
            .iter()
            .map(|utterance| utterance.reference.as_str());
        let distinct: std::collections::BTreeSet<&str> = references.collect();
        lines.extend(distinct.into_iter().map(str::to_owned));
    }

    if lines.iter().all(|line| line.trim().is_empty()) {
        match &options.text[..] {
            [] => anyhow::bail!("there is no text: name a file with --text, one sentence a line"),
            files => anyhow::bail!("there is no sentence in {}", names(files)),
        }
    }

    Ok(lines)
}

/// A model that was pretrained before.
fn adapt(base: &Path, options: &Options, device: DeviceChoice) -> anyhow::Result<Start> {
    let source = open_base(base)?;
    let seed = options.seed.unwrap_or(1);
    let (model, tokenizer, _) = masked_model(&source, seed, device, options.max_length)?;
    let config = BertConfig::read(&source.base.join("config.json"))?;

    Ok(Start {
        model,
        config,
        tokenizer,
        tokenizer_file: source.tokenizer(),
        hash: hash_model(&source)?,
    })
}

/// The model of `source` with a head for hidden words, its tokenizer, and whether the files held
/// all of the head.
pub(super) fn masked_model(
    source: &Source,
    seed: u64,
    device: DeviceChoice,
    max_length: Option<usize>,
) -> anyhow::Result<(MaskedModel, TextTokenizer, bool)> {
    let device = &device.resolve()?;
    let path = source.base.join("config.json");
    let config = BertConfig::read(&path)?;
    refuse_other_architectures(&config, &path)?;

    let store = TensorStore::read_model(&source.base)?;
    let head = if has_pooler(&store, config.model_type.names()) {
        HeadKind::HfPooled
    } else {
        HeadKind::ClsLinear
    };
    drop(store);

    let loaded = load(
        source,
        device,
        AdapterUse::Keep,
        HeadUse::New(head, seed),
        max_length,
    )?;

    let mut model = MaskedModel::new(loaded.model, &loaded.config, seed, device);
    let whole = model.read_head(&source.base)?;
    Ok((model, loaded.tokenizer, whole))
}

/// The head for hidden words, and the vocabulary made for it, are BERT's.
fn refuse_other_architectures(config: &BertConfig, path: &Path) -> anyhow::Result<()> {
    let class = config.model_type.names().class;
    anyhow::ensure!(
        config.model_type == Architecture::Bert,
        "{} is the configuration of a {class} model: only BERT learns hidden words here; others \
            learn from n-best lists",
        path.display()
    );
    Ok(())
}

/// A model from nothing, with a vocabulary made from `lines`.
fn create(
    options: &Options,
    lines: &[String],
    scratch: &Path,
    device: DeviceChoice,
) -> anyhow::Result<Start> {
    let device = &device.resolve()?;
    let mut config = match (&options.new, options.size) {
        (Some(path), _) => {
            let config = BertConfig::read(path)?;
            refuse_other_architectures(&config, path)?;
            config
        }
        (None, Some(size)) => shape(size),
        (None, None) => anyhow::bail!(
            "name a model to adapt with --base, or make a new one with --size tiny or --new \
                config.json"
        ),
    };

    let size = options.vocabulary.unwrap_or(config.vocab_size);
    let vocabulary = Vocabulary::build(lines.iter().map(String::as_str), size);
    if let Some(size) = options
        .vocabulary
        .filter(|size| *size < vocabulary.pieces().len())
    {
        anyhow::bail!(
            "--vocabulary {size}: the letters of this text and the special pieces alone are {}; \
                give that or more",
            vocabulary.pieces().len()
        );
    }
    config.vocab_size = vocabulary.pieces().len();
    config.pad_token_id = 0;

    let tokenizer_file = scratch.join("tokenizer.json");
    let text = vocabulary.tokenizer_json();
    write_bytes(&tokenizer_file, &text)?;

    let limit = config.longest();
    let length = options.max_length.unwrap_or(limit);
    if length > limit || length < 3 {
        anyhow::bail!("--max-length {length}: this model reads 3 to {limit} tokens");
    }

    let tokenizer = TextTokenizer::read(&tokenizer_file, &config, length)?;
    let seed = options.seed.unwrap_or(1);
    let mut model = ScoreModel::zeros(&config, HeadKind::ClsLinear, device);
    initialize(&mut model, &config, seed);

    let model = MaskedModel::new(model, &config, seed, device);
    let hash = blake3::hash(config.to_json().as_bytes())
        .to_hex()
        .to_string();

    Ok(Start {
        model,
        config,
        tokenizer,
        tokenizer_file,
        hash,
    })
}

/// The sizes of the BERT miniatures (arXiv 1908.08962).
fn shape(size: SizeName) -> BertConfig {
    let (layers, hidden) = match size {
        SizeName::Tiny => (2, 128),
        SizeName::Mini => (4, 256),
        SizeName::Small => (4, 512),
    };

    // All else is as in the original BERT, but for the places: sentences are short.
    BertConfig {
        model_type: Architecture::Bert,
        vocab_size: VOCABULARY,
        embedding_size: None,
        hidden_size: hidden,
        num_hidden_layers: layers,
        num_attention_heads: hidden / 64,
        intermediate_size: 4 * hidden,
        hidden_act: HiddenActivation::Gelu,
        max_position_embeddings: 128,
        type_vocab_size: 1,
        layer_norm_eps: 1e-12,
        hidden_dropout_prob: 0.1,
        attention_probs_dropout_prob: 0.1,
        classifier_dropout: None,
        initializer_range: 0.02,
        pad_token_id: 0,
    }
}
