//! Bundles and launches, as they cross.

use serde::Serialize;

use crate::error::INTERNAL;
use crate::page;
use crate::panics::unless_it_panics;
use crate::to_json;

/// One version of the web files on this device.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, uniffi::Record)]
pub struct BundleInfo {
    /// Its name on this device: random, never reused; or `builtin`.
    pub id: String,
    /// The release's version.
    pub version: String,
    /// How far it has come.
    pub status: BundleStatus,
    /// SHA-256 of its zip in hex; empty for builtin.
    pub checksum: String,
    /// When it was downloaded, in ISO 8601; the Unix epoch for builtin.
    pub downloaded: String,
}

#[uniffi::export]
impl BundleInfo {
    /// As JavaScript sees it.
    pub fn json(&self) -> String {
        to_json(self)
    }
}

impl From<live_updater::Bundle> for BundleInfo {
    fn from(bundle: live_updater::Bundle) -> Self {
        Self {
            downloaded: bundle.downloaded_iso8601(),
            id: bundle.id.to_string(),
            version: bundle.version,
            status: bundle.status.into(),
            checksum: bundle.checksum,
        }
    }
}

/// How far a bundle has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, uniffi::Enum)]
#[serde(rename_all = "lowercase")]
pub enum BundleStatus {
    /// Verified and unpacked, never ready.
    Pending,
    /// Activated, and not yet ready.
    Trial,
    /// It was ready.
    Success,
    /// Rolled back.
    Error,
}

impl From<live_updater::BundleStatus> for BundleStatus {
    fn from(status: live_updater::BundleStatus) -> Self {
        use live_updater::BundleStatus as Core;
        match status {
            Core::Trial => Self::Trial,
            Core::Success => Self::Success,
            Core::Error => Self::Error,
            _ => Self::Pending,
        }
    }
}

/// What the host has to load, and what it should know about it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, uniffi::Record)]
#[serde(rename_all = "camelCase")]
pub struct Launch {
    /// What runs.
    pub bundle: BundleInfo,
    /// The folder that holds its `index.html`; nothing for builtin.
    pub path: Option<String>,
    /// Names this activation in this process; `notify_app_ready` wants it back.
    pub launch_token: String,
    /// What `page_script` leaves in the web view. It is the host's secret until the page is there,
    /// and no part of `json`.
    #[serde(skip)]
    pub page_mark: String,
    /// Whether the bundle still has to prove itself.
    pub trial: bool,
    /// The bundle that this launch took back.
    pub rolled_back: Option<BundleInfo>,
    /// Why this launch is less than was asked for.
    pub problem: Option<Problem>,
}

#[uniffi::export]
impl Launch {
    /// As JavaScript sees it.
    pub fn json(&self) -> String {
        to_json(self)
    }

    /// The script that a web view has to run at the start of each document of this launch, in the
    /// main frame, on the app's own origin. It gives the page its launch token, and where another
    /// bundle ran before, it removes that one's service workers.
    pub fn page_script(&self) -> String {
        self.script(None)
    }

    /// As `page_script`, for a web view that runs its scripts on every origin: the script does
    /// nothing but on `origin`, the app's own, such as `capacitor://localhost`.
    pub fn page_script_for(&self, origin: &str) -> String {
        self.script(Some(origin))
    }
}

impl Launch {
    /// A page without it has no token, and the app goes on.
    fn script(&self, origin: Option<&str>) -> String {
        unless_it_panics(|| page::script(self, origin)).unwrap_or_default()
    }

    /// Where the core can't say what runs: the files in the app's package. Nobody can vouch for it.
    pub(crate) fn of_last_resort() -> Self {
        Self {
            bundle: BundleInfo {
                id: "builtin".to_owned(),
                version: "0.0.0".to_owned(),
                status: BundleStatus::Success,
                checksum: String::new(),
                downloaded: "1970-01-01T00:00:00.000Z".to_owned(),
            },
            path: None,
            launch_token: String::new(),
            page_mark: String::new(),
            trial: false,
            rolled_back: None,
            problem: Some(Problem {
                code: INTERNAL.0.to_owned(),
                message: INTERNAL.1.to_owned(),
            }),
        }
    }
}

impl From<live_updater::Launch> for Launch {
    fn from(launch: live_updater::Launch) -> Self {
        Self {
            bundle: launch.bundle.into(),
            path: launch.path.map(|path| path.to_string_lossy().into_owned()),
            launch_token: launch.launch_token,
            page_mark: launch.page_mark,
            trial: launch.trial,
            rolled_back: launch.rolled_back.map(Into::into),
            problem: launch.problem.map(Into::into),
        }
    }
}

/// Something that had to be worked around.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, uniffi::Record)]
pub struct Problem {
    /// A code, as errors have.
    pub code: String,
    /// What happened, for people.
    pub message: String,
}

impl From<live_updater::Problem> for Problem {
    fn from(problem: live_updater::Problem) -> Self {
        Self {
            code: problem.code.to_owned(),
            message: problem.message,
        }
    }
}

/// Why a bundle was taken back.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, uniffi::Enum)]
#[serde(rename_all = "snake_case")]
pub enum FailureReason {
    /// It had its time and never became ready.
    Timeout,
    /// Too many launches ended before it became ready.
    TrialLaunches,
    /// It had been ready once, and then failed again and again.
    CrashLoop,
    /// Its files are not what was installed.
    Damaged,
    /// The host or the app said so.
    Reported,
}

impl From<live_updater::FailureReason> for FailureReason {
    fn from(reason: live_updater::FailureReason) -> Self {
        use live_updater::FailureReason as Core;
        match reason {
            Core::Timeout => Self::Timeout,
            Core::TrialLaunches => Self::TrialLaunches,
            Core::CrashLoop => Self::CrashLoop,
            Core::Damaged => Self::Damaged,
            _ => Self::Reported,
        }
    }
}

/// Which launch a report of a crash is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, uniffi::Enum)]
pub enum CrashReason {
    /// The page's renderer died: this launch.
    Renderer,
    /// The app's process died, as the system tells at the next start: the launch before. It counts
    /// once, however often it is told.
    PreviousProcess,
}

impl From<CrashReason> for live_updater::CrashReason {
    fn from(reason: CrashReason) -> Self {
        match reason {
            CrashReason::Renderer => Self::Renderer,
            CrashReason::PreviousProcess => Self::PreviousProcess,
        }
    }
}
