//! The process may die at any moment: the next launch works, and the next sync ends well.

use std::collections::{BTreeMap, BTreeSet};
use std::os::unix::process::ExitStatusExt as _;
use std::path::Path;
use std::time::{Duration, Instant};

use device_process::{CallError, Process};
use serde_json::{Value, json};

use crate::scene::{PATIENCE, Scene, ready, wait_until};
use crate::web_app::{Dice, WebApp};

/// How long processes are started and killed.
const SIEGE: Duration = Duration::from_secs(18);
/// The most time that a process has to live, in milliseconds; a whole update takes about half.
const LIFE: u64 = 500;

#[test]
fn a_kill_at_any_moment_of_syncs_and_trials_harms_nothing() {
    besiege(Siege::new(11, false));
}

#[test]
fn a_kill_at_any_moment_of_rollbacks_harms_nothing() {
    besiege(Siege::new(12, true));
}

fn besiege(mut siege: Siege) {
    let end = Instant::now() + SIEGE;
    let mut rounds = 0;
    while Instant::now() < end {
        siege.round();
        rounds += 1;
    }
    println!(
        "{rounds} processes killed; {} of {} versions were good, {} bad",
        siege.good.len(),
        siege.apps.len(),
        siege.bad.len()
    );
    assert!(rounds > 20, "{rounds}");
    siege.end();
}

/// What is known from outside while processes come and go.
struct Siege {
    scene: Scene,
    dice: Dice,
    apps: BTreeMap<String, WebApp>,
    /// Versions that a page was told to be good, and that a launch was told to be bad.
    good: BTreeSet<String>,
    bad: BTreeSet<String>,
    with_rollbacks: bool,
}

impl Siege {
    fn new(seed: u64, with_rollbacks: bool) -> Self {
        let mut scene = Scene::new();
        // So short that the watchdog strikes within a life.
        scene.configure("appReadyTimeout", if with_rollbacks { 150 } else { 10_000 });
        // Whoever is killed before ready again and again isn't what is tried here.
        scene.configure("maxTrialLaunches", if with_rollbacks { 2 } else { 1000 });
        scene.configure("crashLoopLimit", 1000);
        let mut siege = Self {
            scene,
            dice: Dice::new(seed),
            apps: BTreeMap::new(),
            good: BTreeSet::new(),
            bad: BTreeSet::new(),
            with_rollbacks,
        };
        siege.publish();
        siege
    }

    fn publish(&mut self) {
        let version = format!("2.0.{}", self.apps.len());
        let app = WebApp::new(&version).with_files(40).with_bytes(300_000);
        self.scene.publish(&version, &app);
        self.apps.insert(version, app);
    }

    /// One process, from its start to its death.
    fn round(&mut self) {
        let life = Duration::from_millis(self.dice.within(0..LIFE));
        let mut device = self.scene.start();
        let id = device.send("launch", json!({})).unwrap();
        let killer = Killer::after(life, &device);
        let answer = device.answer(id, Duration::from_secs(20));
        let outlived = match answer {
            Ok(launch) => self.live(&mut device, &launch),
            Err(error) => Err(error),
        };
        match outlived {
            Err(CallError::Died) => {}
            other => panic!("{other:?}\n{}", device.log()),
        }
        drop(killer);
        // Nothing else may end it.
        let status = device.wait().unwrap();
        assert_eq!(status.signal(), Some(9), "{status}\n{}", device.log());
        assert!(!device.log().contains("panicked"), "{}", device.log());
        if self.dice.one_in(4) {
            self.publish();
        }
    }

    /// What a page and its user may do, until the process dies.
    fn live(&mut self, device: &mut Process, launch: &Value) -> Result<(), CallError> {
        self.check(launch);
        if self.with_rollbacks && self.dice.one_in(2) {
            return self.hang(device);
        }
        if !self.dice.one_in(8) {
            let answer = ready(device, launch);
            match answer {
                Ok(answer) => {
                    let version = answer["bundle"]["version"].as_str().unwrap();
                    self.good.insert(version.to_owned());
                }
                // The watchdog was faster.
                Err(error) if error.code() == Some("stale_launch") => {}
                Err(error) => return Err(error),
            }
        }
        loop {
            let step = self.dice.next() % 8;
            match step {
                0..4 => {
                    let outcome = device.call("sync", json!({}))?;
                    let status = outcome["status"].as_str().unwrap();
                    assert!(
                        matches!(status, "downloaded" | "upToDate" | "blocked"),
                        "{outcome}"
                    );
                }
                4 => drop(device.call("pause", json!({}))?),
                5 => drop(device.call("resume", json!({}))?),
                6 => {
                    let launch = device.call("reload", json!({}))?;
                    self.check(&launch);
                }
                _ => {
                    let launch = device.call("reset", json!({"toLastSuccessful": true}))?;
                    self.check(&launch);
                }
            }
        }
    }

    /// The page never calls anything.
    fn hang(&mut self, device: &mut Process) -> Result<(), CallError> {
        let failed = device.event_where("updateFailed", PATIENCE, |_| true)?;
        let version = failed["bundle"]["version"].as_str().unwrap();
        self.bad.insert(version.to_owned());
        let reload = device.event("reload")?;
        self.check(&reload);
        loop {
            device.call("sync", json!({}))?;
        }
    }

    fn check(&mut self, launch: &Value) {
        assert_eq!(launch["problem"], Value::Null, "{launch}");
        let version = launch["bundle"]["version"].as_str().unwrap();
        match launch["path"].as_str() {
            None => assert_eq!(launch["bundle"]["id"], "builtin", "{launch}"),
            Some(path) => self.apps[version].assert_lies_in(Path::new(path)),
        }
        if let Some(version) = launch["rolledBack"]["version"].as_str() {
            assert!(self.with_rollbacks, "{launch}");
            self.bad.insert(version.to_owned());
        }
    }

    fn end(mut self) {
        // The last trial has all the time that a busy machine takes.
        self.scene.configure("appReadyTimeout", 60_000);
        self.publish();
        let newest = format!("2.0.{}", self.apps.len() - 1);
        let (mut device, launch) = self.scene.launch();
        self.check(&launch);
        // What was killed too often would be rolled back first, and next would wait.
        match ready(&mut device, &launch) {
            Ok(answer) => {
                let version = answer["bundle"]["version"].as_str().unwrap();
                self.good.insert(version.to_owned());
            }
            Err(error) => assert_eq!(error.code(), Some("stale_launch"), "{error}"),
        }
        // Its next may be an older one that came before the last was published.
        assert_eq!(
            device.call("sync", json!({})).unwrap()["status"],
            "downloaded"
        );
        drop(device);
        let (mut device, launch) = self.scene.launch();
        self.check(&launch);
        assert_eq!(launch["bundle"]["version"], newest, "{launch}");
        assert_eq!(launch["trial"], true, "{launch}");
        ready(&mut device, &launch).unwrap();
        self.good.insert(newest);
        device.call("flush", json!({})).unwrap();
        wait_until("the server knows all", || {
            device.call("flush", json!({})).unwrap()["pending"] == 0
        });
        wait_until("nothing is left over", || self.scene.leftovers().is_empty());
        wait_until("old bundles are gone", || self.scene.installed().len() <= 3);
        self.assert_verdicts(&device.call("state", json!({})).unwrap());
    }

    /// Each verdict has one id, however often it was told.
    fn assert_verdicts(&self, state: &Value) {
        let mut ids = BTreeMap::<(String, bool), BTreeSet<String>>::new();
        for told in self.scene.server.confirmations() {
            let verdict = (told.version.clone(), told.success);
            ids.entry(verdict)
                .or_default()
                .insert(told.id.clone().unwrap());
        }
        for ((version, success), ids) in &ids {
            assert_eq!(ids.len(), 1, "{version}, {success}");
        }
        let heard = |version: &String, success| ids.contains_key(&(version.clone(), success));
        let builtin = "1.0.0".to_owned();
        for version in self.good.iter().filter(|version| **version != builtin) {
            assert!(heard(version, true), "{version} was good\n{state}");
        }
        for version in &self.bad {
            assert!(heard(version, false), "{version} was bad\n{state}");
        }
        if !self.with_rollbacks {
            assert!(ids.keys().all(|(_, success)| *success), "{ids:?}");
        }
    }
}

/// Kills a process after a while, whatever happens to it.
struct Killer(Option<std::thread::JoinHandle<()>>);

impl Killer {
    fn after(life: Duration, device: &Process) -> Self {
        let id = device.id().to_string();
        Self(Some(std::thread::spawn(move || {
            std::thread::sleep(life);
            // It is this test's child and not waited for yet, so the id is still its own.
            let killed = std::process::Command::new("kill")
                .args(["-s", "KILL", &id])
                .status();
            assert!(killed.unwrap().success());
        })))
    }
}

impl Drop for Killer {
    fn drop(&mut self) {
        if let Some(thread) = self.0.take() {
            let _killed = thread.join();
        }
    }
}
