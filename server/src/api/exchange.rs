//! What each request goes through: an id, a line in the log, a count, and headers that protect.

use std::sync::Arc;
use std::time::Instant;

use axum::extract::{MatchedPath, Request, State};
use axum::http::{HeaderName, HeaderValue, header};
use axum::middleware::Next;
use axum::response::Response;
use uuid::Uuid;

use crate::service::Shared;

const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");
/// Nothing of what the service answers is to be run, framed or guessed at.
const PROTECTION: [(HeaderName, &str); 5] = [
    (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
    (header::X_FRAME_OPTIONS, "DENY"),
    (header::REFERRER_POLICY, "no-referrer"),
    (
        header::CONTENT_SECURITY_POLICY,
        "default-src 'none'; frame-ancestors 'none'",
    ),
    (
        HeaderName::from_static("cross-origin-resource-policy"),
        "cross-origin",
    ),
];
const TWO_YEARS: &str = "max-age=63072000";

pub(super) async fn exchange(
    State(shared): State<Arc<Shared>>,
    request: Request,
    next: Next,
) -> Response {
    let began = Instant::now();
    let id = Uuid::new_v4();
    let method = request.method().clone();
    // The pattern, not the path: ids and names of others have no business in metrics and logs.
    let endpoint = request.extensions().get::<MatchedPath>();
    let endpoint = endpoint.map_or_else(|| "none".to_owned(), |path| path.as_str().to_owned());
    let mut response = next.run(request).await;
    protect(&mut response, shared.is_https());
    if let Ok(value) = HeaderValue::try_from(id.to_string()) {
        response.headers_mut().insert(REQUEST_ID, value);
    }
    let status = response.status();
    let labels = [&*endpoint, method.as_str(), status.as_str()];
    shared.metrics.requests.with_label_values(&labels).inc();
    let took = began.elapsed();
    let latency = shared.metrics.latency.with_label_values(&[&*endpoint]);
    latency.observe(took.as_secs_f64());
    let millis = took.as_millis() as u64;
    tracing::debug!(%id, %method, endpoint, status = status.as_u16(), millis, "request");
    if status.is_server_error() {
        tracing::error!(%id, %method, endpoint, status = status.as_u16(), millis, "request failed");
    }
    response
}

fn protect(response: &mut Response, is_https: bool) {
    let headers = response.headers_mut();
    for (name, value) in PROTECTION {
        headers
            .entry(name)
            .or_insert(HeaderValue::from_static(value));
    }
    if is_https {
        let value = HeaderValue::from_static(TWO_YEARS);
        headers.insert(header::STRICT_TRANSPORT_SECURITY, value);
    }
}
