//! Bundles and releases are signed by the service's own key, or elsewhere.

use std::collections::HashMap;
use std::fs;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use live_updater::{PinnedKeys, PublicKey, Trust, read_statement, verify_file};
use live_updater_signing::{
    BundleContent, KeyKind, PrivateKey, Signer, Span, StatementBuilder, Timestamp,
};
use serde_json::{Value, json};

use crate::support::{World, bundle};

const APP: &str = "com.example.app";

/// A service with a key of its own, and the key's public half.
fn signing_world() -> (World, PublicKey) {
    let key = PrivateKey::generate(KeyKind::Ed25519).unwrap();
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("key.pem");
    fs::write(&path, &*key.to_pem().unwrap()).unwrap();
    let public = Signer::new(key, None).unwrap().public_key().clone();
    let world = World::with(|settings| settings.signing_key = Some(path));
    (world, public)
}

fn channel_path(what: &str) -> String {
    format!("/api/v1/apps/{APP}/channels/production/{what}")
}

#[test]
fn an_uploaded_bundle_has_a_signature_that_devices_take() {
    let (world, public) = signing_world();
    let zip = bundle("one");
    world.upload(APP, "1.1.0", &zip).ok();
    world
        .release(APP, "production", &json!({ "version": "1.1.0" }))
        .ok();
    let offered = world.check(APP, "1.0.0", "d");
    let file = tempfile::NamedTempFile::new().unwrap();
    fs::write(file.path(), &zip).unwrap();
    let trust = Trust::Bundle {
        keys: PinnedKeys::from(public),
    };
    let signature = offered["signature"].as_str();
    verify_file(file.path(), None, signature, &trust).unwrap();
}

#[test]
fn each_release_has_a_statement_of_its_channel_with_a_higher_sequence() {
    let (world, _) = signing_world();
    for version in ["1.0.0", "2.0.0"] {
        world.upload(APP, version, &bundle(version)).ok();
    }
    let mut last = 0;
    for version in ["1.0.0", "2.0.0", "1.0.0", "builtin"] {
        world
            .release(APP, "production", &json!({ "version": version }))
            .ok();
        let offered = world.check(APP, "0.1.0", "d");
        let stated = read_statement(&offered["release"].to_string()).unwrap();
        assert_eq!((&*stated.app_id, &*stated.channel), (APP, "production"));
        assert!(stated.sequence > last);
        last = stated.sequence;
        let is_builtin = version == "builtin";
        assert_eq!(stated.bundle.is_none(), is_builtin);
        assert!(is_builtin || stated.version.as_deref() == Some(version));
    }
}

#[test]
fn a_statement_that_was_signed_elsewhere_is_given_out_where_it_fits() {
    let world = World::new();
    let zip = bundle("one");
    world.upload(APP, "1.0.0", &zip).ok();
    let file = tempfile::NamedTempFile::new().unwrap();
    fs::write(file.path(), &zip).unwrap();
    let signer = Signer::new(PrivateKey::generate(KeyKind::P256).unwrap(), None).unwrap();
    let signed = |channel: &str, sequence| -> Value {
        let content = BundleContent::read(file.path()).unwrap();
        let envelope = StatementBuilder::install(APP, channel, &"1.0.0".parse().unwrap(), content)
            .platforms(["android"])
            .sequence(sequence)
            .issued_at(Timestamp::now())
            .expires_in(Span::days(30))
            .sign(std::slice::from_ref(&signer))
            .unwrap();
        serde_json::from_str(&envelope.to_json().unwrap()).unwrap()
    };
    let release = |statement: Value| {
        let body = json!({ "version": "1.0.0", "statement": statement });
        world.release(APP, "production", &body)
    };
    let released = release(signed("production", 7)).ok().json();
    assert_eq!(released["sequence"], 7);
    let offered = world.check(APP, "0.1.0", "d");
    assert_eq!(
        read_statement(&offered["release"].to_string())
            .unwrap()
            .sequence,
        7
    );

    release(signed("beta", 8)).is_refusal(400, "other_statement");
    release(signed("production", 7)).is_refusal(409, "old_statement");
    release(json!({ "payload": 1 })).is_refusal(400, "invalid_statement");
    // Without a key of its own, the service can't go on by itself.
    let body = json!({ "version": "1.0.0" });
    world
        .release(APP, "production", &body)
        .is_refusal(409, "statement_needed");
}

/// Devices refuse a statement below one that they have seen: whatever is done to a rollout, none
/// of them is given one.
#[test]
fn no_device_is_ever_given_a_statement_below_one_that_it_has_seen() {
    let (world, _) = signing_world();
    for version in ["1.0.0", "2.0.0", "3.0.0"] {
        world.upload(APP, version, &bundle(version)).ok();
    }
    world
        .release(APP, "production", &json!({ "version": "1.0.0" }))
        .ok();
    let mut devices: HashMap<String, (u64, String)> = HashMap::new();
    let steps = [
        ("releases", json!({ "version": "2.0.0", "rollout": 30 })),
        ("rollout", json!({ "percent": 60 })),
        ("rollout", json!({ "percent": 20 })),
        ("rollout", json!({ "action": "pause" })),
        ("rollout", json!({ "action": "resume" })),
        ("rollout", json!({ "percent": 50 })),
        ("rollback", json!({})),
        ("releases", json!({ "version": "2.0.0", "rollout": 50 })),
        ("failures", json!({ "version": "2.0.0" })),
        ("rollout", json!({ "action": "resume" })),
        ("releases", json!({ "version": "3.0.0", "rollout": 50 })),
        ("rollout", json!({ "action": "pause" })),
        ("rollout", json!({ "action": "promote" })),
        ("rollback", json!({ "to": "builtin" })),
        ("deletion", json!({ "version": "3.0.0" })),
    ];
    for (number, (what, body)) in steps.into_iter().enumerate() {
        match what {
            "failures" => fail(&world, &body),
            "deletion" => {
                let channel = format!("/api/v1/apps/{APP}/channels/production");
                world.ask("DELETE", &channel, &Value::Null).ok();
                world.ask("PUT", &channel, &json!({})).ok();
                world.release(APP, "production", &body).ok();
            }
            _ => {
                let method = if what == "rollout" { "PATCH" } else { "POST" };
                world.ask(method, &channel_path(what), &body).ok();
            }
        }
        for device in 0..40 {
            let id = format!("device-{device}");
            let (floor, current) = devices
                .entry(id.clone())
                .or_insert_with(|| (0, "0.1.0".to_owned()));
            let offered = world.check(APP, current, &id);
            let stated = read_statement(&offered["release"].to_string()).unwrap();
            assert!(
                stated.sequence >= *floor,
                "{id} after step {number}, {what} {body}"
            );
            *floor = stated.sequence;
            // Some never get it to run: they stay on what they had.
            if device % 3 != 0 {
                *current = stated.version.unwrap_or_else(|| "0.1.0".to_owned());
            }
        }
    }
}

/// Has so many devices report failures of a version that its rollout pauses by itself.
fn fail(world: &World, about: &Value) {
    for _ in 0..20 {
        let report = json!({
            "appId": APP, "version": about["version"], "platform": "android", "success": false,
        });
        world.ask("POST", "/api/v1/updates/confirm", &report).ok();
    }
    let channels = world.ask("GET", &format!("/api/v1/apps/{APP}/channels"), &Value::Null);
    let text = channels.ok().json().to_string();
    assert!(text.contains("\"paused\""), "{text}");
}

#[test]
fn no_statement_uses_up_all_sequences() {
    let (world, _) = signing_world();
    world.upload(APP, "1.0.0", &bundle("one")).ok();
    world
        .release(APP, "production", &json!({ "version": "1.0.0" }))
        .ok();
    let stated = world.check(APP, "0.1.0", "one")["release"].clone();
    let envelope = restated(&stated, (1_u64 << 53) - 1);
    let body = json!({ "version": "1.0.0", "statement": envelope });
    world
        .release(APP, "production", &body)
        .is_refusal(409, "sequence_too_far");
}

/// The same statement with another sequence, which nobody has signed.
fn restated(envelope: &Value, sequence: u64) -> Value {
    let payload = STANDARD
        .decode(envelope["payload"].as_str().unwrap())
        .unwrap();
    let mut payload: Value = serde_json::from_slice(&payload).unwrap();
    payload["sequence"] = sequence.into();
    let mut envelope = envelope.clone();
    envelope["payload"] = STANDARD.encode(payload.to_string()).into();
    envelope
}
