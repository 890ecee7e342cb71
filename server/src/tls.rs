//! HTTPS, where no proxy in front does it.

use std::fmt;
use std::sync::Arc;

use rustls::ServerConfig;
use rustls_pki_types::pem::{self, PemObject as _};
use rustls_pki_types::{CertificateDer, PrivateKeyDer};

/// A certificate and its key.
#[derive(Clone)]
pub struct Tls(pub(crate) Arc<ServerConfig>);

impl Tls {
    /// Reads a chain of certificates, the server's own first, and the key of that one (PEM both).
    ///
    /// # Errors
    ///
    /// Where one of them can't be read, or they don't belong together.
    pub fn from_pem(certificates: &str, key: &str) -> Result<Self, TlsError> {
        let chain = CertificateDer::pem_slice_iter(certificates.as_bytes())
            .collect::<Result<Vec<_>, _>>()
            .map_err(TlsError::Certificate)?;
        let key = PrivateKeyDer::from_pem_slice(key.as_bytes()).map_err(TlsError::Key)?;
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let mut config = ServerConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .and_then(|builder| builder.with_no_client_auth().with_single_cert(chain, key))
            .map_err(TlsError::Rejected)?;
        config.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
        Ok(Self(Arc::new(config)))
    }
}

/// Trusts the public authorities, and those of `roots` (PEM) beside them.
#[cfg(any(feature = "postgres", feature = "s3"))]
pub(crate) fn client(roots: Option<&str>) -> Result<Arc<rustls::ClientConfig>, TlsError> {
    let mut trusted = rustls::RootCertStore::empty();
    trusted.extend(webpki_roots::TLS_SERVER_ROOTS.iter().cloned());
    for root in CertificateDer::pem_slice_iter(roots.unwrap_or_default().as_bytes()) {
        let root = root.map_err(TlsError::Certificate)?;
        trusted.add(root).map_err(TlsError::Rejected)?;
    }
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let config = rustls::ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .map_err(TlsError::Rejected)?;
    let config = config.with_root_certificates(trusted).with_no_client_auth();
    Ok(Arc::new(config))
}

impl fmt::Debug for Tls {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Tls(…)")
    }
}

/// Why a certificate or its key can't be used.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum TlsError {
    /// The certificates aren't PEM.
    #[error("the certificate can't be read: {0}")]
    Certificate(#[source] pem::Error),
    /// The key isn't PEM.
    #[error("the key can't be read: {0}")]
    Key(#[source] pem::Error),
    /// They don't belong together, or are of an unknown kind.
    #[error("certificate and key can't be used: {0}")]
    Rejected(#[source] rustls::Error),
}
