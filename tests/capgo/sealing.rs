//! Encryption as Capgo's developers do it, for tests: with a private key that everybody can make.

use aes::cipher::{BlockCipherEncrypt as _, KeyInit as _};
use aes::{Aes128Enc, Block};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use rsa::pkcs1::EncodeRsaPublicKey as _;
use rsa::pkcs8::LineEnding;
use rsa::{Pkcs1v15Sign, RsaPrivateKey};
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};

/// An app's key.
pub(crate) struct Developer(RsaPrivateKey);

/// An encrypted zip, and what a server tells of it.
#[derive(Clone)]
pub(crate) struct Sealed {
    pub(crate) bytes: Vec<u8>,
    pub(crate) checksum: String,
    pub(crate) session_key: String,
}

impl Developer {
    /// The key of this number.
    pub(crate) fn new(number: u64) -> Self {
        Self(RsaPrivateKey::new(&mut Dice(number), 2048).unwrap())
    }

    /// `trust` for this key.
    pub(crate) fn trust(&self) -> Value {
        let public = self.0.to_public_key();
        let pem = public.to_pkcs1_pem(LineEnding::LF).unwrap();
        json!({"mode": "capgo", "keys": [{"key": pem}]})
    }

    /// Encrypts a zip. Another number makes another session.
    pub(crate) fn seal(&self, zip: &[u8], session: u8) -> Sealed {
        let (key, iv) = ([session; 16], [session.wrapping_add(1); 16]);
        Sealed {
            bytes: encrypt(zip, key, iv),
            checksum: hex(&self.wrap(&Sha256::digest(zip))),
            session_key: format!(
                "{}:{}",
                STANDARD.encode(iv),
                STANDARD.encode(self.wrap(&key))
            ),
        }
    }

    fn wrap(&self, payload: &[u8]) -> Vec<u8> {
        self.0
            .sign(Pkcs1v15Sign::new_unprefixed(), payload)
            .unwrap()
    }
}

impl Sealed {
    /// What a check answers that offers this.
    pub(crate) fn offer(&self, version: &str, url: &str) -> Value {
        json!({
            "version": version,
            "url": url,
            "checksum": self.checksum,
            "session_key": self.session_key,
        })
    }
}

fn encrypt(plain: &[u8], key: [u8; 16], iv: [u8; 16]) -> Vec<u8> {
    let cipher = Aes128Enc::new(&key.into());
    let added = 16 - plain.len() % 16;
    let mut padded = plain.to_vec();
    padded.resize(plain.len() + added, u8::try_from(added).unwrap());
    let mut before = iv;
    for chunk in padded.chunks_exact_mut(16) {
        for (byte, mask) in chunk.iter_mut().zip(before) {
            *byte ^= mask;
        }
        let mut block = Block::default();
        block.copy_from_slice(chunk);
        cipher.encrypt_block(&mut block);
        chunk.copy_from_slice(&block);
        before.copy_from_slice(&block);
    }
    padded
}

pub(crate) fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// Randomness that is the same each time.
struct Dice(u64);

impl rsa::rand_core::RngCore for Dice {
    fn next_u32(&mut self) -> u32 {
        u32::try_from(self.next_u64() >> 32).unwrap()
    }

    fn next_u64(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let digest = Sha256::digest(self.0.to_le_bytes());
        u64::from_le_bytes(digest[..8].try_into().unwrap())
    }

    fn fill_bytes(&mut self, bytes: &mut [u8]) {
        for chunk in bytes.chunks_mut(8) {
            chunk.copy_from_slice(&self.next_u64().to_le_bytes()[..chunk.len()]);
        }
    }

    fn try_fill_bytes(&mut self, bytes: &mut [u8]) -> Result<(), rsa::rand_core::Error> {
        self.fill_bytes(bytes);
        Ok(())
    }
}

impl rsa::rand_core::CryptoRng for Dice {}
