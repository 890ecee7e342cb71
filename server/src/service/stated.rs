//! Release statements that are sent here. Devices verify them: the service has no keys, and only
//! refuses what no device of the channel could take.

use live_updater::{StatementContent, read_statement};
use serde_json::Value;

use crate::catalogue::bundles::BundleRecord;
use crate::catalogue::channels::ChannelRecord;
use crate::error::ApiError;

/// Devices refuse what lies further above what they know.
const MAX_JUMP: u64 = 1_000_000;

/// A statement that can be read.
#[derive(Debug)]
pub(crate) struct Stated {
    envelope: String,
    content: StatementContent,
}

impl Stated {
    /// Reads an envelope.
    pub(crate) fn read(envelope: &Value) -> Result<Self, ApiError> {
        let envelope = envelope.to_string();
        let content = read_statement(&envelope).map_err(|error| {
            ApiError::invalid(error.code(), format!("Devices can't read it: {error}"))
        })?;
        Ok(Self { envelope, content })
    }

    /// Its sequence, where it is about this channel and this bundle.
    pub(crate) fn sequence_for(
        &self,
        channel: &ChannelRecord,
        bundle: Option<&BundleRecord>,
    ) -> Result<u64, ApiError> {
        let content = &self.content;
        let named = (content.app_id.as_str(), content.channel.as_str());
        if named != (channel.app.as_str(), channel.name.as_str()) {
            let message = format!("The statement is for {}, channel {}", named.0, named.1);
            return Err(ApiError::conflict("app_mismatch", message));
        }
        let stated = content.bundle.as_ref().map(|stated| {
            let version = content.version.as_deref().unwrap_or_default();
            (version, stated.sha256.to_string())
        });
        let released =
            bundle.map(|found| (found.bundle.version.as_str(), found.bundle.checksum.clone()));
        if stated != released {
            let message = "The statement is about another bundle than the one that is released";
            return Err(ApiError::conflict("statement_mismatch", message));
        }
        let last = channel.sequence;
        let is_next = content.sequence > last && content.sequence - last <= MAX_JUMP;
        if !is_next {
            let message = format!(
                "The statement has sequence {}, and the channel's last one was {last}: have another one signed",
                content.sequence
            );
            return Err(ApiError::conflict("sequence", message));
        }
        Ok(content.sequence)
    }

    pub(crate) fn into_envelope(self) -> String {
        self.envelope
    }
}
