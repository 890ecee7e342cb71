use std::fs;
use std::path::{Path, PathBuf};

use device_process::{Device, Process};
use serde_json::{Value, json};
use tempfile::TempDir;

use super::{read_folder, wait_for};

/// A device with the app on it, which is started and killed at will.
#[derive(Debug)]
pub(crate) struct Phone {
    folder: TempDir,
    config: Value,
}

impl Phone {
    /// An app that takes updates from this server, unsigned ones too.
    pub(crate) fn new(server: &str) -> Self {
        Self {
            folder: TempDir::new().unwrap(),
            config: json!({
                "appId": "com.example.app",
                "updateUrl": server,
                "trust": {"mode": "unsigned"},
            }),
        }
    }

    /// An app that has another configuration in this key.
    pub(crate) fn with(mut self, key: &str, value: Value) -> Self {
        self.config[key] = value;
        self
    }

    /// Starts the app's process, which launches.
    pub(crate) fn start(&self) -> Process {
        self.launch().0
    }

    /// Starts the app's process, which launches; what it runs.
    pub(crate) fn launch(&self) -> (Process, Value) {
        let program = env!("CARGO_BIN_EXE_live-updater");
        let mut process = Device::new(program, self.root(), &self.config)
            .start()
            .unwrap();
        let launch = process.call("launch", json!({})).unwrap();
        assert_eq!(launch["problem"], Value::Null);
        (process, launch)
    }

    /// Bytes that were downloaded and not yet installed.
    pub(crate) fn part_len(&self) -> u64 {
        let files = self.files_in("downloads");
        let parts: Vec<_> = files
            .into_iter()
            .filter(|path| {
                path.extension()
                    .is_some_and(|extension| extension == "part")
            })
            .collect();
        assert!(parts.len() <= 1, "{parts:?}");
        parts
            .first()
            .and_then(|part| fs::metadata(part).ok())
            .map_or(0, |metadata| metadata.len())
    }

    /// Waits until so many bytes were downloaded; how many there are.
    pub(crate) fn wait_for_part(&self, process: &mut Process, len: u64) -> u64 {
        wait_for("bytes of the download", || {
            assert_eq!(process.try_wait().unwrap(), None, "the device has died");
            Some(self.part_len()).filter(|there| *there >= len)
        })
    }

    /// Syncs, which must end well, launches what came, and calls it ready; its folder.
    pub(crate) fn sync_and_try(&self, mut process: Process) -> PathBuf {
        let synced = process.call("sync", json!({})).unwrap();
        assert_eq!(synced["status"], "downloaded", "{synced}");
        self.try_next(process)
    }

    /// Launches what was downloaded, and calls it ready; its folder.
    pub(crate) fn try_next(&self, process: Process) -> PathBuf {
        process.close().unwrap();
        let (mut process, launch) = self.launch();
        assert_eq!(launch["trial"], true, "{launch}");
        let ready = process.call(
            "notifyAppReady",
            json!({"launchToken": launch["launchToken"]}),
        );
        assert_eq!(ready.unwrap()["bundle"]["status"], "success");
        PathBuf::from(launch["path"].as_str().unwrap())
    }

    /// Asserts that the device has nothing but what came with the app.
    pub(crate) fn assert_nothing_installed(&self, process: &mut Process) {
        assert_eq!(
            process.call("list", json!({})).unwrap()["bundles"],
            json!([])
        );
        assert_eq!(
            process.call("getNextBundle", json!({})).unwrap(),
            Value::Null
        );
        for folder in ["bundles", "staging", "downloads"] {
            assert_eq!(self.files_in(folder), Vec::<PathBuf>::new());
        }
    }

    /// Asserts that an installed bundle has the files of a folder, and no others.
    pub(crate) fn assert_same_files(installed: &Path, source: &Path) {
        let (installed, source) = (read_folder(installed), read_folder(source));
        let names = |files: &std::collections::BTreeMap<String, Vec<u8>>| {
            files.keys().cloned().collect::<Vec<_>>()
        };
        assert_eq!(names(&installed), names(&source));
        for (name, bytes) in &source {
            assert!(installed[name] == *bytes, "{name} has other bytes");
        }
    }

    fn root(&self) -> PathBuf {
        self.folder.path().join("root")
    }

    fn files_in(&self, folder: &str) -> Vec<PathBuf> {
        let Ok(entries) = fs::read_dir(self.root().join(folder)) else {
            return Vec::new();
        };
        entries.map(|entry| entry.unwrap().path()).collect()
    }
}
