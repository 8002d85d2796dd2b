//! Suites: which checks are run, and how much degradation each of them accepts.
//!
//! Here live [`Suite`] and [`Check`] and the built-in suites; checks of other kinds than the
//! degradation of word error rates are in [`property`](mod@crate::suite::property), the file format is
//! in [`toml`](mod@crate::suite::toml). Running and judging checks is for `check`.

mod document;
pub mod error;
pub mod gates;
mod perturbation;
pub mod property;
mod property_kind;
mod swap_rules;
pub mod toml;

use std::path::Path;

use crate::files::document::{SETTINGS, read_named};
use crate::nbest::read::is_standard_input;
use crate::nbest::source::plain;
use crate::perturb::Perturbation;
use crate::suite::error::{OpenError, suggestion};
use crate::suite::gates::Gates;
use crate::suite::property::PropertyCheck;

/// The built-in suites: their names and their files.
const BUILTIN: [(&str, &str); 5] = [
    ("invariants", include_str!("../../suites/invariants.toml")),
    ("perturb-1", include_str!("../../suites/perturb-1.toml")),
    ("perturb-n", include_str!("../../suites/perturb-n.toml")),
    (
        "perturb-n-coherent",
        include_str!("../../suites/perturb-n-coherent.toml"),
    ),
    ("severity", include_str!("../../suites/severity.toml")),
];

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
    /// With fewer independent clusters than this, no verdict is given; at least [`FEWEST_CLUSTERS`].
    pub min_clusters: usize,
    /// With a smaller share of the lists touched, a check gives no verdict, in 0..=1.
    pub min_coverage: f64,
    /// In the order in which they are run and reported.
    pub checks: Vec<Check>,
    /// Checks of other kinds, in the order in which they are run and reported: before the others.
    pub properties: Vec<PropertyCheck>,
}

/// The default error rate of a verdict.
pub const ALPHA: f64 = 0.05;
/// The fewest clusters that a verdict may rest on; a suite may ask for more.
pub const FEWEST_CLUSTERS: usize = crate::stats::FEWEST_FOR_VERDICT;
/// The default share of the lists that a check must touch.
pub const MIN_COVERAGE: f64 = 0.5;
/// The default number of draws per utterance.
pub const DRAWS: usize = 5;

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
    /// The names of the built-in suites, sorted.
    pub fn builtin_names() -> impl Iterator<Item = &'static str> {
        BUILTIN.iter().map(|(name, _)| *name)
    }

    /// The built-in suite `name`; `None` if there is none of that name.
    #[expect(
        clippy::missing_panics_doc,
        reason = "a test reads every built-in suite"
    )]
    pub fn builtin(name: &str) -> Option<Suite> {
        let (name, text) = BUILTIN.iter().find(|(builtin, _)| *builtin == name)?;
        Some(toml::read(text, name).expect("a test reads every built-in suite"))
    }

    /// The built-in suite of that name, or else the file of that path; `-` is standard input.
    ///
    /// A file named like a built-in suite is reached as `./name`.
    pub fn open(name_or_path: &str) -> Result<Suite, OpenError> {
        if let Some(suite) = Suite::builtin(name_or_path) {
            return Ok(suite);
        }

        let path = Path::new(name_or_path);
        let is_input = is_standard_input(path);
        let is_path = path.components().count() > 1 || path.extension().is_some() || path.exists();
        if !is_path && !is_input {
            return Err(OpenError::Unknown {
                name: name_or_path.to_owned(),
                suggestion: suggestion(name_or_path, Suite::builtin_names()),
                known: Suite::builtin_names().collect::<Vec<_>>().join(", "),
            });
        }

        let name = if is_input {
            "standard input"
        } else {
            name_or_path
        };
        let read = || plain(&read_named(path, SETTINGS)?, SETTINGS);
        let bytes = read().map_err(|source| OpenError::Io {
            path: name.to_owned(),
            source,
        })?;

        Ok(toml::read_bytes(&bytes, name)?)
    }

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

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;
    use std::fs;

    use super::*;
    use crate::perturb::Hypotheses;
    use crate::suite::property::Property;

    #[test]
    fn every_builtin_suite_reads_and_is_named_as_its_file() {
        for name in Suite::builtin_names() {
            let suite = Suite::builtin(name).unwrap();
            assert_eq!(suite.name, name);
            assert!(!suite.description.is_empty());
            assert_eq!((suite.alpha, suite.min_clusters), (0.05, 12));
            assert!((suite.min_coverage - 0.5).abs() < 1e-12);
        }

        let names: Vec<&str> = Suite::builtin_names().collect();
        assert!(names.is_sorted(), "{names:?}");
    }

    #[test]
    fn the_papers_suites_ask_for_the_papers_perturbations() {
        let only = |name| {
            let suite = Suite::builtin(name).unwrap();
            assert!(suite.properties.is_empty());
            let [check] = suite.checks.try_into().unwrap();
            assert_eq!((check.gates, check.draws), (Gates::default(), 5));
            check.perturbation
        };
        assert_eq!(only("perturb-1"), Perturbation::PERTURB_1);
        assert_eq!(only("perturb-n"), Perturbation::PERTURB_N);

        let coherent = only("perturb-n-coherent");
        assert_eq!(coherent.hypotheses, Hypotheses::All { coherent: true });
    }

    /// Reports of different versions are compared by these hashes: a new kind of check must leave them alone.
    #[test]
    fn the_hashes_of_the_first_suites_stay() {
        for (name, hash) in [
            ("perturb-1", "404d5bd12d7a76fa"),
            ("perturb-n", "7cc3a093c5162ea6"),
            ("perturb-n-coherent", "eddfe16d937d47df"),
        ] {
            let found = Suite::builtin(name).unwrap().content_hash();
            assert_eq!(found[..16], *hash, "{name}");
        }
    }

    #[test]
    fn every_kind_of_property_is_in_a_builtin_suite() {
        let suites = ["invariants", "severity"].map(|name| Suite::builtin(name).unwrap());
        let kinds: BTreeSet<&str> = suites
            .iter()
            .flat_map(|suite| suite.properties.iter().map(|check| check.property.kind()))
            .collect();
        assert_eq!(kinds.len(), property_kind::PropertyKind::ALL.len());
        assert!(suites[1].checks.len() > 3);

        // Rungs of the ladder are about being swayed; far up, no rescorer need help.
        assert!(
            suites[1]
                .checks
                .iter()
                .all(|check| check.gates.gain.is_none())
        );
    }

    #[track_caller]
    fn check_open_error(name: &str, expected: &str) {
        let error = Suite::open(name).unwrap_err();
        let mut text = error.to_string();
        let mut source = std::error::Error::source(&error);
        while let Some(cause) = source {
            text = format!("{text}: {cause}");
            source = cause.source();
        }
        assert!(text.starts_with(expected), "{text}");
    }

    #[test]
    fn a_misspelt_suite_is_met_with_a_suggestion() {
        check_open_error(
            "perturb_n",
            "there is no suite `perturb_n`: did you mean `perturb-n`?",
        );
        check_open_error(
            "zzzzzzz",
            "there is no suite `zzzzzzz`: choose one of invariants, perturb-1, ",
        );
    }

    #[test]
    fn a_path_that_cannot_be_read_is_named() {
        check_open_error("no/such.toml", "failed to read the suite no/such.toml: ");
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("latin1.toml");
        fs::write(&path, b"name = \"x\"\n# caf\xe9\n").unwrap();

        let path = path.to_str().unwrap();
        check_open_error(
            path,
            &format!("failed to read the suite {path}, line 2: the text is not UTF-8"),
        );
    }

    #[test]
    fn the_hash_is_of_what_is_asked_for() {
        let suite = Suite::builtin("perturb-n").unwrap();
        let hash = suite.content_hash();
        assert_eq!(
            Suite {
                description: String::new(),
                ..suite.clone()
            }
            .content_hash(),
            hash
        );
        assert_ne!(
            Suite {
                alpha: 0.01,
                ..suite.clone()
            }
            .content_hash(),
            hash
        );

        let mut other = suite.clone();
        other.checks[0].gates.gain = None;
        assert_ne!(other.content_hash(), hash);

        let mut other = suite;
        other.checks[0].perturbation.rules.exclude = vec!["two".to_owned()];
        assert_ne!(other.content_hash(), hash);

        let mut severity = Suite::builtin("severity").unwrap();
        let hash = severity.content_hash();
        let Property::ScoreDrop { drawn, .. } = &mut severity
            .properties
            .iter_mut()
            .find(|check| check.name == "score-drop")
            .unwrap()
            .property
        else {
            panic!("score-drop is a score drop");
        };
        drawn.perturbation.rules.apostrophes = true;
        assert_ne!(severity.content_hash(), hash);
    }
}
