//! Ready, crashed, reported, damaged: how a bundle's verdict comes about while it runs.

use crate::bundle::{Bundle, BundleId, BundleStatus, CrashReason, FailureReason, Problem};
use crate::error::Error;
use crate::event::Event;

use super::{Lifecycle, Outcome, automatic, new_attempt, transition};

impl Lifecycle {
    /// The page says that it works. `token` is the one of the launch that it belongs to; nothing
    /// vouches for whatever runs.
    pub(crate) fn notify_app_ready(&mut self, token: Option<&str>) -> Outcome<Bundle> {
        self.ready_for_changes()?;
        let now = self.now();
        let settled_at = self.clock.monotonic() + automatic::SETTLING;
        let running = self.running_mut()?;
        if token.is_some_and(|token| token != running.token) {
            return Err(Error::StaleLaunch);
        }
        running.is_ready = true;
        running.settled_at = running.settled_at.min(settled_at);
        let id = running.bundle.clone();
        if let Some(starts) = &mut running.starts {
            starts.is_ready = true;
            let starts = starts.clone();
            // Before the state: where that has no room, the next launch finds this.
            if let Err(error) = self.store_fine(&starts) {
                tracing::warn!(%error, "readiness is only in the state");
            }
        }
        if self.store.state.current == id {
            let mut state = self.store.state.clone();
            if transition::become_ready(&mut state, &id, now) {
                self.store.commit(state)?;
            }
        }
        let bundle = self.describe(&id);
        Ok((bundle.clone(), vec![Event::AppReady { bundle }]))
    }

    /// The app or its page crashed. One launch is bad once, however often it is told.
    pub(crate) fn report_crash(
        &mut self,
        id: Option<&str>,
        reason: Option<CrashReason>,
    ) -> Result<(), Error> {
        self.ready_for_changes()?;
        if let Some(id) = id {
            let (id, _) = self.named(id)?;
            if id != self.running()?.bundle {
                return Ok(());
            }
        }
        let running = self.running_mut()?;
        let Some(starts) = &mut running.starts else {
            return Ok(());
        };
        let is_late = match reason {
            Some(CrashReason::Renderer) => false,
            Some(CrashReason::PreviousProcess) => true,
            // What comes before the page is ready is most likely the system's.
            None => !running.is_ready,
        };
        if !is_late {
            starts.has_crashed = true;
            let starts = starts.clone();
            return self.store_starts(Some(&starts));
        }
        match running.previous.take() {
            Some(previous) if !previous.was_bad => {
                starts.bad_in_row = starts.bad_if_crashed;
                let starts = starts.clone();
                self.store_starts(Some(&starts))?;
                self.count_failed_launch(&starts.bundle)
            }
            // It was of another bundle, or counts already: this one has done nothing.
            _ => Ok(()),
        }
    }

    /// The host or the app says that a bundle is bad: it is taken back at once.
    pub(crate) fn set_bundle_error(&mut self, id: Option<&str>) -> Outcome<Option<Bundle>> {
        self.ready_for_changes()?;
        let id = match id {
            Some(id) => self.named(id)?.0,
            None => self.running()?.bundle.clone(),
        };
        if id.is_builtin() {
            return Err(Error::ProtectedBundle {
                id: id.to_string(),
                why: "it is what everything falls back to",
            });
        }
        if self.running()?.bundle == id {
            let events = self.roll_back_running(FailureReason::Reported);
            return Ok((Some(self.describe(&id)), events));
        }
        let mut state = self.store.state.clone();
        let is_error = state
            .bundle(&id)
            .is_some_and(|record| record.status == BundleStatus::Error);
        if is_error {
            return Ok((None, Vec::new()));
        }
        let record = transition::condemn(&mut state, &id, FailureReason::Reported, self.now());
        self.store.commit(state)?;
        let failed = record.map(|record| record.to_bundle());
        let events = failed
            .clone()
            .map(|bundle| Event::UpdateFailed {
                bundle,
                reason: FailureReason::Reported,
            })
            .into_iter()
            .collect();
        Ok((failed, events))
    }

    /// A bundle's files are not what was installed. Where it runs, the fallback takes its place.
    pub(crate) fn damaged(&mut self, id: &BundleId) -> Vec<Event> {
        let is_known = self
            .store
            .state
            .bundle(id)
            .is_some_and(|record| record.status != BundleStatus::Error);
        if !is_known {
            return Vec::new();
        }
        if self
            .running
            .as_ref()
            .is_some_and(|running| running.bundle == *id)
        {
            return self.roll_back_running(FailureReason::Damaged);
        }
        let mut state = self.store.state.clone();
        let record = transition::lose(&mut state, id);
        match (self.store.commit(state), record) {
            (Ok(()), Some(record)) => vec![Event::UpdateFailed {
                bundle: record.to_bundle(),
                reason: FailureReason::Damaged,
            }],
            _ => Vec::new(),
        }
    }

    /// Takes back what runs. Where the verdict can't be made durable, the fallback runs all the
    /// same, and the next launch judges again.
    pub(super) fn roll_back_running(&mut self, reason: FailureReason) -> Vec<Event> {
        let Some(id) = self.running.as_ref().map(|running| running.bundle.clone()) else {
            return Vec::new();
        };
        let mut state = self.store.state.clone();
        let record = match reason {
            FailureReason::Damaged => transition::lose(&mut state, &id),
            _ => transition::condemn(&mut state, &id, reason, self.now()),
        };
        let Some(record) = record else {
            return Vec::new();
        };
        let fallback = self.fallback(&state, Some(&id));
        let target = fallback.bundle.clone();
        let attempt = new_attempt();
        transition::activate(&mut state, &target, attempt);
        fallback.remember(&mut state);
        let committed = self.store.commit(state);
        let settled_at = self.clock.monotonic() + automatic::SETTLING;
        if self.run_instead(&target, attempt).is_err() {
            return Vec::new();
        }
        if let Some(running) = &mut self.running {
            running.problem = committed.as_ref().err().map(Problem::from);
            running.settled_at = settled_at;
        }
        let mut events = vec![Event::UpdateFailed {
            bundle: record.to_bundle(),
            reason,
        }];
        events.extend(
            self.running
                .as_ref()
                .map(|running| Event::Reload(self.as_launch(running))),
        );
        events
    }

    /// A launch of a trial that had no verdict crashed after all.
    fn count_failed_launch(&mut self, id: &BundleId) -> Result<(), Error> {
        if !self.store.state.is_trial(id) {
            return Ok(());
        }
        let mut state = self.store.state.clone();
        if let Some(record) = state.bundle_mut(id) {
            record.failed_launches = record.failed_launches.saturating_add(1);
        }
        self.store.commit(state)
    }
}
