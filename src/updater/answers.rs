//! What callers ask for, and what they get.

use std::fmt::Display;
use std::str::FromStr;

use semver::Version;
use serde::ser::SerializeMap;
use serde::{Serialize, Serializer};
use url::Url;

use crate::bundle::Bundle;
use crate::digest::Sha256Digest;
use crate::error::Error;
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
    /// The server's own word for why it is withheld, for people.
    pub message: Option<String>,
    /// What the server offers, whether or not it may be installed.
    pub release: Option<Release>,
}

impl Serialize for Latest {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(None)?;
        map.serialize_entry("status", &self.status)?;
        if let Some(reason) = &self.reason {
            map.serialize_entry("reason", reason)?;
        }
        if let Some(message) = &self.message {
            map.serialize_entry("message", message)?;
        }
        if let Some(release) = &self.release {
            map.serialize_entry("version", &release.version)?;
            map.serialize_entry("release", release)?;
        }
        map.end()
    }
}

/// What a check comes to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
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
    /// The server takes back what runs: a sync goes back to builtin.
    RolledBack,
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
            Self::RolledBack => "rolledBack",
            Self::Busy => "busy",
        }
    }
}

/// How a sync ended.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct SyncOutcome {
    /// What it comes to.
    pub status: SyncStatus,
    /// The bundle that is next now.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub bundle: Option<Bundle>,
    /// Why it is blocked, where it is.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reason: Option<BlockReason>,
    /// The server's own word for why it is withheld, for people.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub message: Option<String>,
}

/// What a sync comes to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
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
    /// The server has taken back what ran: builtin runs now.
    RolledBack,
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
            Self::RolledBack => "rolledBack",
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
    /// The bundle that a release statement names: all that trust mode `statement` takes, and for no
    /// other.
    Stated {
        /// Where.
        url: Url,
        /// The statement: its envelope, as JSON.
        release: String,
    },
}

impl DownloadRequest {
    /// A bundle at an address that the caller knows, from text.
    ///
    /// # Errors
    ///
    /// `invalid_request`, which names what can't be read.
    pub fn at(url: &str, version: &str, checksum: &str) -> Result<Self, Error> {
        Ok(Self::At {
            url: parse("url", url)?,
            version: parse("version", version)?,
            checksum: parse("checksum", checksum)?,
            signature: None,
            size: None,
        })
    }

    /// The bundle that a release statement names, at an address that the caller knows.
    ///
    /// # Errors
    ///
    /// `invalid_request` where `url` is none.
    pub fn stated(url: &str, release: impl Into<String>) -> Result<Self, Error> {
        Ok(Self::Stated {
            url: parse("url", url)?,
            release: release.into(),
        })
    }

    /// Base64 of a signature over the zip, which [`at`](Self::at) leaves out.
    pub fn signature(mut self, wanted: Option<String>) -> Self {
        if let Self::At { signature, .. } = &mut self {
            *signature = wanted;
        }
        self
    }

    /// Bytes of the zip, which [`at`](Self::at) leaves out.
    pub fn size(mut self, wanted: Option<u64>) -> Self {
        if let Self::At { size, .. } = &mut self {
            *size = wanted;
        }
        self
    }
}

/// Reads what a caller gave as text.
pub(super) fn parse<T: FromStr<Err: Display>>(name: &str, text: &str) -> Result<T, Error> {
    text.parse()
        .map_err(|error| Error::invalid_request(format!("{name}: {error}")))
}

/// What a flush of the reports came to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct Flushed {
    /// Reports that were settled by this call.
    pub delivered: u32,
    /// Reports that still wait.
    pub pending: u32,
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn what_is_found_is_written_with_the_version_in_front() {
        let url = "https://updates.example.com/2.zip".parse().unwrap();
        let checksum = "a".repeat(64).parse().unwrap();
        let mut release = Release::new(Version::new(2, 0, 0), url, checksum);
        release.size = Some(10);
        let latest = Latest {
            status: LatestStatus::Blocked,
            reason: Some(BlockReason::NativeVersion),
            message: None,
            release: Some(release),
        };
        assert_eq!(
            json!(latest),
            json!({
                "status": "blocked",
                "reason": "native_version",
                "version": "2.0.0",
                "release": {
                    "version": "2.0.0",
                    "size": 10,
                    "mandatory": false,
                    "releaseNotes": null,
                    "minAppVersion": null,
                    "maxAppVersion": null,
                    "sequence": null,
                },
            })
        );
    }

    #[test]
    fn statuses_are_written_as_they_are_called() {
        use LatestStatus as Latest;
        for status in [
            Latest::UpToDate,
            Latest::UpdateAvailable,
            Latest::NativeUpdateRequired,
            Latest::Blocked,
            Latest::RolledBack,
            Latest::Busy,
        ] {
            assert_eq!(json!(status), status.as_str());
        }
        for status in [
            SyncStatus::Downloaded,
            SyncStatus::UpToDate,
            SyncStatus::NativeUpdateRequired,
            SyncStatus::Blocked,
            SyncStatus::RolledBack,
            SyncStatus::Busy,
        ] {
            assert_eq!(json!(status), status.as_str());
        }
    }
}
