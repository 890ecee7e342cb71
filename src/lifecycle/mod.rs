//! From launch to verdict: what runs, whether it proved itself, and what takes its place.
//!
//! The decisions are pure functions: [`launch`] decides what a launch runs, [`transition`] what
//! happens to the state. [`Lifecycle`] carries them out, one at a time.

mod activation;
pub(crate) mod automatic;
mod foreground;
mod housekeeping;
pub(crate) mod inspect;
pub(crate) mod launch;
pub(crate) mod rules;
pub(crate) mod running;
mod start;
mod statements;
#[cfg(test)]
mod tests;
pub(crate) mod transition;
mod verdicts;

use std::collections::HashSet;
use std::path::PathBuf;
use std::sync::Arc;

use crate::bundle::{Bundle, BundleId, Launch, unix_millis};
use crate::clock::Clock;
use crate::error::Error;
use crate::event::Event;
use crate::page_mark::PageSecret;
use crate::store::Store;
use crate::store::bundles::BundleFolder;
use crate::store::state::{BundleRecord, State};

pub(crate) use foreground::Tick;
use rules::Rules;
use running::Running;
pub(crate) use start::AfterLaunch;
use transition::Fallback;

/// The life of the app on this device. Its owner serialises the calls.
#[derive(Debug)]
pub(crate) struct Lifecycle {
    pub(crate) store: Store,
    pub(crate) rules: Rules,
    clock: Arc<dyn Clock>,
    /// Names the time since the device booted, where that is known.
    boot_id: Option<String>,
    running: Option<Running>,
    /// When the app went to the background, in milliseconds since the Unix epoch.
    background_since: Option<u64>,
    /// Every bundle that a page of this process may still load files from.
    served: HashSet<BundleId>,
    /// Bundles whose ids this process has given to a caller.
    handed_out: HashSet<BundleId>,
    /// Bundles that are being unpacked.
    staging: HashSet<BundleId>,
}

/// An answer, and what is to be told to the host once nothing is locked any more.
pub(crate) type Outcome<T> = Result<(T, Vec<Event>), Error>;

impl Lifecycle {
    pub(crate) fn new(
        store: Store,
        rules: Rules,
        clock: Arc<dyn Clock>,
        boot_id: Option<String>,
    ) -> Self {
        Self {
            store,
            rules,
            clock,
            boot_id,
            running: None,
            background_since: None,
            served: HashSet::new(),
            handed_out: HashSet::new(),
            staging: HashSet::new(),
        }
    }

    /// # Errors
    ///
    /// `busy`, `storage`, or `invalid_request` before the first launch.
    pub(crate) fn ready_for_changes(&self) -> Result<(), Error> {
        self.store.writable()?;
        self.running().map(|_| ())
    }

    pub(crate) fn has_launched(&self) -> bool {
        self.running.is_some()
    }

    pub(crate) fn state(&self) -> &State {
        &self.store.state
    }

    /// What runs; before the launch, what ran last.
    pub(crate) fn current_id(&self) -> &BundleId {
        self.running
            .as_ref()
            .map_or(&self.store.state.current, |running| &running.bundle)
    }

    pub(crate) fn current(&self) -> Bundle {
        self.describe(self.current_id())
    }

    /// A bundle as callers see it; what isn't known any more is builtin.
    pub(crate) fn describe(&self, id: &BundleId) -> Bundle {
        self.store.state.bundle(id).map_or_else(
            || Bundle::builtin(&self.rules.builtin_version),
            BundleRecord::to_bundle,
        )
    }

    /// # Errors
    ///
    /// `storage` where the file system fails, which says nothing about the bundle.
    pub(crate) fn is_whole(&self, record: &BundleRecord) -> Result<bool, Error> {
        BundleFolder::installed(&record.id).is_whole(&*self.store.storage)
    }

    /// What `state` falls back to, without `excluded`, as the files on the disk are now.
    fn fallback(&self, state: &State, excluded: Option<&BundleId>) -> Fallback {
        transition::fallback(state, excluded, &mut |record| self.is_whole(record))
    }

    /// Milliseconds since the Unix epoch.
    pub(crate) fn now(&self) -> u64 {
        unix_millis(self.clock.now())
    }

    /// A change of the state that no launch depends on.
    pub(crate) fn update(&mut self, change: impl FnOnce(&mut State)) -> Result<(), Error> {
        self.ready_for_changes()?;
        let mut state = self.store.state.clone();
        change(&mut state);
        self.store.commit(state)
    }

    fn running(&self) -> Result<&Running, Error> {
        self.running.as_ref().ok_or_else(not_launched)
    }

    fn running_mut(&mut self) -> Result<&mut Running, Error> {
        self.running.as_mut().ok_or_else(not_launched)
    }

    /// What the host has to load, as a launch answers it.
    fn as_launch(&self, running: &Running) -> Launch {
        let id = &running.bundle;
        let bundle = self.describe(id);
        Launch {
            path: self.path(id),
            launch_token: running.token.clone(),
            page_mark: self.page_secret(running).mark(&bundle),
            trial: self.store.state.is_trial(id),
            rolled_back: None,
            problem: running.problem.clone(),
            bundle,
        }
    }

    /// What the state can't vouch for, since it couldn't be written or says otherwise, has a secret
    /// of its own: its pages are looked at anew in each process.
    fn page_secret(&self, running: &Running) -> PageSecret {
        let state = self.state();
        let kept = state.page_secret.clone();
        kept.filter(|_| state.current == running.bundle)
            .unwrap_or_else(|| running.page_secret.clone())
    }

    fn path(&self, id: &BundleId) -> Option<PathBuf> {
        (!id.is_builtin()).then(|| {
            self.store
                .storage
                .root()
                .join(BundleFolder::installed(id).www())
        })
    }

    /// The record of an id that a caller named. Builtin has none.
    fn named(&self, id: &str) -> Result<(BundleId, Option<&BundleRecord>), Error> {
        let unknown = || Error::UnknownBundle { id: id.to_owned() };
        let id = BundleId::parse(id).ok_or_else(unknown)?;
        if id.is_builtin() {
            return Ok((id, None));
        }
        let record = self.store.state.bundle(&id).ok_or_else(unknown)?;
        Ok((id, Some(record)))
    }
}

fn not_launched() -> Error {
    Error::invalid_request("call launch first")
}

/// A number that no other launch has.
fn new_attempt() -> u64 {
    uuid::Uuid::new_v4().as_u64_pair().0
}
