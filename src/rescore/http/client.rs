//! Requests that are given a second chance.

use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::Duration;

use serde::Serialize;
use serde::de::DeserializeOwned;
use ureq::http::header::{CONTENT_ENCODING, LOCATION, RETRY_AFTER};
use ureq::http::{HeaderMap, HeaderValue};
use ureq::tls::{Certificate, PemItem, RootCerts, TlsConfig, parse_pem};
use ureq::{Agent, Body, Proxy, http};

use crate::rescore::http::address::{base, check_address, proxy_host};
use crate::rescore::http::error::HttpErrorKind;
use crate::rescore::http::options::{HttpOptions, Roots};
use crate::rescore::http::trouble::{Way, redirected};
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
    /// Where no key is sent: why, and what would send one.
    no_key: Option<String>,
    way: Way,
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
        let way = Way {
            proxy: options.proxy.as_deref().map(proxy_host).transpose()?,
            roots: options.roots.as_ref().map(|roots| roots.file.clone()),
        };
        let proxy = options.proxy.as_deref().map(Proxy::new).transpose();
        let proxy = proxy.map_err(|_| HttpErrorKind::Proxy)?;
        let roots = match &options.roots {
            Some(named) => roots(named)?,
            None => RootCerts::WebPki,
        };

        let agent = Agent::config_builder()
            .http_status_as_error(false)
            // A text that is sent elsewhere than the user said is none of ours to send.
            .max_redirects(0)
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
            no_key: options.no_key.clone().filter(|_| options.key.is_none()),
            way,
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
        let no_more = |kind| Failed {
            kind,
            again: Again::No,
        };
        if let Some(encoding) = encoding(&headers) {
            return Err(no_more(HttpErrorKind::Encoded { encoding }));
        }
        if status.is_success() {
            return Ok(answer);
        }
        if let (true, Some(location)) = (status.is_redirection(), headers.get(LOCATION)) {
            let location = self.without_secrets(location.as_bytes().to_vec());
            let target = redirected(&self.base, url, &String::from_utf8_lossy(&location));
            let status = status.as_u16();
            return Err(no_more(HttpErrorKind::Redirect { status, target }));
        }

        let shown = String::from_utf8_lossy(&answer[..answer.len().min(SHOWN)]);
        let line = shown.lines().find(|line| !line.trim().is_empty());
        let may_pass = status.is_server_error() || status == http::StatusCode::TOO_MANY_REQUESTS;
        Err(Failed {
            kind: HttpErrorKind::Status {
                status: status.as_u16(),
                tries,
                line: line.unwrap_or_default().to_owned(),
                hint: match status.as_u16() {
                    401 | 403 => self.no_key.clone(),
                    407 => self
                        .way
                        .proxy
                        .as_ref()
                        .map(|proxy| format!("the proxy {proxy} says so")),
                    _ => None,
                },
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
        let hint = self.way.hint(&error);
        let source = Box::new(error);
        Failed {
            kind: HttpErrorKind::Connection {
                tries,
                hint,
                source,
            },
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

/// The certificates of PEM text.
fn roots(named: &Roots) -> Result<RootCerts, HttpErrorKind> {
    let refused = || HttpErrorKind::Certificates {
        file: named.file.clone(),
    };
    let mut certificates: Vec<Certificate<'static>> = Vec::new();
    for item in parse_pem(&named.pem) {
        if let PemItem::Certificate(certificate) = item.map_err(|_| refused())? {
            certificates.push(certificate);
        }
    }
    if certificates.is_empty() {
        return Err(refused());
    }

    Ok(RootCerts::from(certificates))
}

/// How the body is encoded that nobody asked to be encoded.
fn encoding(headers: &HeaderMap) -> Option<String> {
    let said = headers.get(CONTENT_ENCODING)?.to_str().ok()?.trim();
    let is_plain = said.is_empty() || said.eq_ignore_ascii_case("identity");
    (!is_plain).then(|| said.to_owned())
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
}
