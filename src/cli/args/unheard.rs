//! Options of a model that its kind does not listen to: refused, since they would silently do
//! nothing.

use crate::cli::args::model::ModelInput;
use crate::cli::args::precision::PrecisionChoice;

/// What everything listens to whose scores are combined with the first pass's.
const SCORES: &[&str] = &["weight", "first-pass-scale"];

/// What a folder of a transformer listens to as well.
const CHECKPOINT: &[&str] = &["base", "max-length", "precision", "device", "cache"];

/// What a classifier in ONNX listens to as well.
const ONNX: &[&str] = &["max-length", "cache"];

/// What whatever is asked for scores listens to as well.
const ASKED: &[&str] = &["timeout", "batch-texts", "cache"];

/// And what of those a program alone listens to, a server, and a server with a language model.
const PROGRAM: &[&str] = &["processes"];
const SERVER: &[&str] = &["api-key-env", "connections", "retries"];
const LANGUAGE_MODEL: &[&str] = &[
    "served-model",
    "prompt-form",
    "token-scores",
    "prefix",
    "suffix",
];

impl ModelInput {
    /// Refuses what was typed beside the model and means nothing for its kind.
    pub(crate) fn refuse_unheard(&self) -> anyhow::Result<()> {
        let options = self.options().into_keys();
        let mut typed: Vec<String> = options.chain(self.asked_with().into_keys()).collect();
        typed.extend(self.served.typed().map(str::to_owned));
        if self.device != "cpu" {
            typed.push("device".to_owned());
        }
        if self.cache.is_given() {
            typed.push("cache".to_owned());
        }

        typed.iter().try_for_each(|option| self.refuse(option))
    }

    /// Refuses what says how scores are weighed against those of the first pass, for a command that
    /// writes them as they are.
    pub(crate) fn refuse_weighing(&self) -> anyhow::Result<()> {
        let typed = [
            ("weight", self.weight.is_some()),
            ("first-pass-scale", self.first_pass_scale.is_some()),
            ("interpolation", self.interpolation.is_some()),
        ];
        let useless = typed.into_iter().find(|(_, is_typed)| *is_typed);
        useless.map_or(Ok(()), |(option, _)| {
            anyhow::bail!(
                "--{option} does nothing here, where the scores of the model are written as they \
                    are: leave it out, or write what is picked, with --to trn, kaldi or jsonl"
            )
        })
    }

    /// The same of the precision alone, for commands whose other options are those of several
    /// models.
    pub(crate) fn refuse_unheard_precision(&self) -> anyhow::Result<()> {
        if self.precision == PrecisionChoice::F32 {
            return Ok(());
        }
        self.refuse("precision")
    }

    fn refuse(&self, option: &str) -> anyhow::Result<()> {
        let is_heard = self.heard().iter().any(|heard| heard.contains(&option));
        anyhow::ensure!(
            is_heard,
            "--{option} does nothing for --model {}: leave it out",
            self.model
        );
        Ok(())
    }

    fn heard(&self) -> &'static [&'static [&'static str]] {
        let kind = self.model.split_once(':').map_or("", |(kind, _)| kind);
        match (self.model.as_str(), kind) {
            ("first-pass" | "oracle", _) => &[],
            (_, "scores") => &[SCORES],
            (_, "exec") => &[SCORES, ASKED, PROGRAM],
            (_, "onnx") => &[SCORES, ONNX],
            (_, "tei") => &[SCORES, ASKED, SERVER],
            (_, "completions") => &[SCORES, ASKED, SERVER, LANGUAGE_MODEL],
            _ => &[SCORES, CHECKPOINT],
        }
    }
}
