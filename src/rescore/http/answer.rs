//! Answers of completions servers: which log-probabilities are those of a text.

use std::collections::BTreeMap;
use std::ops::RangeInclusive;

use serde::Deserialize;
use serde_json::Value;

use crate::rescore::http::alignment::ends;
use crate::rescore::http::error::{HttpErrorKind, TextFault};
use crate::rescore::http::options::PromptForm;
use crate::rescore::http::own_tokens::{Own, Token, own};
use crate::rescore::json::Number;

/// What was asked: some texts, each between the prefix and the suffix.
#[derive(Debug, Clone, Copy)]
pub(super) struct Asked<'a> {
    pub(super) form: PromptForm,
    pub(super) prefix: &'a str,
    pub(super) suffix: &'a str,
    pub(super) texts: &'a [String],
}

#[derive(Deserialize)]
pub(super) struct Answer {
    choices: Vec<Choice>,
    #[serde(default)]
    usage: Option<Usage>,
    /// What the server calls the model that answered.
    #[serde(default)]
    pub(super) model: Value,
}

#[derive(Deserialize)]
struct Usage {
    #[serde(default)]
    completion_tokens: Value,
}

#[derive(Deserialize)]
struct Choice {
    #[serde(default)]
    index: Option<usize>,
    #[serde(default)]
    finish_reason: Value,
    #[serde(default)]
    logprobs: Option<Logprobs>,
    #[serde(default)]
    prompt_logprobs: Option<Vec<Option<BTreeMap<String, Candidate>>>>,
}

#[derive(Deserialize)]
struct Logprobs {
    #[serde(default)]
    token_logprobs: Vec<Option<Number>>,
    #[serde(default)]
    tokens: Option<Vec<Value>>,
}

#[derive(Deserialize)]
struct Candidate {
    logprob: Option<Number>,
    #[serde(default)]
    decoded_token: Value,
}

/// Whether the last token of an echo was made up.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum MadeUp {
    One,
    None,
    Unknown,
}

impl Answer {
    /// What there is of each text, in order.
    pub(super) fn read(self, asked: Asked<'_>) -> Result<Vec<Own>, HttpErrorKind> {
        let mut choices = self.choices;
        if choices.len() != asked.texts.len() {
            return Err(HttpErrorKind::Count {
                texts: asked.texts.len(),
                scores: choices.len(),
            });
        }

        // Sorting is stable: without numbers they stand in the order of the prompts.
        choices.sort_by_key(|choice| choice.index);
        let is_numbered = choices.iter().any(|choice| choice.index.is_some());
        let mut numbered = choices.iter().enumerate();
        if is_numbered && !numbered.all(|(number, choice)| choice.index == Some(number)) {
            return Err(HttpErrorKind::Numbers);
        }

        // Each prompt has one token made up at most.
        let made_up = self
            .usage
            .and_then(|usage| usage.completion_tokens.as_u64());
        let made_up = match made_up {
            Some(0) => MadeUp::None,
            Some(tokens) if usize::try_from(tokens) == Ok(asked.texts.len()) => MadeUp::One,
            _ => MadeUp::Unknown,
        };
        choices
            .into_iter()
            .zip(asked.texts)
            .map(|(choice, text)| choice.own(asked, text, made_up))
            .collect()
    }
}

impl Choice {
    fn own(self, asked: Asked<'_>, text: &str, made_up: MadeUp) -> Result<Own, HttpErrorKind> {
        let of_text = |fault| HttpErrorKind::Text {
            text: text.to_owned(),
            fault,
        };
        let missing = || HttpErrorKind::NoPrompt {
            echo: asked.form == PromptForm::Echo,
        };
        let made_up = match self.finish_reason.as_str() {
            // It would have gone on.
            Some("length") if made_up == MadeUp::Unknown => MadeUp::One,
            _ => made_up,
        };

        let prompt = format!("{}{text}{}", asked.prefix, asked.suffix);
        let (tokens, found) = match asked.form {
            PromptForm::Echo => {
                let logprobs = self.logprobs.ok_or_else(missing)?;
                let mut tokens = logprobs.tokens().map_err(of_text)?;
                let found = echoed(&prompt, &mut tokens, made_up).map_err(of_text)?;
                (tokens, found)
            }
            PromptForm::PromptLogprobs => {
                let prompt_logprobs = self.prompt_logprobs.ok_or_else(missing)?;
                let tokens = candidates(prompt_logprobs).map_err(of_text)?;
                let found = aligned(&prompt, &tokens);
                (tokens, found)
            }
        };

        // Of a text that was made up every token has a probability, so one without is of a prompt.
        let begins = tokens.first().is_some_and(|token| token.logprob.is_none());
        if found.is_none() && !begins {
            return Err(missing());
        }
        own(&tokens, found.as_deref(), asked.prefix.len()).map_err(of_text)
    }
}

impl Logprobs {
    fn tokens(self) -> Result<Vec<Token>, TextFault> {
        let logprobs = self.token_logprobs;
        let shown = self.tokens.unwrap_or_default();
        if !shown.is_empty() && shown.len() != logprobs.len() {
            return Err(TextFault::Count {
                tokens: shown.len(),
                logprobs: logprobs.len(),
            });
        }

        let mut shown = shown.into_iter();
        let tokens = logprobs.into_iter().map(|logprob| Token {
            text: shown.next().and_then(text_of),
            logprob: logprob.map(|logprob| logprob.0),
        });
        Ok(tokens.collect())
    }
}

fn text_of(value: Value) -> Option<String> {
    match value {
        Value::String(text) => Some(text),
        _ => None,
    }
}

/// The tokens of a prompt, of which the server gives no other that might have stood there.
fn candidates(tokens: Vec<Option<BTreeMap<String, Candidate>>>) -> Result<Vec<Token>, TextFault> {
    let one = |(index, token): (usize, Option<BTreeMap<String, Candidate>>)| {
        let mut all = token.unwrap_or_default().into_values();
        let Some(first) = all.next() else {
            return Ok(Token::default());
        };
        match all.len() {
            0 => Ok(Token {
                text: text_of(first.decoded_token),
                logprob: first.logprob.map(|logprob| logprob.0),
            }),
            others => Err(TextFault::Candidates {
                number: index + 1,
                count: others + 1,
            }),
        }
    };
    tokens.into_iter().enumerate().map(one).collect()
}

/// Where each of `tokens` may end in `prompt`.
fn aligned(prompt: &str, tokens: &[Token]) -> Option<Vec<RangeInclusive<usize>>> {
    let texts: Vec<Option<&str>> = tokens.iter().map(|token| token.text.as_deref()).collect();
    // Tokens without a text fit any prompt.
    let is_shown = texts.iter().any(Option::is_some);
    is_shown.then(|| ends(prompt, &texts))?
}

/// Leaves the tokens of `prompt` in an echo, without the one that may have been made up behind it;
/// and where each may end, if that can be told.
fn echoed(
    prompt: &str,
    tokens: &mut Vec<Token>,
    made_up: MadeUp,
) -> Result<Option<Vec<RangeInclusive<usize>>>, TextFault> {
    let Some((_, before)) = tokens.split_last() else {
        return Ok(None);
    };
    let (with, without) = (aligned(prompt, tokens), aligned(prompt, before));

    let has_one = match (&with, &without) {
        (Some(_), None) => false,
        (None, Some(_)) => true,
        // Tokens without a text, or with another than the prompt's, may be of anything: an error
        // tells whether they are of the prompt.
        _ => match made_up {
            MadeUp::One => true,
            MadeUp::None => false,
            MadeUp::Unknown if tokens[0].logprob.is_some() && with.is_none() => return Ok(None),
            MadeUp::Unknown => {
                return Err(TextFault::Last {
                    tokens: tokens.len(),
                });
            }
        },
    };
    if has_one {
        tokens.pop();
    }
    Ok(if has_one { without } else { with })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rescore::http::options::PromptForm::{Echo, PromptLogprobs};

    fn read(asked: (PromptForm, &str, &str), choice: &str, usage: &str) -> Result<Own, String> {
        let (form, prefix, text) = asked;
        let answer = format!(r#"{{"choices": [{choice}], "usage": {usage}}}"#);
        let answer: Answer = serde_json::from_str(&answer).unwrap();
        let texts = [text.to_owned()];
        let asked = Asked {
            form,
            prefix,
            suffix: "",
            texts: &texts,
        };
        match answer.read(asked) {
            Ok(mut own) => Ok(own.remove(0)),
            Err(error) => Err(error.to_string()),
        }
    }

    #[track_caller]
    fn check(asked: (PromptForm, &str, &str), choice: &str, logprobs: &[f64], lacks_first: bool) {
        let expected = Own {
            logprobs: logprobs.to_vec(),
            lacks_first,
        };
        assert_eq!(read(asked, choice, "{}"), Ok(expected), "{choice}");
    }

    #[track_caller]
    fn refused(asked: (PromptForm, &str, &str), choice: &str, expected: &str) {
        let error = read(asked, choice, "{}").unwrap_err();
        assert!(error.contains(expected), "{choice}: {error}");
    }

    fn echo(tokens: &str, logprobs: &str) -> String {
        format!(
            r#"{{"finish_reason": "stop",
                "logprobs": {{"tokens": {tokens}, "token_logprobs": {logprobs}}}}}"#
        )
    }

    /// llama-cpp-python has no token behind the prompt where the model would end it, others do.
    #[test]
    fn the_last_token_of_a_prompt_is_found_by_its_text() {
        let text = (Echo, "", "meet me");
        let ends = echo(r#"["meet", " me"]"#, "[null, -1.5]");
        check(text, &ends, &[-1.5], true);
        let goes_on = echo(r#"["meet", " me", " at"]"#, "[null, -1.5, -9]");
        check(text, &goes_on, &[-1.5], true);
        let begins = echo(r#"["<s>", "meet", " me", "</s>"]"#, "[null, -2, -1.5, -9]");
        check(text, &begins, &[-2.0, -1.5], false);
        let hidden = echo(r#"["meet", " me", ""]"#, "[-2, -1.5, -9]");
        refused(text, &hidden, "last of 3 tokens");
        let told = read(text, &hidden, r#"{"completion_tokens": 1}"#).unwrap();
        assert_eq!(told.logprobs, [-2.0, -1.5]);
        let told = read(text, &hidden, r#"{"completion_tokens": 0}"#).unwrap();
        assert_eq!(told.logprobs, [-2.0, -1.5, -9.0]);
    }

    #[test]
    fn an_echo_without_token_texts_is_counted_by_what_was_made_up() {
        let text = (Echo, "", "meet me");
        let choice = |reason: &str| {
            format!(
                r#"{{"finish_reason": "{reason}",
                    "logprobs": {{"token_logprobs": [null, -8.5, -1.25, -0.1]}}}}"#
            )
        };
        check(text, &choice("length"), &[-8.5, -1.25], false);
        refused(text, &choice("stop"), "last of 4 tokens");
        let told = read(text, &choice("stop"), r#"{"completion_tokens": 0}"#).unwrap();
        assert_eq!(told.logprobs, [-8.5, -1.25, -0.1]);
        let prefixed = (Echo, "so ", "meet me");
        refused(
            prefixed,
            &choice("length"),
            "which tokens are of the prefix",
        );
    }

    #[test]
    fn an_answer_about_another_text_is_no_echo() {
        let text = (Echo, "", "meet me");
        refused(text, r#"{"logprobs": null, "text": "a"}"#, "does not echo");
        refused(text, &echo(r#"[" at"]"#, "[-0.1]"), "does not echo");
        refused(text, &echo("[]", "[]"), "does not echo");
        let other = (PromptLogprobs, "", "meet me");
        refused(other, r#"{"prompt_logprobs": null}"#, "--prompt-form echo");
        refused(other, &echo(r#"["meet"]"#, "[null]"), "--prompt-form echo");
    }

    #[test]
    fn a_token_that_the_prefix_shares_with_a_text_is_of_the_text() {
        let text = (Echo, "write the ", "meat");
        let tokens = echo(r#"["write", " the", " meat"]"#, "[null, -1, -2]");
        check(text, &tokens, &[-2.0], false);
        let apart = echo(r#"["write", " the", " ", "meat"]"#, "[null, -1, -3, -2]");
        check(text, &apart, &[-2.0], false);
        let merged = echo(r#"["<s>meat", " me"]"#, "[null, -2]");
        check((Echo, "<s>", "meat me"), &merged, &[-2.0], true);
        let alone = echo(r#"["<s>meat"]"#, "[null]");
        refused((Echo, "<s>", "meat"), &alone, "none of its tokens");

        let shown = |text: &str, logprob: f64| {
            format!(r#"{{"7": {{"logprob": {logprob}, "decoded_token": "{text}"}}}}"#)
        };
        let choice = format!(
            r#"{{"prompt_logprobs": [null, {}, {}]}}"#,
            shown(" the", -1.0),
            shown(" meat", -2.0)
        );
        check(
            (PromptLogprobs, "write the ", "meat"),
            &choice,
            &[-2.0],
            false,
        );
        let choice = format!(r#"{{"prompt_logprobs": [null, {}]}}"#, shown("meat", -2.0));
        check((PromptLogprobs, "", "meat"), &choice, &[-2.0], false);
    }

    #[test]
    fn prompt_logprobs_are_of_one_token_each() {
        let text = (PromptLogprobs, "", "meet me");
        check(
            text,
            r#"{"prompt_logprobs":
                [null, {"15": {"logprob": -8.5, "rank": 7}}, {"3": {"logprob": -1}}]}"#,
            &[-8.5, -1.0],
            false,
        );
        refused(
            text,
            r#"{"prompt_logprobs": [null, {"15": {"logprob": -8.5}, "3": {"logprob": -1}}]}"#,
            "2 candidates for token 2",
        );
    }

    #[test]
    fn parts_of_a_character_that_are_not_shown_are_of_the_text() {
        // As vLLM shows them: the last part alone, as the whole character.
        let parts = r#"["<s>", "", "\u00fc", "nder"]"#;
        let logprobs = "[null, -10, -5, -0.75]";
        check(
            (Echo, "", "\u{fc}nder"),
            &echo(parts, logprobs),
            &[-10.0, -5.0, -0.75],
            false,
        );
        check(
            (Echo, "<s>", "\u{fc}nder"),
            &echo(parts, logprobs),
            &[-10.0, -5.0, -0.75],
            false,
        );

        let unnamed = echo(r#"["", "", "\u00fc", "nder"]"#, logprobs);
        check(
            (Echo, "", "\u{fc}nder"),
            &unnamed,
            &[-10.0, -5.0, -0.75],
            false,
        );
        let said = r#"["say", ":", "", "\u00fc", " and"]"#;
        let said = echo(said, "[null, -1, -10, -5, -0.25]");
        check((Echo, "say:", "\u{fc}"), &said, &[-10.0, -5.0], false);
        let spaced = echo(r#"["say", "", " \u00fc"]"#, "[null, -10, -5]");
        check((Echo, "say ", "\u{fc}"), &spaced, &[-10.0, -5.0], false);
        let unclear = echo(r#"["say", " ", "", "x"]"#, "[null, -1, -10, -5]");
        refused(
            (Echo, "say ", "\u{fc}x"),
            &unclear,
            "which tokens are of the prefix",
        );
        let stand_ins = echo(r#"["<s>", "\ufffd", "\ufffd", "x"]"#, "[null, -10, -5, -1]");
        check(
            (Echo, "<s>", "\u{fc}x"),
            &stand_ins,
            &[-10.0, -5.0, -1.0],
            false,
        );
    }

    #[test]
    fn what_is_no_score_of_a_text_is_none() {
        let one = (Echo, "", "meat");
        refused(one, &echo(r#"["meat"]"#, "[null]"), "--prefix");
        refused(one, &echo(r#"["meat", " me"]"#, "[null, -1]"), "--prefix");
        check(one, &echo(r#"["meat"]"#, "[-3]"), &[-3.0], false);
        refused(one, &echo(r#"["meat"]"#, "[0.0]"), "--prefix");

        let two = (Echo, "", "meet me");
        let high = echo(r#"["meet", " me"]"#, "[null, 1.5]");
        refused(two, &high, "token 2 (\"me\") has the log-probability 1.5");
        let rounded = echo(r#"["meet", " me"]"#, "[null, 1e-7]");
        check(two, &rounded, &[1e-7], true);
        let lacks = echo(r#"["<s>", "meet", " me"]"#, "[null, null, -1]");
        refused(two, &lacks, "token 2 (\"meet\") has no log-probability");
        let few = echo(r#"["meet", " me"]"#, "[null]");
        refused(two, &few, "2 tokens and 1 log-probabilities");
    }
}
