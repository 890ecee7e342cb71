//! What a device goes through while something happens to it.

use std::path::Path;
use std::time::{Duration, SystemTime};

use device_process::{CallError, Process};
use serde_json::{Value, json};

use crate::stage::{Before, NEW, PATIENCE, Run, comes_true};
use crate::web_app::WebApp;

/// A life of the app's process.
#[derive(Debug)]
pub(crate) struct Play {
    pub(crate) name: &'static str,
    pub(crate) before: Before,
    /// Whether the new bundle is taken back in it.
    pub(crate) rolls_back: bool,
    /// Deaths before ready are not what is tried, unless they are.
    max_trial_launches: u32,
    /// Bundles on the disk when all is done.
    bundles_left: usize,
    act: fn(&mut Actor<'_>) -> Result<(), End>,
}

pub(crate) const PLAYS: [Play; 5] = [
    Play {
        name: "first update",
        before: Before::Fresh,
        rolls_back: false,
        max_trial_launches: 1000,
        bundles_left: 1,
        act: first_update,
    },
    Play {
        name: "update",
        before: Before::Good,
        rolls_back: false,
        max_trial_launches: 1000,
        bundles_left: 2,
        act: update,
    },
    Play {
        name: "trial",
        before: Before::Next,
        rolls_back: false,
        max_trial_launches: 1000,
        bundles_left: 2,
        act: trial,
    },
    Play {
        name: "rollback by a launch",
        before: Before::Died,
        rolls_back: true,
        max_trial_launches: 1,
        bundles_left: 2,
        act: rollback_by_launch,
    },
    Play {
        name: "rollback of what runs",
        before: Before::Next,
        rolls_back: true,
        max_trial_launches: 1000,
        // The old page may still load files of the one that was taken back.
        bundles_left: 3,
        act: rollback_of_what_runs,
    },
];

impl Play {
    pub(crate) fn named(name: &str) -> &'static Self {
        PLAYS.iter().find(|play| play.name == name).unwrap()
    }

    /// What a device has to be told before it can play this.
    pub(crate) fn configure(&self, run: &mut Run<'_>) {
        run.set("maxTrialLaunches", self.max_trial_launches);
    }

    /// Lets a device play this until its end. The device's process has ended then.
    pub(crate) fn perform(&self, run: &Run<'_>, device: Process, faults: Faults) -> Performance {
        let mut actor = Actor {
            play: self,
            run,
            device,
            faults,
            told: Vec::new(),
        };
        let end = (self.act)(&mut actor).and_then(|()| actor.rest());
        let log = actor.device.log();
        let violation = match end {
            _ if log.contains("panicked") => Some(format!("a panic: {log}")),
            Ok(()) | Err(End::Died) => None,
            Err(End::Violation(problem)) => Some(problem),
        };
        actor.device.close().unwrap();
        Performance {
            told: actor.told,
            violation,
        }
    }
}

/// Whether system calls may fail.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Faults {
    Unexpected,
    Expected,
}

/// How a play went.
#[derive(Debug)]
pub(crate) struct Performance {
    pub(crate) told: Vec<Told>,
    /// What must not have been.
    pub(crate) violation: Option<String>,
}

/// What a device has promised by an answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Promise {
    /// The next launch tries the new bundle.
    Next,
    /// The new bundle is good.
    Good,
    /// The new bundle is bad.
    Bad,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Told {
    pub(crate) promise: Promise,
    /// When the answer was there.
    pub(crate) at: SystemTime,
}

/// How a play ends early.
#[derive(Debug)]
enum End {
    Died,
    Violation(String),
}

struct Actor<'a> {
    play: &'a Play,
    run: &'a Run<'a>,
    device: Process,
    faults: Faults,
    told: Vec<Told>,
}

impl Actor<'_> {
    /// Calls a method; nothing where it fails as calls fail whose system calls do.
    fn call(&mut self, method: &str, params: Value) -> Result<Option<Value>, End> {
        match self.device.call(method, params) {
            Ok(result) => Ok(Some(result)),
            Err(CallError::Died) => Err(End::Died),
            Err(CallError::Refused { code, .. })
                if self.faults == Faults::Expected
                    && ["storage", "insufficient_storage", "network", "timeout"]
                        .contains(&code.as_str()) =>
            {
                Ok(None)
            }
            Err(error) => Err(violation(format!("{method}: {error}"))),
        }
    }

    fn launch(&mut self) -> Result<Value, End> {
        let launch = self
            .call("launch", json!({}))?
            .ok_or_else(|| violation("a launch that answers nothing"))?;
        must_be_whole(&launch).map_err(violation)?;
        if launch["rolledBack"]["version"] == NEW {
            self.promise_where_durable(Promise::Bad, &launch);
        }
        Ok(launch)
    }

    fn ready(&mut self, launch: &Value) -> Result<(), End> {
        let token = json!({"launchToken": launch["launchToken"]});
        let answer = self.call("notifyAppReady", token)?;
        if answer.is_some_and(|answer| answer["bundle"]["version"] == NEW) {
            self.promise(Promise::Good);
        }
        Ok(())
    }

    fn sync(&mut self) -> Result<(), End> {
        let Some(outcome) = self.call("sync", json!({}))? else {
            return Ok(());
        };
        match outcome["status"].as_str() {
            Some("downloaded") => self.promise(Promise::Next),
            Some("upToDate") if self.faults == Faults::Expected => {}
            _ => return Err(violation(format!("sync: {outcome}"))),
        }
        Ok(())
    }

    fn reload(&mut self) -> Result<(), End> {
        let Some(launch) = self.call("reload", json!({}))? else {
            return Ok(());
        };
        must_be_whole(&launch).map_err(violation)?;
        self.ready(&launch)
    }

    fn flush(&mut self) -> Result<(), End> {
        self.call("flush", json!({})).map(drop)
    }

    /// What runs is bad.
    fn condemn(&mut self) -> Result<(), End> {
        if self.call("setBundleError", json!({}))?.is_none() {
            return Ok(());
        }
        let reload = match self.device.event("reload") {
            Ok(reload) => reload,
            Err(CallError::Died) => return Err(End::Died),
            Err(error) => return Err(violation(format!("no reload: {error}"))),
        };
        must_be_whole(&reload).map_err(violation)?;
        self.promise_where_durable(Promise::Bad, &reload);
        self.ready(&reload)
    }

    /// Waits until nothing is left to be done. Where calls fail, something may be left for good.
    fn rest(&mut self) -> Result<(), End> {
        let patience = match self.faults {
            Faults::Unexpected => PATIENCE,
            Faults::Expected => Duration::from_millis(150),
        };
        let mut has_died = false;
        let (run, device, count) = (self.run, &mut self.device, self.play.bundles_left);
        let is_done = comes_true(patience, || {
            has_died = device.try_wait().is_ok_and(|status| status.is_some());
            has_died || run.leftovers().is_empty() && run.installed().len() == count
        });
        if has_died {
            return Err(End::Died);
        }
        if !is_done && self.faults == Faults::Unexpected {
            let left = (self.run.leftovers(), self.run.installed());
            return Err(violation(format!("left over: {left:?}")));
        }
        Ok(())
    }

    fn promise_where_durable(&mut self, promise: Promise, launch: &Value) {
        if launch["problem"].is_null() {
            self.promise(promise);
        }
    }

    fn promise(&mut self, promise: Promise) {
        self.told.push(Told {
            promise,
            at: SystemTime::now(),
        });
    }
}

fn first_update(actor: &mut Actor<'_>) -> Result<(), End> {
    let launch = actor.launch()?;
    actor.ready(&launch)?;
    actor.sync()
}

fn update(actor: &mut Actor<'_>) -> Result<(), End> {
    let launch = actor.launch()?;
    actor.ready(&launch)?;
    actor.sync()?;
    actor.reload()?;
    actor.flush()
}

fn trial(actor: &mut Actor<'_>) -> Result<(), End> {
    let launch = actor.launch()?;
    actor.ready(&launch)?;
    actor.flush()
}

fn rollback_by_launch(actor: &mut Actor<'_>) -> Result<(), End> {
    let launch = actor.launch()?;
    actor.ready(&launch)?;
    actor.flush()
}

fn rollback_of_what_runs(actor: &mut Actor<'_>) -> Result<(), End> {
    let launch = actor.launch()?;
    if launch["bundle"]["version"] == NEW {
        actor.condemn()?;
    } else if actor.faults == Faults::Unexpected {
        return Err(violation(format!("not the new one: {launch}")));
    }
    actor.flush()
}

fn violation(problem: impl Into<String>) -> End {
    End::Violation(problem.into())
}

/// What a launch gives is builtin, or the whole bundle.
///
/// # Errors
///
/// It isn't.
pub(crate) fn must_be_whole(launch: &Value) -> Result<(), String> {
    let (bundle, path) = (&launch["bundle"], &launch["path"]);
    match (bundle["version"].as_str(), path.as_str()) {
        (Some(_), None) if bundle["id"] == "builtin" => Ok(()),
        (Some(version), Some(path)) => match WebApp::new(version).difference(Path::new(path)) {
            None => Ok(()),
            Some(difference) => Err(format!("{difference}: {launch}")),
        },
        _ => Err(format!("nothing to run: {launch}")),
    }
}
