//! The endpoints.

mod bundle;
mod check;
mod confirm;
mod exchange;
mod fault_answer;
mod statement_fault;

use std::sync::Arc;

use axum::{
    Json, Router,
    body::Body,
    extract::Path,
    http::{Response, StatusCode, header},
    middleware,
    response::{IntoResponse, Redirect},
    routing::{any, get, post},
};
use serde_json::json;

use crate::{catalog::CatalogError, server::Shared};

/// Where [`Fault::RedirectLoop`](crate::Fault::RedirectLoop) sends clients round.
const LOOP_PATH: &str = "/redirect-loop";

/// The fault that the answer to a request is to have; among the request's extensions.
#[derive(Clone, Debug)]
struct Faulty(crate::Fault);

/// What the log says of an answer; among the response's extensions.
#[derive(Clone, Debug)]
struct Note(String);

pub(crate) fn router(shared: &Arc<Shared>) -> Router {
    Router::new()
        .route("/api/v1/updates/check", get(check::check))
        .route("/api/v1/bundles/{name}", get(bundle::bundle))
        .route("/api/v1/updates/confirm", post(confirm::confirm))
        .route("/health", get(|| async { Json(json!({"status": "ok"})) }))
        .route("/redirect-loop/{turn}", any(redirect_loop))
        .fallback(|| async { error(StatusCode::NOT_FOUND, "there is nothing here") })
        .layer(middleware::from_fn_with_state(
            Arc::clone(shared),
            exchange::exchange,
        ))
        .with_state(Arc::clone(shared))
}

async fn redirect_loop(Path(turn): Path<u64>) -> impl IntoResponse {
    Redirect::temporary(&format!("{LOOP_PATH}/{}", turn.wrapping_add(1)))
}

fn error(status: StatusCode, message: &str) -> Response<Body> {
    let headers = [(header::CACHE_CONTROL, "no-store")];
    (status, headers, Json(json!({ "error": message }))).into_response()
}

impl IntoResponse for CatalogError {
    fn into_response(self) -> Response<Body> {
        let reason = self.to_string();
        let mut response = error(StatusCode::INTERNAL_SERVER_ERROR, &reason);
        response.extensions_mut().insert(Note(reason));
        response
    }
}

/// Runs what reads files, and doesn't hold up other requests meanwhile.
async fn blocking<T: Send + 'static>(
    work: impl FnOnce() -> Result<T, CatalogError> + Send + 'static,
) -> Result<T, Response<Body>> {
    match tokio::task::spawn_blocking(work).await {
        Ok(result) => result.map_err(IntoResponse::into_response),
        Err(failed) => Err(error(
            StatusCode::INTERNAL_SERVER_ERROR,
            &failed.to_string(),
        )),
    }
}
