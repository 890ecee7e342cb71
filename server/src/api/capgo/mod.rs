//! Capgo's interface: to its plugin on devices, and to developers as its documents describe it.

mod app;
pub(super) mod bundle;
mod channel;
mod channel_self;
mod device;
mod devices;
mod problem;
mod stats;
mod updates;

use std::sync::Arc;

use axum::Router;
use axum::extract::DefaultBodyLimit;
use axum::routing::post;

use crate::service::Shared;

/// What the plugin's `updateUrl`, `statsUrl` and `channelUrl` lead to.
pub(super) fn device_endpoints() -> Router<Arc<Shared>> {
    let limit = DefaultBodyLimit::max(stats::MAX_BYTES);
    Router::new()
        .route("/updates", post(updates::updates))
        .route("/stats", post(stats::stats).layer(limit))
        .route("/channel_self", channel_self::methods())
}

/// What developers ask beside `/bundle`, each with and without a slash at its end.
pub(super) fn developer_endpoints() -> Router<Arc<Shared>> {
    Router::new()
        .route("/app", app::methods())
        .route("/app/", app::methods())
        .route("/app/{app}", app::method_of_one())
        .route("/channel", channel::methods())
        .route("/channel/", channel::methods())
        .route("/device", devices::methods())
        .route("/device/", devices::methods())
}
