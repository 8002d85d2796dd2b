//! Sites: where a perturbation can edit the texts of a list, by kind of edit.
//!
//! What stands on their ladders is known elsewhere; here is only where ladders are put up.

use std::ops::Range;
use std::sync::Arc;

use crate::perturb::casing::TextCasing;
use crate::perturb::edit_kind::EditKind;
use crate::perturb::ladders::Ladders;
use crate::perturb::perturbation::Perturbation;
use crate::perturb::replacement::Ladder;
use crate::perturb::site::{Place, Site};
use crate::phonetics::distance::PhoneticDistance;

/// A site for every eligible word of the hypotheses in `touched`.
pub(super) fn single_sites(
    hypotheses: &[Vec<String>],
    touched: Range<usize>,
    ladders: &Ladders,
) -> Vec<Site> {
    let mut ladders = ladders.of_list();
    let mut sites = Vec::new();
    for hypothesis in touched {
        let words = &hypotheses[hypothesis];
        let casing = TextCasing::of(words);
        for (word, from) in words.iter().enumerate() {
            let ladder = &ladders.rungs(words, word, casing).ladder;
            if !ladder.is_empty() {
                sites.push(Site {
                    places: vec![Place { hypothesis, word }],
                    from: from.clone(),
                    ladder: Arc::clone(ladder),
                    kind: EditKind::Swap,
                    length: 1,
                });
            }
        }
    }

    sites
}

/// The rungs from `min` on; distances rise along a ladder.
fn far_enough(ladder: Ladder, min: PhoneticDistance) -> Ladder {
    let near = ladder.iter().take_while(|rung| rung.distance < min).count();
    if near == 0 {
        ladder
    } else {
        ladder[near..].into()
    }
}

/// Sites of every kind that `perturbation` gives a weight, by place, then by kind.
pub(super) fn mixed_sites(
    hypotheses: &[Vec<String>],
    touched: Range<usize>,
    perturbation: &Perturbation,
    ladders: &Ladders,
) -> Vec<Site> {
    let mut sites = Vec::new();
    for (kind, _) in perturbation.kinds.weights() {
        if kind == EditKind::Swap {
            sites.extend(single_sites(hypotheses, touched.clone(), ladders));
            continue;
        }
        for hypothesis in touched.clone() {
            let words = &hypotheses[hypothesis];
            let mut add = |word: usize, length: usize, ladder: Ladder| {
                let ladder = match kind {
                    EditKind::Swap | EditKind::Boundary => {
                        far_enough(ladder, perturbation.min_distance)
                    }
                    EditKind::Delete | EditKind::Insert => ladder,
                };
                if !ladder.is_empty() {
                    sites.push(Site {
                        places: vec![Place { hypothesis, word }],
                        from: words[word..word + length].join(" "),
                        ladder,
                        kind,
                        length,
                    });
                }
            };
            match kind {
                EditKind::Swap => {}
                EditKind::Boundary => {
                    let casing = TextCasing::of(words);
                    for length in [1, 2] {
                        for word in 0..(words.len() + 1).saturating_sub(length) {
                            add(word, length, ladders.recuts(words, word, length, casing));
                        }
                    }
                }
                EditKind::Delete => {
                    for word in 0..words.len() {
                        add(word, 1, ladders.deletions(words, word));
                    }
                }
                EditKind::Insert => {
                    for word in 0..=words.len() {
                        add(word, 0, ladders.insertions(words, word));
                    }
                }
            }
        }
    }

    sites.sort_by(|a, b| (&a.places, a.kind, a.length).cmp(&(&b.places, b.kind, b.length)));
    sites
}
