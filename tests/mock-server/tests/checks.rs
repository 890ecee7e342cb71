//! A check is answered from the folder, or with what was set in code.

#![expect(clippy::unwrap_used, reason = "a test that can't go on fails")]

#[expect(dead_code, reason = "other tests use the rest of it")]
mod support;

use std::path::Path;

use mock_update_server::{MockServer, Release};
use serde_json::{Value, json};
use support::{CHECK, folder, get};

async fn check(server: &MockServer, channel: &str, current: &str) -> Value {
    let target = format!(
        "/api/v1/updates/check?appId=a.b.c&currentVersion={current}&platform=ios&channel={channel}"
    );
    let answer = get(server, &target, &[]).await;
    assert_eq!(answer.status, 200, "{answer:?}");
    answer.json()
}

fn write(folder: &Path, name: &str, text: &str) {
    std::fs::write(folder.join(name), text).unwrap();
}

#[tokio::test]
async fn a_newer_release_is_offered_with_all_that_lies_beside_it() {
    let folder = tempfile::tempdir().unwrap();
    write(folder.path(), "app-1.2.3.zip", "zip");
    write(folder.path(), "app-1.2.3.zip.sig", "c2lnbmF0dXJl\n");
    write(
        folder.path(),
        "app-1.2.3.json",
        r#"{"minAppVersion": "2.0.0", "maxAppVersion": "3.0", "releaseNotes": "Better",
            "mandatory": true, "mirrors": ["https://mirror.test/1.2.3.zip"], "release": {"a": 1}}"#,
    );
    let server = MockServer::start(folder.path()).await.unwrap();

    assert_eq!(
        check(&server, "production", "1.2.2").await,
        json!({
            "updateAvailable": true,
            "version": "1.2.3",
            "minAppVersion": "2.0.0",
            "maxAppVersion": "3.0",
            "releaseNotes": "Better",
            "downloadUrl": "http://updates.test:80/api/v1/bundles/1.2.3",
            "signature": "c2lnbmF0dXJl",
            // printf zip | sha256sum
            "checksum": "4a70fe9aa6436e02c2dea340fbd1e352e4ef2d8ce6ca52ad25d4b95471fc8bf2",
            "size": 3,
            "mandatory": true,
            "mirrors": ["https://mirror.test/1.2.3.zip"],
            "release": {"a": 1},
        })
    );
}

#[tokio::test]
async fn the_newest_release_counts_by_semver_and_only_if_it_is_newer() {
    let (folder, _) = folder(10);
    write(folder.path(), "1.10.0.zip", "zip");
    write(folder.path(), "1.9.0.zip", "zip");
    write(folder.path(), "1.10.0-rc.1.zip", "zip");
    write(folder.path(), "notes.zip", "no version");
    let server = MockServer::start(folder.path()).await.unwrap();

    for current in ["1.9.0", "1.10.0-rc.1", "1.0", "1", "what"] {
        let answer = check(&server, "production", current).await;
        assert_eq!(answer["version"], "1.10.0", "{current}");
    }
    for current in ["1.10.0", "1.10.0%2Bbuild", "2.0.0"] {
        let answer = check(&server, "production", current).await;
        assert_eq!(answer, json!({"updateAvailable": false}), "{current}");
    }
}

#[tokio::test]
async fn files_count_from_the_moment_they_are_there() {
    let (folder, _) = folder(10);
    let server = MockServer::start(folder.path()).await.unwrap();
    let before = check(&server, "production", "1.2.3").await;
    write(folder.path(), "1.2.4.zip", "zip");
    let after = check(&server, "production", "1.2.3").await;
    write(folder.path(), "1.2.4.zip", "another zip");
    let replaced = check(&server, "production", "1.2.3").await;

    assert_eq!(before["updateAvailable"], false);
    assert_eq!(after["version"], "1.2.4");
    assert_eq!(replaced["size"], 11);
    assert_ne!(replaced["checksum"], after["checksum"]);
}

#[tokio::test]
async fn a_channel_gets_the_releases_that_name_it_or_none() {
    let (folder, _) = folder(10);
    write(folder.path(), "2.0.0.zip", "zip");
    write(folder.path(), "2.0.0.json", r#"{"channel": "beta"}"#);
    write(folder.path(), "3.0.0.zip", "zip");
    write(
        folder.path(),
        "3.0.0.json",
        r#"{"channels": ["canary", "nightly"]}"#,
    );
    write(folder.path(), "4.0.0.zip", "zip");
    write(folder.path(), "4.0.0.json", r#"{"appId": "another.app"}"#);
    let server = MockServer::start(folder.path()).await.unwrap();

    for (channel, version) in [
        ("production", "1.2.3"),
        ("beta", "2.0.0"),
        ("nightly", "3.0.0"),
    ] {
        assert_eq!(check(&server, channel, "1.0.0").await["version"], version);
    }
}

#[tokio::test]
async fn a_pinned_channel_gets_its_version_even_if_that_is_older() {
    let (folder, _) = folder(10);
    write(folder.path(), "2.0.0.zip", "zip");
    write(
        folder.path(),
        "channels.json",
        r#"{"production": "1.2.3", "broken": "9.9.9"}"#,
    );
    let server = MockServer::start(folder.path()).await.unwrap();

    assert_eq!(
        check(&server, "production", "2.0.0").await["version"],
        "1.2.3"
    );
    assert_eq!(
        check(&server, "production", "1.0.0").await["version"],
        "1.2.3"
    );
    assert_eq!(
        check(&server, "production", "1.2.3").await["updateAvailable"],
        false
    );
    assert_eq!(check(&server, "beta", "1.0.0").await["version"], "2.0.0");
    let broken = get(&server, &CHECK.replace("production", "broken"), &[]).await;
    assert_eq!(broken.status, 500);
    assert!(broken.json()["error"].as_str().unwrap().contains("9.9.9"));
}

#[tokio::test]
async fn a_version_that_two_files_have_is_told_apart_by_their_names() {
    let folder = tempfile::tempdir().unwrap();
    write(folder.path(), "one-1.0.1.zip", "one");
    write(folder.path(), "one-1.0.1.json", r#"{"appId": "a.b.c"}"#);
    write(folder.path(), "two-1.0.1.zip", "two!");
    write(folder.path(), "two-1.0.1.json", r#"{"appId": "d.e.f"}"#);
    let server = MockServer::builder(folder.path())
        .relative_urls(true)
        .start()
        .await
        .unwrap();

    let answer = check(&server, "production", "1.0.0").await;
    assert_eq!(answer["downloadUrl"], "/api/v1/bundles/one-1.0.1.zip");
    let bundle = get(&server, "/api/v1/bundles/one-1.0.1.zip", &[]).await;
    assert_eq!(bundle.body, b"one");
}

#[tokio::test]
async fn what_a_client_failed_with_is_skipped_only_if_that_was_asked_for() {
    let (folder, _) = folder(10);
    write(folder.path(), "1.3.0.zip", "zip");
    let target = format!("{CHECK}&failed=1.3.0,1.1.0");
    for (skip, version) in [(false, "1.3.0"), (true, "1.2.3")] {
        let builder = MockServer::builder(folder.path()).skip_failed(skip);
        let server = builder.start().await.unwrap();
        let answer = get(&server, &target, &[]).await;
        assert_eq!(answer.json()["version"], version);
    }
}

#[tokio::test]
async fn a_missing_parameter_is_named() {
    let (folder, _) = folder(10);
    let server = MockServer::start(folder.path()).await.unwrap();

    let answer = get(&server, "/api/v1/updates/check?appId=a&platform=ios", &[]).await;

    assert_eq!(answer.status, 400);
    assert_eq!(
        answer.json()["error"],
        "missing query parameters: currentVersion, channel"
    );
}

#[tokio::test]
async fn metadata_that_cannot_be_read_is_named_without_its_path() {
    let (folder, _) = folder(10);
    write(folder.path(), "1.2.3.json", r#"{"minNativeVersion": "1"}"#);
    let server = MockServer::start(folder.path()).await.unwrap();

    let answer = get(&server, CHECK, &[]).await;

    let error = answer.json()["error"].as_str().unwrap().to_owned();
    assert_eq!(answer.status, 500);
    assert!(error.starts_with("1.2.3.json: unknown field"), "{error}");
}

#[tokio::test]
async fn an_unchanged_answer_is_304() {
    let (folder, _) = folder(10);
    let server = MockServer::start(folder.path()).await.unwrap();
    let first = get(&server, CHECK, &[]).await;
    let etag = first.field("etag").unwrap();

    let same = get(&server, CHECK, &[("if-none-match", etag)]).await;
    write(folder.path(), "1.2.4.zip", "zip");
    let changed = get(&server, CHECK, &[("if-none-match", etag)]).await;

    assert_eq!((same.status, same.body.len()), (304, 0));
    assert_eq!(changed.status, 200);
}

#[tokio::test]
async fn answers_that_are_set_in_code_come_before_the_folder() {
    let (folder, _) = folder(10);
    let server = MockServer::start(folder.path()).await.unwrap();
    let release = Release {
        size: Some(1),
        ..server.release("1.2.3").unwrap()
    };

    server.offer(release);
    server.offer_on("beta", json!({"what": "ever"}));
    assert_eq!(check(&server, "production", "9.0.0").await["size"], 1);
    assert_eq!(
        check(&server, "beta", "1.0.0").await,
        json!({"what": "ever"})
    );
    server.offer_nothing();
    assert_eq!(
        check(&server, "production", "1.0.0").await["updateAvailable"],
        false
    );
    server.offer_folder();
    assert_eq!(check(&server, "beta", "1.0.0").await["size"], 10);
}
