//! `/admin/`: the page that people look at. It asks the endpoints below `/api/v1/` with the key
//! that is typed in, so it may do what the key may.

use std::collections::HashMap;
use std::sync::Arc;

use axum::extract::Path;
use axum::http::{HeaderMap, HeaderName, StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use live_updater::Sha256Digest;
use live_updater_wire::range::none_match_names;
use sha2::{Digest, Sha256};

use super::routes::Routes;
use crate::error::ApiError;

const HTML: &str = "text/html; charset=utf-8";
const CSS: &str = "text/css; charset=utf-8";
const SCRIPT: &str = "text/javascript; charset=utf-8";
const SVG: &str = "image/svg+xml";

/// Only the page's own files run and style, it asks nobody but its service, and no text ever
/// becomes markup.
const POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; \
     connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'; \
     require-trusted-types-for 'script'; trusted-types 'none'";
/// Another version of the service has other files under the same names.
const ASK_AGAIN: &str = "no-cache";

macro_rules! files {
    ($($kind:ident: $($name:literal),+ $(,)?;)+) => {
        [$($((
            $name,
            $kind,
            include_str!(concat!("../../assets/", $name)),
        )),+),+]
    };
}

/// What the page consists of.
const FILES: &[(&str, &str, &str)] = &files! {
    HTML: "index.html";
    CSS: "style.css";
    SVG: "icon.svg";
    SCRIPT: "api.js", "chart.js", "dialog.js", "dom.js", "figures.js", "format.js", "main.js",
        "notice.js", "route.js", "session.js", "table.js", "views/activity.js", "views/app.js",
        "views/apps.js", "views/bundles.js", "views/channel-settings.js", "views/channels.js",
        "views/figures.js", "views/history.js", "views/keys.js", "views/new-key.js",
        "views/release.js", "views/rollback.js", "views/rollout.js", "views/settings.js",
        "views/setup.js", "views/sign-in.js", "views/token.js", "views/upload.js";
};

struct File {
    kind: &'static str,
    content: &'static str,
    etag: String,
}

pub(super) fn routes() -> Routes {
    let files = FILES.iter().map(|&(name, kind, content)| {
        let digest = Sha256Digest::new(Sha256::digest(content).into());
        let etag = format!("\"{digest}\"");
        let file = File {
            kind,
            content,
            etag,
        };
        (name, file)
    });
    let files = Arc::new(files.collect::<HashMap<_, _>>());
    let index = Arc::clone(&files);
    Routes::new()
        .route("/", get(|| async { moved("admin/") }))
        .route("/admin", get(|| async { moved("admin/") }))
        .route(
            "/admin/",
            get(|headers: HeaderMap| async move { answer(&index, "index.html", &headers) }),
        )
        .route(
            "/admin/{*file}",
            get(|Path(name): Path<String>, headers: HeaderMap| async move {
                answer(&files, &name, &headers)
            }),
        )
}

/// Relative, so that it leads to the page behind a proxy as well that puts the service below a
/// path.
fn moved(to: &'static str) -> Response {
    let headers = [(header::LOCATION, to), (header::CACHE_CONTROL, "no-store")];
    (StatusCode::TEMPORARY_REDIRECT, headers).into_response()
}

fn answer(
    files: &HashMap<&'static str, File>,
    name: &str,
    headers: &HeaderMap,
) -> Result<Response, ApiError> {
    let file = files.get(name).ok_or(ApiError::NotFound("Page"))?;
    let common = [
        (header::ETAG, file.etag.as_str()),
        (header::CACHE_CONTROL, ASK_AGAIN),
        (header::CONTENT_SECURITY_POLICY, POLICY),
        (
            HeaderName::from_static("cross-origin-opener-policy"),
            "same-origin",
        ),
        (
            HeaderName::from_static("cross-origin-resource-policy"),
            "same-origin",
        ),
    ];
    if none_match_names(headers, &file.etag) {
        return Ok((StatusCode::NOT_MODIFIED, common).into_response());
    }
    let kind = [(header::CONTENT_TYPE, file.kind)];
    Ok((common, kind, file.content).into_response())
}
