//! The command `live-updater` and the driver of the launch benchmark, built for release.

use std::ffi::OsStr;
use std::path::PathBuf;
use std::process::Command;

use serde_json::Value;

use super::{Result, say};

/// The programs that are measured.
pub(super) struct Program {
    pub(super) command: PathBuf,
    pub(super) launch_driver: PathBuf,
}

impl Program {
    pub(super) fn build() -> Result<Self> {
        say("building for release");
        Ok(Self {
            command: build(&[&RELEASE[..], &COMMAND].concat())?,
            launch_driver: build(
                &[
                    &RELEASE[..],
                    &["--package", "live-updater", "--bench", "launch"],
                ]
                .concat(),
            )?,
        })
    }

    /// The command, built with other `settings`.
    pub(super) fn device(settings: &[&str]) -> Result<PathBuf> {
        say(&format!("building the command: {}", settings.join(" ")));
        let built = build(&[settings, &COMMAND].concat())?;
        // The next one takes its place.
        let kept = built.with_extension(settings.len().to_string());
        std::fs::copy(built, &kept)?;
        Ok(kept)
    }

    /// Runs the command and gives its result.
    pub(super) fn call<I, S>(&self, arguments: I) -> Result<Value>
    where
        I: IntoIterator<Item = S>,
        S: AsRef<OsStr>,
    {
        let output = Command::new(&self.command)
            .arg("--json")
            .args(arguments)
            .output()?;
        if !output.status.success() {
            return Err(String::from_utf8_lossy(&output.stdout).into());
        }
        Ok(serde_json::from_slice(&output.stdout)?)
    }
}

/// What asks a service as many devices do.
pub(super) fn load_generator() -> Result<PathBuf> {
    build(&[&RELEASE[..], &["--package", "load-generator"]].concat())
}

const RELEASE: [&str; 2] = ["--profile", "release"];
const COMMAND: [&str; 4] = ["--package", "live-updater-cli", "--bin", "live-updater"];

/// Builds one target; the path of what came out.
fn build(target: &[&str]) -> Result<PathBuf> {
    let output = crate::cargo::command()
        .args(["build", "--quiet", "--message-format=json"])
        .args(target)
        .stderr(std::process::Stdio::inherit())
        .output()?;
    if !output.status.success() {
        return Err(format!("cargo build {} failed", target.join(" ")).into());
    }
    String::from_utf8_lossy(&output.stdout)
        .lines()
        .filter_map(|line| serde_json::from_str::<Value>(line).ok())
        .find_map(|message| message["executable"].as_str().map(PathBuf::from))
        .ok_or_else(|| format!("cargo build {} made no program", target.join(" ")).into())
}
