//! New connections: name lookup, TCP, TLS.

use std::io;
use std::net::SocketAddr;
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use bytes::Bytes;
use http_body_util::Full;
use hyper::client::conn::http1::{self, SendRequest};
use hyper_util::rt::TokioIo;
use rustls_pki_types::ServerName;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::{TcpStream, lookup_host};
use tokio::task::JoinSet;
use tokio::time::{sleep, timeout};
use tokio_rustls::TlsConnector;
use url::{Host, Url};

use crate::transport::TransportError;
use crate::transport::pin::SpkiPin;
use crate::transport::tls::{RootCertificates, client_config};

/// RFC 8305, section 8: the recommended delay before the next address is tried as well.
const NEXT_ADDRESS_AFTER: Duration = Duration::from_millis(250);

pub(super) type Connection = SendRequest<Full<Bytes>>;

/// What a connection leads to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Origin {
    is_tls: bool,
    host: Host,
    port: u16,
}

impl Origin {
    pub(super) fn of(url: &Url) -> Result<Self, TransportError> {
        let refused = |problem: &str| TransportError::Connect(problem.to_owned());
        let is_tls = match url.scheme() {
            "https" => true,
            "http" => false,
            _ => return Err(refused("neither https nor http")),
        };
        let host = url.host().ok_or_else(|| refused("the URL names no host"))?;
        let port = url.port_or_known_default();
        Ok(Self {
            is_tls,
            host: host.to_owned(),
            port: port.ok_or_else(|| refused("the URL names no port"))?,
        })
    }

    async fn addresses(&self) -> io::Result<Vec<SocketAddr>> {
        Ok(match &self.host {
            Host::Ipv4(address) => vec![SocketAddr::from((*address, self.port))],
            Host::Ipv6(address) => vec![SocketAddr::from((*address, self.port))],
            Host::Domain(name) => lookup_host((&**name, self.port)).await?.collect(),
        })
    }

    fn server_name(&self) -> io::Result<ServerName<'static>> {
        Ok(match &self.host {
            Host::Ipv4(address) => ServerName::IpAddress((*address).into()),
            Host::Ipv6(address) => ServerName::IpAddress((*address).into()),
            Host::Domain(name) => ServerName::try_from(name.clone()).map_err(io::Error::other)?,
        })
    }
}

/// Makes connections.
pub(super) struct Connector {
    roots: RootCertificates,
    pins: Vec<SpkiPin>,
    timeout: Duration,
    tls: OnceLock<Result<TlsConnector, String>>,
}

impl Connector {
    pub(super) fn new(roots: RootCertificates, pins: Vec<SpkiPin>, timeout: Duration) -> Self {
        Self {
            roots,
            pins,
            timeout,
            tls: OnceLock::new(),
        }
    }

    pub(super) async fn connect(&self, origin: &Origin) -> Result<Connection, TransportError> {
        match timeout(self.timeout, self.open(origin)).await {
            Ok(Ok(connection)) => Ok(connection),
            Ok(Err(error)) => Err(TransportError::Connect(error.to_string())),
            Err(_) => Err(TransportError::Timeout),
        }
    }

    async fn open(&self, origin: &Origin) -> io::Result<Connection> {
        let stream = connect_any(origin.addresses().await?).await?;
        stream.set_nodelay(true)?;
        if !origin.is_tls {
            return speak(Box::new(stream)).await;
        }
        let stream = self.tls()?.connect(origin.server_name()?, stream).await?;
        speak(Box::new(stream)).await
    }

    fn tls(&self) -> io::Result<&TlsConnector> {
        let connector = || {
            let config = client_config(&self.roots, &self.pins);
            config
                .map(|config| TlsConnector::from(Arc::new(config)))
                .map_err(|error| error.to_string())
        };
        let tls = self.tls.get_or_init(connector).as_ref();
        tls.map_err(|problem| io::Error::other(problem.clone()))
    }

    #[cfg(test)]
    pub(super) fn has_read_roots(&self) -> bool {
        self.tls.get().is_some()
    }
}

impl std::fmt::Debug for Connector {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Connector")
            .field("pins", &self.pins)
            .field("timeout", &self.timeout)
            .finish_non_exhaustive()
    }
}

/// The first of `addresses` that answers. Phones often have an IPv6 address that leads nowhere:
/// an address gets a head start on the next one, and no more.
async fn connect_any(addresses: Vec<SocketAddr>) -> io::Result<TcpStream> {
    let mut waiting = alternating(addresses).into_iter().peekable();
    let mut attempts = JoinSet::new();
    let mut failure = io::Error::new(io::ErrorKind::NotFound, "the name has no address");
    loop {
        match waiting.next() {
            Some(address) => drop(attempts.spawn(TcpStream::connect(address))),
            None if attempts.is_empty() => return Err(failure),
            None => {}
        }
        tokio::select! {
            Some(attempt) = attempts.join_next() => match attempt {
                Ok(Ok(stream)) => return Ok(stream),
                Ok(Err(error)) => failure = error,
                Err(error) => failure = io::Error::other(error),
            },
            () = sleep(NEXT_ADDRESS_AFTER), if waiting.peek().is_some() => {}
        }
    }
}

/// RFC 8305, section 4: the families take turns, the first one is what the system prefers.
fn alternating(addresses: Vec<SocketAddr>) -> Vec<SocketAddr> {
    let is_v6 = addresses.first().is_some_and(SocketAddr::is_ipv6);
    let (preferred, other): (Vec<_>, Vec<_>) = addresses
        .into_iter()
        .partition(|address| address.is_ipv6() == is_v6);
    let mut other = other.into_iter();
    let mut ordered = Vec::new();
    for address in preferred {
        ordered.push(address);
        ordered.extend(other.next());
    }
    ordered.extend(other);
    ordered
}

/// Bytes, with or without TLS: one kind, so that hyper is compiled for one.
trait Stream: AsyncRead + AsyncWrite + Send + Unpin {}

impl<S: AsyncRead + AsyncWrite + Send + Unpin> Stream for S {}

async fn speak(stream: Box<dyn Stream>) -> io::Result<Connection> {
    let (sender, connection) = http1::handshake(TokioIo::new(stream))
        .await
        .map_err(io::Error::other)?;
    // It ends with the sender and the answer's body. What goes wrong is told to these.
    tokio::spawn(async move { drop(connection.await) });
    Ok(sender)
}

#[cfg(test)]
mod tests {
    use std::net::{Ipv4Addr, Ipv6Addr};

    use tokio::net::TcpListener;

    use super::*;

    #[test]
    fn families_take_turns_and_the_systems_choice_goes_first() {
        let v4 = |last| SocketAddr::from((Ipv4Addr::new(192, 0, 2, last), 1));
        let v6 = |last| SocketAddr::from((Ipv6Addr::new(0x2001, 0xdb8, 0, 0, 0, 0, 0, last), 1));
        assert_eq!(
            alternating(vec![v6(1), v6(2), v6(3), v4(1), v4(2)]),
            [v6(1), v4(1), v6(2), v4(2), v6(3)]
        );
        assert_eq!(
            alternating(vec![v4(1), v6(1), v6(2)]),
            [v4(1), v6(1), v6(2)]
        );
        assert_eq!(alternating(Vec::new()), []);
    }

    #[tokio::test]
    async fn an_address_that_refuses_is_no_reason_to_give_up_the_next() {
        let gone = TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
        let refuses = gone.local_addr().unwrap();
        drop(gone);
        let listener = TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
        let listens = listener.local_addr().unwrap();
        let stream = connect_any(vec![refuses, listens]).await.unwrap();
        assert_eq!(stream.peer_addr().unwrap(), listens);
        assert!(connect_any(vec![refuses]).await.is_err());
        assert!(connect_any(Vec::new()).await.is_err());
    }

    #[test]
    fn an_origin_is_scheme_host_and_port() {
        let origin = |url: &str| Origin::of(&url.parse().unwrap()).unwrap();
        assert_eq!(
            origin("https://a.example/b?c"),
            origin("https://a.example:443/")
        );
        assert_ne!(
            origin("https://a.example/"),
            origin("http://a.example:443/")
        );
        assert_ne!(origin("https://a.example/"), origin("https://b.example/"));
        assert!(Origin::of(&"ftp://a.example/".parse().unwrap()).is_err());
    }
}
