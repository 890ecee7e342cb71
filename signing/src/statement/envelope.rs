//! The envelope of a statement: DSSE v1.

use std::fs;
use std::path::Path;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use live_updater::{PinnedKeys, StatementContent, read_statement, verify_statement};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::Payload;
use crate::error::SigningError;
use crate::keys::Signer;

const PAYLOAD_TYPE: &str = "application/vnd.live-updater.release+json";

/// A payload and its signatures, as the update server answers them in `release`. Devices can read
/// what it says, whether or not they would take it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(transparent)]
pub struct Envelope {
    parts: Parts,
    #[serde(skip)]
    content: StatementContent,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Parts {
    payload: String,
    payload_type: String,
    signatures: Vec<Signature>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
struct Signature {
    /// A hint, which may be missing.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    keyid: Option<String>,
    sig: String,
}

impl Envelope {
    /// An envelope that nobody has signed.
    ///
    /// # Errors
    ///
    /// `usage`: devices couldn't read it.
    pub fn new(payload: &Payload) -> Result<Self, SigningError> {
        let bytes = serde_json::to_vec(payload)
            .map_err(|source| SigningError::StatementNotWritten { source })?;
        Self::from_parts(Parts {
            payload: STANDARD.encode(bytes),
            payload_type: PAYLOAD_TYPE.to_owned(),
            signatures: Vec::new(),
        })
    }

    /// Reads an envelope. Its signatures aren't looked at.
    ///
    /// # Errors
    ///
    /// `usage`: devices couldn't read it, or it is in all that a server [answers](refuse_answer).
    pub fn from_json(text: &str) -> Result<Self, SigningError> {
        refuse_answer(text)?;
        let parts: Parts = serde_json::from_str(text).map_err(StatementProblem::Json)?;
        if parts.payload_type != PAYLOAD_TYPE {
            let found = parts.payload_type;
            return Err(StatementProblem::PayloadType { found }.into());
        }
        Self::from_parts(parts)
    }

    /// Reads the envelope in a file. Its signatures aren't looked at.
    ///
    /// # Errors
    ///
    /// `usage`: the file can't be read, or as [`from_json`](Self::from_json).
    pub fn read(path: &Path) -> Result<Self, SigningError> {
        let text =
            fs::read_to_string(path).map_err(|error| SigningError::unreadable(path, error))?;
        Self::from_json(&text).map_err(|error| error.in_file(path))
    }

    /// What was signed, as devices read it.
    pub fn content(&self) -> &StatementContent {
        &self.content
    }

    /// The keys that are said to have signed; `unnamed` for a signature that names none.
    pub fn key_ids(&self) -> Vec<String> {
        let ids = self.parts.signatures.iter();
        ids.map(|signature| signature.keyid.as_deref().unwrap_or("unnamed").to_owned())
            .collect()
    }

    /// Adds the signatures of all these keys, each in place of one that the key has made before,
    /// and verifies them as a device would before the statement is given out: a faulty computation
    /// must not become a release. On an error it is as it was.
    ///
    /// # Errors
    ///
    /// `usage` without a key, `internal` where a key fails, and whatever a device would say that
    /// pins these keys and wants them all: `app_mismatch` for no platform, `untrusted_key` for keys
    /// that the statement revokes.
    pub fn sign(&mut self, signers: &[Signer]) -> Result<(), SigningError> {
        let message = pae(&self.parts.payload_type, &self.content.payload);
        let mut signed = self.clone();
        for signer in signers {
            let sig = STANDARD.encode(signer.sign_bytes(&message)?);
            signed.parts.put(signer.key_id(), sig);
        }
        let keys = signers.iter().map(|signer| signer.public_key().clone());
        let keys = PinnedKeys::new(keys).ok_or(SigningError::NoSigner)?;
        // Whether it has expired meanwhile is another question.
        let now = self.content.issued_at;
        verify_statement(&signed.to_json()?, &keys, keys.as_slice().len(), now)?;
        *self = signed;
        Ok(())
    }

    /// The text of an envelope's file.
    ///
    /// # Errors
    ///
    /// `internal`, which is a bug here.
    pub fn to_json(&self) -> Result<String, SigningError> {
        self.parts.to_json()
    }

    /// Writes it to a file, which is the old one or the new one whenever it is read.
    ///
    /// # Errors
    ///
    /// `storage`: the file can't be written.
    pub fn write(&self, path: &Path) -> Result<(), SigningError> {
        let mut partial = path.as_os_str().to_owned();
        partial.push(".partial");
        let text = self.to_json()?;
        fs::write(&partial, text)
            .and_then(|()| fs::rename(&partial, path))
            .map_err(|error| SigningError::unwritable(path, error))
    }

    fn from_parts(parts: Parts) -> Result<Self, SigningError> {
        let content = read_statement(&parts.to_json()?).map_err(StatementProblem::Content)?;
        Ok(Self { parts, content })
    }
}

impl Parts {
    fn to_json(&self) -> Result<String, SigningError> {
        serde_json::to_string_pretty(self)
            .map(|text| text + "\n")
            .map_err(|source| SigningError::StatementNotWritten { source })
    }

    fn put(&mut self, key_id: &str, sig: String) {
        let keyid = Some(key_id.to_owned());
        self.signatures.retain(|other| other.keyid != keyid);
        self.signatures.push(Signature { keyid, sig });
    }
}

/// Fails where a text is all that a server answers: that has a statement, and is none.
///
/// # Errors
///
/// `usage`, with what to do.
pub fn refuse_answer(text: &str) -> Result<(), SigningError> {
    let answer: Value = serde_json::from_str(text).unwrap_or_default();
    if answer.get("payload").is_some() || !answer["release"].is_object() {
        return Ok(());
    }
    Err(SigningError::WholeAnswer { path: None })
}

/// Why a text is no release statement.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum StatementProblem {
    /// It isn't the JSON of an envelope.
    #[error(transparent)]
    Json(serde_json::Error),

    /// Its payload is something else.
    #[error("its payload is a {found:?}")]
    PayloadType {
        /// What it says that its payload is.
        found: String,
    },

    /// Devices can't read what it says.
    #[error(transparent)]
    Content(live_updater::Error),
}

/// DSSE v1, PAE: what is signed says the type too, and where each part ends.
fn pae(payload_type: &str, payload: &[u8]) -> Vec<u8> {
    let head = format!(
        "DSSEv1 {} {payload_type} {} ",
        payload_type.len(),
        payload.len()
    );
    [head.as_bytes(), payload].concat()
}

#[cfg(test)]
mod tests {
    use super::*;

    // The example in the specification's protocol.md.
    #[test]
    fn the_encoding_is_that_of_the_specification() {
        assert_eq!(
            pae("http://example.com/HelloWorld", b"hello world"),
            b"DSSEv1 29 http://example.com/HelloWorld 11 hello world"
        );
    }
}
