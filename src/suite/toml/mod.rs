//! The file format of suites.
//!
//! The built-in suites in `suites/` show every key. A key that nothing reads is an
//! error, since a misspelt margin would otherwise be no margin.

use std::collections::BTreeMap;

use toml::Spanned;
use toml::de::DeValue;

use crate::suite::document::{Document, Fields};
use crate::suite::error::{SuiteError, SuiteErrorKind};
use crate::suite::gates::gates;
use crate::suite::perturbation::{keys_of_swaps, perturbation};
use crate::suite::property::PropertyCheck;
use crate::suite::property_kind::PropertyKind;
use crate::suite::{ALPHA, Check, DRAWS, FEWEST_CLUSTERS, MIN_COVERAGE, Suite};

/// Nobody reads the verdicts of more.
const MOST_CHECKS: usize = 1_000;

const SUITE_KEYS: &[&str] = &["name", "description", "verdict", "check"];
const VERDICT_KEYS: &[&str] = &["alpha", "min_clusters", "min_coverage"];
const CHECK_KEYS: &[&str] = keys_of_swaps!(
    ["name", "kind", "perturbation", "hypothesis", "coherent"],
    ["gates"]
);

/// What checks were judged by before there were gates, and what to write now.
const NO_GATE: &str = "`gate` is no key any more: write gates = { flip = { relative = 0.05 }, gain = true }, or leave \
    it out, for both gates with these values; flip judges errors that changes of mind add, gain errors fewer than the \
    first pass's";
const NO_MARGIN: &str = "`margin` is no key of this check any more: write it as that of a gate, gates = { flip = { \
    relative = 0.05 }, gain = true }, or leave it out, for both gates with these values";

/// Reads a suite; `file` says in errors what was read.
pub fn read(text: &str, file: &str) -> Result<Suite, SuiteError> {
    let document = Document { text, file };
    let table = document.parse()?;
    let fields = document.fields(table.get_ref(), 0, "the suite", SUITE_KEYS)?;
    let name = name(&fields, "name = \"my-suite\" at the top")?;
    let description = fields
        .text("description")?
        .map_or("", |text| text.value)
        .to_owned();
    let terms = verdict(&fields)?;
    let (checks, properties) = checks(&fields)?;

    Ok(Suite {
        name,
        description,
        alpha: terms.alpha,
        min_clusters: terms.min_clusters,
        min_coverage: terms.min_coverage,
        checks,
        properties,
    })
}

/// As [`read`], from bytes that may not be UTF-8.
pub fn read_bytes(bytes: &[u8], file: &str) -> Result<Suite, SuiteError> {
    match std::str::from_utf8(bytes) {
        Ok(text) => read(text, file),
        Err(error) => {
            let text = bytes.utf8_chunks().next().map_or("", |chunk| chunk.valid());
            let document = Document { text, file };
            Err(document.error(error.valid_up_to(), SuiteErrorKind::NotUtf8))
        }
    }
}

fn name(fields: &Fields<'_, '_>, example: &'static str) -> Result<String, SuiteError> {
    let Some(name) = fields.text("name")? else {
        return Err(fields.missing("name", example));
    };
    let plain = |c: char| c.is_ascii_alphanumeric() || "-_.".contains(c);

    if name.value.is_empty() || name.value.len() > 100 || !name.value.chars().all(plain) {
        let kind = SuiteErrorKind::OutOfRange {
            key: "name",
            value: format!("{:?}", name.value),
            expected: "1 to 100 letters, digits, `-`, `_` or `.`",
        };
        return Err(fields.document.error(name.at, kind));
    }

    Ok(name.value.to_owned())
}

/// What the table `[verdict]` asks for.
struct Terms {
    alpha: f64,
    min_clusters: usize,
    min_coverage: f64,
}

fn verdict(fields: &Fields<'_, '_>) -> Result<Terms, SuiteError> {
    let Some(table) = fields.table("verdict")? else {
        return Ok(Terms {
            alpha: ALPHA,
            min_clusters: FEWEST_CLUSTERS,
            min_coverage: MIN_COVERAGE,
        });
    };

    let fields = fields
        .document
        .fields(table.value, table.at, "[verdict]", VERDICT_KEYS)?;
    let alpha = fields.number("alpha", "between 0 and 0.5", |alpha| {
        alpha > 0.0 && alpha < 0.5
    })?;
    let clusters = fields.count(
        "min_clusters",
        "from 12 to 1000000",
        FEWEST_CLUSTERS..1_000_001,
    )?;
    let coverage = fields.number("min_coverage", "from 0 to 1, such as 0.5", |coverage| {
        (0.0..=1.0).contains(&coverage)
    })?;

    Ok(Terms {
        alpha: alpha.unwrap_or(ALPHA),
        min_clusters: clusters.unwrap_or(FEWEST_CLUSTERS),
        min_coverage: coverage.unwrap_or(MIN_COVERAGE),
    })
}

fn checks(fields: &Fields<'_, '_>) -> Result<(Vec<Check>, Vec<PropertyCheck>), SuiteError> {
    let example = "a table [[check]] with its keys below it";
    let Some(value) = fields.get("check") else {
        return Err(fields.missing("check", example));
    };
    let Some(tables) = value.get_ref().as_array() else {
        return Err(fields.wrong_type("check", value, example));
    };
    let (mut checks, mut properties) = (Vec::new(), Vec::new());

    let mut lines: BTreeMap<String, usize> = BTreeMap::new();
    if tables.len() > MOST_CHECKS {
        let kind = SuiteErrorKind::OutOfRange {
            key: "check",
            value: format!("{} tables", tables.len()),
            expected: "at most 1000 of them",
        };
        return Err(fields.document.error(value.span().start, kind));
    }

    for value in tables {
        let read = check(fields, value)?;
        let at = value.span().start;
        let line = fields.document.line(at);
        if let Some(first_line) = lines.insert(read.name().to_owned(), line) {
            let kind = SuiteErrorKind::DuplicateCheck {
                name: read.name().to_owned(),
                first_line,
            };
            return Err(fields.document.error(at, kind));
        }
        match read {
            Read::Nprr(check) => checks.push(check),
            Read::Property(property) => properties.push(property),
        }
    }

    if lines.is_empty() {
        return Err(fields.missing("check", example));
    }

    Ok((checks, properties))
}

/// One table `[[check]]`.
enum Read {
    Nprr(Check),
    Property(PropertyCheck),
}

impl Read {
    fn name(&self) -> &str {
        match self {
            Read::Nprr(check) => &check.name,
            Read::Property(property) => &property.name,
        }
    }
}

fn check(suite: &Fields<'_, '_>, value: &Spanned<DeValue<'_>>) -> Result<Read, SuiteError> {
    let Some(table) = value.get_ref().as_table() else {
        return Err(suite.wrong_type("check", value, "a table [[check]] with its keys below it"));
    };
    let (document, start) = (suite.document, value.span().start);

    // The kind says which other keys are known.
    let kind = document
        .any_fields(table, start, "the check")
        .choice("kind", &kinds())?;
    let kind = kind.map_or(Kind::Nprr, |kind| kind.value);

    if let Kind::Nprr = kind {
        refuse_first_edition(document, &document.any_fields(table, start, "the check"))?;
    }

    let fields = document.fields(table, start, "the check", kind.keys())?;
    let name = name(&fields, "name = \"my-check\" below [[check]]")?;
    Ok(match kind {
        Kind::Nprr => Read::Nprr(nprr(&fields, name)?),
        Kind::Property(kind) => Read::Property(PropertyCheck {
            name,
            lists: fields
                .count("lists", "from 1 to 1000000", 1..1_000_001)?
                .or(kind.default_lists()),
            property: kind.read(&fields)?,
        }),
    })
}

/// Says what to write in the place of keys that an earlier version read.
fn refuse_first_edition(document: Document<'_>, fields: &Fields<'_, '_>) -> Result<(), SuiteError> {
    for (key, problem) in [("gate", NO_GATE), ("margin", NO_MARGIN)] {
        if let Some(at) = fields.position(key) {
            return Err(document.error(at, SuiteErrorKind::Conflict(problem)));
        }
    }
    Ok(())
}

/// What the word behind `kind` stands for.
#[derive(Clone, Copy)]
enum Kind {
    Nprr,
    Property(PropertyKind),
}

impl Kind {
    fn keys(self) -> &'static [&'static str] {
        match self {
            Kind::Nprr => CHECK_KEYS,
            Kind::Property(kind) => kind.keys(),
        }
    }
}

fn kinds() -> Vec<(&'static str, Kind)> {
    let properties = PropertyKind::ALL.iter();
    std::iter::once(("nprr", Kind::Nprr))
        .chain(properties.map(|(name, kind)| (*name, Kind::Property(*kind))))
        .collect()
}

fn nprr(fields: &Fields<'_, '_>, name: String) -> Result<Check, SuiteError> {
    Ok(Check {
        name,
        perturbation: perturbation(fields)?,
        gates: gates(fields)?,
        draws: draws(fields)?,
    })
}

/// Draws per utterance.
pub(in crate::suite) fn draws(fields: &Fields<'_, '_>) -> Result<usize, SuiteError> {
    let draws = fields.count("draws", "from 1 to 10000", 1..10_001)?;

    Ok(draws.unwrap_or(DRAWS))
}

#[cfg(test)]
mod tests;
