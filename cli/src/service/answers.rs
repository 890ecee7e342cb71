//! What the service answers, as far as the command shows it. `--json` prints the same.

use std::time::{Duration, SystemTime};

use live_updater::NativeVersion;
use live_updater_signing::{Span, Timestamp};
use serde::{Deserialize, Serialize};

use super::statement::NativeRange;
use crate::output::Failure;

/// An app.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct App {
    pub(super) app_id: String,
    pub(super) name: String,
    pub(super) storage: Storage,
    pub(super) keep_bundles: u32,
    pub(super) needs_device_token: bool,
    pub(super) created_at: String,
}

#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) struct Storage {
    pub(super) bundles: u64,
    pub(super) bytes: u64,
}

#[derive(Debug, Deserialize)]
pub(super) struct Apps {
    pub(super) apps: Vec<App>,
}

/// A version of an app. Half of its fields have the names of Capgo's interface.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Bundle {
    pub(super) id: i64,
    #[serde(rename(deserialize = "name"))]
    pub(super) version: String,
    pub(super) checksum: String,
    pub(super) size: u64,
    #[serde(rename(deserialize = "created_at"))]
    pub(super) created_at: String,
    pub(super) channels: Vec<String>,
    pub(super) mandatory: bool,
    pub(super) signature: Option<String>,
    pub(super) min_app_version: Option<String>,
    pub(super) max_app_version: Option<String>,
    pub(super) release_notes: Option<String>,
    pub(super) link: Option<String>,
    pub(super) comment: Option<String>,
}

impl Bundle {
    /// The native versions that it is for.
    pub(super) fn native_range(&self) -> Result<NativeRange, Failure> {
        let parse = |text: &Option<String>| {
            let text = text.as_deref().filter(|text| !text.is_empty());
            text.map(str::parse::<NativeVersion>).transpose()
        };
        let range = parse(&self.min_app_version).and_then(|min| {
            let max = parse(&self.max_app_version)?;
            Ok((min, max))
        });
        range.map_err(|error| Failure::new("protocol", error.to_string()))
    }
}

#[derive(Debug, Deserialize)]
pub(super) struct Bundles {
    pub(super) bundles: Vec<Bundle>,
}

/// A channel, with the releases that devices may get.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Channel {
    pub(super) name: String,
    pub(super) public: bool,
    pub(super) self_set: bool,
    pub(super) platforms: Vec<String>,
    pub(super) refuses: Vec<String>,
    pub(super) sequence: u64,
    pub(super) auto_pause: AutoPause,
    pub(super) releases: Vec<Release>,
}

impl Channel {
    /// What all its devices get, or those that a rollout hasn't reached.
    pub(super) fn full(&self) -> Option<&Release> {
        self.releases.iter().find(|release| release.state == "full")
    }

    /// What a share of its devices gets.
    pub(super) fn partial(&self) -> Option<&Release> {
        self.releases.iter().find(|release| release.state != "full")
    }
}

#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct AutoPause {
    /// Percent.
    pub(super) failures: Option<f64>,
    pub(super) min_reports: u32,
}

#[derive(Debug, Deserialize)]
pub(super) struct Channels {
    pub(super) channels: Vec<Channel>,
}

/// A step of a channel.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Release {
    pub(super) sequence: u64,
    /// `builtin` for the files in the app's package; none where the bundle was deleted.
    pub(super) version: Option<String>,
    pub(super) state: String,
    pub(super) percent: f64,
    pub(super) is_signed: bool,
    /// None from a service that doesn't tell, too.
    #[serde(default)]
    pub(super) statement: Option<Holding>,
    pub(super) paused_because: Option<String>,
    pub(super) created_at: String,
}

impl Release {
    /// The version, for people.
    pub(super) fn shown_version(&self) -> &str {
        self.version.as_deref().unwrap_or("a deleted one")
    }

    pub(super) fn is_paused(&self) -> bool {
        self.state == "paused"
    }
}

/// From when until when a statement holds.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Holding {
    pub(super) issued_at: Timestamp,
    pub(super) expires_at: Timestamp,
}

impl Holding {
    pub(super) fn is_over(&self, now: SystemTime) -> bool {
        SystemTime::from(self.expires_at) <= now
    }

    /// Whether less than one part of so many is left of its life.
    pub(super) fn has_less_left_than(&self, part: u32, now: SystemTime) -> bool {
        let (issued, expires) = (self.issued_at.into(), SystemTime::from(self.expires_at));
        let life = expires.duration_since(issued).unwrap_or(Duration::ZERO);
        let left = expires.duration_since(now).unwrap_or(Duration::ZERO);
        left < life / part
    }

    /// Whether one that lives so long would live longer than this one.
    pub(super) fn is_shorter_than(&self, life: Span) -> bool {
        let longer = self.issued_at.after(life);
        longer.is_some_and(|longer| longer > self.expires_at)
    }
}

#[derive(Debug, Deserialize)]
pub(super) struct Releases {
    pub(super) releases: Vec<Release>,
}

/// An API key, without its secret.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Key {
    pub(super) id: String,
    pub(super) name: String,
    pub(super) permission: String,
    pub(super) app_id: Option<String>,
    pub(super) created_at: String,
}

#[derive(Debug, Deserialize)]
pub(super) struct Keys {
    pub(super) keys: Vec<Key>,
}

/// The only answer that holds a key's secret.
#[derive(Deserialize)]
pub(super) struct NewKey {
    #[serde(flatten)]
    pub(super) about: Key,
    pub(super) key: String,
}

/// Somebody with apps and keys of their own.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Organisation {
    pub(super) id: String,
    pub(super) name: String,
    pub(super) apps: u64,
    pub(super) bytes: u64,
    pub(super) created_at: String,
}

#[derive(Debug, Deserialize)]
pub(super) struct Organisations {
    pub(super) organisations: Vec<Organisation>,
}

/// The only answer that holds the secret of an organisation's first key.
#[derive(Deserialize)]
pub(super) struct NewOrganisation {
    #[serde(flatten)]
    pub(super) about: Organisation,
    pub(super) key: String,
}

/// That it was done.
#[derive(Debug, Deserialize)]
pub(super) struct Done {}
