//! Private keys: making, reading and using them. Only developers' machines do that.

mod private;
mod signing;

use std::path::{Path, PathBuf};
use std::{fs, io};

use live_updater::{PinnedKeys, PublicKey, SignatureAlgorithm};

pub(crate) use private::{KeyKind, PrivateKey};
pub(crate) use signing::{Signed, public_key, sign_bytes, sign_file};

use crate::output::Failure;

/// Reads a public key from a PEM file.
pub(crate) fn read_public(
    path: &Path,
    algorithm: Option<SignatureAlgorithm>,
) -> Result<PublicKey, Failure> {
    PublicKey::from_pem(&read_text(path)?, algorithm)
        .map_err(|error| Failure::usage(format!("{}: {error}", path.display())))
}

/// Reads the public keys of PEM files; none where there are no files.
pub(crate) fn read_pinned(
    paths: &[PathBuf],
    algorithm: Option<SignatureAlgorithm>,
) -> Result<Option<PinnedKeys>, Failure> {
    let keys = paths
        .iter()
        .map(|path| read_public(path, algorithm))
        .collect::<Result<Vec<_>, _>>()?;
    Ok(PinnedKeys::new(keys))
}

/// Reads a private key from a PEM file.
pub(crate) fn read_private(path: &Path) -> Result<PrivateKey, Failure> {
    PrivateKey::from_pem(&read_text(path)?)
        .map_err(|problem| Failure::usage(format!("{}: {problem}", path.display())))
}

fn read_text(path: &Path) -> Result<String, Failure> {
    fs::read(path)
        .and_then(|bytes| {
            String::from_utf8(bytes)
                .map_err(|_| io::Error::other("it is no text, a key in PEM is expected"))
        })
        .map_err(|error| Failure::unreadable(path, &error))
}
