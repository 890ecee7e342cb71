//! The foreground and the background, and the watchdog that counts only the first.

use std::time::Duration;

use crate::bundle::{BundleId, FailureReason};
use crate::error::Error;
use crate::event::Event;

use super::Lifecycle;

/// What one tick of the watchdog found.
#[derive(Debug)]
pub(crate) enum Tick {
    /// Look again after the next one.
    GoOn,
    /// The app is in the background: nothing to count until it comes back.
    Paused,
    /// There is nothing to watch any more.
    Done,
    /// Time is up: the bundle was taken back, and the host must be told.
    RolledBack(Vec<Event>),
}

impl Lifecycle {
    /// Adds active time to what runs and judges it.
    pub(crate) fn tick(&mut self) -> Tick {
        let now = self.clock.monotonic();
        let Some(running) = &mut self.running else {
            return Tick::Done;
        };
        let Some(starts) = running.starts.as_mut().filter(|_| !running.is_ready) else {
            return Tick::Done;
        };
        if running.active.is_paused() {
            return Tick::Paused;
        }
        running.active.tick(now);
        starts.active_millis = running.active.millis();
        let millis = starts.active_millis;
        let id = running.bundle.clone();
        if let Err(error) = starts.store(&*self.store.storage) {
            tracing::debug!(%error, "active time is not kept");
        }
        let before = self
            .store
            .state
            .bundle(&id)
            .map_or(0, |record| record.active_millis);
        let is_over = millis >= self.rules.ready_millis();
        if !self.store.state.is_trial(&id) || self.store.state.current != id {
            return if is_over { Tick::Done } else { Tick::GoOn };
        }
        if is_over || before.saturating_add(millis) >= self.rules.total_millis() {
            return Tick::RolledBack(self.roll_back_running(FailureReason::Timeout));
        }
        Tick::GoOn
    }

    /// When the launch has settled, and whether the app is in the foreground.
    pub(crate) fn presence(&self) -> Option<(Duration, bool)> {
        self.running
            .as_ref()
            .map(|running| (running.settled_at, !running.active.is_paused()))
    }

    /// The app goes to the background.
    pub(crate) fn pause(&mut self) -> Result<(), Error> {
        self.ready_for_changes()?;
        self.hide();
        Ok(())
    }

    /// The app comes back. After a long time away, this is what is to be applied now.
    pub(crate) fn resume(&mut self) -> Result<Option<BundleId>, Error> {
        self.ready_for_changes()?;
        Ok(self.come_back())
    }

    /// A second launch of the same process: only whether it is seen may have changed.
    pub(super) fn show(&mut self, is_active: bool) -> Option<BundleId> {
        if is_active {
            self.come_back()
        } else {
            self.hide();
            None
        }
    }

    fn come_back(&mut self) -> Option<BundleId> {
        let away = self
            .background_since
            .map(|since| Duration::from_millis(self.now().saturating_sub(since)));
        self.unhide();
        let apply_after = self.rules.apply_after_background;
        let is_due = !apply_after.is_zero() && away.is_some_and(|away| away >= apply_after);
        let current = self.current_id();
        let state = self.state();
        state
            .next
            .clone()
            .filter(|next| is_due && next != current && !state.is_trial(current))
    }

    fn hide(&mut self) {
        let now = self.clock.monotonic();
        if self.background_since.is_none() {
            self.background_since = Some(self.now());
        }
        if let Some(running) = &mut self.running {
            running.active.pause(now);
        }
        self.keep_phase();
    }

    fn unhide(&mut self) {
        let now = self.clock.monotonic();
        self.background_since = None;
        if let Some(running) = &mut self.running {
            running.active.resume(now);
        }
        self.keep_phase();
    }

    fn keep_phase(&mut self) {
        let Some(running) = &mut self.running else {
            return;
        };
        let Some(starts) = &mut running.starts else {
            return;
        };
        starts.is_paused = running.active.is_paused();
        starts.active_millis = running.active.millis();
        let starts = starts.clone();
        let kept = if starts.is_paused {
            self.store_fine(&starts)
        } else {
            starts.store(&*self.store.storage)
        };
        if let Err(error) = kept {
            tracing::debug!(%error, "the phase is not kept");
        }
    }
}
