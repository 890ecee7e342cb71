//! What differs between devices.

use std::sync::Arc;

use live_updater::Storage;
use serde_json::{Value, json};
use storage_simulator::SimulatedStorage;

/// What stands between the library and the disk.
pub type Wrap = fn(SimulatedStorage) -> Arc<dyn Storage>;

/// A storage without anything in between.
pub fn plain(storage: SimulatedStorage) -> Arc<dyn Storage> {
    Arc::new(storage)
}

/// What differs between devices.
#[derive(Debug, Clone)]
#[expect(clippy::exhaustive_structs, reason = "tests change what they like")]
pub struct Setting {
    /// The plugin's configuration.
    pub config: Value,
    /// The version of the app that is installed.
    pub native_version: String,
    /// Which build of the app is installed.
    pub native_build: String,
    /// Whether a tree is made durable at once, as on Linux.
    pub has_syncfs: bool,
    /// How the system calls the so many-th time that the device is on.
    pub boot_id: fn(u32) -> String,
    /// What stands between the library and the disk.
    pub wrap: Wrap,
}

impl Setting {
    /// An unsigned app, whose trials have a second.
    pub fn new() -> Self {
        Self {
            config: json!({
                "appId": "com.example.app",
                "updateUrl": "http://127.0.0.1:1",
                "trust": {"mode": "unsigned"},
                "appReadyTimeout": 1000,
                "applyAfterBackground": 300,
            }),
            native_version: "1.0.0".to_owned(),
            native_build: "1".to_owned(),
            has_syncfs: true,
            boot_id: |boot| format!("boot {boot}"),
            wrap: plain,
        }
    }
}

impl Default for Setting {
    fn default() -> Self {
        Self::new()
    }
}
