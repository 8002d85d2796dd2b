//! A TOML document whose every key and value knows its line.
//!
//! Keys are asked for one by one rather than through serde: which of them are known depends on the
//! kind of a check, and an error names the key, its line, what was found and what must be there.
//! With serde, an enum tagged by `kind` loses the lines of all that is in it, and a gate that is a
//! truth or a table takes a misspelt key of the table without a word (toml 1.2).

use std::ops::RangeInclusive;

use toml::Spanned;
use toml::de::{DeTable, DeValue};

use crate::nbest::place::{At, Place, Position};
use crate::suite::error::{SuiteError, SuiteErrorKind, hint};

/// The text and its name, for errors.
#[derive(Clone, Copy)]
pub(super) struct Document<'a> {
    pub(super) text: &'a str,
    pub(super) file: &'a str,
}

impl<'a> Document<'a> {
    /// The error `kind` at the line of a byte of the text.
    pub(super) fn error(self, at: usize, kind: SuiteErrorKind) -> SuiteError {
        At {
            place: Place {
                file: format!("the suite {}", self.file),
                position: Position::Line(self.line(at)),
            },
            kind: Box::new(kind),
        }
    }

    /// The error that what stands at a byte of the text is not as it should be.
    pub(super) fn wrong(
        self,
        at: usize,
        key: &'static str,
        found: String,
        expected: &'static str,
    ) -> SuiteError {
        let kind = SuiteErrorKind::Wrong {
            key,
            found,
            expected,
        };
        self.error(at, kind)
    }

    /// The line of a byte of the text, from 1.
    pub(super) fn line(self, at: usize) -> usize {
        line(self.text, at)
    }

    /// The table at the top.
    pub(super) fn parse(self) -> Result<Spanned<DeTable<'a>>, SuiteError> {
        DeTable::parse(self.text).map_err(|error| {
            let at = error.span().map_or(0, |span| span.start);
            self.error(at, SuiteErrorKind::Syntax(problem(self.text, &error)))
        })
    }
}

/// The line of a byte of `text`, from 1.
pub(crate) fn line(text: &str, at: usize) -> usize {
    1 + text.bytes().take(at).filter(|byte| *byte == b'\n').count()
}

/// What is wrong with a TOML text, on one line.
pub(crate) fn problem(text: &str, error: &toml::de::Error) -> String {
    let message = error.message().trim().replace('\n', ", ");
    if message != "duplicate key" {
        return message;
    }
    // That it is there twice is said without its name.
    let key = error.span().and_then(|span| text.get(span));
    format!(
        "the key `{}` is there twice; leave one of them out",
        key.unwrap_or_default().trim()
    )
}

/// A table of the document, whose keys are asked for one by one.
pub(super) struct Table<'t, 'a> {
    pub(super) document: Document<'a>,
    pub(super) keys: &'t DeTable<'a>,
    /// Where the table begins.
    pub(super) start: usize,
    /// What errors call the table.
    pub(super) place: &'static str,
}

/// A text of a list, with its place in the document.
pub(super) struct Located<'t> {
    pub(super) text: &'t str,
    pub(super) at: usize,
}

impl<'t, 'a> Table<'t, 'a> {
    /// Refuses keys other than `known`.
    pub(super) fn refuse_unknown(&self, known: &[&str]) -> Result<(), SuiteError> {
        let keys = self.keys.keys();
        let unknown = keys.filter(|key| !known.contains(&key.get_ref().as_ref()));

        // Tables are sorted by key: report the first in the file.
        let Some(key) = unknown.min_by_key(|key| key.span().start) else {
            return Ok(());
        };
        let kind = SuiteErrorKind::UnknownKey {
            key: key.get_ref().to_string(),
            place: self.place,
            hint: hint(key.get_ref(), known),
        };
        Err(self.document.error(key.span().start, kind))
    }

    /// The value of `key`, if it is there.
    pub(super) fn get(&self, key: &str) -> Option<&'t Spanned<DeValue<'a>>> {
        self.keys.get(key)
    }

    /// Where `key` stands; where the table begins, if it is not there.
    fn at(&self, key: &str) -> usize {
        self.get(key).map_or(self.start, |value| value.span().start)
    }

    /// The error `kind` at `key`.
    pub(super) fn error(&self, key: &str, kind: SuiteErrorKind) -> SuiteError {
        self.document.error(self.at(key), kind)
    }

    /// The error that `key` does not go with another one.
    pub(super) fn conflict(&self, key: &str, problem: &'static str) -> SuiteError {
        self.error(key, SuiteErrorKind::Conflict(problem))
    }

    /// The error that `key` is not there.
    pub(super) fn missing(&self, key: &'static str, example: &'static str) -> SuiteError {
        let kind = SuiteErrorKind::Missing {
            key,
            place: self.place,
            example,
        };
        self.document.error(self.start, kind)
    }

    /// The error that the value of `key` is not as it should be.
    pub(super) fn wrong(
        &self,
        key: &'static str,
        found: String,
        expected: &'static str,
    ) -> SuiteError {
        self.document.wrong(self.at(key), key, found, expected)
    }

    /// What `read` takes from the value of `key`, if it is there.
    fn typed<T>(
        &self,
        key: &'static str,
        expected: &'static str,
        read: impl Fn(&'t DeValue<'a>) -> Option<T>,
    ) -> Result<Option<T>, SuiteError> {
        let read = |value: &'t Spanned<DeValue<'a>>| {
            let value = value.get_ref();
            read(value).ok_or_else(|| self.wrong(key, shown(value), expected))
        };
        self.get(key).map(read).transpose()
    }

    /// The text of `key`, if it is there.
    pub(super) fn text(&self, key: &'static str) -> Result<Option<&'t str>, SuiteError> {
        self.typed(key, "text in quotes", DeValue::as_str)
    }

    /// The truth of `key`, if it is there.
    pub(super) fn boolean(&self, key: &'static str) -> Result<Option<bool>, SuiteError> {
        self.typed(key, "true or false", DeValue::as_bool)
    }

    /// The table of `key`, if it is there, which knows no keys but `known`; errors call it `place`.
    pub(super) fn table(
        &self,
        key: &'static str,
        place: &'static str,
        known: &[&str],
    ) -> Result<Option<Table<'t, 'a>>, SuiteError> {
        let Some(table) = self.typed(key, "a table", DeValue::as_table)? else {
            return Ok(None);
        };

        let table = Table {
            document: self.document,
            keys: table,
            start: self.at(key),
            place,
        };
        table.refuse_unknown(known)?;
        Ok(Some(table))
    }

    /// The number of `key`, if it is there and `accepts` it; else an error that says `expected`.
    pub(super) fn number(
        &self,
        key: &'static str,
        expected: &'static str,
        accepts: impl Fn(f64) -> bool,
    ) -> Result<Option<f64>, SuiteError> {
        let number = self.typed(key, "a number", |value| match value {
            DeValue::Float(float) => float.as_str().parse().ok(),
            DeValue::Integer(integer) => i64::from_str_radix(integer.as_str(), integer.radix())
                .ok()
                .map(|value| value as f64),
            _ => None,
        })?;

        match number {
            Some(number) if !accepts(number) => Err(self.wrong(key, written(number), expected)),
            number => Ok(number),
        }
    }

    /// The whole number of `key`, if it is there and in `range`; else an error that says
    /// `expected`.
    pub(super) fn count(
        &self,
        key: &'static str,
        expected: &'static str,
        range: RangeInclusive<usize>,
    ) -> Result<Option<usize>, SuiteError> {
        let Some(integer) = self.typed(key, "a whole number", DeValue::as_integer)? else {
            return Ok(None);
        };

        match usize::from_str_radix(integer.as_str(), integer.radix()) {
            Ok(count) if range.contains(&count) => Ok(Some(count)),
            Ok(_) | Err(_) => Err(self.wrong(key, integer.to_string(), expected)),
        }
    }

    /// What the word of `key` stands for in `choices`, if it is there.
    pub(super) fn choice<T: Copy>(
        &self,
        key: &'static str,
        choices: &[(&str, T)],
    ) -> Result<Option<T>, SuiteError> {
        let at = self.at(key);
        let chosen = |text| self.chosen(key, &Located { text, at }, choices);
        self.text(key)?.map(chosen).transpose()
    }

    /// The texts in the list of `key`; none if it is not there.
    pub(super) fn texts(&self, key: &'static str) -> Result<Option<Vec<Located<'t>>>, SuiteError> {
        let expected = "a list of words in quotes";
        let located = |value: &'t Spanned<DeValue<'a>>| {
            let (value, at) = (value.get_ref(), value.span().start);
            let text = value.as_str();
            let text = text.ok_or_else(|| self.document.wrong(at, key, shown(value), expected))?;
            Ok(Located { text, at })
        };

        let list = self.typed(key, expected, DeValue::as_array)?;
        list.map(|list| list.iter().map(located).collect())
            .transpose()
    }

    /// What a word stands for in `choices`.
    pub(super) fn chosen<T: Copy>(
        &self,
        key: &'static str,
        word: &Located<'_>,
        choices: &[(&str, T)],
    ) -> Result<T, SuiteError> {
        let found = choices.iter().find(|(name, _)| *name == word.text);
        if let Some((_, value)) = found {
            return Ok(*value);
        }

        let names: Vec<&str> = choices.iter().map(|(name, _)| *name).collect();
        let kind = SuiteErrorKind::UnknownValue {
            key,
            value: word.text.to_owned(),
            hint: hint(word.text, &names),
        };
        Err(self.document.error(word.at, kind))
    }
}

/// A number as errors write it: without hundreds of zeros.
pub(super) fn written(number: f64) -> String {
    if number == 0.0 || (1e-9..1e15).contains(&number.abs()) {
        number.to_string()
    } else {
        format!("{number:e}")
    }
}

/// What errors call a value.
pub(super) fn shown(value: &DeValue<'_>) -> String {
    match value {
        DeValue::String(text) => format!("the text \"{text}\""),
        DeValue::Integer(number) => format!("the number {number}"),
        DeValue::Float(number) => format!("the number {number}"),
        DeValue::Boolean(truth) => truth.to_string(),
        DeValue::Datetime(date) => format!("the date {date}"),
        DeValue::Array(_) => "a list".to_owned(),
        DeValue::Table(_) => "a table".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::suite::toml::read;

    #[test]
    fn numbers_are_written_without_hundreds_of_zeros() {
        for (number, expected) in [
            (0.0, "0"),
            (-0.25, "-0.25"),
            (1e6, "1000000"),
            (1e308, "1e308"),
            (5e-324, "5e-324"),
            (f64::INFINITY, "inf"),
            (f64::NAN, "NaN"),
        ] {
            assert_eq!(written(number), expected);
        }
    }

    #[test]
    fn a_single_table_is_no_list_of_checks() {
        let error = read("name = \"x\"\n[check]\nname = \"near\"\n", "x.toml").unwrap_err();
        assert_eq!(error.to_string(), "failed to read the suite x.toml, line 2");
        assert_eq!(
            error.kind.to_string(),
            "[check] is a single table: write [[check]], in two brackets, of which a suite may \
             have several"
        );
    }
}
