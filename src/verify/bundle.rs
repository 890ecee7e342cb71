//! One pass over a bundle's bytes that judges its checksum and its signature.

use std::path::Path;

use sha2::{Digest, Sha256};

use super::signature::PendingSignature;
use super::trust::Trust;
use crate::digest::Sha256Digest;
use crate::error::Error;
use crate::store::disk::DiskStorage;
use crate::store::storage::{ReadAt, Storage};

const BUFFER: usize = 1024 * 1024;

/// Judges the first `len` bytes of `source`, which must be all of it.
///
/// The checksum is judged first: a signature is only ever called wrong over the right bytes.
///
/// # Errors
///
/// `signature_missing`, before anything is read, where `trust` asks for a signature and there is
/// none; `size_mismatch`, `checksum_mismatch`, `signature_invalid`, `storage`, or `cancelled`
/// soon after `cancelled` says so.
pub(crate) fn verify_bundle(
    source: &dyn ReadAt,
    len: u64,
    expected: &Sha256Digest,
    signature: Option<&str>,
    trust: &Trust,
    version: &str,
    cancelled: &dyn Fn() -> bool,
) -> Result<(), Error> {
    let pending = pending(signature, trust, version)?;
    examine(source, len, Some(expected), pending, cancelled).map(|_| ())
}

/// Judges a bundle in a file as a device does, in memory that doesn't grow with it. Without an
/// `expected` checksum only the signature is judged.
///
/// # Errors
///
/// `signature_missing`, `checksum_mismatch`, `signature_invalid`, or `storage` where the file
/// can't be read.
pub fn verify_file(
    path: &Path,
    expected: Option<&Sha256Digest>,
    signature: Option<&str>,
    trust: &Trust,
) -> Result<VerifiedBundle, Error> {
    let pending = pending(signature, trust, &path.to_string_lossy())?;
    // A store without a root of its own: paths are as the caller wrote them.
    let file = DiskStorage::new("")
        .open(path)
        .map_err(|error| Error::storage("open", path, error))?;
    let len = file
        .len()
        .map_err(|error| Error::storage("read", path, error))?;
    examine(file.as_ref(), len, expected, pending, &|| false)
}

/// What was found out about a bundle that holds.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct VerifiedBundle {
    /// Its bytes.
    pub size: u64,
    /// SHA-256 of its bytes.
    pub sha256: Sha256Digest,
    /// The [key](super::PublicKey::key_id) whose signature holds, where one was asked for.
    pub key_id: Option<String>,
}

fn pending<'a>(
    signature: Option<&str>,
    trust: &'a Trust,
    version: &str,
) -> Result<Option<PendingSignature<'a>>, Error> {
    match trust {
        // The statement has vouched for the checksum.
        Trust::Unsigned | Trust::Statement { .. } => Ok(None),
        // The key has wrapped the checksum.
        #[cfg(feature = "capgo")]
        Trust::Capgo { .. } => Ok(None),
        Trust::Bundle { keys } => {
            let text = signature.ok_or_else(|| Error::SignatureMissing {
                version: version.to_owned(),
            })?;
            let keys: Vec<_> = keys.as_slice().iter().collect();
            Ok(Some(PendingSignature::new(text, &keys)))
        }
    }
}

fn examine(
    source: &dyn ReadAt,
    len: u64,
    expected: Option<&Sha256Digest>,
    mut pending: Option<PendingSignature<'_>>,
    cancelled: &dyn Fn() -> bool,
) -> Result<VerifiedBundle, Error> {
    let mut hash = Sha256::new();
    read_all(source, len, cancelled, |chunk| {
        hash.update(chunk);
        if let Some(pending) = &mut pending {
            pending.update(chunk);
        }
    })?;
    let sha256 = Sha256Digest::new(hash.finalize().into());
    if let Some(expected) = expected.filter(|expected| **expected != sha256) {
        return Err(Error::ChecksumMismatch {
            expected: expected.to_string(),
            found: sha256.to_string(),
        });
    }
    let key = pending
        .map(|pending| pending.judge(sha256.as_bytes()))
        .transpose()?;
    Ok(VerifiedBundle {
        size: len,
        sha256,
        key_id: key.map(|key| key.key_id().to_owned()),
    })
}

/// Hands over exactly `len` bytes; fewer or more in `source` is an error, since whoever opens
/// the bundle later reads all that is there.
fn read_all(
    source: &dyn ReadAt,
    len: u64,
    cancelled: &dyn Fn() -> bool,
    mut each: impl FnMut(&[u8]),
) -> Result<(), Error> {
    let mut buffer = vec![0; BUFFER];
    let mut offset = 0;
    loop {
        if cancelled() {
            return Err(Error::Cancelled);
        }
        let count = match source.read_at(&mut buffer, offset) {
            Ok(count) => count,
            Err(error) if error.kind() == std::io::ErrorKind::Interrupted => continue,
            Err(error) => return Err(Error::storage("read", Path::new("the bundle"), error)),
        };
        let end = offset + count as u64;
        if end > len || (count == 0 && offset < len) {
            return Err(Error::SizeMismatch {
                expected: len,
                found: end,
            });
        }
        if count == 0 {
            return Ok(());
        }
        each(buffer.get(..count).unwrap_or_default());
        offset = end;
    }
}

#[cfg(test)]
mod tests;
