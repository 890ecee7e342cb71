//! What people would script instead.

use std::path::Path;
use std::process::{Command, Stdio};
use std::time::Instant;

use wait4::Wait4;

use super::device::millis;
use super::{Bench, Result};

/// Fetch, check, verify, unpack, make durable. Everything that it needs to know comes for free.
pub(super) const SCRIPT: &str = r#"set -e
curl --silent --show-error --fail --output bundle.zip "$URL"
echo "$SHA256  bundle.zip" | sha256sum --check --status
openssl pkeyutl -verify -rawin -pubin -inkey "$KEY" -in bundle.zip -sigfile "$SIGNATURE" >/dev/null
unzip -q bundle.zip -d www
sync -f www
"#;

/// What the script works on.
#[derive(Debug)]
pub(super) struct Input<'a> {
    pub(super) url: &'a str,
    pub(super) sha256: &'a str,
    pub(super) key: &'a Path,
    pub(super) signature: &'a Path,
}

/// What a run of the script cost.
#[derive(Debug, Clone, Copy)]
pub(super) struct Cost {
    pub(super) ms: f64,
    /// The most memory that one of its processes had, in MB.
    pub(super) memory_mb: f64,
}

/// Runs the script in a fresh folder.
pub(super) fn run(folder: &Path, input: &Input<'_>) -> Result<Cost> {
    let started = Instant::now();
    let mut shell = Command::new("sh")
        .args(["-c", SCRIPT])
        .current_dir(folder)
        .env("URL", input.url)
        .env("SHA256", input.sha256)
        .env("KEY", input.key)
        .env("SIGNATURE", input.signature)
        .stdin(Stdio::null())
        .spawn()?;
    let ended = shell.wait4()?;
    let ms = millis(started);
    if !ended.status.success() {
        return Err(format!("the pipeline failed: {}", ended.status).into());
    }
    Ok(Cost {
        ms,
        memory_mb: ended.rusage.maxrss as f64 / 1e6,
    })
}

/// Writes back what other runs left, so that it isn't counted twice.
pub(super) fn settle(bench: &Bench) -> Result<()> {
    let status = Command::new("sync")
        .arg("-f")
        .arg(&bench.scratch)
        .status()?;
    if status.success() {
        Ok(())
    } else {
        Err(format!("sync -f: {status}").into())
    }
}
