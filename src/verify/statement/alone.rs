//! Verifies a statement without a device, for tools that sign or look at one.

use std::time::{SystemTime, UNIX_EPOCH};

use super::judge::{self, Circumstances};
use super::{Envelope, Statement, StatementContent};
use crate::error::Error;
use crate::store::trusted::Trusted;
use crate::verify::PinnedKeys;

/// What was found out about a statement that holds.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct VerifiedStatement {
    /// What it says.
    pub content: StatementContent,
    /// The [keys](crate::PublicKey::key_id) whose signatures hold, each once.
    pub key_ids: Vec<String>,
    /// Whether devices ignore the keys that it revokes, since fewer than the threshold would be
    /// left.
    pub ignores_revoked: bool,
}

/// Judges a release statement, a DSSE envelope as JSON, as a device would that it is for and that
/// has seen none before: `threshold` of the keys have signed it, it says all that it has to, and
/// has not expired at `now`.
///
/// # Errors
///
/// `signature_missing`, `signature_invalid`, `untrusted_key`, `protocol`, `size_exceeded`,
/// `expired`; `app_mismatch` where it is for no platform.
pub fn verify_statement(
    envelope: &str,
    keys: &PinnedKeys,
    threshold: usize,
    now: SystemTime,
) -> Result<VerifiedStatement, Error> {
    let envelope = Envelope::parse(envelope)?;
    let signers = envelope.signers(&keys.without(&[], threshold), threshold)?;
    let statement = Statement::parse(envelope.payload())?;
    let circumstances = Circumstances {
        app_id: &statement.app_id,
        channel: &statement.channel,
        platform: statement
            .platforms
            .first()
            .map_or("a device", String::as_str),
        keys,
        threshold,
        min_sequence: 0,
        // Before 1970 nothing has expired.
        now: now.duration_since(UNIX_EPOCH).map_or(0, |since| {
            u64::try_from(since.as_millis()).unwrap_or(u64::MAX)
        }),
    };
    let acceptance = judge::judge(&statement, &signers, &Trusted::default(), &circumstances)?;
    Ok(VerifiedStatement {
        content: StatementContent::new(&envelope, statement),
        key_ids: signers.into_iter().map(str::to_owned).collect(),
        ignores_revoked: acceptance.ignores_revoked,
    })
}
