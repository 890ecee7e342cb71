//! TLS: whom to trust.

mod p256;
mod provider;

use std::sync::Arc;

use rustls::{ClientConfig, RootCertStore};
use rustls_pki_types::pem::PemObject;
use rustls_pki_types::{CertificateDer, TrustAnchor};

use super::pin::{PinnedVerifier, SpkiPin};

/// Root certificates that are trusted beside those of the browsers.
#[derive(Debug, Clone, Default)]
pub struct RootCertificates(Vec<TrustAnchor<'static>>);

impl RootCertificates {
    /// Reads one or more certificates in PEM. Other PEM sections are skipped.
    pub fn from_pem(pem: &str) -> Result<Self, ParseRootError> {
        let mut anchors = Vec::new();
        for certificate in CertificateDer::pem_slice_iter(pem.as_bytes()) {
            let certificate = certificate.map_err(|error| ParseRootError(error.to_string()))?;
            let anchor = webpki::anchor_from_trusted_cert(&certificate)
                .map_err(|error| ParseRootError(error.to_string()))?;
            anchors.push(anchor.to_owned());
        }
        if anchors.is_empty() {
            return Err(ParseRootError("there is no CERTIFICATE section".to_owned()));
        }
        Ok(Self(anchors))
    }

    /// Adds the certificates of `other`.
    pub fn extend(&mut self, other: Self) {
        self.0.extend(other.0);
    }
}

/// A text is no root certificate in PEM.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("not a certificate in PEM: {0}")]
pub struct ParseRootError(String);

/// TLS 1.2 and 1.3 by rustls, with ring and [`p256`] for the cryptography.
///
/// Trusted are the roots that come along and `roots`. Where there are `pins`, a key of the
/// verified path has to match one of them as well.
pub(super) fn client_config(
    roots: &RootCertificates,
    pins: &[SpkiPin],
) -> Result<ClientConfig, rustls::Error> {
    let provider = Arc::new(provider::provider());
    let mut store = RootCertStore {
        roots: webpki_roots::TLS_SERVER_ROOTS.to_vec(),
    };
    store.roots.extend(roots.0.iter().cloned());
    let builder = ClientConfig::builder_with_provider(Arc::clone(&provider))
        .with_safe_default_protocol_versions()?;
    let mut config = if pins.is_empty() {
        builder.with_root_certificates(store).with_no_client_auth()
    } else {
        let verifier = PinnedVerifier::new(store, pins.to_vec(), provider)?;
        builder
            .dangerous()
            .with_custom_certificate_verifier(Arc::new(verifier))
            .with_no_client_auth()
    };
    config.alpn_protocols = vec![b"http/1.1".to_vec()];
    Ok(config)
}

#[cfg(test)]
mod tests {
    use rcgen::{CertificateParams, KeyPair};

    use super::*;

    fn certificate() -> String {
        let params = CertificateParams::new(Vec::new()).unwrap();
        let key = KeyPair::generate().unwrap();
        params.self_signed(&key).unwrap().pem()
    }

    #[test]
    fn roots_are_read_from_pem() {
        let pem = format!("# ours\n{}\n{}", certificate(), certificate());
        assert_eq!(RootCertificates::from_pem(&pem).unwrap().0.len(), 2);
        for bad in [
            "",
            "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n",
            "-----BEGIN CERTIFICATE-----\nAAAA\n",
            &KeyPair::generate().unwrap().serialize_pem(),
        ] {
            assert!(RootCertificates::from_pem(bad).is_err(), "{bad:?}");
        }
    }
}
