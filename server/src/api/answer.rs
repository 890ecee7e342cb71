//! Answers that several endpoints give.

use axum::Json;
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use live_updater_wire::range::none_match_names;
use serde::Serialize;
use serde_json::Value;
use sha2::{Digest, Sha256};
use url::Url;

use crate::service::Shared;

/// JSON that nobody keeps.
pub(crate) fn fresh(body: impl Serialize) -> Response {
    let mut response = Json(body).into_response();
    let no_store = HeaderValue::from_static("no-store");
    response
        .headers_mut()
        .insert(header::CACHE_CONTROL, no_store);
    response
}

/// JSON that whoever asked may keep, and asks about again each time.
pub(crate) fn revalidated(headers: &HeaderMap, body: &Value) -> Response {
    let body = body.to_string();
    let digest = live_updater::Sha256Digest::new(Sha256::digest(&body).into());
    let etag = format!("\"{digest}\"");
    let is_known = none_match_names(headers, &etag);
    let common = [
        (header::ETAG, etag),
        (header::CACHE_CONTROL, "private, no-cache".to_owned()),
    ];
    if is_known {
        return (StatusCode::NOT_MODIFIED, common).into_response();
    }
    let json = [(header::CONTENT_TYPE, "application/json")];
    (common, json, body).into_response()
}

/// Where whoever asks reaches this service, without a slash at the end.
pub(crate) fn base_url(shared: &Shared, headers: &HeaderMap) -> String {
    if let Some(url) = &shared.settings.public_url {
        return trimmed(url);
    }
    let host = headers
        .get(header::HOST)
        .and_then(|host| host.to_str().ok());
    match host {
        Some(host) => format!("{}://{host}", shared.scheme()),
        None => String::new(),
    }
}

/// Where bundles are downloaded from.
pub(crate) fn file_url(shared: &Shared, headers: &HeaderMap, file: &str) -> String {
    let base = match &shared.settings.download_url {
        Some(url) => trimmed(url),
        None => base_url(shared, headers),
    };
    format!("{base}/files/{file}")
}

fn trimmed(url: &Url) -> String {
    url.as_str().trim_end_matches('/').to_owned()
}
