//! What callers choose to run: `next`, `set`, `reload`, `reset`.

use std::io;

use crate::bundle::{Bundle, BundleId, BundleStatus, Launch};
use crate::error::Error;
use crate::event::Event;
use crate::policy::BlockReason;
use crate::store::bundles::BundleFolder;
use crate::store::starts::Starts;
use crate::store::state::{BundleRecord, State};

use super::inspect::LaunchInspector;
use super::launch::{Inspect, Inspection};
use super::{Lifecycle, Outcome, new_attempt, transition};

impl Lifecycle {
    /// The next launch will try this bundle, which a caller has chosen.
    pub(crate) fn set_next(&mut self, id: &str) -> Outcome<Bundle> {
        self.try_next(id, false)
    }

    /// The next launch will try this bundle, which the server has offered.
    pub(crate) fn follow_offer(&mut self, id: &BundleId) -> Outcome<Bundle> {
        self.try_next(id.as_str(), true)
    }

    fn try_next(&mut self, id: &str, is_offered: bool) -> Outcome<Bundle> {
        self.ready_for_changes()?;
        let (id, record) = self.named(id)?;
        if let Some(record) = record {
            self.must_be_usable(record)?;
        }
        let mut state = self.store.state.clone();
        state.next = Some(id.clone());
        state.next_is_offered = is_offered;
        self.store.commit(state)?;
        let bundle = self.describe(&id);
        Ok((bundle.clone(), vec![Event::SetNext { bundle }]))
    }

    /// Runs this bundle now.
    pub(crate) fn set(&mut self, id: &str) -> Outcome<Launch> {
        self.ready_for_changes()?;
        let (id, record) = self.named(id)?;
        let Some(record) = record.cloned() else {
            return self.reset(false);
        };
        if self.running()?.bundle == id {
            return self.reloaded();
        }
        self.must_be_usable(&record)?;
        self.switch_to(&id)
    }

    /// Applies what is next; without it, the page loads again.
    pub(crate) fn reload(&mut self) -> Outcome<Launch> {
        self.ready_for_changes()?;
        let running = self.running()?.bundle.clone();
        match self.store.state.next.clone() {
            Some(next) if next != running => self.apply(&next),
            _ => self.reloaded(),
        }
    }

    /// Back to builtin, or to the newest good bundle. What is next is forgotten; nothing is
    /// blocked.
    pub(crate) fn reset(&mut self, to_last_successful: bool) -> Outcome<Launch> {
        self.ready_for_changes()?;
        let target = if to_last_successful {
            let fallback = self.fallback(&self.store.state, None);
            if let Some(id) = fallback.unreadable {
                return Err(unreadable(&id));
            }
            fallback.bundle
        } else {
            BundleId::builtin()
        };
        let mut state = self.store.state.clone();
        state.next = None;
        self.enter(state, &target)
    }

    /// Runs what is next because the app was away for long; the host has to be told.
    pub(crate) fn apply_unasked(&mut self, next: &BundleId) -> Outcome<()> {
        self.ready_for_changes()?;
        let is_still_next = self.state().next.as_ref() == Some(next);
        if !is_still_next || self.state().is_trial(self.current_id()) {
            return Ok(((), Vec::new()));
        }
        let (launch, mut events) = self.apply(next)?;
        events.push(Event::Reload(launch));
        Ok(((), events))
    }

    /// Chooses the channel; the configuration's without a name. A trial's choice goes with it.
    pub(crate) fn set_channel(&mut self, channel: Option<String>) -> Outcome<()> {
        self.ready_for_changes()?;
        let running = self.current_id().clone();
        self.update(|state| transition::set_channel(state, &running, channel))?;
        Ok(((), Vec::new()))
    }

    fn apply(&mut self, next: &BundleId) -> Outcome<Launch> {
        let can_run = next.is_builtin()
            || self
                .state()
                .bundle(next)
                .is_some_and(|record| record.status != BundleStatus::Error);
        if can_run {
            self.switch_to(next)
        } else {
            self.reloaded()
        }
    }

    /// Activates `target` in `state`, commits, and runs it.
    pub(super) fn enter(&mut self, mut state: State, target: &BundleId) -> Outcome<Launch> {
        let attempt = new_attempt();
        self.keep_active_time(&mut state);
        transition::activate(&mut state, target, attempt);
        self.store.commit(state)?;
        self.run_instead(target, attempt)?;
        let launch = self.as_launch(self.running()?);
        let bundle = launch.bundle.clone();
        let events = vec![
            Event::Set {
                bundle: bundle.clone(),
            },
            Event::AppReloaded { bundle },
        ];
        Ok((launch, events))
    }

    /// Replaces what runs in this process, with a token of its own.
    pub(super) fn run_instead(&mut self, target: &BundleId, attempt: u64) -> Result<(), Error> {
        let is_paused = self.running()?.active.is_paused();
        let starts =
            (!target.is_builtin()).then(|| Starts::new(target.clone(), attempt, is_paused));
        if let Err(error) = self.store_starts(starts.as_ref()) {
            tracing::warn!(%error, "the start is not counted");
        }
        self.served.insert(target.clone());
        self.running = Some(self.begin(target.clone(), starts, !is_paused));
        Ok(())
    }

    /// The active time of a trial that is left counts when it comes back.
    pub(super) fn keep_active_time(&self, state: &mut State) {
        let Some(running) = &self.running else { return };
        let is_trial = state.is_trial(&running.bundle);
        let mut active = running.active;
        active.tick(self.clock.monotonic());
        if let Some(record) = state.bundle_mut(&running.bundle).filter(|_| is_trial) {
            record.active_millis = record.active_millis.saturating_add(active.millis());
        }
    }

    fn switch_to(&mut self, id: &BundleId) -> Outcome<Launch> {
        let mut state = self.store.state.clone();
        if let Some(record) = state.bundle_mut(id) {
            let mut inspector = LaunchInspector {
                storage: &*self.store.storage,
                boot_id: self.boot_id.as_deref(),
                is_patient: true,
            };
            let inspection = if record.status == BundleStatus::Success {
                quick_look(&mut inspector, record)
            } else {
                inspector.inspect_trial(record)
            };
            match inspection {
                Inspection::Whole { hashed_boot } => record.hashed_boot = hashed_boot,
                Inspection::Damaged => return self.found_damaged(id),
                Inspection::Unfinished => return Err(unreadable(id)),
            }
        }
        self.enter(state, id)
    }

    fn found_damaged(&mut self, id: &BundleId) -> Outcome<Launch> {
        let mut state = self.store.state.clone();
        transition::lose(&mut state, id);
        self.store.commit(state)?;
        Err(cannot_start(
            id,
            "its files are not what was installed; it will be fetched again",
        ))
    }

    fn reloaded(&self) -> Outcome<Launch> {
        let launch = self.as_launch(self.running()?);
        let bundle = launch.bundle.clone();
        Ok((launch, vec![Event::AppReloaded { bundle }]))
    }

    fn must_be_usable(&self, record: &BundleRecord) -> Result<(), Error> {
        if record.status == BundleStatus::Error {
            return Err(Error::Blocked {
                version: record.version.to_string(),
                reason: BlockReason::Failed.as_str(),
            });
        }
        Ok(())
    }
}

/// That the file system fails says nothing about the bundle.
fn unreadable(id: &BundleId) -> Error {
    cannot_start(id, "its files can't be read now")
}

fn cannot_start(id: &BundleId, problem: &str) -> Error {
    let source = io::Error::new(io::ErrorKind::InvalidData, problem);
    Error::storage("start", BundleFolder::installed(id).path(), source)
}

fn quick_look(inspector: &mut LaunchInspector<'_>, record: &BundleRecord) -> Inspection {
    match inspector.is_whole(record) {
        Ok(true) => Inspection::Whole {
            hashed_boot: record.hashed_boot.clone(),
        },
        Ok(false) => Inspection::Damaged,
        Err(_) => Inspection::Unfinished,
    }
}
