//! Public keys that a server has to be known by.

use std::fmt;
use std::str::FromStr;
use std::sync::Arc;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use rustls::client::WebPkiServerVerifier;
use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::crypto::CryptoProvider;
use rustls::{DigitallySignedStruct, RootCertStore, SignatureScheme};
use rustls_pki_types::{CertificateDer, ServerName, UnixTime};
use sha2::{Digest, Sha256};
use webpki::{EndEntityCert, KeyUsage, VerifiedPath};

/// The SHA-256 of a public key (its `SubjectPublicKeyInfo` in DER). It is written as `sha256/`
/// and standard Base64, as other HTTP clients write it.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct SpkiPin([u8; 32]);

impl SpkiPin {
    /// The pin of a `SubjectPublicKeyInfo` in DER.
    pub fn of(spki: &[u8]) -> Self {
        Self(Sha256::digest(spki).into())
    }
}

impl FromStr for SpkiPin {
    type Err = ParsePinError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        text.strip_prefix("sha256/")
            .and_then(|digest| STANDARD.decode(digest).ok())
            .and_then(|digest| digest.try_into().ok())
            .map(Self)
            .ok_or(ParsePinError)
    }
}

impl fmt::Display for SpkiPin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "sha256/{}", STANDARD.encode(self.0))
    }
}

impl fmt::Debug for SpkiPin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// A text is no [`SpkiPin`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a pin is `sha256/` and the 44 Base64 characters of a SHA-256")]
#[non_exhaustive]
pub struct ParsePinError;

/// Verifies as rustls does, and then asks for a pinned key in a verified path.
///
/// The certificates as the server sent them prove nothing: anybody can append a certificate with
/// a pinned key to their own chain. So the path is built a second time, and the pins are compared
/// with what the path goes through.
#[derive(Debug)]
pub(super) struct PinnedVerifier {
    verifier: Arc<WebPkiServerVerifier>,
    roots: Arc<RootCertStore>,
    pins: Vec<SpkiPin>,
    provider: Arc<CryptoProvider>,
}

impl PinnedVerifier {
    pub(super) fn new(
        roots: RootCertStore,
        pins: Vec<SpkiPin>,
        provider: Arc<CryptoProvider>,
    ) -> Result<Self, rustls::Error> {
        let roots = Arc::new(roots);
        let verifier =
            WebPkiServerVerifier::builder_with_provider(Arc::clone(&roots), Arc::clone(&provider))
                .build()
                .map_err(|error| rustls::Error::General(error.to_string()))?;
        Ok(Self {
            verifier,
            roots,
            pins,
            provider,
        })
    }

    fn verify_pins(
        &self,
        end_entity: &CertificateDer<'_>,
        intermediates: &[CertificateDer<'_>],
        now: UnixTime,
    ) -> Result<(), webpki::Error> {
        let certificate = EndEntityCert::try_from(end_entity)?;
        // An error from here makes the search go on: another path may be a pinned one.
        let is_pinned = |path: &VerifiedPath<'_>| {
            let mut keys = path_pins(path);
            keys.any(|key| self.pins.contains(&key))
                .then_some(())
                .ok_or(webpki::Error::UnknownIssuer)
        };
        certificate
            .verify_for_usage(
                self.provider.signature_verification_algorithms.all,
                &self.roots.roots,
                intermediates,
                now,
                KeyUsage::server_auth(),
                None,
                Some(&is_pinned),
            )
            .map(|_| ())
    }
}

impl ServerCertVerifier for PinnedVerifier {
    fn verify_server_cert(
        &self,
        end_entity: &CertificateDer<'_>,
        intermediates: &[CertificateDer<'_>],
        server_name: &ServerName<'_>,
        ocsp_response: &[u8],
        now: UnixTime,
    ) -> Result<ServerCertVerified, rustls::Error> {
        let verified = self.verifier.verify_server_cert(
            end_entity,
            intermediates,
            server_name,
            ocsp_response,
            now,
        )?;
        self.verify_pins(end_entity, intermediates, now)
            .map_err(|_| rustls::Error::General(NOT_PINNED.to_owned()))?;
        Ok(verified)
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        self.verifier
            .verify_tls12_signature(message, certificate, signature)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        self.verifier
            .verify_tls13_signature(message, certificate, signature)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.verifier.supported_verify_schemes()
    }
}

const NOT_PINNED: &str = "no key of the verified certificate path is pinned";

/// The pins of all keys that a verified path goes through.
fn path_pins<'a>(path: &'a VerifiedPath<'a>) -> impl Iterator<Item = SpkiPin> + 'a {
    let end_entity = path.end_entity().subject_public_key_info();
    let anchor = sequence(&path.anchor().subject_public_key_info);
    std::iter::once(SpkiPin::of(&end_entity))
        .chain(
            path.intermediate_certificates()
                .map(|certificate| SpkiPin::of(&certificate.subject_public_key_info())),
        )
        .chain(std::iter::once(SpkiPin::of(&anchor)))
}

/// An anchor holds its key without the outer SEQUENCE of a `SubjectPublicKeyInfo`, and a pin is
/// made with it.
fn sequence(content: &[u8]) -> Vec<u8> {
    const SEQUENCE: u8 = 0x30;
    let mut encoded = vec![SEQUENCE];
    // X.690, section 8.1.3: up to 127 the length stands in one byte; beyond, the first byte
    // counts the bytes of the length.
    match u8::try_from(content.len()) {
        Ok(length) if length < 0x80 => encoded.push(length),
        _ => {
            let length = content.len().to_be_bytes();
            let digits = length.iter().copied().skip_while(|byte| *byte == 0);
            let digits: Vec<u8> = digits.collect();
            encoded.push(0x80 | digits.len() as u8);
            encoded.extend(digits);
        }
    }
    encoded.extend_from_slice(content);
    encoded
}

#[cfg(test)]
mod tests {
    use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, DnType, IsCa, KeyPair};
    use rcgen::{PublicKeyData, SigningKey};

    use super::*;

    type Authority = CertifiedIssuer<'static, KeyPair>;

    fn authority_params(name: &str) -> CertificateParams {
        let mut params = CertificateParams::new(Vec::new()).unwrap();
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        params.distinguished_name.push(DnType::CommonName, name);
        params
    }

    fn root(name: &str) -> Authority {
        let key = KeyPair::generate().unwrap();
        CertifiedIssuer::self_signed(authority_params(name), key).unwrap()
    }

    fn intermediate(name: &str, root: &Authority) -> Authority {
        let key = KeyPair::generate().unwrap();
        CertifiedIssuer::signed_by(authority_params(name), key, root).unwrap()
    }

    fn leaf(key: &impl SigningKey, issuer: &Authority) -> CertificateDer<'static> {
        let params = CertificateParams::new(vec!["localhost".to_owned()]).unwrap();
        params.signed_by(key, issuer).unwrap().der().clone()
    }

    fn pin(key: &impl PublicKeyData) -> SpkiPin {
        SpkiPin::of(&key.subject_public_key_info())
    }

    struct Chain {
        root: Authority,
        intermediate: Authority,
        leaf_key: KeyPair,
        leaf: CertificateDer<'static>,
    }

    fn chain() -> Chain {
        let root = root("root");
        let intermediate = intermediate("intermediate", &root);
        let leaf_key = KeyPair::generate().unwrap();
        let leaf = leaf(&leaf_key, &intermediate);
        Chain {
            root,
            intermediate,
            leaf_key,
            leaf,
        }
    }

    fn verify(
        chain: &Chain,
        pins: &[SpkiPin],
        sent: &[CertificateDer<'static>],
        name: &str,
    ) -> Result<(), rustls::Error> {
        let mut store = RootCertStore::empty();
        store.add(chain.root.der().clone()).unwrap();
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let verifier = PinnedVerifier::new(store, pins.to_vec(), provider).unwrap();
        let name = ServerName::try_from(name.to_owned()).unwrap();
        verifier
            .verify_server_cert(&chain.leaf, sent, &name, &[], UnixTime::now())
            .map(|_| ())
    }

    #[test]
    fn a_pin_may_name_any_key_of_the_path() {
        let chain = chain();
        let sent = [chain.intermediate.der().clone()];
        for pinned in [
            pin(&chain.leaf_key),
            pin(chain.intermediate.key()),
            pin(chain.root.key()),
        ] {
            let other = pin(&KeyPair::generate().unwrap());
            verify(&chain, &[other, pinned], &sent, "localhost").unwrap();
        }
    }

    #[test]
    fn a_path_without_a_pinned_key_is_refused() {
        let chain = chain();
        let sent = [chain.intermediate.der().clone()];
        let other = pin(&KeyPair::generate().unwrap());
        let error = verify(&chain, &[other], &sent, "localhost").unwrap_err();
        assert!(error.to_string().contains("pinned"), "{error}");
    }

    #[test]
    fn a_pinned_certificate_that_is_only_sent_along_does_not_count() {
        let chain = chain();
        let pinned_root = root("pinned");
        let pinned = intermediate("pinned intermediate", &pinned_root);
        let sent = [
            chain.intermediate.der().clone(),
            pinned.der().clone(),
            pinned_root.der().clone(),
        ];
        let pins = [pin(pinned.key()), pin(pinned_root.key())];
        verify(&chain, &pins, &sent, "localhost").unwrap_err();
    }

    #[test]
    fn a_pin_replaces_none_of_the_other_checks() {
        let chain = chain();
        let sent = [chain.intermediate.der().clone()];
        let pins = [pin(&chain.leaf_key)];
        verify(&chain, &pins, &sent, "other.example").unwrap_err();
        verify(&chain, &pins, &[], "localhost").unwrap_err();
    }

    #[test]
    fn a_pin_is_read_as_it_is_written() {
        let text = "sha256/LPJNul+wow4m6DsqxbninhsWHlwfp0JecwQzYpOLmCQ=";
        let pin: SpkiPin = text.parse().unwrap();
        assert_eq!(pin, SpkiPin::of(b"hello"));
        assert_eq!(pin.to_string(), text);
        for bad in [
            "",
            "LPJNul+wow4m6DsqxbninhsWHlwfp0JecwQzYpOLmCQ=",
            "sha1/LPJNul+wow4m6DsqxbninhsWHlw=",
            "sha256/",
            "sha256/LPJNul+wow4m6DsqxbninhsWHlwfp0JecwQzYpOLmCQ",
            "sha256/LPJNul-wow4m6DsqxbninhsWHlwfp0JecwQzYpOLmCQ=",
            "sha256/LPJNul+wow4m6DsqxbninhsWHlwfp0JecwQzYpOLmA==",
        ] {
            assert_eq!(bad.parse::<SpkiPin>(), Err(ParsePinError), "{bad:?}");
        }
    }

    #[test]
    fn a_length_takes_as_many_bytes_as_it_needs() {
        assert_eq!(sequence(&[0; 0x7f])[..2], [0x30, 0x7f]);
        assert_eq!(sequence(&[0; 0x80])[..3], [0x30, 0x81, 0x80]);
        assert_eq!(sequence(&[0; 0x1234])[..4], [0x30, 0x82, 0x12, 0x34]);
    }
}
