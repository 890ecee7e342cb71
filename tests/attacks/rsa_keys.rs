//! An RSA key, and what it signs.

use std::sync::OnceLock;

use rsa::pkcs8::{EncodePublicKey as _, LineEnding};
use rsa::rand_core::{CryptoRng, Error, RngCore, impls};
use rsa::signature::{RandomizedSigner as _, SignatureEncoding as _, Signer as _};
use rsa::{RsaPrivateKey, RsaPublicKey, pkcs1v15, pss};

/// A key of 2048 bits, the same each time.
pub(crate) fn pair() -> RsaPrivateKey {
    static PAIR: OnceLock<RsaPrivateKey> = OnceLock::new();
    PAIR.get_or_init(|| RsaPrivateKey::new(&mut Known::default(), 2048).unwrap())
        .clone()
}

pub(crate) fn public_pem(key: &RsaPublicKey) -> String {
    key.to_public_key_pem(LineEnding::LF).unwrap()
}

/// PKCS#1 v1.5 with SHA-256.
pub(crate) fn pkcs1(key: &RsaPrivateKey, message: &[u8]) -> Vec<u8> {
    let key = pkcs1v15::SigningKey::<rsa::sha2::Sha256>::new(key.clone());
    key.sign(message).to_vec()
}

/// PSS with SHA-256 and a salt of 32 bytes.
pub(crate) fn pss(key: &RsaPrivateKey, message: &[u8]) -> Vec<u8> {
    let key = pss::SigningKey::<rsa::sha2::Sha256>::new(key.clone());
    key.sign_with_rng(&mut Known::default(), message).to_vec()
}

/// Numbers that look random and that everybody knows.
struct Known(u64);

impl Default for Known {
    fn default() -> Self {
        Self(0x9e37_79b9_7f4a_7c15)
    }
}

impl RngCore for Known {
    fn next_u32(&mut self) -> u32 {
        (self.next_u64() >> 32) as u32
    }

    fn next_u64(&mut self) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0.wrapping_mul(0x2545_f491_4f6c_dd1d)
    }

    fn fill_bytes(&mut self, bytes: &mut [u8]) {
        impls::fill_bytes_via_next(self, bytes);
    }

    fn try_fill_bytes(&mut self, bytes: &mut [u8]) -> Result<(), Error> {
        self.fill_bytes(bytes);
        Ok(())
    }
}

impl CryptoRng for Known {}
