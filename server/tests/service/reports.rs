//! What devices report is counted once, and stops what fails.

use serde_json::{Value, json};

use crate::support::{World, bundle};

const APP: &str = "com.example.app";

fn confirm(world: &World, id: &str, success: bool) {
    let report = json!({
        "appId": APP, "version": "2.0.0", "platform": "android", "success": success,
        "deviceId": id, "id": id,
    });
    world.ask("POST", "/api/v1/updates/confirm", &report).ok();
}

fn rollout(world: &World) -> Value {
    let path = format!("/api/v1/apps/{APP}/channels");
    let listed = world.ask("GET", &path, &Value::Null).ok().json();
    listed["channels"][0]["releases"][0].clone()
}

fn world_with_a_rollout() -> World {
    let world = World::new();
    for version in ["1.0.0", "2.0.0"] {
        world.upload(APP, version, &bundle(version)).ok();
    }
    world
        .release(APP, "production", &json!({ "version": "1.0.0" }))
        .ok();
    let body = json!({ "version": "2.0.0", "rollout": 100.0 - 0.01 });
    world.release(APP, "production", &body).ok();
    world
}

#[test]
fn a_repeated_report_counts_once() {
    let world = world_with_a_rollout();
    for _ in 0..3 {
        confirm(&world, "a", true);
    }
    confirm(&world, "b", false);
    let path = format!("/api/v1/apps/{APP}/analytics");
    let figures = world.ask("GET", &path, &Value::Null).ok().json();
    let found = &figures["versions"][0];
    assert_eq!(found["version"], "2.0.0");
    assert_eq!(
        (&found["successes"], &found["failures"]),
        (&json!(1), &json!(1))
    );
}

#[test]
fn a_rollout_that_fails_too_often_pauses_by_itself() {
    let world = world_with_a_rollout();
    for number in 0..18 {
        confirm(&world, &format!("good-{number}"), true);
    }
    confirm(&world, "bad-1", false);
    assert_eq!(
        rollout(&world)["state"],
        "rollout",
        "19 reports are too few"
    );
    confirm(&world, "bad-2", false);
    let paused = rollout(&world);
    assert_eq!(paused["state"], "paused");
    assert_eq!(paused["pausedBecause"], "2 of 20 reports are failures");
    assert_eq!(world.check(APP, "0.1.0", "another")["version"], "1.0.0");
    // Who runs it keeps it.
    assert_eq!(
        world.check(APP, "2.0.0", "another")["updateAvailable"],
        false
    );
}

#[test]
fn a_rollout_that_seldom_fails_goes_on() {
    let world = world_with_a_rollout();
    confirm(&world, "bad", false);
    for number in 0..30 {
        confirm(&world, &format!("good-{number}"), true);
    }
    confirm(&world, "bad-2", false);
    assert_eq!(rollout(&world)["state"], "rollout");
}

#[test]
fn a_release_is_mandatory_for_who_skipped_one_that_was() {
    let world = World::new();
    for (version, query) in [("1.0.0", ""), ("2.0.0", "?mandatory=true"), ("3.0.0", "")] {
        let path = format!("/api/v1/apps/{APP}/bundles/{version}{query}");
        let headers = [("authorization", world.key())];
        world.send("PUT", &path, &headers, bundle(version)).ok();
        world
            .release(APP, "production", &json!({ "version": version }))
            .ok();
    }
    assert_eq!(world.check(APP, "1.0.0", "d")["mandatory"], true);
    assert_eq!(world.check(APP, "2.0.0", "d")["mandatory"], false);
    assert_eq!(world.check(APP, "0.9.0", "d")["mandatory"], true);
    assert_eq!(world.check(APP, "2.5.0", "d")["mandatory"], false);
}
