//! `--dry-run`: what a check would ask of its model, and about how long that takes.

use std::fmt::Write;
use std::time::{Duration, Instant};

use crate::cli::model::Model;
use crate::harness::Plan;
use crate::harness::forecast::{Forecast, forecast};
use crate::report::number::{count, duration, whole};
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

/// The forecast of `plan` for `model`, which scores a few lists for it, as lines.
pub(crate) fn lines(plan: &Plan<'_>, model: &Model) -> Result<String, RescoreError> {
    let found = forecast(plan);
    let sample = model.is_asked().then(|| sample(plan, model)).transpose()?;
    let mut text = String::new();
    let mut line = |name: &str, rest: &str| {
        let _ = writeln!(text, "{name:<9} {rest}");
    };

    let utterances = count(plan.utterances.len(), "utterance");
    line(
        "lists",
        &format!(
            "{utterances}, a clean list each; {} with the draws",
            whole(found.lists)
        ),
    );
    for check in &found.checks {
        let note = if check.follows_picks {
            " (those of the first pass's picks: the check follows the model's)"
        } else {
            ""
        };
        line(
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
    line("texts", &format!("{texts} distinct, {clean} of them clean"));
    line("calls", &calls(&found, model));
    if let Some(sample) = sample {
        line("estimate", &estimate(&found, model, sample));
    }
    if found.properties > 0 {
        let properties = found.properties;
        let noun = if properties == 1 {
            "property"
        } else {
            "properties"
        };
        line(
            "left out",
            &format!("{properties} {noun}: their texts depend on what is found"),
        );
    }
    line("written", "nothing, since this is a dry run");

    Ok(text)
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

/// Whether each distinct text is scored once: a model that remembers no text takes whole lists.
fn is_by_text(model: &Model) -> bool {
    model.memory().is_some()
}

fn calls(found: &Forecast, model: &Model) -> String {
    let name = model.record().name;
    if !model.is_asked() {
        format!("none: {name} scores without a model")
    } else if is_by_text(model) {
        format!(
            "{} of {name}, one for each distinct text",
            whole(found.texts)
        )
    } else {
        format!("{} of {name}, one for each list", whole(found.lists))
    }
}

fn estimate(found: &Forecast, model: &Model, sample: Sample) -> String {
    let seconds = sample.time.as_secs_f64();
    let share = if is_by_text(model) {
        found.texts as f64 / sample.texts as f64
    } else {
        found.lists as f64 / sample.lists as f64
    };
    format!(
        "{:.1} minutes of scoring, as {} took {}; minimizing failures comes on top",
        seconds * share / 60.0,
        count(sample.texts, "text"),
        duration(seconds)
    )
}
