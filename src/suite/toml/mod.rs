//! The file format of suites.
//!
//! The built-in suites in `suites/` show every key. A key that nothing reads is an
//! error, since a misspelt margin would otherwise be no margin.

use std::collections::BTreeMap;

use toml::Spanned;
use toml::de::DeValue;

use crate::suite::checks::{ALPHA, Check, FEWEST_CLUSTERS, MIN_COVERAGE, Suite};
use crate::suite::document::{Document, Table, shown};
use crate::suite::error::{SuiteError, SuiteErrorKind};
use crate::suite::gates::gates;
use crate::suite::kinds::{KINDS, Kind, drawn, tolerance};
use crate::suite::perturbation::{draws, perturbation};
use crate::suite::property::PropertyCheck;

/// Nobody reads the verdicts of more.
const MOST_CHECKS: usize = 1_000;

/// What a suite without checks lacks, and what each of them must be.
const CHECK: &str = "a table [[check]] with its keys below it";

/// What is wrong with a table `[check]`.
const ONE_TABLE: &str = "[check] is a single table: write [[check]], in two brackets, of which a \
    suite may have several";

/// What checks were judged by before there were gates, and what to write now.
const NO_GATE: &str = "`gate` is no key any more: write gates = { flip = { relative = 0.05 }, \
    gain = true }, or leave it out, for both gates with these values; flip judges errors that \
    changes of mind add, gain errors fewer than the first pass's";
const NO_MARGIN: &str = "`margin` is no key of this check any more: write it as that of a gate, \
    gates = { flip = { relative = 0.05 }, gain = true }, or leave it out, for both gates with \
    these values";

/// Reads a suite; `file` says in errors what was read.
pub fn read(text: &str, file: &str) -> Result<Suite, SuiteError> {
    let document = Document { text, file };
    let parsed = document.parse()?;
    let suite = Table {
        document,
        keys: parsed.get_ref(),
        start: 0,
        place: "the suite",
    };
    suite.refuse_unknown(&["name", "description", "verdict", "check"])?;

    let mut read = Suite {
        name: name(&suite, "name = \"my-suite\" at the top")?,
        description: suite.text("description")?.unwrap_or_default().to_owned(),
        alpha: ALPHA,
        min_clusters: FEWEST_CLUSTERS,
        min_coverage: MIN_COVERAGE,
        checks: Vec::new(),
        properties: Vec::new(),
    };
    verdict(&suite, &mut read)?;
    checks(&suite, &mut read)?;
    Ok(read)
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

fn name(table: &Table<'_, '_>, example: &'static str) -> Result<String, SuiteError> {
    let Some(name) = table.text("name")? else {
        return Err(table.missing("name", example));
    };

    let plain = |c: char| c.is_ascii_alphanumeric() || "-_.".contains(c);
    if name.is_empty() || name.len() > 100 || !name.chars().all(plain) {
        let expected = "1 to 100 letters, digits, `-`, `_` or `.`";
        return Err(table.wrong("name", format!("{name:?}"), expected));
    }
    Ok(name.to_owned())
}

/// Has `read` judged as the table `[verdict]` asks for.
fn verdict(suite: &Table<'_, '_>, read: &mut Suite) -> Result<(), SuiteError> {
    let known = ["alpha", "min_clusters", "min_coverage"];
    let Some(verdict) = suite.table("verdict", "[verdict]", &known)? else {
        return Ok(());
    };

    let accepts = |alpha| alpha > 0.0 && alpha < 0.5;
    if let Some(alpha) = verdict.number("alpha", "between 0 and 0.5", accepts)? {
        read.alpha = alpha;
    }
    let range = FEWEST_CLUSTERS..=1_000_000;
    if let Some(clusters) = verdict.count("min_clusters", "from 12 to 1000000", range)? {
        read.min_clusters = clusters;
    }
    let accepts = |coverage| (0.0..=1.0).contains(&coverage);
    if let Some(coverage) = verdict.number("min_coverage", "from 0 to 1, such as 0.5", accepts)? {
        read.min_coverage = coverage;
    }
    Ok(())
}

/// Adds the checks, each of another name, to `read`.
fn checks(suite: &Table<'_, '_>, read: &mut Suite) -> Result<(), SuiteError> {
    let Some(value) = suite.get("check") else {
        return Err(suite.missing("check", CHECK));
    };
    if value.get_ref().as_table().is_some() {
        return Err(suite.conflict("check", ONE_TABLE));
    }
    let Some(tables) = value.get_ref().as_array() else {
        return Err(suite.wrong("check", shown(value.get_ref()), CHECK));
    };
    if tables.is_empty() {
        return Err(suite.missing("check", CHECK));
    }
    if tables.len() > MOST_CHECKS {
        let found = format!("{} tables", tables.len());
        return Err(suite.wrong("check", found, "at most 1000 of them"));
    }

    let mut lines: BTreeMap<String, usize> = BTreeMap::new();
    for value in tables {
        let (name, at) = (check(suite, value, read)?, value.span().start);
        let line = suite.document.line(at);
        if let Some(first_line) = lines.insert(name.clone(), line) {
            let kind = SuiteErrorKind::DuplicateCheck { name, first_line };
            return Err(suite.document.error(at, kind));
        }
    }
    Ok(())
}

/// Adds one table `[[check]]` to `read`; gives its name.
fn check(
    suite: &Table<'_, '_>,
    value: &Spanned<DeValue<'_>>,
    read: &mut Suite,
) -> Result<String, SuiteError> {
    let (document, start) = (suite.document, value.span().start);
    let Some(table) = value.get_ref().as_table() else {
        return Err(document.wrong(start, "check", shown(value.get_ref()), CHECK));
    };
    let check = Table {
        document,
        keys: table,
        start,
        place: "the check",
    };

    // The kind says which other keys are known.
    let kind = check.choice("kind", &KINDS)?.unwrap_or(Kind::Nprr);
    if let Kind::Nprr = kind {
        refuse_first_edition(&check)?;
    }
    check.refuse_unknown(&kind.keys())?;

    let name = name(&check, "name = \"my-check\" below [[check]]")?;
    let property = match kind {
        Kind::Nprr => {
            read.checks.push(Check {
                name: name.clone(),
                perturbation: perturbation(&check)?,
                gates: gates(&check)?,
                draws: draws(&check)?,
            });
            return Ok(name);
        }
        Kind::Strict(property) => property(tolerance(&check)?),
        Kind::Drawn(hypotheses, property) => property(drawn(&check, hypotheses)?),
        Kind::Other(_, property) => property(&check)?,
    };
    let lists = check.count("lists", "from 1 to 1000000", 1..=1_000_000)?;
    read.properties.push(PropertyCheck {
        name: name.clone(),
        lists: lists.or(kind.default_lists()),
        property,
    });
    Ok(name)
}

/// Says what to write in the place of keys that an earlier version read.
fn refuse_first_edition(check: &Table<'_, '_>) -> Result<(), SuiteError> {
    for (key, problem) in [("gate", NO_GATE), ("margin", NO_MARGIN)] {
        if check.get(key).is_some() {
            return Err(check.conflict(key, problem));
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests;
