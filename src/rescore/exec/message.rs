//! The lines that go to a program and come from it.

use std::fmt;

use serde::de::{DeserializeOwned, Error, Unexpected};
use serde::{Deserialize, Serialize};

use crate::files::json::JsonError;
use crate::nbest::json::shorten;
use crate::rescore::exec::error::ExecErrorKind;
use crate::rescore::json::{Number, from_lenient_json};

/// The version of the protocol that is spoken here.
pub(super) const PROTOCOL: u32 = 1;

/// The most characters of a text, or of an utterance's id, in an error.
const LONGEST_NAMED: usize = 80;

/// The first line of a program: what it is.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
pub struct Hello {
    /// The version of the protocol; 1.
    pub protocol: u32,
    /// What the program calls its model.
    #[serde(default)]
    pub name: String,
    /// The version of the model, in any form.
    #[serde(default)]
    pub version: String,
    /// Whether a score depends on the other texts of its list.
    #[serde(default)]
    pub listwise: bool,
}

impl Hello {
    pub(super) fn parse(line: &str) -> Result<Hello, ExecErrorKind> {
        let hello: Hello = object(line).map_err(|source| ExecErrorKind::Hello {
            line: line.to_owned(),
            source,
        })?;
        if hello.protocol != PROTOCOL {
            return Err(ExecErrorKind::Protocol(hello.protocol));
        }

        Ok(hello)
    }
}

/// `line` as an object with such members: serde takes an array of them as well.
fn object<T: DeserializeOwned>(line: &str) -> Result<T, JsonError> {
    if line.trim_start().starts_with('[') {
        let error = serde_json::Error::invalid_type(Unexpected::Seq, &"an object");
        return Err(error.into());
    }
    from_lenient_json(line)
}

impl fmt::Display for Hello {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let name = if self.name.is_empty() {
            "a program without a name"
        } else {
            &self.name
        };
        let space = if self.version.is_empty() { "" } else { " " };
        write!(f, "{name}{space}{}", self.version)
    }
}

/// Texts that want scores.
#[derive(Debug, Serialize)]
pub(super) struct Request<'a> {
    /// Of a listwise program: the utterance that the list belongs to.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) utterance: Option<&'a str>,
    pub(super) texts: &'a [&'a str],
    /// Of a listwise program: the first pass's scores; higher is better.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) first_pass: Option<Vec<f64>>,
}

impl Request<'_> {
    /// The request as a line, under the number `id`.
    pub(super) fn line(&self, id: u64) -> Vec<u8> {
        #[derive(Serialize)]
        struct Numbered<'a> {
            id: u64,
            #[serde(flatten)]
            request: &'a Request<'a>,
        }

        let numbered = Numbered { id, request: self };
        let mut line = serde_json::to_vec(&numbered).expect("texts and numbers are JSON");
        line.push(b'\n');

        line
    }

    /// What it is about, for errors: the utterance of a list, or the first text.
    fn subject(&self) -> String {
        if let Some(utterance) = self.utterance {
            return format!("the list of {}", shorten(utterance, LONGEST_NAMED));
        }
        let first = self.texts.first().copied().unwrap_or_default();
        let first = format!("\"{}\"", shorten(first, LONGEST_NAMED));
        match self.texts.len() {
            0 | 1 => first,
            texts => format!("{first} and {} more", texts - 1),
        }
    }

    /// The scores of `reply`, one for each text. They may be NaN or infinite: whoever asked decides
    /// what that means.
    pub(super) fn check(&self, reply: Reply) -> Result<Vec<f64>, ExecErrorKind> {
        let id = reply.id;
        let of = || self.subject();
        if let Some(reason) = reply.error {
            let of = of();
            return Err(ExecErrorKind::Refused { id, of, reason });
        }

        let empty = || ExecErrorKind::Empty { id, of: of() };
        let scores = reply.scores.ok_or_else(empty)?;
        if scores.len() != self.texts.len() {
            return Err(ExecErrorKind::Count {
                id,
                of: of(),
                texts: self.texts.len(),
                scores: scores.len(),
            });
        }

        Ok(scores
            .into_iter()
            .map(|score| score.map_or(f64::NAN, |score| score.0))
            .collect())
    }
}

/// An answer.
#[derive(Debug, Deserialize)]
pub(super) struct Reply {
    pub(super) id: u64,
    #[serde(default)]
    scores: Option<Vec<Option<Number>>>,
    #[serde(default)]
    error: Option<String>,
}

impl Reply {
    pub(super) fn parse(line: &str) -> Result<Reply, ExecErrorKind> {
        object(line).map_err(|source| ExecErrorKind::Reply {
            line: line.to_owned(),
            source,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEXTS: [&str; 2] = ["a", "b \"c\""];

    fn request() -> Request<'static> {
        Request {
            utterance: None,
            texts: &TEXTS,
            first_pass: None,
        }
    }

    fn scores(line: &str) -> Result<Vec<f64>, ExecErrorKind> {
        request().check(Reply::parse(line)?)
    }

    #[test]
    fn a_request_is_one_line_of_json() {
        let line = String::from_utf8(request().line(7)).unwrap();
        assert_eq!(line, "{\"id\":7,\"texts\":[\"a\",\"b \\\"c\\\"\"]}\n");
    }

    #[test]
    fn a_reply_has_a_score_for_each_text() {
        assert_eq!(
            scores(r#"{"id": 7, "scores": [1, -2.5]}"#).unwrap(),
            [1.0, -2.5]
        );
        let strange = scores(r#"{"id": 7, "scores": [NaN, -Infinity]}"#).unwrap();
        assert!(strange[0].is_nan() && strange[1] == f64::NEG_INFINITY);
        let nulls = scores(r#"{"id": 7, "scores": [null, 1]}"#).unwrap();
        assert!(nulls[0].is_nan());
    }

    #[track_caller]
    fn check_error(line: &str, expected: &str) {
        let error = scores(line).unwrap_err().to_string();
        assert!(error.contains(expected), "{error}");
    }

    #[test]
    fn other_replies_are_errors() {
        check_error(
            r#"{"id": 7, "scores": [1]}"#,
            "request 7 (\"a\" and 1 more) had 2 texts but 1 scores",
        );
        check_error(r#"{"id": 7, "error": "too long"}"#, "too long");
        check_error(r#"{"id": 7}"#, "neither");
        check_error("loading the model", "loading the model");
    }

    #[test]
    fn a_request_of_a_list_is_named_by_its_utterance() {
        let request = Request {
            utterance: Some("u1"),
            ..request()
        };
        let reply = Reply::parse(r#"{"id": 7, "error": "too long"}"#).unwrap();
        let error = request.check(reply).unwrap_err().to_string();
        assert_eq!(error, "it refused request 7 (the list of u1): too long");
    }

    #[test]
    fn a_hello_of_another_protocol_is_refused() {
        let hello = Hello::parse(r#"{"protocol": 1, "name": "lm", "version": "2", "more": 1}"#);
        assert_eq!(hello.unwrap().to_string(), "lm 2");
        let error = Hello::parse(r#"{"protocol": 3}"#).unwrap_err();
        assert!(error.to_string().contains("protocol 3"), "{error}");
    }
}
