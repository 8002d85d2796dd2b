//! Options of a model that its kind does not listen to: refused, since they would silently do
//! nothing.

use crate::cli::args::model::ModelInput;

/// What a folder of a transformer listens to.
const CHECKPOINT: &[&str] = &[
    "base",
    "weight",
    "first-pass-scale",
    "max-length",
    "precision",
    "device",
];

const ONNX: &[&str] = &["weight", "first-pass-scale", "max-length"];

const TABLE: &[&str] = &["weight", "first-pass-scale"];

const PROGRAM: &[&str] = &[
    "weight",
    "first-pass-scale",
    "processes",
    "timeout",
    "batch-texts",
];

const CLASSIFIER_SERVER: &[&str] = &[
    "weight",
    "first-pass-scale",
    "timeout",
    "batch-texts",
    "api-key-env",
    "connections",
    "retries",
];

const LANGUAGE_MODEL_SERVER: &[&str] = &[
    "weight",
    "first-pass-scale",
    "timeout",
    "batch-texts",
    "api-key-env",
    "connections",
    "retries",
    "served-model",
    "prompt-form",
    "token-scores",
    "prefix",
];

impl ModelInput {
    /// Refuses what was typed beside the model and means nothing for its kind.
    pub(crate) fn refuse_unheard(&self) -> anyhow::Result<()> {
        let mut typed: Vec<String> = self.options().into_keys().collect();
        if self.device != "cpu" {
            typed.push("device".to_owned());
        }

        let heard = self.heard();
        match typed
            .iter()
            .find(|option| !heard.contains(&option.as_str()))
        {
            None => Ok(()),
            Some(option) => anyhow::bail!(
                "--{option} does nothing for --model {}: leave it out",
                self.model
            ),
        }
    }

    fn heard(&self) -> &'static [&'static str] {
        let kind = self.model.split_once(':').map_or("", |(kind, _)| kind);
        match (self.model.as_str(), kind) {
            ("first-pass" | "oracle", _) => &[],
            (_, "scores") => TABLE,
            (_, "exec") => PROGRAM,
            (_, "onnx") => ONNX,
            (_, "tei") => CLASSIFIER_SERVER,
            (_, "completions") => LANGUAGE_MODEL_SERVER,
            _ => CHECKPOINT,
        }
    }
}
