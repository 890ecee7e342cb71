//! What the suites of other languages run against: the library, and the command that has the mock
//! server.

use std::error::Error;
use std::path::PathBuf;

use crate::cargo;

/// Debug builds for this machine.
#[derive(Debug)]
pub(crate) struct Native {
    /// The folder that all lie in.
    pub(crate) folder: PathBuf,
}

impl Native {
    /// What UniFFI's bindings load.
    pub(crate) fn library(&self) -> PathBuf {
        self.folder.join("liblive_updater_ffi.so")
    }

    /// The command `live-updater`.
    pub(crate) fn program(&self) -> PathBuf {
        self.folder.join("live-updater")
    }

    /// The program that writes the bindings.
    pub(crate) fn generator(&self) -> PathBuf {
        self.folder.join("uniffi-bindgen")
    }
}

/// Builds them in this program's own profile, so that they lie beside it. All at once: one by one,
/// they would want what they have in common with other features each.
pub(crate) fn build() -> Result<Native, Box<dyn Error>> {
    let built = cargo::command()
        .args(["build", "--package", "live-updater-ffi", "--lib"])
        .args(["--features", "live-updater-ffi/bindgen"])
        .args(["--package", "live-updater-cli"])
        .args(["--bin", "live-updater", "--bin", "uniffi-bindgen"])
        .status()?;
    if !built.success() {
        return Err("the library could not be built".into());
    }
    let program = std::env::current_exe()?;
    let folder = program.parent().ok_or("no target folder")?.to_owned();
    Ok(Native { folder })
}
