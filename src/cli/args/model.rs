//! `--model` and its companions: from what was typed to a rescorer.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use anyhow::Context;

#[cfg(feature = "bert")]
use crate::bert::checkpoint::{BaseSearch, CHECKPOINT_FILE, Checkpoint, Source};
#[cfg(feature = "bert")]
use crate::bert::device::DeviceChoice;
#[cfg(feature = "bert")]
use crate::bert::model::HeadKind;
#[cfg(feature = "bert")]
use crate::bert::rescorer::{BertRescorer, CPU_TOKEN_BUDGET, GPU_TOKEN_BUDGET, LoadOptions};
#[cfg(feature = "bert")]
use crate::cli::announced::Announced;
#[cfg(feature = "bert")]
use crate::cli::args::cache::huggingface_cache;
#[cfg(feature = "bert")]
use crate::cli::args::interpolation::TUNE;
#[cfg(feature = "bert")]
use crate::cli::args::model_files::{changed_base, content_hash};
#[cfg(feature = "bert")]
use crate::cli::args::model_name::not_the_folder;
use crate::cli::args::model_name::{NAMED, model_folder, refuse_misspelt};
#[cfg(feature = "bert")]
use crate::cli::args::onnx;
use crate::cli::args::outputs::inputs;
use crate::cli::args::precision::PrecisionChoice;
use crate::cli::args::program::{self, ProgramInput};
use crate::cli::args::score_cache::CacheInput;
#[cfg(feature = "bert")]
use crate::cli::args::score_cache::identity;
use crate::cli::args::served::{self, Address, ServedInput};
use crate::cli::commands::corrections::NO_SCORES;
use crate::cli::terminal::{Progress, Terminal};
use crate::files::Input;
#[cfg(feature = "bert")]
use crate::files::settle;
use crate::nbest::limits::Limits;
use crate::nbest::normalize::Normalization;
use crate::nbest::read::open;
use crate::nbest::source::Text;
use crate::report::record::ModelRecord;
use crate::rescore::cache::{Cached, ScoreCache};
use crate::rescore::pointwise::{Pointwise, Remembers};
use crate::rescore::table::ScoreTable;
use crate::rescore::text_scorer::TextScorer;
use crate::rescore::{FirstPass, Interpolation, LARGEST_FACTOR, Oracle, Rescorer};

/// Which rescorer, and where it runs.
#[derive(Debug, Clone, clap::Args)]
pub(crate) struct ModelInput {
    /// Checkpoint, Hugging Face folder or PEFT adapter folder; or demo, first-pass, oracle, scores:FILE, exec:COMMAND,
    /// onnx:FOLDER, tei:URL, completions:URL
    #[arg(
        long,
        value_name = "MODEL",
        required = true,
        long_help = "What is tested: a checkpoint folder of `robustness-check train`, a Hugging Face folder \
            of a sequence classifier with one label (BERT, RoBERTa, XLM-RoBERTa, CamemBERT, DistilBERT or ELECTRA), \
            a PEFT adapter folder (its base is found by path, or by \
            name in the local Hugging Face cache), `demo`, a small model that this program carries (a folder of that name \
            is `./demo`), `first-pass`, `oracle`, `scores:FILE`, the output of \
            `robustness-check score` or of another system for every text of `robustness-check perturb`, \
            `onnx:FOLDER`, a classifier with one label that was exported to ONNX (model.onnx, config.json, \
            tokenizer.json), `tei:URL`, a classifier behind Text Embeddings Inference, `completions:URL`, a language \
            model behind an OpenAI-style server (vLLM, SGLang), whose score is the log-probability of the text, or \
            `exec:COMMAND`, a program that scores: it writes the line {\"protocol\": 1, \"name\": \"..\"}, then for \
            every line {\"id\": 7, \"texts\": [\"..\", \"..\"]} that it reads one line \
            {\"id\": 7, \"scores\": [-1.2, -3.4]}; higher is better"
    )]
    pub(crate) model: String,
    /// Base model of an adapter, instead of the one that the adapter names
    #[arg(long, value_name = "DIR")]
    pub(crate) base: Option<PathBuf>,
    /// Interpolation weight of the second pass, instead of the checkpoint's
    #[arg(long, value_name = "W", allow_negative_numbers = true, value_parser = finite)]
    pub(crate) weight: Option<f64>,
    /// Multiplies first-pass scores, instead of the checkpoint's scale
    #[arg(long, value_name = "S", value_parser = not_negative)]
    pub(crate) first_pass_scale: Option<f64>,
    /// Weight and first-pass scale as `robustness-check tune` wrote them to this file
    #[arg(long, value_name = "FILE", conflicts_with_all = ["weight", "first_pass_scale"])]
    pub(crate) interpolation: Option<PathBuf>,
    /// Longest text in tokens, instead of the checkpoint's; longer texts are cut and counted
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(3..=131_072))]
    pub(crate) max_length: Option<u32>,
    /// Where the model runs: cpu, or cuda:N in a build with the feature `cuda`
    #[arg(long, value_name = "DEVICE", default_value = "cpu")]
    pub(crate) device: String,
    /// How a checkpoint's products are computed; int8 is faster, and its scores differ a little
    #[arg(long, value_enum, value_name = "PRECISION", default_value_t = PrecisionChoice::F32)]
    pub(crate) precision: PrecisionChoice,
    /// Threads; all cores if not given
    #[arg(long, short, value_name = "N", value_parser = clap::value_parser!(u32).range(1..=1024))]
    pub(crate) jobs: Option<u32>,
    /// Tokens per batch, at most; changes speed and memory, never a result
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..=100_000_000))]
    pub(crate) batch_tokens: Option<u32>,
    #[command(flatten)]
    pub(crate) program: ProgramInput,
    #[command(flatten)]
    pub(crate) served: ServedInput,
    #[command(flatten)]
    pub(crate) cache: CacheInput,
}

pub(crate) fn finite(text: &str) -> Result<f64, String> {
    match text.parse::<f64>() {
        Ok(value) if value.abs() <= LARGEST_FACTOR => Ok(value),
        _ => Err(format!(
            "expected a number from -{LARGEST_FACTOR} to {LARGEST_FACTOR}"
        )),
    }
}

pub(crate) fn not_negative(text: &str) -> Result<f64, String> {
    match finite(text) {
        Ok(value) if value >= 0.0 => Ok(value),
        _ => Err(format!("expected a number from 0 to {LARGEST_FACTOR}")),
    }
}

/// How the text was normalized that a model was trained on.
#[derive(Debug, Clone)]
pub(crate) struct TrainedOn {
    /// The model, as it was typed.
    pub(crate) model: String,
    pub(crate) normalization: Normalization,
}

/// A rescorer with what a report says about it.
pub(crate) struct Model {
    rescorer: Arc<dyn Rescorer>,
    /// The same, where its scores are worth keeping.
    memory: Option<Arc<dyn Remembers>>,
    record: ModelRecord,
    /// Where its scores are kept between runs.
    cache: Option<Arc<ScoreCache>>,
    notices: Vec<String>,
    saw_perturbed_lists: bool,
}

impl Model {
    /// The rescorer.
    pub(crate) fn rescorer(&self) -> &dyn Rescorer {
        &*self.rescorer
    }

    /// The memory of a rescorer whose scores take long to compute.
    pub(crate) fn memory(&self) -> Option<Arc<dyn Remembers>> {
        self.memory.clone()
    }

    /// How many of its scores came from the cache; `None` without one.
    pub(crate) fn cached_scores(&self) -> Option<usize> {
        self.cache.as_ref().map(|cache| cache.hits())
    }

    /// Says how many of its scores came from the cache.
    pub(crate) fn say_cached(&self, terminal: &Terminal) {
        if let Some(scores) = self.cached_scores() {
            terminal.say(&format!("{scores} scores came from the cache"));
        }
    }

    /// What a report says about it.
    pub(crate) fn record(&self) -> ModelRecord {
        self.record.clone()
    }

    /// Whether scoring is the model's work, rather than known beforehand.
    pub(crate) fn is_asked(&self) -> bool {
        !matches!(
            self.record.kind.as_str(),
            "first-pass" | "oracle" | "scores"
        )
    }

    /// Whether it has learned from perturbed lists.
    pub(crate) fn saw_perturbed_lists(&self) -> bool {
        self.saw_perturbed_lists
    }

    /// What the user should know about it.
    pub(crate) fn notices(&self) -> &[String] {
        &self.notices
    }

    /// Adds what the user should know, too.
    pub(crate) fn notice(&mut self, notice: String) {
        self.notices.push(notice);
    }
}

/// A model whose scores are asked for anew in every run, or taken from a `cache`.
pub(crate) fn forgetful(
    rescorer: Arc<dyn Rescorer>,
    cache: Option<Arc<ScoreCache>>,
    record: ModelRecord,
    notices: Vec<String>,
) -> Model {
    Model {
        rescorer,
        memory: None,
        record,
        cache,
        notices,
        saw_perturbed_lists: false,
    }
}

/// A model over `scorer` that scores every text once in a run, and with a `cache` once in all runs.
pub(crate) fn pointwise(
    scorer: impl TextScorer + 'static,
    cache: Option<Arc<ScoreCache>>,
    identity: String,
    record: ModelRecord,
    notices: Vec<String>,
) -> Model {
    let memory: Arc<dyn Remembers> = match &cache {
        Some(cache) => {
            let cached = Cached::new(scorer, Arc::clone(cache), identity);
            Arc::new(Pointwise::new(cached))
        }
        None => Arc::new(Pointwise::new(scorer)),
    };

    Model {
        rescorer: Arc::clone(&memory) as Arc<dyn Rescorer>,
        memory: Some(memory),
        record,
        cache,
        notices,
        saw_perturbed_lists: false,
    }
}

impl ModelInput {
    /// The files and folders of the model.
    pub(crate) fn inputs(&self) -> Vec<Input> {
        [
            inputs("--model", self.path().map(Path::new)),
            inputs("--base", self.base.as_deref()),
            inputs("--interpolation", self.interpolation.as_deref()),
            self.cache.inputs(),
        ]
        .concat()
    }

    /// The file or folder that the model is in, if it is in one.
    fn path(&self) -> Option<&str> {
        let in_files = ["scores:", "onnx:"];
        let path = in_files
            .into_iter()
            .find_map(|name| self.model.strip_prefix(name));
        match path {
            Some(path) => Some(path),
            None if NAMED.contains(&self.model.as_str()) => None,
            None if self.model.starts_with("exec:") => None,
            None if Address::of(&self.model).is_some() => None,
            None => Some(self.model.as_str()),
        }
    }

    /// Whether the program carries the model.
    fn is_carried(&self) -> bool {
        self.folder() != Path::new(&self.model)
    }

    /// The folder of a model that is in one.
    pub(crate) fn folder(&self) -> PathBuf {
        model_folder(Path::new(&self.model))
    }

    /// The threads that everything runs on.
    pub(crate) fn pool(&self) -> anyhow::Result<rayon::ThreadPool> {
        Ok(rayon::ThreadPoolBuilder::new()
            .num_threads(self.threads())
            .build()?)
    }

    pub(crate) fn threads(&self) -> usize {
        match self.jobs {
            Some(jobs) => jobs as usize,
            None => std::thread::available_parallelism().map_or(1, std::num::NonZero::get),
        }
    }

    /// Where the model runs, for the report.
    pub(crate) fn device_name(&self) -> String {
        self.device.clone()
    }

    /// How the text was normalized that the model was trained on, where a checkpoint says it.
    #[cfg(feature = "bert")]
    pub(crate) fn trained_on(&self) -> Option<TrainedOn> {
        // Whatever is wrong with the file is told when the model is loaded.
        let checkpoint = Checkpoint::read(&self.folder().join(CHECKPOINT_FILE)).ok()?;
        Some(TrainedOn {
            model: self.model.clone(),
            normalization: Normalization::described(checkpoint.normalization.as_str()?)?,
        })
    }

    /// Without models, nothing was trained.
    #[cfg(not(feature = "bert"))]
    pub(crate) fn trained_on(&self) -> Option<TrainedOn> {
        None
    }

    /// Loads the model; `progress` hears of every text it scores.
    pub(crate) fn load(
        &self,
        terminal: &Terminal,
        progress: Arc<Progress>,
    ) -> anyhow::Result<Model> {
        if let Some(file) = &self.interpolation {
            return self.load_tuned(file, terminal, progress);
        }

        let is_checkpoint = self.is_carried() || self.path() == Some(self.model.as_str());
        if self.precision != PrecisionChoice::F32 && !is_checkpoint {
            anyhow::bail!(
                "--precision is for checkpoints: leave it out with --model {}",
                self.model
            );
        }

        if let Some(file) = self.model.strip_prefix("scores:") {
            return self.table(Path::new(file));
        }

        anyhow::ensure!(!self.model.starts_with("corrections:"), NO_SCORES);

        if let Some(command) = self.model.strip_prefix("exec:") {
            return program::load(self, command, terminal, progress);
        }

        if let Some(folder) = self.model.strip_prefix("onnx:") {
            #[cfg(feature = "bert")]
            return onnx::load(self, Path::new(folder), terminal, progress);
            #[cfg(not(feature = "bert"))]
            return self.bert(Path::new(folder), terminal, progress);
        }

        if let Some(address) = Address::of(&self.model) {
            return served::load(self, address, terminal, progress);
        }

        match self.model.as_str() {
            "first-pass" => Ok(self.modelless(Arc::new(FirstPass))),
            "oracle" => Ok(self.modelless(Arc::new(Oracle))),
            path => {
                refuse_misspelt(path)?;
                self.bert(&self.folder(), terminal, progress)
            }
        }
    }

    pub(crate) fn record(&self, kind: &str, interpolation: Interpolation) -> ModelRecord {
        ModelRecord {
            name: self.model.clone(),
            kind: kind.to_owned(),
            content_hash: None,
            head: None,
            weight: interpolation.weight,
            first_pass_scale: interpolation.first_pass_scale,
            max_length: None,
            options: self.options(),
            precision: None,
        }
    }

    fn modelless(&self, rescorer: Arc<dyn Rescorer>) -> Model {
        let record = self.record(rescorer.name(), rescorer.interpolation());
        forgetful(rescorer, None, record, Vec::new())
    }

    fn table(&self, path: &Path) -> anyhow::Result<Model> {
        let interpolation = self.plain_interpolation();
        let name = path.display().to_string();
        let text = open(path)
            .map_err(anyhow::Error::from)
            .and_then(|file| Ok(Text::new(file, Limits::default())?))
            .with_context(|| format!("failed to read scores from {name}"))?;
        let table = ScoreTable::read(text, &name, interpolation)?;

        let notices = self.weight_notice().into_iter().collect();

        let mut record = self.record("scores", interpolation);
        record.content_hash = Some(table.content_hash());
        let rescorer = Arc::new(Pointwise::new(table));
        Ok(forgetful(rescorer, None, record, notices))
    }

    /// How scores of a model that says nothing of that combine with the first pass's.
    pub(crate) fn plain_interpolation(&self) -> Interpolation {
        Interpolation {
            first_pass_scale: self.first_pass_scale.unwrap_or(1.0),
            weight: self.weight.unwrap_or(1.0),
        }
    }

    #[cfg(feature = "bert")]
    fn bert(
        &self,
        path: &Path,
        terminal: &Terminal,
        progress: Arc<Progress>,
    ) -> anyhow::Result<Model> {
        let scores = self.cache.open()?;
        let choice: DeviceChoice = self.device.parse()?;
        let precision = self.precision.resolve(choice)?;
        let device = choice.resolve()?;
        let cache = huggingface_cache();
        let search = BaseSearch {
            base: self.base.as_deref(),
            cache: cache.as_deref(),
        };
        let seen = settle(path)?;
        let source = Source::open(path, search)?;

        let mut notices: Vec<String> = not_the_folder(Path::new(&self.model)).into_iter().collect();
        if self.weight.or(source.weight).is_none() {
            notices.push(format!(
                "{} names no interpolation weight: 1 is used; {TUNE}",
                path.display()
            ));
        }

        notices.extend(changed_base(&source, search)?);
        let token_budget = match (self.batch_tokens, choice) {
            (Some(tokens), _) => tokens as usize,
            (None, DeviceChoice::Cpu) => CPU_TOKEN_BUDGET,
            (None, DeviceChoice::Cuda(_)) => GPU_TOKEN_BUDGET,
        };
        let rescorer = BertRescorer::load(&LoadOptions {
            path,
            search,
            device: &device,
            token_budget,
            threads: self.threads(),
            precision,
            max_length: self.max_length.map(|length| length as usize),
            weight: self.weight,
            first_pass_scale: self.first_pass_scale,
        })?;
        notices.extend_from_slice(rescorer.notices());

        let advanced = Arc::clone(&progress);
        let rescorer = rescorer
            .with_progress(Box::new(move |texts| advanced.advance(texts)))
            .with_cancel(terminal.interrupt_flag());
        let mut record = self.record("bert", rescorer.interpolation());
        record.content_hash = Some(content_hash(&source)?);
        seen.unchanged()?;

        let head = source
            .checkpoint
            .as_ref()
            .map_or(HeadKind::HfPooled, |checkpoint| checkpoint.head);
        record.head = serde_json::to_value(head)?.as_str().map(str::to_owned);
        record.max_length = Some(rescorer.tokenizer().max_length());
        record.precision = self.precision.recorded();

        let identity = identity(&record, &self.device, "");
        let announced = Announced {
            scorer: rescorer,
            progress,
        };
        let saw_perturbed_lists = source
            .checkpoint
            .as_ref()
            .is_some_and(Checkpoint::saw_perturbed_lists);

        Ok(Model {
            saw_perturbed_lists,
            ..pointwise(announced, scores, identity, record, notices)
        })
    }

    #[cfg(not(feature = "bert"))]
    fn bert(
        &self,
        path: &Path,
        _terminal: &Terminal,
        _progress: Arc<Progress>,
    ) -> anyhow::Result<Model> {
        anyhow::bail!(
            "failed to load {}: this build has no BERT; build with the feature `bert`",
            path.display()
        )
    }
}
