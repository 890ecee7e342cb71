//! What a device with Capgo's plugin tells of itself with each request.

use std::collections::HashMap;
use std::fmt;
use std::sync::Arc;

use axum::body::Bytes;
use axum::http::HeaderMap;
use semver::Version;
use serde_json::{Map, Value};
use uuid::Uuid;

use super::problem::Problem;
use crate::api::caller::must_be_device;
use crate::api::input;
use crate::catalogue::apps;
use crate::offers::AppOffers;
use crate::service::Shared;
use crate::service::releases::BUILTIN;

/// What a request holds.
pub(super) type Fields = Map<String, Value>;

const PLATFORMS: [&str; 3] = ["ios", "android", "electron"];

/// A device, with what it tells.
#[derive(Debug, Clone)]
pub(super) struct Device {
    pub(super) app: String,
    /// In lower case.
    pub(super) id: String,
    pub(super) platform: String,
    pub(super) custom_id: Option<String>,
    /// The bundle that runs; none is builtin.
    pub(super) running: Option<String>,
    /// The app's own version.
    pub(super) version_build: Option<String>,
    pub(super) plugin: Option<Version>,
    pub(super) is_emulator: bool,
    pub(super) is_prod: bool,
    pub(super) key_id: Option<String>,
    pub(super) default_channel: Option<String>,
}

impl Device {
    /// Reads what a device tells, each of its fields checked.
    pub(super) fn read(fields: &Fields) -> Result<Self, Flaw> {
        for name in ["version_os", "version_code"] {
            optional(fields, name, LONGEST)?;
        }
        optional(fields, "install_source", 64)?;
        let running = optional(fields, "version_name", LONGEST)?;
        Ok(Self {
            app: app_id(fields)?,
            id: device_id(fields)?,
            platform: platform(fields)?,
            custom_id: optional(fields, "custom_id", 36)?,
            running: running.filter(|version| version != BUILTIN),
            version_build: optional(fields, "version_build", LONGEST)?,
            plugin: plugin_version(fields)?,
            is_emulator: flag(fields, "is_emulator")?.unwrap_or(false),
            is_prod: flag(fields, "is_prod")?.unwrap_or(true),
            key_id: optional(fields, "key_id", 20)?,
            default_channel: optional(fields, "defaultChannel", LONGEST)?,
        })
    }

    /// The device's app, where the device may ask now.
    pub(super) fn app(
        &self,
        shared: &Shared,
        headers: &HeaderMap,
    ) -> Result<Arc<AppOffers>, Problem> {
        let offers = shared.offers.app(&self.app);
        let offers = offers.ok_or_else(Problem::unknown_app)?;
        must_be_device(&offers.app, headers)?;
        let turn = shared.limits.device(&self.app, &self.id);
        turn.map_err(|error| Problem::from(error).with("app_id", self.app.as_str()))?;
        Ok(offers)
    }

    /// Whether the plugin is of this minor version of its generation, or later. Several generations
    /// of it go on side by side.
    pub(super) fn has_plugin(&self, minor: u64) -> bool {
        let plugin = self.plugin.as_ref();
        plugin.is_some_and(|plugin| match plugin.major {
            ..5 => false,
            5..=8 => plugin.minor >= minor,
            9.. => true,
        })
    }
}

/// What is wrong with a field.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Flaw {
    Missing(&'static str),
    Invalid(&'static str),
}

impl fmt::Display for Flaw {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Missing(name) => write!(f, "Missing {name}"),
            Self::Invalid(name) => write!(f, "Invalid {name}"),
        }
    }
}

impl From<Flaw> for Problem {
    fn from(flaw: Flaw) -> Self {
        let code = match flaw {
            Flaw::Missing(name) => format!("missing_{name}"),
            Flaw::Invalid(name) => format!("invalid_{name}"),
        };
        Self::invalid(code, flaw.to_string())
    }
}

/// A body that is JSON.
pub(super) fn body(body: &Bytes) -> Result<Value, Problem> {
    serde_json::from_slice(body).map_err(|error| {
        let message = format!("The body can't be read: {error}");
        Problem::invalid("invalid_json_parse_body", message)
    })
}

/// A body that is a JSON object.
pub(super) fn object(bytes: &Bytes) -> Result<Fields, Problem> {
    match body(bytes)? {
        Value::Object(fields) => Ok(fields),
        _ => Err(Problem::invalid(
            "invalid_json_body",
            "The body isn't a JSON object",
        )),
    }
}

/// A query that holds what a body would.
pub(super) fn query(query: Option<&str>) -> Result<Fields, Problem> {
    let fields = input::query::<HashMap<String, String>>(query);
    let fields =
        fields.map_err(|error| Problem::invalid("invalid_query_parameters", error.to_string()))?;
    let fields = fields.into_iter();
    Ok(fields.map(|(name, value)| (name, value.into())).collect())
}

/// A text that has to be there.
pub(super) fn required(
    fields: &Fields,
    name: &'static str,
    longest: usize,
) -> Result<String, Flaw> {
    optional(fields, name, longest)?.ok_or(Flaw::Missing(name))
}

/// A text of at most so many bytes; none where it is empty.
pub(super) fn optional(
    fields: &Fields,
    name: &'static str,
    longest: usize,
) -> Result<Option<String>, Flaw> {
    let text = match fields.get(name) {
        None | Some(Value::Null) => return Ok(None),
        Some(Value::String(text)) => text.clone(),
        // A build number, say, that somebody's own client didn't put in quotes.
        Some(Value::Number(number)) => number.to_string(),
        Some(_) => return Err(Flaw::Invalid(name)),
    };
    if text.len() > longest || text.chars().any(char::is_control) {
        return Err(Flaw::Invalid(name));
    }
    Ok(Some(text).filter(|text| !text.is_empty()))
}

/// The longest text of a field that isn't limited otherwise, in bytes.
pub(super) const LONGEST: usize = 256;

fn flag(fields: &Fields, name: &'static str) -> Result<Option<bool>, Flaw> {
    match fields.get(name) {
        None | Some(Value::Null) => Ok(None),
        Some(Value::Bool(flag)) => Ok(Some(*flag)),
        // So it is in a query.
        Some(Value::String(text)) => match text.as_str() {
            "true" => Ok(Some(true)),
            "false" => Ok(Some(false)),
            _ => Err(Flaw::Invalid(name)),
        },
        Some(_) => Err(Flaw::Invalid(name)),
    }
}

/// As the stores have them: at least two parts, with dots between.
fn app_id(fields: &Fields) -> Result<String, Flaw> {
    const NAME: &str = "app_id";
    let id = required(fields, NAME, LONGEST)?;
    let mut parts = id.split('.');
    let first = parts.next().unwrap_or_default();
    let is_first = !first.is_empty() && first.bytes().all(|byte| byte.is_ascii_alphanumeric());
    let is_whole = id.contains('.') && parts.all(|part| !part.is_empty());
    match is_first && is_whole && apps::is_id(&id) {
        true => Ok(id),
        false => Err(Flaw::Invalid(NAME)),
    }
}

fn device_id(fields: &Fields) -> Result<String, Flaw> {
    const NAME: &str = "device_id";
    let id = required(fields, NAME, 36)?;
    match Uuid::parse_str(&id) {
        Ok(_) => Ok(id.to_ascii_lowercase()),
        Err(_) => Err(Flaw::Invalid(NAME)),
    }
}

fn platform(fields: &Fields) -> Result<String, Flaw> {
    const NAME: &str = "platform";
    let platform = required(fields, NAME, LONGEST)?;
    match PLATFORMS.contains(&platform.as_str()) {
        true => Ok(platform),
        false => Err(Flaw::Invalid(NAME)),
    }
}

/// Three numbers and nothing else.
fn plugin_version(fields: &Fields) -> Result<Option<Version>, Flaw> {
    const NAME: &str = "plugin_version";
    let Some(text) = optional(fields, NAME, LONGEST)? else {
        return Ok(None);
    };
    let version = Version::parse(&text).ok();
    let version = version.filter(|version| version.pre.is_empty() && version.build.is_empty());
    version.map(Some).ok_or(Flaw::Invalid(NAME))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn told(change: &Value) -> Result<Device, Flaw> {
        let mut fields = json!({
            "platform": "android",
            "device_id": "0B3F4C5E-8A5D-4D9F-9B9B-0C6D3E1F2A3B",
            "app_id": "com.example.app",
            "custom_id": "",
            "version_build": "1.0.0",
            "version_code": 7,
            "version_os": "16",
            "version_name": "builtin",
            "plugin_version": "8.51.23",
            "is_emulator": false,
            "is_prod": true,
            "install_source": "google_play",
            "defaultChannel": "",
        });
        let fields = fields.as_object_mut().unwrap();
        fields.extend(change.as_object().unwrap().clone());
        Device::read(fields)
    }

    #[test]
    fn what_the_plugin_sends_is_read() {
        let device = told(&json!({})).unwrap();
        assert_eq!(device.id, "0b3f4c5e-8a5d-4d9f-9b9b-0c6d3e1f2a3b");
        assert_eq!(device.running, None);
        assert_eq!(device.default_channel, None);
        assert!(device.is_prod && !device.is_emulator);
        let queried = told(&json!({ "is_prod": "false", "version_name": "1.2.3" })).unwrap();
        assert!(!queried.is_prod);
        assert_eq!(queried.running.as_deref(), Some("1.2.3"));
    }

    #[test]
    fn each_field_has_its_form() {
        for (field, values) in [
            (
                "app_id",
                vec!["app", ".app", "com.", "com..app", "co m.app", "1-a.b"],
            ),
            (
                "device_id",
                vec!["device", "0b3f4c5e8a5d4d9f9b9b0c6d3e1f2a3b00000"],
            ),
            ("platform", vec!["web", "iOS"]),
            ("plugin_version", vec!["8", "8.1", "8.1.0-rc.1", "latest"]),
            (
                "custom_id",
                vec!["0123456789012345678901234567890123456", "a\nb"],
            ),
            ("key_id", vec!["012345678901234567890"]),
            ("is_prod", vec!["yes"]),
        ] {
            for value in values {
                assert_eq!(
                    told(&json!({ field: value })).unwrap_err(),
                    Flaw::Invalid(field)
                );
            }
        }
        assert_eq!(
            told(&json!({ "install_source": "x".repeat(65) })).unwrap_err(),
            Flaw::Invalid("install_source")
        );
        assert_eq!(
            told(&json!({ "version_name": [] })).unwrap_err(),
            Flaw::Invalid("version_name")
        );
        for field in ["app_id", "device_id", "platform"] {
            assert_eq!(
                told(&json!({ field: null })).unwrap_err(),
                Flaw::Missing(field)
            );
        }
    }

    #[test]
    fn a_generation_of_the_plugin_has_its_own_minor_versions() {
        for (version, has) in [
            ("4.99.0", false),
            ("5.33.0", false),
            ("5.34.0", true),
            ("8.0.0", false),
            ("8.34.0", true),
            ("9.0.0", true),
        ] {
            let device = told(&json!({ "plugin_version": version })).unwrap();
            assert_eq!(device.has_plugin(34), has, "{version}");
        }
    }
}
