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
mod input;
mod manage;
mod upload;

use std::sync::Arc;

use axum::extract::DefaultBodyLimit;
use axum::http::Method;
use axum::routing::{any, get, post};
use axum::{Router, middleware};

use crate::error::ApiError;
use crate::service::Shared;

/// The most bytes of a body that isn't a bundle.
const MAX_JSON: usize = 256 * 1024;

/// All endpoints, with what each request goes through.
pub(crate) fn router(shared: &Arc<Shared>) -> Router {
    Router::new()
        .merge(device_endpoints())
        .merge(capgo::device_endpoints())
        .merge(capgo::developer_endpoints())
        .merge(manage::router())
        .merge(admin::router())
        .nest("/bundle", capgo::bundle::router())
        .route("/bundle/", any(capgo::bundle::with_slash))
        .layer(DefaultBodyLimit::max(MAX_JSON))
        .merge(upload::router())
        .merge(health::router())
        .fallback(|| async { ApiError::NotFound("Endpoint") })
        .method_not_allowed_fallback(
            |method: Method| async move { ApiError::MethodNotAllowed(method) },
        )
        .layer(middleware::from_fn_with_state(
            Arc::clone(shared),
            exchange::exchange,
        ))
        .with_state(Arc::clone(shared))
}

/// The native-update protocol.
fn device_endpoints() -> Router<Arc<Shared>> {
    Router::new()
        .route("/api/v1/updates/check", get(check::check))
        .route("/api/v1/bundles/{version}", get(bundle_file::of_version))
        .route("/files/{file}", get(bundle_file::by_key))
        .route("/api/v1/updates/confirm", post(confirm::confirm))
}
