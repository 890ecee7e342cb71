//! What is the same for every request: the log, the token, the faults.

use std::{
    sync::Arc,
    time::{Instant, SystemTime},
};

use axum::{
    Extension,
    body::{Body, Bytes, HttpBody},
    extract::{Request, State},
    http::{HeaderMap, Method, Response, StatusCode, header, request::Parts},
    middleware::Next,
};
use url::form_urlencoded;

use super::{Faulty, Note, error, fault_answer};
use live_updater_wire::range::requested_start;

use crate::{
    Endpoint, Fault, LoggedRequest, ParseFaultError,
    server::Shared,
    wire::{Delivery, Wire},
};

/// No client has so much to say.
const MAX_REQUEST_BODY: usize = 1 << 20;

const FAULT_HEADER: &str = "x-mock-fault";

pub(super) async fn exchange(
    State(shared): State<Arc<Shared>>,
    Extension(wire): Extension<Wire>,
    request: Request,
    next: Next,
) -> Response<Body> {
    let (parts, body) = request.into_parts();
    let (at, arrived) = (SystemTime::now(), Instant::now());
    let body = axum::body::to_bytes(body, MAX_REQUEST_BODY).await;
    let (body, readable) = match body {
        Ok(body) => (body, true),
        Err(_) => (Bytes::new(), false),
    };
    let request = Request::from_parts(parts.clone(), Body::from(body.clone()));
    let (response, fault) = match readable {
        true => answer(&shared, request, next).await,
        false => (
            error(StatusCode::PAYLOAD_TOO_LARGE, "the body is too long"),
            None,
        ),
    };
    let length = body_length(&parts.method, &response);
    let delivery = delivery(&shared, fault.as_ref(), length);
    let logged = logged(&parts, body, at, &response, fault);
    let entry = shared
        .log
        .push(logged, arrived, shared.settings.on_request.clone());
    wire.push(delivery, length, entry);
    response
}

async fn answer(
    shared: &Shared,
    mut request: Request,
    next: Next,
) -> (Response<Body>, Option<Fault>) {
    let endpoint = endpoint(request.uri().path());
    if let Some(refused) = unauthorized(shared, endpoint, request.headers()) {
        return (refused, None);
    }
    let fault = match requested_fault(shared, &request) {
        Ok(Some(fault)) => Some(fault),
        Ok(None) => shared.faults.take(endpoint),
        Err(failed) => return (error(StatusCode::BAD_REQUEST, &failed.to_string()), None),
    };
    let Some(fault) = fault else {
        return (next.run(request).await, None);
    };
    let response = match fault_answer::instead(&fault, request.uri()) {
        Some(response) => response,
        None => {
            request.extensions_mut().insert(Faulty(fault.clone()));
            fault_answer::change(&fault, next.run(request).await)
        }
    };
    (response, Some(fault))
}

fn endpoint(path: &str) -> Option<Endpoint> {
    match path {
        "/api/v1/updates/check" => Some(Endpoint::Check),
        "/api/v1/updates/confirm" => Some(Endpoint::Confirm),
        "/health" => Some(Endpoint::Health),
        _ if path.starts_with("/api/v1/bundles/") => Some(Endpoint::Bundle),
        _ => None,
    }
}

/// RFC 6750: a request without the token is told which kind of credentials is wanted.
fn unauthorized(
    shared: &Shared,
    endpoint: Option<Endpoint>,
    headers: &HeaderMap,
) -> Option<Response<Body>> {
    let token = shared.settings.token.as_deref()?;
    let open = match endpoint {
        Some(Endpoint::Health) => true,
        Some(Endpoint::Bundle) => shared.settings.is_bundle_public(),
        _ => false,
    };
    if open {
        return None;
    }
    let given = headers.get(header::AUTHORIZATION);
    let challenge = match given.and_then(|given| given.to_str().ok()) {
        Some(given) if bearer_token(given) == Some(token) => return None,
        Some(_) => "Bearer realm=\"updates\", error=\"invalid_token\"",
        None => "Bearer realm=\"updates\"",
    };
    let mut response = error(StatusCode::UNAUTHORIZED, "a bearer token is needed");
    response.headers_mut().insert(
        header::WWW_AUTHENTICATE,
        header::HeaderValue::from_static(challenge),
    );
    Some(response)
}

fn bearer_token(credentials: &str) -> Option<&str> {
    let (scheme, token) = credentials.split_once(' ')?;
    // RFC 9110 section 11.1: the scheme is case-insensitive.
    scheme
        .eq_ignore_ascii_case("bearer")
        .then(|| token.trim_start())
}

fn requested_fault(shared: &Shared, request: &Request) -> Result<Option<Fault>, ParseFaultError> {
    if !shared.settings.allow_request_faults {
        return Ok(None);
    }
    let header = request.headers().get(FAULT_HEADER);
    let text = match header.and_then(|header| header.to_str().ok()) {
        Some(text) => Some(text.to_owned()),
        None => query(request.uri().query())
            .into_iter()
            .find_map(|(name, value)| (name == "fault").then_some(value)),
    };
    text.map(|text| text.parse()).transpose()
}

/// The length of the body as it goes over the wire; `None` where only its end tells.
fn body_length(method: &Method, response: &Response<Body>) -> Option<u64> {
    let bodiless = matches!(
        response.status(),
        StatusCode::NOT_MODIFIED | StatusCode::NO_CONTENT
    );
    if *method == Method::HEAD || bodiless {
        return Some(0);
    }
    let declared = response.headers().get(header::CONTENT_LENGTH);
    let declared = declared.and_then(|length| length.to_str().ok()?.parse().ok());
    declared.or_else(|| response.body().size_hint().exact())
}

fn delivery(shared: &Shared, fault: Option<&Fault>, length: Option<u64>) -> Delivery {
    let mut delivery = shared.pace();
    if let Some(fault) = fault {
        fault_answer::obstruct(fault, length, &mut delivery);
    }
    delivery
}

fn logged(
    parts: &Parts,
    body: Bytes,
    at: SystemTime,
    response: &Response<Body>,
    fault: Option<Fault>,
) -> LoggedRequest {
    LoggedRequest {
        method: parts.method.clone(),
        path: parts.uri.path().to_owned(),
        query: query(parts.uri.query()),
        range_start: requested_start(&parts.headers),
        headers: parts.headers.clone(),
        body,
        status: response.status().as_u16(),
        bytes_sent: 0,
        at,
        took: None,
        fault,
        note: response
            .extensions()
            .get::<Note>()
            .map(|note| note.0.clone()),
    }
}

fn query(text: Option<&str>) -> Vec<(String, String)> {
    form_urlencoded::parse(text.unwrap_or_default().as_bytes())
        .into_owned()
        .collect()
}
