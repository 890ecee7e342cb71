//! What has to hold on a device that has lost its power, whatever it was doing.

use std::collections::BTreeMap;

use live_updater::{Launch, SyncStatus};
use serde_json::Value;
use simulated_device::{Device, bundle, slots};
use storage_simulator::{Drive, PowerCut, SimulatedDisk};

use crate::expected::Expected;

/// The default of `maxTrialLaunches`.
const MAX_TRIAL_LAUNCHES: u32 = 2;

/// Nothing survives that wasn't synced.
const HARSH: PowerCut = PowerCut {
    drive: Drive::Honest,
    seed: 0,
};

/// Checks the disk that is left, by living on with it.
///
/// # Errors
///
/// What doesn't hold.
pub(crate) fn check(disk: &SimulatedDisk, expected: &Expected, drive: Drive) -> Result<(), String> {
    let check = Check { expected, drive };
    check.launches_end(disk.copy())?;
    let mut device = check.device(disk.copy(), expected.boot);
    let good = check.first_launch(&mut device)?;
    check.goes_on(&mut device)?;
    check.next_update(&mut device)?;
    check.reports(&mut device)?;
    check.what_is_left(&mut device, good)
}

struct Check<'a> {
    expected: &'a Expected,
    drive: Drive,
}

impl Check<'_> {
    fn device(&self, disk: SimulatedDisk, boot: u32) -> Device {
        let expected = self.expected;
        Device::new(disk, expected.server.copy(), expected.setting.clone(), boot)
    }

    /// Whether what was synced is there.
    fn is_honest(&self) -> bool {
        self.drive == Drive::Honest
    }

    /// A page that never comes up isn't tried for ever: each bundle as often as it may be, and then
    /// something good runs.
    fn launches_end(&self, disk: SimulatedDisk) -> Result<(), String> {
        // Two bundles may be waiting, one on trial and one as next, and each may once not be hashed
        // in time.
        const LAUNCHES: u32 = 2 * (MAX_TRIAL_LAUNCHES + 2);
        let mut device = self.device(disk, self.expected.boot);
        device.is_orderly = false;
        let mut trials = BTreeMap::<String, u32>::new();
        for number in 1..=LAUNCHES {
            let launch = device.launch(true);
            self.whole_at_once(&device, &launch)?;
            if launch.trial {
                let count = trials.entry(launch.bundle.version.clone()).or_default();
                *count += 1;
                holds(*count <= MAX_TRIAL_LAUNCHES && number < LAUNCHES, || {
                    format!("{} is on trial again and again", launch.bundle.version)
                })?;
            }
        }
        Ok(())
    }

    /// The launch after the power cut: whole, not unexpected, and nothing that was acknowledged is
    /// forgotten. Gives the bundle that a rollback would run, with its version.
    fn first_launch(&self, device: &mut Device) -> Result<Option<(String, String)>, String> {
        let expected = self.expected;
        let generation = slots::newest(&device.disk).generation;
        let launch = device.launch(true);
        self.whole_at_once(device, &launch)?;
        // What was found damaged meanwhile has been replaced.
        whole(device, &device.process().launch)?;
        let state = device.state().ok_or("the state can't be told")?;
        if self.is_honest() {
            holds(generation >= expected.known.generation, || {
                let known = expected.known.generation;
                format!("generation {known} was acknowledged, {generation} is there")
            })?;
            self.expected_launch(&launch)?;
            self.nothing_is_forgotten(device, &state)?;
        }
        // Where a drive lies, a good bundle may be gone: then a rollback passes it over.
        let mut good = state["good"].as_array().into_iter().flatten();
        Ok(good.find_map(|id| {
            let id = id.as_str()?;
            let version = bundle(&state, id)?["version"].as_str()?;
            let is_whole = device.is_whole(id, version);
            is_whole.then(|| (id.to_owned(), version.to_owned()))
        }))
    }

    /// A launch gives whole files; but a good bundle, where a drive lies or somebody has changed
    /// it, is hashed after its launch.
    fn whole_at_once(&self, device: &Device, launch: &Launch) -> Result<(), String> {
        if launch.trial || (self.is_honest() && !self.expected.is_damaged) {
            whole(device, launch)?;
        }
        Ok(())
    }

    fn expected_launch(&self, launch: &Launch) -> Result<(), String> {
        let expected = self.expected;
        let given = version_of(launch);
        let outcomes = expected.outcomes();
        holds(
            !expected.is_course_known || outcomes.contains(&given),
            || format!("the launch gives {given:?} instead of one of {outcomes:?}"),
        )?;
        let had_state = expected.known.generation > 0;
        holds(launch.problem.is_none() || !had_state, || {
            format!("the launch has a problem: {:?}", launch.problem)
        })
    }

    fn nothing_is_forgotten(&self, device: &Device, state: &Value) -> Result<(), String> {
        self.good_is_kept(device, state)?;
        self.verdicts_are_kept(state)?;
        let (known, coming) = (&self.expected.known.state, &self.expected.coming.state);
        let between = &self.expected.between;
        for key in ["deviceId", "customId", "channel"] {
            let mut states = [known, coming].into_iter().chain(between);
            let is_kept = known.is_null() || states.any(|possible| possible[key] == state[key]);
            holds(is_kept, || {
                format!("{key} is {} instead of {}", state[key], known[key])
            })?;
        }
        // What a bundle that is named consists of is durable.
        let repairs = [&known["repairs"], &coming["repairs"]];
        let is_whole = known.is_null() || repairs.contains(&&state["repairs"]);
        holds(is_whole || self.expected.is_damaged, || {
            format!("files that were synced are damaged: {}", state["repairs"])
        })
    }

    fn good_is_kept(&self, device: &Device, state: &Value) -> Result<(), String> {
        let good = state["good"].as_array().map_or(&[][..], Vec::as_slice);
        for (id, version) in self.expected.good() {
            holds(good.contains(&id.clone().into()), || {
                format!("{version} was good, and is none any more")
            })?;
            holds(device.is_whole(&id, &version), || {
                format!("{version} was good, and its files are gone")
            })?;
        }
        for version in &self.expected.ready {
            let mut ids = good.iter().filter_map(Value::as_str);
            let is_version =
                |id: &&str| bundle(state, id).is_some_and(|bundle| bundle["version"] == **version);
            let is_good = ids
                .find(is_version)
                .is_some_and(|id| device.is_whole(id, version));
            holds(is_good, || {
                format!("{version} was ready, and is good no more")
            })?;
        }
        Ok(())
    }

    fn verdicts_are_kept(&self, state: &Value) -> Result<(), String> {
        let failed = state["failed"].as_array().map_or(&[][..], Vec::as_slice);
        for version in self.expected.blocked() {
            let is_blocked = failed.iter().any(|failed| failed["version"] == *version);
            holds(is_blocked, || {
                format!("{version} was taken back, and is free again")
            })?;
        }
        for (id, failed_launches) in self.expected.failed_launches() {
            let count = bundle(state, &id).map_or(failed_launches, |bundle| {
                bundle["failedLaunches"].as_u64().unwrap_or_default()
            });
            holds(count >= failed_launches, || {
                format!("{failed_launches} failed launches of {id} have become {count}")
            })?;
        }
        Ok(())
    }

    /// What the server offers is got once more, and tried: what is there already of it is right.
    fn goes_on(&self, device: &mut Device) -> Result<(), String> {
        let repairs = |device: &Device| device.state().map(|state| state["repairs"].clone());
        let before = repairs(device);
        // What was good goes on to be.
        if !device.process().launch.trial {
            device.ready().map_err(|error| format!("ready: {error}"))?;
        }
        let outcome = device.sync().map_err(|error| format!("sync: {error}"))?;
        if outcome.status == SyncStatus::Downloaded {
            let launch = device.launch(true);
            whole(device, &launch)?;
            holds(!self.is_honest() || repairs(device) == before, || {
                format!(
                    "what was got once more is damaged: {:?}",
                    launch.rolled_back
                )
            })?;
        }
        Ok(())
    }

    /// An update comes, is tried, is ready, and stays.
    fn next_update(&self, device: &mut Device) -> Result<(), String> {
        let newest = &self.expected.newest;
        device.server.publish(newest);
        let outcome = device
            .sync()
            .map_err(|error| format!("the next sync: {error}"))?;
        holds(outcome.status == SyncStatus::Downloaded, || {
            format!("the next sync is {:?}", outcome.status)
        })?;
        let launch = device.launch_at_last();
        holds(launch.bundle.version == *newest && launch.trial, || {
            format!("{} runs instead of the next update", launch.bundle.version)
        })?;
        whole(device, &launch)?;
        device.ready().map_err(|error| format!("ready: {error}"))?;
        let mut later = self.device(device.disk.power_cut(&HARSH), self.expected.boot + 1);
        let launch = later.launch(true);
        whole(&later, &launch)?;
        holds(launch.bundle.version == *newest && !launch.trial, || {
            let version = &launch.bundle.version;
            format!("the next update was ready, and {version} runs after a power cut")
        })
    }

    /// What was committed is told: not less, and once more at most for each power cut.
    fn reports(&self, device: &mut Device) -> Result<(), String> {
        let expected = self.expected;
        device.flush().map_err(|error| format!("flush: {error}"))?;
        let heard = device.server.heard();
        let mut ids = BTreeMap::<String, BTreeMap<String, u32>>::new();
        for report in heard {
            let ids = ids.entry(report.version).or_default();
            *ids.entry(report.id).or_default() += 1;
        }
        for (version, ids) in &ids {
            let is_seldom = ids.values().all(|count| *count <= expected.boot);
            holds(is_seldom || !expected.is_course_known, || {
                format!("the server heard of {version} too often: {ids:?}")
            })?;
            let most = expected.most_verdicts(version);
            holds(!self.is_honest() || ids.len() <= most, || {
                format!("the server heard of {version} under different ids: {ids:?}")
            })?;
        }
        holds(ids.contains_key(&expected.newest), || {
            "the server never heard of the next update".to_owned()
        })?;
        let is_heard = |id: &String| ids.values().any(|ids| ids.contains_key(id));
        let lost = expected.reports().into_iter().find(|id| !is_heard(id));
        holds(!self.is_honest() || lost.is_none(), || {
            format!("the report {lost:?} is lost")
        })
    }

    /// When all is tidied up, the disk holds what the state names and nothing else.
    fn what_is_left(
        &self,
        device: &mut Device,
        good: Option<(String, String)>,
    ) -> Result<(), String> {
        let launch = device.launch(true);
        device.ready().map_err(|error| format!("ready: {error}"))?;
        holds(launch.bundle.version == self.expected.newest, || {
            format!("{} runs in the end", launch.bundle.version)
        })?;
        if let Some(litter) = device.litter() {
            return Err(format!("{litter} stays behind"));
        }
        if let Some((id, version)) = good {
            holds(device.is_whole(&id, &version), || {
                format!("{version} was what a rollback would run, and its files are gone")
            })?;
        }
        Ok(())
    }
}

fn version_of(launch: &Launch) -> Option<String> {
    (!launch.bundle.id.is_builtin()).then(|| launch.bundle.version.clone())
}

fn whole(device: &Device, launch: &Launch) -> Result<(), String> {
    device.flaw_of(launch).map_or(Ok(()), Err)
}

fn holds(holds: bool, problem: impl FnOnce() -> String) -> Result<(), String> {
    if holds { Ok(()) } else { Err(problem()) }
}
