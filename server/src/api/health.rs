//! Whether the service lives, can work, and how much it does.

use std::sync::Arc;

use axum::extract::State;
use axum::http::header;
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use serde_json::json;

use super::answer::fresh;
use super::routes::Routes;
use crate::catalogue::organisations;
use crate::error::ApiError;
use crate::service::Shared;

pub(super) fn routes() -> Routes {
    Routes::new()
        .route(
            "/health",
            get(|| async { fresh(json!({ "status": "ok" })) }),
        )
        .route("/ready", get(ready))
        .route("/metrics", get(metrics))
}

/// Ready is who reaches the database and the files.
async fn ready(State(shared): State<Arc<Shared>>) -> Result<Response, ApiError> {
    shared.database.read(organisations::is_any).await?;
    let turn = shared.database.write(|_| Ok::<_, ApiError>(()));
    turn.await?;
    let files = shared.files.check().await;
    files.map_err(|source| ApiError::Storage {
        action: "The storage can't be used",
        source,
    })?;
    Ok(fresh(json!({ "status": "ok" })))
}

async fn metrics(State(shared): State<Arc<Shared>>) -> Result<Response, ApiError> {
    let text = shared.metrics.text();
    let text = text.map_err(|error| ApiError::Internal(error.to_string()))?;
    let kind = [(header::CONTENT_TYPE, "text/plain; version=0.0.4")];
    Ok((kind, text).into_response())
}
