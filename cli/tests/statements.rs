//! What `sign statement` and `sign add` write, and how sequences are counted.
#![expect(clippy::unwrap_used, reason = "a test may panic")]

#[expect(dead_code, reason = "other tests use the rest of it")]
mod support;

use std::collections::BTreeSet;
use std::fs;
use std::process::{Command, Stdio};
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use support::{Run, Workshop};

const PAYLOAD_TYPE: &str = "application/vnd.live-updater.release+json";
const KEY: &str = "keys/live-updater.private.pem";

/// A workshop with keys, the bundle `1.2.0.zip`, and a second pair in `other/`.
fn workshop() -> Workshop {
    let workshop = Workshop::with_build();
    workshop.json("keygen --out keys");
    workshop.json("keygen --out other --algorithm p256");
    workshop.json("pack dist --out 1.2.0.zip");
    workshop
}

fn sign(workshop: &Workshop, rest: &str) -> Run {
    workshop.run(&format!(
        "--json sign statement --key {KEY} --app-id com.example.app {rest}"
    ))
}

fn signed(workshop: &Workshop, rest: &str) -> Value {
    let run = sign(workshop, rest);
    assert_eq!(run.code, 0, "{run:?}");
    run.value()
}

fn install(workshop: &Workshop, rest: &str) -> Value {
    signed(workshop, &format!("1.2.0.zip --version 1.2.0 {rest}"))
}

fn envelope(workshop: &Workshop, name: &str) -> Value {
    serde_json::from_slice(&workshop.read(name)).unwrap()
}

fn payload_bytes(envelope: &Value) -> Vec<u8> {
    STANDARD
        .decode(envelope["payload"].as_str().unwrap())
        .unwrap()
}

fn payload(envelope: &Value) -> Value {
    serde_json::from_slice(&payload_bytes(envelope)).unwrap()
}

#[test]
fn a_statement_binds_the_bundle_and_whom_it_is_for() {
    let workshop = workshop();
    let packed = workshop.json("pack dist --out 1.2.0.zip");
    let pair = workshop.json("keygen --out keys --force");
    let report = install(
        &workshop,
        &format!(
            "--channel beta --platform ios --platform android --platform ios --sequence 42 \
             --issued-at 2026-08-24T08:00:00Z --expires-in 90d --min-app-version 2.0 \
             --max-app-version 3.1 --revoke {}",
            "AB".repeat(32)
        ),
    );

    assert_eq!(report["file"], "1.2.0.statement.json");
    let envelope = envelope(&workshop, "1.2.0.statement.json");
    assert_eq!(report["envelope"], envelope);
    assert_eq!(envelope["payloadType"], PAYLOAD_TYPE);
    assert_eq!(envelope["signatures"].as_array().unwrap().len(), 1);
    assert_eq!(envelope["signatures"][0]["keyid"], pair["keyId"]);
    let payload = payload(&envelope);
    assert_eq!(report["statement"], payload);
    assert_eq!(
        payload,
        json!({
            "appId": "com.example.app",
            "channel": "beta",
            "platforms": ["android", "ios"],
            "version": "1.2.0",
            "sequence": 42,
            "issuedAt": "2026-08-24T08:00:00Z",
            "expiresAt": "2026-11-22T08:00:00Z",
            "minAppVersion": "2.0",
            "maxAppVersion": "3.1",
            "action": "install",
            "bundle": {
                "size": packed["size"],
                "sha256": packed["sha256"],
                "filesSha256": packed["filesSha256"],
                "unpackedSize": packed["unpackedSize"],
            },
            "revoked": ["ab".repeat(32)],
        })
    );
    let digest: String = Sha256::digest(payload_bytes(&envelope))
        .iter()
        .map(|byte| format!("{byte:02x}"))
        .collect();
    assert_eq!(report["payloadSha256"], digest);
}

#[test]
fn what_was_not_asked_for_is_left_out() {
    let workshop = workshop();
    install(&workshop, "");
    let payload = payload(&envelope(&workshop, "1.2.0.statement.json"));
    let keys: Vec<_> = payload.as_object().unwrap().keys().cloned().collect();
    let expected = BTreeSet::from([
        "action",
        "appId",
        "bundle",
        "channel",
        "expiresAt",
        "issuedAt",
        "platforms",
        "sequence",
        "version",
    ]);
    assert_eq!(
        keys.iter().map(String::as_str).collect::<BTreeSet<_>>(),
        expected
    );
    assert_eq!(payload["channel"], "production");
    assert_eq!(payload["platforms"], json!(["android", "ios"]));
    assert_eq!(payload["sequence"], 1);
}

#[test]
fn a_way_back_to_builtin_names_no_bundle() {
    let workshop = workshop();
    let report = signed(&workshop, "--rollback-to-builtin --out back.statement.json");
    let payload = payload(&envelope(&workshop, "back.statement.json"));
    assert_eq!(payload["action"], "rollbackToBuiltin");
    assert_eq!(payload["bundle"], Value::Null);
    assert_eq!(payload["version"], Value::Null);
    assert_eq!(report["statement"], payload);

    sign(&workshop, "--rollback-to-builtin").assert_error(2, "usage");
    sign(&workshop, "1.2.0.zip --rollback-to-builtin --out a.json").assert_error(2, "usage");
}

#[test]
fn sequences_are_counted_for_each_channel_beside_the_key() {
    let workshop = workshop();
    let sequence = |rest: &str| install(&workshop, rest)["statement"]["sequence"].clone();
    assert_eq!(sequence(""), 1);
    assert_eq!(sequence(""), 2);
    assert_eq!(sequence("--channel beta --out beta.json"), 1);
    assert_eq!(sequence("--sequence 10"), 10);
    assert_eq!(sequence(""), 11);
    assert_eq!(sequence("--sequence-file ci/sequences.jsonl"), 1);
    let report = signed(&workshop, "--rollback-to-builtin --out back.json");
    assert_eq!(report["statement"]["sequence"], 12);
    assert_eq!(report["sequenceFile"], "keys/live-updater.sequences.jsonl");

    let lines = String::from_utf8(workshop.read("keys/live-updater.sequences.jsonl")).unwrap();
    assert_eq!(lines.lines().count(), 6);
    let last: Value = serde_json::from_str(lines.lines().last().unwrap()).unwrap();
    assert_eq!(last["action"], "rollbackToBuiltin");
}

#[test]
fn a_sequence_never_goes_back_and_the_refusal_names_the_next() {
    let workshop = workshop();
    install(&workshop, "--sequence 7");
    let before = workshop.read("1.2.0.statement.json");
    for wanted in ["7", "6", "1000008", "9007199254740992"] {
        let run = sign(
            &workshop,
            &format!("1.2.0.zip --version 1.2.0 --sequence {wanted}"),
        );
        run.assert_error(1, "sequence");
        assert!(
            run.stdout.contains("live-updater.sequences.jsonl"),
            "{run:?}"
        );
    }
    let run = sign(&workshop, "1.2.0.zip --version 1.2.0 --sequence 7");
    assert!(run.stdout.contains("leave --sequence out for 8"), "{run:?}");
    assert_eq!(workshop.read("1.2.0.statement.json"), before);
}

#[test]
fn a_sequence_that_devices_may_refuse_has_to_be_forced() {
    let workshop = workshop();
    install(&workshop, "--sequence 7");
    let far = "1.2.0.zip --version 1.2.0 --sequence 5000000000";
    let run = sign(&workshop, far);
    run.assert_error(1, "sequence");
    assert!(run.stdout.contains("--force-sequence"), "{run:?}");
    let report = signed(&workshop, &format!("{far} --force-sequence"));
    assert_eq!(report["statement"]["sequence"], 5_000_000_000_u64);
    sign(&workshop, "1.2.0.zip --version 1.2.0 --force-sequence").assert_error(2, "usage");
}

#[test]
fn numbers_that_a_thief_raised_are_reached_in_steps() {
    let workshop = workshop();
    install(&workshop, "--sequence 12");
    for (step, sequence) in [1_000_012, 2_000_012, 2_500_001].iter().enumerate() {
        let report = install(
            &workshop,
            &format!("--sequence {sequence} --out step-{step}.json"),
        );
        assert_eq!(report["statement"]["sequence"], *sequence);
    }
}

#[test]
fn a_key_does_not_vouch_for_its_own_revocation() {
    let workshop = workshop();
    let own = "1.2.0.zip --version 1.2.0 --sequence 9 --revoke keys/live-updater.public.pem";
    let run = sign(&workshop, own);
    run.assert_error(2, "usage");
    assert!(run.stdout.contains("sign with another one"), "{run:?}");
    let both = format!("{own} --revoke other/live-updater.public.pem");
    sign(
        &workshop,
        &format!("{both} --key other/live-updater.private.pem"),
    )
    .assert_error(2, "usage");
    // The other one vouches for it.
    signed(
        &workshop,
        &format!("{own} --key other/live-updater.private.pem"),
    );
}

#[test]
fn what_is_no_key_is_not_revoked() {
    let workshop = workshop();
    for no_key in ["ab", &"ab".repeat(31), &"xy".repeat(32), "dist/index.html"] {
        let run = sign(
            &workshop,
            &format!("1.2.0.zip --version 1.2.0 --sequence 9 --revoke {no_key}"),
        );
        assert_ne!(run.code, 0, "{no_key}");
        assert!(!workshop.path("1.2.0.statement.json").exists(), "{no_key}");
    }
}

#[test]
fn a_revocation_does_not_begin_a_row_of_sequences() {
    let workshop = workshop();
    let revoking = "1.2.0.zip --version 1.2.0 --revoke other/live-updater.public.pem";
    let run = sign(&workshop, revoking);
    run.assert_error(1, "sequence");
    assert!(run.stdout.contains("--sequence-file"), "{run:?}");
    assert!(!workshop.path("1.2.0.statement.json").exists());
    assert!(!workshop.path("keys/live-updater.sequences.jsonl").exists());

    install(&workshop, "--sequence-file old.jsonl");
    let on = signed(&workshop, &format!("{revoking} --sequence-file old.jsonl"));
    assert_eq!(on["statement"]["sequence"], 2);
    let said = signed(&workshop, &format!("{revoking} --sequence 9"));
    assert_eq!(said["statement"]["sequence"], 9);
}

/// The codes of what a report warns of.
fn warnings(report: &Value) -> Vec<&str> {
    let warnings = report["warnings"].as_array().unwrap().iter();
    warnings
        .map(|warning| warning["code"].as_str().unwrap())
        .collect()
}

#[test]
fn a_span_that_is_too_long_is_told_as_what_it_is() {
    let workshop = workshop();
    let run = sign(
        &workshop,
        "1.2.0.zip --version 1.2.0 --expires-in 999999999w",
    );
    run.assert_error(2, "usage");
    assert!(run.stdout.contains("after the year 9999"), "{run:?}");
    let run = sign(
        &workshop,
        "1.2.0.zip --version 1.2.0 --expires-at 2020-01-01T00:00:00Z",
    );
    run.assert_error(2, "usage");
    assert!(run.stdout.contains("before it is issued"), "{run:?}");
}

#[test]
fn what_may_not_be_meant_is_warned_of() {
    let workshop = workshop();
    assert_eq!(warnings(&install(&workshop, "")), ["first_sequence"]);
    assert_eq!(warnings(&install(&workshop, "")), [""; 0]);
    let report = signed(&workshop, "1.2.0.zip --version 1.1.0");
    assert_eq!(warnings(&report), ["other_version"]);
    fs::copy(workshop.path("1.2.0.zip"), workshop.path("plain.zip")).unwrap();
    let report = signed(&workshop, "plain.zip --version 1.1.0");
    assert_eq!(warnings(&report), [""; 0]);

    let report = install(&workshop, "--issued-at 2999-01-01T00:00:00Z");
    assert_eq!(warnings(&report), ["issued_ahead"]);
    let over = "--issued-at 2026-01-01T00:00:00Z --expires-in 1h";
    assert_eq!(warnings(&install(&workshop, over)), ["expired"]);

    let run = workshop.run(&format!(
        "sign statement 1.2.0.zip --version 1.1.0 --app-id com.example.app --key {KEY}"
    ));
    assert!(run.stderr.contains("called after version 1.2.0"), "{run:?}");
}

#[test]
fn a_sequence_that_led_to_no_statement_is_never_used_again() {
    let workshop = workshop();
    let run = sign(&workshop, "1.2.0.zip --version 1.2.0 --out nowhere/a.json");
    run.assert_error(1, "storage");
    assert_eq!(install(&workshop, "")["statement"]["sequence"], 2);
}

#[test]
fn nothing_that_can_be_wrong_before_uses_a_sequence_up() {
    let workshop = workshop();
    workshop.write("broken.zip", b"PK no zip");
    for rest in [
        "broken.zip --version 1.2.0",
        "1.2.0.zip --version 1.2.0 --revoke nobody",
        "1.2.0.zip --version 1.2.0 --key nothing.pem",
        "1.2.0.zip --version 1.2.0 --algorithm rsa-pss-sha256",
        "1.2.0.zip --version 1.2.0 --expires-at 2020-01-01T00:00:00Z",
        "1.2.0.zip --version 1.2.0 --min-app-version 2 --max-app-version 1.9",
    ] {
        let run = sign(&workshop, rest);
        assert_ne!(run.code, 0, "{rest}");
        assert!(
            !workshop.path("keys/live-updater.sequences.jsonl").exists(),
            "{rest}"
        );
    }
}

/// Each signs another payload, and each is killed a moment later than the one before.
#[test]
fn however_a_signer_dies_no_sequence_is_in_two_statements() {
    const SIGNERS: u32 = 40;
    let workshop = workshop();
    for index in 0..SIGNERS {
        let mut signer = Command::new(env!("CARGO_BIN_EXE_live-updater"))
            .args(["sign", "statement", "1.2.0.zip", "--version", "1.2.0"])
            .args(["--app-id", "com.example.app", "--key", KEY])
            .args(["--out", &format!("{index}.json")])
            .args(["--issued-at", &format!("2026-01-01T00:00:{index:02}Z")])
            .current_dir(workshop.path(""))
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        std::thread::sleep(Duration::from_micros(u64::from(index) * 500));
        let _ = signer.kill();
        signer.wait().unwrap();
    }
    let last = install(&workshop, "")["statement"]["sequence"]
        .as_u64()
        .unwrap();
    let mut sequences = Vec::new();
    for index in 0..SIGNERS {
        let name = format!("{index}.json");
        if workshop.path(&name).exists() {
            // What is there is whole.
            sequences.push(
                payload(&envelope(&workshop, &name))["sequence"]
                    .as_u64()
                    .unwrap(),
            );
        }
    }
    let distinct: BTreeSet<_> = sequences.iter().copied().collect();
    assert_eq!(distinct.len(), sequences.len(), "{sequences:?}");
    assert!(
        sequences.iter().all(|sequence| *sequence < last),
        "{sequences:?}"
    );
}

#[test]
fn several_keys_sign_the_very_same_payload_together_or_one_after_another() {
    let workshop = workshop();
    let second = workshop.json("keygen --out other --algorithm rsa --bits 2048 --force");
    let report = install(&workshop, "--key other/live-updater.private.pem");
    assert_eq!(report["keyIds"].as_array().unwrap().len(), 2);

    let alone = install(&workshop, "");
    let before = envelope(&workshop, "1.2.0.statement.json");
    let add = "sign add 1.2.0.statement.json --key other/live-updater.private.pem";
    let added = workshop.json(&format!("{add} --bundle 1.2.0.zip"));
    let after = envelope(&workshop, "1.2.0.statement.json");
    assert_eq!(after["payload"], before["payload"]);
    assert_eq!(after["signatures"][0], before["signatures"][0]);
    assert_eq!(after["signatures"][1]["keyid"], second["keyId"]);
    assert_eq!(added["statement"], alone["statement"]);
    assert_eq!(added["payloadSha256"], alone["payloadSha256"]);

    // What the first one has signed, nobody has looked at here.
    assert_eq!(alone["unverifiedKeyIds"].as_array().unwrap().len(), 0);
    assert_eq!(added["unverifiedKeyIds"], alone["keyIds"]);

    // A key signs once, however often it is asked.
    let again = workshop.json(add);
    assert_eq!(again["keyIds"], added["keyIds"]);
}

#[test]
fn a_second_signer_refuses_what_is_over_or_about_another_bundle() {
    let workshop = workshop();
    install(&workshop, "");
    workshop.write("dist/index.html", b"notifyAppReady() elsewhere");
    workshop.json("pack dist --out other.zip");
    let before = workshop.read("1.2.0.statement.json");
    let add = "--json sign add 1.2.0.statement.json --key other/live-updater.private.pem";
    workshop
        .run(&format!("{add} --bundle other.zip"))
        .assert_error(1, "size_mismatch");
    workshop
        .run("--json sign add other.zip --key other/live-updater.private.pem")
        .assert_error(2, "usage");

    install(
        &workshop,
        "--issued-at 2026-01-01T00:00:00Z --expires-in 1h --out over.json",
    );
    workshop
        .run(&add.replace("1.2.0.statement.json", "over.json"))
        .assert_error(1, "expired");
    assert_eq!(workshop.read("1.2.0.statement.json"), before);
}

#[test]
fn a_zip_that_devices_refuse_is_not_signed() {
    let workshop = workshop();
    workshop.write("build/readme.txt", b"no index");
    for (script, code) in [
        (
            "import shutil; shutil.make_archive('bad', 'zip', 'build')",
            "missing_index",
        ),
        (
            "import zipfile; z = zipfile.ZipFile('bad.zip', 'w'); z.writestr('index.html', ''); \
             z.writestr('../evil.js', ''); z.close()",
            "unsafe_path",
        ),
        (
            "import zipfile; z = zipfile.ZipFile('bad.zip', 'w'); z.writestr('index.html', ''); \
             z.writestr('.DS_Store', ''); z.close()",
            "invalid_archive",
        ),
    ] {
        let Some(run) = workshop.other("python3", &["-c", script]) else {
            return;
        };
        assert_eq!(run.code, 0, "{run:?}");
        sign(&workshop, "bad.zip --version 1.2.0").assert_error(1, code);
    }
}

#[test]
fn a_statement_for_another_channel_is_not_overwritten() {
    let workshop = workshop();
    install(&workshop, "");
    let before = workshop.read("1.2.0.statement.json");
    let run = sign(&workshop, "1.2.0.zip --version 1.2.0 --channel beta");
    run.assert_error(1, "exists");
    assert!(run.stdout.contains("NAME.beta.statement.json"), "{run:?}");
    sign(&workshop, "1.2.0.zip --version 1.2.0 --out 1.2.0.zip").assert_error(1, "exists");
    assert_eq!(workshop.read("1.2.0.statement.json"), before);

    install(&workshop, "--channel beta --out 1.2.0.beta.statement.json");
    install(&workshop, "");
    assert_ne!(workshop.read("1.2.0.statement.json"), before);
}

#[test]
fn a_statement_can_go_to_stdout_alone() {
    let workshop = workshop();
    let run = workshop.run(&format!(
        "sign statement 1.2.0.zip --version 1.2.0 --app-id a.b --key {KEY} --out -"
    ));
    assert_eq!(run.code, 0, "{run:?}");
    let envelope: Value = serde_json::from_str(&run.stdout).unwrap();
    assert_eq!(envelope["payloadType"], PAYLOAD_TYPE);
    // A first sequence is worth a word: the file may have been forgotten.
    assert!(run.stderr.contains("--sequence"), "{run:?}");
    assert!(!workshop.path("-").exists());
    assert_eq!(
        install(&workshop, "--out -")["envelope"]["payloadType"],
        PAYLOAD_TYPE
    );
}

#[test]
fn inspect_shows_what_a_statement_says_and_that_nothing_is_verified() {
    let workshop = workshop();
    let report = install(&workshop, "--expires-in 3d");
    let inspected = workshop.json("inspect 1.2.0.statement.json");
    assert_eq!(inspected["statement"], report["statement"]);
    assert_eq!(inspected["keyIds"], report["keyIds"]);
    assert_eq!(inspected["expired"], false);

    let table = workshop.run("inspect 1.2.0.statement.json").stdout;
    let sha256 = report["statement"]["bundle"]["sha256"].as_str().unwrap();
    for part in [
        "com.example.app",
        "production",
        "in 3 days",
        sha256,
        "No signature was verified",
    ] {
        assert!(table.contains(part), "{part}: {table}");
    }

    install(
        &workshop,
        "--issued-at 2026-01-01T00:00:00Z --expires-in 1h",
    );
    assert_eq!(
        workshop.json("inspect 1.2.0.statement.json")["expired"],
        true
    );
    workshop.write("no.json", b"{}");
    workshop
        .run("--json inspect no.json")
        .assert_error(2, "usage");
}

#[test]
fn inspect_tells_a_whole_answer_from_its_statement() {
    let workshop = workshop();
    let report = install(&workshop, "");
    let answer = json!({"updateAvailable": true, "release": report["envelope"]});
    workshop.write("answer.json", answer.to_string().as_bytes());
    let run = workshop.run("--json inspect answer.json");
    run.assert_error(2, "usage");
    assert!(run.stdout.contains("is its `release`"), "{run:?}");
}

#[test]
fn only_its_owner_learns_of_a_key_from_what_is_written() {
    let workshop = workshop();
    let run = sign(&workshop, "1.2.0.zip --version 1.2.0");
    let private = fs::read_to_string(workshop.path(KEY)).unwrap();
    let secret = private.lines().nth(1).unwrap();
    let written = String::from_utf8(workshop.read("1.2.0.statement.json")).unwrap();
    for text in [run.stdout, run.stderr, written] {
        assert!(!text.contains(secret));
    }
}
