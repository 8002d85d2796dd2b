//! Coherent perturbations: one map from words to words for the whole list.
//!
//! The sites of the single texts are joined, so that what an edit does it does in every text that has
//! the words. That is the whole difference: draws choose among joined sites as they choose among
//! single ones, only for the list at once instead of text by text.

use std::collections::BTreeMap;

use crate::perturb::edit_kind::EditKind;
use crate::perturb::site::{Place, Site};

/// One site for all places where an edit would do the same: of one kind, on the same words; of insertions, between the same words.
pub(in crate::perturb) fn merged(sites: Vec<Site>, hypotheses: &[Vec<String>]) -> Vec<Site> {
    let context = |site: &Site| match site.kind {
        EditKind::Swap | EditKind::Boundary | EditKind::Delete => [None, None],
        EditKind::Insert => {
            let Place { hypothesis, word } = site.places[0];
            let words = &hypotheses[hypothesis];
            [
                word.checked_sub(1).and_then(|before| words.get(before)),
                words.get(word),
            ]
        }
    };

    let mut known: BTreeMap<_, usize> = BTreeMap::new();
    let mut merged: Vec<Site> = Vec::new();
    for site in sites {
        let key = (site.kind, site.from.clone(), context(&site));
        if let Some(&index) = known.get(&key) {
            // `to to to` holds `to to` twice, but both cannot be edited.
            if !merged[index].overlaps(&site) {
                merged[index].places.extend(site.places);
            }
        } else {
            known.insert(key, merged.len());
            merged.push(site);
        }
    }

    merged
}
