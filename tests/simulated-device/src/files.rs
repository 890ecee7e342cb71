//! What lies on a device's disk, and whether it is right.

use std::path::{Path, PathBuf};

use live_updater::Launch;
use serde_json::Value;

use crate::device::Device;
use crate::web::files_of;

impl Device {
    /// Whether the files of a bundle are exactly those of [a content](files_of).
    pub fn is_whole(&self, id: &str, content: &str) -> bool {
        let folder = Path::new("bundles").join(id);
        self.disk.files(folder.join("www")) == files_of(content)
            && self.disk.read(folder.join("files")).is_some()
    }

    /// What is wrong with what a launch gave.
    pub fn flaw_of(&self, launch: &Launch) -> Option<String> {
        let bundle = &launch.bundle;
        let is_right = match &launch.path {
            None => bundle.id.is_builtin(),
            Some(path) => {
                *path == www(bundle.id.as_str())
                    && self.is_whole(bundle.id.as_str(), &bundle.version)
            }
        };
        (!is_right).then(|| format!("{} {} is served, and not whole", bundle.version, bundle.id))
    }

    /// What is in the root and mustn't be there when an update is complete and tidied up.
    pub fn litter(&self) -> Option<String> {
        const ALLOWED: [&str; 10] = [
            "bundles",
            "downloads",
            "lock",
            "staging",
            "starts",
            "state.a",
            "state.a.broken",
            "state.b",
            "state.b.broken",
            "trash",
        ];
        let names = self.disk.names("");
        if let Some(name) = names.iter().find(|name| !ALLOWED.contains(&name.as_str())) {
            return Some(name.clone());
        }
        for folder in ["downloads", "staging", "trash"] {
            if let Some(name) = self.disk.names(folder).first() {
                return Some(format!("{folder}/{name}"));
            }
        }
        let state = self.state().unwrap_or_default();
        let is_named = |id: &&String| {
            let bundle = bundle(&state, id);
            bundle.is_some_and(|bundle| bundle["status"] != "error")
        };
        let bundles = self.disk.names("bundles");
        bundles
            .iter()
            .find(|id| !is_named(id))
            .map(|id| format!("bundles/{id}"))
    }
}

/// The record of a bundle in a state.
pub fn bundle<'a>(state: &'a Value, id: &str) -> Option<&'a Value> {
    state["bundles"]
        .as_array()?
        .iter()
        .find(|bundle| bundle["id"] == id)
}

/// Where a host finds the web files of a bundle.
fn www(id: &str) -> PathBuf {
    Path::new(storage_simulator::ROOT_PATH)
        .join("bundles")
        .join(id)
        .join("www")
}
