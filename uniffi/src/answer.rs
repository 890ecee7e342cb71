//! What callers ask for and what they get, as it crosses.

use live_updater::DownloadRequest;
use serde::Serialize;

use crate::bundle::BundleInfo;
use crate::error::UpdaterError;
use crate::{signed, to_json};

/// What a check found.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, uniffi::Record)]
pub struct Latest {
    /// What it comes to.
    pub status: LatestStatus,
    /// Why it is blocked, where it is.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reason: Option<BlockReason>,
    /// The server's own word for why it is withheld, for people.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub message: Option<String>,
    /// The release's version.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub version: Option<String>,
    /// What the server offers, whether or not it may be installed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub release: Option<Release>,
}

#[uniffi::export]
impl Latest {
    /// As JavaScript sees it.
    pub fn json(&self) -> String {
        to_json(self)
    }
}

impl From<live_updater::Latest> for Latest {
    fn from(latest: live_updater::Latest) -> Self {
        let release: Option<Release> = latest.release.map(Into::into);
        Self {
            status: latest.status.into(),
            reason: latest.reason.map(Into::into),
            message: latest.message,
            version: release.as_ref().map(|release| release.version.clone()),
            release,
        }
    }
}

/// What a check comes to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, uniffi::Enum)]
#[serde(rename_all = "camelCase")]
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

impl From<live_updater::LatestStatus> for LatestStatus {
    fn from(status: live_updater::LatestStatus) -> Self {
        use live_updater::LatestStatus as Core;
        match status {
            Core::UpToDate => Self::UpToDate,
            Core::UpdateAvailable => Self::UpdateAvailable,
            Core::NativeUpdateRequired => Self::NativeUpdateRequired,
            Core::RolledBack => Self::RolledBack,
            Core::Busy => Self::Busy,
            _ => Self::Blocked,
        }
    }
}

/// What a server offers.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, uniffi::Record)]
#[serde(rename_all = "camelCase")]
pub struct Release {
    /// The bundle's version.
    pub version: String,
    /// Bytes of the zip, where the server tells.
    pub size: Option<i64>,
    /// Whether the server asks for the update to be applied soon. The app decides.
    pub mandatory: bool,
    /// What is new, for people.
    pub release_notes: Option<String>,
    /// The lowest native version that the bundle runs on.
    pub min_app_version: Option<String>,
    /// The highest native version that the bundle runs on.
    pub max_app_version: Option<String>,
    /// Its place among the releases, where they are counted.
    pub sequence: Option<i64>,
}

impl From<live_updater::Release> for Release {
    fn from(release: live_updater::Release) -> Self {
        Self {
            version: release.version.to_string(),
            size: release.size.map(signed),
            mandatory: release.mandatory,
            release_notes: release.release_notes,
            min_app_version: release.min_app_version,
            max_app_version: release.max_app_version,
            sequence: release.sequence.map(signed),
        }
    }
}

/// A channel that a server knows.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, uniffi::Record)]
#[serde(rename_all = "camelCase")]
pub struct Channel {
    /// The server's id of it.
    pub id: String,
    /// Its name: what `setChannel` takes.
    pub name: String,
    /// Whether devices without a choice are on it.
    pub public: bool,
    /// Whether a device may choose it.
    pub allow_self_set: bool,
}

#[uniffi::export]
impl Channel {
    /// As JavaScript sees it.
    pub fn json(&self) -> String {
        to_json(self)
    }
}

impl From<live_updater::Channel> for Channel {
    fn from(channel: live_updater::Channel) -> Self {
        Self {
            id: channel.id,
            name: channel.name,
            public: channel.public,
            allow_self_set: channel.allow_self_set,
        }
    }
}

/// How a sync ended.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, uniffi::Record)]
pub struct SyncOutcome {
    /// What it comes to.
    pub status: SyncStatus,
    /// The bundle that is next now.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub bundle: Option<BundleInfo>,
    /// Why it is blocked, where it is.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reason: Option<BlockReason>,
    /// The server's own word for why it is withheld, for people.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub message: Option<String>,
}

#[uniffi::export]
impl SyncOutcome {
    /// As JavaScript sees it.
    pub fn json(&self) -> String {
        to_json(self)
    }
}

impl From<live_updater::SyncOutcome> for SyncOutcome {
    fn from(outcome: live_updater::SyncOutcome) -> Self {
        Self {
            status: outcome.status.into(),
            bundle: outcome.bundle.map(Into::into),
            reason: outcome.reason.map(Into::into),
            message: outcome.message,
        }
    }
}

/// What a sync comes to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, uniffi::Enum)]
#[serde(rename_all = "camelCase")]
pub enum SyncStatus {
    /// The next launch tries a new bundle.
    Downloaded,
    /// Nothing is to be done.
    UpToDate,
    /// The release needs a newer app.
    NativeUpdateRequired,
    /// The release must not run here, or the server must not be asked now.
    Blocked,
    /// The server has taken back what ran: builtin runs now, and the event `reload` says so.
    RolledBack,
    /// Another update is under way.
    Busy,
}

impl From<live_updater::SyncStatus> for SyncStatus {
    fn from(status: live_updater::SyncStatus) -> Self {
        use live_updater::SyncStatus as Core;
        match status {
            Core::Downloaded => Self::Downloaded,
            Core::UpToDate => Self::UpToDate,
            Core::NativeUpdateRequired => Self::NativeUpdateRequired,
            Core::RolledBack => Self::RolledBack,
            Core::Busy => Self::Busy,
            _ => Self::Blocked,
        }
    }
}

/// Why a release must not run here.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, uniffi::Enum)]
#[serde(rename_all = "snake_case")]
pub enum BlockReason {
    /// This version was rolled back.
    Failed,
    /// It is older than what is installed.
    Downgrade,
    /// These bytes were refused for good.
    Refused,
    /// The server asked to wait.
    RateLimited,
    /// It is for older versions of the app.
    NativeVersion,
    /// The server keeps what it has from this device.
    Withheld,
}

impl From<live_updater::BlockReason> for BlockReason {
    fn from(reason: live_updater::BlockReason) -> Self {
        use live_updater::BlockReason as Core;
        match reason {
            Core::Failed => Self::Failed,
            Core::Downgrade => Self::Downgrade,
            Core::RateLimited => Self::RateLimited,
            Core::NativeVersion => Self::NativeVersion,
            Core::Withheld => Self::Withheld,
            _ => Self::Refused,
        }
    }
}

/// A bundle at an address that the app knows. It needs a version and a checksum, or a release
/// statement, which has both.
#[derive(Debug, Clone, PartialEq, Eq, uniffi::Record)]
pub struct DownloadFrom {
    /// Where.
    pub url: String,
    /// Its version.
    #[uniffi(default = "")]
    pub version: String,
    /// SHA-256 of its zip, in hex.
    #[uniffi(default = "")]
    pub checksum: String,
    /// Base64 of a signature over its zip.
    #[uniffi(default = None)]
    pub signature: Option<String>,
    /// Bytes of its zip.
    #[uniffi(default = None)]
    pub size: Option<i64>,
    /// A release statement: its envelope, as JSON. It tells all but the address.
    #[uniffi(default = None)]
    pub release: Option<String>,
}

impl TryFrom<DownloadFrom> for DownloadRequest {
    type Error = UpdaterError;

    fn try_from(from: DownloadFrom) -> Result<Self, UpdaterError> {
        if let Some(release) = from.release {
            return Ok(Self::stated(&from.url, release)?);
        }
        let size = from.size.map(u64::try_from).transpose();
        let size = size.map_err(|_| UpdaterError::invalid_request("size is negative"))?;
        let request = Self::at(&from.url, &from.version, &from.checksum)?;
        Ok(request.signature(from.signature).size(size))
    }
}

/// What a flush of the reports came to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, uniffi::Record)]
pub struct Flushed {
    /// Reports that were settled by this call.
    pub delivered: i32,
    /// Reports that still wait.
    pub pending: i32,
}

#[uniffi::export]
impl Flushed {
    /// As JavaScript sees it.
    pub fn json(&self) -> String {
        to_json(self)
    }
}

impl From<live_updater::Flushed> for Flushed {
    fn from(flushed: live_updater::Flushed) -> Self {
        Self {
            delivered: flushed.delivered.try_into().unwrap_or(i32::MAX),
            pending: flushed.pending.try_into().unwrap_or(i32::MAX),
        }
    }
}
