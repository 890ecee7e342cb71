//! The foreground and the background, and the watchdog that counts only the first.

use std::time::Duration;

use crate::bundle::FailureReason;
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

    /// The app comes back. After a long time, what is next is applied.
    pub(crate) fn resume(&mut self, apply_after: Duration) -> Result<Vec<Event>, Error> {
        self.ready_for_changes()?;
        let away = self
            .background_since
            .map(|since| Duration::from_millis(self.now().saturating_sub(since)));
        self.unhide();
        let is_due = !apply_after.is_zero() && away.is_some_and(|away| away >= apply_after);
        let current = self.running()?.bundle.clone();
        let next = self
            .store
            .state
            .next
            .clone()
            .filter(|next| *next != current);
        match next {
            Some(next) if is_due && !self.store.state.is_trial(&current) => {
                let (launch, mut events) = self.apply(&next)?;
                events.push(Event::Reload(launch));
                Ok(events)
            }
            _ => Ok(Vec::new()),
        }
    }

    /// A second launch of the same process: only whether it is seen may have changed.
    pub(super) fn show(&mut self, is_active: bool) -> Vec<Event> {
        if is_active {
            self.unhide();
        } else {
            self.hide();
        }
        Vec::new()
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
        if let Err(error) = starts.store(&*self.store.storage) {
            tracing::debug!(%error, "the phase is not kept");
        }
    }
}
