//! Apps with the trust mode `statement`: a release is signed as a whole when it is published.

use std::time::{Duration, Instant};

use serde_json::{Value, json};

use crate::site::Site;

const KEY: &str = "--statement keys/live-updater.private.pem";

#[test]
fn a_device_takes_a_release_with_its_statement_and_the_way_back() {
    let site = Site::with_keys();
    site.publish("1.0.1", KEY);
    let mut device = site.device("one", &site.trust("statement"));
    assert_eq!(
        device.call("sync", json!({})).unwrap()["status"],
        "downloaded"
    );
    device.call("reload", json!({})).unwrap();
    device.call("notifyAppReady", json!({})).unwrap();

    site.workshop.json("pack dist --out 1.0.1.zip");
    site.publish("1.1.0", KEY);
    assert_eq!(
        device.call("sync", json!({})).unwrap()["status"],
        "downloaded"
    );
    let launched = device.call("reload", json!({})).unwrap();
    assert_eq!(launched["bundle"]["version"], "1.1.0");
    device.call("notifyAppReady", json!({})).unwrap();

    // The zip that is signed is the one at hand.
    site.json(&format!("rollback --to 1.0.1 {KEY} --bundle 1.0.1.zip"));
    let synced = device.call("sync", json!({})).unwrap();
    assert_eq!(synced["bundle"]["version"], "1.0.1", "{synced}");
    site.json(&format!("rollback --to builtin {KEY}"));
    let synced = device.call("sync", json!({})).unwrap();
    assert_eq!(synced["status"], "rolledBack", "{synced}");
}

#[test]
fn a_release_without_a_statement_is_refused_where_there_were_some() {
    let site = Site::with_keys();
    site.publish("1.0.1", KEY);
    site.build("1.1.0");
    let message = site.fails("publish dist --version 1.1.0", 1, "statement_needed");
    assert!(message.contains("--statement"), "{message}");
    // What was sent is there, and only its release is made up for.
    let published = site.publish("1.1.0", KEY);
    assert_eq!(published["uploaded"], false);
    assert_eq!(published["gives"]["releases"][0]["isSigned"], true);
}

#[test]
fn a_statement_about_another_bundle_is_refused() {
    let site = Site::with_keys();
    site.publish("1.0.1", "");
    site.build("other");
    site.workshop.json("pack dist --out other.zip");
    let rollback = format!("rollback --to 1.0.1 {KEY} --bundle other.zip");
    site.fails(&rollback, 1, "other_statement");
}

#[test]
fn an_expired_statement_is_renewed_by_publishing_the_same() {
    let site = Site::with_keys();
    let sign = "sign statement 1.0.1.zip --version 1.0.1 --app-id com.example.app --key keys/live-updater.private.pem";
    site.build("1.0.1");
    site.workshop.json("pack dist --out 1.0.1.zip");
    let soon = live_updater_signing::Timestamp::from(
        std::time::SystemTime::now() + Duration::from_secs(4),
    );
    site.workshop
        .json(&format!("{sign} --expires-at {soon} --out soon.json"));
    site.publish("1.0.1", "--statement soon.json");
    wait_until(|| warned(&site, "expired"));
    let mut device = site.device("one", &site.trust("statement"));
    assert!(device.call("sync", json!({})).is_err());

    let renewed = site.publish("1.0.1", KEY);
    assert_eq!(renewed["uploaded"], false, "{renewed}");
    assert_eq!(renewed["step"], json!({ "renewal": 100.0 }), "{renewed}");
    assert_eq!(renewed["statement"]["sequence"], 2, "{renewed}");
    let synced = device.call("sync", json!({})).unwrap();
    assert_eq!(synced["status"], "downloaded", "{synced}");
    assert!(!warned(&site, "expired"));

    // Once more changes nothing, unless it is to hold for longer.
    assert_eq!(site.publish("1.0.1", KEY)["step"], "nothing");
    let longer = format!("{KEY} --expires-in 120d");
    assert_eq!(site.publish("1.0.1", &longer)["statement"]["sequence"], 3);
    let shown = site.run(&format!(
        "publish dist --version 1.0.1 {KEY} --expires-in 200d"
    ));
    assert!(
        shown.stdout.contains("renewed: sequence 4, until"),
        "{shown:?}"
    );
    assert!(!shown.stdout.contains("(--sign)"), "{shown:?}");
}

#[test]
fn a_statement_keeps_the_native_range_that_the_bundle_was_published_with() {
    let site = Site::with_keys();
    site.publish("1.0.1", "--min-app-version 5.0");
    site.publish("1.0.1", KEY);
    let mut device = site.device("one", &site.trust("statement"));
    let synced = device.call("sync", json!({})).unwrap();
    assert_ne!(synced["status"], "downloaded", "{synced}");
}

#[test]
fn a_ready_statement_of_two_key_holders_is_published() {
    let site = Site::with_keys();
    let second = "keygen --private keys/second.private.pem --public keys/second.public.pem";
    site.workshop.json(second);
    site.build("1.0.1");
    site.workshop.json("pack dist --out 1.0.1.zip");
    site.workshop.json("sign statement 1.0.1.zip --version 1.0.1 --app-id com.example.app --key keys/live-updater.private.pem --sequence 50");
    site.workshop
        .json("sign add 1.0.1.statement.json --bundle 1.0.1.zip --key keys/second.private.pem");
    let publish = "publish 1.0.1.zip --version 1.0.1 --statement 1.0.1.statement.json";
    let published = site.json(publish);
    assert_eq!(published["statement"]["sequence"], 50, "{published}");
    let keys = published["statement"]["keyIds"].as_array().unwrap();
    assert_eq!(keys.len(), 2, "{published}");
    assert_eq!(published["gives"]["sequence"], 50);
    // The very same once more is no other release.
    assert_eq!(site.json(publish)["step"], "nothing");

    // The sequences go on from there, and only upwards.
    let above = site.publish("1.1.0", &format!("{KEY} --sequence 60"));
    assert_eq!(above["statement"]["sequence"], 60, "{above}");
    site.build("1.2.0");
    let below = format!("publish dist --version 1.2.0 {KEY} --sequence 60");
    let message = site.fails(&below, 1, "old_statement");
    assert!(message.contains("--sequence 61"), "{message}");
    let listed = site.json("bundles list");
    assert_eq!(listed["bundles"].as_array().unwrap().len(), 2, "{listed}");
    let back = "rollback --statement 1.0.1.statement.json";
    let message = site.fails(back, 1, "old_statement");
    assert!(message.contains("--sequence 61"), "{message}");
}

#[test]
fn a_ready_statement_about_something_else_says_what_it_is_about() {
    let site = Site::with_keys();
    site.build("1.0.1");
    site.workshop.json("pack dist --out 1.0.1.zip");
    site.workshop.json("sign statement 1.0.1.zip --version 1.0.1 --app-id com.example.app --key keys/live-updater.private.pem");
    let statement = "--statement 1.0.1.statement.json";
    let refused = |arguments: &str, named: [&str; 2]| {
        let arguments = format!("publish {arguments} {statement}");
        let message = site.fails(&arguments, 1, "other_statement");
        for name in named {
            assert!(message.contains(name), "{message}");
        }
    };
    refused("1.0.1.zip --version 1.0.2", ["version 1.0.1", "1.0.2"]);
    site.build("other");
    refused("dist --version 1.0.1", ["SHA-256", "zip that was signed"]);
    let other = "1.0.1.zip --version 1.0.1 --app-id com.example.other";
    refused(other, ["com.example.app", "--app-id"]);
    // Nothing was sent.
    site.fails("bundles list", 1, "not_found");
    let both = format!("publish 1.0.1.zip --version 1.0.1 {statement} {KEY}");
    site.fails(&both, 2, "usage");
    let more = format!("publish 1.0.1.zip --version 1.0.1 {statement} --expires-in 9d");
    assert!(site.fails(&more, 2, "usage").contains("--expires-in"));
}

#[test]
fn a_rollback_is_signed_about_what_the_service_has() {
    let site = Site::with_keys();
    site.publish("1.0.1", KEY);
    site.publish("1.1.0", KEY);
    let message = site.fails("rollback", 1, "statement_needed");
    assert!(message.contains("--statement PRIVATE.pem"), "{message}");
    let back = site.json(&format!("rollback {KEY}"));
    assert_eq!(back["release"]["version"], "1.0.1", "{back}");
    assert_eq!(back["warnings"][0]["code"], "fetched", "{back}");
    let mut device = site.device("one", &site.trust("statement"));
    let synced = device.call("sync", json!({})).unwrap();
    assert_eq!(synced["bundle"]["version"], "1.0.1", "{synced}");

    site.workshop.json("sign statement --rollback-to-builtin --app-id com.example.app --key keys/live-updater.private.pem --sequence 9 --out back.json");
    site.fails(
        "rollback --to 1.1.0 --statement back.json",
        1,
        "other_statement",
    );
    let back = site.json("rollback --statement back.json");
    assert_eq!(back["release"]["version"], "builtin", "{back}");
    assert_eq!(back["statement"]["sequence"], 9, "{back}");
}

fn warned(site: &Site, code: &str) -> bool {
    let status: Value = site.json("rollout status");
    let warnings = status["warnings"].as_array().unwrap();
    warnings.iter().any(|warning| warning["code"] == code)
}

fn wait_until(is_so: impl Fn() -> bool) {
    let end = Instant::now() + Duration::from_secs(30);
    while !is_so() {
        assert!(Instant::now() < end, "it took too long");
        std::thread::sleep(Duration::from_millis(100));
    }
}
