//! `GET` and `HEAD /api/v1/bundles/{version}`

use std::{
    path::PathBuf,
    sync::{Arc, atomic::Ordering},
    time::SystemTime,
};

use axum::{
    Extension,
    body::Body,
    extract::{Path, Request, State},
    http::{HeaderMap, HeaderValue, Method, Response, StatusCode, header},
};

use super::{Faulty, blocking, error};
use live_updater_wire::range::{Representation, Selection, select};

use crate::{Fault, body, server::Shared};

/// What an answer is made of, after any fault.
struct Answer {
    status: StatusCode,
    /// The part of the file that is sent.
    start: u64,
    end: u64,
    content_range: Option<String>,
}

pub(super) async fn bundle(
    State(shared): State<Arc<Shared>>,
    Path(name): Path<String>,
    fault: Option<Extension<Faulty>>,
    request: Request,
) -> Response<Body> {
    let fault = fault.map(|Extension(Faulty(fault))| fault);
    if fault == Some(Fault::NewEtag) {
        shared.etag_generation.fetch_add(1, Ordering::Relaxed);
    }
    let generation = shared.etag_generation.load(Ordering::Relaxed);
    let (path, representation) = match find(Arc::clone(&shared), name, generation).await {
        Ok(Some(found)) => found,
        Ok(None) => return error(StatusCode::NOT_FOUND, "there is no such bundle"),
        Err(response) => return response,
    };
    let answer = answer(
        request.method(),
        request.headers(),
        &representation,
        fault.as_ref(),
    );
    let mut response = Response::new(Body::empty());
    *response.status_mut() = answer.status;
    write_fields(response.headers_mut(), &shared, &representation, &answer);
    let has_body = answer.status.is_success() && request.method() == Method::GET;
    if has_body && answer.start < answer.end {
        match body::file_part(&path, answer.start, answer.end).await {
            Ok(body) => *response.body_mut() = body,
            Err(failed) => {
                return error(
                    StatusCode::INTERNAL_SERVER_ERROR,
                    &failed.kind().to_string(),
                );
            }
        }
    }
    response
}

async fn find(
    shared: Arc<Shared>,
    name: String,
    generation: u64,
) -> Result<Option<(PathBuf, Representation)>, Response<Body>> {
    blocking(move || {
        let Some(bundle) = shared.catalog.find(&name)? else {
            return Ok(None);
        };
        let checksum = shared.catalog.checksum(&bundle.path)?;
        let file = bundle.file()?;
        let etag = match generation {
            0 => format!("\"{checksum}\""),
            generation => format!("\"{checksum}-{generation}\""),
        };
        let representation = Representation {
            etag,
            last_modified: file.modified().ok(),
            length: file.len(),
        };
        Ok(Some((bundle.path, representation)))
    })
    .await
}

fn answer(
    method: &Method,
    headers: &HeaderMap,
    representation: &Representation,
    fault: Option<&Fault>,
) -> Answer {
    let length = representation.length;
    let selection = match (
        select(method, headers, representation, SystemTime::now()),
        fault,
    ) {
        (_, Some(Fault::RangeNotSatisfiable)) => Selection::Unsatisfiable,
        (Selection::Part { .. } | Selection::Unsatisfiable, Some(Fault::IgnoreRange)) => {
            Selection::Whole
        }
        (Selection::Part { start, end }, Some(Fault::WrongStart { start: wrong })) => {
            // Half of what the client has; where it has nothing, one byte is left out.
            let wrong = wrong.unwrap_or(if start == 0 { 1 } else { start / 2 });
            let start = wrong.min(length.saturating_sub(1));
            let end = end.max(start + 1);
            Selection::Part { start, end }
        }
        (Selection::Part { start, end }, Some(Fault::Short { bytes })) => Selection::Part {
            start,
            end: end.min(start.saturating_add(*bytes)),
        },
        (selection, _) => selection,
    };
    let total = match fault {
        Some(Fault::WrongTotal { total }) => total.unwrap_or(length + 1),
        _ => length,
    };
    let empty = |status, content_range| Answer {
        status,
        start: 0,
        end: 0,
        content_range,
    };
    match selection {
        Selection::Whole => Answer {
            status: StatusCode::OK,
            start: 0,
            end: length,
            content_range: None,
        },
        Selection::Part { start, end } => Answer {
            status: StatusCode::PARTIAL_CONTENT,
            start,
            end,
            content_range: Some(format!("bytes {start}-{}/{total}", end - 1)),
        },
        Selection::Unsatisfiable => empty(
            StatusCode::RANGE_NOT_SATISFIABLE,
            Some(format!("bytes */{total}")),
        ),
        Selection::NotModified => empty(StatusCode::NOT_MODIFIED, None),
        Selection::PreconditionFailed => empty(StatusCode::PRECONDITION_FAILED, None),
    }
}

fn write_fields(
    headers: &mut HeaderMap,
    shared: &Shared,
    representation: &Representation,
    answer: &Answer,
) {
    let mut write = |name, value: &str| {
        if let Ok(value) = HeaderValue::from_str(value) {
            headers.insert(name, value);
        }
    };
    write(header::ACCEPT_RANGES, "bytes");
    if let Some(content_range) = &answer.content_range {
        write(header::CONTENT_RANGE, content_range);
    }
    // RFC 9110 section 15.4.5: a 304 has the fields that a 200 would have, without the content's.
    if answer.status != StatusCode::NOT_MODIFIED {
        write(
            header::CONTENT_LENGTH,
            &(answer.end - answer.start).to_string(),
        );
    }
    if answer.status.is_client_error() {
        return;
    }
    write(header::ETAG, &representation.etag);
    if let Some(modified) = representation.last_modified {
        write(header::LAST_MODIFIED, &httpdate::fmt_http_date(modified));
    }
    let shareable = match shared.settings.is_bundle_public() {
        true => "public",
        false => "private",
    };
    let cache_control = format!("{shareable}, max-age=3600, no-transform");
    write(header::CACHE_CONTROL, &cache_control);
    if answer.status.is_success() {
        write(header::CONTENT_TYPE, "application/zip");
        write(header::X_CONTENT_TYPE_OPTIONS, "nosniff");
    }
}
