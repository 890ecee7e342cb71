//! The bytes of bundles: whole, in parts, and not again where they are known.

use std::sync::Arc;
use std::time::SystemTime;

use axum::body::Body;
use axum::extract::{FromRequestParts as _, Path, RawQuery, State};
use axum::http::request::Parts;
use axum::http::{HeaderMap, HeaderValue, Method, StatusCode, header};
use axum::response::{IntoResponse, Redirect, Response};
use futures_util::StreamExt as _;
use live_updater_wire::range::{Representation, Selection, select};
use prometheus::IntGauge;
use serde::Deserialize;

use super::caller::{Caller, must_be_device};
use super::input::{query, required};
use crate::catalogue::bundles::{self, Location};
use crate::catalogue::keys::Permission;
use crate::catalogue::uploads;
use crate::error::ApiError;
use crate::files;
use crate::service::Shared;
use crate::service::bundles::own_app;

/// What names its content never changes.
const FOREVER: &str = "public, max-age=31536000, immutable";
/// Another bundle may get the version, once this one was deleted.
const ASK_AGAIN: &str = "no-cache";

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Owner {
    app_id: Option<String>,
}

/// `GET /api/v1/bundles/{version}?appId=…`
pub(super) async fn of_version(
    State(shared): State<Arc<Shared>>,
    method: Method,
    headers: HeaderMap,
    Path(version): Path<String>,
    RawQuery(asked): RawQuery,
    mut parts: Parts,
) -> Result<Response, ApiError> {
    let owner: Owner = query(asked.as_deref())?;
    let version = required(Some(&version), "missing_info", "version")?.to_owned();
    let app = match owner.app_id {
        Some(app) => app,
        // The documents' form of the address has no app: it is clear where there is but one.
        None => match shared.offers.app_ids().as_slice() {
            [only] => only.clone(),
            _ => return Err(ApiError::invalid("missing_info", "Missing appId")),
        },
    };
    let offers = shared.offers.app(&app).ok_or(ApiError::NotFound("App"))?;
    if must_be_device(&offers.app, &headers).is_err() {
        let caller = Caller::from_request_parts(&mut parts, &shared).await?;
        let (key, wanted) = (caller.may(Permission::Read, "bundles")?, app.clone());
        let own = shared.database.read(move |sql| own_app(sql, &key, &wanted));
        own.await?;
    }
    let found = shared
        .database
        .read(move |sql| bundles::find_version(sql, &app, &version));
    let record = found.await?.ok_or(ApiError::NotFound("Bundle"))?;
    match &record.bundle.location {
        Location::File(file) => {
            let file = Stored {
                key: file,
                size: record.bundle.size,
                caching: ASK_AGAIN,
            };
            serve(&shared, &method, &headers, &file).await
        }
        Location::External(url) => Ok(Redirect::temporary(url).into_response()),
    }
}

/// `GET /files/{sha256}.zip`
pub(super) async fn by_key(
    State(shared): State<Arc<Shared>>,
    method: Method,
    headers: HeaderMap,
    Path(key): Path<String>,
) -> Result<Response, ApiError> {
    let wanted = key.clone();
    let found = shared
        .database
        .read(move |sql| uploads::size_of(sql, &wanted));
    let size = found.await?.ok_or(ApiError::NotFound("Bundle"))?;
    let file = Stored {
        key: &key,
        size,
        caching: FOREVER,
    };
    serve(&shared, &method, &headers, &file).await
}

struct Stored<'a> {
    key: &'a str,
    size: u64,
    caching: &'static str,
}

async fn serve(
    shared: &Shared,
    method: &Method,
    headers: &HeaderMap,
    file: &Stored<'_>,
) -> Result<Response, ApiError> {
    let size = file.size;
    let representation = Representation {
        etag: format!("\"{}\"", files::sha256_of(file.key)),
        last_modified: None,
        length: size,
    };
    let (start, end) = match select(method, headers, &representation, SystemTime::now()) {
        Selection::Whole => (0, size),
        Selection::Part { start, end } => (start, end),
        Selection::Unsatisfiable => {
            let range = [(header::CONTENT_RANGE, format!("bytes */{size}"))];
            return Ok((StatusCode::RANGE_NOT_SATISFIABLE, range).into_response());
        }
        Selection::NotModified => {
            let etag = [(header::ETAG, representation.etag)];
            return Ok((StatusCode::NOT_MODIFIED, etag).into_response());
        }
        Selection::PreconditionFailed => {
            return Ok(StatusCode::PRECONDITION_FAILED.into_response());
        }
    };
    let body = match *method == Method::HEAD {
        true => Body::empty(),
        false => body(shared, file, start, end).await?,
    };
    let fields = [
        (header::CONTENT_TYPE, "application/zip".to_owned()),
        (header::CONTENT_LENGTH, (end - start).to_string()),
        (header::ACCEPT_RANGES, "bytes".to_owned()),
        (header::ETAG, representation.etag),
        (header::CACHE_CONTROL, file.caching.to_owned()),
        (header::CONTENT_DISPOSITION, "attachment".to_owned()),
    ];
    let mut response = (fields, body).into_response();
    if (start, end) != (0, size) {
        *response.status_mut() = StatusCode::PARTIAL_CONTENT;
        let range = format!("bytes {start}-{}/{size}", end.saturating_sub(1));
        if let Ok(range) = HeaderValue::try_from(range) {
            response.headers_mut().insert(header::CONTENT_RANGE, range);
        }
    }
    Ok(response)
}

async fn body(shared: &Shared, file: &Stored<'_>, start: u64, end: u64) -> Result<Body, ApiError> {
    let opened = shared.files.open(file.key, start, end).await;
    let pieces = opened.map_err(|source| ApiError::Storage {
        action: "Failed to read the bundle from storage",
        source,
    })?;
    let counted = Counted::new(&shared.metrics.downloads);
    Ok(Body::from_stream(pieces.map(move |piece| {
        let _counted = &counted;
        piece
    })))
}

/// Counts as one more as long as it lives.
struct Counted(IntGauge);

impl Counted {
    fn new(gauge: &IntGauge) -> Self {
        gauge.inc();
        Self(gauge.clone())
    }
}

impl Drop for Counted {
    fn drop(&mut self) {
        self.0.dec();
    }
}
