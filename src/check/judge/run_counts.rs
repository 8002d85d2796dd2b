//! All that is kept of the lists of a run: sums and counts, to which they are added part after
//! part.
//!
//! Of an utterance three numbers are left for each check, on the disk, and the label of its
//! cluster; all else grows with speakers and words. The same lists give the same counts, however
//! they are parted.

use std::io;

use crate::check::engine::outcome::{CheckOutcome, Outcome};
use crate::check::engine::plan::Plan;
use crate::check::engine::trial::Rescored;
use crate::check::judge::clustering::Clustering;
use crate::check::judge::counts::{CleanCounts, ListCounts};
use crate::check::judge::remarks::Choices;
use crate::check::judge::utterance_errors::ErrorsByUtterance;
use crate::check::judge::words::SharedCost;
use crate::nbest::Utterance;
use crate::perturb::left_out::{SwapCounts, swap_counts};
use crate::rescore::Interpolation;
use crate::suite::{Check, Suite};

/// So many shares of pairs of words in clusters are held in memory for each check; some 10 MB.
const HELD: usize = 1 << 18;

/// Some utterances of a run that follow each other.
#[derive(Clone, Copy)]
pub(crate) struct Stretch<'a> {
    /// How many utterances come before.
    pub(crate) first: usize,
    /// The utterances.
    pub(crate) utterances: &'a [Utterance],
    /// Their clean lists.
    pub(crate) clean: &'a [Rescored],
}

impl Stretch<'_> {
    /// The labels of their clusters.
    pub(crate) fn labels<'b>(&self, clustering: &'b Clustering) -> &'b [usize] {
        &clustering.labels[self.first..self.first + self.utterances.len()]
    }
}

/// What is kept of a run.
#[derive(Debug)]
pub(crate) struct RunCounts<'a> {
    pub(super) clustering: Clustering,
    pub(super) clean: CleanCounts,
    pub(super) choices: Choices,
    /// One per check, in the plan's order.
    pub(super) checks: Vec<KeptCheck<'a>>,
}

/// What is kept of one check.
#[derive(Debug)]
pub(super) struct KeptCheck<'a> {
    pub(super) suite: &'a Suite,
    pub(super) check: &'a Check,
    pub(super) lists: ListCounts,
    pub(super) swaps: SwapCounts,
    pub(super) shared: SharedCost,
    pub(super) errors: ErrorsByUtterance,
}

impl<'a> RunCounts<'a> {
    /// Of no list yet.
    pub(crate) fn new(
        plan: &Plan<'a>,
        clustering: Clustering,
        interpolation: Interpolation,
    ) -> RunCounts<'a> {
        let checks = plan.checks().map(|(suite, check)| KeptCheck {
            suite,
            check,
            lists: ListCounts::new(clustering.count),
            swaps: SwapCounts::default(),
            shared: SharedCost::new(clustering.count, HELD),
            errors: ErrorsByUtterance::default(),
        });
        RunCounts {
            checks: checks.collect(),
            clean: CleanCounts::new(clustering.count),
            choices: Choices::new(interpolation),
            clustering,
        }
    }

    /// Which lists belong together.
    pub(crate) fn clustering(&self) -> &Clustering {
        &self.clustering
    }

    /// With everything in memory.
    pub(super) fn holding_all(mut self) -> RunCounts<'a> {
        for check in &mut self.checks {
            check.shared = SharedCost::new(self.clustering.count, usize::MAX);
            check.errors = ErrorsByUtterance::holding_all();
        }
        self
    }

    /// Takes all lists of a run in.
    pub(crate) fn add(&mut self, plan: &Plan<'_>, outcome: &Outcome<'_>) -> io::Result<()> {
        let stretch = Stretch {
            first: 0,
            utterances: plan.utterances,
            clean: &outcome.clean,
        };
        self.add_clean(stretch);
        for (index, check) in outcome.checks.iter().enumerate() {
            self.add_check(index, plan, stretch, check)?;
        }
        Ok(())
    }

    /// Takes the clean lists of a stretch in.
    pub(crate) fn add_clean(&mut self, stretch: Stretch<'_>) {
        let labels = stretch.labels(&self.clustering);
        self.clean.add(labels, stretch.clean);
        self.choices.add_clean(stretch.utterances, stretch.clean);
    }

    /// Takes in what happened to a stretch under the check at `index`.
    pub(crate) fn add_check(
        &mut self,
        index: usize,
        plan: &Plan<'_>,
        stretch: Stretch<'_>,
        outcome: &CheckOutcome<'_>,
    ) -> io::Result<()> {
        let Stretch {
            utterances, clean, ..
        } = stretch;
        let CheckOutcome { trials, draws, .. } = outcome;
        let labels = stretch.labels(&self.clustering);
        let kept = &mut self.checks[index];

        let (perturbation, pick) = (&kept.check.perturbation, |list: usize| clean[list].pick);
        kept.swaps += swap_counts(utterances, perturbation, plan.replacements, pick);
        kept.lists.add(labels, clean, trials, *draws);
        kept.errors.add(trials, *draws)?;
        self.choices.add_perturbed(trials, clean);
        kept.shared.add(labels, clean, trials)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::check::engine::run::run;
    use crate::check::examples::{Silent, Words, replacements, suite, tea, utterance};
    use crate::check::judge::findings::Findings;
    use crate::perturb::Perturbation;

    /// The findings of `utterances`, taken in so many at a time.
    fn findings(utterances: &[Utterance], at_a_time: usize) -> Findings {
        let suites = [
            suite(Perturbation::PERTURB_N),
            suite(Perturbation::PERTURB_1),
        ];
        let replacements = replacements("");
        let plan = Plan {
            utterances,
            suites: &suites,
            replacements: &replacements,
            seed: 3,
            draws: Some(4),
        };
        let rescorer = Words::new(5);
        let whole = run(&plan, &rescorer, &Silent).unwrap();
        if at_a_time >= utterances.len() {
            return Findings::new(&plan, &whole);
        }

        let clustering = Clustering::new(utterances);
        let mut counts = RunCounts::new(&plan, clustering, whole.facts.interpolation);
        let mut first = 0;
        for utterances in utterances.chunks(at_a_time) {
            let plan = Plan { utterances, ..plan };
            let outcome = run(&plan, &rescorer, &Silent).unwrap();
            let stretch = Stretch {
                first,
                utterances,
                clean: &outcome.clean,
            };
            counts.add_clean(stretch);
            for (index, check) in outcome.checks.iter().enumerate() {
                counts.add_check(index, &plan, stretch, check).unwrap();
            }
            first += utterances.len();
        }
        Findings::of(&plan, counts, whole.facts.clone(), None)
            .unwrap()
            .0
    }

    #[test]
    fn parts_give_the_findings_of_the_whole() {
        for speakers in [3, 20] {
            let utterances: Vec<Utterance> = (0..20)
                .map(|number| {
                    let mut list = match number % 3 {
                        0 => tea(),
                        1 => utterance("", "two cups", &["two cups", "too cup", "to cups"]),
                        _ => utterance("", "for tea", &["for tea"]),
                    };
                    list.id = format!("u{number:02}");
                    list.speaker = (speakers < 20).then(|| format!("s{}", number % speakers));
                    list
                })
                .collect();

            let whole = findings(&utterances, 20);
            assert!(whole.words[0].flip.is_some());
            assert!(whole.clean.difference_p.is_some_and(|p| p < 1.0));
            for at_a_time in [1, 6, 19] {
                assert_eq!(
                    findings(&utterances, at_a_time),
                    whole,
                    "{at_a_time} at a time"
                );
            }
        }
    }
}
