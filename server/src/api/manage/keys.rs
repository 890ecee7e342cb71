//! `/api/v1/keys`

use std::sync::Arc;

use axum::body::Bytes;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use serde::Deserialize;
use serde_json::{Value, json};

use crate::api::answer::fresh;
use crate::api::caller::Caller;
use crate::api::input::{self, optional, required};
use crate::catalogue::keys::{self, KeyRecord, Permission};
use crate::clock;
use crate::error::ApiError;
use crate::service::Shared;

const WHAT: &str = "keys";

pub(super) async fn list(
    State(shared): State<Arc<Shared>>,
    caller: Caller,
) -> Result<Response, ApiError> {
    let key = caller.may_in_organisation(Permission::All, WHAT)?;
    let listed = shared
        .database
        .read(move |sql| keys::list(sql, &key.organisation));
    let listed: Vec<_> = listed.await?.iter().map(view).collect();
    Ok(fresh(json!({ "keys": listed })))
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct NewKey {
    name: Option<String>,
    permission: Option<String>,
    app_id: Option<String>,
}

/// The only answer that holds a key's secret.
pub(super) async fn create(
    State(shared): State<Arc<Shared>>,
    caller: Caller,
    body: Bytes,
) -> Result<Response, ApiError> {
    let key = caller.may_in_organisation(Permission::All, WHAT)?;
    let body: NewKey = input::json(&body)?;
    let name = required(body.name.as_deref(), "missing_name", "name")?;
    let app = body.app_id.as_deref();
    app.map_or(Ok(()), optional)?;
    let permission = body.permission.as_deref().unwrap_or("upload");
    let permission = Permission::parse(permission).ok_or_else(|| {
        let message = "A permission is read, upload, write or all";
        ApiError::invalid("invalid_permission", message)
    })?;
    let (made, secret) = shared.create_key(key, name, permission, app).await?;
    let mut shown = view(&made);
    if let Some(fields) = shown.as_object_mut() {
        fields.insert("key".to_owned(), secret.reveal().into());
    }
    Ok((StatusCode::CREATED, fresh(shown)).into_response())
}

pub(super) async fn revoke(
    State(shared): State<Arc<Shared>>,
    caller: Caller,
    Path(id): Path<String>,
) -> Result<Response, ApiError> {
    let key = caller.may_in_organisation(Permission::All, WHAT)?;
    shared.revoke_key(key, &id).await?;
    Ok(fresh(json!({ "status": "ok" })))
}

/// Whose key this is and what it may do, so that nobody is offered what would be refused.
pub(super) async fn caller(
    State(shared): State<Arc<Shared>>,
    caller: Caller,
) -> Result<Response, ApiError> {
    let key = caller.may(Permission::Read, WHAT)?;
    let mut shown = view(&key);
    if let Some(fields) = shown.as_object_mut() {
        fields.insert(
            "maxBundleBytes".to_owned(),
            shared.settings.max_bundle_bytes.into(),
        );
        let url = shared.settings.public_url.as_ref().map(url::Url::as_str);
        fields.insert("publicUrl".to_owned(), url.into());
    }
    Ok(fresh(shown))
}

fn view(key: &KeyRecord) -> Value {
    json!({
        "id": key.id,
        "name": key.name,
        "permission": key.permission,
        "appId": key.app,
        "createdAt": clock::iso(key.created_at),
    })
}
