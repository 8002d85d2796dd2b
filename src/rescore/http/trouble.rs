//! What stands between a run and its server, and what to do about it.

/// The way to a server.
#[derive(Debug)]
pub(super) struct Way {
    /// The proxy that leads to it.
    pub(super) proxy: Option<String>,
    /// The file with the certificates that are trusted.
    pub(super) roots: Option<String>,
}

impl Way {
    /// What is known of a connection that failed, in brackets; empty where nothing is.
    pub(super) fn hint(&self, error: &ureq::Error) -> String {
        let proxy = self.proxy.as_ref().map(|proxy| {
            format!("through the proxy {proxy}, which a variable such as HTTPS_PROXY names")
        });
        let hints: Vec<String> = proxy.into_iter().chain(self.of_tls(error)).collect();
        if hints.is_empty() {
            return String::new();
        }
        format!(" ({})", hints.join("; "))
    }

    /// What to do where the two do not agree on a secure connection.
    fn of_tls(&self, error: &ureq::Error) -> Option<String> {
        let said = format!("{error:?}");
        let has = |word: &str| said.contains(word);

        if has("InvalidContentType") || has("InvalidMessage") {
            return Some("a server of plain http is named with http://".to_owned());
        }
        if has("CaUsedAsEndEntity") {
            let file = match &self.roots {
                Some(file) => format!(", also where {file} has it"),
                None => String::new(),
            };
            return Some(format!(
                "the server shows a certificate that is made to sign others (CA:TRUE), which is \
                 not taken for a server's{file}: make one with basicConstraints=CA:FALSE and \
                 subjectAltName"
            ));
        }
        if has("UnknownIssuer") {
            return Some(match &self.roots {
                Some(file) => format!(
                    "{file}, which SSL_CERT_FILE names, lacks the certificate that signed the \
                     server's"
                ),
                None => "SSL_CERT_FILE names a PEM file with the certificates to trust".to_owned(),
            });
        }
        if has("InvalidCertificate") {
            let file = self.roots.as_ref();
            return file
                .map(|file| format!("trusted is what {file} has, which SSL_CERT_FILE names"));
        }
        None
    }
}

/// The address that a server at `base` sends on to, where it was asked `url`: what to name instead
/// of `base`, if that can be told.
pub(super) fn redirected(base: &str, url: &str, location: &str) -> String {
    let location = location.split(['?', '#']).next().unwrap_or_default();
    let target = if location.starts_with('/') && !location.starts_with("//") {
        let (scheme, rest) = base.split_once("://").unwrap_or(("http", base));
        let host = rest.split('/').next().unwrap_or_default();
        format!("{scheme}://{host}{location}")
    } else {
        location.to_owned()
    };

    let path = url.strip_prefix(base).unwrap_or_default();
    let before = target.trim_end_matches('/').strip_suffix(path);
    before.map_or_else(|| target.clone(), str::to_owned)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_redirect_is_told_as_what_to_name_instead() {
        let to = |location| redirected("http://a:1/b", "http://a:1/b/predict", location);
        assert_eq!(to("/x/predict"), "http://a:1/x");
        assert_eq!(to("https://c/predict?key=1"), "https://c");
        assert_eq!(to("/login"), "http://a:1/login");
    }

    #[test]
    fn a_connection_that_fails_is_told_with_its_way() {
        let way = Way {
            proxy: Some("p:1".to_owned()),
            roots: None,
        };
        let hint = way.hint(&ureq::Error::ConnectionFailed);
        assert!(hint.starts_with(" (through the proxy p:1"), "{hint}");
        let direct = Way {
            proxy: None,
            roots: None,
        };
        assert_eq!(direct.hint(&ureq::Error::ConnectionFailed), "");
    }
}
