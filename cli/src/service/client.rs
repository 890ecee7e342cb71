//! The HTTP client of the service's interface.
//!
//! The core's transport keeps bodies in memory and has two methods, which is what devices need; a
//! bundle is sent as it is read from the disk.

use std::fs::File;
use std::io::{self, Read};
use std::path::Path;
use std::thread;
use std::time::Duration;

use indicatif::ProgressBar;
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::Value;
use ureq::http::{self, Method};
use ureq::tls::{Certificate, PemItem, RootCerts, TlsConfig, parse_pem};
use ureq::{Agent, AsSendBody, Body, SendBody};
use url::Url;

use crate::output::{Failure, is_loopback, plain};

/// The most bytes of an answer.
const MOST: u64 = 32 * 1024 * 1024;
const CONNECT: Duration = Duration::from_secs(30);
/// The service looks at a whole bundle before it answers.
const ANSWER: Duration = Duration::from_secs(300);
/// How long the service is waited for before a bundle is sent that it may refuse unseen.
const GO_AHEAD: Duration = Duration::from_secs(5);
/// What comes between attempts to send a bundle.
const PAUSES: [Duration; 2] = [Duration::from_secs(1), Duration::from_secs(4)];

/// Somebody with a key, at a service.
pub(super) struct Client {
    agent: Agent,
    base: Url,
    authorization: String,
}

impl Client {
    /// A client for the service at `base`; `roots` (PEM) take the place of the public ones.
    pub(super) fn new(base: &Url, key: &str, roots: Option<&Path>) -> Result<Self, Failure> {
        if base.scheme() != "https" && !is_loopback(base) {
            return Err(Failure::usage(format!(
                "{base} isn't HTTPS: the key would be readable on its way"
            )));
        }
        let mut config = Agent::config_builder()
            .http_status_as_error(false)
            // A key is for the service that was named, and for nobody that it points to.
            .max_redirects(0)
            .timeout_connect(Some(CONNECT))
            .timeout_await_100(Some(GO_AHEAD))
            .timeout_recv_response(Some(ANSWER))
            .user_agent(concat!("live-updater/", env!("CARGO_PKG_VERSION")));
        if is_loopback(base) {
            config = config.proxy(None);
        }
        if let Some(path) = roots {
            let tls = TlsConfig::builder().root_certs(certificates(path)?);
            config = config.tls_config(tls.build());
        }
        Ok(Self {
            agent: config.build().into(),
            base: base.clone(),
            authorization: format!("Bearer {key}"),
        })
    }

    /// Where the service is, for people.
    pub(super) fn place(&self) -> &str {
        self.base.as_str().trim_end_matches('/')
    }

    /// What is at a path, which is given by its parts.
    pub(super) fn get<T: DeserializeOwned>(&self, path: &[&str]) -> Result<T, ServiceError> {
        self.ask(Method::GET, &self.url(path, &[]), ())
    }

    /// What is at a path with a query.
    pub(super) fn get_with<T: DeserializeOwned>(
        &self,
        path: &[&str],
        query: &[(&str, &str)],
    ) -> Result<T, ServiceError> {
        self.ask(Method::GET, &self.url(path, query), ())
    }

    /// Deletes what a path and a query name.
    pub(super) fn delete<T: DeserializeOwned>(
        &self,
        path: &[&str],
        query: &[(&str, &str)],
    ) -> Result<T, ServiceError> {
        self.ask(Method::DELETE, &self.url(path, query), ())
    }

    /// Sends JSON to a path.
    pub(super) fn send<T: DeserializeOwned>(
        &self,
        method: Method,
        path: &[&str],
        body: &Value,
    ) -> Result<T, ServiceError> {
        self.ask(method, &self.url(path, &[]), body.to_string())
    }

    /// Sends a file to a path, as it is read, and once more where the connection breaks.
    pub(super) fn upload<T: DeserializeOwned>(
        &self,
        path: &[&str],
        query: &[(&str, &str)],
        file: &Path,
        bar: &ProgressBar,
    ) -> Result<T, ServiceError> {
        let url = self.url(path, query);
        let mut pauses = PAUSES.iter();
        loop {
            bar.set_position(0);
            match (self.upload_once(&url, file, bar), pauses.next()) {
                (Err(error), Some(pause)) if error.is_passing() => {
                    bar.set_message(format!("{}: trying again", error.message));
                    thread::sleep(error.wait.unwrap_or(*pause).min(Duration::from_secs(60)));
                }
                (sent, _) => return sent,
            }
        }
    }

    /// Writes what is at a path to a file, which may have so many bytes.
    pub(super) fn download(
        &self,
        path: &[&str],
        query: &[(&str, &str)],
        to: &Path,
        bytes: u64,
    ) -> Result<(), ServiceError> {
        let unwritable = |error: io::Error| ServiceError {
            code: "storage".to_owned(),
            ..ServiceError::broken(format!("cannot write {}: {error}", to.display()))
        };
        let request = self.request(Method::GET, &self.url(path, query)).body(());
        let request = request.map_err(|error| self.unreachable(&error.into()))?;
        let answer = self.agent.run(request);
        let mut response = answer.map_err(|error| self.unreachable(&error))?;
        if !response.status().is_success() {
            return self.answer::<Value>(Ok(response)).map(drop);
        }
        // One more than there may be tells one that is too long.
        let most = bytes.saturating_add(1);
        let mut body = response.body_mut().with_config().limit(most).reader();
        let mut file = File::create(to).map_err(unwritable)?;
        match io::copy(&mut body, &mut file).map_err(unwritable)? {
            length if length == bytes => Ok(()),
            length => Err(ServiceError::broken(format!(
                "{} sent {length} bytes in place of {bytes}",
                self.place()
            ))),
        }
    }

    fn upload_once<T: DeserializeOwned>(
        &self,
        url: &Url,
        file: &Path,
        bar: &ProgressBar,
    ) -> Result<T, ServiceError> {
        let unreadable = |error: io::Error| ServiceError {
            code: "storage".to_owned(),
            ..ServiceError::broken(format!("cannot read {}: {error}", file.display()))
        };
        let file = File::open(file).map_err(unreadable)?;
        let length = file.metadata().map_err(unreadable)?.len();
        let mut reader = bar.wrap_read(file);
        let request = self
            .request(Method::PUT, url)
            .header("content-type", "application/zip")
            .header("content-length", length)
            // A service that wouldn't take it says so before it is sent.
            .header("expect", "100-continue")
            .body(SendBody::from_reader(&mut reader));
        let request = request.map_err(|error| self.unreachable(&error.into()))?;
        self.answer(self.agent.run(request))
    }

    fn ask<T: DeserializeOwned>(
        &self,
        method: Method,
        url: &Url,
        body: impl AsSendBody,
    ) -> Result<T, ServiceError> {
        let request = self
            .request(method, url)
            .header("content-type", "application/json")
            .body(body);
        let request = request.map_err(|error| self.unreachable(&error.into()))?;
        self.answer(self.agent.run(request))
    }

    fn request(&self, method: Method, url: &Url) -> http::request::Builder {
        http::Request::builder()
            .method(method)
            .uri(url.as_str())
            .header("authorization", &self.authorization)
            .header("accept", "application/json")
    }

    fn url(&self, path: &[&str], query: &[(&str, &str)]) -> Url {
        let mut url = self.base.clone();
        if let Ok(mut segments) = url.path_segments_mut() {
            segments.pop_if_empty().extend(path);
        }
        if !query.is_empty() {
            url.query_pairs_mut().extend_pairs(query);
        }
        url
    }

    fn answer<T: DeserializeOwned>(
        &self,
        answer: Result<http::Response<Body>, ureq::Error>,
    ) -> Result<T, ServiceError> {
        let mut response = answer.map_err(|error| self.unreachable(&error))?;
        let status = response.status();
        let header = |name| {
            let value = response.headers().get(name);
            value.and_then(|value| value.to_str().ok().map(str::to_owned))
        };
        let (wait, location) = (header("retry-after"), header("location"));
        let mut text = Vec::new();
        let mut reader = response.body_mut().as_reader().take(MOST);
        reader
            .read_to_end(&mut text)
            .map_err(|error| self.unreachable(&error.into()))?;
        if status.is_success() {
            return serde_json::from_slice(&text).map_err(|error| ServiceError {
                code: "protocol".to_owned(),
                ..ServiceError::broken(format!(
                    "{} doesn't answer as an update service does: {error}",
                    self.place()
                ))
            });
        }
        let refusal = serde_json::from_slice::<Refusal>(&text).ok();
        Err(ServiceError {
            wait: wait.and_then(|wait| wait.parse().ok().map(Duration::from_secs)),
            ..self.refused(status.as_u16(), refusal, location.as_deref())
        })
    }

    fn refused(
        &self,
        status: u16,
        refusal: Option<Refusal>,
        location: Option<&str>,
    ) -> ServiceError {
        let place = self.place();
        let (code, message) = match (status, refusal) {
            (401, Some(_)) => (
                "unauthorized".to_owned(),
                format!(
                    "{place} doesn't know this key: name another with --key-file, or in LIVE_UPDATER_KEY"
                ),
            ),
            (_, Some(refusal)) => (plain(&refusal.code), plain(&refusal.error)),
            (300..=399, None) => {
                let elsewhere = plain(location.unwrap_or("another place"));
                let message = format!("{place} points to {elsewhere}: name the service itself");
                ("redirect".to_owned(), message)
            }
            (status, None) => (
                "http_status".to_owned(),
                format!("{place} answers {status}: is it an update service?"),
            ),
        };
        ServiceError {
            status: Some(status),
            code,
            message,
            wait: None,
        }
    }

    fn unreachable(&self, error: &ureq::Error) -> ServiceError {
        // What the error says holds a URL at most, and its query holds no secret.
        let message = format!(
            "cannot reach {}: {error}{}",
            self.place(),
            advice(&format!("{error} {error:?}"), is_loopback(&self.base)).unwrap_or_default()
        );
        ServiceError {
            status: None,
            code: match error {
                ureq::Error::Timeout(_) => "timeout".to_owned(),
                _ => "network".to_owned(),
            },
            message,
            wait: None,
        }
    }
}

/// What to do about a connection that doesn't come about.
fn advice(error: &str, is_here: bool) -> Option<&'static str> {
    // The cause lies in errors of several libraries, which agree in these names.
    if error.contains("UnknownIssuer") {
        return Some(": name the certificate of its authority with --ca CA.pem");
    }
    if error.contains("NotValidForName") {
        return Some(
            ": name the service as its certificate does, with --server; `live-updater serve --public-url` does so for --data",
        );
    }
    let is_refused = error.contains("refused") || error.contains("ConnectionFailed");
    (is_refused && is_here).then_some(". No service answers there: is it running?")
}

/// Why the service didn't do it.
#[derive(Debug)]
pub(super) struct ServiceError {
    /// None where there was no answer.
    pub(super) status: Option<u16>,
    pub(super) code: String,
    pub(super) message: String,
    wait: Option<Duration>,
}

impl ServiceError {
    /// Whether what was asked for isn't there.
    pub(super) fn is_not_found(&self) -> bool {
        self.status == Some(404)
    }

    /// Whether another attempt may do.
    fn is_passing(&self) -> bool {
        match self.status {
            None => matches!(self.code.as_str(), "network" | "timeout"),
            Some(status) => matches!(status, 408 | 429 | 500 | 502..=504),
        }
    }

    fn broken(message: String) -> Self {
        Self {
            status: None,
            code: "internal".to_owned(),
            message,
            wait: None,
        }
    }
}

impl From<ServiceError> for Failure {
    fn from(error: ServiceError) -> Self {
        Self::new(error.code, error.message)
    }
}

#[derive(Debug, Deserialize)]
struct Refusal {
    error: String,
    code: String,
}

fn certificates(path: &Path) -> Result<RootCerts, Failure> {
    let pem = std::fs::read(path).map_err(|error| Failure::unreadable(path, &error))?;
    let items = parse_pem(&pem).collect::<Result<Vec<_>, _>>();
    let items = items.map_err(|error| Failure::usage(format!("{}: {error}", path.display())))?;
    let found: Vec<Certificate<'static>> = items
        .into_iter()
        .filter_map(|item| match item {
            PemItem::Certificate(certificate) => Some(certificate),
            _ => None,
        })
        .collect();
    if found.is_empty() {
        let message = format!("{} holds no certificate in PEM", path.display());
        return Err(Failure::usage(message));
    }
    Ok(RootCerts::new_with_certs(&found))
}
