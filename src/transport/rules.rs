//! Which requests may be sent where, and with what.

use std::fmt;
use std::time::Duration;

use url::{Host, Url};

/// What the configuration says about the network.
#[derive(Clone)]
pub(crate) struct NetworkRules {
    /// The base of the update server. Token and headers go to its origin only.
    pub(crate) update_url: Option<Url>,
    /// A bearer token.
    pub(crate) token: Option<String>,
    /// Further headers.
    pub(crate) headers: Vec<(String, String)>,
    /// Hosts that may be talked to without TLS. The host has made sure that this is a debuggable
    /// app.
    pub(crate) insecure_hosts: Vec<String>,
    /// For an answer's head, redirects included; for the body of a small answer once more.
    pub(crate) request_timeout: Duration,
    /// For each piece of a body.
    pub(crate) read_timeout: Duration,
}

impl NetworkRules {
    /// Whether `url` may be asked; otherwise what speaks against it.
    pub(super) fn check(&self, url: &Url) -> Result<(), &'static str> {
        match url.scheme() {
            "https" => Ok(()),
            "http" if self.allows_plain(url) => Ok(()),
            "http" => Err("only https is allowed"),
            _ => Err("not an http or https URL"),
        }
    }

    /// The headers that are meant for the server at `url` alone.
    pub(super) fn credentials(&self, url: &Url) -> Vec<(String, String)> {
        let Some(update_url) = &self.update_url else {
            return Vec::new();
        };
        if update_url.origin() != url.origin() {
            return Vec::new();
        }
        let mut headers: Vec<_> = self
            .headers
            .iter()
            .map(|(name, value)| (name.to_ascii_lowercase(), value.clone()))
            .filter(|(name, _)| !is_reserved(name))
            .collect();
        if let Some(token) = &self.token {
            headers.retain(|(name, _)| name != "authorization");
            headers.push(("authorization".to_owned(), format!("Bearer {token}")));
        }
        headers
    }

    fn allows_plain(&self, url: &Url) -> bool {
        let is_local = self.update_url.as_ref().is_some_and(is_loopback) && is_loopback(url);
        is_local || is_named(url, &self.insecure_hosts)
    }
}

impl fmt::Debug for NetworkRules {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let names: Vec<_> = self.headers.iter().map(|(name, _)| name).collect();
        f.debug_struct("NetworkRules")
            .field("update_url", &self.update_url.as_ref().map(display_url))
            .field("has_token", &self.token.is_some())
            .field("headers", &names)
            .field("insecure_hosts", &self.insecure_hosts)
            .field("request_timeout", &self.request_timeout)
            .field("read_timeout", &self.read_timeout)
            .finish()
    }
}

/// What speaks against sending a configured header, if anything does.
pub(crate) fn header_problem(name: &str, value: &str) -> Option<&'static str> {
    // RFC 9110, section 5.6.2: what a token is made of.
    let is_token = |byte: u8| byte.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&byte);
    if name.is_empty() || !name.bytes().all(is_token) {
        return Some("is not a header name");
    }
    if is_reserved(&name.to_ascii_lowercase()) {
        return Some("is set by the updater itself");
    }
    // RFC 9110, section 5.5: CR, LF and NUL are dangerous, other controls are invalid.
    let is_text = |byte: u8| matches!(byte, b'\t' | b' '..=b'~');
    (!value.bytes().all(is_text)).then_some("has a value that is not printable ASCII")
}

/// The most characters of a URL that are shown. A redirect may have chosen it, at whatever length.
const SHOWN_URL: usize = 200;

/// A URL without what may be secret in it: user, password, query and fragment. Its end is left out
/// where it is long.
pub(crate) fn display_url(url: &Url) -> String {
    let mut url = url.clone();
    url.set_query(None);
    without_credentials(&mut url);
    let mut text = String::from(url);
    if let Some((end, _)) = text.char_indices().nth(SHOWN_URL) {
        text.truncate(end);
        text.push('…');
    }
    text
}

/// What is never sent as a part of a URL.
pub(super) fn without_credentials(url: &mut Url) {
    url.set_fragment(None);
    // These fail for URLs that can't have credentials in the first place.
    let _ = url.set_username("");
    let _ = url.set_password(None);
}

/// Headers that decide how an answer is framed, encoded or read.
fn is_reserved(name: &str) -> bool {
    matches!(
        name,
        "accept-encoding"
            | "connection"
            | "content-length"
            | "content-type"
            | "expect"
            | "host"
            | "if-match"
            | "if-modified-since"
            | "if-none-match"
            | "if-range"
            | "if-unmodified-since"
            | "keep-alive"
            | "proxy-connection"
            | "range"
            | "te"
            | "trailer"
            | "transfer-encoding"
            | "upgrade"
    )
}

pub(crate) fn is_loopback(url: &Url) -> bool {
    match url.host() {
        Some(Host::Domain(name)) => name == "localhost",
        Some(Host::Ipv4(address)) => address.is_loopback(),
        Some(Host::Ipv6(address)) => address.is_loopback(),
        None => false,
    }
}

/// Whether the host of `url` is one of `hosts`.
pub(crate) fn is_named(url: &Url, hosts: &[String]) -> bool {
    url.host_str().is_some_and(|host| {
        hosts
            .iter()
            .any(|allowed| unbracketed(allowed).eq_ignore_ascii_case(unbracketed(host)))
    })
}

fn unbracketed(host: &str) -> &str {
    host.strip_prefix('[')
        .and_then(|host| host.strip_suffix(']'))
        .unwrap_or(host)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rules(update_url: &str) -> NetworkRules {
        NetworkRules {
            update_url: Some(url(update_url)),
            token: Some("s3cret".to_owned()),
            headers: vec![("X-Tenant".to_owned(), "acme".to_owned())],
            insecure_hosts: Vec::new(),
            request_timeout: Duration::from_secs(30),
            read_timeout: Duration::from_secs(30),
        }
    }

    fn url(text: &str) -> Url {
        Url::parse(text).unwrap()
    }

    #[test]
    fn only_https_is_allowed() {
        let rules = rules("https://updates.example/");
        assert!(rules.check(&url("https://cdn.example/a.zip")).is_ok());
        for refused in [
            "http://cdn.example/a.zip",
            "http://localhost/a.zip",
            "http://127.0.0.1/a.zip",
            "http://10.0.2.2/a.zip",
            "ftp://cdn.example/a.zip",
            "file:///etc/passwd",
        ] {
            assert!(rules.check(&url(refused)).is_err(), "{refused}");
        }
    }

    #[test]
    fn loopback_needs_no_tls_when_the_update_server_is_there() {
        let rules = rules("http://localhost:3000/");
        for allowed in [
            "http://localhost:4000/a.zip",
            "http://127.8.9.1/a.zip",
            "http://[::1]:80/a.zip",
        ] {
            assert!(rules.check(&url(allowed)).is_ok(), "{allowed}");
        }
        for refused in [
            "http://10.0.2.2/a.zip",
            "http://localhost.example/a.zip",
            "http://127.0.0.1.example/a.zip",
        ] {
            assert!(rules.check(&url(refused)).is_err(), "{refused}");
        }
    }

    #[test]
    fn named_hosts_need_no_tls() {
        let mut rules = rules("http://10.0.2.2:3000/");
        assert!(rules.check(&url("http://10.0.2.2:3000/")).is_err());
        rules.insecure_hosts = vec![
            "10.0.2.2".to_owned(),
            "Dev.Local".to_owned(),
            "fd00::1".to_owned(),
        ];
        for allowed in [
            "http://10.0.2.2:3000/",
            "http://dev.local/",
            "http://[fd00::1]/",
        ] {
            assert!(rules.check(&url(allowed)).is_ok(), "{allowed}");
        }
        assert!(rules.check(&url("http://sub.dev.local/")).is_err());
    }

    #[test]
    fn credentials_go_to_the_update_servers_origin_only() {
        let rules = rules("https://updates.example/base");
        assert_eq!(
            rules.credentials(&url("https://updates.example:443/other")),
            [
                ("x-tenant".to_owned(), "acme".to_owned()),
                ("authorization".to_owned(), "Bearer s3cret".to_owned()),
            ]
        );
        for elsewhere in [
            "https://updates.example:444/",
            "http://updates.example/",
            "https://sub.updates.example/",
            "https://example/",
            "https://updates.example.evil/",
        ] {
            assert!(rules.credentials(&url(elsewhere)).is_empty(), "{elsewhere}");
        }
    }

    #[test]
    fn configured_headers_cannot_change_how_answers_are_read() {
        let mut rules = rules("https://updates.example/");
        rules.token = None;
        rules.headers = vec![("Accept-Encoding".to_owned(), "gzip".to_owned())];
        assert!(
            rules
                .credentials(&url("https://updates.example/"))
                .is_empty()
        );
        assert!(header_problem("Range", "bytes=0-").is_some());
        assert!(header_problem("a b", "").is_some());
        assert!(header_problem("a", "b\r\nc: d").is_some());
        assert!(header_problem("X-Tenant", "acme, inc.").is_none());
    }

    #[test]
    fn no_secret_is_shown() {
        let rules = rules("https://me:pass@updates.example/base?key=q");
        let shown = format!("{rules:?}");
        for secret in ["s3cret", "acme", "pass", "key=q"] {
            assert!(!shown.contains(secret), "{shown}");
        }
        assert_eq!(
            display_url(&url("https://me:pass@cdn.example/a.zip?sig=1#top")),
            "https://cdn.example/a.zip"
        );
    }

    #[test]
    fn a_long_url_is_cut_where_it_is_shown() {
        let start = "https://cdn.example/";
        let fits = format!("{start}{}", "a".repeat(SHOWN_URL - start.len()));
        assert_eq!(display_url(&url(&fits)), fits);
        let shown = display_url(&url(&format!("{start}{}", "a".repeat(300_000))));
        assert_eq!(shown, format!("{fits}…"));
        assert_eq!(
            display_url(&url(&format!("{fits}?{fits}"))),
            fits,
            "no query"
        );
    }
}
