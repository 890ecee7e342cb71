//! `/api/v1/organisations`

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
use crate::catalogue::keys::{KeyRecord, Permission};
use crate::catalogue::organisations::{self, Organisation};
use crate::catalogue::{apps, bundles};
use crate::clock;
use crate::error::ApiError;
use crate::service::Shared;

const WHAT: &str = "organisations";

pub(super) async fn list(
    State(shared): State<Arc<Shared>>,
    caller: Caller,
) -> Result<Response, ApiError> {
    may_run_the_service(caller)?;
    let listed = shared.database.read(|sql| {
        let mut listed = Vec::new();
        for organisation in organisations::list(sql)? {
            let own = apps::list(sql, Some(&organisation.id))?;
            let mut bytes = 0;
            for app in &own {
                bytes += bundles::usage(sql, &app.id)?.1;
            }
            listed.push(view(&organisation, own.len(), bytes));
        }
        Ok::<_, ApiError>(listed)
    });
    Ok(fresh(json!({ "organisations": listed.await? })))
}

#[derive(Debug, Deserialize)]
struct NewOrganisation {
    id: Option<String>,
    name: Option<String>,
}

/// The only answer that holds the secret of the organisation's first key.
pub(super) async fn create(
    State(shared): State<Arc<Shared>>,
    caller: Caller,
    body: Bytes,
) -> Result<Response, ApiError> {
    let key = may_run_the_service(caller)?;
    let body: NewOrganisation = input::json(&body)?;
    let id = required(body.id.as_deref(), "missing_id", "id")?;
    let name = body.name.as_deref().unwrap_or(id);
    optional(name)?;
    let (made, secret) = shared.create_organisation(key, id, name).await?;
    let mut shown = view(&made, 0, 0);
    if let Some(fields) = shown.as_object_mut() {
        fields.insert("key".to_owned(), secret.reveal().into());
    }
    Ok((StatusCode::CREATED, fresh(shown)).into_response())
}

/// For an organisation that has lost its keys. Its other keys stay.
pub(super) async fn create_key(
    State(shared): State<Arc<Shared>>,
    caller: Caller,
    Path(id): Path<String>,
) -> Result<Response, ApiError> {
    let key = may_run_the_service(caller)?;
    let (made, secret) = shared.let_in(key, &id).await?;
    let shown = json!({ "id": made.id, "organisation": id, "key": secret.reveal() });
    Ok((StatusCode::CREATED, fresh(shown)).into_response())
}

/// Who may do everything in the first organisation runs the service for the others.
fn may_run_the_service(caller: Caller) -> Result<KeyRecord, ApiError> {
    let key = caller.may_in_organisation(Permission::All, WHAT)?;
    if key.organisation == organisations::FIRST {
        Ok(key)
    } else {
        Err(ApiError::Forbidden(WHAT))
    }
}

fn view(organisation: &Organisation, apps: usize, bytes: u64) -> Value {
    json!({
        "id": organisation.id,
        "name": organisation.name,
        "apps": apps,
        "bytes": bytes,
        "createdAt": clock::iso(organisation.created_at),
    })
}
