//! Events, as they cross.

use live_updater::EventKind;
use serde::Serialize;

use crate::bundle::{BundleInfo, FailureReason, Problem};
use crate::{signed, to_json};

/// Something that happened. Names and data are those that Capacitor developers know.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, uniffi::Enum)]
#[serde(untagged, rename_all_fields = "camelCase")]
pub enum UpdateEvent {
    /// Part of a bundle has arrived.
    Download {
        /// How much of it, 0 to 100; 0 while its size is unknown.
        percent: i32,
        /// Bytes on the disk.
        bytes: i64,
        /// Bytes that the bundle has, where it is known.
        total_bytes: Option<i64>,
        /// The bundle.
        bundle: BundleInfo,
    },
    /// A bundle was downloaded, verified and unpacked.
    DownloadComplete {
        /// The bundle.
        bundle: BundleInfo,
    },
    /// A download ended without a bundle.
    DownloadFailed {
        /// The bundle that was to come.
        bundle: BundleInfo,
        /// Why.
        error: Problem,
    },
    /// The server offers something that may be installed.
    UpdateAvailable {
        /// The bundle that would come.
        bundle: BundleInfo,
    },
    /// The server has nothing new.
    NoNeedUpdate {
        /// What runs.
        bundle: BundleInfo,
    },
    /// A bundle was taken back.
    UpdateFailed {
        /// The bundle.
        bundle: BundleInfo,
        /// Why.
        reason: FailureReason,
    },
    /// A bundle was activated.
    Set {
        /// The bundle.
        bundle: BundleInfo,
    },
    /// The next launch will try a bundle.
    SetNext {
        /// The bundle.
        bundle: BundleInfo,
    },
    /// The page said that it works.
    AppReady {
        /// The bundle that it belongs to.
        bundle: BundleInfo,
    },
    /// A call made the host load the page again.
    AppReloaded {
        /// What runs now.
        bundle: BundleInfo,
    },
}

#[uniffi::export]
impl UpdateEvent {
    /// The event's name, as JavaScript listens to it.
    pub fn name(&self) -> String {
        self.kind().name().to_owned()
    }

    /// The event's data, as JavaScript sees it.
    pub fn json(&self) -> String {
        to_json(self)
    }

    /// Whether it comes with a change of pages: a page that listens only after it has been told
    /// all the same. The other events are of the moment.
    pub fn outlives_page(&self) -> bool {
        matches!(
            self.kind(),
            EventKind::UpdateFailed | EventKind::Set | EventKind::AppReady | EventKind::AppReloaded
        )
    }
}

impl UpdateEvent {
    /// Nothing for what isn't told as an event.
    pub(crate) fn from_core(event: live_updater::Event) -> Option<Self> {
        use live_updater::Event as Core;
        Some(match event {
            Core::Download {
                bundle,
                percent,
                bytes,
                total_bytes,
            } => Self::Download {
                percent: percent.into(),
                bytes: signed(bytes),
                total_bytes: total_bytes.map(signed),
                bundle: bundle.into(),
            },
            Core::DownloadComplete { bundle } => Self::DownloadComplete {
                bundle: bundle.into(),
            },
            Core::DownloadFailed { bundle, error } => Self::DownloadFailed {
                bundle: bundle.into(),
                error: error.into(),
            },
            Core::UpdateAvailable { bundle } => Self::UpdateAvailable {
                bundle: bundle.into(),
            },
            Core::NoNeedUpdate { bundle } => Self::NoNeedUpdate {
                bundle: bundle.into(),
            },
            Core::UpdateFailed { bundle, reason } => Self::UpdateFailed {
                bundle: bundle.into(),
                reason: reason.into(),
            },
            Core::Set { bundle } => Self::Set {
                bundle: bundle.into(),
            },
            Core::SetNext { bundle } => Self::SetNext {
                bundle: bundle.into(),
            },
            Core::AppReady { bundle } => Self::AppReady {
                bundle: bundle.into(),
            },
            Core::AppReloaded { bundle } => Self::AppReloaded {
                bundle: bundle.into(),
            },
            _ => return None,
        })
    }
    /// The core knows their names.
    fn kind(&self) -> EventKind {
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
        }
    }
}
