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
    record.says = said(scorer.served());
    record.content_hash = Some(input.served.content_hash(address, scorer.served()));
    record.head = input.served.head(address);

    let remark = shown(&scorer.served().to_string());
    let mut notices = cautions(scorer.served());
    notices.extend(input.weight_notice());
    let identity = identity(&record, &input.device, "");

    let scorer = Announced { scorer, progress };
    Ok(pointwise(scorer, cache, identity, record, notices).remarking(remark))
}

/// What is amiss with what is `served`, though it gives scores.
fn cautions(served: &Served) -> Vec<String> {
    let other = served.answers_as.as_deref().map(|other| {
        format!(
            "caution: the server answers as the model {}, and {} was asked for",
            shown(other),
            shown(&served.name)
        )
    });
    let lacks_first = served.lacks_first.then(|| {
        "caution: the server gives the first token of a text no log-probability, so no score knows \
         of it, and a swap of a first word may go unnoticed: put something before every text with \
         --prefix, such as the token that begins texts ('<s>', '<|endoftext|>')"
            .to_owned()
    });
    other.into_iter().chain(lacks_first).collect()
}

/// Name and version, if the server says any: where it lists no models the name is ours.
fn said(served: &Served) -> Option<String> {
    let said = format!("{} {}", served.name, served.version);
    let said = shown(said.trim());
    (!served.is_unlisted && !said.is_empty()).then_some(said)
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
