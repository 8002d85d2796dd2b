//! `--model` and its companions: from what was typed to a rescorer.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use anyhow::Context;

#[cfg(feature = "bert")]
use crate::bert::checkpoint::{BaseSearch, CHECKPOINT_FILE, Checkpoint, Source};
#[cfg(feature = "bert")]
use crate::bert::device::DeviceChoice;
#[cfg(feature = "bert")]
use crate::bert::model::HeadKind;
#[cfg(feature = "bert")]
use crate::bert::rescorer::{BertRescorer, CPU_TOKEN_BUDGET, GPU_TOKEN_BUDGET, LoadOptions};
use crate::cli::announced::Announced;
#[cfg(feature = "bert")]
use crate::cli::cache::huggingface_cache;
#[cfg(feature = "bert")]
use crate::cli::model_files::{changed_base, content_hash};
#[cfg(feature = "bert")]
use crate::cli::onnx;
use crate::cli::outputs::inputs;
use crate::cli::program::{self, ProgramInput};
use crate::cli::terminal::{Progress, Terminal};
use crate::files::Input;
#[cfg(feature = "bert")]
use crate::files::settle;
use crate::nbest::limits::Limits;
use crate::nbest::normalize::Normalization;
use crate::nbest::read::open;
use crate::nbest::source::Text;
use crate::report::record::ModelRecord;
use crate::rescore::exec::{ExecOptions, ExecScorer};
use crate::rescore::pointwise::{Pointwise, Remembers};
use crate::rescore::table::ScoreTable;
#[cfg(feature = "bert")]
use crate::rescore::text_scorer::TextScorer;
use crate::rescore::{FirstPass, Interpolation, LARGEST_FACTOR, Oracle, Rescorer};

/// Which rescorer, and where it runs.
#[derive(Debug, clap::Args)]
pub(crate) struct ModelInput {
    /// Checkpoint, Hugging Face folder or PEFT adapter folder; or first-pass, oracle, scores:FILE, exec:COMMAND, onnx:FOLDER
    #[arg(
        long,
        value_name = "MODEL",
        required = true,
        long_help = "What is tested: a checkpoint folder of `robustness-check train`, a Hugging Face folder \
            of a sequence classifier with one label (BERT, RoBERTa, XLM-RoBERTa, CamemBERT, DistilBERT or ELECTRA), \
            a PEFT adapter folder (its base is found by path, or by \
            name in the local Hugging Face cache), `first-pass`, `oracle`, `scores:FILE`, the output of \
            `robustness-check score` or of another system for every text of `robustness-check perturb`, \
            `onnx:FOLDER`, a classifier with one label that was exported to ONNX (model.onnx, config.json, \
            tokenizer.json), or `exec:COMMAND`, a program that scores: it writes the line {\"protocol\": 1, \"name\": \"..\"}, then for \
            every line {\"id\": 7, \"texts\": [\"..\", \"..\"]} that it reads one line \
            {\"id\": 7, \"scores\": [-1.2, -3.4]}; higher is better"
    )]
    pub(super) model: String,
    /// Base model of an adapter, instead of the one that the adapter names
    #[arg(long, value_name = "DIR")]
    pub(super) base: Option<PathBuf>,
    /// Interpolation weight of the second pass, instead of the checkpoint's
    #[arg(long, value_name = "W", allow_negative_numbers = true, value_parser = finite)]
    pub(super) weight: Option<f64>,
    /// Multiplies first-pass scores, instead of the checkpoint's scale
    #[arg(long, value_name = "S", value_parser = not_negative)]
    pub(super) first_pass_scale: Option<f64>,
    /// Longest text in tokens, instead of the checkpoint's; longer texts are cut and counted
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(3..=131_072))]
    pub(super) max_length: Option<u32>,
    /// Where the model runs: cpu, or cuda:N in a build with the feature `cuda`
    #[arg(long, value_name = "DEVICE", default_value = "cpu")]
    pub(super) device: String,
    /// Threads; all cores if not given
    #[arg(long, short, value_name = "N", value_parser = clap::value_parser!(u32).range(1..=1024))]
    pub(super) jobs: Option<u32>,
    /// Tokens per batch, at most; changes speed and memory, never a result
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..=100_000_000))]
    pub(super) batch_tokens: Option<u32>,
    #[command(flatten)]
    pub(super) program: ProgramInput,
}

/// Models that are no folders.
const NAMED: [&str; 2] = ["first-pass", "oracle"];

/// A folder that is not there, and nearly a name, was meant as the name.
fn refuse_misspelt(path: &str) -> anyhow::Result<()> {
    let near = NAMED
        .iter()
        .find(|name| strsim::damerau_levenshtein(name, path) <= 2);
    match near {
        Some(name) if !Path::new(path).exists() => {
            anyhow::bail!("there is no model folder {path}: did you mean {name}?")
        }
        _ => Ok(()),
    }
}

pub(super) fn finite(text: &str) -> Result<f64, String> {
    match text.parse::<f64>() {
        Ok(value) if value.abs() <= LARGEST_FACTOR => Ok(value),
        _ => Err(format!(
            "expected a number from -{LARGEST_FACTOR} to {LARGEST_FACTOR}"
        )),
    }
}

pub(super) fn not_negative(text: &str) -> Result<f64, String> {
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
    pub(super) rescorer: Arc<dyn Rescorer>,
    /// The same, where its scores are worth keeping.
    pub(super) memory: Option<Arc<dyn Remembers>>,
    pub(super) record: ModelRecord,
    pub(super) notices: Vec<String>,
    pub(super) saw_perturbed_lists: bool,
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

    /// What a report says about it.
    pub(crate) fn record(&self) -> ModelRecord {
        self.record.clone()
    }

    /// Whether it has learned from perturbed lists.
    pub(crate) fn saw_perturbed_lists(&self) -> bool {
        self.saw_perturbed_lists
    }

    /// What the user should know about it.
    pub(crate) fn notices(&self) -> &[String] {
        &self.notices
    }
}

impl ModelInput {
    /// The files and folders of the model.
    pub(crate) fn inputs(&self) -> Vec<Input> {
        let named = ["scores:", "onnx:"];
        let path = match named
            .into_iter()
            .find_map(|name| self.model.strip_prefix(name))
        {
            Some(file) => Some(file),
            None if NAMED.contains(&self.model.as_str()) => None,
            None => Some(self.model.as_str()),
        };
        [
            inputs("--model", path.map(Path::new)),
            inputs("--base", self.base.as_deref()),
        ]
        .concat()
    }

    /// The threads that everything runs on.
    pub(crate) fn pool(&self) -> anyhow::Result<rayon::ThreadPool> {
        Ok(rayon::ThreadPoolBuilder::new()
            .num_threads(self.threads())
            .build()?)
    }

    pub(super) fn threads(&self) -> usize {
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
        let checkpoint = Checkpoint::read(&Path::new(&self.model).join(CHECKPOINT_FILE)).ok()?;
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
        if let Some(file) = self.model.strip_prefix("scores:") {
            return self.table(Path::new(file));
        }

        if let Some(command) = self.model.strip_prefix("exec:") {
            return self.program(command, terminal, progress);
        }

        if let Some(folder) = self.model.strip_prefix("onnx:") {
            #[cfg(feature = "bert")]
            return onnx::load(self, Path::new(folder), terminal, progress);
            #[cfg(not(feature = "bert"))]
            return self.bert(Path::new(folder), terminal, progress);
        }

        match self.model.as_str() {
            "first-pass" => Ok(self.modelless(Arc::new(FirstPass))),
            "oracle" => Ok(self.modelless(Arc::new(Oracle))),
            path => {
                refuse_misspelt(path)?;
                self.bert(Path::new(path), terminal, progress)
            }
        }
    }

    pub(super) fn record(&self, kind: &str, interpolation: Interpolation) -> ModelRecord {
        ModelRecord {
            name: self.model.clone(),
            kind: kind.to_owned(),
            content_hash: None,
            head: None,
            weight: interpolation.weight,
            first_pass_scale: interpolation.first_pass_scale,
            max_length: None,
        }
    }

    fn modelless(&self, rescorer: Arc<dyn Rescorer>) -> Model {
        let record = self.record(rescorer.name(), rescorer.interpolation());
        Model {
            record,
            rescorer,
            memory: None,
            notices: Vec::new(),
            saw_perturbed_lists: false,
        }
    }

    fn table(&self, path: &Path) -> anyhow::Result<Model> {
        let interpolation = Interpolation {
            first_pass_scale: self.first_pass_scale.unwrap_or(1.0),
            weight: self.weight.unwrap_or(1.0),
        };
        let name = path.display().to_string();
        let text = open(path)
            .map_err(anyhow::Error::from)
            .and_then(|file| Ok(Text::new(file, Limits::default())?))
            .with_context(|| format!("failed to read scores from {name}"))?;
        let table = ScoreTable::read(text, &name, interpolation)?;

        let mut notices = Vec::new();
        if self.weight.is_none() {
            notices.push("no --weight given for the scores: 1 is used".to_owned());
        }

        Ok(Model {
            record: self.record("scores", interpolation),
            rescorer: Arc::new(Pointwise::new(table)),
            memory: None,
            notices,
            saw_perturbed_lists: false,
        })
    }

    /// A program that scores, started here and ended with the model.
    fn program(
        &self,
        command: &str,
        terminal: &Terminal,
        progress: Arc<Progress>,
    ) -> anyhow::Result<Model> {
        let advanced = Arc::clone(&progress);
        let options = ExecOptions {
            command: command.to_owned(),
            processes: self.program.processes as usize,
            batch_texts: self.program.batch_texts as usize,
            timeout: Duration::from_secs_f64(self.program.timeout),
            cancel: terminal.interrupt_flag(),
            progress: Arc::new(move |texts| advanced.advance(texts)),
        };

        let interpolation = Interpolation {
            first_pass_scale: self.first_pass_scale.unwrap_or(1.0),
            weight: self.weight.unwrap_or(1.0),
        };
        let scorer = ExecScorer::start(options, interpolation)?;

        let mut record = self.record("exec", interpolation);
        record.content_hash = Some(program::content_hash(command, scorer.hello()));

        let mut notices = vec![format!("the program says it is {}", scorer.hello())];
        if self.weight.is_none() {
            notices.push(format!(
                "no --weight given for {}: 1 is used; tune one on a development set",
                self.model
            ));
        }

        let (rescorer, memory): (Arc<dyn Rescorer>, Option<Arc<dyn Remembers>>) =
            if scorer.hello().listwise {
                (Arc::new(scorer.listwise()), None)
            } else {
                let rescorer = Arc::new(Pointwise::new(Announced { scorer, progress }));
                (Arc::clone(&rescorer) as Arc<dyn Rescorer>, Some(rescorer))
            };

        Ok(Model {
            record,
            rescorer,
            memory,
            notices,
            saw_perturbed_lists: false,
        })
    }

    #[cfg(feature = "bert")]
    fn bert(
        &self,
        path: &Path,
        terminal: &Terminal,
        progress: Arc<Progress>,
    ) -> anyhow::Result<Model> {
        let choice: DeviceChoice = self.device.parse()?;
        let device = choice.resolve()?;
        let cache = huggingface_cache();
        let search = BaseSearch {
            base: self.base.as_deref(),
            cache: cache.as_deref(),
        };
        let seen = settle(path)?;
        let source = Source::open(path, search)?;

        let mut notices = Vec::new();
        if self.weight.or(source.weight).is_none() {
            notices.push(format!(
                "{} names no interpolation weight: 1 is used; tune one on a development set and give it with --weight",
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

        let rescorer = Arc::new(Pointwise::new(Announced {
            scorer: rescorer,
            progress,
        }));

        Ok(Model {
            record,
            memory: Some(Arc::clone(&rescorer) as Arc<dyn Remembers>),
            rescorer,
            notices,
            saw_perturbed_lists: source
                .checkpoint
                .as_ref()
                .is_some_and(Checkpoint::saw_perturbed_lists),
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
