//! What can go wrong on the way to a client, and how it is written down.

use std::{fmt, str::FromStr};

use serde::{Deserialize, Serialize};

/// One thing that goes wrong with one answer.
///
/// Every fault has a short text, the same for the command line, the `x-mock-fault` header and
/// serde: [`FromStr`] reads it and [`Display`](fmt::Display) writes it.
///
/// | text | what the client meets |
/// |---|---|
/// | `none` | an answer without a fault (to let some requests of a sequence pass) |
/// | `delay=MS` | nothing at all for so long, not even a status line |
/// | `cut=N` | N body bytes, then the connection is closed in good order |
/// | `reset=N` | N body bytes, then a TCP reset |
/// | `stall`, `stall=MS`, `…,after=N` | N body bytes, then silence: for ever, or for so long |
/// | `drip=N` | a body at N bytes a second |
/// | `corrupt=N` | the byte at offset N of the object flipped |
/// | `ignore-range` | 200 and everything, whatever range was asked for |
/// | `wrong-start`, `wrong-start=N` | a 206 that begins elsewhere, and says so |
/// | `wrong-total`, `wrong-total=N` | a 206 whose `Content-Range` names another total |
/// | `short=N` | a 206 of at most N bytes, and of a range that says so |
/// | `416` | `Range Not Satisfiable`, whatever range was asked for |
/// | `new-etag` | the object has another ETag from this request on |
/// | `endless` | a chunked body that never ends |
/// | `content-length=N` | a `Content-Length` of N above the same body, then the connection is closed |
/// | `gzip` | a gzip-encoded body that nobody asked for |
/// | `redirect=URL` | a 302 to exactly there |
/// | `redirect-https=HOST`, `redirect-http=HOST` | a 302 to the same path on that origin |
/// | `redirect-loop` | redirects without an end |
/// | `status=503`, `503`, `…,retry-after=2` | that status; `Retry-After` as seconds or as a date |
/// | `captive-portal` | 200 and the HTML of a login page |
/// | `malformed-json` | 200 and half a JSON document |
/// | `oversized-json`, `oversized-json=N` | 200 and valid JSON of N bytes (4 MiB) |
/// | `no-statement` | a check's answer from which the release statement was stripped |
/// | `old-statement` | the oldest release with its statement, as it was offered then |
/// | `other-statement` | the newest statement of another version than the answer's |
/// | `broken-statement` | a statement with a bit flipped in each signature |
/// | `expired-statement` | the newest statement of the folder that has expired |
/// | `statement=FILE` | what that file of the folder holds, as the statement |
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
#[non_exhaustive]
#[expect(missing_docs, reason = "each variant is a row of the table above")]
pub enum Fault {
    None,
    Delay {
        milliseconds: u64,
    },
    Cut {
        after: u64,
    },
    Reset {
        after: u64,
    },
    /// No `milliseconds`: for ever.
    Stall {
        milliseconds: Option<u64>,
        after: u64,
    },
    Drip {
        bytes_per_second: u64,
    },
    Corrupt {
        offset: u64,
    },
    IgnoreRange,
    /// No `start`: the middle of what the client has already.
    WrongStart {
        start: Option<u64>,
    },
    /// No `total`: one more than there is.
    WrongTotal {
        total: Option<u64>,
    },
    Short {
        bytes: u64,
    },
    RangeNotSatisfiable,
    NewEtag,
    Endless,
    ContentLength {
        bytes: u64,
    },
    Gzip,
    Redirect {
        url: String,
    },
    RedirectHttps {
        host: String,
    },
    RedirectHttp {
        host: String,
    },
    RedirectLoop,
    Status {
        status: u16,
        retry_after: Option<String>,
    },
    CaptivePortal,
    MalformedJson,
    OversizedJson {
        bytes: u64,
    },
    NoStatement,
    OldStatement,
    OtherStatement,
    BrokenStatement,
    ExpiredStatement,
    Statement {
        file: String,
    },
}

/// A text that names no fault.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{text}` is no fault: {reason}")]
#[non_exhaustive]
pub struct ParseFaultError {
    /// The text as it was given.
    pub text: String,
    /// What is wrong with it.
    pub reason: &'static str,
}

const OVERSIZED_JSON_BYTES: u64 = 4 << 20;

impl FromStr for Fault {
    type Err = ParseFaultError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        parse(text.trim()).map_err(|reason| ParseFaultError {
            text: text.to_owned(),
            reason,
        })
    }
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::None => f.write_str("none"),
            Self::Delay { milliseconds } => write!(f, "delay={milliseconds}"),
            Self::Cut { after } => write!(f, "cut={after}"),
            Self::Reset { after } => write!(f, "reset={after}"),
            Self::Stall {
                milliseconds,
                after,
            } => match milliseconds {
                Some(milliseconds) => write!(f, "stall={milliseconds},after={after}"),
                None => write!(f, "stall,after={after}"),
            },
            Self::Drip { bytes_per_second } => write!(f, "drip={bytes_per_second}"),
            Self::Corrupt { offset } => write!(f, "corrupt={offset}"),
            Self::IgnoreRange => f.write_str("ignore-range"),
            Self::WrongStart { start } => write_optional(f, "wrong-start", start.as_ref()),
            Self::WrongTotal { total } => write_optional(f, "wrong-total", total.as_ref()),
            Self::Short { bytes } => write!(f, "short={bytes}"),
            Self::RangeNotSatisfiable => f.write_str("416"),
            Self::NewEtag => f.write_str("new-etag"),
            Self::Endless => f.write_str("endless"),
            Self::ContentLength { bytes } => write!(f, "content-length={bytes}"),
            Self::Gzip => f.write_str("gzip"),
            Self::Redirect { url } => write!(f, "redirect={url}"),
            Self::RedirectHttps { host } => write!(f, "redirect-https={host}"),
            Self::RedirectHttp { host } => write!(f, "redirect-http={host}"),
            Self::RedirectLoop => f.write_str("redirect-loop"),
            Self::Status {
                status,
                retry_after,
            } => match retry_after {
                Some(retry_after) => write!(f, "status={status},retry-after={retry_after}"),
                None => write!(f, "status={status}"),
            },
            Self::CaptivePortal => f.write_str("captive-portal"),
            Self::MalformedJson => f.write_str("malformed-json"),
            Self::OversizedJson { bytes } => write!(f, "oversized-json={bytes}"),
            Self::NoStatement => f.write_str("no-statement"),
            Self::OldStatement => f.write_str("old-statement"),
            Self::OtherStatement => f.write_str("other-statement"),
            Self::BrokenStatement => f.write_str("broken-statement"),
            Self::ExpiredStatement => f.write_str("expired-statement"),
            Self::Statement { file } => write!(f, "statement={file}"),
        }
    }
}

impl TryFrom<String> for Fault {
    type Error = ParseFaultError;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        text.parse()
    }
}

impl From<Fault> for String {
    fn from(fault: Fault) -> Self {
        fault.to_string()
    }
}

fn write_optional(f: &mut fmt::Formatter<'_>, name: &str, value: Option<&u64>) -> fmt::Result {
    match value {
        Some(value) => write!(f, "{name}={value}"),
        None => f.write_str(name),
    }
}

fn parse(text: &str) -> Result<Fault, &'static str> {
    // A URL may hold a comma, so an option only counts where its name stands too.
    let (text, retry_after) = split_option(text, ",retry-after=");
    let (text, after) = split_option(text, ",after=");
    let (name, value) = match text.split_once('=') {
        Some((name, value)) => (name, Some(value)),
        None => (text, None),
    };
    let fault = match name {
        "stall" => Fault::Stall {
            milliseconds: match value {
                None | Some("forever") => None,
                Some(value) => Some(number(Some(value))?),
            },
            after: after.map_or(Ok(0), |after| number(Some(after)))?,
        },
        "status" => status(value.ok_or("a status is missing")?, retry_after)?,
        _ if name.bytes().all(|byte| byte.is_ascii_digit()) && value.is_none() => {
            match (name, retry_after) {
                ("416", None) => Fault::RangeNotSatisfiable,
                _ => status(name, retry_after)?,
            }
        }
        _ => match value {
            Some(value) => with_value(name, value)?,
            None => without_value(name)?,
        },
    };
    if after.is_some() && !matches!(fault, Fault::Stall { .. }) {
        return Err("only a stall takes `after`");
    }
    if retry_after.is_some() && !matches!(fault, Fault::Status { .. }) {
        return Err("only a status takes `retry-after`");
    }
    Ok(fault)
}

fn without_value(name: &str) -> Result<Fault, &'static str> {
    Ok(match name {
        "none" => Fault::None,
        "ignore-range" => Fault::IgnoreRange,
        "wrong-start" => Fault::WrongStart { start: None },
        "wrong-total" => Fault::WrongTotal { total: None },
        "new-etag" => Fault::NewEtag,
        "endless" => Fault::Endless,
        "gzip" => Fault::Gzip,
        "redirect-loop" => Fault::RedirectLoop,
        "captive-portal" => Fault::CaptivePortal,
        "malformed-json" => Fault::MalformedJson,
        "oversized-json" => Fault::OversizedJson {
            bytes: OVERSIZED_JSON_BYTES,
        },
        "no-statement" => Fault::NoStatement,
        "old-statement" => Fault::OldStatement,
        "other-statement" => Fault::OtherStatement,
        "broken-statement" => Fault::BrokenStatement,
        "expired-statement" => Fault::ExpiredStatement,
        "delay" | "cut" | "reset" | "drip" | "corrupt" | "short" | "content-length"
        | "redirect" | "redirect-https" | "redirect-http" | "statement" => {
            return Err("its value is missing");
        }
        _ => return Err("there is none of that name"),
    })
}

fn with_value(name: &str, value: &str) -> Result<Fault, &'static str> {
    let number = || number(Some(value));
    Ok(match name {
        "delay" => Fault::Delay {
            milliseconds: number()?,
        },
        "cut" => Fault::Cut { after: number()? },
        "reset" => Fault::Reset { after: number()? },
        "drip" => match number()? {
            0 => return Err("a rate of 0 is a `stall`"),
            bytes_per_second => Fault::Drip { bytes_per_second },
        },
        "corrupt" => Fault::Corrupt { offset: number()? },
        "wrong-start" => Fault::WrongStart {
            start: Some(number()?),
        },
        "wrong-total" => Fault::WrongTotal {
            total: Some(number()?),
        },
        "short" => match number()? {
            0 => return Err("a part has at least one byte"),
            bytes => Fault::Short { bytes },
        },
        "content-length" => Fault::ContentLength { bytes: number()? },
        "oversized-json" => Fault::OversizedJson { bytes: number()? },
        "redirect" => Fault::Redirect { url: value.into() },
        "redirect-https" => Fault::RedirectHttps { host: host(value) },
        "redirect-http" => Fault::RedirectHttp { host: host(value) },
        "statement" => Fault::Statement { file: value.into() },
        _ => return Err("there is none of that name that takes a value"),
    })
}

fn status(value: &str, retry_after: Option<&str>) -> Result<Fault, &'static str> {
    match value.parse() {
        Ok(status @ 200..=599) => Ok(Fault::Status {
            status,
            retry_after: retry_after.map(str::to_owned),
        }),
        _ => Err("a status is a number from 200 to 599"),
    }
}

fn number(value: Option<&str>) -> Result<u64, &'static str> {
    value
        .and_then(|value| value.parse().ok())
        .ok_or("its value is no number")
}

/// `https://host:1/` and `host:1` are the same host.
fn host(value: &str) -> String {
    let value = value
        .strip_prefix("https://")
        .or_else(|| value.strip_prefix("http://"))
        .unwrap_or(value);
    value.trim_end_matches('/').to_owned()
}

fn split_option<'a>(text: &'a str, name: &str) -> (&'a str, Option<&'a str>) {
    match text.split_once(name) {
        Some((before, value)) => (before, Some(value)),
        None => (text, None),
    }
}

#[cfg(test)]
mod tests;
