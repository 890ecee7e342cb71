//! What Capgo's plugin is told where a request makes no sense, or comes too often.

use std::borrow::Cow;

use axum::Json;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde_json::{Map, Value, json};

use crate::api::answer::fresh;
use crate::clock;
use crate::error::ApiError;

/// A refusal of a whole request.
#[derive(Debug)]
pub(super) struct Problem {
    status: StatusCode,
    pub(super) code: Cow<'static, str>,
    pub(super) message: String,
    pub(super) more: Map<String, Value>,
    /// When to come again, in seconds.
    retry_after: Option<u64>,
}

impl Problem {
    /// What was sent makes no sense.
    pub(super) fn invalid(code: impl Into<Cow<'static, str>>, message: impl Into<String>) -> Self {
        Self {
            status: StatusCode::BAD_REQUEST,
            code: code.into(),
            message: message.into(),
            more: Map::new(),
            retry_after: None,
        }
    }

    /// The app isn't here: a client that hears this asks no more for a while.
    pub(super) fn unknown_app() -> Self {
        Self {
            status: StatusCode::TOO_MANY_REQUESTS,
            ..Self::invalid("on_premise_app", "This service doesn't know the app")
        }
    }

    /// With something that belongs to it.
    pub(super) fn with(mut self, name: &str, value: impl Into<Value>) -> Self {
        self.more.insert(name.to_owned(), value.into());
        self
    }

    /// The device asks too often.
    fn too_many(seconds: u64) -> Self {
        let wait = i64::try_from(seconds).unwrap_or(i64::MAX);
        let reset_at = clock::now().saturating_add(wait.saturating_mul(clock::SECOND));
        let problem = Self {
            status: StatusCode::TOO_MANY_REQUESTS,
            retry_after: Some(seconds),
            ..Self::invalid("too_many_requests", "The device asks too often")
        };
        problem
            .with("rateLimitResetAt", reset_at)
            .with("retryAfterSeconds", seconds)
    }
}

impl From<ApiError> for Problem {
    fn from(error: ApiError) -> Self {
        if let ApiError::RateLimited { seconds } = error {
            return Self::too_many(seconds);
        }
        error.log();
        Self {
            status: error.status(),
            ..Self::invalid(error.code(), error.to_string())
        }
    }
}

impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        let body = json!({ "error": self.code, "message": self.message, "moreInfo": self.more });
        let mut response = (self.status, Json(body)).into_response();
        let headers = response.headers_mut();
        headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
        if let Some(seconds) = self.retry_after {
            headers.insert(header::RETRY_AFTER, HeaderValue::from(seconds));
        }
        response
    }
}

/// An answer that says no: the client reads the reason where the status is 200.
pub(super) fn refusal(code: &str, message: &str) -> Response {
    fresh(json!({ "error": code, "message": message }))
}
