//! `--model` and its companions: what is typed of a model.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

#[cfg(feature = "bert")]
use crate::bert::device::DeviceChoice;
use crate::cli::args::command_files::named_paths;
use crate::cli::args::model_name::{NAMED, base_folder, model_folder};
use crate::cli::args::numbers::{finite, not_negative};
use crate::cli::args::outputs::inputs;
use crate::cli::args::precision::PrecisionChoice;
use crate::cli::args::program::ProgramInput;
use crate::cli::args::score_cache::CacheInput;
use crate::cli::args::served::{Address, ServedInput};
use crate::cli::args::usual::usual;
use crate::files::Input;
use crate::report::model_kind::ModelKind;
use crate::report::model_record::ModelRecord;
use crate::rescore::Interpolation;

/// Which rescorer, and where it runs.
#[derive(Debug, Clone, clap::Args)]
pub(crate) struct ModelInput {
    /// Checkpoint, Hugging Face folder or PEFT adapter folder; or demo, first-pass, oracle,
    /// scores:FILE, exec:COMMAND, onnx:FOLDER, tei:URL, completions:URL
    #[arg(
        long,
        value_name = "MODEL",
        required = true,
        long_help = "What is tested: a checkpoint folder of `robustness-check train`, a Hugging \
            Face folder of a sequence classifier with one label (BERT, RoBERTa, XLM-RoBERTa, \
            CamemBERT, DistilBERT or ELECTRA), a PEFT adapter folder (its base is found by path, \
            or by name in the local Hugging Face cache), `demo`, a small model that this program \
            carries (a folder of that name is `./demo`), `first-pass`, `oracle`, `scores:FILE`, \
            scores by another system of every text that `robustness-check perturb` writes (for \
            `tune` and `score` those of the clean lists are enough, as `robustness-check score` \
            writes them), `onnx:FOLDER`, a classifier with one label that was \
            exported to ONNX (model.onnx, config.json, tokenizer.json), `tei:URL`, a classifier \
            behind Text Embeddings Inference, `completions:URL`, a language model behind an \
            OpenAI-style server (vLLM, SGLang), whose score is the log-probability of the text, or \
            `exec:COMMAND`, a program that scores: it writes the line {\"protocol\": 1, \"name\": \
            \"..\"}, then for every line {\"id\": 7, \"texts\": [\"..\", \"..\"]} that it reads \
            one line {\"id\": 7, \"scores\": [-1.2, -3.4]}; higher is better"
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
    /// Where a checkpoint runs: cpu, or cuda:N, vulkan:N or metal:N in a build with that feature
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

/// What `--model corrections:FILE` is told: a generator has no scores.
pub(crate) const NO_SCORES: &str = "a generator writes a text instead of scoring those of a list, \
    so its failures can be neither minimized nor replayed, and no pick of it can change; what is \
    defined of it is told by `robustness-check corrections FILE --suite SUITE`";

/// The file or folder that what `--model` names is in, if it is in one.
pub(crate) fn path_of(model: &str) -> Option<&str> {
    let in_files = ["scores:", "onnx:"];
    let path = in_files
        .into_iter()
        .find_map(|name| model.strip_prefix(name));
    match path {
        Some(path) => Some(path),
        None if NAMED.contains(&model) => None,
        None if model.starts_with("exec:") => None,
        None if Address::of(model).is_some() => None,
        None => Some(model),
    }
}

impl ModelInput {
    /// The files and folders of the model.
    pub(crate) fn inputs(&self) -> Vec<Input> {
        let command = self.model.strip_prefix("exec:");
        let named = command.map(named_paths).unwrap_or_default();
        let named = named.iter().map(PathBuf::as_path);

        [
            inputs("--model", self.path().map(Path::new)),
            inputs("--model", named.filter(|path| path.is_file())),
            inputs("--base", self.base_folder().as_deref()),
            inputs("--interpolation", self.interpolation.as_deref()),
            self.cache.inputs(),
        ]
        .concat()
    }

    /// The file or folder that the model is in, if it is in one.
    pub(crate) fn path(&self) -> Option<&str> {
        path_of(&self.model)
    }

    /// The folder of a model that is in one.
    pub(crate) fn folder(&self) -> PathBuf {
        model_folder(Path::new(&self.model))
    }

    /// The folder of the base model, where one is named.
    pub(crate) fn base_folder(&self) -> Option<PathBuf> {
        self.base.as_deref().map(base_folder)
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
        // What is no device's name is no matter to a model that runs elsewhere.
        #[cfg(feature = "bert")]
        if let Ok(choice) = self.device.parse::<DeviceChoice>() {
            return choice.described();
        }
        self.device.clone()
    }

    pub(crate) fn record(&self, kind: ModelKind, interpolation: Interpolation) -> ModelRecord {
        ModelRecord {
            name: self.model.clone(),
            kind,
            content_hash: None,
            says: None,
            head: None,
            weight: interpolation.weight,
            first_pass_scale: interpolation.first_pass_scale,
            max_length: None,
            options: self.options(),
            precision: None,
        }
    }

    /// How scores of a model that says nothing of that combine with the first pass's.
    pub(crate) fn plain_interpolation(&self) -> Interpolation {
        Interpolation {
            first_pass_scale: self.first_pass_scale.unwrap_or(1.0),
            weight: self.weight.unwrap_or(1.0),
        }
    }

    /// What was typed beside the model's name and decides its totals: with it a report can be
    /// replayed. Where the model runs, and how it is asked, is left out.
    pub(crate) fn options(&self) -> BTreeMap<String, String> {
        let ModelInput {
            model: _,
            base,
            weight,
            first_pass_scale,
            // What is in it was typed, once the model is loaded.
            interpolation: _,
            max_length,
            device: _,
            precision,
            jobs: _,
            batch_tokens: _,
            program: _,
            served,
            cache: _,
        } = self;

        let typed = [
            ("base", base.as_ref().map(|base| base.display().to_string())),
            ("weight", weight.map(|weight| weight.to_string())),
            (
                "first-pass-scale",
                first_pass_scale.map(|scale| scale.to_string()),
            ),
            ("max-length", max_length.map(|length| length.to_string())),
            ("precision", usual(*precision, PrecisionChoice::F32)),
        ];
        with_values(typed.into_iter().chain(served.scored_with()))
    }

    /// What was typed of how a program or a server is asked, which decides whether it answers at
    /// all and how fast, and no total. A key or token must never be in it.
    pub(crate) fn asked_with(&self) -> BTreeMap<String, String> {
        let program = self.program.asked_with();
        with_values(program.into_iter().chain(self.served.asked_with()))
    }
}

/// The options that have a value.
fn with_values(
    options: impl Iterator<Item = (&'static str, Option<String>)>,
) -> BTreeMap<String, String> {
    options
        .filter_map(|(option, value)| Some((option.to_owned(), value?)))
        .collect()
}
