//! A TOML document whose every key and value knows its line.
//!
//! Typed access for the reader of suites: a key that is not asked for is an error,
//! and so is a value of another type.

use std::ops::Range;

use toml::Spanned;
use toml::de::{DeTable, DeValue};

use crate::suite::error::{SuiteError, SuiteErrorKind, suggestion};

/// The text and its name, for errors.
#[derive(Clone, Copy)]
pub(in crate::suite) struct Document<'a> {
    pub(in crate::suite) text: &'a str,
    pub(in crate::suite) file: &'a str,
}

impl<'a> Document<'a> {
    /// The error `kind` at the line of a byte of the text.
    pub(in crate::suite) fn error(self, at: usize, kind: SuiteErrorKind) -> SuiteError {
        SuiteError {
            file: self.file.to_owned(),
            line: self.line(at),
            kind: Box::new(kind),
        }
    }

    /// The line of a byte of the text, from 1.
    pub(in crate::suite) fn line(self, at: usize) -> usize {
        self.text
            .bytes()
            .take(at)
            .fold(1, |line, byte| line + usize::from(byte == b'\n'))
    }

    /// The table at the top.
    pub(in crate::suite) fn parse(self) -> Result<Spanned<DeTable<'a>>, SuiteError> {
        DeTable::parse(self.text).map_err(|error| {
            let at = error.span().map_or(0, |span| span.start);
            self.error(
                at,
                SuiteErrorKind::Syntax(error.message().trim().replace('\n', ", ")),
            )
        })
    }

    /// A table of the document, of whose keys only `keys` are known.
    pub(in crate::suite) fn fields<'t>(
        self,
        table: &'t DeTable<'a>,
        start: usize,
        place: &'static str,
        keys: &'static [&'static str],
    ) -> Result<Fields<'t, 'a>, SuiteError> {
        let unknown = table
            .keys()
            .filter(|key| !keys.contains(&key.get_ref().as_ref()));

        // Tables are sorted by key: report the first in the file.
        if let Some(key) = unknown.min_by_key(|key| key.span().start) {
            let kind = SuiteErrorKind::UnknownKey {
                key: key.get_ref().to_string(),
                place,
                suggestion: suggestion(key.get_ref(), keys.iter().copied()),
                known: keys.join(", "),
            };
            return Err(self.error(key.span().start, kind));
        }

        Ok(self.any_fields(table, start, place))
    }

    /// A table of the document, whatever its keys.
    pub(in crate::suite) fn any_fields<'t>(
        self,
        table: &'t DeTable<'a>,
        start: usize,
        place: &'static str,
    ) -> Fields<'t, 'a> {
        Fields {
            document: self,
            table,
            start,
            place,
        }
    }
}

/// The fields of one table.
pub(in crate::suite) struct Fields<'t, 'a> {
    pub(in crate::suite) document: Document<'a>,
    table: &'t DeTable<'a>,
    /// Where the table begins.
    pub(in crate::suite) start: usize,
    /// What errors call the table.
    place: &'static str,
}

/// A value with its place in the text.
pub(in crate::suite) struct Located<T> {
    pub(in crate::suite) value: T,
    pub(in crate::suite) at: usize,
}

impl<'t, 'a> Fields<'t, 'a> {
    /// The value of `key`, if it is there.
    pub(in crate::suite) fn get(&self, key: &str) -> Option<&'t Spanned<DeValue<'a>>> {
        self.table.get(key)
    }

    /// Where `key` stands, if it is there.
    pub(in crate::suite) fn position(&self, key: &str) -> Option<usize> {
        self.get(key).map(|value| value.span().start)
    }

    /// The error that `key` is not there.
    pub(in crate::suite) fn missing(&self, key: &'static str, example: &'static str) -> SuiteError {
        let kind = SuiteErrorKind::Missing {
            key,
            place: self.place,
            example,
        };
        self.document.error(self.start, kind)
    }

    /// The text of `key`, if it is there.
    pub(in crate::suite) fn text(&self, key: &str) -> Result<Option<Located<&'t str>>, SuiteError> {
        self.typed(key, "text in quotes", DeValue::as_str)
    }

    /// The truth of `key`, if it is there.
    pub(in crate::suite) fn boolean(&self, key: &str) -> Result<Option<Located<bool>>, SuiteError> {
        self.typed(key, "true or false", DeValue::as_bool)
    }

    /// The table of `key`, if it is there.
    pub(in crate::suite) fn table(
        &self,
        key: &str,
    ) -> Result<Option<Located<&'t DeTable<'a>>>, SuiteError> {
        self.typed(key, "a table", DeValue::as_table)
    }

    /// The number of `key`, if it is there and `accepts` it; else an error that says `expected`.
    pub(in crate::suite) fn number(
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
            Some(number) if !accepts(number.value) => {
                let value = number.value.to_string();
                let kind = SuiteErrorKind::OutOfRange {
                    key,
                    value,
                    expected,
                };
                Err(self.document.error(number.at, kind))
            }
            number => Ok(number.map(|number| number.value)),
        }
    }

    /// The whole number of `key`, if it is there and in `range`; else an error that says `expected`.
    pub(in crate::suite) fn count(
        &self,
        key: &'static str,
        expected: &'static str,
        range: Range<usize>,
    ) -> Result<Option<usize>, SuiteError> {
        let number = self.typed(key, "a whole number", |value| match value {
            DeValue::Integer(integer) => Some(integer),
            _ => None,
        })?;

        let Some(Located { value: integer, at }) = number else {
            return Ok(None);
        };
        match usize::from_str_radix(integer.as_str(), integer.radix()) {
            Ok(count) if range.contains(&count) => Ok(Some(count)),
            Ok(_) | Err(_) => {
                let value = integer.to_string();
                Err(self.document.error(
                    at,
                    SuiteErrorKind::OutOfRange {
                        key,
                        value,
                        expected,
                    },
                ))
            }
        }
    }

    /// What the word of `key` stands for in `choices`, if it is there.
    pub(in crate::suite) fn choice<T: Copy>(
        &self,
        key: &'static str,
        choices: &[(&str, T)],
    ) -> Result<Option<Located<T>>, SuiteError> {
        let Some(Located { value: word, at }) = self.text(key)? else {
            return Ok(None);
        };
        let value = self.chosen(key, word, at, choices)?;
        Ok(Some(Located { value, at }))
    }

    /// The texts in the list of `key`, if it is there.
    pub(in crate::suite) fn texts(
        &self,
        key: &'static str,
    ) -> Result<Option<Vec<Located<&'t str>>>, SuiteError> {
        let expected = "a list of words in quotes";
        let Some(texts) = self.typed(key, expected, DeValue::as_array)? else {
            return Ok(None);
        };
        let texts = texts
            .value
            .iter()
            .map(|text| match text.get_ref().as_str() {
                Some(value) => Ok(Located {
                    value,
                    at: text.span().start,
                }),
                None => Err(self.wrong_type(key, text, expected)),
            });

        texts.collect::<Result<Vec<_>, SuiteError>>().map(Some)
    }

    /// What each word in the list of `key` stands for in `choices`, if it is there.
    pub(in crate::suite) fn choices<T: Copy>(
        &self,
        key: &'static str,
        choices: &[(&str, T)],
    ) -> Result<Option<Vec<T>>, SuiteError> {
        let Some(words) = self.texts(key)? else {
            return Ok(None);
        };
        let chosen = words
            .into_iter()
            .map(|Located { value, at }| self.chosen(key, value, at, choices));
        chosen.collect::<Result<Vec<T>, SuiteError>>().map(Some)
    }

    /// What `word` stands for in `choices`; an error at `at` if it is none of them.
    fn chosen<T: Copy>(
        &self,
        key: &'static str,
        word: &str,
        at: usize,
        choices: &[(&str, T)],
    ) -> Result<T, SuiteError> {
        if let Some((_, value)) = choices.iter().find(|(name, _)| *name == word) {
            return Ok(*value);
        }

        let names = choices.iter().map(|(name, _)| *name);
        let kind = SuiteErrorKind::UnknownValue {
            key,
            value: word.to_owned(),
            suggestion: suggestion(word, names.clone()),
            known: names.collect::<Vec<_>>().join(", "),
        };

        Err(self.document.error(at, kind))
    }

    fn typed<T>(
        &self,
        key: &str,
        expected: &'static str,
        read: impl Fn(&'t DeValue<'a>) -> Option<T>,
    ) -> Result<Option<Located<T>>, SuiteError> {
        let Some(value) = self.get(key) else {
            return Ok(None);
        };
        let at = value.span().start;
        match read(value.get_ref()) {
            Some(value) => Ok(Some(Located { value, at })),
            None => Err(self.wrong_type(key, value, expected)),
        }
    }

    /// The error that `value` has not the type that it should have.
    pub(in crate::suite) fn wrong_type(
        &self,
        key: &str,
        value: &Spanned<DeValue<'a>>,
        expected: &'static str,
    ) -> SuiteError {
        let found = match value.get_ref() {
            DeValue::String(text) => format!("the text \"{text}\""),
            DeValue::Integer(number) => format!("the number {number}"),
            DeValue::Float(number) => format!("the number {number}"),
            DeValue::Boolean(truth) => truth.to_string(),
            DeValue::Datetime(date) => format!("the date {date}"),
            DeValue::Array(_) => "a list".to_owned(),
            DeValue::Table(_) => "a table".to_owned(),
        };

        let kind = SuiteErrorKind::WrongType {
            key: key.to_owned(),
            found,
            expected,
        };

        self.document.error(value.span().start, kind)
    }
}
