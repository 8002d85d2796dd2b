//! Certificates: that no single substitution changes a pick, or all that do.
//!
//! Where draws are samples, this is every single swap that a perturbation allows, one at a
//! time, on the whole list. Swaps of two words are beyond it.

use std::sync::Arc;

use rayon::prelude::*;

use crate::check::engine::pair::{Choice, ListPair, choices};
use crate::nbest::Utterance;
use crate::perturb::Perturbation;
use crate::perturb::case::{Case, Edit};
use crate::perturb::menu::{Menu, Replacements};
use crate::rescore::{Candidates, Interpolation, RescoreError, Rescorer};

/// Perturbed lists that are scored in one call, or those of one utterance where it has more.
const LISTS_PER_CALL: usize = 4096;

/// One substitution that changes the pick.
#[derive(Debug, Clone, PartialEq)]
pub struct Flip {
    /// The whole list with the one swap.
    pub case: Case,
    /// What the rescorer makes of it.
    pub choice: Choice,
}

/// What every single substitution does to one utterance.
#[derive(Debug, Clone, PartialEq)]
pub struct Certificate {
    /// The utterance's index.
    pub utterance: usize,
    /// The index of the pick from the unperturbed list.
    pub clean_pick: usize,
    /// How many substitutions were tried: all there are. Under a coherent perturbation a
    /// substitution swaps a word wherever it stands in the list.
    pub substitutions: usize,
    /// Those that change the pick: by site, then nearest first.
    pub flips: Vec<Flip>,
    /// How far the clean pick stays ahead of every other hypothesis, in total scores, at the
    /// substitution where it is closest; negative if there are flips. `None` without a substitution
    /// or a second hypothesis.
    pub slack: Option<f64>,
}

impl Certificate {
    /// Whether no substitution changes the pick, were all totals wrong by up to half of `noise`.
    pub fn holds(&self, noise: f64) -> bool {
        self.flips.is_empty() && self.slack.is_none_or(|slack| slack > noise || noise == 0.0)
    }

    /// The substitutions that change the pick to a worse hypothesis, both read with the
    /// substitution.
    pub fn harmful(&self) -> impl Iterator<Item = &Flip> {
        self.flips.iter().filter(|flip| flip.choice.damage() > 0)
    }
}

/// Tries every single substitution that `perturbation` allows in each of `utterances`.
///
/// How many words the perturbation would swap does not matter here. One certificate per
/// utterance, in order; if `out_of_time` says so, asked before every call of the rescorer, only
/// those of the first utterances.
pub fn certify(
    utterances: &[Utterance],
    perturbation: &Perturbation,
    replacements: &Replacements,
    rescorer: &dyn Rescorer,
    out_of_time: &dyn Fn() -> bool,
) -> Result<Vec<Certificate>, RescoreError> {
    if out_of_time() {
        return Ok(Vec::new());
    }

    let clean_lists: Vec<Candidates<'_>> = utterances.iter().map(Candidates::of).collect();
    let clean_scores = rescorer.score(&clean_lists)?;
    let interpolation = rescorer.interpolation();
    let cases: Vec<(usize, Vec<Case>)> = utterances
        .par_iter()
        .zip(&clean_scores)
        .map(|(utterance, scores)| {
            let pick = interpolation.select(utterance.nbest.hypotheses(), scores);
            let menu = Menu::new(utterance, perturbation, replacements, pick);
            (pick, single_substitutions(&Arc::new(menu)))
        })
        .collect();

    let mut certificates = Vec::with_capacity(utterances.len());
    while certificates.len() < utterances.len() && !out_of_time() {
        let first = certificates.len();
        let mut lists = 0;
        // Utterances share a call as far as they fit: a model is fast on many lists.
        let group = cases[first..].iter().take_while(|(_, cases)| {
            let fits = lists == 0 || lists + cases.len() <= LISTS_PER_CALL;
            lists += cases.len();
            fits
        });
        let group = first..first + group.count();
        let pairs: Vec<ListPair> = group
            .clone()
            .into_par_iter()
            .flat_map_iter(|index| cases[index].1.iter().map(move |case| (index, case)))
            .map(|(index, case)| ListPair::new(utterances[index].clone(), case.texts()))
            .collect();
        let mut choices = choices(&pairs, rescorer)?.into_iter();
        for index in group {
            let (clean_pick, cases) = &cases[index];
            let choices: Vec<Choice> = choices.by_ref().take(cases.len()).collect();
            certificates.push(certificate(
                index,
                &utterances[index],
                *clean_pick,
                cases,
                choices,
                interpolation,
            ));
        }
    }

    Ok(certificates)
}

fn certificate(
    index: usize,
    utterance: &Utterance,
    clean_pick: usize,
    cases: &[Case],
    choices: Vec<Choice>,
    interpolation: Interpolation,
) -> Certificate {
    let leads = choices
        .iter()
        .filter_map(|choice| lead(utterance, clean_pick, choice, interpolation));
    let slack = leads.min_by(f64::total_cmp);
    let flips = cases
        .iter()
        .zip(choices)
        .filter(|(_, choice)| choice.pick != clean_pick)
        .map(|(case, choice)| Flip {
            case: case.clone(),
            choice,
        })
        .collect();

    Certificate {
        utterance: index,
        clean_pick,
        substitutions: cases.len(),
        flips,
        slack,
    }
}

/// The whole list with each of its substitutions alone.
fn single_substitutions(menu: &Arc<Menu>) -> Vec<Case> {
    let sites = menu.sites().iter().enumerate();
    sites
        .flat_map(|(site, place)| (1..=place.ladder.len()).map(move |rank| Edit { site, rank }))
        .map(|edit| Case::new(Arc::clone(menu), vec![edit]))
        .collect()
}

/// How far the clean pick is ahead of all others under perturbation.
fn lead(
    utterance: &Utterance,
    clean_pick: usize,
    choice: &Choice,
    interpolation: Interpolation,
) -> Option<f64> {
    let hypotheses = utterance.nbest.hypotheses();
    let total = |index: usize| interpolation.total(hypotheses[index].score, choice.scores[index]);
    let others = (0..hypotheses.len()).filter(|index| *index != clean_pick);
    let rival = others.map(total).max_by(f64::total_cmp)?;
    Some(total(clean_pick) - rival)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::check::examples::{Words, replacements, tea, utterance};
    use crate::perturb::Hypotheses;
    use crate::phonetics::distance::PhoneticDistance;

    fn perturbation(coherent: bool) -> Perturbation {
        Perturbation {
            hypotheses: Hypotheses::All { coherent },
            max_distance: PhoneticDistance::from_milli(600),
            ..Perturbation::PERTURB_N
        }
    }

    fn certify_all(utterances: &[Utterance], coherent: bool, salt: u64) -> Vec<Certificate> {
        let rescorer = Words::new(salt);
        certify(
            utterances,
            &perturbation(coherent),
            &replacements(""),
            &rescorer,
            &|| false,
        )
        .unwrap()
    }

    /// Texts after every single swap that changes the pick, by splitting strings: no case, no menu.
    fn brute_force(utterance: &Utterance, salt: u64) -> Vec<Vec<String>> {
        let (rescorer, replacements) = (Words::new(salt), replacements(""));
        let hypotheses = utterance.nbest.hypotheses();
        let pick = |texts: &[String]| {
            let texts = texts.iter().map(String::as_str).collect();
            let scores = rescorer.score(&[Candidates { utterance, texts }]).unwrap();
            rescorer.interpolation().select(hypotheses, &scores[0])
        };
        let originals: Vec<String> = hypotheses
            .iter()
            .map(|h| h.transcript.as_str().to_owned())
            .collect();
        let clean_pick = pick(&originals);

        let mut flips = Vec::new();
        for (index, original) in originals.iter().enumerate() {
            let words: Vec<&str> = original.split(' ').collect();
            for (position, word) in words.iter().enumerate() {
                let nearby = replacements
                    .index()
                    .replacements(word, PhoneticDistance::from_milli(600));
                for neighbour in nearby {
                    let mut swapped = words.clone();
                    swapped[position] = neighbour.word;
                    let mut texts = originals.clone();
                    texts[index] = swapped.join(" ");
                    if pick(&texts) != clean_pick {
                        flips.push(texts);
                    }
                }
            }
        }

        flips
    }

    #[test]
    fn a_certificate_lists_exactly_what_brute_force_finds() {
        let (mut with, mut without) = (0, 0);
        for salt in 0..60 {
            let certificate = certify_all(&[tea()], false, salt).remove(0);
            let found: Vec<Vec<String>> = certificate
                .flips
                .iter()
                .map(|flip| {
                    flip.case
                        .texts()
                        .iter()
                        .map(|text| text.as_str().to_owned())
                        .collect()
                })
                .collect();
            assert_eq!(found, brute_force(&tea(), salt));
            assert_eq!(certificate.holds(0.0), found.is_empty());
            assert_eq!(certificate.slack.unwrap() < 0.0, !found.is_empty());
            assert!(certificate.harmful().count() <= found.len());
            *(if found.is_empty() {
                &mut without
            } else {
                &mut with
            }) += 1;
        }

        assert!(with > 10 && without > 2, "{with} {without}");
    }

    #[test]
    fn utterances_are_certified_one_by_one_whatever_is_beside_them() {
        let others =
            ["u1", "u2", "u3"].map(|id| utterance(id, "two tea", &["two tea", "to tea", "do tee"]));
        let list = [&others[..], &[tea()], &others[..]].concat();
        let all = certify_all(&list, true, 5);
        assert_eq!(all.len(), list.len());
        for (index, certificate) in all.iter().enumerate() {
            let alone = certify_all(&list[index..=index], true, 5).remove(0);
            assert_eq!(
                *certificate,
                Certificate {
                    utterance: index,
                    ..alone
                }
            );
        }
    }

    #[test]
    fn a_list_without_replacements_or_rivals_is_safe() {
        let lists = [
            utterance("u", "xyz", &["xyz", "zyx"]),
            utterance("v", "two", &["two"]),
        ];
        let certificates = certify_all(&lists, false, 1);

        assert!(
            certificates
                .iter()
                .all(|certificate| certificate.holds(1.0) && certificate.slack.is_none())
        );
        assert_eq!(certificates[0].substitutions, 0);
        assert!(certificates[1].substitutions > 0);
    }

    #[test]
    fn a_certificate_within_the_noise_does_not_hold() {
        let certificate = (0..60)
            .map(|salt| certify_all(&[tea()], false, salt).remove(0))
            .find(|certificate| certificate.flips.is_empty())
            .unwrap();
        let slack = certificate.slack.unwrap();
        assert!(certificate.holds(slack * 0.9) && !certificate.holds(slack * 1.1));
    }

    #[test]
    fn when_time_is_up_the_first_certificates_are_kept() {
        let asked = std::cell::Cell::new(0);
        let out_of_time = || asked.replace(asked.get() + 1) >= 1;
        let result = certify(
            &[tea()],
            &perturbation(false),
            &replacements(""),
            &Words::new(0),
            &out_of_time,
        );

        assert!(result.unwrap().is_empty());
    }
}
