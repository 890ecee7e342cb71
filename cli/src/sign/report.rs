//! What signing a statement has come to, and who signs.

use std::fmt;
use std::path::{Path, PathBuf};

use live_updater::{PinnedKeys, Sha256Digest, SignatureAlgorithm, verify_statement};
use serde::Serialize;

use crate::keys::{self, PrivateKey};
use crate::output::{Failure, Output};
use crate::statement::{Envelope, Payload, Table, Timestamp};

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
    pub(super) envelope: Envelope,
}

impl Report {
    pub(super) fn new(
        file: &Path,
        envelope: Envelope,
        statement: Payload,
    ) -> Result<Self, Failure> {
        Ok(Self {
            file: file.to_owned(),
            payload_sha256: envelope.payload_sha256(file)?,
            key_ids: envelope.key_ids(),
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
        if self.statement.expires_at <= Timestamp::now() {
            output.warn(&"it has expired already: devices refuse it");
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
            writeln!(f, "{:<13}{key_id}", "signed by")?;
        }
        match &self.sequence_file {
            Some(file) => writeln!(f, "{:<13}{}", "counted in", file.display()),
            None => Ok(()),
        }
    }
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
    let keys = signers
        .iter()
        .map(|(key, algorithm)| keys::public_key(key, *algorithm))
        .collect::<Result<Vec<_>, _>>()?;
    let keys = PinnedKeys::new(keys).ok_or_else(|| Failure::usage("a key is needed"))?;
    // Whether it has expired meanwhile is another question.
    let now = payload.issued_at.into();
    verify_statement(&envelope.to_text()?, &keys, keys.as_slice().len(), now)?;
    Ok(())
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
