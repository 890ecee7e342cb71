//! Public keys: read strictly, once, so that whatever holds one can use it.

use std::fmt;

use ed25519_dalek::VerifyingKey as Ed25519Key;
use p256::ecdsa::VerifyingKey as P256Key;
use p256::pkcs8::spki::SubjectPublicKeyInfoRef;
use p256::pkcs8::{Document, EncodePublicKey};
use rsa::pkcs8::EncodePublicKey as _;
use rsa::{BigUint, RsaPublicKey};
use sha2::{Digest, Sha256};

use super::algorithm::SignatureAlgorithm;
use super::pem;
use crate::digest::Sha256Digest;

/// Object identifiers: RFC 8410 (Ed25519), RFC 5480 (EC and its curve), RFC 8017 (RSA).
const ED25519: &str = "1.3.101.112";
const EC: &str = "1.2.840.10045.2.1";
const CURVE_P256: &str = "1.2.840.10045.3.1.7";
const RSA: &str = "1.2.840.113549.1.1.1";

const MIN_RSA_BITS: usize = 2048;
const MAX_RSA_BITS: usize = 8192;

/// A key that bundles are verified with.
#[derive(Clone, PartialEq, Eq)]
pub struct PublicKey {
    material: KeyMaterial,
    id: String,
}

impl PublicKey {
    /// Reads a key in PEM: `PUBLIC KEY` (SPKI) with Ed25519, EC P-256 or RSA of 2048 to 8192
    /// bits, or `RSA PUBLIC KEY` (PKCS#1).
    ///
    /// Without an algorithm an RSA key accepts both PKCS#1 v1.5 and PSS; with one, that one
    /// alone. The other kinds of keys have one algorithm each, and naming another is an error.
    pub fn from_pem(pem: &str, algorithm: Option<SignatureAlgorithm>) -> Result<Self, KeyError> {
        let block = pem::decode(pem)?;
        let material = match block.label {
            "PUBLIC KEY" => KeyMaterial::from_spki(&block.bytes),
            "RSA PUBLIC KEY" => KeyMaterial::from_pkcs1(&block.bytes),
            label => Err(KeyError::WrongBlock {
                label: label.to_owned(),
            }),
        }?
        .restricted_to(algorithm)?;
        let id = Sha256Digest::new(Sha256::digest(material.to_spki()?).into()).to_string();
        Ok(Self { material, id })
    }

    /// The key's name: 64 hex digits, the SHA-256 of its SPKI in DER.
    ///
    /// `openssl pkey -pubin -in key.pem -outform DER | sha256sum` tells the same.
    pub fn key_id(&self) -> &str {
        &self.id
    }

    pub(super) fn material(&self) -> &KeyMaterial {
        &self.material
    }

    /// Accepts what `same`, which is the same key, accepts too.
    pub(super) fn accept_also(&mut self, same: &Self) {
        // Only RSA keys have more than one algorithm.
        if self.material != same.material
            && let KeyMaterial::Rsa { padding, .. } = &mut self.material
        {
            *padding = RsaPadding::Either;
        }
    }
}

impl fmt::Debug for PublicKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("PublicKey")
            .field("kind", &self.material.kind())
            .field("id", &self.id)
            .finish_non_exhaustive()
    }
}

/// A text is not a public key that bundles can be verified with. No message repeats the text.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum KeyError {
    /// The text is not one PEM block.
    #[error("not a public key in PEM: {problem}")]
    NotPem {
        /// What is missing.
        problem: &'static str,
    },

    /// A private key stands where the public one belongs. It was not looked at, but whoever got
    /// the text has the key: an app that was shipped with it needs another pair.
    #[error(
        "this is a private key: keep it secret, and give the public one (`openssl pkey -in private.pem -pubout`)"
    )]
    PrivateKey,

    /// The PEM block holds something else.
    #[error("the PEM block is a {label:?}: `PUBLIC KEY` or `RSA PUBLIC KEY` is expected")]
    WrongBlock {
        /// The block's label.
        label: String,
    },

    /// The bytes are not the key that the block says they are.
    #[error("the key is damaged: its bytes are no valid {what}")]
    Malformed {
        /// What was expected there.
        what: &'static str,
    },

    /// The key is of a kind that nothing here verifies.
    #[error("{found} keys are not supported: use Ed25519, EC P-256 or RSA")]
    Unsupported {
        /// The kind, by its object identifier.
        found: String,
    },

    /// The RSA key is too short to be safe, or too long to be verified fast.
    #[error("the RSA key has {bits} bits: {MIN_RSA_BITS} to {MAX_RSA_BITS} are accepted")]
    RsaSize {
        /// Bits of its modulus.
        bits: usize,
    },

    /// Anybody can make signatures that hold under this key.
    #[error("the Ed25519 key is weak: signatures under it prove nothing")]
    Weak,

    /// The algorithm that was named is for another kind of key.
    #[error("{algorithm} is not for {kind} keys")]
    WrongAlgorithm {
        /// The algorithm that was named.
        algorithm: SignatureAlgorithm,
        /// The key's kind.
        kind: &'static str,
    },
}

/// What a key verifies with.
#[derive(Clone, PartialEq, Eq)]
pub(super) enum KeyMaterial {
    Ed25519(Box<Ed25519Key>),
    P256(Box<P256Key>),
    Rsa {
        key: RsaPublicKey,
        padding: RsaPadding,
    },
}

/// The paddings that an RSA key accepts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum RsaPadding {
    Either,
    Pkcs1,
    Pss,
}

impl KeyMaterial {
    fn from_spki(der: &[u8]) -> Result<Self, KeyError> {
        let spki = SubjectPublicKeyInfoRef::try_from(der).map_err(|_| KeyError::Malformed {
            what: "SubjectPublicKeyInfo",
        })?;
        match spki.algorithm.oid.to_string().as_str() {
            ED25519 => Self::ed25519(spki),
            EC => Self::p256(spki),
            RSA => Self::from_pkcs1(spki.subject_public_key.as_bytes().unwrap_or_default()),
            other => Err(KeyError::Unsupported {
                found: other.to_owned(),
            }),
        }
    }

    /// A PKCS#1 `RSAPublicKey`.
    fn from_pkcs1(der: &[u8]) -> Result<Self, KeyError> {
        let malformed = KeyError::Malformed {
            what: "RSA public key",
        };
        let Ok(parts) = rsa::pkcs1::RsaPublicKey::try_from(der) else {
            return Err(malformed);
        };
        let modulus = BigUint::from_bytes_be(parts.modulus.as_bytes());
        let exponent = BigUint::from_bytes_be(parts.public_exponent.as_bytes());
        let bits = modulus.bits();
        if !(MIN_RSA_BITS..=MAX_RSA_BITS).contains(&bits) {
            return Err(KeyError::RsaSize { bits });
        }
        let key = RsaPublicKey::new_with_max_size(modulus, exponent, MAX_RSA_BITS)
            .map_err(|_| malformed)?;
        Ok(Self::Rsa {
            key,
            padding: RsaPadding::Either,
        })
    }

    fn ed25519(spki: SubjectPublicKeyInfoRef<'_>) -> Result<Self, KeyError> {
        let key = Ed25519Key::try_from(spki).map_err(|_| KeyError::Malformed {
            what: "Ed25519 public key",
        })?;
        // RFC 8032, section 5.1.3: a y-coordinate of p or more fails to decode.
        if key.to_edwards().compress().as_bytes() != key.as_bytes() {
            return Err(KeyError::Malformed {
                what: "Ed25519 public key",
            });
        }
        if key.is_weak() {
            return Err(KeyError::Weak);
        }
        Ok(Self::Ed25519(Box::new(key)))
    }

    fn p256(spki: SubjectPublicKeyInfoRef<'_>) -> Result<Self, KeyError> {
        let malformed = KeyError::Malformed {
            what: "EC public key",
        };
        let Ok(curve) = spki.algorithm.parameters_oid() else {
            return Err(malformed);
        };
        let curve = curve.to_string();
        if curve != CURVE_P256 {
            return Err(KeyError::Unsupported {
                found: format!("EC (curve {curve})"),
            });
        }
        P256Key::try_from(spki)
            .map(|key| Self::P256(Box::new(key)))
            .map_err(|_| malformed)
    }

    fn restricted_to(self, algorithm: Option<SignatureAlgorithm>) -> Result<Self, KeyError> {
        let Some(algorithm) = algorithm else {
            return Ok(self);
        };
        match (self, algorithm) {
            (Self::Rsa { key, .. }, SignatureAlgorithm::RsaPkcs1Sha256) => Ok(Self::Rsa {
                key,
                padding: RsaPadding::Pkcs1,
            }),
            (Self::Rsa { key, .. }, SignatureAlgorithm::RsaPssSha256) => Ok(Self::Rsa {
                key,
                padding: RsaPadding::Pss,
            }),
            (key @ Self::Ed25519(_), SignatureAlgorithm::Ed25519)
            | (key @ Self::P256(_), SignatureAlgorithm::EcdsaP256Sha256) => Ok(key),
            (key, algorithm) => Err(KeyError::WrongAlgorithm {
                algorithm,
                kind: key.kind(),
            }),
        }
    }

    /// Written anew instead of kept as read: one key has one name, however its point was
    /// encoded.
    fn to_spki(&self) -> Result<Vec<u8>, KeyError> {
        let der = match self {
            Self::Ed25519(key) => key.to_public_key_der().ok().map(Document::into_vec),
            Self::P256(key) => key.to_public_key_der().ok().map(Document::into_vec),
            Self::Rsa { key, .. } => {
                let document = key.to_public_key_der().ok();
                document.map(rsa::pkcs8::Document::into_vec)
            }
        };
        der.ok_or(KeyError::Malformed { what: "key" })
    }

    fn kind(&self) -> &'static str {
        match self {
            Self::Ed25519(_) => "Ed25519",
            Self::P256(_) => "EC P-256",
            Self::Rsa { .. } => "RSA",
        }
    }
}

#[cfg(test)]
mod tests {
    use base64::Engine as _;
    use base64::engine::general_purpose::STANDARD;
    use p256::pkcs8::LineEnding;

    use super::*;

    const ED25519_PREFIX: [u8; 12] = [
        0x30, 0x2a, 0x30, 0x05, 0x06, 0x03, 0x2b, 0x65, 0x70, 0x03, 0x21, 0x00,
    ];

    fn ed25519_pem(point: [u8; 32]) -> String {
        spki_pem(&[&ED25519_PREFIX[..], &point].concat())
    }

    fn spki_pem(der: &[u8]) -> String {
        let body = STANDARD.encode(der);
        format!("-----BEGIN PUBLIC KEY-----\n{body}\n-----END PUBLIC KEY-----\n")
    }

    fn valid_ed25519() -> [u8; 32] {
        ed25519_dalek::SigningKey::from_bytes(&[7; 32])
            .verifying_key()
            .to_bytes()
    }

    #[test]
    fn the_key_id_is_the_sha256_of_the_spki() {
        let key = PublicKey::from_pem(&ed25519_pem(valid_ed25519()), None).unwrap();
        let der = [&ED25519_PREFIX[..], &valid_ed25519()].concat();
        let digest = Sha256Digest::new(Sha256::digest(der).into());
        assert_eq!(key.key_id(), digest.to_string());
    }

    #[test]
    fn a_compressed_point_is_the_same_key() {
        let key = p256::ecdsa::SigningKey::from_slice(&[7; 32]).unwrap();
        let pem = key
            .verifying_key()
            .to_public_key_pem(LineEnding::CRLF)
            .unwrap();
        let compressed = [
            // SEQUENCE { SEQUENCE { id-ecPublicKey, prime256v1 }, BIT STRING of 33 bytes }
            &[0x30, 0x39, 0x30, 0x13, 0x06, 0x07, 0x2a, 0x86, 0x48, 0xce][..],
            &[0x3d, 0x02, 0x01, 0x06, 0x08, 0x2a, 0x86, 0x48, 0xce, 0x3d],
            &[0x03, 0x01, 0x07, 0x03, 0x22, 0x00],
            key.verifying_key().to_sec1_point(true).as_bytes(),
        ]
        .concat();
        assert_eq!(
            PublicKey::from_pem(&pem, None).unwrap(),
            PublicKey::from_pem(&spki_pem(&compressed), None).unwrap()
        );
    }

    #[test]
    fn small_order_and_non_canonical_points_are_refused() {
        let mut identity = [0; 32];
        identity[0] = 1;
        // y = p + 3 stands for y = 3, which is on the curve and of full order.
        let mut beyond_the_field = [0xff; 32];
        beyond_the_field[0] = 0xf0;
        beyond_the_field[31] = 0x7f;
        assert!(Ed25519Key::from_bytes(&beyond_the_field).is_ok());
        let error = |point| PublicKey::from_pem(&ed25519_pem(point), None).unwrap_err();
        assert_eq!(error([0; 32]), KeyError::Weak);
        assert_eq!(error(identity), KeyError::Weak);
        assert_eq!(
            error(beyond_the_field),
            KeyError::Malformed {
                what: "Ed25519 public key"
            }
        );
    }

    #[test]
    fn an_algorithm_must_be_one_for_the_key() {
        let pem = ed25519_pem(valid_ed25519());
        assert!(PublicKey::from_pem(&pem, Some(SignatureAlgorithm::Ed25519)).is_ok());
        assert_eq!(
            PublicKey::from_pem(&pem, Some(SignatureAlgorithm::RsaPssSha256)).unwrap_err(),
            KeyError::WrongAlgorithm {
                algorithm: SignatureAlgorithm::RsaPssSha256,
                kind: "Ed25519"
            }
        );
    }

    #[test]
    fn other_blocks_and_damaged_keys_are_refused() {
        let pem = ed25519_pem(valid_ed25519());
        let certificate = pem.replace("PUBLIC KEY", "CERTIFICATE");
        assert_eq!(
            PublicKey::from_pem(&certificate, None).unwrap_err(),
            KeyError::WrongBlock {
                label: "CERTIFICATE".into()
            }
        );
        let x25519 = {
            let mut der = [&ED25519_PREFIX[..], &valid_ed25519()].concat();
            der[8] = 0x6e;
            spki_pem(&der)
        };
        assert_eq!(
            PublicKey::from_pem(&x25519, None).unwrap_err(),
            KeyError::Unsupported {
                found: "1.3.101.110".into()
            }
        );
        let longer = spki_pem(&[&ED25519_PREFIX[..], &valid_ed25519(), &[0]].concat());
        for text in [&longer, &spki_pem(&[]), &spki_pem(&[0x30, 0x80])] {
            assert!(matches!(
                PublicKey::from_pem(text, None),
                Err(KeyError::Malformed { .. })
            ));
        }
    }
}
