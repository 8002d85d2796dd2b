//! A suite as it is run, however it was written.

use std::path::Path;

use crate::perturb::Perturbation;
use crate::suite::gates::Gates;
use crate::suite::property::PropertyCheck;

/// A named list of checks that are judged together.
///
/// Invariants of suites that were read: at least one check or property, no two of one name; all
/// values within the ranges that their fields state.
#[derive(Debug, Clone, PartialEq)]
pub struct Suite {
    /// Letters, digits, `-`, `_` and `.` only. Part of the name of every random stream.
    pub name: String,
    /// What it is for, in a sentence or two; may be empty.
    pub description: String,
    /// The one-sided error rate of every verdict, in 0..0.5 without the ends.
    pub alpha: f64,
    /// With fewer independent clusters than this, no verdict is given; at least 12.
    pub min_clusters: usize,
    /// With a smaller share of the lists touched, a check gives no verdict, in 0..=1.
    pub min_coverage: f64,
    /// In the order in which they are run and reported.
    pub checks: Vec<Check>,
    /// Checks of other kinds, in the order in which they are run and reported: before the others.
    pub properties: Vec<PropertyCheck>,
}

/// The default error rate of a verdict.
pub(crate) const ALPHA: f64 = 0.05;
/// The fewest clusters that a verdict may rest on; a suite may ask for more.
pub(super) const FEWEST_CLUSTERS: usize = crate::stats::FEWEST_FOR_VERDICT;
/// The default share of the lists that a check must touch.
pub(super) const MIN_COVERAGE: f64 = 0.5;
/// The default number of draws per utterance.
pub(super) const DRAWS: usize = 5;

/// One claim: under this perturbation the rescorer is not swayed, and still helps.
#[derive(Debug, Clone, PartialEq)]
pub struct Check {
    /// Letters, digits, `-`, `_` and `.` only; unique in its suite.
    pub name: String,
    /// What is done to every list.
    pub perturbation: Perturbation,
    /// What is judged, and how much of it passes.
    pub gates: Gates,
    /// Perturbed versions of each list, at least 1.
    pub draws: usize,
}

impl Suite {
    /// The files of pairs that its checks and properties draw from.
    pub fn files(&self) -> impl Iterator<Item = &Path> {
        let checks = self.checks.iter().map(|check| &check.perturbation);
        let drawn = self
            .properties
            .iter()
            .filter_map(|check| check.property.drawn());
        checks
            .chain(drawn.map(|drawn| &drawn.perturbation))
            .filter_map(|perturbation| perturbation.rules.pairs.as_ref()?.file())
    }

    /// A hash of what the suite asks for, as hexadecimal digits: its comments, its
    /// description and the order of its keys do not matter.
    pub fn content_hash(&self) -> String {
        let mut hasher = blake3::Hasher::new();
        let (clusters, coverage) = (self.min_clusters, self.min_coverage);
        let head = format!("{}\n{}\n{clusters}\n{coverage}\n", self.name, self.alpha);
        hasher.update(head.as_bytes());
        for check in &self.checks {
            let Check {
                name,
                perturbation,
                gates,
                draws,
            } = check;
            let (rules, perturbation) = (&perturbation.rules, perturbation.describe());
            let content = format!("{name}\n{perturbation}\n{rules}\n{gates:?}\n{draws}\n");
            hasher.update(content.as_bytes());
        }

        for PropertyCheck {
            name,
            lists,
            property,
        } in &self.properties
        {
            let content = format!("{name}\n{}\n{lists:?}\n{property}\n", property.kind());
            hasher.update(content.as_bytes());
            if let Some(drawn) = property.drawn() {
                hasher.update(format!("{}\n", drawn.perturbation.rules).as_bytes());
            }
        }

        hasher.finalize().to_hex().to_string()
    }
}
