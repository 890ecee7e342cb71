//! `/app`: apps, as Capgo's interface has them.

use std::sync::Arc;

use axum::body::Bytes;
use axum::extract::{Path, State};
use axum::response::Response;
use axum::routing::{MethodRouter, get};
use serde::Deserialize;
use serde_json::{Value, json};

use crate::api::answer::fresh;
use crate::api::caller::Caller;
use crate::api::input::{self, optional, required};
use crate::catalogue::apps::{self, AppRecord};
use crate::catalogue::keys::Permission;
use crate::clock;
use crate::error::ApiError;
use crate::service::Shared;
use crate::service::bundles::own_app;

const WHAT: &str = "apps";

pub(super) fn methods() -> MethodRouter<Arc<Shared>> {
    get(list).post(create)
}

pub(super) fn method_of_one() -> MethodRouter<Arc<Shared>> {
    get(show)
}

async fn list(State(shared): State<Arc<Shared>>, caller: Caller) -> Result<Response, ApiError> {
    let key = caller.may(Permission::Read, WHAT)?;
    let listed = shared.database.read(move |sql| {
        let own = apps::list(sql, Some(&key.organisation))?;
        let own = own
            .iter()
            .filter(|app| key.app.as_ref().is_none_or(|one| *one == app.id));
        Ok::<_, ApiError>(own.map(view).collect::<Vec<_>>())
    });
    Ok(fresh(listed.await?))
}

#[derive(Debug, Deserialize)]
struct NewApp {
    app_id: Option<String>,
    name: Option<String>,
}

async fn create(
    State(shared): State<Arc<Shared>>,
    caller: Caller,
    body: Bytes,
) -> Result<Response, ApiError> {
    let key = caller.may(Permission::All, WHAT)?;
    let body: NewApp = input::json(&body)?;
    let id = required(body.app_id.as_deref(), "missing_app_id", "app_id")?;
    let name = body.name.as_deref().unwrap_or(id);
    optional(name)?;
    let made = shared.create_app(key, id, name).await?;
    Ok(fresh(view(&made)))
}

async fn show(
    State(shared): State<Arc<Shared>>,
    caller: Caller,
    Path(app): Path<String>,
) -> Result<Response, ApiError> {
    let key = caller.may(Permission::Read, WHAT)?;
    let found = shared.database.read(move |sql| own_app(sql, &key, &app));
    Ok(fresh(view(&found.await?)))
}

fn view(app: &AppRecord) -> Value {
    json!({
        "app_id": app.id,
        "name": app.name,
        "owner_org": app.organisation,
        "expose_metadata": app.expose_metadata,
        "created_at": clock::iso(app.created_at),
    })
}
