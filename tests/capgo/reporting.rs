//! Verdicts become Capgo's statistics.

use serde_json::json;

use crate::phone::{Phone, eventually, zip};

#[tokio::test]
async fn a_success_is_a_set_and_is_told_once() {
    let phone = Phone::new();
    phone.publish("2.0.0", &zip("two", 10));
    let (updater, _) = phone.launch();
    updater.sync().await.unwrap();
    let (updater, _) = phone.try_next(updater).await;
    eventually("the report", || {
        !phone.server.heard("POST /stats").is_empty()
    })
    .await;
    let flushed = updater.flush().await.unwrap();
    assert_eq!(flushed.pending, 0);
    let heard = phone.server.heard("POST /stats");
    assert_eq!(heard.len(), 1);
    let batch = heard[0].body.as_array().unwrap();
    assert_eq!(batch.len(), 1);
    assert_eq!(batch[0]["action"], "set");
    assert_eq!(batch[0]["version_name"], "2.0.0");
    assert_eq!(batch[0]["device_id"], updater.device_id().unwrap());
    assert!(batch[0]["timestamp"].is_u64());
}

#[tokio::test]
async fn a_rollback_is_an_update_fail_with_its_reason() {
    let phone = Phone::new();
    phone.publish("2.0.0", &zip("two", 10));
    let (updater, _) = phone.launch();
    updater.sync().await.unwrap();
    updater.reload().await.unwrap();
    updater.set_bundle_error(None).await.unwrap();
    updater.flush().await.unwrap();
    let told = &phone.server.heard("POST /stats")[0].body[0];
    assert_eq!(told["action"], "update_fail");
    assert_eq!(told["metadata"]["reason"], "reported");
}

#[tokio::test]
async fn reports_wait_for_a_server_that_is_away_and_come_in_one_batch() {
    let phone = Phone::new();
    phone.server.answer("POST /stats", 503, &[], json!({}));
    let (mut updater, _) = phone.launch();
    for version in ["2.0.0", "3.0.0"] {
        phone.publish(version, &zip(version, 10));
        updater.sync().await.unwrap();
        updater = phone.try_next(updater).await.0;
    }
    let flushed = updater.flush().await.unwrap();
    assert_eq!((flushed.delivered, flushed.pending), (0, 2));
    // A result that is an error is dropped as well: it would be no other the next time.
    let results = json!({"status": "ok", "results": [
        {"status": "error", "error": "version_not_found", "message": "", "index": 0},
        {"status": "ok", "index": 1},
    ]});
    phone.server.answer("POST /stats", 200, &[], results);
    // What is delivered in the background may come before it.
    assert_eq!(updater.flush().await.unwrap().pending, 0);
    let last = phone.server.heard("POST /stats").pop().unwrap();
    let versions: Vec<_> = last.body.as_array().unwrap().iter().collect();
    assert_eq!(versions.len(), 2);
    assert_eq!(versions[0]["version_name"], "2.0.0");
    assert_eq!(versions[1]["version_name"], "3.0.0");
}

#[tokio::test]
async fn reports_that_a_server_will_never_take_are_dropped() {
    for (status, pending) in [(400, 0), (404, 0), (401, 1), (429, 1), (500, 1)] {
        let phone = Phone::new();
        phone.server.answer(
            "POST /stats",
            status,
            &[],
            json!({"error": "invalid_app_id"}),
        );
        phone.publish("2.0.0", &zip("two", 10));
        let (updater, _) = phone.launch();
        updater.sync().await.unwrap();
        let (updater, _) = phone.try_next(updater).await;
        assert_eq!(updater.flush().await.unwrap().pending, pending, "{status}");
    }
}

#[tokio::test]
async fn a_server_that_asks_to_wait_hears_no_report_for_so_long() {
    let phone = Phone::new();
    let wait = json!({"moreInfo": {"retryAfterSeconds": 600}});
    phone.server.answer("POST /stats", 429, &[], wait);
    phone.publish("2.0.0", &zip("two", 10));
    let (updater, _) = phone.launch();
    updater.sync().await.unwrap();
    let (updater, _) = phone.try_next(updater).await;
    updater.flush().await.unwrap();
    let told = phone.server.heard("POST /stats").len();
    assert!(told >= 1);
    assert_eq!(updater.flush().await.unwrap().pending, 1);
    assert_eq!(phone.server.heard("POST /stats").len(), told);
}
