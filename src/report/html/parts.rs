//! What all sections share: texts of files, verdicts, tables.

use maud::{Markup, html};

use crate::report::property_text::abridged;
use crate::report::shown::shown;

/// Letters of a name, and of a sentence, that are shown.
const LONGEST_NAME: usize = 120;
const LONGEST_SENTENCE: usize = 2_000;

/// A name or a word that came from a file: control characters shown, cut in the middle where it is very long. The
/// templates escape it.
pub(super) fn text(text: &str) -> String {
    shown(&abridged(text, LONGEST_NAME))
}

/// The same of a sentence or a list.
pub(super) fn prose(text: &str) -> String {
    shown(&abridged(text, LONGEST_SENTENCE))
}

/// A verdict as a colored word, with a sign for those who see no colors.
pub(super) fn pill(verdict: &str) -> Markup {
    let (class, sign) = match verdict {
        "pass" | "identical" => ("pass", "✓"),
        "fail" | "error" => ("fail", "✕"),
        "skipped" => ("skip", "–"),
        _ => ("open", "?"),
    };
    html! {
        span class={ "pill " (class) } { span aria-hidden="true" { (sign) } " " (verdict.to_uppercase()) }
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

/// The same, whose columns can be sorted by their heads.
pub(super) fn sortable(label: &str, heads: &[(&str, &str)], body: &Markup) -> Markup {
    html! {
        div.scroll role="region" tabindex="0" aria-label=(label) {
            table.sortable {
                caption.hidden { (label) }
                thead { tr {
                    @for (head, class) in heads { th scope="col" class=(class) { (head) } }
                } }
                tbody { (body) }
            }
        }
    }
}
