//! Bundles: uploaded, registered by a URL, listed, annotated, deleted.

use std::io::{Read as _, Write as _};
use std::net::TcpStream;
use std::time::Duration;

use serde_json::json;

use crate::support::{World, bundle};

const APP: &str = "com.example.app";

#[test]
fn a_bundle_that_was_uploaded_is_listed_and_can_be_downloaded() {
    let world = World::new();
    let zip = bundle("one");
    let uploaded = world.upload(APP, "1.0.0", &zip).ok().json();
    assert_eq!(uploaded["name"], "1.0.0");
    assert_eq!(uploaded["size"], zip.len());

    let listed = world
        .ask("GET", &format!("/bundle/?app_id={APP}"), &json!(null))
        .ok()
        .json();
    assert_eq!(listed["data"][0]["name"], "1.0.0");
    assert_eq!(listed["data"][0]["checksum"], uploaded["checksum"]);

    let downloaded = world.get("/api/v1/bundles/1.0.0").ok();
    assert_eq!(downloaded.bytes, zip);
    assert_eq!(downloaded.header("content-type"), "application/zip");
}

#[test]
fn a_bundle_is_registered_by_the_url_of_a_file_that_was_uploaded() {
    let world = World::new();
    let zip = bundle("one");
    let form = [
        b"--x\r\ncontent-disposition: form-data; name=\"file\"; filename=\"a.zip\"\r\n\r\n"
            .as_slice(),
        &zip,
        b"\r\n--x--\r\n",
    ]
    .concat();
    let key = world.key();
    let bearer = format!("Bearer {key}");
    let headers = [
        ("authorization", bearer.as_str()),
        ("content-type", "multipart/form-data; boundary=x"),
    ];
    let kept = world.send("POST", "/upload", &headers, form).ok().json();

    let body = json!({
        "app_id": APP,
        "version": "1.2.3",
        "external_url": kept["url"],
        "checksum": kept["checksum"],
    });
    let made = world.ask("POST", "/bundle/", &body).ok().json();
    assert_eq!(made, json!({ "status": "ok" }));

    let wrong = json!({ "checksum": "00".repeat(32), "version": "1.2.4" });
    let mut other = body.clone();
    other
        .as_object_mut()
        .unwrap()
        .extend(wrong.as_object().unwrap().clone());
    world
        .ask("POST", "/bundle/", &other)
        .is_refusal(400, "checksum_mismatch");
    world
        .ask("POST", "/bundle/", &body)
        .is_refusal(409, "version_already_exists");
}

#[test]
fn what_a_channel_gives_is_not_deleted_and_everything_else_is() {
    let world = World::new();
    for (version, text) in [("1.0.0", "one"), ("2.0.0", "two"), ("3.0.0", "three")] {
        world.upload(APP, version, &bundle(text)).ok();
    }
    world
        .release(APP, "production", &json!({ "version": "2.0.0" }))
        .ok();
    let linked = json!({ "app_id": APP, "version": "2.0.0" });
    world
        .ask("DELETE", "/bundle/", &linked)
        .is_refusal(409, "cannot_delete_linked_version");
    let all = json!({ "app_id": APP });
    assert_eq!(
        world.ask("DELETE", "/bundle/", &all).ok().json(),
        json!({ "status": "ok" })
    );
    let listed = world
        .ask("GET", &format!("/bundle/?app_id={APP}"), &json!(null))
        .ok()
        .json();
    let names: Vec<_> = listed["data"]
        .as_array()
        .unwrap()
        .iter()
        .map(|one| &one["name"])
        .collect();
    assert_eq!(names, ["2.0.0"]);
    world
        .get("/api/v1/bundles/1.0.0")
        .is_refusal(404, "not_found");
}

#[test]
fn a_bundle_that_no_native_version_takes_is_refused() {
    let world = World::new();
    let path = format!("/api/v1/apps/{APP}/bundles/1.0.0?minAppVersion=3&maxAppVersion=2.9");
    let headers = [("authorization", world.key())];
    let refused = world.send("PUT", &path, &headers, bundle("one"));
    refused.is_refusal(400, "invalid_native_version");
}

#[test]
fn who_may_not_upload_is_told_before_the_bytes_are_read() {
    let world = World::new();
    world.upload(APP, "1.0.0", &bundle("one")).ok();
    let body = json!({ "name": "ci", "permission": "upload", "appId": APP });
    let made = world.ask("POST", "/api/v1/keys", &body).ok().json();
    let path = "/api/v1/apps/com.example.other/bundles/1.0.0";
    // Only a start of what it promises: an answer that waits for the rest doesn't come.
    let mut stream = TcpStream::connect(world.address()).unwrap();
    stream
        .set_read_timeout(Some(Duration::from_secs(10)))
        .unwrap();
    let key = made["key"].as_str().unwrap();
    write!(
        stream,
        "PUT {path} HTTP/1.1\r\nhost: x\r\nauthorization: {key}\r\ncontent-length: 1000000\r\n\r\nPK"
    )
    .unwrap();
    let mut status = [0; 12];
    stream.read_exact(&mut status).unwrap();
    assert_eq!(&status, b"HTTP/1.1 404");
}

#[test]
fn an_encrypted_bundle_is_offered_to_who_can_open_it() {
    let world = World::new();
    let path = format!(
        "/api/v1/apps/{APP}/bundles/1.0.0?sessionKey=aXY%3D%3Aa2V5&checksum={}",
        "a".repeat(344)
    );
    let headers = [("authorization", world.key())];
    world.send("PUT", &path, &headers, b"sealed".to_vec()).ok();
    let released = json!({ "version": "1.0.0" });
    world.release(APP, "production", &released).ok();
    assert_eq!(world.check(APP, "0.9.0", "one")["updateAvailable"], false);
}
