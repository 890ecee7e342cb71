//! The endpoints. One file a resource.

mod admin;
mod answer;
mod bundle_file;
mod caller;
mod capgo;
mod check;
mod confirm;
mod exchange;
mod health;
mod host;
mod input;
mod manage;
mod openapi;
mod routes;
mod upload;

use std::sync::Arc;

use axum::extract::DefaultBodyLimit;
use axum::http::Method;
use axum::routing::{get, post};
use axum::{Router, middleware};

use crate::error::ApiError;
use crate::service::Shared;
use routes::Routes;

/// The most bytes of a body that isn't a bundle.
const MAX_JSON: usize = 256 * 1024;

/// All endpoints, with what each request goes through.
pub(crate) fn router(shared: &Arc<Shared>) -> Router {
    routes()
        .into_router()
        .fallback(|| async { ApiError::NotFound("Endpoint") })
        .method_not_allowed_fallback(
            |method: Method| async move { ApiError::MethodNotAllowed(method) },
        )
        .layer(middleware::from_fn(host::must_be_host))
        .layer(middleware::from_fn_with_state(
            Arc::clone(shared),
            exchange::exchange,
        ))
        .with_state(Arc::clone(shared))
}

/// The paths of all endpoints.
pub(crate) fn paths() -> Vec<&'static str> {
    routes().paths().to_vec()
}

fn routes() -> Routes {
    Routes::new()
        .merge(device_endpoints())
        .merge(capgo::device_endpoints())
        .merge(capgo::developer_endpoints())
        .merge(manage::routes())
        .merge(admin::routes())
        .route("/openapi.json", get(openapi::file))
        .limit_bodies(DefaultBodyLimit::max(MAX_JSON))
        .merge(upload::routes())
        .merge(health::routes())
}

/// The native-update protocol.
fn device_endpoints() -> Routes {
    Routes::new()
        .route("/api/v1/updates/check", get(check::check))
        .route("/api/v1/bundles/{version}", get(bundle_file::of_version))
        .route("/files/{file}", get(bundle_file::by_key))
        .route("/api/v1/updates/confirm", post(confirm::confirm))
}
