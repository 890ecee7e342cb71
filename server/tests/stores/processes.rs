//! Several services on one database and one bucket are as one.

use std::collections::BTreeSet;
use std::fs;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;

use live_updater::read_statement;
use live_updater_signing::{KeyKind, PrivateKey};
use serde_json::{Value, json};

use crate::place::{Place, wait_for_app, wait_until};
use crate::support::{World, bundle};

const APP: &str = "com.example.app";

#[test]
fn what_one_changes_the_others_offer_soon_after() {
    let Some(place) = Place::new() else { return };
    let one = place.service();
    let other = place.service_beside(&one);
    for version in ["1.0.0", "2.0.0"] {
        one.upload(APP, version, &bundle(version)).ok();
    }
    let offered = |version: &str| {
        wait_until(version, || {
            other.check(APP, "0.1.0", "d")["version"] == version
        });
    };
    // An app that the other one has never heard of, a release, and a way back.
    wait_for_app(&other, APP);
    one.release(APP, "production", &json!({ "version": "1.0.0" }))
        .ok();
    offered("1.0.0");
    one.release(APP, "production", &json!({ "version": "2.0.0" }))
        .ok();
    offered("2.0.0");
    let zip = other.check(APP, "0.1.0", "d")["downloadUrl"].clone();
    assert_eq!(other.get(zip.as_str().unwrap()).ok().bytes, bundle("2.0.0"));
    let path = format!("/api/v1/apps/{APP}/channels/production/rollback");
    one.ask("POST", &path, &Value::Null).ok();
    offered("1.0.0");
    // And the other way round.
    other
        .release(APP, "production", &json!({ "version": "2.0.0" }))
        .ok();
    wait_until("2.0.0 at the first", || {
        one.check(APP, "0.1.0", "d")["version"] == "2.0.0"
    });
}

#[test]
fn a_key_that_one_revokes_opens_nothing_at_the_others() {
    let Some(place) = Place::new() else { return };
    let one = place.service();
    let other = place.service_beside(&one);
    let body = json!({ "name": "made", "permission": "all" });
    let made = one.ask("POST", "/api/v1/keys", &body).ok().json();
    let key = made["key"].as_str().unwrap();
    other.ask_as(key, "GET", "/api/v1/apps", &Value::Null).ok();
    let listed = one.ask("GET", "/api/v1/keys", &Value::Null).ok().json();
    let keys = listed["keys"].as_array().unwrap();
    let id = keys.iter().find(|key| key["name"] == "made").unwrap()["id"].clone();
    let path = format!("/api/v1/keys/{}", id.as_str().unwrap());
    one.ask("DELETE", &path, &Value::Null).ok();
    other
        .ask_as(key, "GET", "/api/v1/apps", &Value::Null)
        .is_refusal(401, "unauthorized");
}

#[test]
fn who_start_at_the_same_moment_make_the_tables_and_the_first_key_once() {
    let Some(place) = Place::new() else { return };
    let keys: Vec<String> = thread::scope(|scope| {
        let starts: Vec<_> = (0..4)
            .map(|_| scope.spawn(|| place.service().key.clone()))
            .collect();
        let ended = starts.into_iter().map(|start| start.join().unwrap());
        ended.collect()
    });
    assert_eq!(keys.iter().filter(|key| !key.is_empty()).count(), 1);
}

/// Devices refuse a statement below one that they have seen.
#[test]
fn releases_of_two_at_once_have_sequences_of_their_own_and_nobody_goes_back() {
    let Some(place) = Place::new() else { return };
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("key.pem");
    let key = PrivateKey::generate(KeyKind::Ed25519).unwrap();
    fs::write(&path, &*key.to_pem().unwrap()).unwrap();
    let start = || {
        World::with(|settings| {
            place.settings(settings);
            settings.signing_key = Some(path.clone());
        })
    };
    let one = start();
    let mut other = start();
    other.key.clone_from(&one.key);
    for version in ["1.0.0", "2.0.0"] {
        one.upload(APP, version, &bundle(version)).ok();
    }
    one.release(APP, "production", &json!({ "version": "1.0.0" }))
        .ok();
    wait_for_app(&other, APP);
    let has_ended = AtomicBool::new(false);
    let release = |world: &World, version: &str| -> Vec<u64> {
        let released = (0..15).map(|_| {
            let body = json!({ "version": version });
            let released = world.release(APP, "production", &body).ok().json();
            released["sequence"].as_u64().unwrap()
        });
        released.collect()
    };
    let ask = |world: &World| {
        let mut floor = 0;
        while !has_ended.load(Ordering::Relaxed) {
            let offered = world.check(APP, "0.1.0", "d");
            let Ok(stated) = read_statement(&offered["release"].to_string()) else {
                continue;
            };
            assert!(stated.sequence >= floor, "{} < {floor}", stated.sequence);
            floor = stated.sequence;
        }
    };
    let sequences = thread::scope(|scope| {
        let devices = [scope.spawn(|| ask(&one)), scope.spawn(|| ask(&other))];
        let releases = [
            scope.spawn(|| release(&one, "1.0.0")),
            scope.spawn(|| release(&other, "2.0.0")),
        ];
        let made = releases.map(|releases| releases.join().unwrap());
        has_ended.store(true, Ordering::Relaxed);
        for device in devices {
            device.join().unwrap();
        }
        made
    });
    for made in &sequences {
        assert!(made.is_sorted());
    }
    let all: BTreeSet<u64> = sequences.iter().flatten().copied().collect();
    assert_eq!(all.len(), 30, "{sequences:?}");
    let newest = |world: &World| {
        let offered = world.check(APP, "0.1.0", "d");
        let stated = read_statement(&offered["release"].to_string()).unwrap();
        Some(stated.sequence) == all.last().copied()
    };
    wait_until("the newest at both", || newest(&one) && newest(&other));
}

/// One removes what nobody needs while the other brings the very same bytes.
#[test]
fn what_one_lists_is_not_removed_by_the_other() {
    let Some(place) = Place::new() else { return };
    let one = place.service();
    let other = place.service_beside(&one);
    let zip = bundle("the same bytes");
    one.upload(APP, "0.0.1", &bundle("the app")).ok();
    let come_and_go = |world: &World, major: u32| {
        for minor in 0..25 {
            let version = format!("{major}.{minor}.0");
            world.upload(APP, &version, &zip).ok();
            let path = format!("/api/v1/bundles/{version}?appId={APP}");
            assert_eq!(world.get(&path).ok().bytes, zip, "{version}");
            let body = json!({ "app_id": APP, "version": version });
            world.ask("DELETE", "/bundle/", &body).ok();
        }
    };
    thread::scope(|scope| {
        scope.spawn(|| come_and_go(&one, 1));
        scope.spawn(|| come_and_go(&other, 2));
    });
    let objects = place.objects();
    assert_eq!(objects.matches("<Key>").count(), 1, "{objects}");
}

#[test]
fn a_database_that_was_put_back_is_believed() {
    let Some(place) = Place::new() else { return };
    let world = place.service();
    world.upload(APP, "1.0.0", &bundle("one")).ok();
    world
        .release(APP, "production", &json!({ "version": "1.0.0" }))
        .ok();
    assert_eq!(world.check(APP, "0.1.0", "d")["updateAvailable"], true);
    let earlier = "DELETE FROM releases; UPDATE apps SET changed = 1";
    place.postgres.psql(&place.name, earlier).unwrap();
    wait_until("what was before", || {
        world.check(APP, "0.1.0", "d")["updateAvailable"] == false
    });
}
