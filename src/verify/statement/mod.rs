//! Release statements: a release that is signed as a whole, so that none of its parts can be
//! taken for another's.
//!
//! [`envelope`] verifies the signatures over the payload's bytes, [`payload`] reads the very same
//! bytes, and [`judge`] decides on what they say: is it for this app, is it newer than what was
//! seen, does it still hold? Nothing here touches the network, the disk or a clock.

mod alone;
mod content;
mod envelope;
mod instant;
mod json;
mod judge;
mod payload;

pub use alone::{VerifiedStatement, verify_statement};
pub use content::{StatementBundle, StatementContent, read_statement};
pub(crate) use envelope::Envelope;
pub(crate) use json::{Unambiguous, parse_object};
pub(crate) use judge::{Acceptance, Circumstances};
pub(crate) use payload::{Action, MAX_SEQUENCE, StatedBundle, Statement};

use crate::error::Error;
use crate::keys::KeyProblem;
use crate::store::trusted::Trusted;
use crate::verify::PinnedKeys;

/// Verifies a statement with what is known here, and gives what it says and what is known from
/// then on.
///
/// # Errors
///
/// `signature_missing`, `signature_invalid` or `untrusted_key`; `protocol` where a signed text is
/// no statement; `app_mismatch`, `downgrade` or `expired`.
pub(crate) fn verify(
    envelope: &Envelope,
    trusted: &Trusted,
    circumstances: &Circumstances<'_>,
) -> Result<(Statement, Acceptance), Error> {
    let threshold = circumstances.threshold;
    let keys = circumstances.keys.without(&trusted.revoked, threshold);
    let signers = envelope
        .signers(&keys, threshold)
        .map_err(|error| or_revoked(error, circumstances.keys))?;
    let statement = Statement::parse(envelope.payload())?;
    let acceptance = judge::judge(&statement, &signers, trusted, circumstances)?;
    Ok((statement, acceptance))
}

/// A pinned key that isn't trusted was revoked.
fn or_revoked(error: Error, pinned: &PinnedKeys) -> Error {
    let pinned: Vec<_> = pinned.as_slice().iter().collect();
    match error {
        Error::UntrustedKey { key_id } if envelope::has(&pinned, &key_id) => {
            Error::RevokedKey { key_id }
        }
        error => error,
    }
}

/// What was signed, or what carries it, isn't what the format says.
fn malformed(problem: impl Into<String>) -> Error {
    Error::Protocol {
        url: "the release statement".to_owned(),
        problem: problem.into(),
    }
}

#[expect(clippy::needless_pass_by_value, reason = "map_err hands it over")]
fn bad_key(problem: KeyProblem) -> Error {
    malformed(problem.to_string())
}

#[cfg(test)]
pub(crate) mod testing;
#[cfg(test)]
mod tests;
