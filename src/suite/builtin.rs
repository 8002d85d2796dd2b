//! The suites that the program brings with it, and how any suite is opened.

use std::path::Path;

use crate::files::document::{SETTINGS, read_named};
use crate::nbest::read::is_standard_input;
use crate::nbest::source::plain;
use crate::suite::checks::Suite;
use crate::suite::error::{OpenError, hint};
use crate::suite::toml;

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

    /// The file of the built-in suite `name`; `None` if there is none of that name.
    pub fn builtin_file(name: &str) -> Option<&'static str> {
        let (_, text) = BUILTIN.iter().find(|(builtin, _)| *builtin == name)?;
        Some(text)
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
                hint: hint(name_or_path, &Suite::builtin_names().collect::<Vec<_>>()),
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
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;
    use std::fs;

    use super::*;
    use crate::perturb::{Hypotheses, Perturbation};
    use crate::rescore::chain;
    use crate::suite::gates::Gates;
    use crate::suite::kinds::KINDS;
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

    /// Reports of different versions are compared by these hashes: a new kind of check must leave
    /// them alone.
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
        assert_eq!(kinds.len(), KINDS.len() - 1);
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
        let text = chain(&error);
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
            &format!(
                "failed to read the suite {path}, line 2: the text is not UTF-8; save it as UTF-8"
            ),
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
