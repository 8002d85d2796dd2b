//! Text Embeddings Inference: `POST /predict`.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::rescore::http::client::Client;
use crate::rescore::http::error::HttpErrorKind;
use crate::rescore::http::served::Served;
use crate::rescore::json::Number;

/// The texts of a request where the server does not say how many it takes.
const USUAL_BATCH: usize = 32;

/// What the server says of itself.
#[derive(Debug, Deserialize)]
struct Info {
    #[serde(default)]
    model_id: String,
    #[serde(default)]
    model_sha: Option<String>,
    #[serde(default)]
    model_dtype: Option<String>,
    #[serde(default)]
    model_type: Option<Value>,
    #[serde(default)]
    max_client_batch_size: Option<usize>,
}

/// Every text stands in a list of its own: two in one would be a pair.
#[derive(Serialize)]
struct Request<'a> {
    inputs: Vec<[&'a str; 1]>,
    raw_scores: bool,
    truncate: bool,
}

/// What one text gets: a score for each label.
#[derive(Debug, Deserialize)]
struct Prediction {
    score: Option<Number>,
    #[serde(default)]
    label: String,
}

/// What the server says of itself; nothing where it is silent about that.
pub(super) fn served(client: &Client) -> Result<Served, HttpErrorKind> {
    let asked = client.get("/info", "an object about the model, as /info has it");
    let info: Info = match asked {
        Ok(info) => info,
        Err(HttpErrorKind::Status {
            status: 404 | 405, ..
        }) => {
            return Ok(Served {
                batch_texts: Some(USUAL_BATCH),
                ..Served::default()
            });
        }
        Err(error) => return Err(error),
    };

    described(info)
}

fn described(info: Info) -> Result<Served, HttpErrorKind> {
    let kind = info.model_type.as_ref().and_then(Value::as_object);
    if kind.is_some_and(|kind: &Map<String, Value>| kind.contains_key("embedding")) {
        return Err(HttpErrorKind::Embeds);
    }

    let version = [info.model_sha, info.model_dtype];
    Ok(Served {
        name: info.model_id,
        version: version.into_iter().flatten().collect::<Vec<_>>().join(" "),
        batch_texts: Some(info.max_client_batch_size.unwrap_or(USUAL_BATCH).max(1)),
        ..Served::default()
    })
}

/// The scores of `texts`, as they are.
pub(super) fn score(client: &Client, texts: &[String]) -> Result<Vec<f64>, HttpErrorKind> {
    let inputs = texts.iter().map(|text| {
        // An empty text is refused, and a blank one has as many words.
        let text = if text.is_empty() { " " } else { text };
        [text]
    });
    let request = Request {
        inputs: inputs.collect(),
        raw_scores: true,
        truncate: false,
    };

    let expected = "a list of predictions for each text, as /predict has it";
    let answer: Vec<Vec<Prediction>> = client
        .post("/predict", &request, expected)
        .map_err(|kind| kind.of_batch(texts.len()))?;
    scores(answer, texts.len())
}

/// The scores of an answer to so many texts.
fn scores(answer: Vec<Vec<Prediction>>, texts: usize) -> Result<Vec<f64>, HttpErrorKind> {
    if answer.len() != texts {
        return Err(HttpErrorKind::Count {
            texts,
            scores: answer.len(),
        });
    }

    answer
        .into_iter()
        .map(|predictions| match predictions.as_slice() {
            [only] => Ok(only.score.map_or(f64::NAN, |score| score.0)),
            several => Err(HttpErrorKind::Labels {
                labels: several.iter().map(|one| one.label.clone()).collect(),
            }),
        })
        .collect()
}

/// What is wrong with an answer, taken for each of this interface.
#[cfg(any(test, fuzzing))]
pub(super) fn read_answers(answer: &[u8]) -> Vec<HttpErrorKind> {
    use crate::rescore::http::client::parsed;

    let served = parsed(answer, "an object").and_then(described).map(drop);
    let scored = parsed(answer, "a list").and_then(|answer| scores(answer, 2));
    [served, scored.map(drop)]
        .into_iter()
        .filter_map(Result::err)
        .collect()
}
