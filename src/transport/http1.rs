//! The [`Transport`] that comes along: HTTP/1.1 by hyper, TLS by rustls.

mod connect;
mod pool;

use std::error::Error as _;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use http_body_util::{BodyExt, Full};
use hyper::body::{Body as _, Incoming};
use hyper::header::{ACCEPT, HOST, HeaderMap, HeaderName, HeaderValue};
use url::{Position, Url};

use super::pin::SpkiPin;
use super::tls::RootCertificates;
use super::{Body, Method, Request, Response, Transport, TransportError};
use crate::clock::BoxFuture;
use connect::{Connection, Connector, Origin};
use pool::Pool;

/// HTTP/1.1 over TCP or TLS.
///
/// Trusted are the roots of the browsers, which come along in the library, and those of the
/// configuration; the system's store isn't read. Proxies of the system's environment aren't used:
/// on devices there are none, and elsewhere they would send downloads to where nobody expects
/// them.
///
/// Making one is cheap. What is costly waits for the first request. Requests need the I/O and
/// time drivers of a tokio runtime. Connections whose answer was read to its end are used again.
#[derive(Debug)]
pub struct HttpTransport {
    connector: Connector,
    pool: Arc<Pool>,
}

impl HttpTransport {
    /// Starts with the roots that come along and no pins.
    pub fn builder() -> HttpTransportBuilder {
        HttpTransportBuilder {
            roots: RootCertificates::default(),
            pins: Vec::new(),
            connect_timeout: Duration::from_secs(30),
        }
    }

    async fn exchange(&self, request: Request) -> Result<Response, TransportError> {
        let origin = Origin::of(&request.url)?;
        let mut outgoing = outgoing(request)?;
        while let Some(mut connection) = self.pool.take(&origin).await {
            match connection.try_send_request(outgoing).await {
                Ok(response) => return Ok(self.incoming(origin, connection, response)),
                // The server hung up before it got the request, so it is as good as unsent.
                Err(mut error) => match error.take_message() {
                    Some(unsent) => outgoing = unsent,
                    None => return Err(broken(&error.into_error())),
                },
            }
        }
        let mut connection = self.connector.connect(&origin).await?;
        let response = connection.send_request(outgoing).await;
        let response = response.map_err(|error| broken(&error))?;
        Ok(self.incoming(origin, connection, response))
    }

    fn incoming(
        &self,
        origin: Origin,
        connection: Connection,
        response: hyper::Response<Incoming>,
    ) -> Response {
        let (head, body) = response.into_parts();
        let headers = head
            .headers
            .iter()
            .map(|(name, value)| {
                let value = String::from_utf8_lossy(value.as_bytes()).into_owned();
                (name.as_str().to_owned(), value)
            })
            .collect();
        let mut body = Streamed {
            body,
            pool: Arc::clone(&self.pool),
            connection: Some((origin, connection)),
        };
        if body.body.is_end_stream() {
            body.give_back();
        }
        Response::new(head.status.as_u16(), headers, Box::new(body))
    }
}

impl Transport for HttpTransport {
    fn send(&self, request: Request) -> BoxFuture<'_, Result<Response, TransportError>> {
        Box::pin(self.exchange(request))
    }
}

/// Settings of a [`HttpTransport`].
#[derive(Debug, Clone)]
#[must_use]
pub struct HttpTransportBuilder {
    roots: RootCertificates,
    pins: Vec<SpkiPin>,
    connect_timeout: Duration,
}

impl HttpTransportBuilder {
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
    pub fn build(self) -> HttpTransport {
        HttpTransport {
            connector: Connector::new(self.roots, self.pins, self.connect_timeout),
            pool: Arc::default(),
        }
    }
}

/// An answer's body. Dropped before its end, it takes its connection along, and with it what is
/// still on its way.
struct Streamed {
    body: Incoming,
    pool: Arc<Pool>,
    connection: Option<(Origin, Connection)>,
}

impl Streamed {
    fn give_back(&mut self) {
        if let Some((origin, connection)) = self.connection.take() {
            self.pool.put(origin, connection);
        }
    }
}

impl Body for Streamed {
    fn chunk(&mut self) -> BoxFuture<'_, Result<Option<Bytes>, TransportError>> {
        Box::pin(async move {
            while let Some(frame) = self.body.frame().await {
                let frame = frame.map_err(|error| broken(&error))?;
                // Trailers say nothing that is needed here.
                if let Ok(data) = frame.into_data() {
                    return Ok(Some(data));
                }
            }
            self.give_back();
            Ok(None)
        })
    }
}

fn outgoing(request: Request) -> Result<hyper::Request<Full<Bytes>>, TransportError> {
    let method = match request.method {
        Method::Get => hyper::Method::GET,
        Method::Post => hyper::Method::POST,
        Method::Put => hyper::Method::PUT,
    };
    let mut outgoing = hyper::Request::new(Full::from(request.body.unwrap_or_default()));
    *outgoing.method_mut() = method;
    *outgoing.uri_mut() = request.url[Position::BeforePath..Position::AfterQuery]
        .parse()
        .map_err(|_| TransportError::Broken("the URL can't be sent".to_owned()))?;
    let headers = outgoing.headers_mut();
    append(headers, HOST, host(&request.url))?;
    append(headers, ACCEPT, "*/*")?;
    for (name, value) in request.headers {
        let header = HeaderName::from_bytes(name.as_bytes()).map_err(|_| unsendable(&name))?;
        append(headers, header, &value)?;
    }
    Ok(outgoing)
}

/// The origin without its scheme: a port stands in it where it isn't the scheme's own.
fn host(url: &Url) -> &str {
    &url[Position::BeforeHost..Position::AfterPort]
}

fn append(headers: &mut HeaderMap, name: HeaderName, value: &str) -> Result<(), TransportError> {
    let value = HeaderValue::from_str(value).map_err(|_| unsendable(name.as_str()))?;
    headers.append(name, value);
    Ok(())
}

fn unsendable(header: &str) -> TransportError {
    TransportError::Broken(format!("the header {header:?} can't be sent"))
}

/// The innermost cause is the one that tells something.
fn broken(error: &hyper::Error) -> TransportError {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        text = error.to_string();
        cause = error.source();
    }
    TransportError::Broken(text)
}

#[cfg(test)]
mod tests;
