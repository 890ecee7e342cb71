//! What a device asks, and what it makes of the answers.

use live_updater::{BlockReason, LatestStatus, SyncStatus};
use serde_json::{Value, json};

use crate::phone::{Phone, zip};

#[tokio::test]
async fn a_check_tells_who_asks_in_capgos_words() {
    let phone = Phone::new();
    phone
        .server
        .say(json!({"error": "no_new_version_available", "kind": "up_to_date"}));
    let (updater, _) = phone.launch();
    let latest = updater.get_latest(None).await.unwrap();
    assert_eq!(latest.status, LatestStatus::UpToDate);
    let heard = phone.server.heard("POST /updates");
    assert_eq!(heard.len(), 1);
    let mut body = heard[0].body.clone();
    let version = body["plugin_version"].take();
    assert_eq!(
        body,
        json!({
            "platform": "android",
            "device_id": updater.device_id().unwrap(),
            "app_id": "com.example.app",
            "custom_id": "",
            "version_build": "1.0.0",
            "version_code": "42",
            "version_os": "16",
            "version_name": "builtin",
            "plugin_version": null,
            "is_emulator": false,
            "is_prod": true,
            "install_source": "google_play",
            "defaultChannel": "",
        })
    );
    let agent = format!(
        "CapacitorUpdater/{} (com.example.app) android/16",
        version.as_str().unwrap()
    );
    assert_eq!(heard[0].headers["user-agent"], agent);
    assert_eq!(heard[0].headers["content-type"], "application/json");
}

#[tokio::test]
async fn an_update_is_installed_and_its_version_is_told_from_then_on() {
    let phone = Phone::new();
    phone.publish("2.0.0", &zip("two", 10));
    let (updater, _) = phone.launch();
    let synced = updater.sync().await.unwrap();
    assert_eq!(synced.status, SyncStatus::Downloaded);
    let (updater, launch) = phone.try_next(updater).await;
    let page = std::fs::read(launch.path.unwrap().join("index.html")).unwrap();
    assert_eq!(page, b"two");
    updater.get_latest(None).await.unwrap();
    let heard = phone.server.heard("POST /updates");
    assert_eq!(heard.last().unwrap().body["version_name"], "2.0.0");
}

#[tokio::test]
async fn what_the_server_withholds_is_blocked_and_its_word_is_kept() {
    let phone = Phone::new();
    let blocked = json!({
        "error": "disable_auto_update_to_major", "message": "Too far", "kind": "blocked",
        "version": "2.0.0", "major": true,
    });
    phone.server.say(blocked);
    let (updater, _) = phone.launch();
    let synced = updater.sync().await.unwrap();
    assert_eq!(synced.status, SyncStatus::Blocked);
    assert_eq!(synced.reason, Some(BlockReason::Withheld));
    let word = Some("disable_auto_update_to_major: Too far".to_owned());
    assert_eq!(synced.message, word);
    let latest = updater.get_latest(None).await.unwrap();
    assert_eq!((latest.reason, latest.message), (synced.reason, word));
}

#[tokio::test]
async fn what_the_server_cannot_answer_is_an_error_with_its_code() {
    let phone = Phone::new();
    let (updater, _) = phone.launch();
    for (status, body) in [
        (
            200,
            json!({"error": "no_channel", "message": "None", "kind": "failed"}),
        ),
        (200, json!({"error": "no_channel", "message": "None"})),
        (
            400,
            json!({"error": "no_channel", "message": "None", "moreInfo": {}}),
        ),
    ] {
        phone.server.answer("POST /updates", status, &[], body);
        let error = updater.sync().await.unwrap_err();
        assert_eq!(error.code(), "protocol");
        assert!(error.to_string().contains("no_channel: None"), "{error}");
    }
}

#[tokio::test]
async fn a_server_can_lead_back_to_builtin() {
    let phone = Phone::new();
    phone.publish("2.0.0", &zip("two", 10));
    let (updater, _) = phone.launch();
    updater.sync().await.unwrap();
    let (updater, _) = phone.try_next(updater).await;
    // With an error it is only said to be on builtin already.
    phone
        .server
        .say(json!({"error": "already_on_builtin", "kind": "up_to_date", "version": "builtin"}));
    assert_eq!(updater.sync().await.unwrap().status, SyncStatus::UpToDate);
    phone.server.say(json!({"version": "builtin"}));
    assert_eq!(updater.sync().await.unwrap().status, SyncStatus::RolledBack);
    assert!(updater.current().unwrap().id.is_builtin());
}

#[tokio::test]
async fn a_server_that_asks_to_wait_is_asked_nothing_for_so_long() {
    for (headers, more) in [
        (&["retry-after: 600"][..], Value::Null),
        (&[], json!({"retryAfterSeconds": 600})),
    ] {
        let phone = Phone::new();
        let body = json!({"error": "too_many_requests", "message": "", "moreInfo": more});
        phone.server.answer("POST /updates", 429, headers, body);
        let (updater, _) = phone.launch();
        let synced = updater.sync().await.unwrap();
        assert_eq!(synced.reason, Some(BlockReason::RateLimited));
        drop(updater);
        phone.publish("2.0.0", &zip("two", 10));
        let (updater, _) = phone.launch();
        let synced = updater.sync().await.unwrap();
        assert_eq!(synced.reason, Some(BlockReason::RateLimited));
        let refused = updater.set_channel(Some("beta".to_owned())).await;
        assert_eq!(refused.unwrap_err().code(), "rate_limited");
        let refused = updater.channels().await.unwrap_err();
        assert!(
            refused
                .retry_after()
                .is_some_and(|wait| wait.as_secs() > 500)
        );
        assert_eq!(phone.server.heard("POST /updates").len(), 1);
        assert_eq!(phone.server.heard("GET /channel_self").len(), 0);
    }
}

#[tokio::test]
async fn a_bundle_without_a_zip_or_a_checksum_is_refused() {
    let phone = Phone::new();
    phone.publish("2.0.0", &zip("two", 10));
    let (updater, _) = phone.launch();
    let url = phone.server.url("/bundle.zip");
    for answer in [
        json!({"version": "2.0.0", "url": url, "checksum": ""}),
        json!({"version": "2.0.0", "url": "https://404.capgo.app/no.zip", "checksum": "ab".repeat(32)}),
    ] {
        phone.server.say(answer);
        let refused = updater.sync().await.unwrap_err();
        assert_eq!(refused.code(), "protocol", "{refused}");
    }
    assert_eq!(phone.server.heard("GET /bundle.zip").len(), 0);
}
