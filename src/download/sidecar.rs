//! What a resume needs to know beside the bytes.

use std::collections::BTreeMap;
use std::io;
use std::path::Path;
use std::time::{Duration, SystemTime};

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use url::Url;

use crate::digest::Sha256Digest;
use crate::error::Error;
use crate::release::Release;
use crate::store::storage::Storage;

/// After this the release is most likely a thing of the past.
const MAX_AGE: Duration = Duration::from_secs(30 * 24 * 60 * 60);

/// A few hundred bytes are usual.
const MAX_SIDECAR: u64 = 64 * 1024;

/// What is written beside the bytes.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(super) struct Sidecar {
    pub(super) checksum: Sha256Digest,
    size: Option<u64>,
    /// For people who look into the folder.
    version: String,
    /// Seconds since 1970.
    created: u64,
    /// The size that an answer named.
    pub(super) total: Option<u64>,
    /// Strong entity tags by the hash of the URL that they came from: a URL may have secrets in
    /// it.
    validators: BTreeMap<String, String>,
}

impl Sidecar {
    pub(super) fn new(release: &Release, now: SystemTime) -> Self {
        Self {
            checksum: release.checksum,
            size: release.size,
            version: release.version.to_string(),
            created: unix_seconds(now),
            total: None,
            validators: BTreeMap::new(),
        }
    }

    /// A sidecar that is missing or damaged is none. That it can't be read now says nothing.
    pub(super) fn read(storage: &dyn Storage, path: &Path) -> Result<Option<Self>, Error> {
        match storage.read(path, MAX_SIDECAR) {
            Ok(bytes) => Ok(serde_json::from_slice(&bytes).ok()),
            Err(error) => match error.kind() {
                io::ErrorKind::NotFound | io::ErrorKind::InvalidData => Ok(None),
                _ => Err(Error::storage("read", path, error)),
            },
        }
    }

    /// Replaces the file at `path` by way of the one at `new`: a kill leaves the old one or the
    /// new one.
    pub(super) fn save(&self, storage: &dyn Storage, path: &Path, new: &Path) -> Result<(), Error> {
        serde_json::to_vec(self)
            .map_err(io::Error::other)
            .and_then(|bytes| storage.commit(new, &bytes))
            .and_then(|()| storage.rename(new, path))
            .map_err(|error| Error::storage("write", path, error))
    }

    pub(super) fn is_outdated(&self, now: SystemTime) -> bool {
        // A clock that was set back makes nothing old.
        unix_seconds(now).saturating_sub(self.created) > MAX_AGE.as_secs()
    }

    /// The strong entity tag that `url` sent.
    pub(super) fn validator(&self, url: &Url) -> Option<&str> {
        let etag = self.validators.get(&short_hash(url.as_str()))?;
        Some(etag)
    }

    /// Takes down what an answer said. Tells whether anything of it is new.
    pub(super) fn learn(&mut self, url: &Url, etag: Option<&str>, total: Option<u64>) -> bool {
        let before = self.clone();
        self.total = total.or(before.total);
        if let Some(etag) = etag {
            let url = short_hash(url.as_str());
            self.validators.insert(url, etag.to_owned());
        }
        *self != before
    }

    /// Forgets what answers said.
    pub(super) fn forget(&mut self) {
        self.validators.clear();
        self.total = None;
    }
}

/// 32 hex digits.
pub(super) fn short_hash(text: &str) -> String {
    let digest = Sha256Digest::new(Sha256::digest(text).into());
    digest.to_string().chars().take(32).collect()
}

fn unix_seconds(time: SystemTime) -> u64 {
    time.duration_since(SystemTime::UNIX_EPOCH)
        .map_or(0, |since| since.as_secs())
}
