//! A private key of one of the kinds that devices verify.

use std::fmt;
use std::path::Path;

use ed25519_dalek::SigningKey as Ed25519Key;
use ed25519_dalek::pkcs8::KeypairBytes;
use live_updater::{PublicKey, SignatureAlgorithm};
use p256::elliptic_curve::Generate;
use p256::pkcs8::{DecodePrivateKey, EncodePrivateKey, EncodePublicKey, LineEnding};
use rsa::RsaPrivateKey;
use rsa::pkcs1::DecodeRsaPrivateKey;
use rsa::pkcs8::{DecodePrivateKey as _, EncodePrivateKey as _, EncodePublicKey as _};
use rsa::rand_core::{OsRng, RngCore};
use rsa::traits::PublicKeyParts;

use super::read_text;
use crate::error::SigningError;

/// The kinds of keys.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum KeyKind {
    /// Ed25519: small, fast, and without choices that could be wrong.
    Ed25519,
    /// ECDSA on P-256.
    P256,
    /// RSA, for servers that sign with nothing else.
    Rsa {
        /// Bits of the modulus. Devices take 2048 to 8192.
        bits: usize,
    },
}

/// A private key. Its `Debug` doesn't show it.
pub struct PrivateKey(KeyMaterial);

pub(super) enum KeyMaterial {
    Ed25519(Ed25519Key),
    P256(p256::SecretKey),
    Rsa(Box<RsaPrivateKey>),
}

impl PrivateKey {
    /// Makes a key. One of RSA takes seconds.
    ///
    /// # Errors
    ///
    /// `internal`: the system has no random numbers, or RSA keys don't have so few bits.
    pub fn generate(kind: KeyKind) -> Result<Self, SigningError> {
        let material = match kind {
            KeyKind::Ed25519 => {
                let mut seed = [0; 32];
                OsRng.try_fill_bytes(&mut seed).map_err(no_random_numbers)?;
                KeyMaterial::Ed25519(Ed25519Key::from_bytes(&seed))
            }
            KeyKind::P256 => {
                KeyMaterial::P256(p256::SecretKey::try_generate().map_err(no_random_numbers)?)
            }
            KeyKind::Rsa { bits } => {
                let key = RsaPrivateKey::new(&mut OsRng, bits).map_err(|error| {
                    SigningError::KeyNotMade {
                        source: error.into(),
                    }
                })?;
                KeyMaterial::Rsa(Box::new(key))
            }
        };
        Ok(Self(material))
    }

    /// Reads PKCS#8, SEC1 (`EC PRIVATE KEY`) or PKCS#1 (`RSA PRIVATE KEY`) in PEM.
    ///
    /// # Errors
    ///
    /// The text is something else, or the key is encrypted.
    pub fn from_pem(text: &str) -> Result<Self, PrivateKeyError> {
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
            .ok_or(PrivateKeyError::NotPem)?;
        match label {
            "PRIVATE KEY" => KeyMaterial::from_pkcs8(pem),
            "EC PRIVATE KEY" => p256::SecretKey::from_sec1_pem(pem)
                .map(KeyMaterial::P256)
                .map_err(|_| PrivateKeyError::NotOnP256),
            "RSA PRIVATE KEY" => RsaPrivateKey::from_pkcs1_pem(pem)
                .map(|key| KeyMaterial::Rsa(Box::new(key)))
                .map_err(|_| PrivateKeyError::DamagedRsa),
            "ENCRYPTED PRIVATE KEY" => Err(PrivateKeyError::Encrypted),
            label if label.ends_with("PUBLIC KEY") => Err(PrivateKeyError::PublicKey),
            label => Err(PrivateKeyError::WrongBlock {
                label: label.to_owned(),
            }),
        }
        .map(Self)
    }

    /// Reads a key from a PEM file.
    ///
    /// # Errors
    ///
    /// `usage`: the file can't be read, or is no private key that signs here.
    pub fn read(path: &Path) -> Result<Self, SigningError> {
        Self::from_pem(&read_text(path)?).map_err(|error| SigningError::from(error).in_file(path))
    }

    /// What kind of key it is.
    pub fn kind(&self) -> KeyKind {
        match &self.0 {
            KeyMaterial::Ed25519(_) => KeyKind::Ed25519,
            KeyMaterial::P256(_) => KeyKind::P256,
            KeyMaterial::Rsa(key) => KeyKind::Rsa {
                bits: key.n().bits(),
            },
        }
    }

    /// What it signs with unless told otherwise: PKCS#1 v1.5 for RSA, and for the others the only
    /// algorithm that they have.
    pub fn default_algorithm(&self) -> SignatureAlgorithm {
        match &self.0 {
            KeyMaterial::Ed25519(_) => SignatureAlgorithm::Ed25519,
            KeyMaterial::P256(_) => SignatureAlgorithm::EcdsaP256Sha256,
            KeyMaterial::Rsa(_) => SignatureAlgorithm::RsaPkcs1Sha256,
        }
    }

    /// The public half, which accepts this `algorithm` alone.
    ///
    /// # Errors
    ///
    /// `usage`: the algorithm is for another kind of keys, or devices take no such key.
    pub fn public_key(&self, algorithm: SignatureAlgorithm) -> Result<PublicKey, SigningError> {
        Ok(PublicKey::from_pem(
            &self.to_public_pem()?,
            Some(algorithm),
        )?)
    }

    /// PKCS#8 in PEM: the secret itself. Ed25519 is written without the public key that the format
    /// may hold (RFC 5958), since OpenSSL 3 doesn't read it with one.
    ///
    /// # Errors
    ///
    /// `internal`, which is a bug here.
    pub fn to_pem(&self) -> Result<String, SigningError> {
        let pem = match &self.0 {
            KeyMaterial::Ed25519(key) => KeypairBytes {
                secret_key: key.to_bytes(),
                public_key: None,
            }
            .to_pkcs8_pem(LineEnding::LF)
            .map(|pem| pem.to_string())
            .ok(),
            KeyMaterial::P256(key) => key
                .to_pkcs8_pem(LineEnding::LF)
                .map(|pem| pem.to_string())
                .ok(),
            KeyMaterial::Rsa(key) => key
                .to_pkcs8_pem(LineEnding::LF)
                .map(|pem| pem.to_string())
                .ok(),
        };
        pem.ok_or(SigningError::KeyNotWritten { half: "private" })
    }

    /// The public half as SPKI in PEM.
    ///
    /// # Errors
    ///
    /// `internal`, which is a bug here.
    pub fn to_public_pem(&self) -> Result<String, SigningError> {
        let pem = match &self.0 {
            KeyMaterial::Ed25519(key) => key.verifying_key().to_public_key_pem(LineEnding::LF).ok(),
            KeyMaterial::P256(key) => key.public_key().to_public_key_pem(LineEnding::LF).ok(),
            KeyMaterial::Rsa(key) => key.to_public_key().to_public_key_pem(LineEnding::LF).ok(),
        };
        pem.ok_or(SigningError::KeyNotWritten { half: "public" })
    }

    pub(super) fn material(&self) -> &KeyMaterial {
        &self.0
    }
}

impl fmt::Debug for PrivateKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("PrivateKey")
            .field("algorithm", &self.default_algorithm())
            .finish_non_exhaustive()
    }
}

/// A text is not a private key that signs here. No message repeats the text.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum PrivateKeyError {
    /// The text has no PEM block.
    #[error("not a private key in PEM")]
    NotPem,

    /// The key is encrypted, and nothing here asks for a passphrase.
    #[error("the key is encrypted: decrypt it with `openssl pkey -in KEY -out PLAIN` first")]
    Encrypted,

    /// A public key stands where the private one belongs.
    #[error("this is a public key: signing takes the private one")]
    PublicKey,

    /// The PEM block holds something else.
    #[error("a {label:?} is no private key that signs bundles here")]
    WrongBlock {
        /// The block's label.
        label: String,
    },

    /// The block for elliptic curves holds a key on another curve, or none.
    #[error("not a private key on P-256")]
    NotOnP256,

    /// The block for RSA keys holds none.
    #[error("the RSA private key is damaged")]
    DamagedRsa,

    /// The block for all kinds of keys holds another kind, or none.
    #[error("the private key is damaged, or is not Ed25519, EC P-256 or RSA")]
    Unsupported,
}

impl KeyMaterial {
    fn from_pkcs8(pem: &str) -> Result<Self, PrivateKeyError> {
        if let Ok(key) = Ed25519Key::from_pkcs8_pem(pem) {
            return Ok(Self::Ed25519(key));
        }
        if let Ok(key) = p256::SecretKey::from_pkcs8_pem(pem) {
            return Ok(Self::P256(key));
        }
        RsaPrivateKey::from_pkcs8_pem(pem)
            .map(|key| Self::Rsa(Box::new(key)))
            .map_err(|_| PrivateKeyError::Unsupported)
    }
}

fn no_random_numbers(error: impl std::error::Error + Send + Sync + 'static) -> SigningError {
    SigningError::NoRandomNumbers {
        source: error.into(),
    }
}
