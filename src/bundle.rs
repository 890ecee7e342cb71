//! Bundles, as callers see them.

use std::fmt;
use std::path::PathBuf;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use serde::de::Error as _;
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use time::OffsetDateTime;
use time::macros::format_description;

/// The name of one bundle on this device: random, never reused; or `builtin`.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(transparent)]
pub struct BundleId(#[serde(deserialize_with = "only_ours")] String);

impl BundleId {
    /// The web files in the app's package.
    pub fn builtin() -> Self {
        Self("builtin".to_owned())
    }

    /// A new random id: 32 lower-case hex digits.
    pub(crate) fn random() -> Self {
        Self(uuid::Uuid::new_v4().simple().to_string())
    }

    /// Reads an id of ours; anything else can't name a bundle.
    pub(crate) fn parse(text: &str) -> Option<Self> {
        let is_ours = text.len() == 32
            && text
                .bytes()
                .all(|digit| matches!(digit, b'0'..=b'9' | b'a'..=b'f'));
        (is_ours || text == "builtin").then(|| Self(text.to_owned()))
    }

    /// Whether this is [`builtin`](Self::builtin).
    pub fn is_builtin(&self) -> bool {
        self.0 == "builtin"
    }

    /// The id as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl Default for BundleId {
    fn default() -> Self {
        Self::builtin()
    }
}

impl fmt::Display for BundleId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// How far a bundle has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
#[non_exhaustive]
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

/// One version of the web files on this device.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct Bundle {
    /// Its name on this device.
    pub id: BundleId,
    /// The release's version.
    pub version: String,
    /// How far it has come.
    pub status: BundleStatus,
    /// SHA-256 of its zip in hex; empty for builtin.
    pub checksum: String,
    /// When it was downloaded; the Unix epoch for builtin. Written as ISO 8601.
    #[serde(serialize_with = "serialize_iso8601")]
    pub downloaded: SystemTime,
}

impl Bundle {
    /// When it was downloaded, as JavaScript's `toISOString` writes it.
    pub fn downloaded_iso8601(&self) -> String {
        iso8601(self.downloaded)
    }

    pub(crate) fn builtin(version: &semver::Version) -> Self {
        Self {
            id: BundleId::builtin(),
            version: version.to_string(),
            status: BundleStatus::Success,
            checksum: String::new(),
            downloaded: UNIX_EPOCH,
        }
    }
}

/// What a host has to load, and what it should know about it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct Launch {
    /// What runs.
    pub bundle: Bundle,
    /// The folder that holds its `index.html`; nothing for builtin.
    #[serde(serialize_with = "lossy")]
    pub path: Option<PathBuf>,
    /// Names this activation in this process; `notify_app_ready` wants it back.
    pub launch_token: String,
    /// What the page's script leaves in the web view, so that the next start knows whose page was
    /// there; 64 hex digits. It is the same for as long as the bundle stays what runs, also in other
    /// processes, and no page can know it before it is its own. For the host alone: JSON lacks it.
    #[serde(skip)]
    pub page_mark: String,
    /// Whether the bundle still has to prove itself.
    pub trial: bool,
    /// The bundle that this launch took back.
    pub rolled_back: Option<Bundle>,
    /// Why this launch is less than was asked for.
    pub problem: Option<Problem>,
}

/// Something that a launch had to work around.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct Problem {
    /// A code of [`Error`](crate::Error).
    pub code: &'static str,
    /// What happened, for people.
    pub message: String,
}

impl From<&crate::Error> for Problem {
    fn from(error: &crate::Error) -> Self {
        Self {
            code: error.code(),
            message: error.to_string(),
        }
    }
}

/// Why a bundle was taken back.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
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

impl FailureReason {
    /// The reason as it stands in events and reports.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Timeout => "timeout",
            Self::TrialLaunches => "trial_launches",
            Self::CrashLoop => "crash_loop",
            Self::Damaged => "damaged",
            Self::Reported => "reported",
        }
    }
}

/// Which launch a report of a crash is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum CrashReason {
    /// The page's renderer died: this launch.
    Renderer,
    /// The app's process died, as the system tells at the next start: the launch before. It counts
    /// once, however often it is told.
    PreviousProcess,
}

/// Milliseconds since the Unix epoch, as times are kept in files. Before it counts as it.
pub(crate) fn unix_millis(time: SystemTime) -> u64 {
    time.duration_since(UNIX_EPOCH).map_or(0, |elapsed| {
        u64::try_from(elapsed.as_millis()).unwrap_or(u64::MAX)
    })
}

pub(crate) fn from_unix_millis(millis: u64) -> SystemTime {
    UNIX_EPOCH
        .checked_add(Duration::from_millis(millis))
        .unwrap_or(UNIX_EPOCH)
}

/// Ids name folders: no other text becomes one.
fn only_ours<'de, D: Deserializer<'de>>(deserializer: D) -> Result<String, D::Error> {
    let text = String::deserialize(deserializer)?;
    match BundleId::parse(&text) {
        Some(id) => Ok(id.0),
        None => Err(D::Error::custom("not the id of a bundle")),
    }
}

/// JSON has no words for a path that is no Unicode; serde would fail for the whole launch.
#[expect(clippy::ref_option, reason = "serde gives the field as it is")]
fn lossy<S: Serializer>(path: &Option<PathBuf>, serializer: S) -> Result<S::Ok, S::Error> {
    path.as_ref()
        .map(|path| path.to_string_lossy())
        .serialize(serializer)
}

fn serialize_iso8601<S: Serializer>(time: &SystemTime, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_str(&iso8601(*time))
}

/// RFC 3339 in UTC, with milliseconds.
pub(crate) fn iso8601(time: SystemTime) -> String {
    let format =
        format_description!("[year]-[month]-[day]T[hour]:[minute]:[second].[subsecond digits:3]Z");
    let nanos = i128::from(unix_millis(time)) * 1_000_000;
    OffsetDateTime::from_unix_timestamp_nanos(nanos)
        .ok()
        .and_then(|time| time.format(format).ok())
        .unwrap_or_else(|| "1970-01-01T00:00:00.000Z".to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn builtin_is_written_as_the_contract_says() {
        let builtin = Bundle::builtin(&semver::Version::new(1, 2, 3));
        assert_eq!(
            serde_json::to_value(&builtin).unwrap(),
            serde_json::json!({
                "id": "builtin",
                "version": "1.2.3",
                "status": "success",
                "checksum": "",
                "downloaded": "1970-01-01T00:00:00.000Z",
            })
        );
    }

    #[test]
    fn only_our_own_ids_name_a_bundle() {
        assert!(BundleId::parse(BundleId::random().as_str()).is_some());
        assert!(BundleId::parse("builtin").is_some());
        for text in [
            "",
            "..",
            "../x",
            "ABCDEF",
            "0123456789abcdef0123456789abcdeg",
        ] {
            assert_eq!(BundleId::parse(text), None);
            assert!(serde_json::from_value::<BundleId>(text.into()).is_err());
        }
    }

    #[cfg(unix)]
    #[test]
    fn a_launch_from_a_path_that_is_no_unicode_is_json_all_the_same() {
        use std::os::unix::ffi::OsStringExt as _;
        let launch = Launch {
            bundle: Bundle::builtin(&semver::Version::new(1, 0, 0)),
            path: Some(std::ffi::OsString::from_vec(b"/a/\xff/www".to_vec()).into()),
            launch_token: String::new(),
            page_mark: String::new(),
            trial: false,
            rolled_back: None,
            problem: None,
        };
        let json = serde_json::to_value(&launch).unwrap();
        assert_eq!(json["path"], "/a/\u{fffd}/www");
    }
}
