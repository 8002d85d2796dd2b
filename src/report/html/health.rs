//! Whether the figures can be trusted: what was touched, what was unknown, cut or noisy, and how
//! the run ended.

use std::collections::BTreeMap;

use maud::{Markup, html};

use crate::perturb::rules::Rule;
use crate::report::html::parts::{bar, head, name, prose, table, text};
use crate::report::number::short;
use crate::report::property_text::preflight;
use crate::report::record::{CheckRecord, NbestRecord};
use crate::report::shown::short_hash;
use crate::report::terminal::{short as weight, title};
use crate::report::{Report, number};

/// Notes first, then coverage, then facts.
pub(super) fn section(report: &Report) -> Markup {
    html! {
        @if !report.notes.is_empty() {
            ul.notes { @for note in &report.notes { li { (prose(note)) } } }
        }
        @if !report.checks.is_empty() {
            (table("Coverage of every check", &coverage(&report.checks)))
            (swappable(&report.checks))
            h3 { "Model and lists" }
        }
        dl.facts {
            @for (name, fact) in facts(report) { dt { (name) } dd { (fact) } }
        }
    }
}

fn coverage(checks: &[CheckRecord]) -> Markup {
    html! {
        (head(&[
            ("check", ""), ("lists touched", "picture"), ("share", "number"),
            ("swaps drawn", "number"), ("ended", "words"),
        ]))
        tbody { @for check in checks {
            @let coverage = &check.figures.coverage;
            @let share = of_lists(check);
            tr {
                th scope="row" { (text(&title(check))) }
                td.picture { (bar(share.unwrap_or(0.0))) }
                td.number { (number::percent(share)) }
                td.number { (number::whole(coverage.substitutions)) }
                td.words { (ended(check)) }
            }
        } }
    }
}

/// What every check could swap, and why it leaves other swaps out.
fn swappable(checks: &[CheckRecord]) -> Markup {
    html! {
        h3 { "What could be swapped" }
        p.note {
            "A swap is a word at its place and one other word that sounds like it: a word of a "
            "text may have several, or none."
        }
        dl.facts {
            @for check in checks {
                dt { (name(&title(check))) }
                dd {
                    @let swaps = &check.swaps;
                    @let left_out = left_out(&swaps.left_out);
                    @if swaps.words == 0 { "No words: it makes no swaps." } @else {
                        (number::whole(swaps.swappable_words)) " of "
                        (number::count(swaps.words, "word")) " can be swapped, by "
                        (number::count(swaps.swaps, "swap")) " in all. "
                    }
                    @if !left_out.is_empty() { "Swaps left out: " (left_out) "." }
                }
            }
        }
    }
}

/// The swaps that rules leave out, the most first, with what these rules say of a replacement.
fn left_out(left_out: &BTreeMap<String, usize>) -> String {
    let mut counts: Vec<(&String, usize)> = left_out
        .iter()
        .map(|(rule, count)| (rule, *count))
        .filter(|(_, count)| *count > 0)
        .collect();
    counts.sort_by_key(|(rule, count)| (std::cmp::Reverse(*count), *rule));

    let said = counts.into_iter().map(|(rule, count)| {
        let named = Rule::ALL.into_iter().find(|one| one.name() == rule);
        let reason = named.map_or_else(|| text(rule), |one| one.reason().to_owned());
        format!("{} ({reason})", number::whole(count))
    });
    said.collect::<Vec<String>>().join(", ")
}

/// The share of lists that were touched; `None` where there are none.
fn of_lists(check: &CheckRecord) -> Option<f64> {
    let coverage = &check.figures.coverage;
    (coverage.lists > 0).then(|| coverage.perturbed_lists as f64 / coverage.lists as f64)
}

fn ended(check: &CheckRecord) -> String {
    match &check.looks {
        None if check.asked.draws == 1 => "its one draw made".to_owned(),
        None => format!("all {} draws made", check.asked.draws),
        Some(looks) => format!(
            "{} of {} draws made; rule {}, {}, ended: {}",
            looks.draws,
            looks.most_draws,
            looks.rule,
            number::count(looks.looks.len(), "look"),
            looks.ended
        ),
    }
}

/// What was tested on.
pub(super) fn lists(nbest: &NbestRecord) -> String {
    format!(
        "{} ({}): {}",
        prose(&nbest.files.join(", ")),
        short_hash(&nbest.content_hash),
        nbest.amounts(),
    )
}

fn facts(report: &Report) -> Vec<(&'static str, String)> {
    let (model, nbest) = (&report.model, &report.nbest);
    let of = |count: usize, all: usize| {
        let share = (all > 0).then(|| count as f64 / all as f64);
        format!(
            "{} of {} ({})",
            number::whole(count),
            number::whole(all),
            number::percent(share)
        )
    };
    let hash = model
        .content_hash
        .as_deref()
        .map_or_else(String::new, |hash| format!(", {}", short_hash(hash)));
    let noise = report.failures.as_ref().map(|failures| failures.noise);

    let mut facts = vec![
        (
            "words outside the lexicon",
            of(nbest.out_of_lexicon_words, nbest.hypothesis_words),
        ),
        (
            "tokens unknown to the model",
            nbest.tokens.map_or_else(
                || report.model.uncounted_tokens().to_owned(),
                |tokens| of(tokens.unknown, tokens.read),
            ),
        ),
        (
            "texts cut, longer than the model reads",
            match nbest.read_texts {
                Some(texts) => of(nbest.truncated_texts, texts),
                None => number::whole(nbest.truncated_texts),
            },
        ),
        (
            "noise of the scores",
            match (&report.preflight, noise) {
                (Some(record), _) => preflight(record),
                (None, Some(noise)) => format!("a margin within {} counts as noise", short(noise)),
                (None, None) => "not measured".to_owned(),
            },
        ),
        (
            "duplicate hypotheses merged",
            number::whole(nbest.merged_duplicates),
        ),
        (
            "utterances without first-pass scores",
            of(nbest.rank_stands_in, nbest.utterances),
        ),
        (
            "utterances with a single hypothesis",
            of(nbest.single_hypothesis, nbest.utterances),
        ),
        (
            "empty references, empty hypotheses",
            format!(
                "{}, {}",
                number::whole(nbest.empty_references),
                number::whole(nbest.empty_hypotheses)
            ),
        ),
        ("normalization", text(&nbest.normalization)),
        (
            "model",
            format!(
                "{} ({}{hash}), weight {}, first-pass scale {}",
                text(&model.name),
                model.kind,
                weight(model.weight),
                weight(model.first_pass_scale)
            ),
        ),
        ("lists", lists(nbest)),
        (
            "lexicon",
            format!(
                "{} ({})",
                text(&report.lexicon.name),
                short_hash(&report.lexicon.content_hash)
            ),
        ),
    ];
    let scoring = model.scoring();
    facts.extend(scoring.map(|scoring| ("score", text(&scoring))));
    facts.extend(cache(report).map(|said| ("cache of scores", said)));
    facts
}

/// What came from the cache of `--cache`, where there was one: the figures are the same without.
fn cache(report: &Report) -> Option<String> {
    let run = report.run.as_ref()?;
    let hits = number::count(run.cached_scores?, "score");
    Some(match run.uncached_scores {
        None => format!("{hits} came from it"),
        Some(asked) => format!(
            "{hits} came from it, {} were asked of the model",
            number::whole(asked)
        ),
    })
}
