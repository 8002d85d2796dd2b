//! Servers of the OpenAI-style completions interface: log-probabilities of a prompt.

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::rescore::http::answer::{Answer, Asked};
use crate::rescore::http::client::Client;
use crate::rescore::http::error::{HttpErrorKind, TextFault};
use crate::rescore::http::options::{CompletionsOptions, PromptForm};
use crate::rescore::http::own_tokens::Own;
use crate::rescore::http::served::Served;

/// What a server is tried with before any text of the user's: words that any language model knows.
const TRIED: &str = "hello there";

/// A server's model, and how it is asked.
pub(super) struct Completions {
    model: String,
    options: CompletionsOptions,
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
struct Models {
    data: Vec<ServedModel>,
}

#[derive(Deserialize)]
struct ServedModel {
    id: String,
    #[serde(default)]
    root: Value,
    #[serde(default)]
    parent: Value,
}

impl ServedModel {
    /// The model, of which what `created` says is another in every answer of some servers.
    fn served(&self) -> Served {
        let known = [&self.root, &self.parent].into_iter();
        let known: Vec<&str> = known.filter_map(Value::as_str).collect();
        Served {
            name: self.id.clone(),
            version: known.join(" of "),
            ..Served::default()
        }
    }
}

impl Completions {
    /// Finds out which model is served, and tries it.
    pub(super) fn open(
        client: &Client,
        options: CompletionsOptions,
    ) -> Result<(Completions, Served), HttpErrorKind> {
        let listed = client.get("/models", "a list of models, as /models has it");
        let mut served = match (listed, &options.model) {
            (Ok(models), named) => one_of(models, named.as_deref())?,
            (Err(error), Some(named)) if says_nothing(&error) => Served {
                name: named.clone(),
                is_unlisted: true,
                ..Served::default()
            },
            (Err(error), _) => return Err(error),
        };

        let completions = Completions {
            model: served.name.clone(),
            options,
        };
        completions.try_out(client, &mut served)?;
        Ok((completions, served))
    }

    /// Notes what an answer tells of all others. What is wrong with the text alone is told of texts
    /// of the user's.
    fn try_out(&self, client: &Client, served: &mut Served) -> Result<(), HttpErrorKind> {
        let texts = [TRIED.to_owned()];
        let answer = self.ask(client, &texts)?;
        served.answers_as = other_name(&answer.model, served);
        served.lacks_first = match answer.read(self.asked(&texts)) {
            Ok(own) => own.iter().any(|own| own.lacks_first),
            Err(HttpErrorKind::Text { fault, .. }) => {
                matches!(fault, TextFault::Unscored { .. })
            }
            Err(error) => return Err(error),
        };
        Ok(())
    }

    /// The scores of `texts`.
    pub(super) fn score(
        &self,
        client: &Client,
        texts: &[String],
    ) -> Result<Vec<f64>, HttpErrorKind> {
        if self.options.suffix.is_empty() && texts.iter().any(String::is_empty) {
            return Err(HttpErrorKind::Text {
                text: String::new(),
                fault: TextFault::Empty,
            });
        }

        let answer = self.ask(client, texts)?;
        let score = |own: &Own| self.options.sum.of(&own.logprobs);
        Ok(answer.read(self.asked(texts))?.iter().map(score).collect())
    }

    fn asked<'a>(&'a self, texts: &'a [String]) -> Asked<'a> {
        Asked {
            form: self.options.form,
            prefix: &self.options.prefix,
            suffix: &self.options.suffix,
            texts,
        }
    }

    fn ask(&self, client: &Client, texts: &[String]) -> Result<Answer, HttpErrorKind> {
        let CompletionsOptions { prefix, suffix, .. } = &self.options;
        let prompts = texts.iter().map(|text| format!("{prefix}{text}{suffix}"));
        let request = Request {
            model: &self.model,
            prompt: prompts.collect(),
            max_tokens: 1,
            temperature: 0,
            form: match self.options.form {
                PromptForm::Echo => FormFields::Echo {
                    logprobs: 1,
                    echo: true,
                },
                PromptForm::PromptLogprobs => FormFields::PromptLogprobs { prompt_logprobs: 0 },
            },
        };

        let expected = "an object with choices, as /completions has it";
        let answer = client.post("/completions", &request, expected);
        answer.map_err(|kind| kind.of_batch(texts.len()))
    }
}

/// Whether a server that fails to list its models may well score texts: it has no such list, or
/// shows it to others.
fn says_nothing(error: &HttpErrorKind) -> bool {
    matches!(
        error,
        HttpErrorKind::Status {
            status: 401 | 403 | 404 | 405 | 501,
            ..
        } | HttpErrorKind::Answer { .. }
    )
}

/// The model of the server that is `named`; its only one where none is.
fn one_of(models: Models, named: Option<&str>) -> Result<Served, HttpErrorKind> {
    let models = models.data;
    let found = match named {
        Some(named) => models.iter().find(|model| model.id == named),
        None if models.len() == 1 => models.first(),
        None => None,
    };
    if let Some(model) = found {
        return Ok(model.served());
    }

    let found = models.into_iter().map(|model| model.id).collect();
    Err(match named {
        None => HttpErrorKind::Models(found),
        Some(named) => HttpErrorKind::OtherModels {
            named: named.to_owned(),
            found,
        },
    })
}

/// What an answer calls its model, unless that is the name or the root of what is `served`, or a
/// dated version of it.
fn other_name(model: &Value, served: &Served) -> Option<String> {
    let model = model.as_str().filter(|model| !model.is_empty())?;
    let is_known =
        model.starts_with(&served.name) || served.version.split(" of ").any(|known| known == model);
    (!is_known).then(|| model.to_owned())
}

/// What is wrong with an answer, taken for each of this interface.
#[cfg(any(test, fuzzing))]
pub(super) fn read_answers(answer: &[u8]) -> Vec<HttpErrorKind> {
    use crate::rescore::http::client::parsed;

    let texts = ["two cups", "naïve 日本"].map(str::to_owned);
    let read = |form, prefix| {
        let parsed: Answer = parsed(answer, "an object")?;
        let asked = Asked {
            form,
            prefix,
            suffix: "",
            texts: &texts,
        };
        let all = parsed.read(asked)?;
        assert!(all.len() == 2 && all.iter().all(|own| !own.logprobs.is_empty()));
        Ok(())
    };
    let models = |named| {
        let models = parsed(answer, "a list")?;
        one_of(models, named).map(drop)
    };
    [
        models(None),
        models(Some("lm")),
        read(PromptForm::Echo, ""),
        read(PromptForm::Echo, "say: "),
        read(PromptForm::PromptLogprobs, "say: "),
    ]
    .into_iter()
    .filter_map(Result::err)
    .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rescore::http::options::TokenSum;

    fn models(text: &str) -> Models {
        serde_json::from_str(text).unwrap()
    }

    #[test]
    fn a_model_is_looked_up_among_those_that_are_served() {
        let two =
            r#"{"data": [{"id": "a", "root": "r"}, {"id": "b", "root": "l", "parent": "a"}]}"#;
        let served = one_of(models(two), Some("b")).unwrap();
        assert_eq!((&*served.name, &*served.version), ("b", "l of a"));
        assert_eq!(served.to_string(), "the server says it serves b l of a");
        let other = one_of(models(two), Some("c")).unwrap_err();
        assert_eq!(other.to_string(), "it does not serve c: it serves a, b");
        assert!(matches!(
            one_of(models(two), None),
            Err(HttpErrorKind::Models(_))
        ));
        let only = one_of(models(r#"{"data": [{"id": "a", "root": null}]}"#), None);
        assert_eq!(only.unwrap().version, "");
    }

    #[test]
    fn an_answer_of_another_model_is_told_from_one_of_this() {
        let served = Served {
            name: "lm".to_owned(),
            version: "org/lm of base".to_owned(),
            ..Served::default()
        };
        let other = |model: &str| other_name(&model.into(), &served);
        for known in ["lm", "lm:2023-08-24", "org/lm", ""] {
            assert_eq!(other(known), None, "{known}");
        }
        assert_eq!(other("gpt-q"), Some("gpt-q".to_owned()));
        assert_eq!(other_name(&Value::Null, &served), None);
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
    }
}
