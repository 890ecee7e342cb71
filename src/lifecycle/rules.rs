//! The numbers that verdicts depend on.

use std::time::Duration;

use semver::Version;

use crate::config::Config;
use crate::native_version::NativeVersion;

/// The installed app and what its configuration says of trials.
#[derive(Debug, Clone)]
pub(crate) struct Rules {
    pub(crate) native_version: NativeVersion,
    pub(crate) native_build: String,
    pub(crate) builtin_version: Version,
    pub(crate) app_ready_timeout: Duration,
    pub(crate) apply_after_background: Duration,
    pub(crate) max_trial_launches: u32,
    pub(crate) crash_loop_limit: u32,
    pub(crate) keep_bundles: usize,
    pub(crate) allow_downgrade: bool,
    pub(crate) reset_when_update: bool,
    /// Ids of the keys that the app was built with.
    pub(crate) keys: Vec<String>,
}

impl Rules {
    pub(crate) fn new(
        config: &Config,
        native_version: NativeVersion,
        native_build: String,
    ) -> Self {
        let builtin_version = config
            .version
            .clone()
            .unwrap_or_else(|| native_version.to_semver());
        Self {
            native_version,
            native_build,
            builtin_version,
            app_ready_timeout: config.app_ready_timeout,
            apply_after_background: config.apply_after_background,
            max_trial_launches: config.max_trial_launches,
            crash_loop_limit: config.crash_loop_limit,
            keep_bundles: config.keep_bundles as usize,
            allow_downgrade: config.allow_downgrade,
            reset_when_update: config.reset_when_update,
            keys: config.trust.key_ids(),
        }
    }

    /// Active milliseconds that one launch of a trial has to become ready.
    pub(crate) fn ready_millis(&self) -> u64 {
        u64::try_from(self.app_ready_timeout.as_millis()).unwrap_or(u64::MAX)
    }

    /// Active milliseconds that all launches of a trial have together.
    pub(crate) fn total_millis(&self) -> u64 {
        self.ready_millis().saturating_mul(2)
    }
}
