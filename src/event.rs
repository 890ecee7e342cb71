//! What the updater tells its host without being asked.

use serde_json::{Value, json};

use crate::bundle::{Bundle, FailureReason, Launch, Problem};

/// Something that happened. Names and data are those that Capacitor developers know.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub enum Event {
    /// Part of a bundle has arrived.
    Download {
        /// The bundle.
        bundle: Bundle,
        /// How much of it, 0 to 100; 0 while its size is unknown.
        percent: u8,
        /// Bytes on the disk.
        bytes: u64,
        /// Bytes that the bundle has, where it is known.
        total_bytes: Option<u64>,
    },
    /// A bundle was downloaded, verified and unpacked.
    DownloadComplete {
        /// The bundle.
        bundle: Bundle,
    },
    /// A download ended without a bundle.
    DownloadFailed {
        /// The bundle that was to come.
        bundle: Bundle,
        /// Why.
        error: Problem,
    },
    /// The server offers something that may be installed.
    UpdateAvailable {
        /// The bundle that would come.
        bundle: Bundle,
    },
    /// The server has nothing new.
    NoNeedUpdate {
        /// What runs.
        bundle: Bundle,
    },
    /// A bundle was taken back.
    UpdateFailed {
        /// The bundle.
        bundle: Bundle,
        /// Why.
        reason: FailureReason,
    },
    /// A bundle was activated.
    Set {
        /// The bundle.
        bundle: Bundle,
    },
    /// The next launch will try a bundle.
    SetNext {
        /// The bundle.
        bundle: Bundle,
    },
    /// The page said that it works.
    AppReady {
        /// The bundle that it belongs to.
        bundle: Bundle,
    },
    /// A call made the host load the page again.
    AppReloaded {
        /// What runs now.
        bundle: Bundle,
    },
    /// The host must load this now.
    Reload(Launch),
}

impl Event {
    pub(crate) fn download(bundle: Bundle, bytes: u64, total_bytes: Option<u64>) -> Self {
        Self::Download {
            percent: percent(bytes, total_bytes),
            bundle,
            bytes,
            total_bytes,
        }
    }

    /// What kind of event it is.
    pub fn kind(&self) -> EventKind {
        match self {
            Self::Download { .. } => EventKind::Download,
            Self::DownloadComplete { .. } => EventKind::DownloadComplete,
            Self::DownloadFailed { .. } => EventKind::DownloadFailed,
            Self::UpdateAvailable { .. } => EventKind::UpdateAvailable,
            Self::NoNeedUpdate { .. } => EventKind::NoNeedUpdate,
            Self::UpdateFailed { .. } => EventKind::UpdateFailed,
            Self::Set { .. } => EventKind::Set,
            Self::SetNext { .. } => EventKind::SetNext,
            Self::AppReady { .. } => EventKind::AppReady,
            Self::AppReloaded { .. } => EventKind::AppReloaded,
            Self::Reload(_) => EventKind::Reload,
        }
    }

    /// The event's name.
    pub fn name(&self) -> &'static str {
        self.kind().name()
    }

    /// The event's data, as JavaScript sees it.
    pub fn data(&self) -> Value {
        match self {
            Self::Download {
                bundle,
                percent,
                bytes,
                total_bytes,
            } => json!({
                "percent": percent,
                "bytes": bytes,
                "totalBytes": total_bytes,
                "bundle": bundle,
            }),
            Self::DownloadComplete { bundle }
            | Self::UpdateAvailable { bundle }
            | Self::NoNeedUpdate { bundle }
            | Self::Set { bundle }
            | Self::SetNext { bundle }
            | Self::AppReady { bundle }
            | Self::AppReloaded { bundle } => json!({ "bundle": bundle }),
            Self::DownloadFailed { bundle, error } => json!({ "bundle": bundle, "error": error }),
            Self::UpdateFailed { bundle, reason } => {
                json!({ "bundle": bundle, "reason": reason.as_str() })
            }
            Self::Reload(launch) => json!(launch),
        }
    }
}

/// What an [`Event`] is about, without its data.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum EventKind {
    /// Part of a bundle has arrived.
    Download,
    /// A bundle was downloaded, verified and unpacked.
    DownloadComplete,
    /// A download ended without a bundle.
    DownloadFailed,
    /// The server offers something that may be installed.
    UpdateAvailable,
    /// The server has nothing new.
    NoNeedUpdate,
    /// A bundle was taken back.
    UpdateFailed,
    /// A bundle was activated.
    Set,
    /// The next launch will try a bundle.
    SetNext,
    /// The page said that it works.
    AppReady,
    /// A call made the host load the page again.
    AppReloaded,
    /// The host must load something now.
    Reload,
}

impl EventKind {
    /// The name by which hosts and pages know such events.
    pub fn name(self) -> &'static str {
        match self {
            Self::Download => "download",
            Self::DownloadComplete => "downloadComplete",
            Self::DownloadFailed => "downloadFailed",
            Self::UpdateAvailable => "updateAvailable",
            Self::NoNeedUpdate => "noNeedUpdate",
            Self::UpdateFailed => "updateFailed",
            Self::Set => "set",
            Self::SetNext => "setNext",
            Self::AppReady => "appReady",
            Self::AppReloaded => "appReloaded",
            Self::Reload => "reload",
        }
    }
}

fn percent(bytes: u64, total: Option<u64>) -> u8 {
    let Some(total) = total.filter(|total| *total > 0) else {
        return 0;
    };
    let percent = u128::from(bytes) * 100 / u128::from(total);
    u8::try_from(percent).unwrap_or(100).min(100)
}
