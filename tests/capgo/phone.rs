//! A device of an app that is at a server of Capgo's kind.

use std::io::{Cursor, Write as _};
use std::time::{Duration, Instant};

use live_updater::{Config, Launch, Updater};
use serde_json::{Value, json};

use crate::capgo_server::CapgoServer;

pub(crate) struct Phone {
    pub(crate) server: CapgoServer,
    pub(crate) root: tempfile::TempDir,
    pub(crate) config: Value,
}

impl Phone {
    /// With an app that takes what isn't encrypted.
    pub(crate) fn new() -> Self {
        let server = CapgoServer::start();
        let config = json!({
            "appId": "com.example.app",
            "platform": "android",
            "source": "capgo",
            "updateUrl": server.url("/updates"),
            "statsUrl": server.url("/stats"),
            "channelUrl": server.url("/channel_self"),
            "trust": {"mode": "unsigned"},
            "readTimeout": 2000,
        });
        server.answer("POST /stats", 200, &[], json!({"status": "ok"}));
        Self {
            server,
            root: tempfile::tempdir().unwrap(),
            config,
        }
    }

    /// With an app that takes what was encrypted with a key.
    pub(crate) fn with_trust(trust: Value) -> Self {
        let mut phone = Self::new();
        phone.config["trust"] = trust;
        phone
    }

    /// Starts the app's process, which launches.
    pub(crate) fn launch(&self) -> (Updater, Launch) {
        let config = Config::from_json(&self.config.to_string()).unwrap();
        let updater = Updater::builder(self.root.path(), config)
            .native_version("1.0.0")
            .version_code("42")
            .os_version("16")
            .install_source("google_play")
            .open();
        let launch = updater.launch(true);
        assert_eq!(launch.problem, None);
        (updater, launch)
    }

    /// Starts the app's process on what was downloaded, and calls it ready.
    pub(crate) async fn try_next(&self, updater: Updater) -> (Updater, Launch) {
        drop(updater);
        let (updater, launch) = self.launch();
        assert!(launch.trial);
        let ready = updater.notify_app_ready(&launch.launch_token).await;
        ready.unwrap();
        (updater, launch)
    }

    /// Offers a zip that isn't encrypted.
    pub(crate) fn publish(&self, version: &str, zip: &[u8]) {
        use sha2::Digest as _;
        let checksum = crate::sealing::hex(&sha2::Sha256::digest(zip));
        self.server.put("/bundle.zip", zip);
        let url = self.server.url("/bundle.zip");
        self.server
            .say(json!({"version": version, "url": url, "checksum": checksum, "session_key": ""}));
    }

    /// Names in a folder of the store, in order.
    pub(crate) fn names(&self, folder: &str) -> Vec<String> {
        let Ok(entries) = std::fs::read_dir(self.root.path().join(folder)) else {
            return Vec::new();
        };
        let mut names: Vec<_> = entries
            .map(|entry| entry.unwrap().file_name().into_string().unwrap())
            .collect();
        names.sort();
        names
    }
}

/// A zip with a page that has this text, and `noise` bytes that can't be compressed.
pub(crate) fn zip(text: &str, noise: usize) -> Vec<u8> {
    let mut writer = zip::ZipWriter::new(Cursor::new(Vec::new()));
    let options = zip::write::SimpleFileOptions::default();
    writer.start_file("index.html", options).unwrap();
    writer.write_all(text.as_bytes()).unwrap();
    writer.start_file("noise.bin", options).unwrap();
    let mut state = 0x9e37_79b9_7f4a_7c15_u64;
    let noise: Vec<u8> = (0..noise)
        .map(|_| {
            state ^= state << 13;
            state ^= state >> 7;
            state ^= state << 17;
            state.to_le_bytes()[3]
        })
        .collect();
    writer.write_all(&noise).unwrap();
    writer.finish().unwrap().into_inner()
}

/// Waits until something holds.
pub(crate) async fn eventually(what: &str, holds: impl Fn() -> bool) {
    let end = Instant::now() + Duration::from_secs(20);
    while !holds() {
        assert!(Instant::now() < end, "{what}: not within 20 s");
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
}
