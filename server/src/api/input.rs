//! What requests say.

use axum::body::Bytes;
use serde::de::{DeserializeOwned, Error as _};
use serde::{Deserialize as _, Deserializer};
use serde_json::{Map, Value};

use crate::error::ApiError;

/// The longest text that names something.
const LONGEST_NAME: usize = 256;

/// A body that is a JSON object.
pub(crate) fn json<T: DeserializeOwned>(body: &Bytes) -> Result<T, ApiError> {
    let unreadable = |reason: &dyn std::fmt::Display| {
        let message = format!("The body can't be read: {reason}");
        ApiError::invalid("invalid_json_parse_body", message)
    };
    // Serde takes an array for a struct, its items for the fields in their order.
    if body.trim_ascii_start().first() == Some(&b'[') {
        return Err(unreadable(&"it has to be an object"));
    }
    serde_json::from_slice(body).map_err(|error| unreadable(&error))
}

/// A field that is an object, or nothing: serde takes an array for a struct there as well.
pub(crate) fn object<'de, D, T>(deserializer: D) -> Result<Option<T>, D::Error>
where
    D: Deserializer<'de>,
    T: DeserializeOwned,
{
    let found = Option::<Map<String, Value>>::deserialize(deserializer)?;
    let read = found.map(|fields| serde_json::from_value(Value::Object(fields)));
    read.transpose().map_err(D::Error::custom)
}

/// A query.
pub(crate) fn query<T: DeserializeOwned>(query: Option<&str>) -> Result<T, ApiError> {
    serde_urlencoded::from_str(query.unwrap_or_default()).map_err(|error| {
        ApiError::invalid("invalid_query", format!("The query can't be read: {error}"))
    })
}

/// A text that has to be there, and to be of reasonable length.
pub(crate) fn required<'a>(
    value: Option<&'a str>,
    code: &'static str,
    name: &str,
) -> Result<&'a str, ApiError> {
    match value {
        None | Some("") => Err(ApiError::invalid(code, format!("Missing {name}"))),
        Some(text) => optional(text).map(|()| text),
    }
}

/// A text that may be empty, and has to be of reasonable length.
pub(crate) fn optional(text: &str) -> Result<(), ApiError> {
    // No name has control characters, and PostgreSQL doesn't take NUL.
    if text.len() <= LONGEST_NAME && !text.chars().any(char::is_control) {
        return Ok(());
    }
    let message = format!("A name has to be at most {LONGEST_NAME} bytes of plain text");
    Err(ApiError::invalid("invalid_text", message))
}
