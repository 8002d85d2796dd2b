//! A case: one perturbed n-best list, as an explicit and small value.
//!
//! How cases are drawn is in [`draw`](mod@crate::perturb::draw), how they get smaller in
//! [`moves`](mod@crate::perturb::moves). A case knows words, not scores: the first pass's scores are
//! those of the utterance, whatever the case.

use std::collections::BTreeMap;
use std::collections::BTreeSet;
use std::fmt;
use std::fmt::Write;
use std::sync::Arc;

use crate::nbest::Transcript;
use crate::perturb::Substitution;
use crate::perturb::menu::Menu;
use crate::perturb::menu::Place;
use crate::perturb::menu::Replacement;

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
/// Invariants: edits are in the order of their sites, each site at most once, every
/// rank between 1 and the length of the site's ladder; at least one hypothesis is
/// kept, and no edited word is dropped.
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
    /// If an edit's site or rank is not on the menu, or a site is edited twice.
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
        let replaced = self.replaced();
        self.render(|place, word| match replaced.get(&place) {
            Some(replacement) => &replacement.word,
            None => word,
        })
    }

    /// The unperturbed text of every hypothesis kept, without the words that were dropped.
    pub fn originals(&self) -> Vec<Transcript> {
        self.render(|_, word| word)
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

    /// Every word that is swapped, by hypothesis, then by position, both as in the utterance's whole list.
    pub fn substitutions(&self) -> Vec<Substitution> {
        self.replaced()
            .into_iter()
            .map(|(place, replacement)| Substitution {
                hypothesis: place.hypothesis,
                word: place.word,
                from: self.menu.hypotheses()[place.hypothesis][place.word].clone(),
                to: replacement.word.clone(),
                distance: replacement.distance,
            })
            .collect()
    }

    /// Where the word at `place` of the utterance's whole list stands in what is left of it; `None` if it was dropped.
    pub fn left(&self, place: Place) -> Option<Place> {
        let kept = &self.kept_hypotheses;
        let hypothesis = kept.binary_search(&place.hypothesis).ok()?;
        let columns = self.menu.columns(place.hypothesis);
        let before = columns[..place.word].iter();
        self.keeps(columns[place.word]).then(|| Place {
            hypothesis,
            word: before.filter(|column| self.keeps(**column)).count(),
        })
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

    /// The hypotheses with an edited word.
    pub(in crate::perturb) fn edited_hypotheses(&self) -> BTreeSet<usize> {
        self.edited_places().map(|place| place.hypothesis).collect()
    }

    /// The columns that are left: those with an edited word, and the others; both ascending.
    pub(in crate::perturb) fn left_columns(&self) -> (BTreeSet<usize>, Vec<usize>) {
        let edited: BTreeSet<usize> = self
            .edited_places()
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
    pub(in crate::perturb) fn with_edits(&self, edits: Vec<Edit>) -> Case {
        Case {
            edits,
            ..self.clone()
        }
    }

    /// The same case without the unedited hypotheses in `dropped`.
    pub(in crate::perturb) fn without_hypotheses(&self, dropped: &[usize]) -> Case {
        let mut case = self.clone();
        case.kept_hypotheses
            .retain(|hypothesis| !dropped.contains(hypothesis));
        case
    }

    /// The same case without the unedited columns in `dropped`.
    pub(in crate::perturb) fn without_columns(&self, dropped: &[usize]) -> Case {
        let mut case = self.clone();
        case.dropped_columns.extend(dropped);
        case
    }

    fn keeps(&self, column: usize) -> bool {
        !self.dropped_columns.contains(&column)
    }

    fn edited_places(&self) -> impl Iterator<Item = Place> {
        self.edits
            .iter()
            .flat_map(|edit| self.menu.sites()[edit.site].places.iter().copied())
    }

    fn replaced(&self) -> BTreeMap<Place, &Replacement> {
        let mut replaced = BTreeMap::new();
        for edit in &self.edits {
            let site = &self.menu.sites()[edit.site];
            for place in &site.places {
                replaced.insert(*place, &site.ladder[edit.rank - 1]);
            }
        }
        replaced
    }

    fn render<'a>(&'a self, word_at: impl Fn(Place, &'a str) -> &'a str) -> Vec<Transcript> {
        self.kept_hypotheses
            .iter()
            .map(|&hypothesis| {
                let words = self.menu.hypotheses()[hypothesis]
                    .iter()
                    .zip(self.menu.columns(hypothesis));
                Transcript::from_words(
                    words
                        .enumerate()
                        .filter(|(_, (_, column))| self.keeps(**column))
                        .map(|(position, (word, _))| {
                            word_at(
                                Place {
                                    hypothesis,
                                    word: position,
                                },
                                word,
                            )
                        }),
                )
            })
            .collect()
    }
}

/// The texts with their swaps, as in `["[two -> too] cups", "two cups"]`: what a failing test prints.
impl fmt::Debug for Case {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let replaced = self.replaced();
        let mut list = formatter.debug_list();
        for &hypothesis in &self.kept_hypotheses {
            let mut text = String::new();
            let words = self.menu.hypotheses()[hypothesis]
                .iter()
                .zip(self.menu.columns(hypothesis));
            for (position, (word, column)) in words.enumerate() {
                if !self.keeps(*column) {
                    continue;
                }
                if !text.is_empty() {
                    text.push(' ');
                }
                match replaced.get(&Place {
                    hypothesis,
                    word: position,
                }) {
                    Some(replacement) => write!(text, "[{word} -> {}]", replacement.word)?,
                    None => text += word,
                }
            }
            list.entry(&text);
        }
        list.finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::perturb::Hypotheses;
    use crate::perturb::Perturbation;
    use crate::perturb::examples::example;
    use crate::perturb::examples::lexicon;
    use crate::perturb::menu::Replacements;

    fn menu(hypotheses: Hypotheses) -> Arc<Menu> {
        let perturbation = Perturbation {
            hypotheses,
            ..Perturbation::PERTURB_N
        };
        Arc::new(Menu::new(
            &example(),
            &perturbation,
            &Replacements::from(&lexicon()),
            0,
        ))
    }

    #[track_caller]
    fn check_texts(case: &Case, expected: &[&str]) {
        let texts = case.texts();
        let texts: Vec<&str> = texts.iter().map(Transcript::as_str).collect();
        assert_eq!(texts, expected);
    }

    #[test]
    fn texts_are_rendered_with_their_swaps() {
        let menu = menu(Hypotheses::All { coherent: false });
        let case = Case::new(
            menu,
            vec![Edit { site: 3, rank: 1 }, Edit { site: 0, rank: 2 }],
        );
        check_texts(
            &case,
            &[
                "too cups for their tea",
                "two cups too their tea",
                "to cups for two there tea",
            ],
        );
        let swaps: Vec<String> = case
            .substitutions()
            .iter()
            .map(|s| {
                format!(
                    "{} {} {} {} {}",
                    s.hypothesis, s.word, s.from, s.to, s.distance
                )
            })
            .collect();
        assert_eq!(swaps, ["0 0 two too 0", "1 2 to too 0"]);
        assert_eq!(
            format!("{case:?}"),
            "[\"[two -> too] cups for their tea\", \"two cups [to -> too] their tea\", \
             \"to cups for two there tea\"]"
        );
    }

    #[test]
    fn a_coherent_edit_swaps_a_word_everywhere() {
        let case = Case::new(
            menu(Hypotheses::All { coherent: true }),
            vec![Edit { site: 0, rank: 2 }],
        );
        check_texts(
            &case,
            &[
                "too cups for their tea",
                "too cups to their tea",
                "to cups for too there tea",
            ],
        );
        let key = case.key();
        assert_eq!((key.edits, key.perturbed_hypotheses, key.ranks), (1, 3, 2));
    }

    #[test]
    fn what_is_dropped_is_gone_from_every_side() {
        let menu = menu(Hypotheses::All { coherent: false });
        let whole = Case::new(menu, vec![Edit { site: 0, rank: 1 }]);
        let case = whole.without_hypotheses(&[1]).without_columns(&[3]);
        check_texts(&case, &["to for their tea", "to for two there tea"]);
        assert_eq!(case.originals()[0].as_str(), "two for their tea");
        assert_eq!(case.reference().as_str(), "two for their tea");
        assert_eq!(case.kept_hypotheses(), [0, 2]);
        let left = |hypothesis, word| case.left(Place { hypothesis, word });
        let place = |hypothesis, word| Some(Place { hypothesis, word });
        assert_eq!((left(0, 0), left(2, 4)), (place(0, 0), place(1, 3)));
        assert_eq!((left(1, 0), left(0, 1)), (None, None));
        assert!(whole.is_whole() && !case.is_whole());
        assert!(case.key() < whole.key());
    }
}
