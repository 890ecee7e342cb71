//! Signs files without reading them into memory.

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

use super::private::PrivateKey;
use crate::output::Failure;

/// A file and its signature.
#[derive(Debug)]
pub(crate) struct Signed {
    pub(crate) bundle: VerifiedBundle,
    /// Base64.
    pub(crate) signature: String,
    pub(crate) algorithm: SignatureAlgorithm,
    pub(crate) key_id: String,
}

/// Signs the bytes of a file, and verifies the signature as a device would before giving it out:
/// a file that changed meanwhile, or a faulty computation, must not become a release.
pub(crate) fn sign_file(
    path: &Path,
    key: &PrivateKey,
    algorithm: Option<SignatureAlgorithm>,
) -> Result<Signed, Failure> {
    let algorithm = algorithm.unwrap_or_else(|| key.default_algorithm());
    let public = public_key(key, algorithm)?;
    let bytes = match key {
        PrivateKey::Ed25519(key) => sign_ed25519(path, key)?,
        PrivateKey::P256(key) => sign_p256(&sha256(path)?, key)?,
        PrivateKey::Rsa(key) => sign_rsa(&sha256(path)?, key, algorithm)?,
    };
    let signature = STANDARD.encode(bytes);
    let key_id = public.key_id().to_owned();
    let trust = Trust::Bundle {
        keys: PinnedKeys::from(public),
    };
    let bundle = verify_file(path, None, Some(&signature), &trust)?;
    Ok(Signed {
        bundle,
        signature,
        algorithm,
        key_id,
    })
}

/// A signature over a message that is small enough to be held.
#[derive(Debug)]
pub(crate) struct SignedBytes {
    pub(crate) signature: Vec<u8>,
    pub(crate) key_id: String,
}

/// Signs a message.
pub(crate) fn sign_bytes(
    message: &[u8],
    key: &PrivateKey,
    algorithm: SignatureAlgorithm,
) -> Result<SignedBytes, Failure> {
    let sha256 = Sha256Digest::new(Sha256::digest(message).into());
    let signature = match key {
        PrivateKey::Ed25519(key) => key.sign(message).to_bytes().to_vec(),
        PrivateKey::P256(key) => sign_p256(&sha256, key)?,
        PrivateKey::Rsa(key) => sign_rsa(&sha256, key, algorithm)?,
    };
    Ok(SignedBytes {
        signature,
        key_id: public_key(key, algorithm)?.key_id().to_owned(),
    })
}

/// The public half of a key that signs so.
pub(crate) fn public_key(
    key: &PrivateKey,
    algorithm: SignatureAlgorithm,
) -> Result<PublicKey, Failure> {
    let pem = key.to_public_pem().map_err(Failure::usage)?;
    PublicKey::from_pem(&pem, Some(algorithm)).map_err(|error| Failure::usage(error.to_string()))
}

fn sha256(path: &Path) -> Result<Sha256Digest, Failure> {
    Ok(verify_file(path, None, None, &Trust::Unsigned)?.sha256)
}

/// RFC 8032 hashes the message twice, the second time after what the first gave: two passes.
fn sign_ed25519(path: &Path, key: &Ed25519Key) -> Result<Vec<u8>, Failure> {
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
        return Err(Failure::unreadable(path, &error));
    }
    signature
        .map(|signature| signature.to_bytes().to_vec())
        .map_err(|error| cannot_sign(&error))
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
fn sign_p256(sha256: &Sha256Digest, key: &p256::SecretKey) -> Result<Vec<u8>, Failure> {
    let signature: p256::ecdsa::Signature = p256::ecdsa::SigningKey::from(key)
        .sign_prehash(sha256.as_bytes())
        .map_err(|error| cannot_sign(&error))?;
    Ok(signature.to_der().as_bytes().to_vec())
}

fn sign_rsa(
    sha256: &Sha256Digest,
    key: &RsaPrivateKey,
    algorithm: SignatureAlgorithm,
) -> Result<Vec<u8>, Failure> {
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
    .map_err(|error| cannot_sign(&error))
}

fn cannot_sign(error: &dyn std::error::Error) -> Failure {
    Failure::new("internal", format!("the key can't sign: {error}"))
}
