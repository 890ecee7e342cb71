//! What runs in this process. It lives in memory only and is never derived from the disk.

use std::time::Duration;

use crate::bundle::{BundleId, Problem};
use crate::page_mark::PageSecret;
use crate::store::starts::Starts;

/// One activation of a bundle in this process.
#[derive(Debug)]
pub(crate) struct Running {
    pub(crate) bundle: BundleId,
    /// Names this activation: readiness counts only with it.
    pub(crate) token: String,
    /// For marks of pages, where the state has none for what runs.
    pub(crate) page_secret: PageSecret,
    /// How it goes so far; nothing for builtin, which is never judged.
    pub(crate) starts: Option<Starts>,
    pub(crate) is_ready: bool,
    pub(crate) active: ActiveTime,
    /// When the launch has settled, by the monotonic clock: automatic checks wait for it.
    pub(crate) settled_at: Duration,
    /// Why this launch is less than was asked for.
    pub(crate) problem: Option<Problem>,
    /// The launch before was of the same bundle, and its verdict.
    pub(crate) previous: Option<PreviousLaunch>,
}

/// What is still open about the launch before this one: a report that it crashed may come late.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct PreviousLaunch {
    pub(crate) was_bad: bool,
}

impl Running {
    pub(crate) fn new(
        bundle: BundleId,
        starts: Option<Starts>,
        active: ActiveTime,
        settled_at: Duration,
    ) -> Self {
        Self {
            bundle,
            token: uuid::Uuid::new_v4().simple().to_string(),
            page_secret: PageSecret::random(),
            starts,
            is_ready: false,
            active,
            settled_at,
            problem: None,
            previous: None,
        }
    }
}

/// Time that the app was in the foreground, in small steps of a clock that can't jump.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct ActiveTime {
    total: Duration,
    /// When it was last added to; nothing while the app is in the background.
    since: Option<Duration>,
}

impl ActiveTime {
    /// How often time is added.
    pub(crate) const TICK: Duration = Duration::from_millis(250);
    /// The most that one step adds: whoever was frozen for longer had no chance to become ready.
    const MOST_PER_TICK: Duration = Duration::from_millis(500);

    /// Zero, at `now` of the monotonic clock.
    pub(crate) fn start(now: Duration, is_active: bool) -> Self {
        Self {
            total: Duration::ZERO,
            since: is_active.then_some(now),
        }
    }

    pub(crate) fn is_paused(&self) -> bool {
        self.since.is_none()
    }

    /// Adds the time since the last step.
    pub(crate) fn tick(&mut self, now: Duration) {
        if let Some(since) = self.since {
            self.total += now.saturating_sub(since).min(Self::MOST_PER_TICK);
            self.since = Some(now);
        }
    }

    pub(crate) fn pause(&mut self, now: Duration) {
        self.tick(now);
        self.since = None;
    }

    pub(crate) fn resume(&mut self, now: Duration) {
        self.since.get_or_insert(now);
    }

    pub(crate) fn millis(&self) -> u64 {
        u64::try_from(self.total.as_millis()).unwrap_or(u64::MAX)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const fn at(millis: u64) -> Duration {
        Duration::from_millis(millis)
    }

    #[test]
    fn only_time_in_the_foreground_counts() {
        let mut active = ActiveTime::start(at(0), true);
        active.tick(at(250));
        active.pause(at(300));
        active.tick(at(10_000));
        active.resume(at(20_000));
        active.tick(at(20_100));
        assert_eq!(active.millis(), 400);
    }

    #[test]
    fn a_frozen_process_gains_half_a_second_at_most() {
        let mut active = ActiveTime::start(at(0), true);
        active.tick(at(30_000));
        assert_eq!(active.millis(), 500);
    }

    #[test]
    fn a_start_in_the_background_counts_nothing() {
        let mut active = ActiveTime::start(at(0), false);
        active.tick(at(400));
        assert!(active.is_paused());
        assert_eq!(active.millis(), 0);
    }
}
