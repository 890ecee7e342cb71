//! A private key of one of the kinds that devices verify.

use std::fmt;

use clap::ValueEnum;
use ed25519_dalek::SigningKey as Ed25519Key;
use ed25519_dalek::pkcs8::KeypairBytes;
use live_updater::SignatureAlgorithm;
use p256::elliptic_curve::Generate;
use p256::pkcs8::{DecodePrivateKey, EncodePrivateKey, EncodePublicKey, LineEnding};
use rsa::RsaPrivateKey;
use rsa::pkcs1::DecodeRsaPrivateKey;
use rsa::pkcs8::{DecodePrivateKey as _, EncodePrivateKey as _, EncodePublicKey as _};
use rsa::rand_core::{OsRng, RngCore};

/// The kinds of keys.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum KeyKind {
    /// Ed25519: small, fast, and without choices that could be wrong
    Ed25519,
    /// ECDSA on P-256
    P256,
    /// RSA, for servers that sign with nothing else
    Rsa,
}

/// A private key. Its `Debug` doesn't show it.
pub(crate) enum PrivateKey {
    Ed25519(Ed25519Key),
    P256(p256::SecretKey),
    Rsa(Box<RsaPrivateKey>),
}

impl PrivateKey {
    /// Makes a key; `rsa_bits` matters to RSA only.
    pub(crate) fn generate(kind: KeyKind, rsa_bits: usize) -> Result<Self, String> {
        match kind {
            KeyKind::Ed25519 => {
                let mut seed = [0; 32];
                OsRng
                    .try_fill_bytes(&mut seed)
                    .map_err(|error| format!("the system has no random numbers: {error}"))?;
                Ok(Self::Ed25519(Ed25519Key::from_bytes(&seed)))
            }
            KeyKind::P256 => p256::SecretKey::try_generate()
                .map(Self::P256)
                .map_err(|error| format!("the system has no random numbers: {error}")),
            KeyKind::Rsa => RsaPrivateKey::new(&mut OsRng, rsa_bits)
                .map(|key| Self::Rsa(Box::new(key)))
                .map_err(|error| error.to_string()),
        }
    }

    /// Reads PKCS#8, SEC1 (`EC PRIVATE KEY`) or PKCS#1 (`RSA PRIVATE KEY`).
    pub(crate) fn from_pem(text: &str) -> Result<Self, String> {
        const BEGIN: &str = "-----BEGIN ";
        // `openssl ecparam -genkey` writes the curve's parameters first.
        let (label, pem) = text
            .match_indices(BEGIN)
            .filter_map(|(start, _)| {
                let pem = text.get(start..)?;
                let label = pem.strip_prefix(BEGIN)?.split_once("-----")?.0;
                Some((label, pem))
            })
            .find(|(label, _)| *label != "EC PARAMETERS")
            .ok_or("not a private key in PEM")?;
        match label {
            "PRIVATE KEY" => Self::from_pkcs8(pem),
            "EC PRIVATE KEY" => p256::SecretKey::from_sec1_pem(pem)
                .map(Self::P256)
                .map_err(|_| "not a private key on P-256".to_owned()),
            "RSA PRIVATE KEY" => RsaPrivateKey::from_pkcs1_pem(pem)
                .map(|key| Self::Rsa(Box::new(key)))
                .map_err(|_| "the RSA private key is damaged".to_owned()),
            "ENCRYPTED PRIVATE KEY" => Err(
                "the key is encrypted: decrypt it with `openssl pkey -in KEY -out PLAIN` first"
                    .to_owned(),
            ),
            label if label.ends_with("PUBLIC KEY") => {
                Err("this is a public key: signing takes the private one".to_owned())
            }
            label => Err(format!(
                "a {label:?} is no private key that signs bundles here"
            )),
        }
    }

    /// PKCS#8 in PEM. Ed25519 is written without the public key that the format may hold
    /// (RFC 5958), since OpenSSL 3 doesn't read it with one.
    pub(crate) fn to_pem(&self) -> Result<String, String> {
        let pem = match self {
            Self::Ed25519(key) => KeypairBytes {
                secret_key: key.to_bytes(),
                public_key: None,
            }
            .to_pkcs8_pem(LineEnding::LF)
            .map(|pem| pem.to_string())
            .ok(),
            Self::P256(key) => key
                .to_pkcs8_pem(LineEnding::LF)
                .map(|pem| pem.to_string())
                .ok(),
            Self::Rsa(key) => key
                .to_pkcs8_pem(LineEnding::LF)
                .map(|pem| pem.to_string())
                .ok(),
        };
        pem.ok_or_else(|| "the private key can't be written as PEM".to_owned())
    }

    /// The public key as SPKI in PEM.
    pub(crate) fn to_public_pem(&self) -> Result<String, String> {
        let pem = match self {
            Self::Ed25519(key) => key.verifying_key().to_public_key_pem(LineEnding::LF).ok(),
            Self::P256(key) => key.public_key().to_public_key_pem(LineEnding::LF).ok(),
            Self::Rsa(key) => key.to_public_key().to_public_key_pem(LineEnding::LF).ok(),
        };
        pem.ok_or_else(|| "the public key can't be written as PEM".to_owned())
    }

    /// What it signs with unless told otherwise.
    pub(crate) fn default_algorithm(&self) -> SignatureAlgorithm {
        match self {
            Self::Ed25519(_) => SignatureAlgorithm::Ed25519,
            Self::P256(_) => SignatureAlgorithm::EcdsaP256Sha256,
            Self::Rsa(_) => SignatureAlgorithm::RsaPkcs1Sha256,
        }
    }

    fn from_pkcs8(pem: &str) -> Result<Self, String> {
        if let Ok(key) = Ed25519Key::from_pkcs8_pem(pem) {
            return Ok(Self::Ed25519(key));
        }
        if let Ok(key) = p256::SecretKey::from_pkcs8_pem(pem) {
            return Ok(Self::P256(key));
        }
        RsaPrivateKey::from_pkcs8_pem(pem)
            .map(|key| Self::Rsa(Box::new(key)))
            .map_err(|_| {
                "the private key is damaged, or is not Ed25519, EC P-256 or RSA".to_owned()
            })
    }
}

impl fmt::Debug for PrivateKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("PrivateKey")
            .field("algorithm", &self.default_algorithm())
            .finish_non_exhaustive()
    }
}
