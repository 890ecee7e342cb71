//! `/api/v1/apps`

use std::sync::Arc;

use axum::body::Bytes;
use axum::extract::{Path, RawQuery, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use serde::Deserialize;
use serde_json::{Value, json};

use crate::api::answer::fresh;
use crate::api::caller::Caller;
use crate::api::capgo::bundle::{Pages, view};
use crate::api::input::{self, optional, required};
use crate::catalogue::apps::{self, AppRecord};
use crate::catalogue::bundles::{self, BundleRecord};
use crate::catalogue::keys::Permission;
use crate::catalogue::releases;
use crate::clock;
use crate::database::Sql;
use crate::error::ApiError;
use crate::service::Shared;
use crate::service::bundles::own_app;

const WHAT: &str = "apps";

pub(super) async fn list(
    State(shared): State<Arc<Shared>>,
    caller: Caller,
) -> Result<Response, ApiError> {
    let key = caller.may(Permission::Read, WHAT)?;
    let listed = shared.database.read(move |sql| {
        let mut listed = Vec::new();
        for app in apps::list(sql, Some(&key.organisation))? {
            if key.app.as_ref().is_none_or(|own| *own == app.id) {
                let (bundles, bytes) = bundles::usage(sql, &app.id)?;
                listed.push(app_view(&app, bundles, bytes));
            }
        }
        Ok::<_, ApiError>(listed)
    });
    Ok(fresh(json!({ "apps": listed.await? })))
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct NewApp {
    app_id: Option<String>,
    name: Option<String>,
}

pub(super) async fn create(
    State(shared): State<Arc<Shared>>,
    caller: Caller,
    body: Bytes,
) -> Result<Response, ApiError> {
    let key = caller.may(Permission::All, WHAT)?;
    let body: NewApp = input::json(&body)?;
    let id = required(body.app_id.as_deref(), "missing_app_id", "appId")?;
    let name = body.name.as_deref().unwrap_or(id);
    optional(name)?;
    let app = shared.create_app(key, id, name).await?;
    Ok((StatusCode::CREATED, fresh(app_view(&app, 0, 0))).into_response())
}

pub(super) async fn show(
    State(shared): State<Arc<Shared>>,
    caller: Caller,
    Path(app): Path<String>,
) -> Result<Response, ApiError> {
    let key = caller.may(Permission::Read, WHAT)?;
    let found = shared.database.read(move |sql| {
        let app = own_app(sql, &key, &app)?;
        let (bundles, bytes) = bundles::usage(sql, &app.id)?;
        Ok::<_, ApiError>(app_view(&app, bundles, bytes))
    });
    Ok(fresh(found.await?))
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Change {
    name: Option<String>,
    /// An empty one lets every device ask.
    device_token: Option<String>,
    keep_bundles: Option<u32>,
    /// Whether Capgo's plugin is told a bundle's link and comment.
    expose_metadata: Option<bool>,
}

pub(super) async fn change(
    State(shared): State<Arc<Shared>>,
    caller: Caller,
    Path(app): Path<String>,
    body: Bytes,
) -> Result<Response, ApiError> {
    let key = caller.may(Permission::All, WHAT)?;
    let change: Change = input::json(&body)?;
    for text in [&change.name, &change.device_token].into_iter().flatten() {
        optional(text)?;
    }
    let changed = shared.change_app(key, &app, move |app| {
        if let Some(name) = change.name {
            app.name = name;
        }
        if let Some(token) = change.device_token {
            app.set_device_token(&token);
        }
        if let Some(keep) = change.keep_bundles {
            app.keep_bundles = keep;
        }
        if let Some(expose) = change.expose_metadata {
            app.expose_metadata = expose;
        }
    });
    let changed = changed.await?;
    let shown = shared.database.read(move |sql| {
        let (bundles, bytes) = bundles::usage(sql, &changed.id)?;
        Ok::<_, ApiError>(app_view(&changed, bundles, bytes))
    });
    Ok(fresh(shown.await?))
}

/// The bundles of an app, with the channels that give them.
pub(super) async fn bundles(
    State(shared): State<Arc<Shared>>,
    caller: Caller,
    Path(app): Path<String>,
    RawQuery(asked): RawQuery,
) -> Result<Response, ApiError> {
    let key = caller.may(Permission::Read, WHAT)?;
    let pages: Pages = input::query(asked.as_deref())?;
    let page = pages.page()?;
    let listed = shared.database.read(move |sql| {
        own_app(sql, &key, &app)?;
        let mut listed = Vec::new();
        for record in bundles::list(sql, &app, page)? {
            listed.push(bundle_view(sql, &record, &key.organisation)?);
        }
        Ok::<_, ApiError>((listed, bundles::count(sql, &app)?))
    });
    let (listed, total) = listed.await?;
    Ok(fresh(json!({
        "bundles": listed,
        "total": total,
        "pageSize": page.take,
    })))
}

/// Deletes a version that no channel gives.
pub(super) async fn delete_bundle(
    State(shared): State<Arc<Shared>>,
    caller: Caller,
    Path((app, version)): Path<(String, String)>,
) -> Result<Response, ApiError> {
    let key = caller.may(Permission::Write, "bundles")?;
    shared.delete_bundle(key, &app, &version).await?;
    Ok(fresh(json!({ "status": "ok" })))
}

/// One version of an app.
pub(super) async fn bundle(
    State(shared): State<Arc<Shared>>,
    caller: Caller,
    Path((app, version)): Path<(String, String)>,
) -> Result<Response, ApiError> {
    let key = caller.may(Permission::Read, WHAT)?;
    let shown = shared.database.read(move |sql| {
        own_app(sql, &key, &app)?;
        let found = bundles::find_version(sql, &app, &version)?;
        let found = found.ok_or(ApiError::NotFound("Bundle"))?;
        bundle_view(sql, &found, &key.organisation)
    });
    Ok(fresh(shown.await?))
}

/// What Capgo's interface tells of a bundle, and what it has no words for.
fn bundle_view(
    sql: &mut dyn Sql,
    record: &BundleRecord,
    organisation: &str,
) -> Result<Value, ApiError> {
    let mut shown = view(record, organisation);
    let bundle = &record.bundle;
    let more = json!({
        "channels": releases::channels_of(sql, record.id)?,
        "mandatory": bundle.mandatory,
        "releaseNotes": bundle.release_notes,
        "signature": bundle.signature,
        "minAppVersion": bundle.min_app_version,
        "maxAppVersion": bundle.max_app_version,
    });
    if let (Some(fields), Value::Object(more)) = (shown.as_object_mut(), more) {
        fields.extend(more);
    }
    Ok(shown)
}

fn app_view(app: &AppRecord, bundles: u64, bytes: u64) -> Value {
    json!({
        "appId": app.id,
        "name": app.name,
        "needsDeviceToken": app.device_token.is_some(),
        "keepBundles": app.keep_bundles,
        "exposeMetadata": app.expose_metadata,
        "createdAt": clock::iso(app.created_at),
        "storage": { "bundles": bundles, "bytes": bytes },
    })
}
