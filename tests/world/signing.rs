//! Release statements that tests sign themselves.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use ed25519_dalek::{Signer as _, SigningKey};
use live_updater::{FileList, PublicKey, Sha256Digest};
use mock_update_server::Release;
use p256::pkcs8::{EncodePublicKey as _, LineEnding};
use serde_json::{Map, Value, json};
use sha2::{Digest as _, Sha256};

use super::{World, zip};

pub(crate) const PAYLOAD_TYPE: &str = "application/vnd.live-updater.release+json";

/// A zip, and what a statement says of it.
pub(crate) struct Web {
    pub(crate) zip: Vec<u8>,
    pub(crate) bundle: Value,
}

impl Web {
    pub(crate) fn new(files: &[(&str, &[u8])]) -> Self {
        Self::claiming(files, files)
    }

    /// A zip of `files` of which the statement says that it holds `claimed`.
    pub(crate) fn claiming(files: &[(&str, &[u8])], claimed: &[(&str, &[u8])]) -> Self {
        let zip = zip(files);
        let listed = claimed
            .iter()
            .map(|(path, bytes)| (*path, bytes.len() as u64, digest(bytes)));
        let files = FileList::from_files(listed).unwrap();
        let bundle = json!({
            "size": zip.len(),
            "sha256": digest(&zip).to_string(),
            "filesSha256": files.sha256().to_string(),
        });
        Self { zip, bundle }
    }

    /// A page that says its version.
    pub(crate) fn page(version: &str) -> Self {
        Self::new(&[("index.html", version.as_bytes()), ("a/b.js", b"1")])
    }
}

fn digest(bytes: &[u8]) -> Sha256Digest {
    Sha256Digest::new(Sha256::digest(bytes).into())
}

/// The pair of keys of a seed, the same each time.
pub(crate) fn key(seed: u8) -> SigningKey {
    SigningKey::from_bytes(&[seed; 32])
}

/// The public key of a seed.
pub(crate) fn pem(seed: u8) -> String {
    let key = key(seed).verifying_key();
    key.to_public_key_pem(LineEnding::LF).unwrap()
}

/// The id of a public key.
pub(crate) fn key_id(pem: &str) -> String {
    let key = PublicKey::from_pem(pem, None).unwrap();
    key.key_id().to_owned()
}

/// The configuration that pins the keys of these seeds.
pub(crate) fn trust(seeds: &[u8], threshold: usize) -> Value {
    let keys: Vec<_> = seeds
        .iter()
        .map(|seed| json!({"key": pem(*seed)}))
        .collect();
    json!({"mode": "statement", "keys": keys, "threshold": threshold})
}

/// What a statement says that installs `web`.
pub(crate) fn payload(sequence: u64, version: &str, web: &Web) -> Value {
    json!({
        "appId": "com.example.app",
        "channel": "production",
        "platforms": ["android", "ios", "web"],
        "version": version,
        "sequence": sequence,
        "issuedAt": "2026-01-01T00:00:00Z",
        "expiresAt": "2099-01-01T00:00:00Z",
        "action": "install",
        "bundle": web.bundle,
    })
}

/// What a statement says that takes everything back.
pub(crate) fn rollback(sequence: u64) -> Value {
    let mut payload = payload(sequence, "1.0.0", &Web::page(""));
    payload["action"] = json!("rollbackToBuiltin");
    let fields = payload.as_object_mut().unwrap();
    fields.remove("bundle");
    fields.remove("version");
    payload
}

/// The envelope of a payload that the key of `seed` has signed.
pub(crate) fn envelope(payload: &Value, seed: u8) -> Value {
    let payload = payload.to_string();
    let signature = signature(&payload, seed);
    enclosed(&payload, &[signature])
}

/// The envelope of a payload, with these signatures.
pub(crate) fn enclosed(payload: &str, signatures: &[Value]) -> Value {
    json!({
        "payloadType": PAYLOAD_TYPE,
        "payload": STANDARD.encode(payload),
        "signatures": signatures,
    })
}

/// The signature that the key of `seed` makes over a payload.
pub(crate) fn signature(payload: &str, seed: u8) -> Value {
    let bytes = key(seed).sign(&encoded(payload)).to_bytes();
    json!({"keyid": key_id(&pem(seed)), "sig": STANDARD.encode(bytes)})
}

/// What is signed of a payload.
pub(crate) fn encoded(payload: &str) -> Vec<u8> {
    let length = payload.len();
    format!("DSSEv1 41 {PAYLOAD_TYPE} {length} {payload}").into_bytes()
}

impl World {
    /// A device that pins the key of seed 1.
    pub(crate) async fn with_statements() -> Self {
        let mut world = Self::new().await;
        world.configure("trust", trust(&[1], 1));
        world
    }

    /// Answers checks with a statement that key 1 has signed, and serves `web` where it is
    /// fetched.
    pub(crate) fn state(&self, payload: &Value, web: &Web) {
        self.answer(&envelope(payload, 1), web);
    }

    pub(crate) fn answer(&self, envelope: &Value, web: &Web) {
        self.publish_zip("9.9.9", &web.zip);
        self.server.offer(Release {
            version: "9.9.9".to_owned(),
            download_url: format!("{}/api/v1/bundles/9.9.9", self.server.url()),
            other: Map::from_iter([("release".to_owned(), envelope.clone())]),
            ..Release::default()
        });
    }

    /// Answers checks with a statement that takes everything back.
    pub(crate) fn state_rollback(&self, sequence: u64) {
        self.state(&rollback(sequence), &Web::page("x"));
    }
}
