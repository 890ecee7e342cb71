//! Capgo's interface for developers beside `/bundle`: apps, channels, devices.

use serde_json::{Value, json};

use crate::support::{World, bundle};

const APP: &str = "com.example.app";

#[test]
fn an_app_is_made_and_shown() {
    let world = World::new();
    let made = world.ask("POST", "/app", &json!({ "app_id": APP, "name": "An app" }));
    assert_eq!(made.ok().json()["app_id"], APP);
    let shown = world
        .ask("GET", &format!("/app/{APP}"), &json!(null))
        .ok()
        .json();
    assert_eq!(shown["name"], "An app");
    let listed = world.ask("GET", "/app/", &json!(null)).ok().json();
    assert_eq!(listed, json!([shown]));
    world
        .ask("POST", "/app/", &json!({ "app_id": APP }))
        .is_refusal(409, "app_already_exists");
}

#[test]
fn a_channel_is_made_changed_shown_and_deleted() {
    let world = World::new();
    world.upload(APP, "1.0.0", &bundle("one")).ok();
    let make = json!({
        "app_id": APP,
        "channel": "beta",
        "version": "1.0.0",
        "disableAutoUpdate": "minor",
        "disableAutoUpdateUnderNative": true,
        "electron": false,
        "allow_device_self_set": true,
        "allow_prod": false,
    });
    let made = world.ask("POST", "/channel", &make).ok().json();
    assert_eq!(made, json!({ "status": "ok" }));
    let path = format!("/channel/?app_id={APP}&channel=beta");
    let shown = || world.ask("GET", &path, &json!(null)).ok().json();
    let first = shown();
    for (name, value) in [
        ("name", json!("beta")),
        ("public", json!(false)),
        ("disableAutoUpdate", json!("minor")),
        ("disableAutoUpdateUnderNative", json!(true)),
        ("ios", json!(true)),
        ("android", json!(true)),
        ("electron", json!(false)),
        ("allow_device_self_set", json!(true)),
        ("allow_emulator", json!(true)),
        ("allow_prod", json!(false)),
    ] {
        assert_eq!(first[name], value, "{name}");
    }
    assert_eq!(first["version"]["name"], "1.0.0");

    let change = json!({ "app_id": APP, "channel": "beta", "electron": true, "allow_prod": true,
        "disableAutoUpdate": "none" });
    world.ask("POST", "/channel/", &change).ok();
    let changed = shown();
    assert_eq!(changed["electron"], true);
    assert_eq!(changed["disableAutoUpdate"], "none");
    assert_eq!(changed["disableAutoUpdateUnderNative"], true);

    let listed = world
        .ask("GET", &format!("/channel?app_id={APP}"), &json!(null))
        .ok()
        .json();
    assert_eq!(listed.as_array().unwrap().len(), 2);
    let delete = json!({ "app_id": APP, "channel": "beta" });
    world.ask("DELETE", "/channel", &delete).ok();
    world
        .ask("GET", &path, &json!(null))
        .is_refusal(404, "not_found");
}

#[test]
fn a_channel_rolls_out_by_capgos_interface() {
    let world = World::new();
    for version in ["1.0.0", "2.0.0"] {
        world.upload(APP, version, &bundle(version)).ok();
    }
    let set = |change: Value| {
        let mut body = json!({ "app_id": APP, "channel": "production" });
        body.as_object_mut()
            .unwrap()
            .extend(change.as_object().unwrap().clone());
        world.ask("POST", "/channel", &body)
    };
    set(json!({ "version": "1.0.0" })).ok();
    set(json!({ "rolloutVersion": "2.0.0", "rolloutPercentageBps": 2_500 })).ok();
    let path = format!("/channel?app_id={APP}&channel=production");
    let shown = || world.ask("GET", &path, &json!(null)).ok().json();
    assert_eq!(shown()["version"]["name"], "1.0.0");
    assert_eq!(shown()["rollout"]["percentageBps"], 2_500);
    set(json!({ "rolloutPercentageBps": 5_000, "rolloutPaused": true })).ok();
    assert_eq!(shown()["rollout"]["percentageBps"], 5_000);
    assert_eq!(shown()["rollout"]["paused"], true);
    set(json!({ "rolloutPercentageBps": 10_001 })).is_refusal(400, "invalid_share");
}

#[test]
fn a_change_that_names_what_is_not_there_changes_nothing() {
    let world = World::new();
    world.upload(APP, "1.0.0", &bundle("one")).ok();
    let body = json!({ "app_id": APP, "channel": "beta", "version": "9.9.9" });
    world
        .ask("POST", "/channel", &body)
        .is_refusal(404, "not_found");
    let body = json!({ "app_id": APP, "channel": "beta", "disableAutoUpdate": "all" });
    let refused = world.ask("POST", "/channel", &body);
    refused.is_refusal(400, "invalid_disable_auto_update");
    let path = format!("/channel?app_id={APP}&channel=beta");
    world
        .ask("GET", &path, &json!(null))
        .is_refusal(404, "not_found");
}

#[test]
fn devices_are_listed_page_by_page_with_their_channels() {
    let world = World::new();
    world.upload(APP, "1.0.0", &bundle("one")).ok();
    for device in ["a", "b", "c"] {
        world.check(APP, "1.0.0", device);
    }
    let beta = json!({ "app_id": APP, "channel": "beta" });
    world.ask("POST", "/channel", &beta).ok();
    let link = json!({ "app_id": APP, "device_id": "b", "channel": "beta" });
    let linked = world.ask("POST", "/device/", &link).ok().json();
    assert_eq!(linked, json!({ "status": "ok" }));

    let get = |more: &str| {
        let path = format!("/device/?app_id={APP}{more}");
        world.ask("GET", &path, &json!(null)).ok().json()
    };
    // Devices are written with the others of the last second.
    let end = std::time::Instant::now() + std::time::Duration::from_secs(30);
    while get("")["data"].as_array().unwrap().len() < 3 {
        assert!(std::time::Instant::now() < end);
        std::thread::sleep(std::time::Duration::from_millis(20));
    }
    let first = get("&limit=2");
    let ids = |page: &Value| -> Vec<String> {
        let data = page["data"].as_array().unwrap().iter();
        data.map(|one| one["device_id"].as_str().unwrap().to_owned())
            .collect()
    };
    assert_eq!(ids(&first), ["a", "b"]);
    assert_eq!(
        (&first["hasMore"], &first["nextCursor"]),
        (&json!(true), &json!("b"))
    );
    let second = get("&limit=2&cursor=b");
    assert_eq!(ids(&second), ["c"]);
    assert_eq!(second["hasMore"], false);
    let one = get("&device_id=b");
    assert_eq!(one["channel"], "beta");
    assert_eq!(one["version"]["name"], "1.0.0");
    assert_eq!(one["version_name"], "1.0.0");
}

#[test]
fn a_device_is_put_into_private_channels_only() {
    let world = World::new();
    world.upload(APP, "1.0.0", &bundle("one")).ok();
    let link = |change: Value| {
        let mut body = json!({ "app_id": APP, "device_id": "device_456" });
        body.as_object_mut()
            .unwrap()
            .extend(change.as_object().unwrap().clone());
        world.ask("POST", "/device", &body)
    };
    link(json!({ "channel": "production" })).is_refusal(400, "public_channel_override");
    link(json!({ "channel": "none" })).is_refusal(404, "not_found");
    link(json!({})).is_refusal(400, "missing_channel");
    link(json!({ "version_id": "1.0.0" })).is_refusal(400, "invalid_version_id");
}

#[test]
fn nobody_reaches_what_belongs_to_another_app_or_needs_more_rights() {
    let world = World::new();
    world.upload(APP, "1.0.0", &bundle("one")).ok();
    world
        .upload("com.example.other", "1.0.0", &bundle("two"))
        .ok();
    let key = |permission: &str, app: &str| {
        let body = json!({ "name": "k", "permission": permission, "appId": app });
        let made = world.ask("POST", "/api/v1/keys", &body).ok().json();
        made["key"].as_str().unwrap().to_owned()
    };
    let (reader, other) = (key("read", APP), key("write", "com.example.other"));
    for path in ["/channel", "/device"] {
        let asked = format!("{path}?app_id={APP}");
        world
            .ask_as("", "GET", &asked, &json!(null))
            .is_refusal(401, "unauthorized");
        world
            .ask_as(&other, "GET", &asked, &json!(null))
            .is_refusal(404, "not_found");
        world.ask_as(&reader, "GET", &asked, &json!(null)).ok();
        let body = json!({ "app_id": APP, "channel": "beta", "device_id": "d" });
        for method in ["POST", "DELETE"] {
            world
                .ask_as(&reader, method, path, &body)
                .is_refusal(403, "forbidden");
            world
                .ask_as(&other, method, path, &body)
                .is_refusal(404, "not_found");
        }
    }
    world
        .ask_as(&reader, "POST", "/app", &json!({ "app_id": "a.b" }))
        .is_refusal(403, "forbidden");
    world
        .ask_as(&other, "GET", &format!("/app/{APP}"), &json!(null))
        .is_refusal(404, "not_found");
    let own = world
        .ask_as(&other, "GET", "/app", &json!(null))
        .ok()
        .json();
    assert_eq!(own.as_array().unwrap().len(), 1);
}
