//! `GET /api/v1/updates/check`: what a device should run.

use std::sync::Arc;

use axum::extract::{RawQuery, State};
use axum::http::HeaderMap;
use axum::response::Response;
use live_updater_wire::{Release, nothing};
use serde::Deserialize;
use serde_json::{Map, Value};

use super::answer::{file_url, revalidated};
use super::caller::must_be_device;
use super::input::{optional, query, required};
use crate::catalogue::bundles::Location;
use crate::error::ApiError;
use crate::offers::Offer;
use crate::offers::decide::{Asking, Decision, decide};
use crate::service::Shared;
use crate::service::presence::Seen;
use crate::service::releases::BUILTIN;

/// What a device tells. What isn't known is left unread.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Question {
    app_id: Option<String>,
    current_version: Option<String>,
    platform: Option<String>,
    channel: Option<String>,
    device_id: Option<String>,
    app_version: Option<String>,
    bundle_id: Option<String>,
    custom_id: Option<String>,
}

const MISSING: &str = "missing_info";

pub(super) async fn check(
    State(shared): State<Arc<Shared>>,
    headers: HeaderMap,
    RawQuery(asked): RawQuery,
) -> Result<Response, ApiError> {
    let question: Question = query(asked.as_deref())?;
    let app = required(question.app_id.as_deref(), MISSING, "appId")?;
    let current = required(
        question.current_version.as_deref(),
        MISSING,
        "currentVersion",
    )?;
    let platform = required(question.platform.as_deref(), MISSING, "platform")?;
    let channel = required(question.channel.as_deref(), MISSING, "channel")?;
    let others = [
        &question.device_id,
        &question.app_version,
        &question.bundle_id,
        &question.custom_id,
    ];
    for text in others.into_iter().flatten() {
        optional(text)?;
    }
    let offers = shared.offers.app(app).ok_or(ApiError::NotFound("App"))?;
    must_be_device(&offers.app, &headers)?;
    let device = question
        .device_id
        .as_deref()
        .filter(|device| !device.is_empty());
    if let Some(device) = device {
        shared.limits.device(app, device)?;
        shared
            .presence
            .note(app, device, seen(&question, current, platform, channel));
    }
    let asking = Asking {
        device,
        current_version: current,
        is_on_builtin: question.bundle_id.as_deref() == Some(BUILTIN),
        platform,
    };
    let decision = offers
        .channel(channel)
        .map(|channel| decide(channel, &asking));
    let (answer, kind) = match decision {
        // What is encrypted as Capgo has it can't be opened by who speaks this protocol.
        Some(Decision::Offer {
            offer,
            is_mandatory,
        }) if !offer.is_encrypted() => (release(&shared, &headers, offer, is_mandatory), "release"),
        _ => (nothing(), "nothing"),
    };
    shared.metrics.checks.with_label_values(&[kind]).inc();
    Ok(revalidated(&headers, &answer))
}

fn seen(question: &Question, current: &str, platform: &str, channel: &str) -> Seen {
    Seen {
        version: current.to_owned(),
        channel: channel.to_owned(),
        platform: platform.to_owned(),
        app_version: question.app_version.clone().unwrap_or_default(),
        custom_id: question.custom_id.clone(),
    }
}

fn release(shared: &Shared, headers: &HeaderMap, offer: &Offer, is_mandatory: bool) -> Value {
    let mut other = Map::new();
    if let Some(statement) = &offer.statement {
        other.insert("release".to_owned(), statement.clone());
    }
    let Some(record) = &offer.bundle else {
        // Only a statement can say that there is nothing to install.
        let release = Release {
            mandatory: is_mandatory,
            other,
            ..Release::default()
        };
        return match offer.statement {
            Some(_) => release.into(),
            None => nothing(),
        };
    };
    let bundle = &record.bundle;
    let download_url = match &bundle.location {
        Location::File(file) => file_url(shared, headers, file),
        Location::External(url) => url.clone(),
    };
    Value::from(Release {
        version: bundle.version.clone(),
        min_app_version: bundle.min_app_version.clone(),
        max_app_version: bundle.max_app_version.clone(),
        release_notes: bundle.release_notes.clone(),
        download_url,
        signature: bundle.signature.clone(),
        checksum: Some(bundle.checksum.clone()),
        size: Some(bundle.size),
        mandatory: is_mandatory,
        mirrors: Vec::new(),
        other,
    })
}
