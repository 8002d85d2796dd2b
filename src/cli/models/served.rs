//! `tei:URL` and `completions:URL`: models behind HTTP.

use std::sync::Arc;

use crate::cli::args::model::ModelInput;
use crate::cli::args::score_cache::identity;
use crate::cli::args::served::Address;
use crate::cli::models::announced::Announced;
use crate::cli::models::model::{Model, pointwise};
use crate::cli::terminal::{Progress, Terminal};
use crate::report::shown::shown;
use crate::rescore::http::HttpScorer;

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

    let mut record = input.record(address.kind(), interpolation);
    record.content_hash = Some(input.served.content_hash(address, scorer.served()));
    record.head = input.served.head(address);

    let mut notices = vec![format!(
        "the server says it serves {}",
        shown(&scorer.served().to_string())
    )];
    notices.extend(input.weight_notice());
    let identity = identity(&record, &input.device, "");

    let scorer = Announced { scorer, progress };
    Ok(pointwise(scorer, cache, identity, record, notices))
}
