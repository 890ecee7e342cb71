//! `GET /api/v1/updates/check`

use std::{collections::HashMap, sync::Arc};

use axum::{
    Extension,
    body::Body,
    extract::{Query, Request, State},
    http::{HeaderMap, Response, StatusCode, header},
    response::IntoResponse,
};
use serde_json::Value;
use sha2::{Digest, Sha256};

use super::{Faulty, Note, blocking, error, statement_fault};
use live_updater_wire::{nothing, range::none_match_names};

use crate::{
    Fault,
    catalog::{Asked, CatalogError, hex},
    server::Shared,
};

type Parameters = HashMap<String, String>;

const REQUIRED: [&str; 4] = ["appId", "currentVersion", "platform", "channel"];

pub(super) async fn check(
    State(shared): State<Arc<Shared>>,
    parameters: Result<Query<Parameters>, axum::extract::rejection::QueryRejection>,
    fault: Option<Extension<Faulty>>,
    request: Request,
) -> Response<Body> {
    let fault = fault.map(|Extension(Faulty(fault))| fault);
    let Ok(Query(parameters)) = parameters else {
        return error(StatusCode::BAD_REQUEST, "the query can't be read");
    };
    let missing: Vec<_> = REQUIRED
        .into_iter()
        .filter(|name| parameters.get(*name).is_none_or(String::is_empty))
        .collect();
    if !missing.is_empty() {
        let message = format!("missing query parameters: {}", missing.join(", "));
        return error(StatusCode::BAD_REQUEST, &message);
    }
    let base = base_url(&shared, request.headers());
    let found = blocking(move || answer(&shared, &parameters, &base, fault.as_ref())).await;
    match found {
        Ok((answer, note)) => {
            let mut response = json_with_etag(request.headers(), &answer);
            if let Some(note) = note {
                response.extensions_mut().insert(Note(note));
            }
            response
        }
        Err(response) => response,
    }
}

fn answer(
    shared: &Shared,
    parameters: &Parameters,
    base: &str,
    fault: Option<&Fault>,
) -> Result<(Value, Option<String>), CatalogError> {
    let parameter = |name| parameters.get(name).map(String::as_str).unwrap_or_default();
    let skipped: Vec<_> = match shared.settings.skip_failed {
        true => parameter("failed").split(',').collect(),
        false => Vec::new(),
    };
    let asked = Asked {
        app_id: parameter("appId"),
        platform: parameter("platform"),
        channel: parameter("channel"),
        current_version: parameter("currentVersion"),
        skipped: &skipped,
    };
    let catalog = &shared.catalog;
    let (mut answer, note) = match shared.offers.answer(asked.channel) {
        Some(answer) => (answer, None),
        None => (
            match catalog.select(&asked)? {
                Some(offer) => catalog.answer(&offer, base)?,
                None => nothing(),
            },
            catalog.other_platforms(&asked)?,
        ),
    };
    if let Some(fault) = fault {
        statement_fault::change(fault, &mut answer, catalog, &asked, base)?;
    }
    Ok((answer, note))
}

/// Download URLs lead to the host by which the client knows this server.
fn base_url(shared: &Shared, headers: &HeaderMap) -> String {
    if shared.settings.relative_urls {
        return String::new();
    }
    match headers
        .get(header::HOST)
        .and_then(|host| host.to_str().ok())
    {
        Some(host) => format!("{}://{host}", shared.scheme()),
        None => shared.url(),
    }
}

fn json_with_etag(headers: &HeaderMap, answer: &Value) -> Response<Body> {
    let body = answer.to_string();
    let etag = format!("\"{}\"", hex(&Sha256::digest(&body)));
    let common = [
        (header::ETAG, etag.clone()),
        (header::CACHE_CONTROL, "no-cache".to_owned()),
    ];
    if none_match_names(headers, &etag) {
        return (StatusCode::NOT_MODIFIED, common).into_response();
    }
    let json = [(header::CONTENT_TYPE, "application/json")];
    (common, json, body).into_response()
}
