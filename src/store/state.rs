//! The durable state: plain data, and how it is looked at.
//!
//! What *runs* in this process is not here: that fact lives in memory only
//! ([`Running`](crate::lifecycle::running::Running)).

use semver::Version;
use serde::{Deserialize, Serialize};

use crate::bundle::{Bundle, BundleId, BundleStatus, FailureReason, from_unix_millis};
use crate::digest::Sha256Digest;
use crate::page_mark::PageSecret;
use crate::report::Confirmation;
use crate::store::trusted::Trusted;

/// Everything that outlives a process.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub(crate) struct State {
    /// The installed app that all of this was decided for.
    pub(crate) native_build: Option<String>,
    pub(crate) device_id: String,
    pub(crate) custom_id: Option<String>,
    /// Set by `setChannel`; the configuration's otherwise.
    pub(crate) channel: Option<String>,
    /// The channel of before the trial that is going on, where that has set another.
    pub(crate) channel_before_trial: Option<Channel>,
    /// What the last launch was meant to run.
    pub(crate) current: BundleId,
    /// What the next launch will try.
    pub(crate) next: Option<BundleId>,
    /// Whether that is what a server has offered, and not what a caller has chosen.
    pub(crate) next_is_offered: bool,
    /// Bundles that were ready, newest activation first.
    pub(crate) good: Vec<BundleId>,
    /// The launch of a trial that has no verdict yet.
    pub(crate) attempt: Option<u64>,
    pub(crate) bundles: Vec<BundleRecord>,
    /// Versions that were rolled back: blocked.
    pub(crate) failed: Vec<FailedVersion>,
    /// Bytes that were refused for good, newest last.
    pub(crate) refused: Vec<RefusedBytes>,
    /// The newest rollback, for `getFailedUpdate`.
    pub(crate) failed_update: Option<FailedUpdate>,
    /// How often bytes were fetched again because their files were damaged.
    pub(crate) repairs: Vec<Repair>,
    pub(crate) confirmations: Vec<Confirmation>,
    pub(crate) schedule: Schedule,
    /// No request before this, the server said.
    pub(crate) rate_limit: Option<Pause>,
    /// Another one with each activation; nothing in a state of before there were any.
    pub(crate) page_secret: Option<PageSecret>,
    /// What release statements have taught.
    pub(crate) trusted: Trusted,
}

impl State {
    /// The state of a device that has never run this library.
    pub(crate) fn fresh() -> Self {
        Self {
            device_id: uuid::Uuid::new_v4().to_string(),
            ..Self::default()
        }
    }

    /// Gives pages another secret where what runs isn't what ran `before`: a bundle knows the mark
    /// that the one before it has left, and must not be able to put it back.
    pub(crate) fn renew_page_secret(&mut self, before: &Self) {
        let is_same = self.current == before.current && self.native_build == before.native_build;
        if !is_same || self.page_secret.is_none() {
            self.page_secret = Some(PageSecret::random());
        }
    }

    /// For people and tests; without what nobody may know.
    pub(crate) fn to_json(&self) -> serde_json::Value {
        let mut json = serde_json::json!(self);
        if let Some(fields) = json.as_object_mut() {
            fields.remove("pageSecret");
        }
        json
    }

    pub(crate) fn bundle(&self, id: &BundleId) -> Option<&BundleRecord> {
        self.bundles.iter().find(|record| record.id == *id)
    }

    pub(crate) fn bundle_mut(&mut self, id: &BundleId) -> Option<&mut BundleRecord> {
        self.bundles.iter_mut().find(|record| record.id == *id)
    }

    /// Whether `id` is in trial.
    pub(crate) fn is_trial(&self, id: &BundleId) -> bool {
        self.bundle(id)
            .is_some_and(|record| record.status == BundleStatus::Trial)
    }

    pub(crate) fn has_failed(&self, version: &Version, checksum: &Sha256Digest) -> bool {
        self.failed
            .iter()
            .any(|failed| failed.version == *version && failed.checksum == *checksum)
    }

    pub(crate) fn has_refused(&self, bytes: &Sha256Digest) -> bool {
        self.refused.iter().any(|refused| refused.bytes == *bytes)
    }

    pub(crate) fn repairs_of(&self, checksum: &Sha256Digest) -> u32 {
        self.repairs
            .iter()
            .find(|repair| repair.checksum == *checksum)
            .map_or(0, |repair| repair.count)
    }
}

/// A channel that may be had back; the configuration's without a name.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Channel {
    #[serde(default)]
    pub(crate) name: Option<String>,
}

/// What is known of one bundle on the disk.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct BundleRecord {
    pub(crate) id: BundleId,
    pub(crate) version: Version,
    pub(crate) checksum: Sha256Digest,
    pub(crate) status: BundleStatus,
    /// Milliseconds since the Unix epoch.
    pub(crate) downloaded: u64,
    #[serde(default)]
    pub(crate) min_app_version: Option<String>,
    #[serde(default)]
    pub(crate) max_app_version: Option<String>,
    /// Launches of the trial that ended badly.
    #[serde(default)]
    pub(crate) failed_launches: u32,
    /// Active time of the trial's launches before this one, in milliseconds.
    #[serde(default)]
    pub(crate) active_millis: u64,
    /// The boot of the device in which all files were last hashed.
    #[serde(default)]
    pub(crate) hashed_boot: Option<String>,
    /// The server has taken it back, which is no verdict: it is no fallback until it is ready again.
    #[serde(default)]
    pub(crate) is_withdrawn: bool,
}

impl BundleRecord {
    pub(crate) fn to_bundle(&self) -> Bundle {
        Bundle {
            id: self.id.clone(),
            version: self.version.to_string(),
            status: self.status,
            checksum: self.checksum.to_string(),
            downloaded: from_unix_millis(self.downloaded),
        }
    }
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct FailedVersion {
    pub(crate) version: Version,
    pub(crate) checksum: Sha256Digest,
}

/// Names a zip together with its signature, so that a right signature gets its chance.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct RefusedBytes {
    pub(crate) bytes: Sha256Digest,
    pub(crate) version: Version,
    pub(crate) code: String,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct FailedUpdate {
    pub(crate) bundle: BundleRecord,
    pub(crate) reason: FailureReason,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct Repair {
    pub(crate) checksum: Sha256Digest,
    pub(crate) count: u32,
}

/// When the automatic check may run again.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub(crate) struct Schedule {
    pub(crate) next_check: Option<Pause>,
    /// Downloads in a row whose digest was wrong.
    pub(crate) mismatches: u32,
}

/// A time to wait for, by a wall clock that may lie.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub(crate) struct Pause {
    /// When it was set, in milliseconds since the Unix epoch.
    pub(crate) seen: u64,
    /// When it ends.
    pub(crate) until: u64,
}

impl Pause {
    pub(crate) fn new(now: u64, millis: u64) -> Self {
        Self {
            seen: now,
            until: now.saturating_add(millis),
        }
    }

    /// Milliseconds still to wait; nothing where it is over, or where it makes no sense: `now`
    /// lies before it was set, or its end was further away than `longest` then. Such a pause
    /// doesn't begin to count once its end has come near, either.
    pub(crate) fn remaining(&self, now: u64, longest: u64) -> Option<u64> {
        let left = self.until.checked_sub(now).filter(|left| *left > 0)?;
        let is_sane = self.until.saturating_sub(self.seen) <= longest;
        (now >= self.seen && is_sane).then_some(left)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pause_ends_and_a_clock_that_jumps_ends_it_too() {
        let pause = Pause::new(1_000, 500);
        assert_eq!(pause.remaining(1_000, 500), Some(500));
        assert_eq!(pause.remaining(1_499, 500), Some(1));
        assert_eq!(pause.remaining(1_500, 500), None);
        assert_eq!(pause.remaining(999, 1000), None, "before it was set");
        assert_eq!(pause.remaining(1_000, 499), None, "longer than any pause");
    }

    #[test]
    fn a_pause_that_was_too_long_stays_so_when_its_end_comes_near() {
        let pause = Pause::new(1_000, 5_000);
        for now in [1_000, 5_500, 5_999] {
            assert_eq!(pause.remaining(now, 1_000), None, "at {now}");
        }
    }

    #[test]
    fn a_state_of_an_older_version_with_fewer_fields_is_read() {
        let state: State = serde_json::from_str(r#"{"deviceId":"d"}"#).unwrap();
        assert_eq!(state.device_id, "d");
        assert_eq!(state.trusted, Trusted::default());
        assert!(state.current.is_builtin());
    }
}
