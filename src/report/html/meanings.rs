//! What the names of figures mean, for all pages.

use maud::{Markup, html};

const MEANINGS: [(&str, &str); 13] = [
    (
        "nprr.rel",
        "More errors than on the clean lists, as a share of those: the sum of the next two. Higher \
         is more fragile.",
    ),
    (
        "rise",
        "The word error rate under the check minus that on the clean lists, in points. Its p is \
         of this difference to the reference's, not of nprr.rel.",
    ),
    (
        "nprr.injected",
        "What the swaps did to the texts of the clean picks; no rescorer caused it.",
    ),
    ("nprr.flip", "What changes of mind added."),
    (
        "flip cost",
        "What changes of mind added, in points of word error rate. Its p is of this difference to \
         the reference's, not of nprr.flip.",
    ),
    (
        "nprr.pass",
        "The degradation of the model over that of the first pass.",
    ),
    ("nprr.ref", "nprr.rel over that of full fine-tuning."),
    (
        "gain",
        "The word error rate of the first pass minus that of the model.",
    ),
    (
        "regret",
        "The word error rate of the model minus that of the best of each list.",
    ),
    (
        "repairs",
        "Of the lists where the swaps hurt the clean pick and another is now better: how many \
         changes of mind went to a better one.",
    ),
    (
        "flips",
        "How many of all lists, draw by draw and touched or not, have another pick: harmful to a \
         worse one, helpful to a better one.",
    ),
    (
        "Kendall tau",
        "Of all pairs of texts of a list, the share in the same order by clean and by perturbed \
         totals minus the share in the other order; the mean over all lists. 1 is the same order, \
         -1 the reverse.",
    ),
    (
        "p",
        "Two-sided, adjusted by Holm's method within each question.",
    ),
];

/// What these figures mean, folded.
pub(super) fn of(names: &[&str]) -> Markup {
    html! {
        details {
            summary { "What the figures mean" }
            dl.facts {
                @for (name, meaning) in MEANINGS {
                    @if names.contains(&name) { dt { (name) } dd { (meaning) } }
                }
            }
        }
    }
}
