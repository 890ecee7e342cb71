//! The server learns of each verdict once, also where the process dies in the middle of it.

use std::time::Duration;

use device_process::Process;
use mock_update_server::{Confirmation, Endpoint, Fault};
use serde_json::json;

use crate::scene::{Scene, ready, wait_until};
use crate::web_app::WebApp;

const CONFIRM: &str = "/api/v1/updates/confirm";

/// 2.0.0 is what the next launch tries.
fn with_trial() -> Scene {
    let scene = Scene::new();
    scene.publish("2.0.0", &WebApp::new("2.0.0"));
    scene.download("2.0.0");
    assert!(scene.server.confirmations().is_empty(), "no verdict yet");
    scene
}

/// Whatever was still on its way has been told, and nothing waits.
fn settle(device: &mut Process) {
    wait_until("nothing waits", || {
        device.call("flush", json!({})).unwrap()["pending"] == 0
    });
}

/// Reports as the server was sent them, whatever it answered.
fn sent(scene: &Scene) -> Vec<Confirmation> {
    let requests = scene.server.requests();
    requests
        .iter()
        .filter(|request| request.path == CONFIRM)
        .map(|request| serde_json::from_slice(&request.body).unwrap())
        .collect()
}

fn assert_never_again(scene: &Scene) {
    let told = sent(scene).len();
    for _ in 0..2 {
        let (mut device, launch) = scene.launch();
        ready(&mut device, &launch).unwrap();
        device.call("sync", json!({})).unwrap();
        device.call("pause", json!({})).unwrap();
        device.call("resume", json!({})).unwrap();
        let flushed = device.call("flush", json!({})).unwrap();
        assert_eq!(flushed, json!({"delivered": 0, "pending": 0}));
    }
    assert_eq!(sent(scene).len(), told);
}

#[test]
fn a_success_is_told_once() {
    let scene = with_trial();
    let (mut device, launch) = scene.launch();
    for _ in 0..3 {
        ready(&mut device, &launch).unwrap();
    }
    settle(&mut device);
    let told = sent(&scene);
    assert_eq!(told.len(), 1);
    assert_eq!((told[0].version.as_str(), told[0].success), ("2.0.0", true));
    assert_eq!(told[0].app_id, "com.example.app");
    assert!(told[0].id.is_some() && told[0].device_id.is_some());
    device.kill().unwrap();
    assert_never_again(&scene);
}

#[test]
fn a_failure_is_told_once_with_its_reason() {
    let mut scene = with_trial();
    scene.configure("appReadyTimeout", 300);
    let (mut device, _) = scene.launch();
    device.event("reload").unwrap();
    settle(&mut device);
    let told = sent(&scene);
    assert_eq!(told.len(), 1);
    assert_eq!(
        (told[0].version.as_str(), told[0].success),
        ("2.0.0", false)
    );
    assert_eq!(told[0].reason.as_deref(), Some("timeout"));
    device.kill().unwrap();
    assert_never_again(&scene);
}

#[test]
fn a_process_that_dies_before_the_answer_tells_it_again_under_the_same_id() {
    let scene = with_trial();
    scene
        .server
        .fault(
            Endpoint::Confirm,
            Fault::Delay {
                milliseconds: 30_000,
            },
        )
        .times(3);
    let (mut device, launch) = scene.launch();
    ready(&mut device, &launch).unwrap();
    for deaths in 1..=3 {
        wait_until("the report arrives", || sent(&scene).len() == deaths);
        device.kill().unwrap();
        // Each is a fine launch, or they would be a crash loop.
        let (next, launch) = scene.launch();
        device = next;
        ready(&mut device, &launch).unwrap();
    }
    settle(&mut device);
    let told = sent(&scene);
    assert_eq!(told.len(), 4);
    assert!(told.iter().all(|again| *again == told[0]), "{told:?}");
    device.kill().unwrap();
    assert_never_again(&scene);
}

#[test]
fn a_process_that_dies_at_any_moment_around_ready_loses_no_verdict() {
    for wait in (0..12).map(|step| Duration::from_millis(step * 2)) {
        let scene = with_trial();
        let (mut device, launch) = scene.launch();
        device
            .send(
                "notifyAppReady",
                json!({"launchToken": launch["launchToken"]}),
            )
            .unwrap();
        std::thread::sleep(wait);
        device.kill().unwrap();
        let (mut device, launch) = scene.launch();
        assert_eq!(launch["bundle"]["version"], "2.0.0", "{launch}");
        ready(&mut device, &launch).unwrap();
        settle(&mut device);
        let told = sent(&scene);
        assert!(
            !told.is_empty() && told.iter().all(|again| *again == told[0]),
            "{told:?}"
        );
        assert!(told[0].success);
    }
}

#[test]
fn a_server_that_is_not_there_is_told_later() {
    let scene = with_trial();
    let unavailable = Fault::Status {
        status: 503,
        retry_after: None,
    };
    scene.server.fault(Endpoint::Confirm, unavailable).always();
    let (mut device, launch) = scene.launch();
    ready(&mut device, &launch).unwrap();
    let flushed = device.call("flush", json!({})).unwrap();
    assert_eq!(flushed, json!({"delivered": 0, "pending": 1}));
    device.kill().unwrap();
    scene.server.clear_faults(Endpoint::Confirm);
    // The next launch tells it without being asked to.
    let (_device, _) = scene.launch();
    wait_until("the server hears of it", || {
        scene.server.confirmations().len() == 1
    });
}

#[test]
fn a_server_that_refuses_a_report_is_not_bothered_again() {
    let scene = with_trial();
    let refused = Fault::Status {
        status: 422,
        retry_after: None,
    };
    scene.server.fault(Endpoint::Confirm, refused).always();
    let (mut device, launch) = scene.launch();
    ready(&mut device, &launch).unwrap();
    settle(&mut device);
    device.kill().unwrap();
    assert_eq!(sent(&scene).len(), 1);
    assert_never_again(&scene);
}

#[test]
fn a_verdict_and_its_report_survive_the_native_update() {
    let scene = with_trial();
    let unavailable = Fault::Status {
        status: 503,
        retry_after: None,
    };
    scene.server.fault(Endpoint::Confirm, unavailable).always();
    let (mut device, launch) = scene.launch();
    ready(&mut device, &launch).unwrap();
    device.kill().unwrap();
    scene.server.clear_faults(Endpoint::Confirm);
    let mut device = scene.device().native_build("another").start().unwrap();
    let launch = device.call("launch", json!({})).unwrap();
    assert_eq!(launch["bundle"]["id"], "builtin");
    wait_until("the server hears of it", || {
        scene.server.confirmations().len() == 1
    });
}
