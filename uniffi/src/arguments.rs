//! What a page gave along with a call, as it crosses.

use serde_json::{Map, Value};

use crate::answer::DownloadFrom;
use crate::error::UpdaterError;

/// The arguments of a page's call, of whatever types they are. What is of the wrong type is never
/// passed over: it is `invalid_request`, and the message names it.
#[derive(Debug, Clone, PartialEq, Eq, uniffi::Record)]
pub struct CallArguments {
    /// A JSON object. What is `null` counts as left out.
    pub json: String,
}

#[uniffi::export]
impl CallArguments {
    /// A text that the call can't do without.
    pub fn text(&self, name: &str) -> Result<String, UpdaterError> {
        required(name, text(&self.read()?, name)?)
    }

    /// A text that may be left out.
    pub fn optional_text(&self, name: &str) -> Result<Option<String>, UpdaterError> {
        text(&self.read()?, name)
    }

    /// A yes or a no; no where it is left out.
    pub fn flag(&self, name: &str) -> Result<bool, UpdaterError> {
        match given(&self.read()?, name) {
            None => Ok(false),
            Some(Value::Bool(flag)) => Ok(*flag),
            Some(other) => Err(wrong_type(name, "a boolean", other)),
        }
    }

    /// The bundle that a `download` names; nothing where it names none, and means the release that
    /// the server offered last.
    pub fn download_from(&self) -> Result<Option<DownloadFrom>, UpdaterError> {
        let values = self.read()?;
        let parts = ["url", "version", "checksum", "signature", "size", "release"];
        if parts.iter().all(|part| given(&values, part).is_none()) {
            return Ok(None);
        }
        let release = envelope(&values, "release")?;
        // A statement tells all but the address.
        let or_stated = |part: &str, value: Option<String>| match &release {
            Some(_) => Ok(value.unwrap_or_default()),
            None => required(part, value),
        };
        Ok(Some(DownloadFrom {
            url: required("url", text(&values, "url")?)?,
            version: or_stated("version", text(&values, "version")?)?,
            checksum: or_stated("checksum", text(&values, "checksum")?)?,
            signature: text(&values, "signature")?,
            size: bytes(&values, "size")?,
            release,
        }))
    }
}

impl CallArguments {
    fn read(&self) -> Result<Map<String, Value>, UpdaterError> {
        serde_json::from_str(&self.json)
            .map_err(|_| UpdaterError::invalid_request("the arguments are no JSON object"))
    }
}

fn given<'a>(values: &'a Map<String, Value>, name: &str) -> Option<&'a Value> {
    values.get(name).filter(|value| !value.is_null())
}

fn required(name: &str, value: Option<String>) -> Result<String, UpdaterError> {
    value.ok_or_else(|| UpdaterError::invalid_request(format!("{name} is missing")))
}

fn text(values: &Map<String, Value>, name: &str) -> Result<Option<String>, UpdaterError> {
    match given(values, name) {
        None => Ok(None),
        Some(Value::String(text)) => Ok(Some(text.clone())),
        Some(other) => Err(wrong_type(name, "a string", other)),
    }
}

/// A release statement's envelope: an object, or its text.
fn envelope(values: &Map<String, Value>, name: &str) -> Result<Option<String>, UpdaterError> {
    match given(values, name) {
        None => Ok(None),
        Some(Value::String(text)) => Ok(Some(text.clone())),
        Some(object @ Value::Object(_)) => Ok(Some(object.to_string())),
        Some(other) => Err(wrong_type(name, "an object", other)),
    }
}

fn bytes(values: &Map<String, Value>, name: &str) -> Result<Option<i64>, UpdaterError> {
    let Some(value) = given(values, name) else {
        return Ok(None);
    };
    let Value::Number(number) = value else {
        return Err(wrong_type(name, "a number", value));
    };
    // JavaScript has one kind of numbers, and what passes them on may write 5 as 5.0.
    let whole = number.as_i64().or_else(|| whole(number.as_f64()?));
    let whole = whole.filter(|whole| *whole >= 0);
    whole.map(Some).ok_or_else(|| {
        UpdaterError::invalid_request(format!("{name} must be a whole number of bytes: {number}"))
    })
}

#[expect(clippy::cast_possible_truncation, reason = "whole, and small enough")]
fn whole(number: f64) -> Option<i64> {
    /// From here on, not every whole number is a `f64`.
    const END: f64 = (1_i64 << 53) as f64;
    let is_whole = number.fract() == 0.0 && (0.0..END).contains(&number);
    is_whole.then_some(number as i64)
}

/// The value isn't told: it may be somebody's secret.
fn wrong_type(name: &str, wanted: &str, value: &Value) -> UpdaterError {
    let kind = match value {
        Value::Null => "null",
        Value::Bool(_) => "a boolean",
        Value::Number(_) => "a number",
        Value::String(_) => "a string",
        Value::Array(_) => "an array",
        Value::Object(_) => "an object",
    };
    UpdaterError::invalid_request(format!("{name} must be {wanted}, and is {kind}"))
}
