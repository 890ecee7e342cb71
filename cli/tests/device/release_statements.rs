//! Releases that are signed as a whole: what a device in trust mode `statement` follows, and what
//! it refuses before a byte of a bundle is fetched.

use std::fs;
use std::path::PathBuf;
use std::process::Command;

use device_process::Process;
use mock_update_server::{Endpoint, Fault};
use serde_json::{Value, json};

use crate::scene::{Scene, assert_runs, ready};
use crate::web_app::WebApp;

#[test]
fn a_signed_release_is_installed_and_runs() {
    let site = Site::new();
    let app = site.release("1.1.0", "");
    let (mut device, _) = site.launch();
    let latest = device.call("getLatest", json!({})).unwrap();
    assert_eq!(latest["status"], "updateAvailable");
    assert_eq!(latest["release"]["sequence"], 1);
    site.assert_downloads(&mut device, "1.1.0");
    device.kill().unwrap();
    assert_runs(&site.scene, "1.1.0", &app);
}

#[test]
fn an_older_statement_is_not_followed_and_nothing_is_fetched() {
    let site = Site::new();
    site.release("1.1.0", "");
    let app = site.release("1.2.0", "");
    site.download("1.2.0");
    assert_runs(&site.scene, "1.2.0", &app);

    site.fault("old-statement");
    let (mut device, _) = site.launch();
    let outcome = device.call("sync", json!({})).unwrap();
    assert_eq!(outcome["status"], "blocked", "{outcome}");
    assert_eq!(outcome["reason"], "downgrade", "{outcome}");
    site.assert_fetched(1);
}

#[test]
fn an_older_version_under_a_higher_sequence_is_followed() {
    let site = Site::new();
    let old = site.release("1.1.0", "");
    site.release("1.2.0", "");
    site.download("1.2.0");
    let (mut device, launch) = site.launch();
    ready(&mut device, &launch).unwrap();

    site.sign_again("1.1.0", "");
    site.assert_downloads(&mut device, "1.1.0");
    device.kill().unwrap();
    assert_runs(&site.scene, "1.1.0", &old);
}

#[test]
fn the_same_release_signed_again_is_not_fetched_again() {
    let site = Site::new();
    site.release("1.1.0", "");
    site.download("1.1.0");
    let (mut device, launch) = site.launch();
    ready(&mut device, &launch).unwrap();
    site.sign_again("1.1.0", "--expires-in 30d");
    let outcome = device.call("sync", json!({})).unwrap();
    assert_eq!(outcome["status"], "upToDate", "{outcome}");
    site.assert_fetched(1);
}

#[test]
fn a_way_back_to_builtin_is_taken_and_the_next_release_is_installed_again() {
    let site = Site::new();
    site.release("1.1.0", "");
    site.download("1.1.0");
    let (mut device, launch) = site.launch();
    assert_eq!(launch["bundle"]["version"], "1.1.0");
    ready(&mut device, &launch).unwrap();

    site.sign("--rollback-to-builtin --out bundles/back.statement.json");
    let outcome = device.call("sync", json!({})).unwrap();
    assert_eq!(outcome["status"], "rolledBack", "{outcome}");
    let reload = device.event("reload").unwrap();
    assert_eq!(reload["bundle"]["id"], "builtin", "{reload}");
    assert_eq!(reload["path"], Value::Null);
    let again = device.call("sync", json!({})).unwrap();
    assert_eq!(again["status"], "upToDate", "{again}");
    device.kill().unwrap();
    let (mut device, launch) = site.launch();
    assert_eq!(launch["bundle"]["id"], "builtin");

    ready(&mut device, &launch).unwrap();
    site.sign_again("1.1.0", "");
    site.assert_downloads(&mut device, "1.1.0");
}

#[test]
fn a_release_without_its_statement_is_refused() {
    let site = Site::new();
    site.release("1.1.0", "");
    // A signature over the zip is no statement.
    site.run("sign bundles/1.1.0.zip --key keys/live-updater.private.pem");
    site.fault("no-statement");
    site.assert_refused("signature_missing");
}

#[test]
fn a_statement_whose_signature_is_broken_or_of_a_stranger_is_refused() {
    let site = Site::new();
    site.release("1.1.0", "");
    site.fault("broken-statement");
    site.assert_refused("signature_invalid");

    site.run("keygen --out stranger");
    site.run(
        "sign statement bundles/1.1.0.zip --version 1.1.0 --app-id com.example.app \
         --key stranger/live-updater.private.pem",
    );
    site.assert_refused("untrusted_key");
}

#[test]
fn a_statement_that_has_expired_is_refused() {
    let site = Site::new();
    site.release("1.1.0", "");
    site.sign_again(
        "1.1.0",
        "--issued-at 2026-01-01T00:00:00Z --expires-in 1h --out bundles/1.1.0.over.statement.json",
    );
    site.fault("expired-statement");
    site.assert_refused("expired");
}

#[test]
fn a_statement_for_another_app_channel_or_platform_is_refused() {
    for other in [
        "--app-id com.example.other",
        "--app-id com.example.app --channel beta",
        "--app-id com.example.app --platform ios",
    ] {
        let site = Site::new();
        site.release("1.1.0", "");
        site.run(&format!(
            "sign statement bundles/1.1.0.zip --version 1.1.0 --out bundles/other.json \
             --key keys/live-updater.private.pem {other}"
        ));
        site.fault("statement=other.json");
        site.assert_refused("app_mismatch");
    }
}

#[test]
fn a_statement_about_other_bytes_than_the_server_gives_installs_nothing() {
    let site = Site::new();
    site.release("1.1.0", "");
    site.release("1.2.0", "");
    // The address is 1.2.0's, and the statement 1.1.0's.
    site.fault("other-statement");
    let (mut device, _) = site.launch();
    let code = device.refusal("sync", json!({}));
    assert!(
        ["size_mismatch", "checksum_mismatch"].contains(&&*code),
        "{code}"
    );
    site.assert_nothing_installed(&mut device);
}

#[test]
fn two_keys_have_to_sign_where_the_threshold_is_two() {
    let mut site = Site::new();
    site.run("keygen --out second --algorithm p256");
    let keys = [site.public_key("keys"), site.public_key("second")];
    site.trust(json!({"mode": "statement", "keys": keys, "threshold": 2}));
    let app = site.release("1.1.0", "");
    site.assert_refused("signature_invalid");

    site.run(
        "sign add bundles/1.1.0.statement.json --bundle bundles/1.1.0.zip \
         --key second/live-updater.private.pem",
    );
    site.download("1.1.0");
    assert_runs(&site.scene, "1.1.0", &app);
}

#[test]
fn a_revoked_key_signs_nothing_more() {
    let mut site = Site::new();
    site.run("keygen --out second --algorithm p256");
    let keys = [site.public_key("keys"), site.public_key("second")];
    site.trust(json!({"mode": "statement", "keys": keys}));
    site.release("1.1.0", "");
    site.download("1.1.0");

    let count = "--sequence-file keys/live-updater.sequences.jsonl";
    let by_second = format!(
        "sign statement bundles/1.1.0.zip --version 1.1.0 --app-id com.example.app {count} \
         --key second/live-updater.private.pem"
    );
    site.run(&format!(
        "{by_second} --revoke keys/live-updater.public.pem"
    ));
    let (mut device, launch) = site.launch();
    ready(&mut device, &launch).unwrap();
    let outcome = device.call("sync", json!({})).unwrap();
    assert_eq!(outcome["status"], "upToDate", "{outcome}");

    site.release("1.2.0", "");
    assert_eq!(device.refusal("sync", json!({})), "untrusted_key");
    device.kill().unwrap();
    // Remembered, and the other key goes on.
    let (mut device, _) = site.launch();
    assert_eq!(device.refusal("sync", json!({})), "untrusted_key");
    site.run(&by_second.replace("1.1.0", "1.2.0"));
    site.assert_downloads(&mut device, "1.2.0");
}

/// A device that takes signed releases alone, the server, and the keys in `keys/`.
struct Site {
    scene: Scene,
}

impl Site {
    fn new() -> Self {
        let mut site = Self {
            scene: Scene::new(),
        };
        site.run("keygen --out keys");
        site.scene.configure("platform", "android");
        site.trust(json!({"mode": "statement", "keys": [site.public_key("keys")]}));
        site
    }

    fn trust(&mut self, trust: Value) {
        self.scene.configure("trust", trust);
    }

    fn public_key(&self, folder: &str) -> Value {
        let path = self.path(folder).join("live-updater.public.pem");
        json!({"key": fs::read_to_string(path).unwrap()})
    }

    /// Puts an app on the server, and a statement beside it.
    fn release(&self, version: &str, options: &str) -> WebApp {
        let app = WebApp::new(version);
        self.scene.publish(version, &app);
        self.sign_again(version, options);
        app
    }

    fn sign_again(&self, version: &str, options: &str) {
        self.sign(&format!(
            "bundles/{version}.zip --version {version} {options}"
        ));
    }

    fn sign(&self, rest: &str) {
        self.run(&format!(
            "sign statement --app-id com.example.app --key keys/live-updater.private.pem {rest}"
        ));
    }

    /// Runs `live-updater`, which must succeed.
    fn run(&self, arguments: &str) {
        let output = Command::new(env!("CARGO_BIN_EXE_live-updater"))
            .args(arguments.split_whitespace())
            .current_dir(self.path(""))
            .output()
            .unwrap();
        assert!(output.status.success(), "{arguments}: {output:?}");
    }

    fn path(&self, name: &str) -> PathBuf {
        self.scene.path(name)
    }

    /// What is wrong with every check from now on.
    fn fault(&self, fault: &str) {
        let fault: Fault = fault.parse().unwrap();
        self.scene.server.fault(Endpoint::Check, fault).always();
    }

    fn launch(&self) -> (Process, Value) {
        self.scene.launch()
    }

    fn download(&self, version: &str) {
        self.scene.download(version);
    }

    fn assert_downloads(&self, device: &mut Process, version: &str) {
        let outcome = device.call("sync", json!({})).unwrap();
        assert_eq!(outcome["status"], "downloaded", "{outcome}");
        assert_eq!(outcome["bundle"]["version"], version, "{outcome}");
    }

    /// A device refuses what is offered with this code, twice, and fetches nothing for it.
    fn assert_refused(&self, code: &str) {
        let (mut device, _) = self.launch();
        for method in ["sync", "getLatest", "sync"] {
            assert_eq!(device.refusal(method, json!({})), code, "{method}");
        }
        self.assert_nothing_installed(&mut device);
        self.assert_fetched(0);
    }

    fn assert_nothing_installed(&self, device: &mut Process) {
        let bundles = device.call("list", json!({})).unwrap();
        assert_eq!(bundles["bundles"], json!([]));
        assert_eq!(
            device.call("getNextBundle", json!({})).unwrap(),
            Value::Null
        );
    }

    /// So many requests for bundles have come.
    fn assert_fetched(&self, count: usize) {
        assert_eq!(self.scene.server.bundle_requests().len(), count);
    }
}
