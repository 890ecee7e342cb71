//! TLS with an authority of the server's own, and certificates that must be refused.

#![expect(clippy::unwrap_used, reason = "a test that can't go on fails")]

#[expect(dead_code, reason = "other tests use the rest of it")]
mod support;

use std::sync::Arc;

use mock_update_server::{MockServer, TlsCertificate};
use rustls::{CertificateError, ClientConfig, RootCertStore};
use rustls_pki_types::{CertificateDer, ServerName, pem::PemObject};
use support::{BUNDLE, Ended, folder, read_up_to, receive, receive_head, send};
use tokio::net::TcpStream;
use tokio_rustls::{TlsConnector, client::TlsStream};

async fn connect(server: &MockServer, name: &str) -> Result<TlsStream<TcpStream>, rustls::Error> {
    let ca = CertificateDer::from_pem_slice(server.ca_pem().unwrap().as_bytes()).unwrap();
    let mut roots = RootCertStore::empty();
    roots.add(ca).unwrap();
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let config = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_root_certificates(roots)
        .with_no_client_auth();
    let stream = TcpStream::connect(server.addr()).await.unwrap();
    let name = ServerName::try_from(name.to_owned()).unwrap();
    TlsConnector::from(Arc::new(config))
        .connect(name, stream)
        .await
        .map_err(|error| error.into_inner().unwrap().downcast_ref().cloned().unwrap())
}

async fn server(folder: &tempfile::TempDir, certificate: TlsCertificate) -> MockServer {
    let builder = MockServer::builder(folder.path()).tls(certificate);
    builder.start().await.unwrap()
}

#[tokio::test]
async fn a_client_that_trusts_the_authority_is_served() {
    let (folder, bytes) = folder(300_000);
    let server = server(&folder, TlsCertificate::Valid).await;
    assert!(server.url().starts_with("https://127.0.0.1:"));

    for name in ["localhost", "127.0.0.1", "::1"] {
        let mut stream = connect(&server, name).await.unwrap();
        send(&mut stream, "GET", BUNDLE, &[], "").await;
        assert_eq!(receive(&mut stream, "GET").await.body, bytes, "{name}");
    }
}

#[tokio::test]
async fn the_certificate_is_for_further_hosts_too() {
    let (folder, _) = folder(10);
    let server = MockServer::builder(folder.path())
        .tls(TlsCertificate::Valid)
        .tls_host("192.168.1.20")
        .tls_host("laptop.test")
        .start()
        .await
        .unwrap();
    for name in ["localhost", "127.0.0.1", "192.168.1.20", "laptop.test"] {
        connect(&server, name).await.unwrap();
    }
    let other = connect(&server, "192.168.1.21").await.map(drop);
    assert!(other.is_err(), "{other:?}");

    let builder = MockServer::builder(folder.path()).tls(TlsCertificate::Valid);
    assert!(builder.tls_host("ünï").start().await.is_err());
}

#[tokio::test]
async fn bad_certificates_are_bad_for_the_reason_they_name() {
    let (folder, _) = folder(10);
    for (certificate, reason) in [
        (TlsCertificate::Expired, "Expired"),
        (TlsCertificate::WrongName, "NotValidForName"),
        (TlsCertificate::SelfSigned, "UnknownIssuer"),
    ] {
        let server = server(&folder, certificate).await;
        match connect(&server, "127.0.0.1").await.map(drop) {
            Err(rustls::Error::InvalidCertificate(error)) => assert_reason(&error, reason),
            other => panic!("{certificate:?}: {other:?}"),
        }
    }
}

fn assert_reason(error: &CertificateError, reason: &str) {
    assert!(format!("{error:?}").starts_with(reason), "{error:?}");
}

#[tokio::test]
async fn a_cut_and_a_reset_let_the_bytes_before_them_through() {
    let (folder, bytes) = folder(300_000);
    let server = MockServer::builder(folder.path())
        .tls(TlsCertificate::Valid)
        .allow_request_faults(true)
        .start()
        .await
        .unwrap();

    for (fault, expected) in [
        ("cut=200000", Ended::Closed),
        ("reset=200000", Ended::Reset),
    ] {
        let mut stream = connect(&server, "localhost").await.unwrap();
        send(&mut stream, "GET", BUNDLE, &[("x-mock-fault", fault)], "").await;
        receive_head(&mut stream).await;
        let mut body = Vec::new();
        let ended = read_up_to(&mut stream, &mut body, bytes.len()).await;
        assert_eq!(ended, Some(expected));
        assert_eq!(body, bytes[..200_000]);
    }
}

#[tokio::test]
async fn a_foreign_certificate_can_stand_behind_the_own_one() {
    let (folder, _) = folder(10);
    let foreign = server(&folder, TlsCertificate::Valid).await;
    let server = MockServer::builder(folder.path())
        .tls(TlsCertificate::Valid)
        .append_to_chain(foreign.ca_pem().unwrap())
        .start()
        .await
        .unwrap();

    let stream = connect(&server, "localhost").await.unwrap();

    let shown = stream.get_ref().1.peer_certificates().unwrap();
    let pem = foreign.ca_pem().unwrap().as_bytes();
    assert_eq!(shown.len(), 2);
    assert_eq!(shown[1], CertificateDer::from_pem_slice(pem).unwrap());
    assert_ne!(server.ca_pin(), foreign.ca_pin());
    assert!(server.certificate_pin().unwrap().starts_with("sha256/"));
}
