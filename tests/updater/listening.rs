//! What a host's listener may do.

use live_updater::Updater;
use serde_json::json;

use crate::support::{World, eventually};

#[tokio::test]
async fn a_listener_that_panics_ends_neither_calls_nor_the_watchdog() {
    let mut world = World::new().await;
    world.configure("appReadyTimeout", json!(300));
    world.publish("2.0.0");
    let (updater, _) = world.launch();
    updater.sync().await.unwrap();
    drop(updater);

    let updater = Updater::builder(world.root.path(), world.config())
        .listener(|event| panic!("{}", event.name()))
        .open();
    assert_eq!(updater.launch(true).bundle.version, "2.0.0");
    eventually("the watchdog fires", || {
        updater.current().unwrap().id.is_builtin()
    })
    .await;
    assert_eq!(updater.reload().await.unwrap().path, None);
    world.publish("3.0.0");
    updater.sync().await.unwrap();
    let trial = updater.reload().await.unwrap();
    assert!(trial.trial);
    eventually("the watchdog fires again", || {
        updater.current().unwrap().id.is_builtin()
    })
    .await;
}
