//! A bundle with a wrong byte anywhere is refused with its code, nothing of it stays, and what was
//! good goes on.

use std::fs;
use std::process::Command;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use device_process::Process;
use mock_update_server::{Endpoint, Fault};
use serde_json::json;

use crate::scene::{Scene, assert_runs, ready, wait_until};
use crate::web_app::{Dice, WebApp};

const PROGRAM: &str = env!("CARGO_BIN_EXE_live-updater");

#[test]
fn a_byte_flipped_on_the_way_is_a_wrong_checksum() {
    let (scene, app) = signed_scene();
    let mut dice = Dice::new(3);
    let next = WebApp::new("3.0.0");
    let size = publish_signed(&scene, "3.0.0", &next.zip());
    let mut device = good_device(&scene);
    for offset in samples(&mut dice, size, 8) {
        let fetched = scene.server.bundle_requests().len();
        scene
            .server
            .fault(Endpoint::Bundle, Fault::Corrupt { offset })
            .times(2);
        assert_eq!(
            device.refusal("sync", json!({})),
            "checksum_mismatch",
            "at {offset}"
        );
        assert_eq!(scene.server.bundle_requests().len(), fetched + 2);
        assert_refused(&scene, &mut device);
    }
    // It was nobody's fault but the network's, so an explicit call may try again.
    assert_eq!(
        device.call("sync", json!({})).unwrap()["status"],
        "downloaded"
    );
    device.kill().unwrap();
    assert_starts(&scene, "3.0.0", &next);
    drop(app);
}

#[test]
fn a_byte_flipped_at_the_server_is_a_wrong_signature() {
    let (scene, app) = signed_scene();
    let mut dice = Dice::new(4);
    let zip = WebApp::new("3.0.0").zip();
    let signature = sign(&scene, &zip);
    let mut device = good_device(&scene);
    for (index, offset) in samples(&mut dice, zip.len() as u64, 12)
        .into_iter()
        .enumerate()
    {
        let mut flipped = zip.clone();
        flipped[usize::try_from(offset).unwrap()] ^= 1 << dice.within(0..8);
        let version = format!("3.0.{index}");
        publish_with(&scene, &version, &flipped, &signature);
        assert_refused_for_good(&scene, &mut device, "signature_invalid", &version);
    }
    device.kill().unwrap();
    assert_runs(&scene, "2.0.0", &app);
}

#[test]
fn a_byte_flipped_in_an_unsigned_bundle_is_a_bad_archive_at_most() {
    let mut scene = Scene::new();
    scene.install_good("2.0.0");
    let mut dice = Dice::new(5);
    let zip = WebApp::new("3.0.0").zip();
    scene.configure("trust", json!({"mode": "unsigned"}));
    let mut device = good_device(&scene);
    for (index, offset) in samples(&mut dice, zip.len() as u64, 40)
        .into_iter()
        .enumerate()
    {
        let mut flipped = zip.clone();
        flipped[usize::try_from(offset).unwrap()] ^= 1 << dice.within(0..8);
        let version = format!("3.0.{index}");
        scene.publish_zip(&version, &flipped);
        match device.call("sync", json!({})) {
            // A time, say, that nobody reads.
            Ok(outcome) => assert_eq!(outcome["status"], "downloaded"),
            Err(error) => {
                let code = error.code().unwrap_or_default();
                let is_expected = matches!(
                    code,
                    "invalid_archive" | "unsafe_path" | "archive_limit" | "missing_index"
                );
                assert!(is_expected, "at {offset}: {error}");
                assert_refused(&scene, &mut device);
            }
        }
    }
}

#[test]
fn a_changed_signature_is_a_wrong_one() {
    let (scene, app) = signed_scene();
    let zip = WebApp::new("3.0.0").zip();
    let signature = sign(&scene, &zip);
    let bytes = STANDARD.decode(&signature).unwrap();
    let flipped = |index: usize| {
        let mut bytes = bytes.clone();
        bytes[index] ^= 1;
        STANDARD.encode(bytes)
    };
    let mut device = good_device(&scene);
    for wrong in [
        flipped(0),
        flipped(31),
        flipped(32),
        flipped(63),
        STANDARD.encode(&bytes[..63]),
        STANDARD.encode([&bytes[..], &[0]].concat()),
        STANDARD.encode([0; 64]),
        "no base64!".to_owned(),
        signature.replace('=', "*"),
    ] {
        publish_with(&scene, "3.0.0", &zip, &wrong);
        assert_refused_for_good(&scene, &mut device, "signature_invalid", "3.0.0");
    }
    // The right one makes the same bytes another matter.
    publish_with(&scene, "3.0.0", &zip, &signature);
    assert_eq!(
        device.call("sync", json!({})).unwrap()["status"],
        "downloaded"
    );
    drop(app);
}

#[test]
fn a_missing_signature_costs_no_byte_and_is_not_held_against_the_bundle() {
    let (scene, _) = signed_scene();
    let zip = WebApp::new("3.0.0").zip();
    scene.publish_zip("3.0.0", &zip);
    let mut device = good_device(&scene);
    let fetched = scene.server.bundle_requests().len();
    for _ in 0..2 {
        assert_eq!(device.refusal("sync", json!({})), "signature_missing");
        assert_refused(&scene, &mut device);
    }
    assert_eq!(scene.server.bundle_requests().len(), fetched);
    publish_with(&scene, "3.0.0", &zip, &sign(&scene, &zip));
    assert_eq!(
        device.call("sync", json!({})).unwrap()["status"],
        "downloaded"
    );
}

#[test]
fn a_changed_checksum_is_a_wrong_one() {
    let (scene, app) = signed_scene();
    publish_signed(&scene, "3.0.0", &WebApp::new("3.0.0").zip());
    let mut device = good_device(&scene);
    let release = scene.server.release("3.0.0").unwrap();
    let right = release.checksum.clone().unwrap();
    let digit = |index: usize| {
        let mut text = right.clone().into_bytes();
        text[index] = if text[index] == b'0' { b'1' } else { b'0' };
        String::from_utf8(text).unwrap()
    };
    for (checksum, code) in [
        (digit(0), "checksum_mismatch"),
        (digit(63), "checksum_mismatch"),
        (right[..63].to_owned(), "protocol"),
        (format!("{right}0"), "protocol"),
        (right.replacen(|_| true, "g", 1), "protocol"),
        (String::new(), "protocol"),
    ] {
        let mut wrong = release.clone();
        wrong.checksum = Some(checksum.clone());
        scene.server.offer(wrong);
        assert_eq!(device.refusal("sync", json!({})), code, "{checksum}");
        assert_refused(&scene, &mut device);
    }
    device.kill().unwrap();
    assert_runs(&scene, "2.0.0", &app);

    let mut device = good_device(&scene);
    let mut loud = release;
    loud.checksum = Some(right.to_uppercase());
    scene.server.offer(loud);
    assert_eq!(
        device.call("sync", json!({})).unwrap()["status"],
        "downloaded"
    );
}

#[test]
fn bytes_that_are_refused_for_good_are_fetched_again_only_when_cleared() {
    let scene = Scene::new();
    scene.install_good("2.0.0");
    scene.publish_zip("3.0.0", b"this is no zip, whatever its name says");
    let mut device = good_device(&scene);
    assert_refused_for_good(&scene, &mut device, "invalid_archive", "3.0.0");

    // Nor by the next process, nor under another version.
    device.kill().unwrap();
    scene.publish_zip("3.0.1", b"this is no zip, whatever its name says");
    let mut device = good_device(&scene);
    let fetched = scene.server.bundle_requests().len();
    let outcome = device.call("sync", json!({})).unwrap();
    assert_eq!(outcome["reason"], "refused", "{outcome}");
    assert_eq!(
        device.call("getLatest", json!({})).unwrap()["reason"],
        "refused"
    );
    assert_eq!(scene.server.bundle_requests().len(), fetched);

    for params in [json!({"version": "3.0.0"}), json!({})] {
        device.call("clearBlocked", params).unwrap();
        assert_eq!(device.refusal("sync", json!({})), "invalid_archive");
        assert_refused(&scene, &mut device);
    }
    assert_eq!(scene.server.bundle_requests().len(), fetched + 2);
}

/// Refused, blocked from then on, and nothing else has changed.
fn assert_refused_for_good(scene: &Scene, device: &mut Process, code: &str, version: &str) {
    let fetched = scene.server.bundle_requests().len();
    assert_eq!(device.refusal("sync", json!({})), code, "{version}");
    assert_eq!(scene.server.bundle_requests().len(), fetched + 1);
    assert_refused(scene, device);
    let outcome = device.call("sync", json!({})).unwrap();
    assert_eq!(
        (&outcome["status"], &outcome["reason"]),
        (&json!("blocked"), &json!("refused"))
    );
    assert_eq!(device.refusal("download", json!({})), "blocked");
    assert_eq!(
        scene.server.bundle_requests().len(),
        fetched + 1,
        "{version}"
    );
}

/// Nothing of it is on the disk, and the current bundle goes on.
fn assert_refused(scene: &Scene, device: &mut Process) {
    assert_eq!(scene.leftovers(), [""; 0]);
    let current = device.call("current", json!({})).unwrap();
    assert_eq!(current["bundle"]["version"], "2.0.0");
    assert_eq!(current["bundle"]["status"], "success");
}

fn samples(dice: &mut Dice, size: u64, count: usize) -> Vec<u64> {
    let random = (0..count).map(|_| dice.within(0..size));
    [0, size - 1].into_iter().chain(random).collect()
}

fn good_device(scene: &Scene) -> Process {
    let (mut device, launch) = scene.launch();
    assert_eq!(launch["bundle"]["version"], "2.0.0", "{launch}");
    ready(&mut device, &launch).unwrap();
    wait_until("the start is over", || scene.leftovers().is_empty());
    device
}

fn assert_starts(scene: &Scene, version: &str, app: &WebApp) {
    assert_eq!(assert_runs(scene, version, app)["trial"], true);
}

/// A device that trusts one Ed25519 key and runs 2.0.0.
fn signed_scene() -> (Scene, WebApp) {
    let mut scene = Scene::new();
    run(&scene, &["keygen", "--out", "keys"]);
    let key = fs::read_to_string(scene.path("keys/live-updater.public.pem")).unwrap();
    scene.configure("trust", json!({"mode": "bundle", "keys": [{"key": key}]}));
    let app = WebApp::new("2.0.0");
    publish_signed(&scene, "2.0.0", &app.zip());
    scene.download("2.0.0");
    assert_starts(&scene, "2.0.0", &app);
    (scene, app)
}

fn publish_signed(scene: &Scene, version: &str, zip: &[u8]) -> u64 {
    publish_with(scene, version, zip, &sign(scene, zip))
}

fn publish_with(scene: &Scene, version: &str, zip: &[u8], signature: &str) -> u64 {
    fs::write(scene.path(&format!("bundles/{version}.zip.sig")), signature).unwrap();
    scene.publish_zip(version, zip)
}

/// The signature as base64.
fn sign(scene: &Scene, zip: &[u8]) -> String {
    fs::write(scene.path("to-sign.zip"), zip).unwrap();
    run(
        scene,
        &[
            "sign",
            "to-sign.zip",
            "--key",
            "keys/live-updater.private.pem",
        ],
    );
    let text = fs::read_to_string(scene.path("to-sign.zip.sig")).unwrap();
    text.trim().to_owned()
}

fn run(scene: &Scene, arguments: &[&str]) {
    let output = Command::new(PROGRAM)
        .args(arguments)
        .current_dir(scene.path(""))
        .output()
        .unwrap();
    assert!(output.status.success(), "{output:?}");
}
