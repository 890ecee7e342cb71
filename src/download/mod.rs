//! Fetches a bundle's zip so that nothing is lost when the network, the app or the device goes
//! away in between.
//!
//! The bytes lie in `downloads/<key>.part`, every one of them in the file before the next is
//! awaited; what a resume needs lies beside them. How far a download got is the length of that
//! file and nothing else, so it survives the death of the process, and any static server can
//! continue it.
//!
//! Nothing here is hashed. A finished part is a claim: whoever takes it hashes the whole file as
//! it lies on the disk, old bytes and new ones alike, and calls [`Downloader::discard`] where the
//! digest is another. After a power cut a part may be damaged, or hold bytes of two objects where
//! a server has no validators; the digest is what finds that.

pub(crate) mod cancel;
mod floor;
mod judge;
pub(crate) mod part;
pub(crate) mod range;
mod sidecar;
mod transfer;

use std::path::PathBuf;
use std::sync::Arc;

use crate::error::Error;
use crate::release::Release;
use crate::store::storage::Storage;
use crate::transport::client::{HttpClient, protocol};
use cancel::CancelToken;
use part::{Part, PartKey};
use transfer::Transfer;

/// Is told how many bytes are there, and of how many if that is known. The number goes down where
/// a server starts over.
pub(crate) type Progress<'a> = &'a (dyn Fn(u64, Option<u64>) + Send + Sync);

/// Fetches bundles.
#[derive(Debug)]
pub(crate) struct Downloader {
    client: HttpClient,
    storage: Arc<dyn Storage>,
    max_bundle_bytes: u64,
}

/// A part that is complete, as far as its size tells.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct FinishedPart {
    pub(crate) key: PartKey,
    /// Relative to the root.
    pub(crate) path: PathBuf,
    pub(crate) len: u64,
}

impl Downloader {
    pub(crate) fn new(
        client: HttpClient,
        storage: Arc<dyn Storage>,
        max_bundle_bytes: u64,
    ) -> Self {
        Self {
            client,
            storage,
            max_bundle_bytes,
        }
    }

    /// Fetches what is missing of the zip of `release`, from the first of its URLs that has it.
    /// A part that is complete causes no request.
    ///
    /// When it fails or is cancelled, the part stays for the next call, unless the bytes turned
    /// out to be others than the release's. Only one call may run at a time.
    pub(crate) async fn fetch(
        &self,
        release: &Release,
        cancel: &CancelToken,
        progress: Progress<'_>,
    ) -> Result<FinishedPart, Error> {
        self.check_size(release)?;
        let now = self.client.clock().now();
        let part = Part::open(&*self.storage, release, now)?;
        let mut transfer = Transfer {
            client: &self.client.confined_to(release.only_origin.clone()),
            storage: &*self.storage,
            part,
            size: release.size,
            limit: self.max_bundle_bytes,
            cancel,
            progress,
        };
        let mut failure: Option<Error> = None;
        for url in &release.urls {
            match transfer.fetch_from(url).await {
                Ok(len) => {
                    let (key, path) = (PartKey::of(release), transfer.part.path());
                    return Ok(FinishedPart { key, path, len });
                }
                Err(error) if concerns_the_device(&error) => return Err(error),
                Err(error) => {
                    tracing::info!(%error, "a source of the bundle failed");
                    failure = Some(match failure {
                        // Where one place may have it later, the whole call may succeed later.
                        Some(first) if first.retryable() || !error.retryable() => first,
                        _ => error,
                    });
                }
            }
        }
        part::discard_if_empty(&*self.storage, &PartKey::of(release))?;
        Err(failure.unwrap_or_else(|| Error::invalid_request("the release has no URL")))
    }

    /// Deletes a part, finished or not.
    pub(crate) fn discard(&self, key: &PartKey) -> Result<(), Error> {
        part::discard(&*self.storage, key)
    }

    /// Deletes parts that are over 30 days old, and what belongs to none.
    pub(crate) fn sweep(&self) -> Result<(), Error> {
        part::sweep(&*self.storage, self.client.clock().now())
    }

    fn check_size(&self, release: &Release) -> Result<(), Error> {
        match (release.size, release.urls.first()) {
            (Some(0), Some(url)) => Err(protocol(url, "the release has a size of 0 bytes")),
            (Some(size), _) if size > self.max_bundle_bytes => Err(Error::SizeExceeded {
                what: "the bundle".to_owned(),
                limit: self.max_bundle_bytes,
            }),
            _ => Ok(()),
        }
    }
}

/// Another server wouldn't do better.
fn concerns_the_device(error: &Error) -> bool {
    matches!(
        error,
        Error::Cancelled | Error::InsufficientStorage { .. } | Error::Storage { .. }
    )
}

#[cfg(test)]
mod tests;
