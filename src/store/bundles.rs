//! Where a bundle lies, and what lies beside its files.

use std::io;
use std::path::{Path, PathBuf};

use semver::Version;
use serde::{Deserialize, Serialize};

use super::state::BundleRecord;
use super::storage::{FileKind, Storage};
use crate::bundle::{BundleId, BundleStatus};
use crate::digest::Sha256Digest;
use crate::error::Error;

pub(crate) const BUNDLES: &str = "bundles";
pub(crate) const STAGING: &str = "staging";
pub(crate) const TRASH: &str = "trash";
pub(crate) const DOWNLOADS: &str = "downloads";

/// The folder of one bundle, in `bundles/` or in `staging/`.
#[derive(Debug, Clone)]
pub(crate) struct BundleFolder(PathBuf);

impl BundleFolder {
    pub(crate) fn installed(id: &BundleId) -> Self {
        Self(Path::new(BUNDLES).join(id.as_str()))
    }

    pub(crate) fn staged(id: &BundleId) -> Self {
        Self(Path::new(STAGING).join(id.as_str()))
    }

    pub(crate) fn path(&self) -> &Path {
        &self.0
    }

    /// The web files.
    pub(crate) fn www(&self) -> PathBuf {
        self.0.join("www")
    }

    /// The list of the web files, with sizes and digests.
    pub(crate) fn file_list(&self) -> PathBuf {
        self.0.join("files")
    }

    /// What the bundle is, should the state be lost.
    pub(crate) fn description(&self) -> PathBuf {
        self.0.join("bundle.json")
    }

    /// Whether the bundle can be started: a look at two files, however many there are.
    ///
    /// # Errors
    ///
    /// `storage` where the file system fails, which says nothing about the bundle.
    pub(crate) fn is_whole(&self, storage: &dyn Storage) -> Result<bool, Error> {
        Ok(has_bytes(storage, &self.www().join("index.html"))?
            && has_bytes(storage, &self.file_list())?)
    }
}

/// A file without a byte is what a power cut may leave of one: neither of the two was installed so.
fn has_bytes(storage: &dyn Storage, path: &Path) -> Result<bool, Error> {
    match storage.metadata(path) {
        Ok(metadata) => Ok(metadata.kind == FileKind::File && metadata.len > 0),
        Err(error) => match error.kind() {
            io::ErrorKind::NotFound | io::ErrorKind::NotADirectory => Ok(false),
            _ => Err(Error::storage("look at", path, error)),
        },
    }
}

/// `bundle.json`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct BundleDescription {
    pub(crate) version: Version,
    pub(crate) checksum: Sha256Digest,
    #[serde(default)]
    pub(crate) min_app_version: Option<String>,
    #[serde(default)]
    pub(crate) max_app_version: Option<String>,
}

impl BundleDescription {
    const LIMIT: u64 = 64 * 1024;

    /// The record of a bundle that was just installed, or found again.
    pub(crate) fn into_record(
        self,
        id: BundleId,
        now: u64,
        hashed_boot: Option<String>,
    ) -> BundleRecord {
        BundleRecord {
            id,
            version: self.version,
            checksum: self.checksum,
            status: BundleStatus::Pending,
            downloaded: now,
            min_app_version: self.min_app_version,
            max_app_version: self.max_app_version,
            failed_launches: 0,
            active_millis: 0,
            hashed_boot,
            is_withdrawn: false,
        }
    }

    /// Reads the description of an installed bundle; nothing where it is missing or damaged.
    pub(crate) fn load(storage: &dyn Storage, folder: &BundleFolder) -> Option<Self> {
        let bytes = storage.read(&folder.description(), Self::LIMIT).ok()?;
        serde_json::from_slice(&bytes).ok()
    }
}

/// The ids that have a folder in `bundles/`. Anything else in there is not ours to judge.
pub(crate) fn installed(storage: &dyn Storage) -> Result<Vec<BundleId>, Error> {
    Ok(names(storage, Path::new(BUNDLES))?
        .iter()
        .filter_map(|name| BundleId::parse(name))
        .filter(|id| !id.is_builtin())
        .collect())
}

/// The names in a directory; none where it doesn't exist.
pub(crate) fn names(storage: &dyn Storage, path: &Path) -> Result<Vec<String>, Error> {
    match storage.list(path) {
        Ok(names) => Ok(names),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(Vec::new()),
        Err(error) => Err(Error::storage("list", path, error)),
    }
}
