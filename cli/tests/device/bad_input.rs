//! Whatever comes in wrong, as configuration or request, is refused with its code, and what was
//! good goes on.

use std::fs;
use std::io::{BufRead as _, BufReader, Write as _};
use std::process::{Command, Stdio};

use device_process::Device;
use serde_json::{Value, json};

use crate::scene::{Scene, all_methods, assert_runs};

const PROGRAM: &str = env!("CARGO_BIN_EXE_live-updater");

#[test]
fn a_bad_configuration_runs_builtin_and_names_the_key() {
    let folder = tempfile::tempdir().unwrap();
    let trust = r#""trust": {"mode": "unsigned"}"#;
    for (config, key) in [
        ("", "(file)"),
        ("[]", "(file)"),
        ("{", "(file)"),
        ("{}", "appId"),
        (r#"{"appId": "a"}"#, "trust"),
        (
            r#"{"appId": "a", "trust": {"mode": "magic"}}"#,
            "trust.mode",
        ),
        (
            r#"{"appId": "a", "trust": {"mode": "bundle"}}"#,
            "trust.keys",
        ),
        (&format!(r#"{{"appId": 5, {trust}}}"#), "appId"),
        (&format!(r#"{{"appId": "", {trust}}}"#), "appId"),
        (
            &format!(r#"{{"appId": "a", {trust}, "updateURL": "https://x.y"}}"#),
            "updateURL",
        ),
        (
            &format!(r#"{{"appId": "a", {trust}, "updateUrl": "x.y"}}"#),
            "updateUrl",
        ),
        (
            &format!(r#"{{"appId": "a", {trust}, "appReadyTimeout": -1}}"#),
            "appReadyTimeout",
        ),
        (
            &format!(r#"{{"appId": "a", {trust}, "appReadyTimeout": 1e300}}"#),
            "appReadyTimeout",
        ),
        (
            &format!(r#"{{"appId": "a", {trust}, "keepBundles": 1}}"#),
            "keepBundles",
        ),
        (
            &format!(r#"{{"appId": "a", {trust}, "autoUpdate": true}}"#),
            "autoUpdate",
        ),
        (
            &format!(r#"{{"appId": "a", {trust}, "version": "one"}}"#),
            "version",
        ),
        (
            &format!(r#"{{"appId": "a", {trust}, "pins": ["sha256/x"]}}"#),
            "pins",
        ),
        (
            &format!(r#"{{"appId": "a", {trust}, "rootCertificates": ["x"]}}"#),
            "rootCertificates",
        ),
    ] {
        let root = folder.path().join("device");
        let device = Device::with_config_text(PROGRAM, &root, config);
        let mut device = device.start().unwrap();
        let launch = device.call("launch", json!({})).unwrap();
        assert_eq!(launch["bundle"]["id"], "builtin", "{config}");
        assert_eq!(launch["path"], Value::Null);
        assert_eq!(launch["problem"]["code"], "config", "{config}");
        let message = launch["problem"]["message"].as_str().unwrap();
        assert!(message.contains(key), "{config}: {message}");
        assert!(!root.exists(), "{config}");
    }
}

#[test]
fn with_a_bad_configuration_every_call_says_so() {
    let scene = Scene::new();
    let device = Device::with_config_text(PROGRAM, scene.root(), r#"{"appId": "a"}"#);
    let mut device = device.start().unwrap();
    for is_launched in [false, true] {
        for (method, params) in all_methods() {
            let code = device.refusal(method, params);
            assert_eq!(code, "config", "{method}, launched: {is_launched}");
        }
        device.call("launch", json!({})).unwrap();
    }
    assert!(!scene.root().exists());
}

#[test]
fn a_configuration_that_is_no_text_is_a_bad_one() {
    let scene = Scene::new();
    let launch = b"{\"id\":1,\"method\":\"launch\"}\n";
    let answers = raw_answers(&scene, b"{\"appId\": \"\xff\"}", launch, 1);
    assert_eq!(answers[0]["result"]["bundle"]["id"], "builtin");
    assert_eq!(answers[0]["result"]["problem"]["code"], "config");
}

#[test]
fn a_line_that_is_no_text_is_no_request() {
    let scene = Scene::new();
    let config = scene.config().to_string();
    let lines = b"\xff\xfe\n{\"id\":1,\"method\":\"launch\"}\n";
    let answers = raw_answers(&scene, config.as_bytes(), lines, 2);
    assert_eq!(answers[0]["id"], Value::Null);
    assert_eq!(answers[0]["error"]["code"], "invalid_request");
    assert_eq!(answers[1]["result"]["problem"], Value::Null);
}

/// The first lines that a device answers to these bytes.
fn raw_answers(scene: &Scene, config: &[u8], input: &[u8], count: usize) -> Vec<Value> {
    fs::write(scene.path("config.json"), config).unwrap();
    let mut child = Command::new(PROGRAM)
        .args(["device", "--root", "device", "--config", "config.json"])
        .current_dir(scene.path(""))
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut stdin = child.stdin.take().unwrap();
    stdin.write_all(input).unwrap();
    let stdout = BufReader::new(child.stdout.take().unwrap());
    let answers = stdout
        .lines()
        .take(count)
        .map(|line| serde_json::from_str(&line.unwrap()).unwrap())
        .collect();
    drop(stdin);
    child.wait().unwrap();
    answers
}

#[test]
fn a_configuration_that_turns_bad_loses_nothing() {
    let scene = Scene::new();
    let app = scene.install_good("2.0.0");
    let device = Device::with_config_text(PROGRAM, scene.root(), "{");
    let mut device = device.start().unwrap();
    let launch = device.call("launch", json!({})).unwrap();
    assert_eq!(launch["bundle"]["id"], "builtin");
    device.kill().unwrap();
    assert_runs(&scene, "2.0.0", &app);
}

#[test]
fn what_is_no_request_is_answered_without_an_id() {
    let scene = Scene::new();
    let (mut device, _) = scene.launch();
    for line in [
        "x",
        "{",
        "[]",
        "5",
        "null",
        "\"launch\"",
        "{}",
        r#"{"method": 5}"#,
        r#"{"id": 7}"#,
        r#"{"id": 7, "method": null}"#,
        &"[".repeat(100_000),
        "\u{0}",
    ] {
        device.send_line(line).unwrap();
        let answer = device.nameless_answer().unwrap();
        assert_eq!(answer["id"], Value::Null, "{answer}");
        assert_eq!(answer["error"]["code"], "invalid_request", "{answer}");
        assert_eq!(answer["error"]["retryable"], false, "{answer}");
    }
    device.send_line("").unwrap();
    device.send_line("  ").unwrap();
    assert_eq!(
        device.call("current", json!({})).unwrap()["native"],
        "1.0.0"
    );
}

#[test]
fn unknown_methods_and_absurd_params_are_invalid_requests() {
    let scene = Scene::new();
    let (mut device, _) = scene.launch();
    for (method, params) in [
        ("", json!({})),
        ("Launch", json!({})),
        ("toString", json!({})),
        ("launch", json!({"active": "yes"})),
        ("launch", json!(5)),
        ("notifyAppReady", json!({"launchToken": 5})),
        ("next", json!({})),
        ("next", json!({"id": 5})),
        ("set", json!({"id": null})),
        ("set", json!("builtin")),
        ("delete", json!({})),
        ("verify", json!({"id": ["a"]})),
        ("reset", json!({"toLastSuccessful": 1})),
        ("download", json!({"url": "http://127.0.0.1/x.zip"})),
        (
            "download",
            json!({"url": "x", "version": "1.0.0", "checksum": "0".repeat(64)}),
        ),
        (
            "download",
            json!({"url": "https://x.y/z", "version": "one", "checksum": "0".repeat(64)}),
        ),
        (
            "download",
            json!({"url": "https://x.y/z", "version": "1.0.0", "checksum": "0"}),
        ),
        (
            "download",
            json!({"url": scene.server.url(), "version": "1.0.0", "checksum": "0".repeat(64), "size": -1}),
        ),
        // Another origin than the update server's, and nothing is signed.
        (
            "download",
            json!({"url": "https://x.y/z", "version": "3.0.0", "checksum": "0".repeat(64)}),
        ),
        ("clearBlocked", json!({"version": "one"})),
        ("setChannel", json!({"channel": 5})),
        ("setCustomId", json!({"customId": {}})),
    ] {
        let code = device.refusal(method, params.clone());
        assert_eq!(code, "invalid_request", "{method} {params}");
    }
    for id in [
        "",
        "x",
        "../../etc",
        "00000000-0000-0000-0000-000000000000",
        &"a".repeat(100_000),
    ] {
        for method in [
            "next",
            "set",
            "delete",
            "verify",
            "setBundleError",
            "reportCrash",
        ] {
            let code = device.refusal(method, json!({"id": id}));
            assert_eq!(code, "unknown_bundle", "{method} {id:.20}");
        }
    }
    for method in ["delete", "setBundleError"] {
        assert_eq!(
            device.refusal(method, json!({"id": "builtin"})),
            "protected_bundle"
        );
    }
    assert!(scene.server.bundle_requests().is_empty());
}

#[test]
fn before_the_launch_there_is_only_reading() {
    let scene = Scene::new();
    let app = scene.install_good("2.0.0");
    let mut device = scene.start();
    for (method, params) in all_methods() {
        let result = device.call(method, params);
        let is_reading = matches!(
            method,
            "current"
                | "getNextBundle"
                | "list"
                | "getFailedUpdate"
                | "getBuiltinVersion"
                | "getChannel"
                | "getDeviceId"
                | "state"
        );
        match result {
            Ok(_) => assert!(is_reading, "{method}"),
            Err(error) => {
                assert!(!is_reading, "{method}: {error}");
                assert_eq!(error.code(), Some("invalid_request"), "{method}: {error}");
            }
        }
    }
    assert_eq!(
        device.call("current", json!({})).unwrap()["bundle"]["version"],
        "2.0.0"
    );
    assert_eq!(
        device.call("list", json!({})).unwrap()["bundles"][0]["version"],
        "2.0.0"
    );
    device.kill().unwrap();
    assert_runs(&scene, "2.0.0", &app);
}
