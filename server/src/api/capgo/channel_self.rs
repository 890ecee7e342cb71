//! `/channel_self`: devices with Capgo's plugin look at channels, and choose one.

use std::sync::Arc;

use axum::body::Bytes;
use axum::extract::{RawQuery, State};
use axum::http::HeaderMap;
use axum::response::Response;
use axum::routing::{MethodRouter, post};
use serde_json::json;

use super::device::{self, Device};
use super::problem::{Problem, refusal};
use crate::api::answer::fresh;
use crate::catalogue::channels::ChannelRecord;
use crate::offers::capgo::{Origin, channel_of};
use crate::service::Shared;

/// The minor version since which the plugin itself keeps the channel that was chosen, and names it
/// in each check.
const KEEPS_ITS_CHANNEL: u64 = 34;

pub(super) fn methods() -> MethodRouter<Arc<Shared>> {
    post(choose).put(show).delete(leave).get(list)
}

/// The device chooses a channel.
async fn choose(
    State(shared): State<Arc<Shared>>,
    headers: HeaderMap,
    body: Bytes,
) -> Result<Response, Problem> {
    let fields = device::object(&body)?;
    let device = Device::read(&fields)?;
    let offers = device.app(&shared, &headers)?;
    let Some(name) = device::optional(&fields, "channel", device::LONGEST)? else {
        return Ok(refusal("missing_channel", "Missing channel"));
    };
    let chosen = offers.chosen_channel(&device.id);
    if chosen.is_some_and(|chosen| !chosen.channel.self_set) {
        let message = "The device was put into a channel that it may not leave by itself";
        return Ok(refusal("cannot_override", message));
    }
    let Some(wanted) = offers.channel(&name) else {
        return Ok(refusal("channel_not_found", "Channel not found"));
    };
    let channel = &wanted.channel;
    if !channel.self_set {
        return Ok(not_for_choosing(channel));
    }
    if device.has_plugin(KEEPS_ITS_CHANNEL) {
        return Ok(fresh(json!({ "status": "ok", "allowSet": true })));
    }
    let id = channel.id;
    shared
        .choose_channel(&device.app, &device.id, Some(id))
        .await?;
    Ok(fresh(json!({ "status": "ok" })))
}

fn not_for_choosing(channel: &ChannelRecord) -> Response {
    match channel.is_public {
        true => refusal(
            "public_channel_self_set_not_allowed",
            "The channel is every device's that has chosen no other: leave the chosen one instead",
        ),
        false => refusal(
            "channel_self_set_not_allowed",
            "Devices may not choose this channel",
        ),
    }
}

/// The device's channel.
async fn show(
    State(shared): State<Arc<Shared>>,
    headers: HeaderMap,
    body: Bytes,
) -> Result<Response, Problem> {
    let device = Device::read(&device::object(&body)?)?;
    let offers = device.app(&shared, &headers)?;
    let named = device.default_channel.as_deref();
    let Some((found, origin)) = channel_of(&offers, &device.id, &device.platform, named) else {
        return Ok(refusal(
            "channel_not_found",
            "No channel is for this device",
        ));
    };
    let status = match origin {
        Origin::Override => "override",
        Origin::Named | Origin::Default => "default",
    };
    let channel = &found.channel;
    Ok(fresh(json!({
        "channel": channel.name,
        "status": status,
        "allowSet": channel.self_set,
    })))
}

/// The device leaves the channel that it chose.
async fn leave(
    State(shared): State<Arc<Shared>>,
    headers: HeaderMap,
    RawQuery(asked): RawQuery,
) -> Result<Response, Problem> {
    let device = Device::read(&device::query(asked.as_deref())?)?;
    let offers = device.app(&shared, &headers)?;
    match offers.chosen_channel(&device.id) {
        Some(chosen) if !chosen.channel.self_set => {
            let message = "The device was put into a channel that it may not leave by itself";
            return Ok(refusal("override_not_allowed", message));
        }
        Some(_) => shared.choose_channel(&device.app, &device.id, None).await?,
        None => {}
    }
    Ok(fresh(json!({ "status": "ok" })))
}

/// The channels that the device could be in.
async fn list(
    State(shared): State<Arc<Shared>>,
    headers: HeaderMap,
    RawQuery(asked): RawQuery,
) -> Result<Response, Problem> {
    let device = Device::read(&device::query(asked.as_deref())?)?;
    let offers = device.app(&shared, &headers)?;
    let channels = offers.channels.iter().map(|offers| &offers.channel);
    let open = channels.filter(|channel| {
        (channel.is_public || channel.self_set) && channel.gives_to(&device.platform)
    });
    let listed: Vec<_> = open
        .map(|channel| {
            json!({
                "id": channel.id,
                "name": channel.name,
                "public": channel.is_public,
                "allow_self_set": channel.self_set,
            })
        })
        .collect();
    Ok(fresh(listed))
}
