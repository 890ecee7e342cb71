//! The limits of the configuration.

use serde_json::json;

use crate::world::{World, large_zip, zip};

#[tokio::test]
async fn a_bundle_over_a_limit_is_refused() {
    for (key, value, code) in [
        ("maxBundleBytes", 10_000, "size_exceeded"),
        ("maxUnpackedBytes", 10_000, "archive_limit"),
        ("maxFiles", 1, "archive_limit"),
    ] {
        let mut world = World::new().await;
        world.publish_zip("2.0.0", &large_zip(20_000));
        world.configure(key, json!(value));
        let (updater, _) = world.launch();
        assert_eq!(updater.sync().await.unwrap_err().code(), code, "{key}");
        assert_eq!(world.names("staging"), [""; 0]);
    }
}

#[tokio::test]
async fn a_bundle_at_the_limit_is_taken() {
    let mut world = World::new().await;
    let bytes = world.publish_zip("2.0.0", &zip(&[("index.html", b"12345"), ("a", b"12345")]));
    world.configure("maxBundleBytes", json!(bytes.len()));
    world.configure("maxUnpackedBytes", json!(10));
    world.configure("maxFiles", json!(2));
    let (updater, _) = world.launch();
    updater.sync().await.unwrap();
}

#[tokio::test]
async fn a_channel_without_a_name_is_refused_and_none_is_the_configurations() {
    let world = World::new().await;
    let (updater, _) = world.launch();
    updater.set_channel(Some("beta".to_owned())).await.unwrap();
    let refused = updater.set_channel(Some(String::new())).await;
    assert_eq!(refused.unwrap_err().code(), "invalid_request");
    assert_eq!(updater.channel().unwrap(), "beta");
    updater.set_channel(None).await.unwrap();
    assert_eq!(updater.channel().unwrap(), "production");
}

#[tokio::test]
async fn what_is_kept_for_good_is_short() {
    let world = World::new().await;
    let (updater, _) = world.launch();
    let long = "x".repeat(5_000_000);
    for result in [
        updater.set_channel(Some(long.clone())).await,
        updater.set_custom_id(Some(long)).await,
    ] {
        assert_eq!(result.unwrap_err().code(), "invalid_request");
    }
    assert!(world.path("state.a").metadata().unwrap().len() < 10_000);
}
