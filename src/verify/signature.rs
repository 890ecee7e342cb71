//! A signature that is judged while the bundle's bytes pass by.

use base64::Engine as _;
use base64::alphabet;
use base64::engine::general_purpose::{GeneralPurpose, GeneralPurposeConfig};
use base64::engine::{DecodePaddingMode, general_purpose};
use ed25519_dalek::{StreamVerifier, VerifyingKey as Ed25519Key};
use p256::ecdsa::VerifyingKey as P256Key;
use p256::ecdsa::signature::hazmat::PrehashVerifier;
use rsa::RsaPublicKey;
use rsa::signature::hazmat::PrehashVerifier as _;
use rsa::traits::PublicKeyParts;
use rsa::{pkcs1v15, pss};

use super::key::{KeyMaterial, PublicKey, RsaPadding};
use crate::error::Error;

/// An RSA signature of 8192 bits has 1368 characters; the rest is room for line ends.
const MAX_CHARACTERS: usize = 4096;

/// The salt that PSS signatures are made with: as long as the hash (RFC 8017, section 9.1).
const PSS_SALT: usize = 32;

/// A signature, and the keys that may have made it.
pub(super) struct PendingSignature<'a> {
    /// `None`: the text was no base64, so no key can hold.
    bytes: Option<Vec<u8>>,
    candidates: Vec<Candidate<'a>>,
}

struct Candidate<'a> {
    key: &'a PublicKey,
    /// For Ed25519, where the signature may be one.
    stream: Option<StreamVerifier>,
}

impl<'a> PendingSignature<'a> {
    pub(super) fn new(text: &str, keys: &[&'a PublicKey]) -> Self {
        let bytes = decode(text, MAX_CHARACTERS);
        let candidates = keys
            .iter()
            .map(|&key| Candidate {
                key,
                stream: match key.material() {
                    KeyMaterial::Ed25519(key) => {
                        bytes.as_deref().and_then(|bytes| stream(key, bytes))
                    }
                    _ => None,
                },
            })
            .collect();
        Self { bytes, candidates }
    }

    /// Takes in the next bytes of the bundle.
    pub(super) fn update(&mut self, chunk: &[u8]) {
        for candidate in &mut self.candidates {
            if let Some(stream) = &mut candidate.stream {
                stream.update(chunk);
            }
        }
    }

    /// Tells which key made the signature over all the bytes, whose SHA-256 is `sha256`.
    pub(super) fn judge(self, sha256: &[u8; 32]) -> Result<&'a PublicKey, Error> {
        let Some(bytes) = self.bytes else {
            return Err(invalid("it is not base64"));
        };
        let keys: Vec<_> = self.candidates.iter().map(|one| one.key).collect();
        self.candidates
            .into_iter()
            .find_map(|Candidate { key, stream }| {
                let holds = match key.material() {
                    KeyMaterial::Ed25519(_) => {
                        stream.is_some_and(|stream| stream.finalize_and_verify().is_ok())
                    }
                    KeyMaterial::P256(key) => ecdsa_holds(key, sha256, &bytes),
                    KeyMaterial::Rsa { key, padding } => rsa_holds(key, *padding, sha256, &bytes),
                };
                holds.then_some(key)
            })
            .ok_or_else(|| invalid(why(&keys, sha256, &bytes)))
    }
}

/// Base64 of either alphabet, padded or not, of at most so many characters. Tools break it into
/// lines, so white space is nothing.
pub(super) fn decode(text: &str, most_characters: usize) -> Option<Vec<u8>> {
    const LENIENT: GeneralPurposeConfig =
        general_purpose::PAD.with_decode_padding_mode(DecodePaddingMode::Indifferent);
    const STANDARD: GeneralPurpose = GeneralPurpose::new(&alphabet::STANDARD, LENIENT);
    const URL_SAFE: GeneralPurpose = GeneralPurpose::new(&alphabet::URL_SAFE, LENIENT);

    if text.len() > most_characters {
        return None;
    }
    let digits: String = text.split_ascii_whitespace().collect();
    STANDARD
        .decode(&digits)
        .or_else(|_| URL_SAFE.decode(&digits))
        .ok()
}

/// Starts to verify as strictly as `verify_strict`, which can't be fed piece by piece: a
/// non-canonical S is refused here by dalek, a weak key when it was read, a small-order R below.
fn stream(key: &Ed25519Key, signature: &[u8]) -> Option<StreamVerifier> {
    let signature = ed25519_dalek::Signature::from_slice(signature).ok()?;
    // R is a point like a key is, and the same check tells whether its order is small.
    let r = Ed25519Key::from_bytes(signature.r_bytes()).ok()?;
    if r.is_weak() {
        return None;
    }
    key.verify_stream(&signature).ok()
}

/// Both S and its negative hold: nothing here depends on a signature being the only one.
fn ecdsa_holds(key: &P256Key, sha256: &[u8; 32], signature: &[u8]) -> bool {
    let in_der = p256::ecdsa::Signature::from_der(signature);
    let raw = p256::ecdsa::Signature::from_slice(signature);
    [in_der, raw]
        .into_iter()
        .flatten()
        .any(|signature| key.verify_prehash(sha256, &signature).is_ok())
}

fn rsa_holds(key: &RsaPublicKey, padding: RsaPadding, sha256: &[u8; 32], signature: &[u8]) -> bool {
    match padding {
        RsaPadding::Pkcs1 => pkcs1_holds(key, sha256, signature),
        RsaPadding::Pss => pss_holds(key, PSS_SALT, sha256, signature),
        RsaPadding::Either => {
            pkcs1_holds(key, sha256, signature) || pss_holds(key, PSS_SALT, sha256, signature)
        }
    }
}

fn pkcs1_holds(key: &RsaPublicKey, sha256: &[u8; 32], signature: &[u8]) -> bool {
    let verifier = pkcs1v15::VerifyingKey::<rsa::sha2::Sha256>::new(key.clone());
    pkcs1v15::Signature::try_from(signature)
        .is_ok_and(|signature| verifier.verify_prehash(sha256, &signature).is_ok())
}

fn pss_holds(key: &RsaPublicKey, salt: usize, sha256: &[u8; 32], signature: &[u8]) -> bool {
    let verifier = pss::VerifyingKey::<rsa::sha2::Sha256>::new_with_salt_len(key.clone(), salt);
    pss::Signature::try_from(signature)
        .is_ok_and(|signature| verifier.verify_prehash(sha256, &signature).is_ok())
}

/// Why no key holds. The mistakes that signing tools invite are told apart: another salt, and
/// the other padding.
fn why(keys: &[&PublicKey], sha256: &[u8; 32], signature: &[u8]) -> String {
    for key in keys {
        let KeyMaterial::Rsa { key, padding } = key.material() else {
            continue;
        };
        if let Some(salt) = other_salt(key, sha256, signature) {
            return format!(
                "it is RSA-PSS with a salt of {salt} bytes, and must have one of {PSS_SALT} (with openssl: -sigopt rsa_pss_saltlen:{PSS_SALT})"
            );
        }
        if *padding == RsaPadding::Pss && pkcs1_holds(key, sha256, signature) {
            return "it is RSA with PKCS#1 v1.5, and the key is pinned for rsa-pss-sha256".into();
        }
        if *padding == RsaPadding::Pkcs1 && pss_holds(key, PSS_SALT, sha256, signature) {
            return "it is RSA-PSS, and the key is pinned for rsa-pkcs1-sha256".into();
        }
    }
    let pinned = if keys.len() == 1 {
        "the pinned key".to_owned()
    } else {
        format!("any of the {} pinned keys", keys.len())
    };
    format!("it was not made by {pinned} over these bytes")
}

/// The salts that tools use by default: none, SHA-1's, SHA-384's and SHA-512's length, and the
/// longest that fits.
fn other_salt(key: &RsaPublicKey, sha256: &[u8; 32], signature: &[u8]) -> Option<usize> {
    // RFC 8017, section 9.1.1: emLen is at least hLen + sLen + 2.
    let longest = (key.n().bits() - 1).div_ceil(8) - 32 - 2;
    [longest, 0, 20, 48, 64]
        .into_iter()
        .find(|&salt| pss_holds(key, salt, sha256, signature))
}

fn invalid(problem: impl Into<String>) -> Error {
    Error::SignatureInvalid {
        problem: problem.into(),
    }
}
