//! The launch: always something to run.

use crate::bundle::{BundleId, Launch, Problem};
use crate::error::Error;
use crate::event::Event;
use crate::store::starts::Starts;

use super::Lifecycle;
use super::inspect::LaunchInspector;
use super::launch::{self, LaunchDecision, LaunchFacts};
use super::running::{ActiveTime, Running};
use super::{automatic, new_attempt};

/// Below this, nothing can be counted on to be written.
const FULL: u64 = 64 * 1024;

/// What a launch leaves to be done in the background.
#[derive(Debug, Default)]
pub(crate) struct AfterLaunch {
    /// A bundle whose files could not all be hashed in time.
    pub(crate) hash: Option<BundleId>,
    /// What is to be applied because the app was away for long.
    pub(crate) apply: Option<BundleId>,
}

impl Lifecycle {
    /// Decides what this process runs. A second call is the same launch.
    pub(crate) fn launch(&mut self, is_active: bool) -> (Launch, Vec<Event>, AfterLaunch) {
        if self.running.is_some() {
            let after = AfterLaunch {
                apply: self.show(is_active),
                ..AfterLaunch::default()
            };
            return (self.launched(), Vec::new(), after);
        }
        match self.store.writable() {
            Ok(()) => self.start(is_active),
            Err(error) => {
                let bundle = self.without_writing();
                self.run(bundle, None, is_active, Some(Problem::from(&error)));
                (self.launched(), Vec::new(), AfterLaunch::default())
            }
        }
    }

    fn start(&mut self, is_active: bool) -> (Launch, Vec<Event>, AfterLaunch) {
        let lost = self.store.is_recovering.then(state_was_lost);
        let mut decision = self.decide(is_active);
        let rolled_back = decision.rolled_back.take();
        let after = AfterLaunch {
            hash: decision.hash_in_background.take(),
            apply: None,
        };
        let before = self.store.state.current.clone();
        let previous = decision.previous.take().filter(|_| rolled_back.is_none());
        let unreadable = decision.problem.take();
        let problem = self.carry_out(decision, is_active).err();
        let problem = problem
            .as_ref()
            .map(Problem::from)
            .or(unreadable)
            .or(lost)
            .or_else(|| self.disk_is_full());
        if let Some(running) = &mut self.running {
            running.problem = problem;
            running.previous = previous.filter(|_| running.bundle == before);
        }
        let mut launch = self.launched();
        let mut events = Vec::new();
        if let Some((record, reason)) = rolled_back {
            let bundle = record.to_bundle();
            launch.rolled_back = Some(bundle.clone());
            events.push(Event::UpdateFailed { bundle, reason });
        }
        (launch, events, after)
    }

    fn decide(&self, is_active: bool) -> LaunchDecision {
        let starts = Starts::load(&*self.store.storage);
        let facts = LaunchFacts {
            rules: &self.rules,
            starts: starts.as_ref(),
            attempt: new_attempt(),
            is_active,
            now: self.now(),
        };
        let mut inspector = LaunchInspector {
            storage: &*self.store.storage,
            boot_id: self.boot_id.as_deref(),
            is_patient: false,
        };
        launch::decide(&self.store.state, &facts, &mut inspector)
    }

    /// Commits the decision and runs what it says; where that isn't durable, what is safe.
    fn carry_out(&mut self, decision: LaunchDecision, is_active: bool) -> Result<(), Error> {
        let LaunchDecision { state, starts, .. } = decision;
        let chosen = state.current.clone();
        let is_trial = state.is_trial(&chosen);
        let safe = if is_trial {
            self.fallback(&state, None).bundle
        } else {
            chosen.clone()
        };
        // Whether or not it is durable, what was before it is over.
        let of_other_build =
            (state.native_build != self.store.state.native_build).then(|| state.clone());
        match self.store.commit(state) {
            Ok(()) => {
                let stored = self.store_starts(starts.as_ref());
                self.run(chosen, starts, is_active, None);
                stored
            }
            Err(error) => {
                if let Some(state) = of_other_build {
                    self.store.assume(state);
                }
                let starts = starts.filter(|starts| starts.bundle == safe);
                self.run(safe, starts, is_active, None);
                Err(error)
            }
        }
    }

    /// What runs where nothing may be written: a good bundle, never a trial.
    fn without_writing(&self) -> BundleId {
        let state = &self.store.state;
        // Capacitor itself would drop a stored path now.
        let is_other_build = state.native_build.as_ref() != Some(&self.rules.native_build);
        if !self.store.is_readable() || is_other_build {
            return BundleId::builtin();
        }
        let current = &state.current;
        let is_good = state.bundle(current).is_some_and(|record| {
            record.status == crate::bundle::BundleStatus::Success
                && self.is_whole(record).unwrap_or(false)
        });
        if is_good {
            return current.clone();
        }
        if current.is_builtin() {
            return BundleId::builtin();
        }
        self.fallback(state, Some(current)).bundle
    }

    pub(super) fn run(
        &mut self,
        bundle: BundleId,
        starts: Option<Starts>,
        is_active: bool,
        problem: Option<Problem>,
    ) {
        self.background_since = (!is_active).then(|| self.now());
        self.served.insert(bundle.clone());
        let mut running = self.begin(bundle, starts, is_active);
        running.problem = problem;
        self.running = Some(running);
    }

    /// An activation that begins now. Without a ready page it has settled when the time that a
    /// trial has is over.
    pub(super) fn begin(
        &self,
        bundle: BundleId,
        starts: Option<Starts>,
        is_active: bool,
    ) -> Running {
        let now = self.clock.monotonic();
        let active = ActiveTime::start(now, is_active);
        let settled_at = now + self.rules.app_ready_timeout + automatic::SETTLING;
        Running::new(bundle, starts, active, settled_at)
    }

    pub(super) fn store_starts(&self, starts: Option<&Starts>) -> Result<(), Error> {
        starts.map_or(Ok(()), |starts| {
            starts
                .store(&*self.store.storage)
                .map_err(|error| Error::storage("write", std::path::Path::new("starts"), error))
        })
    }

    /// Keeps that this launch is fine so far. Where the ones before it were bad, that is durable:
    /// after a power cut, the record before it would make this one bad too, and the last of a row.
    pub(super) fn store_fine(&self, starts: &Starts) -> std::io::Result<()> {
        let next_is_last = self.rules.crash_loop_limit <= 1;
        if starts.bad_in_row > 0 || next_is_last {
            starts.commit(&*self.store.storage)
        } else {
            starts.store(&*self.store.storage)
        }
    }

    fn launched(&self) -> Launch {
        match &self.running {
            Some(running) => self.as_launch(running),
            None => self.as_launch(&self.begin(BundleId::builtin(), None, true)),
        }
    }

    fn disk_is_full(&self) -> Option<Problem> {
        let available = self.store.storage.free_space().ok()?;
        (available < FULL).then(|| {
            Problem::from(&Error::InsufficientStorage {
                needed: FULL,
                available,
            })
        })
    }
}

fn state_was_lost() -> Problem {
    let source = std::io::Error::new(
        std::io::ErrorKind::InvalidData,
        "it was damaged; the app starts over on its builtin files",
    );
    Problem::from(&Error::storage(
        "read",
        std::path::Path::new("state"),
        source,
    ))
}
