//! Addresses of servers and proxies.

use ureq::http::Uri;

use crate::rescore::http::error::HttpErrorKind;
use crate::rescore::http::options::Interface;

/// Refuses an address that cannot be asked, or that holds what no report may show.
pub(super) fn check_address(url: &str) -> Result<(), HttpErrorKind> {
    let refuse = |why| Err(HttpErrorKind::Address(why));
    let uri: Uri = match url.parse() {
        Ok(uri) => uri,
        Err(_) => return refuse("its address is no URL; one begins with http:// or https://"),
    };

    if !matches!(uri.scheme_str(), Some("http" | "https")) || uri.host().is_none() {
        return refuse("its address is no URL; one begins with http:// or https://");
    }
    if uri
        .authority()
        .is_some_and(|authority| !has_port(authority.as_str()))
    {
        return refuse("the port in its address is none: a port is a number from 1 to 65535");
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
pub(super) fn base(url: &str, interface: &Interface) -> String {
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

/// Whether what stands behind the host, if anything does, is a port: whoever connects would take
/// another one for it.
fn has_port(authority: &str) -> bool {
    let host = authority.rsplit('@').next().unwrap_or_default();
    let behind = host.rsplit(']').next().unwrap_or_default();
    behind
        .split_once(':')
        .is_none_or(|(_, port)| port.parse::<u16>().is_ok_and(|port| port > 0))
}

/// A proxy without the name and password that its address may have.
pub(super) fn proxy_host(proxy: &str) -> Result<String, HttpErrorKind> {
    let uri: Uri = proxy.parse().map_err(|_| HttpErrorKind::Proxy)?;
    let authority = uri.authority().ok_or(HttpErrorKind::Proxy)?.as_str();
    if !has_port(authority) {
        return Err(HttpErrorKind::Proxy);
    }

    Ok(authority.rsplit('@').next().unwrap_or_default().to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rescore::http::options::{CompletionsOptions, PromptForm, TokenSum};

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
            suffix: String::new(),
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

    #[test]
    fn a_port_is_a_number_of_16_bits() {
        let refused = |url: &str| check_address(url).is_err();
        for url in [
            "http://a:99999",
            "http://a:65536/v1",
            "https://[::1]:0",
            "http://a:x",
        ] {
            assert!(refused(url), "{url}");
        }
        for url in [
            "http://a:1",
            "http://a:65535/v1",
            "http://[::1]",
            "http://[::1]:80/",
        ] {
            assert!(!refused(url), "{url}");
        }
    }

    #[test]
    fn a_proxy_is_shown_without_its_password() {
        assert_eq!(
            proxy_host("http://me:secret@proxy:3128/").unwrap(),
            "proxy:3128"
        );
        assert_eq!(proxy_host("proxy:3128").unwrap(), "proxy:3128");
        assert!(proxy_host("http://proxy:99999").is_err() && proxy_host("/").is_err());
    }
}
