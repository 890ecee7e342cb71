//! Keys in files, and what signs with them.

mod private;
mod signer;

use std::path::Path;
use std::{fs, io};

use live_updater::{PublicKey, SignatureAlgorithm};

use crate::error::SigningError;

pub use private::{KeyKind, PrivateKey, PrivateKeyError};
pub use signer::{SignedFile, Signer};

/// Reads a public key from a PEM file, for this `algorithm` alone where there is one.
///
/// # Errors
///
/// `usage`: the file can't be read, or is no public key that devices verify with.
pub fn read_public_key(
    path: &Path,
    algorithm: Option<SignatureAlgorithm>,
) -> Result<PublicKey, SigningError> {
    PublicKey::from_pem(&read_text(path)?, algorithm)
        .map_err(|error| SigningError::from(error).in_file(path))
}

fn read_text(path: &Path) -> Result<String, SigningError> {
    fs::read(path)
        .and_then(|bytes| {
            String::from_utf8(bytes)
                .map_err(|_| io::Error::other("it is no text, a key in PEM is expected"))
        })
        .map_err(|error| SigningError::unreadable(path, error))
}
