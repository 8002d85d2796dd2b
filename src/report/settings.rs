//! Which settings must agree before a run is compared with a report: read off the report.

use crate::report::content::Report;
use crate::report::shown::short_hash;
use crate::suite::Suite;

/// What a run would be compared on, known before anything is scored.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Settings<'a> {
    /// The seed of every random draw.
    pub(crate) seed: u64,
    /// What is done to every text.
    pub(crate) normalization: &'a str,
    /// Hash of the lexicon.
    pub(crate) lexicon: &'a str,
    /// The suites.
    pub(crate) suites: &'a [Suite],
}

/// What keeps a run from being compared with `baseline`: each difference in a clause, none if
/// nothing does.
pub(crate) fn obstacles(baseline: &Report, settings: &Settings<'_>) -> Vec<String> {
    let mut found = Vec::new();
    if baseline.seed != settings.seed {
        found.push(format!(
            "the seed is {} there and {} here",
            baseline.seed, settings.seed
        ));
    }

    if baseline.nbest.normalization != settings.normalization {
        found.push(format!(
            "texts are normalized as \"{}\" there and as \"{}\" here",
            baseline.nbest.normalization, settings.normalization
        ));
    }

    if baseline.lexicon.content_hash != settings.lexicon {
        found.push(format!(
            "the lexicon is {} ({}) there and {} here",
            short_hash(&baseline.lexicon.content_hash),
            baseline.lexicon.name,
            short_hash(settings.lexicon)
        ));
    }

    let mut common = false;
    for suite in settings.suites {
        let there = baseline
            .checks
            .iter()
            .find(|check| check.suite == suite.name);
        let Some(there) = there else { continue };
        common = true;
        let here = suite.content_hash();
        if there.suite_hash != here {
            found.push(format!(
                "the suite {} asks for something else ({} there, {} here)",
                suite.name,
                short_hash(&there.suite_hash),
                short_hash(&here)
            ));
        }
    }

    if !common {
        let names: Vec<&str> = settings.suites.iter().map(|s| s.name.as_str()).collect();
        found.push(format!("it has no suite {}", names.join(" and no suite ")));
    }

    found
}
