//! `POST /api/v1/updates/confirm`

use std::sync::Arc;

use axum::{
    Json,
    body::{Body, Bytes},
    extract::State,
    http::{Response, StatusCode},
    response::IntoResponse,
};
use serde_json::json;

use super::error;
use live_updater_wire::Confirmation;

use crate::server::Shared;

pub(super) async fn confirm(State(shared): State<Arc<Shared>>, body: Bytes) -> Response<Body> {
    match serde_json::from_slice::<Confirmation>(&body) {
        Ok(confirmation) => {
            shared.log.confirm(confirmation);
            Json(json!({ "received": true })).into_response()
        }
        Err(failed) => error(StatusCode::BAD_REQUEST, &format!("the report: {failed}")),
    }
}
