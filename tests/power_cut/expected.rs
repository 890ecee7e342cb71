//! What the library has acknowledged, and so what the device may be held to.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;
use simulated_device::{Device, Server, Setting, bundle, slots};

use crate::scenario::Action;

/// What the library has acknowledged: a call has returned, or an answer was given.
#[derive(Debug, Clone)]
pub(crate) struct Acknowledged {
    /// Steps that the disk had done by then.
    pub(crate) step: usize,
    pub(crate) state: Value,
    pub(crate) generation: u64,
    /// What was done, and came to this.
    pub(crate) action: Option<Action>,
    /// Launches of a good bundle that ended badly, in a row, if this one ends now.
    pub(crate) row: u32,
}

/// What has to hold when the power goes after a step.
#[derive(Debug)]
pub(crate) struct Expected {
    /// What was acknowledged last.
    pub(crate) known: Acknowledged,
    /// Where it was on its way to.
    pub(crate) coming: Acknowledged,
    /// Where calls have failed, it may have stopped at any of these states.
    pub(crate) between: Vec<Value>,
    pub(crate) setting: Setting,
    pub(crate) server: Server,
    pub(crate) boot: u32,
    /// Verdicts on each version that there were without a power cut.
    pub(crate) verdicts: BTreeMap<String, usize>,
    /// Whether somebody has changed the files of the bundle that runs.
    pub(crate) is_damaged: bool,
    /// Versions that became ready, and stay good.
    pub(crate) ready: Vec<String>,
    /// Whether it was seen what came to `known`, call by call. Where calls have failed, any version
    /// may run by now.
    pub(crate) is_course_known: bool,
    /// How a version that is newer than all others is called.
    pub(crate) newest: String,
}

impl Acknowledged {
    pub(crate) fn now(device: &Device, action: Option<Action>, row: &Row) -> Self {
        let slot = slots::newest(&device.disk);
        Self {
            step: device.disk.recorded(),
            state: device.state().unwrap_or(slot.state),
            generation: slot.generation,
            action,
            row: row.if_it_ends_now(),
        }
    }

    /// Ids in one of the state's lists.
    pub(crate) fn ids(&self, list: &str) -> BTreeSet<String> {
        let ids = self.state[list].as_array().into_iter().flatten();
        ids.filter_map(|id| Some(id.as_str()?.to_owned())).collect()
    }

    pub(crate) fn version_of(&self, id: &str) -> Option<String> {
        Some(bundle(&self.state, id)?["version"].as_str()?.to_owned())
    }

    fn is_on_trial(&self, id: &str) -> bool {
        bundle(&self.state, id).is_some_and(|bundle| bundle["status"] == "trial")
    }

    /// What the next launch may give, by version; nothing stands for builtin.
    fn outcomes(&self, native_build: &str) -> BTreeSet<Option<String>> {
        let state = &self.state;
        if state["nativeBuild"] != *native_build {
            return BTreeSet::from([None]);
        }
        let current = state["current"].as_str().unwrap_or("builtin");
        let next = state["next"].as_str();
        let mut outcomes = BTreeSet::from([self.version_of(current)]);
        outcomes.extend(next.map(|next| self.version_of(next)));
        // A trial may have had its last try, or not be hashed in time.
        if self.is_on_trial(current) || next.is_some() {
            let fallback = state["good"][0].as_str();
            outcomes.insert(fallback.and_then(|id| self.version_of(id)));
        }
        outcomes
    }
}

impl Expected {
    /// What the next launch may give, by version; nothing stands for builtin.
    pub(crate) fn outcomes(&self) -> BTreeSet<Option<String>> {
        let build = &self.setting.native_build;
        let mut outcomes = self.known.outcomes(build);
        outcomes.extend(self.coming.outcomes(build));
        if self.may_be_taken_back() {
            let good = self.known.ids("good").into_iter();
            outcomes.extend(good.map(|id| self.known.version_of(&id)));
            outcomes.insert(None);
        }
        outcomes
    }

    /// Whether a good bundle that runs has had so many bad launches that one more is enough: a
    /// power cut before it is ready is one.
    fn may_be_taken_back(&self) -> bool {
        self.known.row.max(self.coming.row) >= CRASH_LOOP_LIMIT
    }

    /// Bundles, with their versions, that were good, still are, and have to be whole.
    pub(crate) fn good(&self) -> Vec<(String, String)> {
        if !self.is_same_app() {
            return Vec::new();
        }
        let coming = self.coming.ids("good");
        let stays = self.known.ids("good").into_iter();
        let current = &self.known.state["current"];
        stays
            .filter(|id| coming.contains(id))
            .filter(|id| !self.may_be_taken_back() || *current != **id)
            .filter_map(|id| Some((id.clone(), self.known.version_of(&id)?)))
            .collect()
    }

    /// Versions that were taken back and are blocked for good.
    pub(crate) fn blocked(&self) -> Vec<String> {
        let versions = |known: &Acknowledged| -> BTreeSet<String> {
            let failed = known.state["failed"].as_array().cloned();
            let failed = failed.unwrap_or_default().into_iter();
            failed
                .filter_map(|failed| Some(failed["version"].as_str()?.to_owned()))
                .collect()
        };
        let coming = versions(&self.coming);
        let known = versions(&self.known).into_iter();
        known.filter(|version| coming.contains(version)).collect()
    }

    /// How often each bundle that is on trial, and stays so, has failed.
    pub(crate) fn failed_launches(&self) -> Vec<(String, u64)> {
        let bundles = self.known.state["bundles"].as_array().cloned();
        let bundles = bundles.unwrap_or_default().into_iter();
        bundles
            .filter(|bundle| bundle["status"] == "trial" && self.is_course_known)
            .filter_map(|bundle| {
                let id = bundle["id"].as_str()?.to_owned();
                let stays = self.coming.is_on_trial(&id) && self.is_same_app();
                stays.then_some((id, bundle["failedLaunches"].as_u64()?))
            })
            .collect()
    }

    fn is_same_app(&self) -> bool {
        self.known.state["nativeBuild"] == *self.setting.native_build
    }

    /// How many verdicts on a version the server may hear of.
    pub(crate) fn most_verdicts(&self, version: &str) -> usize {
        let usual = self.verdicts.get(version).copied().unwrap_or_default();
        usual.max(1) + usize::from(self.may_be_taken_back())
    }

    /// Reports that wait, by their ids.
    pub(crate) fn reports(&self) -> Vec<String> {
        let reports = self.known.state["confirmations"].as_array().cloned();
        let reports = reports.unwrap_or_default().into_iter();
        reports
            .filter_map(|report| Some(report["id"].as_str()?.to_owned()))
            .collect()
    }
}

/// The default of `crashLoopLimit`.
pub(crate) const CRASH_LOOP_LIMIT: u32 = 3;

/// Launches of a good bundle that ended badly, one after the other.
#[derive(Debug, Clone, Default)]
pub(crate) struct Row {
    bundle: String,
    before: u32,
    is_ready: bool,
    is_paused: bool,
    has_crashed: bool,
}

impl Row {
    /// The row that a device begins with after a power cut.
    pub(crate) fn after(expected: &Expected) -> Self {
        Self {
            before: expected.known.row.max(expected.coming.row),
            ..Self::default()
        }
    }

    pub(crate) fn follow(&mut self, action: Action, device: &Device) {
        match action {
            Action::Launch | Action::LaunchInBackground => {
                let id = device.process().launch.bundle.id.as_str();
                let is_same = self.bundle == id || self.bundle.is_empty();
                *self = Self {
                    bundle: id.to_owned(),
                    before: if is_same && self.is_bad() {
                        self.if_it_ends_now()
                    } else {
                        0
                    },
                    ..Self::default()
                };
            }
            Action::Ready => self.is_ready = true,
            Action::Pause => self.is_paused = true,
            Action::Resume => self.is_paused = false,
            Action::ReportCrash => self.has_crashed = true,
            _ => {}
        }
    }

    fn is_bad(&self) -> bool {
        !(self.is_ready || self.is_paused) || self.has_crashed
    }

    fn if_it_ends_now(&self) -> u32 {
        self.before + u32::from(self.is_bad())
    }
}
