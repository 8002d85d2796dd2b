//! A whole run, for whoever wants nothing in between.

use crate::check::engine;
use crate::check::engine::plan::{CheckProgress, Plan};
use crate::check::judge::findings::Findings;
use crate::rescore::{RescoreError, Rescorer};

/// Perturbs, rescores, counts and judges: everything that `plan` asks for.
///
/// [`Findings::verdict`] is the worst of all verdicts, [`Findings::judgments`] has one for each
/// check.
pub fn run(plan: &Plan<'_>, rescorer: &dyn Rescorer) -> Result<Findings, RescoreError> {
    let outcome = engine::run::run(plan, rescorer, &Nobody)?;
    Ok(Findings::new(plan, &outcome))
}

/// Whom a run tells nothing.
struct Nobody;

impl CheckProgress for Nobody {
    fn begin(&self, _check: &str, _lists: usize) {}
}
