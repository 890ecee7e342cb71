//! What a check answers.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

/// A release as `GET /api/v1/updates/check` offers it.
///
/// Becomes JSON with `updateAvailable: true`; what isn't there is left out.
///
/// ```
/// use live_updater_wire::Release;
///
/// let release = Release {
///     version: "1.2.3".into(),
///     size: Some(42),
///     ..Release::default()
/// };
/// let answer: serde_json::Value = release.into();
/// assert_eq!(answer["updateAvailable"], true);
/// assert_eq!(answer["size"], 42);
/// ```
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
#[expect(missing_docs, reason = "the fields are those of the protocol")]
pub struct Release {
    pub version: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub min_app_version: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub max_app_version: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub release_notes: Option<String>,
    /// Absolute, or relative to the check's own URL.
    pub download_url: String,
    /// Base64.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub signature: Option<String>,
    /// SHA-256 in hex.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub checksum: Option<String>,
    /// Bytes of the zip.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub size: Option<u64>,
    pub mandatory: bool,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub mirrors: Vec<String>,
    /// Whatever else the answer is to hold.
    #[serde(flatten)]
    pub other: Map<String, Value>,
}

impl From<Release> for Value {
    fn from(release: Release) -> Self {
        let mut answer = json!(release);
        if let Some(fields) = answer.as_object_mut() {
            fields.insert("updateAvailable".into(), true.into());
        }
        answer
    }
}

/// The answer where there is nothing new.
#[must_use]
pub fn nothing() -> Value {
    json!({ "updateAvailable": false })
}
