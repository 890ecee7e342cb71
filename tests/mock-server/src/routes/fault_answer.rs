//! Faults that take the place of an answer, and those that change one.

use std::time::Duration;

use axum::{
    body::Body,
    http::{HeaderValue, Response, StatusCode, Uri, header},
    response::{Html, IntoResponse},
};

use super::{LOOP_PATH, error};
use crate::{
    Fault, body,
    wire::{Delivery, Ending, Stall},
};

/// The answer that a fault gives by itself; no endpoint sees the request then.
pub(super) fn instead(fault: &Fault, uri: &Uri) -> Option<Response<Body>> {
    Some(match fault {
        Fault::Redirect { url } => redirect(url),
        Fault::RedirectHttps { host } => redirect(&format!("https://{host}{uri}")),
        Fault::RedirectHttp { host } => redirect(&format!("http://{host}{uri}")),
        Fault::RedirectLoop => redirect(&format!("{LOOP_PATH}/1")),
        Fault::Status {
            status,
            retry_after,
        } => failed(*status, retry_after.as_deref()),
        Fault::CaptivePortal => Html(
            "<!DOCTYPE html><html><head><title>Welcome to our Wi-Fi</title></head>\
             <body><form action=\"/login\"><button>Accept and go on</button></form></body></html>",
        )
        .into_response(),
        Fault::MalformedJson => json(r#"{"updateAvailable": true, "version": "1.0"#.into()),
        Fault::OversizedJson { bytes } => json(oversized(*bytes)),
        _ => return None,
    })
}

/// Changes the bytes of an answer.
pub(super) fn change(fault: &Fault, response: Response<Body>) -> Response<Body> {
    match fault {
        Fault::Corrupt { offset } => {
            let start = part_start(&response);
            body::corrupted(response, start, *offset)
        }
        Fault::Gzip => body::gzipped(response),
        Fault::Endless => body::endless(response),
        _ => response,
    }
}

/// Changes the way in which an answer goes out. `length` is that of its body.
pub(super) fn obstruct(fault: &Fault, length: Option<u64>, delivery: &mut Delivery) {
    match fault {
        Fault::Delay { milliseconds } => delivery.delay += Duration::from_millis(*milliseconds),
        Fault::Cut { after } => delivery.ending = Some((*after, Ending::Close)),
        Fault::Reset { after } => delivery.ending = Some((*after, Ending::Reset)),
        Fault::Stall {
            milliseconds,
            after,
        } => {
            delivery.stall = Some(Stall {
                after: *after,
                length: milliseconds.map(Duration::from_millis),
            });
        }
        Fault::Drip { bytes_per_second } => delivery.bytes_per_second = Some(*bytes_per_second),
        Fault::ContentLength { bytes } => {
            delivery.declared_length = Some(*bytes);
            delivery.ending = length.map(|length| (length, Ending::Close));
        }
        _ => {}
    }
}

fn redirect(url: &str) -> Response<Body> {
    match HeaderValue::from_str(url) {
        Ok(url) => (StatusCode::FOUND, [(header::LOCATION, url)]).into_response(),
        Err(_) => error(StatusCode::BAD_REQUEST, "the redirect's URL can't be sent"),
    }
}

fn failed(status: u16, retry_after: Option<&str>) -> Response<Body> {
    let Ok(status) = StatusCode::from_u16(status) else {
        return error(StatusCode::BAD_REQUEST, "there is no such status");
    };
    let mut response = error(status, status.canonical_reason().unwrap_or("failed"));
    if let Some(retry_after) = retry_after.and_then(|value| HeaderValue::from_str(value).ok()) {
        response
            .headers_mut()
            .insert(header::RETRY_AFTER, retry_after);
    }
    response
}

fn json(body: String) -> Response<Body> {
    ([(header::CONTENT_TYPE, "application/json")], body).into_response()
}

/// A release that could be read, if it weren't for its notes.
fn oversized(bytes: u64) -> String {
    let head = r#"{"updateAvailable": false, "releaseNotes": ""#;
    let tail = r#""}"#;
    let notes = (bytes as usize).saturating_sub(head.len() + tail.len());
    format!("{head}{}{tail}", "x".repeat(notes))
}

/// Where the body of an answer begins in its object.
fn part_start(response: &Response<Body>) -> u64 {
    let range = response.headers().get(header::CONTENT_RANGE);
    range
        .and_then(|range| range.to_str().ok()?.strip_prefix("bytes ")?.split_once('-'))
        .and_then(|(start, _)| start.parse().ok())
        .unwrap_or(0)
}
