//! A case: one perturbed n-best list, as an explicit and small value.
//!
//! How cases are drawn is in [`draw`](mod@crate::perturb::draw), how they get smaller in
//! [`moves`](mod@crate::perturb::moves). A case knows words, not scores: the first pass's scores
//! are those of the utterance, whatever the case.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::sync::Arc;

use crate::nbest::Transcript;
use crate::perturb::edit_kind::EditKind;
use crate::perturb::menu::Menu;
use crate::perturb::replacement::Replacement;
use crate::perturb::site::{Place, Site};
use crate::perturb::substitution::Substitution;

/// A site of the menu with the replacement that stands there.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Edit {
    /// The index of the site in [`Menu::sites`].
    pub site: usize,
    /// Which replacement, counted from 1 for the nearest.
    pub rank: usize,
}

/// A perturbed n-best list: which words are swapped, and what of the list is left.
///
/// A case as drawn has the whole list; only shrinking drops hypotheses, and columns
/// of words that stand for the same piece of speech. Texts are rendered when asked
/// for, so that a clone is cheap.
///
/// Invariants: edits are in the order of their sites, each site at most once, no two that
/// [overlap](crate::perturb::site::Site::overlaps), every rank between 1 and the length of the
/// site's ladder; at least one hypothesis is kept, every edit is in one that is, and no edited word
/// is dropped from it.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Case {
    edits: Vec<Edit>,
    kept_hypotheses: Vec<usize>,
    dropped_columns: BTreeSet<usize>,
    // Last, so that comparisons look at it only where all else is equal.
    menu: Arc<Menu>,
}

/// What a smaller case is smaller in: the most important first.
///
/// Every move lowers it, so that shrinking ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct CaseKey {
    /// Edited sites.
    pub edits: usize,
    /// Hypotheses with an edited word.
    pub perturbed_hypotheses: usize,
    /// The sum of the ranks of all edits: lower is nearer.
    pub ranks: usize,
    /// Hypotheses kept.
    pub hypotheses: usize,
    /// Words left, in kept hypotheses and the reference.
    pub words: usize,
}

impl Case {
    /// The whole list of `menu`, with `edits` in any order.
    ///
    /// # Panics
    /// If an edit's site or rank is not on the menu, a site is edited twice, or two edits overlap.
    pub fn new(menu: Arc<Menu>, mut edits: Vec<Edit>) -> Case {
        edits.sort_unstable();
        for (position, edit) in edits.iter().enumerate() {
            let site = &menu.sites()[edit.site];
            assert!(
                (1..=site.ladder.len()).contains(&edit.rank),
                "{edit:?} is not on the menu"
            );
            assert!(
                position == 0 || edits[position - 1].site < edit.site,
                "{edit:?} is a second edit"
            );
            let is_swap = |site: &Site| site.kind == EditKind::Swap;
            let clashes = |earlier: &Edit| {
                let earlier = &menu.sites()[earlier.site];
                // Swaps alone never overlap.
                !(is_swap(site) && is_swap(earlier)) && site.overlaps(earlier)
            };
            assert!(
                !edits[..position].iter().any(clashes),
                "{edit:?} overlaps another edit"
            );
        }

        let kept_hypotheses = (0..menu.hypotheses().len()).collect();
        Case {
            edits,
            kept_hypotheses,
            dropped_columns: BTreeSet::new(),
            menu,
        }
    }

    /// The list and what can be swapped in it.
    pub fn menu(&self) -> &Arc<Menu> {
        &self.menu
    }

    /// What is swapped, in the order of the sites.
    pub fn edits(&self) -> &[Edit] {
        &self.edits
    }

    /// The hypotheses that are left, as indices of the utterance's list, ascending.
    pub fn kept_hypotheses(&self) -> &[usize] {
        &self.kept_hypotheses
    }

    /// Whether the list is whole: no hypothesis and no word was dropped.
    pub fn is_whole(&self) -> bool {
        self.kept_hypotheses.len() == self.menu.hypotheses().len()
            && self.dropped_columns.is_empty()
    }

    /// The perturbed text of every hypothesis kept, in the list's order.
    ///
    /// Two of them may be equal: a swap can turn one hypothesis into another.
    pub fn texts(&self) -> Vec<Transcript> {
        let text = |pieces: &Vec<Piece<'_>>| {
            let words = pieces.iter().flat_map(|piece| match piece {
                Piece::Kept(word) => word.split(' '),
                Piece::Edited { to, .. } => to.word.split(' '),
            });
            Transcript::from_words(words.filter(|word| !word.is_empty()))
        };
        self.pieces().iter().map(text).collect()
    }

    /// The unperturbed text of every hypothesis kept, without the words that were dropped.
    pub fn originals(&self) -> Vec<Transcript> {
        let text = |hypothesis: &usize| {
            let words = &self.menu.hypotheses()[*hypothesis];
            if self.dropped_columns.is_empty() {
                return Transcript::from_words(words.iter().map(String::as_str));
            }
            let words = words.iter().zip(self.menu.columns(*hypothesis));
            Transcript::from_words(
                words
                    .filter(|(_, column)| self.keeps(**column))
                    .map(|(word, _)| word.as_str()),
            )
        };

        self.kept_hypotheses.iter().map(text).collect()
    }

    /// The reference, without the words that were dropped.
    pub fn reference(&self) -> Transcript {
        let words = self
            .menu
            .reference()
            .iter()
            .zip(self.menu.reference_columns());
        Transcript::from_words(
            words
                .filter(|(_, column)| self.keeps(**column))
                .map(|(word, _)| word.as_str()),
        )
    }

    /// Every edit of what is left, by hypothesis, then by position, both as in the utterance's
    /// whole list.
    pub fn substitutions(&self) -> Vec<Substitution> {
        let lists = self.kept_hypotheses.iter().zip(self.pieces());
        let edits = lists.flat_map(|(&hypothesis, pieces)| {
            pieces.into_iter().filter_map(move |piece| match piece {
                Piece::Kept(_) => None,
                Piece::Edited { first, from, to } => {
                    Some(substitution(hypothesis, first, from, to))
                }
            })
        });

        edits.collect()
    }

    /// The same, with positions in what is left: indices of [`originals`](Case::originals) and of
    /// their words.
    pub fn kept_substitutions(&self) -> Vec<Substitution> {
        let mut substitutions = Vec::new();
        for (hypothesis, pieces) in self.pieces().into_iter().enumerate() {
            let mut word = 0;
            for piece in pieces {
                match piece {
                    Piece::Kept(_) => word += 1,
                    Piece::Edited { from, to, .. } => {
                        substitutions.push(substitution(hypothesis, word, from, to));
                        word += from.len();
                    }
                }
            }
        }

        substitutions
    }

    /// How large the case is.
    pub fn key(&self) -> CaseKey {
        let lists = self
            .kept_hypotheses
            .iter()
            .map(|&hypothesis| self.menu.columns(hypothesis));
        let columns = lists.flatten().chain(self.menu.reference_columns());

        CaseKey {
            edits: self.edits.len(),
            perturbed_hypotheses: self.edited_hypotheses().len(),
            ranks: self.edits.iter().map(|edit| edit.rank).sum(),
            hypotheses: self.kept_hypotheses.len(),
            words: columns.filter(|column| self.keeps(**column)).count(),
        }
    }

    /// The hypotheses kept that have an edited word.
    pub(super) fn edited_hypotheses(&self) -> BTreeSet<usize> {
        self.edited_places().map(|place| place.hypothesis).collect()
    }

    /// The columns that are left: those with an edited word, and the others; both ascending.
    pub(super) fn left_columns(&self) -> (BTreeSet<usize>, Vec<usize>) {
        let edited: BTreeSet<usize> = self
            .edited_words()
            .map(|place| self.menu.columns(place.hypothesis)[place.word])
            .collect();
        let lists = self
            .kept_hypotheses
            .iter()
            .map(|&hypothesis| self.menu.columns(hypothesis));
        let all: BTreeSet<usize> = lists
            .flatten()
            .chain(self.menu.reference_columns())
            .copied()
            .collect();
        let unedited = all
            .into_iter()
            .filter(|column| self.keeps(*column) && !edited.contains(column))
            .collect();

        (edited, unedited)
    }

    /// The same case with other edits, some of whose sites must be edited here too.
    pub(super) fn with_edits(&self, edits: Vec<Edit>) -> Case {
        Case {
            edits,
            ..self.clone()
        }
    }

    /// The same case without the hypotheses in `dropped`, and without the edits that change nothing
    /// else.
    pub(super) fn without_hypotheses(&self, dropped: &[usize]) -> Case {
        let mut case = self.clone();
        case.kept_hypotheses
            .retain(|hypothesis| !dropped.contains(hypothesis));

        let edits = self.edits.iter().copied();
        case.edits = edits
            .filter(|edit| case.kept_places(edit).next().is_some())
            .collect();
        case
    }

    /// The same case without the unedited columns in `dropped`.
    pub(super) fn without_columns(&self, dropped: &[usize]) -> Case {
        let mut case = self.clone();
        case.dropped_columns.extend(dropped);
        case
    }

    fn keeps(&self, column: usize) -> bool {
        !self.dropped_columns.contains(&column)
    }

    /// The places of all edits in the hypotheses that are kept: their first words.
    fn edited_places(&self) -> impl Iterator<Item = Place> {
        self.edits
            .iter()
            .flat_map(|edit| self.kept_places(edit).copied())
    }

    fn kept_places(&self, edit: &Edit) -> impl Iterator<Item = &Place> {
        let places = self.menu.sites()[edit.site].places.iter();
        places.filter(|place| self.kept_hypotheses.contains(&place.hypothesis))
    }

    /// The places of all words that edits take out of the hypotheses that are kept.
    fn edited_words(&self) -> impl Iterator<Item = Place> {
        self.edits.iter().flat_map(|edit| {
            let site = &self.menu.sites()[edit.site];
            self.kept_places(edit).flat_map(|place| {
                (place.word..place.word + site.length).map(|word| Place { word, ..*place })
            })
        })
    }

    /// Every hypothesis kept, from its start to its end, without the words that were dropped.
    fn pieces(&self) -> Vec<Vec<Piece<'_>>> {
        // An insertion comes before what begins at the same word: its length is 0.
        let mut edits: BTreeMap<(Place, usize), &Replacement> = BTreeMap::new();
        for edit in &self.edits {
            let site = &self.menu.sites()[edit.site];
            for place in &site.places {
                edits.insert((*place, site.length), &site.ladder[edit.rank - 1]);
            }
        }

        let pieces = |&hypothesis: &usize| {
            let words = &self.menu.hypotheses()[hypothesis];
            let drops = !self.dropped_columns.is_empty();
            let columns = drops.then(|| self.menu.columns(hypothesis));
            let place = |word| Place { hypothesis, word };
            let here = edits.range((place(0), 0)..(place(usize::MAX), 0));
            let mut here = here.peekable();
            let (mut pieces, mut word) = (Vec::new(), 0);
            loop {
                while let Some(((_, length), to)) = here.next_if(|((next, _), _)| next.word == word)
                {
                    let from = &words[word..word + length];
                    pieces.push(Piece::Edited {
                        first: word,
                        from,
                        to,
                    });
                    word += length;
                }
                let Some(kept) = words.get(word) else {
                    return pieces;
                };
                if columns.is_none_or(|columns| self.keeps(columns[word])) {
                    pieces.push(Piece::Kept(kept));
                }
                word += 1;
            }
        };

        self.kept_hypotheses.iter().map(pieces).collect()
    }
}

/// A word, or the words of an edit.
enum Piece<'a> {
    Kept(&'a str),
    Edited {
        /// The index of the first word in the whole hypothesis.
        first: usize,
        from: &'a [String],
        to: &'a Replacement,
    },
}

fn substitution(hypothesis: usize, word: usize, from: &[String], to: &Replacement) -> Substitution {
    Substitution {
        hypothesis,
        word,
        from: from.join(" "),
        to: to.word.clone(),
        distance: to.distance,
    }
}

/// The texts with their edits, as in `["[two -> too] cups", "two cups"]`: what a failing test
/// prints. A word that is put in is `[ -> the]`, one that is taken out `[the -> ]`.
impl fmt::Debug for Case {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut list = formatter.debug_list();
        for pieces in self.pieces() {
            let pieces = pieces.iter().map(|piece| match piece {
                Piece::Kept(word) => (*word).to_owned(),
                Piece::Edited { from, to, .. } => format!("[{} -> {}]", from.join(" "), to.word),
            });
            list.entry(&pieces.collect::<Vec<String>>().join(" "));
        }

        list.finish()
    }
}

#[cfg(test)]
mod tests;
