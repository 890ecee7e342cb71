//! Capgo's encrypted bundles: what the one public key of an app makes of a release's checksum and
//! session key, before anything is fetched.
//!
//! A developer's private key wraps the SHA-256 of the zip and an AES key. Whoever has the public
//! key can read both, so the bundle is no secret; that only the private key can wrap is what makes
//! it a signature. It covers the zip's bytes and nothing else.

mod decrypt;
mod recover;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use rsa::RsaPublicKey;
use rsa::pkcs1::EncodeRsaPublicKey as _;
use rsa::traits::PublicKeyParts as _;

use super::key::{KeyMaterial, PublicKey, RsaPadding};
use super::signature;
use crate::digest::Sha256Digest;
use crate::error::Error;
use crate::release::SessionKey;
pub(crate) use decrypt::decrypt;
use recover::{MODULUS_BYTES, recover};

/// A modulus in hex digits; a base64 of it is shorter.
const MAX_CHARACTERS: usize = 2 * MODULUS_BYTES;
/// The beginning of a key that Capgo's servers tell it by.
const KEY_ID_CHARACTERS: usize = 20;

/// The public half of an app's key for Capgo's encrypted bundles: RSA of 2048 bits.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CapgoKey {
    key: PublicKey,
    short_id: String,
}

impl CapgoKey {
    /// Takes a public key for this; `None` where it isn't RSA of 2048 bits, or was
    /// restricted to an algorithm.
    pub fn new(key: PublicKey) -> Option<Self> {
        // A padding that was chosen for signatures would be one that nobody looks at here.
        let KeyMaterial::Rsa {
            key: rsa,
            padding: RsaPadding::Either,
        } = key.material()
        else {
            return None;
        };
        if rsa.size() != MODULUS_BYTES {
            return None;
        }
        let der = rsa.to_pkcs1_der().ok()?;
        let mut short_id = STANDARD.encode(der.as_bytes());
        short_id.truncate(KEY_ID_CHARACTERS);
        Some(Self { key, short_id })
    }

    /// The key as others name it too: see [`PublicKey::key_id`].
    pub fn public_key(&self) -> &PublicKey {
        &self.key
    }

    /// How Capgo's servers name the key: the first characters of its PEM's body.
    pub fn short_id(&self) -> &str {
        &self.short_id
    }

    /// The SHA-256 that a release's `checksum` wraps.
    ///
    /// # Errors
    ///
    /// `signature_invalid` where this key hasn't wrapped one there.
    pub(crate) fn checksum(&self, text: &str) -> Result<Sha256Digest, Error> {
        let wrapped = unpack(text).ok_or_else(|| {
            invalid("the checksum is not what Capgo's encryption makes of one, in hex or base64")
        })?;
        self.recovered(&wrapped)
            .map(Sha256Digest::new)
            .ok_or_else(|| invalid("the checksum was not encrypted with the pinned key"))
    }

    /// What a release's `session_key` opens its zip with.
    ///
    /// # Errors
    ///
    /// `signature_invalid` where this key hasn't wrapped one there.
    pub(crate) fn session(&self, text: &str) -> Result<SessionKey, Error> {
        let malformed = || invalid("the session key is not an IV and a key in base64");
        let (iv, wrapped) = text.trim().split_once(':').ok_or_else(malformed)?;
        let iv = signature::decode(iv, MAX_CHARACTERS)
            .and_then(|iv| iv.try_into().ok())
            .ok_or_else(malformed)?;
        let wrapped = signature::decode(wrapped, MAX_CHARACTERS).ok_or_else(malformed)?;
        let key = self
            .recovered(&wrapped)
            .ok_or_else(|| invalid("the session key was not encrypted with the pinned key"))?;
        Ok(SessionKey::new(key, iv))
    }

    fn recovered<const LEN: usize>(&self, wrapped: &[u8]) -> Option<[u8; LEN]> {
        recover(self.rsa()?, wrapped)
    }

    fn rsa(&self) -> Option<&RsaPublicKey> {
        match self.key.material() {
            KeyMaterial::Rsa { key, .. } => Some(key),
            _ => None,
        }
    }
}

/// What only hex digits stand for is hex; anything else is base64, which older tools have written.
fn unpack(text: &str) -> Option<Vec<u8>> {
    let text = text.trim();
    if text.len() > MAX_CHARACTERS {
        return None;
    }
    if !text.bytes().all(|digit| digit.is_ascii_hexdigit()) {
        return signature::decode(text, MAX_CHARACTERS);
    }
    text.as_bytes()
        .chunks(2)
        .map(|pair| u8::from_str_radix(std::str::from_utf8(pair).ok()?, 16).ok())
        .collect()
}

fn invalid(problem: &str) -> Error {
    Error::SignatureInvalid {
        problem: problem.to_owned(),
    }
}

#[cfg(test)]
mod tests;
