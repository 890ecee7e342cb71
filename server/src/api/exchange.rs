//! What each request goes through: an id, a line in the log, a count, and headers that protect.

use std::sync::Arc;
use std::time::{Duration, Instant};

use axum::BoxError;
use axum::body::{Body, BodyDataStream};
use axum::extract::{MatchedPath, Request, State};
use axum::http::request::Parts;
use axum::http::{HeaderName, HeaderValue, Method, StatusCode, header};
use axum::middleware::Next;
use axum::response::{IntoResponse as _, Response};
use futures_util::{StreamExt as _, stream};
use tokio::sync::Mutex;
use tokio::time::timeout;
use uuid::Uuid;

use super::MAX_JSON;
use crate::error::ApiError;
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
/// How many bytes a second have to come of a body, beside the pause that it may make.
const SLOWEST: u32 = 1024;
/// How long, and how many bytes, of a refused body are read.
const FAREWELL: Duration = Duration::from_millis(500);
const MOST_UNWANTED: usize = 16 << 20;
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
    let (mut parts, body) = request.into_parts();
    name_host(&mut parts);
    let sent = Sent::new(body);
    let request = Request::from_parts(parts, sent.body(shared.settings.body_timeout));
    // On its own: what was begun is brought to its end, whether anybody waits for the answer or not.
    // Whoever hung up after a release was kept would have left devices with the one before.
    let answered = tokio::spawn(next.run(request)).await;
    // What panicked has told where already.
    let answered = answered.unwrap_or_else(|_| StatusCode::INTERNAL_SERVER_ERROR.into_response());
    let mut response = in_our_form(answered);
    if response.status().is_client_error() {
        sent.drain().await;
    }
    protect(&mut response, shared.is_https());
    if let Ok(value) = HeaderValue::try_from(id.to_string()) {
        response.headers_mut().insert(REQUEST_ID, value);
    }
    let status = response.status();
    let labels = [&*endpoint, label_of(&method), status.as_str()];
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

/// Anything can stand in place of a method, and each label stays in memory for good.
fn label_of(method: &Method) -> &str {
    let known = [
        Method::GET,
        Method::HEAD,
        Method::POST,
        Method::PUT,
        Method::PATCH,
        Method::DELETE,
        Method::OPTIONS,
    ];
    match known.contains(method) {
        true => method.as_str(),
        false => "other",
    }
}

/// RFC 9113, section 8.3.1: HTTP/2 names the host in `:authority`, and `Host` may be missing.
fn name_host(parts: &mut Parts) {
    let authority = parts
        .uri
        .authority()
        .map(axum::http::uri::Authority::as_str);
    let host = authority.and_then(|authority| HeaderValue::from_str(authority).ok());
    if let Some(host) = host {
        parts.headers.entry(header::HOST).or_insert(host);
    }
}

/// What comes in, which the handler and this may read.
#[derive(Clone)]
struct Sent(Arc<Mutex<BodyDataStream>>);

impl Sent {
    fn new(body: Body) -> Self {
        Self(Arc::new(Mutex::new(body.into_data_stream())))
    }

    /// A body that ends with an error where nothing comes for so long, or where all of it comes
    /// slower than is worth waiting for.
    fn body(&self, patience: Duration) -> Body {
        let sent = self.clone();
        let pieces = stream::try_unfold((sent, patience), move |(sent, left)| async move {
            let began = Instant::now();
            let next = timeout(left.min(patience), async {
                sent.0.lock().await.next().await
            });
            let Some(piece) = next.await.map_err(BoxError::from)? else {
                return Ok(None);
            };
            let piece = piece.map_err(BoxError::from)?;
            let earned = Duration::from_secs(piece.len() as u64) / SLOWEST;
            let left = left.saturating_sub(began.elapsed()) + earned;
            Ok::<_, BoxError>(Some((piece, (sent, left))))
        });
        Body::from_stream(pieces)
    }

    /// Reads a while what nobody wants: a connection that ends while its client still sends takes
    /// the refusal along.
    async fn drain(&self) {
        let drained = timeout(FAREWELL, async {
            let (mut pieces, mut left) = (self.0.lock().await, MOST_UNWANTED);
            while let Some(Ok(piece)) = pieces.next().await {
                left = left.saturating_sub(piece.len());
                if left == 0 {
                    break;
                }
            }
        });
        let _ = drained.await;
    }
}

/// What the framework refuses by itself, it says as plain text.
fn in_our_form(response: Response) -> Response {
    let status = response.status();
    let kind = response.headers().get(header::CONTENT_TYPE);
    let is_plain = kind.is_none_or(|kind| kind.as_bytes().starts_with(b"text/plain"));
    if !is_plain || !(status.is_client_error() || status.is_server_error()) {
        return response;
    }
    match status {
        StatusCode::PRECONDITION_FAILED | StatusCode::RANGE_NOT_SATISFIABLE => response,
        StatusCode::PAYLOAD_TOO_LARGE => {
            let limit = MAX_JSON as u64;
            ApiError::TooLarge { limit }.into_response()
        }
        _ if status.is_client_error() => {
            let message = "The request can't be read";
            ApiError::invalid("invalid_request", message).into_response()
        }
        _ => ApiError::Internal("answered as plain text".to_owned()).into_response(),
    }
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
