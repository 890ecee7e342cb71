//! What is to be seen of a device, in the model's words.

use std::collections::BTreeMap;

use serde_json::Value;
use sha2::{Digest as _, Sha256};
use simulated_device::{Device, bundle};

use crate::model::{Id, Record, Status, View};
use crate::names::{Names, list, text};

/// # Errors
///
/// What can't be, whatever the model says.
pub(crate) fn of(device: &Device, state: &Value, names: &Names) -> Result<View, String> {
    let number = |value: &Value| value.as_str().map(|id| names.number(id)).transpose();
    let content = |record: &Value| {
        let content = names.content(record);
        content.ok_or_else(|| format!("nobody has published {record}"))
    };
    let good = list(state, "good")
        .iter()
        .filter_map(|id| number(id).transpose());
    let failed = list(state, "failed").iter().map(content);
    let repairs = list(state, "repairs").iter();
    let repairs = repairs.map(|it| Ok::<_, String>((content(it)?, count(it, "count"))));
    let reports = list(state, "confirmations").iter();
    Ok(View {
        running: running(device, names)?,
        current: number(&state["current"])?.unwrap_or_default(),
        next: number(&state["next"])?,
        good: good.collect::<Result<_, _>>()?,
        bundles: bundles(state, names)?,
        failed: failed.collect::<Result<_, _>>()?,
        refused: list(state, "refused").len(),
        repairs: repairs.collect::<Result<_, _>>()?,
        reports: reports
            .filter(|it| !names.is_stale(it))
            .map(report)
            .collect(),
        floor: state["trusted"]["floors"][0]["sequence"].as_u64(),
        record: record(device, names)?,
        files: files(device, names)?,
    })
}

fn running(device: &Device, names: &Names) -> Result<Option<(Id, bool)>, String> {
    let Some(launch) = device.launched() else {
        return Ok(None);
    };
    let state = device.state().ok_or("the state can't be told")?;
    let id = text(&state, "running");
    if launch.bundle.id.as_str() != id {
        return Err(format!(
            "{id} runs, and the host was told of {}",
            launch.bundle.id
        ));
    }
    let trial = bundle(&state, id).is_some_and(|bundle| bundle["status"] == "trial");
    Ok(Some((names.number(id)?, trial)))
}

fn bundles(state: &Value, names: &Names) -> Result<BTreeMap<Id, (Status, u32, u64)>, String> {
    let mut bundles = BTreeMap::new();
    for bundle in list(state, "bundles") {
        let status = match text(bundle, "status") {
            "pending" => Status::Pending,
            "trial" => Status::Trial,
            "success" => Status::Success,
            _ => Status::Error,
        };
        let active = bundle["activeMillis"].as_u64().unwrap_or(0);
        let id = names.number(text(bundle, "id"))?;
        bundles.insert(id, (status, count(bundle, "failedLaunches"), active));
    }
    Ok(bundles)
}

fn report(report: &Value) -> (u8, bool, Option<String>) {
    let version = text(report, "version").split('.').next();
    let version = version.and_then(|version| version.parse().ok());
    let reason = report["reason"].as_str().map(str::to_owned);
    (version.unwrap_or(0), report["success"] == true, reason)
}

/// How the last launch went, as it lies on the disk: `src/store/starts.rs` has its layout.
fn record(device: &Device, names: &Names) -> Result<Option<Record>, String> {
    const BODY: usize = 65;
    let bytes = device.disk.read("starts").unwrap_or_default();
    let whole = bytes.split_at_checked(BODY);
    let Some((bytes, _)) = whole.filter(|(body, digest)| Sha256::digest(body)[..] == **digest)
    else {
        return Ok(None);
    };
    let number = |from: usize, len: usize| {
        let bytes = bytes.get(from..from + len).unwrap_or_default();
        let digits = bytes.iter().rev();
        digits.fold(0, |sum, byte| sum << 8 | u64::from(*byte))
    };
    let id = String::from_utf8_lossy(bytes.get(8..40).unwrap_or_default());
    let row = |from| u32::try_from(number(from, 4)).unwrap_or(u32::MAX);
    let flags = number(64, 1);
    let record = Record {
        bundle: names.number(id.trim_end_matches('\0'))?,
        row: row(48),
        row_if_crashed: row(52),
        active: number(56, 8),
        is_paused: flags & 1 > 0,
        is_ready: flags & 2 > 0,
        has_crashed: flags & 4 > 0,
        attempt: 0,
    };
    Ok(Some(record.seen()))
}

/// What lies in `bundles/` while the app runs, and whether it is whole.
fn files(device: &Device, names: &Names) -> Result<BTreeMap<Id, bool>, String> {
    let mut files = BTreeMap::new();
    if device.launched().is_none() {
        return Ok(files);
    }
    for id in device.disk.names("bundles") {
        let content = names.files_of(&id);
        let is_whole = content.is_some_and(|content| device.is_whole(&id, &content));
        files.insert(names.number(&id)?, is_whole);
    }
    Ok(files)
}

fn count(value: &Value, key: &str) -> u32 {
    let count = value[key].as_u64().unwrap_or(0);
    u32::try_from(count).unwrap_or(u32::MAX)
}
