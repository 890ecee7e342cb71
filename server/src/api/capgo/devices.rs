//! `/device`: devices, and the channels that single ones are put into.

use std::sync::Arc;

use axum::body::Bytes;
use axum::extract::{RawQuery, State};
use axum::response::Response;
use axum::routing::{MethodRouter, get};
use serde::Deserialize;
use serde_json::{Value, json};

use crate::api::answer::fresh;
use crate::api::caller::Caller;
use crate::api::input::{self, required};
use crate::catalogue::devices::{self, DeviceRecord};
use crate::catalogue::keys::Permission;
use crate::clock;
use crate::error::ApiError;
use crate::service::Shared;
use crate::service::bundles::own_app;

const WHAT: &str = "devices";
const PAGE: u64 = 50;
const LONGEST_PAGE: u64 = 1_000;

pub(super) fn methods() -> MethodRouter<Arc<Shared>> {
    get(list).post(put).delete(leave)
}

#[derive(Debug, Deserialize)]
struct ListQuery {
    app_id: Option<String>,
    device_id: Option<String>,
    /// The last device of the page before.
    cursor: Option<String>,
    limit: Option<u64>,
}

async fn list(
    State(shared): State<Arc<Shared>>,
    caller: Caller,
    RawQuery(asked): RawQuery,
) -> Result<Response, ApiError> {
    let key = caller.may(Permission::Read, WHAT)?;
    let asked: ListQuery = input::query(asked.as_deref())?;
    let app = required(asked.app_id.as_deref(), "missing_app_id", "app_id")?.to_owned();
    let limit = asked.limit.unwrap_or(PAGE).clamp(1, LONGEST_PAGE);
    let answer = shared.database.read(move |sql| {
        own_app(sql, &key, &app)?;
        if let Some(device) = asked.device_id {
            let found = devices::find(sql, &app, &device)?;
            return Ok(view(&app, &found.ok_or(ApiError::NotFound("Device"))?));
        }
        let after = asked.cursor.unwrap_or_default();
        let mut found = devices::list(sql, &app, &after, limit + 1)?;
        let has_more = found.len() as u64 > limit;
        found.truncate(limit as usize);
        let last = found.last().filter(|_| has_more);
        let data: Vec<_> = found.iter().map(|device| view(&app, device)).collect();
        Ok::<_, ApiError>(json!({
            "data": data,
            "nextCursor": last.map(|device| &device.id),
            "hasMore": has_more,
        }))
    });
    Ok(fresh(answer.await?))
}

#[derive(Debug, Default, Deserialize)]
struct Link {
    app_id: Option<String>,
    device_id: Option<String>,
    channel: Option<String>,
    version_id: Option<Value>,
}

impl Link {
    fn device(&self) -> Result<(&str, String), ApiError> {
        let app = required(self.app_id.as_deref(), "missing_app_id", "app_id")?;
        let device = required(self.device_id.as_deref(), "missing_device_id", "device_id")?;
        Ok((app, device.to_ascii_lowercase()))
    }
}

async fn put(
    State(shared): State<Arc<Shared>>,
    caller: Caller,
    body: Bytes,
) -> Result<Response, ApiError> {
    let key = caller.may(Permission::Write, WHAT)?;
    let link: Link = input::json(&body)?;
    let (app, device) = link.device()?;
    // A bundle that a channel doesn't give has no release: nobody could pause it or take it back.
    if link
        .version_id
        .as_ref()
        .is_some_and(|version| !version.is_null())
    {
        let message = "A device is put into a channel, and not onto a version";
        return Err(ApiError::invalid("invalid_version_id", message));
    }
    let channel = required(link.channel.as_deref(), "missing_channel", "channel")?;
    shared.override_channel(key, app, &device, channel).await?;
    Ok(fresh(json!({ "status": "ok" })))
}

async fn leave(
    State(shared): State<Arc<Shared>>,
    caller: Caller,
    RawQuery(asked): RawQuery,
    body: Bytes,
) -> Result<Response, ApiError> {
    let key = caller.may(Permission::Write, WHAT)?;
    let link: Link = input::json_or_query(&body, asked.as_deref())?;
    let (app, device) = link.device()?;
    shared.end_override(key, app, &device).await?;
    Ok(fresh(json!({ "status": "ok" })))
}

fn view(app: &str, device: &DeviceRecord) -> Value {
    json!({
        "app_id": app,
        "device_id": device.id,
        "custom_id": device.custom_id.as_deref().unwrap_or_default(),
        "platform": device.platform,
        "version": device.bundle.map(|id| json!({ "id": id, "name": device.version })),
        "version_name": device.version,
        "version_build": device.app_version,
        "channel": device.channel,
        "created_at": clock::iso(device.first_seen),
        "updated_at": clock::iso(device.last_seen),
    })
}
