//! A database or a bucket that isn't there for a while: what can't be done is said, what was
//! answered holds, and all goes on by itself.

use backing_stores::PostgresServer;
use serde_json::{Value, json};

use crate::place::{Place, wait_until};
use crate::skipped;
use crate::support::{World, bundle};

const APP: &str = "com.example.app";

/// A place whose PostgreSQL is nobody else's.
fn place_of_its_own() -> Option<(PostgresServer, Place)> {
    let Some((_, s3)) = backing_stores::from_environment() else {
        skipped::missing("what `cargo xtask test stores` starts");
        return None;
    };
    let postgres = PostgresServer::start().unwrap();
    let place = Place::at(postgres.cluster().clone(), s3);
    Some((postgres, place))
}

fn with_a_release(world: &World) {
    world.upload(APP, "1.0.0", &bundle("one")).ok();
    world
        .release(APP, "production", &json!({ "version": "1.0.0" }))
        .ok();
}

fn confirm(world: &World, id: &str) -> crate::support::Answer {
    let report = json!({
        "appId": APP, "version": "1.0.0", "platform": "android", "success": true, "id": id,
    });
    world.ask("POST", "/api/v1/updates/confirm", &report)
}

#[test]
fn a_database_that_restarts_is_nobodys_error() {
    let Some((mut postgres, place)) = place_of_its_own() else {
        return;
    };
    let world = place.service();
    with_a_release(&world);
    for round in 0..3 {
        postgres.stop();
        postgres.resume().unwrap();
        confirm(&world, &round.to_string()).ok();
        let listed = world.ask("GET", "/api/v1/apps", &Value::Null);
        // A connection that was used a moment ago is taken for alive: that one may fail, once.
        if listed.status != 200 {
            listed.is_refusal(503, "database");
            world.ask("GET", "/api/v1/apps", &Value::Null).ok();
        }
    }
    let path = format!("/api/v1/apps/{APP}/analytics");
    let figures = world.ask("GET", &path, &Value::Null).ok().json();
    assert_eq!(figures["versions"][0]["successes"], 3);
}

#[test]
fn without_a_database_devices_are_answered_and_nobody_is_told_what_does_not_hold() {
    let Some((mut postgres, place)) = place_of_its_own() else {
        return;
    };
    let world = place.service();
    with_a_release(&world);
    assert_eq!(world.get("/ready").status, 200);
    postgres.stop();
    assert_eq!(world.check(APP, "0.1.0", "d")["version"], "1.0.0");
    let refused = confirm(&world, "a");
    assert!(!refused.header("retry-after").is_empty());
    refused.is_refusal(503, "database");
    world
        .upload(APP, "2.0.0", &bundle("two"))
        .is_refusal(503, "database");
    wait_until("not ready", || world.get("/ready").status == 503);
    assert_eq!(world.get("/health").status, 200);
    postgres.resume().unwrap();
    wait_until("ready", || world.get("/ready").status == 200);
    confirm(&world, "a").ok();
    world.upload(APP, "2.0.0", &bundle("two")).ok();
    world
        .release(APP, "production", &json!({ "version": "2.0.0" }))
        .ok();
    assert_eq!(world.check(APP, "0.1.0", "d")["version"], "2.0.0");
    let path = format!("/api/v1/bundles/1.0.0?appId={APP}");
    assert_eq!(world.get(&path).ok().bytes, bundle("one"));
}

#[test]
fn without_a_bucket_nothing_is_listed_that_is_not_there_and_nothing_is_lost() {
    let Some(place) = Place::new() else { return };
    let world = place.service();
    with_a_release(&world);
    let path = format!("/api/v1/bundles/1.0.0?appId={APP}");
    place.network.cut();
    world
        .upload(APP, "2.0.0", &bundle("two"))
        .is_refusal(503, "storage");
    world.get(&path).is_refusal(503, "storage");
    wait_until("not ready", || world.get("/ready").status == 503);
    assert_eq!(world.check(APP, "0.1.0", "d")["version"], "1.0.0");
    let list = format!("/bundle/?app_id={APP}");
    let listed = world.ask("GET", &list, &Value::Null).ok().json();
    assert_eq!(listed["data"].as_array().unwrap().len(), 1);
    place.network.mend();
    wait_until("ready", || world.get("/ready").status == 200);
    assert_eq!(world.get(&path).ok().bytes, bundle("one"));
    world.upload(APP, "2.0.0", &bundle("two")).ok();
    let path = format!("/api/v1/bundles/2.0.0?appId={APP}");
    assert_eq!(world.get(&path).ok().bytes, bundle("two"));
}
