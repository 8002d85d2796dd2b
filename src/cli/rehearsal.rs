//! Every model of a comparison is loaded once before any is run, so that a wrong one costs seconds
//! and no scores.

use std::sync::Arc;

use crate::cli::commands::compare::contenders::{Group, refuse_mixed, rescorer_record};
use crate::cli::terminal::Terminal;
use crate::report::comparison::record::RescorerRecord;

/// Loads the models of all groups one after the other, and lets each go again: only one of them is
/// in memory. What is known of them, by group.
pub(crate) fn load_all(
    groups: &[Group],
    terminal: &Terminal,
) -> anyhow::Result<Vec<Vec<RescorerRecord>>> {
    let mut records = Vec::new();
    for group in groups {
        let mut rescorers: Vec<RescorerRecord> = Vec::new();
        for input in &group.models {
            let model = input.load(terminal, Arc::new(terminal.progress("texts")))?;
            rescorers.push(rescorer_record(input, model.record())?);
            refuse_mixed(&group.label, &rescorers)?;
            terminal.may_go_on()?;
        }
        records.push(rescorers);
    }

    Ok(records)
}
