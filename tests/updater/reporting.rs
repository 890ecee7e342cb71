//! The server learns of each verdict.

use mock_update_server::Endpoint;

use crate::world::{World, eventually};

#[tokio::test]
async fn a_success_is_told_once() {
    let world = World::new().await;
    world.publish("2.0.0");
    let updater = world.update().await;
    eventually("the report", || !world.server.confirmations().is_empty()).await;
    let flushed = updater.flush().await.unwrap();
    assert_eq!((flushed.delivered, flushed.pending), (0, 0));
    drop(updater);
    let (updater, launch) = world.launch();
    updater
        .notify_app_ready(&launch.launch_token)
        .await
        .unwrap();
    updater.flush().await.unwrap();
    let confirmations = world.server.confirmations();
    assert_eq!(confirmations.len(), 1);
    let body = world
        .server
        .requests()
        .into_iter()
        .find(|request| request.path.ends_with("confirm"))
        .map(|request| serde_json::from_slice::<serde_json::Value>(&request.body).unwrap())
        .unwrap();
    assert_eq!(body["appId"], "com.example.app");
    assert_eq!(body["version"], "2.0.0");
    assert_eq!(body["success"], true);
    assert_eq!(body["deviceId"], updater.device_id().unwrap());
    assert!(body["id"].is_string());
    assert!(body.get("reason").is_none());
}

#[tokio::test]
async fn a_report_waits_for_a_server_that_is_away_and_keeps_its_id() {
    let world = World::new().await;
    world.publish("2.0.0");
    world
        .server
        .fault(Endpoint::Confirm, "503".parse().unwrap())
        .always();
    let updater = world.update().await;
    let flushed = updater.flush().await.unwrap();
    assert_eq!((flushed.delivered, flushed.pending), (0, 1));
    drop(updater);
    world.server.clear_faults(Endpoint::Any);
    let (_updater, _) = world.launch();
    eventually("the report", || !world.server.confirmations().is_empty()).await;
    let ids: Vec<_> = world
        .server
        .requests()
        .iter()
        .filter(|request| request.path.ends_with("confirm"))
        .map(|request| {
            serde_json::from_slice::<serde_json::Value>(&request.body).unwrap()["id"].clone()
        })
        .collect();
    assert!(ids.len() >= 2);
    assert!(ids.iter().all(|id| *id == ids[0]));
}

#[tokio::test]
async fn a_report_that_a_server_will_never_take_is_dropped() {
    for (text, pending) in [("400", 0), ("404", 0), ("401", 1), ("429", 1)] {
        let world = World::new().await;
        world.publish("2.0.0");
        world
            .server
            .fault(Endpoint::Confirm, text.parse().unwrap())
            .always();
        let updater = world.update().await;
        assert_eq!(updater.flush().await.unwrap().pending, pending, "{text}");
    }
}

#[tokio::test]
async fn a_failure_is_told_with_its_reason() {
    let world = World::new().await;
    world.publish("2.0.0");
    let (updater, _) = world.launch();
    updater.sync().await.unwrap();
    updater.reload().await.unwrap();
    updater.set_bundle_error(None).await.unwrap();
    updater.flush().await.unwrap();
    let body = world
        .server
        .requests()
        .into_iter()
        .rfind(|request| request.path.ends_with("confirm"))
        .map(|request| serde_json::from_slice::<serde_json::Value>(&request.body).unwrap())
        .unwrap();
    assert_eq!(body["success"], false);
    assert_eq!(body["reason"], "reported");
}

#[tokio::test]
async fn a_server_that_hangs_collects_no_queue_of_deliveries() {
    let world = World::new().await;
    world.publish("2.0.0");
    let (updater, _) = world.launch();
    updater.sync().await.unwrap();
    let trial = updater.reload().await.unwrap();
    world
        .server
        .fault(Endpoint::Confirm, "stall".parse().unwrap())
        .always();
    updater.notify_app_ready(&trial.launch_token).await.unwrap();
    let confirmations = || {
        let requests = world.server.requests();
        requests
            .iter()
            .filter(|request| request.method == "POST")
            .count()
    };
    eventually("the first delivery", || confirmations() == 1).await;
    for _ in 0..50 {
        updater.pause().unwrap();
        updater.resume().unwrap().await.unwrap();
    }
    world.server.clear_faults(Endpoint::Confirm);
    world
        .server
        .fault(Endpoint::Confirm, "503".parse().unwrap())
        .always();
    // The one that hangs gives up after the read timeout, one more has waited, and this one.
    let flushed = updater.flush().await.unwrap();
    assert_eq!((flushed.delivered, flushed.pending), (0, 1));
    eventually("the others", || confirmations() >= 3).await;
    assert_eq!(confirmations(), 3);
}
