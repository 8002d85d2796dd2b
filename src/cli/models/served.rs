//! `tei:URL` and `completions:URL`: models behind HTTP.

use std::sync::Arc;

use crate::cli::args::model::ModelInput;
use crate::cli::args::score_cache::identity;
use crate::cli::args::served::Address;
use crate::cli::models::announced::Announced;
use crate::cli::models::model::{Model, pointwise};
use crate::cli::terminal::{Progress, Terminal};
use crate::report::shown::shown;
use crate::rescore::http::{HttpScorer, Served};

/// Asks the server at `address` what it serves.
pub(crate) fn load(
    input: &ModelInput,
    address: Address<'_>,
    terminal: &Terminal,
    progress: Arc<Progress>,
) -> anyhow::Result<Model> {
    let cache = input.cache.open()?;
    let options = input
        .served
        .options(address, &input.program, terminal, &progress)?;
    let interpolation = input.plain_interpolation();
    let scorer = HttpScorer::open(options, interpolation)?;
    if cache.is_some() && scorer.served().version.is_empty() {
        terminal.warn(&unversioned(scorer.served()));
    }

    let mut record = input.record(address.kind(), interpolation);
    record.says = Some(said(scorer.served()));
    record.content_hash = Some(input.served.content_hash(address, scorer.served()));
    record.head = input.served.head(address);

    let serves = shown(&scorer.served().to_string());
    let notices = input.weight_notice().into_iter().collect();
    let identity = identity(&record, &input.device, "");

    let scorer = Announced { scorer, progress };
    let model = pointwise(scorer, cache, identity, record, notices);
    Ok(model.remarking(format!("the server says it serves {serves}")))
}

/// Name and version, as the server says.
fn said(served: &Served) -> String {
    let said = format!("{} {}", served.name, served.version);
    shown(said.trim())
}

/// That kept scores outlive a change of the model behind a server that says no version.
fn unversioned(served: &Served) -> String {
    let known = if served.name.is_empty() {
        "its address"
    } else {
        "its address and the name of its model"
    };
    format!(
        "the server says no version of what it serves: --cache knows it by {known} alone, and keeps \
         old scores if the model behind them changes; name another file then"
    )
}
