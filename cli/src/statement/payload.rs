//! What a statement says.

use live_updater::StatementContent;
use serde::{Deserialize, Serialize};

use super::{BundleContent, Timestamp};

/// What a release statement binds. It is written in the order of the fields, and what isn't there
/// is left out.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Payload {
    pub(crate) app_id: String,
    pub(crate) channel: String,
    pub(crate) platforms: Vec<String>,
    /// None where nothing is installed and nobody said what is taken back.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) version: Option<String>,
    pub(crate) sequence: u64,
    pub(crate) issued_at: Timestamp,
    pub(crate) expires_at: Timestamp,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) min_app_version: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) max_app_version: Option<String>,
    pub(crate) action: Action,
    /// What is installed; none where nothing is.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) bundle: Option<BundleContent>,
    /// Ids of keys that don't count any more.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) revoked: Option<Vec<String>>,
}

// What devices read is what is shown, so theirs is the only reader.
impl From<StatementContent> for Payload {
    fn from(content: StatementContent) -> Self {
        Self {
            app_id: content.app_id,
            channel: content.channel,
            platforms: content.platforms,
            version: content.version,
            sequence: content.sequence,
            issued_at: content.issued_at.into(),
            expires_at: content.expires_at.into(),
            min_app_version: content.min_app_version,
            max_app_version: content.max_app_version,
            action: match content.bundle {
                Some(_) => Action::Install,
                None => Action::RollbackToBuiltin,
            },
            bundle: content.bundle.map(BundleContent::from),
            revoked: Some(content.revoked).filter(|revoked| !revoked.is_empty()),
        }
    }
}

/// What devices do.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) enum Action {
    /// Install the bundle.
    Install,
    /// Go back to the files in the app's package.
    RollbackToBuiltin,
}

impl Action {
    /// The name in statements.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Install => "install",
            Self::RollbackToBuiltin => "rollbackToBuiltin",
        }
    }
}
