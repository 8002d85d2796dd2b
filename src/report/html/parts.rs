//! What all sections share: texts of files, verdicts, tables.

use maud::{Markup, html};

use crate::report::comparison::tables::Rows;
use crate::report::ending::Ending;
use crate::report::failures::arrow;
use crate::report::html::chart::percentage;
use crate::report::property_text::abridged;
use crate::report::shown::shown;

/// Letters of a name, and of a sentence, that are shown.
const LONGEST_NAME: usize = 120;
const LONGEST_SENTENCE: usize = 2_000;

/// A name or a word that came from a file: control characters shown, cut in the middle where it is
/// very long. The templates escape it.
pub(super) fn text(text: &str) -> String {
    shown(&abridged(text, LONGEST_NAME))
}

/// The same of a sentence or a list.
pub(super) fn prose(text: &str) -> String {
    shown(&abridged(text, LONGEST_SENTENCE))
}

/// A verdict as a colored word, with a sign for those who see no colors.
pub(super) fn pill(ending: Ending) -> Markup {
    let (class, sign) = match ending {
        Ending::Pass | Ending::Identical => ("pass", "✓"),
        Ending::Fail | Ending::Error => ("fail", "✕"),
        Ending::Skipped => ("skip", "–"),
        Ending::Flaky | Ending::Inconclusive => ("open", "?"),
    };
    mark(class, sign, &ending.word())
}

/// A word in the color of a class, with a sign for those who see no colors.
pub(super) fn mark(class: &str, sign: &str, word: &str) -> Markup {
    html! {
        span class={ "pill " (class) } { span aria-hidden="true" { (sign) } " " (word) }
    }
}

/// A table that scrolls by itself where the page is too narrow for it; `label` says what it holds.
pub(super) fn table(label: &str, content: &Markup) -> Markup {
    html! {
        div.scroll role="region" tabindex="0" aria-label=(label) {
            table { caption.hidden { (label) } (content) }
        }
    }
}

/// The same, whose columns can be sorted by their heads. A cell is sorted by its number, or by its
/// `data-key` where it has one.
pub(super) fn sortable(label: &str, heads: &[(&str, &str)], body: &Markup) -> Markup {
    html! {
        div.scroll role="region" tabindex="0" aria-label=(label) {
            table.sortable { caption.hidden { (label) } (head(heads)) tbody { (body) } }
        }
    }
}

/// The head of a table: names of columns with the classes of their cells.
pub(super) fn head(names: &[(&str, &str)]) -> Markup {
    html! {
        thead { tr {
            @for (name, class) in names {
                th scope="col" class=[(!class.is_empty()).then_some(class)] {
                    // A picture needs no name above it, but for those who hear the page.
                    @if name == class { span.hidden { (name) } } @else { (name) }
                }
            }
        } }
    }
}

/// A name of more letters may break at a hyphen: no line may hold it.
const LONGEST_WHOLE: usize = 24;

/// The name of a check or a suite in running text: it breaks at no hyphen.
pub(super) fn name(name: &str) -> Markup {
    let is_short = name.chars().count() <= LONGEST_WHOLE;
    html! { span class=[is_short.then_some("name")] { (text(name)) } }
}

/// What a word becomes; no line ends behind the arrow or in it.
pub(super) fn swap(from: &str, to: &str) -> Markup {
    let swap = arrow(from, to);
    if let Some((from, to)) = swap.split_once(" -> ") {
        html! { (text(from)) " " span.whole { "-> " (text(to)) } }
    } else {
        html! { (text(&swap)) }
    }
}

/// A figure that breaks between its value and its interval, where its column is narrow.
pub(super) fn figure(written: &str) -> Markup {
    if let Some((value, interval)) = written.split_once(" [") {
        html! { span.whole { (value) } " " span.whole.between { "[" (interval) } }
    } else {
        html! { span.whole { (written) } }
    }
}

/// A share as a bar on its track, beside its figure.
pub(super) fn bar(share: f64) -> Markup {
    let width = percentage(100.0 * share.clamp(0.0, 1.0));

    html! {
        svg aria-hidden="true" height="18" width="100%" {
            rect.track x="0" width="100%" y="4" height="10" {}
            rect.injected x="0" width=(width) y="4" height="10" {}
        }
    }
}

/// Rows of cells, the heads first, as a table that can be sorted: names at the left, then numbers.
pub(super) fn rows(label: &str, rows: &Rows) -> Markup {
    let (heads, body) = rows
        .split_first()
        .map_or((&[][..], &[][..]), |(heads, body)| (heads.as_slice(), body));
    let heads: Vec<(&str, &str)> = heads
        .iter()
        .enumerate()
        .map(|(column, head)| (head.as_str(), if column == 0 { "" } else { "number" }))
        .collect();
    let body = html! {
        @for row in body { tr {
            @for (column, cell) in row.iter().enumerate() {
                @if column == 0 { th scope="row" { bdi { (text(cell)) } } }
                @else { td.number { (figure(cell)) } }
            }
        } }
    };
    html! {
        div.scroll role="region" tabindex="0" aria-label=(label) {
            table.sortable.dense { caption.hidden { (label) } (head(&heads)) tbody { (body) } }
        }
    }
}
