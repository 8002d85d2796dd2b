//! Servers of the OpenAI-style completions interface: log-probabilities of a prompt.

use std::collections::BTreeMap;
use std::sync::Mutex;

use serde::{Deserialize, Serialize};

use crate::rescore::http::client::Client;
use crate::rescore::http::error::HttpErrorKind;
use crate::rescore::http::options::{CompletionsOptions, PromptForm};
use crate::rescore::http::served::Served;
use crate::rescore::json::Number;
use crate::rescore::locked::locked;

/// A server's model, and how it is asked.
pub(super) struct Completions {
    model: String,
    options: CompletionsOptions,
    /// Tokens of the prefix that stand in every prompt; asked for once.
    prefix_tokens: Mutex<Option<usize>>,
}

#[derive(Serialize)]
struct Request<'a> {
    model: &'a str,
    prompt: Vec<String>,
    max_tokens: u32,
    temperature: u32,
    #[serde(flatten)]
    form: FormFields,
}

#[derive(Serialize)]
#[serde(untagged)]
enum FormFields {
    Echo { logprobs: u32, echo: bool },
    PromptLogprobs { prompt_logprobs: u32 },
}

#[derive(Deserialize)]
struct Answer {
    choices: Vec<Choice>,
}

#[derive(Deserialize)]
struct Choice {
    #[serde(default)]
    index: Option<usize>,
    #[serde(default)]
    logprobs: Option<Logprobs>,
    #[serde(default)]
    prompt_logprobs: Option<Vec<Option<BTreeMap<String, TokenLogprob>>>>,
}

#[derive(Deserialize)]
struct Logprobs {
    #[serde(default)]
    token_logprobs: Vec<Option<Number>>,
}

#[derive(Deserialize)]
struct TokenLogprob {
    logprob: Option<Number>,
}

#[derive(Deserialize)]
struct Models {
    data: Vec<ServedModel>,
}

#[derive(Deserialize)]
struct ServedModel {
    id: String,
    #[serde(default)]
    root: Option<String>,
}

impl Choice {
    /// The log-probability of every token of the prompt but the first, which has none.
    fn prompt(self, form: PromptForm) -> Result<Vec<f64>, HttpErrorKind> {
        let missing = HttpErrorKind::NoPrompt {
            echo: form == PromptForm::Echo,
        };
        let tokens: Option<Vec<Option<Number>>> = match form {
            PromptForm::Echo => self.logprobs.map(|logprobs| {
                let mut tokens = logprobs.token_logprobs;
                // The last is of the token that the server made up.
                tokens.pop();
                tokens
            }),
            PromptForm::PromptLogprobs => self.prompt_logprobs.map(|tokens| {
                let only = |token: BTreeMap<String, TokenLogprob>| {
                    let mut token = token.into_values();
                    let one = token.next().and_then(|one| one.logprob);
                    one.filter(|_| token.next().is_none())
                };
                tokens
                    .into_iter()
                    .map(|token| token.and_then(only))
                    .collect()
            }),
        };

        // Only the first token of a prompt has no probability: without it these are other tokens.
        match tokens.as_deref() {
            Some([None, rest @ ..]) => {
                let number = |token: &Option<Number>| token.map_or(f64::NAN, |token| token.0);
                Ok(rest.iter().map(number).collect())
            }
            _ => Err(missing),
        }
    }
}

impl Completions {
    /// Finds out which model is served.
    pub(super) fn open(
        client: &Client,
        options: CompletionsOptions,
    ) -> Result<(Completions, Served), HttpErrorKind> {
        let served = match &options.model {
            Some(model) => Served {
                name: model.clone(),
                ..Served::default()
            },
            None => only_model(client)?,
        };

        let completions = Completions {
            model: served.name.clone(),
            options,
            prefix_tokens: Mutex::new(None),
        };
        Ok((completions, served))
    }

    /// The scores of `texts`. One without words has no tokens, whatever the server would say.
    pub(super) fn score(
        &self,
        client: &Client,
        texts: &[String],
    ) -> Result<Vec<f64>, HttpErrorKind> {
        let skipped = self.prefix_tokens(client)?;
        let prefix = &self.options.prefix;
        let asked: Vec<String> = texts
            .iter()
            .filter(|text| !text.is_empty())
            .map(|text| format!("{prefix}{text}"))
            .collect();
        let prompts = if asked.is_empty() {
            Vec::new()
        } else {
            self.prompts(client, asked)?
        };
        let mut prompts = prompts.into_iter();

        let score = |text: &String| {
            if text.is_empty() {
                return Ok(0.0);
            }
            let tokens = prompts.next().unwrap_or_default();
            let own = tokens.get(skipped..).ok_or(HttpErrorKind::Prefix {
                prefix: skipped + 1,
                text: tokens.len() + 1,
            })?;
            Ok(self.options.sum.of(own))
        };
        texts.iter().map(score).collect()
    }

    /// Tokens with a probability that are not of the text.
    fn prefix_tokens(&self, client: &Client) -> Result<usize, HttpErrorKind> {
        if self.options.prefix.is_empty() {
            return Ok(0);
        }

        let mut known = locked(&self.prefix_tokens);
        if let Some(tokens) = *known {
            return Ok(tokens);
        }

        let alone = self.prompts(client, vec![self.options.prefix.clone()])?;
        let tokens = alone.first().map_or(0, Vec::len);
        *known = Some(tokens);
        Ok(tokens)
    }

    /// The log-probabilities of each prompt's tokens but the first.
    fn prompts(
        &self,
        client: &Client,
        prompt: Vec<String>,
    ) -> Result<Vec<Vec<f64>>, HttpErrorKind> {
        let texts = prompt.len();
        let form = self.options.form;
        let request = Request {
            model: &self.model,
            prompt,
            max_tokens: 1,
            temperature: 0,
            form: match form {
                PromptForm::Echo => FormFields::Echo {
                    logprobs: 1,
                    echo: true,
                },
                PromptForm::PromptLogprobs => FormFields::PromptLogprobs { prompt_logprobs: 0 },
            },
        };

        let answer: Answer = client.post(
            "/completions",
            &request,
            "an object with choices, as /completions has it",
        )?;
        answer.prompts(texts, form)
    }
}

impl Answer {
    /// The log-probabilities of each of so many prompts.
    fn prompts(self, texts: usize, form: PromptForm) -> Result<Vec<Vec<f64>>, HttpErrorKind> {
        let mut choices = self.choices;
        if choices.len() != texts {
            return Err(HttpErrorKind::Count {
                texts,
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

        choices
            .into_iter()
            .map(|choice| choice.prompt(form))
            .collect()
    }
}

/// The one model of the server.
fn only_model(client: &Client) -> Result<Served, HttpErrorKind> {
    only(client.get("/models", "a list of models, as /models has it")?)
}

fn only(models: Models) -> Result<Served, HttpErrorKind> {
    let [model] = models.data.as_slice() else {
        let names = models.data.into_iter().map(|model| model.id);
        return Err(HttpErrorKind::Models(names.collect()));
    };

    Ok(Served {
        name: model.id.clone(),
        version: model.root.clone().unwrap_or_default(),
        batch_texts: None,
    })
}

/// What is wrong with an answer, taken for each of this interface.
#[cfg(any(test, fuzzing))]
pub(super) fn read_answers(answer: &[u8]) -> Vec<HttpErrorKind> {
    use crate::rescore::http::client::parsed;

    let prompts = |form| {
        let answer: Answer = parsed(answer, "an object")?;
        let prompts = answer.prompts(2, form)?;
        assert_eq!(prompts.len(), 2);
        Ok(())
    };
    let models = parsed(answer, "a list").and_then(only).map(drop);
    [
        models,
        prompts(PromptForm::Echo),
        prompts(PromptForm::PromptLogprobs),
    ]
    .into_iter()
    .filter_map(Result::err)
    .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rescore::http::options::TokenSum;

    #[track_caller]
    fn check(form: PromptForm, choice: &str, expected: Option<&[f64]>) {
        let choice: Choice = serde_json::from_str(choice).unwrap();
        let prompt = choice.prompt(form);
        match expected {
            Some(expected) => assert_eq!(prompt.unwrap(), expected),
            None => assert!(matches!(prompt, Err(HttpErrorKind::NoPrompt { .. }))),
        }
    }

    #[test]
    fn an_echo_has_a_null_first_and_a_made_up_token_last() {
        let check = |choice, expected| check(PromptForm::Echo, choice, expected);
        check(
            r#"{"index": 0, "logprobs": {"token_logprobs": [null, -8.5, -1.25, -0.1]}}"#,
            Some(&[-8.5, -1.25]),
        );
        check(
            r#"{"logprobs": {"token_logprobs": [null, -0.1]}}"#,
            Some(&[]),
        );
        check(r#"{"logprobs": {"token_logprobs": [-0.1]}}"#, None);
        check(r#"{"logprobs": null, "text": "a"}"#, None);
    }

    #[test]
    fn prompt_logprobs_are_of_one_token_each() {
        let check = |choice, expected| check(PromptForm::PromptLogprobs, choice, expected);
        check(
            r#"{"prompt_logprobs": [null, {"15": {"logprob": -8.5, "rank": 7}}, {"3": {"logprob": -1}}]}"#,
            Some(&[-8.5, -1.0]),
        );
        check(r#"{"prompt_logprobs": null}"#, None);
        check(r#"{"logprobs": {"token_logprobs": [null, -1]}}"#, None);
    }

    #[test]
    fn a_score_is_the_sum_or_the_mean_of_tokens() {
        assert_eq!(
            TokenSum::Sum.of(&[-1.0, -2.0]).to_bits(),
            (-3.0_f64).to_bits()
        );
        assert_eq!(
            TokenSum::Mean.of(&[-1.0, -2.0]).to_bits(),
            (-1.5_f64).to_bits()
        );
        assert_eq!(TokenSum::Mean.of(&[]).to_bits(), 0.0_f64.to_bits());
    }
}
