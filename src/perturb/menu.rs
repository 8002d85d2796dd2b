//! Menus: what can be swapped in an n-best list, and for what.
//!
//! [`Replacements`] knows the ladder of every word of the lexicon (by the rules of
//! [`ladders`](mod@crate::perturb::ladders)), [`Menu`] the words and sites of one list. Nothing is
//! drawn here. The ladders of other edits than swaps are in `boundary` and `function_words`.

use std::cmp::Ordering;
use std::fmt;
use std::sync::{Arc, OnceLock, PoisonError, RwLock};

use crate::nbest::{Transcript, Utterance};
use crate::perturb::coherent::merged;
use crate::perturb::columns::columns;
use crate::perturb::edit_kind::EditKind;
use crate::perturb::hypotheses::Hypotheses;
use crate::perturb::ladders::{Ladders, Table};
use crate::perturb::perturbation::Perturbation;
use crate::perturb::site::Site;
use crate::perturb::sites::{mixed_sites, single_sites};
use crate::phonetics::lexicon::Lexicon;
use crate::phonetics::neighbours::NeighbourIndex;

/// What every word can be replaced by.
///
/// A ladder is looked up in the neighbour index once and kept, so that one value
/// should serve a whole run. Cloning is cheap: clones share the index and what was
/// looked up. Threads may share it; what they get depends on the lexicon alone.
#[derive(Clone)]
pub struct Replacements {
    shared: Arc<Shared>,
}

struct Shared {
    index: Arc<NeighbourIndex>,
    /// One for all perturbations of the same distances, vocabulary and rules: a handful.
    tables: RwLock<Vec<Arc<Table>>>,
}

impl Replacements {
    /// Replacements from the lexicon of `index`.
    pub fn new(index: NeighbourIndex) -> Replacements {
        Replacements {
            shared: Arc::new(Shared {
                index: Arc::new(index),
                tables: RwLock::default(),
            }),
        }
    }

    /// The index behind it.
    pub fn index(&self) -> &NeighbourIndex {
        &self.shared.index
    }

    /// What `perturbation` swaps words for.
    pub fn ladders(&self, perturbation: &Perturbation) -> Ladders {
        let find = |tables: &[Arc<Table>]| {
            let mut tables = tables.iter();
            tables
                .find(|table| table.is_of(perturbation))
                .map(Arc::clone)
        };

        // What a thread that panicked left behind is whole: each table goes in at once.
        let tables = &self.shared.tables;
        let known = find(&tables.read().unwrap_or_else(PoisonError::into_inner));
        let table = known.unwrap_or_else(|| {
            let mut known = tables.write().unwrap_or_else(PoisonError::into_inner);
            find(&known).unwrap_or_else(|| {
                let table = Arc::new(Table::new(perturbation));
                known.push(Arc::clone(&table));
                table
            })
        });

        Ladders::new(Arc::clone(&self.shared.index), table)
    }
}

impl From<&Lexicon> for Replacements {
    /// Indexes `lexicon`, which takes some hundredths of a second for the embedded one.
    fn from(lexicon: &Lexicon) -> Replacements {
        Replacements::new(NeighbourIndex::new(lexicon))
    }
}

impl From<&NeighbourIndex> for Replacements {
    fn from(index: &NeighbourIndex) -> Replacements {
        Replacements::new(index.clone())
    }
}

impl From<&Replacements> for Replacements {
    fn from(replacements: &Replacements) -> Replacements {
        replacements.clone()
    }
}

/// Without the lexicon, which is large.
impl fmt::Debug for Replacements {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("Replacements")
            .field("words", &self.shared.index.lexicon().len())
            .finish_non_exhaustive()
    }
}

/// One n-best list as a perturbation sees it: its words, and what can be swapped.
///
/// Invariants: sites are in the order of their first places, then of their kinds; no place is in
/// two of one kind and length; every place is within the list. Sites of swaps never
/// [overlap](Site::overlaps), others may.
#[derive(Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Menu {
    /// The words of each hypothesis.
    hypotheses: Vec<Vec<String>>,
    reference: Vec<String>,
    sites: Vec<Site>,
    columns: Columns,
}

/// The columns of the words of a list: made when a case of it is to lose words, which few are.
#[derive(Debug, Default)]
struct Columns(OnceLock<MadeColumns>);

#[derive(Debug)]
struct MadeColumns {
    /// Of the words of each hypothesis.
    hypotheses: Vec<Vec<usize>>,
    reference: Vec<usize>,
}

// They follow from the words, so that menus differ by other things.
impl PartialEq for Columns {
    fn eq(&self, _: &Columns) -> bool {
        true
    }
}

impl Eq for Columns {}

impl PartialOrd for Columns {
    fn partial_cmp(&self, other: &Columns) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Columns {
    fn cmp(&self, _: &Columns) -> Ordering {
        Ordering::Equal
    }
}

impl Menu {
    /// What `perturbation` can do to the list of `utterance`.
    ///
    /// `rescored_best` is the rescorer's pick from the unperturbed list; only
    /// [`Target::RescoredBest`](crate::perturb::hypotheses::Target::RescoredBest) asks for it.
    pub fn new(
        utterance: &Utterance,
        perturbation: &Perturbation,
        replacements: &Replacements,
        rescored_best: usize,
    ) -> Menu {
        let list = utterance.nbest.hypotheses();
        let owned = |words: &mut dyn Iterator<Item = &str>| words.map(str::to_owned).collect();
        let hypotheses: Vec<Vec<String>> = list
            .iter()
            .map(|hypothesis| owned(&mut hypothesis.transcript.words()))
            .collect();
        let touched = perturbation.hypotheses.touched(list.len(), rescored_best);
        let ladders = replacements.ladders(perturbation);
        let sites = if perturbation.kinds.are_swaps() {
            single_sites(&hypotheses, touched, &ladders)
        } else {
            mixed_sites(&hypotheses, touched, perturbation, &ladders)
        };
        let sites = match perturbation.hypotheses {
            Hypotheses::One(_) | Hypotheses::All { coherent: false } => sites,
            Hypotheses::All { coherent: true } => merged(sites, &hypotheses),
        };

        Menu {
            hypotheses,
            reference: owned(&mut utterance.reference.words()),
            sites,
            columns: Columns::default(),
        }
    }

    /// The words of each hypothesis, unperturbed, in the order of the list.
    pub fn hypotheses(&self) -> &[Vec<String>] {
        &self.hypotheses
    }

    /// The words of the reference.
    pub fn reference(&self) -> &[String] {
        &self.reference
    }

    /// What can be swapped.
    pub fn sites(&self) -> &[Site] {
        &self.sites
    }

    /// Places where such an edit can be made.
    pub(crate) fn places(&self, kind: EditKind) -> usize {
        let sites = self.sites.iter().filter(|site| site.kind == kind);
        sites.map(|site| site.places.len()).sum()
    }

    /// The column of each word of a hypothesis.
    pub(super) fn columns(&self, hypothesis: usize) -> &[usize] {
        &self.made_columns().hypotheses[hypothesis]
    }

    /// The column of each word of the reference.
    pub(super) fn reference_columns(&self) -> &[usize] {
        &self.made_columns().reference
    }

    fn made_columns(&self) -> &MadeColumns {
        self.columns.0.get_or_init(|| {
            let transcript =
                |words: &Vec<String>| Transcript::from_words(words.iter().map(String::as_str));
            let pivot = transcript(&self.hypotheses[0]);
            let of_words = |words| columns(&pivot, &transcript(words));

            MadeColumns {
                hypotheses: self.hypotheses.iter().map(of_words).collect(),
                reference: of_words(&self.reference),
            }
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::perturb::examples::{example, lexicon};

    #[test]
    fn coherent_sites_hold_every_place_of_a_word() {
        let perturbation = Perturbation {
            hypotheses: Hypotheses::All { coherent: true },
            ..Perturbation::PERTURB_N
        };
        let menu = Menu::new(
            &example(),
            &perturbation,
            &Replacements::from(&lexicon()),
            0,
        );
        let found: Vec<(&str, usize)> = menu
            .sites()
            .iter()
            .map(|site| (site.from.as_str(), site.places.len()))
            .collect();

        assert_eq!(found, [("two", 3), ("their", 2), ("to", 2), ("there", 1)]);
    }
}
