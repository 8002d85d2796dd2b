//! The objective that the options of `train` ask for.

use crate::cli::commands::train::options::{ObjectiveName, Options};
use crate::train::plan::{ListObjective, Objective};

/// What is minimized.
pub(super) fn objective(options: &Options) -> Objective {
    let list = match options.objective {
        Some(ObjectiveName::Mwed) => ListObjective::Mwed,
        Some(ObjectiveName::Distillation) => ListObjective::Distillation,
        Some(ObjectiveName::Mwer | ObjectiveName::Mlm) | None => ListObjective::Mwer,
    };
    let alone = match list {
        ListObjective::Distillation => 1.0,
        ListObjective::Mwer | ListObjective::Mwed => 0.0,
    };

    Objective {
        list,
        mwed: options.mwed.unwrap_or(0.0),
        distillation: options.distillation.unwrap_or(alone),
        correlation: options.correlation.unwrap_or(0.0),
    }
}
