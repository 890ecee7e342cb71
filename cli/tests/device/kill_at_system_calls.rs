//! The process dies just before each system call by which an update changes the disk, one after
//! the other.

use std::path::Path;
use std::process::Command;

use device_process::{CallError, Process};
use serde_json::{Value, json};

use crate::scene::{Scene, ready, wait_until};
use crate::web_app::WebApp;

/// So many of each kind are tried at most; an update that takes more of them goes on as before.
const MOST: u32 = 14;

#[test]
fn a_kill_at_each_change_of_the_disk_harms_nothing() {
    let probe = Command::new("strace")
        .args(["-o", "/dev/null", "true"])
        .output();
    if !probe.is_ok_and(|output| output.status.success()) {
        println!("skipped: strace can't trace");
        return;
    }
    let mut siege = Siege::new();
    for call in [
        "fsync",
        "syncfs",
        "rename",
        "unlink",
        "unlinkat",
        "rmdir",
        "mkdir",
        "pwrite64",
        "ftruncate",
        "write",
        "openat",
    ] {
        let kills = (1..=MOST)
            .take_while(|n| siege.is_killed_at(call, *n))
            .count();
        println!("{kills} kills at {call}");
    }
}

struct Siege {
    scene: Scene,
    published: u32,
}

impl Siege {
    fn new() -> Self {
        let mut scene = Scene::new();
        // Deaths before ready are what is tried here, and no verdict.
        scene.configure("maxTrialLaunches", 1000);
        scene.configure("crashLoopLimit", 1000);
        scene.install_good("2.0.0");
        Self {
            scene,
            published: 0,
        }
    }

    fn publish(&mut self) -> (String, WebApp) {
        self.published += 1;
        let version = format!("2.0.{}", self.published);
        let app = WebApp::new(&version);
        self.scene.publish(&version, &app);
        (version, app)
    }

    /// Kills a whole update at the `n`-th such call of a thread; whether there was one.
    fn is_killed_at(&mut self, call: &str, n: u32) -> bool {
        self.publish();
        let (trace, inject) = (
            format!("trace={call}"),
            format!("inject={call}:signal=SIGKILL:when={n}"),
        );
        let strace = [
            "strace",
            "-f",
            "-qq",
            "-o",
            "/dev/null",
            "-e",
            &trace,
            "-e",
            &inject,
        ];
        let mut device = self.scene.device().below(&strace).start().unwrap();
        let result = update(&mut device);
        let is_killed = match result {
            Ok(()) => false,
            Err(CallError::Died) => true,
            Err(error) => panic!("{call}, {n}: {error}"),
        };
        // The end of its input ends whoever is left, and with it the one who traces.
        device.close().unwrap();
        self.assert_unharmed(&format!("{call}, {n}"));
        is_killed
    }

    fn assert_unharmed(&mut self, when: &str) {
        let (newest, app) = self.publish();
        let (mut device, launch) = self.scene.launch();
        assert_eq!(launch["problem"], Value::Null, "{when}: {launch}");
        assert_eq!(launch["rolledBack"], Value::Null, "{when}: {launch}");
        assert_ne!(launch["path"], Value::Null, "{when}: {launch}");
        let version = launch["bundle"]["version"].as_str().unwrap();
        WebApp::new(version).assert_lies_in(Path::new(launch["path"].as_str().unwrap()));
        ready(&mut device, &launch).unwrap();
        let outcome = device.call("sync", json!({})).unwrap();
        assert_eq!(outcome["status"], "downloaded", "{when}: {outcome}");
        let launch = device.call("reload", json!({})).unwrap();
        assert_eq!(launch["bundle"]["version"], *newest, "{when}: {launch}");
        app.assert_lies_in(Path::new(launch["path"].as_str().unwrap()));
        ready(&mut device, &launch).unwrap();
        wait_until(&format!("{when}: nothing is left over"), || {
            self.scene.leftovers().is_empty()
        });
        device.kill().unwrap();
    }
}

/// A launch, a sync, the activation of what came, and what is tidied up after it.
fn update(device: &mut Process) -> Result<(), CallError> {
    let launch = device.call("launch", json!({}))?;
    ready(device, &launch)?;
    device.call("sync", json!({}))?;
    let launch = device.call("reload", json!({}))?;
    ready(device, &launch)?;
    device.call("flush", json!({}))?;
    let id = json!({"id": launch["bundle"]["id"]});
    device.call("verify", id)?;
    device.call("reset", json!({"toLastSuccessful": true}))?;
    Ok(())
}
