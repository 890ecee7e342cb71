//! A device, an update server, and what lies on both.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, Instant};

use device_process::{Device, Process};
use mock_update_server::MockServer;
use serde_json::{Value, json};
use tempfile::TempDir;

use crate::web_app::WebApp;

/// How long a condition is waited for.
pub(crate) const PATIENCE: Duration = Duration::from_secs(60);

#[derive(Debug)]
pub(crate) struct Scene {
    pub(crate) server: MockServer,
    config: Value,
    root: PathBuf,
    folder: TempDir,
}

impl Scene {
    /// A device that has never been started, and a server that offers nothing.
    pub(crate) fn new() -> Self {
        Self::below(&std::env::temp_dir())
    }

    /// As [`new`](Self::new), with everything on a disk of one's choice.
    pub(crate) fn below(parent: &Path) -> Self {
        let folder = TempDir::new_in(parent).unwrap();
        let bundles = folder.path().join("bundles");
        fs::create_dir(&bundles).unwrap();
        let server = MockServer::builder(bundles).start_blocking().unwrap();
        let config = json!({
            "appId": "com.example.app",
            "updateUrl": server.url(),
            "trust": {"mode": "unsigned"},
        });
        Self {
            server,
            config,
            root: folder.path().join("device"),
            folder,
        }
    }

    /// Sets a key of the configuration for the processes that start from now on.
    pub(crate) fn configure(&mut self, key: &str, value: impl Into<Value>) {
        self.config[key] = value.into();
    }

    pub(crate) fn config(&self) -> &Value {
        &self.config
    }

    /// Lets the device live in another folder from now on.
    pub(crate) fn move_to(&mut self, root: impl Into<PathBuf>) {
        self.root = root.into();
    }

    pub(crate) fn root(&self) -> &Path {
        &self.root
    }

    /// A path beside the device's.
    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// Puts an app on the server; gives the size of its zip.
    pub(crate) fn publish(&self, version: &str, app: &WebApp) -> u64 {
        self.publish_zip(version, &app.zip())
    }

    pub(crate) fn publish_zip(&self, version: &str, zip: &[u8]) -> u64 {
        let path = self.path(&format!("bundles/{version}.zip"));
        // The server must never see half a file.
        fs::write(self.path("upload"), zip).unwrap();
        fs::rename(self.path("upload"), path).unwrap();
        zip.len() as u64
    }

    /// The app, switched off.
    pub(crate) fn device(&self) -> Device {
        Device::new(env!("CARGO_BIN_EXE_live-updater"), &self.root, &self.config)
    }

    /// Starts the app's process.
    pub(crate) fn start(&self) -> Process {
        self.device().start().unwrap()
    }

    /// Starts the app's process and launches.
    pub(crate) fn launch(&self) -> (Process, Value) {
        let mut device = self.start();
        let launch = device.call("launch", json!({})).unwrap();
        (device, launch)
    }

    /// Publishes an app of that version and makes the device find it good.
    pub(crate) fn install_good(&self, version: &str) -> WebApp {
        let app = WebApp::new(version);
        self.publish(version, &app);
        self.download(version);
        let (mut device, launch) = self.launch();
        assert_eq!(launch["bundle"]["version"], version, "{launch}");
        assert_eq!(launch["trial"], true, "{launch}");
        ready(&mut device, &launch).unwrap();
        wait_until("what is left over is collected", || {
            self.leftovers().is_empty()
        });
        device.kill().unwrap();
        app
    }

    /// Makes the next launch try what the server offers. The page of this one is ready.
    pub(crate) fn download(&self, version: &str) {
        let (mut device, launch) = self.launch();
        ready(&mut device, &launch).unwrap();
        let outcome = device.call("sync", json!({})).unwrap();
        assert_eq!(outcome["status"], "downloaded", "{outcome}");
        assert_eq!(outcome["bundle"]["version"], version, "{outcome}");
        device.kill().unwrap();
    }

    /// Bytes of the download that has begun.
    pub(crate) fn part_len(&self) -> u64 {
        names(&self.root.join("downloads"))
            .iter()
            .filter(|name| name.ends_with(".part"))
            .filter_map(|name| fs::metadata(self.root.join("downloads").join(name)).ok())
            .map(|metadata| metadata.len())
            .sum()
    }

    /// What lies in the folders that are empty when nothing is going on.
    pub(crate) fn leftovers(&self) -> Vec<String> {
        ["staging", "trash", "downloads"]
            .iter()
            .flat_map(|folder| {
                let names = names(&self.root.join(folder));
                names
                    .into_iter()
                    .map(move |name| format!("{folder}/{name}"))
            })
            .collect()
    }

    /// The ids of the bundles on the disk.
    pub(crate) fn installed(&self) -> Vec<String> {
        names(&self.root.join("bundles"))
    }
}

/// The page says that it works.
pub(crate) fn ready(
    device: &mut Process,
    launch: &Value,
) -> Result<Value, device_process::CallError> {
    device.call(
        "notifyAppReady",
        json!({"launchToken": launch["launchToken"]}),
    )
}

/// The next launch runs exactly these files, and its page is ready.
pub(crate) fn assert_runs(scene: &Scene, version: &str, app: &WebApp) -> Value {
    let (mut device, launch) = scene.launch();
    assert_eq!(launch["problem"], Value::Null, "{launch}");
    assert_eq!(launch["bundle"]["version"], version, "{launch}");
    app.assert_lies_in(Path::new(launch["path"].as_str().unwrap()));
    ready(&mut device, &launch).unwrap();
    launch
}

pub(crate) fn wait_until(what: &str, is_so: impl FnMut() -> bool) {
    assert!(
        comes_true(PATIENCE, is_so),
        "not within {PATIENCE:?}: {what}"
    );
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

/// Sends a signal to a process that this test has started.
pub(crate) fn signal(process: &Process, signal: &str) {
    let id = process.id().to_string();
    let status = Command::new("kill").args(["-s", signal, &id]).status();
    assert!(status.unwrap().success());
}

/// Everything in a folder: folders as nothing, files as their bytes.
pub(crate) fn tree(folder: &Path) -> BTreeMap<PathBuf, Option<Vec<u8>>> {
    let mut found = BTreeMap::new();
    for name in names(folder) {
        let path = folder.join(&name);
        if path.is_dir() {
            let inside = tree(&path);
            found.extend(
                inside
                    .into_iter()
                    .map(|(below, bytes)| (Path::new(&name).join(below), bytes)),
            );
            found.insert(name.into(), None);
        } else {
            found.insert(name.into(), fs::read(path).ok());
        }
    }
    found
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

/// Every method but `launch`, with params that are right for it.
pub(crate) fn all_methods() -> Vec<(&'static str, Value)> {
    let id = json!({"id": "builtin"});
    vec![
        ("notifyAppReady", json!({})),
        ("getLatest", json!({})),
        ("download", json!({})),
        ("sync", json!({})),
        ("next", id.clone()),
        ("set", id.clone()),
        ("reload", json!({})),
        ("reset", json!({})),
        ("current", json!({})),
        ("getNextBundle", json!({})),
        ("list", json!({})),
        ("getFailedUpdate", json!({})),
        ("getBuiltinVersion", json!({})),
        ("delete", id.clone()),
        ("verify", id),
        ("pause", json!({})),
        ("resume", json!({})),
        ("reportCrash", json!({})),
        ("setBundleError", json!({})),
        ("clearBlocked", json!({})),
        ("setChannel", json!({"channel": "beta"})),
        ("getChannel", json!({})),
        ("getDeviceId", json!({})),
        ("setCustomId", json!({"customId": "x"})),
        ("cancel", json!({})),
        ("flush", json!({})),
        ("state", json!({})),
    ]
}
