//! Options of models behind HTTP.

use std::fs;
use std::sync::Arc;
use std::time::Duration;

use anyhow::Context;
use clap::ValueEnum;

use crate::cli::args::program::ProgramInput;
use crate::cli::args::usual::usual;
use crate::cli::terminal::{Progress, Terminal};
use crate::report::model_kind::ModelKind;
use crate::rescore::http::{
    ApiKey, CompletionsOptions, HttpOptions, Interface, PromptForm, Roots, Served, TokenSum,
};

/// What is used where nothing else is typed.
const CONNECTIONS: u32 = 4;
const RETRIES: u32 = 5;

/// How a server that scores is asked.
#[derive(Debug, Clone, clap::Args)]
pub(crate) struct ServedInput {
    /// Model of a completions: server, as the server calls it; its only one if not given
    #[arg(
        help_heading = "Models behind HTTP",
        long,
        value_name = "NAME",
        value_parser = clap::builder::NonEmptyStringValueParser::new()
    )]
    served_model: Option<String>,
    /// How a completions: server tells the log-probabilities of a prompt; echo if not given
    #[arg(
        help_heading = "Models behind HTTP",
        long,
        value_name = "FORM",
        value_enum
    )]
    prompt_form: Option<Form>,
    /// How log-probabilities of tokens become a score; sum if not given
    #[arg(
        help_heading = "Models behind HTTP",
        long,
        value_name = "SUM",
        value_enum
    )]
    token_scores: Option<Sum>,
    /// What stands before every text for a completions: server, not scored itself: without it, or a
    /// token that the server puts there, the first token has no score
    #[arg(
        help_heading = "Models behind HTTP",
        long,
        value_name = "TEXT",
        default_value = "",
        hide_default_value = true
    )]
    prefix: String,
    /// What stands behind every text for a completions: server, such as a full stop, and is scored
    /// with it: how likely the text ends there; without it an empty text has no score
    #[arg(
        help_heading = "Models behind HTTP",
        long,
        value_name = "TEXT",
        default_value = "",
        hide_default_value = true
    )]
    suffix: String,
    /// Environment variable with the key that the server wants; TEI_API_KEY or OPENAI_API_KEY if
    /// not given, which go to https servers and to this machine alone
    #[arg(help_heading = "Models behind HTTP", long, value_name = "VARIABLE")]
    api_key_env: Option<String>,
    /// Requests that are on their way to a server at once
    #[arg(
        help_heading = "Models behind HTTP",
        long,
        value_name = "N",
        default_value_t = CONNECTIONS,
        value_parser = clap::value_parser!(u32).range(1..=256)
    )]
    connections: u32,
    /// Times that a request is repeated when the server cannot be reached, is busy (429) or fails
    /// (5xx)
    #[arg(
        help_heading = "Models behind HTTP",
        long,
        value_name = "N",
        default_value_t = RETRIES,
        value_parser = clap::value_parser!(u32).range(0..=100)
    )]
    retries: u32,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Form {
    /// With "echo": true, as vLLM, SGLang and others
    Echo,
    /// As "prompt_logprobs", as vLLM
    PromptLogprobs,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Sum {
    /// Their sum: the log-probability of the text
    Sum,
    /// Their mean: long texts are no less likely than short ones
    Mean,
}

/// What a server understands, and where it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Address<'a> {
    kind: Kind,
    url: &'a str,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    Tei,
    Completions,
}

impl<'a> Address<'a> {
    /// The address in `--model`; `None` for models of other kinds.
    pub(crate) fn of(model: &'a str) -> Option<Address<'a>> {
        [Kind::Tei, Kind::Completions].into_iter().find_map(|kind| {
            let url = model.strip_prefix(kind.name())?.strip_prefix(':')?;
            Some(Address { kind, url })
        })
    }

    /// What reports call models of this kind.
    pub(crate) fn kind(self) -> ModelKind {
        match self.kind {
            Kind::Tei => ModelKind::Tei,
            Kind::Completions => ModelKind::Completions,
        }
    }
}

impl Address<'_> {
    /// Whether a key may be sent there unasked: in plain text over a network, whoever listens would
    /// have it.
    fn is_safe(self) -> bool {
        self.url.starts_with("https://") || is_local(host(self.url))
    }
}

impl Kind {
    fn name(self) -> &'static str {
        match self {
            Kind::Tei => "tei",
            Kind::Completions => "completions",
        }
    }

    /// The variable with the key, where no option names one.
    fn key_variable(self) -> &'static str {
        match self {
            Kind::Tei => "TEI_API_KEY",
            Kind::Completions => "OPENAI_API_KEY",
        }
    }
}

impl ServedInput {
    /// Every option that decides scores by its name, with a value where that is not what is used
    /// anyway.
    pub(crate) fn scored_with(&self) -> [(&'static str, Option<String>); 5] {
        let given = |text: &String| (!text.is_empty()).then(|| text.clone());

        [
            ("served-model", self.served_model.clone()),
            ("prompt-form", usual(self.form(), Form::Echo)),
            ("token-scores", usual(self.sum(), Sum::Sum)),
            ("prefix", given(&self.prefix)),
            ("suffix", given(&self.suffix)),
        ]
    }

    fn form(&self) -> Form {
        self.prompt_form.unwrap_or(Form::Echo)
    }

    fn sum(&self) -> Sum {
        self.token_scores.unwrap_or(Sum::Sum)
    }

    /// Those that were typed, though with what is used anyway.
    pub(crate) fn typed(&self) -> impl Iterator<Item = &'static str> {
        let form = self.prompt_form.map(|_| "prompt-form");
        form.into_iter()
            .chain(self.token_scores.map(|_| "token-scores"))
    }

    /// The others in the same way. Of the key its variable alone.
    pub(crate) fn asked_with(&self) -> [(&'static str, Option<String>); 3] {
        let other = |number: u32, usual: u32| (number != usual).then(|| number.to_string());

        [
            ("api-key-env", self.api_key_env.clone()),
            ("connections", other(self.connections, CONNECTIONS)),
            ("retries", other(self.retries, RETRIES)),
        ]
    }

    /// How the server at `address` is asked; what it shares with programs that score stands in
    /// `program`.
    pub(crate) fn options(
        &self,
        address: Address<'_>,
        program: &ProgramInput,
        terminal: &Terminal,
        progress: &Arc<Progress>,
    ) -> anyhow::Result<HttpOptions> {
        let advanced = Arc::clone(progress);

        Ok(HttpOptions {
            url: address.url.to_owned(),
            interface: self.interface(address.kind),
            key: self.key(address)?,
            no_key: Some(Self::no_key(address)),
            proxy: proxy(address.url),
            roots: roots()?,
            connections: self.connections as usize,
            batch_texts: program.batch_texts as usize,
            timeout: Duration::from_secs_f64(program.timeout),
            retries: self.retries,
            cancel: terminal.interrupt_flag(),
            progress: Arc::new(move |texts| advanced.advance(texts)),
        })
    }

    fn interface(&self, kind: Kind) -> Interface {
        match kind {
            Kind::Tei => Interface::TextEmbeddingsInference,
            Kind::Completions => Interface::Completions(CompletionsOptions {
                model: self.served_model.clone(),
                form: match self.form() {
                    Form::Echo => PromptForm::Echo,
                    Form::PromptLogprobs => PromptForm::PromptLogprobs,
                },
                sum: self.token_sum(),
                prefix: self.prefix.clone(),
                suffix: self.suffix.clone(),
            }),
        }
    }

    fn token_sum(&self) -> TokenSum {
        match self.sum() {
            Sum::Sum => TokenSum::Sum,
            Sum::Mean => TokenSum::Mean,
        }
    }

    /// How scores are made of what the server says, for the report.
    pub(crate) fn head(&self, address: Address<'_>) -> Option<String> {
        (address.kind == Kind::Completions).then(|| self.token_sum().name().to_owned())
    }

    /// Hash of what decides a server's scores, as far as it can be known from here.
    pub(crate) fn content_hash(&self, address: Address<'_>, served: &Served) -> String {
        let mut parts = vec![
            address.kind.name(),
            address.url,
            &served.name,
            &served.version,
        ];
        if address.kind == Kind::Completions {
            let form = match self.form() {
                Form::Echo => "echo",
                Form::PromptLogprobs => "prompt-logprobs",
            };
            let answers_as = served.answers_as.as_deref().unwrap_or_default();
            parts.extend([self.token_sum().name(), form, &self.prefix, answers_as]);
            if !self.suffix.is_empty() {
                parts.push(&self.suffix);
            }
        }

        let mut hasher = blake3::Hasher::new();
        for part in parts {
            hasher.update(part.as_bytes());
            hasher.update(&[0]);
        }
        hasher.finalize().to_hex().to_string()
    }

    /// The key that is sent. One that nobody named is kept from servers that could be anybody's.
    fn key(&self, address: Address<'_>) -> anyhow::Result<Option<ApiKey>> {
        if let Some(name) = &self.api_key_env {
            let key = variable(name)
                .with_context(|| format!("--api-key-env {name}: the variable is not set"))?;
            return Ok(Some(ApiKey(key)));
        }

        let key = variable(address.kind.key_variable()).filter(|_| address.is_safe());
        Ok(key.map(ApiKey))
    }

    /// Why no key is sent, where none is, and what would send one.
    fn no_key(address: Address<'_>) -> String {
        let name = address.kind.key_variable();
        if variable(name).is_some() && !address.is_safe() {
            return format!(
                "the key in {name} was not sent, as the address is another machine's and does not \
                 begin with https://: --api-key-env {name} sends it in plain text"
            );
        }
        format!("no key was sent: set {name}, or name another variable with --api-key-env")
    }
}

/// The value of a variable that is set to something.
fn variable(name: &str) -> Option<String> {
    let value = std::env::var(name).ok()?;
    Some(value.trim().to_owned()).filter(|value| !value.is_empty())
}

/// The value of a variable that is written in capitals or in small letters.
fn either(name: &str) -> Option<String> {
    variable(&name.to_ascii_lowercase()).or_else(|| variable(name))
}

/// The proxy that the usual variables name for `url`.
fn proxy(url: &str) -> Option<String> {
    let of_scheme = if url.starts_with("https://") {
        "HTTPS_PROXY"
    } else {
        "HTTP_PROXY"
    };
    let spared = either("NO_PROXY").unwrap_or_default();
    let host = host(url);
    if is_local(host) || is_spared(host, &spared) {
        return None;
    }

    either(of_scheme).or_else(|| either("ALL_PROXY"))
}

/// The certificates that are to be trusted instead of Mozilla's, as OpenSSL and Python take them.
fn roots() -> anyhow::Result<Option<Roots>> {
    const VARIABLE: &str = "SSL_CERT_FILE";

    let Some(file) = variable(VARIABLE) else {
        return Ok(None);
    };
    let pem = fs::read(&file)
        .with_context(|| format!("failed to read the certificates {file} that {VARIABLE} names"))?;
    Ok(Some(Roots { file, pem }))
}

/// The host of `url`, without its port.
fn host(url: &str) -> &str {
    let rest = url.split_once("://").map_or(url, |(_, rest)| rest);
    let authority = rest.split('/').next().unwrap_or_default();
    match authority
        .strip_prefix('[')
        .and_then(|rest| rest.split_once(']'))
    {
        Some((address, _)) => address,
        None => authority.split(':').next().unwrap_or_default(),
    }
}

/// Whether the host is this machine: a proxy would look for it elsewhere.
fn is_local(host: &str) -> bool {
    let address = host.parse::<std::net::IpAddr>();
    host.eq_ignore_ascii_case("localhost") || address.is_ok_and(|address| address.is_loopback())
}

/// Whether `NO_PROXY` has the host, or a domain that it belongs to.
fn is_spared(host: &str, spared: &str) -> bool {
    let host = host.to_ascii_lowercase();

    spared.split(',').map(str::trim).any(|entry| {
        let entry = entry.to_ascii_lowercase();
        let domain = entry.trim_start_matches("*.").trim_start_matches('.');
        let domain = domain.split(':').next().unwrap_or_default();
        entry == "*"
            || (!domain.is_empty()
                && host
                    .strip_suffix(domain)
                    .is_some_and(|rest| rest.is_empty() || rest.ends_with('.')))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_model_behind_http_is_told_by_its_prefix() {
        let found = Address::of("tei:http://a").unwrap();
        assert_eq!((found.kind().name(), found.url), ("tei", "http://a"));
        assert_eq!(
            Address::of("completions:x").unwrap().kind().name(),
            "completions"
        );
        assert_eq!(Address::of("teitei"), None);
    }

    #[test]
    fn hosts_are_spared_a_proxy_by_name_or_domain() {
        let spared = |host, list| is_spared(host, list);
        assert!(spared("a.example.org", "b, .example.org") && spared("example.org", "example.org"));
        assert!(spared("A.example.org", "*.example.org") && spared("x", "*"));
        assert!(!spared("badexample.org", "example.org") && !spared("a", "") && !spared("a", ","));

        assert_eq!(host("https://a.b:80/c"), "a.b");
        assert_eq!(host("http://[::1]:80"), "::1");
        assert!(is_local("localhost") && is_local("127.0.0.9") && is_local("::1"));
        assert!(!is_local("example.org"));
    }
}
