use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::{Value, json};

use super::{noise, run};

/// A zip that our own `pack` made.
#[derive(Debug)]
pub(crate) struct Bundle {
    pub(crate) zip: PathBuf,
    pub(crate) checksum: String,
    pub(crate) size: u64,
}

impl Bundle {
    /// Packs a folder.
    pub(crate) fn pack(folder: &Path, zip: &Path) -> Self {
        let printed = run(Command::new(env!("CARGO_BIN_EXE_live-updater"))
            .args(["--json", "pack"])
            .arg(folder)
            .arg("--out")
            .arg(zip));
        let report: Value = serde_json::from_str(&printed).unwrap();
        Self {
            zip: zip.to_owned(),
            checksum: report["sha256"].as_str().unwrap().to_owned(),
            size: report["size"].as_u64().unwrap(),
        }
    }

    /// Makes a web app of about `len` bytes in the folder `NAME` below `folder`, and packs it as
    /// `NAME.zip`. Another name gives other bytes, in a zip of the same size.
    pub(crate) fn make(folder: &Path, name: &str, len: usize) -> Self {
        let app = folder.join(name);
        let seed = name
            .bytes()
            .fold(7, |seed, byte| seed * 31 + u64::from(byte));
        fs::create_dir_all(app.join("assets")).unwrap();
        fs::write(
            app.join("index.html"),
            "<script src=assets/app.js></script>",
        )
        .unwrap();
        fs::write(app.join("assets/app.js"), "notifyAppReady()").unwrap();
        fs::write(app.join("assets/noise.bin"), noise(seed, len)).unwrap();
        Self::pack(&app, &folder.join(format!("{name}.zip")))
    }

    /// What a check answers that offers this bundle.
    pub(crate) fn offer(&self, version: &str, url: &str) -> Value {
        json!({
            "updateAvailable": true,
            "version": version,
            "downloadUrl": url,
            "checksum": self.checksum,
            "size": self.size,
            "mandatory": false,
        })
    }
}
