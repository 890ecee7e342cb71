//! What Capgo's servers say where they don't do what was asked.

use std::fmt;
use std::time::{Duration, SystemTime};

use serde_json::{Map, Value};

use crate::error::Error;
use crate::transport::response::SmallResponse;
use crate::transport::rules::display_url;

/// The longest code or message of a server that is passed on, in characters.
const MOST_CHARACTERS: usize = 200;

/// The longest that these servers may ask to be left alone.
const LONGEST_WISH: Duration = Duration::from_secs(24 * 60 * 60);

/// Why a server doesn't do what was asked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Complaint {
    /// Its own code: it stays visible in whatever this becomes.
    pub(crate) code: String,
    message: String,
    /// What it is, in an answer to a check.
    pub(crate) kind: Option<String>,
}

impl fmt::Display for Complaint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (self.code.as_str(), self.message.as_str()) {
            ("", "") => f.write_str("no reason given"),
            (code, "") => f.write_str(code),
            ("", message) => f.write_str(message),
            (code, message) => write!(f, "{code}: {message}"),
        }
    }
}

/// The complaint in an answer, where it is one.
pub(crate) fn complaint(answer: &Map<String, Value>) -> Option<Complaint> {
    let text = |key: &str| match answer.get(key) {
        None | Some(Value::Null) => None,
        Some(Value::String(text)) if text.is_empty() => None,
        Some(Value::String(text)) => Some(printable(text)),
        Some(_) => Some(String::new()),
    };
    let (code, kind) = (text("error"), text("kind"));
    if code.is_none() && kind.is_none() {
        return None;
    }
    Some(Complaint {
        code: code.unwrap_or_default(),
        message: text("message").unwrap_or_default(),
        kind,
    })
}

/// What a status that is no success means, told as the server tells it in the body.
pub(crate) fn refused(failure: Error, response: &SmallResponse, now: SystemTime) -> Error {
    let Ok(Value::Object(answer)) = serde_json::from_slice(&response.body) else {
        return failure;
    };
    match failure {
        Error::RateLimited { retry_after } => {
            let wish = retry_after.or_else(|| wish(&answer, now));
            tracing::warn!(why = %complaint(&answer).map(|it| it.to_string()).unwrap_or_default(), "asked to wait");
            Error::RateLimited {
                retry_after: wish.map(|wish| wish.min(LONGEST_WISH)),
            }
        }
        Error::HttpStatus { status: 400, .. } => match complaint(&answer) {
            Some(complaint) => Error::Refused {
                url: display_url(&response.url),
                problem: complaint.to_string(),
            },
            None => failure,
        },
        failure => failure,
    }
}

/// How long to wait, where the body says it: in seconds, or until a time in milliseconds.
fn wish(answer: &Map<String, Value>, now: SystemTime) -> Option<Duration> {
    let more = answer.get("moreInfo")?;
    let number = |key: &str| {
        let number = more.get(key)?.as_f64()?;
        Duration::try_from_secs_f64(number).ok()
    };
    number("retryAfterSeconds").or_else(|| {
        let until = number("rateLimitResetAt")? / 1000;
        let now = now.duration_since(SystemTime::UNIX_EPOCH).ok()?;
        until.checked_sub(now)
    })
}

fn printable(text: &str) -> String {
    text.chars()
        .filter(|character| !character.is_control())
        .take(MOST_CHARACTERS)
        .collect()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    const NOW: Duration = Duration::from_secs(1_800_000_000);

    fn told(failure: Error, body: &Value) -> Error {
        let response = SmallResponse {
            status: 429,
            url: "https://updates.example/updates?a=secret".parse().unwrap(),
            headers: Vec::new(),
            body: body.to_string().into_bytes(),
        };
        refused(failure, &response, SystemTime::UNIX_EPOCH + NOW)
    }

    fn wait(header: Option<u64>, body: &Value) -> Option<u64> {
        let retry_after = header.map(Duration::from_secs);
        let told = told(Error::RateLimited { retry_after }, body);
        assert_eq!(told.code(), "rate_limited");
        told.retry_after().map(|wait| wait.as_secs())
    }

    #[test]
    fn the_header_tells_how_long_to_wait_then_the_seconds_then_the_time() {
        let reset_at = (NOW.as_secs() + 300) * 1000;
        let body = |more: Value| json!({"error": "too_many_requests", "moreInfo": more});
        let both = body(json!({"retryAfterSeconds": 60, "rateLimitResetAt": reset_at}));
        assert_eq!(wait(Some(5), &both), Some(5));
        assert_eq!(wait(None, &both), Some(60));
        let time = body(json!({"rateLimitResetAt": reset_at}));
        assert_eq!(wait(None, &time), Some(300));
        assert_eq!(wait(None, &body(json!({}))), None);
        assert_eq!(wait(None, &json!({"error": "on_premise_app"})), None);
        for odd in [json!(-5), json!("soon"), json!(null), json!(1e300)] {
            let odd = body(json!({"retryAfterSeconds": odd}));
            assert_eq!(wait(None, &odd), None, "{odd}");
        }
        let past = body(json!({"rateLimitResetAt": 5}));
        assert_eq!(wait(None, &past), None);
    }

    #[test]
    fn a_day_is_the_longest() {
        let body = json!({"moreInfo": {"retryAfterSeconds": 1_000_000}});
        assert_eq!(wait(None, &body), Some(24 * 60 * 60));
        assert_eq!(wait(Some(1_000_000), &body), Some(24 * 60 * 60));
    }

    #[test]
    fn a_bad_request_is_told_with_the_servers_code() {
        let status = |status| Error::HttpStatus {
            url: String::new(),
            status,
            retry_after: None,
        };
        let body = json!({"error": "invalid_json_parse_body", "message": "no\n\u{7} app"});
        let error = told(status(400), &body);
        assert_eq!(error.code(), "protocol");
        let text = error.to_string();
        assert!(text.contains("invalid_json_parse_body: no app"), "{text}");
        assert!(!text.contains("secret"), "{text}");
        assert_eq!(told(status(400), &json!({})).code(), "http_status");
        assert_eq!(told(status(403), &body).code(), "http_status");
    }
}
