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

use axum::extract::DefaultBodyLimit;
use axum::routing::post;

use super::routes::Routes;

/// What the plugin's `updateUrl`, `statsUrl` and `channelUrl` lead to.
pub(super) fn device_endpoints() -> Routes {
    let limit = DefaultBodyLimit::max(stats::MAX_BYTES);
    Routes::new()
        .route("/updates", post(updates::updates))
        .route("/stats", post(stats::stats).layer(limit))
        .route("/channel_self", channel_self::methods())
}

/// What developers ask, each with and without a slash at its end.
pub(super) fn developer_endpoints() -> Routes {
    Routes::new()
        .route("/bundle", bundle::methods())
        .route("/bundle/", bundle::methods())
        .route("/bundle/metadata", post(bundle::annotate))
        .route("/bundle/metadata/", post(bundle::annotate))
        .route("/app", app::methods())
        .route("/app/", app::methods())
        .route("/app/{app}", app::method_of_one())
        .route("/channel", channel::methods())
        .route("/channel/", channel::methods())
        .route("/device", devices::methods())
        .route("/device/", devices::methods())
}
