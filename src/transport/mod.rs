//! HTTP, as a seam.
//!
//! A [`Transport`] sends one request and streams one answer. It follows no redirects, keeps no
//! cookies, decodes no content encodings and retries nothing: [`HttpClient`](client::HttpClient)
//! decides all of that, the same for every transport.

pub(crate) mod client;
#[cfg(feature = "http")]
pub(crate) mod http1;
mod http_date;
#[cfg(feature = "http")]
pub(crate) mod pin;
pub(crate) mod response;
pub(crate) mod retry;
pub(crate) mod rules;
#[cfg(test)]
pub(crate) mod scripted;
#[cfg(feature = "http")]
pub(crate) mod tls;

use std::fmt;

use bytes::Bytes;
use url::Url;

use crate::clock::BoxFuture;
#[cfg(feature = "capgo")]
pub(crate) use response::Exchange;

/// Sends HTTP requests.
///
/// The crate's own implementation is `HttpTransport`, behind the default feature `http`. A host
/// with an HTTP stack of its own (OkHttp, URLSession) implements this instead.
pub trait Transport: fmt::Debug + Send + Sync + 'static {
    /// Sends `request` and resolves when the answer's head is there.
    ///
    /// Dropping the future, or the answer's body, ends the transfer.
    fn send(&self, request: Request) -> BoxFuture<'_, Result<Response, TransportError>>;
}

/// One request.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct Request {
    /// What to do.
    pub method: Method,
    /// Where.
    pub url: Url,
    /// Header names in lower case, with their values.
    pub headers: Vec<(String, String)>,
    /// What to send along.
    pub body: Option<Vec<u8>>,
}

impl Request {
    /// A request without headers or body.
    pub fn new(method: Method, url: Url) -> Self {
        Self {
            method,
            url,
            headers: Vec::new(),
            body: None,
        }
    }

    /// Adds a header; `name` is in lower case.
    #[must_use]
    pub fn header(mut self, name: impl Into<String>, value: impl Into<String>) -> Self {
        self.headers.push((name.into(), value.into()));
        self
    }
}

/// The methods that the updater uses.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Method {
    /// `GET`
    Get,
    /// `POST`
    Post,
    /// `PUT`
    Put,
}

/// An answer whose head has arrived.
#[non_exhaustive]
pub struct Response {
    /// The status code.
    pub status: u16,
    /// Header names in lower case, with their values, in the order in which they came.
    pub headers: Vec<(String, String)>,
    /// The rest.
    pub body: Box<dyn Body>,
}

impl Response {
    /// An answer; header names are in lower case.
    pub fn new(status: u16, headers: Vec<(String, String)>, body: Box<dyn Body>) -> Self {
        Self {
            status,
            headers,
            body,
        }
    }

    /// The first value of a header; `name` is in lower case.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers
            .iter()
            .find(|(header, _)| header == name)
            .map(|(_, value)| value.as_str())
    }
}

impl fmt::Debug for Response {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Response")
            .field("status", &self.status)
            .field("headers", &self.headers)
            .finish_non_exhaustive()
    }
}

/// The body of an answer, piece by piece.
pub trait Body: Send {
    /// The next piece; `None` at the end that the server announced.
    ///
    /// A connection that ends before the announced length is an error, not an end.
    fn chunk(&mut self) -> BoxFuture<'_, Result<Option<Bytes>, TransportError>>;
}

/// Why a transfer failed.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum TransportError {
    /// The transport's own time limit ran out.
    #[error("timed out")]
    Timeout,
    /// No connection came about: name lookup, TCP, TLS, a pin that doesn't match.
    #[error("cannot connect: {0}")]
    Connect(String),
    /// The connection broke.
    #[error("{0}")]
    Broken(String),
}
