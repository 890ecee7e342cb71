//! The [`Transport`] that comes along: reqwest with rustls.

use std::error::Error as _;
use std::sync::OnceLock;
use std::time::Duration;

use ::reqwest::header::{HeaderMap, HeaderName, HeaderValue};
use ::reqwest::{Client, redirect, retry};
use bytes::Bytes;

use super::pin::SpkiPin;
use super::tls::{RootCertificates, client_config};
use super::{Body, Method, Request, Response, Transport, TransportError};
use crate::clock::BoxFuture;

/// HTTP/1.1 over TCP or TLS.
///
/// Trusted are the roots of the browsers, which come along in the library, and those of the
/// configuration; the system's store isn't read. Proxies of the system's environment aren't used:
/// on devices there are none, and elsewhere they would send downloads to where nobody expects
/// them.
///
/// Making one is cheap. What is costly waits for the first request. Requests need the I/O and
/// time drivers of a tokio runtime.
#[derive(Debug)]
pub struct ReqwestTransport {
    settings: ReqwestTransportBuilder,
    client: OnceLock<Result<Client, String>>,
}

impl ReqwestTransport {
    /// Starts with the roots that come along and no pins.
    pub fn builder() -> ReqwestTransportBuilder {
        ReqwestTransportBuilder {
            roots: RootCertificates::default(),
            pins: Vec::new(),
            connect_timeout: Duration::from_secs(30),
        }
    }

    fn client(&self) -> Result<&Client, TransportError> {
        self.client
            .get_or_init(|| self.settings.client())
            .as_ref()
            .map_err(|problem| TransportError::Connect(problem.clone()))
    }
}

/// Settings of a [`ReqwestTransport`].
#[derive(Debug, Clone)]
#[must_use]
pub struct ReqwestTransportBuilder {
    roots: RootCertificates,
    pins: Vec<SpkiPin>,
    connect_timeout: Duration,
}

impl ReqwestTransportBuilder {
    /// Trusts these root certificates too.
    pub fn root_certificates(mut self, roots: RootCertificates) -> Self {
        self.roots.extend(roots);
        self
    }

    /// Asks of every server that a key of its verified certificate path is one of `pins`. Without
    /// pins, every key will do.
    pub fn pins(mut self, pins: impl IntoIterator<Item = SpkiPin>) -> Self {
        self.pins.extend(pins);
        self
    }

    /// How long connecting may take, TLS included. The default is 30 s.
    pub fn connect_timeout(mut self, timeout: Duration) -> Self {
        self.connect_timeout = timeout;
        self
    }

    /// The transport.
    pub fn build(self) -> ReqwestTransport {
        ReqwestTransport {
            settings: self,
            client: OnceLock::new(),
        }
    }

    fn client(&self) -> Result<Client, String> {
        let tls = client_config(&self.roots, &self.pins).map_err(|error| error.to_string())?;
        Client::builder()
            .tls_backend_preconfigured(tls)
            .connect_timeout(self.connect_timeout)
            .http1_only()
            .no_proxy()
            .redirect(redirect::Policy::none())
            .referer(false)
            .retry(retry::never())
            .build()
            .map_err(|error| describe(&error))
    }
}

impl Transport for ReqwestTransport {
    fn send(&self, request: Request) -> BoxFuture<'_, Result<Response, TransportError>> {
        Box::pin(async move {
            let request = outgoing(request)?;
            let response = self.client()?.execute(request).await.map_err(failed)?;
            let headers = response
                .headers()
                .iter()
                .map(|(name, value)| {
                    let value = String::from_utf8_lossy(value.as_bytes()).into_owned();
                    (name.as_str().to_owned(), value)
                })
                .collect();
            let status = response.status().as_u16();
            Ok(Response::new(status, headers, Box::new(Streamed(response))))
        })
    }
}

struct Streamed(::reqwest::Response);

impl Body for Streamed {
    fn chunk(&mut self) -> BoxFuture<'_, Result<Option<Bytes>, TransportError>> {
        Box::pin(async move { self.0.chunk().await.map_err(failed) })
    }
}

fn outgoing(request: Request) -> Result<::reqwest::Request, TransportError> {
    let method = match request.method {
        Method::Get => ::reqwest::Method::GET,
        Method::Post => ::reqwest::Method::POST,
    };
    let mut headers = HeaderMap::new();
    for (name, value) in request.headers {
        let is_secret = name == "authorization";
        let bad = |_| TransportError::Broken(format!("the header {name:?} can't be sent"));
        let header = HeaderName::from_bytes(name.as_bytes()).map_err(|_| bad(()))?;
        let mut value = HeaderValue::from_str(&value).map_err(|_| bad(()))?;
        value.set_sensitive(is_secret);
        headers.append(header, value);
    }
    let mut outgoing = ::reqwest::Request::new(method, request.url);
    *outgoing.headers_mut() = headers;
    *outgoing.body_mut() = request.body.map(Into::into);
    Ok(outgoing)
}

fn failed(error: ::reqwest::Error) -> TransportError {
    // The URL may have secrets in its query.
    let error = error.without_url();
    if error.is_timeout() {
        TransportError::Timeout
    } else if error.is_connect() {
        TransportError::Connect(describe(&error))
    } else {
        TransportError::Broken(describe(&error))
    }
}

/// The innermost cause is the one that tells something; the outer ones say "error sending
/// request".
fn describe(error: &::reqwest::Error) -> String {
    let mut cause = error.source();
    let mut text = error.to_string();
    while let Some(error) = cause {
        text = error.to_string();
        cause = error.source();
    }
    text
}

#[cfg(test)]
mod tests;
