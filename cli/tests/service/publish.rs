//! What is published is what devices get, once.

use serde_json::json;

use crate::site::{APP, Site, files};

#[test]
fn a_device_installs_what_was_published_and_signed() {
    let site = Site::with_keys();
    let published = site.publish("1.1.0", "--sign keys/live-updater.private.pem --notes new");
    assert_eq!(published["uploaded"], true, "{published}");
    assert_eq!(published["gives"]["releases"][0]["version"], "1.1.0");

    let mut device = site.device("one", &site.trust("bundle"));
    let synced = device.call("sync", json!({})).unwrap();
    assert_eq!(synced["status"], "downloaded", "{synced}");
    let launched = device.call("reload", json!({})).unwrap();
    assert_eq!(launched["bundle"]["version"], "1.1.0");
    let installed = launched["path"].as_str().unwrap();
    assert_eq!(files(installed.as_ref()), files(&site.path("dist")));
}

#[test]
fn the_same_once_more_changes_nothing() {
    let site = Site::new();
    let first = site.publish("1.1.0", "--rollout 10");
    let again = site.publish("1.1.0", "--rollout 10");
    assert_eq!(again["uploaded"], false, "{again}");
    assert_eq!(again["step"], "nothing");
    assert_eq!(again["gives"]["releases"], first["gives"]["releases"]);
    assert_eq!(again["sha256"], first["sha256"]);

    // What is asked for beyond that is done.
    let more = site.publish("1.1.0", "--rollout 25");
    assert_eq!(more["step"], json!({ "share": 25.0 }));
    assert_eq!(more["gives"]["releases"][0]["percent"], 25.0);
    let all = site.publish("1.1.0", "");
    assert_eq!(all["gives"]["releases"][0]["state"], "full", "{all}");
    assert_eq!(
        site.json("bundles list")["bundles"]
            .as_array()
            .unwrap()
            .len(),
        1
    );
}

#[test]
fn other_bytes_under_a_version_that_is_there_are_refused() {
    let site = Site::new();
    site.publish("1.1.0", "");
    site.build("another");
    let message = site.fails("publish dist --version 1.1.0", 1, "version_already_exists");
    assert!(message.contains("another version"), "{message}");
    assert!(message.contains("bundles delete 1.1.0"), "{message}");
}

#[test]
fn a_zip_is_published_with_the_signature_beside_it() {
    let site = Site::with_keys();
    let key = "keys/live-updater.private.pem";
    let packed = site
        .workshop
        .json(&format!("pack dist --out app.zip --sign {key}"));
    let published = site.json("publish app.zip --version 2.0.0 --min-app-version 1.2 --mandatory");
    assert_eq!(published["signature"], packed["signature"]["signature"]);
    assert_eq!(published["sha256"], packed["sha256"]);
    let listed = site.json("bundles list");
    assert_eq!(listed["bundles"][0]["minAppVersion"], "1.2");
    assert_eq!(listed["bundles"][0]["mandatory"], true);

    // It is there with a signature, and nobody takes that away.
    std::fs::remove_file(site.path("app.zip.sig")).unwrap();
    let again = site.json("publish app.zip --version 2.0.0 --min-app-version 1.3");
    assert_eq!(again["uploaded"], false);
    assert_eq!(again["warnings"][0]["code"], "known_bundle", "{again}");
}

#[test]
fn what_is_there_without_a_signature_does_not_get_one() {
    let site = Site::with_keys();
    site.publish("1.1.0", "");
    let sign = "publish dist --version 1.1.0 --sign keys/live-updater.private.pem";
    let message = site.fails(sign, 1, "signature_missing");
    for way in [
        "new version",
        "live-updater rollback",
        "bundles delete 1.1.0",
    ] {
        assert!(message.contains(way), "{message}");
    }
    // What is advised works.
    site.json(&format!(
        "{} --version 1.2.0",
        sign.replace(" --version 1.1.0", "")
    ));
    site.json("bundles delete 1.1.0");
    site.json(sign);
}

#[test]
fn a_key_that_may_only_upload_is_told_what_was_done_and_what_is_needed() {
    let site = Site::new();
    site.json(&format!("apps create {APP}"));
    site.json("keys create --name ci --permission upload --out ci.key");
    let upload = "publish dist --version 1.1.0 --key-file ci.key";
    let message = site.fails(upload, 1, "forbidden");
    for said in ["1.1.0 was sent", "--no-release", "--permission write"] {
        assert!(message.contains(said), "{message}");
    }
    let kept = site.json(&format!("{upload} --no-release"));
    assert_eq!(kept["uploaded"], false, "{kept}");
}

#[test]
fn a_dry_run_tells_and_does_nothing() {
    let site = Site::new();
    site.json(&format!("apps create {APP}"));
    let told = site.json("publish dist --version 1.1.0 --rollout 10 --dry-run");
    assert_eq!(told["step"], json!({ "release": 10.0 }));
    assert_eq!(told["uploaded"], false);
    assert_eq!(site.json("bundles list")["bundles"], json!([]));

    let shown = site.run("publish dist --version 1.1.0 --rollout 10 --dry-run");
    assert!(
        shown.stdout.contains("10 % of the devices would get 1.1.0"),
        "{shown:?}"
    );
}

#[test]
fn people_read_what_devices_get() {
    let site = Site::new();
    site.publish("1.0.1", "");
    site.build("next");
    let run = site.run("publish dist --version 1.1.0 --rollout 10");
    assert_eq!(run.code, 0, "{run:?}");
    let line = "10 % of the devices get 1.1.0, the others 1.0.1";
    assert!(run.stdout.contains(line), "{run:?}");
}

#[test]
fn a_bundle_that_no_device_would_take_is_not_sent() {
    let site = Site::new();
    site.workshop.write("empty/readme.txt", b"no index");
    site.fails("publish empty --version 1.1.0", 1, "missing_index");
    site.workshop.write("no.zip", b"no zip");
    site.fails("publish no.zip --version 1.1.0", 1, "invalid_archive");
    site.fails("publish nowhere --version 1.1.0", 2, "usage");
    site.fails("publish dist --version v1", 2, "usage");
    site.fails("publish dist --version 1.1.0 --rollout 101", 2, "usage");
    site.fails("bundles list", 1, "not_found");
}

#[test]
fn a_channel_that_is_not_there_is_named_before_anything_is_sent() {
    let site = Site::new();
    site.publish("1.0.1", "");
    let message = site.fails(
        "publish dist --version 1.1.0 --channel beta",
        1,
        "not_found",
    );
    assert!(message.contains("channel create beta"), "{message}");
    assert_eq!(
        site.json("bundles list")["bundles"]
            .as_array()
            .unwrap()
            .len(),
        1
    );
    let kept = site.publish("1.1.0", "--no-release --channel beta");
    assert_eq!(kept["uploaded"], true);
    assert_eq!(site.offered(), "1.0.1");
}
