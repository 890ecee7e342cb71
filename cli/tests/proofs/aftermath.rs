//! What has to hold after something happened to a device.

use std::collections::BTreeSet;

use device_process::Process;
use serde_json::{Value, json};

use crate::play::{Play, Promise, Told, must_be_whole};
use crate::stage::{
    Before, GOOD, NEW, NEWEST, NEXT_CHANNEL, OLD, PATIENCE, Run, Verdict, comes_true, names,
};
use crate::web_app::WebApp;

type Held = Result<(), String>;

/// What happened, as far as it matters for what has to hold.
#[derive(Debug)]
pub(crate) struct Past<'a> {
    pub(crate) play: &'a Play,
    /// What the device had promised by then.
    pub(crate) told: &'a [Told],
    /// What the server had heard from it by then.
    pub(crate) heard: Vec<Verdict>,
    /// How often the server may hear the same.
    pub(crate) most_repeats: usize,
}

impl Past<'_> {
    fn has_promised(&self, promise: Promise) -> bool {
        self.told.iter().any(|told| told.promise == promise)
    }
}

/// Lets the app be started again and looks whether all is as it has to be: the launch gives a
/// whole bundle, the right one; promises are kept; the fallback is there; the next update comes;
/// nothing is left over; the server has heard each verdict.
///
/// # Errors
///
/// What is not.
pub(crate) fn check(run: &Run<'_>, past: &Past<'_>) -> Held {
    let (device, launch) = match launch(run) {
        Ok(launched) => launched,
        Err(problem) => return Err(format!("no launch: {problem}")),
    };
    let mut again = Again {
        run,
        past,
        device,
        was_ready: false,
        is_bad: false,
    };
    again
        .look_at_launch(&launch)
        .and_then(|()| again.look_at_bundles(&launch))
        .and_then(|()| again.update())
        .and_then(|()| again.settle())
        .map_err(|problem| format!("{problem}\n{}", again.device.log()))
}

fn launch(run: &Run<'_>) -> Result<(Process, Value), String> {
    let mut device = run.device().start().map_err(|error| error.to_string())?;
    let launch = call(&mut device, "launch", json!({}))?;
    Ok((device, launch))
}

fn call(device: &mut Process, method: &str, params: Value) -> Result<Value, String> {
    device
        .call(method, params)
        .map_err(|error| format!("{method}: {error}"))
}

/// The app, started again.
struct Again<'a> {
    run: &'a Run<'a>,
    past: &'a Past<'a>,
    device: Process,
    /// Whether the new bundle is good by this process's word.
    was_ready: bool,
    /// Whether the new bundle was taken back.
    is_bad: bool,
}

impl Again<'_> {
    fn call(&mut self, method: &str, params: Value) -> Result<Value, String> {
        call(&mut self.device, method, params)
    }

    fn look_at_launch(&mut self, launch: &Value) -> Held {
        must_be_whole(launch)?;
        let Past { play, .. } = self.past;
        must(launch["problem"].is_null(), || {
            format!("a problem: {launch}")
        })?;
        let has_rolled_back = launch["rolledBack"]["version"] == NEW;
        let may_roll_back = play.before == Before::Died && !self.past.has_promised(Promise::Bad);
        must(
            launch["rolledBack"].is_null() || has_rolled_back && may_roll_back,
            || format!("a bundle was taken back: {launch}"),
        )?;
        let version = launch["bundle"]["version"].as_str().unwrap_or_default();
        let is_next = play.before == Before::Next || self.past.has_promised(Promise::Next);
        let right: &[&str] = match play.before {
            Before::Died => &[GOOD],
            _ if self.past.has_promised(Promise::Bad) => &[GOOD],
            _ if self.past.has_promised(Promise::Good) => &[NEW],
            _ if is_next && !play.rolls_back => &[NEW],
            // What is builtin has the app's own version.
            Before::Fresh => &["1.0.0", NEW],
            _ => &[GOOD, NEW],
        };
        must(right.contains(&version), || {
            format!("not one of {right:?}: {launch}")
        })?;
        if self.past.has_promised(Promise::Good) {
            must(launch["trial"] == false, || {
                format!("a good one is tried again: {launch}")
            })?;
        }
        self.ready(launch)
    }

    fn ready(&mut self, launch: &Value) -> Held {
        let token = json!({"launchToken": launch["launchToken"]});
        self.call("notifyAppReady", token)?;
        self.was_ready |= launch["bundle"]["version"] == NEW;
        Ok(())
    }

    /// Each bundle that can run is what was installed, and there is one to fall back to.
    fn look_at_bundles(&mut self, launch: &Value) -> Held {
        let mut good = Vec::new();
        for bundle in self.list()? {
            let version = bundle["version"].as_str().unwrap_or_default();
            if bundle["status"] == "error" {
                self.is_bad |= version == NEW;
            } else if let Err(problem) = self.look_at_bundle(&bundle) {
                // It may be one that is collected just now.
                let is_listed = self
                    .list()?
                    .iter()
                    .any(|listed| listed["id"] == bundle["id"]);
                must(!is_listed, || format!("{version}: {problem}"))?;
            } else if bundle["status"] == "success" {
                good.push(version.to_owned());
            }
        }
        let fallback = match self.past.play.before {
            Before::Fresh => return Ok(()),
            _ if launch["bundle"]["version"] == NEW => GOOD,
            _ => OLD,
        };
        must(good.iter().any(|version| version == fallback), || {
            format!("{fallback} is gone, there is {good:?}")
        })
    }

    fn look_at_bundle(&mut self, bundle: &Value) -> Held {
        let version = bundle["version"].as_str().unwrap_or_default();
        let id = bundle["id"].as_str().unwrap_or_default();
        let folder = self.run.root().join("bundles").join(id).join("www");
        if let Some(difference) = WebApp::new(version).difference(&folder) {
            return Err(difference);
        }
        let verified = self.call("verify", json!({"id": id}))?;
        must(verified["ok"] == true, || verified.to_string())
    }

    fn list(&mut self) -> Result<Vec<Value>, String> {
        let list = self.call("list", json!({}))?;
        Ok(list["bundles"].as_array().cloned().unwrap_or_default())
    }

    /// The same update ends well or stays taken back, and the one after it comes.
    fn update(&mut self) -> Held {
        let outcome = self.call("sync", json!({}))?;
        let right: &[_] = if self.is_bad {
            &["blocked"]
        } else {
            &["downloaded", "upToDate"]
        };
        must(
            right.iter().any(|right| outcome["status"] == *right),
            || format!("sync: {outcome}"),
        )?;
        self.call("setChannel", json!({"channel": NEXT_CHANNEL}))?;
        let outcome = self.call("sync", json!({}))?;
        must(outcome["status"] == "downloaded", || {
            format!("the next sync: {outcome}")
        })?;
        let launch = self.call("reload", json!({}))?;
        must(launch["bundle"]["version"] == NEWEST, || {
            format!("reload: {launch}")
        })?;
        must_be_whole(&launch)?;
        self.ready(&launch)
    }

    /// All is told, and nothing is left over.
    fn settle(&mut self) -> Held {
        let is_told = comes_true(PATIENCE, || {
            self.call("flush", json!({}))
                .is_ok_and(|flushed| flushed["pending"] == 0)
        });
        must(is_told, || "reports stay".to_owned())?;
        let run = self.run;
        must(comes_true(PATIENCE, || run.leftovers().is_empty()), || {
            format!("left over: {:?}", run.leftovers())
        })?;
        let listed = self.list()?;
        let is_listed = |id: &String| listed.iter().any(|bundle| bundle["id"] == **id);
        must(
            comes_true(PATIENCE, || run.installed().iter().all(is_listed)),
            || format!("nobody knows all of {:?}: {listed:?}", run.installed()),
        )?;
        let known = [
            "bundles",
            "downloads",
            "lock",
            "staging",
            "starts",
            "state.a",
            "state.b",
            "trash",
        ];
        let found = names(run.root());
        let stray = found.iter().find(|name| !known.contains(&name.as_str()));
        must(stray.is_none(), || format!("stray: {stray:?}"))?;
        self.look_at_reports()
    }

    /// Each verdict was heard, by one name, and not too often.
    fn look_at_reports(&self) -> Held {
        let heard = || {
            let since = self.run.stage.heard().from(&self.run.device_id);
            [self.past.heard.clone(), since].concat()
        };
        let is_good = self.was_ready || self.past.has_promised(Promise::Good);
        let expected = [
            (NEWEST, true, true),
            (NEW, true, is_good && !self.is_bad),
            (NEW, false, self.is_bad),
        ];
        for (version, is_good, is_expected) in expected {
            let is_it =
                |verdict: &Verdict| verdict.version == version && verdict.is_good == is_good;
            let reports = || heard().into_iter().filter(is_it).collect::<Vec<_>>();
            if is_expected {
                // It is written down when its answer is out, so the device may be faster.
                must(comes_true(PATIENCE, || !reports().is_empty()), || {
                    format!("nobody heard of {version}, {is_good}: {:?}", heard())
                })?;
            }
            let reports = reports();
            let ids: BTreeSet<_> = reports.iter().map(|verdict| &verdict.id).collect();
            must(ids.len() == usize::from(is_expected), || {
                format!("{version}, {is_good} by {} names: {reports:?}", ids.len())
            })?;
            must(reports.len() <= 1 + self.past.most_repeats, || {
                format!("too often: {reports:?}")
            })?;
        }
        Ok(())
    }
}

fn must(holds: bool, problem: impl FnOnce() -> String) -> Held {
    if holds { Ok(()) } else { Err(problem()) }
}
