//! What a device reports.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

/// A report on an update, as `POST /api/v1/updates/confirm` took it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
#[expect(missing_docs, reason = "the fields are those of the protocol")]
pub struct Confirmation {
    pub app_id: String,
    pub version: String,
    pub platform: String,
    pub success: bool,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub device_id: Option<String>,
    /// Names the report; a repeat has the same.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub id: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    /// Whatever else the report holds.
    #[serde(flatten)]
    pub other: Map<String, Value>,
}
