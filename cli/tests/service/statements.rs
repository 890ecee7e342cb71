//! Apps with the trust mode `statement`: a release is signed as a whole when it is published.

use serde_json::json;

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

    // The zip that is signed is the one at hand, and not what the service says.
    site.fails(&format!("rollback --to 1.0.1 {KEY}"), 2, "usage");
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
