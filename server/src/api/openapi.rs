//! `/openapi.json`: what all the endpoints are, for programs.

use std::sync::LazyLock;

use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use live_updater::Sha256Digest;
use live_updater_wire::range::none_match_names;
use sha2::{Digest, Sha256};

const FILE: &str = include_str!("../../openapi.json");
static ETAG: LazyLock<String> = LazyLock::new(|| {
    let digest = Sha256Digest::new(Sha256::digest(FILE).into());
    format!("\"{digest}\"")
});
/// Another version of the service has another file.
const ASK_AGAIN: &str = "public, no-cache";

pub(super) async fn file(headers: HeaderMap) -> Response {
    let common = [
        (header::ETAG, ETAG.as_str()),
        (header::CACHE_CONTROL, ASK_AGAIN),
        // Pages of tools that show it are elsewhere.
        (header::ACCESS_CONTROL_ALLOW_ORIGIN, "*"),
    ];
    if none_match_names(&headers, &ETAG) {
        return (StatusCode::NOT_MODIFIED, common).into_response();
    }
    let json = [(header::CONTENT_TYPE, "application/json")];
    (common, json, FILE).into_response()
}
