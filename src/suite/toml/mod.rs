//! The file format of suites.
//!
//! The built-in suites in `suites/` show every key. A key that nothing reads is an
//! error, since a misspelt margin would otherwise be no margin.

use std::collections::BTreeMap;

use toml::Spanned;
use toml::de::DeValue;

use crate::suite::ALPHA;
use crate::suite::Check;
use crate::suite::DRAWS;
use crate::suite::FEWEST_CLUSTERS;
use crate::suite::Gated;
use crate::suite::MIN_COVERAGE;
use crate::suite::Margin;
use crate::suite::Suite;
use crate::suite::document::Document;
use crate::suite::document::Fields;
use crate::suite::error::SuiteError;
use crate::suite::error::SuiteErrorKind;
use crate::suite::perturbation::perturbation;
use crate::suite::property::PropertyCheck;
use crate::suite::property_kind::PropertyKind;

const SUITE_KEYS: &[&str] = &["name", "description", "verdict", "check"];
const VERDICT_KEYS: &[&str] = &["alpha", "min_clusters", "min_coverage"];
const CHECK_KEYS: &[&str] = &[
    "name",
    "kind",
    "perturbation",
    "hypothesis",
    "coherent",
    "count",
    "rate",
    "min_distance",
    "max_distance",
    "common_words",
    "kinds",
    "gate",
    "draws",
    "margin",
];
const MARGIN_KEYS: &[&str] = &["relative", "absolute"];

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
    let gates = [Gated::Selection, Gated::Text].map(|gate| (gate.name(), gate));
    Ok(Check {
        name,
        perturbation: perturbation(fields)?,
        gate: fields
            .choice("gate", &gates)?
            .map_or(Gated::Selection, |gate| gate.value),
        margin: margin(fields)?,
        draws: draws(fields)?,
    })
}

/// Draws per utterance.
pub(in crate::suite) fn draws(fields: &Fields<'_, '_>) -> Result<usize, SuiteError> {
    let draws = fields.count("draws", "from 1 to 10000", 1..10_001)?;
    Ok(draws.unwrap_or(DRAWS))
}

/// The margin of a degradation.
pub(in crate::suite) fn margin(fields: &Fields<'_, '_>) -> Result<Margin, SuiteError> {
    let example = "margin = { relative = 0.10 }, margin = { absolute = 0.005 }, or both";
    let Some(table) = fields.table("margin")? else {
        return Err(fields.missing("margin", example));
    };
    let margins = fields
        .document
        .fields(table.value, table.at, "the margin", MARGIN_KEYS)?;
    let relative = margins.number("relative", "above 0 and finite, such as 0.10", |value| {
        value > 0.0 && value.is_finite()
    })?;
    let absolute = margins.number("absolute", "above 0 and below 1, such as 0.005", |value| {
        value > 0.0 && value < 1.0
    })?;
    if relative.is_none() && absolute.is_none() {
        return Err(margins.missing("relative", example));
    }
    Ok(Margin { relative, absolute })
}

#[cfg(test)]
mod tests;
