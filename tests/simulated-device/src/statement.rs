//! Release statements, signed with a key that only tests have.

use std::collections::HashMap;
use std::sync::{LazyLock, Mutex, PoisonError};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use ed25519_dalek::pkcs8::EncodePublicKey as _;
use ed25519_dalek::pkcs8::spki::der::pem::LineEnding;
use ed25519_dalek::{Signer as _, SigningKey};
use live_updater::{FileList, PublicKey};
use serde_json::{Value, json};

use crate::web::{Offer, digest, files_of, zip_of};

const PAYLOAD_TYPE: &str = "application/vnd.live-updater.release+json";

/// What a statement says beside what it is about.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Statement {
    /// Its place among the statements.
    pub sequence: u64,
    /// Makes two statements with the same sequence differ.
    pub number: usize,
    /// When it was made, and when it ends, as RFC 3339 has it.
    pub issued_at: &'static str,
    /// See `issued_at`.
    pub expires_at: &'static str,
    /// It takes devices back to their builtin files, and the version doesn't matter.
    pub is_rollback: bool,
}

impl Statement {
    /// The envelope around what it says of `offer`.
    pub(crate) fn envelope(&self, offer: &Offer) -> Value {
        type Key = (Statement, String);
        // Signing takes longer than anything else that a server does here.
        static SIGNED: LazyLock<Mutex<HashMap<Key, Value>>> = LazyLock::new(Mutex::default);
        let range = (&offer.min_app_version, &offer.max_app_version);
        let key = (self.clone(), format!("{}{range:?}", offer.content));
        let mut signed = SIGNED.lock().unwrap_or_else(PoisonError::into_inner);
        let envelope = signed.entry(key);
        envelope
            .or_insert_with(|| sign(&self.payload(offer).to_string()))
            .clone()
    }

    fn payload(&self, offer: &Offer) -> Value {
        let mut payload = json!({
            "appId": "com.example.app",
            "channel": "production",
            "platforms": ["android", "ios", "web"],
            "sequence": self.sequence,
            "number": self.number,
            "issuedAt": self.issued_at,
            "expiresAt": self.expires_at,
            "action": "rollbackToBuiltin",
        });
        if self.is_rollback {
            return payload;
        }
        let zip = zip_of(&offer.content);
        payload["action"] = json!("install");
        payload["version"] = json!(offer.version);
        payload["bundle"] = json!({
            "size": zip.len(),
            "sha256": digest(&zip).to_string(),
            "filesSha256": list_of(&offer.content).sha256().to_string(),
        });
        for (key, version) in [
            ("minAppVersion", &offer.min_app_version),
            ("maxAppVersion", &offer.max_app_version),
        ] {
            if let Some(version) = version {
                payload[key] = json!(version);
            }
        }
        payload
    }
}

/// The configuration that asks for such statements.
pub fn trust() -> Value {
    json!({"mode": "statement", "keys": [{"key": pem()}]})
}

fn sign(payload: &str) -> Value {
    let message = format!("DSSEv1 41 {PAYLOAD_TYPE} {} {payload}", payload.len());
    let signature = key().sign(message.as_bytes()).to_bytes();
    let public = PublicKey::from_pem(&pem(), None).unwrap();
    json!({
        "payloadType": PAYLOAD_TYPE,
        "payload": STANDARD.encode(payload),
        "signatures": [{"keyid": public.key_id(), "sig": STANDARD.encode(signature)}],
    })
}

fn list_of(content: &str) -> FileList {
    let files = files_of(content);
    let listed = files.iter().map(|(path, bytes)| {
        let path = path.to_str().unwrap();
        (path, bytes.len() as u64, digest(bytes))
    });
    FileList::from_files(listed).unwrap()
}

fn key() -> SigningKey {
    SigningKey::from_bytes(&[7; 32])
}

fn pem() -> String {
    let key = key().verifying_key();
    key.to_public_key_pem(LineEnding::LF).unwrap()
}
