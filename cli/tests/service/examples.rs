//! The examples of `--help` work as they stand, in their order.

use std::process::Command;

use crate::site::Site;

/// What the examples name, and what that is here.
const STAND_INS: [(&str, &str); 2] = [
    ("updates.key", "updates/first.key"),
    ("capacitor.config.json", "app.json"),
];

#[test]
fn those_of_apps() {
    try_all(&Site::new(), "apps", &[]);
}

#[test]
fn those_of_publish() {
    let site = Site::with_keys();
    site.publish("1.0.1", "");
    site.json("channel create beta");
    site.workshop.json("pack dist --out app-1.2.2.zip");
    site.workshop.write("CHANGES.txt", b"what is new");
    try_all(&site, "publish", &[]);
}

#[test]
fn those_of_rollout_and_rollback() {
    let site = Site::with_keys();
    site.json("apps create com.example.app");
    site.json("channel create beta");
    site.workshop.json("pack dist --out app-1.1.0.zip");
    site.json("publish app-1.1.0.zip --version 1.1.0");
    try_all(&site, "rollout", &[]);
    try_all(&site, "rollback", &[]);
}

#[test]
fn those_of_channel() {
    let site = Site::new();
    site.json("apps create com.example.app");
    try_all(&site, "channel", &[]);
}

#[test]
fn those_of_bundles() {
    let site = Site::new();
    for version in ["1.1.0", "1.2.0", "1.3.0"] {
        site.publish(version, "");
    }
    try_all(&site, "bundles", &[]);
}

#[test]
fn those_of_keys() {
    let site = Site::new();
    site.json("apps create com.example.app");
    let made = site.json("keys create --name other");
    let id = made["id"].as_str().unwrap();
    try_all(
        &site,
        "keys",
        &[("0b9f6c1e-8d5f-4f0c-9a53-2f3a6f6f5a11", id)],
    );
}

#[test]
fn those_of_organisations() {
    try_all(&Site::new(), "organisations", &[]);
}

#[test]
fn those_of_doctor() {
    let site = Site::with_keys();
    site.json("apps create com.example.app");
    site.publish("1.1.0", "--sign keys/live-updater.private.pem");
    site.json("channel create beta");
    let config = serde_json::json!({
        "appId": "com.example.app",
        "updateUrl": site.url,
        "trust": site.trust("bundle"),
    });
    site.workshop
        .write("app.json", config.to_string().as_bytes());
    try_all(&site, "doctor", &[("http://127.0.0.1:8080", &site.url)]);
}

/// Runs the lines of a command's help that are examples; each must succeed.
fn try_all(site: &Site, command: &str, more: &[(&str, &str)]) {
    let help = site.workshop.run(&format!("{command} --help")).stdout;
    let examples: Vec<_> = help
        .lines()
        .filter_map(|line| line.trim_start().strip_prefix("live-updater "))
        .collect();
    assert!(!examples.is_empty(), "{help}");
    let stand_ins: Vec<_> = STAND_INS
        .iter()
        .chain(more)
        .copied()
        .chain([("https://updates.example.com", &*site.url)])
        .collect();
    for example in examples {
        let here = stand_ins
            .iter()
            .fold(example.to_owned(), |text, (named, here)| {
                text.replace(named, here)
            });
        let ran = Command::new("sh")
            .args(["-c", &format!("exec \"$LIVE_UPDATER\" {here}")])
            .env("LIVE_UPDATER", env!("CARGO_BIN_EXE_live-updater"))
            .env("LIVE_UPDATER_SERVER", &site.url)
            .env("LIVE_UPDATER_KEY", site.key())
            .current_dir(site.path(""))
            .output()
            .unwrap();
        assert!(ran.status.success(), "{example}: {ran:?}");
    }
}
