//! Runs a scenario once, and notes what the device may be held to at each of its steps.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;
use simulated_device::{Device, Server, Setting, plain};
use storage_simulator::{Recording, SimulatedDisk};

use crate::expected::{Acknowledged, CRASH_LOOP_LIMIT, Expected, Row};
use crate::scenario::{Action, Scenario};

/// A scenario that was run, ready to be cut.
#[derive(Debug)]
pub(crate) struct Recorded {
    pub(crate) name: String,
    pub(crate) recording: Recording,
    pub(crate) server: Server,
    /// What held after each action, the first before all of them.
    acknowledged: Vec<Acknowledged>,
    /// Where `setting` changed, the step from which on the new one counts.
    settings: Vec<(usize, Setting)>,
    pub(crate) boot: u32,
    /// Verdicts on each version that there would have been without the power cut before.
    verdicts_before: BTreeMap<String, usize>,
    /// System calls, those that only look included.
    pub(crate) calls: u64,
}

impl Recorded {
    /// Runs a scenario on a new device.
    pub(crate) fn scenario(scenario: &Scenario, setting: Setting) -> Self {
        let name = scenario.name.to_owned();
        let (mut device, mut downloaded, row) = prepared(scenario, setting);
        let actions = &scenario.actions;
        Self::actions(name, &mut device, actions, &mut downloaded, row)
    }

    /// What recovers is the library as it is, whatever was recorded.
    pub(crate) fn recovering_plainly(mut self) -> Self {
        for (_, setting) in &mut self.settings {
            setting.wrap = plain;
        }
        self
    }

    /// Runs what follows a power cut, to cut it again.
    pub(crate) fn recovery(name: &str, disk: SimulatedDisk, expected: &Expected) -> Self {
        const RECOVERY: [Action; 5] = [
            Action::Launch,
            Action::Publish("50.0.0"),
            Action::Sync,
            Action::Launch,
            Action::Ready,
        ];
        let setting = expected.setting.clone();
        let mut device = Device::new(disk, expected.server.copy(), setting, expected.boot);
        let row = Row::after(expected);
        let recorded = Self::actions(name.to_owned(), &mut device, &RECOVERY, &mut None, row);
        Self {
            verdicts_before: expected.verdicts.clone(),
            ..recorded
        }
    }

    fn actions(
        name: String,
        device: &mut Device,
        actions: &[Action],
        downloaded: &mut Option<String>,
        mut row: Row,
    ) -> Self {
        device.server.watch(&device.disk);
        device.disk.record();
        let calls = device.disk.calls();
        let mut acknowledged = vec![Acknowledged::now(device, None, &row)];
        let mut settings = vec![(0, device.setting.clone())];
        let mut launches = Vec::new();
        for action in actions {
            let begin = device.disk.recorded();
            action
                .perform(device, downloaded)
                .unwrap_or_else(|error| panic!("{name}: {action:?}: {error}"));
            row.follow(*action, device);
            let end = device.disk.recorded();
            acknowledged.push(Acknowledged::now(device, Some(*action), &row));
            match action {
                Action::Launch | Action::LaunchInBackground => launches.push(begin..end),
                Action::InstallApp(_) => settings.push((begin, device.setting.clone())),
                _ => {}
            }
        }
        let mut recording = device.disk.recording();
        for launch in launches {
            order_of_launch(&mut recording, launch);
        }
        order_of_unpacking(&mut recording);
        Self {
            name,
            recording,
            server: device.server.clone(),
            acknowledged,
            settings,
            boot: device.boot,
            verdicts_before: BTreeMap::new(),
            calls: device.disk.calls() - calls,
        }
    }

    /// What has to hold when the power goes after `done` steps; nothing where somebody else was
    /// at work on the disk just then.
    pub(crate) fn expected(&self, done: usize) -> Option<Expected> {
        let next = self
            .acknowledged
            .partition_point(|known| known.step <= done);
        let known = self.acknowledged.get(next.checked_sub(1)?)?.clone();
        let coming = self.acknowledged.get(next).unwrap_or(&known).clone();
        let is_outside = matches!(coming.action, Some(Action::Damage | Action::DamageState));
        if is_outside && done > known.step {
            return None;
        }
        let setting = self.settings.iter().rfind(|(step, _)| *step <= done)?;
        Some(Expected {
            is_damaged: known.action == Some(Action::Damage),
            known,
            coming,
            between: Vec::new(),
            setting: setting.1.clone(),
            server: self.server.at(done),
            boot: self.boot + 1,
            verdicts: self.verdicts(),
            ready: Vec::new(),
            is_course_known: true,
            newest: format!("{}.0.0", 100 * self.boot),
        })
    }

    /// What has to hold when all of it was gone through on another device, where some calls have
    /// failed. `begun` is what that device began with, `ready` the versions that became ready.
    pub(crate) fn expected_in_the_end(
        &self,
        begun: Acknowledged,
        ready: Vec<String>,
        server: Server,
    ) -> Expected {
        let last = &self.acknowledged[self.acknowledged.len() - 1];
        let mut known = begun;
        known.row = self
            .acknowledged
            .iter()
            .map(|known| known.row)
            .max()
            .unwrap_or_default();
        let good: BTreeSet<_> = last
            .ids("good")
            .iter()
            .filter_map(|id| last.version_of(id))
            .collect();
        let has = |action| {
            self.acknowledged
                .iter()
                .any(|known| known.action == Some(action))
        };
        let is_damaged = has(Action::Damage);
        if has(Action::DamageState) {
            known = Acknowledged {
                state: Value::Null,
                generation: 0,
                ..known
            };
        }
        let is_good = |id: &String| {
            let is_damaged = is_damaged && known.state["current"] == **id;
            let version = known.version_of(id);
            version.is_some_and(|version| good.contains(&version)) && !is_damaged
        };
        let mut coming = last.clone();
        coming.state["good"] = known.ids("good").into_iter().filter(is_good).collect();
        coming.state["deviceId"] = known.state["deviceId"].clone();
        // Where readiness can't be written down, one more bad launch may be one too many.
        let is_sure = known.row < CRASH_LOOP_LIMIT && !is_damaged;
        let ready = ready
            .into_iter()
            .filter(|version| is_sure && good.contains(version));
        let states = self.acknowledged.iter().map(|known| known.state.clone());
        Expected {
            is_damaged,
            ready: ready.collect(),
            known,
            coming,
            between: states.collect(),
            setting: self.settings[self.settings.len() - 1].1.clone(),
            server,
            // Within a boot, files that were hashed are trusted.
            boot: self.boot + u32::from(is_damaged),
            verdicts: self.verdicts(),
            is_course_known: false,
            newest: "100.0.0".to_owned(),
        }
    }

    /// How many verdicts each version has had without a power cut.
    fn verdicts(&self) -> BTreeMap<String, usize> {
        let mut ids = BTreeSet::new();
        for known in &self.acknowledged {
            let waiting = known.state["confirmations"].as_array();
            for report in waiting.into_iter().flatten() {
                let text = |key: &str| report[key].as_str().unwrap_or_default().to_owned();
                ids.insert((text("version"), text("id")));
            }
        }
        let heard = self.server.heard().into_iter();
        ids.extend(heard.map(|report| (report.version, report.id)));
        let mut verdicts = BTreeMap::<String, usize>::new();
        for (version, _) in ids {
            *verdicts.entry(version).or_default() += 1;
        }
        for (version, before) in &self.verdicts_before {
            let verdicts = verdicts.entry(version.clone()).or_default();
            *verdicts = (*verdicts).max(*before);
        }
        verdicts
    }
}

/// A device on which what comes before a scenario has happened, and is durable.
pub(crate) fn prepared(scenario: &Scenario, setting: Setting) -> (Device, Option<String>, Row) {
    let disk = if setting.has_syncfs {
        SimulatedDisk::new()
    } else {
        SimulatedDisk::new().without_syncfs()
    };
    let mut device = Device::new(disk, Server::new(), setting, 1);
    let mut downloaded = None;
    let mut row = Row::default();
    for action in &scenario.before {
        let done = action.perform(&mut device, &mut downloaded);
        done.unwrap_or_else(|error| panic!("{}: {action:?}: {error}", scenario.name));
        row.follow(*action, &device);
    }
    device.disk.write_back();
    (device, downloaded, row)
}

/// The watchdog's first look comes after the launch, and beside what is tidied up.
fn order_of_launch(recording: &mut Recording, range: std::ops::Range<usize>) {
    let steps = recording.steps();
    let is_start = |index: &usize| steps[*index].path().ends_with("starts");
    let Some(first) = range.clone().find(is_start) else {
        return;
    };
    recording.sort_steps(first + 1..range.end, |step| {
        !step.path().ends_with("starts")
    });
}

/// Files are unpacked by several threads at once.
fn order_of_unpacking(recording: &mut Recording) {
    let is_unpacked = |path: &std::path::Path| {
        path.starts_with("staging") && path.components().any(|part| part.as_os_str() == "www")
    };
    let flags: Vec<_> = recording
        .steps()
        .iter()
        .map(|step| is_unpacked(step.path()) && matches!(step.name(), "create" | "write"))
        .collect();
    let mut start = 0;
    for run in flags.chunk_by(|left, right| left == right) {
        if run[0] {
            recording.sort_steps(start..start + run.len(), |step| step.path().to_owned());
        }
        start += run.len();
    }
}
