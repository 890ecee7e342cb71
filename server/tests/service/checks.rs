//! What devices are answered.

use serde_json::json;

use crate::support::{World, bundle};

const APP: &str = "com.example.app";

#[test]
fn a_device_is_offered_what_its_channel_gives_until_it_runs_it() {
    let world = World::new();
    let zip = bundle("one");
    let uploaded = world.upload(APP, "1.1.0", &zip).ok().json();
    assert_eq!(
        world.check(APP, "1.0.0", "d"),
        json!({ "updateAvailable": false })
    );

    world
        .release(APP, "production", &json!({ "version": "1.1.0" }))
        .ok();
    let offered = world.check(APP, "1.0.0", "d");
    assert_eq!(offered["updateAvailable"], true);
    assert_eq!(offered["version"], "1.1.0");
    assert_eq!(offered["checksum"], uploaded["checksum"]);
    assert_eq!(offered["size"], zip.len());
    let downloaded = world.get(offered["downloadUrl"].as_str().unwrap()).ok();
    assert_eq!(downloaded.bytes, zip);
    assert!(downloaded.header("cache-control").contains("immutable"));

    assert_eq!(
        world.check(APP, "1.1.0", "d"),
        json!({ "updateAvailable": false })
    );
}

#[test]
fn a_rollout_reaches_its_share_and_a_rollback_everybody() {
    let world = World::new();
    for (version, text) in [("1.0.0", "one"), ("2.0.0", "two")] {
        world.upload(APP, version, &bundle(text)).ok();
    }
    world
        .release(APP, "production", &json!({ "version": "1.0.0" }))
        .ok();
    let half = json!({ "version": "2.0.0", "rollout": 50 });
    world.release(APP, "production", &half).ok();
    let offered = |device: usize| world.check(APP, "0.1.0", &device.to_string())["version"].clone();
    let new = (0..400)
        .filter(|device| offered(*device) == "2.0.0")
        .count();
    assert!((150..250).contains(&new), "{new} of 400");

    let path = format!("/api/v1/apps/{APP}/channels/production/rollback");
    let rolled_back = world.ask("POST", &path, &json!(null)).ok().json();
    assert_eq!(rolled_back["version"], "1.0.0");
    assert!((0..400).all(|device| offered(device) == "1.0.0"));
    assert_eq!(world.check(APP, "2.0.0", "d")["version"], "1.0.0");
}
