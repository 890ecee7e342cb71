//! Statements that tests sign themselves.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use ed25519_dalek::{Signer as _, SigningKey};
use p256::pkcs8::{EncodePublicKey as _, LineEnding};
use serde_json::{Value, json};

use super::{Circumstances, Envelope};
use crate::verify::{PinnedKeys, PublicKey};

pub(crate) const PAYLOAD_TYPE: &str = "application/vnd.live-updater.release+json";

/// 2027-01-15T08:00:00Z: when test clocks start.
pub(crate) const NOW: u64 = 1_800_000_000_000;

/// A pair of keys that is always the same for the same seed.
pub(crate) fn key(seed: u8) -> SigningKey {
    SigningKey::from_bytes(&[seed; 32])
}

/// The public key of this seed.
pub(crate) fn pem(seed: u8) -> String {
    let key = key(seed).verifying_key();
    key.to_public_key_pem(LineEnding::LF).unwrap()
}

/// The public keys of these seeds, pinned.
pub(crate) fn pinned(seeds: &[u8]) -> PinnedKeys {
    PinnedKeys::new(seeds.iter().map(|seed| public(*seed))).unwrap()
}

/// The id of the key of this seed.
pub(crate) fn id(seed: u8) -> String {
    public(seed).key_id().to_owned()
}

fn public(seed: u8) -> PublicKey {
    PublicKey::from_pem(&pem(seed), None).unwrap()
}

/// A good statement for `com.example.app` on `production`, for Android.
pub(crate) fn statement(sequence: u64, version: &str) -> Value {
    json!({
        "appId": "com.example.app",
        "channel": "production",
        "platforms": ["android", "ios", "web"],
        "version": version,
        "sequence": sequence,
        "issuedAt": "2027-01-15T07:00:00Z",
        "expiresAt": "2027-02-15T08:00:00Z",
        "action": "install",
        "bundle": {
            "size": 1000,
            "sha256": "07".repeat(32),
            "filesSha256": "08".repeat(32),
        },
    })
}

/// `statement` with one more key, or without it where `value` is null.
pub(crate) fn with(mut statement: Value, key: &str, value: Value) -> Value {
    let (parent, last) = match key.split_once('.') {
        Some((parent, last)) => (&mut statement[parent], last),
        None => (&mut statement, key),
    };
    if value.is_null() {
        parent.as_object_mut().unwrap().remove(last);
    } else {
        parent[last] = value;
    }
    statement
}

/// The envelope of a payload that the keys of these seeds have signed.
pub(crate) fn sign(payload: &str, seeds: &[u8]) -> Value {
    let signatures: Vec<_> = seeds
        .iter()
        .map(|seed| {
            let sig = key(*seed).sign(&encoding(payload)).to_bytes();
            json!({"keyid": id(*seed), "sig": STANDARD.encode(sig)})
        })
        .collect();
    json!({
        "payloadType": PAYLOAD_TYPE,
        "payload": STANDARD.encode(payload),
        "signatures": signatures,
    })
}

/// What DSSE signs, written down once more.
pub(crate) fn encoding(payload: &str) -> Vec<u8> {
    let (type_length, length) = (PAYLOAD_TYPE.len(), payload.len());
    format!("DSSEv1 {type_length} {PAYLOAD_TYPE} {length} {payload}").into_bytes()
}

/// A statement in the envelope of one key, read.
pub(crate) fn envelope(statement: &Value, seeds: &[u8]) -> Envelope {
    Envelope::parse(&sign(&statement.to_string(), seeds).to_string()).unwrap()
}

/// What a device of these keys holds statements against.
pub(crate) fn circumstances(keys: &PinnedKeys) -> Circumstances<'_> {
    Circumstances {
        app_id: "com.example.app",
        channel: "production",
        platform: "android",
        keys,
        threshold: 1,
        min_sequence: 0,
        now: NOW,
    }
}
