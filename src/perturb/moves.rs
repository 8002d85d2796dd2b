//! Moves: the next smaller cases, in the order in which they are tried.
//!
//! One function for every minimizer: the `ValueTree` of
//! [`strategy`](mod@crate::perturb::strategy) tries its cases one by one, another driver may try
//! many at once. A driver that takes the first move that still fails, until none
//! does, ends at the same case.

use std::collections::BTreeSet;

use crate::perturb::case::{Case, Edit};

/// Shrinking leaves at least two hypotheses, or there would be nothing to choose.
const FEWEST_HYPOTHESES: usize = 2;

/// What of a list a move may take away.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Scope {
    /// Edits and hypotheses: the sentences that are left stay whole, as somebody may have said
    /// them.
    Sentences,
    /// Words that nothing edits, too: the shortest list that does it.
    Words,
}

/// Cases with a strictly lower key, each once, best first.
///
/// In this order: each edit alone; edits undone in chunks, from halves down to
/// single ones (ddmin: Zeller and Hildebrandt, "Simplifying and isolating
/// failure-inducing input", 2002); all edits of one hypothesis undone; edited hypotheses
/// dropped in chunks, with the edits that change nothing else; each edit at each nearer
/// replacement, nearest first; unedited hypotheses dropped in chunks, down to a list of two; and,
/// if `scope` is [`Scope::Words`], unedited columns dropped in chunks, down to one.
///
/// If no move of a case fails, the case is minimal: undoing any single edit (under a coherent
/// perturbation all substitutions of a word are one), taking any nearer replacement, dropping any
/// single hypothesis (with the edits in it alone), or (with words) any single unedited column makes
/// the failure vanish.
#[expect(
    clippy::mutable_key_type,
    reason = "the columns of a menu are made later, and have no part in how cases compare"
)]
pub fn moves(case: &Case, scope: Scope) -> Vec<Case> {
    let mut candidates = Vec::new();
    undo_edits(case, &mut candidates);
    drop_hypotheses(case, &edited(case), &mut candidates);
    take_nearer(case, &mut candidates);
    drop_hypotheses(case, &unedited(case), &mut candidates);
    if scope == Scope::Words {
        drop_columns(case, &mut candidates);
    }

    let key = case.key();
    let mut seen = BTreeSet::new();
    candidates.retain(|candidate| candidate.key() < key && seen.insert(candidate.clone()));

    candidates
}

fn undo_edits(case: &Case, candidates: &mut Vec<Case>) {
    let edits = case.edits();
    for edit in edits {
        candidates.push(case.with_edits(vec![*edit]));
    }

    for undone in chunks(edits) {
        candidates.push(keep_edits(case, |edit| !undone.contains(edit)));
    }

    for hypothesis in case.edited_hypotheses() {
        let sites = case.menu().sites();
        candidates.push(keep_edits(case, |edit| {
            sites[edit.site]
                .places
                .iter()
                .all(|place| place.hypothesis != hypothesis)
        }));
    }
}

fn keep_edits(case: &Case, keeps: impl Fn(&Edit) -> bool) -> Case {
    case.with_edits(case.edits().iter().copied().filter(keeps).collect())
}

fn take_nearer(case: &Case, candidates: &mut Vec<Case>) {
    for (position, edit) in case.edits().iter().enumerate() {
        for rank in 1..edit.rank {
            let mut edits = case.edits().to_vec();
            edits[position].rank = rank;
            candidates.push(case.with_edits(edits));
        }
    }
}

fn edited(case: &Case) -> Vec<usize> {
    case.edited_hypotheses().into_iter().collect()
}

fn unedited(case: &Case) -> Vec<usize> {
    let edited = case.edited_hypotheses();
    let kept = case.kept_hypotheses().iter().copied();
    kept.filter(|hypothesis| !edited.contains(hypothesis))
        .collect()
}

fn drop_hypotheses(case: &Case, hypotheses: &[usize], candidates: &mut Vec<Case>) {
    let kept = case.kept_hypotheses().len();
    for dropped in chunks(hypotheses) {
        if kept - dropped.len() < FEWEST_HYPOTHESES {
            continue;
        }

        // Other sentences, without a swap, are another case, and no smaller one of this.
        let smaller = case.without_hypotheses(dropped);
        if !smaller.edits().is_empty() {
            candidates.push(smaller);
        }
    }
}

fn drop_columns(case: &Case, candidates: &mut Vec<Case>) {
    let (edited, unedited) = case.left_columns();
    for dropped in chunks(&unedited) {
        if edited.len() + unedited.len() > dropped.len() {
            candidates.push(case.without_columns(dropped));
        }
    }
}

/// Runs of `items`: first in halves, then in ever shorter ones, at last one by one.
fn chunks<T>(items: &[T]) -> impl Iterator<Item = &[T]> {
    let mut sizes = Vec::new();
    let mut size = items.len();
    while size > 1 {
        size = size.div_ceil(2);
        sizes.push(size);
    }

    if items.len() == 1 {
        sizes.push(1);
    }

    sizes.into_iter().flat_map(|size| items.chunks(size))
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::perturb::examples::{example, lexicon};
    use crate::perturb::hypotheses::Hypotheses;
    use crate::perturb::menu::{Menu, Replacements};
    use crate::perturb::perturbation::Perturbation;

    fn case(hypotheses: Hypotheses, edits: &[(usize, usize)]) -> Case {
        let perturbation = Perturbation {
            hypotheses,
            ..Perturbation::PERTURB_N
        };
        let menu = Menu::new(
            &example(),
            &perturbation,
            &Replacements::from(&lexicon()),
            0,
        );

        Case::new(
            Arc::new(menu),
            edits
                .iter()
                .map(|&(site, rank)| Edit { site, rank })
                .collect(),
        )
    }

    /// Takes the first failing move until there is none.
    fn minimize(mut case: Case, fails: impl Fn(&Case) -> bool) -> Case {
        while let Some(smaller) = moves(&case, Scope::Words)
            .into_iter()
            .find(|case| fails(case))
        {
            case = smaller;
        }
        case
    }

    #[test]
    fn chunks_go_from_halves_to_single_ones() {
        let shown = |items: &[u8]| chunks(items).map(<[u8]>::to_vec).collect::<Vec<_>>();
        assert_eq!(
            shown(&[1, 2, 3]),
            [vec![1, 2], vec![3], vec![1], vec![2], vec![3]]
        );
        assert_eq!(shown(&[1]), [vec![1]]);
        assert!(shown(&[]).is_empty());
    }

    #[test]
    fn every_move_lowers_the_key_and_none_comes_twice() {
        let start = case(
            Hypotheses::All { coherent: false },
            &[(0, 2), (1, 1), (3, 2), (6, 1)],
        );
        let candidates = moves(&start, Scope::Words);
        assert!(candidates.len() > 10);
        assert!(
            candidates
                .iter()
                .all(|candidate| candidate.key() < start.key())
        );

        let mut distinct: Vec<&Case> = candidates.iter().collect();
        distinct.sort();
        distinct.dedup();
        assert_eq!(distinct.len(), candidates.len());
        assert_eq!(candidates[0].edits(), [Edit { site: 0, rank: 2 }]);
    }

    #[test]
    fn a_word_that_must_be_swapped_is_all_that_is_left() {
        for coherent in [false, true] {
            let start = case(Hypotheses::All { coherent }, &[(0, 2), (1, 1), (2, 2)]);
            let least = minimize(start, |case| {
                case.texts()
                    .iter()
                    .any(|text| text.as_str().contains("too"))
            });
            let shown = if coherent {
                r#"["[two -> too]", "[two -> too]"]"#
            } else {
                r#"["[two -> too]", "to"]"#
            };
            assert_eq!(format!("{least:?}"), shown);
        }
    }

    #[test]
    fn sentences_stay_whole_unless_words_may_go() {
        let start = case(Hypotheses::All { coherent: false }, &[(0, 2), (6, 1)]);
        let sentences = moves(&start, Scope::Sentences);
        let words = moves(&start, Scope::Words);
        assert!(
            sentences
                .iter()
                .all(|case| case.reference() == start.reference())
        );
        assert!(sentences.len() > 3 && words.len() > sentences.len());
        assert_eq!(words[..sentences.len()], sentences);
    }

    #[test]
    fn planted_conjunctions_end_at_exactly_their_edits() {
        let all: Vec<(usize, usize)> = (0..7).map(|site| (site, 1)).collect();
        for first in 0..7 {
            for second in first..7 {
                let start = case(Hypotheses::All { coherent: false }, &all);
                let has = |case: &Case, site| case.edits().iter().any(|edit| edit.site == site);
                let least = minimize(start, |case| has(case, first) && has(case, second));
                assert_eq!(least.edits().len(), if first == second { 1 } else { 2 });
            }
        }
    }
}
