//! Bundles that are sent here.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use axum::BoxError;
use axum::body::Body;
use axum::extract::multipart::MultipartError;
use axum::extract::{
    DefaultBodyLimit, FromRequest as _, Multipart, Path, RawQuery, Request, State,
};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use axum::routing::{post, put};
use futures_util::StreamExt as _;
use serde::Deserialize;
use serde_json::json;

use super::answer::{file_url, fresh};
use super::caller::Caller;
use super::capgo::bundle::view;
use super::input::query;
use super::routes::Routes;
use crate::catalogue::keys::Permission;
use crate::error::ApiError;
use crate::files;
use crate::service::Shared;
use crate::service::draft::Draft;

/// Routes whose bodies are as long as bundles.
pub(super) fn routes() -> Routes {
    Routes::new()
        .route("/upload", post(upload))
        .route("/api/v1/apps/{app}/bundles/{version}", put(put_bundle))
        .limit_bodies(DefaultBodyLimit::disable())
}

/// `POST /upload`: keeps a file, so that a bundle can be registered by its URL.
async fn upload(
    State(shared): State<Arc<Shared>>,
    caller: Caller,
    headers: HeaderMap,
    request: Request,
) -> Result<Response, ApiError> {
    let key = caller.may(Permission::Upload, "bundles")?;
    let unread = Unread::default();
    let request = request.map(|body| unread.guard(body));
    let form = Multipart::from_request(request, &()).await;
    let mut form = form.map_err(|error| bad_form(&error))?;
    loop {
        let field = form.next_field().await;
        let Some(field) = field.map_err(|error| unread.refusal(&error))? else {
            break;
        };
        if field.name() != Some("file") {
            continue;
        }
        let limits = shared.settings.upload_limits();
        let field = field.inspect(|_| unread.forget());
        let received = shared.uploads.receive(field, limits).await?;
        let file = files::key_of(&received.sha256);
        shared.keep_loose(key, &file, &received).await?;
        let answer = json!({
            "status": "ok",
            "url": file_url(&shared, &headers, &file),
            "checksum": received.sha256,
            "size": received.size,
        });
        return Ok(fresh(answer));
    }
    Err(ApiError::invalid(
        "missing_file",
        "The form has no field named file",
    ))
}

/// How many bytes came of a form since the last piece of the file. The parser keeps all of a
/// field's head, however long it is.
#[derive(Debug, Clone, Default)]
struct Unread(Arc<AtomicUsize>);

impl Unread {
    const MOST: usize = 16 << 20;

    /// A body that ends with an error where too much of it comes before the next piece.
    fn guard(&self, body: Body) -> Body {
        let unread = self.clone();
        Body::from_stream(body.into_data_stream().map(move |piece| {
            let piece = piece.map_err(BoxError::from)?;
            unread.0.fetch_add(piece.len(), Ordering::Relaxed);
            match unread.is_too_much() {
                true => Err(BoxError::from("too much that is no file")),
                false => Ok(piece),
            }
        }))
    }

    fn forget(&self) {
        self.0.store(0, Ordering::Relaxed);
    }

    fn is_too_much(&self) -> bool {
        self.0.load(Ordering::Relaxed) > Self::MOST
    }

    fn refusal(&self, error: &MultipartError) -> ApiError {
        match self.is_too_much() {
            true => ApiError::TooLarge {
                limit: Self::MOST as u64,
            },
            false => bad_form(error),
        }
    }
}

/// What is told of a bundle beside its bytes.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Details {
    checksum: Option<String>,
    signature: Option<String>,
    session_key: Option<String>,
    key_id: Option<String>,
    min_app_version: Option<String>,
    max_app_version: Option<String>,
    release_notes: Option<String>,
    #[serde(default)]
    mandatory: bool,
    link: Option<String>,
    comment: Option<String>,
}

/// `PUT /api/v1/apps/{app}/bundles/{version}`: the body is the zip.
async fn put_bundle(
    State(shared): State<Arc<Shared>>,
    caller: Caller,
    Path((app, version)): Path<(String, String)>,
    RawQuery(asked): RawQuery,
    body: Body,
) -> Result<Response, ApiError> {
    let key = caller.may(Permission::Upload, "bundles")?;
    let details: Details = query(asked.as_deref())?;
    let draft = Draft {
        app,
        version,
        checksum: details.checksum,
        signature: details.signature,
        session_key: details.session_key,
        key_id: details.key_id,
        min_app_version: details.min_app_version,
        max_app_version: details.max_app_version,
        release_notes: details.release_notes,
        mandatory: details.mandatory,
        link: details.link,
        comment: details.comment,
    };
    shared.must_be_welcome(&key, &draft).await?;
    let limits = shared.settings.upload_limits();
    let received = shared.uploads.receive(body.into_data_stream(), limits);
    let added = shared.add_uploaded(key, draft, received.await?).await?;
    Ok((StatusCode::CREATED, fresh(view(&added, ""))).into_response())
}

fn bad_form(error: &dyn std::fmt::Display) -> ApiError {
    ApiError::invalid("invalid_form", format!("The form can't be read: {error}"))
}
