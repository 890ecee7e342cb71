//! `POST /stats`: what devices with Capgo's plugin did.

use std::sync::Arc;

use axum::body::Bytes;
use axum::extract::State;
use axum::http::HeaderMap;
use axum::response::{IntoResponse, Response};
use serde_json::{Value, json};

use super::device::{self, Device, Fields, Flaw};
use super::problem::Problem;
use crate::api::answer::fresh;
use crate::service::Shared;
use crate::service::actions::{Action, Doer, verdict};

/// The most bytes of a request: a client that was offline sends what it kept.
pub(super) const MAX_BYTES: usize = 1024 * 1024;
/// How much one request may tell.
const MOST_EVENTS: usize = 500;
const MOST_METADATA: usize = 30;
const LONGEST_KEY: usize = 64;
const LONGEST_VALUE: usize = 2_048;

pub(super) async fn stats(
    State(shared): State<Arc<Shared>>,
    headers: HeaderMap,
    body: Bytes,
) -> Result<Response, Problem> {
    match device::body(&body)? {
        Value::Array(told) if told.len() > MOST_EVENTS => {
            let message = format!("At most {MOST_EVENTS} events are taken at once");
            Err(Problem::invalid("too_many_events", message))
        }
        Value::Array(told) => {
            let results = keep(&shared, &headers, &told).await?;
            let results = results.into_iter().enumerate();
            let results: Vec<_> = results.map(|(index, result)| view(index, result)).collect();
            Ok(fresh(json!({ "status": "ok", "results": results })))
        }
        told @ Value::Object(_) => {
            let results = keep(&shared, &headers, &[told]).await?;
            match results.into_iter().next() {
                Some(Err(problem)) => Ok(problem.into_response()),
                _ => Ok(fresh(json!({ "status": "ok" }))),
            }
        }
        _ => Err(Problem::invalid(
            "invalid_json_body",
            "The body is neither an event nor a list of them",
        )),
    }
}

/// What was told of one device, with what became of it.
async fn keep(
    shared: &Shared,
    headers: &HeaderMap,
    told: &[Value],
) -> Result<Vec<Result<(), Problem>>, Problem> {
    let mut events: Vec<Result<Event, Problem>> = told
        .iter()
        .map(|told| Event::read(told).map_err(Problem::from))
        .collect();
    let Some(first) = events
        .iter()
        .flatten()
        .next()
        .map(|event| event.device.clone())
    else {
        return Ok(events.into_iter().map(|event| event.map(|_| ())).collect());
    };
    first.app(shared, headers)?;
    for event in &mut events {
        if let Ok(Event { device, .. }) = event
            && let Some(problem) = differs(&first, device)
        {
            *event = Err(problem);
        }
    }
    let done: Vec<Action> = events
        .iter()
        .flatten()
        .map(|event| event.action.clone())
        .collect();
    let verdicts: Vec<_> = done.iter().map(|action| verdict(action.name)).collect();
    let doer = Doer {
        app: first.app,
        device: first.id,
        platform: first.platform,
    };
    let known = shared.keep_actions(doer, done).await?;
    let verdicts = verdicts.into_iter().zip(&known);
    for success in verdicts.filter_map(|(verdict, known)| verdict.filter(|_| *known)) {
        let label = if success { "true" } else { "false" };
        let confirmations = &shared.metrics.confirmations;
        confirmations.with_label_values(&[label]).inc();
    }
    let mut known = known.into_iter();
    let mut kept = |event: Event| match known.next() {
        Some(true) => Ok(()),
        _ => Err(
            Problem::invalid("version_not_found", "No bundle has this version")
                .with("version_name", event.action.version),
        ),
    };
    Ok(events
        .into_iter()
        .map(|event| event.and_then(&mut kept))
        .collect())
}

/// One request is of one device: so its budget counts.
fn differs(first: &Device, other: &Device) -> Option<Problem> {
    if first.app != other.app {
        let message = "All events of a request are of one app";
        return Some(Problem::invalid("mixed_app_ids", message));
    }
    if first.id != other.id {
        let message = "All events of a request are of one device";
        return Some(Problem::invalid("mixed_device_ids", message));
    }
    None
}

fn view(index: usize, result: Result<(), Problem>) -> Value {
    match result {
        Ok(()) => json!({ "status": "ok", "index": index }),
        Err(problem) => json!({
            "status": "error",
            "index": index,
            "error": problem.code,
            "message": problem.message,
            "moreInfo": problem.more,
        }),
    }
}

struct Event {
    device: Device,
    action: Action,
}

impl Event {
    fn read(told: &Value) -> Result<Self, Flaw> {
        let fields = told.as_object().ok_or(Flaw::Invalid("event"))?;
        let device = Device::read(fields)?;
        let name = device::required(fields, "action", device::LONGEST)?;
        let known = ACTIONS.iter().find(|known| **known == name);
        must_be_metadata(fields)?;
        device::optional(fields, "old_version_name", device::LONGEST)?;
        // A path may be behind the version: what failed in a bundle is one of its files.
        let version = device::optional(fields, "version_name", LONGEST_VALUE)?;
        let version = version
            .as_deref()
            .and_then(|version| version.split(':').next());
        let version = version.filter(|version| !version.is_empty());
        Ok(Self {
            action: Action {
                name: known.ok_or(Flaw::Invalid("action"))?,
                version: version.unwrap_or("unknown").to_owned(),
            },
            device,
        })
    }
}

fn must_be_metadata(fields: &Fields) -> Result<(), Flaw> {
    const NAME: &str = "metadata";
    let metadata = match fields.get(NAME) {
        None | Some(Value::Null) => return Ok(()),
        Some(Value::Object(metadata)) => metadata,
        Some(_) => return Err(Flaw::Invalid(NAME)),
    };
    let fits = |(key, value): (&String, &Value)| {
        let length = value.as_str().map(str::len);
        key.len() <= LONGEST_KEY && length.is_some_and(|length| length <= LONGEST_VALUE)
    };
    match metadata.len() <= MOST_METADATA && metadata.iter().all(fits) {
        true => Ok(()),
        false => Err(Flaw::Invalid(NAME)),
    }
}

/// What the plugin's versions tell; what isn't among them isn't counted, so that nobody fills the
/// database with words.
const ACTIONS: &[&str] = &[
    "ping",
    "delete",
    "reset",
    "set",
    "set_next",
    "get",
    "set_fail",
    "update_fail",
    "download_fail",
    "windows_path_fail",
    "canonical_path_fail",
    "directory_path_fail",
    "unzip_fail",
    "low_mem_fail",
    "download_0",
    "download_10",
    "download_20",
    "download_30",
    "download_40",
    "download_50",
    "download_60",
    "download_70",
    "download_80",
    "download_90",
    "download_complete",
    "download_manifest_start",
    "download_manifest_complete",
    "download_zip_start",
    "download_zip_complete",
    "download_manifest_file_fail",
    "download_manifest_checksum_fail",
    "download_manifest_brotli_fail",
    "finish_download_fail",
    "manifest_path_fail",
    "decrypt_fail",
    "checksum_fail",
    "checksum_required",
    "session_key_required",
    "insufficient_disk_space",
    "app_moved_to_foreground",
    "app_moved_to_background",
    "app_launch_start",
    "app_launch_ready",
    "app_launch_timeout",
    "uninstall",
    "needPlanUpgrade",
    "missingBundle",
    "noNew",
    "disablePlatformIos",
    "disablePlatformAndroid",
    "disablePlatformElectron",
    "disableAutoUpdateToMajor",
    "disableAutoUpdateToMinor",
    "disableAutoUpdateToPatch",
    "disableAutoUpdateMetadata",
    "disableAutoUpdateToMetadata",
    "disableAutoUpdateUnderNative",
    "disableAutoUpdateToUnderNative",
    "disableAutoUpdate",
    "cannotUpdateViaPrivateChannel",
    "channelMisconfigured",
    "disableDevBuild",
    "disableProdBuild",
    "disableEmulator",
    "disableDevice",
    "cannotGetBundle",
    "NoChannelOrOverride",
    "setChannel",
    "getChannel",
    "rateLimited",
    "rate_limit_reached",
    "keyMismatch",
    "InvalidIp",
    "blocked_by_server_url",
    "backend_refusal",
    "customIdBlocked",
    "app_crash",
    "app_crash_native",
    "app_anr",
    "app_killed_low_memory",
    "app_killed_excessive_resource_usage",
    "app_initialization_failure",
    "app_memory_warning",
    "webview_javascript_error",
    "webview_unhandled_rejection",
    "webview_resource_error",
    "webview_security_policy_violation",
    "webview_unclean_restart",
    "webview_render_process_gone",
    "webview_content_process_terminated",
    "webview_dom_content_loaded",
    "webview_page_loaded",
    "os_version_changed",
    "native_app_version_changed",
];
