//! The page for people: how it is served, and what it asks for beside what others ask.

use std::fs;
use std::path::{Path, PathBuf};

use serde_json::{Value, json};

use crate::support::{World, bundle};

const APP: &str = "com.example.app";

/// A service whose app has two versions, the first one for all.
fn world() -> World {
    let world = World::new();
    world.upload(APP, "1.0.0", &bundle("one")).ok();
    world.upload(APP, "1.1.0", &bundle("two")).ok();
    world
        .release(APP, "production", &json!({ "version": "1.0.0" }))
        .ok();
    world
}

fn assets() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("assets")
}

fn files_in(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        match path.is_dir() {
            true => found.extend(files_in(&path)),
            false => found.push(path),
        }
    }
    found
}

fn confirm(world: &World, version: &str, success: bool) {
    let report = json!({
        "appId": APP, "version": version, "platform": "ios", "success": success,
    });
    world
        .ask_as("", "POST", "/api/v1/updates/confirm", &report)
        .ok();
}

#[test]
fn every_file_of_the_page_is_served_with_its_type_and_policy() {
    let world = World::new();
    for path in files_in(&assets()) {
        let name = path.strip_prefix(assets()).unwrap().display().to_string();
        let kind = match path.extension().and_then(|end| end.to_str()) {
            Some("html") => "text/html; charset=utf-8",
            Some("css") => "text/css; charset=utf-8",
            Some("svg") => "image/svg+xml",
            _ => "text/javascript; charset=utf-8",
        };
        let answer = world.get(&format!("/admin/{name}")).ok();
        assert_eq!(answer.header("content-type"), kind, "{name}");
        assert_eq!(answer.text(), fs::read_to_string(&path).unwrap(), "{name}");
        assert_eq!(answer.header("x-content-type-options"), "nosniff", "{name}");
        assert_eq!(answer.header("x-frame-options"), "DENY", "{name}");
        let policy = answer.header("content-security-policy");
        assert!(policy.starts_with("default-src 'none'; "), "{name}");
        assert!(!policy.contains("unsafe"), "{name}");
    }
}

#[test]
fn what_the_browser_has_is_not_sent_again() {
    let world = World::new();
    let first = world.get("/admin/main.js").ok();
    assert_eq!(first.header("cache-control"), "no-cache");
    let etag = [("if-none-match", first.header("etag"))];
    let again = world.send("GET", "/admin/main.js", &etag, Vec::new());
    assert_eq!((again.status, again.bytes.len()), (304, 0));
    let other = world.send("GET", "/admin/style.css", &etag, Vec::new());
    assert_eq!(other.status, 200);
}

#[test]
fn the_root_leads_to_the_page() {
    let world = World::new();
    for path in ["/", "/admin"] {
        let answer = world.get(path);
        assert_eq!((answer.status, answer.header("location")), (307, "admin/"));
    }
    let index = world.get("/admin/").ok();
    assert!(index.text().contains("<main id=\"main\""));
    world.get("/admin/none.js").is_refusal(404, "not_found");
    world.get("/admin/../lib.rs").is_refusal(404, "not_found");
}

#[test]
fn the_page_holds_no_script_and_no_style_of_its_own() {
    for path in files_in(&assets()) {
        let text = fs::read_to_string(&path).unwrap();
        let forbidden = [
            "innerHTML",
            "outerHTML",
            "insertAdjacentHTML",
            "document.write",
            "eval(",
            "localStorage",
            "document.cookie",
            "<style",
            " style=",
            " onclick=",
            "javascript:",
        ];
        for word in forbidden {
            assert!(!text.contains(word), "{word} in {}", path.display());
        }
    }
}

#[test]
fn a_caller_learns_what_its_key_may_do() {
    let world = world();
    let caller = world.ask("GET", "/api/v1/caller", &Value::Null).ok().json();
    assert_eq!(
        (&caller["name"], &caller["permission"], &caller["appId"]),
        (&json!("first"), &json!("all"), &Value::Null)
    );
    assert_eq!(caller["maxBundleBytes"], 1 << 30);
    assert!(caller.get("key").is_none());
    world
        .ask_as("lu_wrong", "GET", "/api/v1/caller", &Value::Null)
        .is_refusal(401, "unauthorized");
}

#[test]
fn the_way_back_is_what_going_back_does() {
    let world = world();
    let path = format!("/api/v1/apps/{APP}/channels/production/rollback");
    world
        .ask("GET", &path, &Value::Null)
        .is_refusal(409, "no_previous_release");
    let half = json!({ "version": "1.1.0", "rollout": 50 });
    world.release(APP, "production", &half).ok();
    let way = world.ask("GET", &path, &Value::Null).ok().json();
    assert_eq!(way, json!({ "version": "1.0.0" }));
    let gone = world.ask("POST", &path, &Value::Null).ok().json();
    assert_eq!(gone["version"], way["version"]);
}

#[test]
fn only_the_rollout_that_is_meant_is_changed() {
    let world = world();
    let tenth = |version: &str| json!({ "version": version, "rollout": 10 });
    let meant = world
        .release(APP, "production", &tenth("1.1.0"))
        .ok()
        .json();
    world.upload(APP, "1.2.0", &bundle("three")).ok();
    let other = world
        .release(APP, "production", &tenth("1.2.0"))
        .ok()
        .json();
    let path = format!("/api/v1/apps/{APP}/channels/production/rollout");
    let widen = |release: &Value| json!({ "percent": 90, "releaseId": release["id"] });
    world
        .ask("PATCH", &path, &widen(&meant))
        .is_refusal(409, "rollout_changed");
    let widened = world.ask("PATCH", &path, &widen(&other)).ok().json();
    assert_eq!(widened["percent"], json!(90.0));
}

#[test]
fn a_page_of_bundles_tells_how_many_there_are() {
    let world = world();
    let path = format!("/api/v1/apps/{APP}/bundles?page=7");
    let page = world.ask("GET", &path, &Value::Null).ok().json();
    assert_eq!(page, json!({ "bundles": [], "total": 2, "pageSize": 50 }));
}

#[test]
fn a_bundle_that_no_channel_gives_is_deleted() {
    let world = world();
    let path = |version| format!("/api/v1/apps/{APP}/bundles/{version}");
    world.ask("DELETE", &path("1.1.0"), &Value::Null).ok();
    world
        .ask("DELETE", &path("1.1.0"), &Value::Null)
        .is_refusal(404, "not_found");
    world
        .ask("DELETE", &path("1.0.0"), &Value::Null)
        .is_refusal(409, "cannot_delete_linked_version");
}

#[test]
fn the_versions_beyond_those_asked_for_are_told_of_as_one() {
    let world = world();
    for (version, failures) in [("1.0.0", 3), ("1.1.0", 2), ("0.9.0", 1), ("0.8.0", 1)] {
        (0..failures).for_each(|_| confirm(&world, version, false));
        confirm(&world, version, true);
    }
    let path = format!("/api/v1/apps/{APP}/analytics?days=400&versions=2");
    let figures = world.ask("GET", &path, &Value::Null).ok().json();
    assert_eq!(figures["days"], 400);
    let reports = figures["reports"].as_array().unwrap().iter();
    let told: Vec<_> = reports
        .map(|report| json!([report["version"], report["successes"], report["failures"]]))
        .collect();
    assert_eq!(
        told,
        [
            json!([null, 2, 2]),
            json!(["1.0.0", 1, 3]),
            json!(["1.1.0", 1, 2])
        ]
    );
    assert_eq!(figures["lastDay"], figures["reports"][0]["day"]);
    // All versions are in the sums.
    assert_eq!(figures["versions"].as_array().unwrap().len(), 4);
}

#[test]
fn at_most_200_versions_are_told_of_one_by_one() {
    let world = World::with(|settings| settings.device_requests_per_minute = 100_000);
    world.upload(APP, "1.0.0", &bundle("one")).ok();
    for number in 0..203 {
        confirm(&world, &format!("1.0.{number}"), true);
    }
    let path = format!("/api/v1/apps/{APP}/analytics");
    let figures = world.ask("GET", &path, &Value::Null).ok().json();
    let versions = figures["versions"].as_array().unwrap();
    assert_eq!(versions.len(), 201);
    let others = &versions[200];
    assert_eq!(
        (&others["version"], &others["successes"]),
        (&json!(null), &json!(3))
    );
    assert_eq!(figures["reports"].as_array().unwrap().len(), 201);
}

#[test]
fn a_change_names_the_key_that_made_it() {
    let world = world();
    let path = format!("/api/v1/apps/{APP}/audit");
    let changes = world.ask("GET", &path, &Value::Null).ok().json();
    let newest = &changes["changes"][0];
    assert_eq!(
        (&newest["action"], &newest["keyName"]),
        (&json!("channel.release"), &json!("first"))
    );
}
