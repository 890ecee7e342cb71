//! Bundles come and go: added when installed, deleted when nothing needs them.

use std::collections::HashSet;
use std::sync::Arc;

use semver::Version;

use crate::bundle::{Bundle, BundleId, BundleStatus};
use crate::digest::Sha256Digest;
use crate::error::Error;
use crate::event::Event;
use crate::store::bundles::{BundleDescription, BundleFolder, installed};
use crate::store::collect;
use crate::store::state::BundleRecord;
use crate::store::storage::Storage;

use super::inspect::HASHED_FOR_ONE_LAUNCH;
use super::{Lifecycle, Outcome};

impl Lifecycle {
    /// A bundle is about to be unpacked: nobody may sweep it away.
    pub(crate) fn begin_staging(&mut self, id: &BundleId) {
        self.staging.insert(id.clone());
    }

    pub(crate) fn end_staging(&mut self, id: &BundleId) {
        self.staging.remove(id);
    }

    /// A bundle that was offered stands synced under its name: from here on the state knows it.
    /// With `as_next`, the next launch tries it, in the same commit.
    pub(crate) fn add_bundle(&mut self, record: BundleRecord, as_next: bool) -> Outcome<Bundle> {
        self.ready_for_changes()?;
        let id = record.id.clone();
        let mut state = self.store.state.clone();
        state.schedule.mismatches = 0;
        state.bundles.push(record);
        if as_next {
            state.next = Some(id.clone());
            state.next_is_offered = true;
        }
        self.store.commit(state)?;
        if !as_next {
            self.handed_out.insert(id.clone());
        }
        let bundle = self.describe(&id);
        let events = as_next
            .then(|| Event::SetNext {
                bundle: bundle.clone(),
            })
            .into_iter()
            .collect();
        Ok((bundle, events))
    }

    /// A bundle that the lost state knew: its files are still there. They have to be hashed
    /// before it is added again.
    pub(crate) fn orphan(
        &self,
        version: &Version,
        checksum: &Sha256Digest,
    ) -> Option<BundleRecord> {
        if !self.store.is_recovering {
            return None;
        }
        let storage = &*self.store.storage;
        installed(storage)
            .ok()?
            .into_iter()
            .filter(|id| self.store.state.bundle(id).is_none())
            .find_map(|id| {
                let description = BundleDescription::load(storage, &BundleFolder::installed(&id))?;
                let is_it = description.version == *version && description.checksum == *checksum;
                is_it.then(|| description.into_record(id, self.now(), self.boot_id.clone()))
            })
    }

    /// The record of a bundle that a caller named; nothing for builtin.
    pub(crate) fn record(&self, id: &str) -> Result<Option<BundleRecord>, Error> {
        Ok(self.named(id)?.1.cloned())
    }

    pub(crate) fn bundles(&self) -> Vec<Bundle> {
        self.store
            .state
            .bundles
            .iter()
            .map(BundleRecord::to_bundle)
            .collect()
    }

    /// Deletes a bundle that nothing needs.
    pub(crate) fn delete(&mut self, id: &str) -> Result<(), Error> {
        self.ready_for_changes()?;
        let (id, _) = self.named(id)?;
        if let Some(why) = self.protection(&id) {
            return Err(Error::ProtectedBundle {
                id: id.to_string(),
                why,
            });
        }
        let mut state = self.store.state.clone();
        state.bundles.retain(|record| record.id != id);
        state.good.retain(|good| *good != id);
        self.store.commit(state)?;
        self.handed_out.remove(&id);
        self.discard_unnamed()
    }

    /// Stops naming what nothing needs, and moves it to the trash.
    pub(crate) fn collect(&mut self) -> Result<Arc<dyn Storage>, Error> {
        self.ready_for_changes()?;
        let mut state = self.store.state.clone();
        state.good.truncate(self.rules.keep_bundles);
        let kept = self.needed(&state.good);
        state
            .bundles
            .retain(|record| record.status == BundleStatus::Error || kept.contains(&record.id));
        self.store.commit(state)?;
        self.discard_unnamed()?;
        Ok(Arc::clone(&self.store.storage))
    }

    /// The bundle that runs, where its files were not hashed since the device booted.
    pub(crate) fn unhashed_running(&self) -> Option<BundleRecord> {
        let record = self.store.state.bundle(self.current_id())?;
        let is_hashed = self.boot_id.is_some() && record.hashed_boot == self.boot_id;
        (!is_hashed).then(|| record.clone())
    }

    /// All files of a bundle were hashed and are right.
    pub(crate) fn hashed(&mut self, id: &BundleId) -> Result<(), Error> {
        let boot_id = self.boot_id.clone();
        if boot_id.is_none() && id == self.current_id() {
            return Ok(());
        }
        let mark = boot_id.unwrap_or_else(|| HASHED_FOR_ONE_LAUNCH.to_owned());
        self.update(|state| {
            if let Some(record) = state.bundle_mut(id) {
                record.hashed_boot = Some(mark);
            }
        })
    }

    /// The boot that fresh files count as hashed in.
    pub(crate) fn boot_id(&self) -> Option<String> {
        self.boot_id.clone()
    }

    fn discard_unnamed(&self) -> Result<(), Error> {
        let storage = &*self.store.storage;
        if !self.store.is_recovering {
            let named = |record: &&BundleRecord| record.status != BundleStatus::Error;
            let mut keep: HashSet<_> = self
                .store
                .state
                .bundles
                .iter()
                .filter(named)
                .map(|record| record.id.clone())
                .collect();
            keep.extend(self.served.iter().cloned());
            keep.extend(self.staging.iter().cloned());
            collect::discard_bundles(storage, &keep)?;
        }
        collect::discard_staging(storage, &self.staging)
    }

    /// What is never collected.
    fn needed(&self, good: &[BundleId]) -> HashSet<BundleId> {
        let state = &self.store.state;
        let mut needed: HashSet<_> = good.iter().cloned().collect();
        needed.insert(self.current_id().clone());
        needed.insert(state.current.clone());
        needed.extend(state.next.iter().cloned());
        needed.extend(self.served.iter().cloned());
        needed.extend(self.handed_out.iter().cloned());
        needed
    }

    fn protection(&self, id: &BundleId) -> Option<&'static str> {
        let state = &self.store.state;
        let fallback = self.fallback(state, Some(self.current_id()));
        if id.is_builtin() {
            Some("it is part of the app")
        } else if id == self.current_id() || *id == state.current {
            Some("it is the current bundle")
        } else if state.next.as_ref() == Some(id) {
            Some("it is what the next launch tries")
        } else if self.staging.contains(id) {
            Some("it is being installed")
        } else if fallback.bundle == *id || fallback.unreadable.as_ref() == Some(id) {
            Some("it is what a rollback would run")
        } else {
            None
        }
    }
}
