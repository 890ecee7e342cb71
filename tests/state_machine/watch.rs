//! What must never happen, whatever the model says: looked for at every step, by other means.

use std::collections::{BTreeMap, BTreeSet};

use live_updater::Launch;
use serde_json::Value;
use simulated_device::Device;

use crate::action::Action;
use crate::names::{Names, list, text};

/// `maxTrialLaunches` and `crashLoopLimit`
const MOST_TRIALS: u32 = 2;
const MOST_CRASHES: u32 = 3;

/// One step, as it looks from outside.
pub(crate) struct Sight<'a> {
    pub(crate) action: Action,
    /// The bundle that it was about.
    pub(crate) picked: Option<&'a str>,
    pub(crate) device: &'a Device,
    /// What a launch gave at once.
    pub(crate) launch: Option<&'a Launch>,
    pub(crate) before: &'a Value,
    pub(crate) state: &'a Value,
    pub(crate) names: &'a Names,
}

/// What was seen of a device's life.
#[derive(Debug, Default)]
pub(crate) struct Watch {
    corrupted: BTreeSet<String>,
    condemned: BTreeSet<String>,
    /// How often a bundle was activated, and then didn't become ready or was said to have crashed.
    bad_signs: BTreeMap<String, u32>,
    /// The last launch, and how many of the same bundle before it died in the foreground.
    row: Option<(String, u32)>,
    /// What runs isn't ready, and is in the foreground.
    would_be_bad: bool,
    floor: u64,
    /// What each report says.
    reports: BTreeMap<String, (String, bool)>,
    token: String,
}

impl Watch {
    pub(crate) fn corrupted(&mut self, id: &str) {
        self.corrupted.insert(id.to_owned());
    }

    /// Both slots are damaged: what was known is lost.
    pub(crate) fn state_is_lost(&mut self) {
        *self = Self {
            corrupted: std::mem::take(&mut self.corrupted),
            reports: std::mem::take(&mut self.reports),
            ..Self::default()
        };
    }

    /// # Errors
    ///
    /// What must never happen has happened.
    pub(crate) fn look(&mut self, sight: &Sight<'_>) -> Result<(), String> {
        self.what_runs_is_whole(sight)?;
        self.what_was_condemned_stays_away(sight)?;
        self.verdicts_have_reasons(sight)?;
        self.nothing_crashes_for_ever(sight)?;
        self.the_floor_rises(sight)?;
        self.reports_are_one_each(sight)?;
        stale_pages_change_nothing(sight)?;
        nothing_is_left_behind(sight)
    }

    /// Only files that somebody has changed may be others than were installed.
    fn what_runs_is_whole(&self, sight: &Sight<'_>) -> Result<(), String> {
        for launch in sight.launch.into_iter().chain(sight.device.launched()) {
            let id = launch.bundle.id.as_str();
            if launch.path.is_none() {
                holds(launch.bundle.id.is_builtin(), || {
                    format!("{id} has no files")
                })?;
                continue;
            }
            let files = sight.names.files_of(id);
            let is_whole = files.is_some_and(|files| sight.device.is_whole(id, &files));
            holds(is_whole || self.corrupted.contains(id), || {
                format!("{id} runs, and isn't whole")
            })?;
        }
        Ok(())
    }

    fn what_was_condemned_stays_away(&mut self, sight: &Sight<'_>) -> Result<(), String> {
        let launched = sight.launch.into_iter().chain(sight.device.launched());
        for launch in launched {
            let id = launch.bundle.id.as_str();
            // The bundle that is taken back right after its launch was fine when it was launched.
            let was = self.condemned.contains(id);
            holds(!was, || format!("{id} was taken back, and runs again"))?;
        }
        let errors = list(sight.state, "bundles").iter();
        let errors = errors.filter(|bundle| bundle["status"] == "error");
        self.condemned
            .extend(errors.map(|bundle| text(bundle, "id").to_owned()));
        Ok(())
    }

    fn verdicts_have_reasons(&mut self, sight: &Sight<'_>) -> Result<(), String> {
        for bundle in list(sight.before, "bundles") {
            let id = text(bundle, "id");
            let now = simulated_device::bundle(sight.state, id);
            let is_new = bundle["status"] != "error";
            let is_error = now.is_some_and(|now| now["status"] == "error");
            if !is_new || !is_error {
                continue;
            }
            let reason = reason_of(sight.state, bundle);
            let signs = self.bad_signs.get(id).copied().unwrap_or(0);
            let was_good = bundle["status"] == "success";
            let is_fair = match reason {
                "damaged" => self.corrupted.contains(id),
                "reported" => {
                    matches!(sight.action, Action::SetBundleError(_)) && sight.picked == Some(id)
                }
                "crash_loop" => was_good && signs >= MOST_CRASHES,
                "trial_launches" => !was_good && signs >= MOST_TRIALS,
                "timeout" => !was_good && signs >= 1,
                _ => false,
            };
            holds(is_fair, || {
                format!(
                    "{id} was {}, and is taken back for {reason:?} after {signs} bad signs",
                    bundle["status"]
                )
            })?;
        }
        Ok(())
    }

    /// A launch after as many bad ones in a row as a bundle may have is one of another.
    fn nothing_crashes_for_ever(&mut self, sight: &Sight<'_>) -> Result<(), String> {
        if let Some(launch) = sight
            .launch
            .filter(|_| matches!(sight.action, Action::Launch { .. }))
        {
            let id = launch.bundle.id.to_string();
            let row = match self.row.take() {
                Some((last, row)) if last == id && self.would_be_bad => row + 1,
                _ => 0,
            };
            let most = if launch.trial {
                MOST_TRIALS
            } else {
                MOST_CRASHES
            };
            let is_builtin = launch.bundle.id.is_builtin();
            holds(is_builtin || row < most, || {
                format!("{id} has crashed {row} times, and runs again")
            })?;
            self.row = Some((id, row));
        }
        self.follow(sight);
        Ok(())
    }

    fn follow(&mut self, sight: &Sight<'_>) {
        match sight.action {
            // What was lost with the power, or with another build, counts no longer.
            Action::PowerCut(_) | Action::Install(_) => self.row = None,
            Action::Crash(_) => {
                let id = sight
                    .device
                    .launched()
                    .map(|launch| launch.bundle.id.to_string());
                *self.bad_signs.entry(id.unwrap_or_default()).or_default() += 1;
            }
            Action::Launch { active } => self.would_be_bad = active,
            Action::LaunchAgain { active: false } | Action::Pause | Action::Ready => {
                self.would_be_bad = false;
            }
            _ => {}
        }
        let Some(launch) = sight.device.launched() else {
            return;
        };
        if launch.launch_token != self.token {
            self.token.clone_from(&launch.launch_token);
            *self
                .bad_signs
                .entry(launch.bundle.id.to_string())
                .or_default() += 1;
            if !matches!(sight.action, Action::Launch { .. }) {
                self.row = None;
            }
        }
    }

    fn the_floor_rises(&mut self, sight: &Sight<'_>) -> Result<(), String> {
        if sight.state.is_null() || sight.state["nativeBuild"].is_null() {
            return Ok(());
        }
        let floor = &sight.state["trusted"]["floors"][0]["sequence"];
        let floor = floor.as_u64().unwrap_or(0);
        let before = std::mem::replace(&mut self.floor, floor);
        holds(floor >= before, || {
            format!("the floor was {before}, and is {floor}")
        })
    }

    fn reports_are_one_each(&mut self, sight: &Sight<'_>) -> Result<(), String> {
        let mut waiting = BTreeSet::new();
        for report in list(sight.state, "confirmations") {
            let id = text(report, "id");
            holds(waiting.insert(id), || format!("{id} waits twice"))?;
            let says = (
                text(report, "version").to_owned(),
                report["success"] == true,
            );
            let known = self
                .reports
                .entry(id.to_owned())
                .or_insert_with(|| says.clone());
            holds(*known == says, || {
                format!("{id} says {says:?}, and said {known:?}")
            })?;
        }
        let heard = sight.device.server.heard();
        for report in &heard {
            let says = (report.version.clone(), report.success);
            holds(self.reports.get(&report.id) == Some(&says), || {
                format!("the server was told {report:?}, which nobody has decided")
            })?;
        }
        if sight.action == Action::Flush && sight.device.launched().is_some() {
            let owed = list(sight.before, "confirmations").iter();
            let mut owed = owed.filter(|report| !sight.names.is_stale(report));
            let lost = owed.find(|owed| !heard.iter().any(|heard| heard.id == text(owed, "id")));
            holds(lost.is_none(), || {
                format!("the server never heard of {lost:?}")
            })?;
        }
        Ok(())
    }
}

/// Why a bundle was taken back: what is told of the newest, or was reported of the others.
fn reason_of<'a>(state: &'a Value, bundle: &Value) -> &'a str {
    let newest = &state["failedUpdate"];
    if newest["bundle"]["id"] == bundle["id"] {
        return text(newest, "reason");
    }
    let mut reports = list(state, "confirmations").iter().rev();
    let is_it =
        |report: &&Value| report["version"] == bundle["version"] && report["success"] == false;
    reports
        .find(is_it)
        .map_or("damaged", |report| text(report, "reason"))
}

fn stale_pages_change_nothing(sight: &Sight<'_>) -> Result<(), String> {
    let is_stale = matches!(sight.action, Action::StaleReady(_));
    let keys = ["current", "next", "good", "bundles", "failed"];
    let changed = keys
        .iter()
        .find(|key| sight.before[**key] != sight.state[**key]);
    holds(!is_stale || changed.is_none(), || {
        format!("a page of before has changed {changed:?}")
    })
}

fn nothing_is_left_behind(sight: &Sight<'_>) -> Result<(), String> {
    if !matches!(sight.action, Action::Launch { .. }) {
        return Ok(());
    }
    let disk = &sight.device.disk;
    for folder in ["staging", "trash"] {
        let names = disk.names(folder);
        holds(names.is_empty(), || format!("{folder} has {names:?}"))?;
    }
    // What a resume needs, and what a power cut may have brought back.
    let names = disk.names("downloads");
    let keys: BTreeSet<_> = names
        .iter()
        .filter_map(|name| name.split('.').next())
        .collect();
    holds(keys.len() <= 2, || format!("downloads has {names:?}"))
}

fn holds(holds: bool, problem: impl FnOnce() -> String) -> Result<(), String> {
    if holds { Ok(()) } else { Err(problem()) }
}
