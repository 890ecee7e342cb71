//! What signing a statement has come to, and who signs.

use std::fmt;
use std::path::{Path, PathBuf};

use live_updater::{PinnedKeys, PublicKey, Sha256Digest, SignatureAlgorithm, verify_statement};
use serde::Serialize;

use crate::keys::{self, PrivateKey};
use crate::output::{Failure, Output, Warning};
use crate::statement::{Envelope, Payload, Span, Table, Timestamp};

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Report {
    file: PathBuf,
    statement: Payload,
    payload_sha256: Sha256Digest,
    key_ids: Vec<String>,
    /// Where the sequence was counted.
    #[serde(skip_serializing_if = "Option::is_none")]
    sequence_file: Option<PathBuf>,
    /// Those of `key_ids` whose signatures were there before, and nobody has verified here.
    unverified_key_ids: Vec<String>,
    warnings: Vec<Warning>,
    pub(super) envelope: Envelope,
}

impl Report {
    pub(super) fn new(
        file: &Path,
        envelope: Envelope,
        statement: Payload,
        signers: &[Signer],
        others: impl IntoIterator<Item = Warning>,
    ) -> Result<Self, Failure> {
        let own = public_keys(signers)?;
        let key_ids = envelope.key_ids();
        let strangers = key_ids
            .iter()
            .filter(|id| own.iter().all(|key| key.key_id() != *id));
        Ok(Self {
            file: file.to_owned(),
            payload_sha256: envelope.content(file)?.sha256,
            unverified_key_ids: strangers.cloned().collect(),
            key_ids,
            warnings: warnings(&statement).into_iter().chain(others).collect(),
            statement,
            sequence_file: None,
            envelope,
        })
    }

    pub(super) fn counted_in(self, sequence_file: PathBuf) -> Self {
        Self {
            sequence_file: Some(sequence_file),
            ..self
        }
    }

    /// Tells people what may not be meant.
    pub(super) fn warn(&self, output: &Output) {
        for warning in &self.warnings {
            output.warn(warning);
        }
    }

    /// Prints the envelope where the report would go, or the report, which has it, for scripts.
    pub(super) fn print_envelope(&self, output: &Output) -> Result<(), Failure> {
        if output.is_json() {
            return output.result(self);
        }
        output.text(&self.envelope.to_text()?);
        Ok(())
    }
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "{:<13}{}", "signed", self.file.display())?;
        Table(&self.statement).fmt(f)?;
        writeln!(f, "{:<13}{}", "payload", self.payload_sha256)?;
        for key_id in &self.key_ids {
            let is_unverified = self.unverified_key_ids.contains(key_id);
            let note = if is_unverified { " (not verified)" } else { "" };
            writeln!(f, "{:<13}{key_id}{note}", "signed by")?;
        }
        match &self.sequence_file {
            Some(file) => writeln!(f, "{:<13}{}", "counted in", file.display()),
            None => Ok(()),
        }
    }
}

/// What is odd about its times.
fn warnings(statement: &Payload) -> Vec<Warning> {
    let mut warnings = Vec::new();
    let now = Timestamp::now();
    if statement.expires_at <= now {
        let message = "it has expired already: devices refuse it";
        warnings.push(Warning::new("expired", message));
    }
    let tomorrow = now.after(Span::DAY);
    if tomorrow.is_some_and(|tomorrow| statement.issued_at > tomorrow) {
        let message = format!(
            "it is issued in the future, {}: devices that take it refuse what expires before that, whatever their clocks say",
            statement.issued_at.distance()
        );
        warnings.push(Warning::new("issued_ahead", message));
    }
    warnings
}

/// A private key, and what it signs with.
pub(super) type Signer = (PrivateKey, SignatureAlgorithm);

/// Adds the signatures of all these keys, and verifies the statement as a device would before it
/// is given out: a faulty computation must not become a release.
pub(super) fn sign(
    envelope: &mut Envelope,
    payload: &Payload,
    path: &Path,
    signers: &[Signer],
) -> Result<(), Failure> {
    for (key, algorithm) in signers {
        envelope.sign(path, key, *algorithm)?;
    }
    let keys =
        PinnedKeys::new(public_keys(signers)?).ok_or_else(|| Failure::usage("a key is needed"))?;
    // Whether it has expired meanwhile is another question.
    let now = payload.issued_at.into();
    verify_statement(&envelope.to_text()?, &keys, keys.as_slice().len(), now)?;
    Ok(())
}

/// Fails where nobody vouches for the revocation: devices refuse what only revoked keys have
/// signed.
pub(super) fn refuse_own_revocation(payload: &Payload, signers: &[Signer]) -> Result<(), Failure> {
    let revoked = payload.revoked.as_deref().unwrap_or_default();
    let is_revoked = |key: &PublicKey| revoked.iter().any(|id| id == key.key_id());
    if !public_keys(signers)?.iter().all(is_revoked) {
        return Ok(());
    }
    Err(Failure::usage(match signers {
        [_] => "this key can't vouch for its own revocation: sign with another one",
        _ => "these keys can't vouch for their own revocation: sign with another one",
    }))
}

fn public_keys(signers: &[Signer]) -> Result<Vec<PublicKey>, Failure> {
    let public = |(key, algorithm): &Signer| keys::public_key(key, *algorithm);
    signers.iter().map(public).collect()
}

/// The private keys in these files.
pub(super) fn signers(
    paths: &[PathBuf],
    rsa: Option<SignatureAlgorithm>,
) -> Result<Vec<Signer>, Failure> {
    let keys = paths
        .iter()
        .map(|path| keys::read_private(path))
        .collect::<Result<Vec<_>, _>>()?;
    let algorithm = |key: &PrivateKey| match (key, rsa) {
        (PrivateKey::Rsa(_), Some(algorithm)) => algorithm,
        _ => key.default_algorithm(),
    };
    let signers: Vec<_> = keys
        .into_iter()
        .map(|key| {
            let algorithm = algorithm(&key);
            (key, algorithm)
        })
        .collect();
    match rsa {
        Some(wanted) if signers.iter().all(|(_, algorithm)| *algorithm != wanted) => Err(
            Failure::usage(format!("none of the keys signs with {wanted}")),
        ),
        _ => Ok(signers),
    }
}
