use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, IsCa, KeyPair, PublicKeyData};
use rustls::crypto::CryptoProvider;
use rustls::crypto::ring::kx_group::{SECP256R1, SECP384R1, X25519};
use rustls::{ServerConfig, SupportedProtocolVersion};
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::net::TcpListener;
use tokio::sync::mpsc;
use tokio_rustls::TlsAcceptor;
use url::Url;

use super::*;

/// Answers each connection's only request with the same bytes, and tells what was asked.
struct Server {
    url: Url,
    heads: mpsc::UnboundedReceiver<String>,
    task: tokio::task::JoinHandle<()>,
}

impl Server {
    async fn start(tls: Option<TlsAcceptor>, answer: &'static str) -> Self {
        let listener = TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let scheme = if tls.is_some() { "https" } else { "http" };
        let url = Url::parse(&format!("{scheme}://localhost:{port}/a?key=q1")).unwrap();
        let (sender, heads) = mpsc::unbounded_channel();
        let task = tokio::spawn(async move {
            while let Ok((socket, _)) = listener.accept().await {
                match &tls {
                    None => serve(socket, &sender, answer).await,
                    Some(tls) => {
                        if let Ok(stream) = tls.accept(socket).await {
                            serve(stream, &sender, answer).await;
                        }
                    }
                }
            }
        });
        Self { url, heads, task }
    }

    fn request(&self) -> Request {
        Request::new(Method::Get, self.url.clone())
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.task.abort();
    }
}

async fn serve(
    mut stream: impl AsyncRead + AsyncWrite + Unpin,
    heads: &mpsc::UnboundedSender<String>,
    answer: &str,
) {
    let Some(head) = read_head(&mut stream).await else {
        return;
    };
    heads.send(head).unwrap();
    stream.write_all(answer.as_bytes()).await.unwrap();
    // The client may be gone by now.
    let _ = stream.shutdown().await;
}

/// Nothing where the client has left.
async fn read_head(stream: &mut (impl AsyncRead + Unpin)) -> Option<String> {
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        head.push(stream.read_u8().await.ok()?);
    }
    Some(String::from_utf8(head).unwrap())
}

async fn whole_body(mut response: Response) -> Result<Vec<u8>, TransportError> {
    let mut body = Vec::new();
    while let Some(chunk) = response.body.chunk().await? {
        body.extend_from_slice(&chunk);
    }
    Ok(body)
}

#[tokio::test]
async fn a_request_goes_out_as_it_is_and_the_answer_comes_in_as_it_is() {
    let mut server = Server::start(
        None,
        "HTTP/1.1 206 Partial Content\r\nETag: \"1\"\r\nX-Two: a\r\nx-two: b\r\n\
         Content-Encoding: gzip\r\nContent-Length: 5\r\n\r\nhello",
    )
    .await;
    let request = server.request().header("range", "bytes=7-");
    let transport = HttpTransport::builder().build();
    let response = transport.send(request).await.unwrap();
    assert_eq!(response.status, 206);
    assert_eq!(response.header("etag"), Some("\"1\""));
    let twice = response.headers.iter().filter(|(name, _)| name == "x-two");
    assert_eq!(twice.count(), 2);
    assert_eq!(whole_body(response).await.unwrap(), b"hello", "not decoded");
    let head = server.heads.recv().await.unwrap().to_ascii_lowercase();
    assert!(head.starts_with("get /a?key=q1 http/1.1\r\n"), "{head}");
    assert!(head.contains("range: bytes=7-\r\n"), "{head}");
    for own in ["accept-encoding", "cookie", "referer", "user-agent"] {
        assert!(!head.contains(own), "{head}");
    }
}

#[tokio::test]
async fn the_roots_are_read_when_tls_needs_them() {
    let identity = identity();
    let plain = Server::start(None, HELLO).await;
    let encrypted = Server::start(Some(identity.acceptor), HELLO).await;
    let transport = HttpTransport::builder().build();
    transport.send(plain.request()).await.unwrap();
    assert!(!transport.connector.has_read_roots());
    transport.send(encrypted.request()).await.unwrap_err();
    assert!(transport.connector.has_read_roots());
}

#[tokio::test]
async fn a_redirect_is_an_answer_and_no_cookie_is_kept() {
    let mut server = Server::start(
        None,
        "HTTP/1.1 302 Found\r\nLocation: /b\r\nSet-Cookie: a=b\r\nContent-Length: 0\r\n\
         Connection: close\r\n\r\n",
    )
    .await;
    let transport = HttpTransport::builder().build();
    for _ in 0..2 {
        let response = transport.send(server.request()).await.unwrap();
        assert_eq!(response.status, 302);
        let head = server.heads.recv().await.unwrap().to_ascii_lowercase();
        assert!(!head.contains("cookie"), "{head}");
    }
}

#[tokio::test]
async fn a_body_that_ends_too_early_is_broken() {
    let server = Server::start(None, "HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nhello").await;
    let transport = HttpTransport::builder().build();
    let mut response = transport.send(server.request()).await.unwrap();
    assert_eq!(&response.body.chunk().await.unwrap().unwrap()[..], b"hello");
    let error = response.body.chunk().await.unwrap_err();
    assert!(matches!(error, TransportError::Broken(_)), "{error:?}");
}

#[tokio::test]
async fn a_refused_connection_is_told_without_the_query() {
    let listener = TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
    let port = listener.local_addr().unwrap().port();
    drop(listener);
    let url = Url::parse(&format!("http://127.0.0.1:{port}/a?key=q1")).unwrap();
    let transport = HttpTransport::builder().build();
    let error = transport
        .send(Request::new(Method::Get, url))
        .await
        .unwrap_err();
    assert!(matches!(error, TransportError::Connect(_)), "{error:?}");
    assert!(!format!("{error:?}").contains("q1"), "{error:?}");
}

#[tokio::test]
async fn a_header_that_cannot_be_sent_is_an_error() {
    let transport = HttpTransport::builder().build();
    let request = Request::new(Method::Get, Url::parse("http://127.0.0.1:9/").unwrap());
    let error = transport.send(request.header("a", "b\r\nc: d")).await;
    assert!(matches!(error, Err(TransportError::Broken(_))), "{error:?}");
}

struct Identity {
    authority: CertifiedIssuer<'static, KeyPair>,
    key: KeyPair,
    acceptor: TlsAcceptor,
}

fn identity() -> Identity {
    identity_with(
        rustls::crypto::ring::default_provider(),
        rustls::ALL_VERSIONS,
    )
}

/// A server that has only this cryptography.
fn identity_with(
    provider: CryptoProvider,
    versions: &[&'static SupportedProtocolVersion],
) -> Identity {
    let mut params = CertificateParams::new(Vec::new()).unwrap();
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    let authority = CertifiedIssuer::self_signed(params, KeyPair::generate().unwrap()).unwrap();
    let key = KeyPair::generate().unwrap();
    let certificate = CertificateParams::new(vec!["localhost".to_owned()])
        .unwrap()
        .signed_by(&key, &authority)
        .unwrap();
    let config = ServerConfig::builder_with_provider(Arc::new(provider))
        .with_protocol_versions(versions)
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(
            vec![certificate.der().clone()],
            key.serialize_der().try_into().unwrap(),
        )
        .unwrap();
    Identity {
        authority,
        key,
        acceptor: TlsAcceptor::from(Arc::new(config)),
    }
}

const HELLO: &str = "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello";

#[tokio::test]
async fn tls_works_with_a_configured_root_and_only_then() {
    let identity = identity();
    let server = Server::start(Some(identity.acceptor), HELLO).await;
    let roots = RootCertificates::from_pem(&identity.authority.pem()).unwrap();
    let trusting = HttpTransport::builder().root_certificates(roots).build();
    let response = trusting.send(server.request()).await.unwrap();
    assert_eq!(whole_body(response).await.unwrap(), b"hello");
    let others = HttpTransport::builder().build();
    let error = others.send(server.request()).await.unwrap_err();
    assert!(matches!(error, TransportError::Connect(_)), "{error:?}");
    assert!(error.to_string().contains("certificate"), "{error}");
}

#[tokio::test]
async fn tls_works_with_each_version_and_each_way_to_agree_on_a_key() {
    for version in rustls::ALL_VERSIONS {
        for group in [X25519, SECP256R1, SECP384R1] {
            let provider = CryptoProvider {
                kx_groups: vec![group],
                ..rustls::crypto::ring::default_provider()
            };
            let identity = identity_with(provider, &[version]);
            let server = Server::start(Some(identity.acceptor), HELLO).await;
            let roots = RootCertificates::from_pem(&identity.authority.pem()).unwrap();
            let transport = HttpTransport::builder().root_certificates(roots).build();
            let response = transport.send(server.request()).await.unwrap();
            assert_eq!(whole_body(response).await.unwrap(), b"hello", "{group:?}");
        }
    }
}

#[tokio::test]
async fn tls_asks_for_a_pinned_key() {
    let identity = identity();
    let server = Server::start(Some(identity.acceptor), HELLO).await;
    let roots = RootCertificates::from_pem(&identity.authority.pem()).unwrap();
    let pinned_to = |pin| {
        let builder = HttpTransport::builder().root_certificates(roots.clone());
        builder.pins([pin]).build()
    };
    let right = SpkiPin::of(&identity.key.subject_public_key_info());
    let response = pinned_to(right).send(server.request()).await.unwrap();
    assert_eq!(whole_body(response).await.unwrap(), b"hello");
    let wrong = SpkiPin::of(b"another key");
    let error = pinned_to(wrong).send(server.request()).await.unwrap_err();
    assert!(error.to_string().contains("pinned"), "{error}");
}

/// Answers every request on every connection, `per_connection` times each, and counts connections.
async fn lasting_server(per_connection: usize) -> (Url, Arc<AtomicUsize>) {
    let listener = TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
    let port = listener.local_addr().unwrap().port();
    let connections = Arc::new(AtomicUsize::new(0));
    let counted = Arc::clone(&connections);
    tokio::spawn(async move {
        while let Ok((mut socket, _)) = listener.accept().await {
            counted.fetch_add(1, Ordering::SeqCst);
            for _ in 0..per_connection {
                if read_head(&mut socket).await.is_none() {
                    break;
                }
                // The client may be gone by now.
                let _ = socket.write_all(HELLO.as_bytes()).await;
            }
        }
    });
    let url = Url::parse(&format!("http://127.0.0.1:{port}/")).unwrap();
    (url, connections)
}

#[tokio::test]
async fn a_connection_is_used_again_when_its_answer_was_read() {
    let (url, connections) = lasting_server(usize::MAX).await;
    let transport = HttpTransport::builder().build();
    for _ in 0..5 {
        let request = Request::new(Method::Get, url.clone());
        let response = transport.send(request).await.unwrap();
        assert_eq!(whole_body(response).await.unwrap(), b"hello");
    }
    assert_eq!(connections.load(Ordering::SeqCst), 1);
}

#[tokio::test]
async fn a_connection_that_the_server_has_left_is_replaced() {
    let (url, connections) = lasting_server(1).await;
    let transport = HttpTransport::builder().build();
    for _ in 0..5 {
        let request = Request::new(Method::Get, url.clone());
        let response = transport.send(request).await.unwrap();
        assert_eq!(whole_body(response).await.unwrap(), b"hello");
        // The end of the connection is on its way: wait until the pool has seen it.
        transport.pool.until_empty().await;
    }
    assert_eq!(connections.load(Ordering::SeqCst), 5);
}

#[tokio::test]
async fn an_answer_that_is_dropped_closes_its_connection() {
    let listener = TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
    let url = format!("http://{}/", listener.local_addr().unwrap());
    let transport = HttpTransport::builder().build();
    let request = Request::new(Method::Get, url.parse().unwrap());
    let server = async {
        let (mut socket, _) = listener.accept().await.unwrap();
        read_head(&mut socket).await.unwrap();
        let endless = "HTTP/1.1 200 OK\r\nContent-Length: 999999999\r\n\r\n";
        socket.write_all(endless.as_bytes()).await.unwrap();
        socket
    };
    let (response, mut socket) = tokio::join!(transport.send(request), server);
    drop(response.unwrap());
    // It gets only so far with a client that has left.
    let bytes = [0; 64 * 1024];
    while socket.write_all(&bytes).await.is_ok() {}
}
