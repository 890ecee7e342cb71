//! What `verify` says about release statements.
#![expect(clippy::unwrap_used, reason = "a test may panic")]

#[expect(dead_code, reason = "other tests use the rest of it")]
mod support;

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, STANDARD_NO_PAD};
use serde_json::{Value, json};
use support::{Run, Workshop};

const FIRST: &str = "--key first/live-updater.public.pem";
const SECOND: &str = "--key second/live-updater.public.pem";

/// `1.2.0.zip` with a statement by the first of two keys.
fn workshop() -> Workshop {
    let workshop = Workshop::with_build();
    workshop.json("keygen --out first");
    workshop.json("keygen --out second --algorithm p256");
    workshop.json("pack dist --out 1.2.0.zip");
    sign(&workshop, "");
    workshop
}

fn sign(workshop: &Workshop, rest: &str) -> Value {
    workshop.json(&format!(
        "sign statement 1.2.0.zip --version 1.2.0 --app-id com.example.app \
         --key first/live-updater.private.pem {rest}"
    ))
}

fn verify(workshop: &Workshop, rest: &str) -> Run {
    workshop.run(&format!("--json verify 1.2.0.statement.json {rest}"))
}

#[test]
fn a_statement_that_holds_is_shown_with_whose_signatures_hold() {
    let workshop = workshop();
    let signed = sign(&workshop, "");
    let run = verify(&workshop, &format!("{FIRST} {SECOND} --bundle 1.2.0.zip"));
    assert_eq!(run.code, 0, "{run:?}");
    let report = run.value();
    assert_eq!(report["statement"], signed["statement"]);
    assert_eq!(report["payloadSha256"], signed["payloadSha256"]);
    assert_eq!(report["keyIds"], signed["keyIds"]);
    assert_eq!(report["bundleHolds"], true);
    assert_eq!(verify(&workshop, FIRST).value()["bundleHolds"], Value::Null);

    let table = workshop.run(&format!("verify 1.2.0.statement.json {FIRST}"));
    for part in [
        "holds, by key",
        "com.example.app",
        "not looked at (--bundle)",
    ] {
        assert!(table.stdout.contains(part), "{part}: {table:?}");
    }
}

#[test]
fn a_statement_needs_as_many_keys_as_the_threshold_says() {
    let workshop = workshop();
    let both = format!("{FIRST} {SECOND} --threshold 2");
    verify(&workshop, &both).assert_error(1, "signature_invalid");
    verify(&workshop, SECOND).assert_error(1, "untrusted_key");
    workshop.json("sign add 1.2.0.statement.json --key second/live-updater.private.pem");
    let report = verify(&workshop, &both).value();
    assert_eq!(report["keyIds"].as_array().unwrap().len(), 2);
    assert_eq!(verify(&workshop, SECOND).code, 0);
    // The same key twice is one.
    verify(&workshop, &format!("{FIRST} {FIRST} --threshold 2")).assert_error(2, "usage");
}

#[test]
fn a_statement_that_was_altered_in_any_part_does_not_hold() {
    let workshop = workshop();
    let text = String::from_utf8(workshop.read("1.2.0.statement.json")).unwrap();
    let good: Value = serde_json::from_str(&text).unwrap();
    let other = sign(&workshop, "--out other.json");
    for (part, value, code) in [
        (
            "/payload",
            other["envelope"]["payload"].clone(),
            "signature_invalid",
        ),
        ("/payloadType", json!("application/json"), "usage"),
        (
            "/signatures/0/sig",
            other["envelope"]["signatures"][0]["sig"].clone(),
            "signature_invalid",
        ),
        (
            "/signatures/0/keyid",
            json!("ab".repeat(32)),
            "untrusted_key",
        ),
        ("/signatures", json!([]), "signature_missing"),
    ] {
        let mut envelope = good.clone();
        *envelope.pointer_mut(part).unwrap() = value;
        workshop.write("1.2.0.statement.json", envelope.to_string().as_bytes());
        let run = verify(&workshop, FIRST);
        assert_ne!(run.code, 0, "{part}");
        if code != "usage" {
            run.assert_error(1, code);
        }
    }
    workshop.write("1.2.0.statement.json", text.as_bytes());
    assert_eq!(verify(&workshop, FIRST).code, 0);
}

#[test]
fn a_statement_must_be_about_the_bundle_and_for_whom_it_was_asked() {
    let workshop = workshop();
    workshop.write("dist/more.js", b"more");
    workshop.json("pack dist --out other.zip");
    verify(&workshop, &format!("{FIRST} --bundle other.zip")).assert_error(1, "size_mismatch");
    let right = "--app-id com.example.app --channel production --platform ios";
    assert_eq!(verify(&workshop, &format!("{FIRST} {right}")).code, 0);
    for wrong in ["--app-id com.example", "--channel beta", "--platform web"] {
        verify(&workshop, &format!("{FIRST} {wrong}")).assert_error(1, "app_mismatch");
    }
}

/// Signs another payload than `sign statement` would: the statement, with one text in place of
/// another.
fn sign_altered(workshop: &Workshop, replaced: &str, by: &str) -> bool {
    let envelope: Value = serde_json::from_slice(&workshop.read("1.2.0.statement.json")).unwrap();
    let payload = STANDARD
        .decode(envelope["payload"].as_str().unwrap())
        .unwrap();
    let payload = String::from_utf8(payload).unwrap();
    assert!(payload.contains(replaced), "{payload}");
    let payload = payload.replace(replaced, by);
    let kind = envelope["payloadType"].as_str().unwrap();
    let message = format!("DSSEv1 {} {kind} {} {payload}", kind.len(), payload.len());
    workshop.write("message.bin", message.as_bytes());
    let arguments =
        "pkeyutl -sign -rawin -inkey first/live-updater.private.pem -in message.bin -out sig.bin";
    let arguments: Vec<_> = arguments.split(' ').collect();
    let Some(run) = workshop.other("openssl", &arguments) else {
        return false;
    };
    assert_eq!(run.code, 0, "{run:?}");
    let altered = json!({
        "payloadType": kind,
        "payload": STANDARD_NO_PAD.encode(payload),
        "signatures": [{"sig": STANDARD_NO_PAD.encode(workshop.read("sig.bin"))}],
    });
    workshop.write("1.2.0.statement.json", altered.to_string().as_bytes());
    true
}

#[test]
fn numbers_and_base64_are_read_as_devices_read_them() {
    let workshop = workshop();
    if !sign_altered(&workshop, "\"sequence\":1", "\"sequence\":5.0") {
        return;
    }
    let run = verify(&workshop, &format!("{FIRST} --bundle 1.2.0.zip"));
    assert_eq!(run.code, 0, "{run:?}");
    assert_eq!(run.value()["statement"]["sequence"], 5);
    let inspected = workshop.json("inspect 1.2.0.statement.json");
    assert_eq!(inspected["statement"], run.value()["statement"]);
}

#[test]
fn more_bytes_than_a_bundle_unpacks_to_may_be_stated_and_not_fewer() {
    let workshop = workshop();
    let report = sign(&workshop, "");
    let real = &report["statement"]["bundle"]["unpackedSize"];
    let stated = format!("\"unpackedSize\":{real}");
    if !sign_altered(&workshop, &stated, "\"unpackedSize\":99999999") {
        return;
    }
    let with_bundle = format!("{FIRST} --bundle 1.2.0.zip");
    let run = verify(&workshop, &with_bundle);
    assert_eq!(run.code, 0, "{run:?}");
    assert_eq!(run.value()["warnings"][0]["code"], "unpacked_size");
    sign(&workshop, "");
    sign_altered(&workshop, &stated, "\"unpackedSize\":9");
    verify(&workshop, &with_bundle).assert_error(1, "checksum_mismatch");
}

#[test]
fn a_statement_for_no_platform_is_for_no_device() {
    let workshop = workshop();
    let platforms = "\"platforms\":[\"android\",\"ios\"]";
    for nothing in ["\"platforms\":[]", "\"platforms\":null"] {
        sign(&workshop, "");
        if !sign_altered(&workshop, platforms, nothing) {
            return;
        }
        let run = verify(&workshop, FIRST);
        run.assert_error(1, "app_mismatch");
        assert!(run.stdout.contains("is for no platform"), "{run:?}");
        let inspected = workshop.json("inspect 1.2.0.statement.json");
        assert_eq!(inspected["statement"]["platforms"], json!([]));
    }
}

#[test]
fn a_revocation_that_devices_ignore_is_warned_of() {
    let workshop = workshop();
    let both = format!("{FIRST} {SECOND}");
    sign(
        &workshop,
        "--key second/live-updater.private.pem --revoke second/live-updater.public.pem",
    );
    assert_eq!(verify(&workshop, &both).value()["warnings"], json!([]));
    let run = verify(&workshop, &format!("{both} --threshold 2"));
    assert_eq!(run.code, 0, "{run:?}");
    assert_eq!(run.value()["warnings"][0]["code"], "revoked_ignored");

    let told = workshop.run(&format!("verify 1.2.0.statement.json {both} --threshold 2"));
    assert!(told.stderr.contains("ignore `revoked`"), "{told:?}");
}

#[test]
fn what_is_no_key_id_among_the_revoked_is_warned_of() {
    let workshop = workshop();
    let stranger = "ab".repeat(32);
    sign(&workshop, &format!("--revoke {stranger}"));
    if !sign_altered(&workshop, &stranger, "The Second Key") {
        return;
    }
    let run = verify(&workshop, FIRST);
    assert_eq!(run.code, 0, "{run:?}");
    assert_eq!(run.value()["warnings"][0]["code"], "no_key_id");
}

#[test]
fn a_whole_answer_is_told_from_its_statement() {
    let workshop = workshop();
    let answer = json!({"updateAvailable": true, "release": sign(&workshop, "")["envelope"]});
    workshop.write("1.2.0.statement.json", answer.to_string().as_bytes());
    let run = verify(&workshop, FIRST);
    run.assert_error(2, "usage");
    assert!(run.stdout.contains("is its `release`"), "{run:?}");
}

#[test]
fn a_bundle_of_the_same_size_with_other_bytes_is_another() {
    let workshop = workshop();
    let mut zip = workshop.read("1.2.0.zip");
    let middle = zip.len() / 2;
    zip[middle] ^= 1;
    workshop.write("1.2.0.zip", &zip);
    let run = verify(&workshop, &format!("{FIRST} --bundle 1.2.0.zip"));
    assert_eq!(run.code, 1, "{run:?}");
}

#[test]
fn a_statement_that_has_expired_does_not_hold() {
    let workshop = workshop();
    sign(
        &workshop,
        "--issued-at 2026-01-01T00:00:00Z --expires-in 1h",
    );
    verify(&workshop, FIRST).assert_error(1, "expired");
}

#[test]
fn options_that_are_for_the_other_kind_of_file_are_refused() {
    let workshop = workshop();
    let checksum = "00".repeat(32);
    for arguments in [
        format!("verify 1.2.0.zip {FIRST} --threshold 2"),
        format!("verify 1.2.0.zip {FIRST} --bundle 1.2.0.zip"),
        format!("verify 1.2.0.statement.json {FIRST} --signature AAAA"),
        format!("verify 1.2.0.statement.json --checksum {checksum}"),
        format!("verify 1.2.0.statement.json {FIRST} --threshold 0"),
        format!("verify nothing.json {FIRST}"),
    ] {
        let run = workshop.run(&format!("--json {arguments}"));
        run.assert_error(2, "usage");
    }
}
