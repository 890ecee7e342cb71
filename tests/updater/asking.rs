//! What a device asks, and what it makes of the answers.

use live_updater::{BlockReason, LatestStatus, SyncStatus};
use mock_update_server::{Endpoint, Fault, Release};
use serde_json::json;

use crate::world::World;

fn fault(text: &str) -> Fault {
    text.parse().unwrap()
}

#[tokio::test]
async fn a_check_tells_who_asks() {
    let mut world = World::new().await;
    world.configure("channel", json!("beta"));
    world.configure("platform", json!("ios"));
    world.configure("version", json!("1.5.0"));
    let (updater, _) = world.launch();
    updater.get_latest(None).await.unwrap();
    updater
        .set_channel(Some("nightly".to_owned()))
        .await
        .unwrap();
    updater.get_latest(None).await.unwrap();
    updater.get_latest(Some("other")).await.unwrap();
    let requests = world.server.requests();
    let value = |index: usize, name: &str| requests[index].query_value(name).map(str::to_owned);
    for (name, expected) in [
        ("appId", "com.example.app"),
        ("currentVersion", "1.5.0"),
        ("platform", "ios"),
        ("channel", "beta"),
        ("appVersion", "1.0.0"),
        ("bundleId", "builtin"),
        ("deviceId", &updater.device_id().unwrap()),
    ] {
        assert_eq!(value(0, name).as_deref(), Some(expected), "{name}");
    }
    assert_eq!(value(0, "failed"), None);
    assert_eq!(value(1, "channel").as_deref(), Some("nightly"));
    assert_eq!(value(2, "channel").as_deref(), Some("other"));
    assert_eq!(requests[0].header("accept-encoding"), Some("identity"));
    assert_eq!(requests[0].header("cookie"), None);
}

#[tokio::test]
async fn the_device_id_and_the_channel_are_kept() {
    let world = World::new().await;
    let (updater, _) = world.launch();
    let id = updater.device_id().unwrap();
    updater.set_channel(Some("beta".to_owned())).await.unwrap();
    drop(updater);
    let updater = world.open();
    assert_eq!(updater.device_id().unwrap(), id);
    assert_eq!(updater.channel().unwrap(), "beta");
}

#[tokio::test]
async fn conditions_are_answers() {
    let world = World::new().await;
    let (updater, _) = world.launch();
    let offer = |change: fn(&mut Release)| {
        let mut release = Release {
            version: "2.0.0".to_owned(),
            download_url: "/b.zip".to_owned(),
            checksum: Some("ab".repeat(32)),
            size: Some(1000),
            ..Release::default()
        };
        change(&mut release);
        world.server.offer(release);
    };
    let mut seen = Vec::new();
    for change in [
        (|_| {}) as fn(&mut Release),
        |release| release.version = "1.0.0".to_owned(),
        |release| release.version = "0.9.0".to_owned(),
        |release| release.min_app_version = Some("1.0.1".to_owned()),
        |release| release.max_app_version = Some("0.9".to_owned()),
    ] {
        offer(change);
        let latest = updater.get_latest(None).await.unwrap();
        seen.push((latest.status, latest.reason));
    }
    world.server.offer_nothing();
    let nothing = updater.get_latest(None).await.unwrap();
    assert_eq!(nothing.release, None);
    seen.push((nothing.status, nothing.reason));
    assert_eq!(
        seen,
        [
            (LatestStatus::UpdateAvailable, None),
            (LatestStatus::UpToDate, None),
            (LatestStatus::Blocked, Some(BlockReason::Downgrade)),
            (LatestStatus::NativeUpdateRequired, None),
            (LatestStatus::Blocked, Some(BlockReason::NativeVersion)),
            (LatestStatus::UpToDate, None),
        ]
    );
}

#[tokio::test]
async fn an_explicit_download_says_the_same_as_errors() {
    let world = World::new().await;
    let (updater, _) = world.launch();
    for (version, min, max, code) in [
        ("0.9.0", None, None, "downgrade"),
        ("2.0.0", Some("1.0.1"), None, "native_version"),
        ("2.0.0", None, Some("0.9"), "native_version"),
    ] {
        world.server.offer(Release {
            version: version.to_owned(),
            min_app_version: min.map(str::to_owned),
            max_app_version: max.map(str::to_owned),
            checksum: Some("ab".repeat(32)),
            ..Release::default()
        });
        updater.get_latest(None).await.unwrap();
        let error = updater
            .download(live_updater::DownloadRequest::Offered)
            .await
            .unwrap_err();
        assert_eq!(error.code(), code, "{error}");
    }
    assert_eq!(world.server.bundle_requests().len(), 0);
}

#[tokio::test]
async fn an_answer_that_did_not_change_is_judged_anew_and_not_sent_again() {
    let world = World::new().await;
    world.publish("2.0.0");
    let (updater, _) = world.launch();
    for _ in 0..2 {
        let latest = updater.get_latest(None).await.unwrap();
        assert_eq!(latest.status, LatestStatus::UpdateAvailable);
    }
    let statuses: Vec<_> = world
        .server
        .requests()
        .iter()
        .map(|request| request.status)
        .collect();
    assert_eq!(statuses, [200, 304]);
}

#[tokio::test]
async fn answers_that_are_none_have_their_codes() {
    let world = World::new().await;
    let (updater, _) = world.launch();
    for (text, code, retryable) in [
        ("captive-portal", "protocol", true),
        ("malformed-json", "protocol", true),
        ("oversized-json", "size_exceeded", false),
        ("404", "not_found", false),
        ("status=403", "http_status", false),
        ("redirect-loop", "protocol", true),
        ("redirect=ftp://127.0.0.1/x", "protocol", true),
        ("gzip", "protocol", true),
    ] {
        world.server.clear_faults(Endpoint::Any);
        world.server.fault(Endpoint::Check, fault(text)).always();
        let error = updater.sync().await.unwrap_err();
        assert_eq!(error.code(), code, "{text}: {error}");
        assert_eq!(error.retryable(), retryable, "{text}");
        assert!(!error.to_string().contains("deviceId"), "{error}");
    }
    world.server.clear_faults(Endpoint::Any);
    assert_eq!(updater.sync().await.unwrap().status, SyncStatus::UpToDate);
}

#[tokio::test]
async fn a_server_that_hiccups_is_asked_again() {
    let world = World::new().await;
    world.publish("2.0.0");
    let (updater, _) = world.launch();
    world
        .server
        .fault_sequence(Endpoint::Check, [fault("500"), fault("reset=0")]);
    assert_eq!(updater.sync().await.unwrap().status, SyncStatus::Downloaded);
}

#[tokio::test]
async fn a_server_that_asks_to_wait_is_left_alone_across_processes() {
    for (text, code) in [
        ("429,retry-after=600", None),
        ("503,retry-after=600", Some("http_status")),
    ] {
        let world = World::new().await;
        world.publish("2.0.0");
        world.server.fault(Endpoint::Check, fault(text)).once();
        let (updater, _) = world.launch();
        let first = updater.sync().await;
        match code {
            Some(code) => {
                let error = first.unwrap_err();
                assert_eq!(error.code(), code);
                assert_eq!(error.retry_after().unwrap().as_secs(), 600);
            }
            None => assert_eq!(first.unwrap().reason, Some(BlockReason::RateLimited)),
        }
        drop(updater);
        let (updater, _) = world.launch();
        let outcome = updater.sync().await.unwrap();
        assert_eq!(outcome.status, SyncStatus::Blocked);
        assert_eq!(outcome.reason, Some(BlockReason::RateLimited));
        assert_eq!(world.server.requests().len(), 1, "{text}");
    }
}

#[tokio::test]
async fn a_place_elsewhere_that_asks_to_wait_keeps_no_check_away() {
    let world = World::new().await;
    let other = World::new().await;
    other.publish("2.0.0");
    let full = fault("429,retry-after=86400");
    other.server.fault(Endpoint::Bundle, full).once();
    let release = other.server.release("2.0.0").unwrap();
    world.server.offer(Release {
        download_url: format!("{}/api/v1/bundles/2.0.0", other.server.url()),
        ..release
    });
    let (updater, _) = world.launch();
    assert_eq!(updater.sync().await.unwrap_err().code(), "rate_limited");
    assert_eq!(updater.sync().await.unwrap().status, SyncStatus::Downloaded);
}

#[tokio::test]
async fn the_token_goes_to_the_update_server_alone() {
    let mut world = World::with_server(|server| server.bearer_token("s3cret")).await;
    let other = World::new().await;
    let bytes = other.publish("2.0.0");
    let (updater, _) = world.launch();
    assert_eq!(updater.sync().await.unwrap_err().code(), "http_status");
    drop(updater);
    world.configure("token", json!("s3cret"));
    world.configure("headers", json!({"x-tenant": "acme"}));
    let release = other.server.release("2.0.0").unwrap();
    world.server.offer(Release {
        download_url: format!("{}/api/v1/bundles/2.0.0", other.server.url()),
        ..release
    });
    let (updater, _) = world.launch();
    assert_eq!(updater.sync().await.unwrap().status, SyncStatus::Downloaded);
    let asked = world.server.requests();
    assert_eq!(
        asked.last().unwrap().header("authorization"),
        Some("Bearer s3cret")
    );
    assert_eq!(asked.last().unwrap().header("x-tenant"), Some("acme"));
    let elsewhere = other.server.bundle_requests();
    assert_eq!(elsewhere.len(), 1);
    assert_eq!(elsewhere[0].bytes_sent, bytes.len() as u64);
    assert_eq!(elsewhere[0].header("authorization"), None);
    assert_eq!(elsewhere[0].header("x-tenant"), None);
    assert!(!format!("{updater:?}").contains("s3cret"));
}

#[tokio::test]
async fn nobody_is_asked_without_an_address() {
    let mut world = World::new().await;
    world.configure("updateUrl", serde_json::Value::Null);
    let (updater, launch) = world.launch();
    assert_eq!(launch.problem, None);
    let error = updater.sync().await.unwrap_err();
    assert_eq!(error.code(), "config");
    assert!(error.to_string().contains("updateUrl"));
}
