//! What callers ask for, and what they get.

use semver::Version;
use url::Url;

use crate::bundle::Bundle;
use crate::digest::Sha256Digest;
use crate::policy::BlockReason;
use crate::release::Release;

/// What a check found.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct Latest {
    /// What it comes to.
    pub status: LatestStatus,
    /// Why it is blocked, where it is.
    pub reason: Option<BlockReason>,
    /// What the server offers, whether or not it may be installed.
    pub release: Option<Release>,
}

/// What a check comes to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum LatestStatus {
    /// Nothing is to be done.
    UpToDate,
    /// The release may be installed.
    UpdateAvailable,
    /// The release needs a newer app.
    NativeUpdateRequired,
    /// The release must not run here, or the server must not be asked now.
    Blocked,
    /// Another update is under way.
    Busy,
}

impl LatestStatus {
    /// The status as it stands in answers.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::UpToDate => "upToDate",
            Self::UpdateAvailable => "updateAvailable",
            Self::NativeUpdateRequired => "nativeUpdateRequired",
            Self::Blocked => "blocked",
            Self::Busy => "busy",
        }
    }
}

/// How a sync ended.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct SyncOutcome {
    /// What it comes to.
    pub status: SyncStatus,
    /// The bundle that is next now.
    pub bundle: Option<Bundle>,
    /// Why it is blocked, where it is.
    pub reason: Option<BlockReason>,
}

/// What a sync comes to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum SyncStatus {
    /// The next launch tries a new bundle.
    Downloaded,
    /// Nothing is to be done.
    UpToDate,
    /// The release needs a newer app.
    NativeUpdateRequired,
    /// The release must not run here, or the server must not be asked now.
    Blocked,
    /// Another update is under way.
    Busy,
}

impl SyncStatus {
    /// The status as it stands in answers.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Downloaded => "downloaded",
            Self::UpToDate => "upToDate",
            Self::NativeUpdateRequired => "nativeUpdateRequired",
            Self::Blocked => "blocked",
            Self::Busy => "busy",
        }
    }
}

/// What to download.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum DownloadRequest {
    /// The release that the server offered last; without one, it is asked.
    Offered,
    /// A bundle at an address that the caller knows.
    At {
        /// Where.
        url: Url,
        /// Its version.
        version: Version,
        /// SHA-256 of its zip.
        checksum: Sha256Digest,
        /// A signature over its zip.
        signature: Option<String>,
        /// Bytes of its zip.
        size: Option<u64>,
    },
}

/// What a flush of the reports came to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct Flushed {
    /// Reports that were settled by this call.
    pub delivered: u32,
    /// Reports that still wait.
    pub pending: u32,
}
