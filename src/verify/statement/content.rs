//! What a statement says, for tools that show it: read as devices read it.

use std::time::SystemTime;

use super::{Action, Envelope, StatedBundle, Statement, json};
use crate::bundle::from_unix_millis;
use crate::digest::Sha256Digest;
use crate::error::Error;

/// What a release statement says, whoever has signed it.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct StatementContent {
    /// The very bytes that are signed.
    pub payload: Vec<u8>,
    /// Their SHA-256.
    pub sha256: Sha256Digest,
    /// The app that it is for.
    pub app_id: String,
    /// The channel that it is for.
    pub channel: String,
    /// The platforms that it is for; a statement for none is for nobody.
    pub platforms: Vec<String>,
    /// The bundle's version. A way back to builtin may name one that nobody reads.
    pub version: Option<String>,
    /// Its place among the statements for its app and channel.
    pub sequence: u64,
    /// When it was made.
    pub issued_at: SystemTime,
    /// From when on it counts no longer.
    pub expires_at: SystemTime,
    /// The lowest native version that it is for.
    pub min_app_version: Option<String>,
    /// The highest native version that it is for.
    pub max_app_version: Option<String>,
    /// What is installed; none where it leads back to builtin.
    pub bundle: Option<StatementBundle>,
    /// What is to be revoked, in lower case. What is no key id there revokes nothing.
    pub revoked: Vec<String>,
}

/// The bundle that a statement names.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct StatementBundle {
    /// Bytes of the zip.
    pub size: u64,
    /// SHA-256 of the zip.
    pub sha256: Sha256Digest,
    /// SHA-256 of the list of its files.
    pub files_sha256: Sha256Digest,
    /// The most bytes that all files together may have.
    pub unpacked_size: Option<u64>,
}

/// Reads a release statement, a DSSE envelope as JSON. Nothing is verified:
/// [`verify_statement`](crate::verify_statement) does that.
///
/// # Errors
///
/// `protocol`, `size_exceeded` or `signature_invalid` where no device could read it.
pub fn read_statement(envelope: &str) -> Result<StatementContent, Error> {
    let envelope = Envelope::parse(envelope)?;
    let statement = Statement::parse(envelope.payload())?;
    Ok(StatementContent::new(&envelope, statement))
}

impl StatementContent {
    pub(super) fn new(envelope: &Envelope, statement: Statement) -> Self {
        let (version, bundle) = match statement.action {
            Action::Install(bundle) => (Some(bundle.version.to_string()), Some(bundle.into())),
            Action::RollbackToBuiltin => (named_version(envelope.payload()), None),
        };
        Self {
            payload: envelope.payload().to_vec(),
            sha256: statement.digest,
            app_id: statement.app_id,
            channel: statement.channel,
            platforms: statement.platforms,
            version,
            sequence: statement.sequence,
            issued_at: from_unix_millis(statement.issued_at),
            expires_at: from_unix_millis(statement.expires_at.millis),
            min_app_version: statement.min_app_version,
            max_app_version: statement.max_app_version,
            bundle,
            revoked: statement.revoked,
        }
    }
}

impl From<StatedBundle> for StatementBundle {
    fn from(stated: StatedBundle) -> Self {
        Self {
            size: stated.size,
            sha256: stated.sha256,
            files_sha256: stated.files_sha256,
            unpacked_size: stated.unpacked_size,
        }
    }
}

/// The version that a way back to builtin names for people; devices don't look at it.
fn named_version(payload: &[u8]) -> Option<String> {
    let object = json::parse_object(payload).ok()?;
    object.get("version")?.as_str().map(str::to_owned)
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;
    use crate::verify::statement::testing::{sign, statement, with};

    fn read(statement: &Value) -> Result<StatementContent, Error> {
        read_statement(&sign(&statement.to_string(), &[1]).to_string())
    }

    #[test]
    fn it_says_what_a_device_reads_whoever_signed_it() {
        let stated = with(statement(5, "2.0.0"), "bundle.unpackedSize", json!(9));
        let content = read(&stated).unwrap();
        assert_eq!(content.payload, stated.to_string().into_bytes());
        assert_eq!(content.version.as_deref(), Some("2.0.0"));
        assert_eq!(content.platforms, ["android", "ios", "web"]);
        let bundle = content.bundle.unwrap();
        assert_eq!((bundle.size, bundle.unpacked_size), (1000, Some(9)));
    }

    #[test]
    fn numbers_and_what_is_left_out_are_read_as_on_devices() {
        let stated = with(statement(5, "2.0.0"), "sequence", json!(5.0));
        let stated = with(stated, "platforms", Value::Null);
        let content = read(&stated).unwrap();
        assert_eq!(content.sequence, 5);
        assert_eq!(content.platforms, [""; 0]);
        let refused = read(&with(stated, "sequence", json!(5.5)));
        assert_eq!(refused.unwrap_err().code(), "protocol");
    }

    #[test]
    fn a_way_back_names_what_it_takes_back_or_nothing() {
        let back = with(statement(5, "2.0.0"), "action", json!("rollbackToBuiltin"));
        let back = with(back, "bundle", Value::Null);
        assert_eq!(read(&back).unwrap().version.as_deref(), Some("2.0.0"));
        let content = read(&with(back, "version", json!(7))).unwrap();
        assert_eq!((content.version, content.bundle), (None, None));
    }
}
