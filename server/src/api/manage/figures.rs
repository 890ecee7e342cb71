//! `/api/v1/apps/{app}/analytics` and `/audit`

use std::sync::Arc;

use axum::extract::{Path, RawQuery, State};
use axum::response::Response;
use serde::Deserialize;
use serde_json::json;

use crate::api::answer::fresh;
use crate::api::caller::Caller;
use crate::api::input;
use crate::catalogue::audit as changes;
use crate::catalogue::keys::Permission;
use crate::error::ApiError;
use crate::service::Shared;
use crate::service::analytics;
use crate::service::bundles::own_app;

const WHAT: &str = "analytics";
const MOST_DAYS: u32 = 400;
const MOST_CHANGES: u64 = 200;

#[derive(Debug, Deserialize)]
struct Period {
    days: Option<u32>,
    /// So many versions are told of one by one, the others as one.
    versions: Option<u32>,
}

pub(super) async fn analytics(
    State(shared): State<Arc<Shared>>,
    caller: Caller,
    Path(app): Path<String>,
    RawQuery(asked): RawQuery,
) -> Result<Response, ApiError> {
    let key = caller.may(Permission::Read, WHAT)?;
    let period: Period = input::query(asked.as_deref())?;
    let days = period.days.unwrap_or(30).clamp(1, MOST_DAYS);
    let most = period.versions.map_or(usize::MAX, |most| most as usize);
    let figures = shared.database.read(move |sql| {
        own_app(sql, &key, &app)?;
        Ok::<_, ApiError>(analytics::collect(sql, &app, days, most)?)
    });
    Ok(fresh(figures.await?))
}

pub(super) async fn audit(
    State(shared): State<Arc<Shared>>,
    caller: Caller,
    Path(app): Path<String>,
) -> Result<Response, ApiError> {
    let key = caller.may(Permission::Read, WHAT)?;
    let listed = shared.database.read(move |sql| {
        own_app(sql, &key, &app)?;
        Ok::<_, ApiError>(changes::list(sql, &app, MOST_CHANGES)?)
    });
    Ok(fresh(json!({ "changes": listed.await? })))
}
