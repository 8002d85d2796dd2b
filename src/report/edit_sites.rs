//! Where lists can be edited, other than by swaps, and why nowhere, in sentences.

use std::ops::AddAssign;

use crate::perturb::menu::Menu;
use crate::perturb::{EditKind, Kinds, Perturbation};
use crate::report::number;

/// Places in lists where edits can be made that are no swaps.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct EditSites {
    boundaries: usize,
    deletions: usize,
    insertions: usize,
}

impl EditSites {
    /// Those of a list.
    pub(crate) fn of(menu: &Menu) -> EditSites {
        EditSites {
            boundaries: menu.places(EditKind::Boundary),
            deletions: menu.places(EditKind::Delete),
            insertions: menu.places(EditKind::Insert),
        }
    }

    /// How many there are of each of `kinds`: `12 places can be cut differently, 7 function words
    /// can be deleted`; `None` where all of them are swaps.
    pub(crate) fn sentence(self, kinds: Kinds) -> Option<String> {
        let parts: Vec<String> = kinds
            .weights()
            .filter_map(|(kind, _)| match kind {
                EditKind::Swap => None,
                EditKind::Boundary => {
                    let places = number::count(self.boundaries, "place");
                    Some(format!("{places} can be cut differently"))
                }
                EditKind::Delete => {
                    let words = number::count(self.deletions, "function word");
                    Some(format!("{words} can be deleted"))
                }
                EditKind::Insert => {
                    let places = number::count(self.insertions, "place");
                    Some(format!("function words can be inserted at {places}"))
                }
            })
            .collect();
        (!parts.is_empty()).then(|| parts.join(", "))
    }
}

impl AddAssign for EditSites {
    fn add_assign(&mut self, other: EditSites) {
        self.boundaries += other.boundaries;
        self.deletions += other.deletions;
        self.insertions += other.insertions;
    }
}

/// What `perturbation` did to `edited` of `lists` that were written.
pub(crate) fn edited(perturbation: &Perturbation, lists: usize, edited: usize) -> String {
    let edit = if perturbation.kinds.are_swaps() {
        "word swapped"
    } else {
        "edit"
    };
    format!("{lists} lists written, {edited} of them with at least one {edit}")
}

/// That `perturbation` could do nothing to any of `lists`, and why that may be.
pub(crate) fn untouched(perturbation: &Perturbation, lists: usize) -> String {
    let Perturbation { kinds, rules, .. } = perturbation;
    let of = format!("of any of the {lists} lists");
    let reasons: Vec<String> = kinds
        .weights()
        .map(|(kind, _)| match kind {
            EditKind::Swap if rules.pairs.is_some() => {
                format!("no word {of} could be swapped: the suite's pairs have none of them")
            }
            EditKind::Swap => format!(
                "no word {of} could be swapped: the lexicon may lack their words, or \
                 max_distance be too small"
            ),
            EditKind::Boundary => format!(
                "no words {of} could be cut differently: the lexicon may lack them, or have no \
                 words that sound like parts of them within max_distance"
            ),
            EditKind::Delete => format!(
                "no function word {of} could be deleted: they have none, or only texts of one word"
            ),
            EditKind::Insert => {
                format!("no function word could be put into a text {of}: the lexicon knows none")
            }
        })
        .collect();
    reasons.join("; ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn places_are_counted_by_kind() {
        let sites = EditSites {
            boundaries: 1,
            deletions: 1234,
            insertions: 5,
        };
        assert_eq!(sites.sentence(Kinds::SWAPS), None);
        let kinds = Kinds {
            boundary: 1,
            delete: 2,
            insert: 1,
            ..Kinds::SWAPS
        };
        assert_eq!(
            sites.sentence(kinds).unwrap(),
            "1 place can be cut differently, 1,234 function words can be deleted, function words \
             can be inserted at 5 places"
        );
    }

    #[test]
    fn lists_are_left_alone_for_the_reason_of_each_kind() {
        let cuts = Perturbation {
            kinds: Kinds {
                swap: 0,
                boundary: 1,
                delete: 0,
                insert: 0,
            },
            ..Perturbation::PERTURB_N
        };
        let told = untouched(&cuts, 8);
        assert!(
            told.starts_with("no words of any of the 8 lists could be cut differently")
                && !told.contains("swapped"),
            "{told}"
        );
        assert_eq!(
            edited(&cuts, 8, 3),
            "8 lists written, 3 of them with at least one edit"
        );
    }
}
