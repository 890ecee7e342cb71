//! Apps, keys, channels and bundles.

use serde_json::json;

use crate::site::{APP, Site};

#[test]
fn apps_are_made_and_listed() {
    let site = Site::new();
    let made = site
        .workshop
        .run(&format!("apps create {APP} --name Example --data updates"));
    assert_eq!(made.code, 0, "{made:?}");
    let listed = site.json("apps list");
    assert_eq!(listed["apps"][0]["name"], "Example");
    site.fails(&format!("apps create {APP}"), 1, "app_already_exists");
    let table = site.run("apps list").stdout;
    let [head, row] = table.lines().collect::<Vec<_>>()[..] else {
        panic!("{table}");
    };
    // Columns stand below each other.
    assert_eq!(head.find("NAME"), row.find("Example"), "{table}");
}

#[test]
fn a_key_is_told_once_and_can_be_ended() {
    let site = Site::new();
    site.json(&format!("apps create {APP}"));
    let made = site.json(&format!(
        "keys create --name ci --permission read --for-app {APP} --out ci.key"
    ));
    assert_eq!(made["keyFile"], "ci.key");
    assert_eq!(made["key"], json!(null));
    assert_eq!(made["appId"], APP);
    let secret = String::from_utf8(site.workshop.read("ci.key")).unwrap();
    assert!(!site.run("keys list").stdout.contains(secret.trim()));
    let command = format!(
        "--json publish dist --version 1.1.0 --server {} --key-file ci.key",
        site.url
    );
    let refused = site.workshop.run(&command);
    refused.assert_error(1, "forbidden");

    let id = made["id"].as_str().unwrap();
    site.json(&format!("keys revoke {id}"));
    let refused = site.workshop.run(&command);
    refused.assert_error(1, "unauthorized");
    assert!(!refused.stdout.contains(secret.trim()), "{refused:?}");
    site.fails("keys create --name ci --out ci.key", 1, "exists");
    let shown = site.json("keys create --name other");
    assert!(shown["key"].as_str().unwrap().len() > 20);
}

#[test]
fn an_organisation_publishes_with_a_key_of_its_own() {
    let site = Site::new();
    let made = site.json("organisations create acme --out acme.key");
    assert_eq!(made["id"], "acme");
    assert_eq!(made["key"], json!(null));
    site.fails("organisations create other --out acme.key", 1, "exists");
    site.fails(
        "organisations create acme",
        1,
        "organisation_already_exists",
    );
    let as_acme = |command: &str| {
        let command = format!("--json {command} --server {} --key-file acme.key", site.url);
        site.workshop.run(&command)
    };
    let published = as_acme("publish dist --version 1.1.0 --app-id com.acme.app");
    assert_eq!(published.code, 0, "{published:?}");
    as_acme("organisations list").assert_error(1, "forbidden");
    let table = site.run("organisations list").stdout;
    let row = table.lines().find(|line| line.starts_with("acme")).unwrap();
    assert_eq!(row.split_whitespace().nth(2), Some("1"), "{table}");
    let own = site.json("apps list");
    assert_eq!(own["apps"], json!([]));
}

#[test]
fn channels_are_made_changed_and_deleted() {
    let site = Site::new();
    site.json(&format!("apps create {APP}"));
    let made =
        site.json("channel create beta --self-set --platform ios --refuse major --auto-pause off");
    let beta = &made["channels"][0];
    assert_eq!(beta["selfSet"], true);
    assert_eq!(beta["public"], false);
    assert_eq!(beta["platforms"], json!(["ios"]));
    assert_eq!(beta["refuses"], json!(["major"]));
    assert_eq!(beta["autoPause"]["failures"], json!(null));
    site.fails("channel create beta", 1, "exists");

    let changed =
        site.json("channel set beta --self-set=false --platform all --refuse none --min-reports 7");
    let beta = &changed["channels"][0];
    assert_eq!(beta["selfSet"], false);
    assert_eq!(beta["platforms"], json!([]));
    assert_eq!(beta["refuses"], json!([]));
    // What wasn't said stays as it was.
    assert_eq!(
        beta["autoPause"],
        json!({ "failures": null, "minReports": 7 })
    );
    let message = site.fails("channel set gamma --public", 1, "not_found");
    assert!(message.contains("beta"), "{message}");

    site.json("channel delete beta");
    let names = site.json("channel list")["channels"].clone();
    assert_eq!(names.as_array().unwrap().len(), 1, "{names}");
    assert!(site.run("channel list").stdout.contains("production"));
}

#[test]
fn bundles_are_annotated_and_deleted_but_for_those_that_channels_give() {
    let site = Site::new();
    site.publish("1.0.1", "");
    site.publish("1.1.0", "");
    site.publish("1.2.0", "");
    let noted = site.json("bundles metadata 1.1.0 --comment menu --link https://example.com/1");
    assert_eq!(noted["bundles"][0]["comment"], "menu");
    let table = site.run("bundles list").stdout;
    assert!(table.contains("menu, https://example.com/1"), "{table}");
    site.fails("bundles delete 1.2.0", 1, "cannot_delete_linked_version");
    site.fails("bundles delete 9.9.9", 1, "not_found");
    site.json("bundles delete 1.0.1");
    // Nobody is there who could be asked.
    let message = site.fails("bundles delete --all", 2, "usage");
    assert!(message.contains("--yes"), "{message}");
    let deleted = site.json("bundles delete --all --yes");
    assert_eq!(deleted, json!({ "deleted": ["1.1.0"], "kept": ["1.2.0"] }));
}

#[test]
fn every_page_of_a_long_list_is_shown() {
    let site = Site::new();
    site.workshop.json("pack dist --out app.zip");
    let zip = site.workshop.read("app.zip");
    for minor in 0..52 {
        let path = format!("/api/v1/apps/{APP}/bundles/1.{minor}.0");
        let request = ureq::put(format!("{}{path}", site.url)).header("authorization", site.key());
        request.send(&zip[..]).unwrap();
    }
    let listed = site.json("bundles list");
    let versions: Vec<_> = listed["bundles"].as_array().unwrap().iter().collect();
    assert_eq!(versions.len(), 52);
    assert_eq!(versions[0]["version"], "1.51.0");
    assert_eq!(versions[51]["version"], "1.0.0");
}

#[test]
fn a_note_about_a_bundle_is_enough_and_keeps_its_link() {
    let site = Site::new();
    site.publish("1.1.0", "--link https://example.com/ticket");
    let noted = site.json("bundles metadata 1.1.0 --comment menu");
    assert_eq!(noted["bundles"][0]["comment"], "menu", "{noted}");
    assert_eq!(noted["bundles"][0]["link"], "https://example.com/ticket");
    site.fails("bundles metadata 1.1.0", 2, "usage");
}
