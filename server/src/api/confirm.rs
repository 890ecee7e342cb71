//! `POST /api/v1/updates/confirm`: what became of a bundle on a device.

use std::sync::Arc;

use axum::body::Bytes;
use axum::extract::State;
use axum::http::HeaderMap;
use axum::response::Response;
use live_updater_wire::Confirmation;
use serde_json::json;

use super::answer::fresh;
use super::caller::must_be_device;
use super::input::{json, optional, required};
use crate::error::ApiError;
use crate::service::Shared;

pub(super) async fn confirm(
    State(shared): State<Arc<Shared>>,
    headers: HeaderMap,
    body: Bytes,
) -> Result<Response, ApiError> {
    let mut report: Confirmation = json(&body)?;
    let missing = "missing_info";
    required(Some(&report.app_id), missing, "appId")?;
    required(Some(&report.version), missing, "version")?;
    required(Some(&report.platform), missing, "platform")?;
    for text in [&report.device_id, &report.id, &report.reason]
        .into_iter()
        .flatten()
    {
        optional(text)?;
    }
    let offers = shared
        .offers
        .app(&report.app_id)
        .ok_or(ApiError::NotFound("App"))?;
    must_be_device(&offers.app, &headers)?;
    if let Some(device) = &report.device_id {
        shared.limits.device(&report.app_id, device)?;
    }
    // Devices of others name no report: each counts.
    let id = report
        .id
        .take()
        .filter(|id| !id.is_empty())
        .unwrap_or_else(|| uuid::Uuid::new_v4().to_string());
    let success = if report.success { "true" } else { "false" };
    shared.confirm(id, report).await?;
    shared
        .metrics
        .confirmations
        .with_label_values(&[success])
        .inc();
    Ok(fresh(json!({ "status": "ok" })))
}
