//! Bundles that must not be installed: the right code, nothing left, and not fetched again.

use live_updater::{BlockReason, PublicKey, SyncStatus};
use mock_update_server::Release;
use serde_json::json;

use crate::world::{World, large_zip, zip};

const KEY: &str = "-----BEGIN PUBLIC KEY-----\nMCowBQYDK2VwAyEAGb9ECWmEzf6FQbrBZ9w7lshQhqowtrbLDFw4rXAxZuE=\n-----END PUBLIC KEY-----";

async fn refused(zip: &[u8]) -> (World, String) {
    let world = World::new().await;
    world.publish_zip("2.0.0", zip);
    let (updater, _) = world.launch();
    let error = updater.sync().await.unwrap_err();
    for folder in ["downloads", "staging", "bundles"] {
        assert_eq!(world.names(folder), [""; 0], "{folder}: {error}");
    }
    assert_eq!(updater.current().unwrap().id.as_str(), "builtin");
    (world, error.code().to_owned())
}

#[tokio::test]
async fn what_cannot_be_unpacked_is_refused_with_its_code() {
    for (bytes, code) in [
        (b"no zip at all".to_vec(), "invalid_archive"),
        (zip(&[("a.html", b"1")]), "missing_index"),
        (
            zip(&[("index.html", b"1"), ("../evil", b"1")]),
            "unsafe_path",
        ),
        (
            zip(&[("index.html", b"1"), ("A", b"1"), ("a", b"1")]),
            "unsafe_path",
        ),
        (zip(&[("index.html", &[0; 4_000_000])]), "archive_limit"),
    ] {
        assert_eq!(refused(&bytes).await.1, code);
    }
}

#[tokio::test]
async fn bytes_that_were_refused_for_good_are_not_fetched_again() {
    let (world, _) = refused(&zip(&[("a.html", b"1")])).await;
    for _ in 0..2 {
        let (updater, _) = world.launch();
        let outcome = updater.sync().await.unwrap();
        assert_eq!(outcome.status, SyncStatus::Blocked);
        assert_eq!(outcome.reason, Some(BlockReason::Refused));
    }
    assert_eq!(world.server.bundle_requests().len(), 1);
    world.publish("2.0.0");
    let (updater, _) = world.launch();
    assert_eq!(updater.sync().await.unwrap().status, SyncStatus::Downloaded);
}

#[tokio::test]
async fn a_missing_signature_is_refused_before_anything_is_fetched_and_not_remembered() {
    let mut world = World::new().await;
    world.configure("trust", json!({"mode": "bundle", "keys": [{"key": KEY}]}));
    world.publish("2.0.0");
    let (updater, _) = world.launch();
    for _ in 0..2 {
        assert_eq!(
            updater.sync().await.unwrap_err().code(),
            "signature_missing"
        );
    }
    assert_eq!(world.server.bundle_requests().len(), 0);
}

#[tokio::test]
async fn a_wrong_signature_over_the_right_bytes_is_remembered_with_them() {
    let mut world = World::new().await;
    world.configure("trust", json!({"mode": "bundle", "keys": [{"key": KEY}]}));
    assert!(PublicKey::from_pem(KEY, None).is_ok());
    world.publish_zip("2.0.0", &large_zip(10_000));
    let release = world.server.release("2.0.0").unwrap();
    let sign = |signature: &str| Release {
        signature: Some(signature.to_owned()),
        ..release.clone()
    };
    world.server.offer(sign(&"A".repeat(86)));
    let (updater, _) = world.launch();
    assert_eq!(
        updater.sync().await.unwrap_err().code(),
        "signature_invalid"
    );
    assert_eq!(world.names("downloads"), [""; 0]);
    let outcome = updater.sync().await.unwrap();
    assert_eq!(outcome.reason, Some(BlockReason::Refused));
    world.server.offer(sign(&"B".repeat(86)));
    assert_eq!(
        updater.sync().await.unwrap_err().code(),
        "signature_invalid",
        "another signature gets its chance"
    );
    assert_eq!(world.server.bundle_requests().len(), 2);
}

#[tokio::test]
async fn a_refusal_leaves_what_runs_alone() {
    let world = World::new().await;
    world.publish("2.0.0");
    let updater = world.update().await;
    world.publish_zip("3.0.0", b"nonsense");
    assert_eq!(updater.sync().await.unwrap_err().code(), "invalid_archive");
    drop(updater);
    let (_updater, launch) = world.launch();
    assert_eq!(launch.bundle.version, "2.0.0");
    assert_eq!(launch.problem, None);
}
