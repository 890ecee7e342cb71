//! Devices with Capgo's plugin: what they are offered, what they tell, the channels they choose.

use serde_json::{Value, json};

use crate::support::{Answer, World, bundle};

const APP: &str = "com.example.app";
const DEVICE: &str = "0b3f4c5e-8a5d-4d9f-9b9b-0c6d3e1f2a3b";

/// What the plugin sends with each request, with some of it changed.
fn info(change: Value) -> Value {
    let mut info = json!({
        "platform": "android",
        "device_id": DEVICE,
        "app_id": APP,
        "custom_id": "",
        "version_build": "1.0.0",
        "version_code": "7",
        "version_os": "16",
        "version_name": "builtin",
        "plugin_version": "8.51.23",
        "is_emulator": false,
        "is_prod": true,
        "install_source": "google_play",
        "defaultChannel": "",
    });
    let Value::Object(change) = change else {
        panic!("{change}");
    };
    info.as_object_mut().unwrap().extend(change);
    info
}

/// A device asks; devices have no key.
fn post(world: &World, path: &str, body: &Value) -> Answer {
    world.ask_as("", "POST", path, body)
}

fn update(world: &World, change: Value) -> Value {
    let answer = post(world, "/updates", &info(change)).ok();
    assert_eq!(answer.header("cache-control"), "no-store");
    answer.json()
}

/// A device in a query, as it asks where a request has no body.
fn query(change: Value) -> String {
    let info = info(change);
    let pairs = info.as_object().unwrap().iter().map(|(name, value)| {
        let value = value.as_str().map_or(value.to_string(), str::to_owned);
        format!("{name}={value}")
    });
    pairs.collect::<Vec<_>>().join("&")
}

/// A service whose channel gives 1.1.0.
fn world() -> World {
    let world = World::new();
    world.upload(APP, "1.1.0", &bundle("one")).ok();
    give(&world, "production", &json!({ "version": "1.1.0" }));
    world
}

fn give(world: &World, channel: &str, release: &Value) {
    world.release(APP, channel, release).ok();
}

/// Changes a channel by Capgo's interface, which makes it where there is none.
fn channel(world: &World, name: &str, change: Value) -> Answer {
    let mut body = json!({ "app_id": APP, "channel": name });
    let Value::Object(change) = change else {
        panic!("{change}");
    };
    body.as_object_mut().unwrap().extend(change);
    world.ask("POST", "/channel/", &body)
}

fn figures(world: &World) -> Value {
    let path = format!("/api/v1/apps/{APP}/analytics");
    world.ask("GET", &path, &json!(null)).ok().json()
}

#[test]
fn a_device_is_offered_a_bundle_and_told_when_it_runs_it() {
    let world = world();
    let offered = update(&world, json!({}));
    let url = offered["url"].as_str().unwrap();
    let zip = world.get(url).ok();
    assert_eq!(zip.bytes, bundle("one"));
    let listed = world.ask("GET", &format!("/bundle?app_id={APP}"), &json!(null));
    let checksum = listed.ok().json()["data"][0]["checksum"].clone();
    let expected = json!({
        "version": "1.1.0",
        "url": url,
        "session_key": "",
        "checksum": checksum,
    });
    assert_eq!(offered, expected);

    let nothing = update(&world, json!({ "version_name": "1.1.0" }));
    assert_eq!(nothing["error"], "no_new_version_available");
    assert_eq!(nothing["kind"], "up_to_date");
    assert!(nothing["message"].is_string());
}

#[test]
fn session_key_and_checksum_of_an_encrypted_bundle_are_given_as_they_are() {
    let world = World::new();
    let path = format!(
        "/api/v1/apps/{APP}/bundles/1.1.0?checksum=c2lnbmVk&sessionKey=iv:key&keyId=MIIBCgKCAQEA"
    );
    let key = [("authorization", world.key())];
    world.send("PUT", &path, &key, b"encrypted".to_vec()).ok();
    give(&world, "production", &json!({ "version": "1.1.0" }));
    let offered = update(&world, json!({ "key_id": "MIIBCgKCAQEA" }));
    assert_eq!(offered["session_key"], "iv:key");
    assert_eq!(offered["checksum"], "c2lnbmVk");

    let refused = update(&world, json!({ "key_id": "other" }));
    assert_eq!(refused["error"], "key_id_mismatch");
    assert_eq!(refused["kind"], "blocked");
    assert_eq!(refused["deviceKeyId"], "other");
    assert_eq!(refused["bundleKeyId"], "MIIBCgKCAQEA");
}

#[test]
fn a_channel_that_goes_back_to_builtin_says_that_and_nothing_else() {
    let world = world();
    give(&world, "production", &json!({ "version": "builtin" }));
    let back = update(&world, json!({ "version_name": "1.1.0" }));
    assert_eq!(back, json!({ "version": "builtin" }));
    let there = update(&world, json!({}));
    assert_eq!(there["error"], "already_on_builtin");
    assert_eq!(there["kind"], "up_to_date");
}

#[test]
fn what_a_channel_refuses_has_capgos_codes() {
    let world = world();
    world.upload(APP, "2.0.0", &bundle("two")).ok();
    let change = json!({ "version": "2.0.0", "disableAutoUpdate": "major", "ios": false,
        "allow_emulator": false });
    channel(&world, "production", change).ok();
    let major = update(&world, json!({}));
    let expected = json!({
        "error": "disable_auto_update_to_major",
        "message": major["message"],
        "kind": "blocked",
        "version": "2.0.0",
        "old": "1.0.0",
        "major": true,
    });
    assert_eq!(major, expected);
    channel(&world, "production", json!({ "disableAutoUpdate": "none" })).ok();
    assert_eq!(update(&world, json!({}))["version"], "2.0.0");
    let ios = update(&world, json!({ "platform": "ios" }));
    assert_eq!(ios["error"], "disabled_platform_ios");
    let emulator = update(&world, json!({ "is_emulator": true }));
    assert_eq!(emulator["error"], "disable_emulator");
    assert_eq!(emulator["kind"], "blocked");
}

#[test]
fn link_and_comment_are_told_where_the_app_exposes_them_and_the_plugin_reads_them() {
    let world = world();
    let id = world
        .ask("GET", &format!("/bundle/?app_id={APP}"), &json!(null))
        .ok()
        .json()["data"][0]["id"]
        .clone();
    let notes = json!({ "app_id": APP, "version_id": id, "link": "https://example.com",
        "comment": "Fixed" });
    world.ask("POST", "/bundle/metadata", &notes).ok();
    assert_eq!(update(&world, json!({}))["link"], Value::Null);
    let path = format!("/api/v1/apps/{APP}");
    world
        .ask("PATCH", &path, &json!({ "exposeMetadata": true }))
        .ok();
    let told = update(&world, json!({}));
    assert_eq!(told["link"], "https://example.com");
    assert_eq!(told["comment"], "Fixed");
    let old = update(&world, json!({ "plugin_version": "7.34.9" }));
    assert_eq!(old["link"], Value::Null);
}

#[test]
fn a_request_that_makes_no_sense_is_refused_with_its_reason() {
    let world = world();
    for (change, status, code) in [
        (
            json!({ "app_id": "com.example.other" }),
            429,
            "on_premise_app",
        ),
        (json!({ "app_id": "nothing" }), 400, "invalid_app_id"),
        (json!({ "device_id": null }), 400, "missing_info"),
        (json!({ "version_name": "" }), 400, "missing_info"),
        (json!({ "version_build": null }), 400, "missing_info"),
        (
            json!({ "plugin_version": "8" }),
            400,
            "invalid_plugin_version",
        ),
        (
            json!({ "custom_id": "x".repeat(37) }),
            400,
            "invalid_custom_id",
        ),
    ] {
        let answer = post(&world, "/updates", &info(change));
        let body = answer.json();
        assert_eq!(
            (answer.status, &body["error"]),
            (status, &json!(code)),
            "{body}"
        );
        assert!(body["message"].is_string() && body["moreInfo"].is_object());
    }
    let answer = world.send("POST", "/updates", &[], b"{".to_vec());
    assert_eq!(answer.status, 400);
    assert_eq!(answer.json()["error"], "invalid_json_parse_body");
}

#[test]
fn a_device_that_asks_too_often_is_told_when_to_come_again() {
    let world = World::with(|settings| settings.device_requests_per_minute = 2);
    world.upload(APP, "1.1.0", &bundle("one")).ok();
    for _ in 0..2 {
        update(&world, json!({}));
    }
    let refused = post(&world, "/updates", &info(json!({})));
    assert_eq!(refused.status, 429);
    let body = refused.json();
    assert_eq!(body["error"], "too_many_requests");
    let more = &body["moreInfo"];
    assert_eq!(more["app_id"], APP);
    let seconds = more["retryAfterSeconds"].as_u64().unwrap();
    assert!((1..=60).contains(&seconds), "{seconds}");
    assert_eq!(refused.header("retry-after"), seconds.to_string());
    assert!(more["rateLimitResetAt"].as_u64().unwrap() > 1_700_000_000_000);
}

#[test]
fn an_app_whose_devices_need_a_token_gives_nothing_without_it() {
    let world = world();
    let path = format!("/api/v1/apps/{APP}");
    world
        .ask("PATCH", &path, &json!({ "deviceToken": "secret" }))
        .ok();
    for path in ["/updates", "/stats", "/channel_self"] {
        assert_eq!(
            post(&world, path, &info(json!({ "action": "ping" }))).status,
            401
        );
    }
    let with = world.ask_as("Bearer secret", "POST", "/updates", &info(json!({})));
    assert_eq!(with.ok().json()["version"], "1.1.0");
}

#[test]
fn what_devices_did_is_counted_and_each_event_is_answered() {
    let world = world();
    let event = |change: Value| {
        let mut event = info(json!({ "action": "download_complete", "version_name": "1.1.0" }));
        let Value::Object(change) = change else {
            panic!("{change}");
        };
        event.as_object_mut().unwrap().extend(change);
        event
    };
    let told = json!([
        event(json!({})),
        event(json!({ "metadata": { "file": "a.js" } })),
        event(json!({ "version_name": "1.1.0:assets/a.js" })),
        event(json!({ "action": "app_moved_to_foreground", "version_name": "builtin" })),
        event(json!({ "version_name": "9.9.9" })),
        event(json!({ "action": "party" })),
        event(json!({ "app_id": "com.example.other" })),
        event(json!({ "app_id": "other" })),
        event(json!({ "device_id": "1b3f4c5e-8a5d-4d9f-9b9b-0c6d3e1f2a3b" })),
        event(json!({ "metadata": { "file": "x".repeat(2_049) } })),
        "event",
    ]);
    let answer = post(&world, "/stats", &told).ok().json();
    assert_eq!(answer["status"], "ok");
    let results = answer["results"].as_array().unwrap();
    let codes: Vec<_> = results.iter().map(|result| &result["error"]).collect();
    let expected = [
        Value::Null,
        Value::Null,
        Value::Null,
        Value::Null,
        json!("version_not_found"),
        json!("invalid_action"),
        json!("mixed_app_ids"),
        json!("invalid_app_id"),
        json!("mixed_device_ids"),
        json!("invalid_metadata"),
        json!("invalid_event"),
    ];
    assert_eq!(codes, expected.iter().collect::<Vec<_>>());
    assert!(
        results
            .iter()
            .enumerate()
            .all(|(index, result)| result["index"] == index)
    );
    let actions = figures(&world)["actions"].clone();
    let expected = json!([
        { "version": "1.1.0", "action": "download_complete", "times": 3 },
        { "version": "builtin", "action": "app_moved_to_foreground", "times": 1 },
    ]);
    assert_eq!(actions, expected);

    let alone = post(&world, "/stats", &event(json!({}))).ok().json();
    assert_eq!(alone, json!({ "status": "ok" }));
    let unknown = post(&world, "/stats", &event(json!({ "version_name": "9.9.9" })));
    assert_eq!(
        (unknown.status, &unknown.json()["error"]),
        (400, &json!("version_not_found"))
    );
    let other = post(
        &world,
        "/stats",
        &event(json!({ "app_id": "com.example.other" })),
    );
    assert_eq!(
        (other.status, &other.json()["error"]),
        (429, &json!("on_premise_app"))
    );
}

#[test]
fn a_verdict_is_a_report_and_a_failure_takes_the_place_of_a_success() {
    let world = world();
    let tell = |action: &str| {
        let event = info(json!({ "action": action, "version_name": "1.1.0" }));
        post(&world, "/stats", &json!([event])).ok();
    };
    let reported = || {
        let version = figures(&world)["versions"][0].clone();
        (version["successes"].clone(), version["failures"].clone())
    };
    tell("download_fail");
    assert_eq!(figures(&world)["versions"], json!([]));
    tell("set");
    tell("set");
    assert_eq!(reported(), (json!(1), json!(0)));
    tell("update_fail");
    assert_eq!(reported(), (json!(0), json!(1)));
    tell("set");
    assert_eq!(reported(), (json!(0), json!(1)));
}

#[test]
fn a_rollout_pauses_by_what_capgos_devices_tell() {
    let world = world();
    world.upload(APP, "1.2.0", &bundle("two")).ok();
    let path = format!("/api/v1/apps/{APP}/channels/production");
    let pause = json!({ "autoPause": { "failures": 50, "minReports": 4 } });
    world.ask("PUT", &path, &pause).ok();
    give(
        &world,
        "production",
        &json!({ "version": "1.2.0", "rollout": 99 }),
    );
    for device in 0..4 {
        let id = format!("{device}b3f4c5e-8a5d-4d9f-9b9b-0c6d3e1f2a3b");
        for action in ["set", "update_fail"] {
            let event = json!({ "action": action, "version_name": "1.2.0", "device_id": id });
            post(&world, "/stats", &info(event)).ok();
        }
    }
    let shown = world.ask(
        "GET",
        &format!("/channel?app_id={APP}&channel=production"),
        &json!(null),
    );
    let rollout = shown.ok().json()["rollout"].clone();
    assert_eq!(rollout["paused"], true);
    assert_eq!(rollout["version"]["name"], "1.2.0");
}

#[test]
fn a_device_looks_at_channels_and_chooses_one() {
    let world = world();
    world.upload(APP, "2.0.0", &bundle("two")).ok();
    channel(
        &world,
        "beta",
        json!({ "version": "2.0.0", "allow_device_self_set": true }),
    )
    .ok();
    channel(&world, "staff", json!({ "version": "2.0.0" })).ok();
    let listed = world
        .get(&format!("/channel_self?{}", query(json!({}))))
        .ok()
        .json();
    let names: Vec<_> = listed
        .as_array()
        .unwrap()
        .iter()
        .map(|one| &one["name"])
        .collect();
    assert_eq!(names, ["production", "beta"]);
    assert_eq!(listed[0]["public"], true);
    assert!(listed[0]["id"].is_number());

    let choose = |name: &str, plugin: &str| {
        let body = info(json!({ "channel": name, "plugin_version": plugin }));
        post(&world, "/channel_self", &body).ok().json()
    };
    let shown = |change: Value| {
        let answer = world.ask_as("", "PUT", "/channel_self", &info(change));
        answer.ok().json()
    };
    let default = json!({ "channel": "production", "status": "default", "allowSet": false });
    assert_eq!(shown(json!({})), default);
    assert_eq!(choose("none", "8.51.23")["error"], "channel_not_found");
    assert_eq!(choose("", "8.51.23")["error"], "missing_channel");
    assert_eq!(
        choose("staff", "8.51.23")["error"],
        "channel_self_set_not_allowed"
    );
    let public = choose("production", "8.51.23");
    assert_eq!(public["error"], "public_channel_self_set_not_allowed");

    // A newer plugin keeps its channel itself, and names it when it asks.
    assert_eq!(
        choose("beta", "8.51.23"),
        json!({ "status": "ok", "allowSet": true })
    );
    assert_eq!(update(&world, json!({}))["version"], "1.1.0");
    assert_eq!(
        update(&world, json!({ "defaultChannel": "beta" }))["version"],
        "2.0.0"
    );
    assert_eq!(
        shown(json!({ "defaultChannel": "beta" }))["channel"],
        "beta"
    );
    let staff = update(&world, json!({ "defaultChannel": "staff" }));
    assert_eq!(staff["error"], "cannot_update_via_private_channel");

    // For an older one the service keeps it.
    assert_eq!(choose("beta", "7.33.0"), json!({ "status": "ok" }));
    assert_eq!(update(&world, json!({}))["version"], "2.0.0");
    let chosen = json!({ "channel": "beta", "status": "override", "allowSet": true });
    assert_eq!(shown(json!({})), chosen);
    let path = format!("/channel_self?{}", query(json!({})));
    let left = world.ask_as("", "DELETE", &path, &json!(null)).ok().json();
    assert_eq!(left, json!({ "status": "ok" }));
    assert_eq!(update(&world, json!({}))["version"], "1.1.0");
}

#[test]
fn a_device_that_was_put_into_a_channel_does_not_leave_it_by_itself() {
    let world = world();
    world.upload(APP, "2.0.0", &bundle("two")).ok();
    channel(&world, "staff", json!({ "version": "2.0.0" })).ok();
    let link = json!({ "app_id": APP, "device_id": DEVICE.to_uppercase(), "channel": "staff" });
    world.ask("POST", "/device/", &link).ok();
    assert_eq!(update(&world, json!({}))["version"], "2.0.0");
    let choose = post(
        &world,
        "/channel_self",
        &info(json!({ "channel": "staff" })),
    )
    .ok();
    assert_eq!(choose.json()["error"], "cannot_override");
    let path = format!("/channel_self?{}", query(json!({})));
    let leave = world.ask_as("", "DELETE", &path, &json!(null)).ok();
    assert_eq!(leave.json()["error"], "override_not_allowed");
    world.ask("DELETE", "/device", &link).ok();
    assert_eq!(update(&world, json!({}))["version"], "1.1.0");
}
