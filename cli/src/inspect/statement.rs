//! What a release statement says, whoever has signed it.

use std::fmt;
use std::path::{Path, PathBuf};

use live_updater::Sha256Digest;
use live_updater_signing::{Envelope, Payload, Timestamp};
use serde::Serialize;

use crate::output::{Failure, Output};
use crate::statement::Table;

pub(super) fn show(path: &Path, output: &Output) -> Result<(), Failure> {
    let envelope = Envelope::read(path)?;
    let payload_sha256 = envelope.content().sha256;
    let statement = Payload::from(envelope.content().clone());
    output.result(&Report {
        path: path.to_owned(),
        payload_sha256,
        key_ids: envelope.key_ids(),
        expired: statement.expires_at <= Timestamp::now(),
        statement,
    })
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct Report {
    path: PathBuf,
    statement: Payload,
    payload_sha256: Sha256Digest,
    /// Who is said to have signed.
    key_ids: Vec<String>,
    expired: bool,
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "{:<13}{}", "statement", self.path.display())?;
        Table(&self.statement).fmt(f)?;
        writeln!(f, "{:<13}{}", "payload", self.payload_sha256)?;
        for key_id in &self.key_ids {
            writeln!(f, "{:<13}{key_id}", "signed by")?;
        }
        if self.expired {
            writeln!(f, "\nIt HAS EXPIRED: devices refuse it.")?;
        }
        writeln!(
            f,
            "\nNo signature was verified: that is `live-updater verify {} --key PUBLIC.pem`.",
            self.path.display()
        )
    }
}
