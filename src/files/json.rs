//! JSON of files, and what is wrong with it in plain words: which field, and what it must be.

use std::fmt::Write;

use serde::de::{DeserializeOwned, IgnoredAny};
use serde_json::error::Category;

/// The most characters of a field's place, or of a value, in a message.
const LONGEST: usize = 80;

/// A text is not the JSON that was expected.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct JsonError(String);

/// The object that `text` is.
pub(crate) fn parse<T: DeserializeOwned>(text: &str) -> Result<T, JsonError> {
    refuse_array(text.as_bytes(), "it is an array; it must be an object")?;
    parse_any(text)
}

/// The object that a `line` of many is.
pub(crate) fn parse_line<T: DeserializeOwned>(line: &str) -> Result<T, JsonError> {
    let told = "it begins with `[`, and a line is an object; `jq -c '.[]'` makes lines of an array";
    refuse_array(line.as_bytes(), told)?;
    parse_any(line)
}

/// The value that `text` is, of whatever kind.
pub(crate) fn parse_any<T: DeserializeOwned>(text: &str) -> Result<T, JsonError> {
    serde_json::from_str(text).map_err(|error| JsonError::of(text, &error))
}

/// Of an array serde would take the members for those of an object.
fn refuse_array(text: &[u8], told: &str) -> Result<(), JsonError> {
    match text.trim_ascii_start().first() {
        Some(b'[') => Err(JsonError(told.to_owned())),
        _ => Ok(()),
    }
}

/// The object that `bytes` are.
#[cfg(any(feature = "bert", test))]
pub(crate) fn parse_bytes<T: DeserializeOwned>(bytes: &[u8]) -> Result<T, JsonError> {
    refuse_array(bytes, "it is an array; it must be an object")?;
    serde_json::from_slice(bytes)
        .map_err(|error| JsonError::of(&String::from_utf8_lossy(bytes), &error))
}

impl JsonError {
    /// What `error` says of `text`.
    pub(crate) fn of(text: &str, error: &serde_json::Error) -> JsonError {
        let (line, column) = (error.line(), error.column());
        let at = if line > 1 || text.trim_end().contains('\n') {
            format!("line {line}, column {column}")
        } else {
            format!("column {column}")
        };

        let message = message(error);
        let is_json = || serde_json::from_str::<IgnoredAny>(text).is_ok();
        if error.classify() != Category::Data
            && let Some((number, marker)) = conflict(text)
        {
            let is_one_line = number == 1 && !text.trim_end().contains('\n');
            let at = if is_one_line {
                "it".to_owned()
            } else {
                format!("line {number}")
            };
            return JsonError(format!(
                "{at} is a conflict marker ({marker}), left by a merge: take one of the two \
                    versions of the file whole"
            ));
        }
        match error.classify() {
            Category::Eof => JsonError(format!(
                "it ends at {at} before its JSON does: is it cut off?"
            )),
            // The parser says the same of good JSON of a kind that is not wanted.
            Category::Syntax if !is_json() => {
                JsonError(format!("it is no JSON at {at}: {message}"))
            }
            Category::Syntax | Category::Data | Category::Io => {
                let (place, before) = place(text.as_bytes(), line, column);
                // Of what is read as a whole first, nobody knows where in it the error was.
                let is_within =
                    before.trim_ascii_end().ends_with(b"}") && !message.contains(": map,");
                let within = if is_within && message.starts_with("invalid ") {
                    "something in "
                } else {
                    ""
                };
                JsonError(format!("{within}{} ({at})", told(&message, place)))
            }
        }
    }

    /// What must stand where `error` came up: `it must be a number`.
    #[cfg(feature = "bert")]
    pub(crate) fn advice(error: &serde_json::Error) -> String {
        let message = message(error);
        match message.rsplit_once(", expected ") {
            Some((_, wanted)) => format!("it must be {}", kind_of(wanted)),
            None => told(&message, Vec::new()),
        }
    }
}

/// The first line that a merge left which was not brought to its end, from 1, and how it begins. No
/// JSON has such a line.
fn conflict(text: &str) -> Option<(usize, &'static str)> {
    const MARKERS: [&str; 4] = ["<<<<<<<", "|||||||", "=======", ">>>>>>>"];
    (1..).zip(text.lines()).find_map(|(number, line)| {
        let mut markers = MARKERS.into_iter();
        let marker = markers.find(|marker| {
            let rest = line.strip_prefix(marker);
            rest.is_some_and(|rest| rest.is_empty() || rest.starts_with(' '))
        });
        Some((number, marker?))
    })
}

/// Where nobody has the text any more.
impl From<serde_json::Error> for JsonError {
    fn from(error: serde_json::Error) -> JsonError {
        let (line, column) = (error.line(), error.column());
        let told = told(&message(&error), Vec::new());
        match line {
            0 => JsonError(told),
            _ => JsonError(format!("{told} (line {line}, column {column})")),
        }
    }
}

/// What an error says, without the place.
fn message(error: &serde_json::Error) -> String {
    let message = error.to_string();
    match message.rsplit_once(" at line ") {
        Some((message, _)) if error.line() > 0 => message.to_owned(),
        _ => message,
    }
}

/// A `message` of the parser about the value at `place`, in words that name no type of ours.
fn told(message: &str, mut place: Vec<Step>) -> String {
    const NO_VARIANT: &str = "data did not match any variant of untagged enum";
    let (what, rest) = message.split_once(' ').unwrap_or((message, ""));
    let (found, wanted) = rest.rsplit_once(", expected ").unwrap_or((rest, ""));

    if let Some(found) = found
        .strip_prefix("type: ")
        .or(found.strip_prefix("value: "))
    {
        let (found, wanted) = (value_of(found), kind_of(wanted));
        return format!("{} is {found}; it must be {wanted}", named(&place));
    }
    if let ("invalid", Some(count)) = (what, found.strip_prefix("length ")) {
        let kind = kind_of(wanted);
        let place = named(&place);
        if kind == "an object" {
            return format!("{place} is an array; it must be an object");
        }
        return format!("{place} has {count} elements; it must be {kind}");
    }
    if let ("missing", Some(field)) = (what, rest.strip_prefix("field ")) {
        return format!("the field {field} is missing{}", within(&place));
    }
    if let ("unknown", Some(found)) = (what, found.strip_prefix("variant ")) {
        return format!("{} is {found}; it must be {wanted}", named(&place));
    }
    if matches!(what, "unknown" | "duplicate") && rest.starts_with("field ") {
        // The field is the last step.
        place.pop();
        return format!("{}{}", shorten(message, 4 * LONGEST), within(&place));
    }
    if message.starts_with(NO_VARIANT) || message == "expected value" {
        let name = named(&place);
        return format!("{name} has a form that is not known; mend it, or copy the file again");
    }
    format!("{}: {}", named(&place), shorten(message, 4 * LONGEST))
}

/// A value as the parser tells it.
fn value_of(found: &str) -> String {
    let found = match found.split_once(' ') {
        Some(("string", text)) => format!("the string {text}"),
        Some(("integer" | "floating", rest)) => {
            let number = rest.trim_start_matches("point ").trim_matches('`');
            format!("the number {number}")
        }
        Some(("boolean", value)) => value.trim_matches('`').to_owned(),
        _ => match found {
            "map" => "an object".to_owned(),
            "sequence" => "an array".to_owned(),
            "unit value" => "null".to_owned(),
            other => other.to_owned(),
        },
    };
    shorten(&found, LONGEST)
}

/// What the parser calls a kind of value, as somebody who writes JSON knows it.
fn kind_of(wanted: &str) -> String {
    let first = wanted.split(' ').next().unwrap_or_default();
    let kind = match (first, wanted) {
        ("f32" | "f64", _) => "a number",
        ("u8" | "u16" | "u32" | "u64" | "usize", _) => "a whole number from 0",
        ("i8" | "i16" | "i32" | "i64" | "isize", _) => "a whole number",
        ("struct", _) | (_, "a map") => "an object",
        ("tuple", _) | (_, "a sequence") => "an array",
        ("enum", _) | (_, "string or map") => "one of the forms that are known",
        (_, "a boolean") => "true or false",
        (_, "unit") => "null",
        (_, other) => other,
    };
    kind.to_owned()
}

/// A step on the way from a whole document to a value.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Step {
    /// Into a field, whose name may not be read yet.
    Field(Option<String>),
    /// Into an element.
    Element(usize),
}

/// The way to the value that ends, or begins, before a place in `text`; and what is before it.
fn place(text: &[u8], line: usize, column: usize) -> (Vec<Step>, &[u8]) {
    let before = text.split_inclusive(|byte| *byte == b'\n');
    let start: usize = before.take(line.saturating_sub(1)).map(<[u8]>::len).sum();
    let text = &text[..(start + column).min(text.len())];

    let mut steps: Vec<Step> = Vec::new();
    let mut index = 0;
    while let Some(byte) = text.get(index) {
        index += 1;
        match byte {
            b'"' => {
                let end = end_of_string(text, index);
                if let Some(Step::Field(name @ None)) = steps.last_mut() {
                    *name = Some(String::from_utf8_lossy(&text[index..end]).into_owned());
                }
                index = end + 1;
            }
            b'{' => steps.push(Step::Field(None)),
            b'[' => steps.push(Step::Element(0)),
            b'}' | b']' => drop(steps.pop()),
            b',' => match steps.last_mut() {
                Some(Step::Field(name)) => *name = None,
                Some(Step::Element(number)) => *number += 1,
                None => {}
            },
            _ => {}
        }
    }

    // An object or an array that is wrong as a whole.
    if matches!(text.last(), Some(b'{' | b'[')) {
        steps.pop();
    }
    (steps, text)
}

/// Where the string ends whose first byte is at `start`.
fn end_of_string(text: &[u8], start: usize) -> usize {
    let mut end = start;
    while let Some(byte) = text.get(end) {
        match byte {
            b'"' => return end,
            b'\\' => end += 2,
            _ => end += 1,
        }
    }
    text.len()
}

/// The value at `place`.
fn named(place: &[Step]) -> String {
    let mut way = String::new();
    for step in place {
        match step {
            Step::Field(Some(name)) if way.is_empty() => way.push_str(name),
            Step::Field(Some(name)) => way.extend([".", name]),
            Step::Element(number) => {
                let _ = write!(way, "[{number}]");
            }
            Step::Field(None) => {}
        }
    }
    match way.as_str() {
        "" => "it".to_owned(),
        way => format!("`{}`", shorten(way, LONGEST)),
    }
}

/// In which object something is, unless that is all.
fn within(place: &[Step]) -> String {
    match named(place).as_str() {
        "it" => String::new(),
        name => format!(" in {name}"),
    }
}

/// At most `limit` characters of `text`, on one line.
pub(crate) fn shorten(text: &str, limit: usize) -> String {
    let mut short: String = text.chars().take(limit).collect();
    if short.len() < text.len() {
        short.push_str("...");
    }
    short.replace(char::is_control, " ")
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;
    use serde::Deserialize;

    #[derive(Debug, Deserialize)]
    #[serde(deny_unknown_fields)]
    struct Outer {
        #[serde(default)]
        #[expect(dead_code, reason = "it is only read")]
        rate: f64,
        #[serde(default)]
        #[expect(dead_code, reason = "it is only read")]
        inner: Vec<Inner>,
        #[serde(default)]
        #[expect(dead_code, reason = "it is only read")]
        kind: Option<Kind>,
        #[serde(default)]
        #[expect(dead_code, reason = "it is only read")]
        by_name: BTreeMap<String, bool>,
        #[serde(default)]
        #[expect(dead_code, reason = "it is only read")]
        tagged: Option<Tagged>,
    }

    #[derive(Debug, Deserialize)]
    #[serde(tag = "type", rename_all = "lowercase")]
    enum Tagged {
        A {
            #[expect(dead_code, reason = "it is only read")]
            size: usize,
        },
    }

    #[derive(Debug, Deserialize)]
    struct Inner {
        #[expect(dead_code, reason = "it is only read")]
        count: u32,
    }

    #[derive(Debug, Deserialize)]
    #[serde(rename_all = "lowercase")]
    enum Kind {
        One,
        Other,
    }

    #[track_caller]
    fn check(text: &str, expected: &str) {
        let found = parse::<Outer>(text).unwrap_err().to_string();
        assert_eq!(found, expected);
        assert_eq!(
            parse_bytes::<Outer>(text.as_bytes())
                .unwrap_err()
                .to_string(),
            expected
        );
    }

    #[test]
    fn a_field_of_the_wrong_kind_is_named_with_what_it_must_be() {
        check(
            r#"{"rate": "x"}"#,
            "`rate` is the string \"x\"; it must be a number (column 12)",
        );
        check(
            "{\"rate\": 1,\n\"inner\": [{\"count\": 1}, {\"count\": -1}]}",
            "`inner[1].count` is the number -1; it must be a whole number from 0 (line 2, \
             column 36)",
        );
        check(
            r#"{"inner": {"a": 1}}"#,
            "`inner` is an object; it must be an array (column 10)",
        );
        check(
            r#"{"by_name": {"a, \"b": 1.5}}"#,
            "`by_name.a, \\\"b` is the number 1.5; it must be true or false (column 26)",
        );
        check(
            r#"{"tagged": {"type": "a", "size": "x"}}"#,
            "something in it is the string \"x\"; it must be a whole number from 0 (column 38)",
        );
        check(
            r#"{"inner": [[]]}"#,
            "`inner[0]` is an array; it must be an object (column 13)",
        );
        check("7", "it is the number 7; it must be an object (column 1)");
        check("\n[{\"rate\": 1}]", "it is an array; it must be an object");
        check(
            "[1, [], null, {}, null]",
            "it is an array; it must be an object",
        );
    }

    #[test]
    fn fields_that_lack_or_that_nobody_knows_are_named() {
        check(
            r#"{"inner": [{"cuont": 1}]}"#,
            "the field `count` is missing in `inner[0]` (column 23)",
        );
        check(
            r#"{"rat": 1}"#,
            "unknown field `rat`, expected one of `rate`, `inner`, `kind`, `by_name`, \
             `tagged` (column 6)",
        );
        check(
            r#"{"kind": "third"}"#,
            "`kind` is `third`; it must be `one` or `other` (column 16)",
        );
        check(
            r#"{"kind": 3}"#,
            "`kind` has a form that is not known; mend it, or copy the file again (column 10)",
        );
    }

    #[test]
    fn what_is_no_json_is_told_by_its_place() {
        check(
            r#"{"rate": nan}"#,
            "it is no JSON at column 11: expected ident",
        );
        check(
            "{\"rate\":\n",
            "it ends at line 2, column 0 before its JSON does: is it cut off?",
        );
    }

    #[test]
    fn what_a_merge_left_is_told_as_that() {
        let text = "{\n<<<<<<< HEAD\n\"rate\": 1\n=======\n\"rate\": 2\n>>>>>>> theirs\n}\n";
        check(
            text,
            "line 2 is a conflict marker (<<<<<<<), left by a merge: take one of the two versions \
             of the file whole",
        );
        check(
            "=======",
            "it is a conflict marker (=======), left by a merge: take one of the two versions of \
             the file whole",
        );
        check("<<", "it is no JSON at column 1: expected value");
    }

    #[test]
    fn names_and_values_are_shortened() {
        let text = format!("{{\"by_name\": {{\"{0}\": \"{0}\"}}}}", "a".repeat(100_000));
        let told = parse::<Outer>(&text).unwrap_err().to_string();
        assert!(told.len() < 300, "{told}");
    }
}
