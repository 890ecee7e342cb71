//! What a host's listener may do.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use live_updater::Updater;
use serde_json::json;
use tokio::runtime::Builder;
use tokio::task::JoinSet;

use crate::world::{World, eventually};

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
        let _ = set.as_mut().poll(context);
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

#[tokio::test]
async fn calls_that_wait_for_their_turn_are_made_though_nobody_waits_for_them() {
    let world = World::new().await;
    let (updater, _) = world.launch();
    for _ in 0..50 {
        let mut reload = Box::pin(updater.reload());
        // Polled once, which begins it.
        std::future::poll_fn(|context| {
            let _ = reload.as_mut().poll(context);
            std::task::Poll::Ready(())
        })
        .await;
    }
    eventually("all are told", || {
        let names = world.event_names();
        names.iter().filter(|name| **name == "appReloaded").count() == 50
    })
    .await;
}

#[tokio::test]
async fn a_listener_may_wait_for_a_call_however_many_are_made() {
    let world = World::new().await;
    let itself: Arc<OnceLock<Arc<Updater>>> = Arc::default();
    let (told, heard) = (Arc::clone(&itself), Arc::new(AtomicUsize::new(0)));
    let count = Arc::clone(&heard);
    let listener = move |_| {
        let updater = told.get().unwrap();
        let runtime = Builder::new_current_thread().build().unwrap();
        let read = updater.blocking(|| ());
        runtime.block_on(read).unwrap();
        count.fetch_add(1, Ordering::Relaxed);
    };
    let builder = Updater::builder(world.root.path(), world.config());
    let updater = Arc::new(builder.listener(listener).open());
    itself.set(Arc::clone(&updater)).unwrap();
    updater.launch(true);

    let mut calls = JoinSet::new();
    for _ in 0..100 {
        let updater = Arc::clone(&updater);
        calls.spawn(async move { updater.reload().await.unwrap() });
    }
    let all = tokio::time::timeout(Duration::from_secs(60), calls.join_all());

    assert_eq!(all.await.expect("they wait for each other").len(), 100);
    assert_eq!(heard.load(Ordering::Relaxed), 100);
}
