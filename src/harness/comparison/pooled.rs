//! The rescorers of one contender as one: each reads the corpus once, and clusters are shared.
//!
//! Errors are sums over utterances, draws and rescorers. How well a pooled figure is known is
//! about the utterances: seeds are too few for an interval, and their range is shown beside it.

use crate::harness::clustering::Clustering;
use crate::harness::comparison::Contender;
use crate::harness::sums::ErrorSums;
use crate::harness::trial::CleanTrial;
use crate::harness::{CheckOutcome, Plan};
use crate::nbest::Utterance;

/// The outcomes of a contender, laid end to end.
#[derive(Debug, Clone)]
pub struct Pooled<'a> {
    /// What it is called.
    pub label: String,
    /// Whether it is the first pass itself.
    pub is_first_pass: bool,
    /// How many outcomes there are.
    pub rescorers: usize,
    /// The plan's utterances, once per rescorer.
    pub utterances: Vec<Utterance>,
    /// The clusters of these utterances: those of the corpus, shared by the rescorers.
    pub clustering: Clustering,
    /// One per utterance of `utterances`.
    pub clean: Vec<CleanTrial>,
    /// One per check; the utterances of their trials are those of `utterances`.
    pub checks: Vec<CheckOutcome<'a>>,
}

impl<'a> Pooled<'a> {
    /// Lays the outcomes of `contender`, of which there is at least one, end to end.
    pub fn new(plan: &Plan<'_>, clustering: &Clustering, contender: Contender<'a>) -> Pooled<'a> {
        let rescorers = contender.outcomes.len();
        let mut clean = Vec::new();
        let mut checks: Vec<CheckOutcome<'a>> = Vec::new();
        for (index, outcome) in contender.outcomes.into_iter().enumerate() {
            let offset = index * plan.utterances.len();
            clean.extend(outcome.clean);
            for (position, mut check) in outcome.checks.into_iter().enumerate() {
                for trial in &mut check.trials {
                    trial.utterance += offset;
                }
                match checks.get_mut(position) {
                    Some(pooled) => pooled.trials.append(&mut check.trials),
                    None => checks.push(check),
                }
            }
        }

        Pooled {
            label: contender.label,
            is_first_pass: contender.is_first_pass,
            rescorers,
            utterances: vec![plan.utterances; rescorers].concat(),
            clustering: Clustering {
                labels: clustering.labels.repeat(rescorers),
                ..*clustering
            },
            clean,
            checks,
        }
    }

    /// Errors of the picks on the clean lists, by cluster.
    pub fn clean_errors(&self) -> Vec<f64> {
        picked(&self.clustering, &self.clean)
    }

    /// The same, divided by the number of rescorers.
    pub fn mean_errors(&self) -> Vec<f64> {
        let errors = self.clean_errors();
        errors
            .into_iter()
            .map(|errors| errors / self.rescorers as f64)
            .collect()
    }

    /// Errors of the first pass on the clean lists, by cluster, once per rescorer.
    pub fn first_pass_errors(&self) -> Vec<f64> {
        first_pass(&self.clustering, &self.clean)
    }

    /// Words of the references, by cluster, once per rescorer.
    pub fn words(&self) -> Vec<f64> {
        let words = |trial: &CleanTrial| trial.picked().reference_words as f64;
        self.clustering.sums(self.clean.iter().map(words))
    }

    /// The error sums of a check, by cluster.
    pub fn sums(&self, check: usize) -> Vec<ErrorSums> {
        ErrorSums::by_cluster(&self.checks[check], &self.clean, &self.clustering)
    }
}

/// Errors of the picks, by cluster.
pub fn picked(clustering: &Clustering, clean: &[CleanTrial]) -> Vec<f64> {
    let errors = |trial: &CleanTrial| trial.picked().errors() as f64;
    clustering.sums(clean.iter().map(errors))
}

/// Errors of the first pass's favourites, by cluster.
pub fn first_pass(clustering: &Clustering, clean: &[CleanTrial]) -> Vec<f64> {
    let errors = |trial: &CleanTrial| trial.first_pass().errors() as f64;
    clustering.sums(clean.iter().map(errors))
}
