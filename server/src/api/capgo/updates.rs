//! `POST /updates`: what a device with Capgo's plugin should run.

use std::sync::Arc;

use axum::body::Bytes;
use axum::extract::State;
use axum::http::HeaderMap;
use axum::response::Response;
use semver::Version;
use serde_json::{Value, json};

use super::device::{self, Device, Flaw};
use super::problem::Problem;
use crate::api::answer::{file_url, fresh};
use crate::catalogue::bundles::{BundleRecord, Location};
use crate::offers::AppOffers;
use crate::offers::capgo::{Answer, Asking, Because, answer, channel_of};
use crate::service::Shared;
use crate::service::presence::Seen;
use crate::service::releases::BUILTIN;

/// The minor version since which the plugin reads link and comment.
const READS_METADATA: u64 = 35;

pub(super) async fn updates(
    State(shared): State<Arc<Shared>>,
    headers: HeaderMap,
    body: Bytes,
) -> Result<Response, Problem> {
    let fields = device::object(&body)?;
    let device = Device::read(&fields).map_err(missing_info)?;
    let native = device.version_build.as_deref();
    let native = native.ok_or_else(|| missing_info(Flaw::Missing("version_build")))?;
    device::required(&fields, "version_name", device::LONGEST).map_err(missing_info)?;
    let plugin = device.plugin.as_ref();
    let plugin = plugin.ok_or_else(|| missing_info(Flaw::Missing("plugin_version")))?;
    let offers = device.app(&shared, &headers)?;
    note(&shared, &offers, &device, native);
    let answered = answer(&offers, &asking(&device, native, plugin));
    let (answer, kind) = match answered {
        Answer::Bundle(record) => match release(&shared, &headers, &offers, &device, record) {
            Some(release) => (release, "release"),
            None => (no_url(record), "nothing"),
        },
        // A client goes back to builtin where nothing but this is said: with a reason beside it, it
        // would take it for "nothing new".
        Answer::Builtin => (json!({ "version": BUILTIN }), "release"),
        Answer::Nothing { because, offered } => {
            (nothing(&device, native, because, offered), "nothing")
        }
    };
    shared.metrics.checks.with_label_values(&[kind]).inc();
    Ok(fresh(answer))
}

fn asking<'a>(device: &'a Device, native: &'a str, plugin: &'a Version) -> Asking<'a> {
    Asking {
        device: &device.id,
        platform: &device.platform,
        running: device.running.as_deref(),
        native,
        plugin,
        is_emulator: device.is_emulator,
        is_prod: device.is_prod,
        key_id: device.key_id.as_deref(),
        named_channel: device.default_channel.as_deref(),
    }
}

fn note(shared: &Shared, offers: &AppOffers, device: &Device, native: &str) {
    let named = device.default_channel.as_deref();
    let channel = channel_of(offers, &device.id, &device.platform, named);
    let channel = channel.map(|(offers, _)| offers.channel.name.clone());
    let seen = Seen {
        version: device.running.clone().unwrap_or_else(|| native.to_owned()),
        channel: channel.unwrap_or_default(),
        platform: device.platform.clone(),
        app_version: native.to_owned(),
        custom_id: device.custom_id.clone(),
    };
    shared.presence.note(&device.app, &device.id, seen);
}

fn release(
    shared: &Shared,
    headers: &HeaderMap,
    offers: &AppOffers,
    device: &Device,
    record: &BundleRecord,
) -> Option<Value> {
    let bundle = &record.bundle;
    let url = match &bundle.location {
        Location::File(file) => file_url(shared, headers, file),
        Location::External(url) => url.clone(),
    };
    if !url.starts_with("http") {
        return None;
    }
    let mut release = json!({
        "version": bundle.version,
        "url": url,
        "session_key": bundle.session_key.as_deref().unwrap_or_default(),
        "checksum": bundle.checksum,
    });
    if offers.app.expose_metadata
        && device.has_plugin(READS_METADATA)
        && let Some(fields) = release.as_object_mut()
    {
        for (name, text) in [("link", &bundle.link), ("comment", &bundle.comment)] {
            if let Some(text) = text {
                fields.insert(name.to_owned(), text.as_str().into());
            }
        }
    }
    Some(release)
}

fn nothing(device: &Device, native: &str, because: Because<'_>, offered: Option<&str>) -> Value {
    let mut answer = json!({
        "error": because.code(&device.platform),
        "message": because.message(),
        "kind": because.kind(),
    });
    let Some(fields) = answer.as_object_mut() else {
        return answer;
    };
    let mut add = |name: &str, value: Value| fields.insert(name.to_owned(), value);
    if let Some(offered) = offered {
        let running = device.running.as_deref().unwrap_or(native);
        let old = if because.is_about_native() {
            native
        } else {
            running
        };
        add("version", offered.into());
        add("old", old.into());
    }
    if because.is_step() {
        add("major", true.into());
    }
    if let Because::OtherKey { device, bundle } = because {
        add("deviceKeyId", device.into());
        add("bundleKeyId", bundle.into());
    }
    answer
}

/// Whoever asks by no host can't be told where the bundle is.
fn no_url(record: &BundleRecord) -> Value {
    json!({
        "error": "no_bundle_url",
        "message": "The bundle's address isn't known: the request names no host",
        "kind": "failed",
        "version": record.bundle.version,
    })
}

fn missing_info(flaw: Flaw) -> Problem {
    match flaw {
        Flaw::Missing(_) => Problem::invalid("missing_info", flaw.to_string()),
        Flaw::Invalid(_) => flaw.into(),
    }
}
