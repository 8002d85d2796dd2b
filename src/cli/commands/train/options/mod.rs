//! Every option of `train`, on the command line or in a recipe.
//!
//! Nothing is decided here: an absent option is absent. Defaults are applied where
//! plans are made.

pub(crate) mod recipe;
mod used;

use std::path::PathBuf;

use clap::ValueEnum;
use serde::{Deserialize, Serialize};

use crate::cli::args::numbers::whole;

/// What is minimized.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(super) enum ObjectiveName {
    /// Minimum word error rate on n-best lists
    Mwer,
    /// Minimum word error distribution on n-best lists
    Mwed,
    /// Pseudo-log-likelihoods of a masked language model (--teacher) alone
    Distillation,
    /// Hidden words of plain text: pretraining, or adaptation to a domain
    Mlm,
}

/// How weights are trained; arXiv 2401.10447 compares them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(super) enum StrategyName {
    /// Every weight
    Full,
    /// Low-rank adapters of one rank
    Lora,
    /// Adapters whose ranks are allocated while training (AdaLoRA)
    Dynamic,
    /// Adapters of a high rank, then truncated to the target rank
    Warmup,
    /// Adapters of different ranks (--ranks, --ranks-from), or a rank drawn for every step
    Mixed,
}

/// Which hypotheses of a training list are perturbed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum, Serialize, Deserialize)]
pub(super) enum RobustName {
    /// One word of the hypothesis that the first pass likes best
    #[value(name = "perturb-1")]
    #[serde(rename = "perturb-1")]
    One,
    /// One word of every hypothesis, independently
    #[value(name = "perturb-n")]
    #[serde(rename = "perturb-n")]
    All,
    /// One word of the list, wherever it stands
    #[value(name = "perturb-n-coherent")]
    #[serde(rename = "perturb-n-coherent")]
    Alike,
}

/// What the consistency term compares.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(super) enum ConsistencyName {
    /// The distributions over the list
    Ranking,
    /// The scores themselves
    Scores,
}

/// What the first phase of a warm-up trains.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(super) enum WarmUpName {
    /// Adapters of a high rank, which are then truncated
    HighRank,
    /// Every weight; the checkpoint is a whole model
    Full,
}

/// What the learning rate does after its rise.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(super) enum ScheduleName {
    /// It falls along a line to zero
    Linear,
    /// It falls as half a cosine to zero
    Cosine,
    /// It stays
    Constant,
}

/// The head of the rescorer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[value(rename_all = "snake_case")]
pub(super) enum HeadName {
    /// A linear map of [CLS], as in RescoreBERT
    ClsLinear,
    /// Dense layer, activation, linear map: Hugging Face's `..ForSequenceClassification`
    HfPooled,
}

/// The shape of a model that is made from nothing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(super) enum SizeName {
    /// 2 layers of 128
    Tiny,
    /// 4 layers of 256
    Mini,
    /// 4 layers of 512
    Small,
}

/// Options that may stand in a recipe.
#[derive(Debug, Clone, Default, PartialEq, clap::Args, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
#[expect(
    clippy::struct_excessive_bools,
    reason = "each is a flag of its own on the command line"
)]
pub(crate) struct Options {
    /// What is minimized: mwer on n-best lists (the default), mwed, distillation, or mlm on plain
    /// text
    #[arg(long, value_enum, value_name = "OBJECTIVE", help_heading = "Objective")]
    pub(super) objective: Option<ObjectiveName>,
    /// Folder of the base model: a BERT or one of its kin in Hugging Face form, or one of ours;
    /// `demo` is the demo model's
    #[arg(long, value_name = "DIR")]
    pub(super) base: Option<PathBuf>,
    /// Lists to learn from; repeatable
    #[arg(long, value_name = "FILE", help_heading = "N-best lists")]
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(super) nbest: Vec<PathBuf>,
    /// Lists that decide which model is best and tune the interpolation weight; repeatable
    #[arg(long, value_name = "FILE", help_heading = "N-best lists")]
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(super) dev: Vec<PathBuf>,
    /// Hypotheses of a list that are read; 10 if not given
    #[arg(long, value_name = "N", help_heading = "N-best lists", value_parser = whole::<usize>)]
    pub(super) hypotheses: Option<usize>,
    /// Multiplies first-pass scores; estimated on the training lists if not given
    ///
    /// Recognizers scale acoustic scores by all sorts of constants. The estimate is the scale under
    /// which softmax(scale * score) gives the hypotheses with the fewest errors the largest
    /// likelihood. PocketSphinx: about 1/9.5, the inverse of its language model weight.
    #[arg(long, value_name = "S", help_heading = "N-best lists")]
    pub(super) first_pass_scale: Option<f64>,
    /// Where the checkpoint goes; OUT.training beside it holds the state until training ends
    #[arg(long, value_name = "DIR")]
    pub(super) out: Option<PathBuf>,

    /// Which weights are trained, and with which ranks; lora if not given
    #[arg(long, value_enum, value_name = "STRATEGY", help_heading = "Strategy")]
    pub(super) strategy: Option<StrategyName>,
    /// The rank, or the mean rank at the end; 8 if not given
    #[arg(long, value_name = "R", help_heading = "Strategy", value_parser = whole::<usize>)]
    pub(super) rank: Option<usize>,
    /// Adapters are multiplied by alpha / rank; twice the rank if not given
    #[arg(long, value_name = "A", help_heading = "Strategy")]
    pub(super) alpha: Option<f64>,
    /// Multiply adapters by alpha / sqrt(rank) instead (rsLoRA)
    #[arg(long, help_heading = "Strategy")]
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub(super) rslora: bool,
    /// Dropout of the adapters' inputs; 0.05 if not given
    #[arg(long, value_name = "P", help_heading = "Strategy")]
    pub(super) dropout: Option<f64>,
    /// Matrices with adapters, separated by commas, or all-linear; query,value (DistilBERT:
    /// q_lin,v_lin) if not given
    #[arg(
        long,
        value_name = "NAMES",
        value_delimiter = ',',
        help_heading = "Strategy"
    )]
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(super) targets: Vec<String>,
    /// dynamic: the rank every matrix starts with; 1.5 times the rank if not given
    #[arg(long, value_name = "R", help_heading = "Strategy", value_parser = whole::<usize>)]
    pub(super) initial_rank: Option<usize>,
    /// dynamic: steps before pruning; a tenth of the steps if not given
    #[arg(long, value_name = "N", help_heading = "Strategy", value_parser = whole::<usize>)]
    pub(super) prune_after: Option<usize>,
    /// dynamic: steps with the final ranks; three tenths of the steps if not given
    #[arg(long, value_name = "N", help_heading = "Strategy", value_parser = whole::<usize>)]
    pub(super) final_steps: Option<usize>,
    /// dynamic: weight of the orthogonality of P and Q; 0.5 if not given
    #[arg(long, value_name = "W", help_heading = "Strategy")]
    pub(super) orthogonality: Option<f64>,
    /// warmup: what the first phase trains; high-rank if not given
    #[arg(long, value_enum, value_name = "WHAT", help_heading = "Strategy")]
    pub(super) warm_up_from: Option<WarmUpName>,
    /// warmup from full: the first phase's learning rate is this many times the second's; 0.1 if
    /// not given
    #[arg(long, value_name = "RATIO", help_heading = "Strategy")]
    pub(super) warm_up_lr_ratio: Option<f64>,
    /// warmup: the rank of the first phase; four times the rank if not given
    #[arg(long, value_name = "R", help_heading = "Strategy", value_parser = whole::<usize>)]
    pub(super) warm_up_rank: Option<usize>,
    /// warmup: the first phase's share of the steps; 0.3 if not given
    #[arg(long, value_name = "SHARE", help_heading = "Strategy")]
    pub(super) warm_up_share: Option<f64>,
    /// warmup: allocate ranks dynamically in the second phase
    #[arg(long, help_heading = "Strategy")]
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub(super) then_dynamic: bool,
    /// mixed: ranks by the end of matrix names, such as query=4,output.dense=12
    #[arg(
        long,
        value_name = "NAME=R",
        value_delimiter = ',',
        help_heading = "Strategy",
        conflicts_with = "ranks_from"
    )]
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(super) ranks: Vec<String>,
    /// mixed: the ranks that a finished dynamic run kept
    #[arg(long, value_name = "CKPT", help_heading = "Strategy")]
    pub(super) ranks_from: Option<PathBuf>,
    /// Head of the rescorer; the base's own kind if not given
    #[arg(long, value_enum, value_name = "HEAD", help_heading = "Strategy")]
    pub(super) head: Option<HeadName>,

    /// Weight of the correlation regularizer of [CLS] (LoRB); 0 if not given
    #[arg(long, value_name = "W", help_heading = "Objective")]
    pub(super) correlation: Option<f64>,
    /// Weight of the MWED loss beside MWER; 0 if not given
    #[arg(long, value_name = "W", help_heading = "Objective")]
    pub(super) mwed: Option<f64>,
    /// Weight of the squared distance from a teacher's pseudo-log-likelihoods (RescoreBERT: 1e-4);
    /// 0 if not given
    #[arg(long, value_name = "W", help_heading = "Objective")]
    pub(super) distillation: Option<f64>,
    /// The teacher: a BERT with a head for hidden words; the base if not given
    #[arg(long, value_name = "DIR", help_heading = "Objective")]
    pub(super) teacher: Option<PathBuf>,

    /// Robust training: now and then swap a training list for a perturbed version of itself
    ///
    /// Word errors are counted anew on the perturbed texts. Only words of the training half of
    /// CMUdict are swapped: `--lexicon-slice held-out` of a check tests on the other half.
    #[arg(long, value_enum, value_name = "HOW", help_heading = "Robust training")]
    pub(super) robust: Option<RobustName>,
    /// Probability that a list is swapped, each time it comes; 0.3 if not given
    #[arg(long, value_name = "P", help_heading = "Robust training")]
    pub(super) robust_probability: Option<f64>,
    /// Words swapped per perturbed hypothesis; 1 if not given
    #[arg(long, value_name = "N", help_heading = "Robust training", value_parser = whole::<usize>)]
    pub(super) robust_words: Option<usize>,
    /// How far a new word may sound from the old one; 0, homophones only, if not given
    #[arg(long, value_name = "D", help_heading = "Robust training")]
    pub(super) robust_distance: Option<f64>,
    /// Weight of a term that asks for the same scores of a list and its perturbed version; 0 if not
    /// given
    #[arg(long, value_name = "W", help_heading = "Robust training")]
    pub(super) consistency: Option<f64>,
    /// What that term compares: ranking (if not given) or scores
    #[arg(
        long,
        value_enum,
        value_name = "WHAT",
        help_heading = "Robust training"
    )]
    pub(super) consistency_of: Option<ConsistencyName>,

    /// Largest learning rate; 5e-4 with adapters, 5e-5 without, 1e-3 for mlm if not given
    #[arg(long, value_name = "LR", help_heading = "Optimization")]
    pub(super) lr: Option<f64>,
    /// The head's learning rate is this many times the others'; 1 if not given
    #[arg(long, value_name = "RATIO", help_heading = "Optimization")]
    pub(super) head_lr_ratio: Option<f64>,
    /// B's learning rate is this many times A's (LoRA+); 1 if not given
    #[arg(long, value_name = "RATIO", help_heading = "Optimization")]
    pub(super) b_lr_ratio: Option<f64>,
    /// Train once per value of an option, such as lr=1e-4,3e-4,1e-3, and keep the best on --dev
    ///
    /// OUT.sweep holds what is trained until all values are; an interrupted sweep goes on with
    /// --resume. Also: rank, alpha, dropout, and the other numbers that change how, but not on
    /// what, is trained.
    #[arg(long, value_name = "NAME=V,V", help_heading = "Optimization")]
    pub(super) sweep: Option<String>,
    /// Passes over the data; 3 if neither this nor --steps is given
    #[arg(
        long,
        value_name = "N",
        help_heading = "Optimization",
        conflicts_with = "steps"
    )]
    pub(super) epochs: Option<f64>,
    /// Optimizer steps
    #[arg(long, value_name = "N", help_heading = "Optimization", value_parser = whole::<usize>)]
    pub(super) steps: Option<usize>,
    /// Lists per optimizer step; 8 if not given
    #[arg(long, value_name = "N", help_heading = "Optimization", value_parser = whole::<usize>)]
    pub(super) lists: Option<usize>,
    /// Lists per forward pass, to save memory: gradients are accumulated; all if not given
    #[arg(long, value_name = "N", help_heading = "Optimization", value_parser = whole::<usize>)]
    pub(super) lists_per_pass: Option<usize>,
    /// What the learning rate does after its rise; linear if not given
    #[arg(long, value_enum, value_name = "SHAPE", help_heading = "Optimization")]
    pub(super) lr_schedule: Option<ScheduleName>,
    /// Share of the steps in which the learning rate rises; 0.1 if not given
    #[arg(long, value_name = "SHARE", help_heading = "Optimization")]
    pub(super) lr_warm_up: Option<f64>,
    /// Decay of matrices; 0.01 if not given
    #[arg(long, value_name = "W", help_heading = "Optimization")]
    pub(super) weight_decay: Option<f64>,
    /// Largest norm of the gradients; 1 if not given
    #[arg(long, value_name = "NORM", help_heading = "Optimization")]
    pub(super) clip_norm: Option<f64>,
    /// Steps between two looks at the development set; a twentieth of the steps if not given
    #[arg(long, value_name = "N", help_heading = "Optimization", value_parser = whole::<usize>)]
    pub(super) evaluate_every: Option<usize>,
    /// Looks without a better result after which training ends; 8, and at least 100 steps, if not
    /// given
    #[arg(long, value_name = "N", help_heading = "Optimization", value_parser = whole::<usize>)]
    pub(super) patience: Option<usize>,
    /// Steps between two saves of the state; as often as looks if not given
    #[arg(long, value_name = "N", help_heading = "Optimization", value_parser = whole::<usize>)]
    pub(super) save_every: Option<usize>,
    /// Seed of data order, dropout and new weights; 1 if not given
    #[arg(long, value_name = "N", help_heading = "Optimization", value_parser = whole::<u64>)]
    pub(super) seed: Option<u64>,
    /// Longest text in tokens; what the base reads, at most 128, if not given
    #[arg(long, value_name = "N", help_heading = "Optimization", value_parser = whole::<usize>)]
    pub(super) max_length: Option<usize>,

    /// mlm: plain text, one sentence a line; repeatable
    #[arg(long, value_name = "FILE", help_heading = "Plain text")]
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(super) text: Vec<PathBuf>,
    /// mlm: also learn from the references of the lists of --nbest
    #[arg(long, help_heading = "Plain text")]
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub(super) references: bool,
    /// mlm: make a new model of this configuration (config.json); its vocabulary is made from the
    /// text
    #[arg(
        long,
        value_name = "CONFIG",
        help_heading = "Plain text",
        conflicts_with_all = ["base", "size"]
    )]
    pub(super) new: Option<PathBuf>,
    /// mlm: make a new model of this size
    #[arg(
        long,
        value_enum,
        value_name = "SIZE",
        help_heading = "Plain text",
        conflicts_with = "base"
    )]
    pub(super) size: Option<SizeName>,
    /// mlm: word pieces of a new model; the configuration's if not given
    #[arg(long, value_name = "N", help_heading = "Plain text", value_parser = whole::<usize>)]
    pub(super) vocabulary: Option<usize>,
    /// mlm: share of words that are hidden; 0.15 if not given
    #[arg(long, value_name = "SHARE", help_heading = "Plain text")]
    pub(super) mask_share: Option<f64>,
    /// mlm: hide word pieces instead of whole words
    #[arg(long, help_heading = "Plain text")]
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub(super) pieces: bool,
    /// mlm: sentences per optimizer step; 64 if not given
    #[arg(long, value_name = "N", help_heading = "Plain text", value_parser = whole::<usize>)]
    pub(super) sentences: Option<usize>,
    /// mlm: store weights as 16-bit numbers
    #[arg(long, help_heading = "Plain text")]
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub(super) half: bool,
}

#[cfg(test)]
mod tests;
