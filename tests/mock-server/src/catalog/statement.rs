//! Release statements beside the bundles.
//!
//! What they bind is read to offer them to the right clients. Nothing is verified: that is what
//! the clients are tested for.

use std::path::Path;

use base64::{
    Engine as _,
    engine::general_purpose::{STANDARD_NO_PAD, URL_SAFE_NO_PAD},
};
use serde::{Deserialize, Deserializer, de::Error as _};
use serde_json::Value;
use time::{OffsetDateTime, format_description::well_known::Rfc3339};

use super::{Asked, Bundle, CatalogError, parse_json, read_text};

const SUFFIX: &str = ".statement.json";
/// The highest number that every JSON reader has exactly.
const MAX_SEQUENCE: u64 = (1 << 53) - 1;

/// A file `NAME.statement.json` or `NAME.LABEL.statement.json`.
#[derive(Clone, Debug)]
pub(crate) struct Statement {
    name: String,
    pub(crate) envelope: Value,
    payload: Payload,
}

/// What clients would read, as far as it matters here.
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Payload {
    app_id: String,
    channel: String,
    /// None is for nobody.
    #[serde(default)]
    platforms: Option<Vec<String>>,
    /// Of a way back, nobody reads it.
    #[serde(default)]
    version: Value,
    #[serde(deserialize_with = "whole_number")]
    sequence: u64,
    #[serde(deserialize_with = "time::serde::rfc3339::deserialize")]
    expires_at: OffsetDateTime,
    action: String,
}

impl Statement {
    /// The statement at `path`. A file that isn't called like one is none.
    pub(super) fn read(path: &Path) -> Result<Option<Self>, CatalogError> {
        let name = path.file_name().and_then(|name| name.to_str());
        let Some(name) = name.filter(|name| name.ends_with(SUFFIX) && !name.starts_with('.'))
        else {
            return Ok(None);
        };
        // It may have been deleted meanwhile.
        let Some(text) = read_text(path)? else {
            return Ok(None);
        };
        let envelope: Value = parse_json(path, &text)?;
        let payload = payload(&envelope).ok_or_else(|| CatalogError::NoEnvelope {
            path: path.to_owned(),
        })?;
        Ok(Some(Self {
            name: name.to_owned(),
            payload: parse_json(path, &payload)?,
            envelope,
        }))
    }

    pub(crate) fn version(&self) -> Option<&str> {
        self.payload.version.as_str()
    }

    pub(crate) fn sequence(&self) -> u64 {
        self.payload.sequence
    }

    pub(crate) fn is_for(&self, asked: &Asked<'_>) -> bool {
        let mut platforms = self.platforms().iter();
        self.is_on_channel(asked) && platforms.any(|platform| platform == asked.platform)
    }

    /// Whether it is for the client's app and channel, on whatever platform.
    pub(crate) fn is_on_channel(&self, asked: &Asked<'_>) -> bool {
        self.payload.app_id == asked.app_id && self.payload.channel == asked.channel
    }

    pub(crate) fn platforms(&self) -> &[String] {
        self.payload.platforms.as_deref().unwrap_or_default()
    }

    pub(crate) fn has_expired(&self) -> bool {
        self.payload.expires_at <= OffsetDateTime::now_utc()
    }

    /// Whether it takes clients back to what came with the app, so that it has no bundle.
    pub(crate) fn is_rollback(&self) -> bool {
        self.payload.action == "rollbackToBuiltin"
    }

    /// The bundle that it lies beside.
    pub(crate) fn bundle<'a>(&self, bundles: &'a [Bundle]) -> Option<&'a Bundle> {
        bundles.iter().find(|bundle| {
            let rest = self.name.strip_prefix(bundle.stem());
            let label = rest.and_then(|rest| rest.strip_suffix(SUFFIX));
            label.is_some_and(|label| label.is_empty() || is_label(label))
        })
    }

    /// What people are shown.
    pub(crate) fn describe(&self) -> String {
        let Payload {
            app_id,
            channel,
            sequence,
            expires_at,
            ..
        } = &self.payload;
        let until = expires_at.format(&Rfc3339).unwrap_or_default();
        let what = match self.is_rollback() {
            true => "back to builtin",
            false => self.version().unwrap_or("no version"),
        };
        format!("{what} (sequence {sequence}, {app_id}, {channel}, until {until})")
    }
}

fn is_label(text: &str) -> bool {
    text.strip_prefix('.')
        .is_some_and(|label| !label.is_empty() && !label.contains('.'))
}

/// DSSE v1: the payload may be in either alphabet of base64. Clients take it without padding, and
/// with white space, too.
fn payload(envelope: &Value) -> Option<String> {
    let text = envelope.get("payload")?.as_str()?;
    let is_content = |character: &char| !character.is_ascii_whitespace() && *character != '=';
    let text: String = text.chars().filter(is_content).collect();
    let bytes = STANDARD_NO_PAD.decode(&text);
    let bytes = bytes.or_else(|_| URL_SAFE_NO_PAD.decode(&text));
    String::from_utf8(bytes.ok()?).ok()
}

/// A number as docs/statements.md has it: `5.0` is 5.
fn whole_number<'de, D: Deserializer<'de>>(deserializer: D) -> Result<u64, D::Error> {
    let number = serde_json::Number::deserialize(deserializer)?;
    let from_float = || {
        let number = number.as_f64()?;
        (number.fract() == 0.0 && number >= 0.0).then_some(number as u64)
    };
    let whole = number.as_u64().or_else(from_float);
    whole
        .filter(|number| *number <= MAX_SEQUENCE)
        .ok_or_else(|| D::Error::custom(format!("{number} is no sequence")))
}
