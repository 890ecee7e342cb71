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

#[tokio::test]
async fn what_a_caller_no_longer_waits_for_is_told_and_watched_all_the_same() {
    let mut world = World::new().await;
    world.configure("appReadyTimeout", json!(300));
    world.publish("2.0.0");
    let (updater, launch) = world.launch();
    let id = updater.sync().await.unwrap().bundle.unwrap().id.to_string();
    // The watchdog has nothing to do from here on, until it is told.
    updater
        .notify_app_ready(&launch.launch_token)
        .await
        .unwrap();
    world.forget_events();

    let mut set = Box::pin(updater.set(&id));
    // Polled once, which begins it.
    std::future::poll_fn(|context| {
        assert!(set.as_mut().poll(context).is_pending());
        std::task::Poll::Ready(())
    })
    .await;
    drop(set);

    eventually("the host is told", || world.event_names().contains(&"set")).await;
    eventually("the watchdog fires", || {
        world.event_names().contains(&"reload")
    })
    .await;
    assert!(updater.current().unwrap().id.is_builtin());
}
