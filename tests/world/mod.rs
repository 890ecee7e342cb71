//! An app on a device, and the server opposite: for tests of the library as a whole.

pub(crate) mod signing;

use std::fs;
use std::io::{Cursor, Write};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use live_updater::{Config, Event, Launch, Updater, UpdaterBuilder};
use mock_update_server::{MockServer, MockServerBuilder};
use serde_json::{Value, json};

/// A device with one app, and a mock server on a folder of bundles.
pub(crate) struct World {
    pub(crate) server: MockServer,
    pub(crate) bundles: tempfile::TempDir,
    pub(crate) root: tempfile::TempDir,
    config: Value,
    events: Arc<Mutex<Vec<Event>>>,
}

impl World {
    pub(crate) async fn new() -> Self {
        Self::with_server(|server| server).await
    }

    pub(crate) async fn with_server(
        change: impl FnOnce(MockServerBuilder) -> MockServerBuilder,
    ) -> Self {
        let bundles = tempfile::tempdir().unwrap();
        let server = change(MockServer::builder(bundles.path()))
            .start()
            .await
            .unwrap();
        let config = json!({
            "appId": "com.example.app",
            "updateUrl": server.url(),
            "trust": {"mode": "unsigned"},
            "readTimeout": 2000,
        });
        Self {
            server,
            bundles,
            root: tempfile::tempdir().unwrap(),
            config,
            events: Arc::default(),
        }
    }

    /// Sets a key of the configuration, for updaters that are opened from now on.
    pub(crate) fn configure(&mut self, key: &str, value: Value) {
        self.config[key] = value;
    }

    pub(crate) fn config(&self) -> Config {
        Config::from_json(&self.config.to_string()).unwrap()
    }

    /// The configuration with another value in this key, as the app would have it in a file.
    pub(crate) fn config_with(&self, key: &str, value: Value) -> String {
        let mut config = self.config.clone();
        config[key] = value;
        config.to_string()
    }

    /// Starts the app's process; the one before must have been dropped.
    pub(crate) fn open(&self) -> Updater {
        self.open_with(|builder| builder)
    }

    /// Starts the app's process on a host that has other wishes.
    pub(crate) fn open_with(
        &self,
        change: impl FnOnce(UpdaterBuilder) -> UpdaterBuilder,
    ) -> Updater {
        let events = Arc::clone(&self.events);
        let builder = Updater::builder(self.root.path(), self.config())
            .native_version("1.0.0")
            .listener(move |event| events.lock().unwrap().push(event));
        change(builder).open()
    }

    /// Starts the app's process and launches.
    pub(crate) fn launch(&self) -> (Updater, Launch) {
        let updater = self.open();
        let launch = updater.launch(true);
        (updater, launch)
    }

    /// Puts a bundle of this version on the server.
    pub(crate) fn publish(&self, version: &str) -> Vec<u8> {
        let page = format!("<html>{version}</html>");
        self.publish_zip(
            version,
            &zip(&[("index.html", page.as_bytes()), ("a/b.js", b"1")]),
        )
    }

    pub(crate) fn publish_zip(&self, version: &str, zip: &[u8]) -> Vec<u8> {
        fs::write(self.bundles.path().join(format!("{version}.zip")), zip).unwrap();
        zip.to_vec()
    }

    /// Installs the newest version and lets it become ready.
    pub(crate) async fn update(&self) -> Updater {
        let (updater, _) = self.launch();
        updater.sync().await.unwrap().bundle.unwrap();
        drop(updater);
        let (updater, launch) = self.launch();
        updater
            .notify_app_ready(&launch.launch_token)
            .await
            .unwrap();
        updater
    }

    pub(crate) fn event_names(&self) -> Vec<&'static str> {
        self.events
            .lock()
            .unwrap()
            .iter()
            .map(Event::name)
            .collect()
    }

    pub(crate) fn forget_events(&self) {
        self.events.lock().unwrap().clear();
    }

    pub(crate) fn path(&self, relative: &str) -> PathBuf {
        self.root.path().join(relative)
    }

    /// Names in a folder of the store, none where it doesn't exist.
    pub(crate) fn names(&self, relative: &str) -> Vec<String> {
        list(&self.path(relative))
    }
}

pub(crate) fn list(path: &Path) -> Vec<String> {
    fs::read_dir(path).map_or_else(
        |_| Vec::new(),
        |entries| {
            entries
                .map(|entry| entry.unwrap().file_name().into_string().unwrap())
                .collect()
        },
    )
}

/// A zip of these files.
pub(crate) fn zip(files: &[(&str, &[u8])]) -> Vec<u8> {
    let mut writer = zip::ZipWriter::new(Cursor::new(Vec::new()));
    for (name, bytes) in files {
        writer
            .start_file(*name, zip::write::SimpleFileOptions::default())
            .unwrap();
        writer.write_all(bytes).unwrap();
    }
    writer.finish().unwrap().into_inner()
}

/// A zip with a page and `size` bytes that can't be compressed.
pub(crate) fn large_zip(size: usize) -> Vec<u8> {
    let mut state = 0x9e37_79b9_7f4a_7c15_u64;
    let noise: Vec<u8> = (0..size)
        .map(|_| {
            state ^= state << 13;
            state ^= state >> 7;
            state ^= state << 17;
            state.to_le_bytes()[3]
        })
        .collect();
    zip(&[("index.html", b"<html>"), ("noise.bin", &noise)])
}

/// Waits until something holds.
pub(crate) async fn eventually(what: &str, holds: impl Fn() -> bool) {
    let end = Instant::now() + Duration::from_secs(20);
    while !holds() {
        assert!(Instant::now() < end, "{what}: not within 20 s");
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
}
