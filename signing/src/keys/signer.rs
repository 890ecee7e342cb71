//! Signs messages, and files without reading them into memory.

use std::cell::RefCell;
use std::fs::File;
use std::io::{self, Read};
use std::path::Path;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use ed25519_dalek::hazmat::{ExpandedSecretKey, raw_sign_byupdate};
use ed25519_dalek::{SignatureError, Signer as _, SigningKey as Ed25519Key};
use live_updater::{
    PinnedKeys, PublicKey, Sha256Digest, SignatureAlgorithm, Trust, VerifiedBundle, verify_file,
};
use p256::ecdsa::signature::hazmat::PrehashSigner;
use rsa::rand_core::OsRng;
use rsa::{Pkcs1v15Sign, Pss, RsaPrivateKey};
use sha2::{Digest, Sha256, Sha512};

use super::private::{KeyMaterial, PrivateKey};
use crate::error::SigningError;

/// A private key with the algorithm that it signs with, which is one for such keys.
#[derive(Debug)]
pub struct Signer {
    key: PrivateKey,
    algorithm: SignatureAlgorithm,
    public: PublicKey,
}

/// A file and its signature.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct SignedFile {
    /// The file, as devices see it.
    pub bundle: VerifiedBundle,
    /// Base64, as update servers answer it.
    pub signature: String,
    /// How it was made.
    pub algorithm: SignatureAlgorithm,
    /// The [key](PublicKey::key_id) that it holds under.
    pub key_id: String,
}

impl Signer {
    /// Signs with `algorithm`, or with the key's [own](PrivateKey::default_algorithm).
    ///
    /// # Errors
    ///
    /// `usage`: the algorithm is for another kind of keys, or devices take no such key.
    pub fn new(
        key: PrivateKey,
        algorithm: Option<SignatureAlgorithm>,
    ) -> Result<Self, SigningError> {
        let algorithm = algorithm.unwrap_or_else(|| key.default_algorithm());
        Ok(Self {
            public: key.public_key(algorithm)?,
            key,
            algorithm,
        })
    }

    /// What it signs with.
    pub fn algorithm(&self) -> SignatureAlgorithm {
        self.algorithm
    }

    /// The public half, which accepts the [algorithm](Self::algorithm) alone.
    pub fn public_key(&self) -> &PublicKey {
        &self.public
    }

    /// The public half's [name](PublicKey::key_id).
    pub fn key_id(&self) -> &str {
        self.public.key_id()
    }

    /// Signs the bytes of a file, and verifies the signature as a device would before giving it
    /// out: a file that changed meanwhile, or a faulty computation, must not become a release.
    ///
    /// # Errors
    ///
    /// `storage` or `usage` where the file can't be read, `signature_invalid` where it changed
    /// meanwhile, `internal` where the key fails.
    pub fn sign_file(&self, path: &Path) -> Result<SignedFile, SigningError> {
        let bytes = match self.key.material() {
            KeyMaterial::Ed25519(key) => sign_ed25519(path, key)?,
            KeyMaterial::P256(key) => sign_p256(&sha256(path)?, key)?,
            KeyMaterial::Rsa(key) => sign_rsa(&sha256(path)?, key, self.algorithm)?,
        };
        let signature = STANDARD.encode(bytes);
        let trust = Trust::Bundle {
            keys: PinnedKeys::from(self.public.clone()),
        };
        Ok(SignedFile {
            bundle: verify_file(path, None, Some(&signature), &trust)?,
            signature,
            algorithm: self.algorithm,
            key_id: self.key_id().to_owned(),
        })
    }

    /// Signs a message that is small enough to be held. The signature isn't verified.
    ///
    /// # Errors
    ///
    /// `internal` where the key fails.
    pub fn sign_bytes(&self, message: &[u8]) -> Result<Vec<u8>, SigningError> {
        let sha256 = Sha256Digest::new(Sha256::digest(message).into());
        match self.key.material() {
            KeyMaterial::Ed25519(key) => Ok(key.sign(message).to_bytes().to_vec()),
            KeyMaterial::P256(key) => sign_p256(&sha256, key),
            KeyMaterial::Rsa(key) => sign_rsa(&sha256, key, self.algorithm),
        }
    }
}

fn sha256(path: &Path) -> Result<Sha256Digest, SigningError> {
    Ok(verify_file(path, None, None, &Trust::Unsigned)?.sha256)
}

/// RFC 8032 hashes the message twice, the second time after what the first gave: two passes.
fn sign_ed25519(path: &Path, key: &Ed25519Key) -> Result<Vec<u8>, SigningError> {
    let failure = RefCell::new(None);
    let update = |hash: &mut Sha512| {
        hash_file(path, hash).map_err(|error| {
            failure.replace(Some(error));
            SignatureError::new()
        })
    };
    let expanded = ExpandedSecretKey::from(key.as_bytes());
    let signature = raw_sign_byupdate::<Sha512, _>(&expanded, update, &key.verifying_key());
    if let Some(error) = failure.take() {
        return Err(SigningError::unreadable(path, error));
    }
    signature
        .map(|signature| signature.to_bytes().to_vec())
        .map_err(SigningError::key_failed)
}

fn hash_file(path: &Path, hash: &mut Sha512) -> io::Result<()> {
    let mut file = File::open(path)?;
    let mut buffer = vec![0; 1024 * 1024];
    loop {
        match file.read(&mut buffer) {
            Ok(0) => return Ok(()),
            Ok(count) => hash.update(buffer.get(..count).unwrap_or_default()),
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
}

/// In DER, as openssl and the server frameworks write it.
fn sign_p256(sha256: &Sha256Digest, key: &p256::SecretKey) -> Result<Vec<u8>, SigningError> {
    let signature: p256::ecdsa::Signature = p256::ecdsa::SigningKey::from(key)
        .sign_prehash(sha256.as_bytes())
        .map_err(SigningError::key_failed)?;
    Ok(signature.to_der().as_bytes().to_vec())
}

fn sign_rsa(
    sha256: &Sha256Digest,
    key: &RsaPrivateKey,
    algorithm: SignatureAlgorithm,
) -> Result<Vec<u8>, SigningError> {
    let hashed = sha256.as_bytes();
    if algorithm == SignatureAlgorithm::RsaPssSha256 {
        key.sign_with_rng(
            &mut OsRng,
            Pss::new_with_salt::<rsa::sha2::Sha256>(32),
            hashed,
        )
    } else {
        let padding = Pkcs1v15Sign::new::<rsa::sha2::Sha256>();
        key.sign_with_rng(&mut OsRng, padding, hashed)
    }
    .map_err(SigningError::key_failed)
}
