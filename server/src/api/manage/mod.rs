//! What the service's own page and command ask: organisations, apps, keys, channels, releases, figures.

mod apps;
mod channels;
mod figures;
mod keys;
mod organisations;

use axum::routing::{delete, get, patch, post, put};

use super::routes::Routes;

pub(super) fn routes() -> Routes {
    Routes::new()
        .route("/api/v1/apps", get(apps::list).post(apps::create))
        .route("/api/v1/apps/{app}", get(apps::show).patch(apps::change))
        .route("/api/v1/apps/{app}/bundles", get(apps::bundles))
        .route(
            "/api/v1/apps/{app}/bundles/{version}",
            get(apps::bundle).delete(apps::delete_bundle),
        )
        .route("/api/v1/apps/{app}/analytics", get(figures::analytics))
        .route("/api/v1/apps/{app}/audit", get(figures::audit))
        .route("/api/v1/apps/{app}/channels", get(channels::list))
        .route(
            "/api/v1/apps/{app}/channels/{channel}",
            put(channels::put).delete(channels::delete),
        )
        .route(
            "/api/v1/apps/{app}/channels/{channel}/releases",
            get(channels::releases).post(channels::release),
        )
        .route(
            "/api/v1/apps/{app}/channels/{channel}/rollout",
            patch(channels::change_rollout),
        )
        .route(
            "/api/v1/apps/{app}/channels/{channel}/rollback",
            get(channels::way_back).post(channels::roll_back),
        )
        .route("/api/v1/caller", get(keys::caller))
        .route("/api/v1/keys", get(keys::list).post(keys::create))
        .route("/api/v1/keys/{id}", delete(keys::revoke))
        .route(
            "/api/v1/organisations",
            get(organisations::list).post(organisations::create),
        )
        .route(
            "/api/v1/organisations/{id}/keys",
            post(organisations::create_key),
        )
}
