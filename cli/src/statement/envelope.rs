//! The envelope of a statement: DSSE v1.

use std::path::Path;
use std::{fs, io};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use live_updater::{SignatureAlgorithm, StatementContent, read_statement};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::Payload;
use crate::keys::{self, PrivateKey};
use crate::output::Failure;

const PAYLOAD_TYPE: &str = "application/vnd.live-updater.release+json";

/// A payload and its signatures, as the update server answers them in `release`.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Envelope {
    payload: String,
    payload_type: String,
    signatures: Vec<Signature>,
}

#[derive(Debug, Clone, Serialize, Deserialize)]
struct Signature {
    /// A hint, which may be missing.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    keyid: Option<String>,
    sig: String,
}

impl Envelope {
    /// An envelope that nobody has signed.
    pub(crate) fn new(payload: &Payload) -> Result<Self, Failure> {
        let bytes = serde_json::to_vec(payload)
            .map_err(|error| Failure::new("internal", error.to_string()))?;
        Ok(Self {
            payload: STANDARD.encode(bytes),
            payload_type: PAYLOAD_TYPE.to_owned(),
            signatures: Vec::new(),
        })
    }

    /// Reads the envelope in a file. Its signatures aren't looked at.
    pub(crate) fn read(path: &Path) -> Result<Self, Failure> {
        let text = fs::read_to_string(path).map_err(|error| Failure::unreadable(path, &error))?;
        Self::parse(&text, path)
    }

    /// Reads an envelope, the text of the file `path`.
    fn parse(text: &str, path: &Path) -> Result<Self, Failure> {
        refuse_answer(text, path)?;
        serde_json::from_str(text)
            .map_err(|error| no_statement(path, &error))
            .and_then(|envelope: Self| match envelope.payload_type.as_str() {
                PAYLOAD_TYPE => Ok(envelope),
                other => Err(no_statement(path, &format!("its payload is a {other:?}"))),
            })
    }

    /// Whether a file looks like one, and not like a zip.
    pub(crate) fn is_in(path: &Path) -> io::Result<bool> {
        use io::Read as _;
        let mut start = Vec::new();
        fs::File::open(path)?.take(64).read_to_end(&mut start)?;
        Ok(start.trim_ascii_start().starts_with(b"{"))
    }

    /// What was signed, from the file `path`, as devices read it.
    pub(crate) fn content(&self, path: &Path) -> Result<StatementContent, Failure> {
        read_statement(&self.to_text()?).map_err(|error| no_statement(path, &error))
    }

    /// Adds a signature, in place of one that this key has made before.
    pub(crate) fn sign(
        &mut self,
        path: &Path,
        key: &PrivateKey,
        algorithm: SignatureAlgorithm,
    ) -> Result<(), Failure> {
        let message = pae(&self.payload_type, &self.content(path)?.payload);
        let signed = keys::sign_bytes(&message, key, algorithm)?;
        let keyid = Some(signed.key_id);
        self.signatures.retain(|other| other.keyid != keyid);
        self.signatures.push(Signature {
            keyid,
            sig: STANDARD.encode(signed.signature),
        });
        Ok(())
    }

    /// The keys that are said to have signed.
    pub(crate) fn key_ids(&self) -> Vec<String> {
        let ids = self.signatures.iter().map(|signature| &signature.keyid);
        ids.map(|id| id.clone().unwrap_or_else(|| "unnamed".to_owned()))
            .collect()
    }

    /// The text of an envelope's file.
    pub(crate) fn to_text(&self) -> Result<String, Failure> {
        serde_json::to_string_pretty(self)
            .map(|text| text + "\n")
            .map_err(|error| Failure::new("internal", error.to_string()))
    }

    /// Writes it to a file, which is the old one or the new one whenever it is read.
    pub(crate) fn write(&self, path: &Path) -> Result<(), Failure> {
        let mut partial = path.as_os_str().to_owned();
        partial.push(".partial");
        let text = self.to_text()?;
        fs::write(&partial, text)
            .and_then(|()| fs::rename(&partial, path))
            .map_err(|error| Failure::unwritable(path, &error))
    }
}

/// Fails where the text of the file `path` is all that a server answers: that has a statement, and
/// is none.
pub(crate) fn refuse_answer(text: &str, path: &Path) -> Result<(), Failure> {
    let answer: Value = serde_json::from_str(text).unwrap_or_default();
    if answer.get("payload").is_some() || !answer["release"].is_object() {
        return Ok(());
    }
    let path = path.display();
    Err(Failure::usage(format!(
        "{path} is a whole answer to a check, and the statement is its `release`: write that to a file of its own, as `jq .release {path}` does"
    )))
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

fn no_statement(path: &Path, problem: &dyn std::fmt::Display) -> Failure {
    Failure::usage(format!(
        "{} is not a release statement: {problem}",
        path.display()
    ))
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
