//! Why a request gets no answer of the kind that it asked for.

use axum::Json;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde_json::json;

use crate::database::DatabaseError;

/// How many seconds to wait for a store or database that isn't there.
const SOON: u64 = 5;

/// A refusal, or a failure of ours.
#[derive(Debug, thiserror::Error)]
pub(crate) enum ApiError {
    /// No key, or none that is known.
    #[error("An API key is needed: send it as the header authorization")]
    Unauthorized,
    #[error("Insufficient permissions to manage {0}")]
    Forbidden(&'static str),
    #[error("{0} not found")]
    NotFound(&'static str),
    #[error("{0} isn't for this endpoint")]
    MethodNotAllowed(axum::http::Method),
    #[error("{message}")]
    Invalid { code: &'static str, message: String },
    /// What is there contradicts it.
    #[error("{message}")]
    Conflict { code: &'static str, message: String },
    #[error("The body is larger than {limit} bytes")]
    TooLarge { limit: u64 },
    #[error("The body stood still for too long")]
    TooSlow,
    #[error("Too many requests: try again in {seconds} s")]
    RateLimited { seconds: u64 },
    /// A bundle's file could not be kept, read or removed.
    #[error("{action}")]
    Storage {
        action: &'static str,
        #[source]
        source: std::io::Error,
    },
    #[error("The database can't be used")]
    Database(#[source] DatabaseError),
    #[error("Internal error")]
    Internal(String),
}

impl ApiError {
    /// What was sent makes no sense.
    pub(crate) fn invalid(code: &'static str, message: impl Into<String>) -> Self {
        let message = message.into();
        Self::Invalid { code, message }
    }

    pub(crate) fn conflict(code: &'static str, message: impl Into<String>) -> Self {
        let message = message.into();
        Self::Conflict { code, message }
    }

    /// Names the error for programs; it doesn't change.
    pub(crate) fn code(&self) -> &'static str {
        match self {
            Self::Unauthorized => "unauthorized",
            Self::Forbidden(_) => "forbidden",
            Self::NotFound(_) => "not_found",
            Self::MethodNotAllowed(_) => "method_not_allowed",
            Self::Invalid { code, .. } | Self::Conflict { code, .. } => code,
            Self::TooLarge { .. } => "too_large",
            Self::TooSlow => "too_slow",
            Self::RateLimited { .. } => "rate_limited",
            Self::Storage { .. } => "storage",
            Self::Database(_) => "database",
            Self::Internal(_) => "internal",
        }
    }

    pub(crate) fn status(&self) -> StatusCode {
        match self {
            Self::Unauthorized => StatusCode::UNAUTHORIZED,
            Self::Forbidden(_) => StatusCode::FORBIDDEN,
            Self::NotFound(_) => StatusCode::NOT_FOUND,
            Self::MethodNotAllowed(_) => StatusCode::METHOD_NOT_ALLOWED,
            Self::Invalid { .. } => StatusCode::BAD_REQUEST,
            Self::Conflict { .. } => StatusCode::CONFLICT,
            Self::TooLarge { .. } => StatusCode::PAYLOAD_TOO_LARGE,
            Self::TooSlow => StatusCode::REQUEST_TIMEOUT,
            Self::RateLimited { .. } => StatusCode::TOO_MANY_REQUESTS,
            Self::Storage { source, .. } if is_full(source) => StatusCode::INSUFFICIENT_STORAGE,
            Self::Storage { source, .. } if is_unreachable(source) => {
                StatusCode::SERVICE_UNAVAILABLE
            }
            Self::Database(error) if error.is_full() => StatusCode::INSUFFICIENT_STORAGE,
            Self::Database(error) if error.is_unreachable() => StatusCode::SERVICE_UNAVAILABLE,
            Self::Storage { .. } | Self::Database(_) | Self::Internal(_) => {
                StatusCode::INTERNAL_SERVER_ERROR
            }
        }
    }
}

impl From<DatabaseError> for ApiError {
    fn from(error: DatabaseError) -> Self {
        match error {
            DatabaseError::Nul => Self::invalid("invalid_text", "A text holds NUL"),
            other => Self::Database(other),
        }
    }
}

impl ApiError {
    /// Tells a failure of ours to the one who runs the service, and not to the one who asks.
    pub(crate) fn log(&self) {
        if !self.status().is_server_error() {
            return;
        }
        match self {
            Self::Storage { action, source } => tracing::error!(%source, "{action}"),
            Self::Database(source) => tracing::error!(%source, "the database failed"),
            other => tracing::error!(?other, "a request failed"),
        }
    }
}

impl IntoResponse for ApiError {
    fn into_response(self) -> Response {
        let status = self.status();
        self.log();
        let body = json!({ "error": self.to_string(), "status": "KO", "code": self.code() });
        let mut response = (status, Json(body)).into_response();
        let headers = response.headers_mut();
        headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
        match self {
            _ if status == StatusCode::SERVICE_UNAVAILABLE => {
                headers.insert(header::RETRY_AFTER, HeaderValue::from(SOON));
            }
            Self::RateLimited { seconds } => {
                headers.insert(header::RETRY_AFTER, HeaderValue::from(seconds));
            }
            Self::Unauthorized => {
                let scheme = HeaderValue::from_static("Bearer");
                headers.insert(header::WWW_AUTHENTICATE, scheme);
            }
            _ => {}
        }
        response
    }
}

/// A store on another machine that isn't there now.
fn is_unreachable(error: &std::io::Error) -> bool {
    use std::io::ErrorKind;
    matches!(error.kind(), ErrorKind::NotConnected | ErrorKind::TimedOut)
}

fn is_full(error: &std::io::Error) -> bool {
    use std::io::ErrorKind;
    matches!(
        error.kind(),
        ErrorKind::StorageFull | ErrorKind::QuotaExceeded
    )
}
