//! A small HTTP server on this machine: it answers in the documented shapes, or misbehaves, and
//! counts.

use std::io::{BufRead, BufReader, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::Duration;

use serde_json::{Value, json};

/// What a client asked.
#[derive(Debug, Clone)]
pub(crate) struct Asked {
    pub(crate) method: String,
    pub(crate) path: String,
    pub(crate) authorization: Option<String>,
    pub(crate) body: Value,
}

/// What it gets.
pub(crate) enum Reply {
    Json(Value),
    /// A status with a body, after some lines of headers.
    Status(u16, &'static str, &'static str),
    /// Nothing: the connection is closed.
    Close,
}

impl Reply {
    /// The reply, a while later.
    pub(crate) fn after(self, seconds: f64) -> Reply {
        thread::sleep(Duration::from_secs_f64(seconds));
        self
    }
}

/// Answers a request; the number counts those for scores before it.
type Answer = dyn Fn(&Asked, usize) -> Reply + Send + Sync;

/// The server, which ends with the test.
pub(crate) struct Server {
    address: SocketAddr,
    shared: Arc<Shared>,
}

struct Shared {
    answer: Box<Answer>,
    asked: Mutex<Vec<Asked>>,
    over: AtomicBool,
}

impl Drop for Server {
    fn drop(&mut self) {
        self.shared.over.store(true, Ordering::SeqCst);
        // Whoever waits for a connection looks up.
        let _ = TcpStream::connect(self.address);
    }
}

impl Server {
    /// Starts a server that answers with `answer`.
    pub(crate) fn start(answer: impl Fn(&Asked, usize) -> Reply + Send + Sync + 'static) -> Server {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        let shared = Arc::new(Shared {
            answer: Box::new(answer),
            asked: Mutex::new(Vec::new()),
            over: AtomicBool::new(false),
        });

        let serving = Arc::clone(&shared);
        thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                if serving.over.load(Ordering::SeqCst) {
                    return;
                }
                let serving = Arc::clone(&serving);
                thread::spawn(move || serve(stream, &serving));
            }
        });

        Server { address, shared }
    }

    /// Its address as a URL.
    pub(crate) fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// The requests for scores so far.
    pub(crate) fn asked(&self) -> Vec<Asked> {
        let asked = self.shared.asked.lock().unwrap();
        let scores = asked.iter().filter(|asked| asked.method == "POST");
        scores.cloned().collect()
    }

    /// All requests so far.
    pub(crate) fn all_asked(&self) -> Vec<Asked> {
        self.shared.asked.lock().unwrap().clone()
    }
}

fn serve(stream: TcpStream, shared: &Shared) {
    let mut writer = stream.try_clone().unwrap();
    let mut reader = BufReader::new(stream);
    while let Some(asked) = read(&mut reader) {
        // As a proxy: the tunnel leads back here.
        if asked.method == "CONNECT" {
            shared.asked.lock().unwrap().push(asked);
            writer.write_all(b"HTTP/1.1 200 OK\r\n\r\n").unwrap();
            continue;
        }

        let number = {
            let mut all = shared.asked.lock().unwrap();
            all.push(asked.clone());
            let scores = all.iter().filter(|asked| asked.method == "POST");
            scores.count().saturating_sub(1)
        };
        let text = match (shared.answer)(&asked, number) {
            Reply::Close => return,
            Reply::Json(value) => response(200, "", &value.to_string()),
            Reply::Status(status, headers, body) => response(status, headers, body),
        };
        // A client that waits no longer is gone.
        if writer.write_all(text.as_bytes()).is_err() {
            return;
        }
    }
}

fn response(status: u16, headers: &str, body: &str) -> String {
    format!(
        "HTTP/1.1 {status} Status\r\nContent-Length: {}\r\n{headers}\r\n{body}",
        body.len()
    )
}

/// The next request; `None` at the end of the connection.
fn read(reader: &mut impl BufRead) -> Option<Asked> {
    let mut line = String::new();
    if reader.read_line(&mut line).ok()? == 0 {
        return None;
    }
    let mut words = line.split(' ').map(str::to_owned);
    let (method, path) = (words.next()?, words.next()?);

    let (mut length, mut authorization) = (0, None);
    loop {
        let mut line = String::new();
        reader.read_line(&mut line).ok()?;
        let Some((name, value)) = line.trim_end().split_once(": ") else {
            break;
        };
        match name.to_ascii_lowercase().as_str() {
            "content-length" => length = value.parse().ok()?,
            "authorization" => authorization = Some(value.to_owned()),
            _ => {}
        }
    }

    let mut body = vec![0; length];
    reader.read_exact(&mut body).ok()?;
    Some(Asked {
        method,
        path,
        authorization,
        body: serde_json::from_slice(&body).unwrap_or_default(),
    })
}

/// The texts of a request for scores.
pub(crate) fn texts(asked: &Asked) -> Vec<String> {
    let list = |key: &str| asked.body[key].as_array().cloned().unwrap_or_default();
    let inputs = list("inputs").into_iter().map(|input| {
        let input = input.as_array().unwrap().clone();
        assert_eq!(input.len(), 1, "two texts in a list are a pair");
        input[0].clone()
    });
    let texts = inputs.chain(list("prompt"));
    texts
        .map(|text| text.as_str().unwrap().to_owned())
        .collect()
}

/// The reply of Text Embeddings Inference to `asked`, for a model with these scores.
pub(crate) fn tei(asked: &Asked, score: &dyn Fn(&str) -> f64) -> Reply {
    if asked.path == "/info" {
        return Reply::Json(json!({
            "model_id": "demo/model",
            "model_sha": "abc123",
            "model_dtype": "float32",
            "model_type": {"classifier": {"id2label": {"0": "LABEL_0"}, "label2id": {"LABEL_0": 0}}},
            "max_client_batch_size": 5,
            "version": "1.8.0"
        }));
    }

    assert_eq!(asked.path, "/predict");
    assert_eq!(asked.body["raw_scores"], true);
    assert_eq!(asked.body["truncate"], false);
    let texts = texts(asked);
    let scores = texts
        .iter()
        .map(|text| json!([{"score": score(text.trim()), "label": "LABEL_0"}]));
    Reply::Json(scores.collect())
}

/// The reply of a completions server in both forms: words are tokens, the first of a text has all
/// of its score, and a token that begins texts comes before it.
pub(crate) fn completions(asked: &Asked, score: &dyn Fn(&str) -> f64) -> Reply {
    if asked.path == "/v1/models" {
        return Reply::Json(json!({"data": [{"id": "lm", "root": "demo/lm", "created": 1}]}));
    }

    assert_eq!(asked.path, "/v1/completions");
    assert_eq!(asked.body["model"], "lm");
    assert_eq!(
        (&asked.body["max_tokens"], &asked.body["temperature"]),
        (&json!(1), &json!(0))
    );
    let choices = texts(asked).into_iter().enumerate().map(|(index, text)| {
        let mut tokens = vec![json!("<s>")];
        let mut logprobs = vec![Value::Null];
        for (number, word) in text.split_whitespace().enumerate() {
            let (space, logprob) = match number {
                0 => ("", score(&text)),
                _ => (" ", 0.0),
            };
            tokens.push(json!(format!("{space}{word}")));
            logprobs.push(json!(logprob));
        }

        if asked.body["echo"] == true {
            assert_eq!(asked.body["logprobs"], 1);
            tokens.push(json!(" and"));
            logprobs.push(json!(-0.25));
            let told = json!({"tokens": tokens, "token_logprobs": logprobs});
            return json!({"index": index, "text": text, "logprobs": told});
        }
        assert_eq!(asked.body["prompt_logprobs"], 0);
        let told = tokens.into_iter().zip(logprobs).map(|(token, logprob)| {
            if logprob.is_null() {
                return Value::Null;
            }
            json!({"17": {"logprob": logprob, "rank": 3, "decoded_token": token}})
        });
        json!({"index": index, "prompt_logprobs": told.collect::<Vec<Value>>()})
    });
    // Served in any order.
    let mut choices: Vec<Value> = choices.collect();
    choices.reverse();

    Reply::Json(json!({"object": "text_completion", "model": "lm", "choices": choices}))
}
