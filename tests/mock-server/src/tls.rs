//! Certificates of a throw-away authority.

use std::{io, sync::Arc};

use base64::{Engine as _, engine::general_purpose::STANDARD};
use rcgen::{
    BasicConstraints, CertificateParams, DnType, ExtendedKeyUsagePurpose, IsCa, Issuer, KeyPair,
    KeyUsagePurpose, PublicKeyData, date_time_ymd,
};
use rustls::ServerConfig;
use rustls_pki_types::{CertificateDer, PrivateKeyDer, PrivatePkcs8KeyDer, pem::PemObject};
use sha2::{Digest, Sha256};

/// The certificate that a server shows.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum TlsCertificate {
    /// For `localhost`, `127.0.0.1`, `::1`, the address that the server listens on and
    /// [further hosts](crate::MockServerBuilder::tls_host), signed by the server's own authority.
    #[default]
    Valid,
    /// As the valid one, but its time is over.
    Expired,
    /// As the valid one, but for `wrong.example`.
    WrongName,
    /// For the right names, but signed by nobody but itself.
    SelfSigned,
}

/// What a TLS server shows, and what its clients need to know.
#[derive(Clone, Debug)]
pub(crate) struct Identity {
    pub(crate) config: Arc<ServerConfig>,
    pub(crate) ca_pem: String,
    pub(crate) ca_pin: String,
    pub(crate) certificate_pin: String,
}

impl Identity {
    /// Makes an authority and a certificate for this machine and `hosts`. `appended` (PEM) is
    /// shown behind the certificate, as a server would that wants to pass for the owner of another
    /// key.
    pub(crate) fn generate(
        kind: TlsCertificate,
        hosts: &[String],
        appended: &str,
    ) -> io::Result<Self> {
        let authority = Authority::generate().map_err(io::Error::other)?;
        let key = KeyPair::generate().map_err(io::Error::other)?;
        let certificate = certificate(kind, hosts, &key, &authority).map_err(io::Error::other)?;
        let certificate_pin = pin(&key);
        let mut chain = vec![certificate.der().clone()];
        for extra in CertificateDer::pem_slice_iter(appended.as_bytes()) {
            chain.push(extra.map_err(io::Error::other)?);
        }
        let key = PrivateKeyDer::Pkcs8(PrivatePkcs8KeyDer::from(key.serialize_der()));
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let config = ServerConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .and_then(|builder| builder.with_no_client_auth().with_single_cert(chain, key))
            .map_err(io::Error::other)?;
        Ok(Self {
            config: Arc::new(config),
            ca_pem: authority.pem,
            ca_pin: authority.pin,
            certificate_pin,
        })
    }
}

struct Authority {
    issuer: Issuer<'static, KeyPair>,
    pem: String,
    pin: String,
}

impl Authority {
    fn generate() -> Result<Self, rcgen::Error> {
        let mut params = CertificateParams::new(Vec::new())?;
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        params.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
        params
            .distinguished_name
            .push(DnType::CommonName, "mock update server's throw-away CA");
        let key = KeyPair::generate()?;
        Ok(Self {
            pem: params.self_signed(&key)?.pem(),
            pin: pin(&key),
            issuer: Issuer::new(params, key),
        })
    }
}

fn certificate(
    kind: TlsCertificate,
    hosts: &[String],
    key: &KeyPair,
    authority: &Authority,
) -> Result<rcgen::Certificate, rcgen::Error> {
    let own = ["localhost", "127.0.0.1", "::1"].map(str::to_owned);
    let names = match kind {
        TlsCertificate::WrongName => vec!["wrong.example".to_owned()],
        _ => [&own, hosts].concat(),
    };
    let mut params = CertificateParams::new(names)?;
    params.key_usages = vec![KeyUsagePurpose::DigitalSignature];
    params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth];
    params.use_authority_key_identifier_extension = true;
    params
        .distinguished_name
        .push(DnType::CommonName, "mock update server");
    if kind == TlsCertificate::Expired {
        params.not_before = date_time_ymd(2020, 1, 1);
        params.not_after = date_time_ymd(2021, 1, 1);
    }
    match kind {
        TlsCertificate::SelfSigned => params.self_signed(key),
        _ => params.signed_by(key, &authority.issuer),
    }
}

/// `sha256/` and the base64 of the SHA-256 of the key's SubjectPublicKeyInfo.
fn pin(key: &KeyPair) -> String {
    let digest = Sha256::digest(key.subject_public_key_info());
    format!("sha256/{}", STANDARD.encode(digest))
}
