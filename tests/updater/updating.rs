//! The way of an update, from the server to the page.

use std::fs;

use live_updater::{BlockReason, DownloadRequest, SyncStatus};
use mock_update_server::{Endpoint, Release};

use crate::world::{World, eventually, large_zip, zip};

#[tokio::test]
async fn a_new_version_is_on_trial_at_the_next_launch_and_stays_when_it_is_ready() {
    let world = World::new().await;
    world.publish("2.0.0");
    let (updater, launch) = world.launch();
    assert_eq!(launch.path, None);
    let outcome = updater.sync().await.unwrap();
    assert_eq!(outcome.status, SyncStatus::Downloaded);
    let bundle = outcome.bundle.unwrap();
    assert_eq!(updater.next().unwrap().unwrap(), bundle);
    assert_eq!(updater.current().unwrap().id.as_str(), "builtin");
    drop(updater);

    let (updater, launch) = world.launch();
    assert!(launch.trial);
    assert_eq!(launch.bundle.id, bundle.id);
    let page = fs::read_to_string(launch.path.unwrap().join("index.html")).unwrap();
    assert_eq!(page, "<html>2.0.0</html>");
    updater
        .notify_app_ready(&launch.launch_token)
        .await
        .unwrap();
    assert_eq!(updater.sync().await.unwrap().status, SyncStatus::UpToDate);
    drop(updater);

    let (_updater, launch) = world.launch();
    assert!(!launch.trial);
    assert_eq!(launch.bundle.version, "2.0.0");
}

#[tokio::test]
async fn events_tell_the_way() {
    let world = World::new().await;
    world.publish_zip("2.0.0", &large_zip(300_000));
    let (updater, _) = world.launch();
    updater.sync().await.unwrap();
    let mut names = world.event_names();
    names.dedup();
    assert_eq!(
        names,
        ["updateAvailable", "download", "setNext", "downloadComplete"]
    );
    world.forget_events();
    world.server.offer_nothing();
    updater.sync().await.unwrap();
    assert_eq!(world.event_names(), ["noNeedUpdate"]);
}

#[tokio::test]
async fn nothing_is_left_beside_the_bundle() {
    let world = World::new().await;
    world.publish("2.0.0");
    let updater = world.update().await;
    let bundle = updater.current().unwrap();
    assert_eq!(world.names("bundles"), [bundle.id.as_str()]);
    for folder in ["downloads", "staging", "trash"] {
        assert_eq!(world.names(folder), [""; 0], "{folder}");
    }
    let mut names = world.names(&format!("bundles/{}", bundle.id));
    names.sort();
    assert_eq!(names, ["bundle.json", "files", "www"]);
}

#[tokio::test]
async fn a_bundle_on_the_disk_is_next_without_a_byte_fetched() {
    let world = World::new().await;
    world.publish("2.0.0");
    let (updater, _) = world.launch();
    let first = updater.sync().await.unwrap().bundle.unwrap();
    updater.reset(false).await.unwrap();
    assert_eq!(updater.next().unwrap(), None);
    let again = updater.sync().await.unwrap();
    assert_eq!(again.status, SyncStatus::Downloaded);
    assert_eq!(again.bundle.unwrap().id, first.id);
    assert_eq!(world.server.bundle_requests().len(), 1);
}

#[tokio::test]
async fn a_failed_version_is_not_downloaded_again_and_the_server_is_told() {
    let mut world = World::new().await;
    world.configure("appReadyTimeout", serde_json::json!(300));
    world.publish("2.0.0");
    let (updater, _) = world.launch();
    updater.sync().await.unwrap();
    drop(updater);
    let (updater, launch) = world.launch();
    assert!(launch.trial);
    eventually("the watchdog", || world.event_names().contains(&"reload")).await;
    assert_eq!(updater.current().unwrap().id.as_str(), "builtin");
    assert_eq!(updater.failed_update().unwrap().unwrap().version, "2.0.0");
    let before = world.server.bundle_requests().len();
    let outcome = updater.sync().await.unwrap();
    assert_eq!(outcome.status, SyncStatus::Blocked);
    assert_eq!(outcome.reason, Some(BlockReason::Failed));
    let asked = world.server.requests();
    let check = asked
        .iter()
        .rfind(|request| request.path.ends_with("check"))
        .unwrap();
    assert_eq!(check.query_value("failed"), Some("2.0.0"));
    assert_eq!(world.server.bundle_requests().len(), before);
    let error = updater
        .download(DownloadRequest::Offered)
        .await
        .unwrap_err();
    assert_eq!(error.code(), "blocked");
    updater.clear_blocked(None).await.unwrap();
    assert_eq!(updater.sync().await.unwrap().status, SyncStatus::Downloaded);
}

#[tokio::test]
async fn a_second_sync_while_one_runs_is_busy() {
    let world = World::new().await;
    world.publish("2.0.0");
    world
        .server
        .fault(Endpoint::Bundle, "delay=1000".parse().unwrap())
        .once();
    let (updater, _) = world.launch();
    let (first, second) = tokio::join!(updater.sync(), async {
        eventually("the download", || {
            !world.server.bundle_requests().is_empty()
        })
        .await;
        let second = updater.sync().await;
        let download = updater.download(DownloadRequest::Offered).await;
        (second, download)
    });
    assert_eq!(first.unwrap().status, SyncStatus::Downloaded);
    assert_eq!(second.0.unwrap().status, SyncStatus::Busy);
    assert_eq!(second.1.unwrap_err().code(), "busy");
    assert_eq!(updater.sync().await.unwrap().status, SyncStatus::Downloaded);
}

#[tokio::test]
async fn a_cancelled_download_goes_on_where_it_was() {
    let world = World::with_server(|server| server.rate_limit(400_000)).await;
    let bytes = world.publish_zip("2.0.0", &large_zip(600_000));
    let (updater, _) = world.launch();
    let (result, ()) = tokio::join!(updater.sync(), async {
        // What the server has sent needn't have been written yet.
        eventually("a part", || part_len(&world) > 100_000).await;
        updater.cancel().unwrap();
    });
    assert_eq!(result.unwrap_err().code(), "cancelled");
    world.server.set_rate_limit(None);
    assert_eq!(updater.sync().await.unwrap().status, SyncStatus::Downloaded);
    let requests = world.server.bundle_requests();
    assert_eq!(requests.len(), 2);
    let start = requests[1].range_start.unwrap();
    assert!(start > 100_000, "{start}");
    assert_eq!(requests[1].bytes_sent, bytes.len() as u64 - start);
}

fn part_len(world: &World) -> u64 {
    let downloads = world.path("downloads");
    let names = world.names("downloads");
    let mut parts = names.iter().filter(|name| name.ends_with(".part"));
    parts
        .next()
        .and_then(|name| fs::metadata(downloads.join(name)).ok())
        .map_or(0, |part| part.len())
}

#[tokio::test]
async fn download_leaves_it_to_the_caller_what_runs() {
    let world = World::new().await;
    world.publish("2.0.0");
    let (updater, _) = world.launch();
    let bundle = updater.download(DownloadRequest::Offered).await.unwrap();
    assert_eq!(updater.next().unwrap(), None);
    let again = updater.download(DownloadRequest::Offered).await.unwrap();
    assert_eq!(again.id, bundle.id);
    assert_eq!(world.server.bundle_requests().len(), 1);
    let launch = updater.set(bundle.id.as_str()).await.unwrap();
    assert!(launch.trial);
    updater
        .notify_app_ready(&launch.launch_token)
        .await
        .unwrap();
    let current = updater.download(DownloadRequest::Offered).await.unwrap();
    assert_eq!(current.id, bundle.id);
}

#[tokio::test]
async fn without_signatures_a_page_cannot_bring_in_bundles_from_elsewhere() {
    let world = World::new().await;
    let other = World::new().await;
    other.publish("2.0.0");
    let release = other.server.release("2.0.0").unwrap();
    let (updater, _) = world.launch();
    let at = |base: &str| DownloadRequest::At {
        url: format!("{base}/api/v1/bundles/2.0.0").parse().unwrap(),
        version: "2.0.0".parse().unwrap(),
        checksum: release.checksum.clone().unwrap().parse().unwrap(),
        signature: None,
        size: None,
    };
    let error = updater.download(at(&other.server.url())).await.unwrap_err();
    assert_eq!(error.code(), "invalid_request");
    assert_eq!(other.server.requests().len(), 0);
    world.publish_zip(
        "2.0.0",
        &fs::read(other.bundles.path().join("2.0.0.zip")).unwrap(),
    );
    updater.download(at(&world.server.url())).await.unwrap();
}

#[tokio::test]
async fn a_folder_that_holds_everything_is_stripped() {
    let world = World::new().await;
    world.publish_zip(
        "2.0.0",
        &zip(&[("dist/index.html", b"<html>"), ("dist/js/app.js", b"1")]),
    );
    let updater = world.update().await;
    let bundle = updater.current().unwrap().id;
    assert!(
        world
            .path(&format!("bundles/{bundle}/www/js/app.js"))
            .exists()
    );
}

#[tokio::test]
async fn damage_that_verify_finds_is_replaced_and_fetched_again() {
    let world = World::new().await;
    world.publish("2.0.0");
    let updater = world.update().await;
    let bundle = updater.current().unwrap().id;
    assert_eq!(updater.verify(bundle.as_str()).await.unwrap(), [""; 0]);
    fs::write(world.path(&format!("bundles/{bundle}/www/a/b.js")), "2").unwrap();
    assert_eq!(updater.verify(bundle.as_str()).await.unwrap(), ["a/b.js"]);
    assert_eq!(updater.current().unwrap().id.as_str(), "builtin");
    assert!(world.event_names().ends_with(&["updateFailed", "reload"]));
    let again = updater.sync().await.unwrap();
    assert_eq!(again.status, SyncStatus::Downloaded);
    assert_ne!(again.bundle.unwrap().id, bundle);
    assert_eq!(world.server.bundle_requests().len(), 2);
}

#[tokio::test]
async fn a_lost_state_adopts_what_lies_on_the_disk() {
    let world = World::new().await;
    world.publish("2.0.0");
    let updater = world.update().await;
    let bundle = updater.current().unwrap().id;
    drop(updater);
    for slot in ["state.a", "state.b"] {
        fs::write(world.path(slot), "garbage").unwrap();
    }
    let (updater, launch) = world.launch();
    assert_eq!(launch.bundle.id.as_str(), "builtin");
    assert_eq!(launch.problem.unwrap().code, "storage");
    let before = world.server.bundle_requests().len();
    let outcome = updater.sync().await.unwrap();
    assert_eq!(outcome.bundle.unwrap().id, bundle);
    assert_eq!(
        world.server.bundle_requests().len(),
        before,
        "no byte fetched"
    );
    drop(updater);
    let (updater, launch) = world.launch();
    assert!(launch.trial);
    updater
        .notify_app_ready(&launch.launch_token)
        .await
        .unwrap();
}

#[tokio::test]
async fn a_lost_state_does_not_adopt_what_is_damaged() {
    let world = World::new().await;
    world.publish("2.0.0");
    let updater = world.update().await;
    let bundle = updater.current().unwrap().id;
    drop(updater);
    for slot in ["state.a", "state.b"] {
        fs::write(world.path(slot), "garbage").unwrap();
    }
    fs::write(world.path(&format!("bundles/{bundle}/www/a/b.js")), "2").unwrap();
    let (updater, _) = world.launch();
    let outcome = updater.sync().await.unwrap();
    assert_ne!(outcome.bundle.unwrap().id, bundle);
}

#[tokio::test]
async fn a_mirror_helps_out() {
    let world = World::new().await;
    world.publish("2.0.0");
    let release = world.server.release("2.0.0").unwrap();
    world.server.offer(Release {
        download_url: format!("{}/nothing/here.zip", world.server.url()),
        mirrors: vec![release.download_url.clone()],
        ..release
    });
    let (updater, _) = world.launch();
    assert_eq!(updater.sync().await.unwrap().status, SyncStatus::Downloaded);
}
