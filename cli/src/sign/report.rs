//! What signing a statement has come to, and who signs.

use std::fmt;
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use live_updater::{Sha256Digest, SignatureAlgorithm};
use live_updater_signing::{Envelope, KeyKind, Payload, PrivateKey, Signer};
use serde::Serialize;

use crate::output::{Failure, Output, Warning};
use crate::statement::Table;

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
        signers: &[Signer],
        others: impl IntoIterator<Item = Warning>,
    ) -> Self {
        let key_ids = envelope.key_ids();
        let strangers = key_ids
            .iter()
            .filter(|id| signers.iter().all(|signer| signer.key_id() != *id));
        let statement = Payload::from(envelope.content().clone());
        let warnings = statement.warnings(SystemTime::now()).into_iter();
        Self {
            file: file.to_owned(),
            payload_sha256: envelope.content().sha256,
            unverified_key_ids: strangers.cloned().collect(),
            key_ids,
            warnings: warnings.map(Warning::from).chain(others).collect(),
            statement,
            sequence_file: None,
            envelope,
        }
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
        output.text(&self.envelope.to_json()?);
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

/// The private keys in these files; those of RSA sign with `rsa` where it is given.
pub(crate) fn signers(
    paths: &[PathBuf],
    rsa: Option<SignatureAlgorithm>,
) -> Result<Vec<Signer>, Failure> {
    let keys = paths
        .iter()
        .map(|path| PrivateKey::read(path))
        .collect::<Result<Vec<_>, _>>()?;
    let signers = keys
        .into_iter()
        .map(|key| {
            let algorithm = rsa.filter(|_| matches!(key.kind(), KeyKind::Rsa { .. }));
            Signer::new(key, algorithm)
        })
        .collect::<Result<Vec<_>, _>>()?;
    match rsa {
        Some(wanted) if signers.iter().all(|signer| signer.algorithm() != wanted) => Err(
            Failure::usage(format!("none of the keys signs with {wanted}")),
        ),
        _ => Ok(signers),
    }
}
