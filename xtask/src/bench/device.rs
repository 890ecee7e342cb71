//! One sync of one device, timed from outside.

use std::fs;
use std::path::Path;
use std::time::Instant;

use device_process::Device;
use serde_json::{Value, json};

use super::{Bench, Result};

/// What a sync cost.
#[derive(Debug, Clone, Copy)]
pub(super) struct Cost {
    /// From the request to the answer, in milliseconds.
    pub(super) sync_ms: f64,
    /// From the start of the process to its end, launch included.
    pub(super) process_ms: f64,
    /// The most memory that the process had, in MB.
    pub(super) memory_mb: f64,
}

/// A device in a fresh `root` fetches the one bundle that the server at `url` offers.
pub(super) fn sync(bench: &Bench, root: &Path, config: &Value) -> Result<Cost> {
    sync_by(&bench.program.command, root, config)
}

/// As [`sync`], by another build of the command.
pub(super) fn sync_by(command: &Path, root: &Path, config: &Value) -> Result<Cost> {
    let device = Device::new(command, root, config);
    let started = Instant::now();
    let mut process = device.start()?;
    process.call("launch", json!({}))?;
    let asked = Instant::now();
    let outcome = process.call("sync", json!({}))?;
    let sync_ms = millis(asked);
    if outcome["status"] != "downloaded" {
        return Err(format!("the sync came to {outcome}").into());
    }
    let memory_mb = peak_memory(process.id())?;
    process.close()?;
    Ok(Cost {
        sync_ms,
        process_ms: millis(started),
        memory_mb,
    })
}

/// The configuration of a device.
pub(super) fn config(url: &str, trust: &Value) -> Value {
    json!({"appId": "com.example.bench", "updateUrl": url, "trust": trust})
}

pub(super) fn millis(since: Instant) -> f64 {
    since.elapsed().as_secs_f64() * 1e3
}

fn peak_memory(process: u32) -> Result<f64> {
    let status = fs::read_to_string(format!("/proc/{process}/status"))?;
    let kib: f64 = status
        .lines()
        .find_map(|line| line.strip_prefix("VmHWM:"))
        .and_then(|rest| rest.trim().strip_suffix(" kB"))
        .ok_or("the system tells no VmHWM")?
        .parse()?;
    Ok(kib * 1024.0 / 1e6)
}
