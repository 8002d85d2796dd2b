//! `--dry-run`: what a check, or a comparison, would ask of its models, and about how long that
//! takes.

use std::sync::Arc;
use std::time::{Duration, Instant};

use anyhow::Context;

use crate::check::engine::plan::Plan;
use crate::check::judge::forecast::{Forecast, forecast};
use crate::cli::commands::compare::contenders::Group;
use crate::cli::models::model::Model;
use crate::cli::terminal::Terminal;
use crate::report::number::{count, duration, whole};
use crate::report::shown::shown;
use crate::rescore::{Candidates, RescoreError};

/// So many clean lists are scored to see how long a text takes, evenly spread over all.
const SAMPLED_LISTS: usize = 16;

/// The time of some lists.
#[derive(Debug, Clone, Copy)]
struct Sample {
    lists: usize,
    texts: usize,
    time: Duration,
}

/// What an estimate does not know of.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Unknown {
    /// Whether the run itself would have a cache.
    pub(crate) cached: bool,
    /// Whether the run itself would make failures smaller.
    pub(crate) minimizes: bool,
}

/// The forecast of `plan` for `model`, which scores a few lists for it, as lines.
pub(crate) fn lines(
    plan: &Plan<'_>,
    model: &Model,
    unknown: Unknown,
) -> Result<String, RescoreError> {
    let found = forecast(plan);
    Ok(drawn(plan, &found) + &asked(plan, &found, model, unknown)? + &rest(&found))
}

/// The same for all models of a comparison, which are loaded one after the other.
pub(crate) fn compared(
    plan: &Plan<'_>,
    groups: &[Group],
    cached: bool,
    terminal: &Terminal,
) -> anyhow::Result<String> {
    let found = forecast(plan);
    let unknown = Unknown {
        cached,
        minimizes: false,
    };
    let mut text = drawn(plan, &found);
    for input in groups.iter().flat_map(|group| &group.models) {
        let model = input.load(terminal, Arc::new(terminal.progress("texts")))?;
        let pool = input.pool()?;
        let asked = pool.install(|| asked(plan, &found, &model, unknown));
        text += &asked.with_context(|| format!("failed to run {}", model.record().name))?;
    }

    Ok(text + &rest(&found))
}

fn line(name: &str, rest: &str) -> String {
    format!("{name:<9} {}\n", shown(rest))
}

/// Lists, draws and texts.
fn drawn(plan: &Plan<'_>, found: &Forecast) -> String {
    let utterances = count(plan.utterances.len(), "utterance");
    let lists = whole(found.lists);
    let mut text = line(
        "lists",
        &format!("{utterances}, a clean list each; {lists} with the draws"),
    );
    for check in &found.checks {
        let note = if check.follows_picks {
            " (those of the first pass's picks: the check follows the model's)"
        } else {
            ""
        };
        text += &line(
            "draws",
            &format!(
                "{} / {}: {}, {}, {} of them touched{note}",
                check.suite,
                check.check,
                count(check.draws, "draw"),
                count(check.lists, "list"),
                whole(check.touched)
            ),
        );
    }

    let (texts, clean) = (whole(found.texts), whole(found.clean_texts));
    text + &line("texts", &format!("{texts} distinct, {clean} of them clean"))
}

/// What one model is asked for, and how long that takes.
fn asked(
    plan: &Plan<'_>,
    found: &Forecast,
    model: &Model,
    unknown: Unknown,
) -> Result<String, RescoreError> {
    let mut text = line("calls", &calls(found, model));
    if model.is_asked() {
        let sample = sample(plan, model)?;
        text += &line("estimate", &estimate(found, model, sample, unknown));
    }
    Ok(text)
}

fn rest(found: &Forecast) -> String {
    let mut text = String::new();
    if found.properties > 0 {
        let properties = found.properties;
        let noun = if properties == 1 {
            "property"
        } else {
            "properties"
        };
        text += &line(
            "left out",
            &format!("{properties} {noun}: their texts depend on what is found"),
        );
    }

    text + &line("written", "nothing, since this is a dry run")
}

/// Scores some lists; the first of them twice, since a model may be slow at first.
fn sample(plan: &Plan<'_>, model: &Model) -> Result<Sample, RescoreError> {
    let step = plan.utterances.len().div_ceil(SAMPLED_LISTS).max(1);
    let utterances = plan.utterances.iter().step_by(step);
    let lists: Vec<Candidates<'_>> = utterances.map(Candidates::of).collect();
    model
        .rescorer()
        .score_afresh(&lists[..lists.len().min(1)])?;

    let started = Instant::now();
    model.rescorer().score_afresh(&lists)?;
    Ok(Sample {
        lists: lists.len(),
        texts: lists.iter().map(|list| list.texts.len()).sum(),
        time: started.elapsed(),
    })
}

fn calls(found: &Forecast, model: &Model) -> String {
    let name = model.record().name;

    if !model.is_asked() {
        format!("none: {name} scores without a model")
    } else if model.is_by_text() {
        format!(
            "{} of {name}, one for each distinct text",
            whole(found.texts)
        )
    } else {
        format!("{} of {name}, one for each list", whole(found.lists))
    }
}

fn estimate(found: &Forecast, model: &Model, sample: Sample, unknown: Unknown) -> String {
    let seconds = sample.time.as_secs_f64();
    let share = if model.is_by_text() {
        found.texts as f64 / sample.texts as f64
    } else {
        found.lists as f64 / sample.lists as f64
    };
    let beside = match (
        unknown.minimizes && !found.checks.is_empty(),
        unknown.cached,
    ) {
        (true, true) => {
            "; minimizing failures comes on top, and what the cache has is not taken off"
        }
        (true, false) => "; minimizing failures comes on top",
        (false, true) => "; what the cache has is not taken off",
        (false, false) => "",
    };

    format!(
        "{} of scoring, as {} took {}{beside}",
        duration(seconds * share),
        count(sample.texts, "text"),
        duration(seconds)
    )
}
