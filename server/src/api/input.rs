//! What requests say.

use std::fmt;
use std::marker::PhantomData;

use axum::body::Bytes;
use serde::de::value::MapAccessDeserializer;
use serde::de::{DeserializeOwned, MapAccess, Visitor};
use serde::{Deserialize, Deserializer};

use crate::error::ApiError;

/// The longest text that names something.
const LONGEST_NAME: usize = 256;

/// A body that is a JSON object.
pub(crate) fn json<T: DeserializeOwned>(body: &Bytes) -> Result<T, ApiError> {
    let read = serde_json::from_slice(body).map(|Object(read)| read);
    read.map_err(|error| {
        ApiError::invalid(
            "invalid_json_parse_body",
            format!("The body can't be read: {error}"),
        )
    })
}

/// A body that is a JSON object, or none, which says nothing.
pub(crate) fn json_or_nothing<T: DeserializeOwned + Default>(body: &Bytes) -> Result<T, ApiError> {
    match body.is_empty() {
        true => Ok(T::default()),
        false => json(body),
    }
}

/// What Capgo's documents tell of as a query and show as a body: either will do.
pub(crate) fn json_or_query<T: DeserializeOwned>(
    body: &Bytes,
    asked: Option<&str>,
) -> Result<T, ApiError> {
    match body.is_empty() {
        true => query(asked),
        false => json(body),
    }
}

/// What is an object: serde alone takes an array for a struct as well, its items for the fields in
/// their order.
#[derive(Debug)]
pub(crate) struct Object<T>(pub(crate) T);

impl<'de, T: Deserialize<'de>> Deserialize<'de> for Object<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_map(ObjectVisitor(PhantomData))
    }
}

struct ObjectVisitor<T>(PhantomData<T>);

impl<'de, T: Deserialize<'de>> Visitor<'de> for ObjectVisitor<T> {
    type Value = Object<T>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<Self::Value, A::Error> {
        T::deserialize(MapAccessDeserializer::new(map)).map(Object)
    }
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
