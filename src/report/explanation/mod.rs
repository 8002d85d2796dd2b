//! An explained failure, for machines and for people.

use std::fmt::Write;

use serde::Serialize;

use crate::check::engine::pair::Choice;
use crate::check::failures::counterexample::Counterexample;
use crate::check::failures::counterexample_list::CounterexampleList;
use crate::check::failures::explanation::{Effect, Explanation};
use crate::check::failures::picks::picks;
use crate::report::columns::WIDEST_COLUMN;
use crate::report::failures::{CounterexampleListRecord, arrow};
use crate::report::shown::{shown, with_short_words};
use crate::report::wrap::fitted;
use crate::report::{failure_text, interlinear};
use crate::rescore::Interpolation;

/// What each swapped word of a failure does.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub(crate) struct ExplanationRecord {
    /// The file's name.
    pub(crate) file: String,
    /// The utterance's id.
    pub(crate) id: String,
    /// Where it was found: suite and check.
    pub(crate) found_by: String,
    /// Whether the check swaps a word in all hypotheses at once.
    pub(crate) coherent: bool,
    /// Whether the minimal list fails with this model.
    pub(crate) fails: bool,
    /// Whether it does not fail because this model takes a worse hypothesis than the one saved
    /// already without swaps.
    pub(crate) already_worse: bool,
    /// The minimal list as it was saved, with the rows of `better` and `worse`.
    pub(crate) minimal: CounterexampleListRecord,
    /// How far the better hypotheses are ahead in the list as recognised; null of a model that is
    /// already worse.
    pub(crate) margin_before: Option<f64>,
    /// The same with all words swapped; negative if a worse hypothesis wins.
    pub(crate) margin_after: Option<f64>,
    /// The better hypothesis, with its scores as recognised and with all words swapped: the one
    /// picked before the swap, or when the failure was saved.
    pub(crate) better: PickRecord,
    /// The same of the worse hypothesis: the one picked after the swap, or when the failure was
    /// saved.
    pub(crate) worse: PickRecord,
    /// One per swapped word.
    pub(crate) effects: Vec<EffectRecord>,
}

/// A hypothesis and what it scored.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub(crate) struct PickRecord {
    /// Its index in the minimal list, from 0.
    pub(crate) hypothesis: usize,
    /// Its first-pass score, as read.
    pub(crate) first_pass: f64,
    /// As recognised.
    pub(crate) before: ScoreRecord,
    /// With all words swapped.
    pub(crate) after: ScoreRecord,
}

/// Both scores of a text.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub(crate) struct ScoreRecord {
    /// The second pass's.
    pub(crate) second_pass: f64,
    /// Of both passes.
    pub(crate) total: f64,
}

/// What one swapped word does.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub(crate) struct EffectRecord {
    /// The hypothesis it stands in, from 0.
    pub(crate) hypothesis: usize,
    /// The word that was said.
    pub(crate) from: String,
    /// The word that stands there now.
    pub(crate) to: String,
    /// How far apart they sound.
    pub(crate) distance: f64,
    /// Scores of the better pick without this swap, all others done.
    pub(crate) better_without: ScoreRecord,
    /// Scores of the worse pick without this swap, all others done.
    pub(crate) worse_without: ScoreRecord,
    /// The margin without this swap.
    pub(crate) margin_without: Option<f64>,
    /// Whether the list fails without this swap.
    pub(crate) fails_without: bool,
    /// Whether it fails with every other word that sounds as near, of which there are some.
    pub(crate) general: bool,
    /// Other words that sound as near, nearest first.
    pub(crate) others: Vec<OtherRecord>,
}

/// Another word in the place of a substitute.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub(crate) struct OtherRecord {
    /// The word.
    pub(crate) word: String,
    /// How far it sounds from the word that was said.
    pub(crate) distance: f64,
    /// The margin with it.
    pub(crate) margin_after: Option<f64>,
    /// Whether the list fails with it.
    pub(crate) fails: bool,
}

impl ExplanationRecord {
    /// The record of `explanation`, of the failure `saved` in `file`; for `noise` see
    /// [`Choice::fails`].
    pub(crate) fn new(
        file: String,
        saved: &Counterexample,
        explanation: &Explanation,
        interpolation: Interpolation,
        noise: f64,
    ) -> ExplanationRecord {
        let choice = &explanation.choice;
        let list = &saved.minimal;
        let already_worse = explanation.is_already_worse(list, noise);
        let (better, worse) = explanation.shown(list, noise);
        let margin = |margin: Option<f64>| margin.filter(|_| !already_worse);
        // The rows show the same two hypotheses as the table of scores.
        let of_shown = CounterexampleList {
            clean_pick: better,
            pick: worse,
            ..list.clone()
        };
        let scores = |index: usize, second_pass: &[f64]| ScoreRecord {
            second_pass: second_pass[index],
            total: interpolation.total(list.hyps[index].score, second_pass[index]),
        };
        let pick = |index: usize| PickRecord {
            hypothesis: index,
            first_pass: list.hyps[index].score,
            before: scores(index, &choice.clean_scores),
            after: scores(index, &choice.scores),
        };
        let effect = |effect: &Effect| EffectRecord {
            hypothesis: effect.substitution.hyp,
            from: effect.substitution.from.clone(),
            to: effect.substitution.to.clone(),
            distance: effect.substitution.distance,
            better_without: scores(better, &effect.without.scores),
            worse_without: scores(worse, &effect.without.scores),
            margin_without: margin(effect.without.margin_after),
            fails_without: effect.without.fails(noise),
            general: effect.is_general(noise),
            others: effect
                .others
                .iter()
                .map(|other| OtherRecord {
                    word: other.word.clone(),
                    distance: other.distance.as_f64(),
                    margin_after: margin(other.choice.margin_after),
                    fails: Choice::fails(&other.choice, noise),
                })
                .collect(),
        };

        ExplanationRecord {
            file,
            id: saved.id.clone(),
            found_by: format!("{} / {}", saved.provenance.suite, saved.provenance.check),
            coherent: saved.provenance.coherent,
            fails: choice.fails(noise),
            already_worse,
            minimal: CounterexampleListRecord {
                rows: picks(&of_shown),
                ..CounterexampleListRecord::new(list, false)
            },
            margin_before: margin(choice.margin_before),
            margin_after: margin(choice.margin_after),
            better: pick(better),
            worse: pick(worse),
            effects: explanation.effects.iter().map(effect).collect(),
        }
    }
}

/// What is said of a check whose swaps belong together.
const ONE_BY_ONE: &str = "the check swaps a word in all hypotheses at once; below each place is \
    undone alone, so that the list may fail without it";

/// The explanation for people; sentences are broken to fit the `width` of a terminal.
pub(crate) fn render(record: &ExplanationRecord, width: Option<usize>) -> String {
    let mut text = String::new();
    let head = format!(
        "{} ({}), utterance {}",
        shown(&record.file),
        shown(&record.found_by),
        shown(&record.id)
    );
    text.push_str(&fitted("", &with_short_words(&head), 2, width));

    for (index, stack) in interlinear::stacks(&record.minimal.rows, width)
        .iter()
        .enumerate()
    {
        if index > 0 {
            text.push('\n');
        }
        for row in interlinear::lines(stack) {
            let _ = writeln!(text, "  {row}");
        }
    }

    text.push_str(&fitted("  ", &outcome(record), 4, width));
    if record.coherent && record.effects.len() > 1 {
        text.push_str(&fitted("  ", ONE_BY_ONE, 4, width));
    }
    scores(&mut text, record, width);
    // Where nothing flips, no word does.
    if !record.already_worse {
        for effect in &record.effects {
            text.push_str(&fitted("  ", &generalization(effect), 4, width));
        }
    }

    text
}

/// Whether the list fails, in a sentence.
fn outcome(record: &ExplanationRecord) -> String {
    if record.already_worse {
        return "worse without swaps: this model takes the worse text as recognised too".to_owned();
    }
    format!(
        "{}: better hypotheses are ahead by {} as recognised, by {} with every swap",
        if record.fails {
            "fails"
        } else {
            "does not fail with this model"
        },
        failure_text::margin(record.margin_before),
        failure_text::margin(record.margin_after),
    )
}

/// The columns of names in a table that a terminal shows whole: those of the two states that every
/// list has.
const NARROW_NAMES: usize = 18;

/// The list in one of its states.
struct StateLine {
    name: String,
    better: ScoreRecord,
    worse: ScoreRecord,
    /// Of the whole list.
    margin: Option<f64>,
}

impl StateLine {
    /// How far the better of the two hypotheses that are shown is ahead.
    fn ahead(&self) -> f64 {
        self.better.total - self.worse.total
    }

    /// Whether the margin is that of the two hypotheses that are shown.
    fn is_of_these(&self) -> bool {
        let ahead = self.ahead();
        // Both are sums of the same numbers, added up in another order.
        self.margin
            .is_none_or(|margin| (margin - ahead).abs() <= 1e-9 * ahead.abs().max(1.0))
    }
}

/// The table of both scores, a line for each state of the list.
fn scores(text: &mut String, record: &ExplanationRecord, width: Option<usize>) {
    let (better, worse) = (&record.better, &record.worse);

    let mut lines = vec![
        StateLine {
            name: "as recognised".to_owned(),
            better: better.before,
            worse: worse.before,
            margin: record.margin_before,
        },
        StateLine {
            name: "every word swapped".to_owned(),
            better: better.after,
            worse: worse.after,
            margin: record.margin_after,
        },
    ];
    if record.effects.len() > 1 {
        lines.extend(record.effects.iter().map(|effect| {
            let swap = arrow(&effect.from, &effect.to);
            StateLine {
                name: format!("{}: without {swap}", effect.hypothesis),
                better: effect.better_without,
                worse: effect.worse_without,
                margin: effect.margin_without,
            }
        }));
    }

    if record.already_worse {
        for line in &mut lines {
            line.margin = Some(line.ahead());
        }
    }

    // On a terminal the names of swaps, which can be of any length, have lines of their own.
    let (most, total) = match width {
        Some(_) => (NARROW_NAMES, 9),
        None => (WIDEST_COLUMN, 10),
    };
    let both = 11 + 2 + total;
    let lengths = lines.iter().map(|line| line.name.chars().count());
    let names = lengths.max().unwrap_or(0).min(most);
    let head = |pick: &PickRecord, name: &str| {
        format!(
            "{name}: hypothesis {}, first pass {:.3}",
            pick.hypothesis, pick.first_pass
        )
    };
    let heads = format!("{}; {}", head(better, "better"), head(worse, "worse"));
    text.push_str(&fitted("  ", &heads, 4, width));
    let _ = writeln!(
        text,
        "  {:<names$}  {:>both$}  {:>both$}",
        if record.effects.len() > 1 {
            "by hypothesis"
        } else {
            ""
        },
        "better",
        "worse"
    );
    let _ = writeln!(
        text,
        "  {:<names$}  {:>11}  {:>total$}  {:>11}  {:>total$}  {:>8}",
        "", "second pass", "total", "second pass", "total", "margin"
    );

    for line in &lines {
        let name = if line.name.chars().count() > names {
            text.push_str(&fitted("  ", &line.name, 4, width));
            ""
        } else {
            &line.name
        };
        let _ = writeln!(
            text,
            "  {name:<names$}  {:>11.3}  {:>total$.3}  {:>11.3}  {:>total$.3}  {:>8}{}",
            line.better.second_pass,
            line.better.total,
            line.worse.second_pass,
            line.worse.total,
            failure_text::margin(line.margin),
            if line.is_of_these() { "" } else { " *" },
        );
    }
    if !lines.iter().all(StateLine::is_of_these) {
        text.push_str("  * other hypotheses than these two decide, and have this margin\n");
    }
}

/// Which other words do the same, in a sentence.
fn generalization(effect: &EffectRecord) -> String {
    let swap = format!("{} ({})", arrow(&effect.from, &effect.to), effect.distance);
    let kind = if effect.from.is_empty() {
        "word in its place".to_owned()
    } else if effect.distance > 0.0 {
        format!("word within {} of \"{}\"", effect.distance, effect.from)
    } else {
        format!("homophone of \"{}\"", effect.from)
    };

    let named = |fails: bool| {
        let others = effect.others.iter().filter(|other| other.fails == fails);
        let others = others.map(|other| {
            let margin = failure_text::margin(other.margin_after);
            format!("{} ({margin})", other.word)
        });
        others.collect::<Vec<_>>().join(", ")
    };

    if effect.others.is_empty() {
        format!("{swap}: there is no other {kind} to try")
    } else if effect.general {
        format!("{swap}: any {kind} does it, also {}", named(true))
    } else if effect.others.iter().any(|other| other.fails) {
        format!("{swap}: so does {}, but not {}", named(true), named(false))
    } else {
        format!("{swap}: no other {kind} does it: {}", named(false))
    }
}

#[cfg(test)]
mod tests;
