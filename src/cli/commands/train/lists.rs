//! Training on n-best lists: once, or in a sweep.

use crate::cli::commands::train::attempt::train;
use crate::cli::commands::train::ending::{Trained, interrupted};
use crate::cli::commands::train::inputs::TrainInputs;
use crate::cli::commands::train::options::{Options, StrategyName};
use crate::cli::commands::train::planning::best_scale;
use crate::cli::commands::train::sweep::Sweep;
use crate::cli::commands::train::{Args, Output, divergence, required};
use crate::cli::exit::Exit;
use crate::cli::models::files::weight_bytes;
use crate::cli::terminal::Terminal;
use crate::report::tuning::scale_at_end;

/// Trains on lists; the summary is for standard output.
pub(super) fn run(
    args: &Args,
    options: &Options,
    terminal: &Terminal,
) -> anyhow::Result<(Exit, String)> {
    let base = required(options.base.as_ref(), "--base", "DIR")?;
    let out = required(options.out.as_ref(), "--out", "DIR")?;
    required(options.nbest.first(), "--nbest", "TRAIN")?;
    required(options.dev.first(), "--dev", "DEV")?;

    let output = Output::new(args, options, out)?;
    let sweep = options.sweep.as_deref().map(Sweep::parse).transpose()?;
    anyhow::ensure!(
        !args.finish || sweep.is_none(),
        "--finish is for one training: a sweep chooses among whole ones; go on without it"
    );
    let inputs = TrainInputs::gather(args, options, base, terminal)?;
    if options.strategy == Some(StrategyName::Full) {
        output.ensure_space(weight_bytes(&inputs.source)?)?;
    }

    terminal.say(&format!(
        "{} training lists, {} development lists",
        inputs.data.train.len(),
        inputs.data.dev.len(),
    ));
    if options.first_pass_scale.is_none()
        && let Some(warning) = scale_at_end(best_scale(&inputs.data))
    {
        terminal.warn(&warning);
    }
    if let Some(sweep) = sweep {
        return sweep.run(args, options, &inputs, &output, terminal);
    }

    let trained = train(args, options, &inputs, &output, (out, None), terminal);
    match trained.map_err(|error| divergence::told(error, options, &output))? {
        Trained::Interrupted(kept) => Ok((Exit::Interrupted, interrupted(kept.as_ref()))),
        Trained::Finished(summary) => {
            output.clear()?;
            Ok((Exit::Pass, summary))
        }
    }
}
