//! What can be wrong with an n-best file, told so that it can be mended: the
//! file, the place in it, the field, and what to do.

use std::borrow::Cow;
use std::{fmt, io};

use crate::files::temporary_folder;
use crate::nbest::InvalidNBest;
use crate::nbest::place::{At, Place};

/// A file of n-best lists, scores or references could not be used.
pub type ReadError = At<ReadErrorKind>;

/// What is wrong with an input file.
#[derive(Debug, thiserror::Error)]
pub enum ReadErrorKind {
    /// The operating system refused.
    #[error("the file cannot be read")]
    Io(#[source] io::Error),
    /// The path is a folder.
    #[error("this is a folder; name the files in it")]
    Folder,
    /// The compressed data ends early or is damaged.
    #[error("the {compression} data is cut off or damaged; copy or make the file again")]
    Compressed {
        /// `gzip` or `zstd`.
        compression: &'static str,
        /// What the decoder says.
        #[source]
        source: io::Error,
    },
    /// A byte that is not UTF-8.
    #[error(
        "the text is not UTF-8 at byte {offset} of the file (of what it holds, if it is \
         compressed); save it as UTF-8"
    )]
    NotUtf8 {
        /// How many good bytes come before it.
        offset: u64,
    },
    /// Text in 16-bit units.
    #[error("the text is UTF-16; save it as UTF-8 (iconv -f UTF-16 -t UTF-8)")]
    Utf16,
    /// Nothing in it.
    #[error("the file is empty: it holds no {wanted}")]
    Empty {
        /// What was looked for.
        wanted: &'static str,
    },
    /// No format fits its beginning.
    #[error(
        "the file begins with `{start}`, which is none of the known formats; name one with \
         --nbest-format (jsonl, hyporadise, hypr, mlm-scoring, kaldi, espnet, espnet-json, nemo, \
         wenet, srilm, alternatives, fairseq or trn); lines `utterance words` need --refs"
    )]
    UnknownFormat {
        /// Its beginning.
        start: String,
    },
    /// No format fits the JSON.
    #[error(
        "no known format fits this JSON, of which the first record has the fields {fields}; lists \
         have `id`, `ref` and `hyps`, or `input` and `output`, `hyp_1`, `utts`, `alternatives`, \
         `NBest` or `results`; {advice}"
    )]
    UnknownJson {
        /// The names of the fields.
        fields: String,
        /// What to do.
        advice: &'static str,
    },
    /// The JSON cannot be parsed.
    #[error("not valid JSON at {at}: {message}")]
    Json {
        /// `column 7`, or a line and a column of a longer record.
        at: String,
        /// What the parser says, and what may be the matter.
        message: String,
    },
    /// The file ends inside an array or object.
    #[error("the file ends inside this record: it was cut off; copy or make it again")]
    Truncated,
    /// A field is not there.
    #[error("the field `{field}` is missing; {advice}")]
    Missing {
        /// Which.
        field: String,
        /// What to do.
        advice: &'static str,
    },
    /// A field holds something else than it should.
    #[error("`{field}` is {found}; it must be {wanted}")]
    WrongType {
        /// Which.
        field: String,
        /// What it is, shortened.
        found: String,
        /// What it must be.
        wanted: &'static str,
    },
    /// A number is NaN, infinite, or too large for a float.
    #[error("`{field}` is {value}, which is not a finite number; mend it or leave the list out")]
    NotFinite {
        /// Which field.
        field: String,
        /// Its text.
        value: String,
    },
    /// Some hypotheses of a list have a score, and others do not.
    #[error(
        "hypothesis {with} of the list has a `{field}` and hypothesis {without} has none; give it \
         for all of a list or for none"
    )]
    MixedScores {
        /// `score`, `am_score` or `lm_score`.
        field: &'static str,
        /// A hypothesis that has one, from 1.
        with: usize,
        /// The first hypothesis that has none, from 1.
        without: usize,
    },
    /// An array of scores is longer or shorter than that of the hypotheses.
    #[error("`{field}` has {scores} values for {hypotheses} hypotheses; give one for each")]
    ScoreCount {
        /// `score`, `am_score` or `lm_score`.
        field: &'static str,
        /// How many values.
        scores: usize,
        /// How many hypotheses.
        hypotheses: usize,
    },
    /// A line that the format does not allow.
    #[error("{problem}; {advice}")]
    Line {
        /// What is wrong.
        problem: String,
        /// What to do.
        advice: Cow<'static, str>,
    },
    /// An id was used before.
    #[error("the id `{id}` was used before, at {first}; ids must be unique over all files")]
    DuplicateId {
        /// The id.
        id: String,
        /// Where it came first.
        first: Place,
    },
    /// A list that breaks the rules of n-best lists.
    #[error("the list is not valid; mend it or leave it out")]
    Invalid(#[source] InvalidNBest),
    /// There is more of something than any recording gives.
    #[error("{of} has {found} {unit}; at most {limit} are read")]
    TooMuch {
        /// The list or the text.
        of: String,
        /// How many there are.
        found: usize,
        /// How many there may be.
        limit: usize,
        /// Of what.
        unit: &'static str,
    },
    /// A line or a file that is longer than it may be.
    #[error("{0}")]
    TooLong(String),
    /// A list without hypotheses.
    #[error(
        "`{field}` holds no hypothesis; leave the utterance out, or give one with an empty text if \
         nothing was heard"
    )]
    NoHypothesis {
        /// Where they should be.
        field: &'static str,
    },
    /// Lists that must wait on the disk cannot.
    #[error(
        "there are more lists than --hold-lists holds in memory, and they cannot wait in the folder \
         of temporary files, {}: make room there, or name another folder with the variable TMPDIR",
        temporary_folder()
    )]
    Spool(#[source] io::Error),
    /// A score file that nothing uses.
    #[error(
        "scores in a file of their own belong to Kaldi text, and no Kaldi text was given; leave \
         --scores out"
    )]
    UnusedScores,
}

/// What to do about a text that is not there.
pub(super) const GIVE_HEARD: &str = "give what was heard, as an empty text if nothing was";
pub(super) const GIVE_SAID: &str = "give what was said, as an empty text if nothing was";

impl ReadErrorKind {
    pub(super) fn missing(field: impl fmt::Display, advice: &'static str) -> ReadErrorKind {
        ReadErrorKind::Missing {
            field: field.to_string(),
            advice,
        }
    }

    pub(super) fn not_finite(field: impl fmt::Display, value: impl fmt::Display) -> ReadErrorKind {
        ReadErrorKind::NotFinite {
            field: field.to_string(),
            value: value.to_string(),
        }
    }

    pub(super) fn line(
        problem: impl Into<String>,
        advice: impl Into<Cow<'static, str>>,
    ) -> ReadErrorKind {
        ReadErrorKind::Line {
            problem: problem.into(),
            advice: advice.into(),
        }
    }
}

/// The whole chain, as a user sees it.
#[cfg(test)]
pub(super) fn told(error: &ReadError) -> String {
    let mut text = error.to_string();
    let mut source = std::error::Error::source(error);
    while let Some(error) = source {
        text = format!("{text}: {error}");
        source = error.source();
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::nbest::builder::CorpusBuilder;
    use crate::nbest::normalize::Normalization;
    use crate::nbest::read::{Corpus, ReadOptions, ScoreKind};

    fn options() -> ReadOptions {
        ReadOptions {
            normalization: Normalization::default(),
            format: None,
            scores: ScoreKind::LogProbability,
            acoustic_weight: 1.0,
        }
    }

    #[track_caller]
    fn check_refused(name: &str, file: &[u8], expected: &[&str]) {
        let text = told(&Corpus::read(name, file, &options()).unwrap_err());
        assert!(
            text.starts_with(&format!("failed to read {name}")),
            "{text}"
        );
        for part in expected {
            assert!(text.contains(part), "{part} is not in: {text}");
        }
    }

    /// `{}` in `hypotheses` of an utterance that is good otherwise, on the second line.
    fn second(hypotheses: &str) -> Vec<u8> {
        let good = r#"{"id": "a", "ref": "x", "hyps": [{"text": "x", "score": -1}]}"#;
        format!("{good}\n{{\"id\": \"b\", \"ref\": \"x\", \"hyps\": {hypotheses}}}\n").into_bytes()
    }

    #[test]
    fn bad_json_lines_are_told_with_line_and_field() {
        let line = |text: &str| [b"\n".as_slice(), text.as_bytes()].concat();
        check_refused("f.jsonl", b" \n\n", &["is empty"]);
        check_refused("f.jsonl", b"", &["is empty"]);
        check_refused(
            "f.jsonl",
            &line("hello"),
            &["line 2", "not valid JSON at column 1"],
        );
        check_refused("f.jsonl", &line("[1]"), &["record 1", "is the number 1"]);
        check_refused(
            "f.jsonl",
            &line("{\"id\": \"a\", \"ref\""),
            &["line 2", "cut off"],
        );
        check_refused(
            "f.jsonl",
            &line("{\"ref\": \"\", \"hyps\": []}"),
            &["`id` is missing"],
        );
        check_refused(
            "f.jsonl",
            &line("{\"id\": \" \", \"ref\": \"\", \"hyps\": [{\"text\": \"\"}]}"),
            &["`id` is empty"],
        );
        check_refused(
            "f.jsonl",
            &line("{\"id\": 1.5}"),
            &["`id` is the number 1.5"],
        );
        check_refused("f.jsonl", &line("{\"id\": \"a\"}"), &["`hyps` is missing"]);
        check_refused(
            "f.jsonl",
            &line("{\"id\": \"a\", \"hyps\": [{\"text\": \"\"}]}"),
            &["`ref` is missing", "--refs"],
        );
        check_refused(
            "f.jsonl",
            &line("{\"id\": \"a\", \"ref\": 3}"),
            &["`ref` is the number 3", "a string"],
        );
        check_refused(
            "f.jsonl",
            &second("{}"),
            &["line 2", "`hyps` is an object", "an array"],
        );
        check_refused(
            "f.jsonl",
            &second("[]"),
            &["line 2", "`hyps` holds no hypothesis"],
        );
        check_refused(
            "f.jsonl",
            &second("[\"x\"]"),
            &["line 2", "`hyps[0]` is the string \"x\""],
        );
        check_refused(
            "f.jsonl",
            &second("[{\"score\": 1}]"),
            &["`hyps[0].text` is missing"],
        );
    }

    #[test]
    fn bad_scores_are_told_with_the_hypothesis() {
        let scored = |score: &str| {
            second(&format!(
                "[{{\"text\": \"x\", \"score\": 1}}, {{\"text\": \"y\", \"score\": {score}}}]"
            ))
        };
        let check = |score: &str, expected: &str| {
            check_refused("f.jsonl", &scored(score), &["line 2", expected]);
        };

        check(
            "\"high\"",
            "`hyps[1].score` is the string \"high\"; it must be a number",
        );
        check("true", "`hyps[1].score` is the boolean true");
        check("[1]", "`hyps[1].score` is an array");
        check("NaN", "`score` is NaN, which is not a finite number");
        check(
            "Infinity",
            "`score` is Infinity, which is not a finite number",
        );
        check(
            "-Infinity",
            "`score` is -Infinity, which is not a finite number",
        );
        check("1e400", "`score` is 1e400, which is not a finite number");
        check(
            "\"NaN\"",
            "`hyps[1].score` is NaN, which is not a finite number",
        );
        check(
            "\"-inf\"",
            "`hyps[1].score` is -inf, which is not a finite number",
        );
        check(
            "null",
            "hypothesis 1 of the list has a `score` and hypothesis 2 has none",
        );
    }

    #[test]
    fn bytes_that_are_no_text_are_told_with_their_offset() {
        check_refused(
            "f.jsonl",
            b"{}\n{\"id\": \"\xe9\"}",
            &["line 1", "`id` is missing"],
        );
        check_refused(
            "f.jsonl",
            b"{\"id\": \"\xe9\"}",
            &["line 1", "not UTF-8 at byte 8"],
        );
        check_refused(
            "f.json",
            b"[{\"input\": [\"\xe9\"]}]",
            &["record 1", "byte 13"],
        );
    }

    #[test]
    fn an_id_that_comes_twice_is_told_with_both_places() {
        let line = "{\"id\": \"a\", \"ref\": \"\", \"hyps\": [{\"text\": \"\"}]}\n";
        let twice = line.repeat(2);
        check_refused(
            "f.jsonl",
            twice.as_bytes(),
            &["f.jsonl, line 2", "`a`", "at f.jsonl, line 1"],
        );

        let mut builder = CorpusBuilder::new(options());
        builder.lists("one.jsonl", line.as_bytes()).unwrap();
        builder.lists("two.jsonl", line.as_bytes()).unwrap();

        let text = told(&builder.finish().unwrap_err());
        assert!(
            text.contains("two.jsonl, line 1") && text.contains("one.jsonl, line 1"),
            "{text}"
        );
    }

    #[test]
    fn bad_arrays_and_objects_are_told_with_their_record() {
        let good = r#"{"input": ["a", "b"], "output": "a"}"#;
        let check = |record: &str, expected: &[&str]| {
            let file = format!("[{good},\n{record}]");
            check_refused("f.json", file.as_bytes(), expected);
        };

        check(
            r#"{"output": "a"}"#,
            &["record 2 (line 2)", "`input` is missing"],
        );
        check(r#"{"input": ["a"]}"#, &["`output` is missing"]);
        check(
            r#"{"input": [], "output": "a"}"#,
            &["`input` holds no hypothesis"],
        );
        check(
            r#"{"input": ["a", 1], "output": "a"}"#,
            &["`input[1]` is the number 1"],
        );
        check(
            r#"{"input": ["a"], "output": "a", "score": [1, 2]}"#,
            &["`score` has 2 values for 1"],
        );
        check(
            r#"{"input": ["a"], "output": "a", "score": [NaN]}"#,
            &["`score` is NaN"],
        );
        check(
            r#"{"input": ["a"], "output": "a", "score": ["x"]}"#,
            &["`score[0]` is the string"],
        );
        check("7", &["the record", "is the number 7"]);
        check_refused(
            "f.json",
            format!("[{good},\n{good}").as_bytes(),
            &["record 2", "cut off"],
        );
        check_refused("f.json", b"[]", &["is empty"]);

        let mlm = r#"{"u": {"ref": "a", "hyp_1": {"score": -1, "text": "a"}}, "v": {"ref": "a"}}"#;
        check_refused(
            "f.json",
            mlm.as_bytes(),
            &["record 2 (line 1)", "holds no hypothesis"],
        );

        let mlm = r#"{"u": {"ref": "a", "hyp_1": {"score": "x", "text": "a"}}}"#;
        check_refused(
            "f.json",
            mlm.as_bytes(),
            &["`u.hyp_1.score` is the string \"x\""],
        );
    }

    #[test]
    fn text_that_is_no_format_is_told_with_the_known_ones() {
        check_refused(
            "f.txt",
            b"hello world\n",
            &["`hello world", "--nbest-format", "kaldi"],
        );
        check_refused("f.trn", b"hello world\n", &["line 1", "id in parentheses"]);
        check_refused(
            "f.trn",
            b"a { b / c (s-1)\n",
            &["line 1", "`s-1`", "alternatives", "close every brace"],
        );
        check_refused(
            "f.trn",
            b"a (s-1)\n",
            &["line 1", "of the format trn carry no references", "--refs"],
        );
        check_refused(
            "f.txt",
            b"u-1 a\nu b\n",
            &["line 2", "`u` does not end with a rank"],
        );
        check_refused(
            "f.txt",
            b"u-1 a\nu-1 b\n",
            &["line 2", "`u-1` came before, on line 1"],
        );
    }
}
