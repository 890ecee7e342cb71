//! DSSE v1 envelopes: a payload, and signatures over its very bytes.

use serde_json::{Map, Value};
use sha2::{Digest, Sha256};

use super::{bad_key, json, malformed};
use crate::error::Error;
use crate::keys::Keys;
use crate::verify::PublicKey;
use crate::verify::signature::{PendingSignature, decode};

/// What the payload of a release statement is.
const PAYLOAD_TYPE: &str = "application/vnd.live-updater.release+json";
/// The most characters that an envelope may have as text, and its payload in base64.
const MAX_ENVELOPE: usize = 256 * 1024;
const MAX_PAYLOAD: usize = 64 * 1024;
/// The most signatures that are looked at: each costs time, and nobody has vouched for them yet.
const MAX_SIGNATURES: usize = 16;

/// An envelope. Nothing of it is verified yet.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Envelope {
    payload: Vec<u8>,
    signatures: Vec<Signature>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
struct Signature {
    /// A hint that nobody vouches for: which key made it.
    key_id: Option<String>,
    /// In base64.
    sig: String,
}

impl Envelope {
    /// Reads an envelope as text.
    pub(crate) fn parse(text: &str) -> Result<Self, Error> {
        if text.len() > MAX_ENVELOPE {
            return Err(too_large(MAX_ENVELOPE));
        }
        let object = json::parse_object(text.as_bytes())
            .map_err(|error| malformed(format!("the envelope can't be read: {error}")))?;
        Self::from_object(object)
    }

    /// Takes the envelope out of an answer that has no key twice, where there is one.
    pub(crate) fn take(answer: &mut Keys) -> Result<Option<Self>, Error> {
        match answer.take("release") {
            None => Ok(None),
            Some(Value::Object(object)) => Self::from_object(object).map(Some),
            Some(_) => Err(malformed("release: must be an object")),
        }
    }

    fn from_object(object: Map<String, Value>) -> Result<Self, Error> {
        let mut keys = Keys::new("release.", object);
        let payload_type = keys.required_text("payloadType").map_err(bad_key)?;
        let payload = keys.required_text("payload").map_err(bad_key)?;
        let signatures = keys.array("signatures").map_err(bad_key)?;
        // DSSE v1, protocol: a payload of a type that isn't expected is not to be parsed.
        if payload_type != PAYLOAD_TYPE {
            let problem = format!("its payload is a {payload_type:.100}, not a {PAYLOAD_TYPE}");
            return Err(invalid(problem));
        }
        if payload.len() > MAX_PAYLOAD {
            return Err(too_large(MAX_PAYLOAD));
        }
        if signatures.len() > MAX_SIGNATURES {
            return Err(invalid(format!("it has over {MAX_SIGNATURES} signatures")));
        }
        Ok(Self {
            // DSSE v1, envelope: either alphabet of base64 has to be taken.
            payload: decode(&payload, MAX_PAYLOAD)
                .ok_or_else(|| invalid("its payload is not base64".to_owned()))?,
            signatures: signatures
                .into_iter()
                .map(Signature::from_json)
                .collect::<Result<_, _>>()?,
        })
    }

    /// The bytes that are signed.
    pub(super) fn payload(&self) -> &[u8] {
        &self.payload
    }

    /// The ids of the keys whose signatures hold: at least `threshold`, each once.
    pub(super) fn signers<'k>(
        &self,
        keys: &[&'k PublicKey],
        threshold: usize,
    ) -> Result<Vec<&'k str>, Error> {
        if self.signatures.is_empty() {
            return Err(Error::StatementMissing {
                holder: "the release statement".to_owned(),
                what: "signature",
            });
        }
        let message = pre_authentication_encoding(&self.payload);
        let digest: [u8; 32] = Sha256::digest(&message).into();
        let mut signers: Vec<&str> = Vec::new();
        let mut unknown = None;
        let mut failure = None;
        for signature in &self.signatures {
            // DSSE v1, protocol: the keyid narrows down which keys are tried, and proves nothing.
            if let Some(key_id) = &signature.key_id
                && !has(keys, key_id)
            {
                unknown = Some(key_id);
                continue;
            }
            let mut pending = PendingSignature::new(&signature.sig, keys);
            pending.update(&message);
            match pending.judge(&digest) {
                // DSSE v1, protocol: a key counts once, however often it has signed.
                Ok(key) if signers.contains(&key.key_id()) => {}
                Ok(key) => signers.push(key.key_id()),
                Err(error) => failure = Some(error),
            }
        }
        if signers.len() >= threshold {
            return Ok(signers);
        }
        let found = signers.len();
        Err(match (failure, unknown) {
            (Some(failure), _) if found == 0 => failure,
            (None, Some(key_id)) if found == 0 => Error::UntrustedKey {
                key_id: key_id.chars().take(64).collect(),
            },
            _ => invalid(format!(
                "{found} of the {threshold} keys that are needed have signed"
            )),
        })
    }
}

impl Signature {
    fn from_json(value: Value) -> Result<Self, Error> {
        let Value::Object(object) = value else {
            return Err(malformed("release.signatures: each must be an object"));
        };
        let mut keys = Keys::new("release.signatures[].", object);
        let key_id = keys.text("keyid").map_err(bad_key)?;
        Ok(Self {
            key_id: key_id.filter(|key_id| !key_id.is_empty()),
            sig: keys.required_text("sig").map_err(bad_key)?,
        })
    }
}

/// Whether one of the keys has this id, in any case.
pub(super) fn has(keys: &[&PublicKey], key_id: &str) -> bool {
    keys.iter()
        .any(|key| key.key_id().eq_ignore_ascii_case(key_id))
}

/// What is signed. DSSE v1, signature definition: the type and the body, each behind its length
/// in bytes, so that no two pairs of them give the same bytes.
fn pre_authentication_encoding(payload: &[u8]) -> Vec<u8> {
    let head = format!(
        "DSSEv1 {} {PAYLOAD_TYPE} {} ",
        PAYLOAD_TYPE.len(),
        payload.len()
    );
    [head.as_bytes(), payload].concat()
}

fn invalid(problem: String) -> Error {
    Error::SignatureInvalid { problem }
}

fn too_large(limit: usize) -> Error {
    Error::SizeExceeded {
        what: "the release statement".to_owned(),
        limit: limit as u64,
    }
}
