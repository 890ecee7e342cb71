//! Servers and networks as they are: the bundle arrives all the same, and no byte twice.

use std::sync::Arc;

use live_updater::{DownloadRequest, SyncStatus};
use mock_update_server::{Endpoint, Fault, LoggedRequest, Release};

use sha2::{Digest, Sha256};

use crate::world::{World, eventually, large_zip};

const SIZE: usize = 400_000;

fn fault(text: &str) -> Fault {
    text.parse().unwrap()
}

async fn world_with(faults: &[&str]) -> (World, usize) {
    let world = World::new().await;
    let bytes = world.publish_zip("2.0.0", &large_zip(SIZE));
    let faults = faults.iter().map(|text| fault(text));
    world.server.fault_sequence(Endpoint::Bundle, faults);
    (world, bytes.len())
}

async fn downloaded(world: &World) -> Vec<LoggedRequest> {
    let (updater, _) = world.launch();
    let outcome = updater.sync().await.unwrap();
    assert_eq!(outcome.status, SyncStatus::Downloaded);
    world.server.bundle_requests()
}

fn starts(requests: &[LoggedRequest]) -> Vec<Option<u64>> {
    requests.iter().map(|request| request.range_start).collect()
}

#[tokio::test]
async fn cut_connections_are_resumed_where_they_were() {
    let (world, size) = world_with(&["cut=100000", "cut=50000", "cut=1"]).await;
    let requests = downloaded(&world).await;
    assert_eq!(
        starts(&requests),
        [None, Some(100_000), Some(150_000), Some(150_001)]
    );
    let sent: u64 = requests.iter().map(|request| request.bytes_sent).sum();
    assert_eq!(sent, size as u64);
    assert!(
        requests[1..]
            .iter()
            .all(|request| request.header("if-range").is_some())
    );
}

#[tokio::test]
async fn a_short_206_is_taken_and_asked_on_from() {
    let (world, size) = world_with(&["cut=100000", "short=5000"]).await;
    let requests = downloaded(&world).await;
    assert_eq!(starts(&requests), [None, Some(100_000), Some(105_000)]);
    let sent: u64 = requests.iter().map(|request| request.bytes_sent).sum();
    assert_eq!(sent, size as u64);
}

#[tokio::test]
async fn a_206_that_starts_or_ends_elsewhere_is_dropped_and_asked_for_from_the_start() {
    for wrong in ["wrong-start", "wrong-total"] {
        let (world, _) = world_with(&["cut=100000", wrong]).await;
        let requests = downloaded(&world).await;
        assert_eq!(starts(&requests), [None, Some(100_000), None], "{wrong}");
    }
}

#[tokio::test]
async fn a_server_without_ranges_starts_over() {
    let (world, _) = world_with(&["cut=100000", "ignore-range"]).await;
    let requests = downloaded(&world).await;
    assert_eq!(starts(&requests), [None, Some(100_000)]);
    assert_eq!(requests[1].status, 200);
}

#[tokio::test]
async fn another_object_is_fetched_whole() {
    let (world, _) = world_with(&["cut=100000", "new-etag"]).await;
    let requests = downloaded(&world).await;
    assert_eq!(requests[1].status, 200);
}

#[tokio::test]
async fn a_captive_portal_does_not_cost_what_is_there() {
    let (world, size) = world_with(&["cut=100000", "captive-portal"]).await;
    let (updater, _) = world.launch();
    let error = updater.sync().await.unwrap_err();
    assert_eq!(error.code(), "protocol");
    assert!(error.retryable());
    assert_eq!(updater.sync().await.unwrap().status, SyncStatus::Downloaded);
    let last = world.server.bundle_requests().pop().unwrap();
    assert_eq!(last.range_start, Some(100_000));
    assert_eq!(last.bytes_sent, size as u64 - 100_000);
}

#[tokio::test]
async fn an_unsatisfiable_range_is_asked_for_from_the_start() {
    let (world, _) = world_with(&["cut=100000", "416"]).await;
    let requests = downloaded(&world).await;
    assert_eq!(starts(&requests), [None, Some(100_000), None]);
}

#[tokio::test]
async fn a_byte_that_flipped_on_the_way_is_fetched_once_more() {
    let (world, _) = world_with(&["corrupt=1234"]).await;
    let requests = downloaded(&world).await;
    assert_eq!(starts(&requests), [None, None]);
}

#[tokio::test]
async fn a_byte_that_stays_wrong_is_refused_and_nothing_of_it_stays() {
    let (world, _) = world_with(&[]).await;
    world
        .server
        .fault(Endpoint::Bundle, fault("corrupt=1234"))
        .always();
    let (updater, _) = world.launch();
    let error = updater.sync().await.unwrap_err();
    assert_eq!(error.code(), "checksum_mismatch");
    for folder in ["downloads", "staging", "bundles"] {
        assert_eq!(world.names(folder), [""; 0], "{folder}");
    }
    assert_eq!(
        world.server.bundle_requests().len(),
        2,
        "once more, and not again"
    );
    world.server.clear_faults(Endpoint::Any);
    assert_eq!(
        updater.sync().await.unwrap().status,
        SyncStatus::Downloaded,
        "an explicit call may try again"
    );
}

#[tokio::test]
async fn a_body_without_end_is_cut_off() {
    let (world, _) = world_with(&[]).await;
    world
        .server
        .fault(Endpoint::Bundle, fault("endless"))
        .always();
    let (updater, _) = world.launch();
    assert_eq!(updater.sync().await.unwrap_err().code(), "size_exceeded");
    assert_eq!(world.names("downloads"), [""; 0]);
}

#[tokio::test]
async fn a_wrong_length_is_a_size_mismatch() {
    for text in ["content-length=1000", "content-length=9000000"] {
        let (world, _) = world_with(&[]).await;
        world.server.fault(Endpoint::Bundle, fault(text)).always();
        let (updater, _) = world.launch();
        let error = updater.sync().await.unwrap_err();
        assert_eq!(error.code(), "size_mismatch", "{text}");
    }
}

#[tokio::test]
async fn a_stall_is_waited_out_and_resumed() {
    let (mut world, size) = world_with(&["stall=60000,after=100000"]).await;
    world.configure("readTimeout", serde_json::json!(300));
    let requests = downloaded(&world).await;
    assert_eq!(starts(&requests)[1], Some(100_000));
    assert_eq!(requests[1].bytes_sent, size as u64 - 100_000);
}

#[tokio::test]
async fn who_never_sends_a_byte_is_given_up() {
    let (world, _) = world_with(&[]).await;
    world
        .server
        .fault(Endpoint::Bundle, fault("reset=0"))
        .always();
    let (updater, _) = world.launch();
    let error = updater.sync().await.unwrap_err();
    assert_eq!(error.code(), "network");
    assert!(error.retryable());
    assert_eq!(world.server.bundle_requests().len(), 5);
}

#[tokio::test]
async fn a_bundle_of_unknown_size_is_resumed_too() {
    let (world, size) = world_with(&["cut=100000"]).await;
    let release = world.server.release("2.0.0").unwrap();
    world.server.offer(Release {
        size: None,
        ..release
    });
    let requests = downloaded(&world).await;
    assert_eq!(starts(&requests), [None, Some(100_000)]);
    assert_eq!(requests[1].bytes_sent, size as u64 - 100_000);
}

#[tokio::test]
async fn a_redirect_is_followed_within_the_rules() {
    let (world, _) = world_with(&[]).await;
    let release = world.server.release("2.0.0").unwrap();
    world
        .server
        .fault(
            Endpoint::Bundle,
            fault(&format!("redirect={}?again", release.download_url)),
        )
        .once();
    let requests = downloaded(&world).await;
    assert_eq!(requests.len(), 2);
    let (world, _) = world_with(&[]).await;
    world
        .server
        .fault(Endpoint::Bundle, fault("redirect=http://192.0.2.1/x.zip"))
        .always();
    let (updater, _) = world.launch();
    assert_eq!(updater.sync().await.unwrap_err().code(), "protocol");
}

#[tokio::test]
async fn another_release_takes_the_place_of_an_unfinished_one() {
    let (world, _) = world_with(&["cut=100000", "404"]).await;
    let (updater, _) = world.launch();
    assert_eq!(updater.sync().await.unwrap_err().code(), "not_found");
    assert_eq!(world.names("downloads").len(), 2);
    world.publish("3.0.0");
    updater.sync().await.unwrap();
    assert_eq!(world.names("downloads"), [""; 0]);
    assert_eq!(updater.next().unwrap().unwrap().version, "3.0.0");
}

#[tokio::test]
async fn bytes_that_are_named_are_fetched_once_whatever_version_runs() {
    let world = World::new().await;
    let zip = world.publish("1.0.0");
    let refused = world.publish_zip("1.0.1", b"no zip at all");
    let (updater, _) = world.launch();
    let request = |path: &str, zip: &[u8]| DownloadRequest::At {
        url: format!("{}/api/v1/bundles/{path}", world.server.url())
            .parse()
            .unwrap(),
        // As builtin's.
        version: "1.0.0".parse().unwrap(),
        checksum: Sha256::digest(zip)
            .iter()
            .map(|byte| format!("{byte:02x}"))
            .collect::<String>()
            .parse()
            .unwrap(),
        signature: None,
        size: None,
    };
    let first = updater.download(request("1.0.0", &zip)).await.unwrap();
    let second = updater.download(request("1.0.0", &zip)).await.unwrap();
    assert_eq!(first, second);
    assert_eq!(world.server.bundle_requests().len(), 1);

    let codes = [
        updater.download(request("1.0.1", &refused)).await,
        updater.download(request("1.0.1", &refused)).await,
    ]
    .map(|result| result.unwrap_err().code());
    assert_eq!(codes, ["invalid_archive", "blocked"]);
    assert_eq!(world.server.bundle_requests().len(), 2);
}

#[tokio::test]
async fn a_download_is_cancelled_while_it_still_asks() {
    let world = World::new().await;
    world.server.fault(Endpoint::Check, fault("stall")).always();
    let (updater, _) = world.launch();
    let updater = Arc::new(updater);
    let download = tokio::spawn({
        let updater = Arc::clone(&updater);
        async move { updater.download(DownloadRequest::Offered).await }
    });
    eventually("the server is asked", || {
        !world.server.requests().is_empty()
    })
    .await;
    updater.cancel().unwrap();
    let error = download.await.unwrap().unwrap_err();
    assert_eq!(error.code(), "cancelled");
}
