//! Where things lie.

use std::error::Error;
use std::ffi::OsString;
use std::path::PathBuf;
use std::process::Command;

use serde_json::Value;

/// This workspace on this machine.
#[derive(Debug)]
pub(crate) struct Workspace {
    pub(crate) root: PathBuf,
    pub(crate) target: PathBuf,
}

impl Workspace {
    /// Asks cargo, since the target folder may be anywhere.
    pub(crate) fn find() -> Result<Self, Box<dyn Error>> {
        let output = cargo()
            .args(["metadata", "--no-deps", "--format-version", "1"])
            .output()?;
        if !output.status.success() {
            let problem = String::from_utf8_lossy(&output.stderr);
            return Err(format!("cargo metadata: {problem}").into());
        }
        let metadata: Value = serde_json::from_slice(&output.stdout)?;
        let path = |key: &str| metadata[key].as_str().map(PathBuf::from);
        Ok(Self {
            root: path("workspace_root").ok_or("cargo metadata names no root")?,
            target: path("target_directory").ok_or("cargo metadata names no target")?,
        })
    }

    /// Where the interop tests find what was installed for them.
    pub(crate) fn interop(&self) -> PathBuf {
        self.target.join("interop")
    }
}

/// The cargo that runs this program.
pub(crate) fn cargo() -> Command {
    let program = std::env::var_os("CARGO").unwrap_or_else(|| OsString::from("cargo"));
    Command::new(program)
}
