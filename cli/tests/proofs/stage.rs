//! One update server for all runs, and devices as they are before a run begins.

use std::collections::BTreeMap;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant, SystemTime};

use device_process::{Device, Process};
use mock_update_server::{Confirmation, LoggedRequest, MockServer};
use serde_json::{Value, json};
use tempfile::TempDir;

use crate::web_app::WebApp;

/// What is good at first, what was before it, what comes, and what comes after that.
pub(crate) const OLD: &str = "1.9.0";
pub(crate) const GOOD: &str = "2.0.0";
pub(crate) const NEW: &str = "2.1.0";
pub(crate) const NEWEST: &str = "2.2.0";

/// The channel on which the newest is offered; the new one is on all others.
pub(crate) const NEXT_CHANNEL: &str = "next";

/// How long a condition is waited for.
pub(crate) const PATIENCE: Duration = Duration::from_secs(60);

/// What a device is before a run.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Before {
    /// It has never run.
    Fresh,
    /// [`GOOD`] is good, and so is [`OLD`].
    Good,
    /// The next launch tries [`NEW`].
    Next,
    /// A launch tried [`NEW`] and died.
    Died,
}

/// The server, and the devices.
#[derive(Debug)]
pub(crate) struct Stage {
    server: MockServer,
    heard: Arc<Heard>,
    folder: TempDir,
    runs: AtomicUsize,
}

impl Stage {
    pub(crate) fn new() -> Self {
        let folder = TempDir::new().unwrap();
        let bundles = folder.path().join("bundles");
        fs::create_dir(&bundles).unwrap();
        for version in [OLD, GOOD, NEW, NEWEST] {
            let zip = WebApp::new(version).zip();
            fs::write(bundles.join(format!("{version}.zip")), zip).unwrap();
        }
        let heard = Arc::new(Heard::default());
        let server = MockServer::builder(bundles)
            .on_request({
                let heard = Arc::clone(&heard);
                move |request| heard.listen(request)
            })
            .start_blocking()
            .unwrap();
        let stage = Self {
            server,
            heard,
            folder,
            runs: AtomicUsize::new(0),
        };
        stage.prepare();
        stage
    }

    /// A device of its own, which is what it is before a run.
    pub(crate) fn run(&self, before: Before) -> Run<'_> {
        let folder = TempDir::new().unwrap();
        let root = folder.path().join("device");
        if before != Before::Fresh {
            copy_folder(&self.prepared(before), &root).unwrap();
        }
        self.run_in(&root, Some(folder))
    }

    /// A device whose root is that already.
    pub(crate) fn run_in(&self, root: &Path, folder: Option<TempDir>) -> Run<'_> {
        let number = self.runs.fetch_add(1, Ordering::Relaxed);
        Run {
            stage: self,
            device_id: format!("device-{number}"),
            root: root.to_owned(),
            settings: BTreeMap::new(),
            _folder: folder,
        }
    }

    /// The folder that a device's root is a copy of before a run.
    pub(crate) fn prepared(&self, before: Before) -> PathBuf {
        self.folder.path().join(format!("{before:?}"))
    }

    /// What the server has heard.
    pub(crate) fn heard(&self) -> &Heard {
        &self.heard
    }

    fn prepare(&self) {
        let root = self.folder.path().join("device");
        let mut run = self.run_in(&root, None);
        run.set("maxTrialLaunches", 1000);
        for version in [OLD, GOOD] {
            self.offer(version);
            run.download();
            let (mut device, launch) = run.launch();
            assert_eq!(launch["bundle"]["version"], version, "{launch}");
            ready(&mut device, &launch);
            wait_until("all is told and tidied up", || {
                device.call("flush", json!({})).unwrap()["pending"] == 0
                    && run.leftovers().is_empty()
            });
            device.kill().unwrap();
        }
        copy_folder(&root, &self.prepared(Before::Good)).unwrap();
        self.offer(NEW);
        run.download();
        copy_folder(&root, &self.prepared(Before::Next)).unwrap();
        let (device, launch) = run.launch();
        assert_eq!(launch["trial"], true, "{launch}");
        device.kill().unwrap();
        copy_folder(&root, &self.prepared(Before::Died)).unwrap();
        let newest = self.server.release(NEWEST).unwrap();
        self.server.offer_on(NEXT_CHANNEL, newest);
    }

    fn offer(&self, version: &str) {
        self.server.offer(self.server.release(version).unwrap());
    }
}

/// One device, and what it goes through.
#[derive(Debug)]
pub(crate) struct Run<'a> {
    pub(crate) stage: &'a Stage,
    pub(crate) device_id: String,
    root: PathBuf,
    settings: BTreeMap<&'static str, Value>,
    _folder: Option<TempDir>,
}

impl Run<'_> {
    pub(crate) fn root(&self) -> &Path {
        &self.root
    }

    /// Sets a key of the configuration for the processes that start from now on.
    pub(crate) fn set(&mut self, key: &'static str, value: impl Into<Value>) {
        self.settings.insert(key, value.into());
    }

    /// The app, switched off.
    pub(crate) fn device(&self) -> Device {
        let mut config = json!({
            "appId": "com.example.app",
            "updateUrl": self.stage.server.url(),
            "trust": {"mode": "unsigned"},
            "deviceId": self.device_id,
            // Whether a launch that died is a bad one isn't what is tried.
            "crashLoopLimit": 1000,
        });
        for (key, value) in &self.settings {
            config[*key] = value.clone();
        }
        Device::new(env!("CARGO_BIN_EXE_live-updater"), &self.root, &config)
    }

    /// Starts the app's process and launches.
    pub(crate) fn launch(&self) -> (Process, Value) {
        let mut device = self.device().start().unwrap();
        let launch = device.call("launch", json!({})).unwrap();
        (device, launch)
    }

    /// What lies in the folders that are empty when nothing is going on.
    pub(crate) fn leftovers(&self) -> Vec<String> {
        ["staging", "trash", "downloads"]
            .iter()
            .flat_map(|folder| {
                names(&self.root.join(folder))
                    .into_iter()
                    .map(move |name| format!("{folder}/{name}"))
            })
            .collect()
    }

    /// The ids of the bundles on the disk.
    pub(crate) fn installed(&self) -> Vec<String> {
        names(&self.root.join("bundles"))
    }

    fn download(&self) {
        let (mut device, launch) = self.launch();
        ready(&mut device, &launch);
        let outcome = device.call("sync", json!({})).unwrap();
        assert_eq!(outcome["status"], "downloaded", "{outcome}");
        device.kill().unwrap();
    }
}

fn ready(device: &mut Process, launch: &Value) {
    let token = json!({"launchToken": launch["launchToken"]});
    device.call("notifyAppReady", token).unwrap();
}

/// The verdicts that the server has heard of, by device.
#[derive(Debug, Default)]
pub(crate) struct Heard {
    verdicts: Mutex<BTreeMap<String, Vec<Verdict>>>,
}

/// A verdict, as the server heard it once.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Verdict {
    pub(crate) version: String,
    pub(crate) is_good: bool,
    pub(crate) id: String,
    pub(crate) at: SystemTime,
}

impl Heard {
    /// All that was heard from a device.
    pub(crate) fn from(&self, device_id: &str) -> Vec<Verdict> {
        let verdicts = self.verdicts.lock().unwrap();
        verdicts.get(device_id).cloned().unwrap_or_default()
    }

    fn listen(&self, request: &LoggedRequest) {
        if !request.path.ends_with("/confirm") || request.status != 200 {
            return;
        }
        let told: Confirmation = serde_json::from_slice(&request.body).unwrap();
        let verdict = Verdict {
            version: told.version,
            is_good: told.success,
            id: told.id.unwrap(),
            at: request.at,
        };
        let mut verdicts = self.verdicts.lock().unwrap();
        let device = verdicts.entry(told.device_id.unwrap()).or_default();
        device.push(verdict);
    }
}

/// Whether it is so within that time.
pub(crate) fn comes_true(patience: Duration, mut is_so: impl FnMut() -> bool) -> bool {
    let end = Instant::now() + patience;
    loop {
        if is_so() {
            return true;
        }
        if Instant::now() >= end {
            return false;
        }
        std::thread::sleep(Duration::from_millis(2));
    }
}

fn wait_until(what: &str, is_so: impl FnMut() -> bool) {
    assert!(
        comes_true(PATIENCE, is_so),
        "not within {PATIENCE:?}: {what}"
    );
}

/// The names in a folder, sorted; none where there is no folder.
pub(crate) fn names(folder: &Path) -> Vec<String> {
    let mut names: Vec<_> = fs::read_dir(folder)
        .into_iter()
        .flatten()
        .filter_map(|entry| entry.ok()?.file_name().into_string().ok())
        .collect();
    names.sort();
    names
}

pub(crate) fn copy_folder(from: &Path, to: &Path) -> io::Result<()> {
    fs::create_dir(to)?;
    for entry in fs::read_dir(from)? {
        let (from, to) = (entry?.path(), to);
        let to = to.join(from.file_name().unwrap_or_default());
        if from.is_dir() {
            copy_folder(&from, &to)?;
        } else {
            fs::copy(&from, &to)?;
        }
    }
    Ok(())
}
