//! Options of `exec:COMMAND` models: programs that score.

use crate::cli::args::numbers::finite;

/// What is used where nothing else is typed.
const PROCESSES: u32 = 1;
const TIMEOUT: f64 = 300.0;
const BATCH_TEXTS: u32 = 64;

/// How a program that scores is run.
#[derive(Debug, Clone, clap::Args)]
pub(crate) struct ProgramInput {
    /// Processes of an exec: command that run side by side
    #[arg(
        help_heading = "Programs as models",
        long,
        value_name = "N",
        default_value_t = PROCESSES,
        value_parser = clap::value_parser!(u32).range(1..=256)
    )]
    pub(crate) processes: u32,
    /// Seconds that an exec: command may take for an answer, or to start, and a server for an
    /// answer
    #[arg(help_heading = "Programs as models", long, value_name = "SECONDS", default_value_t = TIMEOUT, value_parser = seconds)]
    pub(crate) timeout: f64,
    /// Texts in a request to an exec: command or to a server, at most
    #[arg(
        help_heading = "Programs as models",
        long,
        value_name = "N",
        default_value_t = BATCH_TEXTS,
        value_parser = clap::value_parser!(u32).range(1..=65_536)
    )]
    pub(crate) batch_texts: u32,
}

impl ProgramInput {
    /// Every option by its name, with a value where that is not what is used anyway. None decides a
    /// score.
    pub(crate) fn asked_with(&self) -> [(&'static str, Option<String>); 3] {
        let other = |value: String, usual: String| (value != usual).then_some(value);

        [
            (
                "processes",
                other(self.processes.to_string(), PROCESSES.to_string()),
            ),
            (
                "timeout",
                other(self.timeout.to_string(), TIMEOUT.to_string()),
            ),
            (
                "batch-texts",
                other(self.batch_texts.to_string(), BATCH_TEXTS.to_string()),
            ),
        ]
    }
}

fn seconds(text: &str) -> Result<f64, String> {
    const DAY: f64 = 86_400.0;
    match finite(text) {
        Ok(value) if value > 0.0 && value <= DAY => Ok(value),
        _ => Err("expected a number of seconds above 0, up to 86400".to_owned()),
    }
}
