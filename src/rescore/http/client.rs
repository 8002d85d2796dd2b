//! Requests that are given a second chance.

use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::Duration;

use serde::Serialize;
use serde::de::DeserializeOwned;
use ureq::http::header::RETRY_AFTER;
use ureq::http::{HeaderMap, HeaderValue, Uri};
use ureq::tls::{Certificate, PemItem, RootCerts, TlsConfig, parse_pem};
use ureq::{Agent, Body, Proxy, http};

use crate::rescore::http::error::HttpErrorKind;
use crate::rescore::http::options::{HttpOptions, Interface};
use crate::rescore::json::from_lenient_json;

/// The largest answer that is read, in bytes: a server that never ends must not fill the memory.
const LARGEST_ANSWER: u64 = 64 << 20;

/// The wait before the first repetition; it doubles with each.
const FIRST_WAIT: Duration = Duration::from_millis(250);

/// The longest wait that nobody asked for.
const LONGEST_WAIT: Duration = Duration::from_secs(30);

/// How often an interruption is looked for while nothing is done.
const GLANCE: Duration = Duration::from_millis(50);

/// The first part of an answer that is no scores; an error shows its first line.
const SHOWN: usize = 4096;

/// What stands in the place of a key.
const MASK: &str = "[key]";

/// One server, and how it is asked.
pub(super) struct Client {
    agent: Agent,
    base: String,
    authorization: Option<HeaderValue>,
    /// The key as it is and as JSON has it, longest first: no server may make us print it.
    secrets: Vec<String>,
    timeout: Duration,
    retries: u32,
    /// Set when nobody waits for answers any more.
    cancel: Arc<AtomicBool>,
}

/// What came of one attempt that did not succeed.
struct Failed {
    kind: HttpErrorKind,
    again: Again,
}

/// Whether another attempt may succeed.
enum Again {
    No,
    /// After a wait that grows with every attempt.
    Later,
    /// After the wait that the server asks for.
    After(Duration),
}

impl Client {
    /// A client of the server that `options` name; connects to nothing yet.
    pub(super) fn new(options: &HttpOptions) -> Result<Client, HttpErrorKind> {
        check_address(&options.url)?;
        let base = base(&options.url, &options.interface);
        let proxy = options.proxy.as_deref().map(Proxy::new).transpose();
        let proxy = proxy.map_err(|_| HttpErrorKind::Proxy)?;
        let roots = match &options.roots {
            Some(pem) => roots(pem)?,
            None => RootCerts::WebPki,
        };

        let agent = Agent::config_builder()
            .http_status_as_error(false)
            .timeout_global(Some(options.timeout))
            .proxy(proxy)
            .tls_config(TlsConfig::builder().root_certs(roots).build())
            .user_agent(concat!("robustness-check/", env!("CARGO_PKG_VERSION")))
            .max_idle_connections_per_host(options.connections.max(1))
            .build()
            .new_agent();

        let authorization = options.key.as_ref().map(|key| {
            let mut value = HeaderValue::from_str(&format!("Bearer {}", key.0))?;
            value.set_sensitive(true);
            Ok(value)
        });
        let authorization = authorization
            .transpose()
            .map_err(|_: http::header::InvalidHeaderValue| HttpErrorKind::Key)?;

        Ok(Client {
            agent,
            base,
            authorization,
            secrets: options
                .key
                .as_ref()
                .map_or_else(Vec::new, |key| secrets(&key.0)),
            timeout: options.timeout,
            retries: options.retries,
            cancel: Arc::clone(&options.cancel),
        })
    }

    /// The answer at `path`, which should be `expected`.
    pub(super) fn get<T: DeserializeOwned>(
        &self,
        path: &str,
        expected: &'static str,
    ) -> Result<T, HttpErrorKind> {
        parsed(&self.ask(path, None)?, expected)
    }

    /// The answer to `body` at `path`, which should be `expected`.
    pub(super) fn post<T: DeserializeOwned>(
        &self,
        path: &str,
        body: &impl Serialize,
        expected: &'static str,
    ) -> Result<T, HttpErrorKind> {
        let body = serde_json::to_vec(body).expect("texts and numbers are JSON");
        parsed(&self.ask(path, Some(&body))?, expected)
    }

    /// Asks until there is an answer, or no hope of one.
    fn ask(&self, path: &str, body: Option<&[u8]>) -> Result<Vec<u8>, HttpErrorKind> {
        let url = format!("{}{path}", self.base);
        let mut tries = 0;
        loop {
            let failed = match self.attempt(&url, body, tries + 1) {
                Ok(answer) => return Ok(answer),
                Err(failed) => failed,
            };
            if tries == self.retries {
                return Err(failed.kind);
            }

            let wait = match failed.again {
                Again::No => return Err(failed.kind),
                Again::Later => LONGEST_WAIT.min(FIRST_WAIT * (1 << tries.min(16))),
                Again::After(wait) if wait <= self.timeout => wait,
                Again::After(wait) => return Err(HttpErrorKind::Busy { wait }),
            };
            self.sleep(wait)?;
            tries += 1;
        }
    }

    fn attempt(&self, url: &str, body: Option<&[u8]>, tries: u32) -> Result<Vec<u8>, Failed> {
        let exchanged = self.exchange(url, body);
        let (status, headers, answer) = exchanged.map_err(|error| self.unanswered(error, tries))?;
        if status.is_success() {
            return Ok(answer);
        }

        let shown = String::from_utf8_lossy(&answer[..answer.len().min(SHOWN)]);
        let line = shown.lines().find(|line| !line.trim().is_empty());
        let may_pass = status.is_server_error() || status == http::StatusCode::TOO_MANY_REQUESTS;
        Err(Failed {
            kind: HttpErrorKind::Status {
                status: status.as_u16(),
                tries,
                line: line.unwrap_or_default().to_owned(),
            },
            again: match wait_of(&headers) {
                _ if !may_pass => Again::No,
                Some(wait) => Again::After(wait),
                None => Again::Later,
            },
        })
    }

    fn exchange(
        &self,
        url: &str,
        body: Option<&[u8]>,
    ) -> Result<(http::StatusCode, HeaderMap, Vec<u8>), ureq::Error> {
        let response = match body {
            None => {
                let mut request = self.agent.get(url);
                if let Some(value) = &self.authorization {
                    request = request.header(http::header::AUTHORIZATION, value);
                }
                request.call()?
            }
            Some(body) => {
                let mut request = self.agent.post(url).content_type("application/json");
                if let Some(value) = &self.authorization {
                    request = request.header(http::header::AUTHORIZATION, value);
                }
                request.send(body)?
            }
        };

        let (head, body): (_, Body) = response.into_parts();
        let answer = body
            .into_with_config()
            .limit(LARGEST_ANSWER)
            .read_to_vec()?;
        Ok((head.status, head.headers, self.without_secrets(answer)))
    }

    /// An answer in which the key is not.
    fn without_secrets(&self, answer: Vec<u8>) -> Vec<u8> {
        let holds = |secret: &&String| {
            let secret = secret.as_bytes();
            answer.windows(secret.len()).any(|part| part == secret)
        };
        if !self.secrets.iter().any(|secret| holds(&secret)) {
            return answer;
        }

        let mut text = String::from_utf8_lossy(&answer).into_owned();
        for secret in &self.secrets {
            text = text.replace(secret, MASK);
        }
        text.into_bytes()
    }

    fn unanswered(&self, error: ureq::Error, tries: u32) -> Failed {
        if matches!(error, ureq::Error::Timeout(_)) {
            return Failed {
                kind: HttpErrorKind::Silent(self.timeout),
                again: Again::No,
            };
        }

        if matches!(error, ureq::Error::BodyExceedsLimit(_)) {
            return Failed {
                kind: HttpErrorKind::Endless {
                    limit: LARGEST_ANSWER >> 20,
                },
                again: Again::No,
            };
        }

        // A certificate that is not trusted, or a name that nobody knows, is the same a moment
        // later.
        let may_pass = match &error {
            ureq::Error::Io(error) => error.kind() != io::ErrorKind::InvalidData,
            ureq::Error::ConnectionFailed | ureq::Error::Protocol(_) => true,
            _ => false,
        };
        let source = Box::new(error);
        Failed {
            kind: HttpErrorKind::Connection { tries, source },
            again: if may_pass { Again::Later } else { Again::No },
        }
    }

    fn sleep(&self, wait: Duration) -> Result<(), HttpErrorKind> {
        let mut left = wait;
        loop {
            if self.cancel.load(Ordering::SeqCst) {
                return Err(HttpErrorKind::Interrupted);
            }
            if left.is_zero() {
                return Ok(());
            }

            let step = left.min(GLANCE);
            thread::sleep(step);
            left -= step;
        }
    }
}

/// The forms of a key in which a server may send it back.
fn secrets(key: &str) -> Vec<String> {
    let json = serde_json::Value::from(key).to_string();
    let json = json[1..json.len() - 1].to_owned();
    let mut secrets = vec![json, key.to_owned()];
    secrets.dedup();
    secrets.retain(|secret| !secret.is_empty());
    secrets
}

/// Refuses an address that cannot be asked, or that holds what no report may show.
fn check_address(url: &str) -> Result<(), HttpErrorKind> {
    let refuse = |why| Err(HttpErrorKind::Address(why));
    let uri: Uri = match url.parse() {
        Ok(uri) => uri,
        Err(_) => return refuse("its address is no URL; one begins with http:// or https://"),
    };

    if !matches!(uri.scheme_str(), Some("http" | "https")) || uri.host().is_none() {
        return refuse("its address is no URL; one begins with http:// or https://");
    }
    if url.contains(['?', '#', '@']) {
        return refuse(
            "its address must have no user name and nothing after ? or #: a key is read from the \
             variable that --api-key-env names",
        );
    }

    Ok(())
}

/// What stands before the paths of `interface`: users name a server with or without them.
fn base(url: &str, interface: &Interface) -> String {
    let url = url.trim_end_matches('/');
    let (path, usual) = match interface {
        Interface::TextEmbeddingsInference => ("/predict", ""),
        Interface::Completions(_) => ("/completions", "/v1"),
    };
    if let Some(base) = url.strip_suffix(path) {
        return base.to_owned();
    }

    let after_scheme = url.split_once("://").map_or(url, |(_, rest)| rest);
    if after_scheme.contains('/') {
        url.to_owned()
    } else {
        format!("{url}{usual}")
    }
}

/// The certificates of PEM text.
fn roots(pem: &[u8]) -> Result<RootCerts, HttpErrorKind> {
    let mut certificates: Vec<Certificate<'static>> = Vec::new();
    for item in parse_pem(pem) {
        if let PemItem::Certificate(certificate) = item.map_err(|_| HttpErrorKind::Certificates)? {
            certificates.push(certificate);
        }
    }
    if certificates.is_empty() {
        return Err(HttpErrorKind::Certificates);
    }

    Ok(RootCerts::from(certificates))
}

/// How long the server asks to wait: seconds, or until a time, which its own clock is held against.
fn wait_of(headers: &HeaderMap) -> Option<Duration> {
    let asked = headers.get(RETRY_AFTER)?.to_str().ok()?.trim();
    if let Ok(seconds) = asked.parse() {
        return Some(Duration::from_secs(seconds));
    }

    let time = |text: &str| httpdate::parse_http_date(text).ok();
    let now = time(headers.get(http::header::DATE)?.to_str().ok()?)?;
    Some(time(asked)?.duration_since(now).unwrap_or_default())
}

/// The value that the text `answer` holds, which should be `expected`.
pub(super) fn parsed<T: DeserializeOwned>(
    answer: &[u8],
    expected: &'static str,
) -> Result<T, HttpErrorKind> {
    let answer = String::from_utf8_lossy(answer);
    from_lenient_json(&answer).map_err(|source| HttpErrorKind::Answer {
        expected,
        found: answer.lines().next().unwrap_or_default().to_owned(),
        source,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rescore::http::options::{CompletionsOptions, PromptForm, TokenSum};

    #[test]
    fn a_key_is_known_in_every_form_that_comes_back() {
        assert_eq!(secrets("abc"), ["abc"]);
        assert_eq!(secrets("a\"b"), ["a\\\"b", "a\"b"]);
        assert!(secrets("").is_empty());
    }

    #[test]
    fn a_wait_is_seconds_or_a_time_on_the_servers_clock() {
        let wait = |after: &'static str, date: &'static str| {
            let mut headers = HeaderMap::new();
            headers.insert(RETRY_AFTER, HeaderValue::from_static(after));
            headers.insert(http::header::DATE, HeaderValue::from_static(date));
            wait_of(&headers)
        };
        let now = "Wed, 21 Oct 2015 07:28:00 GMT";
        assert_eq!(wait("7", now), Some(Duration::from_secs(7)));
        let later = "Wed, 21 Oct 2015 07:29:05 GMT";
        assert_eq!(wait(later, now), Some(Duration::from_secs(65)));
        assert_eq!(wait(now, later), Some(Duration::ZERO));
        assert_eq!(wait("soon", now), None);
        assert_eq!(wait_of(&HeaderMap::new()), None);
    }

    #[test]
    fn a_server_is_named_with_or_without_the_paths_of_its_interface() {
        let tei = |url| base(url, &Interface::TextEmbeddingsInference);
        assert_eq!(tei("http://a:1/"), "http://a:1");
        assert_eq!(tei("http://a:1/b/predict"), "http://a:1/b");

        let options = CompletionsOptions {
            model: None,
            form: PromptForm::Echo,
            sum: TokenSum::Sum,
            prefix: String::new(),
        };
        let completions = |url| base(url, &Interface::Completions(options.clone()));
        assert_eq!(completions("http://a:1"), "http://a:1/v1");
        assert_eq!(completions("http://a:1/v1/"), "http://a:1/v1");
        assert_eq!(completions("http://a/b/v1/completions"), "http://a/b/v1");
    }

    #[test]
    fn an_address_is_a_plain_one() {
        let refused = |url: &str| check_address(url).is_err();
        assert!(!refused("http://localhost:8080") && !refused("https://example.org/a/b/"));
        assert!(refused("localhost:8080") && refused("ftp://example.org") && refused("http://"));
        assert!(
            refused("https://example.org/?key=secret") && refused("https://me:secret@example.org")
        );
    }
}
